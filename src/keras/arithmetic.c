/* Functions that work value by value. One of two values may be a constant. A constant that is one
 * number, or one for each channel, becomes a number of an operator. Any other becomes a tensor. */
#include "keras/arithmetic.h"

#include <math.h>
#include <string.h>

#include "keras/constant.h"

/* ---- Constants ---- */

/* The operands of a function of two. */
struct operands {
    bool two;                    /* tensors, which are the inputs of the next operator */
    struct gc_constant constant; /* else; one number, or one for each channel */
    bool is_first;               /* the constant stands in front of the tensor */
};

/* Makes the constant a tensor, so that there are two. */
static gc_status make_two(struct gc_build *build, struct operands *operands) {
    const int32_t tensor = build->inputs[0];
    int32_t *both = gc_pool_allocate(build->pool, 2, sizeof *both), value;
    if (both == NULL)
        return gc_pool_fail();
    GC_TRY(gc_constant_append(build, &operands->constant, tensor, &value));
    both[operands->is_first ? 0 : 1] = value;
    both[operands->is_first ? 1 : 0] = tensor;
    gc_build_inputs(build, both, 2);
    operands->two = true;
    return GC_OK;
}

/* Does the next operator take the constant as its numbers? */
static bool is_plain(const struct gc_build *build, const struct gc_constant *constant,
                     bool by_channel) {
    return gc_constant_is_number(constant) ||
           (by_channel && gc_constant_is_of_channels(constant, gc_shape_of_input(build)));
}

/* Reads two tensors, or a tensor and a constant.
 *   by_channel   the caller takes a constant that is one number for each channel */
static gc_status read_operands(struct gc_build *build, struct operands *operands, bool by_channel) {
    bool good;
    *operands = (struct operands){.two = build->input_count == 2};
    if (operands->two || build->unknown)
        return GC_OK;
    yyjson_val *value = gc_constant_find(build, &operands->is_first);
    GC_TRY(gc_constant_read(&operands->constant, value, build->pool, &good));
    if (!good)
        return gc_fail(GC_INVALID_MODEL,
                       "it takes two tensors, or a tensor and a constant of numbers");
    return is_plain(build, &operands->constant, by_channel) ? GC_OK : make_two(build, operands);
}

/* Appends x * scale + offset. The constant is the offset or the scale. */
static gc_status affine(struct gc_build *build, const struct gc_constant *c, double scale,
                        bool is_offset) {
    if (build->unknown)
        return GC_OK;
    const size_t count = (size_t)c->count;
    const size_t bytes = sizeof(struct gc_affine_params) + 2 * count * sizeof(double);
    struct gc_affine_params *p = gc_pool_allocate(build->pool, 1, bytes);
    if (p == NULL)
        return gc_pool_fail();
    p->channels = c->count;
    for (size_t i = 0; i < count; i++) {
        p->constants[i] = is_offset ? scale : c->values[i];
        p->constants[count + i] = is_offset ? c->values[i] : 0;
    }
    return gc_build_op(build, &gc_op_affine, p, bytes, NULL);
}

/* ---- Of two values ---- */

static gc_status add(struct gc_build *build) {
    struct operands o;
    if (gc_constant_is_listed(build))
        return gc_build_lacks(build, "a constant in its list");
    if (build->input_count > 2)
        return gc_build_op(build, &gc_op_add, NULL, 0, NULL);
    GC_TRY(read_operands(build, &o, true));
    return o.two ? gc_build_op(build, &gc_op_add, NULL, 0, NULL)
                 : affine(build, &o.constant, 1, true);
}

/* The channels are the last axis in the format NHWC. */
static gc_status bias_add(struct gc_build *build) {
    const char *format;
    GC_TRY(gc_field_text(&build->fields, "data_format", "NHWC", &format));
    if (strncmp(format, "NC", 2) == 0)
        return gc_build_lacks(build, "data_format '%.32s'", format);
    return add(build);
}

static gc_status subtract(struct gc_build *build) {
    struct operands o;
    GC_TRY(read_operands(build, &o, true));
    if (o.two)
        return gc_build_op(build, &gc_op_subtract, NULL, 0, NULL);
    for (int32_t i = 0; i < o.constant.count && !o.is_first; i++)
        o.constant.values[i] = -o.constant.values[i];
    return affine(build, &o.constant, o.is_first ? -1 : 1, true);
}

