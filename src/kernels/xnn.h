/* XNNPACK's operators (create, reshape, setup, run) behind one small structure. Everything fails
 * with OUT_OF_MEMORY or INTERNAL. A creation that fails leaves the structure empty. */
#ifndef GC_XNN_H
#define GC_XNN_H

#ifdef GC_XNNPACK

#include "kernels/convolution.h"

struct xnn_operator;

/* An operator with fixed shapes. Zeroed it is empty. */
struct gc_xnn {
    struct xnn_operator *handle;
    void *workspace;
    gc_status (*setup)(struct gc_xnn *xnn, float *out, const float *in);
};

/* A convolution of one picture, or its transpose, which gives the gradient of its input.
 *   kernel      [out][k_h][k_w][group_in]
 *               depthwise: [k_h][k_w][groups][group_out], with group_in 1
 *               transposed: [in][k_h][k_w][group_out]
 *   bias        [out], transposed [in]; or NULL
 *   min, max    the clamp of the result
 * Kernel and bias are packed. The caller may release them afterwards. */
struct gc_xnn_convolution {
    const struct gc_convolution *geometry;
    bool depthwise;
    const float *kernel, *bias;
    float min, max;
};
gc_status gc_xnn_create_convolution(struct gc_xnn *xnn,
                                    const struct gc_xnn_convolution *convolution);

/* The transpose, from the shape of out to the shape of in. */
gc_status gc_xnn_create_transposed(struct gc_xnn *xnn,
                                   const struct gc_xnn_convolution *convolution);

/* Whether XNNPACK can compute the transpose. No axis of `in` may be smaller than the stride.
 * XNNPACK divides the transpose into one convolution for each phase of the stride. With a smaller
 * axis it counts below zero and hangs. */
bool gc_xnn_can_transpose(const struct gc_windows *windows);

/* Computes out. */
gc_status gc_xnn_run(struct gc_xnn *xnn, float *out, const float *in);

/* Gives back what the structure holds and empties it. */
void gc_xnn_destroy(struct gc_xnn *xnn);

/* The state of a path that runs on XNNPACK. */
struct gc_xnn_state {
    struct gc_convolution conv;
    struct gc_xnn forward;  /* created by prepare, if the path goes forward on XNNPACK */
    struct gc_xnn backward; /* created by the first gc_xnn_backward, as `create_backward` says */
    gc_status (*create_backward)(struct gc_xnn_state *state, const struct gc_step *step);
};

/* release, forward and backward of a path whose state begins with a gc_xnn_state. */
void gc_xnn_release(struct gc_step *step);
gc_status gc_xnn_forward(struct gc_step *step, float *out, const float *const *in);
gc_status gc_xnn_backward(struct gc_step *step, int32_t input, float *din, const float *dout,
                          const float *out, const float *const *in);

#endif
#endif
