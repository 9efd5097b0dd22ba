#include "base/magnitude.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#ifdef GC_DOUBLE
typedef uint64_t real_bits;
#else
typedef uint32_t real_bits;
#endif

/* Magnitudes are ordered as their bits, and those of NaN come last. Integers serve here because
 * compilers do several at once. */
double gc_magnitude(const gc_real *values, size_t count) {
    real_bits most = 0;
    for (size_t i = 0; i < count; i++) {
        real_bits bits;
        memcpy(&bits, &values[i], sizeof bits);
        bits &= (real_bits)-1 >> 1;
        most = bits > most ? bits : most;
    }
    gc_real magnitude;
    memcpy(&magnitude, &most, sizeof magnitude);
    return isfinite(magnitude) ? (double)magnitude : (double)INFINITY;
}
