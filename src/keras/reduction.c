/* Functions that reduce axes. */
#include "keras/reduction.h"

#include <math.h>

#include "keras/axes.h"

static gc_status reduce(struct gc_build *build, const struct gc_op *op) {
    struct gc_reduce_params p = {.keepdims = false};
    bool has_batch;
    GC_TRY(gc_field_bool(&build->fields, "keepdims", false, &p.keepdims));
    GC_TRY(gc_build_read_axes(build, p.axes, &has_batch));
    if (gc_field(&build->fields, "initial") != NULL)
        return gc_build_lacks(build, "an initial value");
    return has_batch ? gc_build_lacks_batch(build) : GC_BUILD_OP(build, op, p, NULL);
}

static gc_status mean(struct gc_build *build) { return reduce(build, &gc_op_reduce_mean); }
static gc_status sum(struct gc_build *build) { return reduce(build, &gc_op_reduce_sum); }
static gc_status largest(struct gc_build *build) { return reduce(build, &gc_op_reduce_max); }
static gc_status smallest(struct gc_build *build) { return reduce(build, &gc_op_reduce_min); }

/* x / sqrt(max(sum of x^2, epsilon)) over some axes. */
static gc_status normalize_by(struct gc_build *build, double epsilon) {
    const int32_t input = build->inputs[0];
    struct gc_reduce_params p = {.keepdims = true};
    const struct gc_clamp_params least = {.low = epsilon, .high = INFINITY};
    bool has_batch;
    GC_TRY(gc_build_read_axes(build, p.axes, &has_batch));
    if (has_batch)
        return gc_build_lacks_batch(build);
    GC_TRY(gc_build_op(build, &gc_op_square, NULL, 0, NULL));
    GC_TRY(GC_BUILD_OP(build, &gc_op_reduce_sum, p, NULL));
    GC_TRY(GC_BUILD_OP(build, &gc_op_clamp, least, NULL));
    GC_TRY(gc_build_op(build, &gc_op_rsqrt, NULL, 0, NULL));
    if (build->unknown)
        return GC_OK;
    const int32_t both[] = {input, build->value};
    build->inputs = both;
    build->input_count = 2;
    return gc_build_op(build, &gc_op_multiply, NULL, 0, NULL);
}

static gc_status normalize(struct gc_build *build) {
    double order, epsilon;
    GC_TRY(gc_field_number(&build->fields, "order", 2, &order));
    GC_TRY(gc_field_number(&build->fields, "epsilon", 1e-7, &epsilon));
    return order == 2 ? normalize_by(build, epsilon * epsilon) : gc_build_lacks(build, "its order");
}

static gc_status l2_normalize(struct gc_build *build) {
    double epsilon;
    GC_TRY(gc_field_number(&build->fields, "epsilon", 1e-12, &epsilon));
    return normalize_by(build, epsilon);
}

/* ---- The tables ---- */

const struct gc_lowering gc_reduction_functions[] = {
    {"Max", largest, GC_PLAIN},         {"Mean", mean, GC_PLAIN}, {"Min", smallest, GC_PLAIN},
    {"Normalize", normalize, GC_PLAIN}, {"Sum", sum, GC_PLAIN},   {NULL, NULL, GC_PLAIN},
};

const struct gc_lowering gc_tensorflow_reduction[] = {
    {"linalg.l2_normalize", l2_normalize, GC_PLAIN}, {"math.l2_normalize", l2_normalize, GC_PLAIN},
    {"math.reduce_max", largest, GC_PLAIN},          {"math.reduce_mean", mean, GC_PLAIN},
    {"math.reduce_min", smallest, GC_PLAIN},         {"math.reduce_sum", sum, GC_PLAIN},
    {"nn.l2_normalize", l2_normalize, GC_PLAIN},     {NULL, NULL, GC_PLAIN},
};
