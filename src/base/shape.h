/* Shapes of tensors, without the batch axis. */
#ifndef GC_SHAPE_H
#define GC_SHAPE_H

#include <stdbool.h>

#include "gradcam.h"

/* The axes go from outside to inside, [height][width][channels] for a picture. */
typedef struct gc_shape {
    int32_t rank;
    int32_t dims[GC_MAX_RANK];
} gc_shape;

/* The number of values. 0 if an axis is not positive, or if the values exceed GC_MAX_TENSOR_BYTES
 * as float32. */
size_t gc_shape_count(const gc_shape *shape);

bool gc_shape_equal(const gc_shape *a, const gc_shape *b);

/* Turns an axis as Keras counts it into an index of `dims`. Keras counts the batch as axis 0, and
 * negative axes from the end. -1 if there is no such axis. */
int32_t gc_shape_axis(const gc_shape *shape, int32_t axis);

/* The last axis, which holds the channels. 1 for rank 0. */
int32_t gc_shape_channels(const gc_shape *shape);

/* Writes "(224, 224, 3)" into text[GC_SHAPE_TEXT] and returns it. */
#define GC_SHAPE_TEXT 80
const char *gc_shape_text(char *text, const gc_shape *shape);

#endif
