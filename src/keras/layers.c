/* One function for each kind of Keras layer, and the table that names them. A new layer is a
 * function that reads its fields and appends operators, and a line in the table. */
#include "keras/layers.h"

#include <string.h>

#include "keras/activation.h"
#include "keras/class.h"
#include "keras/layout.h"
#include "keras/sequence.h"

#define ENTRIES(array) (int32_t)(sizeof(array) / sizeof *(array))

#define MAX_CONSTANTS 4096 /* of one kind in a configuration */

static const char *const kernel_and_bias[GC_MAX_WEIGHTS] = {"kernel", "bias"};

/* ---- Convolutions ---- */

static gc_status read_windows(const struct gc_fields *f, struct gc_window_params *p) {
    GC_TRY(gc_field_pair(f, "kernel_size", 1, GC_REQUIRED, &p->kernel_h, &p->kernel_w));
    GC_TRY(gc_field_pair(f, "strides", 1, 1, &p->stride_h, &p->stride_w));
    GC_TRY(gc_field_pair(f, "dilation_rate", 1, 1, &p->dilation_h, &p->dilation_w));
    return gc_field_same(f, &p->same);
}

static gc_status read_conv2d(const struct gc_fields *f, struct gc_conv2d_params *p) {
    GC_TRY(gc_field_int(f, "filters", 1, GC_REQUIRED, &p->filters));
    GC_TRY(gc_field_int(f, "groups", 1, 1, &p->groups));
    GC_TRY(read_windows(f, &p->windows));
    return gc_field_bool(f, "use_bias", true, &p->bias);
}

static gc_status conv2d(struct gc_build *build) {
    struct gc_conv2d_params p = {0};
    GC_TRY(read_conv2d(&build->fields, &p));
    GC_TRY(GC_BUILD_OP(build, &gc_op_conv2d, p, kernel_and_bias));
    return gc_build_activation(build, "activation");
}

static gc_status read_depthwise(const struct gc_fields *f, struct gc_depthwise_params *p) {
    GC_TRY(gc_field_int(f, "depth_multiplier", 1, 1, &p->multiplier));
    GC_TRY(read_windows(f, &p->windows));
    return gc_field_bool(f, "use_bias", true, &p->bias);
}

static gc_status depthwise_conv2d(struct gc_build *build) {
    struct gc_depthwise_params p = {0};
    GC_TRY(read_depthwise(&build->fields, &p));
    GC_TRY(GC_BUILD_OP(build, &gc_op_depthwise, p, kernel_and_bias));
    return gc_build_activation(build, "activation");
}

/* A depthwise convolution without bias, then a 1 x 1 convolution with it. */
static gc_status separable_conv2d(struct gc_build *build) {
    static const char *const depthwise_arrays[GC_MAX_WEIGHTS] = {"depthwise_kernel"};
    static const char *const pointwise_arrays[GC_MAX_WEIGHTS] = {"pointwise_kernel", "bias"};
    struct gc_depthwise_params depthwise = {0};
    struct gc_conv2d_params pointwise = {.groups = 1, .windows = {1, 1, 1, 1, 1, 1, false}};
    GC_TRY(read_depthwise(&build->fields, &depthwise));
    GC_TRY(gc_field_int(&build->fields, "filters", 1, GC_REQUIRED, &pointwise.filters));
    pointwise.bias = depthwise.bias;
    depthwise.bias = false;
    GC_TRY(GC_BUILD_OP(build, &gc_op_depthwise, depthwise, depthwise_arrays));
    GC_TRY(GC_BUILD_OP(build, &gc_op_conv2d, pointwise, pointwise_arrays));
    return gc_build_activation(build, "activation");
}

static gc_status conv2d_transpose(struct gc_build *build) {
    const struct gc_fields *f = &build->fields;
    struct gc_conv2d_params c = {0};
    GC_TRY(read_conv2d(f, &c));
    struct gc_conv2d_transpose_params p = {.filters = c.filters,
                                           .kernel_h = c.windows.kernel_h,
                                           .kernel_w = c.windows.kernel_w,
                                           .stride_h = c.windows.stride_h,
                                           .stride_w = c.windows.stride_w,
                                           .dilation_h = c.windows.dilation_h,
                                           .dilation_w = c.windows.dilation_w,
                                           .output_padding_h = -1,
                                           .output_padding_w = -1,
                                           .same = c.windows.same,
                                           .bias = c.bias};
    if (gc_field(f, "output_padding") != NULL)
        GC_TRY(gc_field_pair(f, "output_padding", 0, GC_REQUIRED, &p.output_padding_h,
                             &p.output_padding_w));
    GC_TRY(GC_BUILD_OP(build, &gc_op_conv2d_transpose, p, kernel_and_bias));
    return gc_build_activation(build, "activation");
}

