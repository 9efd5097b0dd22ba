#include "methods/terms.h"

#include <string.h>

#include "kernels/dot.h"

/* Adds the terms of channels first .. channels - 1. */
static void add_channels(gc_real *sums, const gc_real *gradient, const gc_real *value, size_t first,
                         size_t channels) {
    for (size_t k = first; k < channels; k++) {
        const gc_real g = gradient[k], product = g * value[k];
        sums[GC_GRADIENT_SQUARES] += g * g;
        sums[GC_TERM_PRODUCT] += product;
        sums[GC_POSITIVE_GRADIENT] += g > 0 ? product : 0;
        sums[GC_POSITIVE_PRODUCT] += product > 0 ? product : 0;
    }
}

#ifdef GC_DOUBLE

void gc_sum_terms(gc_real *sums, gc_real *dots, const gc_real *gradient, const gc_real *value,
                  const gc_real *const *weights, size_t count, size_t channels) {
    memset(sums, 0, GC_TERM_SUMS * sizeof *sums);
    add_channels(sums, gradient, value, 0, channels);
    for (size_t i = 0; i < count; i++)
        dots[i] = gc_dot(weights[i], value, channels);
}

#else

#define MOST 3 /* weights that are read with the terms. More would not fit into registers */

/* Writes sums [GC_TERM_SUMS] and dots [count], with count <= MOST. */
GC_INLINE void sum_vectors(float *sums, float *dots, const float *gradient, const float *value,
                           const float *const *weights, size_t count, size_t channels) {
    const gc_f4 zero = {0};
    gc_f4 terms[GC_TERM_SUMS] = {{0}}, weighted[GC_LANES] = {{0}};
    float rest[GC_LANES];
    size_t k = 0;
    for (; k + GC_LANES <= channels; k += GC_LANES) {
        const gc_f4 g = gc_f4_load(gradient + k), a = gc_f4_load(value + k), product = g * a;
        terms[GC_GRADIENT_SQUARES] += g * g;
        terms[GC_TERM_PRODUCT] += product;
        terms[GC_POSITIVE_GRADIENT] += gc_f4_max(g, zero) * a;
        terms[GC_POSITIVE_PRODUCT] += gc_f4_max(product, zero);
        for (size_t i = 0; i < count; i++)
            weighted[i] += gc_f4_load(weights[i] + k) * a;
    }
    gc_f4_store(sums, gc_f4_sums(terms));
    gc_f4_store(rest, gc_f4_sums(weighted));
    add_channels(sums, gradient, value, k, channels);
    for (size_t i = 0; i < count; i++) {
        dots[i] = rest[i];
        for (size_t c = k; c < channels; c++)
            dots[i] += weights[i][c] * value[c];
    }
}

void gc_sum_terms(gc_real *sums, gc_real *dots, const gc_real *gradient, const gc_real *value,
                  const gc_real *const *weights, size_t count, size_t channels) {
    if (count == 0)
        sum_vectors(sums, dots, gradient, value, weights, 0, channels);
    else if (count == 1)
        sum_vectors(sums, dots, gradient, value, weights, 1, channels);
    else if (count == 2)
        sum_vectors(sums, dots, gradient, value, weights, 2, channels);
    else
        sum_vectors(sums, dots, gradient, value, weights, MOST, channels);
    if (count > MOST)
        gc_sum_terms(sums, dots + MOST, gradient, value, weights + MOST, count - MOST, channels);
}

#endif
