/* Reading: first every layer of a model (nested models in place), then who takes whose output. */
#include "keras/config.h"

#include <stdio.h>
#include <string.h>

#include "keras/lowering.h"
#include "keras/order.h"

#define MAX_NESTING 64      /* models in models; also of lists in a call's arguments */
#define MAX_FIELDS 1000     /* of one layer: looking one up goes through all of them */
#define MAX_INPUTS 1000     /* of one call */
#define MAX_PATH_BYTES 1000 /* names of nested models and layer, joined */

struct reader {
    struct gc_pool *pool;
    int32_t layer_count; /* of all models */
};

/* Where a model stands. */
struct place {
    const char *path, *store; /* NULL for the outermost */
    bool trainable;
    int nesting;
};

static gc_status out_of_memory(void) {
    return gc_fail(GC_OUT_OF_MEMORY, "out of memory while reading the configuration");
}

/* ---- Names ---- */

void gc_keras_snake_case(char *snake, const char *type) {
    const size_t length = strlen(type);
    for (size_t i = 0; i < length; i++) {
        const bool upper = type[i] >= 'A' && type[i] <= 'Z';
        const bool after_lower = i > 0 && type[i - 1] >= 'a' && type[i - 1] <= 'z';
        const bool before_lower = type[i + 1] >= 'a' && type[i + 1] <= 'z';
        if (upper && i > 0 && (after_lower || before_lower))
            *snake++ = '_';
        *snake++ = upper ? (char)(type[i] - 'A' + 'a') : type[i];
    }
    *snake = '\0';
}

/* Keras 3 numbers the layers of a class within their model: "conv2d", "conv2d_1", ... */
static gc_status name_in_store(struct reader *r, struct gc_keras_layer *layer,
                               const struct place *place, struct gc_names *classes) {
    const size_t room = 2 * strlen(layer->type) + 1;
    char *snake = gc_pool_allocate(r->pool, room, 1);
    const size_t bytes = room + 32 + (place->store == NULL ? 0 : strlen(place->store));
    char *store = gc_pool_allocate(r->pool, bytes, 1);
    if (snake == NULL || store == NULL)
        return out_of_memory();
    gc_keras_snake_case(snake, layer->type);
    bool found;
    int32_t *number = gc_names_put(classes, snake, &found);
    const int used =
        snprintf(store, bytes, "%s%slayers/%s", place->store == NULL ? "" : place->store,
                 place->store == NULL ? "" : "/", snake);
    if (found)
        snprintf(store + used, bytes - (size_t)used, "_%d", (int)++*number);
    layer->store = store;
    return GC_OK;
}

static gc_status name_layer(struct reader *r, struct gc_keras_layer *layer,
                            const struct place *place) {
    const size_t outer = place->path == NULL ? 0 : strlen(place->path) + 1;
    if (outer + strlen(layer->name) > MAX_PATH_BYTES || strlen(layer->type) > MAX_PATH_BYTES)
        return gc_fail(GC_TOO_LARGE,
                       "a layer's name, with those of its models, is longer than %d bytes",
                       MAX_PATH_BYTES);
    if (outer == 0) {
        layer->path = layer->name;
        return GC_OK;
    }
    const size_t bytes = outer + strlen(layer->name) + 1;
    char *path = gc_pool_allocate(r->pool, bytes, 1);
    if (path == NULL)
        return out_of_memory();
    snprintf(path, bytes, "%s/%s", place->path, layer->name);
    layer->path = path;
    return GC_OK;
}

/* ---- Classes ---- */

static bool is_model_class(const char *type) {
    return strcmp(type, "Functional") == 0 || strcmp(type, "Sequential") == 0 ||
           strcmp(type, "Model") == 0;
}

static bool is_sequential(yyjson_val *entry) {
    return yyjson_equals_str(yyjson_obj_get(entry, "class_name"), "Sequential");
}

static bool starts_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

/* Is the class somebody's own, though it may be called like one of Keras? */
static bool is_custom(yyjson_val *entry) {
    const char *registered = gc_json_text(yyjson_obj_get(entry, "registered_name"));
    if (registered != NULL && strchr(registered, '>') != NULL)
        return true;
    const char *module = gc_json_text(yyjson_obj_get(entry, "module"));
    return module != NULL && strcmp(module, "keras") != 0 && !starts_with(module, "keras.") &&
           !starts_with(module, "tf_keras.") && !starts_with(module, "tensorflow.");
}

