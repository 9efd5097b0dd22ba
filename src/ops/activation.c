/* Elementwise functions of one value (Keras' activations).
 *   in, din, out, dout   of one shape
 *   out = f(in),    din = dout * f'(in)
 * A function is one line of the list at the end, with its name, f(x) and f'(x). Some have
 * parameters a and b, see gc_activation_params. At a kink f' is what TensorFlow has there. Networks
 * have sigmoid, silu and gelu after every convolution, so these have a path that computes four
 * values at once. */
#include "base/parallel.h"
#include "base/simd_math.h"
#include "graph/shapes.h"
#include "ops/ops.h"

#include <math.h>
#include <tgmath.h>

/* Constants in the number type of the tensors, because double constants would slow float builds. */
#define R(NUMBER) ((gc_real)(NUMBER))

/* 1 / (1 + exp(-x)). The exponential cannot overflow in this form. */
static inline gc_real logistic(gc_real x) {
    const gc_real e = exp(-fabs(x));
    return (x < 0 ? e : 1) / (1 + e);
}

/* log(1 + exp(x)) */
static inline gc_real softplus(gc_real x) { return fmax(x, R(0)) + log1p(exp(-fabs(x))); }

static inline gc_real clip(gc_real x, gc_real low, gc_real high) {
    return x < low ? low : x > high ? high : x;
}

/* The normal distribution's probability of a value below x, and its density. erfc keeps the
 * precision of the left tail, which 1 + erf would lose. */
static inline gc_real normal_below(gc_real x) { return R(0.5) * erfc(x * R(-0.70710678118654752)); }
static inline gc_real normal_density(gc_real x) {
    return R(0.39894228040143268) * exp(R(-0.5) * x * x);
}

/* gelu's approximation is x * (1 + tanh(u)) / 2 = x * logistic(2 u). The argument u and its
 * derivative:
 *     u = sqrt(2 / pi) * (x + 0.044715 x^3) */
static inline gc_real gelu_argument(gc_real x) {
    return R(0.79788456080286536) * (x + R(0.044715) * x * x * x);
}
static inline gc_real gelu_argument_slope(gc_real x) {
    return R(0.79788456080286536) * (1 + R(0.134145) * x * x);
}

static inline gc_real silu_slope(gc_real x) { return logistic(x) * (1 + x * logistic(-x)); }
static inline gc_real gelu_tanh_slope(gc_real x) {
    const gc_real u = 2 * gelu_argument(x);
    return logistic(u) * (1 + 2 * x * gelu_argument_slope(x) * logistic(-u));
}

/* 1 - tanh(x)^2, without a difference that rounds to 0. */
static inline gc_real tanh_slope(gc_real x) { return 4 * logistic(2 * x) * logistic(-2 * x); }

static inline gc_real mish_slope(gc_real x) {
    const gc_real y = softplus(x);
    return tanh(y) + x * tanh_slope(y) * logistic(x);
}

/* f(x) = (x + sqrt(x^2 + b)) / 2, and f'(x) = f(x) / sqrt(x^2 + b). For negative x, f is written
 * without the difference. */
static inline gc_real squareplus(gc_real x, gc_real b) {
    const gc_real root = sqrt(x * x + b);
    return x < 0 ? b / (2 * (root - x)) : (x + root) / 2;
}

#define SELU_SCALE R(1.0507009873554805)
#define SELU_ALPHA R(1.7580993408473766) /* scale * 1.6732632423543772 */

/* The parameter a, or the second one, b. 0 if the function has no parameters. */
static gc_real parameter(const struct gc_step *step, bool second) {
    const struct gc_activation_params *p = step->params;
    return p == NULL ? 0 : (gc_real)(second ? p->beta : p->alpha);
}

/* One activation. VALUE computes y = f(x) and SLOPE computes slope = f'(x), both from x, a and b.
 * They are statements, because the formatter takes a bare `x * f(x)` for the declaration of a
 * pointer. */
