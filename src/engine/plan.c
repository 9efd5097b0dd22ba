#include "engine/plan.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "engine/arena.h"
#include "engine/fuse.h"

static void raise_to(size_t *size, size_t count) {
    if (count > *size)
        *size = count;
}

static gc_status out_of_memory(void) {
    return gc_fail(GC_OUT_OF_MEMORY, "out of memory while planning the model");
}

int32_t gc_group_value(const struct gc_plan *plan, const struct gc_group *group, int32_t i) {
    return plan->graph->nodes[group->nodes[i]].output;
}

/* ---- Steps ---- */

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
            step.weights[slot] = graph->weights[node->weights[slot]].data;
    return step;
}

static gc_status prepare(struct gc_step *step) {
    return step->op->prepare == NULL ? GC_OK : step->op->prepare(step);
}

static void release(struct gc_step *step) {
    gc_release(step->filter);
    step->filter = NULL;
    if (step->op != NULL && step->op->release != NULL)
        step->op->release(step);
}

/* Folds an affine node into the group's step. */
static gc_status fold_affine(struct gc_group *group, const struct gc_step *affine) {
    const int32_t channels = gc_shape_channels(&group->step.out);
    group->coefficients = gc_allocate((size_t)channels * 2, sizeof *group->coefficients);
    if (group->coefficients == NULL)
        return out_of_memory();
    affine->op->affine(affine, group->coefficients, group->coefficients + channels);
    group->step.scale = group->coefficients;
    group->step.shift = group->coefficients + channels;
    return GC_OK;
}

/* Makes the group's step from its head and folds the other nodes in. */
static gc_status fuse_step(const struct gc_graph *graph, struct gc_group *group) {
    int32_t i = 0;
    const struct gc_node *first = &graph->nodes[group->nodes[0]];
    struct gc_padding padding = {0};
    if (group->node_count > 1 && first->op->padding != NULL &&
        first->op->padding(first->params, &padding))
        i++;
    group->step = node_step(graph, group->nodes[i], group->shapes);
    group->step.padding = padding;
    for (i++; i < group->node_count; i++) {
        const struct gc_node *node = &graph->nodes[group->nodes[i]];
        const struct gc_step next = node_step(graph, group->nodes[i], &group->step.out);
        if (node->op->affine != NULL)
            GC_TRY(fold_affine(group, &next));
        else
            node->op->clamp(node->params, &group->step.min, &group->step.max);
    }
    return GC_OK;
}

/* Fills in what follows from the group's nodes: inputs, output, the step. */
static gc_status plan_group(const struct gc_graph *graph, struct gc_group *group) {
    const struct gc_node *first = &graph->nodes[group->nodes[0]];
    group->inputs = first->inputs;
    group->input_count = first->input_count;
    group->output = graph->nodes[group->nodes[group->node_count - 1]].output;
    group->shapes = gc_allocate((size_t)group->input_count + GC_MAX_GROUP, sizeof *group->shapes);
    group->in = gc_allocate((size_t)group->input_count, sizeof *group->in);
    if (group->shapes == NULL || group->in == NULL)
        return out_of_memory();
    for (int32_t i = 0; i < group->input_count; i++)
        group->shapes[i] = graph->values[group->inputs[i]].shape;
    return fuse_step(graph, group);
}

static gc_status make_room_between(struct gc_plan *plan, const struct gc_group *group) {
    size_t count = 0;
    for (int32_t i = 0; i < group->node_count; i++)
        raise_to(&count,
                 gc_shape_count(&plan->graph->values[gc_group_value(plan, group, i)].shape));
    if (count <= plan->between_count)
        return GC_OK;
    plan->between_count = 0;
    for (int32_t i = 0; i < 2; i++) {
        gc_release(plan->between[i]);
        plan->between[i] = gc_allocate_unset(gc_tensor_bytes(count), 1);
    }
    if (plan->between[0] == NULL || plan->between[1] == NULL)
        return gc_fail_memory(2 * gc_tensor_bytes(count), "a layer that was fused");
    plan->between_count = count;
    return GC_OK;
}

gc_status gc_group_split(struct gc_plan *plan, struct gc_group *group) {
    GC_TRY(make_room_between(plan, group));
    if (group->split != NULL)
        return GC_OK;
    struct gc_step *split = gc_allocate((size_t)group->node_count, sizeof *split);
    if (split == NULL)
        return out_of_memory();
    gc_status status = GC_OK;
    for (int32_t i = 0; i < group->node_count && status == GC_OK; i++) {
        gc_shape *in = i == 0 ? group->shapes : &group->shapes[group->input_count + i - 1];
        if (i > 0)
            *in = split[i - 1].out;
        split[i] = node_step(plan->graph, group->nodes[i], in);
        status = prepare(&split[i]);
    }
    if (status == GC_OK) {
        group->split = split;
        return GC_OK;
    }
    for (int32_t i = 0; i < group->node_count; i++)
        release(&split[i]);
    gc_release(split);
    return status;
}

