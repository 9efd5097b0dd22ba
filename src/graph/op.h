/* The operator interface. The graph, the planner and the runner know nothing else of an operator.
 *
 * An operator is one constant record, gc_op. A node of the graph is an operator with parameters,
 * inputs and weights. A step is a node that can be executed. It has fixed shapes, and fusion may
 * have folded the node's neighbours into it.
 *
 * An operator lists its paths, the fastest first. A path is one way to compute both directions of a
 * step. gc_step_prepare stores the first path that fits the step in step->path and lets it pack its
 * weights. The runner then calls this path and nothing else.
 *
 * A step that no path fits takes the operator's reference, which is plain C. The reference
 * documents the operator, and the tests compare every path with it. The reference build has no
 * paths.
 *
 * A new operator needs a C file in src/ops, its declaration in ops.h, one line in the importer and
 * one test. */
#ifndef GC_OP_H
#define GC_OP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/real.h"
#include "base/shape.h"

/* Weight slots of an operator. Each operator says what its slots mean. */
#define GC_MAX_WEIGHTS 4

/* Zeros around a picture, in pixels. */
struct gc_padding {
    int32_t top, bottom, left, right;
};

/* The values of a weight, in Keras' order or in that of matrix products. Large models have their
 * kernels once, in the order in which they are read. */
struct gc_array {
    float *values;   /* row-major, NULL before they are set and where the panels are all */
    float *panels;   /* kernels/product.h, NULL until a step packs them */
    int32_t columns; /* of the matrix in the panels */
    int32_t readers; /* nodes that read the weight */
    bool stays;      /* whether a step needs `values` beside the panels */
};

/* A node that can be executed. The planner fills everything above `path`. */
struct gc_step {
    const struct gc_op *op;
    const void *params; /* the operator's parameters (ops.h) */
    int32_t input_count;
    const gc_shape *in; /* [input_count], before the absorbed padding */
    gc_shape out;
    const float *weights[GC_MAX_WEIGHTS]; /* Keras' arrays as they are, NULL for an absent slot and
                                           * for a kernel that is held in panels alone */
    struct gc_array *kernel; /* the weight of slot 0, NULL if weights[0] belongs to no graph */

    /* What fusion folded in. It does so only where the operator's record takes it. */
    struct gc_padding padding; /* zeros around in[0]: none unless `takes_padding` */
    const gc_real *scale;      /* [channels of out]: out = clamp(f(in) * scale + shift); or NULL */
    const gc_real *shift;      /* [channels of out]; NULL with scale */
    gc_real min, max;          /* the clamp; -INFINITY, INFINITY without */

    const struct gc_path *path; /* chosen by gc_step_prepare */
    void *state;                /* the path's */
    gc_real *filter;            /* scratch of `project`, which allocates it on its first call */
};

/* Computes all of out. Outputs come first in the arguments, and all tensors have the shapes of the
 * step. Neither direction keeps a pointer to a tensor. Neither allocates memory, except that the
 * first backward may pack its weights. */
typedef gc_status gc_forward(struct gc_step *step, gc_real *out, const gc_real *const *in);

/* Computes all of din, the gradient of in[input], from dout, the gradient of out. The caller has
 * applied the mask of a fused clamp to dout, but not a fused scale. `out` and `in` are the values
 * of the forward pass, `out` after a fused clamp. A swallowed value is NULL. Only operators that do
 * not read it take part in fusion. A clamp reads `out`, which fusion always keeps. */
typedef gc_status gc_backward(struct gc_step *step, int32_t input, gc_real *din,
                              const gc_real *dout, const gc_real *out, const gc_real *const *in);

/* Backward of several gradients at once, for an operator of one input that reads neither out nor
 * in. din and dout are [batch][...]. Each gradient is, to the bit, what backward gives for it
 * alone. */
typedef gc_status gc_backward_batch(struct gc_step *step, size_t batch, gc_real *din,
                                    const gc_real *dout);

/* Some rows of a picture, the first of which has the number `first`. */
struct gc_band {
    gc_real *data;
    int32_t first;
};

/* All rows of a picture. */
static inline struct gc_band gc_whole(const gc_real *picture) {
    return (struct gc_band){(gc_real *)picture, 0};
}

/* Computes rows first .. end - 1 of out from inputs that have the rows they need. They are, to the
 * bit, what forward gives. Threads may compute different rows at the same time, so the function
 * neither allocates nor changes the step.
 *   in   [input_count], of which one is a band and the others are whole */
typedef void gc_forward_rows(const struct gc_step *step, struct gc_band out,
                             const struct gc_band *in, int32_t first, int32_t end);

