/* Functions that reduce axes, and functions that move values or change their shape. Their axes
 * count from the batch, which is axis 0. A function that mixes the pictures of a batch is refused.
 * An operator knows one picture only. */
#include "keras/rearrange.h"

#include <math.h>
#include <string.h>

#include "graph/shapes.h"
#include "keras/layers.h"

#define MAX_AXES (GC_MAX_RANK + 1) /* of a tensor with its batch */
#define MAX_PARTS 256              /* of a split */

/* The shape of the next operator's first input. Callers have checked that it is known. */
static const gc_shape *shape_of(const struct gc_build *build) {
    return &build->graph->values[build->inputs[0]].shape;
}

static gc_status lacks_batch(struct gc_build *build) {
    return gc_build_lacks(build, "an axis that is the batch");
}

/* ---- Reductions ---- */

/* Reads the axes of a function that takes all axes, the batch too, if none is given. */
static gc_status read_axes(struct gc_build *build, bool *axes, bool *has_batch) {
    yyjson_val *field = gc_field(&build->fields, "axis");
    yyjson_val *first = yyjson_is_arr(field) ? yyjson_arr_get_first(field) : field;
    *has_batch = first == NULL || (yyjson_is_int(first) && yyjson_get_sint(first) == 0);
    return *has_batch ? GC_OK : gc_build_axes(build, "axis", GC_REQUIRED, axes);
}

static gc_status reduce(struct gc_build *build, const struct gc_op *op) {
    struct gc_reduce_params p = {.keepdims = false};
    bool has_batch;
    GC_TRY(gc_field_bool(&build->fields, "keepdims", false, &p.keepdims));
    GC_TRY(read_axes(build, p.axes, &has_batch));
    if (gc_field(&build->fields, "initial") != NULL)
        return gc_build_lacks(build, "an initial value");
    return has_batch ? lacks_batch(build) : GC_BUILD_OP(build, op, p, NULL);
}

static gc_status mean(struct gc_build *build) { return reduce(build, &gc_op_reduce_mean); }
static gc_status sum(struct gc_build *build) { return reduce(build, &gc_op_reduce_sum); }
static gc_status largest(struct gc_build *build) { return reduce(build, &gc_op_reduce_max); }
static gc_status smallest(struct gc_build *build) { return reduce(build, &gc_op_reduce_min); }

/* x / sqrt(max(sum of x^2, epsilon)) over some axes. */
static gc_status normalize_by(struct gc_build *build, double epsilon) {
    const int32_t input = build->inputs[0];
    struct gc_reduce_params p = {.keepdims = true};
    const struct gc_clamp_params least = {.low = epsilon, .high = INFINITY};
    bool has_batch;
    GC_TRY(read_axes(build, p.axes, &has_batch));
    if (has_batch)
        return lacks_batch(build);
    GC_TRY(gc_build_op(build, &gc_op_square, NULL, 0, NULL));
    GC_TRY(GC_BUILD_OP(build, &gc_op_reduce_sum, p, NULL));
    GC_TRY(GC_BUILD_OP(build, &gc_op_clamp, least, NULL));
    GC_TRY(gc_build_op(build, &gc_op_rsqrt, NULL, 0, NULL));
    if (build->unknown)
        return GC_OK;
    const int32_t both[] = {input, build->value};
    build->inputs = both;
    build->input_count = 2;
    return gc_build_op(build, &gc_op_multiply, NULL, 0, NULL);
}

static gc_status normalize(struct gc_build *build) {
    double order, epsilon;
    GC_TRY(gc_field_number(&build->fields, "order", 2, &order));
    GC_TRY(gc_field_number(&build->fields, "epsilon", 1e-7, &epsilon));
    return order == 2 ? normalize_by(build, epsilon * epsilon) : gc_build_lacks(build, "its order");
}

static gc_status l2_normalize(struct gc_build *build) {
    double epsilon;
    GC_TRY(gc_field_number(&build->fields, "epsilon", 1e-12, &epsilon));
    return normalize_by(build, epsilon);
}

/* ---- Slices ---- */

/* The slices that leave all axes as they are. */
static struct gc_slice_params everything(void) {
    struct gc_slice_params p;
    for (int32_t axis = 0; axis < GC_MAX_RANK; axis++) {
        p.start[axis] = p.stop[axis] = GC_SLICE_END;
        p.step[axis] = 1;
    }
    return p;
}

