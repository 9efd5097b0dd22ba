/* Depthwise convolution (Keras DepthwiseConv2D). Every channel has its own m filters, where m is
 * the depth multiplier. f = c * m + k is filter k of channel c.
 *   in, din   [in_h][in_w][in]             out, dout   [out_h][out_w][in * m]
 *   kernel    [k_h][k_w][in][m]            bias        [in * m]
 *   out(y, x, f) = bias(f) + sum_ij kernel(i, j, f) * in(y*s + i*d - top, x*s + j*d - left, c)
 *   din(v, u, c) = sum_ijk kernel(i, j, f) * dout(y, x, f)    over y*s + i*d - top = v, likewise x
 * A fused scale, shift and clamp follow, per channel of out. */
#include "base/memory.h"
#include "graph/shapes.h"
#include "kernels/convolution.h"
#include "kernels/depthwise_rows.h"
#include "kernels/depthwise_taps.h"
#include "kernels/fused.h"
#include "kernels/projection.h"
#include "kernels/xnn.h"
#include "ops/ops.h"

#include <math.h>

/* ---- Shapes ---- */

static gc_status depthwise_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                                 const void *params) {
    (void)input_count;
    const struct gc_depthwise_params *p = params;
    GC_TRY(gc_check_picture(in, "a depthwise convolution"));
    if (p->multiplier <= 0 || p->multiplier > GC_MAX_TENSOR_BYTES / in->dims[2])
        return gc_fail(GC_INVALID_MODEL,
                       "a depth multiplier of %d for %d channels is not positive or too large",
                       (int)p->multiplier, (int)in->dims[2]);
    struct gc_windows windows;
    GC_TRY(gc_windows_make(&windows, in, &p->windows, &(struct gc_padding){0}));
    *out = (gc_shape){3, {windows.rows.out, windows.columns.out, in->dims[2] * p->multiplier}};
    return GC_OK;
}

static gc_shape depthwise_weight(int32_t slot, const gc_shape *in, const void *params) {
    const struct gc_depthwise_params *p = params;
    if (slot == 0)
        return (gc_shape){4,
                          {p->windows.kernel_h, p->windows.kernel_w, in->dims[2], p->multiplier}};
    return slot == 1 && p->bias ? (gc_shape){1, {in->dims[2] * p->multiplier}}
                                : (gc_shape){.rank = -1};
}

static bool depthwise_takes_padding(const void *params) {
    return !((const struct gc_depthwise_params *)params)->windows.same;
}

/* Each channel of in is a group. */
static gc_status depthwise_geometry(struct gc_convolution *conv, const struct gc_step *step) {
    const struct gc_depthwise_params *p = step->params;
    return gc_convolution_make(conv, step, &p->windows, step->in->dims[2]);
}

/* ---- Reference ---- */

/* out(c, k) += kernel(c, k) * in(c):  one tap */
static void add_tap(const struct gc_convolution *conv, const struct gc_step *step,
                    gc_real *restrict out, const gc_real *restrict in,
                    const float *restrict kernel) {
    (void)step;
    for (int32_t c = 0, f = 0; c < conv->in; c++)
        for (int32_t k = 0; k < conv->group_out; k++, f++)
            out[f] += kernel[f] * in[c];
}

static gc_status depthwise_forward_reference(struct gc_step *step, gc_real *out,
                                             const gc_real *const *in) {
    struct gc_convolution conv;
    GC_TRY(depthwise_geometry(&conv, step));
    gc_convolve(out, in[0], &conv, step, step->weights[1], add_tap);
    gc_fused_apply(step, out);
    return GC_OK;
}

/* din(c) += sum_k kernel(c, k) * scale(c, k) * dout(c, k):  one tap */
static void add_tap_gradient(const struct gc_convolution *conv, const struct gc_step *step,
                             gc_real *restrict din, const gc_real *restrict dout,
                             const float *restrict kernel) {
    for (int32_t c = 0, f = 0; c < conv->in; c++)
        for (int32_t k = 0; k < conv->group_out; k++, f++)
            din[c] += kernel[f] * gc_fused_scale(step, f) * dout[f];
}

