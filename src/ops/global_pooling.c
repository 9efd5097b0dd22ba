/* Mean or maximum over rows and columns (Keras GlobalAveragePooling2D, GlobalMaxPooling2D).
 *   in, din     [h][w][c]           out, dout   [c], or [1][1][c] with keepdims
 *   average   out(c) = sum_yx in(y, x, c) / (h w),    din(y, x, c) = dout(c) / (h w)
 *   maximum   out(c) = max_yx in(y, x, c),    din(y, x, c) = dout(c) / n at each maximum, else 0
 * n positions share the maximum. TensorFlow's reduce_max divides the gradient in the same way. */
#include "graph/shapes.h"
#include "ops/ops.h"

static gc_status global_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                              const void *params) {
    (void)input_count;
    const struct gc_global_pooling_params *p = params;
    GC_TRY(gc_check_picture(in, "a global pooling"));
    *out = p->keepdims ? (gc_shape){3, {1, 1, in->dims[2]}} : (gc_shape){1, {in->dims[2]}};
    return GC_OK;
}

static size_t pixels_of(const struct gc_step *step) {
    return (size_t)step->in->dims[0] * step->in->dims[1];
}

/* ---- Average ---- */

static gc_status global_average_forward_reference(struct gc_step *step, gc_real *out,
                                                  const gc_real *const *in) {
    enum { BLOCK = 16 }; /* channels summed at once, in double because pixels may be many */
    const size_t pixels = pixels_of(step);
    const int32_t channels = step->in->dims[2];
    for (int32_t first = 0; first < channels; first += BLOCK) {
        const int32_t count = channels - first < BLOCK ? channels - first : BLOCK;
        const gc_real *values = in[0] + first;
        double sum[BLOCK] = {0};
        for (size_t pixel = 0; pixel < pixels; pixel++, values += channels)
            for (int32_t c = 0; c < count; c++)
                sum[c] += values[c];
        for (int32_t c = 0; c < count; c++)
            out[first + c] = (gc_real)(sum[c] / (double)pixels);
    }
    return GC_OK;
}

static gc_status global_average_backward_reference(struct gc_step *step, int32_t input,
                                                   gc_real *restrict din,
                                                   const gc_real *restrict dout, const gc_real *out,
                                                   const gc_real *const *in) {
    (void)input, (void)out, (void)in;
    const size_t pixels = pixels_of(step);
    const int32_t channels = step->in->dims[2];
    for (size_t pixel = 0; pixel < pixels; pixel++, din += channels)
        for (int32_t c = 0; c < channels; c++)
            din[c] = dout[c] / (gc_real)pixels;
    return GC_OK;
}

const struct gc_op gc_op_global_average = {
    .name = "global_average",
    .is_linear = true,
    .shape = global_shape,
    .reference = {.forward = global_average_forward_reference,
                  .backward = global_average_backward_reference},
};

/* ---- Maximum ---- */

static gc_status global_max_forward_reference(struct gc_step *step, gc_real *restrict out,
                                              const gc_real *const *in) {
    const size_t pixels = pixels_of(step);
    const int32_t channels = step->in->dims[2];
    const gc_real *restrict values = in[0];
    for (size_t pixel = 0; pixel < pixels; pixel++, values += channels)
        for (int32_t c = 0; c < channels; c++)
            out[c] = pixel == 0 || values[c] > out[c] ? values[c] : out[c];
    return GC_OK;
}

static gc_status global_max_backward_reference(struct gc_step *step, int32_t input, gc_real *din,
                                               const gc_real *dout, const gc_real *out,
                                               const gc_real *const *in) {
    (void)input;
    const size_t pixels = pixels_of(step);
    const int32_t channels = step->in->dims[2];
    for (int32_t c = 0; c < channels; c++) {
        size_t shared = 0;
        for (size_t i = (size_t)c; i < pixels * channels; i += channels)
            shared += in[0][i] == out[c];
        for (size_t i = (size_t)c; i < pixels * channels; i += channels)
            din[i] = in[0][i] == out[c] ? dout[c] / (gc_real)shared : 0;
    }
    return GC_OK;
}

const struct gc_op gc_op_global_max = {
    .name = "global_max",
    .shape = global_shape,
    .reference = {.forward = global_max_forward_reference,
                  .backward = global_max_backward_reference},
};
