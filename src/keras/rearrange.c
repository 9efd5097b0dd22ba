/* Functions that move values or change their shape. */
#include "keras/rearrange.h"

#include <string.h>

#include "graph/shapes.h"
#include "keras/constant.h"
#include "keras/layers.h"

/* ---- Paddings and repetitions ---- */

/* Reads [[before, after], ...] with the batch, or one pair or one number for all axes. False if it
 * is none of these, or pads the batch. */
static bool read_widths(yyjson_val *value, int32_t rank, struct gc_pad_params *p) {
    const size_t size = yyjson_arr_size(value);
    int32_t before, after;
    if (size != (size_t)rank + 1 || !gc_json_pair(yyjson_arr_get(value, 0), &before, &after) ||
        before != 0 || after != 0)
        return false;
    for (int32_t axis = 0; axis < rank; axis++)
        if (!gc_json_pair(yyjson_arr_get(value, (size_t)axis + 1), &p->before[axis],
                          &p->after[axis]))
            return false;
    return true;
}

static bool read_pad_mode(const char *name, enum gc_pad_mode *mode) {
    static const struct {
        const char *keras, *tensorflow;
        enum gc_pad_mode mode;
    } modes[] = {{"constant", "CONSTANT", GC_PAD_CONSTANT},
                 {"edge", "EDGE", GC_PAD_EDGE},
                 {"reflect", "REFLECT", GC_PAD_REFLECT},
                 {"symmetric", "SYMMETRIC", GC_PAD_SYMMETRIC}};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (strcmp(name, modes[i].keras) == 0 || strcmp(name, modes[i].tensorflow) == 0) {
            *mode = modes[i].mode;
            return true;
        }
    return false;
}

/* Appends a padding. Zeros around rows and columns have an operator of their own, which fusion
 * takes into a convolution. */
static gc_status pad_by(struct gc_build *build, yyjson_val *widths, yyjson_val *value) {
    struct gc_pad_params p = {.value = 0};
    const char *mode;
    GC_TRY(gc_field_text(&build->fields, "mode", "constant", &mode));
    if (build->unknown)
        return GC_OK;
    if (!read_pad_mode(mode, &p.mode))
        return gc_build_lacks(build, "mode '%.32s'", mode);
    if (!read_widths(widths, gc_shape_of_input(build)->rank, &p))
        return gc_build_lacks(build, "paddings that are not two numbers for each axis behind the "
                                     "batch");
    if (value != NULL && !yyjson_is_null(value) && !yyjson_is_num(value))
        return gc_build_lacks(build, "a padding that is not one number");
    p.value = yyjson_get_num(value);
    const struct gc_zero_padding_params zeros = {
        {p.before[0], p.after[0], p.before[1], p.after[1]}};
    const bool is_of_picture =
        gc_shape_of_input(build)->rank == 3 && p.before[2] == 0 && p.after[2] == 0;
    if (p.mode == GC_PAD_CONSTANT && p.value == 0 && is_of_picture)
        return GC_BUILD_OP(build, &gc_op_zero_padding, zeros, NULL);
    return GC_BUILD_OP(build, &gc_op_pad, p, NULL);
}

static gc_status pad(struct gc_build *build) {
    yyjson_val *node = build->call->node, *second = yyjson_arr_get(yyjson_obj_get(node, "args"), 1);
    yyjson_val *named = yyjson_obj_get(yyjson_obj_get(node, "kwargs"), "constant_values");
    return pad_by(build, gc_field(&build->fields, "pad_width"), second == NULL ? named : second);
}

static gc_status tensorflow_pad(struct gc_build *build) {
    return pad_by(build, gc_field(&build->fields, "paddings"),
                  gc_field(&build->fields, "constant_values"));
}

