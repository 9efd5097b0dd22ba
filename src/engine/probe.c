/* How a layer answers without its tensors.
 *
 * A group pads its input x, its operator f gives the head value, scale * f + shift the scaled
 * value. Let g be the gradient of the scaled value, and m(k) its mean over the positions. For any
 * weights w,
 *
 *     mean gradient of the scaled value    m
 *     mean gradient of the head value      scale(k) m(k)
 *     map of the scaled value              sum_k w(k) scale(k) f_k  +  sum_k w(k) shift(k)
 *     map of the head value                sum_k w(k) f_k
 *
 * so both maps rest on a sum over k of f_k with the head's weights. The operator computes that sum
 * from its input with one projected filter (gc_op.project). The taps of this filter, added up, say
 * what each position of the output sends back to each channel of the padded input:
 *
 *     mean gradient of the padded input    taps(c) * positions of the output / positions of the
 *     padded input mean gradient of the input           the same without what falls on the padding
 *     (gc_op.outside)
 *
 * Where f is one matrix for all positions, its projected filter is the mean gradient of its input.
 * The map of the input is then the map of the head. */
#include "engine/probe.h"

#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "kernels/dot.h"
#include "kernels/sums.h"

struct gc_projector {
    /* The group that probes ask about. */
    struct gc_group *group;
    const gc_real *gradient; /* of its output, before its clamp */
    double *sums;            /* [channels], of a gradient over the positions */
    bool is_matrix;          /* its operator is one matrix for all positions, without bias */

    /* The last projection of that group, if there was one. */
    bool is_projected;
    gc_real *head; /* [channels], weights of the head value that it was made with */
    gc_real *taps; /* [channels of the input] */
    gc_real *map;  /* [positions] */

    gc_real *weights;  /* [channels], scratch of the method, see gc_probe */
    gc_real *scratch;  /* [channels] */
    gc_real *channels; /* the memory of the arrays of channels */
};

/* ---- Create ---- */

static void raise_to(size_t *size, size_t count) {
    if (count > *size)
        *size = count;
}

static size_t positions(const gc_shape *shape) {
    return (size_t)shape->dims[0] * (size_t)shape->dims[1];
}

/* The most channels of any value, and the most positions of a swallowed one. */
static void measure(const struct gc_graph *graph, const struct gc_group *groups,
                    int32_t group_count, size_t *channels, size_t *map) {
    *channels = *map = 1;
    for (int32_t i = 0; i < graph->input_count; i++)
        raise_to(channels, (size_t)gc_shape_channels(&graph->values[i].shape));
    for (int32_t g = 0; g < group_count; g++)
        for (int32_t i = 0; i < groups[g].node_count; i++) {
            const int32_t value = gc_group_value(&groups[g], graph, i);
            const gc_shape *shape = &graph->values[value].shape;
            raise_to(channels, (size_t)gc_shape_channels(shape));
            if (shape->rank == 3 && i + 1 < groups[g].node_count)
                raise_to(map, positions(shape));
        }
}

gc_status gc_projector_create(struct gc_projector **projector, const struct gc_graph *graph,
                              const struct gc_group *groups, int32_t group_count) {
    size_t channels, map;
    measure(graph, groups, group_count, &channels, &map);
    struct gc_projector *p = *projector = gc_allocate(1, sizeof *p);
    if (p == NULL)
        return gc_fail_memory(sizeof *p, "explanations");
    p->sums = gc_allocate(channels, sizeof *p->sums);
    p->map = gc_allocate(map, sizeof *p->map);
    p->channels = gc_allocate(4 * channels, sizeof *p->channels);
    if (p->sums == NULL || p->map == NULL || p->channels == NULL) {
        gc_projector_destroy(p);
        *projector = NULL;
        return gc_fail_memory((4 * channels + map) * sizeof *p->map, "explanations");
    }
    gc_real **const arrays[] = {&p->head, &p->taps, &p->weights, &p->scratch};
    for (size_t i = 0; i < 4; i++)
        *arrays[i] = p->channels + i * channels;
    return GC_OK;
}

void gc_projector_destroy(struct gc_projector *projector) {
    if (projector == NULL)
        return;
    gc_release(projector->sums);
    gc_release(projector->map);
    gc_release(projector->channels);
    gc_release(projector);
}

/* ---- From tensors ---- */

