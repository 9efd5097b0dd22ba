/* Sum, mean, maximum or minimum over some axes (keras.ops.sum, mean, max, min).
 *   in, din     [n_0][n_1] ...
 *   out, dout   the same without the reduced axes, or with size 1 there
 *   sum        out = sum of in,              din = dout
 *   mean       out = sum of in / count,      din = dout / count
 *   max, min   out = the extremum of in,     din = dout / number of equal values where in is the
 *                                            extremum, else 0 */
#include "base/memory.h"
#include "graph/shapes.h"
#include "ops/ops.h"

#include <math.h>

/* ---- Shapes ---- */

/* The input's shape with size 1 along the reduced axes. */
static gc_shape kept_shape(const gc_shape *in, const struct gc_reduce_params *p) {
    gc_shape kept = *in;
    for (int32_t axis = 0; axis < in->rank; axis++)
        if (p->axes[axis])
            kept.dims[axis] = 1;
    return kept;
}

static gc_status reduce_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                              const void *params) {
    (void)input_count;
    const struct gc_reduce_params *p = params;
    const gc_shape kept = kept_shape(in, p);
    *out = (gc_shape){.rank = 0};
    for (int32_t axis = 0; axis < in->rank; axis++)
        if (p->keepdims || !p->axes[axis])
            out->dims[out->rank++] = kept.dims[axis];
    return GC_OK;
}

/* ---- Rows ----
 * The work goes through the input row by row along its last axis. */

struct reduce {
    gc_shape axes;              /* of the rows */
    size_t rows, width;         /* number of rows, values of a row */
    size_t stride[GC_MAX_RANK]; /* in out, along the input's axes, and 0 where reduced */
    size_t step;                /* in out, along a row */
    size_t outputs;             /* values of out */
    double *values;             /* [outputs], sums, extrema or counts */
};

static gc_status reduce_prepare(struct gc_step *step) {
    const struct gc_reduce_params *p = step->params;
    struct reduce *reduce = step->state;
    const gc_shape kept = kept_shape(step->in, p);
    gc_strides(reduce->stride, &kept);
    for (int32_t axis = 0; axis < kept.rank; axis++)
        if (p->axes[axis])
            reduce->stride[axis] = 0;
    reduce->axes = *step->in;
    reduce->width = (size_t)gc_shape_channels(step->in);
    reduce->rows = gc_shape_count(step->in) / reduce->width;
    if (kept.rank > 0)
        reduce->step = reduce->stride[--reduce->axes.rank];
    reduce->outputs = gc_shape_count(&step->out);
    reduce->values = gc_allocate(reduce->outputs, sizeof *reduce->values);
    if (reduce->values != NULL)
        return GC_OK;
    return gc_fail_memory(reduce->outputs * sizeof *reduce->values, "a reduction");
}

static void reduce_release(struct gc_step *step) {
    gc_release(((struct reduce *)step->state)->values);
}

/* Offset in out of the first value of a row of the input. */
static size_t row_start(const struct reduce *reduce, size_t row) {
    return gc_offset(&reduce->axes, reduce->stride, row);
}

static void fill(struct reduce *reduce, double value) {
    for (size_t i = 0; i < reduce->outputs; i++)
        reduce->values[i] = value;
}

/* ---- Sum and mean ---- */

/* The number by which a mean divides. */
static double divisor(const struct gc_step *step, bool is_mean) {
    return is_mean ? (double)gc_shape_count(step->in) / (double)gc_shape_count(&step->out) : 1;
}

static gc_status forward_sum(struct gc_step *step, gc_real *out, const gc_real *in, bool is_mean) {
    struct reduce *reduce = step->state;
    const double by = divisor(step, is_mean);
    fill(reduce, 0);
    for (size_t row = 0; row < reduce->rows; row++, in += reduce->width) {
        double *values = reduce->values + row_start(reduce, row);
        for (size_t i = 0; i < reduce->width; i++)
            values[i * reduce->step] += in[i];
    }
    for (size_t i = 0; i < reduce->outputs; i++)
        out[i] = (gc_real)(reduce->values[i] / by);
    return GC_OK;
}

