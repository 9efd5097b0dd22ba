/* Functions that became layers because they were called on the output of a layer. Keras 3 writes a
 * function of keras.ops as the class of a layer. Keras 2 writes a function of TensorFlow as a layer
 * of the class TFOpLambda, with the function's name. Neither holds code. */
#include "keras/function.h"

#include <math.h>
#include <string.h>

#include "keras/activation.h"
#include "keras/class.h"
#include "keras/layers.h"

/* ---- Of two values, one of which may be a constant ---- */

/* The constant of a call with one tensor. It is one number for all channels, or one a channel.
 *   Keras 3   {"args": [tensor, constant], "kwargs": {}}
 *   Keras 2   ["name", node, tensor, {"y": constant}], or a list of one such list */
struct constant {
    double values[4];
    int32_t count;
    bool is_first; /* the constant stands in front of the tensor */
};

static gc_status read_constant(const struct gc_build *build, struct constant *constant) {
    yyjson_val *node = build->call->node;
    yyjson_val *arguments = yyjson_obj_get(node, "args"), *value = NULL;
    if (yyjson_arr_size(arguments) == 2) {
        yyjson_val *first = yyjson_arr_get(arguments, 0);
        constant->is_first =
            !yyjson_equals_str(yyjson_obj_get(first, "class_name"), "__keras_tensor__");
        value = constant->is_first ? first : yyjson_arr_get(arguments, 1);
    } else {
        if (yyjson_is_arr(yyjson_arr_get_first(node)))
            node = yyjson_arr_get_first(node);
        constant->is_first = yyjson_equals_str(yyjson_arr_get_first(node), GC_KERAS_CONSTANT);
        value = constant->is_first ? yyjson_arr_get(node, 2)
                                   : yyjson_obj_get(yyjson_arr_get(node, 3), "y");
    }
    if (gc_json_numbers(value, 4, constant->values, &constant->count))
        return GC_OK;
    return gc_fail(GC_INVALID_MODEL,
                   "it takes two tensors, or a tensor and up to 4 constant numbers");
}

/* Appends x * scale + offset. The constant is the offset or the scale. */
static gc_status affine(struct gc_build *build, const struct constant *c, double scale,
                        bool is_offset) {
    struct gc_rescaling_params p = {.channels = c->count};
    for (int32_t i = 0; i < c->count; i++) {
        p.scale[i] = is_offset ? scale : c->values[i];
        p.offset[i] = is_offset ? c->values[i] : 0;
    }
    return GC_BUILD_OP(build, &gc_op_rescaling, p, NULL);
}

static gc_status add(struct gc_build *build) {
    struct constant c = {.count = 0};
    if (build->input_count == 2)
        return gc_build_op(build, &gc_op_add, NULL, 0, NULL);
    GC_TRY(read_constant(build, &c));
    return affine(build, &c, 1, true);
}

static gc_status subtract(struct gc_build *build) {
    struct constant c = {.count = 0};
    if (build->input_count == 2)
        return gc_build_op(build, &gc_op_subtract, NULL, 0, NULL);
    GC_TRY(read_constant(build, &c));
    for (int32_t i = 0; i < c.count && !c.is_first; i++)
        c.values[i] = -c.values[i];
    return affine(build, &c, c.is_first ? -1 : 1, true);
}

static gc_status multiply(struct gc_build *build) {
    struct constant c = {.count = 0};
    if (build->input_count == 2)
        return gc_build_op(build, &gc_op_multiply, NULL, 0, NULL);
    GC_TRY(read_constant(build, &c));
    return affine(build, &c, 0, false);
}

static gc_status divide(struct gc_build *build) {
    struct constant c = {.count = 0};
    if (build->input_count == 2)
        return gc_build_lacks(build, "two tensors");
    GC_TRY(read_constant(build, &c));
    if (c.is_first)
        return gc_build_lacks(build, "a tensor to divide by");
    for (int32_t i = 0; i < c.count; i++) {
        if (c.values[i] == 0)
            return gc_fail(GC_INVALID_MODEL, "it divides by 0");
        c.values[i] = 1 / c.values[i];
    }
    return affine(build, &c, 0, false);
}

