/* The public entry points that build, plan and run a model. */
#include "api/model.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "engine/finite.h"
#include "graph/ends.h"
#include "keras/keras.h"
#include "kernels/product.h"

gc_status gc_check_count(const char *what, size_t given, size_t wanted) {
    if (given == wanted)
        return GC_OK;
    return gc_fail(GC_INVALID_ARGUMENT, "%s: %zu values are needed, %zu were given", what, wanted,
                   given);
}

/* ---- Build ---- */

/* Finds out which axes are open, that is, change with the input's size. */
static gc_status find_open_axes(struct gc_model *model) {
    struct gc_graph *graph = &model->graph;
    const size_t count = (size_t)graph->value_count;
    model->open_axes = gc_allocate(count, sizeof *model->open_axes);
    if (model->open_axes == NULL)
        return gc_fail_memory(count, "a model");
    if (!graph->open_height && !graph->open_width)
        return GC_OK;
    const gc_shape input = graph->values[0].shape;
    gc_shape *before = gc_allocate(count, sizeof *before);
    if (before == NULL)
        return gc_fail_memory(count * sizeof *before, "a model");
    for (size_t v = 0; v < count; v++)
        before[v] = graph->values[v].shape;
    gc_status status = gc_graph_resize(graph, input.dims[0] * (graph->open_height ? 2 : 1),
                                       input.dims[1] * (graph->open_width ? 2 : 1));
    for (size_t v = 0; v < count && status == GC_OK; v++)
        for (int32_t axis = 0; axis < before[v].rank; axis++)
            if (graph->values[v].shape.dims[axis] != before[v].dims[axis])
                model->open_axes[v] |= (uint8_t)(1u << axis);
    gc_release(before);
    return status == GC_OK ? gc_graph_resize(graph, input.dims[0], input.dims[1]) : status;
}

static gc_status build(struct gc_model *model, const char *config, size_t length) {
    GC_TRY(gc_keras_import(&model->graph, config, length));
    const size_t inputs = (size_t)model->graph.input_count;
    char text[GC_SHAPE_TEXT];
    if (gc_graph_picture(&model->graph).rank == 0)
        return gc_fail(GC_INVALID_MODEL,
                       "the model does not take a picture: its input has the shape %s beside the "
                       "batch, not rows, columns and channels, and its first layers do not "
                       "reshape it to a picture",
                       gc_shape_text(text, &model->graph.values[0].shape));
    const size_t values = (size_t)model->graph.value_count;
    model->has_input = gc_allocate(inputs, sizeof *model->has_input);
    model->cancelled = gc_allocate(values, sizeof *model->cancelled);
    if (model->has_input == NULL || model->cancelled == NULL)
        return gc_fail_memory(inputs + values * sizeof *model->cancelled, "a model");
    return find_open_axes(model);
}

gc_status gc_model_create(gc_model **model, const char *config, size_t length) {
    if (model == NULL || config == NULL)
        return gc_fail(GC_INVALID_ARGUMENT, "gc_model_create: model and config must not be NULL");
    *model = NULL;
    if (length > GC_MAX_CONFIG_BYTES)
        return gc_fail(GC_TOO_LARGE, "the configuration has %zu bytes; at most %d are allowed",
                       length, GC_MAX_CONFIG_BYTES);
    const size_t before = gc_memory_in_use();
    struct gc_model *made = gc_allocate(1, sizeof *made);
    if (made == NULL)
        return gc_fail_memory(sizeof *made, "a model");
    const gc_status status = build(made, config, length);
    if (status != GC_OK) {
        gc_model_destroy(made);
        return status;
    }
    made->memory = gc_memory_in_use() - before;
    *model = made;
    return GC_OK;
}

/* Gives back the plan and all that rests on it. */
static void destroy_plan(gc_model *model) {
    gc_run_destroy(model->run);
    gc_plan_destroy(model->plan);
    model->run = NULL;
    model->plan = NULL;
    model->has_run = false;
    for (int32_t i = 0; i < model->graph.input_count && model->has_input != NULL; i++)
        model->has_input[i] = false;
}