static gc_status squared_difference(struct gc_build *build) {
    GC_TRY(subtract(build));
    return gc_build_op(build, &gc_op_square, NULL, 0, NULL);
}

static gc_status multiply(struct gc_build *build) {
    struct operands o;
    GC_TRY(read_operands(build, &o, true));
    return o.two ? gc_build_op(build, &gc_op_multiply, NULL, 0, NULL)
                 : affine(build, &o.constant, 0, false);
}

static gc_status divide(struct gc_build *build) {
    struct operands o;
    GC_TRY(read_operands(build, &o, true));
    if (o.two)
        return gc_build_op(build, &gc_op_divide, NULL, 0, NULL);
    if (o.is_first) {
        GC_TRY(gc_build_op(build, &gc_op_reciprocal, NULL, 0, NULL));
        return affine(build, &o.constant, 0, false);
    }
    for (int32_t i = 0; i < o.constant.count; i++) {
        if (o.constant.values[i] == 0)
            return gc_fail(GC_INVALID_MODEL, "it divides by 0");
        o.constant.values[i] = 1 / o.constant.values[i];
    }
    return affine(build, &o.constant, 0, false);
}

/* Appends an operator of two tensors. A constant becomes a tensor. */
static gc_status of_two(struct gc_build *build, const struct gc_op *op) {
    struct operands o;
    GC_TRY(read_operands(build, &o, false));
    if (!o.two && !build->unknown)
        GC_TRY(make_two(build, &o));
    return gc_build_op(build, op, NULL, 0, NULL);
}

static gc_status divide_no_nan(struct gc_build *build) {
    return of_two(build, &gc_op_divide_no_nan);
}

static gc_status floor_mod(struct gc_build *build) { return of_two(build, &gc_op_floor_mod); }

static gc_status floor_divide(struct gc_build *build) {
    GC_TRY(of_two(build, &gc_op_divide));
    return gc_build_op(build, &gc_op_floor, NULL, 0, NULL);
}

/* Where the tensor equals the constant, TensorFlow gives the gradient to the first of both. A clip
 * lets the gradient pass at its limits, and a clamp does not. */
static gc_status extreme(struct gc_build *build, const struct gc_op *op, bool is_maximum) {
    struct operands o;
    GC_TRY(read_operands(build, &o, false));
    if (o.two || build->unknown)
        return gc_build_op(build, op, NULL, 0, NULL);
    const double number = o.constant.values[0];
    const double low = is_maximum ? number : -INFINITY, high = is_maximum ? INFINITY : number;
    const struct gc_clamp_params clamp = {.low = low, .high = high};
    const struct gc_activation_params clip = {.alpha = low, .beta = high};
    return o.is_first ? GC_BUILD_OP(build, &gc_op_clamp, clamp, NULL)
                      : GC_BUILD_OP(build, &gc_op_clip, clip, NULL);
}

static gc_status maximum(struct gc_build *build) { return extreme(build, &gc_op_maximum, true); }

static gc_status minimum(struct gc_build *build) { return extreme(build, &gc_op_minimum, false); }

static gc_status power(struct gc_build *build) {
    struct operands o;
    GC_TRY(read_operands(build, &o, false));
    if (!o.two && o.is_first && !build->unknown)
        GC_TRY(make_two(build, &o));
    if (o.two || build->unknown)
        return gc_build_op(build, &gc_op_pow, NULL, 0, NULL);
    const struct gc_activation_params p = {.alpha = o.constant.values[0]};
    return p.alpha == 2 ? gc_build_op(build, &gc_op_square, NULL, 0, NULL)
                        : GC_BUILD_OP(build, &gc_op_power, p, NULL);
}

/* ---- Comparisons ---- */

/* Appends a comparison. Two tensors are compared by their difference with 0. A constant in front
 * of the tensor turns the comparison around. */
