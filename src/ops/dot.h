/* The dot product that several kernels rest on. */
#ifndef GC_DOT_H
#define GC_DOT_H

#include <stddef.h>

#include "../real.h"

/* Sums that run side by side, so that they become vectors. */
#define GC_DOT_LANES 16

/* sum over i of a(i) * b(i), for i = 0 .. count - 1 */
static inline gc_real gc_dot(const gc_real *restrict a, const gc_real *restrict b, size_t count) {
    gc_real sums[GC_DOT_LANES] = {0}, sum = 0;
    size_t i = 0;
    for (; i + GC_DOT_LANES <= count; i += GC_DOT_LANES)
        for (size_t lane = 0; lane < GC_DOT_LANES; lane++)
            sums[lane] += a[i + lane] * b[i + lane];
    for (; i < count; i++)
        sum += a[i] * b[i];
    for (size_t lane = 0; lane < GC_DOT_LANES; lane++)
        sum += sums[lane];
    return sum;
}

#endif
