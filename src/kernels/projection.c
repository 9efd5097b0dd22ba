/* Maps of layers that fusion swallowed. For a convolution f,
 *     sum_k weights(k) f(in)(y, x, k)
 * is itself a convolution of `in` with one filter, the sum of the filters in proportion to their weights:
 *     filter(i, j, c) = sum_k weights(k) kernel(i, j, c, k)
 * so the layer's own output, many channels wide, need not be computed to draw its map.
 * If the weights are the mean gradient of the layer's output, the filter is that of the input as one tap
 * sees it. Every tap of a padded input lies inside for every output, so that the taps' sum makes the mean
 * gradient of the padding's output; of the input itself that is so but for the edges.
 *   in             [in_h][in_w][channels]
 *   raw            [out_h][out_w]
 *   weights        [filters]
 *   taps, outside  [channels]
 *   filter         [k_h][k_w][channels] */
#include "base/memory.h"
#include "base/parallel.h"
#include "base/touch.h"
#include "graph/window.h"
#include "kernels/dot.h"
#include "kernels/fused.h"
#include "ops/ops.h"

#include <string.h>

struct projection {
    gc_real *raw;
    const gc_real *in, *filter;
    const struct gc_windows *windows;
    size_t channels;
    gc_real constant;
};

/* Where tap (i, j) of the window at (y, x) lies in the input. */
static const gc_real *tap_at(const struct projection *p, int32_t y, int32_t x, int32_t i,
                             int32_t j) {
    const struct gc_windows *w = p->windows;
    const size_t row = (size_t)gc_window_position(&w->rows, y, i) * w->columns.in;
    return p->in + (row + gc_window_position(&w->columns, x, j)) * p->channels;
}

/* Any position. Neighbours along a row lie side by side in the input and in the filter, so that the taps of
 * a row are one dot product unless dilation parts them. */
static gc_real project_position(const struct projection *p, int32_t y, int32_t x) {
    const struct gc_window *columns = &p->windows->columns;
    const int32_t together = columns->dilation == 1 ? columns->kernel : 1;
    gc_real sum = p->constant;
    int32_t i, i_end, first, end;
    gc_window_taps(&p->windows->rows, y, &i, &i_end);
    gc_window_taps(columns, x, &first, &end);
    for (; i < i_end; i++)
        for (int32_t j = first; j < end; j += together) {
            const size_t tap = (size_t)i * columns->kernel + j;
            const size_t taps = together == 1 ? 1 : (size_t)(end - first);
            sum += gc_dot(p->filter + tap * p->channels, tap_at(p, y, x, i, j), taps * p->channels);
        }
    return sum;
}

/* GC_TOGETHER positions from (y, x) on, whose windows lie in the input but for whole rows. */
static void project_together(const struct projection *p, int32_t y, int32_t x) {
    const struct gc_window *columns = &p->windows->columns;
    const bool is_dilated = columns->dilation > 1;
    const int32_t products = is_dilated ? columns->kernel : 1;
    const size_t length = (is_dilated ? 1 : (size_t)columns->kernel) * p->channels;
    gc_real sums[GC_TOGETHER] = {0};
    int32_t i, end;
    for (gc_window_taps(&p->windows->rows, y, &i, &end); i < end; i++)
        for (int32_t j = 0; j < products; j++)
            gc_add_dots(sums, p->filter + ((size_t)i * columns->kernel + j) * p->channels,
                        tap_at(p, y, x, i, j), (size_t)columns->stride * p->channels, length);
    gc_real *raw = p->raw + (size_t)y * columns->out + x;
    for (size_t at = 0; at < GC_TOGETHER; at++)
        raw[at] = p->constant + sums[at];
}

/* The positions of a row whose windows lie in the input: *first .. *end - 1. */
static void find_whole(const struct gc_window *columns, int32_t *first, int32_t *end) {
    int32_t tap, last;
    for (*first = 0; *first < columns->out; ++*first) {
        gc_window_taps(columns, *first, &tap, &last);
        if (tap == 0)
            break;
    }
    for (*end = columns->out; *end > *first; --*end) {
        gc_window_taps(columns, *end - 1, &tap, &last);
        if (last == columns->kernel)
            break;
    }
}

/* The rows that output row y is the first to read: those between its last tap and the row before's. */
static void touch_rows(const struct projection *p, int32_t y) {
    const struct gc_window *rows = &p->windows->rows;
    const size_t row = (size_t)p->windows->columns.in * p->channels;
    int32_t end = gc_window_position(rows, y, rows->kernel - 1) + 1, first = end - rows->stride;
    first = first < 0 ? 0 : first;
    end = end > rows->in ? rows->in : end;
    if (first < end)
        gc_touch(p->in + (size_t)first * row, (size_t)(end - first) * row * sizeof *p->in);
}

