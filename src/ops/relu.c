/* Kinked lines. These are ReLU with all its parameters (Keras ReLU, LeakyReLU) and PReLU, which
 * learns its slope.
 *   in, din, out, dout   of one shape
 *   alpha                the input's shape, but 1 along shared axes
 *   relu     f(x) = max_value where x >= max_value
 *            f(x) = x where threshold < x < max_value
 *            f(x) = negative_slope * (x - threshold) elsewhere
 *   prelu    f(x) = x where x > 0, else alpha * x
 *   out = f(in),    din = dout * f'(in)
 * At a kink f' is the derivative from below, but 0 at max_value. */
#include "graph/shapes.h"
#include "ops/ops.h"

/* ---- ReLU ---- */

static gc_status relu_forward_reference(struct gc_step *step, gc_real *restrict out,
                                        const gc_real *const *in) {
    const struct gc_relu_params *p = step->params;
    const gc_real slope = (gc_real)p->negative_slope, threshold = (gc_real)p->threshold;
    const gc_real max_value = (gc_real)p->max_value;
    const size_t count = gc_shape_count(&step->out);
    for (size_t i = 0; i < count; i++) {
        const gc_real x = in[0][i];
        const gc_real line = x > threshold ? x : slope * (x - threshold);
        out[i] = x >= max_value ? max_value : line;
    }
    return GC_OK;
}

static gc_status relu_backward_reference(struct gc_step *step, int32_t input, gc_real *restrict din,
                                         const gc_real *restrict dout, const gc_real *out,
                                         const gc_real *const *in) {
    (void)input, (void)out;
    const struct gc_relu_params *p = step->params;
    const gc_real slope = (gc_real)p->negative_slope, threshold = (gc_real)p->threshold;
    const gc_real max_value = (gc_real)p->max_value;
    const size_t count = gc_shape_count(&step->out);
    for (size_t i = 0; i < count; i++) {
        const gc_real x = in[0][i];
        const gc_real line = x > threshold ? dout[i] : slope * dout[i];
        din[i] = x >= max_value ? 0 : line;
    }
    return GC_OK;
}

const struct gc_op gc_op_relu = {
    .name = "relu",
    .shape = gc_same_shape,
    .reference = {.forward = relu_forward_reference, .backward = relu_backward_reference},
};

/* ---- PReLU ---- */

static gc_shape prelu_weight(int32_t slot, const gc_shape *in, const void *params) {
    const struct gc_prelu_params *p = params;
    if (slot != 0)
        return (gc_shape){.rank = -1};
    gc_shape alpha = *in;
    for (int32_t axis = 0; axis < in->rank; axis++)
        if (p->shared[axis])
            alpha.dims[axis] = 1;
    return alpha;
}

/* The rows of the input along its last axis, and where alpha lies for them. */
struct rows {
    gc_shape axes;
    size_t stride[GC_MAX_RANK];
    size_t count, width; /* number of rows, values of a row */
    size_t step;         /* alpha's step along a row, 0 or 1 */
};

static struct rows rows_of(const struct gc_step *step) {
    const gc_shape *in = step->in, alpha = prelu_weight(0, in, step->params);
    struct rows rows = {.axes = *in, .width = (size_t)gc_shape_channels(in)};
    gc_strides(rows.stride, &alpha);
    for (int32_t axis = 0; axis < in->rank; axis++)
        if (alpha.dims[axis] == 1)
            rows.stride[axis] = 0;
    if (in->rank > 0)
        rows.step = rows.stride[--rows.axes.rank];
    rows.count = gc_shape_count(in) / rows.width;
    return rows;
}

static gc_status prelu_forward_reference(struct gc_step *step, gc_real *restrict out,
                                         const gc_real *const *in) {
    const struct rows rows = rows_of(step);
    const gc_real *x = in[0];
    for (size_t row = 0; row < rows.count; row++, out += rows.width, x += rows.width) {
        const float *alpha = step->weights[0] + gc_offset(&rows.axes, rows.stride, row);
        for (size_t i = 0; i < rows.width; i++)
            out[i] = x[i] > 0 ? x[i] : alpha[i * rows.step] * x[i];
    }
    return GC_OK;
}

static gc_status prelu_backward_reference(struct gc_step *step, int32_t input,
                                          gc_real *restrict din, const gc_real *restrict dout,
                                          const gc_real *out, const gc_real *const *in) {
    (void)input, (void)out;
    const struct rows rows = rows_of(step);
    const gc_real *x = in[0];
    for (size_t row = 0; row < rows.count; row++) {
        const float *alpha = step->weights[0] + gc_offset(&rows.axes, rows.stride, row);
        for (size_t i = 0; i < rows.width; i++)
            din[i] = x[i] > 0 ? dout[i] : alpha[i * rows.step] * dout[i];
        din += rows.width;
        dout += rows.width;
        x += rows.width;
    }
    return GC_OK;
}

const struct gc_op gc_op_prelu = {
    .name = "prelu",
    .shape = gc_same_shape,
    .weight = prelu_weight,
    .reference = {.forward = prelu_forward_reference, .backward = prelu_backward_reference},
};
