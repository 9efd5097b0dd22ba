/* Kernels for depthwise convolutions with one filter per channel and windows of any size, forward
 * and backward. They gather all taps of a pixel and add them up in registers, a block of channels
 * at a time. */
#ifndef GC_DEPTHWISE_TAPS_H
#define GC_DEPTHWISE_TAPS_H

#include "graph/window.h"

/* out = clamp(bias + convolution of in)
 *   out      [out_h][out_w][channels]
 *   in       [in_h][in_w][channels]
 *   kernel   [k_h][k_w][channels]
 *   bias     [channels]
 *   pixels   [k_h * k_w], scratch for the places where the taps of one pixel find their pixels
 *   filters  [k_h * k_w], scratch for the places where they find their part of the kernel */
struct gc_depthwise_taps {
    const struct gc_windows *windows;
    int32_t channels;
    const float *kernel, *bias;
    float min, max;
    const float **pixels, **filters;
};
void gc_depthwise_taps_forward(const struct gc_depthwise_taps *d, float *out, const float *in);

/* The gradient of the input. It uses neither the bias nor the clamp.
 *   din      [in_h][in_w][channels]
 *   dout     [out_h][out_w][channels] */
void gc_depthwise_taps_backward(const struct gc_depthwise_taps *d, float *din, const float *dout);

#endif
