#include "engine/plan.h"

#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "engine/arena.h"
#include "engine/fuse.h"
#include "graph/ends.h"

static gc_status out_of_memory(void) {
    return gc_fail(GC_OUT_OF_MEMORY, "out of memory while planning the model");
}

static bool is_view(const struct gc_group *group) { return group->step.op->is_view; }

static size_t value_bytes(const struct gc_plan *plan, int32_t value) {
    return gc_tensor_bytes(gc_shape_count(&plan->graph->values[value].shape));
}

/* ---- What is kept ---- */

/* Marks a group's inputs and its output as kept. */
static void keep_group(struct gc_plan *plan, const struct gc_group *group) {
    plan->kept[group->output] = true;
    for (int32_t i = 0; i < group->input_count; i++)
        plan->kept[group->inputs[i]] = true;
}

/* Marks what is kept if groups kept_from and later keep theirs. A view lies where its input lies,
 * so that a kept view keeps its input. */
static void mark_kept(struct gc_plan *plan) {
    const struct gc_graph *graph = plan->graph;
    memset(plan->kept, false, (size_t)graph->value_count * sizeof *plan->kept);
    for (int32_t i = 0; i < graph->input_count; i++)
        plan->kept[i] = true;
    plan->kept[graph->output] = plan->kept[plan->logits] = true;
    for (int32_t g = plan->group_count - 1; g >= 0; g--) {
        const struct gc_group *group = &plan->groups[g];
        if (g >= plan->kept_from || (is_view(group) && plan->kept[group->output]))
            keep_group(plan, group);
    }
}

/* ---- Chains ---- */

/* Processors have second caches of 256 KB to 2 MB, and the weights, the input and the output want
 * some of that. With 2 MB, buffers of 192 KB to 768 KB were nearly as good as one another, and
 * 1,280 KB were worse. */
#define BAND_BYTES (512 << 10)

/* Two strips would write the same rows of a kept tensor at a seam. Several threads therefore run
 * kept groups one by one and share the rows of each. That was faster than one strip for all. */
static bool keeps_in_chains(const struct gc_plan *plan, int32_t g) {
    return g >= plan->kept_from && plan->limits.strips == 1;
}

static void find_chains(struct gc_plan *plan) {
    int32_t count = 0;
    for (int32_t g = 0; g < plan->group_count;) {
        struct gc_chain *chain = &plan->chains[count];
        gc_chain_find(chain, plan->graph, plan->groups, plan->group_count, g, plan->kept,
                      keeps_in_chains(plan, g), &plan->limits);
        const bool is_chain = chain->count > 1;
        for (const int32_t end = g + chain->count; g < end; g++)
            plan->chain_of[g] = is_chain ? count : GC_NONE;
        count += is_chain ? 1 : 0;
    }
}

static const struct gc_chain *chain_at(const struct gc_plan *plan, int32_t g) {
    return plan->chain_of[g] == GC_NONE ? NULL : &plan->chains[plan->chain_of[g]];
}

/* The groups of a chain run at the same time, from the first one's moment to the last one's. */
static int32_t first_moment(const struct gc_plan *plan, int32_t g) {
    const struct gc_chain *chain = chain_at(plan, g);
    return chain == NULL ? g : chain->first;
}
static int32_t last_moment(const struct gc_plan *plan, int32_t g) {
    const struct gc_chain *chain = chain_at(plan, g);
    return chain == NULL ? g : chain->first + chain->count - 1;
}

int32_t gc_plan_together(const struct gc_plan *plan, int32_t g) {
    const struct gc_chain *chain = chain_at(plan, g);
    return chain == NULL ? 1 : chain->count;
}

static size_t output_bytes(const struct gc_plan *plan, int32_t g) {
    const struct gc_chain *chain = chain_at(plan, g);
    const bool is_between = chain != NULL && !chain->keeps && g < last_moment(plan, g);
    return is_between ? gc_chain_bytes(chain, plan->groups, g - chain->first)
                      : value_bytes(plan, plan->groups[g].output);
}

/* ---- Where tensors lie ---- */

/* Writes when each value is read last, or given if it is not read, last [value_count]. Moment g is
 * when group g runs. A view is read where its input lies. */
static void find_last_moments(const struct gc_plan *plan, int32_t *last) {
    for (int32_t g = 0; g < plan->group_count; g++)
        last[plan->groups[g].output] = last_moment(plan, g);
    for (int32_t g = plan->group_count - 1; g >= 0; g--) {
        const struct gc_group *group = &plan->groups[g];
        const int32_t until = is_view(group) ? last[group->output] : last_moment(plan, g);
        for (int32_t i = 0; i < group->input_count; i++)
            if (last[group->inputs[i]] < until)
                last[group->inputs[i]] = until;
    }
}

