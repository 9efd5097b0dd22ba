/* What functions know of axes. Their axes count from the batch, which is axis 0. A function that
 * mixes the pictures of a batch is refused. An operator knows one picture only. */
#ifndef GC_KERAS_AXES_H
#define GC_KERAS_AXES_H

#include "keras/lowering.h"

#define GC_MAX_AXES (GC_MAX_RANK + 1) /* of a tensor with its batch */

/* The shape of the next operator's first input. Callers have checked that it is known. */
const gc_shape *gc_shape_of_input(const struct gc_build *build);

/* Notes that the function is not supported, because it mixes the pictures of a batch. */
gc_status gc_build_lacks_batch(struct gc_build *build);

/* Reads the axes of a function that takes all axes, the batch too, if none is given. */
gc_status gc_build_read_axes(struct gc_build *build, bool *axes, bool *has_batch);

#endif
