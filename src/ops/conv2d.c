/* Convolution over rows and columns (Keras Conv2D), in groups of channels.
 *   in, din    [in_h][in_w][in]                     out, dout   [out_h][out_w][filters]
 *   kernel     [k_h][k_w][in / groups][filters]     bias        [filters]
 *   out(y, x, f) = bias(f) + sum_ijc kernel(i, j, c, f) * in(y*s + i*d - top, x*s + j*d - left, c)
 *   din(v, u, c) = sum_ijf kernel(i, j, c, f) * dout(y, x, f)  over y*s + i*d - top = v, likewise x
 * where c runs over the channels of f's group, and f over the filters of c's group.
 * A fused scale, shift and clamp follow:
 *   out' = clamp(scale(f) * out + shift(f)),    dout = scale(f) * dout' */
#include "base/memory.h"
#include "graph/shapes.h"
#include "kernels/convolution.h"
#include "kernels/fused.h"
#include "kernels/product.h"
#include "kernels/projection.h"
#include "kernels/xnn.h"
#include "ops/ops.h"

#include <math.h>
#include <string.h>

/* ---- Shapes ---- */

static gc_status conv2d_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                              const void *params) {
    (void)input_count;
    const struct gc_conv2d_params *p = params;
    GC_TRY(gc_check_picture(in, "a convolution"));
    if (p->filters <= 0 || p->groups <= 0 || in->dims[2] % p->groups != 0 ||
        p->filters % p->groups != 0)
        return gc_fail(GC_INVALID_MODEL, "%d channels and %d filters do not divide into %d groups",
                       (int)in->dims[2], (int)p->filters, (int)p->groups);
    struct gc_windows windows;
    GC_TRY(gc_windows_make(&windows, in, &p->windows, &(struct gc_padding){0}));
    *out = (gc_shape){3, {windows.rows.out, windows.columns.out, p->filters}};
    return GC_OK;
}

static gc_shape conv2d_weight(int32_t slot, const gc_shape *in, const void *params) {
    const struct gc_conv2d_params *p = params;
    if (slot == 0)
        return (gc_shape){
            4, {p->windows.kernel_h, p->windows.kernel_w, in->dims[2] / p->groups, p->filters}};
    return slot == 1 && p->bias ? (gc_shape){1, {p->filters}} : (gc_shape){.rank = -1};
}

static bool conv2d_takes_padding(const void *params) {
    return !((const struct gc_conv2d_params *)params)->windows.same;
}

static gc_status conv2d_geometry(struct gc_convolution *conv, const struct gc_step *step) {
    const struct gc_conv2d_params *p = step->params;
    return gc_convolution_make(conv, step, &p->windows, p->groups);
}

/* ---- Reference ---- */

/* out(f) += sum_c kernel(c, f) * in(c):  one tap */
static void add_tap(const struct gc_convolution *conv, const struct gc_step *step,
                    gc_real *restrict out, const gc_real *restrict in,
                    const float *restrict kernel) {
    (void)step;
    for (int32_t g = 0; g < conv->groups; g++) {
        gc_real *restrict group_out = out + g * conv->group_out;
        for (int32_t c = 0; c < conv->group_in; c++) {
            const gc_real value = in[g * conv->group_in + c];
            const float *restrict row = kernel + (size_t)c * conv->out + g * conv->group_out;
            for (int32_t f = 0; f < conv->group_out; f++)
                group_out[f] += value * row[f];
        }
    }
}

static gc_status conv2d_forward_reference(struct gc_step *step, gc_real *out,
                                          const gc_real *const *in) {
    struct gc_convolution conv;
    GC_TRY(conv2d_geometry(&conv, step));
    gc_convolve(out, in[0], &conv, step, step->weights[1], add_tap);
    gc_fused_apply(step, out);
    return GC_OK;
}

/* din(c) += sum_f kernel(c, f) * scale(f) * dout(f):  one tap */
static void add_tap_gradient(const struct gc_convolution *conv, const struct gc_step *step,
                             gc_real *restrict din, const gc_real *restrict dout,
                             const float *restrict kernel) {
    const gc_real *restrict scale = step->scale;
    for (int32_t c = 0; c < conv->in; c++) {
        const int32_t first = c / conv->group_in * conv->group_out;
        const float *restrict row = kernel + (size_t)(c % conv->group_in) * conv->out;
        gc_real sum = 0;
        if (scale == NULL)
            for (int32_t f = first; f < first + conv->group_out; f++)
                sum += row[f] * dout[f];
        else
            for (int32_t f = first; f < first + conv->group_out; f++)
                sum += row[f] * scale[f] * dout[f];
        din[c] += sum;
    }
}

