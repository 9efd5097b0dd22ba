/* A group is a chain of nodes that fusion runs as one step, [zero padding] head [affine] [clamp].
 *
 * The values between its nodes are never computed in an ordinary run. They are swallowed. When a
 * swallowed layer is explained, probe.c answers from the group's input. Where it cannot, or where
 * whole tensors are wanted, the runner runs this one group node by node. So every Keras layer stays
 * explainable and nothing else gets slower. */
#ifndef GC_GROUP_H
#define GC_GROUP_H

#include "graph/graph.h"

#define GC_MAX_GROUP 4 /* nodes of a group */

struct gc_group {
    int32_t nodes[GC_MAX_GROUP]; /* in order of execution */
    int32_t node_count;
    int32_t head; /* the index in `nodes` of the node that is no padding, affine or clamp */
    int32_t input_count;
    const int32_t *inputs; /* values, [input_count]. They belong to the graph */
    int32_t output;        /* value */
    struct gc_step step;   /* the nodes as one */
    struct gc_step *split; /* the nodes one by one, [node_count], NULL until first needed */
    gc_shape *shapes;      /* [input_count + GC_MAX_GROUP], where the steps' `in` point */
    gc_real *coefficients; /* scale and shift of an absorbed affine, or NULL */
    double largest_scale, largest_shift; /* magnitudes of these */
    const gc_real **in;                  /* [input_count], tensors of the inputs */
};

/* Fills in the inputs, the output and the step from the group's nodes. Fails with OUT_OF_MEMORY. */
gc_status gc_group_fill(struct gc_group *group, const struct gc_graph *graph);

/* Prepares the group's step. Fails with OUT_OF_MEMORY, INTERNAL. */
gc_status gc_group_prepare(struct gc_group *group);

/* Prepares the group's nodes one by one, unless they are. Fails as gc_group_prepare does. */
gc_status gc_group_split(struct gc_group *group, const struct gc_graph *graph);

/* Gives back what gc_group_split made. The nodes have packed weights of their own, and those of all
 * groups take as much memory as the model's weights. */
void gc_group_join(struct gc_group *group);

/* Gives back all that the group holds, not the struct itself. */
void gc_group_free(struct gc_group *group);

/* The value that node `i` of a group gives. */
int32_t gc_group_value(const struct gc_group *group, const struct gc_graph *graph, int32_t i);

/* Whether the group's step ends in a clamp. */
bool gc_group_is_clamped(const struct gc_group *group);

#endif
