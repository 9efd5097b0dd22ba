/* Linking turns the references between calls, as the configuration writes them, into indices. */
#include "keras/link.h"

#include "keras/lowering.h"
#include "keras/order.h"

#define MAX_NESTING 64  /* lists in the arguments of a call */
#define MAX_INPUTS 1000 /* of one call */
#define MAX_OUTPUTS 1000

/* How references number the calls of one layer. first_number explains it. */
struct numbering {
    bool histories_from_one, lists_from_zero;
};

/* A reference to the output of a call is written ["name", node, tensor]. In Keras 3 it is the
 * history of a tensor. */
struct reference {
    int32_t layer, node, tensor;
    bool is_history;
};

/* All references in one place of the configuration. */
struct references {
    const char *reader;     /* the layer or model that they belong to, for messages */
    struct reference *list; /* NULL while they are only counted */
    int32_t count;
};

struct linker {
    struct gc_keras_model *model;
    struct gc_pool *pool;
    struct numbering *numberings; /* [layers of the model] */
    bool has_histories;           /* Keras 3 wrote the calls of the model */
};

/* ---- References of a Functional model ---- */

/* Notes what a reference shows about the numbers of its layer's calls. */
static void note_number(struct linker *l, int32_t layer, int32_t number, bool is_history) {
    l->has_histories |= is_history;
    if (is_history && number == l->model->layers[layer].call_count)
        l->numberings[layer].histories_from_one = true;
    if (!is_history && number == 0)
        l->numberings[layer].lists_from_zero = true;
}

/* Has the layer an output of that number? The number of outputs of a split is not known yet. */
static bool has_output(const struct gc_keras_layer *layer, uint64_t tensor) {
    if (layer->model != NULL)
        return tensor < (uint64_t)layer->model->output_count;
    const bool splits = layer->lowering != NULL && layer->lowering->kind == GC_SPLIT;
    return tensor == 0 || layer->lacking != NULL || (splits && tensor < MAX_OUTPUTS);
}

static gc_status add_reference(struct linker *l, struct references *references, yyjson_val *list,
                               bool is_history) {
    yyjson_val *node = yyjson_arr_get(list, 1), *tensor = yyjson_arr_get(list, 2);
    const struct gc_keras_model *model = l->model;
    const char *name = gc_json_text(yyjson_arr_get(list, 0));
    const int32_t *index = name == NULL ? NULL : gc_names_get(&model->layer_names, name);
    if (index == NULL)
        return gc_fail(GC_INVALID_MODEL,
                       "'%s' takes the output of layer '%.100s', but model '%s' has no such layer",
                       references->reader, name == NULL ? "" : name, model->name);
    const struct gc_keras_layer *layer = &model->layers[*index];
    const uint64_t number = yyjson_get_uint(node);
    if (!yyjson_is_uint(node) || number > GC_MAX_LAYERS || !yyjson_is_uint(tensor) ||
        !has_output(layer, yyjson_get_uint(tensor)))
        return gc_fail(GC_INVALID_MODEL, "'%s' takes an output of layer '%s' that does not exist",
                       references->reader, layer->path);
    note_number(l, *index, (int32_t)number, is_history);
    if (references->list != NULL)
        references->list[references->count] = (struct reference){
            .layer = *index,
            .node = (int32_t)number,
            .tensor = layer->lacking == NULL ? (int32_t)yyjson_get_uint(tensor) : 0,
            .is_history = is_history};
    references->count++;
    return GC_OK;
}

static bool is_reference(yyjson_val *value) {
    return yyjson_arr_size(value) >= 3 && yyjson_is_str(yyjson_arr_get_first(value)) &&
           yyjson_is_int(yyjson_arr_get(value, 1));
}

