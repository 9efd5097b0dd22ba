/* Matrix products. Convolutions and dense layers are products in both directions.
 *     out[row][o] = clamp(shift(o) + scale(o) * sum_i in[row][i] * kernel(i, o)) */
#ifndef GC_PRODUCT_H
#define GC_PRODUCT_H

#include "kernels/regions.h"

/* Copies values first .. first + count - 1 of a packed weight that has `all` values, in Keras'
 * order. */
void gc_product_unpack(const struct gc_array *weight, size_t all, float *values, size_t first,
                       size_t count);

#ifndef GC_DOUBLE

/* A kernel [in][out] in the order in which a product reads it, and what follows the sums. Zeroed it
 * is empty. */
struct gc_product {
    int32_t in, out;
    float min, max;
    const float *panels; /* [panels][in][8], with zeros behind the last output */
    float *own;          /* the same, unless the panels are a weight's */
    float *coefficients; /* [panels][3][8], where sums start, scales and shifts */
    bool scales;         /* whether scales and shifts follow, or the panels have the scales */
};

/* The product of a step. Its rows have `in` values.
 *   step    weights[0] is the kernel [in][out], weights[1] the bias [out] or NULL
 * A fused scale, shift and clamp follow the sums. The panels are the weight's if the step has one,
 * and the weight gives Keras' array back if no other node reads it. Fails with OUT_OF_MEMORY, and
 * leaves the product empty then. */
gc_status gc_product_create(struct gc_product *product, struct gc_step *step, int32_t in);

/* The product of the backward pass, whose rows have the gradients of out at each of the taps, the
 * last tap first. Its kernel is the forward one, [taps][in][out], turned and transposed, times the
 * fused scale. */
gc_status gc_product_create_backward(struct gc_product *product, const struct gc_product *forward,
                                     int32_t taps, const struct gc_step *step);

/* Computes `rows` rows.
 *   in    [rows][product->in]
 *   out   [rows][product->out] */
void gc_product_run(const struct gc_product *product, size_t rows, float *out, const float *in);

/* Computes the positions in rows first .. end - 1 of a picture. The regions say what they read. */
void gc_product_run_regions(const struct gc_product *product, const struct gc_regions *regions,
                            struct gc_band out, struct gc_band in, int32_t first, int32_t end);

/* sums(i) += sum_o kernel(i, o) * values(o), for rows first .. first + count - 1 of the kernel
 *   sums     [count]
 *   values   [out] */
void gc_product_add_dots(const struct gc_product *product, float *sums, int32_t first,
                         int32_t count, const float *values);

/* Gives back what the product holds and empties it. */
void gc_product_destroy(struct gc_product *product);

#endif
#endif
