/* Building goes through the calls of a configuration in their order. They become layers, nodes and
 * weights of the graph. */
#include "keras/build.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "keras/function.h"
#include "keras/input.h"
#include "keras/lowering.h"

/* The result of a call is a value of the graph and the layer of the graph that gives it. */
struct result {
    int32_t value;          /* GC_NONE if unknown, because an earlier layer is not supported */
    int32_t layer;          /* GC_NONE for the input of the outermost Sequential */
    const int32_t *outputs; /* [output_count], NULL for a layer with one output */
    int32_t output_count;
};

struct builder {
    struct gc_graph *graph;
    struct gc_pool *pool;
    bool keras_2;
};

/* Adds the layer to the sentence of a failure. */
static gc_status in_layer(gc_status status, const struct gc_keras_layer *layer) {
    if (status == GC_OK)
        return GC_OK;
    char sentence[512];
    snprintf(sentence, sizeof sentence, "%s", gc_error());
    return gc_fail(status, "layer '%s': %s", layer->path, sentence);
}

/* ---- Layers ---- */

/* A layer without operators is the identity. A view of its input gives it a value. */
static gc_status add_identity(struct gc_build *build) {
    const struct gc_reshape_params params = {.shape = {.rank = -1}};
    return gc_build_op(build, &gc_op_reshape, &params, sizeof params, NULL);
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
    gc_function_read_call(build);
    GC_TRY(gc_build_check_options(build));
    GC_TRY(build->layer->lowering->lower(build));
    return build->unknown || build->value != GC_NONE ? GC_OK : add_identity(build);
}

/* Adds a call of a layer to the graph. The path of a later call ends in its number. */
static gc_status add_layer(const struct builder *b, int32_t *index,
                           const struct gc_keras_layer *layer, uint64_t number,
                           const int32_t *inputs, int32_t input_count) {
    const size_t bytes = strlen(layer->path) + 24;
    char *path = gc_pool_allocate(b->pool, bytes, 1);
    if (path == NULL)
        return gc_pool_fail();
    if (number == 0)
        snprintf(path, bytes, "%s", layer->path);
    else
        snprintf(path, bytes, "%s@%llu", layer->path, (unsigned long long)number);
    return gc_graph_add_layer(b->graph, index, path, layer->type, GC_NONE, inputs, input_count);
}

static gc_status build_model(const struct builder *b, const struct gc_keras_model *model,
                             uint64_t number, const struct result *inputs, struct result *output);

/* The inputs of a layer are values, and the layers that give them. */
struct sources {
    int32_t *values, *layers; /* [count], [layer_count] */
    int32_t count, layer_count;
    bool unknown;
};

/* Finds the value of input number `i` of a call. */
static gc_status find_source(int32_t *value, const struct gc_keras_call *call, int32_t i,
                             const struct result *from) {
    const int32_t output = call->outputs == NULL ? 0 : call->outputs[i];
    *value = from->value;
    if (from->value == GC_NONE || (from->outputs == NULL && output == 0))
        return GC_OK;
    if (output >= from->output_count)
        return gc_fail(GC_INVALID_MODEL, "a layer takes output %d of a layer with %d outputs",
                       (int)output, (int)from->output_count);
    *value = from->outputs[output];
    return GC_OK;
}

static gc_status gather(const struct builder *b, struct sources *sources,
                        const struct gc_keras_call *call, const struct result *results) {
    const size_t count = (size_t)call->input_count;
    *sources = (struct sources){.count = call->input_count};
    sources->values = gc_pool_allocate(b->pool, count, sizeof *sources->values);
    sources->layers = gc_pool_allocate(b->pool, count, sizeof *sources->layers);
    if (sources->values == NULL || sources->layers == NULL)
        return gc_pool_fail();
    for (int32_t i = 0; i < call->input_count; i++) {
        const struct result *from = &results[call->inputs[i]];
        GC_TRY(find_source(&sources->values[i], call, i, from));
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
                             .part_path = "",
                             .part_store = "",
                             .unknown = sources->unknown};
    GC_TRY(add_layer(b, &build.layer_index, layer, number, sources->layers, sources->layer_count));
    GC_TRY(in_layer(lower(&build), layer));
    output->value = build.unknown ? GC_NONE : build.value;
    output->outputs = build.outputs;
    output->output_count = build.output_count;
    output->layer = build.layer_index;
    struct gc_layer *entry = &b->graph->layers[build.layer_index];
    entry->value = output->value;
    entry->is_function = layer->is_function;
    entry->params = layer->params;
    entry->trainable_params = layer->trainable_params;
    return GC_OK;
}

/* Keras 2 writes the keyword arguments of a call, and its predict() obeys training=True. The layer
 * then uses the statistics of the batch, or chance. Keras 3 overrules the argument. */
