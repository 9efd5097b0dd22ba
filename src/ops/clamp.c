/* A clamp between two bounds. ReLU has low 0, ReLU6 has low 0 and high 6.
 *   in, din, out, dout   of one shape
 *   out = min(max(in, low), high)
 *   din = dout where low < out < high, else 0
 * There is no gradient at a bound itself, as in TensorFlow. */
#include "graph/shapes.h"
#include "ops/ops.h"

static bool clamp_clamp(const void *params, gc_real *low, gc_real *high) {
    const struct gc_clamp_params *p = params;
    *low = (gc_real)p->low;
    *high = (gc_real)p->high;
    return true;
}

static void clamp_values(const struct gc_step *step, gc_real *restrict out,
                         const gc_real *restrict in, size_t count) {
    gc_real low, high;
    clamp_clamp(step->params, &low, &high);
    for (size_t i = 0; i < count; i++) {
        const gc_real raised = in[i] < low ? low : in[i];
        out[i] = raised > high ? high : raised;
    }
}

static gc_status clamp_forward_reference(struct gc_step *step, gc_real *out,
                                         const gc_real *const *in) {
    clamp_values(step, out, in[0], gc_shape_count(&step->out));
    return GC_OK;
}

static void clamp_forward_rows(const struct gc_step *step, struct gc_band out,
                               const struct gc_band *in, int32_t first, int32_t end) {
    const size_t row = gc_shape_count(&step->out) / (size_t)step->out.dims[0];
    clamp_values(step, out.data + (size_t)(first - out.first) * row,
                 in->data + (size_t)(first - in->first) * row, (size_t)(end - first) * row);
}

static gc_status clamp_backward_reference(struct gc_step *step, int32_t input,
                                          gc_real *restrict din, const gc_real *restrict dout,
                                          const gc_real *restrict out, const gc_real *const *in) {
    (void)input, (void)in;
    gc_real low, high;
    clamp_clamp(step->params, &low, &high);
    const size_t count = gc_shape_count(&step->out);
    for (size_t i = 0; i < count; i++) {
        const gc_real passing = dout[i]; /* always read, to choose a value without a branch */
        din[i] = out[i] > low && out[i] < high ? passing : 0;
    }
    return GC_OK;
}

const struct gc_op gc_op_clamp = {
    .name = "clamp",
    .shape = gc_same_shape,
    .clamp = clamp_clamp,
    .reference = {.forward = clamp_forward_reference,
                  .backward = clamp_backward_reference,
                  .forward_rows = clamp_forward_rows},
};
