/* Elementwise functions of one value.
 *   in, din, out, dout   of one shape
 *   out = f(in),    din = dout * f'(in)
 * A function is one line of the list at the end: its name, f(x) and f'(x). */
#include "ops.h"
#include "shapes.h"

#include <math.h>
#include <tgmath.h>

/* 1 / (1 + exp(-x)), in the form whose exponential cannot overflow. */
static inline gc_real logistic(gc_real x) {
    const gc_real e = exp(-fabs(x));
    return (x < 0 ? e : 1) / (1 + e);
}

#define ACTIVATION(NAME, VALUE, SLOPE, ...)                                                        \
    static gc_status NAME##_forward_reference(struct gc_step *step, gc_real *restrict out,         \
                                              const gc_real *const *in) {                          \
        const size_t count = gc_shape_count(&step->out);                                           \
        for (size_t i = 0; i < count; i++) {                                                       \
            const gc_real x = in[0][i];                                                            \
            out[i] = VALUE;                                                                        \
        }                                                                                          \
        return GC_OK;                                                                              \
    }                                                                                              \
    static gc_status NAME##_backward_reference(                                                    \
        struct gc_step *step, int32_t input, gc_real *restrict din, const gc_real *restrict dout,  \
        const gc_real *out, const gc_real *const *in) {                                            \
        (void)input, (void)out;                                                                    \
        const size_t count = gc_shape_count(&step->out);                                           \
        for (size_t i = 0; i < count; i++) {                                                       \
            const gc_real x = in[0][i];                                                            \
            din[i] = dout[i] * (SLOPE);                                                            \
        }                                                                                          \
        return GC_OK;                                                                              \
    }                                                                                              \
    const struct gc_op gc_op_##NAME = {.name = #NAME,                                              \
                                       .shape = gc_same_shape,                                     \
                                       .forward_reference = NAME##_forward_reference,              \
                                       .backward_reference = NAME##_backward_reference,            \
                                       __VA_ARGS__};

/* s'(x) = s(x) * s(-x): 1 - s(x) would lose the gradient of a saturated class. */
ACTIVATION(sigmoid, logistic(x), logistic(x) * logistic(-x), .is_class_activation = true)
