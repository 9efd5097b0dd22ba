#include "kernels/projection.h"

#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "base/touch.h"
#include "kernels/dot.h"
#include "kernels/fused.h"
#include "kernels/product.h"

/* ---- The map ---- */

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

/* Any position. Without dilation, the taps of a row lie side by side in the input and in the
 * filter. They are then one dot product. */
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

/* GC_TOGETHER positions from (y, x) on. Their windows may lack rows at the edge, but no columns. */
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

/* The positions of a row whose windows lack no column are *first .. *end - 1. */
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

/* Reads ahead the rows that output row y is the first to need, behind the last tap of row y - 1. */
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

/* raw [out_h][out_w] from the step's one filter */
static void project(gc_real *raw, const gc_real *in, const struct gc_step *step,
                    const struct gc_convolution *conv, gc_real constant) {
    const size_t channels = (size_t)conv->in;
    gc_parallel(project_row,
                &(struct projection){raw, in, step->filter, &conv->windows, channels, constant},
                (size_t)conv->windows.rows.out);
}

/* ---- The filter ---- */

static size_t tap_count(const struct gc_convolution *conv) {
    return (size_t)conv->windows.rows.kernel * conv->windows.columns.kernel;
}

/* Values of the kernel in one tap. */
static size_t tap_size(const struct gc_convolution *conv) {
    return (size_t)conv->group_in * conv->out;
}

/* A buffer for the filter and, behind it, for a value of each channel of out. The step keeps it. */
static gc_status allocate_filter(struct gc_step *step, const struct gc_convolution *conv) {
    const size_t count = tap_count(conv) * conv->in + conv->out;
    if (step->filter == NULL)
        step->filter = gc_allocate(count, sizeof *step->filter);
    return step->filter != NULL ? GC_OK
                                : gc_fail_memory(count * sizeof *step->filter, "a map's filter");
}

/* A kernel of [taps][group_in][out]. */
struct kernel {
    const struct gc_convolution *conv;
    const float *values;             /* as Keras has them, or NULL */
    const struct gc_product *packed; /* the same of a single group, or NULL */
};

static struct kernel kernel_of(const struct gc_convolution *conv, const struct gc_step *step,
                               const struct gc_product *packed) {
    return (struct kernel){conv, step->weights[0], packed};
}

/* sums(c) += sum_k values(k) kernel(tap, c, k), where k runs over the channels of out in c's group
 *   sums [in]    values [out] */
static void add_filters(gc_real *sums, const struct kernel *kernel, size_t tap,
                        const gc_real *values) {
    const struct gc_convolution *conv = kernel->conv;
#ifndef GC_DOUBLE
    if (kernel->packed != NULL) {
        gc_product_add_dots(kernel->packed, sums, (int32_t)tap * conv->in, conv->in, values);
        return;
    }
#endif
    const float *rows = kernel->values + tap * tap_size(conv);
    for (int32_t c = 0; c < conv->in; c++) {
        const int32_t first = c / conv->group_in * conv->group_out;
        const float *row = rows + (size_t)(c % conv->group_in) * conv->out + first;
        sums[c] += gc_dot_weights(values + first, row, (size_t)conv->group_out);
    }
}

/* One tap of the filter, [in]. */
static void project_tap(gc_real *restrict filter, const gc_real *restrict weights,
                        const struct kernel *kernel, size_t tap) {
    const struct gc_convolution *conv = kernel->conv;
    if (conv->group_in == 1 && conv->group_out == 1) {
        const float *restrict values = kernel->values + tap * tap_size(conv);
        for (int32_t c = 0; c < conv->in; c++)
            filter[c] = weights[c] * values[c];
    } else {
        memset(filter, 0, (size_t)conv->in * sizeof *filter);
        add_filters(filter, kernel, tap, weights);
    }
}

/* taps(c) = sum over the taps of filter(tap, c) */
static void sum_taps(gc_real *taps, const gc_real *filter, size_t count, size_t channels) {
    memset(taps, 0, channels * sizeof *taps);
    for (size_t tap = 0; tap < count; tap++, filter += channels)
        for (size_t c = 0; c < channels; c++)
            taps[c] += filter[c];
}

gc_status gc_projection_run(const struct gc_convolution *conv, struct gc_step *step,
                            const struct gc_product *packed, gc_real *raw, gc_real *taps,
                            const gc_real *weights, const gc_real *in) {
    const struct kernel kernel = kernel_of(conv, step, packed);
    const float *bias = step->weights[1];
    GC_TRY(allocate_filter(step, conv));
    for (size_t tap = 0; tap < tap_count(conv); tap++)
        project_tap(step->filter + tap * conv->in, weights, &kernel, tap);
    sum_taps(taps, step->filter, tap_count(conv), (size_t)conv->in);
    project(raw, in, step, conv,
            bias == NULL ? 0 : gc_dot_weights(weights, bias, (size_t)conv->out));
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

/* The windows whose `tap` lies in the input are *first .. *end - 1. */
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

/* sums [filters] = sum of dout [out_h][out_w][filters], times a fused scale, over the positions
 * whose tap (i, j) lies outside of the input. These positions are whole rows, and the ends of the
 * other rows. */
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

void gc_projection_outside(const struct gc_convolution *conv, const struct gc_step *step,
                           const struct gc_product *packed, gc_real *outside, const gc_real *dout) {
    const struct gc_windows *w = &conv->windows;
    const struct kernel kernel = kernel_of(conv, step, packed);
    gc_real *sums = step->filter + tap_count(conv) * conv->in;
    size_t tap = 0;
    memset(outside, 0, (size_t)conv->in * sizeof *outside);
    for (int32_t i = 0; i < w->rows.kernel; i++)
        for (int32_t j = 0; j < w->columns.kernel; j++, tap++) {
            sum_outside(sums, step, dout, w, i, j);
            add_filters(outside, &kernel, tap, sums);
        }
}
