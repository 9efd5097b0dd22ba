/* Fusion finds the chains [zero padding] head [affine] [clamp] that run as one step. The operators'
 * records tell what a head takes and what the others are. Nothing here knows an operator by name.
 * */
#include "engine/fuse.h"

#include <math.h>

#include "base/memory.h"

struct fusion {
    const struct gc_graph *graph;
    int32_t *consumer; /* [value_count], the last node that takes a value */
    bool *taken;       /* [node_count], whether the node belongs to a group already */
};

/* Whether only one input of one node reads the value, so that it need not be computed. */
static bool is_private(const struct fusion *fusion, int32_t value) {
    return fusion->graph->values[value].consumers == 1 && value != fusion->graph->output;
}

static bool is_affine(const struct gc_graph *graph, const struct gc_node *node) {
    const struct gc_step step = {
        .params = node->params, .in = &graph->values[node->inputs[0]].shape, .out = *step.in};
    return node->op->affine != NULL && node->op->affine(&step, NULL, NULL);
}

static bool is_clamp(const struct gc_node *node) {
    gc_real low, high;
    return node->op->clamp != NULL && node->op->clamp(node->params, &low, &high);
}

static bool is_padding(const struct gc_node *node) {
    struct gc_padding padding;
    return node->op->padding != NULL && node->op->padding(node->params, &padding);
}

/* The node that alone takes the output of the group so far, or GC_NONE. */
static int32_t next_node(const struct fusion *fusion, const struct gc_group *group) {
    const int32_t last = group->nodes[group->node_count - 1];
    const int32_t value = fusion->graph->nodes[last].output;
    return is_private(fusion, value) ? fusion->consumer[value] : GC_NONE;
}

static void take(const struct fusion *fusion, struct gc_group *group, int32_t node) {
    group->nodes[group->node_count++] = node;
    fusion->taken[node] = true;
}

static void take_padding(const struct fusion *fusion, struct gc_group *group,
                         const struct gc_node *head) {
    const int32_t producer = fusion->graph->values[head->inputs[0]].producer;
    if (head->op->takes_padding != NULL && head->op->takes_padding(head->params) &&
        producer != GC_NONE && !fusion->taken[producer] && is_private(fusion, head->inputs[0]) &&
        is_padding(&fusion->graph->nodes[producer]))
        take(fusion, group, producer);
}

static void fuse_around(const struct fusion *fusion, struct gc_group *group, int32_t head) {
    const struct gc_node *nodes = fusion->graph->nodes;
    const struct gc_op *op = nodes[head].op;
    take_padding(fusion, group, &nodes[head]);
    take(fusion, group, head);
    int32_t next = next_node(fusion, group);
    if (op->takes_affine && next != GC_NONE && is_affine(fusion->graph, &nodes[next])) {
        take(fusion, group, next);
        next = next_node(fusion, group);
    }
    if (op->takes_clamp && next != GC_NONE && is_clamp(&nodes[next]))
        take(fusion, group, next);
}

static bool is_head(const struct gc_op *op) {
    return op->takes_padding != NULL || op->takes_affine || op->takes_clamp;
}

static void find_consumers(const struct fusion *fusion) {
    for (int32_t n = 0; n < fusion->graph->node_count; n++)
        for (int32_t i = 0; i < fusion->graph->nodes[n].input_count; i++)
            fusion->consumer[fusion->graph->nodes[n].inputs[i]] = n;
}

static void group_nodes(const struct fusion *fusion, struct gc_group *groups, bool fuse) {
    const struct gc_graph *graph = fusion->graph;
    if (fuse)
        for (int32_t n = 0; n < graph->node_count; n++)
            if (!fusion->taken[n] && is_head(graph->nodes[n].op))
                fuse_around(fusion, &groups[n], n);
    for (int32_t n = 0; n < graph->node_count; n++)
        if (!fusion->taken[n])
            take(fusion, &groups[n], n);
}

gc_status gc_fuse(const struct gc_graph *graph, bool fuse, struct gc_group *groups,
                  int32_t *group_count) {
    struct fusion fusion = {
        .graph = graph,
        .consumer = gc_allocate((size_t)graph->value_count, sizeof(int32_t)),
        .taken = gc_allocate((size_t)graph->node_count, sizeof(bool)),
    };
    const bool ready = fusion.consumer != NULL && fusion.taken != NULL;
    if (ready) {
        find_consumers(&fusion);
        group_nodes(&fusion, groups, fuse);
        *group_count = 0;
        for (int32_t n = 0; n < graph->node_count; n++)
            if (groups[n].node_count > 0)
                groups[(*group_count)++] = groups[n];
    }
    gc_release(fusion.consumer);
    gc_release(fusion.taken);
    return ready ? GC_OK : gc_fail(GC_OUT_OF_MEMORY, "out of memory while planning");
}
