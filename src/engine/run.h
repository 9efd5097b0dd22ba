/* The runner goes forward through the groups, and backward from the output to the requested layers,
 * no further. Gradients are those of activations, never those of weights. */
#ifndef GC_RUN_H
#define GC_RUN_H

#include "engine/plan.h"
#include "engine/probe.h"

/* A plan with the working memory that its runs need. */
struct gc_run;

/* Fails with OUT_OF_MEMORY. *run is NULL then. The plan must outlive the run. */
gc_status gc_run_create(struct gc_run **run, struct gc_plan *plan);
void gc_run_destroy(struct gc_run *run); /* NULL is allowed */

/* Runs the network on the plan's tensors of the inputs. The plan says what is kept. */
gc_status gc_run_forward(struct gc_run *run);

/* Runs group *g and those that run together with it, and writes the group behind them. */
gc_status gc_run_next(struct gc_run *run, int32_t *g);

/* Runs one group of the plan on what its inputs' tensors hold. They must be kept. */
gc_status gc_run_group(struct gc_run *run, int32_t g);

/* What is asked of a backward pass. */
struct gc_request {
    int32_t from; /* the value that holds the scores or the logits, [...][class_count] */
    /* [seed_count][class_count]: what is differentiated is the sum over positions and classes of
     * seed(c) output(position, c) */
    const float *seeds;
    size_t class_count;
    size_t seed_count;                       /* as many as pay share a pass */
    const int32_t *values;                   /* [value_count], a value may stand there twice */
    int32_t value_count;                     /* swallowed values are allowed */
    bool needs_gradients, needs_activations; /* probes of swallowed values have these tensors */
    bool stops_at_zero; /* nothing goes back from a gradient that is all zero */
    bool is_guided; /* below each ReLU, a gradient below 0 is taken for 0: guided backpropagation */

    /* Is called once for each seed and value, when the pass meets the value.
     *   seed    index in `seeds`
     *   probe   good during the call only; NULL if the output does not depend on the value */
    gc_status (*visit)(void *context, size_t seed, int32_t value, const struct gc_probe *probe);
    void *context;
};

/* The plan must keep the groups that give the values. Fails with OUT_OF_MEMORY, INTERNAL, or as
 * `visit` does. */
gc_status gc_run_backward(struct gc_run *run, const struct gc_request *request);

/* How many of the request's seeds go back at once. */
size_t gc_run_batch(struct gc_run *run, const struct gc_request *request);

/* Gives the tensor of a value in the last forward pass, also of a swallowed one. The plan must keep
 * the group that gives the value, or this group ran last. The tensor is good until the next call.
 * Fails with OUT_OF_MEMORY, INTERNAL. */
gc_status gc_run_activation(struct gc_run *run, int32_t value, const gc_real **tensor);

#endif
