/* Convolution over rows and columns (Keras Conv2D), in groups of channels.
 *   in, din    [in_h][in_w][in]                     out, dout   [out_h][out_w][filters]
 *   kernel     [k_h][k_w][in / groups][filters]     bias        [filters]
 *   out(y, x, f) = bias(f) + sum_ijc kernel(i, j, c, f) * in(y*s + i*d - top, x*s + j*d - left, c)
 *   din(v, u, c) = sum_ijf kernel(i, j, c, f) * dout(y, x, f)    over y*s + i*d - top = v, likewise x
 * where c runs over the channels of f's group, and f over the filters of c's group.
 * A fused scale, shift and clamp follow:  out' = clamp(scale(f) * out + shift(f)),  dout = scale(f) * dout'. */
#include "base/memory.h"
#include "graph/shapes.h"
#include "graph/window.h"
#include "kernels/fused.h"
#include "kernels/product.h"
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

/* ---- Reference ---- */

/* What both directions need at one place: channels and filters of a group, steps between pixels. */
struct sizes {
    struct gc_windows windows;
    int32_t groups, group_in, group_out, in, filters;
};

static gc_status sizes_of(struct sizes *sizes, const struct gc_step *step) {
    const struct gc_conv2d_params *p = step->params;
    const int32_t in = step->in[0].dims[2];
    sizes->groups = p->groups;
    sizes->group_in = in / p->groups;
    sizes->group_out = p->filters / p->groups;
    sizes->in = in;
    sizes->filters = p->filters;
    return gc_windows_make(&sizes->windows, step->in, &p->windows, &step->padding);
}

/* out(f) += sum_c kernel(c, f) * in(c):  one tap; out [filters], in [in], kernel
 * [in/groups][filters] */
static void add_tap(gc_real *restrict out, const gc_real *restrict in, const float *restrict kernel,
                    const struct sizes *s) {
    for (int32_t g = 0; g < s->groups; g++) {
        gc_real *restrict group_out = out + g * s->group_out;
        for (int32_t c = 0; c < s->group_in; c++) {
            const gc_real value = in[g * s->group_in + c];
            const float *restrict row = kernel + (size_t)c * s->filters + g * s->group_out;
            for (int32_t f = 0; f < s->group_out; f++)
                group_out[f] += value * row[f];
        }
    }
}

/* One output pixel: out [filters]. */
static void convolve_pixel(gc_real *out, const gc_real *in, const float *kernel,
                           const struct sizes *s, int32_t y, int32_t x) {
    const struct gc_window *rows = &s->windows.rows, *columns = &s->windows.columns;
    int32_t i, i_end, j, j_end;
    gc_window_taps(rows, y, &i, &i_end);
    for (; i < i_end; i++) {
        const size_t row = (size_t)gc_window_position(rows, y, i) * columns->in;
        gc_window_taps(columns, x, &j, &j_end);
        for (; j < j_end; j++) {
            const size_t pixel = row + gc_window_position(columns, x, j);
            const size_t tap = (size_t)i * columns->kernel + j;
            add_tap(out, in + pixel * s->in, kernel + tap * s->group_in * s->filters, s);
        }
    }
}

static gc_status conv2d_forward_reference(struct gc_step *step, gc_real *out,
                                          const gc_real *const *in) {
    struct sizes s;
    GC_TRY(sizes_of(&s, step));
    const float *kernel = step->weights[0], *bias = step->weights[1];
    for (int32_t y = 0; y < s.windows.rows.out; y++)
        for (int32_t x = 0; x < s.windows.columns.out; x++) {
            gc_real *pixel = out + ((size_t)y * s.windows.columns.out + x) * s.filters;
            for (int32_t f = 0; f < s.filters; f++)
                pixel[f] = bias == NULL ? 0 : bias[f];
            convolve_pixel(pixel, in[0], kernel, &s, y, x);
            gc_fused_apply(step, pixel, 1, s.filters);
        }
    return GC_OK;
}

