/* Shape rules and checks that many operators share. */
#ifndef GC_SHAPES_H
#define GC_SHAPES_H

#include "graph/op.h"

/* A shape seen from one axis: [outer][count][inner], the count along the axis. */
struct gc_layout {
    size_t outer, count, inner;
};
struct gc_layout gc_layout_of(const gc_shape *shape, int32_t axis);

/* Values between neighbours along each axis of a tensor of this shape. */
void gc_strides(size_t *stride, const gc_shape *shape);

/* Offset of a value in a tensor. `index` counts through `axes`, the last one fastest. Neighbours
 * along an axis lie stride[axis] apart. */
size_t gc_offset(const gc_shape *axes, const size_t *stride, size_t index);

/* The shape rule of an operator that works value by value. out has the first input's shape. */
gc_status gc_same_shape(gc_shape *out, const gc_shape *in, int32_t input_count, const void *params);

/* Fails with INVALID_MODEL unless a shape has height, width and channels, all positive. `what`
 * names the operator in the message, as in "a convolution". */
gc_status gc_check_picture(const gc_shape *shape, const char *what);

/* Fails with INVALID_MODEL unless a shape has an axis `axis`, counted from 0. */
gc_status gc_check_axis(const gc_shape *shape, int32_t axis, const char *what);

#endif
