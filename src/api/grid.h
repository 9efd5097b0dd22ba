/* The rows and columns of a map. */
#ifndef GC_API_GRID_H
#define GC_API_GRID_H

#include <stdbool.h>

#include "base/shape.h"
#include "engine/probe.h"

/* Where the positions of a map lie in a layer's output. */
struct gc_grid {
    int32_t rows, columns;
    int32_t first; /* tokens in front of the first position */
};

/* Finds the map of an output. A picture, [rows][columns][channels], has its own rows and columns.
 * Tokens, [tokens][channels], are patches of a square picture, row by row, if their number is a
 * square from 4 on. One more token, the first, is the class token of a vision transformer. It is no
 * patch and takes no part in the map. False if there is no map. */
bool gc_find_grid(struct gc_grid *grid, const gc_shape *shape);

/* The probe of tokens as one of a picture, without the class token. `picture` receives its shape,
 * which the probe points to. A probe of a picture stays as it is. */
struct gc_probe gc_probe_of_grid(const struct gc_probe *probe, gc_shape *picture);

#endif
