/* Functions that work value by value. One of two values may be a constant, one number for all
 * channels or one a channel. */
#include "keras/arithmetic.h"

#include <math.h>
#include <string.h>

/* ---- Constants ---- */

/* The constant of a call with one tensor.
 *   Keras 3   {"args": [tensor, constant], "kwargs": {}}
 *   Keras 2   ["name", node, tensor, {"y": constant}], or a list of one such list. bias_add calls
 *             the constant bias */
struct constant {
    double *values;
    int32_t count;
    bool is_first; /* the constant stands in front of the tensor */
};

static yyjson_val *find_constant(const struct gc_build *build, bool *is_first) {
    yyjson_val *node = build->call->node, *arguments = yyjson_obj_get(node, "args");
    if (yyjson_arr_size(arguments) == 2) {
        yyjson_val *first = yyjson_arr_get(arguments, 0);
        *is_first = !yyjson_equals_str(yyjson_obj_get(first, "class_name"), "__keras_tensor__");
        return *is_first ? first : yyjson_arr_get(arguments, 1);
    }
    *is_first = false;
    if (yyjson_is_obj(node))
        return yyjson_obj_get(yyjson_obj_get(node, "kwargs"), "x2");
    if (yyjson_is_arr(yyjson_arr_get_first(node)))
        node = yyjson_arr_get_first(node);
    *is_first = yyjson_equals_str(yyjson_arr_get_first(node), GC_KERAS_CONSTANT);
    yyjson_val *bias = yyjson_obj_get(yyjson_arr_get(node, 3), "bias");
    if (bias != NULL)
        return bias;
    return *is_first ? yyjson_arr_get(node, 2) : yyjson_obj_get(yyjson_arr_get(node, 3), "y");
}

/* Is it a list of numbers, or an array of NumPy or Keras? */
static bool is_array(yyjson_val *value) {
    return yyjson_is_arr(value) || yyjson_obj_get(yyjson_obj_get(value, "config"), "value") != NULL;
}

static gc_status read_constant(struct gc_build *build, struct constant *constant) {
    yyjson_val *value = find_constant(build, &constant->is_first);
    const gc_shape *in = &build->graph->values[build->inputs[0]].shape;
    const int32_t channels = gc_shape_channels(in);
    constant->values = gc_pool_allocate(build->pool, (size_t)channels, sizeof *constant->values);
    if (constant->values == NULL)
        return gc_pool_fail();
    if (gc_json_numbers(value, channels, constant->values, &constant->count))
        return GC_OK;
    if (is_array(value))
        return gc_build_lacks(build, "constants that are not one number for each channel");
    return gc_fail(GC_INVALID_MODEL,
                   "it takes two tensors, or a tensor and one constant number for all channels or "
                   "for each of them");
}

/* Is the call one of two tensors? Otherwise it reads the constant. */
static gc_status read_operands(struct gc_build *build, struct constant *constant, bool *two) {
    *constant = (struct constant){.count = 0};
    *two = build->input_count == 2;
    return *two || build->unknown ? GC_OK : read_constant(build, constant);
}

/* Appends x * scale + offset. The constant is the offset or the scale. */
static gc_status affine(struct gc_build *build, const struct constant *c, double scale,
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
    struct constant c;
    bool two;
    if (build->input_count > 2)
        return gc_build_op(build, &gc_op_add, NULL, 0, NULL);
    GC_TRY(read_operands(build, &c, &two));
    return two ? gc_build_op(build, &gc_op_add, NULL, 0, NULL) : affine(build, &c, 1, true);
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
    struct constant c;
    bool two;
    GC_TRY(read_operands(build, &c, &two));
    if (two)
        return gc_build_op(build, &gc_op_subtract, NULL, 0, NULL);
    for (int32_t i = 0; i < c.count && !c.is_first; i++)
        c.values[i] = -c.values[i];
    return affine(build, &c, c.is_first ? -1 : 1, true);
}

static gc_status multiply(struct gc_build *build) {
    struct constant c;
    bool two;
    GC_TRY(read_operands(build, &c, &two));
    return two ? gc_build_op(build, &gc_op_multiply, NULL, 0, NULL) : affine(build, &c, 0, false);
}

static gc_status divide(struct gc_build *build) {
    struct constant c;
    bool two;
    GC_TRY(read_operands(build, &c, &two));
    if (two)
        return gc_build_op(build, &gc_op_divide, NULL, 0, NULL);
    if (c.is_first) {
        GC_TRY(gc_build_op(build, &gc_op_reciprocal, NULL, 0, NULL));
        return affine(build, &c, 0, false);
    }
    for (int32_t i = 0; i < c.count; i++) {
        if (c.values[i] == 0)
            return gc_fail(GC_INVALID_MODEL, "it divides by 0");
        c.values[i] = 1 / c.values[i];
    }
    return affine(build, &c, 0, false);
}

