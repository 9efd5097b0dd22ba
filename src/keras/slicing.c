/* Functions that take parts of a tensor. */
#include "keras/slicing.h"

#include <math.h>

#include "graph/shapes.h"
#include "keras/constant.h"

#define MAX_PARTS 256 /* of a split */

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
    struct gc_squeeze_params removed;        /* axes with one index */
    int32_t added[GC_MAX_AXES], added_count; /* new axes of the output */
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
        !read_cut(&cut, list, gc_shape_of_input(build)->rank))
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
    GC_TRY(gc_build_read_axes(build, axes, &has_batch));
    return has_batch ? gc_build_lacks_batch(build) : turn(build, axes);
}

/* Turns a picture around along `axis`. */
static gc_status turn_picture(struct gc_build *build, int32_t axis) {
    bool axes[GC_MAX_RANK] = {false};
    axes[axis] = true;
    if (!build->unknown)
        GC_TRY(gc_check_picture(gc_shape_of_input(build), "a turned picture"));
    return turn(build, axes);
}

/* keras.ops.fliplr turns axis 1, which holds the rows of a batch of pictures. */
static gc_status flip_axis_1(struct gc_build *build) {
    bool axes[GC_MAX_RANK] = {true};
    return turn(build, axes);
}

static gc_status flip_left_right(struct gc_build *build) { return turn_picture(build, 1); }
static gc_status flip_up_down(struct gc_build *build) { return turn_picture(build, 0); }

/* ---- Several outputs ---- */

/* The indices along an axis at which a split cuts, without its ends. */
struct cuts {
    int32_t at[MAX_PARTS], count;
};

/* Removes an axis of one value. */
static gc_status drop_axis(struct gc_build *build, int32_t axis) {
    struct gc_squeeze_params p = {{false}};
    p.axes[axis] = true;
    return GC_BUILD_OP(build, &gc_op_squeeze, p, NULL);
}

/* Appends the parts of a split. The value of the layer is its whole input, all parts together, so
 * that a map of the layer shows all of them.
 *   drops   parts of one value lose their axis */