static gc_status compare(struct gc_build *build, const struct gc_op *op,
                         const struct gc_op *turned) {
    struct operands o;
    struct gc_activation_params p = {.alpha = 0};
    GC_TRY(read_operands(build, &o, false));
    if (build->unknown)
        return GC_OK;
    if (o.two)
        GC_TRY(gc_build_op(build, &gc_op_subtract, NULL, 0, NULL));
    else
        p.alpha = o.constant.values[0];
    return GC_BUILD_OP(build, !o.two && o.is_first ? turned : op, p, NULL);
}

#define COMPARISON(NAME, TURNED)                                                                   \
    static gc_status NAME(struct gc_build *build) {                                                \
        return compare(build, &gc_op_##NAME, &gc_op_##TURNED);                                     \
    }
COMPARISON(greater, less)
COMPARISON(greater_equal, less_equal)
COMPARISON(less, greater)
COMPARISON(less_equal, greater_equal)
COMPARISON(equal, equal)
COMPARISON(not_equal, not_equal)

/* ---- True and false, which are 1 and 0 ---- */

/* Makes 1 of each of two tensors where it is not 0, and merges both. */
static gc_status of_truths(struct gc_build *build, const struct gc_op *op) {
    const struct gc_activation_params zero = {.alpha = 0};
    const int32_t *given = build->inputs;
    int32_t values[2];
    if (build->input_count != 2)
        return gc_build_lacks(build, "a constant");
    for (int32_t i = 0; i < 2; i++) {
        gc_build_inputs(build, &given[i], 1);
        GC_TRY(GC_BUILD_OP(build, &gc_op_not_equal, zero, NULL));
        values[i] = build->value;
    }
    gc_build_inputs(build, values, 2);
    return gc_build_op(build, op, NULL, 0, NULL);
}

static gc_status logical_and(struct gc_build *build) { return of_truths(build, &gc_op_multiply); }
static gc_status logical_or(struct gc_build *build) { return of_truths(build, &gc_op_maximum); }

static gc_status logical_not(struct gc_build *build) {
    const struct gc_activation_params zero = {.alpha = 0};
    return GC_BUILD_OP(build, &gc_op_equal, zero, NULL);
}

/* ---- A choice ---- */

static bool is_tensor(yyjson_val *value) {
    return yyjson_equals_str(yyjson_obj_get(value, "class_name"), "__keras_tensor__") ||
           yyjson_is_str(yyjson_arr_get_first(value));
}

/* Finds the arguments of a call of where.
 *   Keras 3   {"args": [condition, first, second]}
 *   Keras 2   ["condition", node, tensor, {"x": first, "y": second}], or
 *             ["_CONSTANT_VALUE", -1, constant, {"x": first, "y": second}] */
static void find_choices(const struct gc_build *build, yyjson_val *choices[3]) {
    yyjson_val *node = build->call->node, *arguments = yyjson_obj_get(node, "args");
    for (size_t i = 0; i < 3; i++)
        choices[i] = yyjson_arr_get(arguments, i);
    if (arguments != NULL)
        return;
    if (yyjson_is_arr(yyjson_arr_get_first(node)))
        node = yyjson_arr_get_first(node);
    const bool is_constant = yyjson_equals_str(yyjson_arr_get_first(node), GC_KERAS_CONSTANT);
    choices[0] = is_constant ? yyjson_arr_get(node, 2) : node;
    choices[1] = gc_field(&build->fields, "x");
    choices[2] = gc_field(&build->fields, "y");
}

/* Gives each tensor among the arguments its input. Keras 2 may list y in front of x. */
static int32_t number_choices(const struct gc_build *build, yyjson_val *const choices[3],
                              const int32_t *given, int32_t values[3]) {
    const int32_t count = build->input_count;
    int32_t next = 0;
    size_t i, size;
    yyjson_val *key, *entry;
    if (is_tensor(choices[0]) && next < count)
        values[0] = given[next++];
    if (yyjson_obj_get(build->call->node, "args") != NULL) {
        for (int32_t n = 1; n < 3; n++)
            if (is_tensor(choices[n]) && next < count)
                values[n] = given[next++];
        return next;
    }
    yyjson_obj_foreach(build->fields.object, i, size, key, entry) {
        for (int32_t n = 1; n < 3; n++)
            if (entry == choices[n] && is_tensor(entry) && next < count)
                values[n] = given[next++];
    }
    return next;
}

static gc_status where(struct gc_build *build) {
    yyjson_val *choices[3];
    const int32_t *given = build->inputs;
    int32_t values[3] = {GC_NONE, GC_NONE, GC_NONE}, largest;
    if (build->unknown)
        return GC_OK;
    find_choices(build, choices);
    if (number_choices(build, choices, given, values) != build->input_count)
        return gc_build_lacks(build, "arguments that are not a condition and two choices");
    largest = given[0];
    for (int32_t i = 1; i < build->input_count; i++)
        if (build->graph->values[given[i]].shape.rank > build->graph->values[largest].shape.rank)
            largest = given[i];
    for (int32_t i = 0; i < 3; i++) {
        struct gc_constant constant;
        bool good;
        if (values[i] != GC_NONE)
            continue;
        GC_TRY(gc_constant_read(&constant, choices[i], build->pool, &good));
        if (!good)
            return gc_build_lacks(build, "a choice that is neither a tensor nor a constant");
        GC_TRY(gc_constant_append(build, &constant, largest, &values[i]));
    }
    gc_build_inputs(build, values, 3);
    return gc_build_op(build, &gc_op_where, NULL, 0, NULL);
}

/* ---- Of one value ---- */

#define OF_ONE(NAME, OPERATOR)                                                                     \
    static gc_status NAME(struct gc_build *build) {                                                \
        return gc_build_op(build, &gc_op_##OPERATOR, NULL, 0, NULL);                               \
    }
OF_ONE(absolute, absolute)
OF_ONE(arc_sinh, arcsinh)
OF_ONE(arc_tangent, arctan)
OF_ONE(ceiling, ceil)
OF_ONE(cosine, cos)
OF_ONE(hyperbolic_cosine, cosh)
OF_ONE(whole_below, floor)
OF_ONE(sine, sin)
OF_ONE(hyperbolic_sine, sinh)
OF_ONE(stop_gradient, stop_gradient)
OF_ONE(tangent, tan)
OF_ONE(truncation, trunc)
OF_ONE(error_function, erf)
OF_ONE(exponential, exponential)
OF_ONE(exponential_minus_1, expm1)
OF_ONE(logarithm, log)
OF_ONE(logarithm_of_1_plus, log1p)
OF_ONE(reciprocal, reciprocal)
OF_ONE(reciprocal_root, rsqrt)
OF_ONE(root, sqrt)
OF_ONE(sign, sign)
OF_ONE(square, square)

static gc_status scale(struct gc_build *build, double factor) {
    const struct gc_rescaling_params p = {.channels = 1, .scale = {factor}, .offset = {0}};
    return GC_BUILD_OP(build, &gc_op_rescaling, p, NULL);
}

static gc_status negative(struct gc_build *build) { return scale(build, -1); }

/* Logarithms and powers of other bases than e. The natural logarithms of the bases are constants,
 * because log for doubles brings a table of 4 KB. */
#define LOG_2 0.69314718055994531
#define LOG_10 2.3025850929940457

static gc_status logarithm_of_base(struct gc_build *build, double log_base) {
    GC_TRY(gc_build_op(build, &gc_op_log, NULL, 0, NULL));
    return scale(build, 1 / log_base);
}

static gc_status log2_of(struct gc_build *build) { return logarithm_of_base(build, LOG_2); }
static gc_status log10_of(struct gc_build *build) { return logarithm_of_base(build, LOG_10); }

static gc_status exp2_of(struct gc_build *build) {
    GC_TRY(scale(build, LOG_2));
    return gc_build_op(build, &gc_op_exponential, NULL, 0, NULL);
}

static gc_status rounded(struct gc_build *build) {
    int32_t decimals;
    GC_TRY(gc_field_axis(&build->fields, "decimals", 0, &decimals));
    return decimals == 0 ? gc_build_op(build, &gc_op_round, NULL, 0, NULL)
                         : gc_build_lacks(build, "decimals that are not 0");
}

/* A tensor of one number, in the shape of the input. */
static gc_status full(struct gc_build *build, double number) {
    const struct gc_rescaling_params p = {.channels = 1, .scale = {0}, .offset = {number}};
    return GC_BUILD_OP(build, &gc_op_rescaling, p, NULL);
}

static gc_status ones(struct gc_build *build) { return full(build, 1); }
static gc_status zeros(struct gc_build *build) { return full(build, 0); }

static gc_status full_like(struct gc_build *build) {
    yyjson_val *value = yyjson_arr_get(yyjson_obj_get(build->call->node, "args"), 1);
    return yyjson_is_num(value) ? full(build, yyjson_get_num(value))
                                : gc_build_lacks(build, "a value that is not one number");
}

static gc_status identity(struct gc_build *build) {
    (void)build;
    return GC_OK;
}

/* Appends a limit to the values from the fields `low` and `high`, each of which may be missing. */
static gc_status clip(struct gc_build *build, const char *low, const char *high) {
    struct gc_activation_params p;
    GC_TRY(gc_field_number(&build->fields, low, -INFINITY, &p.alpha));
    GC_TRY(gc_field_number(&build->fields, high, INFINITY, &p.beta));
    return GC_BUILD_OP(build, &gc_op_clip, p, NULL);
}

static gc_status keras_clip(struct gc_build *build) { return clip(build, "x_min", "x_max"); }

static gc_status tensorflow_clip(struct gc_build *build) {
    return clip(build, "clip_value_min", "clip_value_max");
}

/* The result of a cast to floating-point numbers is as good as its input. */
static gc_status cast(struct gc_build *build) {
    const char *type;
    GC_TRY(gc_field_text(&build->fields, "dtype", "no type", &type));
    const struct gc_activation_params zero = {.alpha = 0};
    if (strcmp(type, "bool") == 0)
        return GC_BUILD_OP(build, &gc_op_not_equal, zero, NULL);
    const bool is_float = strncmp(type, "float", 5) == 0 || strncmp(type, "bfloat", 6) == 0;
    return is_float ? GC_OK : gc_build_lacks(build, "dtype '%.32s'", type);
}

/* ---- The tables ---- */

const struct gc_lowering gc_arithmetic_functions[] = {
    {"Abs", absolute, GC_PLAIN},
    {"Absolute", absolute, GC_PLAIN},
    {"Add", add, GC_MERGE},
    {"Arcsinh", arc_sinh, GC_PLAIN},
    {"Arctan", arc_tangent, GC_PLAIN},
    {"Cast", cast, GC_PLAIN},
    {"Ceil", ceiling, GC_PLAIN},
    {"Clip", keras_clip, GC_PLAIN},
    {"Cos", cosine, GC_PLAIN},
    {"Cosh", hyperbolic_cosine, GC_PLAIN},
    {"Divide", divide, GC_MERGE},
    {"DivideNoNan", divide_no_nan, GC_MERGE},
    {"Equal", equal, GC_MERGE},
    {"Erf", error_function, GC_PLAIN},
    {"Exp", exponential, GC_PLAIN},
    {"Exp2", exp2_of, GC_PLAIN},
    {"Expm1", exponential_minus_1, GC_PLAIN},
    {"Floor", whole_below, GC_PLAIN},
    {"FloorDivide", floor_divide, GC_MERGE},
    {"FullLike", full_like, GC_PLAIN},
    {"Greater", greater, GC_MERGE},
    {"GreaterEqual", greater_equal, GC_MERGE},
    {"Less", less, GC_MERGE},
    {"LessEqual", less_equal, GC_MERGE},
    {"Log", logarithm, GC_PLAIN},
    {"Log10", log10_of, GC_PLAIN},
    {"Log1p", logarithm_of_1_plus, GC_PLAIN},
    {"Log2", log2_of, GC_PLAIN},
    {"LogicalAnd", logical_and, GC_MERGE},
    {"LogicalNot", logical_not, GC_PLAIN},
    {"LogicalOr", logical_or, GC_MERGE},
    {"Maximum", maximum, GC_MERGE},
    {"Minimum", minimum, GC_MERGE},
    {"Mod", floor_mod, GC_MERGE},
    {"Multiply", multiply, GC_MERGE},
    {"Negative", negative, GC_PLAIN},
    {"NotEqual", not_equal, GC_MERGE},
    {"OnesLike", ones, GC_PLAIN},
    {"Power", power, GC_MERGE},
    {"Reciprocal", reciprocal, GC_PLAIN},
    {"Round", rounded, GC_PLAIN},
    {"Rsqrt", reciprocal_root, GC_PLAIN},
    {"Sign", sign, GC_PLAIN},
    {"Sin", sine, GC_PLAIN},
    {"Sinh", hyperbolic_sine, GC_PLAIN},
    {"Sqrt", root, GC_PLAIN},
    {"Square", square, GC_PLAIN},
    {"StopGradient", stop_gradient, GC_PLAIN},
    {"Subtract", subtract, GC_MERGE},
    {"Tan", tangent, GC_PLAIN},
    {"TrueDivide", divide, GC_MERGE},
    {"Trunc", truncation, GC_PLAIN},
    {"Where", where, GC_MERGE},
    {"ZerosLike", zeros, GC_PLAIN},
    {NULL, NULL, GC_PLAIN},
};

const struct gc_lowering gc_tensorflow_arithmetic[] = {
    {"__operators__.add", add, GC_MERGE},
    {"__operators__.eq", equal, GC_MERGE},
    {"__operators__.ne", not_equal, GC_MERGE},
    {"cast", cast, GC_PLAIN},
    {"clip_by_value", tensorflow_clip, GC_PLAIN},
    {"compat.v1.floor_div", floor_divide, GC_MERGE},
    {"ensure_shape", identity, GC_PLAIN},
    {"identity", identity, GC_PLAIN},
    {"math.abs", absolute, GC_PLAIN},
    {"math.add", add, GC_MERGE},
    {"math.add_n", add, GC_MERGE},
    {"math.asinh", arc_sinh, GC_PLAIN},
    {"math.atan", arc_tangent, GC_PLAIN},
    {"math.ceil", ceiling, GC_PLAIN},
    {"math.cos", cosine, GC_PLAIN},
    {"math.cosh", hyperbolic_cosine, GC_PLAIN},
    {"math.divide", divide, GC_MERGE},
    {"math.divide_no_nan", divide_no_nan, GC_MERGE},
    {"math.equal", equal, GC_MERGE},
    {"math.erf", error_function, GC_PLAIN},
    {"math.exp", exponential, GC_PLAIN},
    {"math.expm1", exponential_minus_1, GC_PLAIN},
    {"math.floor", whole_below, GC_PLAIN},
    {"math.floordiv", floor_divide, GC_MERGE},
    {"math.floormod", floor_mod, GC_MERGE},
    {"math.greater", greater, GC_MERGE},
    {"math.greater_equal", greater_equal, GC_MERGE},
    {"math.less", less, GC_MERGE},
    {"math.less_equal", less_equal, GC_MERGE},
    {"math.log", logarithm, GC_PLAIN},
    {"math.log1p", logarithm_of_1_plus, GC_PLAIN},
    {"math.logical_and", logical_and, GC_MERGE},
    {"math.logical_not", logical_not, GC_PLAIN},
    {"math.logical_or", logical_or, GC_MERGE},
    {"math.maximum", maximum, GC_MERGE},
    {"math.minimum", minimum, GC_MERGE},
    {"math.multiply", multiply, GC_MERGE},
    {"math.negative", negative, GC_PLAIN},
    {"math.not_equal", not_equal, GC_MERGE},
    {"math.pow", power, GC_MERGE},
    {"math.reciprocal", reciprocal, GC_PLAIN},
    {"math.round", rounded, GC_PLAIN},
    {"math.rsqrt", reciprocal_root, GC_PLAIN},
    {"math.sign", sign, GC_PLAIN},
    {"math.sin", sine, GC_PLAIN},
    {"math.sinh", hyperbolic_sine, GC_PLAIN},
    {"math.sqrt", root, GC_PLAIN},
    {"math.square", square, GC_PLAIN},
    {"math.squared_difference", squared_difference, GC_MERGE},
    {"math.subtract", subtract, GC_MERGE},
    {"math.tan", tangent, GC_PLAIN},
    {"math.truediv", divide, GC_MERGE},
    {"nn.bias_add", bias_add, GC_MERGE},
    {"ones_like", ones, GC_PLAIN},
    {"stop_gradient", stop_gradient, GC_PLAIN},
    {"where", where, GC_MERGE},
    {"zeros_like", zeros, GC_PLAIN},
    {NULL, NULL, GC_PLAIN},
};
