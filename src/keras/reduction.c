/* Functions that reduce axes. */
#include "keras/reduction.h"

#include <math.h>
#include <string.h>

#include "graph/shapes.h"
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

/* What a reduction is made of, when it needs several operators. */
struct reduction {
    struct gc_reduce_params kept, last; /* `last` keeps axes only if the function does */
    int32_t input;
};

/* Reads the field keepdims, and the axes from the field `key`. They may not hold the batch. */
static gc_status read_reduction(struct gc_build *build, struct reduction *r) {
    bool has_batch;
    *r = (struct reduction){.kept = {.keepdims = true}};
    GC_TRY(gc_field_bool(&build->fields, "keepdims", false, &r->last.keepdims));
    GC_TRY(gc_build_read_axes(build, r->kept.axes, &has_batch));
    memcpy(r->last.axes, r->kept.axes, sizeof r->last.axes);
    if (has_batch)
        return gc_build_lacks_batch(build);
    r->input = build->unknown ? GC_NONE : build->inputs[0];
    return GC_OK;
}

/* Appends an operator of the function's input and the value made last. */
static gc_status merge(struct gc_build *build, const struct gc_op *op, int32_t first) {
    const int32_t both[] = {first, build->value};
    if (build->unknown)
        return GC_OK;
    gc_build_inputs(build, both, 2);
    return gc_build_op(build, op, NULL, 0, NULL);
}

/* The squares of the distances to the mean over `axes`. */
static gc_status squared_distances(struct gc_build *build, const struct reduction *r) {
    GC_TRY(GC_BUILD_OP(build, &gc_op_reduce_mean, r->kept, NULL));
    GC_TRY(merge(build, &gc_op_subtract, r->input));
    return gc_build_op(build, &gc_op_square, NULL, 0, NULL);
}

static gc_status variance(struct gc_build *build) {
    struct reduction r;
    GC_TRY(read_reduction(build, &r));
    GC_TRY(squared_distances(build, &r));
    return GC_BUILD_OP(build, &gc_op_reduce_mean, r.last, NULL);
}

static gc_status deviation(struct gc_build *build) {
    GC_TRY(variance(build));
    return gc_build_op(build, &gc_op_sqrt, NULL, 0, NULL);
}

/* Removes the reduced axes, unless the function keeps them. */
static gc_status drop_axes(struct gc_build *build, const struct reduction *r) {
    struct gc_squeeze_params p;
    memcpy(p.axes, r->last.axes, sizeof p.axes);
    return r->last.keepdims ? GC_OK : GC_BUILD_OP(build, &gc_op_squeeze, p, NULL);
}

/* log(sum of exp(x)) = m + log(sum of exp(x - m)) with the largest value m, so that no exponential
 * overflows. */
static gc_status log_sum_exp(struct gc_build *build) {
    struct reduction r;
    GC_TRY(read_reduction(build, &r));
    GC_TRY(GC_BUILD_OP(build, &gc_op_reduce_max, r.kept, NULL));
    const int32_t largest = build->value;
    GC_TRY(merge(build, &gc_op_subtract, r.input));
    GC_TRY(gc_build_op(build, &gc_op_exponential, NULL, 0, NULL));
    GC_TRY(GC_BUILD_OP(build, &gc_op_reduce_sum, r.kept, NULL));
    GC_TRY(gc_build_op(build, &gc_op_log, NULL, 0, NULL));
    GC_TRY(merge(build, &gc_op_add, largest));
    return drop_axes(build, &r);
}

/* ---- Norms ---- */

/* Appends a function of each value, the sum over the axes, and a function of the sum. */
static gc_status sum_of(struct gc_build *build, const struct gc_op *each, const struct gc_op *sum,
                        const struct gc_op *of_sum) {
    struct reduction r;
    GC_TRY(read_reduction(build, &r));
    GC_TRY(gc_build_op(build, each, NULL, 0, NULL));
    GC_TRY(GC_BUILD_OP(build, sum, r.last, NULL));
    return of_sum == NULL ? GC_OK : gc_build_op(build, of_sum, NULL, 0, NULL);
}

static gc_status euclidean_norm(struct gc_build *build) {
    return sum_of(build, &gc_op_square, &gc_op_reduce_sum, &gc_op_sqrt);
}

/* Of vectors the orders 1, 2 and infinity, and of matrices the Frobenius norm. */
static gc_status norm(struct gc_build *build) {
    yyjson_val *order = gc_field(&build->fields, "ord");
    const char *name = gc_json_text(order);
    const bool of_matrix = yyjson_arr_size(gc_field(&build->fields, "axis")) > 1;
    if (order == NULL || (name != NULL && strcmp(name, "euclidean") == 0) ||
        (name != NULL && of_matrix && strcmp(name, "fro") == 0) ||
        (!of_matrix && yyjson_get_num(order) == 2))
        return euclidean_norm(build);
    if (!of_matrix && yyjson_get_num(order) == 1)
        return sum_of(build, &gc_op_absolute, &gc_op_reduce_sum, NULL);
    if (!of_matrix && ((name != NULL && strcmp(name, "inf") == 0) || isinf(yyjson_get_num(order))))
        return sum_of(build, &gc_op_absolute, &gc_op_reduce_max, NULL);
    return gc_build_lacks(build, "its ord");
}

