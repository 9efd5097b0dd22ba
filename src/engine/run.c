#include "engine/run.h"

#include <math.h>
#include <string.h>

#include "engine/profile.h"
#include "kernels/sums.h"

/* Notes on a value during one backward. */
enum {
    REQUESTED = 1, /* the caller wants its gradient */
    NEEDED = 2,    /* a requested value lies before it, or is it */
    HAS_GRADIENT = 4,
    VISITED = 8,
    PROJECTED = 16, /* visited with the group that takes it */
    PASSES = 32     /* a requested value lies before it */
};

struct backward {
    struct gc_plan *plan;
    const int32_t *requests;
    int32_t request_count;
    const struct gc_gradients *gradients;
    const struct gc_visitor *visitors; /* [gradients->batch] */
    size_t target;                     /* whose turn it is */
};

static gc_status forward(struct gc_step *step, gc_real *out, const gc_real *const *in) {
    const struct gc_op *op = step->op;
    gc_forward *run = op->forward != NULL ? op->forward : op->forward_reference;
    return GC_PROFILED(step, false, run(step, out, in));
}

static gc_status backward(struct gc_step *step, int32_t input, gc_real *din, const gc_real *dout,
                          const gc_real *out, const gc_real *const *in) {
    const struct gc_op *op = step->op;
    gc_backward *run = op->backward != NULL ? op->backward : op->backward_reference;
    return GC_PROFILED(step, true, run(step, input, din, dout, out, in));
}

gc_status gc_run_forward(struct gc_plan *plan) {
    for (int32_t g = 0; g < plan->group_count; g++) {
        struct gc_group *group = &plan->groups[g];
        if (group->step.op->is_view)
            continue;
        GC_TRY(forward(&group->step, plan->tensors[group->output], group->in));
    }
    return GC_OK;
}

static size_t count_of(const struct gc_plan *plan, int32_t value) {
    return gc_shape_count(&plan->graph->values[value].shape);
}

/* Of the target whose turn it is. */
static gc_real *gradient_of(const struct backward *b, int32_t value) {
    return b->gradients->tensors[value] + b->target * count_of(b->plan, value);
}
static const struct gc_visitor *visitor_of(const struct backward *b) {
    return &b->visitors[b->target];
}

/* ---- Visiting ---- */

typedef void visit(void *context, int32_t request, const gc_real *tensor);

static void visit_each(const struct backward *b, int32_t value, visit *visit,
                       const gc_real *tensor) {
    if (!(b->plan->marks[value] & REQUESTED))
        return;
    for (int32_t r = 0; r < b->request_count; r++)
        if (b->requests[r] == value)
            visit(visitor_of(b)->context, r, tensor);
    b->plan->marks[value] |= VISITED;
}

static void visit_value(const struct backward *b, int32_t value) {
    if (b->plan->marks[value] & PROJECTED)
        return;
    visit_each(b, value, visitor_of(b)->gradient, gradient_of(b, value));
    visit_each(b, value, visitor_of(b)->activation, b->plan->tensors[value]);
}

/* ---- A group taken apart ---- */

static bool is_swallowed_request(const struct backward *b, const struct gc_group *group,
                                 int32_t i) {
    return i + 1 < group->node_count &&
           b->plan->marks[gc_group_value(b->plan, group, i)] & REQUESTED;
}

/* The first node of the group whose swallowed value is requested; node_count if there is none. */
static int32_t first_swallowed_request(const struct backward *b, const struct gc_group *group) {
    int32_t i = 0;
    while (i < group->node_count && !is_swallowed_request(b, group, i))
        i++;
    return i;
}

/* Backward from the group's output, node by node, to the first requested value. */
static gc_status split_backward(const struct backward *b, struct gc_group *group, int32_t first) {
    struct gc_plan *plan = b->plan;
    const gc_real *dout = gradient_of(b, group->output);
    for (int32_t i = group->node_count - 1; i > first; i--) {
        struct gc_step *step = &group->split[i];
        gc_real *din = plan->between[i % 2];
        const gc_real *out = plan->tensors[gc_group_value(plan, group, i)];
        const gc_real *in = NULL;
        GC_TRY(backward(step, 0, din, dout, out, &in));
        visit_each(b, gc_group_value(plan, group, i - 1), visitor_of(b)->gradient, din);
        dout = din;
    }
    return GC_OK;
}