/* Finds the references in a call's arguments, however they are wrapped.
 *   Keras 2   [["name", node, tensor, {keyword arguments}], ...] or one of these lists alone
 *   Keras 3   {"args": [{"class_name": "__keras_tensor__",
 *                        "config": {"keras_history": ["name", node, tensor]}}, ...],
 *              "kwargs": {...}}, with lists of such tensors, too */
static gc_status find_references(struct linker *l, struct references *found, yyjson_val *value,
                                 int nesting) {
    if (nesting > MAX_NESTING)
        return gc_fail(GC_TOO_LARGE, "layer '%s': its arguments are nested more than %d deep",
                       found->reader, MAX_NESTING);
    if (yyjson_equals_str(yyjson_obj_get(value, "class_name"), "__keras_tensor__"))
        return add_reference(
            l, found, yyjson_obj_get(yyjson_obj_get(value, "config"), "keras_history"), true);
    if (is_reference(value)) {
        if (!yyjson_equals_str(yyjson_arr_get_first(value), GC_KERAS_CONSTANT))
            GC_TRY(add_reference(l, found, value, false));
        return find_references(l, found, yyjson_arr_get(value, 3), nesting + 1);
    }
    if (value == NULL) /* a reference without keyword arguments */
        return GC_OK;
    size_t i, size;
    yyjson_val *key, *entry;
    yyjson_obj_foreach(value, i, size, key, entry) {
        GC_TRY(find_references(l, found, entry, nesting + 1));
    }
    yyjson_arr_foreach(value, i, size, entry) {
        GC_TRY(find_references(l, found, entry, nesting + 1));
    }
    return GC_OK;
}

/* Collects the references in `value` as written. */
static gc_status read_references(struct linker *l, struct references *references,
                                 const char *reader, yyjson_val *value) {
    *references = (struct references){.reader = reader};
    GC_TRY(find_references(l, references, value, 0));
    if (references->count > MAX_INPUTS)
        return gc_fail(GC_TOO_LARGE, "'%s' takes more than %d inputs", reader, MAX_INPUTS);
    references->list =
        gc_pool_allocate(l->pool, (size_t)references->count, sizeof *references->list);
    if (references->list == NULL)
        return gc_pool_fail();
    references->count = 0;
    return find_references(l, references, value, 0);
}

/* ---- References become calls ---- */

/* The number that references give to a layer's first call. It is 0, but for some nested models.
 * Keras calls a Functional model once when it makes the model. This call has number 0, so the
 * others count from 1. It is not in the file, because no layer refers to it. But not all versions
 * count this call:
 *   Keras 2         from 1, also for a Sequential model that lists an InputLayer
 *   Keras 3         from 1 in the list of a model's outputs, from 0 in the histories of tensors
 *   early Keras 3   from 1 in both */
static int32_t first_number(const struct linker *l, const struct reference *reference) {
    const struct gc_keras_layer *layer = &l->model->layers[reference->layer];
    const struct numbering *numbering = &l->numberings[reference->layer];
    if (layer->model == NULL)
        return 0;
    if (reference->is_history)
        return numbering->histories_from_one ? 1 : 0;
    return numbering->lists_from_zero || (layer->model->sequential && l->has_histories) ? 0 : 1;
}

/* Writes which output each reference takes. */
static gc_status list_outputs(const struct linker *l, const struct references *references,
                              int32_t **outputs) {
    *outputs = gc_pool_allocate(l->pool, (size_t)references->count, sizeof **outputs);
    if (*outputs == NULL)
        return gc_pool_fail();
    for (int32_t i = 0; i < references->count; i++)
        (*outputs)[i] = references->list[i].tensor;
    return GC_OK;
}

/* The inputs of a model are first outputs. */
static gc_status check_first(const struct references *references) {
    for (int32_t i = 0; i < references->count; i++)
        if (references->list[i].tensor != 0)
            return gc_fail(GC_UNSUPPORTED_LAYER,
                           "'%s' begins with output %d of a layer with several outputs",
                           references->reader, (int)references->list[i].tensor);
    return GC_OK;
}

