#include "engine/run.h"

#include <string.h>

#include "base/memory.h"
#include "engine/arena.h"
#include "engine/profile.h"
#include "graph/ends.h"
#include "kernels/sums.h"

/* Notes on a value during one backward pass. */
enum {
    REQUESTED = 1, /* the caller wants it */
    NEEDED = 2,    /* a requested value lies before it, or is it */
    HAS_GRADIENT = 4,
    VISITED = 8,
    PROJECTED = 16, /* visited with the group that takes it, its gradient is not needed */
    PASSES = 32     /* a requested value lies before it */
};

/* A tensor that grows with need. */
struct buffer {
    gc_real *data;
    size_t count;
};

struct gc_run {
    struct gc_plan *plan;
    struct gc_projector *projector;
    uint8_t *marks; /* [value_count] */

    /* For a group that is run node by node, the values that its nodes give. Once the backward pass
     * has gone by a value, its buffer takes the gradient of the value before. Empty until the first
     * such group. */
    struct buffer values[GC_MAX_GROUP];
};

/* ---- Create and destroy ---- */

gc_status gc_run_create(struct gc_run **run, struct gc_plan *plan) {
    struct gc_run *r = *run = gc_allocate(1, sizeof *r);
    if (r == NULL)
        return gc_fail_memory(sizeof *r, "a run");
    const size_t values = (size_t)plan->graph->value_count;
    r->plan = plan;
    r->marks = gc_allocate(values, sizeof *r->marks);
    gc_status status = r->marks == NULL ? gc_fail_memory(values, "a run") : GC_OK;
    if (status == GC_OK)
        status = gc_projector_create(&r->projector, plan->graph, plan->groups, plan->group_count);
    if (status != GC_OK) {
        gc_run_destroy(r);
        *run = NULL;
    }
    return status;
}

static void release_values(struct gc_run *run) {
    for (size_t i = 0; i < GC_MAX_GROUP; i++) {
        gc_release(run->values[i].data);
        run->values[i] = (struct buffer){0};
    }
}

void gc_run_destroy(struct gc_run *run) {
    if (run == NULL)
        return;
    release_values(run);
    gc_projector_destroy(run->projector);
    gc_release(run->marks);
    gc_release(run);
}

static gc_status reserve(struct buffer *buffer, size_t count) {
    if (count <= buffer->count)
        return GC_OK;
    gc_release(buffer->data);
    buffer->count = 0;
    buffer->data = gc_allocate_unset(gc_tensor_bytes(count), 1);
    if (buffer->data == NULL)
        return gc_fail_memory(gc_tensor_bytes(count), "a layer that was fused");
    buffer->count = count;
    return GC_OK;
}

/* ---- Steps ---- */

static gc_status forward(struct gc_step *step, gc_real *out, const gc_real *const *in) {
    return GC_PROFILED(step, false, step->path->forward(step, out, in));
}

static gc_status backward(struct gc_step *step, int32_t input, gc_real *din, const gc_real *dout,
                          const gc_real *out, const gc_real *const *in) {
    return GC_PROFILED(step, true, step->path->backward(step, input, din, dout, out, in));
}

gc_status gc_run_group(struct gc_run *run, int32_t g) {
    struct gc_group *group = &run->plan->groups[g];
    gc_real *out = run->plan->tensors[group->output];
    gc_gates *gates = gc_plan_gates(run->plan, group);
    if (group->step.op->is_view)
        return GC_OK;
    GC_TRY(forward(&group->step, out, group->in));
    if (gates != NULL)
        gc_gates_note(gates, out, &group->step, 0, gc_shape_count(&group->step.out));
    return GC_OK;
}

gc_status gc_run_next(struct gc_run *run, int32_t *g) {
    const struct gc_plan *plan = run->plan;
    const int32_t first = *g;
    *g += gc_plan_together(plan, first);
    if (*g == first + 1)
        return gc_run_group(run, first);
    gc_chain_run(&plan->chains[plan->chain_of[first]], plan->groups, plan->tensors, plan->gates);
    return GC_OK;
}

gc_status gc_run_forward(struct gc_run *run) {
    for (int32_t g = 0; g < run->plan->group_count;)
        GC_TRY(gc_run_next(run, &g));
    return GC_OK;
}

/* ---- Visiting ---- */

