/* From raw maps to heat maps. */
#include <math.h>
#include <string.h>

#include "base/simd.h"
#include "gradcam.h"

/* Writes the smallest and the largest value. Without values the range is INFINITY, -INFINITY. With
 * a value that is not finite the range is NaN, NaN.
 *   range   [2]      values   [count] */
static void find_range(float *range, const float *values, size_t count) {
    gc_f4 smallest = gc_f4_splat(INFINITY), largest = gc_f4_splat(-INFINITY);
    gc_f4 zero = gc_f4_splat(0); /* NaN after a value that is not finite */
    size_t i = 0;
    for (; i + GC_LANES <= count; i += GC_LANES) {
        const gc_f4 value = gc_f4_load(values + i);
        smallest = gc_f4_min(smallest, value);
        largest = gc_f4_max(largest, value);
        zero += value - value;
    }
    for (; i < count; i++) {
        smallest = gc_f4_min(smallest, gc_f4_splat(values[i]));
        largest = gc_f4_max(largest, gc_f4_splat(values[i]));
        zero += gc_f4_splat(values[i] - values[i]);
    }
    range[0] = INFINITY;
    range[1] = -INFINITY;
    for (size_t lane = 0; lane < GC_LANES; lane++) {
        range[0] = smallest[lane] < range[0] ? smallest[lane] : range[0];
        range[1] = largest[lane] > range[1] ? largest[lane] : range[1];
    }
    for (size_t lane = 0; lane < GC_LANES; lane++)
        if (isnan(zero[lane]))
            range[0] = range[1] = NAN;
}

/* The float at or below a positive value. ELI5 divides in double, and the largest value stays
 * below 1. Rounding to nearest would make it 1, and the byte 255 instead of 254. */
static float toward_zero(double value) {
    float rounded = (float)value;
    int32_t bits;
    memcpy(&bits, &rounded, sizeof bits);
    bits -= rounded > value; /* the next float towards zero */
    memcpy(&rounded, &bits, sizeof bits);
    return rounded;
}

/* map(i) = max(map(i), 0) / (max(largest, 0) + 1e-7). The loop chooses values and has no
 * branches, since about every second value of a raw map is negative.
 *   map   [count] */
static void normalize(float *map, size_t count, float largest) {
    const double divisor = (largest > 0.0f ? largest : 0.0f) + 1e-7;
    for (size_t i = 0; i < count; i++) {
        const float positive = map[i] > 0.0f ? map[i] : 0.0f;
        map[i] = toward_zero(positive / divisor);
    }
}

void gc_heatmaps(float *maps, float *ranges, const int32_t *sizes, size_t count) {
    for (size_t i = 0; i < count; maps += sizes[i], i++) {
        find_range(ranges + 2 * i, maps, (size_t)sizes[i]);
        if (isnan(ranges[2 * i]))
            memset(maps, 0, (size_t)sizes[i] * sizeof *maps); /* no map, and never drawn as one */
        else
            normalize(maps, (size_t)sizes[i], ranges[2 * i + 1]);
    }
}