void gc_model_destroy(gc_model *model) {
    if (model == NULL)
        return;
    destroy_plan(model);
    gc_graph_free(&model->graph);
    gc_release(model->open_axes);
    gc_release(model->has_input);
    gc_release(model->cancelled);
    gc_release(model);
}

size_t gc_model_memory(const gc_model *model) { return model->memory; }

/* ---- Heads ---- */

static const struct gc_end *head_at(const gc_model *model, int32_t head) {
    return head >= 0 && head < model->graph.head_count ? &model->graph.heads[head] : NULL;
}

int32_t gc_model_head_count(const gc_model *model) { return model->graph.head_count; }

const char *gc_head_name(const gc_model *model, int32_t head) {
    const struct gc_end *found = head_at(model, head);
    return found == NULL ? NULL : found->name;
}

int32_t gc_model_head(const gc_model *model) { return model->graph.head; }

gc_status gc_model_select_head(gc_model *model, int32_t head) {
    if (head_at(model, head) == NULL)
        return gc_fail(GC_INVALID_ARGUMENT, "head %d does not exist: 0 to %d do", (int)head,
                       (int)model->graph.head_count - 1);
    if (model->plan != NULL)
        return gc_fail(GC_INVALID_ARGUMENT,
                       "the head cannot be chosen: the model is planned already");
    gc_graph_select_head(&model->graph, head);
    return GC_OK;
}

/* ---- Weights ---- */

static const struct gc_weight *weight_at(const gc_model *model, int32_t index) {
    return index >= 0 && index < model->graph.weight_count ? &model->graph.weights[index] : NULL;
}

int32_t gc_model_weight_count(const gc_model *model) { return model->graph.weight_count; }

const char *gc_model_weight_path(const gc_model *model, int32_t index) {
    const struct gc_weight *weight = weight_at(model, index);
    return weight == NULL ? NULL : weight->path;
}

int32_t gc_model_weight_shape(const gc_model *model, int32_t index, int32_t *dims) {
    const struct gc_weight *weight = weight_at(model, index);
    if (weight == NULL)
        return -1;
    memcpy(dims, weight->shape.dims, sizeof weight->shape.dims);
    return weight->shape.rank;
}

gc_status gc_model_find_weight(const gc_model *model, const char *name, int32_t *index) {
    if (name == NULL || index == NULL)
        return gc_fail(GC_INVALID_ARGUMENT,
                       "gc_model_find_weight: name and index must not be NULL");
    return gc_keras_find_weight(&model->graph, name, index);
}

static bool has_values(const struct gc_weight *weight) {
    return weight->array.values != NULL || weight->array.panels != NULL;
}

size_t gc_model_read_weight(const gc_model *model, int32_t index, size_t first, size_t count,
                            float *values) {
    const struct gc_weight *weight = weight_at(model, index);
    const size_t all = weight == NULL || !has_values(weight) ? 0 : gc_shape_count(&weight->shape);
    if (first >= all || values == NULL)
        return 0;
    count = count < all - first ? count : all - first;
    if (weight->array.values != NULL)
        memcpy(values, weight->array.values + first, count * sizeof *values);
    else
        gc_product_unpack(&weight->array, all, values, first, count);
    return count;
}

/* Finds a weight that may still be set. */
static gc_status find_unplanned(const gc_model *model, int32_t index, struct gc_weight **weight) {
    if (weight_at(model, index) == NULL)
        return gc_fail(GC_INVALID_ARGUMENT, "weight %d does not exist: 0 to %d do", (int)index,
                       (int)model->graph.weight_count - 1);
    if (model->plan != NULL)
        return gc_fail(GC_INVALID_ARGUMENT, "weights cannot be set: the model is planned already");
    *weight = &model->graph.weights[index];
    return GC_OK;
}

