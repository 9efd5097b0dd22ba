/* The number type of tensors. The reference build computes in double, where rounding is negligible.
 * Weights and the public API are float32 in all builds. */
#ifndef GC_REAL_H
#define GC_REAL_H

#ifdef GC_DOUBLE
typedef double gc_real;
#else
typedef float gc_real;
#endif

#endif
