#include "kernels/depthwise_taps.h"

#include <string.h>

/* One pixel, all its taps:  out(c) = start(c) + sum_t pixels[t](c) * filters[t](c)
 * start may be NULL for 0. The sums of a block of channels stay in registers. */
static void gather_taps(float *restrict out, const float *restrict start,
                        const float *const *pixels, const float *const *filters, int32_t taps,
                        int32_t channels) {
    enum { BLOCK = 8 };
    int32_t c = 0;
    for (; c + BLOCK <= channels; c += BLOCK) {
        float sum[BLOCK] = {0};
        if (start != NULL)
            memcpy(sum, start + c, sizeof sum);
        for (int32_t t = 0; t < taps; t++) {
            const float *restrict pixel = pixels[t] + c, *restrict filter = filters[t] + c;
            for (int32_t k = 0; k < BLOCK; k++)
                sum[k] += pixel[k] * filter[k];
        }
        memcpy(out + c, sum, sizeof sum);
    }
    for (; c < channels; c++) {
        float sum = start == NULL ? 0 : start[c];
        for (int32_t t = 0; t < taps; t++)
            sum += pixels[t][c] * filters[t][c];
        out[c] = sum;
    }
}

static const float *filter_of(const struct gc_depthwise_taps *d, int32_t i, int32_t j) {
    return d->kernel + ((size_t)i * d->windows->columns.kernel + j) * d->channels;
}

/* ---- Forward ---- */

/* Row y of out, [out_w][channels]. */
static void forward_row(const struct gc_depthwise_taps *d, float *out, const float *in, int32_t y) {
    const struct gc_window *rows = &d->windows->rows, *columns = &d->windows->columns;
    int32_t first_i, i_end, first_j, j_end;
    gc_window_taps(rows, y, &first_i, &i_end);
    for (int32_t x = 0; x < columns->out; x++, out += d->channels) {
        int32_t taps = 0;
        gc_window_taps(columns, x, &first_j, &j_end);
        for (int32_t i = first_i; i < i_end; i++) {
            const size_t row = (size_t)gc_window_position(rows, y, i) * columns->in;
            for (int32_t j = first_j; j < j_end; j++) {
                d->pixels[taps] = in + (row + gc_window_position(columns, x, j)) * d->channels;
                d->filters[taps++] = filter_of(d, i, j);
            }
        }
        gather_taps(out, d->bias, d->pixels, d->filters, taps, d->channels);
    }
}

static void clamp_row(float *restrict out, size_t count, float min, float max) {
    for (size_t i = 0; i < count; i++) {
        const float low = out[i] < min ? min : out[i];
        out[i] = low > max ? max : low;
    }
}

void gc_depthwise_taps_forward(const struct gc_depthwise_taps *d, float *out, const float *in) {
    const size_t row = (size_t)d->windows->columns.out * d->channels;
    for (int32_t y = 0; y < d->windows->rows.out; y++, out += row) {
        forward_row(d, out, in, y);
        clamp_row(out, row, d->min, d->max);
    }
}

/* ---- Backward ---- */

/* Row v of din, [in_w][channels]. */
static void backward_row(const struct gc_depthwise_taps *d, float *din, const float *dout,
                         int32_t v) {
    const struct gc_window *rows = &d->windows->rows, *columns = &d->windows->columns;
    for (int32_t u = 0; u < columns->in; u++, din += d->channels) {
        int32_t taps = 0;
        for (int32_t i = 0; i < rows->kernel; i++) {
            const int32_t y = gc_window_at(rows, v, i);
            for (int32_t j = 0; y >= 0 && j < columns->kernel; j++) {
                const int32_t x = gc_window_at(columns, u, j);
                if (x < 0)
                    continue;
                d->pixels[taps] = dout + ((size_t)y * columns->out + x) * d->channels;
                d->filters[taps++] = filter_of(d, i, j);
            }
        }
        gather_taps(din, NULL, d->pixels, d->filters, taps, d->channels);
    }
}

void gc_depthwise_taps_backward(const struct gc_depthwise_taps *d, float *din, const float *dout) {
    const size_t row = (size_t)d->windows->columns.in * d->channels;
    for (int32_t v = 0; v < d->windows->rows.in; v++, din += row)
        backward_row(d, din, dout, v);
}
