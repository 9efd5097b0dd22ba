/* Several tensors into one, value by value (Keras Add, Subtract, Multiply, Average, Maximum,
 * Minimum, keras.ops.divide, mod, power and where).
 *   out, dout      the common shape, with the largest size of each axis
 *   in[n], din     the common shape, or size 1 along some axes, or fewer axes
 * Axes of size 1 are repeated. Missing axes count as axes of size 1 in front.
 *   out = in[0] . in[1] . in[2] ...
 *   din[n] = the sum over n's repeated axes of
 *     add                dout
 *     subtract           dout for the first input, -dout for the second
 *     average            dout / number of inputs
 *     multiply           dout times the other inputs
 *     divide             dout / in[1] for the first input, -dout * in[0] / in[1]^2 for the second
 *     divide_no_nan      the same, and 0 where in[1] is 0
 *     floor_mod          dout for the first input, -dout * floor(in[0] / in[1]) for the second
 *     pow                dout * in[1] * in[0]^(in[1] - 1) for the first input,
 *                        dout * in[0]^in[1] * log(in[0]) for the second, and 0 where in[0] <= 0
 *     where              dout where n is taken, else 0
 *     maximum, minimum   dout where n is the first input that has the extremum, else 0 */
#include "base/memory.h"
#include "graph/shapes.h"
#include "ops/ops.h"

#include <string.h>
#include <tgmath.h>

/* ---- Shapes ---- */

/* Size of an input along axis `axis` of an output of rank `rank`. */
static int32_t size_along(const gc_shape *in, int32_t rank, int32_t axis) {
    const int32_t own = axis - (rank - in->rank);
    return own < 0 ? 1 : in->dims[own];
}

static gc_status merge_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                             const void *params) {
    (void)params;
    gc_shape common = in[0];
    for (int32_t n = 1; n < input_count; n++) {
        const gc_shape before = common;
        common.rank = in[n].rank > before.rank ? in[n].rank : before.rank;
        for (int32_t axis = 0; axis < common.rank; axis++) {
            const int32_t a = size_along(&before, common.rank, axis);
            const int32_t b = size_along(&in[n], common.rank, axis);
            common.dims[axis] = a == 1 ? b : a;
            if (a == b || a == 1 || b == 1)
                continue;
            char first[GC_SHAPE_TEXT], other[GC_SHAPE_TEXT];
            return gc_fail(GC_INVALID_MODEL, "the shapes %s and %s cannot be merged",
                           gc_shape_text(first, &before), gc_shape_text(other, &in[n]));
        }
    }
    *out = common;
    return GC_OK;
}

/* The shape rule of an operation of exactly two inputs. */
static gc_status pair_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                            const void *params) {
    if (input_count != 2)
        return gc_fail(GC_INVALID_MODEL,
                       "an operation of two values with %d inputs: it takes exactly 2",
                       (int)input_count);
    return merge_shape(out, in, input_count, params);
}

/* ---- Rows ----
 * The work goes row by row along the output's last axis. If no input is repeated, all values are
 * one row. */

struct operand {
    size_t stride[GC_MAX_RANK]; /* along the axes of the rows, 0 where repeated */
    size_t step;                /* along a row, 0 or 1 */
    bool whole;                 /* has the output's shape */
};

/* A row of an input. Its value i is values[i * step]. */
struct row {
    const gc_real *values;
    size_t step;
};

struct merge {
    gc_shape axes;      /* of the rows */
    size_t rows, width; /* number of rows, values of a row */
    struct operand *operands;
    struct row *inputs; /* the inputs' current row */
    gc_real *term;      /* [width], the gradient of a repeated input before it is summed */
    double *sums;       /* as many as the largest repeated input has values */
};

static void merge_release(struct gc_step *step) {
    const struct merge *merge = step->state;
    gc_release(merge->operands);
    gc_release(merge->inputs);
    gc_release(merge->term);
    gc_release(merge->sums);
}

