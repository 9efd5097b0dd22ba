/* Building: the calls of a configuration, in their order, become layers, nodes and weights of the graph. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "keras/keras.h"
#include "keras/lowering.h"

/* What a call gives: a value and the layer that stands for it. */
struct result {
    int32_t value; /* GC_NONE: unknown, a layer that is not supported lies before */
    int32_t layer; /* GC_NONE: what goes into the outermost Sequential */
};

struct builder {
    struct gc_graph *graph;
    struct gc_pool *pool;
    bool keras_2;
};

static gc_status out_of_memory(void) {
    return gc_fail(GC_OUT_OF_MEMORY, "out of memory while building the layer graph");
}

/* Puts the layer in front of the last failure's sentence. */
static gc_status in_layer(gc_status status, const struct gc_keras_layer *layer) {
    if (status == GC_OK)
        return GC_OK;
    char sentence[512];
    snprintf(sentence, sizeof sentence, "%s", gc_error());
    return gc_fail(status, "layer '%s': %s", layer->path, sentence);
}

/* ---- For the lowerings ---- */

/* Moving statistics and those of Normalization are weights that no training changes. */
static bool is_trainable(const struct gc_keras_layer *layer, const char *array) {
    return layer->trainable && strncmp(array, "moving_", 7) != 0 &&
           strcmp(layer->type, "Normalization") != 0;
}

static gc_status create_weight(struct gc_build *build, const char *array, const gc_shape *shape,
                               int32_t *index) {
    struct gc_keras_layer *layer = build->layer;
    const size_t bytes = strlen(layer->path) + strlen(layer->store) + strlen(array) + 16;
    char *path = gc_pool_allocate(build->pool, bytes, 1);
    char *store = gc_pool_allocate(build->pool, bytes, 1);
    if (path == NULL || store == NULL)
        return out_of_memory();
    snprintf(path, bytes, "%s/%s", layer->path, array);
    snprintf(store, bytes, "%s/vars/%d", layer->store, (int)layer->weight_count);
    GC_TRY(gc_graph_add_weight(build->graph, index, path, store, shape));
    layer->weights[layer->weight_count++] = *index;
    const double count = (double)gc_shape_count(shape);
    layer->params += count;
    if (is_trainable(layer, array))
        layer->trainable_params += count;
    return GC_OK;
}

/* The layer's next weight: made by its first call, the same in the others. */
static gc_status take_weight(struct gc_build *build, const char *array, const gc_shape *shape,
                             int32_t *index) {
    struct gc_keras_layer *layer = build->layer;
    const int32_t number = build->weight_count++;
    if (number == layer->weight_count)
        return create_weight(build, array, shape, index);
    *index = layer->weights[number];
    const gc_shape *first = &build->graph->weights[*index].shape;
    if (gc_shape_equal(first, shape))
        return GC_OK;
    char has[GC_SHAPE_TEXT], wants[GC_SHAPE_TEXT];
    return gc_fail(GC_INVALID_MODEL, "its %s has shape %s in one call and %s in another", array,
                   gc_shape_text(has, first), gc_shape_text(wants, shape));
}

gc_status gc_build_weight(struct gc_build *build, const char *array, const gc_shape *shape) {
    int32_t index;
    return build->unknown ? GC_OK : take_weight(build, array, shape, &index);
}

gc_status gc_build_op(struct gc_build *build, const struct gc_op *op, const void *params,
                      size_t params_size, const char *const arrays[GC_MAX_WEIGHTS]) {
    if (build->unknown)
        return GC_OK;
    GC_TRY(gc_graph_add_node(build->graph, &build->value, op, params, params_size, build->inputs,
                             build->input_count, build->row));
    const int32_t node = build->graph->node_count - 1;
    const int32_t input = build->graph->nodes[node].inputs[0]; /* build->inputs may be the output */
    const gc_shape in = build->graph->values[input].shape;
    for (int32_t slot = 0; arrays != NULL && slot < GC_MAX_WEIGHTS && arrays[slot] != NULL;
         slot++) {
        const gc_shape shape = op->weight(slot, &in, params);
        if (shape.rank < 0)
            continue;
        int32_t weight = GC_NONE;
        GC_TRY(take_weight(build, arrays[slot], &shape, &weight));
        gc_graph_give_weight(build->graph, node, slot, weight);
    }
    build->inputs = &build->value;
    build->input_count = 1;
    return GC_OK;
}