/* Is the layer a function of keras.ops, used as a layer? */
static bool is_function(yyjson_val *entry) {
    const char *module = gc_json_text(yyjson_obj_get(entry, "module"));
    return module != NULL &&
           (starts_with(module, "keras.src.ops") || starts_with(module, "keras.ops"));
}

/* ---- Layers ---- */

static gc_status read_model(struct reader *r, struct gc_keras_model **out, yyjson_val *entry,
                            const struct place *place);

static gc_status read_nested(struct reader *r, struct gc_keras_layer *layer,
                             const struct place *place) {
    if (place->nesting >= MAX_NESTING)
        return gc_fail(GC_TOO_LARGE, "models are nested in one another more than %d deep",
                       MAX_NESTING);
    const struct place inside = {.path = layer->path,
                                 .store = layer->store,
                                 .trainable = layer->trainable,
                                 .nesting = place->nesting + 1};
    GC_TRY(read_model(r, &layer->model, layer->entry, &inside));
    if (layer->model->output_count != 1) {
        layer->lacking = "several outputs";
        layer->model = NULL;
    }
    return GC_OK;
}

static gc_status find_lowering(struct reader *r, struct gc_keras_layer *layer) {
    layer->is_function = is_function(layer->entry);
    if (layer->is_function) {
        layer->lowering = gc_function_find(layer->type);
    } else if (strcmp(layer->type, "TFOpLambda") == 0) {
        const char *name;
        GC_TRY(gc_field_text(&layer->fields, "function", "", &name));
        layer->lowering = gc_tensorflow_function_find(name);
        const size_t bytes = strlen(name) + 16;
        char *lacking = gc_pool_allocate(r->pool, bytes, 1);
        if (lacking == NULL)
            return out_of_memory();
        snprintf(lacking, bytes, "function '%.100s'", name);
        if (layer->lowering == NULL)
            layer->lacking = lacking;
    } else {
        layer->lowering = gc_lowering_find(layer->type);
    }
    if (layer->lowering == NULL && layer->lacking == NULL)
        layer->lacking = "";
    return GC_OK;
}

static gc_status read_layer(struct reader *r, struct gc_keras_layer *layer, yyjson_val *entry,
                            const struct place *place, struct gc_names *classes) {
    layer->entry = entry;
    layer->type = gc_json_text(yyjson_obj_get(entry, "class_name"));
    yyjson_val *config = yyjson_obj_get(entry, "config");
    yyjson_val *name = yyjson_obj_get(entry, "name");
    layer->name = gc_json_text(name != NULL ? name : yyjson_obj_get(config, "name"));
    if (layer->type == NULL || layer->name == NULL || layer->name[0] == '\0')
        return gc_fail(GC_INVALID_MODEL, "layer %s%s%s has no %s", layer->name == NULL ? "" : "'",
                       layer->name == NULL ? "without a name" : layer->name,
                       layer->name == NULL ? "" : "'", layer->type == NULL ? "class_name" : "name");
    GC_TRY(name_layer(r, layer, place));
    layer->is_input = strcmp(layer->type, "InputLayer") == 0;
    layer->fields = (struct gc_fields){.layer = layer->path, .object = config};
    const bool old_sequential = yyjson_is_arr(config) && is_sequential(entry);
    if (!yyjson_is_obj(config) && !old_sequential)
        return gc_fail(GC_INVALID_MODEL, "layer '%s': config should be an object", layer->path);
    if (yyjson_obj_size(entry) > MAX_FIELDS || yyjson_obj_size(config) > MAX_FIELDS)
        return gc_fail(GC_TOO_LARGE, "layer '%s' has more than %d fields", layer->path, MAX_FIELDS);
    GC_TRY(gc_field_bool(&layer->fields, "trainable", true, &layer->trainable));
    layer->trainable = layer->trainable && place->trainable;
    GC_TRY(name_in_store(r, layer, place, classes));
    if (layer->is_input)
        return GC_OK;
    if (is_custom(entry))
        layer->lacking = "";
    else if (is_model_class(layer->type))
        return read_nested(r, layer, place);
    else
        return find_lowering(r, layer);
    return GC_OK;
}

