#include "base/shape.h"

#include <stdio.h>
#include <string.h>

size_t gc_shape_count(const gc_shape *shape) {
    size_t count = 1;
    for (int32_t i = 0; i < shape->rank; i++) {
        if (shape->dims[i] <= 0)
            return 0;
        if (count > GC_MAX_TENSOR_BYTES / sizeof(float) / (size_t)shape->dims[i])
            return 0;
        count *= (size_t)shape->dims[i];
    }
    return count;
}

bool gc_shape_equal(const gc_shape *a, const gc_shape *b) {
    if (a->rank != b->rank)
        return false;
    for (int32_t i = 0; i < a->rank; i++)
        if (a->dims[i] != b->dims[i])
            return false;
    return true;
}

int32_t gc_shape_axis(const gc_shape *shape, int32_t axis) {
    const int32_t index = axis < 0 ? shape->rank + axis : axis - 1;
    return index >= 0 && index < shape->rank ? index : -1;
}

int32_t gc_shape_channels(const gc_shape *shape) {
    return shape->rank == 0 ? 1 : shape->dims[shape->rank - 1];
}

const char *gc_shape_text(char *text, const gc_shape *shape) {
    int used = snprintf(text, GC_SHAPE_TEXT, "(");
    for (int32_t i = 0; i < shape->rank; i++)
        used += snprintf(text + used, (size_t)(GC_SHAPE_TEXT - used), i == 0 ? "%d" : ", %d",
                         (int)shape->dims[i]);
    snprintf(text + used, (size_t)(GC_SHAPE_TEXT - used), ")");
    return text;
}