/* A layer without operators is the identity: a view, so that it has a value of its own. */
static gc_status add_identity(struct gc_build *build) {
    const struct gc_reshape_params params = {.shape = {.rank = -1}};
    return gc_build_op(build, &gc_op_reshape, &params, sizeof params, NULL);
}

gc_status gc_build_axis(const struct gc_build *build, int32_t keras_axis, int32_t *axis) {
    *axis = 0;
    if (build->unknown)
        return GC_OK;
    const gc_shape *in = &build->graph->values[build->inputs[0]].shape;
    *axis = gc_shape_axis(in, keras_axis);
    if (*axis >= 0)
        return GC_OK;
    char text[GC_SHAPE_TEXT];
    return gc_fail(GC_INVALID_MODEL, "its input, of shape %s without the batch, has no axis %d",
                   gc_shape_text(text, in), (int)keras_axis);
}

gc_status gc_build_lacks(struct gc_build *build, const char *format, ...) {
    char text[160];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    build->unknown = true;
    if (build->layer->lacking != NULL)
        return GC_OK;
    build->layer->lacking = gc_pool_text(build->pool, text);
    return build->layer->lacking == NULL ? out_of_memory() : GC_OK;
}

/* ---- Layers ---- */

/* What no layer can be asked for, whatever its class. */
static gc_status check_options(struct gc_build *build) {
    const char *format;
    GC_TRY(gc_field_text(&build->fields, "data_format", "channels_last", &format));
    if (strcmp(format, "channels_first") == 0)
        return gc_build_lacks(build, "data_format channels_first: channels_last is");
    /* Policies of mixed precision are fine: their weights are float32, and so are all sums here. */
    yyjson_val *policy = gc_field(&build->fields, "dtype");
    const char *type = gc_json_text(yyjson_obj_get(policy, "class_name"));
    if (type != NULL && strstr(type, "Quantized") != NULL)
        return gc_build_lacks(build, "a quantized dtype policy");
    return GC_OK;
}

static gc_status lower(struct gc_build *build) {
    if (build->layer->lowering == NULL) {
        build->unknown = true;
        return GC_OK;
    }
    if (build->input_count != 1 && build->layer->lowering->kind != GC_MERGE)
        return gc_fail(GC_INVALID_MODEL, "it takes one input and is given %d",
                       (int)build->input_count);
    if (build->input_count == 0)
        return gc_fail(GC_INVALID_MODEL, "it is given no input");
    GC_TRY(check_options(build));
    GC_TRY(build->layer->lowering->lower(build));
    return build->unknown || build->value != GC_NONE ? GC_OK : add_identity(build);
}

/* Path of a layer's call: the first has the plain one, others are numbered. */
static gc_status add_row(const struct builder *b, int32_t *row, const struct gc_keras_layer *layer,
                         uint64_t number, const int32_t *inputs, int32_t input_count) {
    const size_t bytes = strlen(layer->path) + 24;
    char *path = gc_pool_allocate(b->pool, bytes, 1);
    if (path == NULL)
        return out_of_memory();
    if (number == 0)
        snprintf(path, bytes, "%s", layer->path);
    else
        snprintf(path, bytes, "%s@%llu", layer->path, (unsigned long long)number);
    return gc_graph_add_layer(b->graph, row, path, layer->type, GC_NONE, inputs, input_count);
}

static gc_status build_model(const struct builder *b, const struct gc_keras_model *model,
                             uint64_t number, const struct result *inputs, struct result *output);

/* What a layer takes: the values, and the layers that give them. */
struct sources {
    int32_t *values, *layers; /* [count], [layer_count] */
    int32_t count, layer_count;
    bool unknown;
};

static gc_status gather(const struct builder *b, struct sources *sources,
                        const struct gc_keras_call *call, const struct result *results) {
    const size_t count = (size_t)call->input_count;
    *sources = (struct sources){.count = call->input_count};
    sources->values = gc_pool_allocate(b->pool, count, sizeof *sources->values);
    sources->layers = gc_pool_allocate(b->pool, count, sizeof *sources->layers);
    if (sources->values == NULL || sources->layers == NULL)
        return out_of_memory();
    for (int32_t i = 0; i < call->input_count; i++) {
        const struct result *from = &results[call->inputs[i]];
        sources->values[i] = from->value;
        if (from->value == GC_NONE)
            sources->unknown = true;
        if (from->layer != GC_NONE)
            sources->layers[sources->layer_count++] = from->layer;
    }
    return GC_OK;
}

