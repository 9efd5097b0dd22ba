/* Kernels for one row of a depthwise convolution, forward and backward: the sizes that networks have. A
 * block of four channels goes along the row at a time. Its filter stays in registers, and so do the sums
 * of the pixels that are not complete: each value is read once and added to all that it belongs to.
 *
 * The last block may overlap the one before, so nothing is read or written outside of a row. */
#ifndef GC_DEPTHWISE_ROWS_H
#define GC_DEPTHWISE_ROWS_H

#include "graph/window.h"

/* Whether there is a kernel, in either direction, for these windows and so many channels. */
bool gc_depthwise_rows_fit(const struct gc_windows *windows, int32_t channels);

/* Values of a packed filter:  [ceil(channels / 4)][1 + k * k][4], a bias before the taps. */
size_t gc_depthwise_rows_packed(const struct gc_windows *windows, int32_t channels);

/* Packs a kernel [k][k][channels] and a bias [channels], or NULL for 0. */
void gc_depthwise_rows_pack(float *packed, const float *kernel, const float *bias,
                            const struct gc_windows *windows, int32_t channels);

/* out = clamp(bias + convolution of in)
 *   out      [out_h][out_w][channels]
 *   in       [in_h][in_w][channels]
 *   packed   by gc_depthwise_rows_pack
 *   zeros    [in_w][channels], stands for a row outside of the picture */
struct gc_depthwise_rows {
    const struct gc_windows *windows;
    int32_t channels;
    const float *packed, *zeros;
    float min, max;
};
void gc_depthwise_rows_forward(const struct gc_depthwise_rows *d, float *out, const float *in);

/* The gradient of the input, where the stride is 2; zeros is [out_w][channels], and neither the bias nor
 * the clamp take part.
 *   din      [in_h][in_w][channels]
 *   dout     [out_h][out_w][channels] */
void gc_depthwise_rows_backward(const struct gc_depthwise_rows *d, float *din, const float *dout);

#endif