static gc_status read_layers(struct reader *r, struct gc_keras_model *model, yyjson_val *list,
                             const struct place *place, struct gc_names *names) {
    const size_t count = yyjson_arr_size(list);
    if (count == 0)
        return gc_fail(GC_INVALID_MODEL, "model '%s' has no list of layers, or an empty one",
                       model->name);
    if (count > GC_MAX_LAYERS || (r->layer_count += (int32_t)count) > GC_MAX_LAYERS)
        return gc_fail(GC_TOO_LARGE, "the model has more than %d layers", GC_MAX_LAYERS);
    struct gc_names classes;
    model->layer_count = (int32_t)count;
    model->layers = gc_pool_allocate(r->pool, count, sizeof *model->layers);
    if (model->layers == NULL || !gc_names_create(names, r->pool, model->layer_count) ||
        !gc_names_create(&classes, r->pool, model->layer_count))
        return out_of_memory();
    size_t i, size;
    yyjson_val *entry;
    yyjson_arr_foreach(list, i, size, entry) {
        struct gc_keras_layer *layer = &model->layers[i];
        GC_TRY(read_layer(r, layer, entry, place, &classes));
        bool found;
        *gc_names_put(names, layer->name, &found) = (int32_t)i;
        if (found)
            return gc_fail(GC_INVALID_MODEL, "two layers of model '%s' are called '%s'",
                           model->name, layer->name);
    }
    return GC_OK;
}

/* ---- Calls of a Functional model ---- */

/* A reference to the output of a call, as it is written: ["name", node, tensor], alone or as the history
 * of a tensor. */
struct reference {
    int32_t layer, node;
    bool is_history;
};

struct linker {
    struct gc_keras_model *model;
    const struct gc_names *names;
    const char *reader;           /* who refers, for messages */
    struct reference *references; /* NULL to count them only */
    int32_t count;
};

static gc_status add_reference(struct linker *l, yyjson_val *list, bool is_history) {
    yyjson_val *name = yyjson_arr_get(list, 0), *node = yyjson_arr_get(list, 1);
    yyjson_val *tensor = yyjson_arr_get(list, 2);
    const char *text = gc_json_text(name);
    const int32_t *index = text == NULL ? NULL : gc_names_get(l->names, text);
    if (index == NULL)
        return gc_fail(GC_INVALID_MODEL,
                       "'%s' takes the output of a layer '%.100s' that model '%s' lacks", l->reader,
                       text == NULL ? "" : text, l->model->name);
    struct gc_keras_layer *layer = &l->model->layers[*index];
    const uint64_t number = yyjson_get_uint(node);
    if (!yyjson_is_uint(node) || number > GC_MAX_LAYERS || !yyjson_is_uint(tensor) ||
        (yyjson_get_uint(tensor) != 0 && layer->lacking == NULL))
        return gc_fail(GC_INVALID_MODEL, "'%s' takes an output of layer '%s' that it does not have",
                       l->reader, layer->path);
    if (is_history && (int32_t)number == layer->call_count)
        layer->histories_from_one = true;
    if (!is_history && number == 0)
        layer->lists_from_zero = true;
    l->model->has_histories |= is_history;
    if (l->references != NULL)
        l->references[l->count] =
            (struct reference){.layer = *index, .node = (int32_t)number, .is_history = is_history};
    l->count++;
    return GC_OK;
}

static bool is_reference(yyjson_val *value) {
    return yyjson_arr_size(value) >= 3 && yyjson_is_str(yyjson_arr_get_first(value)) &&
           yyjson_is_int(yyjson_arr_get(value, 1));
}

/* Finds the references in a call's arguments, however they are wrapped:
 *   Keras 2   [["name", node, tensor, {keyword arguments}], ...] or one of them alone
 *   Keras 3   {"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": ["name", node,
 *             tensor]}}, or lists of them, ...], "kwargs": {...}} */
