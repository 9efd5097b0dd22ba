/* Maximum or mean of windows (Keras MaxPooling2D, AveragePooling2D). Padding does not count.
 *   in, din   [in_h][in_w][c]       out, dout   [out_h][out_w][c]
 *   maximum   out(y, x, c) = max of the window
 *             din(v, u, c) = sum of dout over the windows whose first maximum lies at v, u
 *   average   out(y, x, c) = mean of the window
 *             din(v, u, c) = sum of dout / n over the windows that contain v, u, with n pixels each
 * The first maximum is the first one in the order of rows and columns. */
#include "graph/shapes.h"
#include "graph/window.h"
#include "ops/ops.h"

#include <string.h>

static gc_status windows_of(struct gc_windows *windows, const gc_shape *in,
                            const struct gc_pooling_params *p) {
    return gc_windows_make(windows, in, &p->windows, &(struct gc_padding){0});
}

static gc_status pooling_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                               const void *params) {
    (void)input_count;
    struct gc_windows windows;
    GC_TRY(gc_check_picture(in, "a pooling"));
    GC_TRY(windows_of(&windows, in, params));
    *out = (gc_shape){3, {windows.rows.out, windows.columns.out, in->dims[2]}};
    return GC_OK;
}

/* The pixels of one window, rows top .. bottom - 1, columns left .. right - 1. It is not empty. */
struct area {
    int32_t top, bottom, left, right;
};

static struct area area_of(const struct gc_windows *windows, int32_t y, int32_t x) {
    const int32_t row = gc_window_position(&windows->rows, y, 0);
    const int32_t column = gc_window_position(&windows->columns, x, 0);
    struct area area;
    gc_window_taps(&windows->rows, y, &area.top, &area.bottom);
    gc_window_taps(&windows->columns, x, &area.left, &area.right);
    return (struct area){row + area.top, row + area.bottom, column + area.left,
                         column + area.right};
}

static gc_status pooling_prepare(struct gc_step *step) {
    return windows_of(step->state, step->in, step->params);
}

static const struct gc_window *pooling_window(const struct gc_step *step) {
    return &((const struct gc_windows *)step->state)->rows;
}

/* Offset of the pixel at a row and column. */
static size_t pixel_at(int32_t row, int32_t column, int32_t width, int32_t channels) {
    return ((size_t)row * width + column) * channels;
}

/* Computes out [channels] from the pixels of an area in a picture [...][width][channels]. */
typedef void pool(gc_real *out, const gc_real *in, const struct area *area, int32_t width,
                  int32_t channels);

static void pool_rows(const struct gc_step *step, struct gc_band out, const struct gc_band *in,
                      int32_t first, int32_t end, pool *pool) {
    const struct gc_windows *windows = step->state;
    const int32_t channels = step->in->dims[2], columns = windows->columns.out;
    gc_real *to = out.data + pixel_at(first - out.first, 0, columns, channels);
    for (int32_t y = first; y < end; y++)
        for (int32_t x = 0; x < columns; x++, to += channels) {
            struct area area = area_of(windows, y, x);
            area.top -= in->first;
            area.bottom -= in->first;
            pool(to, in->data, &area, windows->columns.in, channels);
        }
}

/* ---- Maximum ---- */

static void max_window(gc_real *restrict out, const gc_real *restrict in, const struct area *area,
                       int32_t width, int32_t channels) {
    memcpy(out, in + pixel_at(area->top, area->left, width, channels), channels * sizeof *out);
    for (int32_t v = area->top; v < area->bottom; v++)
        for (int32_t u = area->left; u < area->right; u++) {
            const gc_real *restrict value = in + pixel_at(v, u, width, channels);
            for (int32_t c = 0; c < channels; c++)
                out[c] = value[c] > out[c] ? value[c] : out[c];
        }
}

static void max_pooling_forward_rows(const struct gc_step *step, struct gc_band out,
                                     const struct gc_band *in, int32_t first, int32_t end) {
    pool_rows(step, out, in, first, end, max_window);
}

static gc_status max_pooling_forward_reference(struct gc_step *step, gc_real *out,
                                               const gc_real *const *in) {
    const struct gc_band band = gc_whole(in[0]);
    max_pooling_forward_rows(step, gc_whole(out), &band, 0, step->out.dims[0]);
    return GC_OK;
}