/* din(c) += sum_f kernel(c, f) * scale(f) * dout(f):  one tap, shapes as in add_tap */
static void add_tap_gradient(gc_real *restrict din, const gc_real *restrict dout,
                             const float *restrict kernel, const gc_real *restrict scale,
                             const struct sizes *s) {
    for (int32_t c = 0; c < s->in; c++) {
        const int32_t first = c / s->group_in * s->group_out;
        const float *restrict row = kernel + (size_t)(c % s->group_in) * s->filters;
        gc_real sum = 0;
        if (scale == NULL)
            for (int32_t f = first; f < first + s->group_out; f++)
                sum += row[f] * dout[f];
        else
            for (int32_t f = first; f < first + s->group_out; f++)
                sum += row[f] * scale[f] * dout[f];
        din[c] += sum;
    }
}

static gc_status conv2d_backward_reference(struct gc_step *step, int32_t input, gc_real *din,
                                           const gc_real *dout, const gc_real *out,
                                           const gc_real *const *in) {
    (void)input, (void)out, (void)in;
    struct sizes s;
    GC_TRY(sizes_of(&s, step));
    const struct gc_window *rows = &s.windows.rows, *columns = &s.windows.columns;
    for (int32_t v = 0; v < rows->in; v++)
        for (int32_t u = 0; u < columns->in; u++) {
            gc_real *pixel = din + ((size_t)v * columns->in + u) * s.in;
            memset(pixel, 0, (size_t)s.in * sizeof *pixel);
            for (int32_t i = 0; i < rows->kernel; i++)
                for (int32_t j = 0; j < columns->kernel; j++) {
                    const int32_t y = gc_window_at(rows, v, i), x = gc_window_at(columns, u, j);
                    if (y < 0 || x < 0)
                        continue;
                    const size_t tap = (size_t)i * columns->kernel + j;
                    add_tap_gradient(pixel, dout + ((size_t)y * columns->out + x) * s.filters,
                                     step->weights[0] + tap * s.group_in * s.filters, step->scale,
                                     &s);
                }
        }
    return GC_OK;
}

/* ---- Kernels of 1 x 1: a matrix product ---- */

#ifndef GC_DOUBLE
struct conv2d {
    struct sizes sizes;
    struct gc_product product, transposed;
#ifdef GC_XNNPACK
    struct gc_xnn forward, backward;
#endif
};

/* GC_STOCK: a build to compare with, XNNPACK's kernels wherever it has them. */
static bool is_product(const struct sizes *s) {
#ifdef GC_STOCK
    (void)s;
    return false;
#else
    const struct gc_window *rows = &s->windows.rows, *columns = &s->windows.columns;
    return s->groups == 1 && rows->kernel == 1 && columns->kernel == 1 && rows->before == 0 &&
           rows->after == 0 && columns->before == 0 && columns->after == 0;
#endif
}

/* Whether the stride jumps over pixels: one product then takes a row of them, else all. */
static bool has_gaps(const struct sizes *s) {
    return s->windows.rows.stride > 1 || s->windows.columns.stride > 1;
}

static void product_forward(const struct conv2d *conv, float *out, const float *in) {
    const struct sizes *s = &conv->sizes;
    const struct gc_window *rows = &s->windows.rows, *columns = &s->windows.columns;
    const int32_t together = has_gaps(s) ? 1 : rows->out;
    for (int32_t y = 0; y < rows->out; y += together)
        gc_product_run(&conv->product, (size_t)together * columns->out,
                       out + (size_t)y * columns->out * s->filters, (size_t)s->filters,
                       in + (size_t)y * rows->stride * columns->in * s->in,
                       (size_t)columns->stride * s->in);
}

/* din, dout [batch][...]: to a product without gaps, a batch is nothing but more rows. */
static gc_status product_backward(struct gc_step *step, size_t batch, float *din,
                                  const float *dout) {
    struct conv2d *conv = step->state;
    const struct sizes *s = &conv->sizes;
    const struct gc_window *rows = &s->windows.rows, *columns = &s->windows.columns;
    const size_t rows_out = batch * (size_t)rows->out, columns_out = (size_t)columns->out;
    const size_t in = (size_t)s->in, filters = (size_t)s->filters;
    const size_t in_row = (size_t)columns->in * in, stride = (size_t)columns->stride * in;
    if (conv->transposed.packed == NULL)
        GC_TRY(gc_product_create_transposed(&conv->transposed, step));
    if (!has_gaps(s)) {
        gc_product_run(&conv->transposed, rows_out * columns_out, din, in, dout, filters);
        return GC_OK;
    }
    memset(din, 0, batch * (size_t)rows->in * in_row * sizeof *din);
    for (size_t b = 0; b < batch; b++, din += (size_t)rows->in * in_row)
        for (int32_t y = 0; y < rows->out; y++, dout += columns_out * filters)
            gc_product_run(&conv->transposed, columns_out, din + (size_t)y * rows->stride * in_row,
                           stride, dout, filters);
    return GC_OK;
}
#endif

