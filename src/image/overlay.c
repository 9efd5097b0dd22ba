/* Heat maps to pictures. The colours come first, then the resizing, then the compositing, as in
 * eli5.format_as_image. */
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "image/colormap.h"
#include "image/pixel.h"
#include "image/size.h"

/* NaN becomes 0. */
static float clamp01(float value) { return value > 0.0f ? (value < 1.0f ? value : 1.0f) : 0.0f; }

/* The product is a float32, as NumPy's product of a float32 array is. */
void gc_heatmap_to_image(uint8_t *out, const float *heatmap, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const float scaled = clamp01(heatmap[i]) * 255.0f;
        out[i] = (uint8_t)scaled;
    }
}

/* Colours the cells of a heat map, by value or each by a colour of its own. Alpha is a double, as
 * in ELI5, which writes it into matplotlib's array of doubles.
 *   out    [count][4]      heatmap   [count]
 *   table  [256][3], not read where there are colors      colors   [count][3] or NULL */
static void colorize(uint8_t *out, const float *heatmap, size_t count, const uint8_t *table,
                     const uint8_t *colors, double alpha_limit) {
    for (size_t i = 0; i < count; i++, out += 4) {
        const float value = clamp01(heatmap[i]);
        const size_t index = value < 1.0f ? (size_t)(value * 256.0f) : 255;
        memcpy(out, colors != NULL ? colors + 3 * i : table + 3 * index, 3);
        const double alpha = value < alpha_limit ? value : alpha_limit;
        out[3] = (uint8_t)(alpha > 0.0 ? alpha * 255.0 : 0.0);
    }
}

/* Lays a pixel over another. `alpha` is the result's alpha times 255. The share of `over` in the
 * colours is over.a / alpha. It is kept in units of 1 / (128 * 255), truncated, and the colours
 * are rounded.
 *   over   [4] becomes the result      under   [4] */
static void composite_pixel(uint8_t *over, const uint8_t *under) {
    const uint32_t alpha = over[3] * 255u + under[3] * (255u - over[3]);
    uint32_t share = over[3] * 128u; /* over an opaque pixel, the usual one: no division */
    if (under[3] != 255)
        share = over[3] * (255u * 255u * 128u) / alpha;
    for (int c = 0; c < 3; c++) {
        uint32_t colour = over[c] * share + under[c] * (255u * 128u - share);
        colour += 128u << 7;
        over[c] = (uint8_t)((colour + (colour >> 8)) >> 8 >> 7);
    }
    over[3] = gc_divide_by_255(alpha);
}

/* Pillow's Image.alpha_composite, byte for byte, with the integers of its
 * libImaging/AlphaComposite.c.
 *   over   [count][4] becomes the result      under   [count][4] */
static void composite(uint8_t *over, const uint8_t *under, size_t count) {
    for (size_t i = 0; i < count; i++, over += 4, under += 4) {
        if (over[3] == 0)
            memcpy(over, under, 4);
        else
            composite_pixel(over, under);
    }
}

gc_status gc_heatmap_overlay(uint8_t *out, const uint8_t *pixels, int32_t width, int32_t height,
                             const float *heatmap, int32_t map_width, int32_t map_height,
                             const char *colormap, const uint8_t *colors, double alpha_limit,
                             gc_filter filter) {
    if (out == NULL || pixels == NULL || heatmap == NULL || (colormap == NULL && colors == NULL))
        return gc_fail(GC_INVALID_ARGUMENT,
                       "gc_heatmap_overlay: out, pixels, heatmap, and colormap "
                       "or colors must not be NULL");
    GC_TRY(gc_check_image_size("heat map's", map_width, map_height));
    const uint8_t *table = NULL;
    if (colors == NULL)
        GC_TRY(gc_colormap_find(&table, colormap));
    const size_t cells = (size_t)map_width * (size_t)map_height;
    uint8_t *colored = gc_allocate_unset(cells, 4);
    if (colored == NULL)
        return gc_fail_memory(cells * 4, "a coloured heat map");
    colorize(colored, heatmap, cells, table, colors, alpha_limit);
    const gc_status status =
        gc_image_resize(out, width, height, colored, map_width, map_height, 4, filter);
    gc_release(colored);
    if (status == GC_OK)
        composite(out, pixels, (size_t)width * (size_t)height);
    return status;
}
