#include "op_tester.h"

#include "base/memory.h"
#include "ops/ops.h"
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Values behind every tensor, for what XNNPACK reads past the end, and as a guard. */
#define BEHIND 32
/* What stands behind every tensor. Nothing may overwrite it, and no result may depend on it. */
#define GUARD NAN

/* A step with all that it points to. */
struct bench {
    const char *name;
    const struct op_case *op_case;
    struct gc_step step;    /* takes its path */
    struct gc_step plain;   /* the same for the reference, unless that is the path */
    struct gc_array kernel; /* of the step, which may put it in another order */
    int32_t inputs;
    size_t in_count[OP_MAX_INPUTS], out_count;
    gc_real *in[OP_MAX_INPUTS], *din, *din_reference;
    gc_real *out, *out_reference, *dout;
    gc_real *coefficients;
    float *weights[GC_MAX_WEIGHTS];
    uint32_t random;
};

/* ---- Noting failures ---- */

static bool expect(const struct bench *b, bool holds, const char *what) {
    char text[200];
    snprintf(text, sizeof text, "%s (%s): %s", b->name, b->op_case->op->name, what);
    return test_that(holds, text, __FILE__, __LINE__);
}

static bool expect_ok(const struct bench *b, gc_status status, const char *what) {
    char text[200];
    snprintf(text, sizeof text, "%s (%s): %s", b->name, b->op_case->op->name, what);
    return test_status(status, GC_OK, text, __FILE__, __LINE__);
}

/* ---- Tensors ---- */

/* -1 .. 1 */
static double next_random(struct bench *b) {
    b->random ^= b->random << 13;
    b->random ^= b->random >> 17;
    b->random ^= b->random << 5;
    return b->random / 2147483648.0 - 1;
}

static gc_real *new_tensor(size_t count) {
    gc_real *tensor = gc_allocate(count + BEHIND, sizeof *tensor);
    for (size_t i = 0; tensor != NULL && i < count + BEHIND; i++)
        tensor[i] = GUARD;
    return tensor;
}

static void fill_random(struct bench *b, gc_real *tensor, size_t count, double spread) {
    for (size_t i = 0; i < count; i++)
        tensor[i] = (gc_real)(next_random(b) * spread);
}

static void forget(gc_real *tensor, size_t count) {
    for (size_t i = 0; i < count; i++)
        tensor[i] = NAN;
}

static bool is_written(const gc_real *tensor, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (isnan(tensor[i]))
            return false;
    for (size_t i = count; i < count + BEHIND; i++)
        if (!isnan(tensor[i]))
            return false;
    return true;
}

static double largest_of(const gc_real *tensor, size_t count) {
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)tensor[i]));
    return largest;
}

/* ---- The step ---- */

/* What the planner does. The output's shape follows from the padded input. */
static bool make_shapes(struct bench *b) {
    const struct op_case *c = b->op_case;
    gc_shape padded[OP_MAX_INPUTS];
    for (int32_t i = 0; i < b->inputs; i++) {
        padded[i] = c->in[i];
        b->in_count[i] = gc_shape_count(&c->in[i]);
    }
    padded[0].dims[0] += c->padding.top + c->padding.bottom;
    padded[0].dims[1] += c->padding.left + c->padding.right;
    if (!expect_ok(b, c->op->shape(&b->step.out, padded, b->inputs, c->params), "shape"))
        return false;
    b->out_count = gc_shape_count(&b->step.out);
    return expect(b, b->out_count > 0, "the output has values");
}

/* A variance must be positive. Any other weight may have either sign. */
static bool is_variance(const struct gc_op *op, int32_t slot) {
    return (op == &gc_op_batch_norm && slot == 3) || (op == &gc_op_normalization && slot == 1);
}

static bool make_weights(struct bench *b) {
    const struct op_case *c = b->op_case;
    for (int32_t slot = 0; c->op->weight != NULL && slot < GC_MAX_WEIGHTS; slot++) {
        const gc_shape shape = c->op->weight(slot, c->in, c->params);
        if (shape.rank < 0)
            continue;
        const size_t count = gc_shape_count(&shape);
        float *weight = b->weights[slot] = gc_allocate(count, sizeof *weight);
        if (!expect(b, weight != NULL, "memory"))
            return false;
        for (size_t i = 0; i < count; i++)
            weight[i] =
                (float)(is_variance(c->op, slot) ? 1 + 0.9 * next_random(b) : next_random(b));
        b->step.weights[slot] = weight;
    }
    return true;
}

