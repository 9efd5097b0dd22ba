/* Contraction of two tensors over one axis of each (Keras Dot, Attention).
 *   in[0]   a [batch][axes of a, one of size n]      in[1]   b [batch][axes of b, one of size n]
 *   out, dout   [batch][other axes of a][other axes of b]
 *   out(t, i, j) = sum_k a(t, i, k) * b(t, j, k)
 *   da(t, i, k) = sum_j b(t, j, k) * dout(t, i, j)
 *   db(t, j, k) = sum_i a(t, i, k) * dout(t, i, j)
 * i and j count through the other axes of a and b in their order. */
#include "graph/shapes.h"
#include "ops/ops.h"

#include <string.h>

/* One input, seen from the contracted axis: [batch][outer][n][inner]. */
struct side {
    size_t batch, size; /* size of one member of the batch */
    struct gc_layout layout;
};

static struct side side_of(const gc_shape *in, int32_t batch, int32_t axis) {
    struct side side = {1, 1, {1, 1, 1}};
    gc_shape member = {.rank = in->rank - batch};
    for (int32_t i = 0; i < in->rank; i++)
        if (i < batch)
            side.batch *= (size_t)in->dims[i];
        else
            member.dims[i - batch] = in->dims[i];
    side.layout = gc_layout_of(&member, axis - batch);
    side.size = side.layout.outer * side.layout.count * side.layout.inner;
    return side;
}

/* The number of values for each k, and the offset of value number i for k = 0. */
static size_t count_of(const struct side *side) { return side->layout.outer * side->layout.inner; }

static size_t offset_of(const struct side *side, size_t i) {
    const size_t inner = side->layout.inner;
    return i / inner * side->layout.count * inner + i % inner;
}

static gc_status check_inputs(const gc_shape *in, int32_t input_count,
                              const struct gc_dot_params *p) {
    if (input_count != 2)
        return gc_fail(GC_INVALID_MODEL, "a dot product takes two inputs and is given %d",
                       (int)input_count);
    bool fits = p->batch >= 0;
    for (int32_t i = 0; fits && i < 2; i++)
        fits = p->axis[i] >= p->batch && p->axis[i] < in[i].rank;
    for (int32_t i = 0; fits && i < p->batch; i++)
        fits = in[0].dims[i] == in[1].dims[i];
    if (fits && in[0].dims[p->axis[0]] == in[1].dims[p->axis[1]])
        return GC_OK;
    char a[GC_SHAPE_TEXT], b[GC_SHAPE_TEXT];
    return gc_fail(GC_INVALID_MODEL, "a dot product of the shapes %s and %s: its axes differ",
                   gc_shape_text(a, &in[0]), gc_shape_text(b, &in[1]));
}

static gc_status dot_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                           const void *params) {
    const struct gc_dot_params *p = params;
    GC_TRY(check_inputs(in, input_count, p));
    if (in[0].rank + in[1].rank - p->batch - 2 > GC_MAX_RANK)
        return gc_fail(GC_INVALID_MODEL, "a dot product with more than %d axes", GC_MAX_RANK);
    *out = (gc_shape){.rank = 0};
    for (int32_t side = 0; side < 2; side++)
        for (int32_t i = side == 0 ? 0 : p->batch; i < in[side].rank; i++)
            if (i != p->axis[side])
                out->dims[out->rank++] = in[side].dims[i];
    if (out->rank == 0)
        *out = (gc_shape){1, {1}}; /* Keras keeps one axis of two vectors */
    return GC_OK;
}

static gc_status dot_forward_reference(struct gc_step *step, gc_real *out,
                                       const gc_real *const *in) {
    const struct gc_dot_params *p = step->params;
    const struct side a = side_of(&step->in[0], p->batch, p->axis[0]);
    const struct side b = side_of(&step->in[1], p->batch, p->axis[1]);
    for (size_t t = 0; t < a.batch; t++)
        for (size_t i = 0; i < count_of(&a); i++)
            for (size_t j = 0; j < count_of(&b); j++) {
                const gc_real *x = in[0] + t * a.size + offset_of(&a, i);
                const gc_real *y = in[1] + t * b.size + offset_of(&b, j);
                gc_real sum = 0;
                for (size_t k = 0; k < a.layout.count; k++)
                    sum += x[k * a.layout.inner] * y[k * b.layout.inner];
                *out++ = sum;
            }
    return GC_OK;
}

/* d += weight * x along the contracted axis */
static void add_along(gc_real *d, const struct side *side, const gc_real *x,
                      const struct side *other, gc_real weight) {
    for (size_t k = 0; k < side->layout.count; k++)
        d[k * side->layout.inner] += weight * x[k * other->layout.inner];
}

static gc_status dot_backward_reference(struct gc_step *step, int32_t input, gc_real *din,
                                        const gc_real *dout, const gc_real *out,
                                        const gc_real *const *in) {
    (void)out;
    const struct gc_dot_params *p = step->params;
    const struct side a = side_of(&step->in[0], p->batch, p->axis[0]);
    const struct side b = side_of(&step->in[1], p->batch, p->axis[1]);
    memset(din, 0, gc_shape_count(&step->in[input]) * sizeof *din);
    for (size_t t = 0; t < a.batch; t++)
        for (size_t i = 0; i < count_of(&a); i++)
            for (size_t j = 0; j < count_of(&b); j++, dout++) {
                const size_t x = t * a.size + offset_of(&a, i);
                const size_t y = t * b.size + offset_of(&b, j);
                if (input == 0)
                    add_along(din + x, &a, in[1] + y, &b, *dout);
                else
                    add_along(din + y, &b, in[0] + x, &a, *dout);
            }
    return GC_OK;
}

const struct gc_op gc_op_dot = {
    .name = "dot",
    .shape = dot_shape,
    .reference = {.forward = dot_forward_reference, .backward = dot_backward_reference},
};