#define ACTIVATION(NAME, VALUE, SLOPE, ...)                                                        \
    static gc_status NAME##_forward_reference(struct gc_step *step, gc_real *restrict out,         \
                                              const gc_real *const *in) {                          \
        const size_t count = gc_shape_count(&step->out);                                           \
        const gc_real a = parameter(step, false), b = parameter(step, true);                       \
        (void)a, (void)b;                                                                          \
        for (size_t i = 0; i < count; i++) {                                                       \
            const gc_real x = in[0][i];                                                            \
            gc_real y;                                                                             \
            VALUE;                                                                                 \
            out[i] = y;                                                                            \
        }                                                                                          \
        return GC_OK;                                                                              \
    }                                                                                              \
    static gc_status NAME##_backward_reference(                                                    \
        struct gc_step *step, int32_t input, gc_real *restrict din, const gc_real *restrict dout,  \
        const gc_real *out, const gc_real *const *in) {                                            \
        (void)input, (void)out;                                                                    \
        const size_t count = gc_shape_count(&step->out);                                           \
        const gc_real a = parameter(step, false), b = parameter(step, true);                       \
        (void)a, (void)b;                                                                          \
        for (size_t i = 0; i < count; i++) {                                                       \
            const gc_real x = in[0][i];                                                            \
            gc_real slope;                                                                         \
            (void)x;                                                                               \
            SLOPE;                                                                                 \
            din[i] = dout[i] * slope;                                                              \
        }                                                                                          \
        return GC_OK;                                                                              \
    }                                                                                              \
    const struct gc_op gc_op_##NAME = {                                                            \
        .name = #NAME,                                                                             \
        .shape = gc_same_shape,                                                                    \
        .reference = {.forward = NAME##_forward_reference, .backward = NAME##_backward_reference}, \
        __VA_ARGS__};

/* ---- Four values at once ---- */

#ifndef GC_DOUBLE
/* The last values, which are fewer than four, and zeros behind them. */
GC_INLINE gc_f4 load_last(const float *from, size_t count) {
    gc_f4 value = {0};
    memcpy(&value, from, count * sizeof *from);
    return value;
}

GC_INLINE gc_f4 silu_4(gc_f4 x) {
    gc_f4 other;
    return x * gc_f4_logistic(x, &other);
}
GC_INLINE gc_f4 silu_slope_4(gc_f4 x) {
    gc_f4 other;
    const gc_f4 s = gc_f4_logistic(x, &other);
    return s * (gc_f4_splat(1) + x * other);
}
GC_INLINE gc_f4 sigmoid_4(gc_f4 x) {
    gc_f4 other;
    return gc_f4_logistic(x, &other);
}
GC_INLINE gc_f4 sigmoid_slope_4(gc_f4 x) {
    gc_f4 other;
    const gc_f4 s = gc_f4_logistic(x, &other);
    return s * other;
}
GC_INLINE gc_f4 gelu_4(gc_f4 x) {
    gc_f4 density;
    return x * gc_f4_normal_below(x, &density);
}
GC_INLINE gc_f4 gelu_slope_4(gc_f4 x) {
    gc_f4 density;
    const gc_f4 below = gc_f4_normal_below(x, &density);
    return below + x * density;
}

/* Values that threads share. */
struct values {
    gc_real *out;
    const gc_real *in;
};