static gc_status build_layer(const struct builder *b, struct gc_keras_layer *layer,
                             const struct gc_keras_call *call, uint64_t number,
                             const struct sources *sources, struct result *output) {
    struct gc_build build = {.graph = b->graph,
                             .pool = b->pool,
                             .keras_2 = b->keras_2,
                             .layer = layer,
                             .fields = layer->fields,
                             .call = call,
                             .inputs = sources->values,
                             .input_count = sources->count,
                             .value = GC_NONE,
                             .unknown = sources->unknown};
    GC_TRY(add_row(b, &build.row, layer, number, sources->layers, sources->layer_count));
    GC_TRY(in_layer(lower(&build), layer));
    *output = (struct result){.value = build.unknown ? GC_NONE : build.value, .layer = build.row};
    b->graph->layers[build.row].value = output->value;
    b->graph->layers[build.row].is_function = layer->is_function;
    b->graph->layers[build.row].params = layer->params;
    b->graph->layers[build.row].trainable_params = layer->trainable_params;
    return GC_OK;
}

/* Params of a nested model: those of its layers, each counted once. */
static void sum_params(const struct gc_keras_model *model, double *params, double *trainable) {
    for (int32_t i = 0; i < model->layer_count; i++) {
        const struct gc_keras_layer *layer = &model->layers[i];
        if (layer->model != NULL)
            sum_params(layer->model, params, trainable);
        *params += layer->params;
        *trainable += layer->trainable_params;
    }
}

static gc_status build_nested(const struct builder *b, const struct gc_keras_layer *layer,
                              const struct gc_keras_call *call, uint64_t number,
                              const struct sources *sources, const struct result *results,
                              struct result *output) {
    struct gc_graph *graph = b->graph;
    const int32_t first = graph->layer_count;
    if (call->input_count != layer->model->input_count)
        return gc_fail(GC_INVALID_MODEL, "model '%s' has %d inputs and is given %d", layer->path,
                       (int)layer->model->input_count, (int)call->input_count);
    struct result *inputs = gc_pool_allocate(b->pool, (size_t)call->input_count, sizeof *inputs);
    if (inputs == NULL)
        return out_of_memory();
    for (int32_t i = 0; i < call->input_count; i++)
        inputs[i] = results[call->inputs[i]];
    GC_TRY(build_model(b, layer->model, number, inputs, output));
    int32_t row;
    GC_TRY(add_row(b, &row, layer, number, sources->layers, sources->layer_count));
    for (int32_t i = first; i < row; i++)
        if (graph->layers[i].parent == GC_NONE)
            graph->layers[i].parent = row;
    output->layer = row;
    struct gc_layer *entry = &graph->layers[row];
    entry->is_model = true;
    entry->value = output->value;
    sum_params(layer->model, &entry->params, &entry->trainable_params);
    return GC_OK;
}

/* What goes into a model. An InputLayer of a Functional model is a layer of its own. */
static gc_status build_input(const struct builder *b, const struct gc_keras_model *model,
                             int32_t call, uint64_t number, const struct result *inputs,
                             struct result *output) {
    int32_t i = 0;
    while (i < model->input_count && model->inputs[i] != call)
        i++;
    if (i == model->input_count)
        return gc_fail(GC_INVALID_MODEL, "layer '%s' is an InputLayer that input_layers lacks",
                       model->layers[model->calls[call].layer].path);
    *output = inputs[i];
    if (model->sequential)
        return GC_OK;
    const struct gc_keras_layer *layer = &model->layers[model->calls[call].layer];
    GC_TRY(add_row(b, &output->layer, layer, number, NULL, 0));
    b->graph->layers[output->layer].value = output->value;
    return GC_OK;
}

/* Builds one call of a model.
 *   number   which call of the model it is, from 0, counted over all calls of the models around it
 *   inputs   what goes in, [model->input_count] */
static gc_status build_model(const struct builder *b, const struct gc_keras_model *model,
                             uint64_t number, const struct result *inputs, struct result *output) {
    struct result *results = gc_pool_allocate(b->pool, (size_t)model->call_count, sizeof *results);
    if (results == NULL)
        return out_of_memory();
    for (int32_t i = 0; i < model->call_count; i++) {
        const int32_t c = model->order[i];
        const struct gc_keras_call *call = &model->calls[c];
        struct gc_keras_layer *layer = call->layer == GC_NONE ? NULL : &model->layers[call->layer];
        if (layer == NULL || layer->is_input) {
            GC_TRY(build_input(b, model, c, number, inputs, &results[c]));
            continue;
        }
        struct sources sources;
        GC_TRY(gather(b, &sources, call, results));
        const uint64_t own =
            number * (uint64_t)layer->call_count + (uint64_t)(c - layer->first_call);
        if (layer->model == NULL)
            GC_TRY(build_layer(b, layer, call, own, &sources, &results[c]));
        else
            GC_TRY(build_nested(b, layer, call, own, &sources, results, &results[c]));
    }
    *output = results[model->outputs[0]];
    return GC_OK;
}

