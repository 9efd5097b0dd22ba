/* Layers of sequences and tokens. Most become operators for pictures of one column. */
#include "keras/sequence.h"

#include <math.h>
#include <string.h>

#include "keras/activation.h"

static const char *const kernel_and_bias[GC_MAX_WEIGHTS] = {"kernel", "bias"};

/* ---- Shapes ---- */

static gc_status reshape(struct gc_build *build, const gc_shape *shape) {
    const struct gc_reshape_params p = {.shape = *shape};
    return GC_BUILD_OP(build, &gc_op_reshape, p, NULL);
}

/* The shape of an input of the next operator. Rank 0 while the inputs are unknown. */
static gc_shape shape_of(const struct gc_build *build, int32_t input) {
    return build->unknown ? (gc_shape){.rank = 0}
                          : build->graph->values[build->inputs[input]].shape;
}

/* Fails unless an input has `rank` axes. */
static gc_status check_rank(const struct gc_build *build, int32_t input, int32_t rank) {
    const gc_shape shape = shape_of(build, input);
    char text[GC_SHAPE_TEXT];
    if (build->unknown || shape.rank == rank)
        return GC_OK;
    return gc_fail(GC_INVALID_MODEL, "an input has the shape %s without the batch, not %d axes",
                   gc_shape_text(text, &shape), (int)rank);
}

/* Appends the view of [steps][channels] as a picture [steps][1][channels]. */
static gc_status to_column(struct gc_build *build) {
    GC_TRY(check_rank(build, 0, 2));
    return reshape(build, &(gc_shape){3, {-1, 1, shape_of(build, 0).dims[1]}});
}

static gc_status from_column(struct gc_build *build) {
    return reshape(build, &(gc_shape){2, {-1, shape_of(build, 0).dims[2]}});
}

static gc_status repeat_vector(struct gc_build *build) {
    struct gc_upsampling_params p = {.factor_w = 1};
    GC_TRY(gc_field_int(&build->fields, "n", 1, GC_REQUIRED, &p.factor_h));
    GC_TRY(check_rank(build, 0, 1));
    GC_TRY(reshape(build, &(gc_shape){3, {1, 1, shape_of(build, 0).dims[0]}}));
    GC_TRY(GC_BUILD_OP(build, &gc_op_upsampling, p, NULL));
    return from_column(build);
}

static gc_status up_sampling1d(struct gc_build *build) {
    struct gc_upsampling_params p = {.factor_w = 1};
    GC_TRY(gc_field_int(&build->fields, "size", 1, 2, &p.factor_h));
    GC_TRY(to_column(build));
    GC_TRY(GC_BUILD_OP(build, &gc_op_upsampling, p, NULL));
    return from_column(build);
}

/* Reads one number for both ends, or two. */
static gc_status read_ends(const struct gc_fields *f, const char *key, struct gc_padding *ends) {
    return gc_field_pair(f, key, 0, 1, &ends->top, &ends->bottom);
}

static gc_status zero_padding1d(struct gc_build *build) {
    struct gc_zero_padding_params p = {0};
    GC_TRY(read_ends(&build->fields, "padding", &p.padding));
    GC_TRY(to_column(build));
    GC_TRY(GC_BUILD_OP(build, &gc_op_zero_padding, p, NULL));
    return from_column(build);
}

static gc_status cropping1d(struct gc_build *build) {
    struct gc_cropping_params p = {0};
    GC_TRY(read_ends(&build->fields, "cropping", &p.cropping));
    GC_TRY(to_column(build));
    GC_TRY(GC_BUILD_OP(build, &gc_op_cropping, p, NULL));
    return from_column(build);
}

/* ---- Convolutions ---- */

/* Reads an integer from 1 on, or a list with one. */
static gc_status read_size(const struct gc_fields *f, const char *key, int32_t fallback,
                           int32_t *size) {
    GC_TRY(gc_field_axis(f, key, fallback, size));
    return *size >= 1 ? GC_OK : gc_field_wrong(f, key, "an integer from 1 on");
}

