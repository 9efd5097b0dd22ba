#include "engine/finite.h"

#include <math.h>
#include <string.h>

#include "base/magnitude.h"
#include "base/memory.h"
#include "graph/shapes.h"

/* Sums below this bound stay finite whatever their order, for float32 ends at 3.4e38. */
#define SAFE 1e30

struct search {
    struct gc_run *run;
    const struct gc_plan *plan;
    double *bounds; /* [value_count], magnitudes that the values do not exceed */
};

static const gc_shape *shape_of(const struct search *s, int32_t value) {
    return &s->plan->graph->values[value].shape;
}

static double measure(const struct search *s, int32_t value) {
    return gc_magnitude(s->plan->tensors[value], gc_shape_count(shape_of(s, value)));
}

/* ---- How much a group enlarges ---- */

/* Whether no output of an operator without weights is larger than the sum of its inputs. */
static bool is_tame(const struct gc_op *op) {
    static const char *const names[] = {"concatenate",    "zero_padding", "cropping",
                                        "permute",        "reshape",      "expand_dims",
                                        "squeeze",        "max_pooling",  "average_pooling",
                                        "global_max",     "adaptive_max", "adaptive_average",
                                        "global_average", "upsampling",   "add",
                                        "subtract",       "average",      "maximum",
                                        "minimum",        "sigmoid",      "tanh",
                                        "silu",           "gelu",         "hard_sigmoid",
                                        "hard_silu",      "absolute"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(op->name, names[i]) == 0)
            return true;
    return false;
}

/* Whether every output is a sum of inputs times weights, and of weights. */
static bool is_linear(const struct gc_op *op) {
    static const char *const names[] = {"conv2d", "conv2d_transpose", "dense", "shaped_dense",
                                        "depthwise"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(op->name, names[i]) == 0)
            return true;
    return false;
}

/* A bound of a node's output that its weights give. The channels of the output have equal shares of
 * an array of weights, and each value sums over one share at most. */
static double after_weights(const struct search *s, const struct gc_node *node, double in) {
    const double channels = (double)gc_shape_channels(shape_of(s, node->output));
    double out = 0;
    for (int32_t slot = 0; slot < GC_MAX_WEIGHTS; slot++) {
        if (node->weights[slot] == GC_NONE)
            continue;
        const struct gc_weight *weight = &s->plan->graph->weights[node->weights[slot]];
        out += (in + 1) * weight->largest * (double)gc_shape_count(&weight->shape) / channels;
    }
    return out;
}

/* A bound of the values of a clamp. One below may raise them, and one above may lower them. */
static double after_clamp(const struct gc_node *node, double in) {
    gc_real low, high;
    node->op->clamp(node->params, &low, &high);
    const double raised = isfinite(low) ? fabs((double)low) : 0;
    const double lowered = isfinite(high) ? fabs((double)high) : 0;
    return fmax(in, fmax(raised, lowered));
}

/* A bound of the values that the head of a group gives. INFINITY if nothing is known. */
static double after_head(const struct search *s, const struct gc_group *group) {
    const struct gc_node *head = &s->plan->graph->nodes[group->nodes[group->head]];
    const bool is_product = strcmp(head->op->name, "multiply") == 0;
    double sum = 0, product = 1;
    for (int32_t i = 0; i < group->input_count; i++) {
        sum += s->bounds[group->inputs[i]];
        product *= s->bounds[group->inputs[i]] + 1;
    }
    if (is_product)
        return product;
    if (is_linear(head->op))
        return after_weights(s, head, sum);
    if (head->op->clamp != NULL)
        return after_clamp(head, sum);
    return is_tame(head->op) || head->op->is_view ? sum : INFINITY;
}

/* A bound of all values of a group. */
static double reach(const struct search *s, const struct gc_group *group) {
    const double out = after_head(s, group);
    if (group->coefficients == NULL)
        return out;
    const double scaled = out * group->largest_scale + group->largest_shift;
    return scaled > out ? scaled : out;
}

/* Replaces the bounds of the group's inputs by what the inputs hold. */
static void measure_inputs(const struct search *s, const struct gc_group *group) {
    for (int32_t i = 0; i < group->input_count; i++)
        s->bounds[group->inputs[i]] = measure(s, group->inputs[i]);
}

