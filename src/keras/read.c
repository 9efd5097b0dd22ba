/* Reading goes through every layer of a model. Where a layer is a model, its layers come next. */
#include "keras/read.h"

#include <stdio.h>
#include <string.h>

#include "keras/class.h"

#define MAX_NESTING 64  /* models in models */
#define MAX_FIELDS 1000 /* of one layer, because a look-up compares all of them */

struct reader {
    struct gc_pool *pool;
    int32_t layer_count; /* of all models */
};

/* What a model passes on to its layers. */
struct outer {
    const char *path, *store; /* NULL for the outermost model */
    bool trainable;
    int nesting;
};

/* ---- Names ---- */

/* Sets the layer's path in Keras 3's store. Keras numbers the layers of a class within their model
 * there, "conv2d", "conv2d_1" and so on. */
static gc_status name_in_store(struct reader *r, struct gc_keras_layer *layer,
                               const struct outer *outer, struct gc_names *classes) {
    /* The caller may have renamed the class. The file numbers the class that it was saved with. */
    const char *renamed = gc_json_text(yyjson_obj_get(layer->entry, "saved_class_name"));
    const char *type = renamed == NULL ? layer->type : renamed;
    const size_t room = 2 * strlen(type) + 1;
    char *snake = gc_pool_allocate(r->pool, room, 1);
    const size_t bytes = room + 32 + (outer->store == NULL ? 0 : strlen(outer->store));
    char *store = gc_pool_allocate(r->pool, bytes, 1);
    if (snake == NULL || store == NULL)
        return gc_pool_fail();
    gc_class_snake_case(snake, type);
    bool found;
    int32_t *number = gc_names_put(classes, snake, &found);
    const int used =
        snprintf(store, bytes, "%s%slayers/%s", outer->store == NULL ? "" : outer->store,
                 outer->store == NULL ? "" : "/", snake);
    if (found)
        snprintf(store + used, bytes - (size_t)used, "_%d", (int)++*number);
    layer->store = store;
    return GC_OK;
}

static gc_status name_layer(struct reader *r, struct gc_keras_layer *layer,
                            const struct outer *outer) {
    const size_t start = outer->path == NULL ? 0 : strlen(outer->path) + 1;
    if (start + strlen(layer->name) > GC_KERAS_MAX_PATH || strlen(layer->type) > GC_KERAS_MAX_PATH)
        return gc_fail(GC_TOO_LARGE,
                       "a layer's name, with the names of its models, is longer than %d bytes",
                       GC_KERAS_MAX_PATH);
    if (start == 0) {
        layer->path = layer->name;
        return GC_OK;
    }
    const size_t bytes = start + strlen(layer->name) + 1;
    char *path = gc_pool_allocate(r->pool, bytes, 1);
    if (path == NULL)
        return gc_pool_fail();
    snprintf(path, bytes, "%s/%s", outer->path, layer->name);
    layer->path = path;
    return GC_OK;
}

/* ---- Layers ---- */

static gc_status read_model(struct reader *r, struct gc_keras_model **out, yyjson_val *entry,
                            const struct outer *outer);

static gc_status read_nested(struct reader *r, struct gc_keras_layer *layer,
                             const struct outer *outer) {
    if (outer->nesting >= MAX_NESTING)
        return gc_fail(GC_TOO_LARGE, "models are nested more than %d deep", MAX_NESTING);
    const struct outer inside = {.path = layer->path,
                                 .store = layer->store,
                                 .trainable = layer->trainable,
                                 .nesting = outer->nesting + 1};
    return read_model(r, &layer->model, layer->entry, &inside);
}

/* Reads what a layer is called and of which class it is. */
static gc_status identify(struct gc_keras_layer *layer, yyjson_val *entry, yyjson_val *config) {
    yyjson_val *name = yyjson_obj_get(entry, "name");
    layer->name = gc_json_text(name != NULL ? name : yyjson_obj_get(config, "name"));
    layer->type = gc_json_text(yyjson_obj_get(entry, "class_name"));
    if (layer->name == NULL || layer->name[0] == '\0')
        return gc_fail(GC_INVALID_MODEL, "a layer has no name");
    if (layer->type == NULL)
        return gc_fail(GC_INVALID_MODEL, "layer '%s' has no class_name", layer->name);
    layer->is_input = strcmp(layer->type, "InputLayer") == 0;
    layer->is_custom = gc_class_is_custom(entry);
    layer->is_function = gc_class_is_function(entry);
    return GC_OK;
}

