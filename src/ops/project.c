/* Maps of layers that fusion swallowed. For a convolution f,
 *     sum_k weights(k) f(in)(y, x, k)
 * is itself a convolution of `in` with one filter, the sum of the filters in proportion to their weights:
 *     filter(i, j, c) = sum_k weights(k) kernel(i, j, c, k)
 * so the layer's own output, many channels wide, need not be computed to draw its map.
 * If the weights are the mean gradient of the layer's output, the filter is that of the input as one tap
 * sees it; every tap of a padded input lies inside for every output, so that the taps' sum makes the mean
 * gradient of the padding's output.
 *   in       [in_h][in_w][channels]
 *   raw      [out_h][out_w]
 *   weights  [filters]
 *   padded   [channels]
 *   filter   [k_h][k_w][channels] */
#include "../memory.h"
#include "../parallel.h"
#include "dot.h"
#include "ops.h"
#include "window.h"

#include <string.h>

/* One output position. Neighbours along a row lie side by side in `in` and in `filter`, so that the taps of
 * a row are one dot product unless dilation parts them. */
static gc_real project_pixel(const gc_real *in, const gc_real *filter, const struct gc_windows *w,
                             size_t channels, int32_t y, int32_t x) {
    const int32_t together = w->columns.dilation == 1 ? w->columns.kernel : 1;
    gc_real sum = 0;
    int32_t i, i_end, first, end;
    gc_window_taps(&w->rows, y, &i, &i_end);
    gc_window_taps(&w->columns, x, &first, &end);
    for (; i < i_end; i++) {
        const size_t row = (size_t)gc_window_position(&w->rows, y, i) * w->columns.in;
        for (int32_t j = first; j < end; j += together) {
            const size_t pixel = row + gc_window_position(&w->columns, x, j);
            const size_t tap = (size_t)i * w->columns.kernel + j;
            const size_t taps = together == 1 ? 1 : (size_t)(end - first);
            sum += gc_dot(filter + tap * channels, in + pixel * channels, taps * channels);
        }
    }
    return sum;
}

struct projection {
    gc_real *raw;
    const gc_real *in, *filter;
    const struct gc_windows *windows;
    size_t channels;
    gc_real constant;
};

static void project_row(void *context, size_t y) {
    const struct projection *p = context;
    const int32_t width = p->windows->columns.out;
    for (int32_t x = 0; x < width; x++)
        p->raw[y * (size_t)width + (size_t)x] =
            p->constant + project_pixel(p->in, p->filter, p->windows, p->channels, (int32_t)y, x);
}

static void project(gc_real *raw, const gc_real *in, const gc_real *filter,
                    const struct gc_windows *w, size_t channels, gc_real constant) {
    gc_parallel(project_row, &(struct projection){raw, in, filter, w, channels, constant},
                (size_t)w->rows.out);
}

/* sum over k of weights(k) * bias(k); 0 without a bias */
static gc_real project_bias(const gc_real *weights, const float *bias, int32_t filters) {
    return bias == NULL ? 0 : gc_dot_weights(weights, bias, (size_t)filters);
}

/* padded(c) = sum over the taps of filter(tap, c); padded may be NULL */
static void sum_taps(gc_real *padded, const gc_real *filter, size_t taps, size_t channels) {
    if (padded == NULL)
        return;
    memset(padded, 0, channels * sizeof *padded);
    for (size_t tap = 0; tap < taps; tap++, filter += channels)
        for (size_t c = 0; c < channels; c++)
            padded[c] += filter[c];
}

/* The windows of a step whose parameters have the fields of a convolution. */
#define WINDOWS_OF(windows, step, p)                                                               \
    do {                                                                                           \
        const struct gc_padding *padding = &(step)->padding;                                       \
        const int32_t *in_dims = (step)->in->dims;                                                 \
        GC_TRY(gc_window_make(&(windows)->rows, in_dims[0], (p)->kernel_h, (p)->stride_h,          \
                              (p)->dilation_h, (p)->same, padding->top, padding->bottom));         \
        GC_TRY(gc_window_make(&(windows)->columns, in_dims[1], (p)->kernel_w, (p)->stride_w,       \
                              (p)->dilation_w, (p)->same, padding->left, padding->right));         \
    } while (0)

/* Room for the one filter, kept with the step. */
static gc_status allocate_filter(struct gc_step *step, size_t count) {
    if (step->filter == NULL)
        step->filter = gc_allocate(count, sizeof *step->filter);
    return step->filter != NULL ? GC_OK
                                : gc_fail_memory(count * sizeof *step->filter, "a map's filter");
}

gc_status gc_conv2d_project(struct gc_step *step, gc_real *raw, gc_real *padded,
                            const gc_real *weights, const gc_real *const *in) {
    const struct gc_conv2d_params *p = step->params;
    const int32_t channels = step->in->dims[2], filters = p->filters;
    const int32_t group_in = channels / p->groups, group_out = filters / p->groups;
    struct gc_windows w;
    WINDOWS_OF(&w, step, p);
    const size_t taps = (size_t)p->kernel_h * p->kernel_w;
    GC_TRY(allocate_filter(step, taps * channels));
    for (size_t tap = 0; tap < taps; tap++)
        for (int32_t c = 0; c < channels; c++) {
            const int32_t first = c / group_in * group_out;
            const float *kernel =
                step->weights[0] + (tap * group_in + c % group_in) * filters + first;
            step->filter[tap * channels + c] =
                gc_dot_weights(weights + first, kernel, (size_t)group_out);
        }
    sum_taps(padded, step->filter, taps, (size_t)channels);
    project(raw, in[0], step->filter, &w, channels,
            project_bias(weights, step->weights[1], filters));
    return GC_OK;
}

gc_status gc_depthwise_project(struct gc_step *step, gc_real *raw, gc_real *padded,
                               const gc_real *weights, const gc_real *const *in) {
    const struct gc_depthwise_params *p = step->params;
    const int32_t channels = step->in->dims[2], multiplier = p->multiplier;
    struct gc_windows w;
    WINDOWS_OF(&w, step, p);
    const size_t taps = (size_t)p->kernel_h * p->kernel_w, count = taps * channels;
    GC_TRY(allocate_filter(step, count));
    for (size_t i = 0; i < count; i++)
        step->filter[i] = gc_dot_weights(weights + i % channels * multiplier,
                                         step->weights[0] + i * multiplier, (size_t)multiplier);
    sum_taps(padded, step->filter, taps, (size_t)channels);
    const gc_real bias = project_bias(weights, step->weights[1], channels * multiplier);
    project(raw, in[0], step->filter, &w, channels, bias);
    return GC_OK;
}
