#include "graph/shapes.h"

struct gc_layout gc_layout_of(const gc_shape *shape, int32_t axis) {
    struct gc_layout layout = {1, 1, 1};
    for (int32_t i = 0; i < shape->rank; i++) {
        size_t *part = i < axis ? &layout.outer : i == axis ? &layout.count : &layout.inner;
        *part *= (size_t)shape->dims[i];
    }
    return layout;
}

void gc_strides(size_t *stride, const gc_shape *shape) {
    size_t next = 1;
    for (int32_t axis = shape->rank - 1; axis >= 0; axis--) {
        stride[axis] = next;
        next *= (size_t)shape->dims[axis];
    }
}

size_t gc_offset(const gc_shape *axes, const size_t *stride, size_t index) {
    size_t offset = 0;
    for (int32_t axis = axes->rank - 1; axis >= 0; axis--) {
        const size_t size = (size_t)axes->dims[axis];
        offset += index % size * stride[axis];
        index /= size;
    }
    return offset;
}

gc_status gc_same_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                        const void *params) {
    (void)input_count, (void)params;
    *out = *in;
    return GC_OK;
}

gc_status gc_check_picture(const gc_shape *shape, const char *what) {
    if (shape->rank == 3 && gc_shape_count(shape) > 0)
        return GC_OK;
    char text[GC_SHAPE_TEXT];
    return gc_fail(GC_INVALID_MODEL, "%s takes height, width and channels, not the shape %s", what,
                   gc_shape_text(text, shape));
}

gc_status gc_check_axis(const gc_shape *shape, int32_t axis, const char *what) {
    if (axis >= 0 && axis < shape->rank)
        return GC_OK;
    char text[GC_SHAPE_TEXT];
    return gc_fail(GC_INVALID_MODEL, "%s over an axis that the shape %s does not have", what,
                   gc_shape_text(text, shape));
}
