/* Activations in all their forms. A layer's configuration names one or holds one as a layer, and
 * keras.ops has them as functions. */
#include "keras/activation.h"

#include <math.h>
#include <string.h>

/* How an operator takes its numbers. */
enum numbers {
    NONE,
    CLAMP, /* low, high */
    SLOPE, /* of a leaky ReLU */
    ALPHA, /* alpha, beta */
    AXIS
};

/* An activation by Keras' name. `first` and `second` are its numbers in a field that holds only the
 * name. The layer and the function of keras.ops read the first number from `field`. */
struct activation {
    const char *name;
    const struct gc_op *op;
    enum numbers numbers;
    double first, second;
    const char *field;
};

static const struct activation activations[] = {
    {"celu", &gc_op_celu, ALPHA, 1, 0, "alpha"},
    {"elu", &gc_op_elu, ALPHA, 1, 0, "alpha"},
    {"exponential", &gc_op_exponential, NONE, 0, 0, NULL},
    {"gelu", &gc_op_gelu, NONE, 0, 0, NULL},
    {"hard_shrink", &gc_op_hard_shrink, ALPHA, 0.5, 0, "threshold"},
    {"hard_sigmoid", &gc_op_hard_sigmoid, NONE, 0, 0, NULL},
    {"hard_silu", &gc_op_hard_silu, NONE, 0, 0, NULL},
    {"hard_swish", &gc_op_hard_silu, NONE, 0, 0, NULL},
    {"hard_tanh", &gc_op_clamp, CLAMP, -1, 1, NULL},
    {"leaky_relu", &gc_op_relu, SLOPE, 0.2, 0, "negative_slope"},
    {"linear", NULL, NONE, 0, 0, NULL},
    {"log_sigmoid", &gc_op_log_sigmoid, NONE, 0, 0, NULL},
    {"log_softmax", &gc_op_log_softmax, AXIS, -1, 0, "axis"},
    {"mish", &gc_op_mish, NONE, 0, 0, NULL},
    {"relu", &gc_op_clamp, CLAMP, 0, INFINITY, NULL},
    {"relu6", &gc_op_clamp, CLAMP, 0, 6, NULL},
    {"selu", &gc_op_selu, NONE, 0, 0, NULL},
    {"sigmoid", &gc_op_sigmoid, NONE, 0, 0, NULL},
    {"silu", &gc_op_silu, NONE, 0, 0, NULL},
    {"soft_shrink", &gc_op_soft_shrink, ALPHA, 0.5, 0, "threshold"},
    {"softmax", &gc_op_softmax, AXIS, -1, 0, "axis"},
    {"softplus", &gc_op_softplus, NONE, 0, 0, NULL},
    {"softsign", &gc_op_softsign, NONE, 0, 0, NULL},
    {"sparse_plus", &gc_op_sparse_plus, NONE, 0, 0, NULL},
    {"sparse_sigmoid", &gc_op_sparse_sigmoid, NONE, 0, 0, NULL},
    {"squareplus", &gc_op_squareplus, ALPHA, 4, 0, "b"},
    {"swish", &gc_op_silu, NONE, 0, 0, NULL},
    {"tanh", &gc_op_tanh, NONE, 0, 0, NULL},
    {"tanh_shrink", &gc_op_tanh_shrink, NONE, 0, 0, NULL},
};

static const struct activation *find(const char *name) {
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++)
        if (strcmp(activations[i].name, name) == 0)
            return &activations[i];
    return NULL;
}

static gc_status append(struct gc_build *build, const struct activation *a, double first) {
    if (a->op == NULL)
        return GC_OK;
    switch (a->numbers) {
    case CLAMP: {
        const struct gc_clamp_params p = {.low = first, .high = a->second};
        return GC_BUILD_OP(build, a->op, p, NULL);
    }
    case SLOPE: {
        const struct gc_relu_params p = {.negative_slope = first, .max_value = INFINITY};
        return GC_BUILD_OP(build, a->op, p, NULL);
    }
    case ALPHA: {
        const struct gc_activation_params p = {.alpha = first, .beta = a->second};
        return GC_BUILD_OP(build, a->op, p, NULL);
    }
    case AXIS: {
        struct gc_softmax_params p;
        GC_TRY(gc_build_axis(build, (int32_t)first, &p.axis));
        return GC_BUILD_OP(build, a->op, p, NULL);
    }
    case NONE:
        break;
    }
    return gc_build_op(build, a->op, NULL, 0, NULL);
}

/* Appends an activation whose first number, or axis, is read from `field`. */
static gc_status append_from(struct gc_build *build, const struct activation *a, const char *field,
                             double fallback) {
    double first = fallback;
    if (a->numbers == AXIS) {
        int32_t axis;
        if (yyjson_arr_size(gc_field(&build->fields, field)) > 1)
            return gc_build_lacks(build, "several axes");
        GC_TRY(gc_field_axis(&build->fields, field, (int32_t)fallback, &axis));
        first = axis;
    } else {
        GC_TRY(gc_field_number(&build->fields, field, fallback, &first));
    }
    return append(build, a, first);
}

