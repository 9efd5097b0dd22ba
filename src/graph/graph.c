#include "graph/graph.h"

#include <string.h>

#include "base/memory.h"

/* Grows one of the graph's arrays by one element. False if out of memory. */
#define GROW(graph, what)                                                                          \
    grow((void **)&(graph)->what##s, (graph)->what##_count, &(graph)->what##_capacity,             \
         sizeof *(graph)->what##s)

static bool grow(void **array, int32_t count, size_t *capacity, size_t size) {
    void *larger = gc_grow(*array, (size_t)count, capacity, size);
    if (larger != NULL)
        *array = larger;
    return larger != NULL;
}

static gc_status out_of_memory(void) {
    return gc_fail(GC_OUT_OF_MEMORY, "out of memory while building the layer graph");
}

static gc_status add_value(struct gc_graph *graph, const gc_shape *shape, int32_t producer) {
    if (gc_shape_count(shape) == 0) {
        char text[GC_SHAPE_TEXT];
        return gc_fail(GC_TOO_LARGE, "a tensor of shape %s is empty or larger than %d bytes",
                       gc_shape_text(text, shape), GC_MAX_TENSOR_BYTES);
    }
    if (!GROW(graph, value))
        return out_of_memory();
    graph->values[graph->value_count++] = (struct gc_value){.shape = *shape, .producer = producer};
    return GC_OK;
}

/* Adds the name of a value that goes in or comes out. */
static gc_status name_end(struct gc_end *end, const char *name, int32_t value) {
    *end = (struct gc_end){gc_copy_text(name, strlen(name)), value};
    return end->name == NULL ? out_of_memory() : GC_OK;
}

gc_status gc_graph_add_head(struct gc_graph *graph, const char *name, int32_t value) {
    if (!GROW(graph, head))
        return out_of_memory();
    GC_TRY(name_end(&graph->heads[graph->head_count], name, value));
    graph->head_count++;
    return GC_OK;
}

static gc_status name_input(struct gc_graph *graph, const char *name) {
    if (!GROW(graph, input))
        return out_of_memory();
    GC_TRY(name_end(&graph->inputs[graph->input_count], name, graph->input_count));
    graph->input_count++;
    return GC_OK;
}

gc_status gc_graph_add_input(struct gc_graph *graph, const char *name, const gc_shape *shape) {
    if (graph->value_count > graph->input_count)
        return gc_fail(GC_INVALID_MODEL, "inputs come before all other values");
    gc_shape known = *shape;
    const bool is_picture = graph->value_count == 0;
    const bool open_height = is_picture && shape->rank == 3 && shape->dims[0] == 0;
    const bool open_width = is_picture && shape->rank == 3 && shape->dims[1] == 0;
    if (open_height)
        known.dims[0] = GC_OPEN_SIDE;
    if (open_width)
        known.dims[1] = GC_OPEN_SIDE;
    GC_TRY(add_value(graph, &known, GC_NONE));
    graph->open_height |= open_height;
    graph->open_width |= open_width;
    return name_input(graph, name);
}

gc_status gc_graph_add_weight(struct gc_graph *graph, int32_t *index, const char *path,
                              const char *store, const gc_shape *shape) {
    if (gc_shape_count(shape) == 0)
        return gc_fail(GC_TOO_LARGE, "weight '%s' is empty or larger than %d bytes", path,
                       GC_MAX_TENSOR_BYTES);
    if (!GROW(graph, weight))
        return out_of_memory();
    struct gc_weight weight = {.shape = *shape};
    weight.path = gc_copy_text(path, strlen(path));
    weight.store = gc_copy_text(store, strlen(store));
    if (weight.path == NULL || weight.store == NULL) {
        gc_release(weight.path);
        gc_release(weight.store);
        return out_of_memory();
    }
    *index = graph->weight_count;
    graph->weights[graph->weight_count++] = weight;
    return GC_OK;
}

static gc_status output_shape(const struct gc_graph *graph, gc_shape *out, const struct gc_op *op,
                              const void *params, const int32_t *inputs, int32_t input_count) {
    gc_shape few[8] = {{0}};
    gc_shape *in = input_count <= 8 ? few : gc_allocate((size_t)input_count, sizeof *in);
    if (in == NULL)
        return out_of_memory();
    for (int32_t i = 0; i < input_count; i++)
        in[i] = graph->values[inputs[i]].shape;
    const gc_status status = op->shape(out, in, input_count, params);
    if (in != few)
        gc_release(in);
    return status;
}

gc_status gc_graph_add_node(struct gc_graph *graph, int32_t *output, const struct gc_op *op,
                            const void *params, size_t params_size, const int32_t *inputs,
                            int32_t input_count, int32_t layer) {
    gc_shape shape;
    GC_TRY(output_shape(graph, &shape, op, params, inputs, input_count));
    if (!GROW(graph, node))
        return out_of_memory();
    struct gc_node node = {.op = op, .input_count = input_count, .layer = layer};
    node.params = gc_allocate(1, params_size);
    node.inputs = gc_allocate((size_t)input_count, sizeof *node.inputs);
    gc_status status = node.params == NULL || node.inputs == NULL
                           ? out_of_memory()
                           : add_value(graph, &shape, graph->node_count);
    if (status != GC_OK) {
        gc_release(node.params);
        gc_release(node.inputs);
        return status;
    }
    if (params_size > 0)
        memcpy(node.params, params, params_size);
    memcpy(node.inputs, inputs, (size_t)input_count * sizeof *inputs);
    for (int32_t i = 0; i < input_count; i++)
        graph->values[inputs[i]].consumers++;
    for (int32_t slot = 0; slot < GC_MAX_WEIGHTS; slot++)
        node.weights[slot] = GC_NONE;
    node.output = *output = graph->value_count - 1;
    graph->nodes[graph->node_count++] = node;
    return GC_OK;
}

void gc_graph_give_weight(struct gc_graph *graph, int32_t node, int32_t slot, int32_t weight) {
    graph->nodes[node].weights[slot] = weight;
    graph->weights[weight].array.readers++;
}

gc_status gc_graph_add_layer(struct gc_graph *graph, int32_t *index, const char *path,
                             const char *type, int32_t parent, const int32_t *inputs,
                             int32_t input_count) {
    if (graph->layer_count >= GC_MAX_LAYERS)
        return gc_fail(GC_TOO_LARGE, "the model has more than %d layers", GC_MAX_LAYERS);
    if (!GROW(graph, layer))
        return out_of_memory();
    struct gc_layer layer = {.value = GC_NONE, .parent = parent, .input_count = input_count};
    layer.path = gc_copy_text(path, strlen(path));
    layer.type = gc_copy_text(type, strlen(type));
    layer.inputs = gc_allocate((size_t)input_count, sizeof *layer.inputs);
    if (layer.path == NULL || layer.type == NULL || layer.inputs == NULL) {
        gc_release(layer.path);
        gc_release(layer.type);
        gc_release(layer.inputs);
        return out_of_memory();
    }
    if (input_count > 0)
        memcpy(layer.inputs, inputs, (size_t)input_count * sizeof *inputs);
    *index = graph->layer_count;
    graph->layers[graph->layer_count++] = layer;
    return GC_OK;
}

static gc_status infer_shapes(struct gc_graph *graph) {
    for (int32_t i = 0; i < graph->node_count; i++) {
        const struct gc_node *node = &graph->nodes[i];
        gc_shape *shape = &graph->values[node->output].shape;
        GC_TRY(output_shape(graph, shape, node->op, node->params, node->inputs, node->input_count));
        if (gc_shape_count(shape) == 0)
            return gc_fail(GC_TOO_LARGE, "layer '%s' gives a tensor that is too large",
                           graph->layers[node->layer].path);
    }
    return GC_OK;
}

/* A weight's shape must not depend on the input's size: Dense after Flatten, for instance, fits
 * one. */
static gc_status check_weights(const struct gc_graph *graph) {
    for (int32_t i = 0; i < graph->node_count; i++) {
        const struct gc_node *node = &graph->nodes[i];
        for (int32_t slot = 0; slot < GC_MAX_WEIGHTS; slot++) {
            if (node->weights[slot] == GC_NONE)
                continue;
            const gc_shape *in = &graph->values[node->inputs[0]].shape;
            const gc_shape wanted = node->op->weight(slot, in, node->params);
            if (!gc_shape_equal(&wanted, &graph->weights[node->weights[slot]].shape))
                return gc_fail(GC_INVALID_ARGUMENT,
                               "the weights of layer '%s' are made for an input of another size",
                               graph->layers[node->layer].path);
        }
    }
    return GC_OK;
}

gc_status gc_graph_resize(struct gc_graph *graph, int32_t height, int32_t width) {
    gc_shape *input = &graph->values[0].shape;
    if (input->rank != 3)
        return GC_OK;
    const int32_t old_height = input->dims[0], old_width = input->dims[1];
    if (old_height == height && old_width == width)
        return GC_OK;
    input->dims[0] = height;
    input->dims[1] = width;
    gc_status status = gc_shape_count(input) == 0
                           ? gc_fail(GC_TOO_LARGE, "an input of %d x %d is empty or too large",
                                     (int)height, (int)width)
                           : infer_shapes(graph);
    if (status == GC_OK)
        status = check_weights(graph);
    if (status != GC_OK) { /* infer_shapes cannot fail for the size before, which was good */
        input->dims[0] = old_height;
        input->dims[1] = old_width;
        for (int32_t i = 0; i < graph->node_count; i++) {
            const struct gc_node *node = &graph->nodes[i];
            output_shape(graph, &graph->values[node->output].shape, node->op, node->params,
                         node->inputs, node->input_count);
        }
    }
    return status;
}

static void free_ends(struct gc_end *ends, int32_t count) {
    for (int32_t i = 0; i < count; i++)
        gc_release(ends[i].name);
    gc_release(ends);
}

void gc_graph_free(struct gc_graph *graph) {
    for (int32_t i = 0; i < graph->node_count; i++) {
        gc_release(graph->nodes[i].params);
        gc_release(graph->nodes[i].inputs);
    }
    for (int32_t i = 0; i < graph->weight_count; i++) {
        gc_release(graph->weights[i].path);
        gc_release(graph->weights[i].store);
        gc_release(graph->weights[i].array.values);
        gc_release(graph->weights[i].array.panels);
    }
    for (int32_t i = 0; i < graph->layer_count; i++) {
        gc_release(graph->layers[i].path);
        gc_release(graph->layers[i].type);
        gc_release(graph->layers[i].inputs);
    }
    free_ends(graph->inputs, graph->input_count);
    free_ends(graph->heads, graph->head_count);
    gc_release(graph->names.entries);
    gc_release(graph->name);
    gc_release(graph->values);
    gc_release(graph->nodes);
    gc_release(graph->weights);
    gc_release(graph->layers);
    *graph = (struct gc_graph){0};
}
