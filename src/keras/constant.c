#include "keras/constant.h"

#include <math.h>
#include <string.h>

static bool is_tensor(yyjson_val *value) {
    return yyjson_equals_str(yyjson_obj_get(value, "class_name"), "__keras_tensor__");
}

/* The argument of a function of TensorFlow that may be a constant. */
static yyjson_val *named_argument(yyjson_val *arguments) {
    static const char *const names[] = {"y", "bias", "b"};
    yyjson_val *found = NULL;
    for (size_t i = 0; found == NULL && i < sizeof names / sizeof *names; i++)
        found = yyjson_obj_get(arguments, names[i]);
    return found;
}

yyjson_val *gc_constant_find(const struct gc_build *build, bool *is_first) {
    yyjson_val *node = build->call->node, *arguments = yyjson_obj_get(node, "args");
    *is_first = false;
    if (yyjson_arr_size(arguments) == 2) {
        yyjson_val *first = yyjson_arr_get(arguments, 0);
        *is_first = !is_tensor(first);
        return *is_first ? first : yyjson_arr_get(arguments, 1);
    }
    if (yyjson_is_obj(node))
        return yyjson_obj_get(yyjson_obj_get(node, "kwargs"), "x2");
    if (yyjson_is_arr(yyjson_arr_get_first(node)))
        node = yyjson_arr_get_first(node);
    *is_first = yyjson_equals_str(yyjson_arr_get_first(node), GC_KERAS_CONSTANT);
    return *is_first ? yyjson_arr_get(node, 2) : named_argument(yyjson_arr_get(node, 3));
}

bool gc_constant_is_listed(const struct gc_build *build) {
    yyjson_val *node = build->call->node;
    yyjson_val *first = yyjson_arr_get_first(yyjson_obj_get(node, "args"));
    yyjson_val *list = yyjson_is_arr(node) ? node : first, *entry;
    size_t i, size;
    if (!yyjson_is_arr(list) || !(yyjson_is_obj(node) || yyjson_is_arr(yyjson_arr_get_first(node))))
        return false;
    if (yyjson_is_arr(node) && yyjson_arr_size(node) == 1)
        return false;
    yyjson_arr_foreach(list, i, size, entry) {
        const bool is_reference =
            yyjson_is_str(yyjson_arr_get_first(entry)) &&
            !yyjson_equals_str(yyjson_arr_get_first(entry), GC_KERAS_CONSTANT);
        if (!is_tensor(entry) && !is_reference)
            return true;
    }
    return false;
}

/* The numbers of {"class_name": "__numpy__" or "__tensor__", "config": {"value": ...}}. */
static yyjson_val *unwrap(yyjson_val *value) {
    return yyjson_is_obj(value) ? yyjson_obj_get(yyjson_obj_get(value, "config"), "value") : value;
}

/* Reads the sizes of lists in lists from the first list of each level. */
static bool read_sizes(struct gc_constant *constant, yyjson_val *value) {
    int64_t count = 1;
    for (constant->rank = 0; yyjson_is_arr(value); value = yyjson_arr_get_first(value)) {
        const size_t size = yyjson_arr_size(value);
        if (constant->rank == GC_MAX_AXES || size < 1 || (int64_t)size > INT32_MAX / count)
            return false;
        count *= (int64_t)size;
        constant->dims[constant->rank++] = (int32_t)size;
    }
    constant->count = (int32_t)count;
    return true;
}

static bool read_number(yyjson_val *value, double *number) {
    *number = yyjson_is_bool(value) ? yyjson_is_true(value) : yyjson_get_num(value);
    return yyjson_is_bool(value) || (yyjson_is_num(value) && isfinite(*number));
}

/* Reads the numbers below `axis`. False if a list has another size than the first of its level. */
static bool read_values(const struct gc_constant *constant, yyjson_val *value, int32_t axis,
                        double **next) {
    if (axis == constant->rank)
        return read_number(value, (*next)++);
    if (yyjson_arr_size(value) != (size_t)constant->dims[axis])
        return false;
    size_t i, size;
    yyjson_val *entry;
    yyjson_arr_foreach(value, i, size, entry) {
        if (!read_values(constant, entry, axis + 1, next))
            return false;
    }
    return true;
}

gc_status gc_constant_read(struct gc_constant *constant, yyjson_val *value, struct gc_pool *pool,
                           bool *good) {
    value = unwrap(value);
    *good = read_sizes(constant, value);
    if (!*good)
        return GC_OK;
    constant->values = gc_pool_allocate(pool, (size_t)constant->count, sizeof *constant->values);
    if (constant->values == NULL)
        return gc_pool_fail();
    double *next = constant->values;
    *good = read_values(constant, value, 0, &next);
    return GC_OK;
}

bool gc_constant_is_number(const struct gc_constant *constant) {
    return constant->rank == 0 || (constant->rank == 1 && constant->count == 1);
}

bool gc_constant_is_of_channels(const struct gc_constant *constant, const gc_shape *shape) {
    const int32_t last = constant->rank == 0 ? 1 : constant->dims[constant->rank - 1];
    return constant->rank <= shape->rank + 1 && constant->count == last &&
           (last == 1 || last == gc_shape_channels(shape));
}

gc_status gc_constant_tensor(struct gc_build *build, const struct gc_constant *constant,
                             int32_t from, int32_t *value) {
    const size_t bytes = (size_t)constant->count * sizeof(double);
    *value = from;
    if (constant->rank > GC_MAX_RANK)
        return gc_build_lacks(build, "a constant of more than %d axes", GC_MAX_RANK);
    struct gc_constant_params *p = gc_pool_allocate(build->pool, 1, sizeof *p + bytes);
    if (p == NULL)
        return gc_pool_fail();
    p->shape.rank = constant->rank;
    memcpy(p->shape.dims, constant->dims, (size_t)constant->rank * sizeof *constant->dims);
    memcpy(p->values, constant->values, bytes);
    gc_build_inputs(build, &from, 1);
    GC_TRY(gc_build_op(build, &gc_op_constant, p, sizeof *p + bytes, NULL));
    *value = build->value;
    return GC_OK;
}

gc_status gc_constant_append(struct gc_build *build, const struct gc_constant *constant,
                             int32_t beside, int32_t *value) {
    const int32_t rank = build->graph->values[beside].shape.rank;
    struct gc_constant own = *constant;
    if (own.rank == rank + 1 && own.dims[0] == 1) {
        own.rank--;
        memmove(own.dims, own.dims + 1, (size_t)own.rank * sizeof *own.dims);
    }
    *value = beside;
    return own.rank > rank
               ? gc_build_lacks(build,
                                "a constant that has one value for each picture of the batch")
               : gc_constant_tensor(build, &own, beside, value);
}