static gc_status find_references(struct linker *l, yyjson_val *value, int nesting) {
    if (nesting > MAX_NESTING)
        return gc_fail(GC_TOO_LARGE, "layer '%s': its arguments are nested too deep", l->reader);
    if (yyjson_equals_str(yyjson_obj_get(value, "class_name"), "__keras_tensor__"))
        return add_reference(l, yyjson_obj_get(yyjson_obj_get(value, "config"), "keras_history"),
                             true);
    if (is_reference(value)) {
        if (!yyjson_equals_str(yyjson_arr_get_first(value), GC_KERAS_CONSTANT))
            GC_TRY(add_reference(l, value, false));
        return find_references(l, yyjson_arr_get(value, 3), nesting + 1);
    }
    size_t i, size;
    yyjson_val *key, *entry;
    yyjson_obj_foreach(value, i, size, key, entry) {
        GC_TRY(find_references(l, entry, nesting + 1));
    }
    yyjson_arr_foreach(value, i, size, entry) { GC_TRY(find_references(l, entry, nesting + 1)); }
    return GC_OK;
}

/* The calls that `value` refers to. First all are counted and kept as they are written ... */
static gc_status read_references(struct linker *l, struct gc_pool *pool, yyjson_val *value) {
    l->references = NULL;
    l->count = 0;
    GC_TRY(find_references(l, value, 0));
    if (l->count > MAX_INPUTS)
        return gc_fail(GC_TOO_LARGE, "'%s' takes more than %d inputs", l->reader, MAX_INPUTS);
    l->references = gc_pool_allocate(pool, (size_t)l->count, sizeof *l->references);
    if (l->references == NULL)
        return out_of_memory();
    l->count = 0;
    return find_references(l, value, 0);
}

/* The number of a layer's first call. A Functional model begins life with a call of its own, so that its
 * others count from 1; Keras 2 counts so everywhere, and for Sequential models that list an InputLayer
 * too; Keras 3 does in the model's outputs, but not in the histories of tensors (but for early ones). A
 * call that is referred to nowhere is not in the file. */
static int32_t first_number(const struct linker *l, const struct reference *reference) {
    const struct gc_keras_layer *layer = &l->model->layers[reference->layer];
    if (layer->model == NULL)
        return 0;
    if (reference->is_history)
        return layer->histories_from_one ? 1 : 0;
    return layer->lists_from_zero || (layer->model->sequential && l->model->has_histories) ? 0 : 1;
}

/* ... then, when it is known where each layer counts from, they become calls. A layer that is not supported
 * has one call for all. */
static gc_status resolve(const struct linker *l, struct gc_pool *pool, int32_t **calls) {
    *calls = gc_pool_allocate(pool, (size_t)l->count, sizeof **calls);
    if (*calls == NULL)
        return out_of_memory();
    for (int32_t i = 0; i < l->count; i++) {
        const struct gc_keras_layer *layer = &l->model->layers[l->references[i].layer];
        const int32_t node =
            layer->lacking != NULL ? 0 : l->references[i].node - first_number(l, &l->references[i]);
        if (node < 0 || node >= layer->call_count)
            return gc_fail(
                GC_INVALID_MODEL, "'%s' takes the output of call %d of layer '%s', which has %d",
                l->reader, (int)l->references[i].node, layer->path, (int)layer->call_count);
        (*calls)[i] = layer->first_call + node;
    }
    return GC_OK;
}

/* How often each layer is called. */
static gc_status count_calls(struct gc_keras_model *model) {
    for (int32_t i = 0; i < model->layer_count; i++) {
        struct gc_keras_layer *layer = &model->layers[i];
        const size_t nodes = yyjson_arr_size(yyjson_obj_get(layer->entry, "inbound_nodes"));
        const bool has_one = layer->is_input || layer->lacking != NULL;
        if (nodes == 0 && !has_one)
            return gc_fail(GC_INVALID_MODEL,
                           "layer '%s': inbound_nodes says nothing it is called with", layer->path);
        layer->first_call = model->call_count;
        layer->call_count = has_one                 ? 1
                            : nodes > GC_MAX_LAYERS ? GC_MAX_LAYERS + 1
                                                    : (int32_t)nodes;
        model->call_count += layer->call_count;
        if (model->call_count > GC_MAX_LAYERS)
            return gc_fail(GC_TOO_LARGE, "model '%s' calls its layers more than %d times",
                           model->name, GC_MAX_LAYERS);
    }
    return GC_OK;
}

