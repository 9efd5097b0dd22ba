/* Functions that became layers because they were called on the output of a layer. Keras 3 writes a
 * function of keras.ops as the class of a layer. Keras 2 writes a function of TensorFlow as a layer
 * of the class TFOpLambda or SlicingOpLambda, with the function's name. Neither holds code. */
#include "keras/function.h"

#include <math.h>
#include <string.h>

#include "keras/activation.h"
#include "keras/arithmetic.h"
#include "keras/class.h"
#include "keras/contraction.h"
#include "keras/rearrange.h"
#include "keras/reduction.h"
#include "keras/slicing.h"

/* ---- Activations ---- */

static gc_status gelu_by(struct gc_build *build, bool fallback) {
    bool approximate;
    GC_TRY(gc_field_bool(&build->fields, "approximate", fallback, &approximate));
    return gc_build_op(build, approximate ? &gc_op_gelu_tanh : &gc_op_gelu, NULL, 0, NULL);
}

static gc_status gelu(struct gc_build *build) { return gelu_by(build, true); }
static gc_status tensorflow_gelu(struct gc_build *build) { return gelu_by(build, false); }

static gc_status tensorflow_leaky_relu(struct gc_build *build) {
    struct gc_relu_params p = {.max_value = INFINITY};
    GC_TRY(gc_field_number(&build->fields, "alpha", 0.2, &p.negative_slope));
    return GC_BUILD_OP(build, &gc_op_relu, p, NULL);
}

static gc_status tensorflow_silu(struct gc_build *build) {
    double beta;
    GC_TRY(gc_field_number(&build->fields, "beta", 1, &beta));
    return beta == 1 ? gc_build_named_activation(build, "silu")
                     : gc_build_lacks(build, "a beta that is not 1");
}

/* The class of the function gives the name of the activation, "HardSigmoid" is "hard_sigmoid". */
static gc_status activation(struct gc_build *build) {
    char name[64];
    gc_class_snake_case(name, build->layer->type);
    return gc_build_named_activation(build, name);
}

/* The activation that a function of TensorFlow is, "softplus" of "math.softplus". NULL if it is
 * none. */
static const char *tensorflow_activation(const char *function) {
    const char *name = strncmp(function, "nn.", 3) == 0     ? function + 3
                       : strncmp(function, "math.", 5) == 0 ? function + 5
                                                            : NULL;
    return name != NULL && gc_activation_exists(name) ? name : NULL;
}

static gc_status of_tensorflow(struct gc_build *build) {
    const char *function;
    GC_TRY(gc_field_text(&build->layer->fields, "function", "", &function));
    return gc_build_named_activation(build, tensorflow_activation(function));
}

/* ---- The tables ---- */

static const struct gc_lowering functions[] = {
    {"Gelu", gelu, GC_PLAIN},
    {NULL, NULL, GC_PLAIN},
};

static const struct gc_lowering tensorflow_functions[] = {
    {"nn.gelu", tensorflow_gelu, GC_PLAIN},
    {"nn.leaky_relu", tensorflow_leaky_relu, GC_PLAIN},
    {"nn.silu", tensorflow_silu, GC_PLAIN},
    {"nn.swish", tensorflow_silu, GC_PLAIN},
    {NULL, NULL, GC_PLAIN},
};

static const struct gc_lowering *const tables[] = {functions,
                                                   gc_arithmetic_functions,
                                                   gc_contraction_functions,
                                                   gc_rearrange_functions,
                                                   gc_reduction_functions,
                                                   gc_slicing_functions,
                                                   NULL};

static const struct gc_lowering *const tensorflow_tables[] = {tensorflow_functions,
                                                              gc_tensorflow_arithmetic,
                                                              gc_tensorflow_contraction,
                                                              gc_tensorflow_rearrange,
                                                              gc_tensorflow_reduction,
                                                              gc_tensorflow_slicing,
                                                              NULL};

static const struct gc_lowering *find(const struct gc_lowering *const *list, const char *name) {
    const struct gc_lowering *found = NULL;
    for (; found == NULL && *list != NULL; list++)
        found = gc_lowering_find(*list, name);
    return found;
}

const struct gc_lowering *gc_function_find(const char *type) {
    static const struct gc_lowering of_activation = {"", activation, GC_ANY_AXES};
    char name[64];
    if (strlen(type) >= sizeof name / 2)
        return NULL;
    gc_class_snake_case(name, type);
    const struct gc_lowering *found = find(tables, type);
    return found == NULL && gc_activation_exists(name) ? &of_activation : found;
}

const struct gc_lowering *gc_tensorflow_function_find(const char *name) {
    static const struct gc_lowering of_activation = {"", of_tensorflow, GC_ANY_AXES};
    const struct gc_lowering *found = find(tensorflow_tables, name);
    return found == NULL && tensorflow_activation(name) != NULL ? &of_activation : found;
}

/* Entry `i` of all tables together. */
static const char *entry_at(const struct gc_lowering *const *list, int32_t i) {
    for (; i >= 0 && *list != NULL; list++)
        for (const struct gc_lowering *entry = *list; entry->type != NULL; entry++)
            if (i-- == 0)
                return entry->type;
    return NULL;
}

const char *gc_supported_function(int32_t i) { return entry_at(tables, i); }
const char *gc_supported_tensorflow_function(int32_t i) { return entry_at(tensorflow_tables, i); }

/* ---- Calls ---- */

bool gc_function_is_tensorflow(const char *type) {
    return strcmp(type, "TFOpLambda") == 0 || strcmp(type, "SlicingOpLambda") == 0;
}

void gc_function_read_call(struct gc_build *build) {
    if (!gc_function_is_tensorflow(build->layer->type))
        return;
    yyjson_val *node = build->call->node;
    if (yyjson_is_arr(yyjson_arr_get_first(node)))
        node = yyjson_arr_get_first(node);
    yyjson_val *arguments = yyjson_arr_get(node, 3);
    if (yyjson_is_obj(arguments))
        build->fields.object = arguments;
}