/* The inputs stay where they are, so that the network can run again. */
static gc_status place_inputs(struct gc_plan *plan) {
    struct gc_arena arena = {0};
    gc_status status = GC_OK;
    for (int32_t i = 0; i < plan->graph->input_count && status == GC_OK; i++)
        status =
            gc_arena_add(&arena, (void **)&plan->tensors[i], value_bytes(plan, i), 0, GC_FOREVER);
    if (status == GC_OK)
        status = gc_arena_allocate(&arena, &plan->inputs);
    gc_arena_free(&arena);
    return status;
}

static bool has_gates(const struct gc_plan *plan, int32_t g) {
    return g >= plan->kept_from && gc_group_is_clamped(&plan->groups[g]);
}

gc_gates *gc_plan_gates(const struct gc_plan *plan, const struct gc_group *group) {
    const bool has = has_gates(plan, (int32_t)(group - plan->groups));
    return has ? plan->gates[group->output] : NULL;
}

static size_t gates_bytes(const struct gc_plan *plan, int32_t value) {
    const size_t count = gc_shape_count(&plan->graph->values[value].shape);
    return gc_gates_count(count) * sizeof(gc_gates);
}

/* Kept tensors live for ever, others until they are read last. */
static gc_status place_tensors(struct gc_plan *plan, struct gc_arena *arena) {
    const struct gc_graph *graph = plan->graph;
    int32_t *last = gc_allocate((size_t)graph->value_count, sizeof *last);
    if (last == NULL)
        return out_of_memory();
    find_last_moments(plan, last);
    gc_status status = GC_OK;
    for (int32_t g = 0; g < plan->group_count && status == GC_OK; g++) {
        const int32_t value = plan->groups[g].output;
        if (!is_view(&plan->groups[g]))
            status =
                gc_arena_add(arena, (void **)&plan->tensors[value], output_bytes(plan, g),
                             first_moment(plan, g), plan->kept[value] ? GC_FOREVER : last[value]);
        if (status == GC_OK && has_gates(plan, g))
            status = gc_arena_add(arena, (void **)&plan->gates[value], gates_bytes(plan, value), 0,
                                  GC_FOREVER);
    }
    gc_release(last);
    return status;
}

/* ---- Gradients ---- */

static size_t batch_bytes(const struct gc_plan *plan, int32_t value, size_t batch) {
    return gc_tensor_bytes(batch * gc_shape_count(&plan->graph->values[value].shape));
}

/* The moment when the backward pass goes through group g. It comes after the forward pass, and so
 * gradients may lie where tensors lay that are not kept. */
static int32_t backward_moment(const struct gc_plan *plan, int32_t g) {
    return 2 * plan->group_count - g;
}

/* Writes when the gradient of each value begins to live, first [value_count]. That of the scores or
 * the logits is given before the pass. */
static void find_first_moments(const struct gc_plan *plan, int32_t *first) {
    /* later groups overwrite, so that the last consumer counts */
    for (int32_t g = 0; g < plan->group_count; g++)
        for (int32_t i = 0; i < plan->groups[g].input_count; i++)
            first[plan->groups[g].inputs[i]] = backward_moment(plan, g);
    first[plan->graph->output] = first[plan->logits] = plan->group_count;
}

/* Tells which values get a gradient, those whose mark has one of the bits `wanted`. */
struct selection {
    const uint8_t *marks; /* [value_count] */
    uint8_t wanted;
};

