/* Tests one operator on one shape, with everything in its record. That is the shape rule, the
 * weights, the map of a swallowed layer, and both directions.
 *   every build     runs the reference in both directions. It writes all of each output and nothing
 *                   behind it, and reads nothing behind the inputs.
 *   float builds    compare the step's path with the reference, and a batch of gradients with each
 *                   gradient alone.
 *   double builds   compare the gradient of the reference with differences of its forward pass.
 *
 * Input and weights are random, and the same in every run. */
#ifndef GC_OP_TESTER_H
#define GC_OP_TESTER_H

#include "graph/op.h"

#define OP_MAX_INPUTS 4

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof *(ARRAY))
#define PICTURE(HEIGHT, WIDTH, CHANNELS) ((gc_shape){3, {HEIGHT, WIDTH, CHANNELS}})
#define VECTOR(SIZE) ((gc_shape){1, {SIZE}})

struct op_case {
    const struct gc_op *op;
    const void *params;
    int32_t input_count; /* 0 means 1 */
    gc_shape in[OP_MAX_INPUTS];

    /* What is fused into the step. */
    struct gc_padding padding;
    bool affine, clamp;
    gc_real min, max; /* with clamp */

    gc_real spread; /* inputs lie in center - spread .. center + spread; 0 means 1 */
    gc_real center;
};

/* How much a path may differ from the reference, relative to the largest value. */
#define OP_TOLERANCE 2e-5

/* Runs the case. It notes a failure in the harness (test.h), with `name` and what was compared. */
void op_test(const char *name, const struct op_case *op_case);

/* The path that the case's step takes. NULL and a failure if the step cannot be prepared. */
const struct gc_path *op_path(const char *name, const struct op_case *op_case);

/* For cases computed by hand. Runs the forward reference alone on given numbers, and compares out
 * with expected[count]. Weights by slot, NULL for an absent one. */
void op_expect(const char *name, const struct op_case *op_case, const gc_real *const *in,
               const float *const *weights, const gc_real *expected, size_t count);

/* The same for the backward reference, which gives din of `input` from dout. */
void op_expect_gradient(const char *name, const struct op_case *op_case, const gc_real *const *in,
                        const float *const *weights, int32_t input, const gc_real *dout,
                        const gc_real *expected, size_t count);

#endif
