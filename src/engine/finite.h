/* A forward pass that watches for values that are no finite numbers.
 *
 * Inputs and weights are finite, so NaN and infinity arise in a layer only, by overflow or by a
 * function without a value. A clamp turns some of them into ordinary numbers, and so a look at the
 * outputs is not enough. What a layer cannot exceed follows from its weights. Only where a value
 * may overflow, a layer is computed again node by node. */
#ifndef GC_FINITE_H
#define GC_FINITE_H

#include "engine/run.h"

/* Runs the network as gc_run_forward does. Writes the first value that holds a number that is not
 * finite, GC_NONE if there is none. Each group is looked at when it has run, because what it read
 * may be overwritten after. If values may overflow inside a chain, the network runs again and keeps
 * everything. Fails with OUT_OF_MEMORY, INTERNAL. */
gc_status gc_run_watched(struct gc_run *run, struct gc_plan *plan, int32_t *not_finite);

#endif
