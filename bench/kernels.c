/* The speed of the engine's kernels, of XNNPACK's and of the references, on layers that networks
 * have. Depthwise convolutions are measured in GFLOP/s, activations in millions of values a second.
 * All kernels take turns in every round, and the medians are printed. bench/kernels.js runs this
 * program. */
#define _POSIX_C_SOURCE 199309L /* clock_gettime */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "kernels/convolution.h"
#include "kernels/xnn.h"
#include "ops/ops.h"

#define ROUNDS 61
#define ROUND_SECONDS 0.001 /* at least, for each kernel that takes part */

enum { FORWARD, XNNPACK, FORWARD_REFERENCE, BACKWARD, BACKWARD_REFERENCE, CONTESTANTS };

/* A step with random tensors. They are longer than their shapes, because XNNPACK reads past the
 * end. */
struct bench {
    struct gc_step step;
    gc_shape in;
    gc_real *input, *output, *din;
    float *weights[2];
    struct gc_xnn xnn; /* empty where XNNPACK has no operator */
    double work;       /* of one call, in millions of operations or values */
};

static gc_real *random_tensor(size_t count) {
    gc_real *tensor = gc_allocate(count + 16, sizeof *tensor);
    if (tensor == NULL)
        abort();
    for (size_t i = 0; i < count; i++)
        tensor[i] = (gc_real)(4 * sin((double)i * 12.9898));
    return tensor;
}

static void check(gc_status status) {
    if (status == GC_OK)
        return;
    fprintf(stderr, "%s\n", gc_error());
    exit(1);
}

static void begin(struct bench *b, const struct gc_op *op, const void *params, gc_shape in) {
    *b = (struct bench){.in = in};
    b->step = (struct gc_step){
        .op = op, .params = params, .input_count = 1, .in = &b->in, .min = -1, .max = 1};
    check(op->shape(&b->step.out, &in, 1, params));
    for (int32_t slot = 0; op->weight != NULL && slot < 2; slot++) {
        const gc_shape shape = op->weight(slot, &in, params);
        b->step.weights[slot] = b->weights[slot] = random_tensor(gc_shape_count(&shape));
    }
    b->input = random_tensor(gc_shape_count(&in));
    b->din = random_tensor(gc_shape_count(&in));
    b->output = random_tensor(gc_shape_count(&b->step.out));
    check(gc_step_prepare(&b->step));
}

static void end(struct bench *b) {
    gc_step_release(&b->step);
    gc_xnn_destroy(&b->xnn);
    gc_release(b->input);
    gc_release(b->din);
    gc_release(b->output);
    gc_release(b->weights[0]);
    gc_release(b->weights[1]);
}

/* ---- Measuring ---- */

static bool takes_part(const struct bench *b, int contestant) {
    return contestant != XNNPACK || b->xnn.setup != NULL;
}

static void call(struct bench *b, int contestant) {
    const bool is_fast = contestant == FORWARD || contestant == BACKWARD;
    const struct gc_path *path = is_fast ? b->step.path : &b->step.op->reference;
    const gc_real *const in[] = {b->input};
    if (contestant == XNNPACK) {
        check(gc_xnn_run(&b->xnn, b->output, b->input));
    } else if (contestant == FORWARD || contestant == FORWARD_REFERENCE) {
        check(path->forward(&b->step, b->output, in));
    } else {
        check(path->backward(&b->step, 0, b->din, b->output, b->output, in));
    }
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The work of one second, in millions. */
static double speed(struct bench *b, int contestant) {
    const double start = seconds();
    double passed = 0;
    int calls = 0;
    for (; passed < ROUND_SECONDS; calls++, passed = seconds() - start)
        call(b, contestant);
    return b->work * calls / passed;
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(double *medians, struct bench *b) {
    double speeds[CONTESTANTS][ROUNDS];
    for (int round = -3; round < ROUNDS; round++) /* the first three warm up */
        for (int c = 0; c < CONTESTANTS; c++)
            if (takes_part(b, c))
                speeds[c][round < 0 ? 0 : round] = speed(b, c);
    for (int c = 0; c < CONTESTANTS; c++) {
        qsort(speeds[c], ROUNDS, sizeof *speeds[c], compare);
        medians[c] = takes_part(b, c) ? speeds[c][ROUNDS / 2] : NAN;
    }
}

static void report(const char *name, struct bench *b, double unit) {
    double medians[CONTESTANTS];
    measure(medians, b);
    printf("%-26s", name);
    for (int c = 0; c < CONTESTANTS; c++)
        printf(isnan(medians[c]) ? "        -" : " %8.1f", medians[c] / unit);
    printf("   %5.2f\n",
           medians[FORWARD] / medians[isnan(medians[XNNPACK]) ? FORWARD_REFERENCE : XNNPACK]);
    fflush(stdout);
}

static void heading(const char *text) {
    printf("\n%-26s %8s %8s %8s %8s %8s   %s\n", text, "forward", "XNNPACK", "plain", "backward",
           "plain", "forward over XNNPACK's, or plain");
}

/* ---- What is measured ---- */

static const struct {
    int32_t size, channels, kernel, stride;
} depthwises[] = {
    {112, 32, 3, 1}, {112, 96, 3, 2}, {56, 144, 3, 1}, {28, 192, 3, 1}, {14, 576, 3, 1},
    {7, 960, 3, 1},  {56, 144, 5, 2}, {28, 240, 5, 1}, {14, 672, 5, 1}, {7, 1152, 5, 1},
    {28, 192, 7, 1}, {14, 384, 7, 1}, {56, 24, 2, 2},  {28, 96, 7, 2},
};

static void bench_depthwise(int32_t size, int32_t channels, int32_t kernel, int32_t stride) {
    const struct gc_depthwise_params params = {
        1, {kernel, kernel, stride, stride, 1, 1, true}, true};
    struct bench b;
    struct gc_convolution conv;
    begin(&b, &gc_op_depthwise, &params, (gc_shape){3, {size, size, channels}});
    check(gc_convolution_make(&conv, &b.step, &params.windows, channels));
    check(gc_xnn_create_convolution(&b.xnn, &(struct gc_xnn_convolution){.geometry = &conv,
                                                                         .depthwise = true,
                                                                         .kernel = b.weights[0],
                                                                         .bias = b.weights[1],
                                                                         .min = -1,
                                                                         .max = 1}));
    b.work = 2e-6 * (double)gc_shape_count(&b.step.out) * kernel * kernel;
    char name[64];
    snprintf(name, sizeof name, "%dx%d stride %d, %dx%dx%d", (int)kernel, (int)kernel, (int)stride,
             (int)size, (int)size, (int)channels);
    report(name, &b, 1e3);
    end(&b);
}

static void bench_activation(const struct gc_op *op) {
    struct bench b;
    begin(&b, op, NULL, (gc_shape){3, {28, 28, 240}});
    b.work = 1e-6 * (double)gc_shape_count(&b.step.out);
    report(op->name, &b, 1);
    end(&b);
}

int main(void) {
    heading("depthwise, GFLOP/s");
    for (size_t i = 0; i < sizeof depthwises / sizeof *depthwises; i++)
        bench_depthwise(depthwises[i].size, depthwises[i].channels, depthwises[i].kernel,
                        depthwises[i].stride);
    heading("activation, Mvalues/s");
    const struct gc_op *const activations[] = {&gc_op_sigmoid, &gc_op_silu, &gc_op_gelu};
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++)
        bench_activation(activations[i]);
    return 0;
}