/* Turns references into calls. Needs first_number, so all references must have been read. A layer
 * that is not supported has one call for all references. */
static gc_status resolve(const struct linker *l, const struct references *references,
                         int32_t **calls, int32_t *count) {
    *count = references->count;
    *calls = gc_pool_allocate(l->pool, (size_t)*count, sizeof **calls);
    if (*calls == NULL)
        return gc_pool_fail();
    for (int32_t i = 0; i < *count; i++) {
        const struct reference *reference = &references->list[i];
        const struct gc_keras_layer *layer = &l->model->layers[reference->layer];
        const int32_t number =
            layer->lacking != NULL ? 0 : reference->node - first_number(l, reference);
        if (number < 0 || number >= layer->call_count)
            return gc_fail(GC_INVALID_MODEL,
                           "'%s' takes the output of call %d of layer '%s', which has %d call%s",
                           references->reader, (int)reference->node, layer->path,
                           (int)layer->call_count, layer->call_count == 1 ? "" : "s");
        (*calls)[i] = layer->first_call + number;
    }
    return GC_OK;
}

/* ---- Calls of a Functional model ---- */

/* Does the layer have one call, whatever its inbound_nodes say? */
static bool has_one_call(const struct gc_keras_layer *layer) {
    return layer->is_input || layer->lacking != NULL;
}

static gc_status count_calls(struct gc_keras_model *model) {
    for (int32_t i = 0; i < model->layer_count; i++) {
        struct gc_keras_layer *layer = &model->layers[i];
        size_t calls = 1;
        if (!has_one_call(layer))
            calls = yyjson_arr_size(yyjson_obj_get(layer->entry, "inbound_nodes"));
        if (calls == 0)
            return gc_fail(GC_INVALID_MODEL,
                           "layer '%s' is never called: its inbound_nodes is empty", layer->path);
        if (calls > GC_MAX_LAYERS || model->call_count + (int32_t)calls > GC_MAX_LAYERS)
            return gc_fail(GC_TOO_LARGE, "model '%s' calls its layers more than %d times",
                           model->name, GC_MAX_LAYERS);
        layer->first_call = model->call_count;
        layer->call_count = (int32_t)calls;
        model->call_count += layer->call_count;
    }
    return GC_OK;
}

/* Reads the references of every call. */
static gc_status read_calls(struct linker *l, struct references *references) {
    struct gc_keras_model *model = l->model;
    for (int32_t i = 0; i < model->layer_count; i++) {
        const struct gc_keras_layer *layer = &model->layers[i];
        yyjson_arr_iter nodes = {0};
        if (!has_one_call(layer))
            yyjson_arr_iter_init(yyjson_obj_get(layer->entry, "inbound_nodes"), &nodes);
        for (int32_t c = layer->first_call; c < layer->first_call + layer->call_count; c++) {
            yyjson_val *node = yyjson_arr_iter_next(&nodes);
            model->calls[c] = (struct gc_keras_call){.layer = i, .node = node};
            GC_TRY(read_references(l, &references[c], layer->path, node));
        }
    }
    return GC_OK;
}

static gc_status link_calls(struct linker *l) {
    struct gc_keras_model *model = l->model;
    struct references inputs, outputs;
    struct references *calls = gc_pool_allocate(l->pool, (size_t)model->call_count, sizeof *calls);
    if (calls == NULL)
        return gc_pool_fail();
    GC_TRY(read_calls(l, calls));
    GC_TRY(read_references(l, &inputs, model->name, gc_field(&model->fields, "input_layers")));
    GC_TRY(read_references(l, &outputs, model->name, gc_field(&model->fields, "output_layers")));
    for (int32_t c = 0; c < model->call_count; c++) {
        struct gc_keras_call *call = &model->calls[c];
        GC_TRY(resolve(l, &calls[c], &call->inputs, &call->input_count));
        GC_TRY(list_outputs(l, &calls[c], &call->outputs));
    }
    GC_TRY(check_first(&inputs));
    GC_TRY(list_outputs(l, &outputs, &model->output_numbers));
    GC_TRY(resolve(l, &inputs, &model->inputs, &model->input_count));
    return resolve(l, &outputs, &model->outputs, &model->output_count);
}

