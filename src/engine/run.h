/* The runner: forward through the groups, and backward of activations from the output to the layers
 * that are asked for, no further. */
#ifndef GC_RUN_H
#define GC_RUN_H

#include "engine/plan.h"

/* Runs the network on plan->tensors[0] and keeps every group's output. */
gc_status gc_run_forward(struct gc_plan *plan);

/* A value's place in a group whose operator projects. */
enum gc_place {
    GC_MATRIX, /* the input of an operator that is one matrix for every position, without bias */
    GC_INPUT,  /* any other input */
    GC_PADDED, /* the padding's output */
    GC_HEAD,   /* the operator's output */
    GC_SCALED, /* that after the scale and shift */
    GC_PLACES
};

/* Begins a backward pass of one target, and receives what it finds for each requested value; `request` is
 * its index. Tensors belong to the plan and are only good during the call. For each request gradient comes first, then, unless
 * the gradient was NULL, activation. */
struct gc_visitor {
    void *context;
    /* Fills in all of the gradient from which the pass begins. */
    void (*seed)(void *context, gc_real *gradient);
    /* NULL: the output does not depend on the value, so its gradient is zero. */
    void (*gradient)(void *context, int32_t request, const gc_real *gradient);
    void (*activation)(void *context, int32_t request, const gc_real *activation);
    /* Instead of both, for a swallowed value of a group whose operator can project, and then for its input
     * if nothing else takes that: its gradient is not needed. `gradient` is that of the value before the
     * group's clamp, `sums` [channels] are its sums over the positions. NULL: such a group is taken apart
     * like any other. */
    gc_status (*projection)(void *context, int32_t request, struct gc_group *group,
                            enum gc_place place, const gc_real *gradient, const double *sums);
};

/* Backward of any number of targets, as many at once as pays.
 *   from       value: the scores or the logits
 *   requests   values, swallowed ones too, [request_count]; a value may stand there twice
 *   visitors   one for each target, [target_count] */
gc_status gc_run_backward(struct gc_plan *plan, int32_t from, const int32_t *requests,
                          int32_t request_count, const struct gc_visitor *visitors,
                          size_t target_count);

/* How many of `target_count` targets go back at once. */
size_t gc_run_batch(struct gc_plan *plan, const int32_t *requests, int32_t request_count,
                    size_t target_count);

/* Visits one value's activation of the last forward, also a swallowed one's. */
gc_status gc_run_activation(struct gc_plan *plan, int32_t value, const struct gc_visitor *visitor);

#endif