static gc_status conv2d_backward_reference(struct gc_step *step, int32_t input, gc_real *din,
                                           const gc_real *dout, const gc_real *out,
                                           const gc_real *const *in) {
    (void)input, (void)out, (void)in;
    struct gc_convolution conv;
    GC_TRY(conv2d_geometry(&conv, step));
    gc_convolve_back(din, dout, &conv, step, NULL, add_tap_gradient);
    return GC_OK;
}

/* ---- The path "product", for one group ---- */

#if !defined GC_DOUBLE && !defined GC_STOCK
struct product {
    struct gc_convolution conv;
    struct gc_product forward;
    struct gc_product backward; /* packed by the first backward */
    struct gc_regions regions, back_regions;
};

static int32_t taps_of(const struct gc_convolution *conv) {
    return conv->windows.rows.kernel * conv->windows.columns.kernel;
}

static bool fits_product(const struct gc_step *step) {
    struct gc_convolution conv;
    if (conv2d_geometry(&conv, step) != GC_OK || conv.groups > 1 || !gc_regions_fit(&conv.windows))
        return false;
    const int32_t most = INT32_MAX / taps_of(&conv);
    return conv.in <= most && conv.out <= most;
}

static gc_status prepare_product(struct gc_step *step) {
    struct product *product = step->state;
    GC_TRY(conv2d_geometry(&product->conv, step));
    GC_TRY(gc_regions_create(&product->regions, &product->conv));
    return gc_product_create(&product->forward, step, taps_of(&product->conv) * product->conv.in);
}

static void release_product(struct gc_step *step) {
    struct product *product = step->state;
    gc_product_destroy(&product->forward);
    gc_product_destroy(&product->backward);
    gc_regions_destroy(&product->regions);
    gc_regions_destroy(&product->back_regions);
}

static void product_forward_rows(const struct gc_step *step, struct gc_band out,
                                 const struct gc_band *in, int32_t first, int32_t end) {
    const struct product *product = step->state;
    gc_product_run_regions(&product->forward, &product->regions, out, *in, first, end);
}

static const struct gc_window *product_window(const struct gc_step *step) {
    return &((const struct product *)step->state)->conv.windows.rows;
}

static gc_status product_forward(struct gc_step *step, gc_real *out, const gc_real *const *in) {
    const struct gc_band band = gc_whole(in[0]);
    product_forward_rows(step, gc_whole(out), &band, 0, step->out.dims[0]);
    return GC_OK;
}

/* Makes what the first backward needs, or what an earlier one had no memory for. */
static gc_status prepare_backward(struct gc_step *step) {
    struct product *product = step->state;
    if (product->back_regions.regions == NULL)
        GC_TRY(gc_regions_create_backward(&product->back_regions, &product->conv));
    if (product->backward.panels == NULL)
        GC_TRY(gc_product_create_backward(&product->backward, &product->forward,
                                          taps_of(&product->conv), step));
    return GC_OK;
}

/* Whether each gradient of in depends on that of out at the same position alone. */
static bool is_pointwise(const struct gc_convolution *conv) {
    const struct gc_window *rows = &conv->windows.rows, *columns = &conv->windows.columns;
    return rows->kernel == 1 && columns->kernel == 1 && rows->in == rows->out &&
           columns->in == columns->out && rows->before == 0 && columns->before == 0;
}

/* Where each position stands alone, a batch is only more rows of the product. */
static gc_status product_backward_batch(struct gc_step *step, size_t batch, gc_real *din,
                                        const gc_real *dout) {
    struct product *product = step->state;
    GC_TRY(prepare_backward(step));
    const size_t in = gc_shape_count(step->in), out = gc_shape_count(&step->out);
    if (is_pointwise(&product->conv)) {
        gc_product_run(&product->backward, batch * (in / (size_t)product->conv.in), din, dout);
        return GC_OK;
    }
    for (size_t b = 0; b < batch; b++)
        gc_product_run_regions(&product->backward, &product->back_regions, gc_whole(din + b * in),
                               gc_whole(dout + b * out), 0, step->in->dims[0]);
    return GC_OK;
}

static gc_status product_backward(struct gc_step *step, int32_t input, gc_real *din,
                                  const gc_real *dout, const gc_real *out,
                                  const gc_real *const *in) {
    (void)input, (void)out, (void)in;
    return product_backward_batch(step, 1, din, dout);
}
#endif

/* ---- The paths on XNNPACK ---- */

#ifdef GC_XNNPACK
/* Whether XNNPACK can also compute the backward pass. */
static bool fits_xnn_transposed(const struct gc_step *step) {
    struct gc_convolution conv;
    return conv2d_geometry(&conv, step) == GC_OK && gc_xnn_can_transpose(&conv.windows);
}

/* The kernel in XNNPACK's order, times the fused scale. The caller releases it. For the backward
 * pass in and filters change roles.
 *   forward    [filters][k_h][k_w][in / groups]
 *   backward   [in][k_h][k_w][filters / groups] */
