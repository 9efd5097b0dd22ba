/* The geometry of convolutions, and the plain loops over pixels and taps that their references
 * share. */
#ifndef GC_CONVOLUTION_H
#define GC_CONVOLUTION_H

#include "graph/window.h"

/* A convolution whose channels are divided into groups. A depthwise convolution has a group for
 * each channel of its input.
 *   in       [windows.rows.in][windows.columns.in][in]         in = groups * group_in
 *   out      [windows.rows.out][windows.columns.out][out]      out = groups * group_out
 *   kernel   [k_h][k_w][group_in][out] */
struct gc_convolution {
    struct gc_windows windows;
    int32_t groups, group_in, group_out;
    int32_t in, out;
};

/* The geometry of a step with these windows. Fails as gc_windows_make does. */
gc_status gc_convolution_make(struct gc_convolution *conv, const struct gc_step *step,
                              const struct gc_window_params *windows, int32_t groups);

/* The convolution that takes the gradient of out to the gradient of in, for stride 1. It uses the
 * kernel turned by half a circle, the last tap first. Its padding may be negative. A negative
 * padding crops pixels of out whose windows see only zeros. */
struct gc_convolution gc_convolution_turned(const struct gc_convolution *conv);

/* Adds one tap to a pixel:  to += the tap of the kernel, applied to from
 *   forward    to [out], from [in]
 *   backward   to [in], from [out]
 *   kernel     [group_in][out], the tap's part of it */
typedef void gc_tap(const struct gc_convolution *conv, const struct gc_step *step, gc_real *to,
                    const gc_real *from, const float *kernel);

/* out(y, x) = bias + sum_ij tap(i, j) of in(y*s + i*d - top, x*s + j*d - left)
 * The kernel is the step's. bias [out] may be NULL. */
void gc_convolve(gc_real *out, const gc_real *in, const struct gc_convolution *conv,
                 const struct gc_step *step, const float *bias, gc_tap *tap);

/* The other way, from the shape of out to the shape of in:
 * in(v, u) = bias + sum_ij tap(i, j) of out(y, x)    over y*s + i*d - top = v, likewise x
 * bias [in] may be NULL. */
void gc_convolve_back(gc_real *in, const gc_real *out, const struct gc_convolution *conv,
                      const struct gc_step *step, const float *bias, gc_tap *tap);

#endif