static gc_status read_layer(struct reader *r, struct gc_keras_layer *layer, yyjson_val *entry,
                            const struct outer *outer, struct gc_names *classes) {
    yyjson_val *config = yyjson_obj_get(entry, "config");
    layer->entry = entry;
    GC_TRY(identify(layer, entry, config));
    GC_TRY(name_layer(r, layer, outer));
    layer->fields = (struct gc_fields){.layer = layer->path, .object = config};
    const bool old_sequential = yyjson_is_arr(config) && gc_class_is_sequential(entry);
    if (!yyjson_is_obj(config) && !old_sequential)
        return gc_fail(GC_INVALID_MODEL, "layer '%s': config should be an object", layer->path);
    if (yyjson_obj_size(entry) > MAX_FIELDS || yyjson_obj_size(config) > MAX_FIELDS)
        return gc_fail(GC_TOO_LARGE, "layer '%s' has more than %d fields", layer->path, MAX_FIELDS);
    GC_TRY(gc_field_bool(&layer->fields, "trainable", true, &layer->trainable));
    layer->trainable = layer->trainable && outer->trainable;
    GC_TRY(name_in_store(r, layer, outer, classes));
    const bool is_model = gc_class_is_model(layer->type) && !layer->is_custom;
    return is_model ? read_nested(r, layer, outer) : GC_OK;
}

static gc_status read_layers(struct reader *r, struct gc_keras_model *model, yyjson_val *list,
                             const struct outer *outer) {
    const size_t count = yyjson_arr_size(list);
    if (count == 0)
        return gc_fail(GC_INVALID_MODEL, "model '%s' lists no layers", model->name);
    if (count > GC_MAX_LAYERS || (r->layer_count += (int32_t)count) > GC_MAX_LAYERS)
        return gc_fail(GC_TOO_LARGE, "the model has more than %d layers", GC_MAX_LAYERS);
    struct gc_names classes;
    model->layer_count = (int32_t)count;
    model->layers = gc_pool_allocate(r->pool, count, sizeof *model->layers);
    if (model->layers == NULL ||
        !gc_names_create(&model->layer_names, r->pool, model->layer_count) ||
        !gc_names_create(&classes, r->pool, model->layer_count))
        return gc_pool_fail();
    size_t i, size;
    yyjson_val *entry;
    yyjson_arr_foreach(list, i, size, entry) {
        struct gc_keras_layer *layer = &model->layers[i];
        GC_TRY(read_layer(r, layer, entry, outer, &classes));
        bool found;
        *gc_names_put(&model->layer_names, layer->name, &found) = (int32_t)i;
        if (found)
            return gc_fail(GC_INVALID_MODEL, "two layers of model '%s' are called '%s'",
                           model->name, layer->name);
    }
    return GC_OK;
}

/* ---- Models ---- */

static gc_status read_model(struct reader *r, struct gc_keras_model **out, yyjson_val *entry,
                            const struct outer *outer) {
    struct gc_keras_model *model = gc_pool_allocate(r->pool, 1, sizeof *model);
    if (model == NULL)
        return gc_pool_fail();
    yyjson_val *config = yyjson_obj_get(entry, "config");
    /* Until Keras 2.2.3 the configuration of a Sequential was the list itself. */
    yyjson_val *list = yyjson_is_arr(config) ? config : yyjson_obj_get(config, "layers");
    model->sequential = gc_class_is_sequential(entry);
    model->name = gc_json_text(yyjson_obj_get(config, "name"));
    if (outer->path != NULL)
        model->name = outer->path;
    if (model->name == NULL)
        model->name = model->sequential ? "sequential" : "model";
    model->entry = entry;
    model->fields = (struct gc_fields){.layer = model->name, .object = config};
    struct outer inside = *outer;
    GC_TRY(gc_field_bool(&model->fields, "trainable", true, &inside.trainable));
    inside.trainable = inside.trainable && outer->trainable;
    *out = model;
    return read_layers(r, model, list, &inside);
}

/* How the user gets a Functional model from a model of a class that has code. The classifiers of
 * KerasHub have a backbone, which is a Functional model, and a few layers behind it. */
static const char *way_out(yyjson_val *root) {
    const bool has_backbone = yyjson_obj_get(yyjson_obj_get(root, "config"), "backbone") != NULL;
    return has_backbone ? "In Python, save keras.Model(model.backbone.inputs, "
                          "head(model.backbone.output)), where head applies the model's layers "
                          "behind its backbone"
                        : "In Python, call its layers on keras.Input(...), and save "
                          "keras.Model(inputs, outputs)";
}

gc_status gc_keras_read(struct gc_keras_model **model, struct gc_pool *pool, yyjson_val *root) {
    const char *type = gc_json_text(yyjson_obj_get(root, "class_name"));
    if (type == NULL) {
        const bool is_graph = yyjson_obj_get(root, "node") != NULL;
        return gc_fail(GC_INVALID_MODEL,
                       is_graph
                           ? "this is a TensorFlow graph (GraphModel), which no longer has Keras "
                             "layers. Convert the Keras model itself to a layers-model"
                           : "this is no configuration of a Keras model, for it has no class_name");
    }
    if (!gc_class_is_model(type) || gc_class_is_custom(root))
        return gc_fail(
            GC_UNSUPPORTED_LAYER,
            "the model is of the class '%.100s', whose Python code is not in the file. Only "
            "Functional and Sequential models can be read. %s",
            type, way_out(root));
    struct reader reader = {.pool = pool};
    const struct outer outermost = {.trainable = true};
    return read_model(&reader, model, root, &outermost);
}
