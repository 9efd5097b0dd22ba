/* How large numbers are. */
#ifndef GC_MAGNITUDE_H
#define GC_MAGNITUDE_H

#include <stddef.h>

#include "base/real.h"

/* The largest magnitude of `count` values, INFINITY if one of them is NaN or infinite. */
double gc_magnitude(const gc_real *values, size_t count);

#endif