static gc_status backward_sum(struct gc_step *step, gc_real *din, const gc_real *dout,
                              bool is_mean) {
    const struct reduce *reduce = step->state;
    const gc_real by = (gc_real)divisor(step, is_mean);
    for (size_t row = 0; row < reduce->rows; row++, din += reduce->width) {
        const gc_real *from = dout + row_start(reduce, row);
        for (size_t i = 0; i < reduce->width; i++)
            din[i] = from[i * reduce->step] / by;
    }
    return GC_OK;
}

/* ---- Maximum and minimum ---- */

/* The extremum is the maximum of sign * in. */
static gc_status forward_extremum(struct gc_step *step, gc_real *out, const gc_real *in,
                                  gc_real sign) {
    struct reduce *reduce = step->state;
    fill(reduce, -INFINITY);
    for (size_t row = 0; row < reduce->rows; row++, in += reduce->width) {
        double *values = reduce->values + row_start(reduce, row);
        for (size_t i = 0; i < reduce->width; i++) {
            const double value = sign * in[i];
            if (value > values[i * reduce->step])
                values[i * reduce->step] = value;
        }
    }
    for (size_t i = 0; i < reduce->outputs; i++)
        out[i] = sign * (gc_real)reduce->values[i];
    return GC_OK;
}

/* Counts the values that are equal to the extremum of their output. */
static void count_equal(struct reduce *reduce, const gc_real *out, const gc_real *in) {
    fill(reduce, 0);
    for (size_t row = 0; row < reduce->rows; row++, in += reduce->width) {
        const size_t start = row_start(reduce, row);
        for (size_t i = 0; i < reduce->width; i++)
            if (in[i] == out[start + i * reduce->step])
                reduce->values[start + i * reduce->step]++;
    }
}

static gc_status backward_extremum(struct gc_step *step, gc_real *din, const gc_real *dout,
                                   const gc_real *out, const gc_real *in) {
    struct reduce *reduce = step->state;
    count_equal(reduce, out, in);
    for (size_t row = 0; row < reduce->rows; row++) {
        const size_t start = row_start(reduce, row);
        for (size_t i = 0; i < reduce->width; i++) {
            const size_t o = start + i * reduce->step;
            *din++ = *in++ == out[o] ? dout[o] / (gc_real)reduce->values[o] : 0;
        }
    }
    return GC_OK;
}

/* ---- The records ---- */

#define REDUCE(NAME, FORWARD, BACKWARD)                                                            \
    static gc_status NAME##_forward_reference(struct gc_step *step, gc_real *out,                  \
                                              const gc_real *const *in) {                          \
        return FORWARD;                                                                            \
    }                                                                                              \
    static gc_status NAME##_backward_reference(struct gc_step *step, int32_t input, gc_real *din,  \
                                               const gc_real *dout, const gc_real *out,            \
                                               const gc_real *const *in) {                         \
        (void)input, (void)out, (void)in;                                                          \
        return BACKWARD;                                                                           \
    }                                                                                              \
    const struct gc_op gc_op_##NAME = {                                                            \
        .name = #NAME,                                                                             \
        .shape = reduce_shape,                                                                     \
        .reference = {.state_size = sizeof(struct reduce),                                         \
                      .prepare = reduce_prepare,                                                   \
                      .release = reduce_release,                                                   \
                      .forward = NAME##_forward_reference,                                         \
                      .backward = NAME##_backward_reference},                                      \
    };
REDUCE(reduce_sum, forward_sum(step, out, in[0], false), backward_sum(step, din, dout, false))
REDUCE(reduce_mean, forward_sum(step, out, in[0], true), backward_sum(step, din, dout, true))
REDUCE(reduce_max, forward_extremum(step, out, in[0], 1),
       backward_extremum(step, din, dout, out, in[0]))
REDUCE(reduce_min, forward_extremum(step, out, in[0], -1),
       backward_extremum(step, din, dout, out, in[0]))
