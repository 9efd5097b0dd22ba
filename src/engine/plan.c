#include "engine/plan.h"

#include "base/memory.h"
#include "engine/arena.h"
#include "engine/fuse.h"
#include "graph/ends.h"

static gc_status out_of_memory(void) {
    return gc_fail(GC_OUT_OF_MEMORY, "out of memory while planning the model");
}

/* ---- Arena ---- */

static bool is_view(const struct gc_group *group) { return group->step.op->is_view; }

static size_t value_bytes(const struct gc_plan *plan, int32_t value) {
    return gc_tensor_bytes(gc_shape_count(&plan->graph->values[value].shape));
}

/* The output of every group is kept for the whole run. A view lies where its input lies. */
static gc_status place_tensors(struct gc_plan *plan, struct gc_arena *arena) {
    for (int32_t i = 0; i < plan->graph->input_count; i++)
        GC_TRY(
            gc_arena_add(arena, (void **)&plan->tensors[i], value_bytes(plan, i), 0, GC_FOREVER));
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

/* Writes when the gradient of each value begins to live, first [value_count]. Time runs backwards
 * through the groups, from 1 for the last. At time 0 the gradient of the scores or the logits is
 * given. */
static void find_first_moments(const struct gc_plan *plan, int32_t *first) {
    /* later groups overwrite, so that the last consumer counts */
    for (int32_t g = 0; g < plan->group_count; g++)
        for (int32_t i = 0; i < plan->groups[g].input_count; i++)
            first[plan->groups[g].inputs[i]] = plan->group_count - g;
    first[plan->graph->output] = first[plan->logits] = 0;
}

/* Tells which values get a gradient. Without marks all do, else those whose mark has one of the
 * bits `wanted`. */
struct selection {
    const uint8_t *marks; /* [value_count], or NULL */
    uint8_t wanted;
};

static bool is_selected(const struct selection *selection, int32_t value) {
    return selection->marks == NULL || selection->marks[value] & selection->wanted;
}

/* A buffer for a part of the largest gradient that is a sum. */
static gc_status place_part(struct gc_arena *arena, struct gc_gradients *gradients,
                            const struct gc_plan *plan, const struct selection *selection) {
    size_t bytes = gc_tensor_bytes(0);
    for (int32_t value = 0; value < plan->graph->value_count; value++) {
        const size_t needed = batch_bytes(plan, value, gradients->batch);
        const bool is_sum = plan->graph->values[value].consumers > 1;
        if (is_sum && is_selected(selection, value) && needed > bytes)
            bytes = needed;
    }
    return gc_arena_add(arena, (void **)&gradients->part, bytes, 0, GC_FOREVER);
}

/* A gradient lives from its last consumer's backward to its producer's. */
static gc_status place_gradients(struct gc_arena *arena, struct gc_gradients *gradients,
                                 const struct gc_plan *plan, const struct selection *selection) {
    int32_t *first = gc_allocate((size_t)plan->graph->value_count, sizeof *first);
    if (first == NULL)
        return out_of_memory();
    find_first_moments(plan, first);
    gc_status status = GC_OK;
    const int32_t inputs = plan->graph->input_count; /* their gradients come last, at g < 0 */
    for (int32_t g = -inputs; g < plan->group_count && status == GC_OK; g++) {
        const int32_t value = g < 0 ? g + inputs : plan->groups[g].output;
        if (is_selected(selection, value))
            status = gc_arena_add(arena, (void **)&gradients->tensors[value],
                                  batch_bytes(plan, value, gradients->batch), first[value],
                                  g < 0 ? GC_FOREVER : plan->group_count - g);
    }
    gc_release(first);
    return status == GC_OK ? place_part(arena, gradients, plan, selection) : status;
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
        status = place_gradients(&arena, &plan->gradients, plan, &(struct selection){0});
    if (status == GC_OK)
        status = gc_arena_allocate(&arena, &plan->arena);
    gc_arena_free(&arena);
    if (status == GC_OK)
        connect(plan);
    return status;
}

gc_status gc_gradients_create(struct gc_gradients *gradients, const struct gc_plan *plan,
                              size_t batch, const uint8_t *marks, uint8_t wanted) {
    const struct selection selection = {marks, wanted};
    *gradients = (struct gc_gradients){.batch = batch};
    gradients->tensors = gc_allocate((size_t)plan->graph->value_count, sizeof(gc_real *));
    if (gradients->tensors == NULL)
        return out_of_memory();
    struct gc_arena arena = {0};
    gc_status status = place_gradients(&arena, gradients, plan, &selection);
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
    if (plan->groups == NULL || plan->tensors == NULL || plan->gradients.tensors == NULL)
        return out_of_memory();
    GC_TRY(gc_fuse(graph, !(flags & GC_PLAN_UNFUSED), plan->groups, &plan->group_count));
    for (int32_t g = 0; g < plan->group_count; g++)
        GC_TRY(gc_group_fill(&plan->groups[g], graph));
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
        GC_TRY(gc_group_prepare(&plan->groups[plan->prepared++]));
    *left = plan->group_count - plan->prepared;
    return GC_OK;
}

void gc_plan_destroy(struct gc_plan *plan) {
    if (plan == NULL)
        return;
    for (int32_t g = 0; g < plan->group_count; g++)
        gc_group_free(&plan->groups[g]);
    gc_release(plan->groups);
    gc_release(plan->tensors);
    gc_gradients_free(&plan->gradients);
    gc_release(plan->arena);
    gc_release(plan);
}