/* A linker for every call, and two more: for the model's inputs and outputs. */
static gc_status link_calls(struct gc_keras_model *model, struct gc_pool *pool,
                            const struct gc_names *names, const struct gc_fields *fields) {
    struct linker *linkers = gc_pool_allocate(pool, (size_t)model->call_count + 2, sizeof *linkers);
    if (linkers == NULL)
        return out_of_memory();
    for (int32_t i = 0; i < model->layer_count; i++) {
        const struct gc_keras_layer *layer = &model->layers[i];
        yyjson_val *nodes = yyjson_obj_get(layer->entry, "inbound_nodes");
        yyjson_arr_iter node = {0};
        if (!layer->is_input && layer->lacking == NULL)
            yyjson_arr_iter_init(nodes, &node);
        for (int32_t c = layer->first_call; c < layer->first_call + layer->call_count; c++) {
            model->calls[c] =
                (struct gc_keras_call){.layer = i, .node = yyjson_arr_iter_next(&node)};
            linkers[c] = (struct linker){.model = model, .names = names, .reader = layer->path};
            GC_TRY(read_references(&linkers[c], pool, model->calls[c].node));
        }
    }
    struct linker *inputs = &linkers[model->call_count], *outputs = inputs + 1;
    *inputs = *outputs = (struct linker){.model = model, .names = names, .reader = model->name};
    GC_TRY(read_references(inputs, pool, gc_field(fields, "input_layers")));
    GC_TRY(read_references(outputs, pool, gc_field(fields, "output_layers")));
    for (int32_t c = 0; c < model->call_count; c++) {
        GC_TRY(resolve(&linkers[c], pool, &model->calls[c].inputs));
        model->calls[c].input_count = linkers[c].count;
    }
    GC_TRY(resolve(inputs, pool, &model->inputs));
    GC_TRY(resolve(outputs, pool, &model->outputs));
    model->input_count = inputs->count;
    model->output_count = outputs->count;
    return GC_OK;
}

static gc_status check_ends(const struct gc_keras_model *model, const struct gc_fields *fields) {
    if (model->input_count == 0)
        return gc_field_wrong(fields, "input_layers", "a list of input layers");
    if (model->output_count == 0)
        return gc_field_wrong(fields, "output_layers", "a list of layers");
    for (int32_t i = 0; i < model->input_count; i++) {
        const struct gc_keras_layer *layer = &model->layers[model->calls[model->inputs[i]].layer];
        if (!layer->is_input)
            return gc_fail(GC_INVALID_MODEL, "model '%s': its input '%s' is no InputLayer",
                           model->name, layer->path);
    }
    return GC_OK;
}

static gc_status read_functional(struct reader *r, struct gc_keras_model *model,
                                 const struct gc_fields *fields, const struct gc_names *names) {
    GC_TRY(count_calls(model));
    model->calls = gc_pool_allocate(r->pool, (size_t)model->call_count, sizeof *model->calls);
    if (model->calls == NULL)
        return out_of_memory();
    GC_TRY(link_calls(model, r->pool, names, fields));
    GC_TRY(check_ends(model, fields));
    return gc_keras_order(model, r->pool);
}

/* ---- Calls of a Sequential model: each layer takes what the one before gives ---- */

static gc_status read_sequential(struct reader *r, struct gc_keras_model *model, yyjson_val *entry,
                                 const struct gc_fields *fields) {
    const bool lists_input = model->layers[0].is_input;
    model->call_count = model->layer_count + (lists_input ? 0 : 1);
    const size_t count = (size_t)model->call_count;
    model->calls = gc_pool_allocate(r->pool, count, sizeof *model->calls);
    model->order = gc_pool_allocate(r->pool, count, sizeof *model->order);
    if (model->calls == NULL || model->order == NULL)
        return out_of_memory();
    for (int32_t c = 0; c < model->call_count; c++) {
        model->order[c] = c;
        struct gc_keras_call *call = &model->calls[c];
        call->layer = lists_input ? c : c - 1;
        if (call->layer != GC_NONE) {
            struct gc_keras_layer *layer = &model->layers[call->layer];
            layer->first_call = c;
            layer->call_count = 1;
            if (c > 0 && layer->is_input)
                return gc_fail(GC_INVALID_MODEL, "layer '%s': an InputLayer among other layers",
                               layer->path);
        }
        if (c > 0) {
            call->inputs = &model->order[c - 1];
            call->input_count = 1;
        }
    }
    model->inputs = &model->order[0];
    model->outputs = &model->order[count - 1];
    model->input_count = model->output_count = 1;
    model->input_shape = gc_field(fields, "build_input_shape");
    if (model->input_shape == NULL)
        model->input_shape = yyjson_obj_get(yyjson_obj_get(entry, "build_config"), "input_shape");
    return GC_OK;
}