/* Where the tensor equals the constant, TensorFlow gives the gradient to the first of both. A clip
 * lets the gradient pass at its limits, and a clamp does not. */
static gc_status extreme(struct gc_build *build, const struct gc_op *op, bool is_maximum) {
    struct constant c;
    bool two;
    GC_TRY(read_operands(build, &c, &two));
    if (two)
        return gc_build_op(build, op, NULL, 0, NULL);
    if (build->unknown)
        return GC_OK;
    if (c.count != 1)
        return gc_build_lacks(build, "constants per channel");
    const double low = is_maximum ? c.values[0] : -INFINITY;
    const double high = is_maximum ? INFINITY : c.values[0];
    const struct gc_clamp_params clamp = {.low = low, .high = high};
    const struct gc_activation_params clip = {.alpha = low, .beta = high};
    return c.is_first ? GC_BUILD_OP(build, &gc_op_clamp, clamp, NULL)
                      : GC_BUILD_OP(build, &gc_op_clip, clip, NULL);
}

static gc_status maximum(struct gc_build *build) { return extreme(build, &gc_op_maximum, true); }

static gc_status minimum(struct gc_build *build) { return extreme(build, &gc_op_minimum, false); }

static gc_status power(struct gc_build *build) {
    struct constant c;
    bool two;
    GC_TRY(read_operands(build, &c, &two));
    if (two)
        return gc_build_lacks(build, "two tensors");
    if (build->unknown)
        return GC_OK;
    if (c.is_first || c.count != 1)
        return gc_build_lacks(build, "an exponent that is not one constant");
    const struct gc_activation_params p = {.alpha = c.values[0]};
    return c.values[0] == 2 ? gc_build_op(build, &gc_op_square, NULL, 0, NULL)
                            : GC_BUILD_OP(build, &gc_op_power, p, NULL);
}

/* ---- Comparisons ---- */

/* Appends a comparison. Two tensors are compared by their difference with 0. A constant in front
 * of the tensor turns the comparison around. */
