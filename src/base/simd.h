/* Four floats at once, by WebAssembly's SIMD or by a compiler's vector extensions. With the
 * extensions, the same kernels run natively under the sanitizers. */
#ifndef GC_SIMD_H
#define GC_SIMD_H

#include <stdint.h>
#include <string.h>

#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

#define GC_LANES 4
typedef float gc_f4 __attribute__((vector_size(16)));
typedef uint32_t gc_u4 __attribute__((vector_size(16))); /* its bits */

/* For the parts of a kernel that are written once and compiled for each size. Only inlined, they
 * see the sizes as constants. */
#define GC_INLINE static inline __attribute__((always_inline))

/* The addresses need no alignment. */
GC_INLINE gc_f4 gc_f4_load(const float *from) {
    gc_f4 value;
    memcpy(&value, from, sizeof value);
    return value;
}
GC_INLINE void gc_f4_store(float *to, gc_f4 value) { memcpy(to, &value, sizeof value); }

GC_INLINE gc_f4 gc_f4_splat(float value) { return (gc_f4){value, value, value, value}; }

/* Two doubles, and the lower and the upper half of four floats as such. */
typedef double gc_d2 __attribute__((vector_size(16)));
GC_INLINE gc_d2 gc_d2_load(const double *from) {
    gc_d2 value;
    memcpy(&value, from, sizeof value);
    return value;
}
GC_INLINE void gc_d2_store(double *to, gc_d2 value) { memcpy(to, &value, sizeof value); }
GC_INLINE gc_d2 gc_f4_low(gc_f4 v) {
    return __builtin_convertvector(__builtin_shufflevector(v, v, 0, 1), gc_d2);
}
GC_INLINE gc_d2 gc_f4_high(gc_f4 v) {
    return __builtin_convertvector(__builtin_shufflevector(v, v, 2, 3), gc_d2);
}

/* Four doubles as floats. */
GC_INLINE gc_f4 gc_f4_of(const double *from) {
    typedef float pair __attribute__((vector_size(8)));
    const pair low = __builtin_convertvector(gc_d2_load(from), pair);
    const pair high = __builtin_convertvector(gc_d2_load(from + 2), pair);
    return __builtin_shufflevector(low, high, 0, 1, 2, 3);
}

/* a * b + sum. Relaxed SIMD rounds once or twice, whichever is faster on the machine. */
GC_INLINE gc_f4 gc_f4_multiply_add(gc_f4 a, gc_f4 b, gc_f4 sum) {
#ifdef __wasm_relaxed_simd__
    return __builtin_wasm_relaxed_madd_f32x4(a, b, sum);
#else
    return a * b + sum;
#endif
}

/* max(value, low) and min(value, high). NaN stays NaN. */
GC_INLINE gc_f4 gc_f4_max(gc_f4 value, gc_f4 low) {
#ifdef __wasm_simd128__
    return (gc_f4)wasm_f32x4_pmax((v128_t)value, (v128_t)low);
#else
    for (int i = 0; i < GC_LANES; i++)
        value[i] = value[i] < low[i] ? low[i] : value[i];
    return value;
#endif
}
GC_INLINE gc_f4 gc_f4_min(gc_f4 value, gc_f4 high) {
#ifdef __wasm_simd128__
    return (gc_f4)wasm_f32x4_pmin((v128_t)value, (v128_t)high);
#else
    for (int i = 0; i < GC_LANES; i++)
        value[i] = high[i] < value[i] ? high[i] : value[i];
    return value;
#endif
}

GC_INLINE gc_f4 gc_f4_clamp(gc_f4 value, gc_f4 low, gc_f4 high) {
    return gc_f4_min(gc_f4_max(value, low), high);
}

GC_INLINE gc_f4 gc_f4_abs(gc_f4 value) {
    typedef int32_t bits __attribute__((vector_size(16)));
    return (gc_f4)((bits)value & INT32_MAX);
}

/* The sum of each vector's values. */
GC_INLINE gc_f4 gc_f4_sums(const gc_f4 v[GC_LANES]) {
    const gc_f4 a = __builtin_shufflevector(v[0], v[1], 0, 1, 4, 5) +
                    __builtin_shufflevector(v[0], v[1], 2, 3, 6, 7);
    const gc_f4 b = __builtin_shufflevector(v[2], v[3], 0, 1, 4, 5) +
                    __builtin_shufflevector(v[2], v[3], 2, 3, 6, 7);
    return __builtin_shufflevector(a, b, 0, 2, 4, 6) + __builtin_shufflevector(a, b, 1, 3, 5, 7);
}

/* Whether low < value < high, one bit for each of 16 values. The first value has the lowest bit. */
GC_INLINE uint16_t gc_f16_between(const float *values, float low, float high) {
#ifdef __wasm_simd128__
    const gc_f4 least = gc_f4_splat(low), most = gc_f4_splat(high);
    v128_t between[4];
    for (int v = 0; v < 4; v++) {
        const gc_f4 value = gc_f4_load(values + v * GC_LANES);
        between[v] = (v128_t)((value > least) & (value < most));
    }
    return (uint16_t)wasm_i8x16_bitmask(
        wasm_i8x16_narrow_i16x8(wasm_i16x8_narrow_i32x4(between[0], between[1]),
                                wasm_i16x8_narrow_i32x4(between[2], between[3])));
#else
    uint32_t bits = 0;
    for (int i = 0; i < 16; i++)
        bits |= (uint32_t)(values[i] > low && values[i] < high) << i;
    return (uint16_t)bits;
#endif
}

#endif