static gc_status depthwise_backward_reference(struct gc_step *step, int32_t input, gc_real *din,
                                              const gc_real *dout, const gc_real *out,
                                              const gc_real *const *in) {
    (void)input, (void)out, (void)in;
    struct gc_convolution conv;
    GC_TRY(depthwise_geometry(&conv, step));
    gc_convolve_back(din, dout, &conv, step, NULL, add_tap_gradient);
    return GC_OK;
}

/* ---- Maps of swallowed layers ---- */

static gc_status depthwise_project(struct gc_step *step, gc_real *raw, gc_real *taps,
                                   const gc_real *weights, const gc_real *const *in) {
    struct gc_convolution conv;
    GC_TRY(depthwise_geometry(&conv, step));
    return gc_projection_run(&conv, step, NULL, raw, taps, weights, in[0]);
}

static void depthwise_outside(const struct gc_step *step, gc_real *outside, const gc_real *dout) {
    struct gc_convolution conv;
    if (depthwise_geometry(&conv, step) == GC_OK)
        gc_projection_outside(&conv, step, NULL, outside, dout);
}

#ifndef GC_DOUBLE

/* ---- What the paths have in common ---- */

/* The geometry of a depthwise convolution. A Conv2D whose groups are single channels with one
 * filter each is one too, because its kernel lies in the same order. False for any other Conv2D. */
static bool read_geometry(struct gc_convolution *conv, const struct gc_step *step) {
    const struct gc_conv2d_params *p = step->params;
    if (step->op == &gc_op_depthwise)
        return depthwise_geometry(conv, step) == GC_OK;
    return p->groups == step->in->dims[2] && p->groups == p->filters &&
           gc_convolution_make(conv, step, &p->windows, p->groups) == GC_OK;
}

/* The same, and whether there is one filter per channel. */
static bool has_one_filter(struct gc_convolution *conv, const struct gc_step *step) {
    return read_geometry(conv, step) && conv->group_out == 1;
}

static size_t tap_count(const struct gc_convolution *conv) {
    return (size_t)conv->windows.rows.kernel * conv->windows.columns.kernel;
}

/* The kernel times the fused scale, as it is or turned by half a circle. */
static gc_status pack_kernel(float **packed, const struct gc_step *step,
                             const struct gc_convolution *conv, bool turned) {
    const size_t taps = tap_count(conv), count = taps * (size_t)conv->out;
    *packed = gc_allocate(count, sizeof **packed);
    if (*packed == NULL)
        return gc_fail_memory(count * sizeof **packed, "a depthwise convolution's kernel");
    for (size_t tap = 0; tap < taps; tap++) {
        const float *from = step->weights[0] + tap * conv->out;
        float *to = *packed + (turned ? taps - 1 - tap : tap) * conv->out;
        for (int32_t f = 0; f < conv->out; f++)
            to[f] = from[f] * gc_fused_scale(step, f);
    }
    return GC_OK;
}

/* ---- The paths by rows, for the sizes of depthwise_rows.h ----
 * With stride 1 the backward pass is a convolution with the turned kernel. For stride 2 there is a
 * backward kernel. */

#ifndef GC_STOCK
struct rows {
    struct gc_convolution conv;
    float *packed; /* the kernel with the bias */
    float *turned; /* the turned kernel, packed by the first backward with stride 1 */
    float *zeros;  /* [the larger of in_w and out_w][in] */
};

static bool has_rows(const struct gc_step *step, int32_t stride) {
    struct gc_convolution conv;
    return has_one_filter(&conv, step) && gc_depthwise_rows_fit(&conv.windows, conv.in) &&
           conv.windows.rows.stride == stride;
}

static bool fits_rows_stride_1(const struct gc_step *step) { return has_rows(step, 1); }
static bool fits_rows_stride_2(const struct gc_step *step) { return has_rows(step, 2); }

static gc_status pack_rows(float **packed, const struct gc_step *step,
                           const struct gc_convolution *conv, const float *bias, bool turned) {
    const size_t count = gc_depthwise_rows_packed(&conv->windows, conv->in);
    float *kernel;
    GC_TRY(pack_kernel(&kernel, step, conv, turned));
    *packed = gc_allocate(count, sizeof **packed);
    if (*packed != NULL)
        gc_depthwise_rows_pack(*packed, kernel, bias, &conv->windows, conv->in);
    gc_release(kernel);
    return *packed != NULL
               ? GC_OK
               : gc_fail_memory(count * sizeof **packed, "a depthwise convolution's kernel");
}

