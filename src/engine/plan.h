/* The plan: which nodes run as one, and where every tensor lies.
 *
 * A group is a chain of nodes that fusion runs as one step: [zero padding] head [affine] [clamp]. The
 * values between its nodes are never computed in an ordinary run: they are swallowed. When a swallowed
 * layer is asked for, its group alone is taken apart and run node by node (run.c), so every Keras layer
 * stays explainable and nothing else gets slower.
 *
 * All tensors lie in one arena: the output of every group (a run is kept, for further classes and
 * layers), the gradients (placed by lifetime: a gradient lives from its first consumer's backward to
 * its producer's), and scratch. */
#ifndef GC_PLAN_H
#define GC_PLAN_H

#include "graph/graph.h"

#define GC_MAX_GROUP 4 /* nodes of a group */

struct gc_group {
    int32_t nodes[GC_MAX_GROUP]; /* in order of execution */
    int32_t node_count;
    int32_t input_count;
    const int32_t *inputs; /* values, [input_count]; the graph's */
    int32_t output;        /* value */
    struct gc_step step;   /* the nodes as one */
    struct gc_step *split; /* the nodes one by one, [node_count]; NULL until first needed */
    gc_shape *shapes;      /* [input_count + GC_MAX_GROUP]: what the steps' `in` point to */
    gc_real *coefficients; /* scale, shift of an absorbed affine; or NULL */
    const gc_real **in;    /* [input_count]: tensors of the inputs */
};

/* Room for the gradients of some targets that go back together. */
struct gc_gradients {
    size_t batch;      /* targets */
    gc_real **tensors; /* [value_count]: [batch][...] each, NULL where there is none */
    gc_real *part;     /* [batch][...]: one part of a gradient that is a sum */
    void *arena;       /* NULL: the plan's */
};

struct gc_plan {
    const struct gc_graph *graph;
    struct gc_group *groups; /* [group_count], in order of execution */
    int32_t group_count;
    int32_t prepared; /* groups whose steps can run */
    int32_t logits;   /* value before the final softmax or sigmoid */

    gc_real **tensors;              /* [value_count]: NULL for a swallowed value */
    struct gc_gradients gradients;  /* of one target */
    gc_real *map;                   /* [positions]: of a group's operator */
    double *sums;                   /* [channels]: of a gradient over its positions */
    gc_real *weights[GC_MAX_GROUP]; /* [channels]: of the maps of one group's values */
    void *arena;

    uint8_t *marks;    /* [value_count]: the runner's notes of one backward */
    int32_t *requests; /* [layer_count]: values that an explanation asks for */
    size_t *offsets;   /* [layer_count]: where what is found of each begins in the caller's room */

    gc_real *
        between[2]; /* [between_count]: the values between the nodes of a group taken apart; NULL */
    size_t between_count; /* until first needed */
};

/* Plans a graph whose weights are all set. The graph must outlive the plan and keep its shapes. Its groups
 * must be prepared before it runs. Fails with OUT_OF_MEMORY, TOO_LARGE; then *plan is NULL. */
gc_status gc_plan_create(struct gc_plan **plan, const struct gc_graph *graph, uint32_t flags);

/* Prepares the next group and writes how many are left. Fails with OUT_OF_MEMORY, INTERNAL. */
gc_status gc_plan_prepare_next(struct gc_plan *plan, int32_t *left);

/* NULL is allowed. */
void gc_plan_destroy(struct gc_plan *plan);

/* The value that node `i` of a group gives. */
int32_t gc_group_value(const struct gc_plan *plan, const struct gc_group *group, int32_t i);

/* Places the gradients of `batch` targets, for all values, or those whose mark has one of the bits
 * `wanted`; to be given to gc_gradients_free. Fails with OUT_OF_MEMORY. */
gc_status gc_gradients_create(struct gc_gradients *gradients, const struct gc_plan *plan,
                              size_t batch, uint8_t wanted);
void gc_gradients_free(struct gc_gradients *gradients);

/* Prepares the group's nodes one by one, and room for the values between them, on first use. */
gc_status gc_group_split(struct gc_plan *plan, struct gc_group *group);

#endif
