/* Matrix product over the last axis (Keras Dense). The axes before it together are the rows.
 *   in, din   [rows][in]      out, dout   [rows][units]      kernel   [in][units]      bias [units]
 *   out(r, u) = bias(u) + sum_i in(r, i) * kernel(i, u)
 *   din(r, i) = sum_u kernel(i, u) * dout(r, u)
 * A fused scale, shift and clamp follow:  out' = clamp(scale(u) * out + shift(u)). */
#include "base/memory.h"
#include "base/parallel.h"
#include "base/touch.h"
#include "kernels/dot.h"
#include "kernels/fused.h"
#include "kernels/product.h"
#include "ops/ops.h"

#include <math.h>

static gc_status dense_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                             const void *params) {
    (void)input_count;
    const struct gc_dense_params *p = params;
    if (in->rank < 1 || p->units <= 0)
        return gc_fail(GC_INVALID_MODEL,
                       "a dense layer of %d units for an input of %d axes: both must be positive",
                       (int)p->units, (int)in->rank);
    *out = *in;
    out->dims[in->rank - 1] = p->units;
    return GC_OK;
}

static gc_shape dense_weight(int32_t slot, const gc_shape *in, const void *params) {
    const struct gc_dense_params *p = params;
    if (slot == 0)
        return (gc_shape){2, {gc_shape_channels(in), p->units}};
    return slot == 1 && p->bias ? (gc_shape){1, {p->units}} : (gc_shape){.rank = -1};
}

static size_t rows_of(const struct gc_step *step) {
    return gc_shape_count(&step->out) / (size_t)gc_shape_channels(&step->out);
}

/* ---- Reference ---- */

static gc_status dense_forward_reference(struct gc_step *step, gc_real *restrict out,
                                         const gc_real *const *in) {
    const int32_t width = gc_shape_channels(step->in), units = gc_shape_channels(&step->out);
    const float *bias = step->weights[1];
    const gc_real *value = in[0];
    for (size_t row = 0; row < rows_of(step); row++) {
        const float *restrict kernel = step->weights[0];
        gc_real *restrict row_out = out + row * units;
        for (int32_t u = 0; u < units; u++)
            row_out[u] = bias == NULL ? 0 : bias[u];
        for (int32_t i = 0; i < width; i++, kernel += units, value++)
            for (int32_t u = 0; u < units; u++)
                row_out[u] += *value * kernel[u];
    }
    gc_fused_apply(step, out);
    return GC_OK;
}

static gc_status dense_backward_reference(struct gc_step *step, int32_t input,
                                          gc_real *restrict din, const gc_real *dout,
                                          const gc_real *out, const gc_real *const *in) {
    (void)input, (void)out, (void)in;
    const int32_t width = gc_shape_channels(step->in), units = gc_shape_channels(&step->out);
    for (size_t row = 0; row < rows_of(step); row++, dout += units) {
        const float *kernel = step->weights[0];
        for (int32_t i = 0; i < width; i++, kernel += units) {
            gc_real sum = 0;
            for (int32_t u = 0; u < units; u++)
                sum += kernel[u] * gc_fused_scale(step, u) * dout[u];
            *din++ = sum;
        }
    }
    return GC_OK;
}

#ifndef GC_DOUBLE

/* ---- The path "row", for one row, the usual head of a classifier ----
 * One row reads every weight once. A packed copy would cost as much memory as the weights and gain
 * nothing, so both directions read Keras' array as it is. */

static bool fits_row(const struct gc_step *step) {
    return rows_of(step) == 1 && step->scale == NULL && step->weights[0] != NULL;
}

/* Rows of the kernel that one pass over `out` adds. */
#define ROWS 4

/* The fewest units, or inputs, that are worth a thread. */
#define UNITS 64

/* out(u) += sum over ROWS of in(i) * kernel(i, u)    for u = 0 .. count - 1
 * Rows of the kernel are `units` long. */
static void add_rows(float *restrict out, const float *restrict in, const float *restrict kernel,
                     size_t units, size_t count) {
    for (size_t u = 0; u < count; u++) {
        float sum = out[u];
        for (size_t i = 0; i < ROWS; i++)
            sum += in[i] * kernel[i * units + u];
        out[u] = sum;
    }
}

struct row {
    const struct gc_step *step;
    size_t batch; /* of gradients */
    float *to;
    const float *from;
};

/* Units first .. end - 1. */
static void forward_units(void *context, size_t first, size_t end) {
    const struct row *row = context;
    const size_t width = (size_t)gc_shape_channels(row->step->in);
    const size_t units = (size_t)gc_shape_channels(&row->step->out);
    const float *kernel = row->step->weights[0], *bias = row->step->weights[1], *in = row->from;
    for (size_t u = first; u < end; u++)
        row->to[u] = bias == NULL ? 0 : bias[u];
    size_t i = 0;
    for (; i + ROWS <= width; i += ROWS) {
        for (size_t r = i; r < i + ROWS; r++)
            gc_touch(kernel + r * units + first, (end - first) * sizeof *kernel);
        add_rows(row->to + first, in + i, kernel + i * units + first, units, end - first);
    }
    for (; i < width; i++)
        for (size_t u = first; u < end; u++)
            row->to[u] += in[i] * kernel[i * units + u];
}