/* ---- Models ---- */

static gc_status read_model(struct reader *r, struct gc_keras_model **out, yyjson_val *entry,
                            const struct place *place) {
    struct gc_keras_model *model = gc_pool_allocate(r->pool, 1, sizeof *model);
    if (model == NULL)
        return out_of_memory();
    yyjson_val *config = yyjson_obj_get(entry, "config");
    /* Until Keras 2.2.3 the configuration of a Sequential was the list itself. */
    yyjson_val *list = yyjson_is_arr(config) ? config : yyjson_obj_get(config, "layers");
    model->sequential = is_sequential(entry);
    model->name = gc_json_text(yyjson_obj_get(config, "name"));
    if (place->path != NULL)
        model->name = place->path;
    if (model->name == NULL)
        model->name = model->sequential ? "sequential" : "model";
    const struct gc_fields fields = {.layer = model->name, .object = config};
    struct place inside = *place;
    GC_TRY(gc_field_bool(&fields, "trainable", true, &inside.trainable));
    inside.trainable = inside.trainable && place->trainable;
    struct gc_names names;
    GC_TRY(read_layers(r, model, list, &inside, &names));
    *out = model;
    return model->sequential ? read_sequential(r, model, entry, &fields)
                             : read_functional(r, model, &fields, &names);
}

gc_status gc_keras_read(struct gc_keras_model **model, struct gc_pool *pool, yyjson_val *root) {
    const char *type = gc_json_text(yyjson_obj_get(root, "class_name"));
    if (type == NULL) {
        const bool is_graph = yyjson_obj_get(root, "node") != NULL;
        return gc_fail(GC_INVALID_MODEL,
                       is_graph
                           ? "this is a TensorFlow graph (GraphModel), which has no Keras layers "
                             "any more: convert the Keras model itself, as a layers-model"
                           : "not the configuration of a Keras model: it has no class_name");
    }
    if (!is_model_class(type) || is_custom(root))
        return gc_fail(
            GC_UNSUPPORTED_LAYER,
            "the model is of a class of its own, '%.100s': what it does is written in Python "
            "code, which is not in the file; Functional and Sequential models can be read",
            type);
    struct reader reader = {.pool = pool};
    const struct place outermost = {.trainable = true};
    return read_model(&reader, model, root, &outermost);
}

/* The input layer; the first layer where none is listed. */
static const struct gc_keras_layer *first_layer(const struct gc_keras_model *model) {
    const int32_t input = model->calls[model->inputs[0]].layer;
    return &model->layers[input == GC_NONE ? 0 : input];
}

bool gc_keras_is_2(const struct gc_keras_model *model) {
    const struct gc_keras_layer *first = first_layer(model);
    if (gc_field(&first->fields, "batch_shape") != NULL)
        return false;
    if (gc_field(&first->fields, "batch_input_shape") != NULL)
        return true;
    return first->model != NULL ? gc_keras_is_2(first->model)
                                : yyjson_obj_get(first->entry, "module") == NULL;
}

yyjson_val *gc_keras_input_shape(const struct gc_keras_model *model) {
    const struct gc_keras_layer *first = first_layer(model);
    yyjson_val *shape = gc_field(&first->fields, "batch_shape");
    if (shape == NULL)
        shape = gc_field(&first->fields, "batch_input_shape");
    if (shape == NULL && first->model != NULL)
        shape = gc_keras_input_shape(first->model);
    if (shape == NULL)
        shape = model->input_shape;
    /* A list of shapes, one per input, where Keras kept the list. */
    return yyjson_is_arr(yyjson_arr_get_first(shape)) ? yyjson_arr_get_first(shape) : shape;
}
