/* The transpose of a convolution (Keras Conv2DTranspose): forward is what a convolution from out to in
 * does backward, and the other way round.
 *   in, din   [in_h][in_w][in]              out, dout   [out_h][out_w][filters]
 *   kernel    [k_h][k_w][filters][in]       bias        [filters]
 *   out(v, u, f) = bias(f) + sum_ijc kernel(i, j, f, c) * in(y, x, c)   over y*s + i*d - top = v, likewise x
 *   din(y, x, c) = sum_ijf kernel(i, j, f, c) * dout(y*s + i*d - top, x*s + j*d - left, f)
 * A fused scale, shift and clamp follow, per filter. */
#include "base/memory.h"
#include "graph/shapes.h"
#include "graph/window.h"
#include "kernels/fused.h"
#include "kernels/xnn.h"
#include "ops/ops.h"

#include <math.h>
#include <string.h>

/* ---- Shapes ---- */

/* The window of the convolution that leads back, from `out` positions to the `in` there are. Keras:
 *   output_padding null    out = in * stride, valid: in * stride + max(reach - stride, 0)
 *   given                  out = (in - 1) * stride + reach - 2 * pad + output_padding,
 *                          pad = reach / 2 rounded down for "same", 0 for "valid" */
static gc_status window_of(struct gc_window *window, int32_t in, int32_t kernel, int32_t stride,
                           int32_t dilation, int32_t output_padding, bool same) {
    const int64_t reach = ((int64_t)kernel - 1) * dilation + 1;
    int64_t out = (int64_t)in * stride;
    if (output_padding >= 0)
        out += reach - stride - (same ? reach / 2 * 2 : 0) + output_padding;
    else if (!same && reach > stride)
        out += reach - stride;
    if (out <= 0 || out > INT32_MAX)
        return gc_fail(GC_INVALID_MODEL, "a transposed convolution of %d positions gives %lld",
                       (int)in, (long long)out);
    GC_TRY(gc_window_make(window, (int32_t)out, kernel, stride, dilation, same, 0, 0));
    if (window->out == in)
        return GC_OK;
    return gc_fail(GC_INVALID_MODEL,
                   "a transposed convolution with output padding %d: its %lld positions come from "
                   "%d, not %d",
                   (int)output_padding, (long long)out, (int)window->out, (int)in);
}

static gc_status windows_of(struct gc_windows *windows, const gc_shape *in,
                            const struct gc_conv2d_transpose_params *p) {
    GC_TRY(window_of(&windows->rows, in->dims[0], p->kernel_h, p->stride_h, p->dilation_h,
                     p->output_padding_h, p->same));
    return window_of(&windows->columns, in->dims[1], p->kernel_w, p->stride_w, p->dilation_w,
                     p->output_padding_w, p->same);
}

static gc_status conv2d_transpose_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                                        const void *params) {
    (void)input_count;
    const struct gc_conv2d_transpose_params *p = params;
    GC_TRY(gc_check_picture(in, "a transposed convolution"));
    if (p->filters <= 0)
        return gc_fail(GC_INVALID_MODEL, "a transposed convolution of %d filters", (int)p->filters);
    struct gc_windows windows;
    GC_TRY(windows_of(&windows, in, p));
    *out = (gc_shape){3, {windows.rows.in, windows.columns.in, p->filters}};
    return GC_OK;
}

static gc_shape conv2d_transpose_weight(int32_t slot, const gc_shape *in, const void *params) {
    const struct gc_conv2d_transpose_params *p = params;
    if (slot == 0)
        return (gc_shape){4, {p->kernel_h, p->kernel_w, p->filters, in->dims[2]}};
    return slot == 1 && p->bias ? (gc_shape){1, {p->filters}} : (gc_shape){.rank = -1};
}

/* ---- Reference ---- */

struct sizes {
    struct gc_windows windows; /* their `in` is the layer's output, their `out` its input */
    int32_t in, filters;
};

static gc_status sizes_of(struct sizes *sizes, const struct gc_step *step) {
    const struct gc_conv2d_transpose_params *p = step->params;
    sizes->in = step->in->dims[2];
    sizes->filters = p->filters;
    return windows_of(&sizes->windows, step->in, p);
}