static bool make_tensors(struct bench *b) {
    const struct op_case *c = b->op_case;
    size_t most = 0;
    for (int32_t i = 0; i < b->inputs; i++) {
        b->in[i] = new_tensor(b->in_count[i]);
        if (!expect(b, b->in[i] != NULL, "memory"))
            return false;
        fill_random(b, b->in[i], b->in_count[i], c->spread == 0 ? 1 : c->spread);
        for (size_t k = 0; k < b->in_count[i]; k++)
            b->in[i][k] += c->center;
        if (b->in_count[i] > most)
            most = b->in_count[i];
    }
    b->out = new_tensor(b->out_count);
    b->out_reference = new_tensor(b->out_count);
    b->dout = new_tensor(b->out_count);
    b->din = new_tensor(most);
    b->din_reference = new_tensor(most);
    b->coefficients = gc_allocate((size_t)gc_shape_channels(&b->step.out) * 2, sizeof(gc_real));
    if (!expect(b,
                b->out && b->out_reference && b->dout && b->din && b->din_reference &&
                    b->coefficients,
                "memory"))
        return false;
    fill_random(b, b->dout, b->out_count, 1);
    return true;
}

static void make_fused(struct bench *b) {
    const struct op_case *c = b->op_case;
    const size_t channels = (size_t)gc_shape_channels(&b->step.out);
    b->step.padding = c->padding;
    b->step.min = c->clamp ? c->min : -INFINITY;
    b->step.max = c->clamp ? c->max : INFINITY;
    if (!c->affine)
        return;
    fill_random(b, b->coefficients, channels * 2, 2);
    b->step.scale = b->coefficients;
    b->step.shift = b->coefficients + channels;
}

/* Prepares the step with a copy of its first weight, which only this step reads. */
static bool prepare(struct bench *b) {
    b->plain = b->step;
    if (b->weights[0] != NULL) {
        const gc_shape shape = b->step.op->weight(0, b->op_case->in, b->op_case->params);
        const size_t count = gc_shape_count(&shape);
        b->kernel = (struct gc_array){.values = gc_allocate(count, sizeof(float)), .readers = 1};
        if (!expect(b, b->kernel.values != NULL, "memory"))
            return false;
        memcpy(b->kernel.values, b->weights[0], count * sizeof(float));
        b->step.weights[0] = b->kernel.values;
        b->step.kernel = &b->kernel;
    }
    return expect_ok(b, gc_step_prepare(&b->step), "prepare");
}

static void release_step(struct bench *b) {
    gc_step_release(&b->step);
    gc_step_release(&b->plain);
    gc_release(b->kernel.values);
    gc_release(b->kernel.panels);
    b->kernel = (struct gc_array){0};
}

static bool begin(struct bench *b, const char *name, const struct op_case *op_case) {
    *b = (struct bench){.name = name, .op_case = op_case, .random = 2463534242u};
    b->inputs = op_case->input_count == 0 ? 1 : op_case->input_count;
    b->step.op = op_case->op;
    b->step.params = op_case->params;
    b->step.in = op_case->in;
    b->step.input_count = b->inputs;
    if (!make_shapes(b) || !make_weights(b) || !make_tensors(b))
        return false;
    make_fused(b);
    return prepare(b);
}

static void end(struct bench *b) {
    release_step(b);
    expect(b, b->step.state == NULL && b->step.filter == NULL, "release forgets the state");
    for (int32_t i = 0; i < b->inputs; i++)
        gc_release(b->in[i]);
    for (int32_t slot = 0; slot < GC_MAX_WEIGHTS; slot++)
        gc_release(b->weights[slot]);
    gc_release(b->out);
    gc_release(b->out_reference);
    gc_release(b->dout);
    gc_release(b->din);
    gc_release(b->din_reference);
    gc_release(b->coefficients);
}

