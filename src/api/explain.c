/* Grad-CAM: the weights of a layer's channels from their mean gradient, and the map that they give. */
#include <math.h>
#include <string.h>

#include "api/model.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "engine/run.h"
#include "kernels/dot.h"
#include "kernels/sums.h"

/* What the maps of a group's swallowed values share; the operator's map lies in plan->map. */
struct projection {
    const struct gc_group *group; /* NULL: none */
    gc_real shift;                /* what the values after the group's scale and shift have more */
    gc_real norms[GC_PLACES];     /* of the weights of what shares it */
    bool has_input;               /* the tap weights have become those of the input */
};

struct cam {
    const struct gc_graph *graph;
    const struct gc_plan *plan;
    int32_t target;
    int32_t owners[GC_MAX_GROUP]; /* the value whose channel weights plan->weights[i] holds */
    int32_t next_owner;
    struct projection projection; /* the group that was projected last */
    float *raw;                   /* maps one after another */
    float *weights_norm;          /* [requests], or NULL */
};

static size_t positions(const gc_shape *shape) {
    return (size_t)shape->dims[0] * (size_t)shape->dims[1];
}

static const gc_shape *shape_of(const struct cam *cam, int32_t request) {
    return &cam->graph->values[cam->plan->requests[request]].shape;
}

static float *raw_map(const struct cam *cam, int32_t request) {
    return cam->raw + cam->plan->offsets[request];
}

/* Room for the channel weights of a value. A value's activation follows its gradient before the next
 * group begins, so as many as a group has nodes suffice, in turn. */
static gc_real *channel_weights(struct cam *cam, int32_t value) {
    for (int32_t i = 0; i < GC_MAX_GROUP; i++)
        if (cam->owners[i] == value)
            return cam->plan->weights[i];
    const int32_t i = cam->next_owner++ % GC_MAX_GROUP;
    cam->owners[i] = value;
    return cam->plan->weights[i];
}

/* weights [channels] = mean over `count` positions from the sums [channels] */
static void mean_of(gc_real *weights, const double *sums, size_t count, size_t channels) {
    for (size_t k = 0; k < channels; k++)
        weights[k] = (gc_real)(sums[k] / (double)count);
}

struct weighted {
    float *raw;
    const gc_real *weights, *activation;
    size_t channels;
};

static void weight_positions(void *context, size_t first, size_t end) {
    const struct weighted *w = context;
    for (size_t p = first; p < end; p++)
        w->raw[p] = (float)gc_dot(w->weights, w->activation + p * w->channels, w->channels);
}

/* raw [positions] = sum over k of weights [channels] times activation [positions][channels] */
static void weighted_channel_sum(float *raw, const gc_real *weights, const gc_real *activation,
                                 size_t count, size_t channels) {
    gc_parallel_ranges(weight_positions, &(struct weighted){raw, weights, activation, channels},
                       count, 1 + GC_SMALLEST_RANGE / channels);
}

static gc_real euclidean_norm(const gc_real *values, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i] * (double)values[i];
    return (gc_real)sqrt(sum);
}

static void keep_norm(const struct cam *cam, int32_t request, gc_real norm) {
    if (cam->weights_norm != NULL)
        cam->weights_norm[request] = (float)norm;
}

static void seed_target(void *context, gc_real *gradient) {
    const struct cam *cam = context;
    const size_t classes = gc_shape_count(&cam->graph->values[cam->graph->output].shape);
    memset(gradient, 0, classes * sizeof *gradient);
    gradient[cam->target] = 1;
}

static void take_gradient(void *context, int32_t request, const gc_real *gradient) {
    struct cam *cam = context;
    const gc_shape *shape = shape_of(cam, request);
    const size_t count = positions(shape), channels = (size_t)shape->dims[2];
    if (gradient == NULL) {
        memset(raw_map(cam, request), 0, count * sizeof(float));
        keep_norm(cam, request, 0);
        return;
    }
    gc_real *weights = channel_weights(cam, cam->plan->requests[request]);
    gc_sum_positions(cam->plan->sums, gradient, count, channels);
    mean_of(weights, cam->plan->sums, count, channels);
    keep_norm(cam, request, euclidean_norm(weights, channels));
}

static void take_activation(void *context, int32_t request, const gc_real *activation) {
    struct cam *cam = context;
    const gc_shape *shape = shape_of(cam, request);
    weighted_channel_sum(raw_map(cam, request), channel_weights(cam, cam->plan->requests[request]),
                         activation, positions(shape), (size_t)shape->dims[2]);
}

