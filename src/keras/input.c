#include "keras/input.h"

/* The layer of an input, or the first layer where no input layer is listed. */
static const struct gc_keras_layer *input_layer(const struct gc_keras_model *model, int32_t input) {
    const int32_t layer = model->calls[model->inputs[input]].layer;
    return &model->layers[layer == GC_NONE ? 0 : layer];
}

bool gc_keras_is_2(const struct gc_keras_model *model) {
    const struct gc_keras_layer *first = input_layer(model, 0);
    if (gc_field(&first->fields, "batch_shape") != NULL)
        return false;
    if (gc_field(&first->fields, "batch_input_shape") != NULL)
        return true;
    return first->model != NULL ? gc_keras_is_2(first->model)
                                : yyjson_obj_get(first->entry, "module") == NULL;
}

/* The shape of the input with which a Sequential was built. */
static yyjson_val *build_shape(const struct gc_keras_model *model) {
    yyjson_val *shape = gc_field(&model->fields, "build_input_shape");
    if (shape != NULL)
        return shape;
    return yyjson_obj_get(yyjson_obj_get(model->entry, "build_config"), "input_shape");
}

/* The shape as it is written, batch included. NULL if the configuration does not say. */
static yyjson_val *find_shape(const struct gc_keras_model *model, int32_t input) {
    const struct gc_keras_layer *first = input_layer(model, input);
    yyjson_val *shape = gc_field(&first->fields, "batch_shape");
    if (shape == NULL)
        shape = gc_field(&first->fields, "batch_input_shape");
    if (shape == NULL && first->model != NULL)
        shape = find_shape(first->model, 0);
    if (shape == NULL && model->sequential)
        shape = build_shape(model);
    /* Some versions of Keras write a list of shapes, one an input. */
    return yyjson_is_arr(yyjson_arr_get_first(shape)) ? yyjson_arr_get_first(shape) : shape;
}

/* Could an axis of this size hold the channels of a picture? */
static bool may_be_channels(yyjson_val *side) {
    return yyjson_is_uint(side) && yyjson_get_uint(side) <= 4;
}

/* Where the model's layers say that the channels come first, the shape must not contradict. A
 * function may have moved the axes. */
static bool has_channels_first(const struct gc_keras_model *model, int32_t input,
                               yyjson_val *list) {
    return model->calls[model->inputs[input]].channels == GC_CHANNELS_FIRST &&
           yyjson_arr_size(list) == 4 &&
           (may_be_channels(yyjson_arr_get(list, 1)) || !may_be_channels(yyjson_arr_get(list, 3)));
}

/* Reads (batch, axis, ...), where the channels of a picture may come first. They are last in the
 * shape. The height and the width of a picture may be null. */
static bool read_shape(yyjson_val *list, bool channels_first, gc_shape *shape) {
    const size_t size = yyjson_arr_size(list);
    if (size < 2 || size > GC_MAX_RANK + 1)
        return false;
    *shape = (gc_shape){.rank = (int32_t)size - 1};
    for (int32_t i = 0; i < shape->rank; i++) {
        const int32_t axis = channels_first ? (i + 1) % shape->rank : i;
        yyjson_val *side = yyjson_arr_get(list, (size_t)axis + 1);
        if (yyjson_is_null(side) && shape->rank == 3 && i < 2)
            continue;
        const uint64_t length = yyjson_get_uint(side);
        if (!yyjson_is_uint(side) || length == 0 || length > INT32_MAX)
            return false;
        shape->dims[i] = (int32_t)length;
    }
    return true;
}

gc_status gc_keras_input_shape(const struct gc_keras_model *model, int32_t input, gc_shape *shape,
                               bool *channels_first) {
    yyjson_val *list = find_shape(model, input);
    if (list == NULL)
        return gc_fail(
            GC_INVALID_MODEL,
            "model '%s' does not say the shape of its input. Build it with its input shape "
            "before saving it",
            model->name);
    *channels_first = has_channels_first(model, input, list);
    if (read_shape(list, *channels_first, shape))
        return GC_OK;
    return gc_fail(GC_INVALID_MODEL,
                   "the input of model '%s' should be a picture, of shape (batch, height, width, "
                   "channels), or another list of values. Only the batch and the height and width "
                   "of a picture may be open",
                   model->name);
}
