/* Maps of layers that fusion swallowed. For a convolution f,
 *     sum_k weights(k) f(in)(y, x, k)
 * is itself a convolution of `in`. It has one filter, the weighted sum of f's filters:
 *     filter(i, j, c) = sum_k weights(k) kernel(i, j, c, k)
 * A map therefore does not need the layer's own output, which is many channels wide.
 *
 * If the weights are the mean gradient of the layer's output, filter(i, j) is the mean gradient of
 * the input as tap (i, j) sees it. In a padded input without end, every tap of every window lies
 * inside. The sum of the taps is then the mean gradient of the padding's output. The mean gradient
 * of the input itself lacks what the taps outside of the input account for. */
#ifndef GC_PROJECTION_H
#define GC_PROJECTION_H

#include "kernels/convolution.h"

struct gc_product;

/* project of struct gc_op, for a convolution. The kernel is `packed`, or weights[0] if that is
 * NULL.
 *   raw       [rows.out][columns.out]
 *   taps      [in]
 *   weights   [out]
 *   in        [rows.in][columns.in][in] */
gc_status gc_projection_run(const struct gc_convolution *conv, struct gc_step *step,
                            const struct gc_product *packed, gc_real *raw, gc_real *taps,
                            const gc_real *weights, const gc_real *in);

/* outside of struct gc_op, for a convolution, after gc_projection_run.
 *   outside   [in]
 *   dout      [rows.out][columns.out][out] */
void gc_projection_outside(const struct gc_convolution *conv, const struct gc_step *step,
                           const struct gc_product *packed, gc_real *outside, const gc_real *dout);

#endif
