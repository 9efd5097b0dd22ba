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

/* How many gc_gates to have for so many values. One more than these fill, for gc_gates_from. */
static inline size_t gc_gates_count(size_t values) {
    return (values + GC_GATES - 1) / GC_GATES + 1;
}

static inline bool gc_gate_is_open(const gc_gates *gates, size_t at) {
    return gates[at / GC_GATES] >> at % GC_GATES & 1;
}

#ifndef GC_DOUBLE
/* The gates of 16 values, from any value on, in the lowest bits of each lane. */
GC_INLINE gc_u4 gc_gates_from(const gc_gates *gates, size_t at) {
    uint32_t some;
    memcpy(&some, gates + at / GC_GATES, sizeof some);
    some >>= at % GC_GATES;
    return (gc_u4){some, some, some, some};
}

/* Vector v of a gradient behind these gates, 0 .. 3. */
GC_INLINE gc_f4 gc_gates_pass(gc_f4 gradient, gc_u4 gates, uint32_t v) {
    const gc_u4 bits = {1u << 4 * v, 2u << 4 * v, 4u << 4 * v, 8u << 4 * v};
    return (gc_f4)((gc_u4)gradient & (gc_u4)((gates & bits) == bits));
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