/* The kernel's matrix of a tap: [filters][in]. */
static const float *tap_of(const struct gc_step *step, const struct sizes *s, int32_t i,
                           int32_t j) {
    const size_t tap = (size_t)i * s->windows.columns.kernel + j;
    return step->weights[0] + tap * s->filters * s->in;
}

/* out(f) += sum_c kernel(f, c) * in(c) */
static void add_tap(gc_real *restrict out, const gc_real *restrict in, const float *restrict kernel,
                    const struct sizes *s) {
    for (int32_t f = 0; f < s->filters; f++, kernel += s->in) {
        gc_real sum = 0;
        for (int32_t c = 0; c < s->in; c++)
            sum += kernel[c] * in[c];
        out[f] += sum;
    }
}

static gc_status conv2d_transpose_forward_reference(struct gc_step *step, gc_real *out,
                                                    const gc_real *const *in) {
    struct sizes s;
    GC_TRY(sizes_of(&s, step));
    const struct gc_window *rows = &s.windows.rows, *columns = &s.windows.columns;
    const float *bias = step->weights[1];
    for (int32_t v = 0; v < rows->in; v++)
        for (int32_t u = 0; u < columns->in; u++, out += s.filters) {
            for (int32_t f = 0; f < s.filters; f++)
                out[f] = bias == NULL ? 0 : bias[f];
            for (int32_t i = 0; i < rows->kernel; i++)
                for (int32_t j = 0; j < columns->kernel; j++) {
                    const int32_t y = gc_window_at(rows, v, i), x = gc_window_at(columns, u, j);
                    if (y < 0 || x < 0)
                        continue;
                    add_tap(out, in[0] + ((size_t)y * columns->out + x) * s.in,
                            tap_of(step, &s, i, j), &s);
                }
            gc_fused_apply(step, out, 1, s.filters);
        }
    return GC_OK;
}

/* din(c) += sum_f kernel(f, c) * scale(f) * dout(f) */
static void add_tap_gradient(gc_real *restrict din, const gc_real *restrict dout,
                             const float *restrict kernel, const struct gc_step *step,
                             const struct sizes *s) {
    for (int32_t f = 0; f < s->filters; f++, kernel += s->in) {
        const gc_real gradient = gc_fused_scale(step, f) * dout[f];
        for (int32_t c = 0; c < s->in; c++)
            din[c] += kernel[c] * gradient;
    }
}

static gc_status conv2d_transpose_backward_reference(struct gc_step *step, int32_t input,
                                                     gc_real *din, const gc_real *dout,
                                                     const gc_real *out, const gc_real *const *in) {
    (void)input, (void)out, (void)in;
    struct sizes s;
    GC_TRY(sizes_of(&s, step));
    const struct gc_window *rows = &s.windows.rows, *columns = &s.windows.columns;
    int32_t i, i_end, j, j_end;
    for (int32_t y = 0; y < rows->out; y++)
        for (int32_t x = 0; x < columns->out; x++, din += s.in) {
            memset(din, 0, (size_t)s.in * sizeof *din);
            gc_window_taps(rows, y, &i, &i_end);
            for (; i < i_end; i++) {
                const size_t row = (size_t)gc_window_position(rows, y, i) * columns->in;
                gc_window_taps(columns, x, &j, &j_end);
                for (; j < j_end; j++)
                    add_tap_gradient(din,
                                     dout + (row + gc_window_position(columns, x, j)) * s.filters,
                                     tap_of(step, &s, i, j), step, &s);
            }
        }
    return GC_OK;
}

/* ---- XNNPACK ---- */

#ifdef GC_XNNPACK
struct conv2d_transpose {
    struct sizes sizes;
    struct gc_xnn forward, backward;
};

/* The kernel in XNNPACK's order, times the fused scale; for gc_release.
 *   forward    [filters][k_h][k_w][in]       backward   [in][k_h][k_w][filters] */