/* ---- Weights: built in the order of the calls, listed in that of the configuration ---- */

static void list_weights(const struct gc_keras_model *model, int32_t *order, int32_t *count) {
    for (int32_t i = 0; i < model->layer_count; i++) {
        const struct gc_keras_layer *layer = &model->layers[i];
        if (layer->model != NULL)
            list_weights(layer->model, order, count);
        for (int32_t w = 0; w < layer->weight_count; w++)
            order[layer->weights[w]] = (*count)++;
    }
}

static gc_status order_weights(const struct builder *b, const struct gc_keras_model *model) {
    struct gc_graph *graph = b->graph;
    const size_t bytes = (size_t)graph->weight_count * sizeof *graph->weights;
    int32_t count = 0;
    int32_t *order = gc_pool_allocate(b->pool, (size_t)graph->weight_count, sizeof *order);
    struct gc_weight *old = gc_pool_allocate(b->pool, 1, bytes);
    if (order == NULL || old == NULL)
        return out_of_memory();
    list_weights(model, order, &count);
    if (bytes > 0)
        memcpy(old, graph->weights, bytes);
    for (int32_t i = 0; i < graph->weight_count; i++)
        graph->weights[order[i]] = old[i];
    for (int32_t i = 0; i < graph->node_count; i++)
        for (int32_t slot = 0; slot < GC_MAX_WEIGHTS; slot++) {
            int32_t *weight = &graph->nodes[i].weights[slot];
            if (*weight != GC_NONE)
                *weight = order[*weight];
        }
    return GC_OK;
}

/* ---- What is not supported, in one sentence ---- */

struct sentence {
    char text[6000];
    size_t used;
    int32_t count, left_out;
    bool has_code; /* one of the layers is Python code */
};

static void name_lacking(struct sentence *s, const struct gc_keras_model *model) {
    for (int32_t i = 0; i < model->layer_count; i++) {
        const struct gc_keras_layer *layer = &model->layers[i];
        if (layer->model != NULL)
            name_lacking(s, layer->model);
        if (layer->lacking == NULL)
            continue;
        s->count++;
        s->has_code |= strcmp(layer->type, "Lambda") == 0;
        const size_t room = sizeof s->text - s->used;
        const int wanted = snprintf(s->text + s->used, room, "%s'%s' (%s%s%s)",
                                    s->used == 0 ? "" : ", ", layer->path, layer->type,
                                    layer->lacking[0] == '\0' ? "" : " with ", layer->lacking);
        if (wanted > 0 && (size_t)wanted < room && s->left_out == 0)
            s->used += (size_t)wanted;
        else
            s->left_out++;
        s->text[s->used] = '\0';
    }
}

static gc_status check_supported(const struct gc_keras_model *model) {
    struct sentence s = {.used = 0};
    name_lacking(&s, model);
    if (s.count == 0)
        return GC_OK;
    char more[32] = "";
    if (s.left_out > 0)
        snprintf(more, sizeof more, " and %d more", (int)s.left_out);
    return gc_fail(GC_UNSUPPORTED_LAYER, "%d layer%s not supported: %s%s%s", (int)s.count,
                   s.count == 1 ? " is" : "s are", s.text, more,
                   s.has_code
                       ? ". A Lambda layer holds Python code, which is never run: put what it "
                         "does into layers of Keras, or before the model"
                       : "");
}

/* ---- The whole ---- */

static gc_status fail_ends(const char *name, int32_t count, const char *what) {
    return gc_fail(
        GC_UNSUPPORTED_LAYER,
        "model '%s' has %d %s; a model with one picture in and one list of scores out can be "
        "explained: cut that part out with keras.Model(inputs, outputs) and save it",
        name, (int)count, what);
}