static gc_status split_at(struct gc_build *build, int32_t axis, const struct cuts *cuts,
                          bool drops) {
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
        if (drops)
            GC_TRY(drop_axis(build, axis));
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

/* Reads an axis that is not the batch. Notes that the function is not supported if the size of the
 * axis may be open. */
static gc_status read_closed_axis(struct gc_build *build, int32_t fallback, int32_t *axis) {
    GC_TRY(gc_field_axis(&build->fields, "axis", fallback, axis));
    if (*axis == 0)
        return gc_build_lacks_batch(build);
    GC_TRY(gc_build_axis(build, *axis, axis));
    if (build->unknown)
        return GC_OK;
    const bool is_open = build->graph->open_height || build->graph->open_width;
    return is_open && *axis != gc_shape_of_input(build)->rank - 1
               ? gc_build_lacks(build, "an axis whose size may be open")
               : GC_OK;
}

/* Appends a split along the axis. A size that is still open would move the cuts. */
static gc_status split_by(struct gc_build *build, const char *key, int32_t fallback_axis,
                          bool are_sizes) {
    yyjson_val *parts = gc_field(&build->fields, key);
    struct cuts cuts;
    int32_t axis;
    GC_TRY(read_closed_axis(build, fallback_axis, &axis));
    if (build->unknown)
        return GC_OK;
    const gc_shape *in = gc_shape_of_input(build);
    const bool good = yyjson_is_int(parts)
                          ? cut_equally(&cuts, in->dims[axis], yyjson_get_sint(parts))
                          : read_cuts(&cuts, parts, in->dims[axis], are_sizes);
    return good ? split_at(build, axis, &cuts, false)
                : gc_field_wrong(&build->fields, key, "parts of the axis");
}

static gc_status split(struct gc_build *build) {
    return split_by(build, "indices_or_sections", 0, false);
}

static gc_status tensorflow_split(struct gc_build *build) {
    return split_by(build, "num_or_size_splits", 0, true);
}

/* One output for each index of an axis. */
static gc_status unstack(struct gc_build *build) {
    struct cuts cuts;
    int32_t axis;
    GC_TRY(read_closed_axis(build, 0, &axis));
    if (build->unknown)
        return GC_OK;
    const int32_t size = gc_shape_of_input(build)->dims[axis];
    if (!cut_equally(&cuts, size, size))
        return gc_build_lacks(build, "more than %d outputs", MAX_PARTS);
    return split_at(build, axis, &cuts, true);
}

/* ---- Lists of indices ---- */

/* Appends the values at `count` indices along the axis. */
static gc_status take_at(struct gc_build *build, int32_t axis, const double *indices,
                         int32_t count) {
    const size_t bytes = sizeof(struct gc_take_params) + (size_t)count * sizeof(int32_t);
    struct gc_take_params *p = gc_pool_allocate(build->pool, 1, bytes);
    if (p == NULL)
        return gc_pool_fail();
    p->axis = axis;
    p->count = count;
    for (int32_t i = 0; i < count; i++) {
        if (fabs(indices[i]) > INT32_MAX || indices[i] != floor(indices[i]))
            return gc_build_lacks(build, "indices that are no integers");
        p->indices[i] = (int32_t)indices[i];
    }
    return gc_build_op(build, &gc_op_take, p, bytes, NULL);
}

/* Appends the values at constant indices, one index or a list. One index removes the axis. */
static gc_status take_by(struct gc_build *build, yyjson_val *list) {
    struct gc_constant indices;
    int32_t axis;
    bool good;
    GC_TRY(read_closed_axis(build, 0, &axis));
    if (build->unknown)
        return GC_OK;
    GC_TRY(gc_constant_read(&indices, list, build->pool, &good));
    if (!good || indices.rank > 1)
        return gc_build_lacks(build, "indices that are neither one constant nor a list of them");
    GC_TRY(take_at(build, axis, indices.values, indices.count));
    return indices.rank == 0 ? drop_axis(build, axis) : GC_OK;
}

static gc_status take(struct gc_build *build) {
    if (gc_field(&build->fields, "axis") == NULL)
        return gc_build_lacks_batch(build);
    return take_by(build, yyjson_arr_get(yyjson_obj_get(build->call->node, "args"), 1));
}

static gc_status gather(struct gc_build *build) {
    yyjson_val *batch = gc_field(&build->fields, "batch_dims");
    return batch != NULL && yyjson_get_sint(batch) != 0
               ? gc_build_lacks(build, "batch_dims")
               : take_by(build, gc_field(&build->fields, "indices"));
}

/* Moves the values along one axis, and those that leave it to its other end. */
static gc_status roll(struct gc_build *build) {
    yyjson_val *shift = gc_field(&build->fields, "shift");
    int32_t axis;
    GC_TRY(read_closed_axis(build, 0, &axis));
    if (yyjson_arr_size(shift) == 1)
        shift = yyjson_arr_get_first(shift);
    if (build->unknown)
        return GC_OK;
    if (!yyjson_is_int(shift))
        return gc_build_lacks(build, "a shift that is not one integer");
    const int32_t size = gc_shape_of_input(build)->dims[axis];
    double *indices = gc_pool_allocate(build->pool, (size_t)size, sizeof *indices);
    if (indices == NULL)
        return gc_pool_fail();
    const int64_t by = yyjson_get_sint(shift) % size;
    for (int32_t i = 0; i < size; i++)
        indices[i] = (double)((i - by + size) % size);
    return take_at(build, axis, indices, size);
}

/* ---- The tables ---- */

const struct gc_lowering gc_slicing_functions[] = {
    {"Flip", flip, GC_PLAIN},        {"Fliplr", flip_axis_1, GC_PLAIN},
    {"GetItem", get_item, GC_PLAIN}, {"Roll", roll, GC_PLAIN},
    {"Split", split, GC_SPLIT},      {"Take", take, GC_PLAIN},
    {"Unstack", unstack, GC_SPLIT},  {NULL, NULL, GC_PLAIN},
};

const struct gc_lowering gc_tensorflow_slicing[] = {
    {"__operators__.getitem", tensorflow_get_item, GC_PLAIN},
    {"compat.v1.gather", gather, GC_PLAIN},
    {"gather", gather, GC_PLAIN},
    {"image.flip_left_right", flip_left_right, GC_PLAIN},
    {"image.flip_up_down", flip_up_down, GC_PLAIN},
    {"reverse", flip, GC_PLAIN},
    {"roll", roll, GC_PLAIN},
    {"split", tensorflow_split, GC_SPLIT},
    {"unstack", unstack, GC_SPLIT},
    {NULL, NULL, GC_PLAIN},
};