static gc_status dense(struct gc_build *build) {
    struct gc_dense_params p = {0};
    GC_TRY(gc_field_int(&build->fields, "units", 1, GC_REQUIRED, &p.units));
    GC_TRY(gc_field_bool(&build->fields, "use_bias", true, &p.bias));
    GC_TRY(GC_BUILD_OP(build, &gc_op_dense, p, kernel_and_bias));
    return gc_build_activation(build, "activation");
}

/* ---- Normalisation and scaling ---- */

static gc_status batch_normalization(struct gc_build *build) {
    static const char *const arrays[GC_MAX_WEIGHTS] = {"gamma", "beta", "moving_mean",
                                                       "moving_variance"};
    const struct gc_fields *f = &build->fields;
    struct gc_batch_norm_params p = {0};
    bool renorm;
    GC_TRY(gc_field_bool(f, "renorm", false, &renorm));
    if (renorm)
        return gc_build_lacks(build, "renorm");
    GC_TRY(gc_field_axis(f, "axis", -1, &p.axis));
    GC_TRY(gc_field_number(f, "epsilon", 1e-3, &p.epsilon));
    GC_TRY(gc_field_bool(f, "scale", true, &p.scale));
    GC_TRY(gc_field_bool(f, "center", true, &p.center));
    if (p.epsilon < 0)
        return gc_field_wrong(f, "epsilon", "a number from 0 on");
    GC_TRY(gc_build_axis(build, p.axis, &p.axis));
    return GC_BUILD_OP(build, &gc_op_batch_norm, p, arrays);
}

static gc_status rescaling(struct gc_build *build) {
    struct gc_rescaling_params p = {0};
    int32_t scales, offsets;
    GC_TRY(gc_field_numbers(&build->fields, "scale", ENTRIES(p.scale), p.scale, &scales));
    GC_TRY(gc_field_numbers(&build->fields, "offset", ENTRIES(p.offset), p.offset, &offsets));
    if (scales == 0)
        return gc_field_wrong(&build->fields, "scale", "a number");
    p.channels = scales > offsets ? scales : offsets;
    if ((scales > 1 && scales != p.channels) || (offsets > 1 && offsets != p.channels))
        return gc_fail(GC_INVALID_MODEL, "scale has %d numbers and offset %d", (int)scales,
                       (int)offsets);
    for (int32_t c = 1; c < p.channels; c++) {
        if (scales == 1)
            p.scale[c] = p.scale[0];
        if (offsets == 1)
            p.offset[c] = p.offset[0];
    }
    return GC_BUILD_OP(build, &gc_op_rescaling, p, NULL);
}

/* Reads the constants of Normalization, first the means, then the variances. There is one of each
 * for all values, or one for each index along the axis. */
static gc_status read_constants(struct gc_build *build, int32_t channels,
                                struct gc_normalization_params **params) {
    const bool are_given = gc_field(&build->fields, "mean") != NULL;
    const int32_t room = !are_given ? 0 : channels < MAX_CONSTANTS ? channels : MAX_CONSTANTS;
    struct gc_normalization_params *p =
        gc_pool_allocate(build->pool, 1, sizeof *p + 2 * (size_t)room * sizeof *p->constants);
    if (p == NULL)
        return gc_pool_fail();
    int32_t variances;
    GC_TRY(gc_field_numbers(&build->fields, "mean", room, p->constants, &p->count));
    GC_TRY(gc_field_numbers(&build->fields, "variance", room, p->constants + p->count, &variances));
    if (p->count != variances || (p->count > 1 && p->count != channels))
        return gc_fail(GC_INVALID_MODEL, "%d means and %d variances for %d channels", (int)p->count,
                       (int)variances, (int)channels);
    *params = p;
    return GC_OK;
}

