/* The first principal component of a matrix, which the eigen methods draw as a map. */
#ifndef GC_METHODS_PRINCIPAL_H
#define GC_METHODS_PRINCIPAL_H

#include <stddef.h>

#include "base/real.h"

/* Numbers of scratch that a matrix of this size needs. */
size_t gc_principal_scratch(size_t positions, size_t channels);

/* Let R be the values minus the mean of each column, and v the unit vector that makes the
 * norm of R v largest.
 *     map = R v
 * The sign of v is free. The value of the map that lies farthest from zero is positive. Values
 * whose rows are all equal give a map of zeros. A value that is not finite gives NaN.
 *   map       [positions]
 *   matrix    [positions][channels], receives R. It may be `values`
 *   values    [positions][channels]
 *   scratch   [gc_principal_scratch] */
void gc_principal(float *map, gc_real *matrix, const gc_real *values, size_t positions,
                  size_t channels, double *scratch);

#endif
