#include "engine/tail.h"

#include <string.h>

#include "base/memory.h"
#include "engine/arena.h"
#include "engine/profile.h"

struct gc_tail {
    struct gc_plan *plan;
    int32_t value, to;
    size_t positions, channels; /* of the value */

    gc_real **tensors; /* [value_count], those that depend on the value and lead to `to`, or NULL */
    const gc_real **in; /* [most inputs of a group] */
    gc_real *channel;   /* [positions], what a channel held before it was set to 0 */
    void *arena;

    /* Where a swallowed value lies. Its group runs node by node from there. */
    int32_t group, node;            /* GC_NONE for a value that is not swallowed */
    gc_real *between[GC_MAX_GROUP]; /* the values of the nodes after it */
};

/* ---- What depends on the value ---- */

static bool reads(const struct gc_group *group, const bool *is_read) {
    for (int32_t i = 0; i < group->input_count; i++)
        if (is_read[group->inputs[i]])
            return true;
    return false;
}

/* Finds the group that swallowed the value. */
static void find_swallowed(struct gc_tail *tail) {
    const struct gc_plan *plan = tail->plan;
    tail->group = tail->node = GC_NONE;
    if (plan->tensors[tail->value] != NULL)
        return;
    tail->group = plan->producers[tail->value];
    tail->node = 0;
    while (gc_group_value(&plan->groups[tail->group], plan->graph, tail->node) != tail->value)
        tail->node++;
}

/* Marks the values that depend on the value, depends [value_count]. */
static void mark_dependents(const struct gc_tail *tail, bool *depends) {
    const struct gc_plan *plan = tail->plan;
    depends[tail->value] = true;
    for (int32_t g = 0; g < plan->group_count; g++)
        if (g == tail->group || reads(&plan->groups[g], depends))
            depends[plan->groups[g].output] = true;
}

/* Keeps the marks of values that lead to `to`. Writes when each is read last, last [value_count]. A
 * view is read where its input lies. */
static void mark_leading(const struct gc_tail *tail, bool *depends, int32_t *last) {
    const struct gc_plan *plan = tail->plan;
    for (int32_t v = 0; v < plan->graph->value_count; v++)
        last[v] = v == tail->to ? GC_FOREVER : GC_NONE;
    for (int32_t g = plan->group_count - 1; g >= 0; g--) {
        const struct gc_group *group = &plan->groups[g];
        if (last[group->output] == GC_NONE)
            continue;
        const int32_t until = group->step.op->is_view ? last[group->output] : g;
        for (int32_t i = 0; i < group->input_count; i++)
            if (last[group->inputs[i]] < until)
                last[group->inputs[i]] = until;
        if (g == tail->group)
            last[tail->value] = g;
    }
    for (int32_t v = 0; v < plan->graph->value_count; v++)
        depends[v] = depends[v] && last[v] != GC_NONE;
}

/* ---- Memory ---- */

static size_t bytes_of(const struct gc_tail *tail, int32_t value) {
    return gc_tensor_bytes(gc_shape_count(&tail->plan->graph->values[value].shape));
}

static gc_status place_between(struct gc_tail *tail, struct gc_arena *arena) {
    const struct gc_group *group = &tail->plan->groups[tail->group];
    for (int32_t i = tail->node + 1; i + 1 < group->node_count; i++)
        GC_TRY(gc_arena_add(arena, (void **)&tail->between[i],
                            bytes_of(tail, gc_group_value(group, tail->plan->graph, i)),
                            tail->group, tail->group));
    return GC_OK;
}

