/* The number type of tensors: float, or double in the reference build, which knows no rounding worth
 * the name. Weights and the public API are float32 in both. */
#ifndef GC_REAL_H
#define GC_REAL_H

#ifdef GC_DOUBLE
typedef double gc_real;
#else
typedef float gc_real;
#endif

#endif