/* means [channels] = sums [channels] / count */
static void divide(gc_real *means, const double *sums, size_t count, size_t channels) {
    for (size_t k = 0; k < channels; k++)
        means[k] = (gc_real)(sums[k] / (double)count);
}

struct weighted {
    float *raw;
    const gc_real *weights, *value;
    size_t channels;
};

static void weigh_positions(void *context, size_t first, size_t end) {
    const struct weighted *w = context;
    for (size_t p = first; p < end; p++)
        w->raw[p] = (float)gc_dot(w->weights, w->value + p * w->channels, w->channels);
}

/* raw [count] = sum over k of weights [channels] times value [count][channels] */
static void weigh(float *raw, const gc_real *weights, const gc_real *value, size_t count,
                  size_t channels) {
    gc_parallel_ranges(weigh_positions, &(struct weighted){raw, weights, value, channels}, count,
                       1 + GC_SMALLEST_RANGE / channels);
}

struct gc_probe gc_probe_tensors(struct gc_projector *projector, const gc_shape *shape,
                                 const gc_real *gradient, const gc_real *value) {
    return (struct gc_probe){shape, projector->weights, gradient, value, projector, GC_TENSORS};
}

/* ---- From a group's input ---- */

bool gc_group_projects(const struct gc_group *group) { return group->step.op->project != NULL; }

/* Whether the step's output at a position is one matrix times its input there. */
static bool is_matrix(const struct gc_step *step) {
    const gc_shape kernel = step->op->weight(0, step->in, step->params);
    return kernel.rank == 4 && kernel.dims[0] == 1 && kernel.dims[1] == 1 &&
           step->in->dims[0] == step->out.dims[0] && step->in->dims[1] == step->out.dims[1] &&
           step->weights[1] == NULL;
}

void gc_projector_begin(struct gc_projector *projector, struct gc_group *group, gc_real *gradient,
                        const gc_gates *gates) {
    const struct gc_step *step = &group->step;
    const size_t channels = (size_t)gc_shape_channels(&step->out);
    const size_t count = gc_shape_count(&step->out) / channels;
    projector->group = group;
    projector->gradient = gradient;
    projector->is_matrix = group->head == 0 && is_matrix(step);
    projector->is_projected = false;
    if (gates != NULL)
        gc_sum_passing(projector->sums, gradient, gates, count, channels);
    else
        gc_sum_positions(projector->sums, gradient, count, channels);
}

struct gc_probe gc_probe_swallowed(struct gc_projector *projector, const gc_shape *shape,
                                   int32_t i) {
    const int32_t head = projector->group->head;
    const enum gc_answer answer = i < head ? GC_PADDED : i == head ? GC_HEAD : GC_SCALED;
    return (struct gc_probe){shape, projector->weights, NULL, NULL, projector, answer};
}

struct gc_probe gc_probe_input(struct gc_projector *projector, const gc_shape *shape) {
    return (struct gc_probe){shape, projector->weights, NULL, NULL, projector, GC_INPUT};
}

/* head [channels] = weights of the scaled value [channels] times the scale */
static void scale_weights(gc_real *head, const gc_real *weights, const struct gc_step *step) {
    for (size_t k = 0; k < (size_t)step->out.dims[2]; k++)
        head[k] = step->scale == NULL ? weights[k] : weights[k] * step->scale[k];
}

/* Projects the group with weights of its head value [channels], unless that was done already.
 * Grad-CAM asks for the same projection at all layers of a group. */
static gc_status project(struct gc_projector *p, const gc_real *head) {
    struct gc_step *step = &p->group->step;
    const size_t bytes = (size_t)step->out.dims[2] * sizeof *head;
    if (p->is_projected && memcmp(p->head, head, bytes) == 0)
        return GC_OK;
    memcpy(p->head, head, bytes);
    p->is_projected = false;
    GC_TRY(step->op->project(step, p->map, p->taps, p->head, p->group->in));
    p->is_projected = true;
    return GC_OK;
}

/* Projects the group with the mean gradient of its head value, and leaves that in p->scratch. */
static gc_status project_means(struct gc_projector *p) {
    const struct gc_step *step = &p->group->step;
    divide(p->scratch, p->sums, positions(&step->out), (size_t)step->out.dims[2]);
    scale_weights(p->scratch, p->scratch, step);
    return project(p, p->scratch);
}

/* raw [positions] = the projected map + shift */
static void draw_map(float *raw, const struct gc_projector *p, gc_real shift) {
    for (size_t i = 0, count = positions(&p->group->step.out); i < count; i++)
        raw[i] = (float)(p->map[i] + shift);
}

