/* What fusion folds into a linear operator, for the plain path (applied to its output) and for the
 * fast path (folded into its weights). */
#ifndef GC_FUSED_H
#define GC_FUSED_H

#include "graph/op.h"

/* out = clamp(out * scale + shift), in place. out is the step's. */
void gc_fused_apply(const struct gc_step *step, gc_real *out);

/* The scale of a channel, 1 without: what a gradient is multiplied with on its way back. */
static inline gc_real gc_fused_scale(const struct gc_step *step, int32_t channel) {
    return step->scale == NULL ? 1 : step->scale[channel];
}

#ifndef GC_DOUBLE
/* bias * scale + shift, [channels], for gc_release; bias may be NULL. Fails with OUT_OF_MEMORY. */
gc_status gc_fused_bias(float **folded, const struct gc_step *step, const float *bias,
                        int32_t channels);
#endif

#endif