/* Appends the zeros of the padding "causal", which all lie before the first step. */
static gc_status pad_causally(struct gc_build *build, const struct gc_window_params *w) {
    const int64_t before = (int64_t)(w->kernel_h - 1) * w->dilation_h;
    if (before > INT32_MAX)
        return gc_fail(GC_TOO_LARGE, "a window over %lld steps", (long long)before + 1);
    const struct gc_zero_padding_params p = {{.top = (int32_t)before}};
    return GC_BUILD_OP(build, &gc_op_zero_padding, p, NULL);
}

/* Reads the windows and turns the input into a picture of one column, padded if it must be. */
static gc_status start_convolution(struct gc_build *build, struct gc_window_params *w) {
    const struct gc_fields *f = &build->fields;
    const char *padding;
    *w = (struct gc_window_params){.kernel_w = 1, .stride_w = 1, .dilation_w = 1};
    GC_TRY(read_size(f, "kernel_size", GC_REQUIRED, &w->kernel_h));
    GC_TRY(read_size(f, "strides", 1, &w->stride_h));
    GC_TRY(read_size(f, "dilation_rate", 1, &w->dilation_h));
    GC_TRY(gc_field_text(f, "padding", "valid", &padding));
    GC_TRY(to_column(build));
    return strcmp(padding, "causal") == 0 ? pad_causally(build, w) : gc_field_same(f, &w->same);
}

static gc_status end_convolution(struct gc_build *build) {
    GC_TRY(from_column(build));
    return gc_build_activation(build, "activation");
}

static gc_status conv1d(struct gc_build *build) {
    const struct gc_fields *f = &build->fields;
    struct gc_conv2d_params p = {0};
    GC_TRY(gc_field_int(f, "filters", 1, GC_REQUIRED, &p.filters));
    GC_TRY(gc_field_int(f, "groups", 1, 1, &p.groups));
    GC_TRY(gc_field_bool(f, "use_bias", true, &p.bias));
    GC_TRY(start_convolution(build, &p.windows));
    GC_TRY(GC_BUILD_OP(build, &gc_op_conv2d, p, kernel_and_bias));
    return end_convolution(build);
}

static gc_status depthwise_conv1d(struct gc_build *build) {
    const struct gc_fields *f = &build->fields;
    struct gc_depthwise_params p = {0};
    GC_TRY(gc_field_int(f, "depth_multiplier", 1, 1, &p.multiplier));
    GC_TRY(gc_field_bool(f, "use_bias", true, &p.bias));
    GC_TRY(start_convolution(build, &p.windows));
    GC_TRY(GC_BUILD_OP(build, &gc_op_depthwise, p, kernel_and_bias));
    return end_convolution(build);
}

static gc_status separable_conv1d(struct gc_build *build) {
    static const char *const depthwise_arrays[GC_MAX_WEIGHTS] = {"depthwise_kernel"};
    static const char *const pointwise_arrays[GC_MAX_WEIGHTS] = {"pointwise_kernel", "bias"};
    const struct gc_fields *f = &build->fields;
    struct gc_depthwise_params depthwise = {0};
    struct gc_conv2d_params pointwise = {.groups = 1, .windows = {1, 1, 1, 1, 1, 1, false}};
    GC_TRY(gc_field_int(f, "depth_multiplier", 1, 1, &depthwise.multiplier));
    GC_TRY(gc_field_int(f, "filters", 1, GC_REQUIRED, &pointwise.filters));
    GC_TRY(gc_field_bool(f, "use_bias", true, &pointwise.bias));
    GC_TRY(start_convolution(build, &depthwise.windows));
    GC_TRY(GC_BUILD_OP(build, &gc_op_depthwise, depthwise, depthwise_arrays));
    GC_TRY(GC_BUILD_OP(build, &gc_op_conv2d, pointwise, pointwise_arrays));
    return end_convolution(build);
}

