/* Kernels for the rows of a depthwise convolution, forward and backward, in the sizes that networks
 * have. A kernel goes along a row with a block of four channels. The block's filter stays in
 * registers, and so do the sums of the pixels that are not yet complete. Each value is read once
 * and added to all sums that it belongs to.
 *
 * The last block may overlap the one before it, so nothing outside a row is read or written. */
#ifndef GC_DEPTHWISE_ROWS_H
#define GC_DEPTHWISE_ROWS_H

#include "graph/window.h"

/* Whether there are kernels for these windows and this number of channels, in both directions. */
bool gc_depthwise_rows_fit(const struct gc_windows *windows, int32_t channels);

/* Values of a packed filter, [ceil(channels / 4)][1 + k * k][4]. The bias stands before the
 * taps. */
size_t gc_depthwise_rows_packed(const struct gc_windows *windows, int32_t channels);

/* Packs a kernel [k][k][channels] and a bias [channels], or NULL for 0. */
void gc_depthwise_rows_pack(float *packed, const float *kernel, const float *bias,
                            const struct gc_windows *windows, int32_t channels);

/* Some rows of out = clamp(bias + convolution of in)
 *   out      [end - first][out_w][channels], rows first .. end - 1
 *   in       [...][in_w][channels], the rows from in_first on that these need
 *   packed   by gc_depthwise_rows_pack
 *   zeros    [in_w][channels], stands for a row outside the picture */
struct gc_depthwise_rows {
    const struct gc_windows *windows;
    int32_t channels;
    const float *packed, *zeros;
    float min, max;
};
void gc_depthwise_rows_forward(const struct gc_depthwise_rows *d, float *out, int32_t first,
                               int32_t end, const float *in, int32_t in_first);

/* The gradient of the input, for stride 2. It uses neither the bias nor the clamp.
 *   din      [in_h][in_w][channels]
 *   dout     [out_h][out_w][channels]
 *   zeros    [out_w][channels] */
void gc_depthwise_rows_backward(const struct gc_depthwise_rows *d, float *din, const float *dout);

#endif
