/* The axes of a tensor in another order (Keras Permute).
 *   in, din     [n_0][n_1] ...
 *   out, dout   the same sizes in another order. Axis i of out is axis axes[i] of in.
 *   din is dout with the axes in the order of in. */
#include "graph/shapes.h"
#include "ops/ops.h"

static gc_status permute_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                               const void *params) {
    (void)input_count;
    const struct gc_permute_params *p = params;
    bool used[GC_MAX_RANK] = {false};
    *out = *in;
    for (int32_t i = 0; i < in->rank; i++) {
        GC_TRY(gc_check_axis(in, p->axes[i], "a permutation"));
        if (used[p->axes[i]])
            return gc_fail(GC_INVALID_MODEL, "a permutation names axis %d twice",
                           (int)p->axes[i] + 1);
        used[p->axes[i]] = true;
        out->dims[i] = in->dims[p->axes[i]];
    }
    return GC_OK;
}

/* Strides in `in` along the axes of `out`. */
static void strides_of(size_t *stride, const struct gc_step *step) {
    const struct gc_permute_params *p = step->params;
    size_t own[GC_MAX_RANK];
    gc_strides(own, step->in);
    for (int32_t i = 0; i < step->in->rank; i++)
        stride[i] = own[p->axes[i]];
}

/* The rows of `out` along its last axis, and where the values of a row lie in `in`. */
struct rows {
    gc_shape axes; /* of the rows */
    size_t stride[GC_MAX_RANK];
    size_t count, width, step;
};

static struct rows rows_of(const struct gc_step *step) {
    struct rows rows = {.axes = step->out, .width = 1, .step = 1};
    strides_of(rows.stride, step);
    if (rows.axes.rank > 0) {
        rows.axes.rank--;
        rows.width = (size_t)step->out.dims[rows.axes.rank];
        rows.step = rows.stride[rows.axes.rank];
    }
    rows.count = gc_shape_count(&step->out) / rows.width;
    return rows;
}

static gc_status permute_forward_reference(struct gc_step *step, gc_real *out,
                                           const gc_real *const *in) {
    const struct rows rows = rows_of(step);
    for (size_t row = 0; row < rows.count; row++, out += rows.width) {
        const gc_real *from = in[0] + gc_offset(&rows.axes, rows.stride, row);
        for (size_t i = 0; i < rows.width; i++)
            out[i] = from[i * rows.step];
    }
    return GC_OK;
}

static gc_status permute_backward_reference(struct gc_step *step, int32_t input, gc_real *din,
                                            const gc_real *dout, const gc_real *out,
                                            const gc_real *const *in) {
    (void)input, (void)out, (void)in;
    const struct rows rows = rows_of(step);
    for (size_t row = 0; row < rows.count; row++, dout += rows.width) {
        gc_real *to = din + gc_offset(&rows.axes, rows.stride, row);
        for (size_t i = 0; i < rows.width; i++)
            to[i * rows.step] = dout[i];
    }
    return GC_OK;
}

const struct gc_op gc_op_permute = {
    .name = "permute",
    .is_linear = true,
    .shape = permute_shape,
    .reference = {.forward = permute_forward_reference, .backward = permute_backward_reference},
};
