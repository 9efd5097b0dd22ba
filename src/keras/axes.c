#include "keras/axes.h"

const gc_shape *gc_shape_of_input(const struct gc_build *build) {
    return &build->graph->values[build->inputs[0]].shape;
}

gc_status gc_build_lacks_batch(struct gc_build *build) {
    return gc_build_lacks(build, "an axis that is the batch");
}

gc_status gc_build_read_axes(struct gc_build *build, bool *axes, bool *has_batch) {
    yyjson_val *field = gc_field(&build->fields, "axis");
    yyjson_val *first = yyjson_is_arr(field) ? yyjson_arr_get_first(field) : field;
    *has_batch = first == NULL || (yyjson_is_int(first) && yyjson_get_sint(first) == 0);
    return *has_batch ? GC_OK : gc_build_axes(build, "axis", GC_REQUIRED, axes);
}