/* One backward pass. It serves the seeds first_seed .. first_seed + gradients->batch - 1. */
struct pass {
    struct gc_run *run;
    struct gc_plan *plan; /* the run's */
    uint8_t *marks;       /* the run's */
    const struct gc_request *request;
    const struct gc_gradients *gradients;
    size_t first_seed;
    size_t turn; /* the seed whose turn it is, counted from first_seed */
};

static const gc_shape *shape_of(const struct gc_plan *plan, int32_t value) {
    return &plan->graph->values[value].shape;
}

static size_t count_of(const struct gc_plan *plan, int32_t value) {
    return gc_shape_count(shape_of(plan, value));
}

static int32_t value_of(const struct pass *pass, const struct gc_group *group, int32_t i) {
    return gc_group_value(group, pass->plan->graph, i);
}

/* The gradient of a value for the seed whose turn it is. */
static gc_real *gradient_of(const struct pass *pass, int32_t value) {
    return pass->gradients->tensors[value] + pass->turn * count_of(pass->plan, value);
}

static gc_status visit(const struct pass *pass, int32_t value, const struct gc_probe *probe) {
    const struct gc_request *request = pass->request;
    pass->marks[value] |= VISITED;
    return request->visit(request->context, pass->first_seed + pass->turn, value, probe);
}

static gc_status visit_tensors(const struct pass *pass, int32_t value, const gc_real *gradient,
                               const gc_real *tensor) {
    const struct gc_probe probe =
        gc_probe_tensors(pass->run->projector, shape_of(pass->plan, value), gradient, tensor);
    return visit(pass, value, &probe);
}

static gc_status visit_value(const struct pass *pass, int32_t value) {
    const uint8_t marks = pass->marks[value];
    if (!(marks & REQUESTED) || marks & PROJECTED)
        return GC_OK;
    return visit_tensors(pass, value, gradient_of(pass, value), pass->plan->tensors[value]);
}

/* ---- A group, node by node ---- */

static bool is_swallowed_request(const struct pass *pass, const struct gc_group *group, int32_t i) {
    return i + 1 < group->node_count && pass->marks[value_of(pass, group, i)] & REQUESTED;
}

/* The first node of the group whose swallowed value is requested, or node_count. */
static int32_t first_swallowed_request(const struct pass *pass, const struct gc_group *group) {
    int32_t i = 0;
    while (i < group->node_count && !is_swallowed_request(pass, group, i))
        i++;
    return i;
}

static bool has_swallowed_request(const struct pass *pass, const struct gc_group *group) {
    return first_swallowed_request(pass, group) < group->node_count;
}

/* Forward from the group's inputs through nodes 0 .. last, into run->values. */
static gc_status forward_nodes(struct gc_run *run, struct gc_group *group, int32_t last) {
    const gc_real *const *in = group->in;
    const gc_real *previous;
    GC_TRY(gc_group_split(group, run->plan->graph));
    for (int32_t i = 0; i <= last; i++) {
        struct gc_step *step = &group->split[i];
        GC_TRY(reserve(&run->values[i], gc_shape_count(&step->out)));
        GC_TRY(forward(step, run->values[i].data, in));
        previous = run->values[i].data;
        in = &previous;
    }
    return GC_OK;
}

/* Goes back through node i, to the gradient of value i - 1. The group's clamp has no work left,
 * because visit_swallowed has masked the gradient in place. */
static gc_status backward_node(const struct pass *pass, struct gc_group *group, int32_t i,
                               const gc_real **gradient) {
    struct buffer *din = &pass->run->values[i];
    const gc_real *out = pass->plan->tensors[value_of(pass, group, i)], *in = NULL;
    if (i + 1 == group->node_count && gc_group_is_clamped(group))
        return GC_OK;
    GC_TRY(reserve(din, count_of(pass->plan, value_of(pass, group, i - 1))));
    GC_TRY(backward(&group->split[i], 0, din->data, *gradient, out, &in));
    *gradient = din->data;
    return GC_OK;
}

/* Backward from the group's output, node by node, to the first requested value. Visits the
 * requested values on its way, with what forward_nodes left in run->values if there is something.
 * */
static gc_status backward_nodes(const struct pass *pass, struct gc_group *group, bool has_values) {
    const gc_real *gradient = gradient_of(pass, group->output);
    const int32_t first = first_swallowed_request(pass, group);
    GC_TRY(gc_group_split(group, pass->plan->graph));
    for (int32_t i = group->node_count - 1; i > first; i--) {
        const int32_t value = value_of(pass, group, i - 1);
        const gc_real *tensor = has_values ? pass->run->values[i - 1].data : NULL;
        GC_TRY(backward_node(pass, group, i, &gradient));
        if (is_swallowed_request(pass, group, i - 1))
            GC_TRY(visit_tensors(pass, value, gradient, tensor));
    }
    return GC_OK;
}