/* ---- Pooling ---- */

static gc_status global_pool(struct gc_build *build, const struct gc_op *op) {
    struct gc_global_pooling_params p;
    GC_TRY(gc_field_bool(&build->fields, "keepdims", false, &p.keepdims));
    GC_TRY(to_column(build));
    GC_TRY(GC_BUILD_OP(build, op, p, NULL));
    return p.keepdims ? from_column(build) : GC_OK;
}

static gc_status global_average_pooling1d(struct gc_build *build) {
    return global_pool(build, &gc_op_global_average);
}

static gc_status global_max_pooling1d(struct gc_build *build) {
    return global_pool(build, &gc_op_global_max);
}

static gc_status pool(struct gc_build *build, const struct gc_op *op) {
    const struct gc_fields *f = &build->fields;
    struct gc_pooling_params p = {{.kernel_w = 1, .stride_w = 1, .dilation_h = 1, .dilation_w = 1}};
    GC_TRY(read_size(f, "pool_size", 2, &p.windows.kernel_h));
    GC_TRY(read_size(f, "strides", p.windows.kernel_h, &p.windows.stride_h));
    GC_TRY(gc_field_same(f, &p.windows.same));
    GC_TRY(to_column(build));
    GC_TRY(GC_BUILD_OP(build, op, p, NULL));
    return from_column(build);
}

static gc_status max_pooling1d(struct gc_build *build) { return pool(build, &gc_op_max_pooling); }

static gc_status average_pooling1d(struct gc_build *build) {
    return pool(build, &gc_op_average_pooling);
}

/* ---- Products of two inputs ---- */

static gc_status dot(struct gc_build *build) {
    const struct gc_fields *f = &build->fields;
    struct gc_dot_params p = {.batch = 0};
    int32_t axes[2] = {-1, -1}, count = 0;
    bool normalize;
    if (yyjson_is_arr(gc_field(f, "axes")))
        GC_TRY(gc_field_ints(f, "axes", 2, axes, &count));
    else
        GC_TRY(gc_field_axis(f, "axes", GC_REQUIRED, &axes[0]));
    if (count < 2)
        axes[1] = axes[0];
    GC_TRY(gc_field_bool(f, "normalize", false, &normalize));
    if (build->input_count != 2)
        return gc_fail(GC_INVALID_MODEL, "it takes two inputs and is given %d",
                       (int)build->input_count);
    int32_t inputs[2] = {build->inputs[0], build->inputs[1]};
    for (int32_t i = 0; i < 2; i++) {
        gc_build_inputs(build, &inputs[i], 1);
        GC_TRY(gc_build_axis(build, axes[i], &p.axis[i]));
        struct gc_layer_norm_params unit = {.epsilon = 1e-7, .kind = GC_NORM_UNIT};
        unit.axes[p.axis[i]] = true;
        if (normalize)
            GC_TRY(GC_BUILD_OP(build, &gc_op_layer_norm, unit, NULL));
        if (normalize && !build->unknown)
            inputs[i] = build->value;
    }
    gc_build_inputs(build, inputs, 2);
    return GC_BUILD_OP(build, &gc_op_dot, p, NULL);
}

/* ---- EinsumDense ---- */

/* "abc,cde->abde" or "...c,cde->...de": the last `contracted` axes of the input, the first ones of
 * the kernel, become the last `made` axes of the output. */
struct equation {
    int32_t contracted, made;
    const char *made_letters;
};