/* Forward from the group's inputs, node by node, as far as values are requested. */
static gc_status split_forward(const struct backward *b, struct gc_group *group) {
    const gc_real *const *in = group->in;
    const gc_real *previous;
    int32_t last = group->node_count - 1;
    while (last >= 0 && !is_swallowed_request(b, group, last))
        last--;
    for (int32_t i = 0; i <= last; i++) {
        struct gc_step *step = &group->split[i];
        gc_real *out = b->plan->between[i % 2];
        GC_TRY(forward(step, out, in));
        visit_each(b, gc_group_value(b->plan, group, i), visitor_of(b)->activation, out);
        previous = out;
        in = &previous;
    }
    return GC_OK;
}

/* The node of the group that is neither a padding before nor an affine or clamp behind. */
static int32_t head_of(const struct gc_plan *plan, const struct gc_group *group) {
    return plan->graph->nodes[group->nodes[0]].op == group->step.op ? 0 : 1;
}

static gc_status split(const struct backward *b, struct gc_group *group) {
    GC_TRY(gc_group_split(b->plan, group));
    GC_TRY(split_backward(b, group, first_swallowed_request(b, group)));
    return split_forward(b, group);
}

static enum gc_place place_of(int32_t node, int32_t head) {
    return node < head ? GC_PADDED : node == head ? GC_HEAD : GC_SCALED;
}

/* A step whose output at a position is one matrix times its input there: the weighted sum of the output's
 * channels is then one of the input's too. */
static bool is_matrix(const struct gc_step *step) {
    const gc_shape kernel = step->op->weight(0, step->in, step->params);
    return kernel.rank == 4 && kernel.dims[0] == 1 && kernel.dims[1] == 1 &&
           step->in->dims[0] == step->out.dims[0] && step->in->dims[1] == step->out.dims[1] &&
           step->weights[1] == NULL;
}

static gc_status visit_projection(const struct backward *b, struct gc_group *group, int32_t value,
                                  enum gc_place place) {
    const gc_real *gradient = gradient_of(b, group->output);
    for (int32_t r = 0; r < b->request_count; r++)
        if (b->requests[r] == value)
            GC_TRY(visitor_of(b)->projection(visitor_of(b)->context, r, group, place, gradient,
                                             b->plan->sums));
    b->plan->marks[value] |= VISITED;
    return GC_OK;
}

/* Visits the group's input, if the caller wants it and no other group adds to its gradient. */
static gc_status project_input(const struct backward *b, struct gc_group *group, int32_t head) {
    const int32_t value = group->inputs[0];
    if (!(b->plan->marks[value] & REQUESTED) || b->plan->graph->values[value].consumers > 1)
        return GC_OK;
    b->plan->marks[value] |= PROJECTED;
    const bool matrix = head == 0 && is_matrix(&group->step);
    return visit_projection(b, group, value, matrix ? GC_MATRIX : GC_INPUT);
}

static gc_status project(const struct backward *b, struct gc_group *group) {
    const int32_t head = head_of(b->plan, group);
    for (int32_t i = 0; i < group->node_count; i++) {
        if (!is_swallowed_request(b, group, i))
            continue;
        GC_TRY(visit_projection(b, group, gc_group_value(b->plan, group, i), place_of(i, head)));
    }
    return project_input(b, group, head);
}

static bool has_swallowed_request(const struct backward *b, const struct gc_group *group) {
    return first_swallowed_request(b, group) < group->node_count;
}

static bool is_clamped(const struct gc_step *step) {
    return isfinite(step->min) || isfinite(step->max);
}

