#include "kernels/convolution.h"

gc_status gc_convolution_make(struct gc_convolution *conv, const struct gc_step *step,
                              const struct gc_window_params *windows, int32_t groups) {
    conv->groups = groups;
    conv->in = step->in->dims[2];
    conv->out = step->out.dims[2];
    conv->group_in = conv->in / groups;
    conv->group_out = conv->out / groups;
    return gc_windows_make(&conv->windows, step->in, windows, &step->padding);
}

static struct gc_window turn(const struct gc_window *window) {
    const int32_t reach = (window->kernel - 1) * window->dilation;
    struct gc_window turned = *window;
    turned.in = window->out;
    turned.out = window->in;
    turned.before = reach - window->before;
    turned.after = reach - window->after;
    return turned;
}

struct gc_convolution gc_convolution_turned(const struct gc_convolution *conv) {
    return (struct gc_convolution){
        .windows = {turn(&conv->windows.rows), turn(&conv->windows.columns)},
        .groups = conv->groups,
        .group_in = conv->group_out,
        .group_out = conv->group_in,
        .in = conv->out,
        .out = conv->in,
    };
}

/* ---- The plain loops ---- */

/* to [channels] = bias, or 0 */
static void start_pixel(gc_real *to, const float *bias, int32_t channels) {
    for (int32_t c = 0; c < channels; c++)
        to[c] = bias == NULL ? 0 : bias[c];
}

static const float *tap_of(const struct gc_convolution *conv, const struct gc_step *step, int32_t i,
                           int32_t j) {
    const size_t tap = (size_t)i * conv->windows.columns.kernel + j;
    return step->weights[0] + tap * conv->group_in * conv->out;
}

/* One pixel of out. */
static void add_taps(gc_real *out, const gc_real *in, const struct gc_convolution *conv,
                     const struct gc_step *step, int32_t y, int32_t x, gc_tap *tap) {
    const struct gc_window *rows = &conv->windows.rows, *columns = &conv->windows.columns;
    int32_t i, i_end, j, j_end;
    gc_window_taps(rows, y, &i, &i_end);
    for (; i < i_end; i++) {
        const size_t row = (size_t)gc_window_position(rows, y, i) * columns->in;
        gc_window_taps(columns, x, &j, &j_end);
        for (; j < j_end; j++)
            tap(conv, step, out, in + (row + gc_window_position(columns, x, j)) * conv->in,
                tap_of(conv, step, i, j));
    }
}

void gc_convolve(gc_real *out, const gc_real *in, const struct gc_convolution *conv,
                 const struct gc_step *step, const float *bias, gc_tap *tap) {
    for (int32_t y = 0; y < conv->windows.rows.out; y++)
        for (int32_t x = 0; x < conv->windows.columns.out; x++, out += conv->out) {
            start_pixel(out, bias, conv->out);
            add_taps(out, in, conv, step, y, x, tap);
        }
}

/* One pixel of in. */
static void add_taps_back(gc_real *in, const gc_real *out, const struct gc_convolution *conv,
                          const struct gc_step *step, int32_t v, int32_t u, gc_tap *tap) {
    const struct gc_window *rows = &conv->windows.rows, *columns = &conv->windows.columns;
    for (int32_t i = 0; i < rows->kernel; i++)
        for (int32_t j = 0; j < columns->kernel; j++) {
            const int32_t y = gc_window_at(rows, v, i), x = gc_window_at(columns, u, j);
            if (y >= 0 && x >= 0)
                tap(conv, step, in, out + ((size_t)y * columns->out + x) * conv->out,
                    tap_of(conv, step, i, j));
        }
}

void gc_convolve_back(gc_real *in, const gc_real *out, const struct gc_convolution *conv,
                      const struct gc_step *step, const float *bias, gc_tap *tap) {
    for (int32_t v = 0; v < conv->windows.rows.in; v++)
        for (int32_t u = 0; u < conv->windows.columns.in; u++, in += conv->in) {
            start_pixel(in, bias, conv->in);
            add_taps_back(in, out, conv, step, v, u, tap);
        }
}