static void free_group(struct gc_group *group) {
    release(&group->step);
    for (int32_t i = 0; group->split != NULL && i < group->node_count; i++)
        release(&group->split[i]);
    gc_release(group->split);
    gc_release(group->coefficients);
    gc_release(group->shapes);
    gc_release(group->in);
}

/* ---- Arena ---- */

static bool is_view(const struct gc_group *group) { return group->step.op->is_view; }

static size_t value_bytes(const struct gc_plan *plan, int32_t value) {
    return gc_tensor_bytes(gc_shape_count(&plan->graph->values[value].shape));
}

/* Every group's output is kept for the whole run; a view lies where its input lies. */
static gc_status place_tensors(struct gc_plan *plan, struct gc_arena *arena) {
    GC_TRY(gc_arena_add(arena, (void **)&plan->tensors[0], value_bytes(plan, 0), 0, GC_FOREVER));
    for (int32_t g = 0; g < plan->group_count; g++) {
        const struct gc_group *group = &plan->groups[g];
        if (!is_view(group))
            GC_TRY(gc_arena_add(arena, (void **)&plan->tensors[group->output],
                                value_bytes(plan, group->output), 0, GC_FOREVER));
    }
    return GC_OK;
}

static size_t batch_bytes(const struct gc_plan *plan, int32_t value, size_t batch) {
    return gc_tensor_bytes(batch * gc_shape_count(&plan->graph->values[value].shape));
}

/* first [value_count]: when each value's gradient begins to live. Time runs backwards through the groups,
 * from 1 for the last; at 0 the scores' and the logits' gradients are given. */
static void find_first_moments(const struct gc_plan *plan, int32_t *first) {
    /* later groups overwrite: the last consumer wins */
    for (int32_t g = 0; g < plan->group_count; g++)
        for (int32_t i = 0; i < plan->groups[g].input_count; i++)
            first[plan->groups[g].inputs[i]] = plan->group_count - g;
    first[plan->graph->output] = first[plan->logits] = 0;
}

static bool is_wanted(const struct gc_plan *plan, int32_t value, uint8_t wanted) {
    return wanted == 0 || plan->marks[value] & wanted;
}

/* Room for a part of the largest gradient that is a sum. */
static gc_status place_part(struct gc_arena *arena, struct gc_gradients *gradients,
                            const struct gc_plan *plan, uint8_t wanted) {
    size_t bytes = gc_tensor_bytes(0);
    for (int32_t value = 0; value < plan->graph->value_count; value++)
        if (plan->graph->values[value].consumers > 1 && is_wanted(plan, value, wanted))
            raise_to(&bytes, batch_bytes(plan, value, gradients->batch));
    return gc_arena_add(arena, (void **)&gradients->part, bytes, 0, GC_FOREVER);
}

/* A gradient lives from its last consumer's backward to its producer's. */
static gc_status place_gradients(struct gc_arena *arena, struct gc_gradients *gradients,
                                 const struct gc_plan *plan, uint8_t wanted) {
    int32_t *first = gc_allocate((size_t)plan->graph->value_count, sizeof *first);
    if (first == NULL)
        return out_of_memory();
    find_first_moments(plan, first);
    gc_status status = GC_OK;
    for (int32_t g = -1; g < plan->group_count && status == GC_OK; g++) {
        const int32_t value = g < 0 ? 0 : plan->groups[g].output;
        if (is_wanted(plan, value, wanted))
            status = gc_arena_add(arena, (void **)&gradients->tensors[value],
                                  batch_bytes(plan, value, gradients->batch), first[value],
                                  g < 0 ? GC_FOREVER : plan->group_count - g);
    }
    gc_release(first);
    return status == GC_OK ? place_part(arena, gradients, plan, wanted) : status;
}

struct scratch_sizes {
    size_t map, channels; /* in values */
};

static void measure_group(const struct gc_plan *plan, const struct gc_group *group,
                          struct scratch_sizes *sizes) {
    const struct gc_value *values = plan->graph->values;
    for (int32_t i = 0; i < group->node_count; i++) {
        const gc_shape *shape = &values[gc_group_value(plan, group, i)].shape;
        raise_to(&sizes->channels, (size_t)gc_shape_channels(shape));
        if (shape->rank == 3 && i + 1 < group->node_count)
            raise_to(&sizes->map, (size_t)shape->dims[0] * (size_t)shape->dims[1]);
    }
}