static void fill_operand(struct operand *operand, const gc_shape *in, const gc_shape *out) {
    size_t stride[GC_MAX_RANK];
    gc_strides(stride, in);
    operand->whole = gc_shape_equal(in, out);
    for (int32_t axis = 0; axis < out->rank; axis++)
        operand->stride[axis] =
            size_along(in, out->rank, axis) == 1 ? 0 : stride[axis - (out->rank - in->rank)];
    operand->step = out->rank == 0 ? 0 : operand->stride[out->rank - 1];
}

/* Makes one row of all values, for inputs that are not repeated. */
static void flatten(struct merge *merge, int32_t input_count, size_t count) {
    merge->axes = (gc_shape){.rank = 0};
    merge->rows = 1;
    merge->width = count;
    for (int32_t n = 0; n < input_count; n++)
        merge->operands[n].step = 1;
}

static gc_status merge_prepare(struct gc_step *step) {
    struct merge *merge = step->state;
    const size_t count = gc_shape_count(&step->out), inputs = (size_t)step->input_count;
    size_t repeated = 0;
    merge->operands = gc_allocate(inputs, sizeof *merge->operands);
    merge->inputs = gc_allocate(inputs, sizeof *merge->inputs);
    if (merge->operands == NULL || merge->inputs == NULL)
        return gc_fail_memory(inputs * sizeof *merge->operands, "a merging layer");
    for (int32_t n = 0; n < step->input_count; n++) {
        const size_t values = gc_shape_count(&step->in[n]);
        fill_operand(&merge->operands[n], &step->in[n], &step->out);
        if (!merge->operands[n].whole && values > repeated)
            repeated = values;
    }
    merge->axes = step->out;
    if (merge->axes.rank > 0)
        merge->axes.rank--;
    merge->width = (size_t)gc_shape_channels(&step->out);
    merge->rows = count / merge->width;
    if (repeated == 0) {
        flatten(merge, step->input_count, count);
        return GC_OK;
    }
    merge->term = gc_allocate(merge->width, sizeof *merge->term);
    merge->sums = gc_allocate(repeated, sizeof *merge->sums);
    if (merge->term != NULL && merge->sums != NULL)
        return GC_OK;
    return gc_fail_memory(repeated * sizeof *merge->sums, "a merging layer's sums");
}

static struct row row_of(const struct merge *merge, int32_t n, const gc_real *in, size_t row) {
    const struct operand *operand = &merge->operands[n];
    return (struct row){in + gc_offset(&merge->axes, operand->stride, row), operand->step};
}

/* Sets the inputs to their row number `row`. */
static void go_to_row(struct merge *merge, const struct gc_step *step, const gc_real *const *in,
                      size_t row) {
    for (int32_t n = 0; n < step->input_count; n++)
        merge->inputs[n] = row_of(merge, n, in[n], row);
}

/* ---- Both directions, for any operation ---- */

/* out = out . in, [count] */
typedef void combine(gc_real *out, const struct row *in, size_t count);

/* term = the gradient of inputs[n] from dout, [count] */
typedef void differentiate(gc_real *term, const gc_real *dout, const struct row *inputs,
                           int32_t input_count, int32_t n, size_t count);

/* out = out . in, [count], or out = in for the first input */
static void take(gc_real *out, int32_t n, const struct row *in, size_t count, combine *combine) {
    if (n > 0)
        combine(out, in, count);
    else
        for (size_t i = 0; i < count; i++)
            out[i] = in->values[i * in->step];
}

static gc_status forward(struct gc_step *step, gc_real *out, const gc_real *const *in,
                         combine *combine) {
    const struct merge *merge = step->state;
    for (size_t row = 0; row < merge->rows; row++, out += merge->width)
        for (int32_t n = 0; n < step->input_count; n++) {
            const struct row from = row_of(merge, n, in[n], row);
            take(out, n, &from, merge->width, combine);
        }
    return GC_OK;
}

/* Rows of a picture. Each is a row for each of its pixels, or a part of the one row that all values
 * are. */