/* What a list of slices does to the axes. */
struct cut {
    struct gc_slice_params slices;
    struct gc_squeeze_params removed;     /* axes with one index */
    int32_t added[MAX_AXES], added_count; /* new axes of the output */
    bool cuts, removes;
};

static bool is_ellipsis(yyjson_val *item) {
    return yyjson_equals_str(yyjson_obj_get(item, "class_name"), "__ellipsis__");
}

/* Reads an end or the step of a slice. False if it is no number. */
static bool read_end(yyjson_val *value, int32_t fallback, int32_t *end) {
    const int64_t number = yyjson_get_sint(value);
    *end = fallback;
    if (value == NULL || yyjson_is_null(value))
        return true;
    *end = number > INT32_MAX ? INT32_MAX : number <= -INT32_MAX ? -INT32_MAX : (int32_t)number;
    return yyjson_is_int(value);
}

/* Reads one slice or one index. Keras 3 has the ends of a slice in its config.
 *   {"class_name": "__slice__", "config": {"start": 1, "stop": null, "step": null}} */
static bool read_slice(yyjson_val *item, int32_t *start, int32_t *stop, int32_t *step) {
    yyjson_val *config = yyjson_obj_get(item, "config");
    yyjson_val *ends = config == NULL ? item : config;
    if (yyjson_is_int(item)) {
        *step = 1;
        *stop = GC_SLICE_END;
        const bool good = read_end(item, 0, start);
        if (*start != -1)
            *stop = *start + (*start < INT32_MAX);
        return good;
    }
    return yyjson_obj_get(ends, "stop") != NULL &&
           read_end(yyjson_obj_get(ends, "start"), GC_SLICE_END, start) &&
           read_end(yyjson_obj_get(ends, "stop"), GC_SLICE_END, stop) &&
           read_end(yyjson_obj_get(ends, "step"), 1, step);
}

/* Counts the axes that the items of a list of slices stand for, without the ellipsis. */
static int32_t count_axes(yyjson_val *list) {
    size_t i, size;
    yyjson_val *item;
    int32_t count = 0;
    yyjson_arr_foreach(list, i, size, item) {
        count += !yyjson_is_null(item) && !is_ellipsis(item);
    }
    return count;
}

/* Reads the list of slices for a tensor of `rank` axes without the batch. False if it is no list of
 * slices, or does anything to the batch. */
static bool read_cut(struct cut *cut, yyjson_val *list, int32_t rank) {
    size_t i, size;
    yyjson_val *item;
    int32_t axis = 0, out = 0; /* with the batch */
    const int32_t left_out = rank + 1 - count_axes(list);
    yyjson_arr_foreach(list, i, size, item) {
        int32_t start, stop, step;
        if (is_ellipsis(item)) {
            axis += left_out;
            out += left_out;
            continue;
        }
        if (out > GC_MAX_RANK || left_out < 0)
            return false;
        if (yyjson_is_null(item)) {
            if (out == 0)
                return false;
            cut->added[cut->added_count++] = out++ - 1;
            continue;
        }
        if (axis > rank || !read_slice(item, &start, &stop, &step))
            return false;
        const bool is_whole =
            (start == GC_SLICE_END || start == 0) && stop == GC_SLICE_END && step == 1;
        if (axis == 0 && (!is_whole || yyjson_is_int(item)))
            return false;
        if (axis > 0) {
            cut->slices.start[axis - 1] = start;
            cut->slices.stop[axis - 1] = stop;
            cut->slices.step[axis - 1] = step;
            cut->cuts |= !is_whole || yyjson_is_int(item);
            cut->removed.axes[axis - 1] = yyjson_is_int(item);
            cut->removes |= yyjson_is_int(item);
        }
        out += !yyjson_is_int(item);
        axis++;
    }
    return true;
}

static gc_status slice(struct gc_build *build, yyjson_val *list) {
    if (build->unknown)
        return GC_OK;
    struct cut cut = {.slices = everything()};
    if (build->input_count != 1 || !yyjson_is_arr(list) ||
        !read_cut(&cut, list, shape_of(build)->rank))
        return gc_build_lacks(build, "this index, which is not made of constant slices of the axes "
                                     "behind the batch");
    if (cut.cuts)
        GC_TRY(GC_BUILD_OP(build, &gc_op_slice, cut.slices, NULL));
    if (cut.removes)
        GC_TRY(GC_BUILD_OP(build, &gc_op_squeeze, cut.removed, NULL));
    for (int32_t i = 0; i < cut.added_count; i++) {
        const struct gc_expand_dims_params p = {cut.added[i]};
        GC_TRY(GC_BUILD_OP(build, &gc_op_expand_dims, p, NULL));
    }
    return GC_OK;
}