gc_status gc_build_named_activation(struct gc_build *build, const char *name) {
    const struct activation *a = find(name);
    return a->field == NULL ? append(build, a, a->first)
                            : append_from(build, a, a->field, a->first);
}

bool gc_activation_exists(const char *name) { return find(name) != NULL; }

const char *gc_supported_activation(int32_t i) {
    const int32_t count = (int32_t)(sizeof activations / sizeof *activations);
    return i >= 0 && i < count ? activations[i].name : NULL;
}

/* ---- As a layer ---- */

static gc_status relu(struct gc_build *build) {
    const struct gc_fields *f = &build->fields;
    struct gc_relu_params p = {0};
    GC_TRY(gc_field_number(f, "max_value", INFINITY, &p.max_value));
    GC_TRY(gc_field_number(f, "negative_slope", 0, &p.negative_slope));
    GC_TRY(gc_field_number(f, "threshold", 0, &p.threshold));
    if (p.max_value < 0)
        return gc_field_wrong(f, "max_value", "a number from 0 on");
    if (p.negative_slope != 0 || p.threshold != 0)
        return GC_BUILD_OP(build, &gc_op_relu, p, NULL);
    const struct gc_clamp_params clamp = {.low = 0, .high = p.max_value};
    return GC_BUILD_OP(build, &gc_op_clamp, clamp, NULL);
}

/* Keras 2 calls the slope alpha. */
static gc_status leaky_relu(struct gc_build *build) {
    const char *field = gc_field(&build->fields, "alpha") != NULL ? "alpha" : "negative_slope";
    return append_from(build, find("leaky_relu"), field, 0.3);
}

static gc_status elu(struct gc_build *build) { return gc_build_named_activation(build, "elu"); }

static gc_status softmax(struct gc_build *build) {
    return gc_build_named_activation(build, "softmax");
}

/* x above theta, else 0. */
static gc_status thresholded_relu(struct gc_build *build) {
    struct gc_activation_params p = {.beta = 0};
    GC_TRY(gc_field_number(&build->fields, "theta", 1, &p.alpha));
    return GC_BUILD_OP(build, &gc_op_threshold, p, NULL);
}

const struct gc_lowering gc_activation_layers[] = {
    {"ELU", elu, GC_ANY_AXES},
    {"LeakyReLU", leaky_relu, GC_ANY_AXES},
    {"ReLU", relu, GC_ANY_AXES},
    {"Softmax", softmax, GC_ANY_AXES},
    {"ThresholdedReLU", thresholded_relu, GC_ANY_AXES},
    {NULL, NULL, GC_PLAIN},
};

/* ---- In a field of another layer ---- */

static gc_status append_named(struct gc_build *build, const char *name) {
    /* The line of hard_sigmoid is not the same in Keras 2 as in Keras 3. */
    static const struct activation line = {"hard_sigmoid", &gc_op_line, ALPHA, 0.2, 0.5, NULL};
    const struct activation *a = find(name);
    if (a == NULL)
        return gc_build_lacks(build, "activation '%s'", name);
    if (a->op == &gc_op_hard_sigmoid && build->keras_2)
        a = &line;
    return append(build, a, a->first);
}

/* Appends an activation that is a layer, {"class_name": "ReLU", "config": {"max_value": 6.0}}. */
static gc_status append_layer(struct gc_build *build, const char *type, yyjson_val *config) {
    const struct gc_lowering *lowering = gc_lowering_find(gc_activation_layers, type);
    if (lowering == NULL || !yyjson_is_obj(config))
        return gc_build_lacks(build, "activation '%s'", type);
    const struct gc_fields own = build->fields;
    build->fields.object = config;
    const gc_status status = lowering->lower(build);
    build->fields = own;
    return status;
}

gc_status gc_build_activation(struct gc_build *build, const char *key) {
    yyjson_val *field = gc_field(&build->fields, key);
    if (field == NULL)
        return GC_OK;
    const char *name = gc_json_text(field);
    if (name != NULL)
        return append_named(build, name);
    const char *type = gc_json_text(yyjson_obj_get(field, "class_name"));
    if (type == NULL)
        return gc_field_wrong(&build->fields, key, "the name of an activation");
    yyjson_val *config = yyjson_obj_get(field, "config");
    if (strcmp(type, "function") != 0)
        return append_layer(build, type, config);
    /* A function of Keras is known by its name. A function of another package has a registered name
     * with the package's in it. */
    name = gc_json_text(yyjson_obj_get(field, "registered_name"));
    if (name == NULL || strchr(name, '>') == NULL)
        name = gc_json_text(config);
    if (name == NULL)
        return gc_field_wrong(&build->fields, key, "the name of an activation");
    return append_named(build, name);
}