static gc_status check_ends(const struct gc_keras_model *model) {
    if (model->input_count == 0)
        return gc_field_wrong(&model->fields, "input_layers", "a list of input layers");
    if (model->output_count == 0)
        return gc_field_wrong(&model->fields, "output_layers", "a list of layers");
    for (int32_t i = 0; i < model->input_count; i++) {
        const struct gc_keras_layer *layer = &model->layers[model->calls[model->inputs[i]].layer];
        if (!layer->is_input)
            return gc_fail(GC_INVALID_MODEL, "model '%s': its input '%s' is not an InputLayer",
                           model->name, layer->path);
    }
    return GC_OK;
}

static gc_status link_functional(struct gc_keras_model *model, struct gc_pool *pool) {
    GC_TRY(count_calls(model));
    struct linker linker = {.model = model, .pool = pool};
    const size_t layers = (size_t)model->layer_count, calls = (size_t)model->call_count;
    linker.numberings = gc_pool_allocate(pool, layers, sizeof *linker.numberings);
    model->calls = gc_pool_allocate(pool, calls, sizeof *model->calls);
    if (linker.numberings == NULL || model->calls == NULL)
        return gc_pool_fail();
    GC_TRY(link_calls(&linker));
    GC_TRY(check_ends(model));
    return gc_keras_order(model, pool);
}

/* ---- Calls of a Sequential model ---- */

/* Fills in call `index`, which takes the output of the call before. */
static gc_status link_next(struct gc_keras_model *model, int32_t index) {
    struct gc_keras_call *call = &model->calls[index];
    if (index > 0) {
        call->inputs = &model->order[index - 1];
        call->input_count = 1;
    }
    if (call->layer == GC_NONE)
        return GC_OK;
    struct gc_keras_layer *layer = &model->layers[call->layer];
    layer->first_call = index;
    layer->call_count = 1;
    if (index > 0 && layer->is_input)
        return gc_fail(GC_INVALID_MODEL, "layer '%s' is an InputLayer, but not the first layer",
                       layer->path);
    return GC_OK;
}

static gc_status link_sequential(struct gc_keras_model *model, struct gc_pool *pool) {
    const bool lists_input = model->layers[0].is_input;
    model->call_count = model->layer_count + (lists_input ? 0 : 1);
    const size_t count = (size_t)model->call_count;
    model->calls = gc_pool_allocate(pool, count, sizeof *model->calls);
    model->order = gc_pool_allocate(pool, count, sizeof *model->order);
    if (model->calls == NULL || model->order == NULL)
        return gc_pool_fail();
    for (int32_t c = 0; c < model->call_count; c++) {
        model->order[c] = c;
        model->calls[c].layer = lists_input ? c : c - 1; /* GC_NONE in front of the first */
        GC_TRY(link_next(model, c));
    }
    model->inputs = &model->order[0];
    model->outputs = &model->order[count - 1];
    model->input_count = model->output_count = 1;
    return GC_OK;
}

/* ---- Models ---- */

/* Links the models in a model. */
static gc_status link_nested(struct gc_keras_model *model, struct gc_pool *pool) {
    for (int32_t i = 0; i < model->layer_count; i++) {
        struct gc_keras_layer *layer = &model->layers[i];
        if (layer->model != NULL)
            GC_TRY(gc_keras_link(layer->model, pool));
    }
    return GC_OK;
}

gc_status gc_keras_link(struct gc_keras_model *model, struct gc_pool *pool) {
    GC_TRY(link_nested(model, pool));
    return model->sequential ? link_sequential(model, pool) : link_functional(model, pool);
}