static gc_status repeat(struct gc_build *build) {
    struct gc_repeat_params p;
    int32_t axis, count;
    if (yyjson_is_arr(gc_field(&build->fields, "repeats")))
        return gc_build_lacks(build, "a list of repeats");
    GC_TRY(gc_field_int(&build->fields, "repeats", 1, GC_REQUIRED, &count));
    if (gc_field(&build->fields, "axis") == NULL)
        return gc_build_lacks_batch(build);
    GC_TRY(gc_field_axis(&build->fields, "axis", GC_REQUIRED, &axis));
    GC_TRY(gc_build_axis(build, axis, &axis));
    for (int32_t i = 0; i < GC_MAX_RANK; i++)
        p.count[i] = i == axis ? count : 1;
    return GC_BUILD_OP(build, &gc_op_repeat, p, NULL);
}

/* The last number is of the last axis. Axes in front of the first number are not repeated. */
static gc_status tile_by(struct gc_build *build, const char *key) {
    struct gc_repeat_params p;
    int32_t list[GC_MAX_AXES], count;
    GC_TRY(gc_field_ints(&build->fields, key, GC_MAX_AXES, list, &count));
    if (build->unknown)
        return GC_OK;
    const int32_t rank = gc_shape_of_input(build)->rank;
    if (count == 0 || count > rank + 1 || (count == rank + 1 && list[0] != 1))
        return gc_build_lacks_batch(build);
    for (int32_t axis = 0; axis < rank; axis++) {
        const int32_t place = axis + count - rank;
        p.count[axis] = place < 0 ? 1 : list[place];
    }
    return GC_BUILD_OP(build, &gc_op_tile, p, NULL);
}

static gc_status tile(struct gc_build *build) { return tile_by(build, "repeats"); }
static gc_status tensorflow_tile(struct gc_build *build) { return tile_by(build, "multiples"); }

/* Repeats axes of size 1 until they have the sizes of the field `shape`, which counts the batch. */
static gc_status broadcast_to(struct gc_build *build) {
    yyjson_val *list = gc_field(&build->fields, "shape"), *batch = yyjson_arr_get_first(list);
    struct gc_repeat_params p;
    if (build->unknown)
        return GC_OK;
    const gc_shape *in = gc_shape_of_input(build);
    const bool keeps_batch =
        yyjson_is_null(batch) ||
        (yyjson_is_int(batch) && (yyjson_get_sint(batch) == 1 || yyjson_get_sint(batch) == -1));
    if (yyjson_arr_size(list) != (size_t)in->rank + 1 || !keeps_batch)
        return gc_build_lacks(build, "a shape that does not keep the batch");
    for (int32_t axis = 0; axis < in->rank; axis++) {
        yyjson_val *size = yyjson_arr_get(list, (size_t)axis + 1);
        const int64_t wanted = yyjson_get_sint(size);
        if (!yyjson_is_int(size) || wanted > INT32_MAX ||
            (wanted != in->dims[axis] && (in->dims[axis] != 1 || wanted < 1)))
            return gc_field_wrong(&build->fields, "shape",
                                  "sizes that the input can be repeated to");
        p.count[axis] = in->dims[axis] == 1 ? (int32_t)wanted : 1;
    }
    return GC_BUILD_OP(build, &gc_op_tile, p, NULL);
}

/* Three channels of one. */
static gc_status grayscale_to_rgb(struct gc_build *build) {
    struct gc_repeat_params p = {{1, 1, 3}};
    if (!build->unknown)
        GC_TRY(gc_check_picture(gc_shape_of_input(build), "a change of colours"));
    return GC_BUILD_OP(build, &gc_op_tile, p, NULL);
}

/* ---- Shapes ---- */

/* Reads the new shape with its batch, which stays if the function writes null or -1. With -1 the
 * other sizes must be those of one picture. */