/* Turns the group's gradient into that before its clamp and visits what lies there. */
static gc_status visit_swallowed(const struct backward *b, struct gc_group *group) {
    struct gc_plan *plan = b->plan;
    const struct gc_step *step = &group->step;
    gc_real *gradient = gradient_of(b, group->output);
    const gc_real *out = plan->tensors[group->output];
    const bool is_asked = has_swallowed_request(b, group);
    if (!is_asked || visitor_of(b)->projection == NULL || step->op->project == NULL) {
        if (is_clamped(step))
            gc_mask_clamp(gradient, out, step);
        return is_asked ? split(b, group) : GC_OK;
    }
    const size_t channels = (size_t)gc_shape_channels(&step->out);
    if (is_clamped(step))
        gc_mask_clamp_and_sum(plan->sums, gradient, out, step);
    else
        gc_sum_positions(plan->sums, gradient, gc_shape_count(&step->out) / channels, channels);
    return project(b, group);
}

/* ---- Backward ---- */

/* Whether anything lies before the group's output that needs its gradient. */
static bool goes_on(const struct backward *b, const struct gc_group *group) {
    bool needed = has_swallowed_request(b, group);
    for (int32_t i = 0; i < group->input_count; i++)
        needed = needed || b->plan->marks[group->inputs[i]] & NEEDED;
    return needed;
}

/* Marks every value behind which a requested one lies: only those need a gradient. */
static void mark(const struct backward *b) {
    struct gc_plan *plan = b->plan;
    memset(plan->marks, 0, (size_t)plan->graph->value_count);
    for (int32_t r = 0; r < b->request_count; r++)
        plan->marks[b->requests[r]] |= REQUESTED | NEEDED;
    for (int32_t g = 0; g < plan->group_count; g++)
        if (goes_on(b, &plan->groups[g]))
            plan->marks[plan->groups[g].output] |= NEEDED | PASSES;
}

static void add(gc_real *restrict sum, const gc_real *restrict more, size_t count) {
    for (size_t i = 0; i < count; i++)
        sum[i] += more[i];
}

/* Backward of all targets, to din [batch][...]. */
static gc_status batch_backward(struct backward *b, struct gc_group *group, int32_t input,
                                gc_real *din) {
    struct gc_step *step = &group->step;
    const size_t batch = b->gradients->batch, count = count_of(b->plan, group->inputs[input]);
    if (batch > 1 && step->op->backward_batch != NULL)
        return GC_PROFILED(
            step, true,
            step->op->backward_batch(step, batch, din, b->gradients->tensors[group->output]));
    for (b->target = 0; b->target < batch; b->target++)
        GC_TRY(backward(step, input, din + b->target * count, gradient_of(b, group->output),
                        b->plan->tensors[group->output], group->in));
    return GC_OK;
}

/* Adds what one input of a group gets to that value's gradients. */
static gc_status pass_back(struct backward *b, struct gc_group *group, int32_t input) {
    struct gc_plan *plan = b->plan;
    const int32_t value = group->inputs[input];
    const bool is_first = !(plan->marks[value] & HAS_GRADIENT);
    gc_real *gradient = b->gradients->tensors[value];
    gc_real *din = is_first ? gradient : b->gradients->part;
    GC_TRY(batch_backward(b, group, input, din));
    if (!is_first)
        add(gradient, din, b->gradients->batch * count_of(plan, value));
    plan->marks[value] |= HAS_GRADIENT;
    return GC_OK;
}

static bool needs_gradient(const struct backward *b, int32_t value) {
    const uint8_t marks = b->plan->marks[value];
    return marks & PASSES || (marks & NEEDED && !(marks & PROJECTED));
}

static gc_status group_backward(struct backward *b, struct gc_group *group) {
    const bool on = goes_on(b, group);
    for (b->target = 0; b->target < b->gradients->batch; b->target++) {
        visit_value(b, group->output);
        if (on)
            GC_TRY(visit_swallowed(b, group));
    }
    for (int32_t i = 0; i < group->input_count; i++)
        if (needs_gradient(b, group->inputs[i]))
            GC_TRY(pass_back(b, group, i));
    return GC_OK;
}