#define ACTIVATION_4(NAME)                                                                         \
    static void NAME##_values(gc_real *restrict out, const gc_real *restrict x, size_t left) {     \
        for (; left >= GC_LANES; left -= GC_LANES, x += GC_LANES, out += GC_LANES)                 \
            gc_f4_store(out, NAME##_4(gc_f4_load(x)));                                             \
        const gc_f4 last = NAME##_4(load_last(x, left));                                           \
        memcpy(out, &last, left * sizeof *out);                                                    \
    }                                                                                              \
    static void NAME##_range(void *context, size_t first, size_t end) {                            \
        const struct values *values = context;                                                     \
        NAME##_values(values->out + first, values->in + first, end - first);                       \
    }                                                                                              \
    static gc_status NAME##_forward(struct gc_step *step, gc_real *out,                            \
                                    const gc_real *const *in) {                                    \
        gc_parallel_ranges(NAME##_range, &(struct values){out, in[0]}, gc_shape_count(&step->out), \
                           GC_SMALLEST_RANGE);                                                     \
        return GC_OK;                                                                              \
    }                                                                                              \
    static void NAME##_forward_rows(const struct gc_step *step, struct gc_band out,                \
                                    const struct gc_band *in, int32_t first, int32_t end) {        \
        const size_t row = gc_shape_count(&step->out) / (size_t)step->out.dims[0];                 \
        NAME##_values(out.data + (size_t)(first - out.first) * row,                                \
                      in->data + (size_t)(first - in->first) * row, (size_t)(end - first) * row);  \
    }                                                                                              \
    static gc_status NAME##_backward(struct gc_step *step, int32_t input, gc_real *restrict din,   \
                                     const gc_real *restrict dout, const gc_real *out,             \
                                     const gc_real *const *in) {                                   \
        (void)input, (void)out;                                                                    \
        const gc_real *restrict x = in[0];                                                         \
        size_t left = gc_shape_count(&step->out);                                                  \
        for (; left >= GC_LANES; left -= GC_LANES) {                                               \
            gc_f4_store(din, gc_f4_load(dout) * NAME##_slope_4(gc_f4_load(x)));                    \
            x += GC_LANES, dout += GC_LANES, din += GC_LANES;                                      \
        }                                                                                          \
        const gc_f4 last = load_last(dout, left) * NAME##_slope_4(load_last(x, left));             \
        memcpy(din, &last, left * sizeof *din);                                                    \
        return GC_OK;                                                                              \
    }                                                                                              \
    static const struct gc_path NAME##_paths[] = {{.name = "simd",                                 \
                                                   .forward = NAME##_forward,                      \
                                                   .backward = NAME##_backward,                    \
                                                   .forward_rows = NAME##_forward_rows},           \
                                                  {0}};
ACTIVATION_4(sigmoid)
ACTIVATION_4(silu)
ACTIVATION_4(gelu)
#define FAST(NAME) .paths = {NAME##_paths}
#else
#define FAST(NAME)
#endif

/* ---- The list ---- */

/* s'(x) = s(x) * s(-x). With 1 - s(x) a saturated class would lose its gradient. */
ACTIVATION(sigmoid, y = logistic(x), slope = logistic(x) * logistic(-x),
           .is_class_activation = true, FAST(sigmoid))
ACTIVATION(tanh, y = tanh(x), slope = tanh_slope(x))
ACTIVATION(silu, y = x * logistic(x), slope = silu_slope(x), FAST(silu))
ACTIVATION(gelu, y = x * normal_below(x), slope = normal_below(x) + x * normal_density(x),
           FAST(gelu))
ACTIVATION(gelu_tanh, y = x * logistic(2 * gelu_argument(x)), slope = gelu_tanh_slope(x))
ACTIVATION(selu, y = x > 0 ? SELU_SCALE * x : SELU_ALPHA * expm1(x),
           slope = x > 0 ? SELU_SCALE : SELU_ALPHA * exp(x))
ACTIVATION(softplus, y = softplus(x), slope = logistic(x))
ACTIVATION(softsign, y = x / (1 + fabs(x)), slope = 1 / ((1 + fabs(x)) * (1 + fabs(x))))
ACTIVATION(exponential, y = exp(x), slope = exp(x))
ACTIVATION(mish, y = x * tanh(softplus(x)), slope = mish_slope(x))
ACTIVATION(hard_sigmoid, y = clip(x + 3, 0, 6) / 6, slope = x > -3 && x < 3 ? R(1.0 / 6) : 0)
ACTIVATION(hard_silu, y = x * clip(x + 3, 0, 6) / 6,
           slope = clip(x + 3, 0, 6) / 6 + (x > -3 && x < 3 ? x / 6 : 0))