static gc_status check_training(const struct gc_keras_layer *layer,
                                const struct gc_keras_call *call) {
    yyjson_val *node = call->node;
    if (yyjson_is_arr(yyjson_arr_get_first(node)))
        node = yyjson_arr_get_first(node);
    if (!yyjson_is_true(yyjson_obj_get(yyjson_arr_get(node, 3), "training")))
        return GC_OK;
    return gc_fail(
        GC_UNSUPPORTED_LAYER,
        "layer '%s' is called with training=True, so that predictions depend on the batch "
        "or on chance. Call it with training=False and save the model again",
        layer->path);
}

/* Adds up the params of a nested model. A layer that is called twice counts once. */
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
        return gc_pool_fail();
    for (int32_t i = 0; i < call->input_count; i++)
        inputs[i] =
            (struct result){.value = sources->values[i], .layer = results[call->inputs[i]].layer};
    GC_TRY(build_model(b, layer->model, number, inputs, output));
    int32_t index;
    GC_TRY(add_layer(b, &index, layer, number, sources->layers, sources->layer_count));
    for (int32_t i = first; i < index; i++)
        if (graph->layers[i].parent == GC_NONE)
            graph->layers[i].parent = index;
    output->layer = index;
    struct gc_layer *entry = &graph->layers[index];
    entry->is_model = true;
    entry->value = output->value;
    sum_params(layer->model, &entry->params, &entry->trainable_params);
    return GC_OK;
}

/* Builds an input of a model. An InputLayer of a Functional model is a layer of the graph, too. */
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
    GC_TRY(add_layer(b, &output->layer, layer, number, NULL, 0));
    b->graph->layers[output->layer].value = output->value;
    return GC_OK;
}

/* Builds one call of a model.
 *   number   number of the call, from 0, counted over all calls of the models around it
 *   inputs   [model->input_count] */
static gc_status build_model(const struct builder *b, const struct gc_keras_model *model,
                             uint64_t number, const struct result *inputs, struct result *output) {
    struct result *results = gc_pool_allocate(b->pool, (size_t)model->call_count, sizeof *results);
    if (results == NULL)
        return gc_pool_fail();
    for (int32_t i = 0; i < model->call_count; i++) {
        const int32_t c = model->order[i];
        const struct gc_keras_call *call = &model->calls[c];
        struct gc_keras_layer *layer = call->layer == GC_NONE ? NULL : &model->layers[call->layer];
        if (layer == NULL || layer->is_input) {
            GC_TRY(build_input(b, model, c, number, inputs, &results[c]));
            continue;
        }
        struct sources sources;
        GC_TRY(check_training(layer, call));
        GC_TRY(gather(b, &sources, call, results));
        const uint64_t own =
            number * (uint64_t)layer->call_count + (uint64_t)(c - layer->first_call);
        if (layer->model == NULL)
            GC_TRY(build_layer(b, layer, call, own, &sources, &results[c]));
        else
            GC_TRY(build_nested(b, layer, call, own, &sources, results, &results[c]));
    }
    const struct result *last = &results[model->outputs[0]];
    *output = (struct result){.value = last->value, .layer = last->layer};
    if (last->value != GC_NONE && last->outputs != NULL)
        output->value = last->outputs[0];
    return GC_OK;
}

/* ---- The order of the weights ---- */

/* Writes the final index of each weight. Weights are built in the order of the calls. Files list
 * them in the order of the configuration. */
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
        return gc_pool_fail();
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

/* ---- The whole ---- */

static gc_status fail_ends(const char *name, int32_t count, const char *what) {
    return gc_fail(
        GC_UNSUPPORTED_LAYER,
        "model '%s' has %d %s. Only a model with one picture as input and one list of scores as "
        "output can be explained. Make one of its layers with keras.Model(inputs, outputs)",
        name, (int)count, what);
}

gc_status gc_keras_build(struct gc_graph *graph, const struct gc_keras_model *model,
                         struct gc_pool *pool) {
    const struct builder builder = {.graph = graph, .pool = pool, .keras_2 = gc_keras_is_2(model)};
    graph->name = gc_copy_text(model->name, strlen(model->name));
    if (graph->name == NULL)
        return gc_pool_fail();
    if (model->input_count != 1)
        return fail_ends(model->name, model->input_count, "inputs");
    if (model->output_count != 1)
        return fail_ends(model->name, model->output_count, "outputs");
    gc_shape shape;
    GC_TRY(gc_keras_input_shape(model, &shape));
    GC_TRY(gc_graph_set_input(graph, &shape));
    const struct result input = {.value = 0, .layer = GC_NONE};
    struct result output;
    GC_TRY(build_model(&builder, model, 0, &input, &output));
    graph->output = output.value;
    return order_weights(&builder, model);
}
