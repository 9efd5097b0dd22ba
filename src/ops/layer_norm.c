/* Normalisation over a set of axes (Keras LayerNormalization, GroupNormalization,
 * RMSNormalization, UnitNormalization).
 *   in, din, out, dout   [kept][N], with the axes of the N normalised values in any place
 *   gamma, beta          [N]
 *   x = (in - mean) / deviation,   deviation = sqrt(variance + epsilon), over the N values
 *   out = gamma * x + beta
 *   din = (g - mean(g) - x * mean(g * x)) / deviation,   g = gamma * dout
 * By the root mean square both means of single values, of in and of g, are 0. To unit length the
 * sum stands for the mean of squares too, and epsilon is the least length. A shorter vector is
 * divided by epsilon, which is a constant. */
#include "graph/shapes.h"
#include "ops/ops.h"

#include <math.h>

/* The axes of a tensor in two groups, with the strides of each in the tensor. */
struct axes {
    gc_shape shape;
    size_t stride[GC_MAX_RANK], count;
};
struct layer_norm {
    struct axes kept, normalized;
};

static void add_axis(struct axes *axes, int32_t size, size_t stride) {
    axes->stride[axes->shape.rank] = stride;
    axes->shape.dims[axes->shape.rank++] = size;
    axes->count *= (size_t)size;
}

static struct layer_norm divide_axes(const gc_shape *in, const struct gc_layer_norm_params *p) {
    struct layer_norm norm = {.kept = {.count = 1}, .normalized = {.count = 1}};
    size_t stride[GC_MAX_RANK];
    gc_strides(stride, in);
    for (int32_t axis = 0; axis < in->rank; axis++) {
        int32_t size = in->dims[axis];
        if (p->groups > 0 && axis == p->group_axis) {
            size /= p->groups;
            add_axis(&norm.kept, p->groups, stride[axis] * (size_t)size);
        }
        add_axis(p->axes[axis] ? &norm.normalized : &norm.kept, size, stride[axis]);
    }
    return norm;
}

static gc_status layer_norm_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                                  const void *params) {
    const struct gc_layer_norm_params *p = params;
    if (p->groups > 0 && in->dims[p->group_axis] % p->groups != 0)
        return gc_fail(GC_INVALID_MODEL, "a normalisation in %d groups for %d channels",
                       (int)p->groups, (int)in->dims[p->group_axis]);
    const struct layer_norm norm = divide_axes(in, params);
    if (norm.normalized.shape.rank == 0)
        return gc_fail(GC_INVALID_MODEL,
                       "a layer normalisation over no axis: it needs at least one");
    return gc_same_shape(out, in, input_count, params);
}

static gc_shape layer_norm_weight(int32_t slot, const gc_shape *in, const void *params) {
    const struct gc_layer_norm_params *p = params;
    if ((slot == 0 && p->scale) || (slot == 1 && p->center))
        return divide_axes(in, p).normalized.shape;
    return (gc_shape){.rank = -1};
}

/* Offset of value number i of those that are normalised together. Usually the last axis alone is
 * normalised. */
static inline size_t offset(const struct axes *axes, size_t i) {
    return axes->shape.rank == 1 ? i * axes->stride[0] : gc_offset(&axes->shape, axes->stride, i);
}

static void statistics(const gc_real *in, const struct axes *axes,
                       const struct gc_layer_norm_params *p, double *mean, double *deviation) {
    double sum = 0, squares = 0;
    for (size_t i = 0; p->kind == GC_NORM_LAYER && i < axes->count; i++)
        sum += in[offset(axes, i)];
    *mean = sum / (double)axes->count;
    for (size_t i = 0; i < axes->count; i++) {
        const double difference = in[offset(axes, i)] - *mean;
        squares += difference * difference;
    }
    if (p->kind == GC_NORM_UNIT)
        *deviation = fmax(sqrt(squares), p->epsilon);
    else
        *deviation = sqrt(squares / (double)axes->count + p->epsilon);
}

static gc_status layer_norm_forward_reference(struct gc_step *step, gc_real *out,
                                              const gc_real *const *in) {
    const struct gc_layer_norm_params *p = step->params;
    const struct layer_norm norm = divide_axes(step->in, p);
    const float *gamma = step->weights[0], *beta = step->weights[1];
    for (size_t k = 0; k < norm.kept.count; k++) {
        const size_t base = gc_offset(&norm.kept.shape, norm.kept.stride, k);
        double mean, deviation;
        statistics(in[0] + base, &norm.normalized, p, &mean, &deviation);
        for (size_t i = 0; i < norm.normalized.count; i++) {
            const size_t at = base + offset(&norm.normalized, i);
            const double x = (in[0][at] - mean) / deviation;
            out[at] = (gc_real)(x * (gamma == NULL ? 1 : gamma[i]) + (beta == NULL ? 0 : beta[i]));
        }
    }
    return GC_OK;
}

/* One group of N values. */
static void backward_group(gc_real *din, const gc_real *dout, const gc_real *in, const float *gamma,
                           const struct axes *axes, const struct gc_layer_norm_params *p) {
    double mean, deviation, sum = 0, sum_x = 0;
    statistics(in, axes, p, &mean, &deviation);
    for (size_t i = 0; i < axes->count; i++) {
        const size_t at = offset(axes, i);
        const double g = dout[at] * (gamma == NULL ? 1.0 : gamma[i]);
        sum += g;
        sum_x += g * (in[at] - mean) / deviation;
    }
    sum = p->kind == GC_NORM_LAYER ? sum / (double)axes->count : 0;
    if (p->kind != GC_NORM_UNIT)
        sum_x /= (double)axes->count;
    else if (deviation <= p->epsilon)
        sum_x = 0;
    for (size_t i = 0; i < axes->count; i++) {
        const size_t at = offset(axes, i);
        const double g = dout[at] * (gamma == NULL ? 1.0 : gamma[i]);
        din[at] = (gc_real)((g - sum - (in[at] - mean) / deviation * sum_x) / deviation);
    }
}

static gc_status layer_norm_backward_reference(struct gc_step *step, int32_t input, gc_real *din,
                                               const gc_real *dout, const gc_real *out,
                                               const gc_real *const *in) {
    (void)input, (void)out;
    const struct gc_layer_norm_params *p = step->params;
    const struct layer_norm norm = divide_axes(step->in, p);
    for (size_t k = 0; k < norm.kept.count; k++) {
        const size_t base = gc_offset(&norm.kept.shape, norm.kept.stride, k);
        backward_group(din + base, dout + base, in[0] + base, step->weights[0], &norm.normalized,
                       p);
    }
    return GC_OK;
}

const struct gc_op gc_op_layer_norm = {
    .name = "layer_norm",
    .shape = layer_norm_shape,
    .weight = layer_norm_weight,
    .reference = {.forward = layer_norm_forward_reference,
                  .backward = layer_norm_backward_reference},
};