static gc_status check_weight_count(const struct gc_weight *weight, size_t count) {
    const size_t wanted = gc_shape_count(&weight->shape);
    char text[GC_SHAPE_TEXT];
    if (count == wanted)
        return GC_OK;
    return gc_fail(GC_INVALID_MODEL, "weight '%s' has %zu values; its shape %s needs %zu",
                   weight->path, count, gc_shape_text(text, &weight->shape), wanted);
}

/* The bits of the largest magnitude. Those of infinity are 0x7f800000, and NaN has more. Integers
 * serve here because compilers do several at once, and models have millions of values. */
static uint32_t largest_bits(const float *values, size_t count) {
    uint32_t largest = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        bits &= 0x7fffffff;
        largest = bits > largest ? bits : largest;
    }
    return largest;
}

static gc_status check_values(struct gc_weight *weight, const float *values, size_t count) {
    const uint32_t bits = largest_bits(values, count);
    float largest;
    memcpy(&largest, &bits, sizeof largest);
    if (largest > weight->largest)
        weight->largest = largest;
    if (isfinite(largest))
        return GC_OK;
    return gc_fail(GC_INVALID_MODEL, "weight '%s' holds a value that is no finite number",
                   weight->path);
}

gc_status gc_model_weight_buffer(gc_model *model, int32_t index, size_t count, float **buffer) {
    if (buffer == NULL)
        return gc_fail(GC_INVALID_ARGUMENT, "gc_model_weight_buffer: buffer must not be NULL");
    struct gc_weight *weight = NULL;
    GC_TRY(find_unplanned(model, index, &weight));
    GC_TRY(check_weight_count(weight, count));
    const size_t before = gc_memory_in_use();
    float **values = &weight->array.values;
    if (*values == NULL)
        *values = gc_allocate_unset(count, sizeof **values);
    if (*values == NULL)
        return gc_fail_memory(count * sizeof **values, weight->path);
    gc_release(weight->array.panels); /* of a plan that failed */
    weight->array.panels = NULL;
    weight->checked = 0;
    weight->largest = 0;
    model->memory += gc_memory_in_use() - before;
    *buffer = *values;
    return GC_OK;
}

gc_status gc_model_check_weight(gc_model *model, int32_t index, size_t count) {
    struct gc_weight *weight = NULL;
    GC_TRY(find_unplanned(model, index, &weight));
    const size_t all = weight->array.values == NULL ? 0 : gc_shape_count(&weight->shape);
    if (count > all - weight->checked)
        return gc_fail(GC_INVALID_ARGUMENT, "weight '%s' takes %zu values more, not %zu",
                       weight->path, all - weight->checked, count);
    if (count == 0) /* there may be no buffer yet */
        return GC_OK;
    GC_TRY(check_values(weight, weight->array.values + weight->checked, count));
    weight->checked += count;
    return GC_OK;
}

gc_status gc_model_set_weight(gc_model *model, int32_t index, const float *data, size_t count) {
    if (data == NULL)
        return gc_fail(GC_INVALID_ARGUMENT, "gc_model_set_weight: data must not be NULL");
    struct gc_weight *weight = NULL;
    GC_TRY(find_unplanned(model, index, &weight));
    GC_TRY(check_weight_count(weight, count));
    float *buffer;
    GC_TRY(gc_model_weight_buffer(model, index, count, &buffer));
    memcpy(buffer, data, count * sizeof *data);
    return gc_model_check_weight(model, index, count);
}

static bool is_set(const struct gc_weight *weight) {
    return has_values(weight) && weight->checked == gc_shape_count(&weight->shape);
}

/* Names the first missing weight and counts them. */
static gc_status check_weights(const struct gc_graph *graph) {
    const char *first = NULL;
    int32_t missing = 0;
    for (int32_t i = 0; i < graph->weight_count; i++) {
        if (is_set(&graph->weights[i]) || graph->weights[i].array.readers == 0)
            continue;
        if (missing++ == 0)
            first = graph->weights[i].path;
    }
    if (missing == 0)
        return GC_OK;
    return gc_fail(GC_NOT_READY, "%d of the model's %d weight arrays are missing, '%s' first",
                   (int)missing, (int)graph->weight_count, first);
}