/* ---- Running ---- */

static bool run_forward(struct bench *b, gc_forward *forward, gc_real *out) {
    struct gc_step *step = forward == b->step.path->forward ? &b->step : &b->plain;
    forget(out, b->out_count);
    if (b->step.op->is_view) {
        memcpy(out, b->in[0], b->out_count * sizeof *out);
        return true;
    }
    return expect_ok(b, forward(step, out, (const gc_real *const *)b->in), "forward") &&
           expect(b, is_written(out, b->out_count), "forward writes all of its output, no more");
}

static bool run_backward(struct bench *b, gc_backward *backward, int32_t input, gc_real *din) {
    struct gc_step *step = backward == b->step.path->backward ? &b->step : &b->plain;
    forget(din, b->in_count[input] + BEHIND);
    return expect_ok(
               b,
               backward(step, input, din, b->dout, b->out_reference, (const gc_real *const *)b->in),
               "backward") &&
           expect(b, is_written(din, b->in_count[input]),
                  "backward writes all of its gradient, no more");
}

/* What the runner does. A fused clamp passes the gradient only between its bounds. */
static void mask_gradient(struct bench *b) {
    for (size_t i = 0; i < b->out_count; i++)
        if (b->out_reference[i] <= b->step.min || b->out_reference[i] >= b->step.max)
            b->dout[i] = 0;
}

/* ---- Fast path against reference ---- */

static void compare_within(struct bench *b, const gc_real *found, const gc_real *expected,
                           size_t count, double tolerance, const char *what) {
    char text[200];
    for (size_t i = 0; i < count; i++) {
        snprintf(text, sizeof text, "%s (%s): %s[%zu]", b->name, b->op_case->op->name, what, i);
        if (!test_near(found[i], expected[i], tolerance, text, __FILE__, __LINE__))
            return;
    }
}

static void compare(struct bench *b, const gc_real *found, const gc_real *expected, size_t count,
                    const char *what) {
    compare_within(b, found, expected, count, OP_TOLERANCE * largest_of(expected, count), what);
}

static bool has_fast_path(const struct bench *b) { return b->step.path != &b->step.op->reference; }

static void test_fast_forward(struct bench *b) {
    if (!has_fast_path(b) || !run_forward(b, b->step.path->forward, b->out))
        return;
    compare(b, b->out, b->out_reference, b->out_count, "forward");
}

static void test_fast_backward(struct bench *b, int32_t input) {
    /* The first backward packs the weights, the second finds them packed. */
    for (int32_t time = 0; has_fast_path(b) && time < 2; time++)
        if (run_backward(b, b->step.path->backward, input, b->din))
            compare(b, b->din, b->din_reference, b->in_count[input], "backward");
}

/* Each gradient of a batch is, to the bit, the gradient that backward gives alone. */
static void test_batch(struct bench *b) {
    enum { BATCH = 3 };
    const size_t in = b->in_count[0], out = b->out_count;
    const struct gc_path *path = b->step.path;
    if (path->backward_batch == NULL)
        return;
    gc_real *din = new_tensor(BATCH * in), *dout = new_tensor(BATCH * out);
    if (expect(b, din != NULL && dout != NULL, "memory")) {
        fill_random(b, dout, BATCH * out, 1);
        fill_random(b, din, BATCH * in, 1);
        expect_ok(b, path->backward_batch(&b->step, BATCH, din, dout), "batch");
        for (size_t i = 0; i < BATCH; i++) {
            expect_ok(b, path->backward(&b->step, 0, b->din, dout + i * out, NULL, NULL), "alone");
            expect(b, memcmp(din + i * in, b->din, in * sizeof *din) == 0, "batch is as alone");
        }
    }
    gc_release(din);
    gc_release(dout);
}

/* ---- Projection ---- */

/* sums [channels] = sum of a tensor over its positions, times the factors [channels] or 1 */
static void sum_channels(gc_real *sums, const gc_real *tensor, size_t count, size_t channels,
                         const gc_real *factors) {
    for (size_t c = 0; c < channels; c++) {
        double sum = 0;
        for (size_t i = c; i < count; i += channels)
            sum += tensor[i];
        sums[c] = (gc_real)(factors == NULL ? sum : sum * factors[c]);
    }
}