/* ---- Search ---- */

/* Computes every value of a group and looks for the first that is not finite. */
static gc_status look_at_nodes(const struct search *s, const struct gc_group *group,
                               int32_t *found) {
    for (int32_t i = 0; i < group->node_count; i++) {
        const int32_t value = gc_group_value(group, s->plan->graph, i);
        const gc_real *tensor;
        if (i + 1 == group->node_count && gc_group_is_clamped(group))
            break;
        GC_TRY(gc_run_activation(s->run, value, &tensor));
        if (gc_magnitude(tensor, gc_shape_count(shape_of(s, value))) == INFINITY) {
            *found = value;
            return GC_OK;
        }
    }
    return GC_OK;
}

static double clamped(const struct gc_group *group, double bound) {
    const double low = fabs((double)group->step.min), high = fabs((double)group->step.max);
    const double most = low > high ? low : high;
    return most < bound ? most : bound;
}

static gc_status look_at_group(const struct search *s, const struct gc_group *group,
                               int32_t *found) {
    double bound = reach(s, group);
    if (!(bound < SAFE) && bound < INFINITY) {
        measure_inputs(s, group);
        bound = reach(s, group);
    }
    if (!(bound < SAFE)) {
        GC_TRY(look_at_nodes(s, group, found));
        bound = measure(s, group->output);
        if (*found == GC_NONE && bound == INFINITY)
            *found = group->output;
    }
    s->bounds[group->output] = clamped(group, bound);
    return GC_OK;
}

/* Bounds what the groups of a chain give. Returns whether nothing can overflow. Their tensors are
 * never whole, so that only the input of the first one can be measured. */
static bool bound_chain(const struct search *s, int32_t first, int32_t end) {
    bool is_safe = true;
    for (int32_t g = first; g < end; g++) {
        const struct gc_group *group = &s->plan->groups[g];
        const double bound = reach(s, group);
        is_safe = is_safe && bound < SAFE;
        s->bounds[group->output] = clamped(group, bound);
    }
    return is_safe;
}

static bool is_chain_safe(const struct search *s, int32_t first, int32_t end) {
    if (bound_chain(s, first, end))
        return true;
    measure_inputs(s, &s->plan->groups[first]);
    return bound_chain(s, first, end);
}

static gc_status look_at_groups(const struct search *s, int32_t first, int32_t end,
                                int32_t *found) {
    for (int32_t g = first; g < end && *found == GC_NONE; g++)
        GC_TRY(look_at_group(s, &s->plan->groups[g], found));
    return GC_OK;
}

/* Runs all groups. What a chain gives that keeps nothing is not known to be finite unless its
 * bounds say so. */
static gc_status run_groups(const struct search *s, int32_t *found, bool *is_known) {
    *found = GC_NONE;
    *is_known = true;
    for (int32_t i = 0; i < s->plan->graph->input_count; i++)
        s->bounds[i] = measure(s, i);
    for (int32_t g = 0; g < s->plan->group_count && *is_known;) {
        const int32_t first = g;
        GC_TRY(gc_run_next(s->run, &g));
        if (g > first + 1 && first < s->plan->kept_from)
            *is_known = *found != GC_NONE || is_chain_safe(s, first, g);
        else
            GC_TRY(look_at_groups(s, first, g, found));
    }
    return GC_OK;
}

gc_status gc_run_watched(struct gc_run *run, struct gc_plan *plan, int32_t *not_finite) {
    const size_t count = (size_t)plan->graph->value_count;
    struct search s = {run, plan, gc_allocate(count, sizeof *s.bounds)};
    bool is_known;
    if (s.bounds == NULL)
        return gc_fail_memory(count * sizeof *s.bounds, "the search for numbers that are none");
    gc_status status = run_groups(&s, not_finite, &is_known);
    if (status == GC_OK && !is_known) /* with all tensors whole */
        status = gc_plan_keep(plan, 0);
    if (status == GC_OK && !is_known)
        status = run_groups(&s, not_finite, &is_known);
    gc_release(s.bounds);
    return status;
}