static gc_status reshape_to(struct gc_build *build, const char *key) {
    yyjson_val *list = gc_field(&build->fields, key), *batch = yyjson_arr_get_first(list);
    struct gc_reshape_params p = {0};
    size_t i, size;
    yyjson_val *entry;
    if (build->unknown)
        return GC_OK;
    const bool is_open = yyjson_is_int(batch) && yyjson_get_sint(batch) == -1;
    if (yyjson_arr_size(list) < 1 || yyjson_arr_size(list) > GC_MAX_AXES ||
        (!is_open && !yyjson_is_null(batch)))
        return gc_build_lacks(build, "a shape that does not keep the batch");
    yyjson_arr_foreach(list, i, size, entry) {
        const int64_t number = yyjson_get_sint(entry);
        if (i == 0)
            continue;
        if (!yyjson_is_int(entry) || number > INT32_MAX || number < -1)
            return gc_field_wrong(&build->fields, key, "a list of sizes");
        p.shape.dims[p.shape.rank++] = (int32_t)number;
    }
    if (is_open && gc_shape_count(&p.shape) != gc_shape_count(gc_shape_of_input(build)))
        return gc_build_lacks(build, "a shape that does not keep the batch");
    return GC_BUILD_OP(build, &gc_op_reshape, p, NULL);
}

static gc_status reshape(struct gc_build *build) {
    return reshape_to(build, gc_field(&build->fields, "newshape") != NULL ? "newshape" : "shape");
}

/* Appends axes in the order of `list`, which counts the batch. */
static gc_status order_axes(struct gc_build *build, const int32_t *list, int32_t count) {
    struct gc_permute_params p = {{0}};
    if (count != gc_shape_of_input(build)->rank + 1 || list[0] != 0)
        return gc_build_lacks(build, "axes that move the batch");
    for (int32_t i = 1; i < count; i++)
        p.axes[i - 1] = (list[i] < 0 ? list[i] + count : list[i]) - 1;
    return GC_BUILD_OP(build, &gc_op_permute, p, NULL);
}

static gc_status transpose_by(struct gc_build *build, const char *key) {
    int32_t list[GC_MAX_AXES] = {-1}, count;
    GC_TRY(gc_field_ints(&build->fields, key, GC_MAX_AXES, list, &count));
    return build->unknown ? GC_OK : order_axes(build, list, count);
}

static gc_status transpose(struct gc_build *build) { return transpose_by(build, "axes"); }
static gc_status tensorflow_transpose(struct gc_build *build) {
    return transpose_by(build, "perm");
}

static gc_status swap_axes(struct gc_build *build) {
    int32_t a, b, list[GC_MAX_AXES];
    GC_TRY(gc_field_axis(&build->fields, "axis1", 0, &a));
    GC_TRY(gc_field_axis(&build->fields, "axis2", 0, &b));
    if (a == 0 || b == 0)
        return gc_build_lacks_batch(build);
    GC_TRY(gc_build_axis(build, a, &a));
    GC_TRY(gc_build_axis(build, b, &b));
    if (build->unknown)
        return GC_OK;
    for (int32_t i = 0; i < GC_MAX_AXES; i++)
        list[i] = i == a + 1 ? b + 1 : i == b + 1 ? a + 1 : i;
    return order_axes(build, list, gc_shape_of_input(build)->rank + 1);
}

/* Reads an axis, or a list of them, as axes that count the batch. */
static gc_status read_places(struct gc_build *build, const char *key, int32_t *places,
                             int32_t *count) {
    *count = 1;
    if (yyjson_is_arr(gc_field(&build->fields, key)))
        GC_TRY(gc_field_ints(&build->fields, key, GC_MAX_AXES, places, count));
    else
        GC_TRY(gc_field_axis(&build->fields, key, 0, places));
    for (int32_t i = 0; i < *count; i++) {
        if (places[i] == 0)
            return gc_build_lacks_batch(build);
        GC_TRY(gc_build_axis(build, places[i], &places[i]));
        places[i]++;
    }
    return GC_OK;
}

/* Moves some axes to other places. The other axes keep their order. */
static gc_status move_axes(struct gc_build *build) {
    int32_t from[GC_MAX_AXES], to[GC_MAX_AXES], list[GC_MAX_AXES] = {0}, counts[2], next = 1;
    bool moves[GC_MAX_AXES] = {false};
    GC_TRY(read_places(build, "source", from, &counts[0]));
    GC_TRY(read_places(build, "destination", to, &counts[1]));
    if (build->unknown)
        return GC_OK;
    if (counts[0] != counts[1])
        return gc_field_wrong(&build->fields, "destination", "as many axes as source");
    for (int32_t i = 0; i < counts[0]; i++) {
        if (list[to[i]] != 0 || moves[from[i]])
            return gc_field_wrong(&build->fields, "source", "different axes");
        list[to[i]] = from[i];
        moves[from[i]] = true;
    }
    const int32_t count = gc_shape_of_input(build)->rank + 1;
    for (int32_t i = 1; i < count; i++) {
        if (list[i] != 0)
            continue;
        while (moves[next])
            next++;
        list[i] = next++;
    }
    return order_axes(build, list, count);
}

