#ifndef GC_MODEL_H
#define GC_MODEL_H

#include "engine/run.h"

/* No group was asked for. */
#define GC_NOT_ASKED INT32_MAX

struct gc_model {
    struct gc_graph graph;
    struct gc_plan *plan; /* NULL before gc_model_plan */
    struct gc_run *run;   /* of the plan, NULL without one */
    uint8_t *open_axes;   /* [value_count], bit i is set if axis i follows the input's size */
    bool *has_input;      /* [inputs]: the plan's tensors hold this further input */
    bool has_run;         /* the plan's tensors hold a run */
    uint32_t run_count;   /* forward passes so far, by which a run is told from an older one */
    uint32_t keep;        /* the plan's flags that say what a run keeps */
    int32_t first_group;  /* of the plan, the first that a run keeps if nothing was asked for */
    int32_t asked;        /* the first group that the next run is to keep, or GC_NOT_ASKED */
    int32_t not_finite;   /* the first value of the run that holds NaN or infinity, or GC_NONE */
    int32_t *cancelled;   /* [value_count], see gc_model_cancelled_channels */
    size_t memory;        /* bytes */
};

/* The layer, or NULL if there is no such index. */
const struct gc_layer *gc_model_layer(const gc_model *model, int32_t layer);

/* Fails with NOT_READY before a forward. */
gc_status gc_model_check_run(const gc_model *model);

/* The value of the graph that holds the scores or the logits. */
int32_t gc_model_output_value(const gc_model *model, gc_output output);

/* S = sum over positions and classes of seed(c) output(position, c).
 *   seed     [classes]
 *   output   the tensor of the scores or the logits */
double gc_model_explained(const gc_model *model, const float *seed, const gc_real *output);

/* Runs forward on what the plan's tensors of the inputs hold. Fails with OUT_OF_MEMORY, INTERNAL.
 */
gc_status gc_model_run(gc_model *model);

/* Makes the run keep the groups that give these values, and all later ones. A run that kept less is
 * made again. Call it before the engine is asked for a value's tensor or gradient. Fails with
 * OUT_OF_MEMORY, and the run is as it was then, or INTERNAL.
 *   values   [count] */
gc_status gc_model_keep(gc_model *model, const int32_t *values, int32_t count);

/* Runs a request. A first backward pass may pack weights, so the model's memory is counted again.
 * Fails as gc_run_backward does. */
gc_status gc_model_backward(gc_model *model, const struct gc_request *request);

/* Fails with INVALID_ARGUMENT unless a buffer has as many values as are needed. */
gc_status gc_check_count(const char *what, size_t given, size_t wanted);

#endif