/* ---- Swallowed values ----
 * A group pads its input, its operator f gives one value, scale * f + shift another. From the gradient g
 * behind the scale, with m the mean of g over the positions, the maps of both rest on
 * sum_k m_k scale_k f_k, and so does the mean gradient of the padded input. Where f is one matrix for every
 * position, its projected filter is the mean gradient of its input, and the map is the same. */

/* The sums over the operator's taps of the mean gradient: what each position of its output sends back. */
static gc_real *tap_weights(struct cam *cam, const struct gc_group *group) {
    return channel_weights(cam, group->inputs[0]);
}

/* The mean gradient [channels] of the padding's output: no tap lies outside of it. */
static gc_real *padded_weights(struct cam *cam, const struct gc_group *group) {
    const int32_t value = gc_group_value(cam->plan, group, 0);
    const gc_shape *padded = &cam->graph->values[value].shape;
    const double share = (double)positions(&group->step.out) / (double)positions(padded);
    gc_real *weights = channel_weights(cam, value);
    const gc_real *taps = tap_weights(cam, group);
    for (size_t k = 0; k < (size_t)padded->dims[2]; k++)
        weights[k] = (gc_real)((double)taps[k] * share);
    return weights;
}

/* The same of the group's input, from the gradient [step->out] behind the operator's scale; takes the place
 * of the tap weights. */
static gc_real *input_weights(struct cam *cam, const struct gc_group *group,
                              const gc_real *gradient) {
    const struct gc_step *step = &group->step;
    const double sent = (double)positions(&step->out), count = (double)positions(step->in);
    gc_real *weights = tap_weights(cam, group);
    if (cam->projection.has_input)
        return weights;
    cam->projection.has_input = true;
    gc_real *outside = channel_weights(cam, gc_group_value(cam->plan, group, 0));
    step->op->outside(step, outside, gradient);
    for (size_t k = 0; k < (size_t)step->in->dims[2]; k++)
        weights[k] = (gc_real)(((double)weights[k] * sent - (double)outside[k]) / count);
    return weights;
}

static gc_status project_group(struct cam *cam, struct gc_group *group, const double *sums) {
    struct gc_step *step = &group->step;
    const size_t channels = (size_t)step->out.dims[2];
    gc_real *weights = channel_weights(cam, group->output), *taps = tap_weights(cam, group);
    struct projection projection = {.group = group};
    mean_of(weights, sums, positions(&step->out), channels);
    projection.norms[GC_SCALED] = euclidean_norm(weights, channels);
    if (step->scale != NULL)
        projection.shift = gc_dot(weights, step->shift, channels);
    for (size_t k = 0; step->scale != NULL && k < channels; k++)
        weights[k] *= step->scale[k];
    projection.norms[GC_HEAD] = euclidean_norm(weights, channels);
    GC_TRY(step->op->project(step, cam->plan->map, taps, weights, group->in));
    projection.norms[GC_MATRIX] = euclidean_norm(taps, (size_t)step->in->dims[2]);
    cam->projection = projection;
    return GC_OK;
}

/* The map of the group's operator, moved by `shift`. */
static void draw_projection(const struct cam *cam, float *raw, const struct gc_group *group,
                            gc_real shift) {
    const gc_real *projected = cam->plan->map;
    for (size_t p = 0, count = positions(&group->step.out); p < count; p++)
        raw[p] = (float)(projected[p] + shift);
}

/* The map of the group's padding: that of its input, with zeros around. */
static void draw_padded(float *raw, const struct gc_group *group, const gc_real *weights,
                        const gc_shape *shape) {
    const struct gc_step *step = &group->step;
    const size_t columns = (size_t)step->in->dims[1], channels = (size_t)step->in->dims[2];
    const size_t width = (size_t)shape->dims[1];
    memset(raw, 0, positions(shape) * sizeof *raw);
    raw += (size_t)step->padding.top * width + (size_t)step->padding.left;
    for (size_t y = 0; y < (size_t)step->in->dims[0]; y++)
        weighted_channel_sum(raw + y * width, weights, group->in[0] + y * columns * channels,
                             columns, channels);
}

static void take_padded(struct cam *cam, int32_t request, const struct gc_group *group) {
    const gc_real *weights = padded_weights(cam, group);
    draw_padded(raw_map(cam, request), group, weights, shape_of(cam, request));
    keep_norm(cam, request, euclidean_norm(weights, (size_t)group->step.in->dims[2]));
}

