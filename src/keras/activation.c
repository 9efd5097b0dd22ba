/* Activations, by name in a layer's configuration. */
#include <math.h>
#include <string.h>

#include "lowering.h"

static gc_status clamp(struct gc_build *build, double low, double high) {
    const struct gc_clamp_params params = {.low = low, .high = high};
    return gc_build_op(build, &gc_op_clamp, &params, sizeof params, NULL);
}

static gc_status linear(struct gc_build *build) {
    (void)build;
    return GC_OK;
}

static gc_status relu(struct gc_build *build) { return clamp(build, 0, INFINITY); }

static gc_status relu6(struct gc_build *build) { return clamp(build, 0, 6); }

static gc_status sigmoid(struct gc_build *build) {
    return gc_build_op(build, &gc_op_sigmoid, NULL, 0, NULL);
}

static gc_status softmax(struct gc_build *build) {
    struct gc_softmax_params params;
    GC_TRY(gc_build_axis(build, -1, &params.axis));
    return gc_build_op(build, &gc_op_softmax, &params, sizeof params, NULL);
}

static const struct {
    const char *name;
    gc_status (*append)(struct gc_build *build);
} activations[] = {
    {"linear", linear},   {"relu", relu},       {"relu6", relu6},
    {"sigmoid", sigmoid}, {"softmax", softmax},
};

static gc_status append_named(struct gc_build *build, const char *name) {
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++)
        if (strcmp(activations[i].name, name) == 0)
            return activations[i].append(build);
    return gc_build_lacks(build, "activation '%s'", name);
}

/* An activation that is a layer: {"class_name": "ReLU", "config": {"max_value": 6.0}}. */
static gc_status append_layer(struct gc_build *build, const char *type, yyjson_val *config) {
    const struct gc_lowering *lowering = gc_lowering_find(type, false);
    if (lowering == NULL || lowering->kind != GC_ACTIVATION || !yyjson_is_obj(config))
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
    /* A function: Keras' own by its name; one of a package of somebody's is that package's. */
    name = gc_json_text(yyjson_obj_get(field, "registered_name"));
    if (name == NULL || strchr(name, '>') == NULL)
        name = gc_json_text(config);
    if (name == NULL)
        return gc_field_wrong(&build->fields, key, "the name of an activation");
    return append_named(build, name);
}
