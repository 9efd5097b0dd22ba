/* The same values in another shape (Keras Flatten and Reshape, expand_dims and squeeze). With its
 * own shape it is the identity.
 *   in, din, out, dout   of as many values
 *   out = in,    din = dout
 * It is a view, so out is in's memory and has no forward pass. */
#include "ops/ops.h"

#include <string.h>

static gc_status reshape_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                               const void *params) {
    (void)input_count;
    const gc_shape *wanted = &((const struct gc_reshape_params *)params)->shape;
    if (wanted->rank == -1) {
        *out = *in;
        return GC_OK;
    }
    char from[GC_SHAPE_TEXT], to[GC_SHAPE_TEXT];
    const uint64_t count = gc_shape_count(in);
    uint64_t known = 1;
    int32_t open = -1;
    for (int32_t i = 0; i < wanted->rank; i++) {
        if (wanted->dims[i] == -1 && open == -1)
            open = i;
        else if (wanted->dims[i] > 0 && known <= count)
            known *= (uint64_t)wanted->dims[i];
        else /* a second open axis, an axis without values, or too many values */
            known = count + 1;
    }
    *out = *wanted;
    if (open >= 0 && known <= count) {
        out->dims[open] = (int32_t)(count / known);
        known *= count / known;
    }
    if (known == count && count > 0)
        return GC_OK;
    return gc_fail(GC_INVALID_MODEL, "the shape %s cannot become %s", gc_shape_text(from, in),
                   gc_shape_text(to, wanted));
}

static gc_status reshape_backward_reference(struct gc_step *step, int32_t input, gc_real *din,
                                            const gc_real *dout, const gc_real *out,
                                            const gc_real *const *in) {
    (void)input, (void)out, (void)in;
    memmove(din, dout, gc_shape_count(step->in) * sizeof *din);
    return GC_OK;
}

const struct gc_op gc_op_reshape = {
    .name = "reshape",
    .is_linear = true,
    .is_view = true,
    .shape = reshape_shape,
    .reference = {.backward = reshape_backward_reference},
};

/* ---- Axes of size 1 ---- */

static gc_status expand_dims_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                                   const void *params) {
    (void)input_count;
    const int32_t added = ((const struct gc_expand_dims_params *)params)->axis;
    char text[GC_SHAPE_TEXT];
    if (added < 0 || added > in->rank || in->rank == GC_MAX_RANK)
        return gc_fail(GC_INVALID_MODEL, "the shape %s cannot get another axis %d",
                       gc_shape_text(text, in), (int)added + 1);
    *out = (gc_shape){.rank = in->rank + 1};
    for (int32_t axis = 0; axis < out->rank; axis++)
        out->dims[axis] = axis == added ? 1 : in->dims[axis < added ? axis : axis - 1];
    return GC_OK;
}

const struct gc_op gc_op_expand_dims = {
    .name = "expand_dims",
    .is_linear = true,
    .is_view = true,
    .shape = expand_dims_shape,
    .reference = {.backward = reshape_backward_reference},
};

static gc_status squeeze_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                               const void *params) {
    (void)input_count;
    const struct gc_squeeze_params *p = params;
    *out = (gc_shape){.rank = 0};
    for (int32_t axis = 0; axis < in->rank; axis++) {
        char text[GC_SHAPE_TEXT];
        if (!p->axes[axis])
            out->dims[out->rank++] = in->dims[axis];
        else if (in->dims[axis] != 1)
            return gc_fail(GC_INVALID_MODEL, "axis %d of the shape %s cannot be removed",
                           (int)axis + 1, gc_shape_text(text, in));
    }
    return GC_OK;
}

const struct gc_op gc_op_squeeze = {
    .name = "squeeze",
    .is_linear = true,
    .is_view = true,
    .shape = squeeze_shape,
    .reference = {.backward = reshape_backward_reference},
};
