/* From the raw map to the picture with the heat map over it: the steps of eli5.format_as_image. */
#include "base/simd.h"
#include "gradcam.h"
#include "image/pixel.h"

#include <math.h>
#include <string.h>

/* ELI5 divides in double and the largest value stays below 1, which rounding to nearest would lose, and
 * with it the 254 that this value becomes as a byte. */
static float toward_zero(double value) {
    float rounded = (float)value;
    int32_t bits;
    memcpy(&bits, &rounded, sizeof bits);
    bits -= rounded > value; /* the next float towards zero, for those above it */
    memcpy(&rounded, &bits, sizeof bits);
    return rounded;
}

/* values   [count] */
void gc_range(float *range, const float *values, size_t count) {
    gc_f4 smallest = gc_f4_splat(INFINITY), largest = gc_f4_splat(-INFINITY);
    size_t i = 0;
    for (; i + GC_LANES <= count; i += GC_LANES) {
        const gc_f4 value = gc_f4_load(values + i);
        smallest = gc_f4_min(smallest, value);
        largest = gc_f4_max(largest, value);
    }
    for (; i < count; i++) {
        smallest = gc_f4_min(smallest, gc_f4_splat(values[i]));
        largest = gc_f4_max(largest, gc_f4_splat(values[i]));
    }
    range[0] = INFINITY;
    range[1] = -INFINITY;
    for (size_t lane = 0; lane < GC_LANES; lane++) {
        range[0] = smallest[lane] < range[0] ? smallest[lane] : range[0];
        range[1] = largest[lane] > range[1] ? largest[lane] : range[1];
    }
}

/* heatmap, raw   [count]. Choices of values, no branches: every second value is negative. */
static void normalize(float *heatmap, const float *raw, size_t count, float largest) {
    const double divisor = (largest > 0.0f ? largest : 0.0f) + 1e-7;
    for (size_t i = 0; i < count; i++) {
        const float positive = raw[i] > 0.0f ? raw[i] : 0.0f;
        heatmap[i] = toward_zero(positive / divisor);
    }
}

void gc_heatmap(float *heatmap, const float *raw, size_t count) {
    float range[2];
    gc_range(range, raw, count);
    normalize(heatmap, raw, count, range[1]);
}

/* maps   one after another, sizes [count]; ranges   [count][2] */
void gc_heatmaps(float *maps, float *ranges, const int32_t *sizes, size_t count) {
    for (size_t i = 0; i < count; maps += sizes[i], i++) {
        gc_range(ranges + 2 * i, maps, (size_t)sizes[i]);
        normalize(maps, maps, (size_t)sizes[i], ranges[2 * i + 1]);
    }
}

static float clamp01(float value) { return value > 0.0f ? (value < 1.0f ? value : 1.0f) : 0.0f; }

/* out, heatmap   [count]; the product is a float32, as that of a float32 array is in NumPy */
void gc_heatmap_to_image(uint8_t *out, const float *heatmap, size_t count) {
    for (size_t i = 0; i < count; i++) {
        float scaled = clamp01(heatmap[i]) * 255.0f;
        out[i] = (uint8_t)scaled;
    }
}

/* out   [count][4]      heatmap   [count]      colormap   [256][3]
 * The alpha is a double, as in ELI5, where it goes into matplotlib's array of doubles. */
void gc_heatmap_colorize(uint8_t *out, const float *heatmap, size_t count, const uint8_t *colormap,
                         double alpha_limit) {
    for (size_t i = 0; i < count; i++, out += 4) {
        float value = clamp01(heatmap[i]);
        int row = value < 1.0f ? (int)(value * 256.0f) : 255;
        memcpy(out, colormap + 3 * row, 3);
        double alpha = value < alpha_limit ? value : alpha_limit;
        out[3] = (uint8_t)(alpha > 0.0 ? alpha * 255.0 : 0.0);
    }
}

/* One pixel of RGBA over another. The result's alpha, times 255, is `alpha`; the share of `over` in its
 * colour, over.a / alpha, is kept in 1/128 of 1/255, truncated, and the colour rounded.
 *   out, under, over   [4] */
static void composite_pixel(uint8_t *out, const uint8_t *under, const uint8_t *over) {
    uint32_t alpha = over[3] * 255u + under[3] * (255u - over[3]);
    uint32_t share = over[3] * 128u; /* of an opaque picture, the usual one: no division */
    if (under[3] != 255)
        share = over[3] * (255u * 255u * 128u) / alpha;
    for (int c = 0; c < 3; c++) {
        uint32_t colour = over[c] * share + under[c] * (255u * 128u - share);
        colour += 128u << 7;
        out[c] = (uint8_t)((colour + (colour >> 8)) >> 8 >> 7);
    }
    out[3] = gc_divide_by_255(alpha);
}

/* out, under, over   [count][4]
 * The integer arithmetic is Pillow's (libImaging/AlphaComposite.c). */
void gc_image_composite(uint8_t *out, const uint8_t *under, const uint8_t *over, size_t count) {
    for (size_t i = 0; i < count; i++, out += 4, under += 4, over += 4) {
        if (over[3] == 0) {
            memmove(out, under, 4);
        } else {
            composite_pixel(out, under, over);
        }
    }
}