static gc_status compare(struct gc_build *build, const struct gc_op *op,
                         const struct gc_op *turned) {
    struct constant c;
    bool two;
    struct gc_activation_params p = {.alpha = 0};
    GC_TRY(read_operands(build, &c, &two));
    if (build->unknown)
        return GC_OK;
    if (two)
        GC_TRY(gc_build_op(build, &gc_op_subtract, NULL, 0, NULL));
    else if (c.count != 1)
        return gc_build_lacks(build, "constants per channel");
    else
        p.alpha = c.values[0];
    return GC_BUILD_OP(build, !two && c.is_first ? turned : op, p, NULL);
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

/* ---- A choice ---- */

static bool is_tensor(yyjson_val *value) {
    return yyjson_equals_str(yyjson_obj_get(value, "class_name"), "__keras_tensor__") ||
           yyjson_is_str(yyjson_arr_get_first(value));
}

/* Finds the values between which a call of where chooses.
 *   Keras 3   {"args": [condition, first, second]}
 *   Keras 2   ["condition", node, tensor, {"x": first, "y": second}] */
static void find_choices(const struct gc_build *build, yyjson_val *choices[2]) {
    yyjson_val *arguments = yyjson_obj_get(build->call->node, "args");
    choices[0] = arguments == NULL ? gc_field(&build->fields, "x") : yyjson_arr_get(arguments, 1);
    choices[1] = arguments == NULL ? gc_field(&build->fields, "y") : yyjson_arr_get(arguments, 2);
}

/* Appends a tensor of one number in the shape of the condition. */
static gc_status fill(struct gc_build *build, const int32_t *condition, double number,
                      int32_t *value) {
    const struct gc_rescaling_params p = {.channels = 1, .scale = {0}, .offset = {number}};
    build->inputs = condition;
    build->input_count = 1;
    GC_TRY(GC_BUILD_OP(build, &gc_op_rescaling, p, NULL));
    *value = build->value;
    return GC_OK;
}

static gc_status where(struct gc_build *build) {
    yyjson_val *choices[2];
    const int32_t *given = build->inputs, count = build->input_count;
    int32_t values[3], next = 1;
    if (build->unknown)
        return GC_OK;
    find_choices(build, choices);
    values[0] = given[0];
    for (int32_t i = 0; i < 2; i++) {
        const bool is_given = is_tensor(choices[i]);
        if ((is_given && next >= count) || (!is_given && !yyjson_is_num(choices[i])))
            return gc_build_lacks(build, "a choice that is neither a tensor nor one number");
        if (is_given)
            values[i + 1] = given[next++];
        else
            GC_TRY(fill(build, given, yyjson_get_num(choices[i]), &values[i + 1]));
    }
    if (next != count)
        return gc_build_lacks(build, "a condition that is no tensor");
    build->inputs = values;
    build->input_count = 3;
    return gc_build_op(build, &gc_op_where, NULL, 0, NULL);
}

/* ---- Of one value ---- */

#define OF_ONE(NAME, OPERATOR)                                                                     \
    static gc_status NAME(struct gc_build *build) {                                                \
        return gc_build_op(build, &gc_op_##OPERATOR, NULL, 0, NULL);                               \
    }
OF_ONE(absolute, absolute)
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

static gc_status negative(struct gc_build *build) {
    return affine(build, &(struct constant){.values = (double[]){-1}, .count = 1}, 0, false);
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
    const bool is_float = strncmp(type, "float", 5) == 0 || strncmp(type, "bfloat", 6) == 0;
    return is_float ? GC_OK : gc_build_lacks(build, "dtype '%.32s'", type);
}

/* ---- The tables ---- */

const struct gc_lowering gc_arithmetic_functions[] = {
    {"Absolute", absolute, GC_PLAIN},
    {"Add", add, GC_MERGE},
    {"Cast", cast, GC_PLAIN},
    {"Clip", keras_clip, GC_PLAIN},
    {"Divide", divide, GC_MERGE},
    {"Equal", equal, GC_MERGE},
    {"Erf", error_function, GC_PLAIN},
    {"Exp", exponential, GC_PLAIN},
    {"Expm1", exponential_minus_1, GC_PLAIN},
    {"Greater", greater, GC_MERGE},
    {"GreaterEqual", greater_equal, GC_MERGE},
    {"Less", less, GC_MERGE},
    {"LessEqual", less_equal, GC_MERGE},
    {"Log", logarithm, GC_PLAIN},
    {"Log1p", logarithm_of_1_plus, GC_PLAIN},
    {"Maximum", maximum, GC_MERGE},
    {"Minimum", minimum, GC_MERGE},
    {"Multiply", multiply, GC_MERGE},
    {"Negative", negative, GC_PLAIN},
    {"NotEqual", not_equal, GC_MERGE},
    {"Power", power, GC_MERGE},
    {"Reciprocal", reciprocal, GC_PLAIN},
    {"Rsqrt", reciprocal_root, GC_PLAIN},
    {"Sign", sign, GC_PLAIN},
    {"Sqrt", root, GC_PLAIN},
    {"Square", square, GC_PLAIN},
    {"Subtract", subtract, GC_MERGE},
    {"TrueDivide", divide, GC_MERGE},
    {"Where", where, GC_MERGE},
    {NULL, NULL, GC_PLAIN},
};

const struct gc_lowering gc_tensorflow_arithmetic[] = {
    {"__operators__.add", add, GC_MERGE},
    {"cast", cast, GC_PLAIN},
    {"clip_by_value", tensorflow_clip, GC_PLAIN},
    {"math.abs", absolute, GC_PLAIN},
    {"math.add", add, GC_MERGE},
    {"math.add_n", add, GC_MERGE},
    {"math.divide", divide, GC_MERGE},
    {"math.equal", equal, GC_MERGE},
    {"math.erf", error_function, GC_PLAIN},
    {"math.exp", exponential, GC_PLAIN},
    {"math.expm1", exponential_minus_1, GC_PLAIN},
    {"math.greater", greater, GC_MERGE},
    {"math.greater_equal", greater_equal, GC_MERGE},
    {"math.less", less, GC_MERGE},
    {"math.less_equal", less_equal, GC_MERGE},
    {"math.log", logarithm, GC_PLAIN},
    {"math.log1p", logarithm_of_1_plus, GC_PLAIN},
    {"math.maximum", maximum, GC_MERGE},
    {"math.minimum", minimum, GC_MERGE},
    {"math.multiply", multiply, GC_MERGE},
    {"math.negative", negative, GC_PLAIN},
    {"math.not_equal", not_equal, GC_MERGE},
    {"math.pow", power, GC_MERGE},
    {"math.reciprocal", reciprocal, GC_PLAIN},
    {"math.rsqrt", reciprocal_root, GC_PLAIN},
    {"math.sign", sign, GC_PLAIN},
    {"math.sqrt", root, GC_PLAIN},
    {"math.square", square, GC_PLAIN},
    {"math.subtract", subtract, GC_MERGE},
    {"math.truediv", divide, GC_MERGE},
    {"nn.bias_add", bias_add, GC_MERGE},
    {"where", where, GC_MERGE},
    {NULL, NULL, GC_PLAIN},
};
