/* Sums of a tensor's values over its positions, one sum for each channel. A few positions are
 * summed in gc_real, and these sums are added up in double. Thousands of float32 values of both
 * signs would lose the digits that matter. */
#ifndef GC_SUMS_H
#define GC_SUMS_H

#include "base/simd.h"
#include "graph/op.h"

/* sums [channels] = sum of tensor [count][channels] over the positions */
void gc_sum_positions(double *sums, const gc_real *tensor, size_t count, size_t channels);

/* Turns the gradient behind a step's clamp into the gradient before it. Nothing passes where the
 * output lies on a bound. The mask is a pass over memory of its own. Kernels that mask a gradient
 * as they store it were no faster, because the output has to come from memory in any case.
 *   gradient, out   in the shape of step->out */
void gc_mask_clamp(gc_real *gradient, const gc_real *out, const struct gc_step *step);

/* The same, and in the same pass the sums [channels] of the result. */
void gc_mask_clamp_and_sum(double *sums, gc_real *gradient, const gc_real *out,
                           const struct gc_step *step);

/* sums [vectors][GC_LANES] += block [vectors] */
static inline void gc_add_vectors(double *sums, const gc_f4 *block, size_t vectors) {
    for (size_t v = 0; v < vectors; v++, sums += GC_LANES) {
        gc_d2_store(sums, gc_d2_load(sums) + gc_f4_low(block[v]));
        gc_d2_store(sums + 2, gc_d2_load(sums + 2) + gc_f4_high(block[v]));
    }
}

#endif
