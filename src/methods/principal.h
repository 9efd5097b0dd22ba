/* The first principal component of a matrix, which the eigen methods draw as a map. */
#ifndef GC_METHODS_PRINCIPAL_H
#define GC_METHODS_PRINCIPAL_H

#include <stddef.h>

#include "base/real.h"

/* Numbers of scratch that a matrix of this size needs. */
size_t gc_principal_scratch(size_t positions, size_t channels);

/* Let R be the matrix minus the mean of each of its columns, and v the unit vector that makes the
 * norm of R v largest.
 *     map = R v
 * The sign of v is free. The value of the map that lies farthest from zero is positive. A matrix
 * whose rows are all equal gives a map of zeros. One with a value that is not finite gives NaN.
 *   map       [positions]
 *   matrix    [positions][channels]. It becomes R
 *   scratch   [gc_principal_scratch] */
void gc_principal(float *map, gc_real *matrix, size_t positions, size_t channels, double *scratch);

#endif
