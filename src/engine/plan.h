/* The plan says which nodes run as one, and where every tensor lies.
 *
 * All tensors lie in one arena. The output of every group is kept for the whole run, so that
 * further classes and layers need no new forward pass. Gradients are placed by lifetime. A gradient
 * lives from the backward of its last consumer to that of its producer. */
#ifndef GC_PLAN_H
#define GC_PLAN_H

#include "engine/group.h"

/* The gradients of some targets that share a backward pass. */
struct gc_gradients {
    size_t batch;      /* targets */
    gc_real **tensors; /* [value_count] of [batch][...], NULL where there is none */
    gc_real *part;     /* [batch][...], one part of a gradient that is a sum */
    void *arena;       /* NULL if the tensors lie in the plan's arena */
};

struct gc_plan {
    const struct gc_graph *graph;
    struct gc_group *groups; /* [group_count], in order of execution */
    int32_t group_count;
    int32_t prepared; /* groups whose steps can run */
    int32_t logits;   /* value before the final softmax or sigmoid */

    gc_real **tensors;             /* [value_count], NULL for a swallowed value */
    struct gc_gradients gradients; /* of one target */
    void *arena;
};

/* Plans a graph whose weights are all set. The graph must outlive the plan and keep its shapes. Its
 * groups must be prepared before it runs. Fails with OUT_OF_MEMORY, TOO_LARGE. *plan is NULL then.
 * */
gc_status gc_plan_create(struct gc_plan **plan, const struct gc_graph *graph, uint32_t flags);

/* Prepares the next group and writes how many are left. Fails with OUT_OF_MEMORY, INTERNAL. */
gc_status gc_plan_prepare_next(struct gc_plan *plan, int32_t *left);

/* NULL is allowed. */
void gc_plan_destroy(struct gc_plan *plan);

/* Places the gradients of `batch` targets, to be given to gc_gradients_free.
 *   marks, wanted   [value_count]: only the values whose mark has one of the bits `wanted`
 * Fails with OUT_OF_MEMORY. */
gc_status gc_gradients_create(struct gc_gradients *gradients, const struct gc_plan *plan,
                              size_t batch, const uint8_t *marks, uint8_t wanted);
void gc_gradients_free(struct gc_gradients *gradients);

#endif