static bool is_selected(const struct selection *selection, int32_t value) {
    return selection->marks[value] & selection->wanted;
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

/* A gradient lives from its last consumer's backward to its producer's. None reaches an input
 * unless all groups are kept. */
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
        if (is_selected(selection, value) && (g >= 0 || plan->kept_from == 0))
            status = gc_arena_add(arena, (void **)&gradients->tensors[value],
                                  batch_bytes(plan, value, gradients->batch), first[value],
                                  g < 0 ? GC_FOREVER : backward_moment(plan, g));
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

static gc_status place(struct gc_plan *plan, void **memory) {
    const struct selection kept = {plan->kept, true};
    struct gc_arena arena = {0};
    gc_status status = place_tensors(plan, &arena);
    if (status == GC_OK)
        status = place_gradients(&arena, &plan->gradients, plan, &kept);
    if (status == GC_OK)
        status = gc_arena_allocate(&arena, memory);
    gc_arena_free(&arena);
    return status;
}

static void mark_from(struct gc_plan *plan, int32_t from) {
    plan->kept_from = from;
    mark_kept(plan);
    find_chains(plan);
}

gc_status gc_plan_keep(struct gc_plan *plan, int32_t from) {
    const int32_t before = plan->kept_from;
    void *memory;
    mark_from(plan, from);
    const gc_status status = place(plan, &memory);
    if (status != GC_OK) { /* the tensors lie where they lay */
        mark_from(plan, before);
        return status;
    }
    gc_release(plan->arena);
    plan->arena = memory;
    connect(plan);
    return GC_OK;
}

void gc_plan_forget(struct gc_plan *plan) {
    gc_release(plan->arena);
    plan->arena = NULL;
}

int32_t gc_plan_first_group(const struct gc_plan *plan, const int32_t *values, int32_t count) {
    int32_t first = plan->group_count;
    for (int32_t i = 0; i < count; i++)
        first = plan->producers[values[i]] < first ? plan->producers[values[i]] : first;
    return first > 0 ? first : 0;
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

/* Writes which group gives each value, GC_NONE for an input. */
static void find_producers(struct gc_plan *plan) {
    for (int32_t value = 0; value < plan->graph->value_count; value++)
        plan->producers[value] = GC_NONE;
    for (int32_t g = 0; g < plan->group_count; g++)
        for (int32_t i = 0; i < plan->groups[g].node_count; i++)
            plan->producers[gc_group_value(&plan->groups[g], plan->graph, i)] = g;
}

static gc_status fill(struct gc_plan *plan, const struct gc_graph *graph, int32_t kept,
                      uint32_t flags) {
    const size_t values = (size_t)graph->value_count;
    plan->graph = graph;
    plan->logits = gc_graph_logits(graph);
    plan->groups = gc_allocate((size_t)graph->node_count, sizeof *plan->groups);
    plan->tensors = gc_allocate(values, sizeof *plan->tensors);
    plan->gates = gc_allocate(values, sizeof *plan->gates);
    plan->gradients.batch = 1;
    plan->gradients.tensors = gc_allocate(values, sizeof *plan->gradients.tensors);
    plan->kept = gc_allocate(values, sizeof *plan->kept);
    plan->producers = gc_allocate(values, sizeof *plan->producers);
    plan->chain_of = gc_allocate((size_t)graph->node_count, sizeof *plan->chain_of);
    plan->chains = gc_allocate((size_t)graph->node_count, sizeof *plan->chains);
    plan->limits = (struct gc_band_limits){BAND_BYTES, (int32_t)gc_thread_count()};
    if (plan->groups == NULL || plan->tensors == NULL || plan->gates == NULL ||
        plan->gradients.tensors == NULL || plan->kept == NULL || plan->producers == NULL ||
        plan->chain_of == NULL || plan->chains == NULL)
        return out_of_memory();
    GC_TRY(gc_fuse(graph, !(flags & GC_PLAN_UNFUSED), plan->groups, &plan->group_count));
    for (int32_t g = 0; g < plan->group_count; g++)
        GC_TRY(gc_group_fill(&plan->groups[g], graph));
    find_producers(plan);
    plan->kept_from = gc_plan_first_group(plan, &kept, 1);
    return place_inputs(plan);
}

gc_status gc_plan_create(struct gc_plan **plan, const struct gc_graph *graph, int32_t kept,
                         uint32_t flags) {
    *plan = gc_allocate(1, sizeof **plan);
    if (*plan == NULL)
        return out_of_memory();
    const gc_status status = fill(*plan, graph, kept, flags);
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
    return *left == 0 && plan->arena == NULL ? gc_plan_keep(plan, plan->kept_from) : GC_OK;
}

void gc_plan_destroy(struct gc_plan *plan) {
    if (plan == NULL)
        return;
    for (int32_t g = 0; g < plan->group_count; g++)
        gc_group_free(&plan->groups[g]);
    gc_release(plan->groups);
    gc_release(plan->tensors);
    gc_release(plan->gates);
    gc_gradients_free(&plan->gradients);
    gc_release(plan->kept);
    gc_release(plan->chain_of);
    gc_release(plan->chains);
    gc_release(plan->producers);
    gc_release(plan->inputs);
    gc_release(plan->arena);
    gc_release(plan);
}