static gc_status get_item(struct gc_build *build) {
    return slice(build, yyjson_arr_get(yyjson_obj_get(build->call->node, "args"), 1));
}

static gc_status tensorflow_get_item(struct gc_build *build) {
    return slice(build, gc_field(&build->fields, "slice_spec"));
}

/* Appends a slice that turns the marked axes around. */
static gc_status turn(struct gc_build *build, const bool *axes) {
    struct gc_slice_params p = everything();
    for (int32_t axis = 0; axis < GC_MAX_RANK; axis++)
        if (axes[axis])
            p.step[axis] = -1;
    return GC_BUILD_OP(build, &gc_op_slice, p, NULL);
}

static gc_status flip(struct gc_build *build) {
    bool axes[GC_MAX_RANK] = {false}, has_batch;
    GC_TRY(read_axes(build, axes, &has_batch));
    return has_batch ? lacks_batch(build) : turn(build, axes);
}

/* Turns a picture around along `axis`. */
static gc_status turn_picture(struct gc_build *build, int32_t axis) {
    bool axes[GC_MAX_RANK] = {false};
    axes[axis] = true;
    if (!build->unknown)
        GC_TRY(gc_check_picture(shape_of(build), "a turned picture"));
    return turn(build, axes);
}

static gc_status flip_left_right(struct gc_build *build) { return turn_picture(build, 1); }
static gc_status flip_up_down(struct gc_build *build) { return turn_picture(build, 0); }

/* ---- Several outputs ---- */

/* The indices along an axis at which a split cuts, without its ends. */
struct cuts {
    int32_t at[MAX_PARTS], count;
};

/* Appends the parts of a split. The value of the layer is its whole input, all parts together, so
 * that a map of the layer shows all of them. */
static gc_status split_at(struct gc_build *build, int32_t axis, const struct cuts *cuts) {
    const struct gc_reshape_params same = {.shape = {.rank = -1}};
    GC_TRY(GC_BUILD_OP(build, &gc_op_reshape, same, NULL));
    const int32_t whole = build->value, parts = cuts->count + 1;
    build->outputs = gc_pool_allocate(build->pool, (size_t)parts, sizeof *build->outputs);
    if (build->outputs == NULL)
        return gc_pool_fail();
    for (int32_t i = 0; i < parts; i++) {
        struct gc_slice_params p = everything();
        p.start[axis] = i == 0 ? 0 : cuts->at[i - 1];
        p.stop[axis] = i == cuts->count ? GC_SLICE_END : cuts->at[i];
        build->inputs = &whole;
        GC_TRY(GC_BUILD_OP(build, &gc_op_slice, p, NULL));
        build->outputs[i] = build->value;
    }
    build->output_count = parts;
    build->value = whole;
    return GC_OK;
}

/* Cuts `size` values into equal parts. */
static bool cut_equally(struct cuts *cuts, int32_t size, int64_t parts) {
    if (parts < 1 || parts > MAX_PARTS || size % parts != 0)
        return false;
    for (cuts->count = 0; cuts->count < (int32_t)parts - 1; cuts->count++)
        cuts->at[cuts->count] = (int32_t)(size / parts) * (cuts->count + 1);
    return true;
}

/* Reads the numbers of a list, which are the cuts in keras.ops, and the sizes of the parts in
 * TensorFlow. The cuts must rise from 1 to below `size`. */
static bool read_cuts(struct cuts *cuts, yyjson_val *list, int32_t size, bool are_sizes) {
    const size_t numbers = yyjson_arr_size(list);
    int64_t at = 0;
    if (numbers == 0 || numbers > MAX_PARTS)
        return false;
    cuts->count = 0;
    for (size_t i = 0; i < numbers; i++) {
        const int64_t number = yyjson_get_sint(yyjson_arr_get(list, i));
        const int64_t last = at;
        if (number < 1 || number > size)
            return false;
        at = are_sizes ? at + number : number;
        if (are_sizes && i == numbers - 1)
            return at == size;
        if (at <= last || at >= size)
            return false;
        cuts->at[cuts->count++] = (int32_t)at;
    }
    return true;
}