static gc_status prepare_rows(struct gc_step *step) {
    struct rows *rows = step->state;
    read_geometry(&rows->conv, step);
    const struct gc_window *columns = &rows->conv.windows.columns;
    const int32_t width = columns->in > columns->out ? columns->in : columns->out;
    const size_t row = (size_t)width * rows->conv.in;
    rows->zeros = gc_allocate(row, sizeof *rows->zeros);
    if (rows->zeros == NULL)
        return gc_fail_memory(row * sizeof *rows->zeros, "a depthwise convolution's padding");
    float *bias;
    GC_TRY(gc_fused_bias(&bias, step, step->weights[1], rows->conv.in));
    const gc_status status = pack_rows(&rows->packed, step, &rows->conv, bias, false);
    gc_release(bias);
    return status;
}

static void release_rows(struct gc_step *step) {
    struct rows *rows = step->state;
    gc_release(rows->packed);
    gc_release(rows->turned);
    gc_release(rows->zeros);
}

static struct gc_depthwise_rows kernel_of_rows(const struct rows *rows) {
    return (struct gc_depthwise_rows){.windows = &rows->conv.windows,
                                      .channels = rows->conv.in,
                                      .packed = rows->packed,
                                      .zeros = rows->zeros,
                                      .min = -INFINITY,
                                      .max = INFINITY};
}

static void rows_forward_rows(const struct gc_step *step, struct gc_band out,
                              const struct gc_band *in, int32_t first, int32_t end) {
    struct gc_depthwise_rows kernel = kernel_of_rows(step->state);
    kernel.min = step->min;
    kernel.max = step->max;
    const size_t row = gc_shape_count(&step->out) / (size_t)step->out.dims[0];
    gc_depthwise_rows_forward(&kernel, out.data + (size_t)(first - out.first) * row, first, end,
                              in->data, in->first);
}

static const struct gc_window *rows_window(const struct gc_step *step) {
    return &((const struct rows *)step->state)->conv.windows.rows;
}

static gc_status rows_forward(struct gc_step *step, gc_real *out, const gc_real *const *in) {
    const struct gc_band band = gc_whole(in[0]);
    rows_forward_rows(step, gc_whole(out), &band, 0, step->out.dims[0]);
    return GC_OK;
}

static gc_status rows_backward_stride_1(struct gc_step *step, int32_t input, gc_real *din,
                                        const gc_real *dout, const gc_real *out,
                                        const gc_real *const *in) {
    (void)input, (void)out, (void)in;
    struct rows *rows = step->state;
    if (rows->turned == NULL)
        GC_TRY(pack_rows(&rows->turned, step, &rows->conv, NULL, true));
    const struct gc_convolution turned = gc_convolution_turned(&rows->conv);
    struct gc_depthwise_rows kernel = kernel_of_rows(rows);
    kernel.windows = &turned.windows;
    kernel.packed = rows->turned;
    gc_depthwise_rows_forward(&kernel, din, 0, turned.windows.rows.out, dout, 0);
    return GC_OK;
}

static gc_status rows_backward_stride_2(struct gc_step *step, int32_t input, gc_real *din,
                                        const gc_real *dout, const gc_real *out,
                                        const gc_real *const *in) {
    (void)input, (void)out, (void)in;
    const struct gc_depthwise_rows kernel = kernel_of_rows(step->state);
    gc_depthwise_rows_backward(&kernel, din, dout);
    return GC_OK;
}
#endif

/* ---- The path "taps", for any window and one filter per channel ----
 * XNNPACK's depthwise kernels have up to 25 taps. With more taps XNNPACK computes a product for
 * each channel, which is slower than this path. */

#ifdef GC_XNNPACK
#define FEWEST_TAPS 26
#else
#define FEWEST_TAPS 1
#endif

struct taps {
    struct gc_convolution conv;
    float *kernel;         /* [k_h][k_w][in], times the fused scale */
    float *bias;           /* [in], with the fused scale and shift */
    const float **scratch; /* [2][k_h * k_w], the pixels and filters of gc_depthwise_taps */
};

