#include "keras/input.h"

/* The input layer, or the first layer where no input layer is listed. */
static const struct gc_keras_layer *first_layer(const struct gc_keras_model *model) {
    const int32_t input = model->calls[model->inputs[0]].layer;
    return &model->layers[input == GC_NONE ? 0 : input];
}

bool gc_keras_is_2(const struct gc_keras_model *model) {
    const struct gc_keras_layer *first = first_layer(model);
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
static yyjson_val *find_shape(const struct gc_keras_model *model) {
    const struct gc_keras_layer *first = first_layer(model);
    yyjson_val *shape = gc_field(&first->fields, "batch_shape");
    if (shape == NULL)
        shape = gc_field(&first->fields, "batch_input_shape");
    if (shape == NULL && first->model != NULL)
        shape = find_shape(first->model);
    if (shape == NULL && model->sequential)
        shape = build_shape(model);
    /* Some versions of Keras write a list of shapes, one an input. */
    return yyjson_is_arr(yyjson_arr_get_first(shape)) ? yyjson_arr_get_first(shape) : shape;
}

/* Reads (batch, height, width, channels). The height and the width may be null. */
static bool read_shape(yyjson_val *list, gc_shape *shape) {
    *shape = (gc_shape){.rank = 3};
    if (yyjson_arr_size(list) != 4)
        return false;
    for (int32_t i = 0; i < 3; i++) {
        yyjson_val *side = yyjson_arr_get(list, (size_t)i + 1);
        if (yyjson_is_null(side) && i < 2)
            continue;
        const uint64_t length = yyjson_get_uint(side);
        if (!yyjson_is_uint(side) || length == 0 || length > INT32_MAX)
            return false;
        shape->dims[i] = (int32_t)length;
    }
    return true;
}

gc_status gc_keras_input_shape(const struct gc_keras_model *model, gc_shape *shape) {
    yyjson_val *list = find_shape(model);
    if (list == NULL)
        return gc_fail(
            GC_INVALID_MODEL,
            "model '%s' does not say the shape of its input. Build it with its input shape "
            "before saving it",
            model->name);
    if (read_shape(list, shape))
        return GC_OK;
    return gc_fail(GC_INVALID_MODEL,
                   "the input of model '%s' should be a picture, of shape (batch, height, width, "
                   "channels)",
                   model->name);
}