static void project_row(void *context, size_t row) {
    const struct projection *p = context;
    const struct gc_window *columns = &p->windows->columns;
    const int32_t y = (int32_t)row;
    int32_t x = 0, first, end;
    touch_rows(p, y);
    find_whole(columns, &first, &end);
    while (x < columns->out)
        if (x >= first && x + GC_TOGETHER <= end) {
            project_together(p, y, x);
            x += GC_TOGETHER;
        } else {
            p->raw[row * (size_t)columns->out + (size_t)x] = project_position(p, y, x);
            x++;
        }
}

/* raw [out_h][out_w] from a step's one filter */
static void project(gc_real *raw, const gc_real *in, const struct gc_step *step,
                    const struct gc_windows *w, gc_real constant) {
    const size_t channels = (size_t)step->in->dims[2];
    gc_parallel(project_row, &(struct projection){raw, in, step->filter, w, channels, constant},
                (size_t)w->rows.out);
}

/* sum over k of weights(k) * bias(k); 0 without a bias */
static gc_real project_bias(const gc_real *weights, const float *bias, int32_t filters) {
    return bias == NULL ? 0 : gc_dot_weights(weights, bias, (size_t)filters);
}

/* taps(c) = sum over the taps of filter(tap, c) */
static void sum_taps(gc_real *taps, const gc_real *filter, size_t count, size_t channels) {
    memset(taps, 0, channels * sizeof *taps);
    for (size_t tap = 0; tap < count; tap++, filter += channels)
        for (size_t c = 0; c < channels; c++)
            taps[c] += filter[c];
}

static struct gc_windows windows_of(const struct gc_step *step,
                                    const struct gc_window_params *params) {
    struct gc_windows windows = {0};
    gc_windows_make(&windows, step->in, params, &step->padding); /* as it was when prepared */
    return windows;
}

/* Room for the one filter and, behind it, for a value of each channel of out; kept with the step. */
static gc_status allocate_filter(struct gc_step *step, size_t count) {
    const size_t room = count + (size_t)step->out.dims[2];
    if (step->filter == NULL)
        step->filter = gc_allocate(room, sizeof *step->filter);
    return step->filter != NULL ? GC_OK
                                : gc_fail_memory(room * sizeof *step->filter, "a map's filter");
}

gc_status gc_conv2d_project(struct gc_step *step, gc_real *raw, gc_real *taps,
                            const gc_real *weights, const gc_real *const *in) {
    const struct gc_conv2d_params *p = step->params;
    const int32_t channels = step->in->dims[2], filters = p->filters;
    const int32_t group_in = channels / p->groups, group_out = filters / p->groups;
    const struct gc_windows w = windows_of(step, &p->windows);
    const size_t tap_count = (size_t)w.rows.kernel * w.columns.kernel;
    GC_TRY(allocate_filter(step, tap_count * channels));
    for (size_t tap = 0; tap < tap_count; tap++)
        for (int32_t c = 0; c < channels; c++) {
            const int32_t first = c / group_in * group_out;
            const float *kernel =
                step->weights[0] + (tap * group_in + c % group_in) * filters + first;
            step->filter[tap * channels + c] =
                gc_dot_weights(weights + first, kernel, (size_t)group_out);
        }
    sum_taps(taps, step->filter, tap_count, (size_t)channels);
    project(raw, in[0], step, &w, project_bias(weights, step->weights[1], filters));
    return GC_OK;
}

/* filter(c) = sum over m of weights(c, m) * kernel(c, m) */
static void project_tap(gc_real *restrict filter, const gc_real *restrict weights,
                        const float *restrict kernel, size_t channels, size_t multiplier) {
    if (multiplier == 1)
        for (size_t c = 0; c < channels; c++)
            filter[c] = weights[c] * kernel[c];
    else
        for (size_t c = 0; c < channels; c++)
            filter[c] =
                gc_dot_weights(weights + c * multiplier, kernel + c * multiplier, multiplier);
}