static gc_status transpose_matrix(struct gc_build *build) {
    int32_t list[GC_MAX_AXES];
    if (build->unknown)
        return GC_OK;
    const int32_t count = gc_shape_of_input(build)->rank + 1;
    if (count < 3)
        return gc_build_lacks_batch(build);
    for (int32_t i = 0; i < count; i++)
        list[i] = i == count - 2 ? count - 1 : i == count - 1 ? count - 2 : i;
    return order_axes(build, list, count);
}

static gc_status expand_dims(struct gc_build *build) {
    struct gc_expand_dims_params p;
    GC_TRY(gc_field_axis(&build->fields, "axis", 0, &p.axis));
    if (build->unknown)
        return GC_OK;
    const int32_t rank = gc_shape_of_input(build)->rank + 2; /* of the output with its batch */
    p.axis = (p.axis < 0 ? p.axis + rank : p.axis) - 1;
    return p.axis < 0 ? gc_build_lacks_batch(build)
                      : GC_BUILD_OP(build, &gc_op_expand_dims, p, NULL);
}

static gc_status squeeze(struct gc_build *build) {
    struct gc_squeeze_params p = {{false}};
    bool has_batch;
    GC_TRY(gc_build_read_axes(build, p.axes, &has_batch));
    return has_batch ? gc_build_lacks_batch(build) : GC_BUILD_OP(build, &gc_op_squeeze, p, NULL);
}

/* Reads one number, two numbers, or four numbers with those of the batch and the channels. */
static gc_status read_window(const struct gc_build *build, const char *key, int32_t *rows,
                             int32_t *columns) {
    yyjson_val *field = gc_field(&build->fields, key);
    int32_t list[4], count;
    if (yyjson_arr_size(field) != 4)
        return gc_field_pair(&build->fields, key, 1, GC_REQUIRED, rows, columns);
    GC_TRY(gc_field_ints(&build->fields, key, 4, list, &count));
    if (list[0] != 1 || list[3] != 1 || list[1] < 1 || list[2] < 1)
        return gc_field_wrong(&build->fields, key, "a window of rows and columns");
    *rows = list[1];
    *columns = list[2];
    return GC_OK;
}

/* Moves blocks of pixels between the picture and its channels. The five axes of the view are
 *   depth to space   [h][w][b][b][c], which become [h][b][w][b][c]
 *   space to depth   [h][b][w][b][c], which become [h][w][b][b][c]
 * with b_h rows and b_w columns of a block. The sizes must be multiples of those of a block. */
static gc_status swap_blocks(struct gc_build *build, const gc_shape *view, const gc_shape *whole) {
    const struct gc_permute_params order = {{0, 2, 1, 3, 4}};
    const struct gc_reshape_params to_view = {*view}, to_whole = {*whole};
    GC_TRY(GC_BUILD_OP(build, &gc_op_reshape, to_view, NULL));
    GC_TRY(GC_BUILD_OP(build, &gc_op_permute, order, NULL));
    return GC_BUILD_OP(build, &gc_op_reshape, to_whole, NULL);
}

static gc_status blocks_to_channels(struct gc_build *build, int32_t b_h, int32_t b_w) {
    const gc_shape *in = gc_shape_of_input(build);
    const int32_t h = in->dims[0] / b_h, w = in->dims[1] / b_w, c = in->dims[2];
    return swap_blocks(build, &(gc_shape){5, {h, b_h, w, b_w, c}},
                       &(gc_shape){3, {h, w, c * b_h * b_w}});
}