struct gc_window;

/* One way to compute a step. */
struct gc_path {
    const char *name; /* "rows"; the reference has none */

    /* Whether it can compute this step. NULL: it can compute every step of the operator. */
    bool (*fits)(const struct gc_step *step);

    /* The size of step->state. gc_step_prepare allocates the state, zeroed. prepare then packs
     * weights and creates XNNPACK's operators in it. release gives back what the state points to,
     * also after a prepare that failed halfway. Both may be NULL. */
    size_t state_size;
    gc_status (*prepare)(struct gc_step *step);
    void (*release)(struct gc_step *step);

    /* A path that cannot compute one direction names the reference's function for it. */
    gc_forward *forward; /* NULL for a view */
    gc_backward *backward;
    gc_backward_batch *backward_batch; /* NULL: no faster than one by one */

    /* For a step whose out is a picture. `window` gives the windows along the rows of the one
     * input. It is NULL where a row of out needs the same row of any input that has out's shape.
     * Values between bands are not searched for NaN, so engine/finite.c must know their bound. */
    gc_forward_rows *forward_rows; /* NULL: it computes all rows at once */
    const struct gc_window *(*window)(const struct gc_step *step);
};

/* Lists of paths of one operator. */
#define GC_PATH_LISTS 2

struct gc_op {
    const char *name; /* "conv2d" */

    bool is_view;             /* out is in[0]'s memory under another shape; no forward needed */
    bool is_linear;           /* out is linear in all inputs together, apart from a constant */
    bool is_class_activation; /* a final one of these turns logits into scores (softmax, sigmoid) */
    bool takes_affine;        /* can absorb a per-channel scale and shift of out */
    bool takes_clamp;         /* can absorb a clamp of out */

    /* The shape of out from those of the inputs. Fails with INVALID_MODEL and the reason. */
    gc_status (*shape)(gc_shape *out, const gc_shape *in, int32_t input_count, const void *params);

    /* The shape of the weight in `slot`, with rank -1 if it is absent. NULL: no weights. */
    gc_shape (*weight)(int32_t slot, const gc_shape *in, const void *params);

    /* What fusion may ask of a node. NULL: the node is never of this kind.
     *   affine    Is the node x * scale + shift along the last axis? Fills both, [channels], unless
     *             they are NULL.
     *   clamp     Is the node min(max(x, low), high)?
     *   padding   Is the node a zero padding? */
    bool (*affine)(const struct gc_step *step, gc_real *scale, gc_real *shift);
    bool (*clamp)(const void *params, gc_real *low, gc_real *high);
    bool (*padding)(const void *params, struct gc_padding *padding);

    /* Whether it can absorb a zero padding of in[0]. NULL: never. An operator that pads by itself
     * cannot, because its own zeros could not be told from the absorbed ones. */
    bool (*takes_padding)(const void *params);

    /* The map of a swallowed layer, without the layer's output. Let f be the operator alone, with
     * its bias and the absorbed padding, but without scale, shift and clamp. Let in' be the padded
     * input, continued without end. Then
     *     raw(y, x) = sum_k weights(k) f(in)(y, x, k)
     *     taps(c) = sum over rows, columns v, u of d raw(y, x) / d in'(v, u, c)
     * and taps is the same for every position y, x.
     *   raw [rows][columns] of out, taps [channels of in], weights [channels of out].
     * NULL: the runner runs the group node by node. */
    gc_status (*project)(struct gc_step *step, gc_real *raw, gc_real *taps, const gc_real *weights,
                         const gc_real *const *in);

    /* Corrects `taps` at the edges. `taps` counts every tap of every window. `outside` is the share
     * of those taps that lie outside the input. With weights = sum over positions of dout, times a
     * fused scale,
     *     sum over positions of din = taps - outside
     *   outside [channels of in], dout as backward takes it.
     * Call it after project. NULL where project is. */
    void (*outside)(const struct gc_step *step, gc_real *outside, const gc_real *dout);

    /* Lists of paths, tried in this order. A path without a name ends a list. Most operators have
     * one list or none. */
    const struct gc_path *paths[GC_PATH_LISTS];

    /* What computes a step that no path fits. It needs no state if there are paths. */
    struct gc_path reference;
};

/* Chooses the step's path and prepares it. Fails with OUT_OF_MEMORY or INTERNAL, and nothing stays
 * behind then. */
gc_status gc_step_prepare(struct gc_step *step);

/* Gives back what prepare and project made, also of a step that was never prepared. */
void gc_step_release(struct gc_step *step);

#endif