/* Each thread gets one range. It then reads a long stretch of each row of the kernel. */
static gc_status row_forward(struct gc_step *step, gc_real *out, const gc_real *const *in) {
    const size_t units = (size_t)gc_shape_channels(&step->out), each = units / gc_thread_count();
    gc_parallel_ranges(forward_units, &(struct row){step, 1, out, in[0]}, units,
                       each > UNITS ? each : UNITS);
    gc_fused_apply(step, out);
    return GC_OK;
}

/* Inputs first .. end - 1 of din [batch][width], from dout [batch][units]. */
static void backward_inputs(void *context, size_t first, size_t end) {
    const struct row *row = context;
    const size_t width = (size_t)gc_shape_channels(row->step->in);
    const size_t units = (size_t)gc_shape_channels(&row->step->out);
    const float *kernel = row->step->weights[0];
    for (size_t i = first; i < end; i++)
        for (size_t b = 0; b < row->batch; b++)
            row->to[b * width + i] = gc_dot(kernel + i * units, row->from + b * units, units);
}

static gc_status row_backward_batch(struct gc_step *step, size_t batch, gc_real *din,
                                    const gc_real *dout) {
    const size_t width = (size_t)gc_shape_channels(step->in);
    gc_parallel_ranges(backward_inputs, &(struct row){step, batch, din, dout}, width, UNITS);
    return GC_OK;
}

static gc_status row_backward(struct gc_step *step, int32_t input, gc_real *din,
                              const gc_real *dout, const gc_real *out, const gc_real *const *in) {
    (void)input, (void)out, (void)in;
    return row_backward_batch(step, 1, din, dout);
}

/* ---- The path "product", for several rows ---- */

struct product {
    struct gc_product forward;
    struct gc_product backward; /* packed by the first backward */
};

static gc_status prepare_product(struct gc_step *step) {
    return gc_product_create(&((struct product *)step->state)->forward, step,
                             gc_shape_channels(step->in));
}

static void release_product(struct gc_step *step) {
    struct product *product = step->state;
    gc_product_destroy(&product->forward);
    gc_product_destroy(&product->backward);
}

static gc_status product_forward(struct gc_step *step, gc_real *out, const gc_real *const *in) {
    gc_product_run(&((struct product *)step->state)->forward, rows_of(step), out, in[0]);
    return GC_OK;
}

static gc_status product_backward_batch(struct gc_step *step, size_t batch, gc_real *din,
                                        const gc_real *dout) {
    struct product *product = step->state;
    if (product->backward.panels == NULL)
        GC_TRY(gc_product_create_backward(&product->backward, &product->forward, 1, step));
    gc_product_run(&product->backward, batch * rows_of(step), din, dout);
    return GC_OK;
}

static gc_status product_backward(struct gc_step *step, int32_t input, gc_real *din,
                                  const gc_real *dout, const gc_real *out,
                                  const gc_real *const *in) {
    (void)input, (void)out, (void)in;
    return product_backward_batch(step, 1, din, dout);
}
#endif

/* ---- The choice ---- */

static const struct gc_path dense_paths[] = {
#ifndef GC_DOUBLE
    {.name = "row",
     .fits = fits_row,
     .forward = row_forward,
     .backward = row_backward,
     .backward_batch = row_backward_batch},
    {.name = "product",
     .state_size = sizeof(struct product),
     .prepare = prepare_product,
     .release = release_product,
     .forward = product_forward,
     .backward = product_backward,
     .backward_batch = product_backward_batch},
#endif
    {0}};

const struct gc_op gc_op_dense = {
    .name = "dense",
    .is_linear = true,
    .takes_affine = true,
    .takes_clamp = true,
    .shape = dense_shape,
    .weight = dense_weight,
    .paths = {dense_paths},
    .reference = {.forward = dense_forward_reference, .backward = dense_backward_reference},
};

/* ---- The same with weights of other shapes ---- */

static gc_status shaped_dense_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                                    const void *params) {
    const struct gc_shaped_dense_params *p = params;
    GC_TRY(dense_shape(out, in, input_count, &p->dense));
    const size_t wanted = (size_t)gc_shape_channels(in) * (size_t)p->dense.units;
    if (gc_shape_count(&p->kernel) != wanted)
        return gc_fail(GC_INVALID_MODEL, "a kernel of %zu values for %d inputs and %d units",
                       gc_shape_count(&p->kernel), (int)gc_shape_channels(in), (int)p->dense.units);
    return GC_OK;
}

static gc_shape shaped_dense_weight(int32_t slot, const gc_shape *in, const void *params) {
    (void)in;
    const struct gc_shaped_dense_params *p = params;
    if (slot == 0)
        return p->kernel;
    return slot == 1 && p->dense.bias ? p->biases : (gc_shape){.rank = -1};
}

const struct gc_op gc_op_shaped_dense = {
    .name = "shaped_dense",
    .is_linear = true,
    .takes_affine = true,
    .takes_clamp = true,
    .shape = shaped_dense_shape,
    .weight = shaped_dense_weight,
    .paths = {dense_paths},
    .reference = {.forward = dense_forward_reference, .backward = dense_backward_reference},
};
