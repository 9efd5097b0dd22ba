/* Layers of sequences and tokens. Most become operators for pictures of one column. */
#include "keras/sequence.h"

#include <math.h>

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

static gc_status repeat_vector(struct gc_build *build) {
    struct gc_upsampling_params p = {.factor_w = 1};
    GC_TRY(gc_field_int(&build->fields, "n", 1, GC_REQUIRED, &p.factor_h));
    GC_TRY(check_rank(build, 0, 1));
    const int32_t channels = shape_of(build, 0).dims[0];
    GC_TRY(reshape(build, &(gc_shape){3, {1, 1, channels}}));
    GC_TRY(GC_BUILD_OP(build, &gc_op_upsampling, p, NULL));
    return reshape(build, &(gc_shape){2, {p.factor_h, channels}});
}

/* ---- Pooling ---- */

static gc_status global_pool(struct gc_build *build, const struct gc_op *op) {
    const struct gc_global_pooling_params p = {false};
    bool keepdims;
    GC_TRY(gc_field_bool(&build->fields, "keepdims", false, &keepdims));
    GC_TRY(check_rank(build, 0, 2));
    const int32_t channels = shape_of(build, 0).dims[1];
    GC_TRY(reshape(build, &(gc_shape){3, {-1, 1, channels}}));
    GC_TRY(GC_BUILD_OP(build, op, p, NULL));
    return keepdims ? reshape(build, &(gc_shape){2, {1, channels}}) : GC_OK;
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
    GC_TRY(gc_field_axis(f, "pool_size", 2, &p.windows.kernel_h));
    GC_TRY(gc_field_axis(f, "strides", p.windows.kernel_h, &p.windows.stride_h));
    GC_TRY(gc_field_same(f, &p.windows.same));
    if (p.windows.kernel_h < 1)
        return gc_field_wrong(f, "pool_size", "an integer from 1 on");
    if (p.windows.stride_h < 1)
        return gc_field_wrong(f, "strides", "an integer from 1 on");
    GC_TRY(check_rank(build, 0, 2));
    const int32_t channels = shape_of(build, 0).dims[1];
    GC_TRY(reshape(build, &(gc_shape){3, {-1, 1, channels}}));
    GC_TRY(GC_BUILD_OP(build, op, p, NULL));
    return reshape(build, &(gc_shape){2, {-1, channels}});
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
    if (normalize)
        return gc_build_lacks(build, "normalize");
    if (build->input_count != 2)
        return gc_fail(GC_INVALID_MODEL, "it takes two inputs and is given %d",
                       (int)build->input_count);
    const int32_t *inputs = build->inputs;
    for (int32_t i = 0; i < 2; i++) {
        gc_build_inputs(build, &inputs[i], 1);
        GC_TRY(gc_build_axis(build, axes[i], &p.axis[i]));
    }
    gc_build_inputs(build, inputs, 2);
    return GC_BUILD_OP(build, &gc_op_dot, p, NULL);
}

/* ---- Attention ---- */

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
    if (build->input_count > 3)
        return gc_build_lacks(build, "%d inputs", (int)build->input_count);
    if (build->input_count < 2)
        return gc_fail(GC_INVALID_MODEL, "it takes a query and a value and is given one input");
    for (int32_t i = 0; i < build->input_count; i++)
        GC_TRY(check_rank(build, i, build->unknown ? 0 : 2));
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
    if (mode[0] != 'd')
        return gc_build_lacks(build, "score_mode '%.60s'", mode);
    GC_TRY(check_arguments(build));
    if (build->unknown)
        return GC_OK;
    const int32_t key = build->inputs[build->input_count == 3 ? 2 : 1];
    return attend(build, build->inputs[0], key, build->inputs[1], 0);
}

struct heads {
    int32_t count, key_size, value_size;
    bool bias;
};

static const char *const kernel_and_bias[GC_MAX_WEIGHTS] = {"kernel", "bias"};

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
    const int32_t channels = shape_of(build, 0).dims[1];
    const int32_t given[] = {build->inputs[0], build->inputs[1],
                             build->inputs[build->input_count - 1]};
    const struct gc_rescaling_params scale = {1, {1 / sqrt(heads.key_size)}, {0}};
    gc_build_part(build, "/query", "/query_dense");
    GC_TRY(project(build, given[0], &heads, heads.key_size, &query));
    GC_TRY(GC_BUILD_OP(build, &gc_op_rescaling, scale, NULL));
    query = build->value;
    gc_build_part(build, "/key", "/key_dense");
    GC_TRY(project(build, given[2], &heads, heads.key_size, &key));
    gc_build_part(build, "/value", "/value_dense");
    GC_TRY(project(build, given[1], &heads, heads.value_size, &value));
    GC_TRY(attend(build, query, key, value, 1));
    return project_back(build, &heads, channels);
}

const struct gc_lowering gc_sequence_layers[] = {
    {"Attention", attention, GC_MERGE},
    {"AveragePooling1D", average_pooling1d, GC_PLAIN},
    {"Dot", dot, GC_MERGE},
    {"GlobalAveragePooling1D", global_average_pooling1d, GC_PLAIN},
    {"GlobalMaxPooling1D", global_max_pooling1d, GC_PLAIN},
    {"MaxPooling1D", max_pooling1d, GC_PLAIN},
    {"MultiHeadAttention", multi_head_attention, GC_MERGE},
    {"RepeatVector", repeat_vector, GC_PLAIN},
    {NULL, NULL, GC_PLAIN},
};
