#include "keras/layout.h"

#include <string.h>

/* ---- Where the channels are ---- */

/* What the data_format of a configuration says. */
static enum gc_channels format_of(yyjson_val *config) {
    yyjson_val *format = yyjson_obj_get(config, "data_format");
    return yyjson_equals_str(format, "channels_first")  ? GC_CHANNELS_FIRST
           : yyjson_equals_str(format, "channels_last") ? GC_CHANNELS_LAST
                                                        : GC_CHANNELS_UNKNOWN;
}

/* Is a list the order of axes a, b, c? */
static bool is_order(yyjson_val *list, int64_t a, int64_t b, int64_t c) {
    const size_t first = yyjson_arr_size(list) == 4; /* behind the batch */
    return yyjson_arr_size(list) == first + 3 && yyjson_get_int(yyjson_arr_get(list, first)) == a &&
           yyjson_get_int(yyjson_arr_get(list, first + 1)) == b &&
           yyjson_get_int(yyjson_arr_get(list, first + 2)) == c;
}

/* What a layer that moves axes says about those of its input. */
static enum gc_channels channels_moved(yyjson_val *config) {
    yyjson_val *dims = yyjson_obj_get(config, "dims"), *axes = yyjson_obj_get(config, "axes");
    yyjson_val *order = dims != NULL ? dims : axes;
    return is_order(order, 2, 3, 1)   ? GC_CHANNELS_FIRST
           : is_order(order, 3, 1, 2) ? GC_CHANNELS_LAST
                                      : GC_CHANNELS_UNKNOWN;
}

/* Where the input of a layer has its channels, as far as the layer says or its output tells. */
static enum gc_channels channels_taken(const struct gc_keras_layer *layer, enum gc_channels out) {
    if (layer->lowering == NULL)
        return GC_CHANNELS_UNKNOWN;
    const enum gc_lowering_kind kind = layer->lowering->kind;
    yyjson_val *config = layer->fields.object;
    if (kind == GC_MOVES_AXES)
        return channels_moved(config);
    if (kind == GC_WRAPPER)
        config = yyjson_obj_get(yyjson_obj_get(config, "layer"), "config");
    const enum gc_channels format = format_of(config);
    /* A layer without a say in it has the format of Keras' settings. */
    const bool any = kind == GC_ANY_AXES || strcmp(layer->type, "Flatten") == 0;
    return format == GC_CHANNELS_UNKNOWN || (format == GC_CHANNELS_LAST && any) ? out : format;
}

/* Input number `i` of a call. */
static enum gc_channels channels_of_input(const struct gc_keras_model *model,
                                          const struct gc_keras_call *call, int32_t i) {
    const struct gc_keras_layer *layer = &model->layers[call->layer];
    const struct gc_keras_model *inner = layer->model;
    if (inner == NULL)
        return channels_taken(layer, call->channels);
    if (i >= inner->input_count)
        return GC_CHANNELS_UNKNOWN;
    const enum gc_channels found = inner->calls[inner->inputs[i]].channels;
    return found == GC_CHANNELS_UNKNOWN ? call->channels : found;
}

void gc_layout_find(struct gc_keras_model *model) {
    for (int32_t i = 0; i < model->layer_count; i++)
        if (model->layers[i].model != NULL)
            gc_layout_find(model->layers[i].model);
    for (int32_t at = model->call_count - 1; at >= 0; at--) {
        const struct gc_keras_call *call = &model->calls[model->order[at]];
        for (int32_t i = 0; i < call->input_count; i++) {
            const enum gc_channels found = channels_of_input(model, call, i);
            if (found != GC_CHANNELS_UNKNOWN)
                model->calls[call->inputs[i]].channels = found;
        }
    }
}

/* ---- Turning axes ---- */

/* Do the values lie in the same order, wherever the axis of the channels is? */
static bool is_same(const struct gc_graph *graph, const gc_shape *shape, int32_t channels) {
    const size_t pixels = gc_shape_count(shape) / (size_t)shape->dims[channels];
    return !graph->open_height && !graph->open_width && (pixels == 1 || shape->dims[channels] == 1);
}