ACTIVATION(tanh_shrink, y = x - tanh(x), slope = tanh(x) * tanh(x))
ACTIVATION(sparse_plus, y = x < 1 ? clip(x + 1, 0, 2) * clip(x + 1, 0, 2) / 4 : x,
           slope = clip(x + 1, 0, 2) / 2)
ACTIVATION(sparse_sigmoid, y = clip(x + 1, 0, 2) / 2, slope = x > -1 && x < 1 ? R(0.5) : 0)
ACTIVATION(log_sigmoid, y = -softplus(-x), slope = logistic(-x))
ACTIVATION(elu, y = x > 0 ? x : a * expm1(x), slope = x > 0 ? 1 : a * exp(x))
ACTIVATION(celu, y = x > 0 ? x : a * expm1(x / a), slope = x > 0 ? 1 : exp(x / a))
ACTIVATION(squareplus, y = squareplus(x, a), slope = squareplus(x, a) / sqrt(x * x + a))
ACTIVATION(hard_shrink, y = fabs(x) > a ? x : 0, slope = fabs(x) > a ? 1 : 0)
ACTIVATION(soft_shrink, y = x > a ? x - a : x < -a ? x + a : 0, slope = fabs(x) > a ? 1 : 0)
ACTIVATION(threshold, y = x > a ? x : b, slope = x > a ? 1 : 0)
ACTIVATION(line, y = clip(a * x + b, 0, 1), slope = a * x + b > 0 && a * x + b < 1 ? a : 0)
ACTIVATION(absolute, y = fabs(x), slope = x > 0 ? 1 : x < 0 ? -1 : 0)
ACTIVATION(clip, y = clip(x, a, b), slope = x >= a && x <= b ? 1 : 0)
ACTIVATION(erf, y = erf(x), slope = R(1.1283791670955126) * exp(-x * x))
ACTIVATION(expm1, y = expm1(x), slope = exp(x))
ACTIVATION(log, y = log(x), slope = 1 / x)
ACTIVATION(log1p, y = log1p(x), slope = 1 / (1 + x))
ACTIVATION(sin, y = sin(x), slope = cos(x))
ACTIVATION(cos, y = cos(x), slope = -sin(x))
ACTIVATION(tan, y = tan(x), slope = 1 / (cos(x) * cos(x)))
ACTIVATION(sinh, y = sinh(x), slope = cosh(x))
ACTIVATION(cosh, y = cosh(x), slope = sinh(x))
ACTIVATION(arcsinh, y = asinh(x), slope = 1 / sqrt(x * x + 1))
ACTIVATION(arctan, y = atan(x), slope = 1 / (x * x + 1))
ACTIVATION(power, y = pow(x, a), slope = a * pow(x, a - 1))
ACTIVATION(reciprocal, y = 1 / x, slope = -1 / (x * x))
ACTIVATION(rsqrt, y = 1 / sqrt(x), slope = R(-0.5) / (x * sqrt(x)))
ACTIVATION(sign, y = x > 0 ? 1 : x < 0 ? -1 : 0, slope = 0)
ACTIVATION(sqrt, y = sqrt(x), slope = R(0.5) / sqrt(x))
ACTIVATION(square, y = x * x, slope = 2 * x)
ACTIVATION(floor, y = floor(x), slope = 0)
ACTIVATION(ceil, y = ceil(x), slope = 0)
ACTIVATION(round, y = rint(x), slope = 0)
ACTIVATION(trunc, y = trunc(x), slope = 0)
ACTIVATION(stop_gradient, y = x, slope = 0)
ACTIVATION(greater, y = x > a, slope = 0)
ACTIVATION(greater_equal, y = x >= a, slope = 0)
ACTIVATION(less, y = x < a, slope = 0)
ACTIVATION(less_equal, y = x <= a, slope = 0)
ACTIVATION(equal, y = x == a, slope = 0)
ACTIVATION(not_equal, y = x != a, slope = 0)
