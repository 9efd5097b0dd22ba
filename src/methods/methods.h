/* The rest of the engine knows of an explanation method nothing but its record. */
#ifndef GC_METHODS_H
#define GC_METHODS_H

#include "engine/probe.h"

struct gc_method {
    const char *name; /* "gradCam" */
    bool whole;       /* reads whole tensors, so that a swallowed layer runs node by node */

    /* Explains one class at one layer.
     *   raw    [rows][columns]: receives the map, signed and unscaled
     *   norm   receives the Euclidean norm of what the method takes from the gradient; 0: no
     *          gradient
     * Fails with OUT_OF_MEMORY. */
    gc_status (*explain)(const struct gc_method *method, const struct gc_probe *probe, float *raw,
                         double *norm);

    /* For a method that sums over the channels of each position, else NULL. Gives the sum at one
     * position, from the gradient and the layer's output there, [channels] each. */
    gc_real (*sum)(const gc_real *gradient, const gc_real *value, size_t channels);
};

/* Method `i` in the order of gc_method_name, or NULL. */
const struct gc_method *gc_method_at(int32_t i);

#endif