/* Appends the same tensor with the channels last, or in Keras' order. */
static gc_status turn(struct gc_build *build, int32_t *value, bool channels_last) {
    struct gc_graph *graph = build->graph;
    const int32_t input = *value;
    const gc_shape in = graph->values[input].shape;
    struct gc_permute_params p = {{0}};
    struct gc_reshape_params view = {.shape = in};
    for (int32_t axis = 0; axis < in.rank; axis++) {
        p.axes[axis] = (axis + (channels_last ? 1 : in.rank - 1)) % in.rank;
        view.shape.dims[axis] = in.dims[p.axes[axis]];
    }
    if (is_same(graph, &in, channels_last ? 0 : in.rank - 1))
        GC_TRY(gc_graph_add_node(graph, value, &gc_op_reshape, &view, sizeof view, &input, 1,
                                 build->layer_index));
    else
        GC_TRY(gc_graph_add_node(graph, value, &gc_op_permute, &p, sizeof p, &input, 1,
                                 build->layer_index));
    graph->values[*value].channels_first = channels_last;
    return GC_OK;
}

static gc_status turn_inputs(struct gc_build *build, bool channels_last) {
    const size_t count = (size_t)build->input_count;
    int32_t *turned = gc_pool_allocate(build->pool, count, sizeof *turned);
    if (turned == NULL)
        return gc_pool_fail();
    for (size_t i = 0; i < count; i++) {
        turned[i] = build->inputs[i];
        const struct gc_value *value = &build->graph->values[turned[i]];
        if (value->shape.rank >= 2 && value->channels_first != channels_last)
            GC_TRY(turn(build, &turned[i], channels_last));
    }
    build->inputs = turned;
    build->channels_first = channels_last;
    return GC_OK;
}

/* Is one of the inputs, of any rank if `rank` is 0, a value with the channels first in Keras? */
static bool has_first(const struct gc_graph *graph, const int32_t *inputs, int32_t count,
                      int32_t rank) {
    for (int32_t i = 0; i < count; i++) {
        const struct gc_value *value = &graph->values[inputs[i]];
        if (value->channels_first && (rank == 0 || value->shape.rank == rank))
            return true;
    }
    return false;
}

static bool have_one_rank(const struct gc_build *build) {
    const struct gc_value *values = build->graph->values;
    for (int32_t i = 1; i < build->input_count; i++)
        if (values[build->inputs[i]].shape.rank != values[build->inputs[0]].shape.rank)
            return false;
    return true;
}

gc_status gc_layout_start(struct gc_build *build, const struct gc_lowering *lowering) {
    const enum gc_lowering_kind kind = lowering->kind;
    if (build->unknown || kind == GC_WRAPPER)
        return GC_OK;
    const bool is_any = kind == GC_ANY_AXES || kind == GC_MERGE_ANY_AXES;
    const enum gc_channels format = is_any ? GC_CHANNELS_UNKNOWN : format_of(build->fields.object);
    build->moves_axes = kind == GC_MOVES_AXES || format == GC_CHANNELS_LAST;
    if (format == GC_CHANNELS_FIRST)
        return turn_inputs(build, true);
    if (!has_first(build->graph, build->inputs, build->input_count, 0))
        return GC_OK;
    return turn_inputs(build, is_any && have_one_rank(build));
}

gc_status gc_layout_as_keras(struct gc_build *build) {
    return build->unknown || !build->channels_first ? GC_OK : turn_inputs(build, false);
}

gc_status gc_layout_end(struct gc_build *build, const int32_t *inputs, int32_t count) {
    if (build->unknown)
        return GC_OK;
    for (int32_t i = -1; i < build->output_count; i++) {
        int32_t *value = i < 0 ? &build->value : &build->outputs[i];
        const struct gc_value *made = &build->graph->values[*value];
        const bool stays =
            !build->moves_axes && has_first(build->graph, inputs, count, made->shape.rank);
        const bool is_first = stays || build->call->channels == GC_CHANNELS_FIRST;
        if (is_first && !made->channels_first && made->shape.rank >= 2)
            GC_TRY(turn(build, value, true));
    }
    return GC_OK;
}