static bool fits_taps(const struct gc_step *step) {
    struct gc_convolution conv;
    return has_one_filter(&conv, step) && tap_count(&conv) >= FEWEST_TAPS;
}

/* Packs what both directions read. */
static gc_status pack_taps(struct taps *taps, const struct gc_step *step) {
    const size_t count = 2 * tap_count(&taps->conv);
    if (taps->scratch == NULL)
        taps->scratch = gc_allocate(count, sizeof *taps->scratch);
    if (taps->scratch == NULL)
        return gc_fail_memory(count * sizeof *taps->scratch, "a depthwise convolution's taps");
    return pack_kernel(&taps->kernel, step, &taps->conv, false);
}

static gc_status prepare_taps(struct gc_step *step) {
    struct taps *taps = step->state;
    read_geometry(&taps->conv, step);
    GC_TRY(pack_taps(taps, step));
    return gc_fused_bias(&taps->bias, step, step->weights[1], taps->conv.in);
}

static void free_taps(const struct taps *taps) {
    gc_release(taps->kernel);
    gc_release(taps->bias);
    gc_release(taps->scratch);
}

static void release_taps(struct gc_step *step) { free_taps(step->state); }

static struct gc_depthwise_taps kernel_of_taps(const struct taps *taps) {
    return (struct gc_depthwise_taps){.windows = &taps->conv.windows,
                                      .channels = taps->conv.in,
                                      .kernel = taps->kernel,
                                      .bias = taps->bias,
                                      .pixels = taps->scratch,
                                      .filters = taps->scratch + tap_count(&taps->conv)};
}

static gc_status taps_forward(struct gc_step *step, gc_real *out, const gc_real *const *in) {
    struct gc_depthwise_taps kernel = kernel_of_taps(step->state);
    kernel.min = step->min;
    kernel.max = step->max;
    gc_depthwise_taps_forward(&kernel, out, in[0]);
    return GC_OK;
}

static gc_status taps_backward(struct gc_step *step, int32_t input, gc_real *din,
                               const gc_real *dout, const gc_real *out, const gc_real *const *in) {
    (void)input, (void)out, (void)in;
    const struct gc_depthwise_taps kernel = kernel_of_taps(step->state);
    gc_depthwise_taps_backward(&kernel, din, dout);
    return GC_OK;
}

/* ---- The paths on XNNPACK ---- */

#ifdef GC_XNNPACK
struct xnn {
    struct gc_xnn_state both; /* comes first, for the functions of gc_xnn_state */
    struct taps taps;         /* packed by the first backward by taps */
};

/* Whether the backward pass is a convolution with the turned kernel, as XNNPACK computes it. It is
 * not with a larger stride. Nor is it if the zeros around the input reach further than the kernel,
 * because the turned convolution then has a negative padding. */
static bool fits_xnn_turned(const struct gc_step *step) {
    struct gc_convolution conv;
    if (!has_one_filter(&conv, step))
        return false;
    const struct gc_convolution turned = gc_convolution_turned(&conv);
    const struct gc_window *rows = &turned.windows.rows, *columns = &turned.windows.columns;
    return rows->stride == 1 && rows->before >= 0 && rows->after >= 0 && columns->stride == 1 &&
           columns->before >= 0 && columns->after >= 0;
}

static bool fits_xnn_one_filter(const struct gc_step *step) {
    struct gc_convolution conv;
    return has_one_filter(&conv, step);
}

static bool fits_xnn(const struct gc_step *step) {
    struct gc_convolution conv;
    return read_geometry(&conv, step);
}

static gc_status create(struct gc_xnn *xnn, const struct gc_convolution *conv, const float *kernel,
                        const float *bias, float min, float max) {
    return gc_xnn_create_convolution(xnn, &(struct gc_xnn_convolution){.geometry = conv,
                                                                       .depthwise = true,
                                                                       .kernel = kernel,
                                                                       .bias = bias,
                                                                       .min = min,
                                                                       .max = max});
}

