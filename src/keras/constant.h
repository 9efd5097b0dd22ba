/* Constants in the call of a function. */
#ifndef GC_KERAS_CONSTANT_H
#define GC_KERAS_CONSTANT_H

#include "keras/axes.h"

/* A number, or an array of numbers. */
struct gc_constant {
    int32_t rank, dims[GC_MAX_AXES];
    double *values; /* [count] */
    int32_t count;
};

/* The constant of a call with one tensor.
 *   Keras 3   {"args": [tensor, constant], "kwargs": {}}
 *   Keras 2   ["name", node, tensor, {"y": constant}], or a list of one such list, or
 *             ["_CONSTANT_VALUE", -1, constant, {"y": tensor}]. Some functions have another name
 *             for y
 * NULL if there is none. `is_first` receives whether it stands in front of the tensor. */
yyjson_val *gc_constant_find(const struct gc_build *build, bool *is_first);

/* Is there a constant in the list of tensors that a call joins? */
bool gc_constant_is_listed(const struct gc_build *build);

/* Reads a number, lists in lists, or an array of NumPy or Keras. True and false are 1 and 0. `good`
 * receives whether it is one of these. Fails with OUT_OF_MEMORY. */
gc_status gc_constant_read(struct gc_constant *constant, yyjson_val *value, struct gc_pool *pool,
                           bool *good);

/* Is it one number, or one for each channel of the shape? */
bool gc_constant_is_number(const struct gc_constant *constant);
bool gc_constant_is_of_channels(const struct gc_constant *constant, const gc_shape *shape);

/* Appends the constant as a tensor of its own shape, and writes its value in the graph. `from` is
 * any value of the graph. */
gc_status gc_constant_tensor(struct gc_build *build, const struct gc_constant *constant,
                             int32_t from, int32_t *value);

/* The same for a tensor that will be merged with the value `beside`. An axis of the batch is left
 * out. A constant that has more axes than the value is refused. */
gc_status gc_constant_append(struct gc_build *build, const struct gc_constant *constant,
                             int32_t beside, int32_t *value);

#endif