/* ---- Plan ---- */

static gc_status check_size(const struct gc_graph *graph, int32_t height, int32_t width) {
    const gc_shape picture = gc_graph_picture(graph);
    const int32_t *dims = picture.dims;
    if (height < 1 || width < 1)
        return gc_fail(GC_INVALID_ARGUMENT, "an input of %d x %d pixels has no pixel", (int)height,
                       (int)width);
    if ((graph->open_height || height == dims[0]) && (graph->open_width || width == dims[1]))
        return GC_OK;
    return gc_fail(GC_INVALID_ARGUMENT, "the model takes %d x %d pixels, not %d x %d", (int)dims[0],
                   (int)dims[1], (int)height, (int)width);
}

/* The value from which on a run keeps tensors before anything is asked for. */
static int32_t first_kept(const gc_model *model, uint32_t flags) {
    const int32_t layer = gc_graph_default_layer(&model->graph), picture = 0;
    const bool keeps_all = flags & GC_PLAN_KEEP_LAYERS || layer == GC_NONE;
    return keeps_all ? picture : model->graph.layers[layer].value;
}

static gc_status create_plan(struct gc_plan **plan, struct gc_run **run, const gc_model *model,
                             uint32_t flags) {
    GC_TRY(gc_plan_create(plan, &model->graph, first_kept(model, flags), flags));
    const gc_status status = gc_run_create(run, *plan);
    if (status != GC_OK)
        gc_plan_destroy(*plan);
    return status;
}

gc_status gc_model_plan_start(gc_model *model, int32_t height, int32_t width, uint32_t flags) {
    struct gc_graph *graph = &model->graph;
    GC_TRY(check_size(graph, height, width));
    GC_TRY(check_weights(graph));
    const size_t before = gc_memory_in_use();
    const gc_shape old = graph->values[0].shape;
    GC_TRY(gc_graph_resize(graph, height, width));
    struct gc_plan *plan;
    struct gc_run *run;
    const gc_status status = create_plan(&plan, &run, model, flags);
    if (status != GC_OK) {
        gc_graph_resize(graph, old.dims[0], old.dims[1]);
        return status;
    }
    destroy_plan(model);
    model->plan = plan;
    model->run = run;
    model->keep = flags & (GC_PLAN_KEEP_LAYERS | GC_PLAN_KEEP_CHECKPOINTS);
    model->first_group = plan->kept_from;
    model->asked = GC_NOT_ASKED;
    model->memory += gc_memory_in_use() - before;
    return GC_OK;
}

static gc_status check_planned(const gc_model *model) {
    if (model->plan != NULL)
        return GC_OK;
    return gc_fail(GC_NOT_READY, "the model has not been planned");
}

gc_status gc_model_plan_next(gc_model *model, int32_t *left) {
    GC_TRY(check_planned(model));
    const size_t before = gc_memory_in_use();
    const gc_status status = gc_plan_prepare_next(model->plan, left);
    if (status != GC_OK)
        destroy_plan(model);
    model->memory += gc_memory_in_use() - before;
    return status;
}

gc_status gc_model_plan(gc_model *model, int32_t height, int32_t width, uint32_t flags) {
    GC_TRY(gc_model_plan_start(model, height, width, flags));
    int32_t left;
    do
        GC_TRY(gc_model_plan_next(model, &left));
    while (left > 0);
    return GC_OK;
}

/* ---- Run ---- */

gc_status gc_model_check_run(const gc_model *model) {
    if (model->has_run)
        return GC_OK;
    return gc_fail(GC_NOT_READY, model->plan == NULL ? "the model has not been planned"
                                                     : "the model has not been run");
}

int32_t gc_model_class_count(const gc_model *model) {
    return gc_shape_channels(&model->graph.values[model->graph.output].shape);
}

int32_t gc_model_output_count(const gc_model *model) {
    return (int32_t)gc_shape_count(&model->graph.values[model->graph.output].shape);
}

