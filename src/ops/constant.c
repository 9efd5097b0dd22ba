/* A tensor of the model's file (an array in the call of a function).
 *   in, din   any shape      out, dout   the shape of the constant
 *   out = the values,    din = 0 */
#include "ops/ops.h"

#include <string.h>

static gc_status constant_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                                const void *params) {
    (void)in, (void)input_count;
    *out = ((const struct gc_constant_params *)params)->shape;
    return GC_OK;
}

static gc_status constant_forward_reference(struct gc_step *step, gc_real *out,
                                            const gc_real *const *in) {
    (void)in;
    const struct gc_constant_params *p = step->params;
    const size_t count = gc_shape_count(&step->out);
    for (size_t i = 0; i < count; i++)
        out[i] = (gc_real)p->values[i];
    return GC_OK;
}

static gc_status constant_backward_reference(struct gc_step *step, int32_t input, gc_real *din,
                                             const gc_real *dout, const gc_real *out,
                                             const gc_real *const *in) {
    (void)input, (void)dout, (void)out, (void)in;
    memset(din, 0, gc_shape_count(step->in) * sizeof *din);
    return GC_OK;
}

const struct gc_op gc_op_constant = {
    .name = "constant",
    .shape = constant_shape,
    .reference = {.forward = constant_forward_reference, .backward = constant_backward_reference},
};