/* raw [positions] = sum_k weights(k) f(k), where f is the output of the operator alone, by its
 * reference */
static bool project_plainly(struct bench *b, gc_real *raw, const gc_real *weights) {
    struct gc_step alone = b->plain;
    const size_t channels = (size_t)gc_shape_channels(&alone.out);
    alone.scale = alone.shift = NULL;
    alone.min = -INFINITY;
    alone.max = INFINITY;
    if (!expect_ok(b, alone.op->reference.forward(&alone, b->out, (const gc_real *const *)b->in),
                   "forward"))
        return false;
    for (size_t p = 0; p < b->out_count / channels; p++) {
        double sum = 0;
        for (size_t k = 0; k < channels; k++)
            sum += (double)weights[k] * (double)b->out[p * channels + k];
        raw[p] = (gc_real)sum;
    }
    return true;
}

/* Takes the sums of dout as weights. The map must be the output's weighted sum. taps - outside must
 * be the sums of the gradient that backward gave. */
static void test_projection(struct bench *b) {
    const struct gc_op *op = b->step.op;
    if (op->project == NULL)
        return;
    const size_t channels = (size_t)b->step.out.dims[2], in = (size_t)b->step.in->dims[2];
    const size_t positions = b->out_count / channels;
    gc_real *weights = new_tensor(channels), *raw = new_tensor(positions);
    gc_real *plain = new_tensor(positions), *sums = new_tensor(in), *expected = new_tensor(in);
    gc_real *outside = new_tensor(in);
    if (expect(b, weights && raw && plain && sums && expected && outside, "memory")) {
        sum_channels(weights, b->dout, b->out_count, channels, b->step.scale);
        sum_channels(expected, b->din_reference, b->in_count[0], in, NULL);
        expect_ok(b, op->project(&b->step, raw, sums, weights, (const gc_real *const *)b->in),
                  "project");
        op->outside(&b->step, outside, b->dout);
        for (size_t c = 0; c < in; c++)
            sums[c] -= outside[c];
        expect(b, is_written(raw, positions) && is_written(sums, in), "all is written, no more");
        compare_within(b, sums, expected, in,
                       OP_TOLERANCE * (largest_of(expected, in) + largest_of(outside, in)),
                       "sums of the input's gradient");
        if (project_plainly(b, plain, weights))
            compare(b, raw, plain, positions, "projection");
    }
    gc_release(weights);
    gc_release(raw);
    gc_release(plain);
    gc_release(sums);
    gc_release(expected);
    gc_release(outside);
}

/* ---- Gradient against differences ---- */

#ifdef GC_DOUBLE
/* sum (out - out_reference) * dout, at the inputs as they are. The differences are taken before the
 * sum, because the sum would round small ones away. */
static double change(struct bench *b) {
    double sum = 0;
    if (!run_forward(b, b->step.op->reference.forward, b->out))
        return NAN;
    for (size_t i = 0; i < b->out_count; i++)
        sum += (b->out[i] - b->out_reference[i]) * b->dout[i];
    return sum;
}

/* Adds `step` times a direction to one value of an input, or to all with value SIZE_MAX. */
static void move(struct bench *b, int32_t input, size_t value, const gc_real *direction,
                 double step) {
    for (size_t i = 0; i < b->in_count[input]; i++)
        if (value == SIZE_MAX || i == value)
            b->in[input][i] += step * direction[i];
}

/* Compares one directional derivative. The operators are smooth except at kinks of clamps and
 * maxima. Beside a kink, the forward and the backward difference disagree by far more than the
 * second derivative explains, and there is no gradient to compare with. Returns false there. */