/* Gives dout to the first maximum, channel by channel. */
static void max_window_gradient(gc_real *din, const gc_real *dout, const gc_real *out,
                                const gc_real *in, const struct area *area, int32_t width,
                                int32_t channels) {
    for (int32_t c = 0; c < channels; c++) {
        bool found = false;
        for (int32_t v = area->top; v < area->bottom && !found; v++)
            for (int32_t u = area->left; u < area->right && !found; u++) {
                const size_t at = pixel_at(v, u, width, channels) + c;
                found = in[at] == out[c];
                if (found)
                    din[at] += dout[c];
            }
    }
}

static gc_status max_pooling_backward_reference(struct gc_step *step, int32_t input, gc_real *din,
                                                const gc_real *dout, const gc_real *out,
                                                const gc_real *const *in) {
    (void)input;
    const int32_t channels = step->in->dims[2];
    const struct gc_windows windows = *(const struct gc_windows *)step->state;
    memset(din, 0, gc_shape_count(step->in) * sizeof *din);
    for (int32_t y = 0; y < windows.rows.out; y++)
        for (int32_t x = 0; x < windows.columns.out; x++, out += channels, dout += channels) {
            const struct area area = area_of(&windows, y, x);
            max_window_gradient(din, dout, out, in[0], &area, windows.columns.in, channels);
        }
    return GC_OK;
}

const struct gc_op gc_op_max_pooling = {
    .name = "max_pooling",
    .shape = pooling_shape,
    .reference = {.state_size = sizeof(struct gc_windows),
                  .prepare = pooling_prepare,
                  .forward = max_pooling_forward_reference,
                  .backward = max_pooling_backward_reference,
                  .forward_rows = max_pooling_forward_rows,
                  .window = pooling_window},
};

/* ---- Average ---- */

static gc_real share_of(const struct area *area) {
    return 1 / (gc_real)((area->bottom - area->top) * (area->right - area->left));
}

static void average_window(gc_real *restrict out, const gc_real *restrict in,
                           const struct area *area, int32_t width, int32_t channels) {
    const gc_real share = share_of(area);
    memset(out, 0, channels * sizeof *out);
    for (int32_t v = area->top; v < area->bottom; v++)
        for (int32_t u = area->left; u < area->right; u++) {
            const gc_real *restrict value = in + pixel_at(v, u, width, channels);
            for (int32_t c = 0; c < channels; c++)
                out[c] += value[c];
        }
    for (int32_t c = 0; c < channels; c++)
        out[c] *= share;
}

static void average_pooling_forward_rows(const struct gc_step *step, struct gc_band out,
                                         const struct gc_band *in, int32_t first, int32_t end) {
    pool_rows(step, out, in, first, end, average_window);
}

static gc_status average_pooling_forward_reference(struct gc_step *step, gc_real *out,
                                                   const gc_real *const *in) {
    const struct gc_band band = gc_whole(in[0]);
    average_pooling_forward_rows(step, gc_whole(out), &band, 0, step->out.dims[0]);
    return GC_OK;
}

static gc_status average_pooling_backward_reference(struct gc_step *step, int32_t input,
                                                    gc_real *restrict din,
                                                    const gc_real *restrict dout,
                                                    const gc_real *out, const gc_real *const *in) {
    (void)input, (void)out, (void)in;
    const int32_t channels = step->in->dims[2];
    const struct gc_windows windows = *(const struct gc_windows *)step->state;
    memset(din, 0, gc_shape_count(step->in) * sizeof *din);
    for (int32_t y = 0; y < windows.rows.out; y++)
        for (int32_t x = 0; x < windows.columns.out; x++, dout += channels) {
            const struct area area = area_of(&windows, y, x);
            const gc_real share = share_of(&area);
            for (int32_t v = area.top; v < area.bottom; v++)
                for (int32_t u = area.left; u < area.right; u++) {
                    gc_real *gradient = din + pixel_at(v, u, windows.columns.in, channels);
                    for (int32_t c = 0; c < channels; c++)
                        gradient[c] += share * dout[c];
                }
        }
    return GC_OK;
}

const struct gc_op gc_op_average_pooling = {
    .name = "average_pooling",
    .is_linear = true,
    .shape = pooling_shape,
    .reference = {.state_size = sizeof(struct gc_windows),
                  .prepare = pooling_prepare,
                  .forward = average_pooling_forward_reference,
                  .backward = average_pooling_backward_reference,
                  .forward_rows = average_pooling_forward_rows,
                  .window = pooling_window},
};
