/* Softmax over one axis, and its logarithm.
 *   in, din, out, dout   [outer][classes][inner], the classes along any axis
 *   softmax       out_j = exp(in_j - m) / sum_i exp(in_i - m),    m = max_i in_i
 *                 din_j = out_j * ((dout_j - dout_top) - sum_i out_i * (dout_i - dout_top))
 *   log_softmax   out_j = in_j - m - log sum_i exp(in_i - m)
 *                 din_j = dout_j - exp(out_j) * sum_i dout_i
 *   top           argmax out
 * The textbook has din_j = out_j * (dout_j - sum_i out_i dout_i), which is equal. But if out_top
 * rounds to 1, the difference for the top class is only rounding, and its gradient is lost. This
 * gradient is minus the sum of the other classes' gradients, which are small. The form above
 * subtracts dout_top first, and then no large term is left. */
#include "graph/shapes.h"
#include "ops/ops.h"

#include <math.h>
#include <tgmath.h>

static gc_status softmax_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                               const void *params) {
    const struct gc_softmax_params *p = params;
    GC_TRY(gc_check_axis(in, p->axis, "softmax"));
    return gc_same_shape(out, in, input_count, params);
}

/* Offset of the largest of `count` values that lie `stride` apart. */
static size_t argmax(const gc_real *values, size_t count, size_t stride) {
    size_t top = 0;
    for (size_t i = 1; i < count; i++)
        if (values[i * stride] > values[top * stride])
            top = i;
    return top * stride;
}

/* One distribution, whose classes lie `stride` apart. */
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

/* One distribution of log_softmax. */
static void log_softmax_forward(gc_real *out, const gc_real *in, size_t classes, size_t stride) {
    const gc_real largest = in[argmax(in, classes, stride)];
    gc_real sum = 0;
    for (size_t i = 0; i < classes * stride; i += stride)
        sum += exp(in[i] - largest);
    for (size_t i = 0; i < classes * stride; i += stride)
        out[i] = in[i] - largest - log(sum);
}

static void log_softmax_backward(gc_real *din, const gc_real *dout, const gc_real *out,
                                 size_t classes, size_t stride) {
    gc_real sum = 0;
    for (size_t i = 0; i < classes * stride; i += stride)
        sum += dout[i];
    for (size_t i = 0; i < classes * stride; i += stride)
        din[i] = dout[i] - exp(out[i]) * sum;
}

/* ---- All distributions of a tensor ---- */

typedef void forward_one(gc_real *out, const gc_real *in, size_t classes, size_t stride);
typedef void backward_one(gc_real *din, const gc_real *dout, const gc_real *out, size_t classes,
                          size_t stride);

static void forward_all(const struct gc_step *step, gc_real *out, const gc_real *in,
                        forward_one *forward) {
    const struct gc_softmax_params *p = step->params;
    const struct gc_layout layout = gc_layout_of(step->in, p->axis);
    for (size_t outer = 0; outer < layout.outer; outer++)
        for (size_t inner = 0; inner < layout.inner; inner++) {
            const size_t first = outer * layout.count * layout.inner + inner;
            forward(out + first, in + first, layout.count, layout.inner);
        }
}

static void backward_all(const struct gc_step *step, gc_real *din, const gc_real *dout,
                         const gc_real *out, backward_one *backward) {
    const struct gc_softmax_params *p = step->params;
    const struct gc_layout layout = gc_layout_of(step->in, p->axis);
    for (size_t outer = 0; outer < layout.outer; outer++)
        for (size_t inner = 0; inner < layout.inner; inner++) {
            const size_t first = outer * layout.count * layout.inner + inner;
            backward(din + first, dout + first, out + first, layout.count, layout.inner);
        }
}

#define SOFTMAX(NAME, ...)                                                                         \
    static gc_status NAME##_forward_reference(struct gc_step *step, gc_real *out,                  \
                                              const gc_real *const *in) {                          \
        forward_all(step, out, in[0], NAME##_forward);                                             \
        return GC_OK;                                                                              \
    }                                                                                              \
    static gc_status NAME##_backward_reference(struct gc_step *step, int32_t input, gc_real *din,  \
                                               const gc_real *dout, const gc_real *out,            \
                                               const gc_real *const *in) {                         \
        (void)input, (void)in;                                                                     \
        backward_all(step, din, dout, out, NAME##_backward);                                       \
        return GC_OK;                                                                              \
    }                                                                                              \
    const struct gc_op gc_op_##NAME = {                                                            \
        .name = #NAME,                                                                             \
        .shape = softmax_shape,                                                                    \
        .reference = {.forward = NAME##_forward_reference, .backward = NAME##_backward_reference}, \
        __VA_ARGS__};

SOFTMAX(softmax, .is_class_activation = true)
SOFTMAX(log_softmax)