/* The copy of the value is read by every run. Other tensors live until they are read last. */
static gc_status place(struct gc_tail *tail, struct gc_arena *arena, const bool *depends,
                       const int32_t *last) {
    const struct gc_plan *plan = tail->plan;
    GC_TRY(gc_arena_add(arena, (void **)&tail->tensors[tail->value], bytes_of(tail, tail->value), 0,
                        GC_FOREVER));
    GC_TRY(gc_arena_add(arena, (void **)&tail->channel, gc_tensor_bytes(tail->positions), 0,
                        GC_FOREVER));
    for (int32_t g = 0; g < plan->group_count; g++) {
        const struct gc_group *group = &plan->groups[g];
        const int32_t output = group->output;
        if (depends[output] && output != tail->value && !group->step.op->is_view)
            GC_TRY(gc_arena_add(arena, (void **)&tail->tensors[output], bytes_of(tail, output), g,
                                last[output]));
    }
    return tail->group == GC_NONE ? GC_OK : place_between(tail, arena);
}

static void connect_views(struct gc_tail *tail, const bool *depends) {
    for (int32_t g = 0; g < tail->plan->group_count; g++) {
        const struct gc_group *group = &tail->plan->groups[g];
        if (depends[group->output] && group->output != tail->value && group->step.op->is_view)
            tail->tensors[group->output] = tail->tensors[group->inputs[0]];
    }
}

static gc_status allocate(struct gc_tail *tail, bool *depends, int32_t *last) {
    struct gc_arena arena = {0};
    find_swallowed(tail);
    mark_dependents(tail, depends);
    mark_leading(tail, depends, last);
    gc_status status = place(tail, &arena, depends, last);
    if (status == GC_OK)
        status = gc_arena_allocate(&arena, &tail->arena);
    gc_arena_free(&arena);
    if (status == GC_OK)
        connect_views(tail, depends);
    return status;
}

/* ---- Create and destroy ---- */

static size_t most_inputs(const struct gc_plan *plan) {
    int32_t most = 1;
    for (int32_t g = 0; g < plan->group_count; g++)
        most = plan->groups[g].input_count > most ? plan->groups[g].input_count : most;
    return (size_t)most;
}

static gc_status fill(struct gc_tail *tail, struct gc_run *run) {
    const struct gc_graph *graph = tail->plan->graph;
    const gc_shape *shape = &graph->values[tail->value].shape;
    const size_t values = (size_t)graph->value_count;
    const gc_real *tensor;
    tail->channels = (size_t)gc_shape_channels(shape);
    tail->positions = gc_shape_count(shape) / tail->channels;
    tail->tensors = gc_allocate(values, sizeof *tail->tensors);
    tail->in = gc_allocate(most_inputs(tail->plan), sizeof *tail->in);
    bool *depends = gc_allocate(values, sizeof *depends);
    int32_t *last = gc_allocate(values, sizeof *last);
    gc_status status = tail->tensors == NULL || tail->in == NULL || depends == NULL || last == NULL
                           ? gc_fail_memory(values * sizeof *tail->tensors, "what follows a layer")
                           : allocate(tail, depends, last);
    gc_release(depends);
    gc_release(last);
    if (status == GC_OK)
        status = gc_run_activation(run, tail->value, &tensor);
    if (status == GC_OK)
        memcpy(tail->tensors[tail->value], tensor, gc_shape_count(shape) * sizeof *tensor);
    return status;
}

gc_status gc_tail_create(struct gc_tail **tail, struct gc_run *run, struct gc_plan *plan,
                         int32_t value, int32_t to) {
    struct gc_tail *made = *tail = gc_allocate(1, sizeof *made);
    if (made == NULL)
        return gc_fail_memory(sizeof *made, "what follows a layer");
    made->plan = plan;
    made->value = value;
    made->to = to;
    const gc_status status = fill(made, run);
    if (status != GC_OK) {
        gc_tail_destroy(made);
        *tail = NULL;
    }
    return status;
}

void gc_tail_destroy(struct gc_tail *tail) {
    if (tail == NULL)
        return;
    gc_release(tail->tensors);
    gc_release(tail->in);
    gc_release(tail->arena);
    gc_release(tail);
}

/* ---- Run ---- */

static gc_status forward(struct gc_step *step, gc_real *out, const gc_real *const *in) {
    return GC_PROFILED(step, false, step->path->forward(step, out, in));
}

