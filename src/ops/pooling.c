/* Pooling over rows and columns. Global average (Keras GlobalAveragePooling2D):
 *   in, din     [h][w][c]           out, dout   [c], or [1][1][c] with keepdims
 *   out(c) = sum_yx in(y, x, c) / (h w),    din(y, x, c) = dout(c) / (h w) */
#include "ops.h"
#include "shapes.h"

static gc_status global_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                              const void *params) {
    (void)input_count;
    const struct gc_global_pooling_params *p = params;
    GC_TRY(gc_check_picture(in, "a global pooling"));
    *out = p->keepdims ? (gc_shape){3, {1, 1, in->dims[2]}} : (gc_shape){1, {in->dims[2]}};
    return GC_OK;
}

static gc_status global_average_forward_reference(struct gc_step *step, gc_real *out,
                                                  const gc_real *const *in) {
    enum { BLOCK = 16 }; /* channels whose sums stay at hand, in double: rows may be many */
    const size_t pixels = (size_t)step->in->dims[0] * step->in->dims[1];
    const int32_t channels = step->in->dims[2];
    for (int32_t first = 0; first < channels; first += BLOCK) {
        const int32_t count = channels - first < BLOCK ? channels - first : BLOCK;
        const gc_real *values = in[0] + first;
        double sum[BLOCK] = {0};
        for (size_t pixel = 0; pixel < pixels; pixel++, values += channels)
            for (int32_t c = 0; c < count; c++)
                sum[c] += values[c];
        for (int32_t c = 0; c < count; c++)
            out[first + c] = (gc_real)(sum[c] / pixels);
    }
    return GC_OK;
}

static gc_status global_average_backward_reference(struct gc_step *step, int32_t input,
                                                   gc_real *restrict din,
                                                   const gc_real *restrict dout, const gc_real *out,
                                                   const gc_real *const *in) {
    (void)input, (void)out, (void)in;
    const size_t pixels = (size_t)step->in->dims[0] * step->in->dims[1];
    const int32_t channels = step->in->dims[2];
    for (size_t pixel = 0; pixel < pixels; pixel++, din += channels)
        for (int32_t c = 0; c < channels; c++)
            din[c] = dout[c] / pixels;
    return GC_OK;
}

const struct gc_op gc_op_global_average = {
    .name = "global_average",
    .shape = global_shape,
    .forward_reference = global_average_forward_reference,
    .backward_reference = global_average_backward_reference,
};