static void forward_rows(const struct gc_step *step, struct gc_band out, const struct gc_band *in,
                         int32_t first, int32_t end, combine *combine) {
    const struct merge *merge = step->state;
    const size_t values = gc_shape_count(&step->out) / (size_t)step->out.dims[0];
    const size_t rows = merge->rows == 1 ? 1 : values / merge->width, width = values / rows;
    gc_real *to = out.data + (size_t)(first - out.first) * values;
    for (size_t row = (size_t)first * rows; row < (size_t)end * rows; row++, to += width)
        for (int32_t n = 0; n < step->input_count; n++) {
            struct row from = row_of(merge, n, in[n].data, rows == 1 ? 0 : row);
            from.values += rows == 1 ? row * width : 0;
            from.values -= (size_t)in[n].first * values;
            take(to, n, &from, width, combine);
        }
}

/* sums += the row's gradient. A row that repeats one value adds the whole gradient to its sum. */
static void add_row(double *sums, const struct merge *merge, size_t step) {
    for (size_t i = 0; i < merge->width; i++)
        sums[i * step] += merge->term[i];
}

static gc_status backward(struct gc_step *step, int32_t n, gc_real *din, const gc_real *dout,
                          const gc_real *const *in, differentiate *differentiate) {
    struct merge *merge = step->state;
    const struct operand *operand = &merge->operands[n];
    const size_t count = gc_shape_count(&step->in[n]), width = merge->width;
    if (!operand->whole)
        memset(merge->sums, 0, count * sizeof *merge->sums);
    for (size_t row = 0; row < merge->rows; row++) {
        gc_real *term = operand->whole ? din + row * width : merge->term;
        go_to_row(merge, step, in, row);
        differentiate(term, dout + row * width, merge->inputs, step->input_count, n, width);
        if (!operand->whole)
            add_row(merge->sums + gc_offset(&merge->axes, operand->stride, row), merge,
                    operand->step);
    }
    if (!operand->whole)
        for (size_t i = 0; i < count; i++)
            din[i] = (gc_real)merge->sums[i];
    return GC_OK;
}

/* ---- The operations ---- */

/* x - y * floor(x / y), without the rounding of the quotient. */
static inline gc_real floor_mod(gc_real x, gc_real y) {
    const gc_real rest = fmod(x, y);
    return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
}

/* x . y for a row of x and one of y. RESULT computes z from both. The two loops differ in y's step,
 * and each can be vectorised. */
#define COMBINE(NAME, RESULT)                                                                      \
    static void NAME##_rows(gc_real *restrict out, const struct row *in, size_t count) {           \
        const gc_real *restrict values = in->values;                                               \
        for (size_t i = 0; in->step == 1 && i < count; i++) {                                      \
            const gc_real x = out[i], y = values[i];                                               \
            gc_real z;                                                                             \
            RESULT;                                                                                \
            out[i] = z;                                                                            \
        }                                                                                          \
        for (size_t i = 0; in->step == 0 && i < count; i++) {                                      \
            const gc_real x = out[i], y = values[0];                                               \
            gc_real z;                                                                             \
            RESULT;                                                                                \
            out[i] = z;                                                                            \
        }                                                                                          \
    }

COMBINE(add, z = x + y)
COMBINE(subtract, z = x - y)
COMBINE(multiply, z = x * y)
COMBINE(divide, z = x / y)
COMBINE(divide_no_nan, z = y == 0 ? 0 : x / y)
COMBINE(floor_mod, z = floor_mod(x, y))
COMBINE(pow, z = pow(x, y))
COMBINE(maximum, z = y > x ? y : x)
COMBINE(minimum, z = y < x ? y : x)

static void add_gradient(gc_real *term, const gc_real *dout, const struct row *inputs,
                         int32_t input_count, int32_t n, size_t count) {
    (void)inputs, (void)input_count, (void)n;
    memcpy(term, dout, count * sizeof *term);
}

static void subtract_gradient(gc_real *term, const gc_real *dout, const struct row *inputs,
                              int32_t input_count, int32_t n, size_t count) {
    (void)inputs, (void)input_count;
    for (size_t i = 0; i < count; i++)
        term[i] = n == 0 ? dout[i] : -dout[i];
}

