/* Grad-CAM: the weights of a layer's channels from their mean gradient, and the map that they give. */
#include <math.h>
#include <string.h>

#include "memory.h"
#include "model.h"
#include "run.h"

/* What the maps of a group's swallowed values share; the map itself lies in plan->scratch[0]. */
struct projection {
    const struct gc_group *group; /* NULL: none */
    double shift;                 /* what the values after the group's scale and shift have more */
    double norms[2];              /* of the weights before and after the scale */
};

struct cam {
    const struct gc_graph *graph;
    const struct gc_plan *plan;
    const int32_t *values;        /* [requests]: what is explained */
    int32_t owners[GC_MAX_GROUP]; /* the value whose channel weights plan->channels[i] holds */
    int32_t next_owner;
    struct projection projection; /* the group that was projected last */
    float *raw;                   /* maps one after another */
    float *weights_norm;          /* [requests], or NULL */
};

static const gc_shape *shape_of(const struct cam *cam, int32_t request) {
    return &cam->graph->values[cam->values[request]].shape;
}

static size_t positions(const gc_shape *shape) {
    return (size_t)shape->dims[0] * (size_t)shape->dims[1];
}

static float *raw_map(const struct cam *cam, int32_t request) {
    size_t offset = 0;
    for (int32_t r = 0; r < request; r++)
        offset += positions(shape_of(cam, r));
    return cam->raw + offset;
}

/* Room for the channel weights of a value. A value's activation follows its gradient before the next
 * group begins, so as many as a group has nodes suffice, in turn. */
static double *channel_weights(struct cam *cam, int32_t value) {
    for (int32_t i = 0; i < GC_MAX_GROUP; i++)
        if (cam->owners[i] == value)
            return cam->plan->channels[i];
    const int32_t i = cam->next_owner++ % GC_MAX_GROUP;
    cam->owners[i] = value;
    return cam->plan->channels[i];
}

/* Positions whose gradients are added up before the sum goes to double. */
#define BLOCK 8

/* sums [channels] += gradient [BLOCK][channels] over the positions */
static void add_block(double *restrict sums, const gc_real *restrict gradient, size_t channels) {
    for (size_t k = 0; k < channels; k++) {
        gc_real sum = 0;
        for (size_t p = 0; p < BLOCK; p++)
            sum += gradient[p * channels + k];
        sums[k] += (double)sum;
    }
}

/* weights [channels] = mean of gradient [positions][channels] over the positions. Summed in double:
 * thousands of float32 values of both signs would lose the digits that matter. */
static void mean_over_positions(double *restrict weights, const gc_real *restrict gradient,
                                size_t count, size_t channels) {
    memset(weights, 0, channels * sizeof *weights);
    size_t p = 0;
    for (; p + BLOCK <= count; p += BLOCK)
        add_block(weights, gradient + p * channels, channels);
    for (; p < count; p++)
        for (size_t k = 0; k < channels; k++)
            weights[k] += (double)gradient[p * channels + k];
    for (size_t k = 0; k < channels; k++)
        weights[k] /= (double)count;
}

/* Sums that run side by side, so that they become vectors. */
#define LANES 8

/* sum over k of weights [channels] times values [channels] */
static double weighted_sum(const double *restrict weights, const gc_real *restrict values,
                           size_t channels) {
    double sums[LANES] = {0}, sum = 0;
    size_t k = 0;
    for (; k + LANES <= channels; k += LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            sums[lane] += weights[k + lane] * (double)values[k + lane];
    for (; k < channels; k++)
        sum += weights[k] * (double)values[k];
    for (size_t lane = 0; lane < LANES; lane++)
        sum += sums[lane];
    return sum;
}

/* raw [positions] = sum over k of weights [channels] times activation [positions][channels] */
static void weighted_channel_sum(float *raw, const double *weights, const gc_real *activation,
                                 size_t count, size_t channels) {
    for (size_t p = 0; p < count; p++)
        raw[p] = (float)weighted_sum(weights, activation + p * channels, channels);
}

static double euclidean_norm(const double *values, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i] * values[i];
    return sqrt(sum);
}

static void keep_norm(const struct cam *cam, int32_t request, const double *weights,
                      size_t channels) {
    if (cam->weights_norm != NULL)
        cam->weights_norm[request] = weights == NULL ? 0 : (float)euclidean_norm(weights, channels);
}

static void take_gradient(void *context, int32_t request, const gc_real *gradient) {
    struct cam *cam = context;
    const gc_shape *shape = shape_of(cam, request);
    const size_t count = positions(shape), channels = (size_t)shape->dims[2];
    if (gradient == NULL) {
        memset(raw_map(cam, request), 0, count * sizeof(float));
        keep_norm(cam, request, NULL, channels);
        return;
    }
    double *weights = channel_weights(cam, cam->values[request]);
    mean_over_positions(weights, gradient, count, channels);
    keep_norm(cam, request, weights, channels);
}

static void take_activation(void *context, int32_t request, const gc_real *activation) {
    struct cam *cam = context;
    const gc_shape *shape = shape_of(cam, request);
    weighted_channel_sum(raw_map(cam, request), channel_weights(cam, cam->values[request]),
                         activation, positions(shape), (size_t)shape->dims[2]);
}

/* A group's operator f gives one value, scale * f + shift another. From the gradient g behind the scale,
 * with m the mean of g over the positions, both maps rest on sum_k m_k scale_k f_k. */