/* ---- A group per channel, of one filter: a depthwise convolution ----
 * The kernel lies in the same order, and that operator does all of such a step; `params` is room for its
 * parameters. */

#ifndef GC_DOUBLE
static bool is_depthwise(const struct gc_step *step) {
    const struct gc_conv2d_params *p = step->params;
    return p->groups == step->in->dims[2] && p->groups == p->filters;
}

static struct gc_step depthwise_of(const struct gc_step *step, struct gc_depthwise_params *params) {
    const struct gc_conv2d_params *p = step->params;
    *params = (struct gc_depthwise_params){1, p->windows, p->bias};
    struct gc_step depthwise = *step;
    depthwise.op = &gc_op_depthwise;
    depthwise.params = params;
    return depthwise;
}

static gc_status prepare_depthwise(struct gc_step *step) {
    struct gc_depthwise_params params;
    struct gc_step depthwise = depthwise_of(step, &params);
    const gc_status status = gc_op_depthwise.prepare(&depthwise);
    step->state = depthwise.state;
    return status;
}

static void release_depthwise(struct gc_step *step) {
    struct gc_depthwise_params params;
    struct gc_step depthwise = depthwise_of(step, &params);
    gc_op_depthwise.release(&depthwise);
    step->state = NULL;
}

#endif

/* ---- XNNPACK ---- */

#ifdef GC_XNNPACK
/* The kernel in XNNPACK's order, times the fused scale; for gc_release.
 *   forward    [filters][k_h][k_w][in / groups]
 *   backward   [in][k_h][k_w][filters / groups]: the same with the roles of in and filters
 * exchanged */
static gc_status pack_kernel(float **result, const struct gc_step *step, const struct sizes *s,
                             bool backward) {
    const size_t taps = (size_t)s->windows.rows.kernel * s->windows.columns.kernel;
    const size_t count = taps * (size_t)s->group_in * (size_t)s->filters;
    float *packed = *result = gc_allocate_unset(count, sizeof *packed);
    if (packed == NULL)
        return gc_fail_memory(count * sizeof *packed, "a convolution's kernel");
    const float *value = step->weights[0];
    for (size_t tap = 0; tap < taps; tap++)
        for (int32_t c = 0; c < s->group_in; c++)
            for (int32_t f = 0; f < s->filters; f++) {
                const int32_t group = f / s->group_out;
                const size_t outer = backward ? (size_t)(group * s->group_in + c) : (size_t)f;
                const size_t inner = backward ? (size_t)(f % s->group_out) : (size_t)c;
                const size_t inner_count = (size_t)(backward ? s->group_out : s->group_in);
                packed[(outer * taps + tap) * inner_count + inner] =
                    *value++ * gc_fused_scale(step, f);
            }
    return GC_OK;
}

static struct gc_xnn_convolution convolution_of(const struct sizes *s, const float *kernel) {
    return (struct gc_xnn_convolution){
        .windows = &s->windows,
        .groups = s->groups,
        .group_in = s->group_in,
        .group_out = s->group_out,
        .kernel = kernel,
        .min = -INFINITY,
        .max = INFINITY,
    };
}

static gc_status create_forward(struct conv2d *conv, const struct gc_step *step) {
    float *kernel = NULL, *bias = NULL;
    gc_status status = pack_kernel(&kernel, step, &conv->sizes, false);
    if (status == GC_OK)
        status = gc_fused_bias(&bias, step, step->weights[1], conv->sizes.filters);
    if (status == GC_OK) {
        struct gc_xnn_convolution c = convolution_of(&conv->sizes, kernel);
        c.bias = bias;
        c.min = step->min;
        c.max = step->max;
        status = gc_xnn_create_convolution(&conv->forward, &c);
    }
    gc_release(kernel);
    gc_release(bias);
    return status;
}

static gc_status create_backward(struct conv2d *conv, const struct gc_step *step) {
    float *kernel;
    GC_TRY(pack_kernel(&kernel, step, &conv->sizes, true));
    const struct gc_xnn_convolution c = convolution_of(&conv->sizes, kernel);
    const gc_status status = gc_xnn_create_transposed(&conv->backward, &c);
    gc_release(kernel);
    return status;
}
#endif