static gc_status channels_to_blocks(struct gc_build *build, int32_t b) {
    const gc_shape *in = gc_shape_of_input(build);
    const int32_t h = in->dims[0], w = in->dims[1], c = in->dims[2] / (b * b);
    return swap_blocks(build, &(gc_shape){5, {h, w, b, b, c}}, &(gc_shape){3, {h * b, w * b, c}});
}

/* Notes that the function is not supported if the order of the axes is not Keras' or TensorFlow's
 * own, or if the size of the picture may be open. */
static gc_status check_blocks(struct gc_build *build) {
    const char *format;
    GC_TRY(gc_field_text(&build->fields, "data_format", "NHWC", &format));
    if (strcmp(format, "NHWC") != 0 && strcmp(format, "channels_last") != 0)
        return gc_build_lacks(build, "data_format '%.32s'", format);
    if (build->unknown)
        return GC_OK;
    if (build->graph->open_height || build->graph->open_width)
        return gc_build_lacks(build, "a picture whose size is open");
    return gc_check_picture(gc_shape_of_input(build), "a move of blocks");
}

static gc_status move_blocks(struct gc_build *build, bool to_space) {
    int32_t b;
    GC_TRY(gc_field_int(&build->fields, "block_size", 2, GC_REQUIRED, &b));
    GC_TRY(check_blocks(build));
    if (build->unknown)
        return GC_OK;
    const int32_t *in = gc_shape_of_input(build)->dims;
    const bool fits = b < 4096 && (to_space ? in[2] % (b * b) == 0 : in[0] % b + in[1] % b == 0);
    if (!fits)
        return gc_field_wrong(&build->fields, "block_size", "a divisor of the sizes");
    return to_space ? channels_to_blocks(build, b) : blocks_to_channels(build, b, b);
}

static gc_status depth_to_space(struct gc_build *build) { return move_blocks(build, true); }
static gc_status space_to_depth(struct gc_build *build) { return move_blocks(build, false); }

static gc_status check_patches(struct gc_build *build, const int32_t *size, const int32_t *stride,
                               const int32_t *dilation) {
    const int32_t *in = gc_shape_of_input(build)->dims;
    for (int32_t i = 0; i < 2; i++)
        if (stride[i] != size[i] || dilation[i] != 1 || in[i] % size[i] != 0)
            return gc_build_lacks(build, "patches that do not divide the picture");
    return blocks_to_channels(build, size[0], size[1]);
}

/* Blocks that lie side by side, as the first layer of a vision transformer takes them. */
static gc_status extract_patches(struct gc_build *build) {
    int32_t size[2], stride[2], dilation[2];
    GC_TRY(gc_field_pair(&build->fields, "size", 1, GC_REQUIRED, &size[0], &size[1]));
    GC_TRY(gc_field_pair(&build->fields, "dilation_rate", 1, 1, &dilation[0], &dilation[1]));
    memcpy(stride, size, sizeof stride);
    if (gc_field(&build->fields, "strides") != NULL)
        GC_TRY(gc_field_pair(&build->fields, "strides", 1, GC_REQUIRED, &stride[0], &stride[1]));
    GC_TRY(check_blocks(build));
    return build->unknown ? GC_OK : check_patches(build, size, stride, dilation);
}

static gc_status tensorflow_extract_patches(struct gc_build *build) {
    int32_t size[2], stride[2], dilation[2];
    GC_TRY(read_window(build, "sizes", &size[0], &size[1]));
    GC_TRY(read_window(build, "strides", &stride[0], &stride[1]));
    GC_TRY(read_window(build, "rates", &dilation[0], &dilation[1]));
    GC_TRY(check_blocks(build));
    return build->unknown ? GC_OK : check_patches(build, size, stride, dilation);
}

/* The middle of the picture, whose sides are a fraction of the picture's. */
static gc_status central_crop(struct gc_build *build) {
    struct gc_cropping_params p;
    double part;
    GC_TRY(gc_field_number(&build->fields, "central_fraction", 1, &part));
    GC_TRY(check_blocks(build));
    if (build->unknown)
        return GC_OK;
    if (part <= 0 || part > 1)
        return gc_field_wrong(&build->fields, "central_fraction", "above 0 and at most 1");
    const int32_t *in = gc_shape_of_input(build)->dims;
    p.cropping.top = p.cropping.bottom = (int32_t)((in[0] - in[0] * part) / 2);
    p.cropping.left = p.cropping.right = (int32_t)((in[1] - in[1] * part) / 2);
    return GC_BUILD_OP(build, &gc_op_cropping, p, NULL);
}