static gc_status normalization(struct gc_build *build) {
    static const char *const arrays[GC_MAX_WEIGHTS] = {"mean", "variance"};
    const struct gc_fields *f = &build->fields;
    yyjson_val *axes = yyjson_obj_get(f->object, "axis");
    const bool along_none =
        yyjson_is_null(axes) || (yyjson_is_arr(axes) && yyjson_arr_size(axes) == 0);
    int32_t axis = -1;
    bool invert;
    GC_TRY(gc_field_bool(f, "invert", false, &invert));
    if (yyjson_arr_size(axes) > 1)
        return gc_build_lacks(build, "several axes");
    if (!along_none) {
        GC_TRY(gc_field_axis(f, "axis", -1, &axis));
        GC_TRY(gc_build_axis(build, axis, &axis));
    }
    if (build->unknown)
        return GC_OK;
    struct gc_normalization_params *p = NULL;
    const gc_shape *in = &build->graph->values[build->inputs[0]].shape;
    GC_TRY(read_constants(build, axis < 0 ? 1 : in->dims[axis], &p));
    p->axis = axis;
    p->invert = invert;
    const size_t bytes = sizeof *p + 2 * (size_t)p->count * sizeof *p->constants;
    const bool has_weights = p->count == 0;
    GC_TRY(gc_build_op(build, &gc_op_normalization, p, bytes, arrays));
    /* The number of batches that the layer has seen is in the file, but no operator reads it. */
    return has_weights ? gc_build_weight(build, "count", &(gc_shape){.rank = 0}) : GC_OK;
}

/* A weight with several axes has them in Keras' order. */
static gc_status weigh_axes(struct gc_build *build) {
    return yyjson_arr_size(gc_field(&build->fields, "axis")) > 1 ? gc_layout_as_keras(build)
                                                                 : GC_OK;
}

static gc_status layer_normalization(struct gc_build *build) {
    static const char *const arrays[GC_MAX_WEIGHTS] = {"gamma", "beta"};
    const struct gc_fields *f = &build->fields;
    struct gc_layer_norm_params p = {.epsilon = 0};
    bool root_mean_square;
    GC_TRY(gc_field_bool(f, "rms_scaling", false, &root_mean_square));
    if (root_mean_square)
        return gc_build_lacks(build, "rms_scaling");
    GC_TRY(gc_field_number(f, "epsilon", 1e-3, &p.epsilon));
    GC_TRY(gc_field_bool(f, "scale", true, &p.scale));
    GC_TRY(gc_field_bool(f, "center", true, &p.center));
    if (p.epsilon < 0)
        return gc_field_wrong(f, "epsilon", "a number from 0 on");
    GC_TRY(weigh_axes(build));
    GC_TRY(gc_build_axes(build, "axis", -1, p.axes));
    return GC_BUILD_OP(build, &gc_op_layer_norm, p, arrays);
}

/* Each group of channels alone, over all other axes. */
static gc_status group_normalization(struct gc_build *build) {
    static const char *const arrays[GC_MAX_WEIGHTS] = {"gamma", "beta"};
    const struct gc_fields *f = &build->fields;
    struct gc_layer_norm_params p = {.epsilon = 0};
    struct gc_scale_shift_params affine = {0};
    GC_TRY(gc_field_int(f, "groups", -1, 32, &p.groups));
    GC_TRY(gc_field_axis(f, "axis", -1, &p.group_axis));
    GC_TRY(gc_field_number(f, "epsilon", 1e-3, &p.epsilon));
    GC_TRY(gc_field_bool(f, "scale", true, &affine.scale));
    GC_TRY(gc_field_bool(f, "center", true, &affine.center));
    if (p.epsilon < 0)
        return gc_field_wrong(f, "epsilon", "a number from 0 on");
    if (p.groups == 0)
        return gc_field_wrong(f, "groups", "a number of groups, or -1 for one a channel");
    GC_TRY(gc_build_axis(build, p.group_axis, &p.group_axis));
    if (build->unknown)
        return GC_OK;
    const gc_shape *in = &build->graph->values[build->inputs[0]].shape;
    for (int32_t axis = 0; axis < in->rank; axis++)
        p.axes[axis] = true;
    if (p.groups < 0)
        p.groups = in->dims[p.group_axis];
    affine.axis = p.group_axis;
    GC_TRY(GC_BUILD_OP(build, &gc_op_layer_norm, p, NULL));
    return affine.scale || affine.center ? GC_BUILD_OP(build, &gc_op_scale_shift, affine, arrays)
                                         : GC_OK;
}

static gc_status rms_normalization(struct gc_build *build) {
    static const char *const arrays[GC_MAX_WEIGHTS] = {"scale"};
    struct gc_layer_norm_params p = {.scale = true, .kind = GC_NORM_RMS};
    GC_TRY(gc_field_number(&build->fields, "epsilon", 1e-6, &p.epsilon));
    if (p.epsilon < 0)
        return gc_field_wrong(&build->fields, "epsilon", "a number from 0 on");
    GC_TRY(weigh_axes(build));
    GC_TRY(gc_build_axes(build, "axis", -1, p.axes));
    return GC_BUILD_OP(build, &gc_op_layer_norm, p, arrays);
}

