/* The dot product that several kernels rest on. */
#ifndef GC_DOT_H
#define GC_DOT_H

#include <stddef.h>

#include "../real.h"
#include "simd.h"

/* sum over i of a(i) * b(i), for i = 0 .. count - 1, b in the type of weights */
static inline gc_real gc_dot_weights(const gc_real *restrict a, const float *restrict b,
                                     size_t count) {
    gc_real sum = 0;
    size_t i = 0;
#ifndef GC_DOUBLE
    gc_f4 sums[GC_LANES] = {{0}}; /* side by side, so that none waits for another */
    for (; i + GC_LANES * GC_LANES <= count; i += GC_LANES * GC_LANES)
        for (size_t s = 0; s < GC_LANES; s++)
            sums[s] = gc_f4_multiply_add(gc_f4_load(a + i + s * GC_LANES),
                                         gc_f4_load(b + i + s * GC_LANES), sums[s]);
    for (; i + GC_LANES <= count; i += GC_LANES)
        sums[0] = gc_f4_multiply_add(gc_f4_load(a + i), gc_f4_load(b + i), sums[0]);
    const gc_f4 all = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    sum = (all[0] + all[1]) + (all[2] + all[3]);
#endif
    for (; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

/* The same of two tensors. */
static inline gc_real gc_dot(const gc_real *restrict a, const gc_real *restrict b, size_t count) {
#ifndef GC_DOUBLE
    return gc_dot_weights(a, b, count);
#else
    gc_real sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
#endif
}

#endif
