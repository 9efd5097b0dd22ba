/* Matrix products. 1 x 1 convolutions and dense layers are products in both directions.
 *     out[row][o] = clamp(bias(o) + sum_i in[row][i] * kernel(i, o)) */
#ifndef GC_PRODUCT_H
#define GC_PRODUCT_H

#include "graph/op.h"

#ifndef GC_DOUBLE

/* A kernel as the product reads it, and the clamp of the result. Zeroed it is empty. */
struct gc_product {
    int32_t in, out;
    float min, max;
    float *packed;
};

/* The product of a step, from the channels of its input to those of its output.
 *   step    weights[0] is the kernel [in][out], weights[1] the bias [out] or NULL
 * A fused scale, shift and clamp are folded in. Fails with OUT_OF_MEMORY, and leaves the product
 * empty then. */
gc_status gc_product_create(struct gc_product *product, const struct gc_step *step);

/* The product of the backward pass, with the transposed kernel times the fused scale. */
gc_status gc_product_create_transposed(struct gc_product *product, const struct gc_step *step);

/* Computes `rows` rows of out.
 *   in    rows of product->in values, in_stride apart
 *   out   rows of product->out values, out_stride apart */
void gc_product_run(const struct gc_product *product, size_t rows, float *out, size_t out_stride,
                    const float *in, size_t in_stride);

/* Gives back what the product holds and empties it. */
void gc_product_destroy(struct gc_product *product);

/* The state of a path that is a product in both directions. */
struct gc_product_state {
    struct gc_product forward;
    struct gc_product backward; /* packed by the first backward */
};

/* prepare and release of a path whose state begins with a gc_product_state. */
gc_status gc_product_prepare(struct gc_step *step);
void gc_product_release(struct gc_step *step);

#endif
#endif