/* Whether the values of swallowed layers are needed, and not their gradients alone. */
static bool needs_values(const struct gc_request *request) {
    return request->needs_activations || !request->needs_gradients;
}

static int32_t last_swallowed_request(const struct pass *pass, const struct gc_group *group) {
    int32_t i = group->node_count - 1;
    while (!is_swallowed_request(pass, group, i))
        i--;
    return i;
}

static gc_status visit_nodes(const struct pass *pass, struct gc_group *group) {
    const bool has_values = needs_values(pass->request);
    if (has_values)
        GC_TRY(forward_nodes(pass->run, group, last_swallowed_request(pass, group)));
    return backward_nodes(pass, group, has_values);
}

/* ---- A group whose operator projects ---- */

/* Visits the group's input, if the caller wants it and no other group adds to its gradient. */
static gc_status visit_input(const struct pass *pass, const struct gc_group *group) {
    const int32_t value = group->inputs[0];
    if (!(pass->marks[value] & REQUESTED) || pass->plan->graph->values[value].consumers > 1)
        return GC_OK;
    pass->marks[value] |= PROJECTED;
    const struct gc_probe probe = gc_probe_input(pass->run->projector, shape_of(pass->plan, value));
    return visit(pass, value, &probe);
}

static gc_status visit_projected(const struct pass *pass, struct gc_group *group) {
    struct gc_projector *projector = pass->run->projector;
    gc_projector_begin(projector, group, gradient_of(pass, group->output),
                       gc_plan_gates(pass->plan, group));
    for (int32_t i = 0; i < group->node_count; i++) {
        if (!is_swallowed_request(pass, group, i))
            continue;
        const int32_t value = value_of(pass, group, i);
        const struct gc_probe probe = gc_probe_swallowed(projector, shape_of(pass->plan, value), i);
        GC_TRY(visit(pass, value, &probe));
    }
    return visit_input(pass, group);
}

/* Whether the group ends in a ReLU. */
static bool ends_in_relu(const struct gc_graph *graph, const struct gc_group *group) {
    return gc_graph_is_relu(&graph->nodes[group->nodes[group->node_count - 1]]);
}

/* Springenberg et al. 2015, arXiv:1412.6806. gradient [count] = max(gradient, 0). The clamp's own
 * mask follows, and both together are the rule at a ReLU. */
static void guide(const struct pass *pass, const struct gc_group *group) {
    gc_real *gradient = gradient_of(pass, group->output);
    for (size_t i = 0, count = count_of(pass->plan, group->output); i < count; i++)
        gradient[i] = gradient[i] > 0 ? gradient[i] : 0;
}

/* Whether the swallowed layers of a group are explained without tensors. */
static bool projects(const struct pass *pass, const struct gc_group *group) {
    const struct gc_request *request = pass->request;
    return !request->needs_gradients && !request->needs_activations && gc_group_projects(group);
}

/* Turns the group's gradient into that before its clamp and visits what lies there. */
static gc_status visit_swallowed(const struct pass *pass, struct gc_group *group) {
    const bool is_requested = has_swallowed_request(pass, group);
    if (is_requested && projects(pass, group))
        return visit_projected(pass, group);
    if (gc_group_is_clamped(group))
        gc_gates_apply(gradient_of(pass, group->output), gc_plan_gates(pass->plan, group),
                       count_of(pass->plan, group->output));
    return is_requested ? visit_nodes(pass, group) : GC_OK;
}

/* ---- Backward ---- */

/* Whether anything lies before the group's output that needs its gradient. */
static bool goes_on(const struct pass *pass, const struct gc_group *group) {
    bool needed = has_swallowed_request(pass, group);
    for (int32_t i = 0; i < group->input_count; i++)
        needed = needed || pass->marks[group->inputs[i]] & NEEDED;
    return needed;
}

/* Marks every value that depends on a requested one. Only those need a gradient. */
static void mark(const struct pass *pass) {
    const struct gc_plan *plan = pass->plan;
    memset(pass->marks, 0, (size_t)plan->graph->value_count);
    for (int32_t i = 0; i < pass->request->value_count; i++)
        pass->marks[pass->request->values[i]] |= REQUESTED | NEEDED;
    for (int32_t g = 0; g < plan->group_count; g++)
        if (goes_on(pass, &plan->groups[g]))
            pass->marks[plan->groups[g].output] |= NEEDED | PASSES;
}

