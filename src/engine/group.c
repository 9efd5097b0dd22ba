#include "engine/group.h"

#include <math.h>

#include "base/magnitude.h"
#include "base/memory.h"

int32_t gc_group_value(const struct gc_group *group, const struct gc_graph *graph, int32_t i) {
    return graph->nodes[group->nodes[i]].output;
}

bool gc_group_is_clamped(const struct gc_group *group) {
    return isfinite(group->step.min) || isfinite(group->step.max);
}

/* A step of one node by itself. `in` points to the shapes of its inputs. */
static struct gc_step node_step(const struct gc_graph *graph, int32_t index, const gc_shape *in) {
    const struct gc_node *node = &graph->nodes[index];
    struct gc_step step = {.op = node->op,
                           .params = node->params,
                           .input_count = node->input_count,
                           .in = in,
                           .out = graph->values[node->output].shape,
                           .min = -(gc_real)INFINITY,
                           .max = (gc_real)INFINITY};
    for (int32_t slot = 0; slot < GC_MAX_WEIGHTS; slot++)
        if (node->weights[slot] != GC_NONE)
            step.weights[slot] = graph->weights[node->weights[slot]].array.values;
    if (node->weights[0] != GC_NONE)
        step.kernel = &graph->weights[node->weights[0]].array;
    return step;
}

/* ---- The nodes as one step ---- */

/* Refuses coefficients that are no numbers, as those of a variance below zero.
 *   coefficients   [2][channels] */
static gc_status check_coefficients(const gc_real *coefficients, size_t channels,
                                    const char *path) {
    if (isfinite(gc_magnitude(coefficients, 2 * channels)))
        return GC_OK;
    return gc_fail(GC_INVALID_MODEL,
                   "layer '%.200s' scales by a number that is not finite: its variance plus "
                   "epsilon is not above 0, or its weights are too large",
                   path);
}

/* Folds an affine node into the group's step. */
static gc_status fold_affine(struct gc_group *group, const struct gc_step *affine,
                             const char *path) {
    const size_t channels = (size_t)gc_shape_channels(&group->step.out);
    group->coefficients = gc_allocate(channels * 2, sizeof *group->coefficients);
    if (group->coefficients == NULL)
        return gc_fail_memory(channels * 2 * sizeof *group->coefficients, "a layer's scale");
    affine->op->affine(affine, group->coefficients, group->coefficients + channels);
    GC_TRY(check_coefficients(group->coefficients, channels, path));
    group->largest_scale = gc_magnitude(group->coefficients, channels);
    group->largest_shift = gc_magnitude(group->coefficients + channels, channels);
    group->step.scale = group->coefficients;
    group->step.shift = group->coefficients + channels;
    return GC_OK;
}

/* Checks a head that is affine itself. */
static gc_status check_head(const struct gc_step *step, const char *path) {
    if (step->op->affine == NULL || !step->op->affine(step, NULL, NULL))
        return GC_OK;
    const size_t channels = (size_t)gc_shape_channels(&step->out);
    gc_real *coefficients = gc_allocate(channels * 2, sizeof *coefficients);
    if (coefficients == NULL)
        return gc_fail_memory(channels * 2 * sizeof *coefficients, "a layer's scale");
    step->op->affine(step, coefficients, coefficients + channels);
    const gc_status status = check_coefficients(coefficients, channels, path);
    gc_release(coefficients);
    return status;
}

/* Makes the group's step from its head and folds the other nodes in. */
static gc_status fuse_step(struct gc_group *group, const struct gc_graph *graph) {
    const struct gc_node *first = &graph->nodes[group->nodes[0]];
    struct gc_padding padding = {0};
    const bool is_padded = group->node_count > 1 && first->op->padding != NULL &&
                           first->op->padding(first->params, &padding);
    group->head = is_padded ? 1 : 0;
    group->step = node_step(graph, group->nodes[group->head], group->shapes);
    group->step.padding = padding;
    const int32_t layer = graph->nodes[group->nodes[group->head]].layer;
    GC_TRY(check_head(&group->step, graph->layers[layer].path));
    for (int32_t i = group->head + 1; i < group->node_count; i++) {
        const struct gc_node *node = &graph->nodes[group->nodes[i]];
        const struct gc_step next = node_step(graph, group->nodes[i], &group->step.out);
        if (node->op->affine != NULL)
            GC_TRY(fold_affine(group, &next, graph->layers[node->layer].path));
        else
            node->op->clamp(node->params, &group->step.min, &group->step.max);
    }
    return GC_OK;
}

gc_status gc_group_fill(struct gc_group *group, const struct gc_graph *graph) {
    const struct gc_node *first = &graph->nodes[group->nodes[0]];
    group->inputs = first->inputs;
    group->input_count = first->input_count;
    group->output = gc_group_value(group, graph, group->node_count - 1);
    const size_t count = (size_t)group->input_count;
    group->shapes = gc_allocate(count + GC_MAX_GROUP, sizeof *group->shapes);
    group->in = gc_allocate(count, sizeof *group->in);
    if (group->shapes == NULL || group->in == NULL)
        return gc_fail_memory((count + GC_MAX_GROUP) * sizeof *group->shapes, "a layer's shapes");
    for (size_t i = 0; i < count; i++)
        group->shapes[i] = graph->values[group->inputs[i]].shape;
    return fuse_step(group, graph);
}

gc_status gc_group_prepare(struct gc_group *group) { return gc_step_prepare(&group->step); }

/* ---- The nodes one by one ---- */

static void free_steps(struct gc_step *steps, int32_t count) {
    for (int32_t i = 0; steps != NULL && i < count; i++)
        gc_step_release(&steps[i]);
    gc_release(steps);
}

gc_status gc_group_split(struct gc_group *group, const struct gc_graph *graph) {
    if (group->split != NULL)
        return GC_OK;
    struct gc_step *split = gc_allocate((size_t)group->node_count, sizeof *split);
    if (split == NULL)
        return gc_fail_memory((size_t)group->node_count * sizeof *split, "a layer's steps");
    gc_status status = GC_OK;
    for (int32_t i = 0; i < group->node_count && status == GC_OK; i++) {
        gc_shape *in = i == 0 ? group->shapes : &group->shapes[group->input_count + i - 1];
        if (i > 0)
            *in = split[i - 1].out;
        split[i] = node_step(graph, group->nodes[i], in);
        status = gc_step_prepare(&split[i]);
    }
    if (status == GC_OK)
        group->split = split;
    else
        free_steps(split, group->node_count);
    return status;
}

void gc_group_join(struct gc_group *group) {
    free_steps(group->split, group->node_count);
    group->split = NULL;
}

void gc_group_free(struct gc_group *group) {
    gc_step_release(&group->step);
    gc_group_join(group);
    gc_release(group->coefficients);
    gc_release(group->shapes);
    gc_release(group->in);
}
