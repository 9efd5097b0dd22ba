#include "api/grid.h"

/* The side of a square of `count` positions. 0 if it is no square. */
static int32_t side_of(int32_t count) {
    int32_t side = 0;
    while ((int64_t)side * side < count)
        side++;
    return (int64_t)side * side == count ? side : 0;
}

bool gc_find_grid(struct gc_grid *grid, const gc_shape *shape) {
    if (shape->rank == 3) {
        *grid = (struct gc_grid){shape->dims[0], shape->dims[1], 0};
        return true;
    }
    if (shape->rank != 2 || shape->dims[0] < 4)
        return false;
    const int32_t first = side_of(shape->dims[0]) == 0, side = side_of(shape->dims[0] - first);
    *grid = (struct gc_grid){side, side, first};
    return side > 0;
}

struct gc_probe gc_probe_of_grid(const struct gc_probe *probe, gc_shape *picture) {
    struct gc_probe whole = *probe;
    struct gc_grid grid;
    if (probe->shape->rank != 2 || !gc_find_grid(&grid, probe->shape))
        return whole;
    const int32_t channels = probe->shape->dims[1];
    const size_t offset = (size_t)grid.first * (size_t)channels;
    *picture = (gc_shape){3, {grid.rows, grid.columns, channels}};
    whole.shape = picture;
    whole.gradient += whole.gradient == NULL ? 0 : offset;
    whole.value += whole.value == NULL ? 0 : offset;
    return whole;
}
