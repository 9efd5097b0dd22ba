/* Shows where time goes. In a build with GC_PROFILE (`npm run profile`) the engine tells the host
 * of every call of an operator, and the host reads its own clock. In all other builds this is
 * nothing. */
#ifndef GC_PROFILE_H
#define GC_PROFILE_H

#include "graph/op.h"

#ifdef GC_PROFILE

/* The host's functions. `kernel` has rank 0 for an operator without weights. A step that runs in
 * bands ends several times. */
__attribute__((import_module("env"), import_name("gc_profile_begin"))) void gc_profile_begin(void);
__attribute__((import_module("env"), import_name("gc_profile_end"))) void
gc_profile_end(const struct gc_step *step, const char *name, bool is_backward, const gc_shape *in,
               const gc_shape *out, const gc_shape *kernel);

static inline gc_status gc_profile_call(gc_status status, const struct gc_step *step,
                                        bool is_backward) {
    const struct gc_op *op = step->op;
    const gc_shape none = {0};
    const gc_shape kernel = op->weight == NULL ? none : op->weight(0, step->in, step->params);
    gc_profile_end(step, op->name, is_backward, step->in, &step->out, &kernel);
    return status;
}

#define GC_PROFILED(step, is_backward, call)                                                       \
    (gc_profile_begin(), gc_profile_call(call, step, is_backward))

#else

#define GC_PROFILED(step, is_backward, call) (call)

#endif
#endif