static gc_status unit_normalization(struct gc_build *build) {
    struct gc_layer_norm_params p = {.epsilon = 1e-12, .kind = GC_NORM_UNIT};
    GC_TRY(gc_build_axes(build, "axis", -1, p.axes));
    return GC_BUILD_OP(build, &gc_op_layer_norm, p, NULL);
}

static gc_status layer_scale(struct gc_build *build) {
    static const char *const arrays[GC_MAX_WEIGHTS] = {"gamma"};
    return gc_build_op(build, &gc_op_layer_scale, NULL, 0, arrays);
}

/* ---- Activations ---- */

static gc_status activation(struct gc_build *build) {
    return gc_build_activation(build, "activation");
}

static gc_status read_shared_axes(const struct gc_build *build, struct gc_prelu_params *p) {
    *p = (struct gc_prelu_params){{false}};
    return gc_field(&build->fields, "shared_axes") == NULL
               ? GC_OK
               : gc_build_axes(build, "shared_axes", 0, p->shared);
}

/* Alpha has its axes in Keras' order. If there is one for each channel, any order will do. */
static gc_status prelu(struct gc_build *build) {
    static const char *const arrays[GC_MAX_WEIGHTS] = {"alpha"};
    struct gc_prelu_params p;
    GC_TRY(read_shared_axes(build, &p));
    if (!p.shared[0] || !p.shared[1])
        GC_TRY(gc_layout_as_keras(build));
    GC_TRY(read_shared_axes(build, &p));
    return GC_BUILD_OP(build, &gc_op_prelu, p, arrays);
}

/* ---- Shapes ---- */

/* One number for all sides, one for rows and one for columns, or [[top, bottom], [left, right]]. */
static gc_status read_sides(const struct gc_fields *f, const char *key, int32_t fallback,
                            struct gc_padding *sides) {
    yyjson_val *field = gc_field(f, key);
    if (yyjson_arr_size(field) == 2 && yyjson_is_arr(yyjson_arr_get_first(field))) {
        const bool fits = gc_json_pair(yyjson_arr_get(field, 0), &sides->top, &sides->bottom) &&
                          gc_json_pair(yyjson_arr_get(field, 1), &sides->left, &sides->right);
        return fits ? GC_OK : gc_field_wrong(f, key, "[[top, bottom], [left, right]]");
    }
    GC_TRY(gc_field_pair(f, key, 0, fallback, &sides->top, &sides->left));
    sides->bottom = sides->top;
    sides->right = sides->left;
    return GC_OK;
}

static gc_status zero_padding2d(struct gc_build *build) {
    struct gc_zero_padding_params p = {0};
    GC_TRY(read_sides(&build->fields, "padding", 1, &p.padding));
    return GC_BUILD_OP(build, &gc_op_zero_padding, p, NULL);
}

static gc_status cropping2d(struct gc_build *build) {
    struct gc_cropping_params p = {0};
    GC_TRY(read_sides(&build->fields, "cropping", 0, &p.cropping));
    return GC_BUILD_OP(build, &gc_op_cropping, p, NULL);
}

/* Reads the name of an interpolation from the field `key`. Notes that the layer is not supported if
 * it has another. */
static gc_status read_resize_kind(struct gc_build *build, const char *key, const char *fallback,
                                  enum gc_resize_kind *interpolation) {
    static const char *const names[] = {
        [GC_RESIZE_NEAREST] = "nearest",        [GC_RESIZE_BILINEAR] = "bilinear",
        [GC_RESIZE_BICUBIC] = "bicubic",        [GC_RESIZE_LANCZOS3] = "lanczos3",
        [GC_RESIZE_LANCZOS5] = "lanczos5",      [GC_RESIZE_GAUSSIAN] = "gaussian",
        [GC_RESIZE_MITCHELL] = "mitchellcubic", [GC_RESIZE_AREA] = "area"};
    const char *name;
    GC_TRY(gc_field_text(&build->fields, key, fallback, &name));
    for (int32_t i = 0; i < ENTRIES(names); i++)
        if (strcmp(name, names[i]) == 0) {
            *interpolation = (enum gc_resize_kind)i;
            return GC_OK;
        }
    return gc_build_lacks(build, "%s '%.60s'", key, name);
}

static gc_status up_sampling2d(struct gc_build *build) {
    struct gc_resize_params p = {.by_factor = true};
    GC_TRY(gc_field_pair(&build->fields, "size", 1, 2, &p.height, &p.width));
    GC_TRY(read_resize_kind(build, "interpolation", "nearest", &p.interpolation));
    if (p.interpolation > GC_RESIZE_BILINEAR)
        return GC_BUILD_OP(build, &gc_op_resize, p, NULL);
    const struct gc_upsampling_params small = {p.height, p.width,
                                               p.interpolation == GC_RESIZE_BILINEAR};
    return GC_BUILD_OP(build, &gc_op_upsampling, small, NULL);
}

