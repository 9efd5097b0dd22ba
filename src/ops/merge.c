/* Sum of two or more tensors of one shape (Keras Add).
 *   in[n], din, out, dout   of one shape
 *   out = sum_n in[n],    din = dout for every input */
#include "ops.h"

#include <string.h>

static gc_status add_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                           const void *params) {
    (void)params;
    for (int32_t i = 1; i < input_count; i++)
        if (!gc_shape_equal(&in[0], &in[i])) {
            char first[GC_SHAPE_TEXT], other[GC_SHAPE_TEXT];
            return gc_fail(GC_INVALID_MODEL, "a sum of the shapes %s and %s: they must be the same",
                           gc_shape_text(first, &in[0]), gc_shape_text(other, &in[i]));
        }
    *out = in[0];
    return GC_OK;
}

static gc_status add_forward_reference(struct gc_step *step, gc_real *restrict out,
                                       const gc_real *const *in) {
    const size_t count = gc_shape_count(&step->out);
    memcpy(out, in[0], count * sizeof *out);
    for (int32_t n = 1; n < step->input_count; n++) {
        const gc_real *term = in[n];
        for (size_t i = 0; i < count; i++)
            out[i] += term[i];
    }
    return GC_OK;
}

static gc_status add_backward_reference(struct gc_step *step, int32_t input, gc_real *din,
                                        const gc_real *dout, const gc_real *out,
                                        const gc_real *const *in) {
    (void)input, (void)out, (void)in;
    memcpy(din, dout, gc_shape_count(&step->out) * sizeof *din);
    return GC_OK;
}

const struct gc_op gc_op_add = {
    .name = "add",
    .shape = add_shape,
    .forward_reference = add_forward_reference,
    .backward_reference = add_backward_reference,
};