static void add(gc_real *restrict sum, const gc_real *restrict more, size_t count) {
    for (size_t i = 0; i < count; i++)
        sum[i] += more[i];
}

/* Backward of all seeds of the pass, to din [batch][...]. */
static gc_status batch_backward(struct pass *pass, struct gc_group *group, int32_t input,
                                gc_real *din) {
    struct gc_step *step = &group->step;
    const size_t batch = pass->gradients->batch, count = count_of(pass->plan, group->inputs[input]);
    if (batch > 1 && step->path->backward_batch != NULL)
        return GC_PROFILED(
            step, true,
            step->path->backward_batch(step, batch, din, pass->gradients->tensors[group->output]));
    for (pass->turn = 0; pass->turn < batch; pass->turn++)
        GC_TRY(backward(step, input, din + pass->turn * count, gradient_of(pass, group->output),
                        pass->plan->tensors[group->output], group->in));
    return GC_OK;
}

/* Adds what one input of a group gets to that value's gradients. */
static gc_status pass_back(struct pass *pass, struct gc_group *group, int32_t input) {
    const int32_t value = group->inputs[input];
    const bool is_first = !(pass->marks[value] & HAS_GRADIENT);
    gc_real *gradient = pass->gradients->tensors[value];
    gc_real *din = is_first ? gradient : pass->gradients->part;
    GC_TRY(batch_backward(pass, group, input, din));
    if (!is_first)
        add(gradient, din, pass->gradients->batch * count_of(pass->plan, value));
    pass->marks[value] |= HAS_GRADIENT;
    return GC_OK;
}

static bool needs_gradient(const struct pass *pass, int32_t value) {
    const uint8_t marks = pass->marks[value];
    return marks & PASSES || (marks & NEEDED && !(marks & PROJECTED));
}

static bool is_zero(const gc_real *values, size_t count) {
    bool differs = false;
    for (size_t i = 0; i < count; i++)
        differs |= values[i] != 0;
    return !differs;
}

/* Whether no seed has a gradient here, and the caller wants nothing beyond. */
static bool ends_here(const struct pass *pass, const struct gc_group *group) {
    const size_t count = pass->gradients->batch * count_of(pass->plan, group->output);
    return pass->request->stops_at_zero && is_zero(pass->gradients->tensors[group->output], count);
}

static gc_status group_backward(struct pass *pass, struct gc_group *group) {
    const bool on = goes_on(pass, group);
    for (pass->turn = 0; pass->turn < pass->gradients->batch; pass->turn++) {
        GC_TRY(visit_value(pass, group->output));
        if (on && pass->request->is_guided && ends_in_relu(pass->plan->graph, group))
            guide(pass, group);
        if (on)
            GC_TRY(visit_swallowed(pass, group));
    }
    gc_group_join(group);
    for (int32_t i = 0; i < group->input_count && !ends_here(pass, group); i++)
        if (needs_gradient(pass, group->inputs[i]))
            GC_TRY(pass_back(pass, group, i));
    return GC_OK;
}

/* The inputs, and what no gradient has reached. */
static gc_status visit_rest(const struct pass *pass) {
    const struct gc_request *request = pass->request;
    for (int32_t i = 0; i < pass->plan->graph->input_count; i++)
        if (pass->marks[i] & HAS_GRADIENT)
            GC_TRY(visit_value(pass, i));
    for (int32_t i = 0; i < request->value_count; i++)
        if (!(pass->marks[request->values[i]] & VISITED))
            GC_TRY(request->visit(request->context, pass->first_seed + pass->turn,
                                  request->values[i], NULL));
    return GC_OK;
}

/* Fills in the gradient of the output, for the seed whose turn it is. All positions share it. */
static void plant(const struct pass *pass) {
    const size_t count = count_of(pass->plan, pass->request->from);
    const size_t classes = pass->request->class_count;
    const float *seed = pass->request->seeds + (pass->first_seed + pass->turn) * classes;
    gc_real *gradient = gradient_of(pass, pass->request->from);
    for (size_t i = 0; i < count; i++)
        gradient[i] = seed[i % classes];
}

static void raise_to(size_t *size, size_t count) {
    if (count > *size)
        *size = count;
}