/* Reads an equation of this kind. False for any other. */
static bool read_equation(const char *text, struct equation *e) {
    const char *comma = strchr(text, ','), *arrow = strstr(text, "->");
    if (comma == NULL || arrow == NULL || arrow < comma || strchr(text, ' ') != NULL)
        return false;
    const char *kernel = comma + 1, *out = arrow + 2;
    const int32_t in_length = (int32_t)(comma - text), kernel_length = (int32_t)(arrow - kernel);
    e->contracted = 0;
    while (e->contracted < kernel_length && strchr(out, kernel[e->contracted]) == NULL)
        e->contracted++;
    e->made = kernel_length - e->contracted;
    e->made_letters = kernel + e->contracted;
    const int32_t kept = in_length - e->contracted;
    return e->contracted > 0 && e->made > 0 && kept > 0 && (int32_t)strlen(out) == kept + e->made &&
           strncmp(text + kept, kernel, (size_t)e->contracted) == 0 &&
           strncmp(out, text, (size_t)kept) == 0 &&
           strncmp(out + kept, e->made_letters, (size_t)e->made) == 0;
}

/* Reads the sizes of the axes that the layer makes, the last ones of output_shape. */
static gc_status read_made(const struct gc_fields *f, const struct equation *e, gc_shape *made) {
    int32_t sizes[GC_MAX_RANK] = {0}, count = 1;
    if (yyjson_is_int(gc_field(f, "output_shape"))) {
        GC_TRY(gc_field_int(f, "output_shape", 1, GC_REQUIRED, &sizes[0]));
    } else {
        yyjson_val *list = gc_field(f, "output_shape");
        count = (int32_t)yyjson_arr_size(list);
        for (int32_t i = 0; i < count && i < GC_MAX_RANK; i++) /* an open axis is null */
            sizes[i] = (int32_t)yyjson_get_int(yyjson_arr_get(list, (size_t)i));
    }
    if (count > GC_MAX_RANK || count < e->made)
        return gc_field_wrong(f, "output_shape", "the sizes of the output's axes");
    made->rank = e->made;
    for (int32_t i = 0; i < e->made; i++) {
        made->dims[i] = sizes[count - e->made + i];
        if (made->dims[i] < 1)
            return gc_field_wrong(f, "output_shape", "sizes from 1 on");
    }
    return GC_OK;
}

/* Appends a reshape of `in` that keeps all axes but the last `contracted`, which become `made`. */
static gc_status replace_last(struct gc_build *build, const gc_shape *in, int32_t contracted,
                              const gc_shape *made) {
    gc_shape shape = *in;
    shape.rank -= contracted;
    if (shape.rank == 1)
        shape.dims[0] = -1; /* the one axis may be open */
    for (int32_t i = 0; i < made->rank && shape.rank < GC_MAX_RANK; i++)
        shape.dims[shape.rank++] = made->dims[i];
    return reshape(build, &shape);
}

static gc_status einsum_dense(struct gc_build *build) {
    const struct gc_fields *f = &build->fields;
    const char *equation, *bias_axes;
    struct equation e;
    struct gc_shaped_dense_params p = {.dense = {0, false}};
    GC_TRY(gc_field_text(f, "equation", "", &equation));
    GC_TRY(gc_field_text(f, "bias_axes", NULL, &bias_axes));
    if (!read_equation(equation, &e))
        return gc_build_lacks(build, "equation '%.60s'", equation);
    p.dense.bias = bias_axes != NULL;
    if (bias_axes != NULL && (strlen(bias_axes) != (size_t)e.made ||
                              strncmp(bias_axes, e.made_letters, (size_t)e.made) != 0))
        return gc_build_lacks(build, "bias_axes '%.60s'", bias_axes);
    GC_TRY(read_made(f, &e, &p.biases));
    const gc_shape in = shape_of(build, 0);
    if (build->unknown)
        return GC_OK;
    if (in.rank < e.contracted || in.rank - e.contracted + e.made > GC_MAX_RANK ||
        e.contracted + e.made > GC_MAX_RANK)
        return gc_fail(GC_INVALID_MODEL, "equation '%.60s' does not fit %d axes", equation,
                       (int)in.rank);
    p.kernel = (gc_shape){.rank = e.contracted + e.made};
    gc_shape contracted = {.rank = e.contracted};
    memcpy(contracted.dims, &in.dims[in.rank - e.contracted],
           sizeof in.dims[0] * (size_t)e.contracted);
    memcpy(p.kernel.dims, contracted.dims, sizeof in.dims[0] * (size_t)e.contracted);
    memcpy(&p.kernel.dims[e.contracted], p.biases.dims, sizeof in.dims[0] * (size_t)e.made);
    const gc_shape rows = {1, {(int32_t)gc_shape_count(&contracted)}};
    p.dense.units = (int32_t)gc_shape_count(&p.biases);
    if (e.contracted > 1)
        GC_TRY(replace_last(build, &in, e.contracted, &rows));
    GC_TRY(GC_BUILD_OP(build, &gc_op_shaped_dense, p, kernel_and_bias));
    if (e.made > 1)
        GC_TRY(replace_last(build, &in, e.contracted, &p.biases));
    return gc_build_activation(build, "activation");
}