static gc_status flatten(struct gc_build *build) {
    const struct gc_reshape_params p = {.shape = {1, {-1}}};
    return GC_BUILD_OP(build, &gc_op_reshape, p, NULL);
}

/* ---- Of several tensors ---- */

static gc_status lacks_constant(struct gc_build *build) {
    return gc_build_lacks(build, "a constant in its list");
}

static gc_status concatenate(struct gc_build *build) {
    return gc_constant_is_listed(build) ? lacks_constant(build) : gc_build_concatenate(build);
}

/* Gives each input a new axis, and joins them along it. */
static gc_status stack(struct gc_build *build) {
    const int32_t *inputs = build->inputs, count = build->input_count;
    struct gc_expand_dims_params p;
    if (gc_constant_is_listed(build))
        return lacks_constant(build);
    if (build->unknown)
        return GC_OK;
    GC_TRY(gc_field_axis(&build->fields, "axis", 0, &p.axis));
    p.axis = (p.axis < 0 ? p.axis + gc_shape_of_input(build)->rank + 2 : p.axis) - 1;
    if (p.axis < 0)
        return gc_build_lacks_batch(build);
    int32_t *values = gc_pool_allocate(build->pool, (size_t)count, sizeof *values);
    if (values == NULL)
        return gc_pool_fail();
    for (int32_t i = 0; i < count; i++) {
        build->inputs = &inputs[i];
        build->input_count = 1;
        GC_TRY(GC_BUILD_OP(build, &gc_op_expand_dims, p, NULL));
        values[i] = build->value;
    }
    build->inputs = values;
    build->input_count = count;
    const struct gc_concatenate_params along = {p.axis};
    return GC_BUILD_OP(build, &gc_op_concatenate, along, NULL);
}

/* Keras has a function that joins two tensors, and one that joins a list along axis 1. */
static gc_status append(struct gc_build *build) {
    if (build->input_count != 2)
        return gc_build_lacks(build, "a constant");
    return gc_field(&build->fields, "axis") == NULL ? gc_build_lacks_batch(build)
                                                    : gc_build_concatenate(build);
}

static gc_status concatenate_axis_1(struct gc_build *build) {
    const struct gc_concatenate_params p = {0};
    if (gc_constant_is_listed(build))
        return lacks_constant(build);
    return GC_BUILD_OP(build, &gc_op_concatenate, p, NULL);
}

/* ---- Pooling ---- */

static gc_status max_pool(struct gc_build *build) {
    return gc_build_pool(build, &gc_op_max_pooling);
}

static gc_status average_pool(struct gc_build *build) {
    return gc_build_pool(build, &gc_op_average_pooling);
}

static gc_status tensorflow_pool(struct gc_build *build, const struct gc_op *op) {
    struct gc_pooling_params p = {{.dilation_h = 1, .dilation_w = 1}};
    struct gc_window_params *w = &p.windows;
    const char *padding, *format;
    GC_TRY(read_window(build, "ksize", &w->kernel_h, &w->kernel_w));
    GC_TRY(read_window(build, "strides", &w->stride_h, &w->stride_w));
    GC_TRY(gc_field_text(&build->fields, "padding", "none", &padding));
    GC_TRY(gc_field_text(&build->fields, "data_format", "NHWC", &format));
    w->same = strcmp(padding, "SAME") == 0;
    if (!w->same && strcmp(padding, "VALID") != 0)
        return gc_build_lacks(build, "padding '%.32s'", padding);
    if (strcmp(format, "NHWC") != 0)
        return gc_build_lacks(build, "data_format '%.32s'", format);
    return GC_BUILD_OP(build, op, p, NULL);
}

