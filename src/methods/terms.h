/* The sums over the channels of one position that methods draw, all from one reading. */
#ifndef GC_METHODS_TERMS_H
#define GC_METHODS_TERMS_H

#include <stddef.h>

#include "base/real.h"

/* With g and a the gradient and the value of a channel. */
enum gc_term_sum {
    GC_GRADIENT_SQUARES,  /* g g */
    GC_TERM_PRODUCT,      /* g a */
    GC_POSITIVE_GRADIENT, /* g a where g > 0 */
    GC_POSITIVE_PRODUCT,  /* g a where g a > 0 */
    GC_TERM_SUMS
};

/* sums [GC_TERM_SUMS]; dots [count] = sum over k of weights(k) a(k)
 *   gradient, value, weights [count]   [channels] each */
void gc_sum_terms(gc_real *sums, gc_real *dots, const gc_real *gradient, const gc_real *value,
                  const gc_real *const *weights, size_t count, size_t channels);

#endif
