/* The rest of the engine knows nothing but the names of explanation methods. It makes maps through
 * an explainer. */
#ifndef GC_METHODS_H
#define GC_METHODS_H

#include "engine/probe.h"

struct gc_method;

/* Method `i` in the order of gc_method_name, or NULL. */
const struct gc_method *gc_method_at(int32_t i);

/* Makes the maps of several methods, of one class and layer after another. */
struct gc_explainer {
    const struct gc_method **methods; /* [count] */
    size_t count;
    uint32_t flags; /* as gc_model_explain takes them */
    double score;   /* what is explained, set for each class */

    /* Scratch for the largest of the layers. NULL before gc_explainer_reserve, and where no method
     * needs any. */
    double *sums;     /* [GC_CHANNEL_SUMS * channels] */
    double *squares;  /* [positions] */
    double *vectors;  /* as many as gc_principal_scratch says */
    gc_real *weights; /* [count][channels] */
    gc_real *matrix;  /* [positions][channels] */
};

/* Whether a method reads whole tensors, so that a swallowed layer runs node by node. */
bool gc_explainer_reads_tensors(const struct gc_explainer *explainer);

/* Whether a method reads the gradient, and whether one does not. */
bool gc_explainer_reads_gradient(const struct gc_explainer *explainer);
bool gc_explainer_reads_value_alone(const struct gc_explainer *explainer);

/* Whether a method explains only layers that everything after is linear in. */
bool gc_explainer_needs_linear(const struct gc_explainer *explainer);

/* Whether method i gives the same map for every class. */
bool gc_explainer_ignores_class(const struct gc_explainer *explainer, size_t i);

/* Allocates the scratch for layers of these shapes, [rows][columns][channels] each, to be given to
 * gc_explainer_release. Fails with OUT_OF_MEMORY. */
gc_status gc_explainer_reserve(struct gc_explainer *explainer, const gc_shape *shapes,
                               size_t shape_count);
void gc_explainer_release(struct gc_explainer *explainer);

/* Explains one class at one layer. The layer's output is A and the class' gradient there is G, both
 * [rows][columns][channels].
 *   raw     [count] maps [rows][columns], signed and unscaled. The map of a method that ignores
 *           the class may be NULL, and is left out then, as is its norm
 *   norms   [count]. The Euclidean norm of what a method takes from the gradient, 0 without a
 *           gradient. For a method that takes nothing from the gradient, the norm of A
 *   shape   of A
 *   probe   of the layer. NULL if the output does not depend on the layer. The maps are zero then,
 *           but for the methods that take nothing from the gradient
 *   value   A. It is read without a probe only, and only for such methods
 * `cancelled` receives what gc_model_cancelled_channels says, 0 if no method divides by totals.
 * Fails with OUT_OF_MEMORY. */
gc_status gc_explain_layer(const struct gc_explainer *explainer, float *const *raw, double *norms,
                           int32_t *cancelled, const gc_shape *shape, const struct gc_probe *probe,
                           const gc_real *value);

#endif