gc_status gc_depthwise_project(struct gc_step *step, gc_real *raw, gc_real *taps,
                               const gc_real *weights, const gc_real *const *in) {
    const struct gc_depthwise_params *p = step->params;
    const size_t channels = (size_t)step->in->dims[2], multiplier = (size_t)p->multiplier;
    const struct gc_windows w = windows_of(step, &p->windows);
    const size_t tap_count = (size_t)w.rows.kernel * w.columns.kernel;
    GC_TRY(allocate_filter(step, tap_count * channels));
    for (size_t tap = 0; tap < tap_count; tap++)
        project_tap(step->filter + tap * channels, weights,
                    step->weights[0] + tap * channels * multiplier, channels, multiplier);
    sum_taps(taps, step->filter, tap_count, channels);
    const int32_t filters = step->out.dims[2];
    project(raw, in[0], step, &w, project_bias(weights, step->weights[1], filters));
    return GC_OK;
}

/* ---- What falls outside of the input ---- */

/* sums [channels] += values [count][channels] over the positions */
static void add_positions(gc_real *restrict sums, const gc_real *restrict values, size_t count,
                          size_t channels) {
    for (size_t p = 0; p < count; p++, values += channels)
        for (size_t c = 0; c < channels; c++)
            sums[c] += values[c];
}

/* The windows whose `tap` lies in the input: *first .. *end - 1. */
static void windows_inside(const struct gc_window *window, int32_t tap, size_t *first,
                           size_t *end) {
    int32_t at = 0, last = window->out;
    while (at < last && gc_window_position(window, at, tap) < 0)
        at++;
    while (last > at && gc_window_position(window, last - 1, tap) >= window->in)
        last--;
    *first = (size_t)at;
    *end = (size_t)last;
}

/* sums [filters] = sum of dout [out_h][out_w][filters], times a fused scale, over the positions whose tap
 * (i, j) lies outside of the input: whole rows, and the ends of the others */
static void sum_outside(gc_real *sums, const struct gc_step *step, const gc_real *dout,
                        const struct gc_windows *w, int32_t i, int32_t j) {
    const size_t filters = (size_t)step->out.dims[2], width = (size_t)w->columns.out;
    size_t first_row, end_row, first, end;
    windows_inside(&w->rows, i, &first_row, &end_row);
    windows_inside(&w->columns, j, &first, &end);
    memset(sums, 0, filters * sizeof *sums);
    for (size_t y = 0; y < (size_t)w->rows.out; y++, dout += width * filters)
        if (y < first_row || y >= end_row) {
            add_positions(sums, dout, width, filters);
        } else {
            add_positions(sums, dout, first, filters);
            add_positions(sums, dout + end * filters, width - end, filters);
        }
    for (size_t f = 0; f < filters; f++)
        sums[f] *= gc_fused_scale(step, (int32_t)f);
}

void gc_conv2d_outside(const struct gc_step *step, gc_real *outside, const gc_real *dout) {
    const struct gc_conv2d_params *p = step->params;
    const int32_t channels = step->in->dims[2], filters = p->filters;
    const int32_t group_in = channels / p->groups, group_out = filters / p->groups;
    const struct gc_windows w = windows_of(step, &p->windows);
    gc_real *sums = step->filter + (size_t)w.rows.kernel * w.columns.kernel * channels;
    const float *kernel = step->weights[0];
    memset(outside, 0, (size_t)channels * sizeof *outside);
    for (int32_t i = 0; i < w.rows.kernel; i++)
        for (int32_t j = 0; j < w.columns.kernel; j++, kernel += (size_t)group_in * filters) {
            sum_outside(sums, step, dout, &w, i, j);
            for (int32_t c = 0; c < channels; c++) {
                const int32_t first = c / group_in * group_out;
                outside[c] +=
                    gc_dot_weights(sums + first, kernel + (size_t)(c % group_in) * filters + first,
                                   (size_t)group_out);
            }
        }
}

void gc_depthwise_outside(const struct gc_step *step, gc_real *outside, const gc_real *dout) {
    const struct gc_depthwise_params *p = step->params;
    const size_t channels = (size_t)step->in->dims[2], multiplier = (size_t)p->multiplier;
    const struct gc_windows w = windows_of(step, &p->windows);
    gc_real *sums = step->filter + (size_t)w.rows.kernel * w.columns.kernel * channels;
    const float *kernel = step->weights[0];
    memset(outside, 0, channels * sizeof *outside);
    for (int32_t i = 0; i < w.rows.kernel; i++)
        for (int32_t j = 0; j < w.columns.kernel; j++, kernel += channels * multiplier) {
            sum_outside(sums, step, dout, &w, i, j);
            for (size_t c = 0; c < channels; c++)
                outside[c] +=
                    gc_dot_weights(sums + c * multiplier, kernel + c * multiplier, multiplier);
        }
}