/* Appends a split along the axis. A size that is still open would move the cuts. */
static gc_status split_by(struct gc_build *build, const char *key, int32_t fallback_axis,
                          bool are_sizes) {
    yyjson_val *parts = gc_field(&build->fields, key);
    struct cuts cuts;
    int32_t axis;
    GC_TRY(gc_field_axis(&build->fields, "axis", fallback_axis, &axis));
    if (axis == 0)
        return lacks_batch(build);
    GC_TRY(gc_build_axis(build, axis, &axis));
    if (build->unknown)
        return GC_OK;
    const struct gc_graph *graph = build->graph;
    const gc_shape *in = shape_of(build);
    if ((graph->open_height || graph->open_width) && axis != in->rank - 1)
        return gc_build_lacks(build, "an axis whose size may be open");
    const bool good = yyjson_is_int(parts)
                          ? cut_equally(&cuts, in->dims[axis], yyjson_get_sint(parts))
                          : read_cuts(&cuts, parts, in->dims[axis], are_sizes);
    return good ? split_at(build, axis, &cuts)
                : gc_field_wrong(&build->fields, key, "parts of the axis");
}

static gc_status split(struct gc_build *build) {
    return split_by(build, "indices_or_sections", 0, false);
}

static gc_status tensorflow_split(struct gc_build *build) {
    return split_by(build, "num_or_size_splits", 0, true);
}

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
    if (!read_widths(widths, shape_of(build)->rank, &p))
        return gc_build_lacks(build, "paddings that are not two numbers for each axis behind the "
                                     "batch");
    if (value != NULL && !yyjson_is_null(value) && !yyjson_is_num(value))
        return gc_build_lacks(build, "a padding that is not one number");
    p.value = yyjson_get_num(value);
    const struct gc_zero_padding_params zeros = {
        {p.before[0], p.after[0], p.before[1], p.after[1]}};
    const bool is_of_picture = shape_of(build)->rank == 3 && p.before[2] == 0 && p.after[2] == 0;
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
        return lacks_batch(build);
    GC_TRY(gc_field_axis(&build->fields, "axis", GC_REQUIRED, &axis));
    GC_TRY(gc_build_axis(build, axis, &axis));
    for (int32_t i = 0; i < GC_MAX_RANK; i++)
        p.count[i] = i == axis ? count : 1;
    return GC_BUILD_OP(build, &gc_op_repeat, p, NULL);
}

/* The last number is of the last axis. Axes in front of the first number are not repeated. */
static gc_status tile_by(struct gc_build *build, const char *key) {
    struct gc_repeat_params p;
    int32_t list[MAX_AXES], count;
    GC_TRY(gc_field_ints(&build->fields, key, MAX_AXES, list, &count));
    if (build->unknown)
        return GC_OK;
    const int32_t rank = shape_of(build)->rank;
    if (count == 0 || count > rank + 1 || (count == rank + 1 && list[0] != 1))
        return lacks_batch(build);
    for (int32_t axis = 0; axis < rank; axis++) {
        const int32_t place = axis + count - rank;
        p.count[axis] = place < 0 ? 1 : list[place];
    }
    return GC_BUILD_OP(build, &gc_op_tile, p, NULL);
}

static gc_status tile(struct gc_build *build) { return tile_by(build, "repeats"); }
static gc_status tensorflow_tile(struct gc_build *build) { return tile_by(build, "multiples"); }

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
    if (yyjson_arr_size(list) < 1 || yyjson_arr_size(list) > MAX_AXES ||
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
    if (is_open && gc_shape_count(&p.shape) != gc_shape_count(shape_of(build)))
        return gc_build_lacks(build, "a shape that does not keep the batch");
    return GC_BUILD_OP(build, &gc_op_reshape, p, NULL);
}

static gc_status reshape(struct gc_build *build) {
    return reshape_to(build, gc_field(&build->fields, "newshape") != NULL ? "newshape" : "shape");
}

/* Appends axes in the order of `list`, which counts the batch. */
static gc_status order_axes(struct gc_build *build, const int32_t *list, int32_t count) {
    struct gc_permute_params p = {{0}};
    if (count != shape_of(build)->rank + 1 || list[0] != 0)
        return gc_build_lacks(build, "axes that move the batch");
    for (int32_t i = 1; i < count; i++)
        p.axes[i - 1] = (list[i] < 0 ? list[i] + count : list[i]) - 1;
    return GC_BUILD_OP(build, &gc_op_permute, p, NULL);
}

static gc_status transpose_by(struct gc_build *build, const char *key) {
    int32_t list[MAX_AXES] = {-1}, count;
    GC_TRY(gc_field_ints(&build->fields, key, MAX_AXES, list, &count));
    return build->unknown ? GC_OK : order_axes(build, list, count);
}

