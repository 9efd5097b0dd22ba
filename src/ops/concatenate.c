/* One tensor after another along an axis (Keras Concatenate).
 *   in[n], din   [outer][count_n][inner]      out, dout   [outer][sum_n count_n][inner]
 *   din of input n is its part of dout. */
#include "graph/shapes.h"
#include "ops/ops.h"

#include <string.h>

static gc_status concatenate_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                                   const void *params) {
    const int32_t axis = ((const struct gc_concatenate_params *)params)->axis;
    GC_TRY(gc_check_axis(&in[0], axis, "a concatenation"));
    int64_t size = 0;
    for (int32_t n = 0; n < input_count; n++) {
        gc_shape same = in[n];
        if (in[n].rank == in[0].rank)
            same.dims[axis] = in[0].dims[axis];
        if (!gc_shape_equal(&same, &in[0])) {
            char first[GC_SHAPE_TEXT], other[GC_SHAPE_TEXT];
            return gc_fail(GC_INVALID_MODEL, "the shapes %s and %s cannot be joined along axis %d",
                           gc_shape_text(first, &in[0]), gc_shape_text(other, &in[n]),
                           (int)axis + 1);
        }
        size += in[n].dims[axis];
    }
    if (size > INT32_MAX)
        return gc_fail(GC_TOO_LARGE,
                       "a concatenation makes an axis of %lld positions, which is too large",
                       (long long)size);
    *out = in[0];
    out->dims[axis] = (int32_t)size;
    return GC_OK;
}

/* The part of input n in each block of out. */
struct part {
    size_t blocks, block; /* number of blocks, values of a block */
    size_t begin, count;  /* where the part begins, and its number of values */
};

static struct part part_of(const struct gc_step *step, int32_t n) {
    const struct gc_concatenate_params *p = step->params;
    const struct gc_layout layout = gc_layout_of(&step->out, p->axis);
    struct part part = {.blocks = layout.outer, .block = layout.count * layout.inner};
    for (int32_t i = 0; i < n; i++)
        part.begin += (size_t)step->in[i].dims[p->axis] * layout.inner;
    part.count = (size_t)step->in[n].dims[p->axis] * layout.inner;
    return part;
}

static gc_status concatenate_forward_reference(struct gc_step *step, gc_real *out,
                                               const gc_real *const *in) {
    for (int32_t n = 0; n < step->input_count; n++) {
        const struct part part = part_of(step, n);
        for (size_t i = 0; i < part.blocks; i++)
            memcpy(out + i * part.block + part.begin, in[n] + i * part.count,
                   part.count * sizeof *out);
    }
    return GC_OK;
}

static gc_status concatenate_backward_reference(struct gc_step *step, int32_t input, gc_real *din,
                                                const gc_real *dout, const gc_real *out,
                                                const gc_real *const *in) {
    (void)out, (void)in;
    const struct part part = part_of(step, input);
    for (size_t i = 0; i < part.blocks; i++)
        memcpy(din + i * part.count, dout + i * part.block + part.begin, part.count * sizeof *din);
    return GC_OK;
}

const struct gc_op gc_op_concatenate = {
    .name = "concatenate",
    .is_linear = true,
    .shape = concatenate_shape,
    .reference = {.forward = concatenate_forward_reference,
                  .backward = concatenate_backward_reference},
};
