/* One function per kind of Keras layer, and the table that names them. A new layer is a function that reads
 * its fields and appends operators, and a line in the table. */
#include "lowering.h"

#include <math.h>
#include <string.h>

#define ENTRIES(array) (int32_t)(sizeof(array) / sizeof *(array))
#define APPEND(build, op, params, arrays) gc_build_op(build, op, &(params), sizeof(params), arrays)

static const char *const kernel_and_bias[GC_MAX_WEIGHTS] = {"kernel", "bias"};

/* ---- Convolutions ---- */

static gc_status read_conv2d(const struct gc_fields *f, struct gc_conv2d_params *p) {
    GC_TRY(gc_field_int(f, "filters", 1, GC_REQUIRED, &p->filters));
    GC_TRY(gc_field_int(f, "groups", 1, 1, &p->groups));
    GC_TRY(gc_field_pair(f, "kernel_size", 1, GC_REQUIRED, &p->kernel_h, &p->kernel_w));
    GC_TRY(gc_field_pair(f, "strides", 1, 1, &p->stride_h, &p->stride_w));
    GC_TRY(gc_field_pair(f, "dilation_rate", 1, 1, &p->dilation_h, &p->dilation_w));
    GC_TRY(gc_field_same(f, &p->same));
    return gc_field_bool(f, "use_bias", true, &p->bias);
}

static gc_status conv2d(struct gc_build *build) {
    struct gc_conv2d_params p = {0};
    GC_TRY(read_conv2d(&build->fields, &p));
    GC_TRY(APPEND(build, &gc_op_conv2d, p, kernel_and_bias));
    return gc_build_activation(build, "activation");
}

static gc_status read_depthwise(const struct gc_fields *f, struct gc_depthwise_params *p) {
    GC_TRY(gc_field_int(f, "depth_multiplier", 1, 1, &p->multiplier));
    GC_TRY(gc_field_pair(f, "kernel_size", 1, GC_REQUIRED, &p->kernel_h, &p->kernel_w));
    GC_TRY(gc_field_pair(f, "strides", 1, 1, &p->stride_h, &p->stride_w));
    GC_TRY(gc_field_pair(f, "dilation_rate", 1, 1, &p->dilation_h, &p->dilation_w));
    GC_TRY(gc_field_same(f, &p->same));
    return gc_field_bool(f, "use_bias", true, &p->bias);
}

static gc_status depthwise_conv2d(struct gc_build *build) {
    struct gc_depthwise_params p = {0};
    GC_TRY(read_depthwise(&build->fields, &p));
    GC_TRY(APPEND(build, &gc_op_depthwise, p, kernel_and_bias));
    return gc_build_activation(build, "activation");
}

/* A depthwise convolution without bias, then a 1 x 1 convolution with it. */
static gc_status separable_conv2d(struct gc_build *build) {
    static const char *const depthwise_arrays[GC_MAX_WEIGHTS] = {"depthwise_kernel"};
    static const char *const pointwise_arrays[GC_MAX_WEIGHTS] = {"pointwise_kernel", "bias"};
    struct gc_depthwise_params depthwise = {0};
    struct gc_conv2d_params pointwise = {.groups = 1,
                                         .kernel_h = 1,
                                         .kernel_w = 1,
                                         .stride_h = 1,
                                         .stride_w = 1,
                                         .dilation_h = 1,
                                         .dilation_w = 1};
    GC_TRY(read_depthwise(&build->fields, &depthwise));
    GC_TRY(gc_field_int(&build->fields, "filters", 1, GC_REQUIRED, &pointwise.filters));
    pointwise.bias = depthwise.bias;
    depthwise.bias = false;
    GC_TRY(APPEND(build, &gc_op_depthwise, depthwise, depthwise_arrays));
    GC_TRY(APPEND(build, &gc_op_conv2d, pointwise, pointwise_arrays));
    return gc_build_activation(build, "activation");
}

static gc_status dense(struct gc_build *build) {
    struct gc_dense_params p = {0};
    GC_TRY(gc_field_int(&build->fields, "units", 1, GC_REQUIRED, &p.units));
    GC_TRY(gc_field_bool(&build->fields, "use_bias", true, &p.bias));
    GC_TRY(APPEND(build, &gc_op_dense, p, kernel_and_bias));
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
    return APPEND(build, &gc_op_batch_norm, p, arrays);
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
    return APPEND(build, &gc_op_rescaling, p, NULL);
}

/* ---- Activations ---- */

static gc_status activation(struct gc_build *build) {
    return gc_build_activation(build, "activation");
}

static gc_status relu(struct gc_build *build) {
    const struct gc_fields *f = &build->fields;
    struct gc_clamp_params p = {.low = 0};
    double slope, threshold;
    GC_TRY(gc_field_number(f, "max_value", INFINITY, &p.high));
    GC_TRY(gc_field_number(f, "negative_slope", 0, &slope));
    GC_TRY(gc_field_number(f, "threshold", 0, &threshold));
    if (p.high < 0)
        return gc_field_wrong(f, "max_value", "a number from 0 on");
    if (slope != 0)
        return gc_build_lacks(build, "negative_slope");
    if (threshold != 0)
        return gc_build_lacks(build, "threshold");
    return APPEND(build, &gc_op_clamp, p, NULL);
}

