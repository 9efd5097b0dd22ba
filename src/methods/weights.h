/* The weights of a layer's channels, from whole tensors A and G, [positions][channels] each. */
#ifndef GC_METHODS_WEIGHTS_H
#define GC_METHODS_WEIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/real.h"

struct gc_tensors {
    const gc_real *gradient, *value; /* [positions][channels] */
    size_t positions, channels;
    double score; /* S, of which G is the gradient */
};

/* Sums over the positions, [channels] each. */
struct gc_channel_sums {
    double *gradient; /* of G */
    double *total;    /* of A, called T below */
    double *size;     /* of the absolute values of A */
    double *product;  /* of G A */
    double *scratch;
};

#define GC_CHANNEL_SUMS 5 /* how many they are */

/* Which sums are made. */
enum gc_summed { GC_SUM_GRADIENT, GC_SUM_PRODUCT, GC_SUM_EVERYTHING };
void gc_sum_channels(const struct gc_channel_sums *sums, const struct gc_tensors *tensors,
                     enum gc_summed summed);

/* The number of channels in which positive and negative values cancel, so that the total is below a
 * hundredth of the size. What divides by such a total is as sure as its last digits. */
int32_t gc_cancelled_channels(const struct gc_channel_sums *sums, size_t channels);

/* Makes weights [channels]. */
typedef void gc_weights(gc_real *weights, const struct gc_tensors *tensors,
                        const struct gc_channel_sums *sums);

/* Selvaraju et al. 2017. Only the sum of G is read.
 *     weights(k) = mean over positions of G(., k) */
gc_weights gc_mean_weights;

/* Chattopadhay et al. 2018, equation 19.
 *     weights(k) = sum over positions where g = G(., k) > 0 of g * g^2 / (2 g^2 + T(k) g^3 + 1e-6)
 * The denominator may be negative or close to zero. The method says nothing about this case, and
 * the weight is then as large as it comes out. */
gc_weights gc_plus_plus_weights;

/* Fu et al. 2020.
 *     weights(k) = sum over positions of G(., k) A(., k) / (T(k) + 1e-7) */
gc_weights gc_axiom_weights;

/* Desai and Ramaswamy 2020, where S is a linear function of A and a constant.
 *     weights(k) = (S - S with A(., k) = 0) / S = sum over positions of G(., k) A(., k) / S */
gc_weights gc_ablation_weights;

#endif