static void take_input(struct cam *cam, int32_t request, const struct gc_group *group,
                       const gc_real *gradient) {
    const gc_shape *in = group->step.in;
    const size_t channels = (size_t)in->dims[2];
    const gc_real *weights = input_weights(cam, group, gradient);
    weighted_channel_sum(raw_map(cam, request), weights, group->in[0], positions(in), channels);
    keep_norm(cam, request, euclidean_norm(weights, channels));
}

static gc_status take_projection(void *context, int32_t request, struct gc_group *group,
                                 enum gc_place place, const gc_real *gradient, const double *sums) {
    struct cam *cam = context;
    if (cam->projection.group != group)
        GC_TRY(project_group(cam, group, sums));
    if (place == GC_PADDED) {
        take_padded(cam, request, group);
    } else if (place == GC_INPUT) {
        take_input(cam, request, group, gradient);
    } else {
        draw_projection(cam, raw_map(cam, request), group,
                        place == GC_SCALED ? cam->projection.shift : 0);
        keep_norm(cam, request, cam->projection.norms[place]);
    }
    return GC_OK;
}

/* ---- What is asked for ---- */

/* The size of what a layer is asked for; INVALID_LAYER if it cannot be. */
typedef gc_status layer_size(const struct gc_layer *layer, const gc_shape *shape, size_t *size);

static gc_status map_size(const struct gc_layer *layer, const gc_shape *shape, size_t *size) {
    char text[GC_SHAPE_TEXT];
    if (shape->rank != 3)
        return gc_fail(
            GC_INVALID_LAYER,
            "layer '%s' gives %s: no rows and columns, so there is no map to make; take a "
            "layer before it",
            layer->path, gc_shape_text(text, shape));
    *size = positions(shape);
    return GC_OK;
}

static gc_status tensor_size(const struct gc_layer *layer, const gc_shape *shape, size_t *size) {
    (void)layer;
    *size = gc_shape_count(shape);
    return GC_OK;
}

/* Writes the layers' values to plan->requests and where what is asked of each begins to plan->offsets; `all`
 * receives what their sizes add up to. */
static gc_status request_values(const gc_model *model, const int32_t *layers, int32_t layer_count,
                                layer_size *size_of, size_t *all) {
    if (layers == NULL || layer_count < 1 || layer_count > model->graph.layer_count)
        return gc_fail(GC_INVALID_ARGUMENT, "1 to %d layers can be asked for, not %d",
                       (int)model->graph.layer_count, (int)layer_count);
    size_t wanted = 0;
    for (int32_t i = 0; i < layer_count; i++) {
        const struct gc_layer *layer = gc_model_layer(model, layers[i]);
        if (layer == NULL)
            return gc_fail(GC_UNKNOWN_LAYER, "layer %d does not exist: 0 to %d do", (int)layers[i],
                           (int)model->graph.layer_count - 1);
        size_t size = 0;
        GC_TRY(size_of(layer, &model->graph.values[layer->value].shape, &size));
        model->plan->requests[i] = layer->value;
        model->plan->offsets[i] = wanted;
        wanted += size;
    }
    *all = wanted;
    return GC_OK;
}

/* The same; `given` values must be what the sizes add up to. */
static gc_status request_layers(const gc_model *model, const int32_t *layers, int32_t layer_count,
                                layer_size *size_of, size_t given) {
    size_t wanted = 0;
    GC_TRY(request_values(model, layers, layer_count, size_of, &wanted));
    return gc_check_count("room for the layers' values", given, wanted);
}

/* A first backward may pack weights and take groups apart: the model's memory grows. */
static gc_status backward(gc_model *model, gc_output output, int32_t request_count,
                          const struct gc_visitor *visitors, size_t target_count) {
    const int32_t from = output == GC_LOGIT ? model->plan->logits : model->graph.output;
    const size_t before = gc_memory_in_use();
    const gc_status status = gc_run_backward(model->plan, from, model->plan->requests,
                                             request_count, visitors, target_count);
    model->memory += gc_memory_in_use() - before;
    return status;
}

static gc_status check_targets(const gc_model *model, const int32_t *targets,
                               int32_t target_count) {
    const int32_t classes = gc_model_class_count(model);
    if (targets == NULL || target_count < 1 || target_count > GC_MAX_TARGETS)
        return gc_fail(GC_INVALID_ARGUMENT, "1 to %d classes can be explained at once, not %d",
                       GC_MAX_TARGETS, (int)target_count);
    for (int32_t i = 0; i < target_count; i++)
        if (targets[i] < 0 || targets[i] >= classes)
            return gc_fail(GC_INVALID_TARGET, "class %d does not exist: 0 to %d do",
                           (int)targets[i], (int)classes - 1);
    return GC_OK;
}