/* The input, and what no gradient has reached. */
static void visit_rest(const struct backward *b) {
    if (b->plan->marks[0] & HAS_GRADIENT)
        visit_value(b, 0);
    for (int32_t r = 0; r < b->request_count; r++)
        if (!(b->plan->marks[b->requests[r]] & VISITED))
            visitor_of(b)->gradient(visitor_of(b)->context, r, NULL);
}

static gc_status run_batch(struct backward *b, int32_t from) {
    struct gc_plan *plan = b->plan;
    mark(b);
    for (b->target = 0; b->target < b->gradients->batch && plan->marks[from] & NEEDED; b->target++)
        visitor_of(b)->seed(visitor_of(b)->context, gradient_of(b, from));
    plan->marks[from] |= HAS_GRADIENT;
    for (int32_t g = plan->group_count - 1; g >= 0; g--) {
        const uint8_t marks = plan->marks[plan->groups[g].output];
        if (marks & NEEDED && marks & HAS_GRADIENT)
            GC_TRY(group_backward(b, &plan->groups[g]));
    }
    for (b->target = 0; b->target < b->gradients->batch; b->target++)
        visit_rest(b);
    return GC_OK;
}

/* ---- Several targets ---- */

/* Several targets at once gain by weights that are read from memory once, and by matrix products of more
 * rows. Where a layer has many positions there is nothing to gain, but memory to lose: bytes that the
 * gradients of one value may take, unless they are one target's. */
#define MAX_BATCH_BYTES (4 << 20)

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

size_t gc_run_batch(struct gc_plan *plan, const int32_t *requests, int32_t request_count,
                    size_t target_count) {
    size_t batch = target_count;
    mark(&(struct backward){.plan = plan, .requests = requests, .request_count = request_count});
    for (int32_t value = 0; value < plan->graph->value_count; value++)
        if (plan->marks[value] & NEEDED)
            batch = smaller(batch, MAX_BATCH_BYTES / (count_of(plan, value) * sizeof(gc_real)));
    return batch > 1 ? batch : 1;
}

gc_status gc_run_backward(struct gc_plan *plan, int32_t from, const int32_t *requests,
                          int32_t request_count, const struct gc_visitor *visitors,
                          size_t target_count) {
    struct backward b = {plan, requests, request_count, &plan->gradients, visitors, 0};
    struct gc_gradients several = {
        .batch = gc_run_batch(plan, requests, request_count, target_count)}; /* marks the values */
    if (several.batch > 1 && gc_gradients_create(&several, plan, several.batch, NEEDED) == GC_OK)
        b.gradients = &several;
    else /* no gain, or no room: one after another */
        several.batch = 1;
    gc_status status = GC_OK;
    while (target_count > 0 && status == GC_OK) {
        several.batch = smaller(several.batch, target_count);
        status = run_batch(&b, from);
        b.visitors += several.batch;
        target_count -= several.batch;
    }
    gc_gradients_free(&several);
    return status;
}

static struct gc_group *group_of(struct gc_plan *plan, int32_t value) {
    for (int32_t g = 0; g < plan->group_count; g++)
        for (int32_t i = 0; i < plan->groups[g].node_count; i++)
            if (gc_group_value(plan, &plan->groups[g], i) == value)
                return &plan->groups[g];
    return NULL;
}

gc_status gc_run_activation(struct gc_plan *plan, int32_t value, const struct gc_visitor *visitor) {
    if (plan->tensors[value] != NULL) {
        visitor->activation(visitor->context, 0, plan->tensors[value]);
        return GC_OK;
    }
    const struct backward b = {plan, &value, 1, &plan->gradients, visitor, 0};
    struct gc_group *group = group_of(plan, value);
    memset(plan->marks, 0, (size_t)plan->graph->value_count);
    plan->marks[value] = REQUESTED;
    GC_TRY(gc_group_split(plan, group));
    return split_forward(&b, group);
}