static gc_status pack_kernel(float **result, const struct gc_step *step, const struct sizes *s,
                             bool backward) {
    const size_t taps = (size_t)s->windows.rows.kernel * s->windows.columns.kernel;
    const size_t in = (size_t)s->in, filters = (size_t)s->filters, count = taps * in * filters;
    float *packed = *result = gc_allocate_unset(count, sizeof *packed);
    if (packed == NULL)
        return gc_fail_memory(count * sizeof *packed, "a transposed convolution's kernel");
    const float *value = step->weights[0];
    for (size_t tap = 0; tap < taps; tap++)
        for (size_t f = 0; f < filters; f++)
            for (size_t c = 0; c < in; c++)
                packed[backward ? (c * taps + tap) * filters + f : (f * taps + tap) * in + c] =
                    *value++ * gc_fused_scale(step, (int32_t)f);
    return GC_OK;
}

static gc_status create_forward(struct conv2d_transpose *conv, const struct gc_step *step) {
    const struct sizes *s = &conv->sizes;
    float *kernel = NULL, *bias = NULL;
    gc_status status = pack_kernel(&kernel, step, s, false);
    if (status == GC_OK)
        status = gc_fused_bias(&bias, step, step->weights[1], s->filters);
    if (status == GC_OK)
        status = gc_xnn_create_transposed(&conv->forward,
                                          &(struct gc_xnn_convolution){.windows = &s->windows,
                                                                       .groups = 1,
                                                                       .group_in = s->filters,
                                                                       .group_out = s->in,
                                                                       .kernel = kernel,
                                                                       .bias = bias,
                                                                       .min = step->min,
                                                                       .max = step->max});
    gc_release(kernel);
    gc_release(bias);
    return status;
}

static gc_status create_backward(struct conv2d_transpose *conv, const struct gc_step *step) {
    const struct sizes *s = &conv->sizes;
    float *kernel;
    GC_TRY(pack_kernel(&kernel, step, s, true));
    const gc_status status = gc_xnn_create_convolution(
        &conv->backward, &(struct gc_xnn_convolution){.windows = &s->windows,
                                                      .groups = 1,
                                                      .group_in = s->filters,
                                                      .group_out = s->in,
                                                      .kernel = kernel,
                                                      .min = -INFINITY,
                                                      .max = INFINITY});
    gc_release(kernel);
    return status;
}

static void conv2d_transpose_release(struct gc_step *step) {
    struct conv2d_transpose *conv = step->state;
    if (conv == NULL)
        return;
    gc_xnn_destroy(&conv->forward);
    gc_xnn_destroy(&conv->backward);
    gc_release(conv);
    step->state = NULL;
}

static gc_status conv2d_transpose_prepare(struct gc_step *step) {
    struct conv2d_transpose *conv = gc_allocate(1, sizeof *conv);
    if (conv == NULL)
        return gc_fail_memory(sizeof *conv, "a transposed convolution");
    step->state = conv;
    gc_status status = sizes_of(&conv->sizes, step);
    if (status == GC_OK && gc_xnn_can_transpose(&conv->sizes.windows))
        status = create_forward(conv, step);
    if (status != GC_OK)
        conv2d_transpose_release(step);
    return status;
}

static gc_status conv2d_transpose_forward(struct gc_step *step, gc_real *out,
                                          const gc_real *const *in) {
    struct conv2d_transpose *conv = step->state;
    if (!gc_xnn_can_transpose(&conv->sizes.windows))
        return conv2d_transpose_forward_reference(step, out, in);
    return gc_xnn_run(&conv->forward, out, in[0]);
}

static gc_status conv2d_transpose_backward(struct gc_step *step, int32_t input, gc_real *din,
                                           const gc_real *dout, const gc_real *out,
                                           const gc_real *const *in) {
    (void)input, (void)out, (void)in;
    struct conv2d_transpose *conv = step->state;
    if (conv->backward.handle == NULL)
        GC_TRY(create_backward(conv, step));
    return gc_xnn_run(&conv->backward, din, dout);
}
#endif

const struct gc_op gc_op_conv2d_transpose = {
    .name = "conv2d_transpose",
    .takes_affine = true,
    .takes_clamp = true,
    .shape = conv2d_transpose_shape,
    .weight = conv2d_transpose_weight,
#ifdef GC_XNNPACK
    .prepare = conv2d_transpose_prepare,
    .release = conv2d_transpose_release,
    .forward = conv2d_transpose_forward,
    .backward = conv2d_transpose_backward,
#endif
    .forward_reference = conv2d_transpose_forward_reference,
    .backward_reference = conv2d_transpose_backward_reference,
};