/* Raises the sizes of the buffers to what visit_nodes needs for a group. */
static void measure_nodes(const struct pass *pass, const struct gc_group *group, size_t *sizes) {
    const int32_t first = first_swallowed_request(pass, group);
    for (int32_t i = 0; needs_values(pass->request) && i <= last_swallowed_request(pass, group);
         i++)
        raise_to(&sizes[i], count_of(pass->plan, value_of(pass, group, i)));
    for (int32_t i = first + 1; i < group->node_count - gc_group_is_clamped(group); i++)
        raise_to(&sizes[i], count_of(pass->plan, value_of(pass, group, i - 1)));
}

/* Buffers that grow layer by layer would leave gaps in memory. */
static gc_status reserve_nodes(const struct pass *pass) {
    size_t sizes[GC_MAX_GROUP] = {0};
    for (int32_t g = 0; g < pass->plan->group_count; g++) {
        const struct gc_group *group = &pass->plan->groups[g];
        if (has_swallowed_request(pass, group) && !projects(pass, group))
            measure_nodes(pass, group, sizes);
    }
    for (int32_t i = 0; i < GC_MAX_GROUP; i++)
        if (sizes[i] > 0)
            GC_TRY(reserve(&pass->run->values[i], sizes[i]));
    return GC_OK;
}

static gc_status run_pass(struct pass *pass) {
    const struct gc_plan *plan = pass->plan;
    const int32_t from = pass->request->from;
    const size_t batch = pass->gradients->batch;
    mark(pass);
    GC_TRY(reserve_nodes(pass));
    for (pass->turn = 0; pass->turn < batch && pass->marks[from] & NEEDED; pass->turn++)
        plant(pass);
    pass->marks[from] |= HAS_GRADIENT;
    for (int32_t g = plan->group_count - 1; g >= 0; g--) {
        const uint8_t marks = pass->marks[plan->groups[g].output];
        if (marks & NEEDED && marks & HAS_GRADIENT)
            GC_TRY(group_backward(pass, &plan->groups[g]));
    }
    for (pass->turn = 0; pass->turn < batch; pass->turn++)
        GC_TRY(visit_rest(pass));
    return GC_OK;
}

/* ---- Several seeds ---- */

/* Several seeds at once gain by weights that are read from memory once, and by matrix products of
 * more rows. Where a layer has many positions there is nothing to gain, but memory to lose. So the
 * gradients of one value may take this many bytes, unless they are one seed's. */
#define MAX_BATCH_BYTES (4 << 20)

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

static struct pass pass_of(struct gc_run *run, const struct gc_request *request) {
    return (struct pass){.run = run,
                         .plan = run->plan,
                         .marks = run->marks,
                         .request = request,
                         .gradients = &run->plan->gradients};
}

size_t gc_run_batch(struct gc_run *run, const struct gc_request *request) {
    const struct gc_plan *plan = run->plan;
    const struct pass pass = pass_of(run, request);
    size_t batch = request->seed_count;
    mark(&pass);
    for (int32_t value = 0; value < plan->graph->value_count; value++)
        if (run->marks[value] & NEEDED)
            batch = smaller(batch, MAX_BATCH_BYTES / (count_of(plan, value) * sizeof(gc_real)));
    return batch > 1 ? batch : 1;
}

gc_status gc_run_backward(struct gc_run *run, const struct gc_request *request) {
    struct pass pass = pass_of(run, request);
    struct gc_gradients several = {.batch = gc_run_batch(run, request)}; /* marks the values */
    if (several.batch > 1 &&
        gc_gradients_create(&several, run->plan, several.batch, run->marks, NEEDED) == GC_OK)
        pass.gradients = &several;
    else /* no gain, or no memory, so one after another */
        several.batch = 1;
    gc_status status = GC_OK;
    while (pass.first_seed < request->seed_count && status == GC_OK) {
        several.batch = smaller(several.batch, request->seed_count - pass.first_seed);
        status = run_pass(&pass);
        pass.first_seed += several.batch;
    }
    release_values(run); /* else they would stand between other large buffers */
    gc_gradients_free(&several);
    return status;
}

/* ---- Activations ---- */

gc_status gc_run_activation(struct gc_run *run, int32_t value, const gc_real **tensor) {
    struct gc_plan *plan = run->plan;
    *tensor = plan->tensors[value];
    if (*tensor != NULL)
        return GC_OK;
    struct gc_group *group = &plan->groups[plan->producers[value]];
    int32_t i = 0;
    while (gc_group_value(group, plan->graph, i) != value)
        i++;
    GC_TRY(forward_nodes(run, group, i));
    *tensor = run->values[i].data;
    return GC_OK;
}
