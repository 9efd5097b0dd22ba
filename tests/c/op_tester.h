/* Tests one operator on one shape, everything of its record: shape rule, weights, both directions.
 *
 * In every build both references run: all of each output is written, nothing behind it, and nothing of
 * what lies behind the inputs matters.
 * In float builds the fast paths are compared with the references, and a batch of gradients with each alone.
 * In double builds the gradient of the reference is compared with differences of the forward reference.
 *
 * Input and weights are random, the same in every run. */
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

    gc_real spread; /* inputs lie in -spread .. spread; 0 means 1 */
};

/* The fast path may differ from the reference by so much, relative to the largest value. */
#define OP_TOLERANCE 2e-5

/* Runs the case; failures are noted with the harness (test.h), with `name` and what was compared. */
void op_test(const char *name, const struct op_case *op_case);

/* The path that the case's step takes. NULL if it could not be prepared, which is noted as a failure. */
const struct gc_path *op_path(const char *name, const struct op_case *op_case);

/* The forward reference alone, on given numbers: checks out against expected[count]. For cases that were
 * computed by hand. Weights by slot, NULL for an absent one. */
void op_expect(const char *name, const struct op_case *op_case, const gc_real *const *in,
               const float *const *weights, const gc_real *expected, size_t count);

/* The same for the backward reference: din of `input` from dout. */
void op_expect_gradient(const char *name, const struct op_case *op_case, const gc_real *const *in,
                        const float *const *weights, int32_t input, const gc_real *dout,
                        const gc_real *expected, size_t count);

#endif