/* The shape of the picture, from the configuration: (batch, height, width, channels). */
static gc_status set_input(struct gc_graph *graph, const struct gc_keras_model *model) {
    yyjson_val *list = gc_keras_input_shape(model);
    if (list == NULL)
        return gc_fail(GC_INVALID_MODEL,
                       "model '%s' says nowhere what goes in: build it with its input shape before "
                       "saving",
                       model->name);
    gc_shape shape = {.rank = 3};
    bool good = yyjson_arr_size(list) == 4;
    for (int32_t i = 0; good && i < 3; i++) {
        yyjson_val *side = yyjson_arr_get(list, (size_t)i + 1);
        const bool open = yyjson_is_null(side) && i < 2;
        good = open || (yyjson_is_uint(side) && yyjson_get_uint(side) > 0 &&
                        yyjson_get_uint(side) <= INT32_MAX);
        shape.dims[i] = open ? 0 : (int32_t)yyjson_get_uint(side);
    }
    if (!good)
        return gc_fail(GC_INVALID_MODEL,
                       "the input of model '%s' is no picture: its shape should be (batch, height, "
                       "width, channels)",
                       model->name);
    return gc_graph_set_input(graph, &shape);
}

static gc_status build(struct builder *b, const struct gc_keras_model *model) {
    struct gc_graph *graph = b->graph;
    b->keras_2 = gc_keras_is_2(model);
    graph->name = gc_copy_text(model->name, strlen(model->name));
    if (graph->name == NULL)
        return out_of_memory();
    if (model->input_count != 1)
        return fail_ends(model->name, model->input_count, "inputs");
    if (model->output_count != 1)
        return fail_ends(model->name, model->output_count, "outputs");
    GC_TRY(set_input(graph, model));
    const struct result input = {.value = 0, .layer = GC_NONE};
    struct result output;
    GC_TRY(build_model(b, model, 0, &input, &output));
    GC_TRY(check_supported(model));
    graph->output = output.value;
    return order_weights(b, model);
}

/* ---- The JSON text ---- */

static void *json_allocate(void *context, size_t size) {
    (void)context;
    return gc_allocate(size, 1);
}

static void *json_reallocate(void *context, void *memory, size_t old_size, size_t size) {
    (void)context;
    void *larger = gc_allocate(size, 1);
    if (larger == NULL)
        return NULL;
    memcpy(larger, memory, old_size < size ? old_size : size);
    gc_release(memory);
    return larger;
}

static void json_release(void *context, void *memory) {
    (void)context;
    gc_release(memory);
}

static gc_status import_text(struct gc_graph *graph, const char *text, size_t length,
                             int unwrapped);

/* The configuration itself may lie deeper: TensorFlow.js has {"modelTopology": {"model_config": ...}},
 * and what stands there may be text once more. */
static gc_status import_value(struct gc_graph *graph, yyjson_val *root, int unwrapped) {
    static const char *const wrappers[] = {"modelTopology", "model_config"};
    for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++) {
        yyjson_val *inner = yyjson_obj_get(root, wrappers[i]);
        if (inner != NULL && !yyjson_is_null(inner))
            root = inner;
    }
    if (yyjson_is_str(root) && unwrapped == 0)
        return import_text(graph, yyjson_get_str(root), yyjson_get_len(root), unwrapped + 1);
    struct gc_pool pool = {0};
    struct gc_keras_model *model;
    gc_status status = gc_keras_read(&model, &pool, root);
    struct builder builder = {.graph = graph, .pool = &pool};
    if (status == GC_OK)
        status = build(&builder, model);
    gc_pool_free(&pool);
    return status;
}

static gc_status import_text(struct gc_graph *graph, const char *text, size_t length,
                             int unwrapped) {
    if (length > GC_MAX_CONFIG_BYTES)
        return gc_fail(GC_TOO_LARGE, "the configuration has %zu bytes; %d are allowed", length,
                       GC_MAX_CONFIG_BYTES);
    const yyjson_alc memory = {json_allocate, json_reallocate, json_release, NULL};
    yyjson_read_err error;
    yyjson_doc *document = yyjson_read_opts((char *)(uintptr_t)text, length,
                                            YYJSON_READ_ALLOW_INF_AND_NAN, &memory, &error);
    if (document == NULL && error.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION)
        return gc_fail_memory(length, "reading the configuration");
    if (document == NULL)
        return gc_fail(GC_INVALID_MODEL, "the configuration is not JSON: %s at byte %zu", error.msg,
                       error.pos);
    const gc_status status = import_value(graph, yyjson_doc_get_root(document), unwrapped);
    yyjson_doc_free(document);
    return status;
}

gc_status gc_keras_import(struct gc_graph *graph, const char *config, size_t length) {
    return import_text(graph, config, length, 0);
}