/* Refuses values that are no finite numbers, and names the first.
 *   values   [count], with the channels last */
static gc_status check_input(const struct gc_graph *graph, int32_t input, const float *values,
                             size_t count) {
    const uint32_t bits = largest_bits(values, count);
    float largest;
    memcpy(&largest, &bits, sizeof largest);
    if (isfinite(largest))
        return GC_OK;
    size_t i = 0;
    while (isfinite(values[i]))
        i++;
    const int32_t *dims = graph->values[input].shape.dims;
    const char *what = isnan(values[i]) ? "NaN" : values[i] > 0 ? "Infinity" : "-Infinity";
    if (input > 0 || graph->values[input].shape.rank != 3)
        return gc_fail(GC_INVALID_INPUT, "input '%s' holds %s at index %zu: no finite number",
                       graph->inputs[input].name, what, i);
    const size_t pixel = i / (size_t)dims[2], width = (size_t)dims[1];
    return gc_fail(GC_INVALID_INPUT,
                   "the input holds %s at row %zu, column %zu, channel %zu: no finite number", what,
                   pixel / width, pixel % width, i % (size_t)dims[2]);
}

/* Copies values that come in Keras' order of axes.
 *   values   [pixels][channels], or [channels][pixels] where Keras has the channels first
 *   tensor   [pixels][channels] */
static void take_values(gc_real *tensor, const float *values, const struct gc_value *value) {
    const size_t count = gc_shape_count(&value->shape);
    const size_t channels = value->channels_first ? (size_t)gc_shape_channels(&value->shape) : 1;
    const size_t pixels = count / channels;
    for (size_t i = 0; i < count; i++)
        tensor[i] = values[i % channels * pixels + i / channels];
}

gc_status gc_model_set_input(gc_model *model, int32_t input, const float *values, size_t count) {
    GC_TRY(check_planned(model));
    const struct gc_graph *graph = &model->graph;
    if (input < 1 || input >= graph->input_count || values == NULL)
        return gc_fail(GC_INVALID_ARGUMENT,
                       "further input %d was given %s; inputs 1 to %d take values", (int)input,
                       values == NULL ? "NULL" : "values", (int)graph->input_count - 1);
    const char *name = graph->inputs[input].name;
    GC_TRY(gc_check_count(name, count, gc_shape_count(&graph->values[input].shape)));
    GC_TRY(check_input(graph, input, values, count));
    model->has_run = false;
    take_values(model->plan->tensors[input], values, &graph->values[input]);
    model->has_input[input] = true;
    return GC_OK;
}

/* Names the first further input that has no values yet. */
static gc_status check_inputs(const gc_model *model) {
    const struct gc_graph *graph = &model->graph;
    char text[GC_SHAPE_TEXT];
    for (int32_t i = 1; i < graph->input_count; i++)
        if (!model->has_input[i])
            return gc_fail(GC_NOT_READY, "input '%s' of shape %s has no values yet",
                           graph->inputs[i].name, gc_shape_text(text, &graph->values[i].shape));
    return GC_OK;
}

/* ---- What a run keeps ---- */

/* Places the tensors as the next run is likely to need them. What was asked of a run is mostly
 * asked of the next one, too. Without memory for that, the run keeps what a first run keeps. */
static gc_status foresee(gc_model *model) {
    const int32_t group = model->asked != GC_NOT_ASKED ? model->asked : model->first_group;
    model->asked = GC_NOT_ASKED;
    if (group == model->plan->kept_from && model->plan->arena != NULL)
        return GC_OK;
    const size_t before = gc_memory_in_use();
    gc_plan_forget(model->plan);
    gc_status status = gc_plan_keep(model->plan, group);
    if (status != GC_OK && group != model->first_group)
        status = gc_plan_keep(model->plan, model->first_group);
    model->memory += gc_memory_in_use() - before;
    return status;
}

void gc_model_expect_gradients(gc_model *model) { model->asked = 0; }

