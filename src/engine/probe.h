/* A probe is a requested layer, as one backward pass meets it. An explanation method asks it
 * questions, and the probe answers each in the cheapest way.
 *
 * With A the layer's output and G the gradient of the explained class with regard to A, a layer
 * with tensors answers from these. A layer that fusion swallowed has none. Its answers come from
 * the input of its group, by the algebra in probe.c, which nothing else has to know. */
#ifndef GC_PROBE_H
#define GC_PROBE_H

#include "engine/group.h"
#include "kernels/gates.h"

/* Where a layer's answers come from. For probe.c alone. */
enum gc_answer { GC_TENSORS, GC_INPUT, GC_PADDED, GC_HEAD, GC_SCALED };

struct gc_probe {
    const gc_shape *shape;   /* of A, rows, columns, channels */
    gc_real *weights;        /* [channels]: scratch for the method */
    const gc_real *gradient; /* see gc_probe_gradient */
    const gc_real *value;    /* see gc_probe_value */
    struct gc_projector *shared;
    enum gc_answer answer;
};

/* means(k) = mean over rows, columns of G(., ., k)      means [channels]
 * Fails with OUT_OF_MEMORY. */
gc_status gc_probe_means(const struct gc_probe *probe, gc_real *means);

/* raw(y, x) = sum_k weights(k) A(y, x, k)      raw [rows][columns], weights [channels]
 * Fails with OUT_OF_MEMORY. */
gc_status gc_probe_weigh(const struct gc_probe *probe, float *raw, const gc_real *weights);

/* The whole tensors G and A, in the layer's shape. A swallowed layer has them only if the request
 * to the runner asked for them. Else they are NULL. */
static inline const gc_real *gc_probe_gradient(const struct gc_probe *probe) {
    return probe->gradient;
}
static inline const gc_real *gc_probe_value(const struct gc_probe *probe) { return probe->value; }

/* ---- For the runner ---- */

/* The probes of a backward pass share their scratch and the projection that was made last. */
struct gc_projector;

/* Makes one for the groups of a plan, [group_count]. Fails with OUT_OF_MEMORY. */
gc_status gc_projector_create(struct gc_projector **projector, const struct gc_graph *graph,
                              const struct gc_group *groups, int32_t group_count);
void gc_projector_destroy(struct gc_projector *projector); /* NULL is allowed */

/* A probe of a value with tensors. */
struct gc_probe gc_probe_tensors(struct gc_projector *projector, const gc_shape *shape,
                                 const gc_real *gradient, const gc_real *value);

/* Whether the swallowed values of a group can be explained without their tensors. */
bool gc_group_projects(const struct gc_group *group);

/* Begins with such a group. Probes of its values follow.
 *   gradient   of the group's output. It becomes the gradient before the group's clamp
 *   gates      of the group's clamp, NULL without */
void gc_projector_begin(struct gc_projector *projector, struct gc_group *group, gc_real *gradient,
                        const gc_gates *gates);

/* Probes of the swallowed value that node `i` of the group gives, and of the group's input. The
 * gradient of the input must come from this group alone. */
struct gc_probe gc_probe_swallowed(struct gc_projector *projector, const gc_shape *shape,
                                   int32_t i);
struct gc_probe gc_probe_input(struct gc_projector *projector, const gc_shape *shape);

#endif
