/* Softmax over one axis.
 *   in, din, out, dout   [outer][classes][inner], the classes along any axis
 *   out_j = exp(in_j - m) / sum_i exp(in_i - m),    m = max_i in_i
 *   din_j = out_j * ((dout_j - dout_top) - sum_i out_i * (dout_i - dout_top)),   top =
 * argmax out The textbook's din_j = out_j * (dout_j - sum_i out_i dout_i) is the same, but where
 * out_top rounds to 1 the difference in it is rounding alone and the class loses its gradient,
 * which is the sum of the other classes' (small) ones. Counted from dout_top, the large terms never
 * enter: of the top class there stays minus the sum, of the others nothing is subtracted that is
 * not smaller than they are. */
#include "ops.h"
#include "shapes.h"

#include <math.h>
#include <tgmath.h>

static gc_status softmax_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                               const void *params) {
    const struct gc_softmax_params *p = params;
    GC_TRY(gc_check_axis(in, p->axis, "softmax"));
    return gc_same_shape(out, in, input_count, params);
}

/* Position of the largest of `count` values that lie `stride` apart. */
static size_t argmax(const gc_real *values, size_t count, size_t stride) {
    size_t top = 0;
    for (size_t i = 1; i < count; i++)
        if (values[i * stride] > values[top * stride])
            top = i;
    return top * stride;
}

/* One distribution: its classes lie `stride` apart. */
static void softmax_forward(gc_real *out, const gc_real *in, size_t classes, size_t stride) {
    const gc_real largest = in[argmax(in, classes, stride)];
    gc_real sum = 0;
    for (size_t i = 0; i < classes * stride; i += stride) {
        out[i] = exp(in[i] - largest);
        sum += out[i];
    }
    for (size_t i = 0; i < classes * stride; i += stride)
        out[i] /= sum;
}

static gc_status softmax_forward_reference(struct gc_step *step, gc_real *out,
                                           const gc_real *const *in) {
    const struct gc_softmax_params *p = step->params;
    const struct gc_layout layout = gc_layout_of(step->in, p->axis);
    for (size_t outer = 0; outer < layout.outer; outer++)
        for (size_t inner = 0; inner < layout.inner; inner++) {
            const size_t first = outer * layout.count * layout.inner + inner;
            softmax_forward(out + first, in[0] + first, layout.count, layout.inner);
        }
    return GC_OK;
}

static void softmax_backward(gc_real *din, const gc_real *dout, const gc_real *out, size_t classes,
                             size_t stride) {
    const size_t top = argmax(out, classes, stride);
    gc_real others = 0;
    for (size_t i = 0; i < classes * stride; i += stride)
        if (i != top)
            others += out[i] * (dout[i] - dout[top]);
    for (size_t i = 0; i < classes * stride; i += stride)
        din[i] = out[i] * ((dout[i] - dout[top]) - others);
}

static gc_status softmax_backward_reference(struct gc_step *step, int32_t input, gc_real *din,
                                            const gc_real *dout, const gc_real *out,
                                            const gc_real *const *in) {
    (void)input, (void)in;
    const struct gc_softmax_params *p = step->params;
    const struct gc_layout layout = gc_layout_of(step->in, p->axis);
    for (size_t outer = 0; outer < layout.outer; outer++)
        for (size_t inner = 0; inner < layout.inner; inner++) {
            const size_t first = outer * layout.count * layout.inner + inner;
            softmax_backward(din + first, dout + first, out + first, layout.count, layout.inner);
        }
    return GC_OK;
}

const struct gc_op gc_op_softmax = {
    .name = "softmax",
    .is_class_activation = true,
    .shape = softmax_shape,
    .forward_reference = softmax_forward_reference,
    .backward_reference = softmax_backward_reference,
};