/* The nodes of the group that come after the swallowed value. */
static gc_status run_nodes(struct gc_tail *tail, struct gc_group *group) {
    const gc_real *in = tail->tensors[tail->value];
    for (int32_t i = tail->node + 1; i < group->node_count; i++) {
        gc_real *out = i + 1 < group->node_count ? tail->between[i] : tail->tensors[group->output];
        GC_TRY(forward(&group->split[i], out, &in));
        in = out;
    }
    return GC_OK;
}

static gc_status run_group(struct gc_tail *tail, struct gc_group *group) {
    for (int32_t i = 0; i < group->input_count; i++) {
        const gc_real *changed = tail->tensors[group->inputs[i]];
        tail->in[i] = changed != NULL ? changed : group->in[i];
    }
    return forward(&group->step, tail->tensors[group->output], tail->in);
}

static gc_status run_groups(struct gc_tail *tail) {
    for (int32_t g = 0; g < tail->plan->group_count; g++) {
        struct gc_group *group = &tail->plan->groups[g];
        const bool is_changed = tail->tensors[group->output] != NULL;
        if (!is_changed || group->output == tail->value || group->step.op->is_view)
            continue;
        GC_TRY(g == tail->group ? run_nodes(tail, group) : run_group(tail, group));
    }
    return GC_OK;
}

/* Exchanges a channel of the value and the buffer for one. */
static void exchange(struct gc_tail *tail, int32_t channel) {
    gc_real *value = tail->tensors[tail->value] + channel;
    for (size_t i = 0; i < tail->positions; i++, value += tail->channels) {
        const gc_real kept = tail->channel[i];
        tail->channel[i] = *value;
        *value = kept;
    }
}

gc_status gc_tail_run(struct gc_tail *tail, int32_t channel, const gc_real **output) {
    if (channel != GC_NONE) {
        memset(tail->channel, 0, tail->positions * sizeof *tail->channel);
        exchange(tail, channel);
    }
    const gc_status status = run_groups(tail);
    if (channel != GC_NONE)
        exchange(tail, channel);
    const gc_real *changed = tail->tensors[tail->to];
    *output = changed != NULL ? changed : tail->plan->tensors[tail->to];
    return status;
}

/* ---- Linear tails ---- */

enum { DEPENDS = 1, LEADS = 2 };

static uint8_t marks_of_inputs(const struct gc_node *node, const uint8_t *marks) {
    uint8_t all = 0;
    for (int32_t i = 0; i < node->input_count; i++)
        all |= marks[node->inputs[i]];
    return all;
}

/* Whether the nodes between both values are linear, with marks [value_count] that are 0. */
static bool is_linear(const struct gc_graph *graph, int32_t value, int32_t to, uint8_t *marks) {
    marks[value] = DEPENDS;
    for (int32_t n = 0; n < graph->node_count; n++)
        marks[graph->nodes[n].output] |= marks_of_inputs(&graph->nodes[n], marks) & DEPENDS;
    marks[to] |= LEADS;
    bool all_linear = true;
    for (int32_t n = graph->node_count - 1; n >= 0; n--) {
        const struct gc_node *node = &graph->nodes[n];
        if (!(marks[node->output] & LEADS))
            continue;
        if (marks_of_inputs(node, marks) & DEPENDS && node->output != value)
            all_linear = all_linear && node->op->is_linear;
        for (int32_t i = 0; i < node->input_count; i++)
            marks[node->inputs[i]] |= LEADS;
    }
    return all_linear;
}

gc_status gc_tail_is_linear(const struct gc_graph *graph, int32_t value, int32_t to, bool *linear) {
    uint8_t *marks = gc_allocate((size_t)graph->value_count, sizeof *marks);
    if (marks == NULL)
        return gc_fail_memory((size_t)graph->value_count, "what follows a layer");
    *linear = is_linear(graph, value, to, marks);
    gc_release(marks);
    return GC_OK;
}