/* x / sqrt(max(sum of x^2, epsilon)) over some axes. */
static gc_status normalize_by(struct gc_build *build, double epsilon) {
    const struct gc_clamp_params least = {.low = epsilon, .high = INFINITY};
    struct reduction r;
    GC_TRY(read_reduction(build, &r));
    GC_TRY(gc_build_op(build, &gc_op_square, NULL, 0, NULL));
    GC_TRY(GC_BUILD_OP(build, &gc_op_reduce_sum, r.kept, NULL));
    GC_TRY(GC_BUILD_OP(build, &gc_op_clamp, least, NULL));
    GC_TRY(gc_build_op(build, &gc_op_rsqrt, NULL, 0, NULL));
    return merge(build, &gc_op_multiply, r.input);
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

/* (x - mean) / max(deviation, 1 / sqrt(count)) over the whole picture. */
static gc_status standardize(struct gc_build *build) {
    struct reduction r = {.kept = {.axes = {true, true, true}, .keepdims = true}};
    if (build->unknown)
        return GC_OK;
    if (build->graph->open_height || build->graph->open_width)
        return gc_build_lacks(build, "a picture whose size is open");
    GC_TRY(gc_check_picture(gc_shape_of_input(build), "a standardization"));
    const double count = (double)gc_shape_count(gc_shape_of_input(build));
    const struct gc_clamp_params least = {.low = 1 / sqrt(count), .high = INFINITY};
    r.input = build->inputs[0];
    GC_TRY(GC_BUILD_OP(build, &gc_op_reduce_mean, r.kept, NULL));
    GC_TRY(merge(build, &gc_op_subtract, r.input));
    const int32_t centered = build->value;
    GC_TRY(gc_build_op(build, &gc_op_square, NULL, 0, NULL));
    GC_TRY(GC_BUILD_OP(build, &gc_op_reduce_mean, r.kept, NULL));
    GC_TRY(gc_build_op(build, &gc_op_sqrt, NULL, 0, NULL));
    GC_TRY(GC_BUILD_OP(build, &gc_op_clamp, least, NULL));
    return merge(build, &gc_op_divide, centered);
}

/* The mean without weights. */
static gc_status average(struct gc_build *build) {
    yyjson_val *node = build->call->node, *second = yyjson_arr_get(yyjson_obj_get(node, "args"), 1);
    yyjson_val *named = yyjson_obj_get(yyjson_obj_get(node, "kwargs"), "weights");
    const bool is_plain =
        (second == NULL || yyjson_is_null(second)) && (named == NULL || yyjson_is_null(named));
    return is_plain ? mean(build) : gc_build_lacks(build, "weights");
}

/* ---- The tables ---- */

const struct gc_lowering gc_reduction_functions[] = {
    {"Amax", largest, GC_PLAIN},
    {"Amin", smallest, GC_PLAIN},
    {"Average", average, GC_PLAIN},
    {"Logsumexp", log_sum_exp, GC_PLAIN},
    {"Max", largest, GC_PLAIN},
    {"Mean", mean, GC_PLAIN},
    {"Min", smallest, GC_PLAIN},
    {"Norm", norm, GC_PLAIN},
    {"Normalize", normalize, GC_PLAIN},
    {"Std", deviation, GC_PLAIN},
    {"Sum", sum, GC_PLAIN},
    {"Var", variance, GC_PLAIN},
    {NULL, NULL, GC_PLAIN},
};

const struct gc_lowering gc_tensorflow_reduction[] = {
    {"compat.v1.norm", norm, GC_PLAIN},
    {"image.per_image_standardization", standardize, GC_PLAIN},
    {"linalg.l2_normalize", l2_normalize, GC_PLAIN},
    {"linalg.norm", norm, GC_PLAIN},
    {"math.l2_normalize", l2_normalize, GC_PLAIN},
    {"math.reduce_euclidean_norm", euclidean_norm, GC_PLAIN},
    {"math.reduce_logsumexp", log_sum_exp, GC_PLAIN},
    {"math.reduce_max", largest, GC_PLAIN},
    {"math.reduce_mean", mean, GC_PLAIN},
    {"math.reduce_min", smallest, GC_PLAIN},
    {"math.reduce_std", deviation, GC_PLAIN},
    {"math.reduce_sum", sum, GC_PLAIN},
    {"math.reduce_variance", variance, GC_PLAIN},
    {"nn.l2_normalize", l2_normalize, GC_PLAIN},
    {"norm", norm, GC_PLAIN},
    {NULL, NULL, GC_PLAIN},
};