static bool test_direction(struct bench *b, int32_t input, size_t value, const gc_real *direction) {
    const double h = 1e-5;
    double expected = 0, size = 1e-3;
    for (size_t i = 0; i < b->in_count[input]; i++)
        if (value == SIZE_MAX || i == value) {
            expected += b->din_reference[i] * direction[i];
            size += fabs(b->din_reference[i] * direction[i]);
        }
    move(b, input, value, direction, h);
    const double right = change(b) / h;
    move(b, input, value, direction, -2 * h);
    const double left = -change(b) / h;
    move(b, input, value, direction, h);
    if (fabs(right - left) > 1e-3 * (size + fabs(right) + fabs(left)))
        return false;
    char text[200];
    snprintf(text, sizeof text, "%s (%s): gradient of input %d along %s %zd", b->name,
             b->op_case->op->name, (int)input, value == SIZE_MAX ? "all" : "value",
             (ptrdiff_t)value);
    test_near(expected, (right + left) / 2, 1e-6 * (size + fabs(right)), text, __FILE__, __LINE__);
    return true;
}

static void test_gradient(struct bench *b, int32_t input) {
    enum { TRIES = 24 };
    gc_real *direction = new_tensor(b->in_count[input]);
    int32_t smooth = 0;
    if (!expect(b, direction != NULL, "memory"))
        return;
    for (int32_t i = 0; i < TRIES; i++) {
        const size_t count = b->in_count[input];
        const size_t value = (size_t)((next_random(b) + 1) / 2 * (double)count) % count;
        fill_random(b, direction, count, 1);
        smooth += test_direction(b, input, i < TRIES - 4 ? value : SIZE_MAX, direction);
    }
    expect(b, smooth >= TRIES / 2, "enough places are away from a kink");
    gc_release(direction);
}
#endif

/* ---- The whole ---- */

void op_test(const char *name, const struct op_case *op_case) {
    struct bench b;
    if (begin(&b, name, op_case) &&
        run_forward(&b, b.step.op->reference.forward, b.out_reference)) {
        test_fast_forward(&b);
        mask_gradient(&b);
        for (int32_t input = 0; input < b.inputs; input++) {
            if (!run_backward(&b, b.step.op->reference.backward, input, b.din_reference))
                continue;
            test_fast_backward(&b, input);
#ifdef GC_DOUBLE
            test_gradient(&b, input);
#endif
        }
        test_batch(&b);
        test_projection(&b);
    }
    end(&b);
}

const struct gc_path *op_path(const char *name, const struct op_case *op_case) {
    struct bench b;
    const struct gc_path *path = begin(&b, name, op_case) ? b.step.path : NULL;
    end(&b);
    return path;
}

/* Replaces the random numbers by given ones and prepares anew. */
static bool begin_with(struct bench *b, const char *name, const struct op_case *op_case,
                       const gc_real *const *in, const float *const *weights) {
    if (!begin(b, name, op_case))
        return false;
    for (int32_t i = 0; i < b->inputs; i++)
        memcpy(b->in[i], in[i], b->in_count[i] * sizeof(gc_real));
    for (int32_t slot = 0; slot < GC_MAX_WEIGHTS; slot++)
        if (b->weights[slot] != NULL) {
            const gc_shape shape = op_case->op->weight(slot, op_case->in, op_case->params);
            memcpy(b->weights[slot], weights[slot], gc_shape_count(&shape) * sizeof(float));
        }
    release_step(b);
    b->step = b->plain;
    return prepare(b);
}

void op_expect(const char *name, const struct op_case *op_case, const gc_real *const *in,
               const float *const *weights, const gc_real *expected, size_t count) {
    struct bench b;
    if (begin_with(&b, name, op_case, in, weights) &&
        expect(&b, b.out_count == count, "number of values") &&
        run_forward(&b, b.step.op->reference.forward, b.out)) {
        compare(&b, b.out, expected, count, "forward");
    }
    end(&b);
}

void op_expect_gradient(const char *name, const struct op_case *op_case, const gc_real *const *in,
                        const float *const *weights, int32_t input, const gc_real *dout,
                        const gc_real *expected, size_t count) {
    struct bench b;
    if (begin_with(&b, name, op_case, in, weights) &&
        expect(&b, b.in_count[input] == count, "number of values") &&
        run_forward(&b, b.step.op->reference.forward, b.out_reference)) {
        memcpy(b.dout, dout, b.out_count * sizeof *dout);
        if (run_backward(&b, b.step.op->reference.backward, input, b.din))
            compare(&b, b.din, expected, count, "gradient");
    }
    end(&b);
}
