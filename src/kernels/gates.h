/* Gates of a clamp, one bit for each value of a step's output. A gate is open where the output lies
 * between the clamp's bounds, and only there a gradient passes. The forward pass notes the gates
 * while the output is in the cache. The backward pass then reads them from memory, and not the
 * output, which is 32 times as large. */
#ifndef GC_GATES_H
#define GC_GATES_H

#include "base/simd.h"
#include "graph/op.h"

/* The gates of 16 values, the first in the lowest bit. */
typedef uint16_t gc_gates;
#define GC_GATES 16

/* How many gc_gates there are for so many values. */
static inline size_t gc_gates_count(size_t values) { return (values + GC_GATES - 1) / GC_GATES; }

static inline bool gc_gate_is_open(const gc_gates *gates, size_t at) {
    return gates[at / GC_GATES] >> at % GC_GATES & 1;
}

#ifndef GC_DOUBLE
/* A vector of a gradient behind its gates, the lowest four bits. */
GC_INLINE gc_f4 gc_gates_pass(gc_f4 gradient, uint32_t gates) {
    const gc_u4 bits = {1, 2, 4, 8}, all = {gates, gates, gates, gates};
    return (gc_f4)((gc_u4)gradient & (gc_u4)((all & bits) == bits));
}
#endif

/* Notes the gates of a step's clamp for values first .. end - 1 of its output. The gates of 16
 * values are noted with the last of these.
 *   gates   [gc_gates_count(values of out)] */
void gc_gates_note(gc_gates *gates, const gc_real *out, const struct gc_step *step, size_t first,
                   size_t end);

/* Turns the gradient behind a clamp into the gradient before it, gradient [count]. */
void gc_gates_apply(gc_real *gradient, const gc_gates *gates, size_t count);

#endif
