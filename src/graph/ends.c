#include "graph/ends.h"

/* ---- The picture ---- */

/* A last axis up to here holds channels, not columns. */
#define MAX_CHANNELS 4

/* Whether the output holds the input's values one by one, perhaps in another shape. */
static bool keeps_values(const struct gc_op *op) { return op->is_view || op->affine != NULL; }

static bool is_picture(const gc_shape *shape) {
    if (shape->rank == 3)
        return shape->dims[2] == 1 || shape->dims[2] == 3;
    return shape->rank == 2 && shape->dims[0] > 1 && shape->dims[1] > MAX_CHANNELS;
}

static gc_shape with_channels(const gc_shape *shape) {
    return (gc_shape){3, {shape->dims[0], shape->dims[1], shape->rank == 3 ? shape->dims[2] : 1}};
}

gc_shape gc_graph_picture(const struct gc_graph *graph) {
    const gc_shape *input = &graph->values[0].shape;
    if (input->rank == 3)
        return *input;
    gc_shape picture = {0};
    if (is_picture(input))
        picture = with_channels(input);
    int32_t value = 0;
    for (int32_t i = 0; i < graph->node_count; i++) {
        const struct gc_node *node = &graph->nodes[i];
        if (node->inputs[0] != value)
            continue;
        if (!keeps_values(node->op))
            break;
        value = node->output;
        const gc_shape *shape = &graph->values[value].shape;
        if (is_picture(shape))
            picture = with_channels(shape);
        if (shape->rank == 3)
            break;
    }
    return picture;
}

/* ---- Heads ---- */

/* Marks the values that lead to the output. */
static void mark_leading(struct gc_graph *graph) {
    struct gc_value *values = graph->values;
    for (int32_t v = 0; v < graph->value_count; v++)
        values[v].leads = v == graph->output;
    for (int32_t n = graph->node_count - 1; n >= 0; n--) {
        const struct gc_node *node = &graph->nodes[n];
        for (int32_t i = 0; i < node->input_count && values[node->output].leads; i++)
            values[node->inputs[i]].leads = true;
    }
}

/* Marks those that also depend on the picture. What does not lead to the output takes no part. */
static void mark_between(struct gc_graph *graph) {
    struct gc_value *values = graph->values;
    for (int32_t v = 0; v < graph->input_count; v++)
        values[v].is_between = v == 0 && values[v].leads;
    for (int32_t n = 0; n < graph->node_count; n++) {
        const struct gc_node *node = &graph->nodes[n];
        bool any = false;
        for (int32_t i = 0; i < node->input_count; i++)
            any |= values[node->inputs[i]].is_between;
        values[node->output].is_between = any && values[node->output].leads;
    }
}

void gc_graph_select_head(struct gc_graph *graph, int32_t head) {
    graph->head = head;
    graph->output = graph->heads[head].value;
    mark_leading(graph);
    mark_between(graph);
}

static int32_t logits_of(const struct gc_graph *graph, int32_t output) {
    for (int32_t value = output; graph->values[value].producer != GC_NONE;) {
        const struct gc_node *node = &graph->nodes[graph->values[value].producer];
        if (node->op->is_class_activation)
            return node->inputs[0];
        if (!node->op->is_view)
            break;
        value = node->inputs[0];
    }
    return output;
}

int32_t gc_graph_logits(const struct gc_graph *graph) { return logits_of(graph, graph->output); }

/* How well a head fits a classifier. */
static int32_t rate(const struct gc_graph *graph, int32_t value) {
    const gc_shape *shape = &graph->values[value].shape;
    const bool is_list = shape->rank == 1 && shape->dims[0] > 1;
    return (is_list ? 2 : 0) + (logits_of(graph, value) != value ? 1 : 0);
}

int32_t gc_graph_default_head(const struct gc_graph *graph) {
    int32_t best = 0;
    for (int32_t i = 1; i < graph->head_count; i++)
        if (rate(graph, graph->heads[i].value) > rate(graph, graph->heads[best].value))
            best = i;
    return best;
}

/* ---- Layers ---- */

int32_t gc_graph_default_layer(const struct gc_graph *graph) {
    int32_t other = GC_NONE; /* the last that does not lie between the picture and the output */
    for (int32_t i = graph->layer_count - 1; i >= 0; i--) {
        const struct gc_layer *layer = &graph->layers[i];
        const struct gc_value *value = &graph->values[layer->value];
        if (layer->is_model || layer->is_function || value->shape.rank != 3 ||
            value->shape.dims[0] * (int64_t)value->shape.dims[1] <= 1)
            continue;
        if (value->is_between)
            return i;
        if (other == GC_NONE)
            other = i;
    }
    return other;
}

/* ---- ReLUs ---- */

bool gc_graph_is_relu(const struct gc_node *node) {
    gc_real low, high;
    return node->op->clamp != NULL && node->op->clamp(node->params, &low, &high) && low == 0;
}