static gc_status project_group(struct cam *cam, struct gc_group *group, const gc_real *gradient) {
    struct gc_step *step = &group->step;
    const size_t channels = (size_t)step->out.dims[2];
    double *weights = channel_weights(cam, group->output);
    mean_over_positions(weights, gradient, positions(&step->out), channels);
    struct projection projection = {.group = group};
    projection.norms[true] = euclidean_norm(weights, channels);
    for (size_t k = 0; step->scale != NULL && k < channels; k++) {
        projection.shift += weights[k] * (double)step->shift[k];
        weights[k] *= (double)step->scale[k];
    }
    projection.norms[false] = euclidean_norm(weights, channels);
    GC_TRY(step->op->project(step, cam->plan->scratch[0], weights, group->in));
    cam->projection = projection;
    return GC_OK;
}

static gc_status take_projection(void *context, int32_t request, struct gc_group *group,
                                 bool is_scaled, const gc_real *gradient) {
    struct cam *cam = context;
    if (cam->projection.group != group)
        GC_TRY(project_group(cam, group, gradient));
    const double shift = is_scaled ? cam->projection.shift : 0;
    const gc_real *projected = cam->plan->scratch[0];
    float *raw = raw_map(cam, request);
    for (size_t p = 0, count = positions(&group->step.out); p < count; p++)
        raw[p] = (float)((double)projected[p] + shift);
    if (cam->weights_norm != NULL)
        cam->weights_norm[request] = (float)cam->projection.norms[is_scaled];
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

/* Writes the layers' values to plan->requests; `given` values must be what their sizes add up to. */
static gc_status request_layers(const gc_model *model, const int32_t *layers, int32_t layer_count,
                                layer_size *size_of, size_t given) {
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
        wanted += size;
    }
    return gc_check_count("room for the layers' values", given, wanted);
}

/* The value from which a backward starts, its gradient set to zero. */
static gc_real *start_gradient(const gc_model *model, gc_output output, int32_t *from) {
    *from = output == GC_LOGIT ? model->plan->logits : model->graph.output;
    gc_real *gradient = model->plan->gradients[*from];
    memset(gradient, 0, (size_t)gc_model_class_count(model) * sizeof *gradient);
    return gradient;
}

/* A first backward may pack weights and take groups apart: the model's memory grows. */
static gc_status backward(gc_model *model, int32_t from, int32_t request_count,
                          const struct gc_visitor *visitor) {
    const size_t before = gc_memory_in_use();
    const gc_status status =
        gc_run_backward(model->plan, from, model->plan->requests, request_count, visitor);
    model->memory += gc_memory_in_use() - before;
    return status;
}

gc_status gc_model_explain(gc_model *model, int32_t target, gc_output output, const int32_t *layers,
                           int32_t layer_count, float *raw, size_t raw_count, float *weights_norm) {
    GC_TRY(gc_model_check_run(model));
    const int32_t classes = gc_model_class_count(model);
    if (target < 0 || target >= classes)
        return gc_fail(GC_INVALID_TARGET, "class %d does not exist: 0 to %d do", (int)target,
                       (int)classes - 1);
    if (raw == NULL)
        return gc_fail(GC_INVALID_ARGUMENT, "gc_model_explain: raw must not be NULL");
    GC_TRY(request_layers(model, layers, layer_count, map_size, raw_count));
    int32_t from = GC_NONE;
    start_gradient(model, output, &from)[target] = 1;
    struct cam cam = {.graph = &model->graph,
                      .plan = model->plan,
                      .values = model->plan->requests,
                      .owners = {GC_NONE, GC_NONE, GC_NONE, GC_NONE},
                      .raw = raw,
                      .weights_norm = weights_norm};
    const struct gc_visitor visitor = {&cam, take_gradient, take_activation, take_projection};
    return backward(model, from, layer_count, &visitor);
}

/* ---- Activations and gradients as they are ---- */

struct copy {
    const struct gc_graph *graph;
    const int32_t *values; /* [requests] */
    float *tensors;        /* one after another */
};

static void copy_tensor(void *context, int32_t request, const gc_real *tensor) {
    const struct copy *copy = context;
    float *to = copy->tensors;
    for (int32_t r = 0; r < request; r++)
        to += gc_shape_count(&copy->graph->values[copy->values[r]].shape);
    const size_t count = gc_shape_count(&copy->graph->values[copy->values[request]].shape);
    for (size_t i = 0; i < count; i++)
        to[i] = tensor == NULL ? 0 : (float)tensor[i];
}

static void ignore(void *context, int32_t request, const gc_real *tensor) {
    (void)context, (void)request, (void)tensor;
}

gc_status gc_model_activation(gc_model *model, int32_t layer, float *values, size_t count) {
    GC_TRY(gc_model_check_run(model));
    GC_TRY(request_layers(model, &layer, 1, tensor_size, count));
    struct copy copy = {&model->graph, model->plan->requests, values};
    const struct gc_visitor visitor = {&copy, ignore, copy_tensor, NULL};
    const size_t before = gc_memory_in_use();
    const gc_status status = gc_run_activation(model->plan, copy.values[0], &visitor);
    model->memory += gc_memory_in_use() - before;
    return status;
}

gc_status gc_model_gradients(gc_model *model, gc_output output, const float *seed,
                             size_t seed_count, const int32_t *layers, int32_t layer_count,
                             float *gradients, size_t count) {
    GC_TRY(gc_model_check_run(model));
    GC_TRY(gc_check_count("seed", seed_count, (size_t)gc_model_class_count(model)));
    GC_TRY(request_layers(model, layers, layer_count, tensor_size, count));
    int32_t from = GC_NONE;
    gc_real *start = start_gradient(model, output, &from);
    for (size_t i = 0; i < seed_count; i++)
        start[i] = seed[i];
    struct copy copy = {&model->graph, model->plan->requests, gradients};
    const struct gc_visitor visitor = {&copy, copy_tensor, ignore, NULL};
    return backward(model, from, layer_count, &visitor);
}