/* Reads the size of the output. A layer has two fields for it, a function has one. */
static gc_status read_size(struct gc_build *build, struct gc_resize_params *p) {
    if (gc_field(&build->fields, "size") != NULL)
        return gc_field_pair(&build->fields, "size", 1, GC_REQUIRED, &p->height, &p->width);
    GC_TRY(gc_field_int(&build->fields, "height", 1, GC_REQUIRED, &p->height));
    return gc_field_int(&build->fields, "width", 1, GC_REQUIRED, &p->width);
}

gc_status gc_build_resize(struct gc_build *build, const char *interpolation) {
    const struct gc_fields *f = &build->fields;
    struct gc_resize_params p = {0};
    bool crop, pad;
    const char *mode;
    GC_TRY(read_size(build, &p));
    GC_TRY(read_resize_kind(build, interpolation, "bilinear", &p.interpolation));
    GC_TRY(gc_field_bool(f, "antialias", false, &p.antialias));
    GC_TRY(gc_field_bool(f, "crop_to_aspect_ratio", false, &crop));
    GC_TRY(gc_field_bool(f, "pad_to_aspect_ratio", false, &pad));
    GC_TRY(gc_field_text(f, "fill_mode", "constant", &mode));
    GC_TRY(gc_field_number(f, "fill_value", 0, &p.fill));
    if (crop && pad)
        return gc_build_lacks(build, "both crop_to_aspect_ratio and pad_to_aspect_ratio");
    if (pad && strcmp(mode, "constant") != 0)
        return gc_build_lacks(build, "fill_mode '%.60s'", mode);
    p.fit = crop ? GC_FIT_CROP : pad ? GC_FIT_PAD : GC_FIT_STRETCH;
    return GC_BUILD_OP(build, &gc_op_resize, p, NULL);
}

static gc_status resizing(struct gc_build *build) {
    return gc_build_resize(build, "interpolation");
}

static gc_status center_crop(struct gc_build *build) {
    struct gc_resize_params p = {.interpolation = GC_RESIZE_BILINEAR, .fit = GC_FIT_CENTER};
    GC_TRY(read_size(build, &p));
    return GC_BUILD_OP(build, &gc_op_resize, p, NULL);
}

/* What predict() does. Keras 2, and Keras 3 before 3.6, resize the largest part of the right shape.
 * From 3.8 on Keras does nothing, and later layers get a picture of another size than in training.
 * The package writes the version into the configuration if it is before 3.8. */
static gc_status random_crop(struct gc_build *build) {
    struct gc_resize_params p = {.interpolation = GC_RESIZE_BILINEAR, .fit = GC_FIT_CROP};
    const char *version;
    GC_TRY(read_size(build, &p));
    GC_TRY(gc_field_text(&build->fields, "keras_version", "", &version));
    if (strncmp(version, "3.6.", 4) == 0 || strncmp(version, "3.7.", 4) == 0)
        return gc_build_lacks(build, "the crop of Keras %.16s, which takes a corner", version);
    const bool resizes = build->keras_2 || version[0] != '\0';
    return resizes ? GC_BUILD_OP(build, &gc_op_resize, p, NULL) : GC_OK;
}

static gc_status flatten(struct gc_build *build) {
    const struct gc_reshape_params p = {.shape = {1, {-1}}};
    return GC_BUILD_OP(build, &gc_op_reshape, p, NULL);
}

static gc_status reshape(struct gc_build *build) {
    struct gc_reshape_params p = {0};
    if (gc_field(&build->fields, "target_shape") == NULL)
        return gc_field_wrong(&build->fields, "target_shape", "a list of integers");
    GC_TRY(gc_field_ints(&build->fields, "target_shape", GC_MAX_RANK, p.shape.dims, &p.shape.rank));
    return GC_BUILD_OP(build, &gc_op_reshape, p, NULL);
}

static gc_status permute(struct gc_build *build) {
    struct gc_permute_params p = {{0}};
    int32_t count;
    GC_TRY(gc_field_ints(&build->fields, "dims", GC_MAX_RANK, p.axes, &count));
    if (build->unknown)
        return GC_OK;
    bool seen[GC_MAX_RANK] = {false};
    bool good = count == build->graph->values[build->inputs[0]].shape.rank;
    for (int32_t i = 0; good && i < count; i++) {
        good = p.axes[i] >= 1 && p.axes[i] <= count && !seen[p.axes[i] - 1];
        if (good)
            seen[--p.axes[i]] = true;
    }
    if (!good)
        return gc_field_wrong(&build->fields, "dims", "each axis of the input once, from 1 on");
    return GC_BUILD_OP(build, &gc_op_permute, p, NULL);
}