/* ---- Attention ---- */

/* The inputs, in the order of Keras' arguments. */
enum role { QUERY, VALUE, KEY, ROLES };

/* The keyword arguments of the call. NULL if there are none. */
static yyjson_val *arguments_of(const struct gc_build *build) {
    yyjson_val *node = build->call->node;
    if (yyjson_is_obj(node))
        return yyjson_obj_get(node, "kwargs");
    yyjson_val *first = yyjson_arr_get_first(node);
    return yyjson_arr_size(first) == 4 ? yyjson_arr_get(first, 3) : NULL;
}

/* Notes arguments of a call that change what attention gives. */
static gc_status check_arguments(struct gc_build *build) {
    static const char *const unsupported[] = {
        "attention_mask",         "query_mask", "value_mask", "key_mask", "mask", "use_causal_mask",
        "return_attention_scores"};
    yyjson_val *arguments = arguments_of(build);
    for (size_t i = 0; i < sizeof unsupported / sizeof *unsupported; i++) {
        yyjson_val *given = yyjson_obj_get(arguments, unsupported[i]);
        if (given != NULL && !yyjson_is_null(given) && !yyjson_is_false(given))
            return gc_build_lacks(build, "%s", unsupported[i]);
    }
    if (build->input_count > ROLES)
        return gc_build_lacks(build, "%d inputs", (int)build->input_count);
    for (int32_t i = 0; i < build->input_count && !build->unknown; i++)
        if (shape_of(build, i).rank != 2)
            return gc_build_lacks(build, "an input of %d axes", (int)shape_of(build, i).rank);
    return GC_OK;
}

/* Finds the query, value and key among the inputs. Those by position come first. The others stand
 * in the order of the keyword arguments. The value is the key too, unless there is one. */
static gc_status find_roles(const struct gc_build *build, int32_t *inputs) {
    static const char *const names[ROLES] = {"query", "value", "key"};
    int32_t named[ROLES], count = 0;
    yyjson_val *key, *given;
    yyjson_obj_iter arguments = yyjson_obj_iter_with(arguments_of(build));
    while ((key = yyjson_obj_iter_next(&arguments)) != NULL) {
        given = yyjson_obj_iter_get_val(key);
        for (int32_t role = 0; role < ROLES && count < ROLES; role++)
            if (yyjson_equals_str(key, names[role]) && yyjson_is_ctn(given))
                named[count++] = role;
    }
    for (int32_t role = 0; role < ROLES; role++)
        inputs[role] = GC_NONE;
    const int32_t by_position = build->input_count - count;
    for (int32_t i = 0; i < build->input_count; i++)
        inputs[i < by_position ? i : named[i - by_position]] = build->inputs[i];
    if (by_position < 0 || inputs[QUERY] == GC_NONE || inputs[VALUE] == GC_NONE)
        return gc_fail(GC_INVALID_MODEL, "it takes a query and a value");
    if (inputs[KEY] == GC_NONE)
        inputs[KEY] = inputs[VALUE];
    return GC_OK;
}