gc_status gc_model_keep(gc_model *model, const int32_t *values, int32_t count) {
    const int32_t group = gc_plan_first_group(model->plan, values, count);
    if (model->keep == 0 && group < model->asked)
        model->asked = group;
    if (group >= model->plan->kept_from)
        return GC_OK;
    const size_t before = gc_memory_in_use();
    GC_TRY(gc_plan_keep(model->plan, group));
    model->memory += gc_memory_in_use() - before;
    model->has_run = false;
    GC_TRY(gc_run_forward(model->run));
    model->has_run = true;
    return GC_OK;
}

/* ---- Forward and backward ---- */

gc_status gc_model_run(gc_model *model) {
    model->has_run = false;
    GC_TRY(foresee(model));
    const size_t before = gc_memory_in_use();
    const gc_status status = gc_run_watched(model->run, model->plan, &model->not_finite);
    model->memory += gc_memory_in_use() - before;
    GC_TRY(status);
    model->has_run = true;
    model->run_count++;
    return GC_OK;
}

gc_status gc_model_backward(gc_model *model, const struct gc_request *request) {
    GC_TRY(gc_model_keep(model, request->values, request->value_count));
    const size_t before = gc_memory_in_use();
    const gc_status status = gc_run_backward(model->run, request);
    model->memory += gc_memory_in_use() - before;
    return status;
}

int32_t gc_model_output_value(const gc_model *model, gc_output output) {
    return output == GC_LOGIT ? model->plan->logits : model->graph.output;
}

double gc_model_explained(const gc_model *model, const float *seed, const gc_real *output) {
    const size_t classes = (size_t)gc_model_class_count(model);
    double sum = 0;
    for (size_t i = 0, count = (size_t)gc_model_output_count(model); i < count; i++)
        sum += (double)seed[i % classes] * (double)output[i];
    return sum;
}

gc_status gc_model_forward(gc_model *model, const float *input, size_t count) {
    GC_TRY(check_planned(model));
    if (model->plan->prepared < model->plan->group_count)
        return gc_fail(GC_NOT_READY, "the model's plan is not finished");
    if (input == NULL)
        return gc_fail(GC_INVALID_ARGUMENT, "gc_model_forward: input must not be NULL");
    GC_TRY(gc_check_count("input", count, gc_shape_count(&model->graph.values[0].shape)));
    GC_TRY(check_inputs(model));
    GC_TRY(check_input(&model->graph, 0, input, count));
    model->has_run = false;
    for (size_t i = 0; i < count; i++)
        model->plan->tensors[0][i] = input[i];
    return gc_model_run(model);
}

int32_t gc_model_step_count(const gc_model *model) {
    return model->plan == NULL ? 0 : model->plan->group_count;
}

gc_status gc_model_step(gc_model *model, int32_t step) {
    GC_TRY(gc_model_check_run(model));
    if (step < 0 || step >= model->plan->group_count)
        return gc_fail(GC_INVALID_ARGUMENT, "step %d does not exist: 0 to %d do", (int)step,
                       (int)model->plan->group_count - 1);
    const int32_t picture = 0;
    GC_TRY(gc_model_keep(model, &picture, 1));
    return gc_run_group(model->run, step);
}

int32_t gc_step_layer(const gc_model *model, int32_t step, int32_t i) {
    if (step < 0 || step >= gc_model_step_count(model))
        return -1;
    const struct gc_group *group = &model->plan->groups[step];
    return i < 0 || i >= group->node_count ? -1 : model->graph.nodes[group->nodes[i]].layer;
}

gc_status gc_model_outputs(const gc_model *model, gc_output output, float *values, size_t count) {
    GC_TRY(gc_model_check_run(model));
    GC_TRY(gc_check_count("outputs", count, (size_t)gc_model_output_count(model)));
    const struct gc_plan *plan = model->plan;
    const gc_real *tensor = plan->tensors[gc_model_output_value(model, output)];
    for (size_t i = 0; i < count; i++)
        values[i] = (float)tensor[i];
    return GC_OK;
}
