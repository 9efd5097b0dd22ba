/* Sums of a tensor's values over its positions, one sum for each channel. A few positions are
 * summed in gc_real, and these sums are added up in double. Thousands of float32 values of both
 * signs would lose the digits that matter. */
#ifndef GC_SUMS_H
#define GC_SUMS_H

#include "base/simd.h"
#include "kernels/gates.h"

/* sums [channels] = sum of tensor [count][channels] over the positions */
void gc_sum_positions(double *sums, const gc_real *tensor, size_t count, size_t channels);

/* Applies the gates to the gradient [count][channels] and sums the result in the same pass. */
void gc_sum_passing(double *sums, gc_real *gradient, const gc_gates *gates, size_t count,
                    size_t channels);

/* sums [vectors][GC_LANES] += block [vectors] */
static inline void gc_add_vectors(double *sums, const gc_f4 *block, size_t vectors) {
    for (size_t v = 0; v < vectors; v++, sums += GC_LANES) {
        gc_d2_store(sums, gc_d2_load(sums) + gc_f4_low(block[v]));
        gc_d2_store(sums + 2, gc_d2_load(sums + 2) + gc_f4_high(block[v]));
    }
}

#endif