/* Appends softmax(query . key) . value.
 *   query [batch][tokens][n]      key [batch][others][n]      value [batch][others][m]
 *   out   [batch][tokens][m]      with or without the axis `batch` */
static gc_status attend(struct gc_build *build, int32_t query, int32_t key, int32_t value,
                        int32_t batch) {
    const struct gc_dot_params scores = {batch, {batch + 1, batch + 1}};
    const struct gc_dot_params mean = {batch, {batch + 1, batch}};
    const struct gc_softmax_params softmax = {batch + 1};
    gc_build_inputs(build, (const int32_t[]){query, key}, 2);
    GC_TRY(GC_BUILD_OP(build, &gc_op_dot, scores, NULL));
    GC_TRY(GC_BUILD_OP(build, &gc_op_softmax, softmax, NULL));
    gc_build_inputs(build, (const int32_t[]){build->value, value}, 2);
    return GC_BUILD_OP(build, &gc_op_dot, mean, NULL);
}

static gc_status attention(struct gc_build *build) {
    const struct gc_fields *f = &build->fields;
    const char *mode;
    bool use_scale;
    GC_TRY(gc_field_bool(f, "use_scale", false, &use_scale));
    GC_TRY(gc_field_text(f, "score_mode", "dot", &mode));
    if (use_scale)
        return gc_build_lacks(build, "use_scale");
    if (strcmp(mode, "dot") != 0)
        return gc_build_lacks(build, "score_mode '%.60s'", mode);
    GC_TRY(check_arguments(build));
    if (build->unknown)
        return GC_OK;
    int32_t given[ROLES];
    GC_TRY(find_roles(build, given));
    return attend(build, given[QUERY], given[KEY], given[VALUE], 0);
}

struct heads {
    int32_t count, key_size, value_size;
    bool bias;
};

/* Appends the projection of one input, [tokens][channels] to [heads][tokens][size]. */
static gc_status project(struct gc_build *build, int32_t input, const struct heads *heads,
                         int32_t size, int32_t *output) {
    gc_build_inputs(build, &input, 1);
    const struct gc_shaped_dense_params p = {{heads->count * size, heads->bias},
                                             {3, {shape_of(build, 0).dims[1], heads->count, size}},
                                             {2, {heads->count, size}}};
    const struct gc_permute_params heads_first = {{1, 0, 2}};
    GC_TRY(GC_BUILD_OP(build, &gc_op_shaped_dense, p, kernel_and_bias));
    GC_TRY(reshape(build, &(gc_shape){3, {-1, heads->count, size}}));
    GC_TRY(GC_BUILD_OP(build, &gc_op_permute, heads_first, NULL));
    *output = build->value;
    return GC_OK;
}

/* Appends the end of the layer, [heads][tokens][size] to [tokens][channels]. */
static gc_status project_back(struct gc_build *build, const struct heads *heads, int32_t channels) {
    const int32_t size = heads->value_size;
    const struct gc_permute_params tokens_first = {{1, 0, 2}};
    const struct gc_shaped_dense_params p = {
        {channels, heads->bias}, {3, {heads->count, size, channels}}, {1, {channels}}};
    GC_TRY(GC_BUILD_OP(build, &gc_op_permute, tokens_first, NULL));
    GC_TRY(reshape(build, &(gc_shape){2, {-1, heads->count * size}}));
    gc_build_part(build, "/attention_output", "/output_dense");
    return GC_BUILD_OP(build, &gc_op_shaped_dense, p, kernel_and_bias);
}