static gc_status pack_kernel(float **result, const struct gc_step *step,
                             const struct gc_convolution *conv, bool backward) {
    const size_t taps = (size_t)conv->windows.rows.kernel * conv->windows.columns.kernel;
    const size_t count = taps * (size_t)conv->group_in * (size_t)conv->out;
    float *packed = *result = gc_allocate_unset(count, sizeof *packed);
    if (packed == NULL)
        return gc_fail_memory(count * sizeof *packed, "a convolution's kernel");
    const float *value = step->weights[0];
    for (size_t tap = 0; tap < taps; tap++)
        for (int32_t c = 0; c < conv->group_in; c++)
            for (int32_t f = 0; f < conv->out; f++) {
                const int32_t group = f / conv->group_out;
                const size_t outer = backward ? (size_t)(group * conv->group_in + c) : (size_t)f;
                const size_t inner = backward ? (size_t)(f % conv->group_out) : (size_t)c;
                const size_t inner_count = (size_t)(backward ? conv->group_out : conv->group_in);
                packed[(outer * taps + tap) * inner_count + inner] =
                    *value++ * gc_fused_scale(step, f);
            }
    return GC_OK;
}

static gc_status create_backward(struct gc_xnn_state *both, const struct gc_step *step) {
    float *kernel;
    GC_TRY(pack_kernel(&kernel, step, &both->conv, true));
    const gc_status status = gc_xnn_create_transposed(
        &both->backward,
        &(struct gc_xnn_convolution){
            .geometry = &both->conv, .kernel = kernel, .min = -INFINITY, .max = INFINITY});
    gc_release(kernel);
    return status;
}

static gc_status prepare_xnn(struct gc_step *step) {
    struct gc_xnn_state *both = step->state;
    both->create_backward = create_backward;
    GC_TRY(conv2d_geometry(&both->conv, step));
    float *kernel = NULL, *bias = NULL;
    gc_status status = pack_kernel(&kernel, step, &both->conv, false);
    if (status == GC_OK)
        status = gc_fused_bias(&bias, step, step->weights[1], both->conv.out);
    if (status == GC_OK)
        status = gc_xnn_create_convolution(&both->forward,
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

/* ---- Maps of swallowed layers ---- */

/* The packed kernel, if a step has no other. */
static const struct gc_product *packed_kernel(const struct gc_step *step) {
#if !defined GC_DOUBLE && !defined GC_STOCK
    if (step->weights[0] == NULL)
        return &((const struct product *)step->state)->forward;
#else
    (void)step;
#endif
    return NULL;
}

static gc_status conv2d_project(struct gc_step *step, gc_real *raw, gc_real *taps,
                                const gc_real *weights, const gc_real *const *in) {
    struct gc_convolution conv;
    GC_TRY(conv2d_geometry(&conv, step));
    return gc_projection_run(&conv, step, packed_kernel(step), raw, taps, weights, in[0]);
}

static void conv2d_outside(const struct gc_step *step, gc_real *outside, const gc_real *dout) {
    struct gc_convolution conv;
    if (conv2d_geometry(&conv, step) == GC_OK)
        gc_projection_outside(&conv, step, packed_kernel(step), outside, dout);
}

/* ---- The choice ---- */

static const struct gc_path conv2d_paths[] = {
#if !defined GC_DOUBLE && !defined GC_STOCK
    {.name = "product",
     .fits = fits_product,
     .state_size = sizeof(struct product),
     .prepare = prepare_product,
     .release = release_product,
     .forward = product_forward,
     .backward = product_backward,
     .backward_batch = product_backward_batch,
     .forward_rows = product_forward_rows,
     .window = product_window},
#endif
#ifdef GC_XNNPACK
    {.name = "xnnpack",
     .fits = fits_xnn_transposed,
     .state_size = sizeof(struct gc_xnn_state),
     .prepare = prepare_xnn,
     .release = gc_xnn_release,
     .forward = gc_xnn_forward,
     .backward = gc_xnn_backward},
    {.name = "xnnpack, backward by reference",
     .state_size = sizeof(struct gc_xnn_state),
     .prepare = prepare_xnn,
     .release = gc_xnn_release,
     .forward = gc_xnn_forward,
     .backward = conv2d_backward_reference},
#endif
    {0}};

/* A convolution with one group and one filter for each channel is a depthwise convolution. */
const struct gc_op gc_op_conv2d = {
    .name = "conv2d",
    .is_linear = true,
    .takes_padding = conv2d_takes_padding,
    .takes_affine = true,
    .takes_clamp = true,
    .shape = conv2d_shape,
    .weight = conv2d_weight,
    .project = conv2d_project,
    .outside = conv2d_outside,
    .paths = {gc_depthwise_paths, conv2d_paths},
    .reference = {.forward = conv2d_forward_reference, .backward = conv2d_backward_reference},
};
