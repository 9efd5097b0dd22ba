/* Depthwise convolution: every channel with filters of its own (Keras DepthwiseConv2D), m of them, the
 * depth multiplier; f = c * m + k is filter k of channel c.
 *   in, din   [in_h][in_w][in]             out, dout   [out_h][out_w][in * m]
 *   kernel    [k_h][k_w][in][m]            bias        [in * m]
 *   out(y, x, f) = bias(f) + sum_ij kernel(i, j, f) * in(y*s + i*d - top, x*s + j*d - left, c)
 *   din(v, u, c) = sum_ijk kernel(i, j, f) * dout(y, x, f)    over y*s + i*d - top = v, likewise x
 * A fused scale, shift and clamp follow, per channel of out. */
#include "base/memory.h"
#include "graph/shapes.h"
#include "graph/window.h"
#include "kernels/depthwise_rows.h"
#include "kernels/fused.h"
#include "kernels/xnn.h"
#include "ops/ops.h"

#include <math.h>
#include <string.h>

/* ---- Shapes ---- */

static gc_status depthwise_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                                 const void *params) {
    (void)input_count;
    const struct gc_depthwise_params *p = params;
    GC_TRY(gc_check_picture(in, "a depthwise convolution"));
    if (p->multiplier <= 0 || p->multiplier > GC_MAX_TENSOR_BYTES / in->dims[2])
        return gc_fail(GC_INVALID_MODEL, "a depth multiplier of %d for %d channels",
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

/* ---- Reference ---- */

struct sizes {
    struct gc_windows windows;
    int32_t in, multiplier, filters; /* filters = in * multiplier: the channels of out */
};

static gc_status sizes_of(struct sizes *sizes, const struct gc_step *step) {
    const struct gc_depthwise_params *p = step->params;
    sizes->in = step->in[0].dims[2];
    sizes->multiplier = p->multiplier;
    sizes->filters = sizes->in * p->multiplier;
    return gc_windows_make(&sizes->windows, step->in, &p->windows, &step->padding);
}

/* One output pixel: out [filters]. */
static void convolve_pixel(gc_real *restrict out, const gc_real *restrict in, const float *kernel,
                           const struct sizes *s, int32_t y, int32_t x) {
    const struct gc_window *rows = &s->windows.rows, *columns = &s->windows.columns;
    int32_t i, i_end, j, j_end;
    gc_window_taps(rows, y, &i, &i_end);
    for (; i < i_end; i++) {
        const size_t row = (size_t)gc_window_position(rows, y, i) * columns->in;
        gc_window_taps(columns, x, &j, &j_end);
        for (; j < j_end; j++) {
            const gc_real *pixel = in + (row + gc_window_position(columns, x, j)) * s->in;
            const float *tap = kernel + ((size_t)i * columns->kernel + j) * s->filters;
            for (int32_t c = 0, f = 0; c < s->in; c++)
                for (int32_t k = 0; k < s->multiplier; k++, f++)
                    out[f] += tap[f] * pixel[c];
        }
    }
}

static gc_status depthwise_forward_reference(struct gc_step *step, gc_real *out,
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

/* din(c) += sum_k kernel(c, k) * scale(c, k) * dout(c, k):  one tap */
static void add_tap_gradient(gc_real *restrict din, const gc_real *restrict dout,
                             const float *restrict kernel, const struct gc_step *step,
                             const struct sizes *s) {
    for (int32_t c = 0, f = 0; c < s->in; c++)
        for (int32_t k = 0; k < s->multiplier; k++, f++)
            din[c] += kernel[f] * gc_fused_scale(step, f) * dout[f];
}

static gc_status depthwise_backward_reference(struct gc_step *step, int32_t input, gc_real *din,
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
                    add_tap_gradient(
                        pixel, dout + ((size_t)y * columns->out + x) * s.filters,
                        step->weights[0] + ((size_t)i * columns->kernel + j) * s.filters, step, &s);
                }
        }
    return GC_OK;
}

/* ---- Fast path: packing ---- */

#ifndef GC_DOUBLE
struct depthwise {
    struct sizes sizes;

    /* For the kernels of depthwise_rows.h: */
    float *packed,
        *turned;  /* the kernel with the bias; turned for the gradient, once it is needed */
    float *zeros; /* [in_w or out_w, whichever is more][in] */

    /* For other sizes: */
    float *kernel; /* [k_h][k_w][in], times the fused scale; NULL until it is needed */
    float *bias;   /* [in], with the fused scale and shift; likewise */
    /* The taps that make one pixel: where each finds its pixel and its filter, [k_h * k_w]. */
    const float **pixels, **filters;
#ifdef GC_XNNPACK
    struct gc_xnn forward, backward;
#endif
};

/* The kernel times the fused scale, as it is or, turned by half a circle, with the last tap first. */
static gc_status pack_kernel(float **packed, const struct gc_step *step, const struct sizes *s,
                             bool turned) {
    const size_t taps = (size_t)s->windows.rows.kernel * s->windows.columns.kernel;
    const size_t count = taps * (size_t)s->filters;
    *packed = gc_allocate(count, sizeof **packed);
    if (*packed == NULL)
        return gc_fail_memory(count * sizeof **packed, "a depthwise convolution's kernel");
    for (size_t tap = 0; tap < taps; tap++) {
        const float *from = step->weights[0] + tap * s->filters;
        float *to = *packed + (turned ? taps - 1 - tap : tap) * s->filters;
        for (int32_t f = 0; f < s->filters; f++)
            to[f] = from[f] * gc_fused_scale(step, f);
    }
    return GC_OK;
}

/* The window of the gradient at stride 1: from the outputs back, with zeros where the taps of the first
 * and the last pixel reach beyond them. Fewer than none are pixels that nothing comes back to. */
static struct gc_window turn(const struct gc_window *window) {
    const int32_t reach = (window->kernel - 1) * window->dilation;
    struct gc_window back = *window;
    back.in = window->out;
    back.out = window->in;
    back.before = reach - window->before;
    back.after = reach - window->after;
    return back;
}

/* ---- Fast path: the sizes of depthwise_rows.h ---- */

static gc_status pack_rows(float **packed, const struct gc_step *step, const struct sizes *s,
                           const float *bias, bool turned) {
    const size_t count = gc_depthwise_rows_packed(&s->windows, s->in);
    float *kernel;
    GC_TRY(pack_kernel(&kernel, step, s, turned));
    *packed = gc_allocate(count, sizeof **packed);
    if (*packed != NULL)
        gc_depthwise_rows_pack(*packed, kernel, bias, &s->windows, s->in);
    gc_release(kernel);
    return *packed != NULL
               ? GC_OK
               : gc_fail_memory(count * sizeof **packed, "a depthwise convolution's kernel");
}

static gc_status prepare_rows(struct depthwise *d, const struct gc_step *step) {
    const struct sizes *s = &d->sizes;
    const struct gc_window *columns = &s->windows.columns;
    const size_t row = (size_t)(columns->in > columns->out ? columns->in : columns->out) * s->in;
    d->zeros = gc_allocate(row, sizeof *d->zeros);
    if (d->zeros == NULL)
        return gc_fail_memory(row * sizeof *d->zeros, "a depthwise convolution's padding");
    float *bias;
    GC_TRY(gc_fused_bias(&bias, step, step->weights[1], s->in));
    const gc_status status = pack_rows(&d->packed, step, s, bias, false);
    gc_release(bias);
    return status;
}

static struct gc_depthwise_rows rows_of(const struct depthwise *d) {
    return (struct gc_depthwise_rows){.windows = &d->sizes.windows,
                                      .channels = d->sizes.in,
                                      .packed = d->packed,
                                      .zeros = d->zeros,
                                      .min = -INFINITY,
                                      .max = INFINITY};
}

static gc_status rows_forward(const struct gc_step *step, float *out, const float *in) {
    struct gc_depthwise_rows rows = rows_of(step->state);
    rows.min = step->min;
    rows.max = step->max;
    gc_depthwise_rows_forward(&rows, out, in);
    return GC_OK;
}

static gc_status rows_backward(const struct gc_step *step, float *din, const float *dout) {
    struct depthwise *d = step->state;
    const struct sizes *s = &d->sizes;
    struct gc_depthwise_rows rows = rows_of(d);
    if (s->windows.rows.stride != 1) {
        gc_depthwise_rows_backward(&rows, din, dout);
        return GC_OK;
    }
    if (d->turned == NULL)
        GC_TRY(pack_rows(&d->turned, step, s, NULL, true));
    rows.windows = &(struct gc_windows){turn(&s->windows.rows), turn(&s->windows.columns)};
    rows.packed = d->turned;
    gc_depthwise_rows_forward(&rows, din, dout);
    return GC_OK;
}

/* ---- Fast path: other sizes ---- */

/* out(c) = start(c) + sum_t pixels[t](c) * filters[t](c):  one pixel, all its taps; start NULL: 0. Blocks
 * of channels stay in registers. */
static void gather_taps(float *restrict out, const float *restrict start,
                        const float *const *pixels, const float *const *filters, int32_t taps,
                        int32_t channels) {
    enum { BLOCK = 8 };
    int32_t c = 0;
    for (; c + BLOCK <= channels; c += BLOCK) {
        float sum[BLOCK] = {0};
        if (start != NULL)
            memcpy(sum, start + c, sizeof sum);
        for (int32_t t = 0; t < taps; t++) {
            const float *restrict pixel = pixels[t] + c, *restrict filter = filters[t] + c;
            for (int32_t k = 0; k < BLOCK; k++)
                sum[k] += pixel[k] * filter[k];
        }
        memcpy(out + c, sum, sizeof sum);
    }
    for (; c < channels; c++) {
        float sum = start == NULL ? 0 : start[c];
        for (int32_t t = 0; t < taps; t++)
            sum += pixels[t][c] * filters[t][c];
        out[c] = sum;
    }
}

/* One row of out: out [out_w][in], y its number. */
static void forward_row(const struct depthwise *d, float *out, const float *in, int32_t y) {
    const struct sizes *s = &d->sizes;
    const struct gc_window *rows = &s->windows.rows, *columns = &s->windows.columns;
    int32_t first_i, i_end, first_j, j_end;
    gc_window_taps(rows, y, &first_i, &i_end);
    for (int32_t x = 0; x < columns->out; x++, out += s->in) {
        int32_t taps = 0;
        gc_window_taps(columns, x, &first_j, &j_end);
        for (int32_t i = first_i; i < i_end; i++) {
            const size_t row = (size_t)gc_window_position(rows, y, i) * columns->in;
            for (int32_t j = first_j; j < j_end; j++) {
                d->pixels[taps] = in + (row + gc_window_position(columns, x, j)) * s->in;
                d->filters[taps++] = d->kernel + ((size_t)i * columns->kernel + j) * s->in;
            }
        }
        gather_taps(out, d->bias, d->pixels, d->filters, taps, s->in);
    }
}

static void clamp_row(float *restrict out, size_t count, float min, float max) {
    for (size_t i = 0; i < count; i++) {
        const float low = out[i] < min ? min : out[i];
        out[i] = low > max ? max : low;
    }
}

static gc_status own_forward(struct gc_step *step, gc_real *out, const gc_real *const *in) {
    const struct depthwise *d = step->state;
    const size_t row = (size_t)d->sizes.windows.columns.out * d->sizes.in;
    for (int32_t y = 0; y < d->sizes.windows.rows.out; y++, out += row) {
        forward_row(d, out, in[0], y);
        clamp_row(out, row, step->min, step->max);
    }
    return GC_OK;
}

/* One row of din: din [in_w][in], v its number. */
static void backward_row(const struct depthwise *d, float *din, const float *dout, int32_t v) {
    const struct sizes *s = &d->sizes;
    const struct gc_window *rows = &s->windows.rows, *columns = &s->windows.columns;
    for (int32_t u = 0; u < columns->in; u++, din += s->in) {
        int32_t taps = 0;
        for (int32_t i = 0; i < rows->kernel; i++) {
            const int32_t y = gc_window_at(rows, v, i);
            for (int32_t j = 0; y >= 0 && j < columns->kernel; j++) {
                const int32_t x = gc_window_at(columns, u, j);
                if (x < 0)
                    continue;
                d->pixels[taps] = dout + ((size_t)y * columns->out + x) * s->in;
                d->filters[taps++] = d->kernel + ((size_t)i * columns->kernel + j) * s->in;
            }
        }
        gather_taps(din, NULL, d->pixels, d->filters, taps, s->in);
    }
}

static gc_status own_backward(struct gc_step *step, float *din, const float *dout) {
    struct depthwise *d = step->state;
    const struct sizes *s = &d->sizes;
    if (d->kernel == NULL)
        GC_TRY(pack_kernel(&d->kernel, step, s, false));
    for (int32_t v = 0; v < s->windows.rows.in; v++)
        backward_row(d, din + (size_t)v * s->windows.columns.in * s->in, dout, v);
    return GC_OK;
}

static gc_status prepare_own_forward(struct depthwise *d, const struct gc_step *step) {
    GC_TRY(pack_kernel(&d->kernel, step, &d->sizes, false));
    return gc_fused_bias(&d->bias, step, step->weights[1], d->sizes.filters);
}

/* ---- XNNPACK ---- */

#ifdef GC_XNNPACK
static gc_status create(struct gc_xnn *xnn, const struct gc_windows *windows, const struct sizes *s,
                        const float *kernel, const float *bias, float min, float max) {
    return gc_xnn_create_convolution(xnn, &(struct gc_xnn_convolution){
                                              .windows = windows,
                                              .groups = s->in,
                                              .group_in = 1,
                                              .group_out = s->multiplier,
                                              .depthwise = true,
                                              .kernel = kernel,
                                              .bias = bias,
                                              .min = min,
                                              .max = max,
                                          });
}

static gc_status create_forward(struct depthwise *d, const struct gc_step *step) {
    const struct sizes *s = &d->sizes;
    float *kernel = NULL, *bias = NULL;
    gc_status status = pack_kernel(&kernel, step, s, false);
    if (status == GC_OK)
        status = gc_fused_bias(&bias, step, step->weights[1], s->filters);
    if (status == GC_OK)
        status = create(&d->forward, &s->windows, s, kernel, bias, step->min, step->max);
    gc_release(kernel);
    gc_release(bias);
    return status;
}

/* Whether the gradient is a convolution with the turned filter: not where the stride is larger than
 * 1, nor where the zeros around the input reach further than the filter. */
static bool can_turn(const struct gc_windows *windows) {
    const struct gc_window rows = turn(&windows->rows), columns = turn(&windows->columns);
    return rows.stride == 1 && rows.before >= 0 && rows.after >= 0 && columns.stride == 1 &&
           columns.before >= 0 && columns.after >= 0;
}

static gc_status create_backward(struct depthwise *d, const struct gc_step *step) {
    const struct sizes *s = &d->sizes;
    const struct gc_windows back = {turn(&s->windows.rows), turn(&s->windows.columns)};
    float *kernel;
    GC_TRY(pack_kernel(&kernel, step, s, true));
    const gc_status status = create(&d->backward, &back, s, kernel, NULL, -INFINITY, INFINITY);
    gc_release(kernel);
    return status;
}
#endif

/* ---- The choice between them ---- */

static void depthwise_release(struct gc_step *step) {
    struct depthwise *d = step->state;
    if (d == NULL)
        return;
    gc_release(d->packed);
    gc_release(d->turned);
    gc_release(d->zeros);
    gc_release(d->kernel);
    gc_release(d->bias);
    gc_release(d->pixels);
    gc_release(d->filters);
#ifdef GC_XNNPACK
    gc_xnn_destroy(&d->forward);
    gc_xnn_destroy(&d->backward);
#endif
    gc_release(d);
    step->state = NULL;
}

static gc_status allocate_taps(struct depthwise *d) {
    const size_t taps = (size_t)d->sizes.windows.rows.kernel * d->sizes.windows.columns.kernel;
    d->pixels = gc_allocate(taps, sizeof *d->pixels);
    d->filters = gc_allocate(taps, sizeof *d->filters);
    if (d->pixels != NULL && d->filters != NULL)
        return GC_OK;
    return gc_fail_memory(taps * sizeof *d->filters, "a depthwise convolution's taps");
}

/* GC_STOCK: a build to compare with, XNNPACK's kernels wherever it has them. */
static bool has_rows(const struct sizes *s) {
#ifdef GC_STOCK
    (void)s;
    return false;
#else
    return s->multiplier == 1 && gc_depthwise_rows_fit(&s->windows, s->in);
#endif
}

/* XNNPACK's depthwise kernels have up to 25 taps; more are a product per channel to it, which is slower
 * than the own kernels. Those have one filter per channel. */
static bool is_own(const struct sizes *s) {
#ifdef GC_XNNPACK
    return s->multiplier == 1 && s->windows.rows.kernel * s->windows.columns.kernel > 25;
#else
    return s->multiplier == 1;
#endif
}

static gc_status prepare_forward(struct depthwise *d, const struct gc_step *step) {
    if (has_rows(&d->sizes))
        return prepare_rows(d, step);
    if (is_own(&d->sizes))
        return prepare_own_forward(d, step);
#ifdef GC_XNNPACK
    return create_forward(d, step);
#else
    return GC_OK;
#endif
}

static gc_status depthwise_prepare(struct gc_step *step) {
    struct depthwise *d = gc_allocate(1, sizeof *d);
    if (d == NULL)
        return gc_fail_memory(sizeof *d, "a depthwise convolution");
    step->state = d;
    gc_status status = sizes_of(&d->sizes, step);
    if (status == GC_OK)
        status = allocate_taps(d);
    if (status == GC_OK)
        status = prepare_forward(d, step);
    if (status != GC_OK)
        depthwise_release(step);
    return status;
}

static gc_status depthwise_forward(struct gc_step *step, gc_real *out, const gc_real *const *in) {
    struct depthwise *d = step->state;
    if (has_rows(&d->sizes))
        return rows_forward(step, out, in[0]);
    if (is_own(&d->sizes))
        return own_forward(step, out, in);
#ifdef GC_XNNPACK
    return gc_xnn_run(&d->forward, out, in[0]);
#else
    return depthwise_forward_reference(step, out, in);
#endif
}

static gc_status depthwise_backward(struct gc_step *step, int32_t input, gc_real *din,
                                    const gc_real *dout, const gc_real *out,
                                    const gc_real *const *in) {
    struct depthwise *d = step->state;
    if (d->sizes.multiplier != 1)
        return depthwise_backward_reference(step, input, din, dout, out, in);
    if (has_rows(&d->sizes))
        return rows_backward(step, din, dout);
#ifdef GC_XNNPACK
    if (!is_own(&d->sizes) && can_turn(&d->sizes.windows)) {
        if (d->backward.handle == NULL)
            GC_TRY(create_backward(d, step));
        return gc_xnn_run(&d->backward, din, dout);
    }
#endif
    return own_backward(step, din, dout);
}
#endif

const struct gc_op gc_op_depthwise = {
    .name = "depthwise",
    .takes_padding = depthwise_takes_padding,
    .takes_affine = true,
    .takes_clamp = true,
    .shape = depthwise_shape,
    .weight = depthwise_weight,
    .project = gc_depthwise_project,
    .outside = gc_depthwise_outside,
#ifndef GC_DOUBLE
    .prepare = depthwise_prepare,
    .release = depthwise_release,
    .forward = depthwise_forward,
    .backward = depthwise_backward,
#endif
    .forward_reference = depthwise_forward_reference,
    .backward_reference = depthwise_backward_reference,
};
