/* Shapes of tensors, the batch axis left out. */
#ifndef GC_SHAPE_H
#define GC_SHAPE_H

#include <stdbool.h>

#include "gradcam.h"

typedef struct gc_shape {
    int32_t rank;
    int32_t dims
        [GC_MAX_RANK]; /* axes from outside to inside; [height][width][channels] for a picture */
} gc_shape;

/* Number of values; 0 if it is beyond GC_MAX_TENSOR_BYTES as float32, or an axis is not positive. */
size_t gc_shape_count(const gc_shape *shape);

bool gc_shape_equal(const gc_shape *a, const gc_shape *b);

/* Axis `axis` of a shape counted as Keras does, the batch being axis 0 and negative ones from the end;
 * -1 if there is no such axis. */
int32_t gc_shape_axis(const gc_shape *shape, int32_t axis);

/* Last axis: the channels; 1 for rank 0. */
int32_t gc_shape_channels(const gc_shape *shape);

/* Writes "(224, 224, 3)" into text[GC_SHAPE_TEXT] and returns it. */
#define GC_SHAPE_TEXT 80
const char *gc_shape_text(char *text, const gc_shape *shape);

#endif