static void average_gradient(gc_real *term, const gc_real *dout, const struct row *inputs,
                             int32_t input_count, int32_t n, size_t count) {
    (void)inputs, (void)n;
    for (size_t i = 0; i < count; i++)
        term[i] = dout[i] / (gc_real)input_count;
}

static void multiply_gradient(gc_real *term, const gc_real *dout, const struct row *inputs,
                              int32_t input_count, int32_t n, size_t count) {
    memcpy(term, dout, count * sizeof *term);
    for (int32_t other = 0; other < input_count; other++)
        if (other != n)
            multiply_rows(term, &inputs[other], count);
}

static void divide_gradient(gc_real *term, const gc_real *dout, const struct row *inputs,
                            int32_t input_count, int32_t n, size_t count) {
    (void)input_count;
    const struct row *x = &inputs[0], *y = &inputs[1];
    for (size_t i = 0; i < count; i++) {
        const gc_real divisor = y->values[i * y->step], share = dout[i] / divisor;
        term[i] = n == 0 ? share : -share * (x->values[i * x->step] / divisor);
    }
}

static void divide_no_nan_gradient(gc_real *term, const gc_real *dout, const struct row *inputs,
                                   int32_t input_count, int32_t n, size_t count) {
    divide_gradient(term, dout, inputs, input_count, n, count);
    const struct row *y = &inputs[1];
    for (size_t i = 0; i < count; i++)
        term[i] = y->values[i * y->step] == 0 ? 0 : term[i];
}

static void floor_mod_gradient(gc_real *term, const gc_real *dout, const struct row *inputs,
                               int32_t input_count, int32_t n, size_t count) {
    (void)input_count;
    const struct row *x = &inputs[0], *y = &inputs[1];
    for (size_t i = 0; i < count; i++) {
        const gc_real value = x->values[i * x->step], divisor = y->values[i * y->step];
        const gc_real quotient = rint((value - floor_mod(value, divisor)) / divisor);
        term[i] = n == 0 ? dout[i] : -dout[i] * quotient;
    }
}

static void pow_gradient(gc_real *term, const gc_real *dout, const struct row *inputs,
                         int32_t input_count, int32_t n, size_t count) {
    (void)input_count;
    for (size_t i = 0; i < count; i++) {
        const gc_real x = inputs[0].values[i * inputs[0].step];
        const gc_real y = inputs[1].values[i * inputs[1].step];
        gc_real slope = 0;
        if (n == 0 && y != 0)
            slope = y * pow(x, y - 1);
        else if (n == 1 && x > 0)
            slope = pow(x, y) * log(x);
        term[i] = dout[i] * slope;
    }
}

/* term = dout where `sign` times input n is the largest, and larger than all inputs before it. */
static void extremum_gradient(gc_real *term, const gc_real *dout, const struct row *inputs,
                              int32_t input_count, int32_t n, size_t count, gc_real sign) {
    for (size_t i = 0; i < count; i++) {
        const gc_real value = sign * inputs[n].values[i * inputs[n].step];
        bool first = true;
        for (int32_t other = 0; other < input_count; other++) {
            const gc_real rival = sign * inputs[other].values[i * inputs[other].step];
            if (other < n ? rival >= value : rival > value)
                first = false;
        }
        term[i] = first ? dout[i] : 0;
    }
}

static void maximum_gradient(gc_real *term, const gc_real *dout, const struct row *inputs,
                             int32_t input_count, int32_t n, size_t count) {
    extremum_gradient(term, dout, inputs, input_count, n, count, 1);
}

static void minimum_gradient(gc_real *term, const gc_real *dout, const struct row *inputs,
                             int32_t input_count, int32_t n, size_t count) {
    extremum_gradient(term, dout, inputs, input_count, n, count, -1);
}

static gc_status average_forward_reference(struct gc_step *step, gc_real *out,
                                           const gc_real *const *in) {
    GC_TRY(forward(step, out, in, add_rows));
    const size_t count = gc_shape_count(&step->out);
    for (size_t i = 0; i < count; i++)
        out[i] /= (gc_real)step->input_count;
    return GC_OK;
}