/* ---- Pooling ---- */

gc_status gc_build_pool(struct gc_build *build, const struct gc_op *op) {
    const struct gc_fields *f = &build->fields;
    struct gc_pooling_params p = {{.dilation_h = 1, .dilation_w = 1}};
    struct gc_window_params *w = &p.windows;
    GC_TRY(gc_field_pair(f, "pool_size", 1, 2, &w->kernel_h, &w->kernel_w));
    w->stride_h = w->kernel_h;
    w->stride_w = w->kernel_w;
    if (gc_field(f, "strides") != NULL)
        GC_TRY(gc_field_pair(f, "strides", 1, GC_REQUIRED, &w->stride_h, &w->stride_w));
    GC_TRY(gc_field_same(f, &w->same));
    return GC_BUILD_OP(build, op, p, NULL);
}

static gc_status max_pooling2d(struct gc_build *build) {
    return gc_build_pool(build, &gc_op_max_pooling);
}

static gc_status average_pooling2d(struct gc_build *build) {
    return gc_build_pool(build, &gc_op_average_pooling);
}

static gc_status global_pool(struct gc_build *build, const struct gc_op *op) {
    struct gc_global_pooling_params p = {0};
    GC_TRY(gc_field_bool(&build->fields, "keepdims", false, &p.keepdims));
    return GC_BUILD_OP(build, op, p, NULL);
}

static gc_status global_average_pooling2d(struct gc_build *build) {
    return global_pool(build, &gc_op_global_average);
}

static gc_status global_max_pooling2d(struct gc_build *build) {
    return global_pool(build, &gc_op_global_max);
}

static gc_status adaptive_pool(struct gc_build *build, const struct gc_op *op) {
    struct gc_adaptive_pooling_params p = {0};
    GC_TRY(gc_field_pair(&build->fields, "output_size", 1, GC_REQUIRED, &p.height, &p.width));
    return GC_BUILD_OP(build, op, p, NULL);
}

static gc_status adaptive_average_pooling2d(struct gc_build *build) {
    return adaptive_pool(build, &gc_op_adaptive_average);
}

static gc_status adaptive_max_pooling2d(struct gc_build *build) {
    return adaptive_pool(build, &gc_op_adaptive_max);
}

/* ---- Merging ---- */

/* A layer that merges takes a list. One that takes something else is a function, and its other
 * argument may be a constant. */
static bool takes_list(const struct gc_build *build) {
    yyjson_val *arguments = yyjson_obj_get(build->call->node, "args");
    return arguments == NULL || yyjson_is_arr(yyjson_arr_get_first(arguments));
}

static gc_status merge(struct gc_build *build, const struct gc_op *op) {
    if (build->input_count == 1 && !takes_list(build))
        return gc_build_lacks(build, "an argument that is no list of layers");
    if (build->input_count == 1)
        return GC_OK;
    return gc_build_op(build, op, NULL, 0, NULL);
}

static gc_status add(struct gc_build *build) { return merge(build, &gc_op_add); }
static gc_status multiply(struct gc_build *build) { return merge(build, &gc_op_multiply); }
static gc_status average(struct gc_build *build) { return merge(build, &gc_op_average); }
static gc_status maximum(struct gc_build *build) { return merge(build, &gc_op_maximum); }
static gc_status minimum(struct gc_build *build) { return merge(build, &gc_op_minimum); }

static gc_status subtract(struct gc_build *build) {
    if (build->input_count != 2)
        return gc_fail(GC_INVALID_MODEL, "it takes two inputs and is given %d",
                       (int)build->input_count);
    return merge(build, &gc_op_subtract);
}

/* The first input plus the second one times a constant, in InceptionResNetV2. */
static gc_status custom_scale(struct gc_build *build) {
    struct gc_rescaling_params p = {.channels = 1};
    GC_TRY(gc_field_number(&build->fields, "scale", 1, &p.scale[0]));
    if (build->input_count != 2)
        return gc_fail(GC_INVALID_MODEL, "it takes two inputs and is given %d",
                       (int)build->input_count);
    int32_t terms[2] = {build->inputs[0], GC_NONE};
    gc_build_inputs(build, &build->inputs[1], 1);
    GC_TRY(GC_BUILD_OP(build, &gc_op_rescaling, p, NULL));
    terms[1] = build->value;
    gc_build_inputs(build, terms, 2);
    return gc_build_op(build, &gc_op_add, NULL, 0, NULL);
}