/* The map of the padding is that of its input, with zeros around. */
static void draw_padded(float *raw, const struct gc_projector *p, const gc_real *weights,
                        const gc_shape *padded) {
    const struct gc_step *step = &p->group->step;
    const size_t columns = (size_t)step->in->dims[1], channels = (size_t)step->in->dims[2];
    const size_t width = (size_t)padded->dims[1];
    memset(raw, 0, positions(padded) * sizeof *raw);
    raw += (size_t)step->padding.top * width + (size_t)step->padding.left;
    for (size_t y = 0; y < (size_t)step->in->dims[0]; y++)
        weigh(raw + y * width, weights, p->group->in[0] + y * columns * channels, columns,
              channels);
}

/* ---- Mean gradients ---- */

static gc_status padded_means(struct gc_projector *p, gc_real *means, const gc_shape *padded) {
    GC_TRY(project_means(p));
    const double share = (double)positions(&p->group->step.out) / (double)positions(padded);
    for (size_t c = 0; c < (size_t)padded->dims[2]; c++)
        means[c] = (gc_real)((double)p->taps[c] * share);
    return GC_OK;
}

static gc_status input_means(struct gc_projector *p, gc_real *means) {
    const struct gc_step *step = &p->group->step;
    const size_t channels = (size_t)step->in->dims[2];
    GC_TRY(project_means(p));
    if (p->is_matrix) {
        memcpy(means, p->taps, channels * sizeof *means);
        return GC_OK;
    }
    const double sent = (double)positions(&step->out), count = (double)positions(step->in);
    step->op->outside(step, p->scratch, p->gradient);
    for (size_t c = 0; c < channels; c++)
        means[c] = (gc_real)(((double)p->taps[c] * sent - (double)p->scratch[c]) / count);
    return GC_OK;
}

gc_status gc_probe_means(const struct gc_probe *probe, gc_real *means) {
    struct gc_projector *p = probe->shared;
    const size_t count = positions(probe->shape), channels = (size_t)probe->shape->dims[2];
    switch (probe->answer) {
    case GC_INPUT:
        return input_means(p, means);
    case GC_PADDED:
        return padded_means(p, means, probe->shape);
    case GC_TENSORS:
        gc_sum_positions(p->sums, probe->gradient, count, channels);
        break;
    default: /* gc_projector_begin has made the sums */
        break;
    }
    divide(means, p->sums, count, channels);
    if (probe->answer == GC_HEAD)
        scale_weights(means, means, &p->group->step);
    return GC_OK;
}

/* ---- Maps ---- */

static gc_status weigh_head(struct gc_projector *p, float *raw, const gc_real *weights) {
    GC_TRY(project(p, weights));
    draw_map(raw, p, 0);
    return GC_OK;
}

static gc_status weigh_scaled(struct gc_projector *p, float *raw, const gc_real *weights) {
    const struct gc_step *step = &p->group->step;
    gc_real shift = 0;
    if (step->scale != NULL)
        shift = gc_dot(weights, step->shift, (size_t)step->out.dims[2]);
    scale_weights(p->scratch, weights, step);
    GC_TRY(project(p, p->scratch));
    draw_map(raw, p, shift);
    return GC_OK;
}

static gc_status weigh_input(struct gc_projector *p, float *raw, const gc_real *weights) {
    const gc_shape *in = p->group->step.in;
    const size_t channels = (size_t)in->dims[2];
    const bool is_map_of_head = p->is_matrix && p->is_projected &&
                                memcmp(weights, p->taps, channels * sizeof *weights) == 0;
    if (is_map_of_head)
        draw_map(raw, p, 0);
    else
        weigh(raw, weights, p->group->in[0], positions(in), channels);
    return GC_OK;
}

gc_status gc_probe_weigh(const struct gc_probe *probe, float *raw, const gc_real *weights) {
    struct gc_projector *p = probe->shared;
    switch (probe->answer) {
    case GC_INPUT:
        return weigh_input(p, raw, weights);
    case GC_PADDED:
        draw_padded(raw, p, weights, probe->shape);
        return GC_OK;
    case GC_HEAD:
        return weigh_head(p, raw, weights);
    case GC_SCALED:
        return weigh_scaled(p, raw, weights);
    default:
        weigh(raw, weights, probe->value, positions(probe->shape), (size_t)probe->shape->dims[2]);
        return GC_OK;
    }
}
