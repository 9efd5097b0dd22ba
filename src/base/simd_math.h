/* Functions of four floats at once. NaN gives NaN. The polynomials were fitted for this file by
 * least squares in double precision, with new weights until the largest relative error was
 * smallest. */
#ifndef GC_SIMD_MATH_H
#define GC_SIMD_MATH_H

#include <stdint.h>

#include "base/simd.h"

typedef int32_t gc_i4 __attribute__((vector_size(16)));

/* yes where the mask's bits are set, no where they are not. */
GC_INLINE gc_f4 gc_f4_select(gc_i4 mask, gc_f4 yes, gc_f4 no) {
    return (gc_f4)((mask & (gc_i4)yes) | (~mask & (gc_i4)no));
}

GC_INLINE gc_i4 gc_f4_is_negative(gc_f4 x) { return x < gc_f4_splat(0); }

/* c[0] + c[1] * x + ... + c[degree] * x^degree */
GC_INLINE gc_f4 gc_f4_polynomial(gc_f4 x, const float *c, int degree) {
    gc_f4 sum = gc_f4_splat(c[degree]);
    for (int i = degree - 1; i >= 0; i--)
        sum = gc_f4_multiply_add(sum, x, gc_f4_splat(c[i]));
    return sum;
}

/* exp(x) with a relative error below 1.5e-7 for x <= 88, and 0 below -87.3, where floats lose
 * digits.
 *     exp(x) = 2^n * exp(r)   with n = round(x / ln 2), r = x - n * ln 2, |r| <= ln 2 / 2 */
GC_INLINE gc_f4 gc_f4_exp(gc_f4 x) {
    static const float c[] = {0.49999994f, 0.16666521f, 0.04166839f, 0.008368745f, 0.0013814538f};
    const gc_f4 lowest = gc_f4_splat(-87.3f);
    /* Adding 1.5 * 2^23 rounds to an integer, which then stands in the lowest bits. */
    const gc_f4 rounder = gc_f4_splat(12582912.0f);
    const gc_f4 raised = gc_f4_max(x, lowest);
    const gc_f4 shifted = gc_f4_multiply_add(raised, gc_f4_splat(1.44269504f), rounder);
    const gc_f4 n = shifted - rounder;
    /* ln 2 in two parts. The product of n and the first part is exact. */
    gc_f4 r = gc_f4_multiply_add(n, gc_f4_splat(-0.693359375f), raised);
    r = gc_f4_multiply_add(n, gc_f4_splat(2.12194440e-4f), r);
    const gc_f4 tail = gc_f4_multiply_add(r * r, gc_f4_polynomial(r, c, 4), r);
    const gc_i4 one = (gc_i4)gc_f4_splat(1);
    const gc_f4 power = (gc_f4)(((gc_i4)shifted << 23) + one);
    return gc_f4_select(x < lowest, gc_f4_splat(0), gc_f4_multiply_add(power, tail, power));
}

/* 1 / (1 + exp(-x)) and, in *other, 1 / (1 + exp(x)). Neither is computed as 1 minus the other,
 * which would lose digits. */
GC_INLINE gc_f4 gc_f4_logistic(gc_f4 x, gc_f4 *other) {
    const gc_f4 one = gc_f4_splat(1), e = gc_f4_exp(-gc_f4_abs(x));
    const gc_f4 near = one / (one + e), far = e * near;
    const gc_i4 negative = gc_f4_is_negative(x);
    *other = gc_f4_select(negative, near, far);
    return gc_f4_select(negative, far, near);
}

/* The probability of a value below x in the normal distribution, and in *density its density at x.
 *     smaller tail = exp(-t^2 / 2) * Q(t)   with t = |x|
 * Q falls slowly, so it is a polynomial in 1 / (1 + 0.33 t). Its relative error is below 4e-7 for
 * t <= 13. The exponential adds the error of its argument. */
GC_INLINE gc_f4 gc_f4_normal_below(gc_f4 x, gc_f4 *density) {
    static const float c[] = {7.266109e-06f, 0.13145857f,  0.13386413f, 0.102775976f,
                              0.14882967f,   -0.11263387f, 0.2991105f,  -0.32827777f,
                              0.15125634f,   -0.026390808f};
    const gc_f4 one = gc_f4_splat(1), t = gc_f4_abs(x);
    const gc_f4 bell = gc_f4_exp(t * t * gc_f4_splat(-0.5f));
    const gc_f4 tail =
        bell * gc_f4_polynomial(one / gc_f4_multiply_add(t, gc_f4_splat(0.33f), one), c, 9);
    *density = bell * gc_f4_splat(0.39894228f);
    return gc_f4_select(gc_f4_is_negative(x), tail, one - tail);
}

#endif