/* ---- The choice between them ---- */

#ifndef GC_DOUBLE
static void conv2d_release(struct gc_step *step) {
    struct conv2d *conv = step->state;
    if (conv == NULL)
        return;
    if (is_depthwise(step)) {
        release_depthwise(step);
        return;
    }
    gc_product_destroy(&conv->product);
    gc_product_destroy(&conv->transposed);
#ifdef GC_XNNPACK
    gc_xnn_destroy(&conv->forward);
    gc_xnn_destroy(&conv->backward);
#endif
    gc_release(conv);
    step->state = NULL;
}

static gc_status prepare_forward(struct conv2d *conv, const struct gc_step *step) {
    if (is_product(&conv->sizes))
        return gc_product_create(&conv->product, step);
#ifdef GC_XNNPACK
    return create_forward(conv, step);
#else
    return GC_OK;
#endif
}

static gc_status conv2d_prepare(struct gc_step *step) {
    if (is_depthwise(step))
        return prepare_depthwise(step);
    struct conv2d *conv = gc_allocate(1, sizeof *conv);
    if (conv == NULL)
        return gc_fail_memory(sizeof *conv, "a convolution");
    step->state = conv;
    gc_status status = sizes_of(&conv->sizes, step);
    if (status == GC_OK)
        status = prepare_forward(conv, step);
    if (status != GC_OK)
        conv2d_release(step);
    return status;
}

static gc_status conv2d_forward(struct gc_step *step, gc_real *out, const gc_real *const *in) {
    if (is_depthwise(step)) {
        struct gc_depthwise_params params;
        struct gc_step depthwise = depthwise_of(step, &params);
        return gc_op_depthwise.forward(&depthwise, out, in);
    }
    struct conv2d *conv = step->state;
    if (is_product(&conv->sizes)) {
        product_forward(conv, out, in[0]);
        return GC_OK;
    }
#ifdef GC_XNNPACK
    return gc_xnn_run(&conv->forward, out, in[0]);
#else
    return conv2d_forward_reference(step, out, in);
#endif
}

static gc_status conv2d_backward(struct gc_step *step, int32_t input, gc_real *din,
                                 const gc_real *dout, const gc_real *out,
                                 const gc_real *const *in) {
    if (is_depthwise(step)) {
        struct gc_depthwise_params params;
        struct gc_step depthwise = depthwise_of(step, &params);
        return gc_op_depthwise.backward(&depthwise, input, din, dout, out, in);
    }
    struct conv2d *conv = step->state;
    if (is_product(&conv->sizes))
        return product_backward(step, 1, din, dout);
#ifdef GC_XNNPACK
    if (gc_xnn_can_transpose(&conv->sizes.windows)) {
        if (conv->backward.handle == NULL)
            GC_TRY(create_backward(conv, step));
        return gc_xnn_run(&conv->backward, din, dout);
    }
#endif
    return conv2d_backward_reference(step, input, din, dout, out, in);
}

static gc_status conv2d_backward_batch(struct gc_step *step, size_t batch, gc_real *din,
                                       const gc_real *dout) {
    if (!is_depthwise(step) && is_product(&((struct conv2d *)step->state)->sizes))
        return product_backward(step, batch, din, dout);
    const size_t in = gc_shape_count(step->in), out = gc_shape_count(&step->out);
    for (size_t b = 0; b < batch; b++)
        GC_TRY(conv2d_backward(step, 0, din + b * in, dout + b * out, NULL, NULL));
    return GC_OK;
}
#endif

const struct gc_op gc_op_conv2d = {
    .name = "conv2d",
    .takes_padding = conv2d_takes_padding,
    .takes_affine = true,
    .takes_clamp = true,
    .shape = conv2d_shape,
    .weight = conv2d_weight,
    .project = gc_conv2d_project,
    .outside = gc_conv2d_outside,
#ifndef GC_DOUBLE
    .prepare = conv2d_prepare,
    .release = conv2d_release,
    .forward = conv2d_forward,
    .backward = conv2d_backward,
    .backward_batch = conv2d_backward_batch,
#endif
    .forward_reference = conv2d_forward_reference,
    .backward_reference = conv2d_backward_reference,
};