gc_status gc_model_explain(gc_model *model, const int32_t *targets, int32_t target_count,
                           gc_output output, const int32_t *layers, int32_t layer_count, float *raw,
                           size_t raw_count, float *weights_norm) {
    GC_TRY(gc_model_check_run(model));
    GC_TRY(check_targets(model, targets, target_count));
    if (raw == NULL)
        return gc_fail(GC_INVALID_ARGUMENT, "gc_model_explain: raw must not be NULL");
    const size_t each = raw_count / (size_t)target_count;
    GC_TRY(gc_check_count("room for the layers' values", raw_count, each * (size_t)target_count));
    GC_TRY(request_layers(model, layers, layer_count, map_size, each));
    struct cam cams[GC_MAX_TARGETS];
    struct gc_visitor visitors[GC_MAX_TARGETS];
    for (int32_t i = 0; i < target_count; i++) {
        cams[i] = (struct cam){.graph = &model->graph,
                               .plan = model->plan,
                               .target = targets[i],
                               .owners = {GC_NONE, GC_NONE, GC_NONE, GC_NONE},
                               .raw = raw + (size_t)i * each};
        if (weights_norm != NULL)
            cams[i].weights_norm = weights_norm + (size_t)i * (size_t)layer_count;
        visitors[i] = (struct gc_visitor){&cams[i], seed_target, take_gradient, take_activation,
                                          take_projection};
    }
    return backward(model, output, layer_count, visitors, (size_t)target_count);
}

gc_status gc_model_shared_targets(gc_model *model, const int32_t *layers, int32_t layer_count,
                                  int32_t *count) {
    GC_TRY(gc_model_check_run(model));
    if (count == NULL)
        return gc_fail(GC_INVALID_ARGUMENT, "gc_model_shared_targets: count must not be NULL");
    size_t all = 0;
    GC_TRY(request_values(model, layers, layer_count, map_size, &all));
    *count = (int32_t)gc_run_batch(model->plan, model->plan->requests, layer_count, GC_MAX_TARGETS);
    return GC_OK;
}

/* ---- Activations and gradients as they are ---- */

struct copy {
    const struct gc_plan *plan;
    float *tensors;    /* one after another */
    const float *seed; /* [seed_count] */
    size_t seed_count;
};

static void seed_values(void *context, gc_real *gradient) {
    const struct copy *copy = context;
    for (size_t i = 0; i < copy->seed_count; i++)
        gradient[i] = copy->seed[i];
}

static void copy_tensor(void *context, int32_t request, const gc_real *tensor) {
    const struct copy *copy = context;
    const struct gc_plan *plan = copy->plan;
    float *to = copy->tensors + plan->offsets[request];
    const size_t count = gc_shape_count(&plan->graph->values[plan->requests[request]].shape);
    for (size_t i = 0; i < count; i++)
        to[i] = tensor == NULL ? 0 : (float)tensor[i];
}

static void ignore(void *context, int32_t request, const gc_real *tensor) {
    (void)context, (void)request, (void)tensor;
}

gc_status gc_model_activation(gc_model *model, int32_t layer, float *values, size_t count) {
    GC_TRY(gc_model_check_run(model));
    GC_TRY(request_layers(model, &layer, 1, tensor_size, count));
    struct copy copy = {.plan = model->plan, .tensors = values};
    const struct gc_visitor visitor = {&copy, NULL, ignore, copy_tensor, NULL};
    const size_t before = gc_memory_in_use();
    const gc_status status = gc_run_activation(model->plan, model->plan->requests[0], &visitor);
    model->memory += gc_memory_in_use() - before;
    return status;
}

gc_status gc_model_gradients(gc_model *model, gc_output output, const float *seed,
                             size_t seed_count, const int32_t *layers, int32_t layer_count,
                             float *gradients, size_t count) {
    GC_TRY(gc_model_check_run(model));
    GC_TRY(gc_check_count("seed", seed_count, (size_t)gc_model_class_count(model)));
    GC_TRY(request_layers(model, layers, layer_count, tensor_size, count));
    struct copy copy = {model->plan, gradients, seed, seed_count};
    const struct gc_visitor visitor = {&copy, seed_values, copy_tensor, ignore, NULL};
    return backward(model, output, layer_count, &visitor, 1);
}
