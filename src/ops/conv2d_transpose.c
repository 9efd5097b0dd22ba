/* The transpose of a convolution (Keras Conv2DTranspose). Its forward pass is the backward pass of
 * a convolution from out to in, and its backward pass is that convolution.
 *   in, din   [in_h][in_w][in]              out, dout   [out_h][out_w][filters]
 *   kernel    [k_h][k_w][filters][in]       bias        [filters]
 *   out(v, u, f) = bias(f) + sum_ijc kernel(i, j, f, c) * in(y, x, c)
 *   din(y, x, c) = sum_ijf kernel(i, j, f, c) * dout(y*s + i*d - top, x*s + j*d - left, f)
 * The sum for out takes the y and x with y*s + i*d - top = v and x*s + j*d - left = u. A fused
 * scale, shift and clamp follow, per filter. */
#include "base/memory.h"
#include "graph/shapes.h"
#include "kernels/convolution.h"
#include "kernels/fused.h"
#include "kernels/xnn.h"
#include "ops/ops.h"

#include <math.h>

/* ---- Shapes ---- */

/* The window of the convolution from out to in, along one axis. Keras' rules for the size of out:
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
        return gc_fail(GC_INVALID_MODEL, "a transposed convolution would make %lld positions of %d",
                       (long long)out, (int)in);
    GC_TRY(gc_window_make(window, (int32_t)out, kernel, stride, dilation, same, 0, 0));
    if (window->out == in)
        return GC_OK;
    return gc_fail(
        GC_INVALID_MODEL,
        "a transposed convolution with output padding %d makes %lld positions, which come "
        "from %d positions, not from %d",
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
        return gc_fail(GC_INVALID_MODEL,
                       "a transposed convolution of %d filters: it needs at least one",
                       (int)p->filters);
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

/* The convolution from out to in. Its input is the layer's output. */
static gc_status conv2d_transpose_geometry(struct gc_convolution *conv,
                                           const struct gc_step *step) {
    const struct gc_conv2d_transpose_params *p = step->params;
    conv->groups = 1;
    conv->in = conv->group_in = p->filters;
    conv->out = conv->group_out = step->in->dims[2];
    return windows_of(&conv->windows, step->in, p);
}

/* ---- Reference ---- */

/* out(f) += sum_c kernel(f, c) * in(c):  one tap */
static void add_tap(const struct gc_convolution *conv, const struct gc_step *step,
                    gc_real *restrict out, const gc_real *restrict in,
                    const float *restrict kernel) {
    (void)step;
    for (int32_t f = 0; f < conv->in; f++, kernel += conv->out) {
        gc_real sum = 0;
        for (int32_t c = 0; c < conv->out; c++)
            sum += kernel[c] * in[c];
        out[f] += sum;
    }
}

static gc_status conv2d_transpose_forward_reference(struct gc_step *step, gc_real *out,
                                                    const gc_real *const *in) {
    struct gc_convolution conv;
    GC_TRY(conv2d_transpose_geometry(&conv, step));
    gc_convolve_back(out, in[0], &conv, step, step->weights[1], add_tap);
    gc_fused_apply(step, out);
    return GC_OK;
}

/* din(c) += sum_f kernel(f, c) * scale(f) * dout(f):  one tap */
static void add_tap_gradient(const struct gc_convolution *conv, const struct gc_step *step,
                             gc_real *restrict din, const gc_real *restrict dout,
                             const float *restrict kernel) {
    for (int32_t f = 0; f < conv->in; f++, kernel += conv->out) {
        const gc_real gradient = gc_fused_scale(step, f) * dout[f];
        for (int32_t c = 0; c < conv->out; c++)
            din[c] += kernel[c] * gradient;
    }
}

static gc_status conv2d_transpose_backward_reference(struct gc_step *step, int32_t input,
                                                     gc_real *din, const gc_real *dout,
                                                     const gc_real *out, const gc_real *const *in) {
    (void)input, (void)out, (void)in;
    struct gc_convolution conv;
    GC_TRY(conv2d_transpose_geometry(&conv, step));
    gc_convolve(din, dout, &conv, step, NULL, add_tap_gradient);
    return GC_OK;
}

/* ---- The paths on XNNPACK ---- */

#ifdef GC_XNNPACK
static bool fits_xnn_transposed(const struct gc_step *step) {
    struct gc_convolution conv;
    return conv2d_transpose_geometry(&conv, step) == GC_OK && gc_xnn_can_transpose(&conv.windows);
}

/* The kernel in XNNPACK's order, times the fused scale. The caller releases it.
 *   forward    [filters][k_h][k_w][in]
 *   backward   [in][k_h][k_w][filters] */
static gc_status pack_kernel(float **result, const struct gc_step *step,
                             const struct gc_convolution *conv, bool backward) {
    const size_t taps = (size_t)conv->windows.rows.kernel * conv->windows.columns.kernel;
    const size_t in = (size_t)conv->out, filters = (size_t)conv->in, count = taps * in * filters;
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

static gc_status create_backward(struct gc_xnn_state *both, const struct gc_step *step) {
    float *kernel;
    GC_TRY(pack_kernel(&kernel, step, &both->conv, true));
    const gc_status status = gc_xnn_create_convolution(
        &both->backward,
        &(struct gc_xnn_convolution){
            .geometry = &both->conv, .kernel = kernel, .min = -INFINITY, .max = INFINITY});
    gc_release(kernel);
    return status;
}

/* For a path that goes forward by the reference. */
static gc_status prepare_backward(struct gc_step *step) {
    struct gc_xnn_state *both = step->state;
    both->create_backward = create_backward;
    return conv2d_transpose_geometry(&both->conv, step);
}

static gc_status prepare_xnn(struct gc_step *step) {
    GC_TRY(prepare_backward(step));
    struct gc_xnn_state *both = step->state;
    float *kernel = NULL, *bias = NULL;
    gc_status status = pack_kernel(&kernel, step, &both->conv, false);
    if (status == GC_OK)
        status = gc_fused_bias(&bias, step, step->weights[1], both->conv.in);
    if (status == GC_OK)
        status = gc_xnn_create_transposed(&both->forward,
                                          &(struct gc_xnn_convolution){.geometry = &both->conv,
                                                                       .kernel = kernel,
                                                                       .bias = bias,
                                                                       .min = step->min,
                                                                       .max = step->max});
    gc_release(kernel);
    gc_release(bias);
    return status;
}

#endif

/* ---- The choice ---- */

static const struct gc_path conv2d_transpose_paths[] = {
#ifdef GC_XNNPACK
    {.name = "xnnpack",
     .fits = fits_xnn_transposed,
     .state_size = sizeof(struct gc_xnn_state),
     .prepare = prepare_xnn,
     .release = gc_xnn_release,
     .forward = gc_xnn_forward,
     .backward = gc_xnn_backward},
    {.name = "xnnpack, forward by reference",
     .state_size = sizeof(struct gc_xnn_state),
     .prepare = prepare_backward,
     .release = gc_xnn_release,
     .forward = conv2d_transpose_forward_reference,
     .backward = gc_xnn_backward},
#endif
    {0}};

const struct gc_op gc_op_conv2d_transpose = {
    .name = "conv2d_transpose",
    .is_linear = true,
    .takes_affine = true,
    .takes_clamp = true,
    .shape = conv2d_transpose_shape,
    .weight = conv2d_transpose_weight,
    .paths = {conv2d_transpose_paths},
    .reference = {.forward = conv2d_transpose_forward_reference,
                  .backward = conv2d_transpose_backward_reference},
};