static gc_status create_turned(struct gc_xnn_state *both, const struct gc_step *step) {
    const struct gc_convolution turned = gc_convolution_turned(&both->conv);
    float *kernel;
    GC_TRY(pack_kernel(&kernel, step, &both->conv, true));
    const gc_status status = create(&both->backward, &turned, kernel, NULL, -INFINITY, INFINITY);
    gc_release(kernel);
    return status;
}

static gc_status prepare_xnn(struct gc_step *step) {
    struct gc_xnn_state *both = step->state;
    both->create_backward = create_turned;
    read_geometry(&both->conv, step);
    float *kernel = NULL, *bias = NULL;
    gc_status status = pack_kernel(&kernel, step, &both->conv, false);
    if (status == GC_OK)
        status = gc_fused_bias(&bias, step, step->weights[1], both->conv.out);
    if (status == GC_OK)
        status = create(&both->forward, &both->conv, kernel, bias, step->min, step->max);
    gc_release(kernel);
    gc_release(bias);
    return status;
}

static void release_xnn(struct gc_step *step) {
    const struct xnn *xnn = step->state;
    free_taps(&xnn->taps);
    gc_xnn_release(step);
}

static gc_status xnn_backward_by_taps(struct gc_step *step, int32_t input, gc_real *din,
                                      const gc_real *dout, const gc_real *out,
                                      const gc_real *const *in) {
    (void)input, (void)out, (void)in;
    struct xnn *xnn = step->state;
    if (xnn->taps.kernel == NULL) {
        xnn->taps.conv = xnn->both.conv;
        GC_TRY(pack_taps(&xnn->taps, step));
    }
    const struct gc_depthwise_taps kernel = kernel_of_taps(&xnn->taps);
    gc_depthwise_taps_backward(&kernel, din, dout);
    return GC_OK;
}
#endif
#endif

/* ---- The choice ---- */

const struct gc_path gc_depthwise_paths[] = {
#if !defined GC_DOUBLE && !defined GC_STOCK
    {.name = "rows, stride 1",
     .fits = fits_rows_stride_1,
     .state_size = sizeof(struct rows),
     .prepare = prepare_rows,
     .release = release_rows,
     .forward = rows_forward,
     .backward = rows_backward_stride_1,
     .forward_rows = rows_forward_rows,
     .window = rows_window},
    {.name = "rows, stride 2",
     .fits = fits_rows_stride_2,
     .state_size = sizeof(struct rows),
     .prepare = prepare_rows,
     .release = release_rows,
     .forward = rows_forward,
     .backward = rows_backward_stride_2,
     .forward_rows = rows_forward_rows,
     .window = rows_window},
#endif
#ifndef GC_DOUBLE
    {.name = "taps",
     .fits = fits_taps,
     .state_size = sizeof(struct taps),
     .prepare = prepare_taps,
     .release = release_taps,
     .forward = taps_forward,
     .backward = taps_backward},
#endif
#ifdef GC_XNNPACK
    {.name = "xnnpack depthwise",
     .fits = fits_xnn_turned,
     .state_size = sizeof(struct xnn),
     .prepare = prepare_xnn,
     .release = release_xnn,
     .forward = gc_xnn_forward,
     .backward = gc_xnn_backward},
    {.name = "xnnpack depthwise, backward by taps",
     .fits = fits_xnn_one_filter,
     .state_size = sizeof(struct xnn),
     .prepare = prepare_xnn,
     .release = release_xnn,
     .forward = gc_xnn_forward,
     .backward = xnn_backward_by_taps},
    {.name = "xnnpack depthwise, backward by reference",
     .fits = fits_xnn,
     .state_size = sizeof(struct xnn),
     .prepare = prepare_xnn,
     .release = release_xnn,
     .forward = gc_xnn_forward,
     .backward = depthwise_backward_reference},
#endif
    {0}};

const struct gc_op gc_op_depthwise = {
    .name = "depthwise",
    .is_linear = true,
    .takes_padding = depthwise_takes_padding,
    .takes_affine = true,
    .takes_clamp = true,
    .shape = depthwise_shape,
    .weight = depthwise_weight,
    .project = depthwise_project,
    .outside = depthwise_outside,
    .paths = {gc_depthwise_paths},
    .reference = {.forward = depthwise_forward_reference, .backward = depthwise_backward_reference},
};