static gc_status transpose(struct gc_build *build) { return transpose_by(build, "axes"); }
static gc_status tensorflow_transpose(struct gc_build *build) {
    return transpose_by(build, "perm");
}

static gc_status swap_axes(struct gc_build *build) {
    int32_t a, b, list[MAX_AXES];
    GC_TRY(gc_field_axis(&build->fields, "axis1", 0, &a));
    GC_TRY(gc_field_axis(&build->fields, "axis2", 0, &b));
    if (a == 0 || b == 0)
        return lacks_batch(build);
    GC_TRY(gc_build_axis(build, a, &a));
    GC_TRY(gc_build_axis(build, b, &b));
    if (build->unknown)
        return GC_OK;
    for (int32_t i = 0; i < MAX_AXES; i++)
        list[i] = i == a + 1 ? b + 1 : i == b + 1 ? a + 1 : i;
    return order_axes(build, list, shape_of(build)->rank + 1);
}

static gc_status expand_dims(struct gc_build *build) {
    struct gc_expand_dims_params p;
    GC_TRY(gc_field_axis(&build->fields, "axis", 0, &p.axis));
    if (build->unknown)
        return GC_OK;
    const int32_t rank = shape_of(build)->rank + 2; /* of the output with its batch */
    p.axis = (p.axis < 0 ? p.axis + rank : p.axis) - 1;
    return p.axis < 0 ? lacks_batch(build) : GC_BUILD_OP(build, &gc_op_expand_dims, p, NULL);
}

static gc_status squeeze(struct gc_build *build) {
    struct gc_squeeze_params p = {{false}};
    bool has_batch;
    GC_TRY(read_axes(build, p.axes, &has_batch));
    return has_batch ? lacks_batch(build) : GC_BUILD_OP(build, &gc_op_squeeze, p, NULL);
}

/* Moves blocks of pixels between the picture and its channels. The five axes of the view are
 *   depth to space   [h][w][b][b][c], which become [h][b][w][b][c]
 *   space to depth   [h][b][w][b][c], which become [h][w][b][b][c] */
static gc_status move_blocks(struct gc_build *build, bool to_space) {
    int32_t b;
    const char *format;
    GC_TRY(gc_field_int(&build->fields, "block_size", 2, GC_REQUIRED, &b));
    GC_TRY(gc_field_text(&build->fields, "data_format", "NHWC", &format));
    if (build->unknown)
        return GC_OK;
    if (strcmp(format, "NHWC") != 0)
        return gc_build_lacks(build, "data_format '%.32s'", format);
    GC_TRY(gc_check_picture(shape_of(build), "a move of blocks"));
    const int32_t *in = shape_of(build)->dims;
    const bool fits = b < 4096 && (to_space ? in[2] % (b * b) == 0 : in[0] % b + in[1] % b == 0);
    if (!fits)
        return gc_field_wrong(&build->fields, "block_size", "a divisor of the sizes");
    const int32_t h = in[0], w = in[1], c = in[2];
    const struct gc_reshape_params view = {to_space ? (gc_shape){5, {h, w, b, b, c / (b * b)}}
                                                    : (gc_shape){5, {h / b, b, w / b, b, c}}};
    const struct gc_permute_params order = {{0, 2, 1, 3, 4}};
    const struct gc_reshape_params whole = {to_space ? (gc_shape){3, {h * b, w * b, c / (b * b)}}
                                                     : (gc_shape){3, {h / b, w / b, c * b * b}}};
    GC_TRY(GC_BUILD_OP(build, &gc_op_reshape, view, NULL));
    GC_TRY(GC_BUILD_OP(build, &gc_op_permute, order, NULL));
    return GC_BUILD_OP(build, &gc_op_reshape, whole, NULL);
}

static gc_status depth_to_space(struct gc_build *build) { return move_blocks(build, true); }
static gc_status space_to_depth(struct gc_build *build) { return move_blocks(build, false); }

/* ---- Of several tensors ---- */

