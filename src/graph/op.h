/* The operator interface: all that the graph, the planner and the runner know of an operator.
 *
 * An operator is one constant record, gc_op. A node of the graph is an operator with parameters, inputs
 * and weights; a step is what is executed: a node with fixed shapes, together with the neighbours that
 * fusion folded into it. */
#ifndef GC_OP_H
#define GC_OP_H

#include <stdbool.h>

#include "base/error.h"
#include "base/real.h"
#include "base/shape.h"

/* Weight slots of an operator; what each slot means is the operator's business. */
#define GC_MAX_WEIGHTS 4

/* Zeros around a picture, in pixels. */
struct gc_padding {
    int32_t top, bottom, left, right;
};

/* A node made executable. The planner fills everything above `state`; `state` is the operator's. */
struct gc_step {
    const struct gc_op *op;
    const void *params;                   /* the operator's parameters (ops.h) */
    int32_t input_count;                  /* */
    const gc_shape *in;                   /* [input_count], before the absorbed padding */
    gc_shape out;                         /* */
    const float *weights[GC_MAX_WEIGHTS]; /* Keras' arrays as they are; NULL for an absent slot */

    /* What fusion folded in; only if the operator's record says that it takes it. */
    struct gc_padding padding; /* zeros around in[0]: none unless `takes_padding` */
    const gc_real *scale;      /* [channels of out]: out = clamp(f(in) * scale + shift); or NULL */
    const gc_real *shift;      /* [channels of out]; NULL with scale */
    gc_real min, max;          /* the clamp; -INFINITY, INFINITY without */

    void *state;     /* what prepare made, given back by release */
    gc_real *filter; /* scratch of project, made by its first call and given back by the planner */
};

/* Layout of the calls: outputs first. Tensors are gc_real in the shapes of the step.
 *   forward    writes all of out
 *   backward   writes all of din, the gradient of in[input], from dout, the gradient of out. A fused
 *              clamp's mask has been applied to dout already; a fused scale has not. `out` and `in` are
 *              the values of the forward pass (`out` after a fused clamp). The operators that fusion folds into
 *              others and those that take them get NULL for a value that was swallowed: a convolution, an
 *              affine or a padding needs neither, a clamp needs `out`, which is always there.
 * Neither keeps a pointer, neither allocates, but that the first backward may pack its weights. */
typedef gc_status gc_forward(struct gc_step *step, gc_real *out, const gc_real *const *in);
typedef gc_status gc_backward(struct gc_step *step, int32_t input, gc_real *din,
                              const gc_real *dout, const gc_real *out, const gc_real *const *in);

/* Backward of several gradients at once, din and dout [batch][...], for an operator of one input that needs
 * neither out nor in. Every gradient comes out as it does by itself, to the bit. */
typedef gc_status gc_backward_batch(struct gc_step *step, size_t batch, gc_real *din,
                                    const gc_real *dout);

struct gc_op {
    const char *name; /* "conv2d" */

    bool is_view;             /* out is in[0]'s memory under another shape; no forward needed */
    bool is_class_activation; /* a final one of these turns logits into scores (softmax, sigmoid) */
    bool takes_affine;        /* can absorb a per-channel scale and shift of out */
    bool takes_clamp;         /* can absorb a clamp of out */

    /* The shape of out from those of the inputs; fails with INVALID_MODEL and the reason. */
    gc_status (*shape)(gc_shape *out, const gc_shape *in, int32_t input_count, const void *params);

    /* The shape of the weight in `slot`; rank -1 for an absent one. NULL: no weights. */
    gc_shape (*weight)(int32_t slot, const gc_shape *in, const void *params);

    /* What fusion may ask of a node; NULL: never.
     *   affine    the node is x * scale + shift along the last axis: fills both [channels], or neither
     *             where they are NULL; false if it is along another axis
     *   clamp     the node is min(max(x, low), high): false if it is more than that
     *   padding   the node is a zero padding */
    bool (*affine)(const struct gc_step *step, gc_real *scale, gc_real *shift);
    bool (*clamp)(const void *params, gc_real *low, gc_real *high);
    bool (*padding)(const void *params, struct gc_padding *padding);

    /* Whether it can absorb a zero padding of in[0]; NULL: never. One that pads by itself does not: the zeros
     * of two kinds could not be told apart. */
    bool (*takes_padding)(const void *params);

    /* Makes `state`: packs weights, creates XNNPACK operators. NULL: nothing to prepare. On failure
     * nothing stays behind. release takes back the state, also of a step that was never prepared. */
    gc_status (*prepare)(struct gc_step *step);
    void (*release)(struct gc_step *step);

    /* The map of a swallowed layer, where it can be had without the layer's output: with f the operator
     * alone, its bias and the absorbed padding included, no scale, shift or clamp,
     *     raw(y, x) = sum_k weights(k) f(in)(y, x, k)
     * and the sums of its gradient, with in' the padded input without end: the same for every position y, x
     *     taps(c) = sum over rows, columns v, u of d (sum_k weights(k) f(in)(y, x, k)) / d in'(v, u, c)
     *   raw [rows][columns] of out, taps [channels of in], weights [channels of out].
     * NULL: the group is taken apart. */
    gc_status (*project)(struct gc_step *step, gc_real *raw, gc_real *taps, const gc_real *weights,
                         const gc_real *const *in);

    /* After project, for the sums over positions of the input's gradient: what of them falls outside of the
     * input, where a window reaches beyond its edge, from the gradient dout of out behind a fused scale. With
     * weights = the sums of dout times the scale, the input's sums are taps - outside.
     *   outside [channels of in]
     * NULL where project is. */
    void (*outside)(const struct gc_step *step, gc_real *outside, const gc_real *dout);

    /* The fast path; NULL where the reference is the only one, and in the reference build. */
    gc_forward *forward;
    gc_backward *backward;
    gc_backward_batch *backward_batch; /* NULL: as fast one by one */

    /* The plain path: oracle, fallback and documentation. forward may be NULL for a view. */
    gc_forward *forward_reference;
    gc_backward *backward_reference;
};

#endif