static gc_status extreme(struct gc_build *build, const struct gc_op *op, bool is_maximum) {
    struct constant c = {.count = 0};
    if (build->input_count == 2)
        return gc_build_op(build, op, NULL, 0, NULL);
    GC_TRY(read_constant(build, &c));
    if (c.count != 1)
        return gc_build_lacks(build, "constants per channel");
    const struct gc_clamp_params p = {.low = is_maximum ? c.values[0] : -INFINITY,
                                      .high = is_maximum ? INFINITY : c.values[0]};
    return GC_BUILD_OP(build, &gc_op_clamp, p, NULL);
}

static gc_status maximum(struct gc_build *build) { return extreme(build, &gc_op_maximum, true); }

static gc_status minimum(struct gc_build *build) { return extreme(build, &gc_op_minimum, false); }

/* ---- Of one value ---- */

static gc_status gelu(struct gc_build *build) {
    bool approximate;
    GC_TRY(gc_field_bool(&build->fields, "approximate", true, &approximate));
    return gc_build_op(build, approximate ? &gc_op_gelu_tanh : &gc_op_gelu, NULL, 0, NULL);
}

/* The class of the function gives the name of the activation, "HardSigmoid" is "hard_sigmoid". */
static gc_status activation(struct gc_build *build) {
    char name[64];
    gc_class_snake_case(name, build->layer->type);
    return gc_build_named_activation(build, name);
}

static gc_status tensorflow_relu(struct gc_build *build) {
    return gc_build_named_activation(build, "relu");
}

static gc_status tensorflow_relu6(struct gc_build *build) {
    return gc_build_named_activation(build, "relu6");
}

static gc_status tensorflow_sigmoid(struct gc_build *build) {
    return gc_build_named_activation(build, "sigmoid");
}

static gc_status tensorflow_silu(struct gc_build *build) {
    return gc_build_named_activation(build, "silu");
}

/* ---- The tables ---- */

static const struct gc_lowering functions[] = {
    {"Add", add, GC_MERGE},           {"Concatenate", gc_build_concatenate, GC_MERGE},
    {"Divide", divide, GC_MERGE},     {"Gelu", gelu, GC_PLAIN},
    {"Maximum", maximum, GC_MERGE},   {"Minimum", minimum, GC_MERGE},
    {"Multiply", multiply, GC_MERGE}, {"Subtract", subtract, GC_MERGE},
    {"TrueDivide", divide, GC_MERGE}, {NULL, NULL, GC_PLAIN},
};

static const struct gc_lowering tensorflow_functions[] = {
    {"__operators__.add", add, GC_MERGE},
    {"math.add", add, GC_MERGE},
    {"math.divide", divide, GC_MERGE},
    {"math.multiply", multiply, GC_MERGE},
    {"math.sigmoid", tensorflow_sigmoid, GC_PLAIN},
    {"math.subtract", subtract, GC_MERGE},
    {"math.truediv", divide, GC_MERGE},
    {"nn.relu", tensorflow_relu, GC_PLAIN},
    {"nn.relu6", tensorflow_relu6, GC_PLAIN},
    {"nn.silu", tensorflow_silu, GC_PLAIN},
    {NULL, NULL, GC_PLAIN},
};

const struct gc_lowering *gc_function_find(const char *type) {
    static const struct gc_lowering of_activation = {"", activation, GC_PLAIN};
    char name[64];
    if (strlen(type) >= sizeof name / 2)
        return NULL;
    gc_class_snake_case(name, type);
    const struct gc_lowering *found = gc_lowering_find(functions, type);
    return found == NULL && gc_activation_exists(name) ? &of_activation : found;
}

const struct gc_lowering *gc_tensorflow_function_find(const char *name) {
    return gc_lowering_find(tensorflow_functions, name);
}
