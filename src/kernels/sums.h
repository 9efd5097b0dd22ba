/* Sums of a tensor's values over its positions, channel by channel; in double across blocks of a few
 * positions, for thousands of float32 values of both signs would lose the digits that matter. */
#ifndef GC_SUMS_H
#define GC_SUMS_H

#include "graph/op.h"

/* sums [channels] = sum of tensor [count][channels] over the positions */
void gc_sum_positions(double *sums, const gc_real *tensor, size_t count, size_t channels);

/* The gradient before a step's clamp: nothing passes where the output lies on a bound. A pass of its own: done
 * by the kernels as they store a gradient it was no faster, for the output has to come from memory either way.
 *   gradient, out   in the shape of step->out; `gradient` becomes that before the clamp */
void gc_mask_clamp(gc_real *gradient, const gc_real *out, const struct gc_step *step);

/* The same, with the result's sums [channels] from the same pass over the memory. */
void gc_mask_clamp_and_sum(double *sums, gc_real *gradient, const gc_real *out,
                           const struct gc_step *step);

#endif
