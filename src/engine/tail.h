/* A tail is what follows a value. It runs again with a channel of the value set to 0, in memory of
 * its own, so that the run stays as it is. Whatever does not depend on the value keeps what the run
 * gave, as do paths around it. */
#ifndef GC_TAIL_H
#define GC_TAIL_H

#include "engine/run.h"

struct gc_tail;

/* Takes a copy of the value from the last forward pass, which may be a swallowed one. Fails with
 * OUT_OF_MEMORY, INTERNAL. *tail is NULL then. The run must outlive the tail.
 *   to   the value that is wanted, the scores or the logits */
gc_status gc_tail_create(struct gc_tail **tail, struct gc_run *run, struct gc_plan *plan,
                         int32_t value, int32_t to);
void gc_tail_destroy(struct gc_tail *tail); /* NULL is allowed */

/* Runs the tail.
 *   channel   the one that is 0, GC_NONE for none
 *   output    receives the tensor of `to`, good until the next call
 * Fails with INTERNAL. */
gc_status gc_tail_run(struct gc_tail *tail, int32_t channel, const gc_real **output);

/* Whether every operator from the value to `to` is linear, apart from a constant. Then
 *     S - S(channel k is 0) = sum over positions of G(k) A(k),
 * with A the value and G the gradient of S there. Fails with OUT_OF_MEMORY. */
gc_status gc_tail_is_linear(const struct gc_graph *graph, int32_t value, int32_t to, bool *linear);

#endif