static gc_status tensorflow_max_pool(struct gc_build *build) {
    return tensorflow_pool(build, &gc_op_max_pooling);
}

static gc_status tensorflow_average_pool(struct gc_build *build) {
    return tensorflow_pool(build, &gc_op_average_pooling);
}

/* ---- Pictures of another size ---- */

static gc_status resize(struct gc_build *build) { return gc_build_resize(build, "interpolation"); }

static gc_status tensorflow_resize(struct gc_build *build) {
    bool keeps;
    GC_TRY(gc_field_bool(&build->fields, "preserve_aspect_ratio", false, &keeps));
    return keeps ? gc_build_lacks(build, "preserve_aspect_ratio")
                 : gc_build_resize(build, "method");
}

/* ---- The tables ---- */

const struct gc_lowering gc_rearrange_functions[] = {
    {"Append", append, GC_MERGE},
    {"AveragePool", average_pool, GC_PLAIN},
    {"BroadcastTo", broadcast_to, GC_PLAIN},
    {"Concatenate", concatenate, GC_MERGE},
    {"DepthToSpace", depth_to_space, GC_PLAIN},
    {"ExpandDims", expand_dims, GC_PLAIN},
    {"ExtractPatches", extract_patches, GC_PLAIN},
    {"Hstack", concatenate_axis_1, GC_MERGE},
    {"MaxPool", max_pool, GC_PLAIN},
    {"Moveaxis", move_axes, GC_MOVES_AXES},
    {"Pad", pad, GC_PLAIN},
    {"Repeat", repeat, GC_PLAIN},
    {"Reshape", reshape, GC_MOVES_AXES},
    {"Resize", resize, GC_PLAIN},
    {"SpaceToDepth", space_to_depth, GC_PLAIN},
    {"Squeeze", squeeze, GC_PLAIN},
    {"Stack", stack, GC_MERGE},
    {"Swapaxes", swap_axes, GC_MOVES_AXES},
    {"Tile", tile, GC_PLAIN},
    {"Transpose", transpose, GC_MOVES_AXES},
    {NULL, NULL, GC_PLAIN},
};

const struct gc_lowering gc_tensorflow_rearrange[] = {
    {"broadcast_to", broadcast_to, GC_PLAIN},
    {"compat.v1.expand_dims", expand_dims, GC_PLAIN},
    {"compat.v1.pad", tensorflow_pad, GC_PLAIN},
    {"compat.v1.squeeze", squeeze, GC_PLAIN},
    {"compat.v1.transpose", tensorflow_transpose, GC_MOVES_AXES},
    {"concat", concatenate, GC_MERGE},
    {"expand_dims", expand_dims, GC_PLAIN},
    {"image.central_crop", central_crop, GC_PLAIN},
    {"image.extract_patches", tensorflow_extract_patches, GC_PLAIN},
    {"image.grayscale_to_rgb", grayscale_to_rgb, GC_PLAIN},
    {"image.resize", tensorflow_resize, GC_PLAIN},
    {"keras.backend.batch_flatten", flatten, GC_PLAIN},
    {"linalg.matrix_transpose", transpose_matrix, GC_MOVES_AXES},
    {"nn.avg_pool", tensorflow_average_pool, GC_PLAIN},
    {"nn.avg_pool2d", tensorflow_average_pool, GC_PLAIN},
    {"nn.depth_to_space", depth_to_space, GC_PLAIN},
    {"nn.max_pool", tensorflow_max_pool, GC_PLAIN},
    {"nn.max_pool2d", tensorflow_max_pool, GC_PLAIN},
    {"nn.space_to_depth", space_to_depth, GC_PLAIN},
    {"pad", tensorflow_pad, GC_PLAIN},
    {"repeat", repeat, GC_PLAIN},
    {"reshape", reshape, GC_MOVES_AXES},
    {"squeeze", squeeze, GC_PLAIN},
    {"stack", stack, GC_MERGE},
    {"tile", tensorflow_tile, GC_PLAIN},
    {"transpose", tensorflow_transpose, GC_MOVES_AXES},
    {NULL, NULL, GC_PLAIN},
};