static gc_status read_heads(struct gc_build *build, struct heads *heads) {
    const struct gc_fields *f = &build->fields;
    static const char *const unsupported[] = {"output_shape", "sliding_window"};
    bool gate;
    GC_TRY(gc_field_int(f, "num_heads", 1, GC_REQUIRED, &heads->count));
    GC_TRY(gc_field_int(f, "key_dim", 1, GC_REQUIRED, &heads->key_size));
    GC_TRY(gc_field_int(f, "value_dim", 1, heads->key_size, &heads->value_size));
    GC_TRY(gc_field_bool(f, "use_bias", true, &heads->bias));
    GC_TRY(gc_field_bool(f, "use_gate", false, &gate));
    if (gate)
        return gc_build_lacks(build, "use_gate");
    for (size_t i = 0; i < sizeof unsupported / sizeof *unsupported; i++)
        if (gc_field(f, unsupported[i]) != NULL)
            return gc_build_lacks(build, "%s", unsupported[i]);
    yyjson_val *axes = gc_field(f, "attention_axes");
    if (yyjson_is_arr(axes) &&
        (yyjson_arr_size(axes) != 1 || yyjson_get_int(yyjson_arr_get_first(axes)) != 1))
        return gc_build_lacks(build, "attention_axes other than the tokens");
    if (heads->count > 65536 || heads->key_size > 65536 / heads->count * 16 ||
        heads->value_size > 65536 / heads->count * 16)
        return gc_fail(GC_TOO_LARGE, "its %d heads are too large", (int)heads->count);
    return GC_OK;
}

static gc_status multi_head_attention(struct gc_build *build) {
    struct heads heads;
    int32_t query, key, value;
    GC_TRY(read_heads(build, &heads));
    GC_TRY(check_arguments(build));
    if (build->unknown)
        return GC_OK;
    int32_t given[ROLES];
    GC_TRY(find_roles(build, given));
    const int32_t channels = build->graph->values[given[QUERY]].shape.dims[1];
    const struct gc_rescaling_params scale = {1, {1 / sqrt(heads.key_size)}, {0}};
    gc_build_part(build, "/query", "/query_dense");
    GC_TRY(project(build, given[QUERY], &heads, heads.key_size, &query));
    GC_TRY(GC_BUILD_OP(build, &gc_op_rescaling, scale, NULL));
    query = build->value;
    gc_build_part(build, "/key", "/key_dense");
    GC_TRY(project(build, given[KEY], &heads, heads.key_size, &key));
    gc_build_part(build, "/value", "/value_dense");
    GC_TRY(project(build, given[VALUE], &heads, heads.value_size, &value));
    GC_TRY(attend(build, query, key, value, 1));
    return project_back(build, &heads, channels);
}

const struct gc_lowering gc_sequence_layers[] = {
    {"Attention", attention, GC_MERGE},
    {"AveragePooling1D", average_pooling1d, GC_PLAIN},
    {"Conv1D", conv1d, GC_PLAIN},
    {"Convolution1D", conv1d, GC_PLAIN},
    {"Cropping1D", cropping1d, GC_PLAIN},
    {"DepthwiseConv1D", depthwise_conv1d, GC_PLAIN},
    {"Dot", dot, GC_MERGE},
    {"EinsumDense", einsum_dense, GC_PLAIN},
    {"GlobalAveragePooling1D", global_average_pooling1d, GC_PLAIN},
    {"GlobalMaxPooling1D", global_max_pooling1d, GC_PLAIN},
    {"MaxPooling1D", max_pooling1d, GC_PLAIN},
    {"MultiHeadAttention", multi_head_attention, GC_MERGE},
    {"RepeatVector", repeat_vector, GC_PLAIN},
    {"SeparableConv1D", separable_conv1d, GC_PLAIN},
    {"SeparableConvolution1D", separable_conv1d, GC_PLAIN},
    {"UpSampling1D", up_sampling1d, GC_PLAIN},
    {"ZeroPadding1D", zero_padding1d, GC_PLAIN},
    {NULL, NULL, GC_PLAIN},
};