static gc_status place_scratch(struct gc_plan *plan, struct gc_arena *arena) {
    struct scratch_sizes sizes = {.channels =
                                      (size_t)gc_shape_channels(&plan->graph->values[0].shape)};
    for (int32_t g = 0; g < plan->group_count; g++)
        measure_group(plan, &plan->groups[g], &sizes);
    GC_TRY(gc_arena_add(arena, (void **)&plan->map, gc_tensor_bytes(sizes.map), 0, GC_FOREVER));
    GC_TRY(gc_arena_add(arena, (void **)&plan->sums, sizes.channels * sizeof *plan->sums, 0,
                        GC_FOREVER));
    for (int32_t i = 0; i < GC_MAX_GROUP; i++)
        GC_TRY(gc_arena_add(arena, (void **)&plan->weights[i], gc_tensor_bytes(sizes.channels), 0,
                            GC_FOREVER));
    return GC_OK;
}

/* Views and the groups' input pointers follow from where the tensors lie. */
static void connect(struct gc_plan *plan) {
    for (int32_t g = 0; g < plan->group_count; g++) {
        struct gc_group *group = &plan->groups[g];
        for (int32_t i = 0; i < group->input_count; i++)
            group->in[i] = plan->tensors[group->inputs[i]];
        if (is_view(group))
            plan->tensors[group->output] = plan->tensors[group->inputs[0]];
    }
}

static gc_status place(struct gc_plan *plan) {
    struct gc_arena arena = {0};
    gc_status status = place_tensors(plan, &arena);
    if (status == GC_OK)
        status = place_gradients(&arena, &plan->gradients, plan, 0);
    if (status == GC_OK)
        status = place_scratch(plan, &arena);
    if (status == GC_OK)
        status = gc_arena_allocate(&arena, &plan->arena);
    gc_arena_free(&arena);
    if (status == GC_OK)
        connect(plan);
    return status;
}

gc_status gc_gradients_create(struct gc_gradients *gradients, const struct gc_plan *plan,
                              size_t batch, uint8_t wanted) {
    *gradients = (struct gc_gradients){.batch = batch};
    gradients->tensors = gc_allocate((size_t)plan->graph->value_count, sizeof(gc_real *));
    if (gradients->tensors == NULL)
        return out_of_memory();
    struct gc_arena arena = {0};
    gc_status status = place_gradients(&arena, gradients, plan, wanted);
    if (status == GC_OK)
        status = gc_arena_allocate(&arena, &gradients->arena);
    gc_arena_free(&arena);
    if (status != GC_OK)
        gc_gradients_free(gradients);
    return status;
}

void gc_gradients_free(struct gc_gradients *gradients) {
    gc_release(gradients->tensors);
    gc_release(gradients->arena);
    *gradients = (struct gc_gradients){0};
}

/* ---- Create and destroy ---- */

static gc_status fill(struct gc_plan *plan, const struct gc_graph *graph, uint32_t flags) {
    const size_t values = (size_t)graph->value_count;
    plan->graph = graph;
    plan->logits = gc_graph_logits(graph);
    plan->groups = gc_allocate((size_t)graph->node_count, sizeof *plan->groups);
    plan->tensors = gc_allocate(values, sizeof *plan->tensors);
    plan->gradients.batch = 1;
    plan->gradients.tensors = gc_allocate(values, sizeof *plan->gradients.tensors);
    plan->marks = gc_allocate(values, sizeof *plan->marks);
    plan->requests = gc_allocate((size_t)graph->layer_count, sizeof *plan->requests);
    plan->offsets = gc_allocate((size_t)graph->layer_count, sizeof *plan->offsets);
    if (plan->requests == NULL || plan->offsets == NULL || plan->groups == NULL ||
        plan->tensors == NULL || plan->gradients.tensors == NULL || plan->marks == NULL)
        return out_of_memory();
    GC_TRY(gc_fuse(graph, !(flags & GC_PLAN_UNFUSED), plan->groups, &plan->group_count));
    for (int32_t g = 0; g < plan->group_count; g++)
        GC_TRY(plan_group(graph, &plan->groups[g]));
    return place(plan);
}

gc_status gc_plan_create(struct gc_plan **plan, const struct gc_graph *graph, uint32_t flags) {
    *plan = gc_allocate(1, sizeof **plan);
    if (*plan == NULL)
        return out_of_memory();
    const gc_status status = fill(*plan, graph, flags);
    if (status != GC_OK) {
        gc_plan_destroy(*plan);
        *plan = NULL;
    }
    return status;
}

gc_status gc_plan_prepare_next(struct gc_plan *plan, int32_t *left) {
    if (plan->prepared < plan->group_count)
        GC_TRY(prepare(&plan->groups[plan->prepared++].step));
    *left = plan->group_count - plan->prepared;
    return GC_OK;
}

void gc_plan_destroy(struct gc_plan *plan) {
    if (plan == NULL)
        return;
    for (int32_t g = 0; g < plan->group_count; g++)
        free_group(&plan->groups[g]);
    gc_release(plan->groups);
    gc_release(plan->tensors);
    gc_gradients_free(&plan->gradients);
    gc_release(plan->marks);
    gc_release(plan->requests);
    gc_release(plan->offsets);
    gc_release(plan->between[0]);
    gc_release(plan->between[1]);
    gc_release(plan->arena);
    gc_release(plan);
}