gc_status gc_build_concatenate(struct gc_build *build) {
    struct gc_concatenate_params p;
    GC_TRY(gc_field_axis(&build->fields, "axis", -1, &p.axis));
    GC_TRY(gc_build_axis(build, p.axis, &p.axis));
    return GC_BUILD_OP(build, &gc_op_concatenate, p, NULL);
}

/* ---- Layers around another layer ---- */

static bool is_one_of(const char *type, const char *const *types) {
    while (*types != NULL && strcmp(type, *types) != 0)
        types++;
    return *types != NULL;
}

/* Appends the layer inside of a layer, if its class is among `allowed`. */
static gc_status wrapped(struct gc_build *build, const char *const *allowed) {
    yyjson_val *inside = gc_field(&build->fields, "layer");
    yyjson_val *config = yyjson_obj_get(inside, "config");
    const char *type = gc_json_text(yyjson_obj_get(inside, "class_name"));
    if (type == NULL || !yyjson_is_obj(config))
        return gc_field_wrong(&build->fields, "layer", "a layer");
    const struct gc_lowering *lowering = gc_layer_find(type);
    if (lowering == NULL || gc_class_is_custom(inside) || !is_one_of(type, allowed))
        return gc_build_lacks(build, "a layer of the class '%.60s'", type);
    build->fields.object = config;
    GC_TRY(gc_build_check_options(build));
    GC_TRY(gc_layout_start(build, lowering));
    gc_build_part(build, "", "/layer");
    return lowering->lower(build);
}

/* Of layers whose last axis is all that matters, so that they work on all steps at once. */
static gc_status time_distributed(struct gc_build *build) {
    static const char *const by_last_axis[] = {"ActivityRegularization",
                                               "AlphaDropout",
                                               "Dense",
                                               "Dropout",
                                               "ELU",
                                               "GaussianDropout",
                                               "GaussianNoise",
                                               "Identity",
                                               "LeakyReLU",
                                               "ReLU",
                                               "Rescaling",
                                               NULL};
    return wrapped(build, by_last_axis);
}

/* The kernel in the file is the normalised one, which predict() uses as it is. */
static gc_status spectral_normalization(struct gc_build *build) {
    static const char *const with_kernel[] = {"Conv2D", "Conv2DTranspose", "Dense",
                                              "DepthwiseConv2D", NULL};
    const int32_t kernel = build->weight_count;
    GC_TRY(wrapped(build, with_kernel));
    if (build->unknown)
        return GC_OK;
    const gc_shape shape = build->graph->weights[build->layer->weights[kernel]].shape;
    /* In the file the kernel comes first once more, then the vector, which only training reads. */
    gc_build_part(build, "", "");
    build->part_first--;
    return gc_build_weight(build, "vector_u", &(gc_shape){2, {1, gc_shape_channels(&shape)}});
}

/* ---- The identity ---- */

/* Of layers that act in training only. */
static gc_status identity(struct gc_build *build) {
    (void)build;
    return GC_OK;
}

/* ---- The table ---- */

