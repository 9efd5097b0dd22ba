/* Building goes through the calls of a configuration in their order. They become layers, nodes and
 * weights of the graph. */
#include "keras/build.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "graph/ends.h"
#include "keras/function.h"
#include "keras/input.h"
#include "keras/layout.h"
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
    const struct gc_lowering *lowering = build->layer->lowering;
    const int32_t *inputs = build->inputs, count = build->input_count;
    if (lowering == NULL) {
        build->unknown = true;
        return GC_OK;
    }
    const bool takes_many = lowering->kind == GC_MERGE || lowering->kind == GC_MERGE_ANY_AXES;
    if (count != 1 && !takes_many && gc_function_is_tensorflow(build->layer->type))
        return gc_build_lacks(build, "an argument that another layer computes");
    if (count != 1 && !takes_many)
        return gc_fail(GC_INVALID_MODEL, "it takes one input and is given %d", (int)count);
    if (count == 0)
        return gc_fail(GC_INVALID_MODEL, "it is given no input");
    gc_function_read_call(build);
    GC_TRY(gc_build_check_options(build));
    GC_TRY(gc_layout_start(build, lowering));
    GC_TRY(lowering->lower(build));
    if (!build->unknown && build->value == GC_NONE)
        GC_TRY(add_identity(build));
    return gc_layout_end(build, inputs, count);
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

/* Which output of its layer is the model's output number `i`? */
static int32_t output_number(const struct gc_keras_model *model, int32_t i) {
    return model->output_numbers == NULL ? 0 : model->output_numbers[i];
}

