/* Finds values that are no finite numbers.
 *
 * Inputs and weights are finite, so NaN and infinity arise in a layer only, by overflow or by a
 * function without a value. A clamp turns some of them into ordinary numbers, and so a look at the
 * outputs is not enough. What a layer cannot exceed follows from its weights. Only where a value
 * may overflow, a layer is computed again node by node. */
#ifndef GC_FINITE_H
#define GC_FINITE_H

#include "engine/run.h"

/* Writes the first value of the last forward pass that holds a number that is not finite, GC_NONE
 * if there is none. Fails with OUT_OF_MEMORY, INTERNAL. */
gc_status gc_find_not_finite(struct gc_run *run, const struct gc_plan *plan, int32_t *value);

#endif
