/* The dot product that several kernels rest on. */
#ifndef GC_DOT_H
#define GC_DOT_H

#include <stddef.h>

#include "base/real.h"
#include "base/simd.h"

/* sum over i of a(i) * b(i), for i = 0 .. count - 1. b has the type of weights. */
static inline gc_real gc_dot_weights(const gc_real *restrict a, const float *restrict b,
                                     size_t count) {
    gc_real sum = 0;
    size_t i = 0;
#ifndef GC_DOUBLE
    gc_f4 sums[GC_LANES] = {{0}}; /* four sums, whose additions do not wait for each other */
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

/* Positions whose products are computed together. */
#define GC_TOGETHER 4

/* sums [GC_TOGETHER] += the dot products of weights [count] with GC_TOGETHER tensors [count],
 * `stride` apart. The weights are read once for all of them. */
static inline void gc_add_dots(gc_real *sums, const gc_real *weights, const gc_real *tensor,
                               size_t stride, size_t count) {
    size_t i = 0;
#ifndef GC_DOUBLE
    gc_f4 low[GC_TOGETHER] = {{0}}, high[GC_TOGETHER] = {{0}};
    for (; i + 2 * GC_LANES <= count; i += 2 * GC_LANES) {
        const gc_f4 first = gc_f4_load(weights + i), second = gc_f4_load(weights + i + GC_LANES);
        for (size_t p = 0; p < GC_TOGETHER; p++) {
            const float *at = tensor + p * stride + i;
            low[p] = gc_f4_multiply_add(gc_f4_load(at), first, low[p]);
            high[p] = gc_f4_multiply_add(gc_f4_load(at + GC_LANES), second, high[p]);
        }
    }
    for (size_t p = 0; p < GC_TOGETHER; p++)
        low[p] += high[p];
    gc_f4_store(sums, gc_f4_load(sums) + gc_f4_sums(low));
#endif
    for (; i < count; i++)
        for (size_t p = 0; p < GC_TOGETHER; p++)
            sums[p] += weights[i] * tensor[p * stride + i];
}

#endif
