/* What fusion folds into a linear operator. A reference applies it to the output. A path folds it
 * into the weights. */
#ifndef GC_FUSED_H
#define GC_FUSED_H

#include "graph/op.h"

/* out = clamp(out * scale + shift), in place. out is the step's. */
void gc_fused_apply(const struct gc_step *step, gc_real *out);

/* The fused scale of a channel, or 1. The backward pass multiplies the gradient of out by it. */
static inline gc_real gc_fused_scale(const struct gc_step *step, int32_t channel) {
    return step->scale == NULL ? 1 : step->scale[channel];
}

#ifndef GC_DOUBLE
/* folded [channels] = bias * scale + shift. bias may be NULL for 0. The caller releases `folded`.
 * Fails with OUT_OF_MEMORY. */
gc_status gc_fused_bias(float **folded, const struct gc_step *step, const float *bias,
                        int32_t channels);
#endif

#endif
