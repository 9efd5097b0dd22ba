/* The plan says which nodes run as one, and where every tensor lies.
 *
 * The tensors lie in one arena. From some group on, the tensors that the groups read and write are
 * kept for the whole run, so that further classes at these layers need no new forward pass. The
 * tensors before that group live until they are read last, and the next ones take their memory.
 * That memory mostly is in the cache still. So a run is faster and smaller if it keeps little, and
 * a run that is asked for more is made again, by the same operations and to the same bits.
 *
 * Of the tensors that are not kept, some are never whole. Groups that follow one another run in
 * bands of rows, and each of them has buffers for the rows of one band (bands.h, with a drawing).
 * On one thread, kept groups run in bands too, and write whole tensors.
 *
 * Gradients are placed by lifetime, too. A gradient lives from the backward of its last consumer to
 * that of its producer. */
#ifndef GC_PLAN_H
#define GC_PLAN_H

#include "engine/bands.h"
#include "kernels/gates.h"

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
    int32_t prepared;   /* groups whose steps can run */
    int32_t logits;     /* value before the final softmax or sigmoid */
    int32_t *producers; /* [value_count], the group that gives a value, GC_NONE for an input */

    int32_t kept_from; /* the first group whose inputs and output are kept */
    uint8_t *kept;     /* [value_count], 1 if the value's tensor is kept for the whole run */
    struct gc_band_limits limits;
    int32_t *chain_of;       /* [group_count], the chain that a group runs in, or GC_NONE */
    struct gc_chain *chains; /* of groups that run in bands, as many as chain_of names */
    gc_real **tensors; /* [value_count], NULL for a swallowed value. In a chain, buffers of rows */
    gc_gates **gates;  /* [value_count], of the clamps of groups from kept_from on */
    struct gc_gradients gradients; /* of one target, where values are kept */
    void *inputs, *arena;          /* the memory of the inputs, and of all other tensors or NULL */
};

/* Plans a graph whose weights are all set. The graph must outlive the plan and keep its shapes. Its
 * groups must be prepared before it runs, and then its tensors are placed. It keeps the group that
 * gives the value `kept`, and all later ones. Fails with OUT_OF_MEMORY, TOO_LARGE. *plan
 * is NULL then. */
gc_status gc_plan_create(struct gc_plan **plan, const struct gc_graph *graph, int32_t kept,
                         uint32_t flags);

/* Places the tensors anew, so that the groups from `from` on are kept. All tensors but the inputs
 * are empty then. Fails with OUT_OF_MEMORY, and nothing has changed then. */
gc_status gc_plan_keep(struct gc_plan *plan, int32_t from);

/* Gives the memory of all tensors but the inputs back, which leaves more for other tensors. They
 * must be placed before the next run. */
void gc_plan_forget(struct gc_plan *plan);

/* The first of the groups that give these values, [count]. 0 if one is an input. */
int32_t gc_plan_first_group(const struct gc_plan *plan, const int32_t *values, int32_t count);

/* The groups that run together with group g, which is the first of them. 1 without a chain. */
int32_t gc_plan_together(const struct gc_plan *plan, int32_t g);

/* The gates of a group's clamp. NULL for a group that is not kept or has no clamp. */
gc_gates *gc_plan_gates(const struct gc_plan *plan, const struct gc_group *group);

/* Prepares the next group and writes how many are left. Behind the last one the tensors are placed.
 * Fails with OUT_OF_MEMORY, INTERNAL. */
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