/* Finds the value of output number `output` of a call. */
static gc_status find_output(int32_t *value, int32_t output, const struct result *from) {
    *value = from->value;
    const bool is_unknown = from->value == GC_NONE && from->outputs == NULL;
    if (is_unknown || (from->outputs == NULL && output == 0))
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
        const int32_t output = call->outputs == NULL ? 0 : call->outputs[i];
        GC_TRY(find_output(&sources->values[i], output, from));
        if (sources->values[i] == GC_NONE)
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

/* Makes one result of the outputs of a model. */
static gc_status collect_outputs(const struct builder *b, const struct gc_keras_model *model,
                                 const struct result *results, struct result *output) {
    const size_t count = (size_t)model->output_count;
    int32_t *values = gc_pool_allocate(b->pool, count, sizeof *values);
    if (values == NULL)
        return gc_pool_fail();
    for (int32_t i = 0; i < model->output_count; i++)
        GC_TRY(find_output(&values[i], output_number(model, i), &results[model->outputs[i]]));
    *output = (struct result){.value = values[0],
                              .layer = results[model->outputs[0]].layer,
                              .outputs = values,
                              .output_count = model->output_count};
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
    return collect_outputs(b, model, results, output);
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

/* The key of an output in a dictionary. NULL if the configuration has a list of outputs. */
static const char *find_key(const struct gc_keras_model *model, int32_t index) {
    yyjson_val *outputs = gc_field(&model->fields, "output_layers");
    if (!yyjson_is_obj(outputs) || yyjson_obj_size(outputs) != (size_t)model->output_count)
        return NULL;
    yyjson_obj_iter iter = yyjson_obj_iter_with(outputs);
    yyjson_val *key = NULL;
    for (int32_t i = 0; i <= index; i++)
        key = yyjson_obj_iter_next(&iter);
    return gc_json_text(key);
}

/* Writes the path of the layer that gives an output of the outermost model. As in the names of
 * layers, "@1" is a second call. ":1" is the second output of a layer with several. */
static void name_output(char *name, size_t size, const struct gc_keras_model *model, int32_t i) {
    const int32_t call = model->outputs[i], number = output_number(model, i);
    if (model->calls[call].layer == GC_NONE) {
        snprintf(name, size, "%s", model->name);
        return;
    }
    const struct gc_keras_layer *layer = &model->layers[model->calls[call].layer];
    int used = snprintf(name, size, "%s", layer->path);
    if (call > layer->first_call)
        used += snprintf(name + used, size - (size_t)used, "@%d", (int)(call - layer->first_call));
    if (number > 0)
        snprintf(name + used, size - (size_t)used, ":%d", (int)number);
}

/* Adds every output of the model as a head. A head is called by the key of its output in a
 * dictionary, or by the path of the layer that gives it. */
static gc_status add_heads(const struct builder *b, const struct gc_keras_model *model,
                           const struct result *output) {
    char name[GC_KERAS_MAX_PATH + 32];
    for (int32_t i = 0; i < model->output_count; i++) {
        const char *key = find_key(model, i);
        name_output(name, sizeof name, model, i);
        GC_TRY(gc_graph_add_head(b->graph, key == NULL ? name : key, output->outputs[i]));
    }
    return GC_OK;
}

static gc_status check_sides(const char *name, const gc_shape *shape) {
    char text[GC_SHAPE_TEXT];
    for (int32_t axis = 0; axis < shape->rank; axis++)
        if (shape->dims[axis] == 0)
            return gc_fail(GC_UNSUPPORTED_LAYER,
                           "input '%s' has the shape %s, where 0 is a side that is left open. Only "
                           "the first picture of a model may have open sides",
                           name, gc_shape_text(text, shape));
    return GC_OK;
}

/* The input that takes the picture. It is the first one with rows, columns and the channels of a
 * picture. Without one it is the first one with three axes, then with two axes, then the first. */
static int32_t find_picture(const gc_shape *shapes, int32_t count) {
    for (int32_t i = 0; i < count; i++)
        if (shapes[i].rank == 3 && (shapes[i].dims[2] == 1 || shapes[i].dims[2] == 3))
            return i;
    for (int32_t rank = 3; rank >= 2; rank--)
        for (int32_t i = 0; i < count; i++)
            if (shapes[i].rank == rank)
                return i;
    return 0;
}

static gc_status add_input(const struct builder *b, const struct gc_keras_model *model, int32_t i,
                           const gc_shape *shape, bool channels_first, struct result *input) {
    const int32_t layer = model->calls[model->inputs[i]].layer;
    const char *name = layer == GC_NONE ? model->name : model->layers[layer].path;
    *input = (struct result){.value = b->graph->value_count, .layer = GC_NONE};
    if (input->value > 0)
        GC_TRY(check_sides(name, shape));
    GC_TRY(gc_graph_add_input(b->graph, name, shape));
    b->graph->values[input->value].channels_first = channels_first;
    return GC_OK;
}

/* Adds the model's inputs to the graph, first the picture. */
static gc_status add_inputs(const struct builder *b, const struct gc_keras_model *model,
                            struct result **inputs) {
    const size_t count = (size_t)model->input_count;
    *inputs = gc_pool_allocate(b->pool, count, sizeof **inputs);
    gc_shape *shapes = gc_pool_allocate(b->pool, count, sizeof *shapes);
    bool *first = gc_pool_allocate(b->pool, count, sizeof *first);
    if (*inputs == NULL || shapes == NULL || first == NULL)
        return gc_pool_fail();
    for (int32_t i = 0; i < model->input_count; i++)
        GC_TRY(gc_keras_input_shape(model, i, &shapes[i], &first[i]));
    const int32_t picture = find_picture(shapes, model->input_count);
    GC_TRY(add_input(b, model, picture, &shapes[picture], first[picture], &(*inputs)[picture]));
    for (int32_t i = 0; i < model->input_count; i++)
        if (i != picture)
            GC_TRY(add_input(b, model, i, &shapes[i], first[i], &(*inputs)[i]));
    return GC_OK;
}

static bool is_known(const struct result *output) {
    for (int32_t i = 0; i < output->output_count; i++)
        if (output->outputs[i] == GC_NONE)
            return false;
    return true;
}

gc_status gc_keras_build(struct gc_graph *graph, const struct gc_keras_model *model,
                         struct gc_pool *pool) {
    const struct builder builder = {.graph = graph, .pool = pool, .keras_2 = gc_keras_is_2(model)};
    graph->name = gc_copy_text(model->name, strlen(model->name));
    if (graph->name == NULL)
        return gc_pool_fail();
    struct result *inputs, output;
    GC_TRY(add_inputs(&builder, model, &inputs));
    GC_TRY(build_model(&builder, model, 0, inputs, &output));
    graph->output = GC_NONE;
    if (is_known(&output)) {
        GC_TRY(add_heads(&builder, model, &output));
        gc_graph_select_head(graph, gc_graph_default_head(graph));
    }
    return order_weights(&builder, model);
}