/* Gives each input a new axis, and joins them along it. */
static gc_status stack(struct gc_build *build) {
    const int32_t *inputs = build->inputs, count = build->input_count;
    struct gc_expand_dims_params p;
    if (build->unknown)
        return GC_OK;
    GC_TRY(gc_field_axis(&build->fields, "axis", 0, &p.axis));
    p.axis = (p.axis < 0 ? p.axis + shape_of(build)->rank + 2 : p.axis) - 1;
    if (p.axis < 0)
        return lacks_batch(build);
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

static gc_status matmul(struct gc_build *build) {
    struct gc_matmul_params p;
    GC_TRY(gc_field_bool(&build->fields, "transpose_a", false, &p.transpose_a));
    GC_TRY(gc_field_bool(&build->fields, "transpose_b", false, &p.transpose_b));
    if (yyjson_is_true(gc_field(&build->fields, "adjoint_a")) ||
        yyjson_is_true(gc_field(&build->fields, "adjoint_b")))
        return gc_build_lacks(build, "an adjoint matrix");
    if (build->input_count != 2)
        return gc_build_lacks(build, "a constant matrix");
    if (!build->unknown && shape_of(build)->rank < 2)
        return gc_build_lacks(build, "matrices that hold the batch");
    return GC_BUILD_OP(build, &gc_op_matmul, p, NULL);
}

/* ---- Pooling ---- */

static gc_status max_pool(struct gc_build *build) {
    return gc_build_pool(build, &gc_op_max_pooling);
}

static gc_status average_pool(struct gc_build *build) {
    return gc_build_pool(build, &gc_op_average_pooling);
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
    {"AveragePool", average_pool, GC_PLAIN},
    {"Concatenate", gc_build_concatenate, GC_MERGE},
    {"ExpandDims", expand_dims, GC_PLAIN},
    {"Flip", flip, GC_PLAIN},
    {"GetItem", get_item, GC_PLAIN},
    {"Matmul", matmul, GC_MERGE},
    {"Max", largest, GC_PLAIN},
    {"MaxPool", max_pool, GC_PLAIN},
    {"Mean", mean, GC_PLAIN},
    {"Min", smallest, GC_PLAIN},
    {"Normalize", normalize, GC_PLAIN},
    {"Pad", pad, GC_PLAIN},
    {"Repeat", repeat, GC_PLAIN},
    {"Reshape", reshape, GC_MOVES_AXES},
    {"Resize", resize, GC_PLAIN},
    {"Split", split, GC_SPLIT},
    {"Squeeze", squeeze, GC_PLAIN},
    {"Stack", stack, GC_MERGE},
    {"Sum", sum, GC_PLAIN},
    {"Swapaxes", swap_axes, GC_MOVES_AXES},
    {"Tile", tile, GC_PLAIN},
    {"Transpose", transpose, GC_MOVES_AXES},
    {NULL, NULL, GC_PLAIN},
};

const struct gc_lowering gc_tensorflow_rearrange[] = {
    {"__operators__.getitem", tensorflow_get_item, GC_PLAIN},
    {"compat.v1.transpose", tensorflow_transpose, GC_MOVES_AXES},
    {"concat", gc_build_concatenate, GC_MERGE},
    {"expand_dims", expand_dims, GC_PLAIN},
    {"image.flip_left_right", flip_left_right, GC_PLAIN},
    {"image.flip_up_down", flip_up_down, GC_PLAIN},
    {"image.resize", tensorflow_resize, GC_PLAIN},
    {"linalg.l2_normalize", l2_normalize, GC_PLAIN},
    {"linalg.matmul", matmul, GC_MERGE},
    {"math.l2_normalize", l2_normalize, GC_PLAIN},
    {"math.reduce_max", largest, GC_PLAIN},
    {"math.reduce_mean", mean, GC_PLAIN},
    {"math.reduce_min", smallest, GC_PLAIN},
    {"math.reduce_sum", sum, GC_PLAIN},
    {"nn.avg_pool", tensorflow_average_pool, GC_PLAIN},
    {"nn.avg_pool2d", tensorflow_average_pool, GC_PLAIN},
    {"nn.depth_to_space", depth_to_space, GC_PLAIN},
    {"nn.l2_normalize", l2_normalize, GC_PLAIN},
    {"nn.max_pool", tensorflow_max_pool, GC_PLAIN},
    {"nn.max_pool2d", tensorflow_max_pool, GC_PLAIN},
    {"nn.space_to_depth", space_to_depth, GC_PLAIN},
    {"pad", tensorflow_pad, GC_PLAIN},
    {"repeat", repeat, GC_PLAIN},
    {"reshape", reshape, GC_MOVES_AXES},
    {"reverse", flip, GC_PLAIN},
    {"split", tensorflow_split, GC_SPLIT},
    {"squeeze", squeeze, GC_PLAIN},
    {"stack", stack, GC_MERGE},
    {"tile", tensorflow_tile, GC_PLAIN},
    {"transpose", tensorflow_transpose, GC_MOVES_AXES},
    {NULL, NULL, GC_PLAIN},
};