static const struct gc_lowering layers[] = {
    {"Activation", activation, GC_ANY_AXES},
    {"ActivityRegularization", identity, GC_ANY_AXES},
    {"AdaptiveAveragePooling2D", adaptive_average_pooling2d, GC_PLAIN},
    {"AdaptiveMaxPooling2D", adaptive_max_pooling2d, GC_PLAIN},
    {"Add", add, GC_MERGE_ANY_AXES},
    {"AlphaDropout", identity, GC_ANY_AXES},
    {"AugMix", identity, GC_ANY_AXES},
    {"Average", average, GC_MERGE_ANY_AXES},
    {"AveragePooling2D", average_pooling2d, GC_PLAIN},
    {"BatchNormalization", batch_normalization, GC_ANY_AXES},
    {"BatchNormalizationV1", batch_normalization, GC_ANY_AXES},
    {"CenterCrop", center_crop, GC_PLAIN},
    {"Concatenate", gc_build_concatenate, GC_MERGE_ANY_AXES},
    {"Conv2D", conv2d, GC_PLAIN},
    {"Conv2DTranspose", conv2d_transpose, GC_PLAIN},
    {"Convolution2D", conv2d, GC_PLAIN},
    {"Convolution2DTranspose", conv2d_transpose, GC_PLAIN},
    {"Cropping2D", cropping2d, GC_PLAIN},
    {"CustomScaleLayer", custom_scale, GC_MERGE_ANY_AXES},
    {"CutMix", identity, GC_ANY_AXES},
    {"Dense", dense, GC_PLAIN},
    {"DepthwiseConv2D", depthwise_conv2d, GC_PLAIN},
    {"Dropout", identity, GC_ANY_AXES},
    {"Flatten", flatten, GC_PLAIN},
    {"GaussianDropout", identity, GC_ANY_AXES},
    {"GaussianNoise", identity, GC_ANY_AXES},
    {"GlobalAveragePooling2D", global_average_pooling2d, GC_PLAIN},
    {"GlobalMaxPooling2D", global_max_pooling2d, GC_PLAIN},
    {"GroupNormalization", group_normalization, GC_ANY_AXES},
    {"Identity", identity, GC_ANY_AXES},
    {"LayerNormalization", layer_normalization, GC_ANY_AXES},
    {"LayerScale", layer_scale, GC_PLAIN},
    {"MaxPooling2D", max_pooling2d, GC_PLAIN},
    {"Maximum", maximum, GC_MERGE_ANY_AXES},
    {"Minimum", minimum, GC_MERGE_ANY_AXES},
    {"MixUp", identity, GC_ANY_AXES},
    {"Multiply", multiply, GC_MERGE_ANY_AXES},
    {"Normalization", normalization, GC_ANY_AXES},
    {"PReLU", prelu, GC_ANY_AXES},
    {"Permute", permute, GC_MOVES_AXES},
    {"RMSNormalization", rms_normalization, GC_ANY_AXES},
    {"RandAugment", identity, GC_ANY_AXES},
    {"RandomBrightness", identity, GC_ANY_AXES},
    {"RandomColorDegeneration", identity, GC_ANY_AXES},
    {"RandomColorJitter", identity, GC_ANY_AXES},
    {"RandomContrast", identity, GC_ANY_AXES},
    {"RandomCrop", random_crop, GC_PLAIN},
    {"RandomElasticTransform", identity, GC_ANY_AXES},
    {"RandomErasing", identity, GC_ANY_AXES},
    {"RandomFlip", identity, GC_ANY_AXES},
    {"RandomGaussianBlur", identity, GC_ANY_AXES},
    {"RandomGrayscale", identity, GC_ANY_AXES},
    {"RandomHeight", identity, GC_ANY_AXES},
    {"RandomHue", identity, GC_ANY_AXES},
    {"RandomInvert", identity, GC_ANY_AXES},
    {"RandomPerspective", identity, GC_ANY_AXES},
    {"RandomPosterization", identity, GC_ANY_AXES},
    {"RandomRotation", identity, GC_ANY_AXES},
    {"RandomSaturation", identity, GC_ANY_AXES},
    {"RandomSharpness", identity, GC_ANY_AXES},
    {"RandomShear", identity, GC_ANY_AXES},
    {"RandomTranslation", identity, GC_ANY_AXES},
    {"RandomWidth", identity, GC_ANY_AXES},
    {"RandomZoom", identity, GC_ANY_AXES},
    {"Rescaling", rescaling, GC_ANY_AXES},
    {"Reshape", reshape, GC_MOVES_AXES},
    {"Resizing", resizing, GC_PLAIN},
    {"SeparableConv2D", separable_conv2d, GC_PLAIN},
    {"SeparableConvolution2D", separable_conv2d, GC_PLAIN},
    {"SpatialDropout1D", identity, GC_ANY_AXES},
    {"SpatialDropout2D", identity, GC_ANY_AXES},
    {"SpatialDropout3D", identity, GC_ANY_AXES},
    {"SpectralNormalization", spectral_normalization, GC_WRAPPER},
    {"StochasticDepth", identity, GC_ANY_AXES},
    {"Subtract", subtract, GC_MERGE_ANY_AXES},
    {"SyncBatchNormalization", batch_normalization, GC_ANY_AXES},
    {"TimeDistributed", time_distributed, GC_WRAPPER},
    {"UnitNormalization", unit_normalization, GC_ANY_AXES},
    {"UpSampling2D", up_sampling2d, GC_PLAIN},
    {"ZeroPadding2D", zero_padding2d, GC_PLAIN},
    {NULL, NULL, GC_PLAIN},
};

static const struct gc_lowering *const tables[] = {layers, gc_activation_layers,
                                                   gc_sequence_layers};

const struct gc_lowering *gc_layer_find(const char *type) {
    const struct gc_lowering *found = NULL;
    for (int32_t t = 0; found == NULL && t < ENTRIES(tables); t++)
        found = gc_lowering_find(tables[t], type);
    return found;
}

const char *gc_supported_layer(int32_t i) {
    for (int32_t t = 0; i >= 0 && t < ENTRIES(tables); t++)
        for (const struct gc_lowering *entry = tables[t]; entry->type != NULL; entry++)
            if (i-- == 0)
                return entry->type;
    return NULL;
}