/* ---- A choice of two inputs by a third ----
 *   in[0]   0 where in[2] is taken, another number where in[1] is taken */

static gc_status where_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                             const void *params) {
    if (input_count != 3)
        return gc_fail(GC_INVALID_MODEL, "a choice with %d inputs: it takes exactly 3",
                       (int)input_count);
    return merge_shape(out, in, input_count, params);
}

static gc_status where_forward_reference(struct gc_step *step, gc_real *out,
                                         const gc_real *const *in) {
    struct merge *merge = step->state;
    for (size_t row = 0; row < merge->rows; row++) {
        go_to_row(merge, step, in, row);
        const struct row *from = merge->inputs;
        for (size_t i = 0; i < merge->width; i++) {
            const struct row *taken = &from[from[0].values[i * from[0].step] != 0 ? 1 : 2];
            *out++ = taken->values[i * taken->step];
        }
    }
    return GC_OK;
}

static void where_gradient(gc_real *term, const gc_real *dout, const struct row *inputs,
                           int32_t input_count, int32_t n, size_t count) {
    (void)input_count;
    for (size_t i = 0; i < count; i++) {
        const int32_t taken = inputs[0].values[i * inputs[0].step] != 0 ? 1 : 2;
        term[i] = n == taken ? dout[i] : 0;
    }
}

/* ---- The records ---- */

#define FORWARD(NAME)                                                                              \
    static gc_status NAME##_forward_reference(struct gc_step *step, gc_real *out,                  \
                                              const gc_real *const *in) {                          \
        return forward(step, out, in, NAME##_rows);                                                \
    }
FORWARD(add)
FORWARD(subtract)
FORWARD(multiply)
FORWARD(divide)
FORWARD(divide_no_nan)
FORWARD(floor_mod)
FORWARD(pow)
FORWARD(maximum)
FORWARD(minimum)

#define FORWARD_ROWS(NAME)                                                                         \
    static void NAME##_forward_rows(const struct gc_step *step, struct gc_band out,                \
                                    const struct gc_band *in, int32_t first, int32_t end) {        \
        forward_rows(step, out, in, first, end, NAME##_rows);                                      \
    }
FORWARD_ROWS(add)
FORWARD_ROWS(subtract)
FORWARD_ROWS(multiply)
FORWARD_ROWS(maximum)
FORWARD_ROWS(minimum)

#define MERGE(NAME, SHAPE, ROWS)                                                                   \
    static gc_status NAME##_backward_reference(struct gc_step *step, int32_t input, gc_real *din,  \
                                               const gc_real *dout, const gc_real *out,            \
                                               const gc_real *const *in) {                         \
        (void)out;                                                                                 \
        return backward(step, input, din, dout, in, NAME##_gradient);                              \
    }                                                                                              \
    const struct gc_op gc_op_##NAME = {                                                            \
        .name = #NAME,                                                                             \
        .shape = SHAPE,                                                                            \
        .reference = {.state_size = sizeof(struct merge),                                          \
                      .prepare = merge_prepare,                                                    \
                      .release = merge_release,                                                    \
                      .forward = NAME##_forward_reference,                                         \
                      .backward = NAME##_backward_reference,                                       \
                      .forward_rows = ROWS},                                                       \
    };
MERGE(add, merge_shape, add_forward_rows)
MERGE(subtract, pair_shape, subtract_forward_rows)
MERGE(multiply, merge_shape, multiply_forward_rows)
MERGE(divide, pair_shape, NULL)
MERGE(divide_no_nan, pair_shape, NULL)
MERGE(floor_mod, pair_shape, NULL)
MERGE(pow, pair_shape, NULL)
MERGE(average, merge_shape, NULL)
MERGE(maximum, merge_shape, maximum_forward_rows)
MERGE(minimum, merge_shape, minimum_forward_rows)
MERGE(where, where_shape, NULL)
