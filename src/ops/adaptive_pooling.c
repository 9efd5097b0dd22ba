/* Mean or maximum of windows that divide a picture (Keras AdaptiveAveragePooling2D,
 * AdaptiveMaxPooling2D).
 *   in, din   [h][w][c]      out, dout   [height][width][c]
 *   rows of window y   floor(y * h / height) .. ceil((y + 1) * h / height) - 1, columns alike
 *   maximum   out(y, x, c) = max of the window
 *             din(v, u, c) = sum of dout over the windows whose first maximum lies at v, u
 *   average   out(y, x, c) = mean of the window
 *             din(v, u, c) = sum of dout / n over the windows with v, u, of n pixels each */
#include "graph/shapes.h"
#include "ops/ops.h"

#include <string.h>

static gc_status adaptive_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                                const void *params) {
    (void)input_count;
    const struct gc_adaptive_pooling_params *p = params;
    GC_TRY(gc_check_picture(in, "an adaptive pooling"));
    if (p->height <= 0 || p->width <= 0)
        return gc_fail(GC_INVALID_MODEL, "an adaptive pooling to %d x %d: both must be positive",
                       (int)p->height, (int)p->width);
    *out = (gc_shape){3, {p->height, p->width, in->dims[2]}};
    return GC_OK;
}

/* Rows or columns first .. end - 1 of one window. */
struct side {
    int32_t first, end;
};

static struct side side_of(int32_t position, int32_t in, int32_t out) {
    const int64_t first = (int64_t)position * in, end = first + in;
    return (struct side){(int32_t)(first / out), (int32_t)((end + out - 1) / out)};
}

/* One window, with the width and the channels of the picture. */
struct window {
    struct side rows, columns;
    size_t width, channels;
};

static size_t offset(const struct window *w, int32_t row, int32_t column) {
    return ((size_t)row * w->width + (size_t)column) * w->channels;
}

static double sum_of(const struct window *w, const gc_real *in) {
    double sum = 0;
    for (int32_t v = w->rows.first; v < w->rows.end; v++)
        for (int32_t u = w->columns.first; u < w->columns.end; u++)
            sum += in[offset(w, v, u)];
    return sum;
}

static size_t first_maximum(const struct window *w, const gc_real *in) {
    size_t best = offset(w, w->rows.first, w->columns.first);
    for (int32_t v = w->rows.first; v < w->rows.end; v++)
        for (int32_t u = w->columns.first; u < w->columns.end; u++)
            if (in[offset(w, v, u)] > in[best])
                best = offset(w, v, u);
    return best;
}

static void add_to_all(const struct window *w, gc_real *din, gc_real share) {
    for (int32_t v = w->rows.first; v < w->rows.end; v++)
        for (int32_t u = w->columns.first; u < w->columns.end; u++)
            din[offset(w, v, u)] += share;
}

static gc_real pixels_of(const struct window *w) {
    return (gc_real)(w->rows.end - w->rows.first) * (gc_real)(w->columns.end - w->columns.first);
}

/* Window number i of out, in the order of rows and columns. */
static struct window window_of(const struct gc_step *step, size_t i) {
    const int32_t *in = step->in->dims, *out = step->out.dims;
    return (struct window){side_of((int32_t)(i / (size_t)out[1]), in[0], out[0]),
                           side_of((int32_t)(i % (size_t)out[1]), in[1], out[1]), (size_t)in[1],
                           (size_t)in[2]};
}

static size_t window_count(const struct gc_step *step) {
    return (size_t)step->out.dims[0] * (size_t)step->out.dims[1];
}

static gc_status average_forward(struct gc_step *step, gc_real *out, const gc_real *const *in) {
    for (size_t i = 0; i < window_count(step); i++) {
        const struct window w = window_of(step, i);
        for (size_t c = 0; c < w.channels; c++)
            *out++ = (gc_real)sum_of(&w, in[0] + c) / pixels_of(&w);
    }
    return GC_OK;
}

static gc_status average_backward(struct gc_step *step, int32_t input, gc_real *din,
                                  const gc_real *dout, const gc_real *out,
                                  const gc_real *const *in) {
    (void)input, (void)out, (void)in;
    memset(din, 0, gc_shape_count(step->in) * sizeof *din);
    for (size_t i = 0; i < window_count(step); i++) {
        const struct window w = window_of(step, i);
        for (size_t c = 0; c < w.channels; c++)
            add_to_all(&w, din + c, *dout++ / pixels_of(&w));
    }
    return GC_OK;
}

static gc_status max_forward(struct gc_step *step, gc_real *out, const gc_real *const *in) {
    for (size_t i = 0; i < window_count(step); i++) {
        const struct window w = window_of(step, i);
        for (size_t c = 0; c < w.channels; c++)
            *out++ = in[0][c + first_maximum(&w, in[0] + c)];
    }
    return GC_OK;
}

static gc_status max_backward(struct gc_step *step, int32_t input, gc_real *din,
                              const gc_real *dout, const gc_real *out, const gc_real *const *in) {
    (void)input, (void)out;
    memset(din, 0, gc_shape_count(step->in) * sizeof *din);
    for (size_t i = 0; i < window_count(step); i++) {
        const struct window w = window_of(step, i);
        for (size_t c = 0; c < w.channels; c++)
            din[c + first_maximum(&w, in[0] + c)] += *dout++;
    }
    return GC_OK;
}

const struct gc_op gc_op_adaptive_average = {
    .name = "adaptive_average",
    .is_linear = true,
    .shape = adaptive_shape,
    .reference = {.forward = average_forward, .backward = average_backward},
};

const struct gc_op gc_op_adaptive_max = {
    .name = "adaptive_max",
    .shape = adaptive_shape,
    .reference = {.forward = max_forward, .backward = max_backward},
};