static gc_status softmax(struct gc_build *build) {
    struct gc_softmax_params p;
    yyjson_val *axes = gc_field(&build->fields, "axis");
    if (yyjson_arr_size(axes) > 1)
        return gc_build_lacks(build, "several axes");
    GC_TRY(gc_field_axis(&build->fields, "axis", -1, &p.axis));
    GC_TRY(gc_build_axis(build, p.axis, &p.axis));
    return APPEND(build, &gc_op_softmax, p, NULL);
}

/* ---- Shapes ---- */

/* One number for all sides, one for rows and one for columns, or [[top, bottom], [left, right]]. */
static gc_status read_sides(const struct gc_fields *f, const char *key, struct gc_padding *sides) {
    yyjson_val *field = gc_field(f, key);
    if (yyjson_arr_size(field) == 2 && yyjson_is_arr(yyjson_arr_get_first(field))) {
        const bool fits = gc_json_pair(yyjson_arr_get(field, 0), &sides->top, &sides->bottom) &&
                          gc_json_pair(yyjson_arr_get(field, 1), &sides->left, &sides->right);
        return fits ? GC_OK : gc_field_wrong(f, key, "[[top, bottom], [left, right]]");
    }
    GC_TRY(gc_field_pair(f, key, 0, 1, &sides->top, &sides->left));
    sides->bottom = sides->top;
    sides->right = sides->left;
    return GC_OK;
}

static gc_status zero_padding2d(struct gc_build *build) {
    struct gc_zero_padding_params p = {0};
    GC_TRY(read_sides(&build->fields, "padding", &p.padding));
    return APPEND(build, &gc_op_zero_padding, p, NULL);
}

static gc_status flatten(struct gc_build *build) {
    const struct gc_reshape_params p = {.shape = {1, {-1}}};
    return APPEND(build, &gc_op_reshape, p, NULL);
}

static gc_status reshape(struct gc_build *build) {
    struct gc_reshape_params p = {0};
    if (gc_field(&build->fields, "target_shape") == NULL)
        return gc_field_wrong(&build->fields, "target_shape", "a list of integers");
    GC_TRY(gc_field_ints(&build->fields, "target_shape", GC_MAX_RANK, p.shape.dims, &p.shape.rank));
    return APPEND(build, &gc_op_reshape, p, NULL);
}

/* ---- Pooling and merging ---- */

static gc_status global_average_pooling2d(struct gc_build *build) {
    struct gc_global_pooling_params p = {0};
    GC_TRY(gc_field_bool(&build->fields, "keepdims", false, &p.keepdims));
    return APPEND(build, &gc_op_global_average, p, NULL);
}

static gc_status add(struct gc_build *build) {
    if (build->input_count == 1)
        return GC_OK;
    return gc_build_op(build, &gc_op_add, NULL, 0, NULL);
}

/* ---- The identity: what acts in training only ---- */

static gc_status identity(struct gc_build *build) {
    (void)build;
    return GC_OK;
}

/* ---- The tables ---- */

static const struct gc_lowering layers[] = {
    {"Activation", activation, GC_PLAIN},
    {"ActivityRegularization", identity, GC_PLAIN},
    {"Add", add, GC_MERGE},
    {"AlphaDropout", identity, GC_PLAIN},
    {"BatchNormalization", batch_normalization, GC_PLAIN},
    {"BatchNormalizationV1", batch_normalization, GC_PLAIN},
    {"Conv2D", conv2d, GC_PLAIN},
    {"Convolution2D", conv2d, GC_PLAIN},
    {"Dense", dense, GC_PLAIN},
    {"DepthwiseConv2D", depthwise_conv2d, GC_PLAIN},
    {"Dropout", identity, GC_PLAIN},
    {"Flatten", flatten, GC_PLAIN},
    {"GaussianDropout", identity, GC_PLAIN},
    {"GaussianNoise", identity, GC_PLAIN},
    {"GlobalAveragePooling2D", global_average_pooling2d, GC_PLAIN},
    {"ReLU", relu, GC_ACTIVATION},
    {"Rescaling", rescaling, GC_PLAIN},
    {"Reshape", reshape, GC_PLAIN},
    {"SeparableConv2D", separable_conv2d, GC_PLAIN},
    {"Softmax", softmax, GC_ACTIVATION},
    {"SpatialDropout2D", identity, GC_PLAIN},
    {"SyncBatchNormalization", batch_normalization, GC_PLAIN},
    {"ZeroPadding2D", zero_padding2d, GC_PLAIN},
};

/* Functions of keras.ops that became layers because they were called on a layer's output. */
static const struct gc_lowering functions[] = {
    {"Add", add, GC_MERGE},
    {"Relu", relu, GC_PLAIN},
};

const struct gc_lowering *gc_lowering_find(const char *type, bool is_function) {
    const struct gc_lowering *table = is_function ? functions : layers;
    const int32_t count = is_function ? ENTRIES(functions) : ENTRIES(layers);
    for (int32_t i = 0; i < count; i++)
        if (strcmp(table[i].type, type) == 0)
            return &table[i];
    return NULL;
}
