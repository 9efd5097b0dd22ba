/* Bytes to pixels, then all that pixels go through. The last bytes choose the options, so that a
 * picture stays one. */
#include <stdbool.h>
#include <string.h>

#include "base/memory.h"
#include "fuzz.h"

#define OPTIONS 16
#define MOST_PIXELS (1 << 16) /* of pictures that are drawn on */
#define MOST_SIDE 40          /* of what is made of them */

struct picture {
    uint8_t *pixels; /* [height][width] RGBA */
    int32_t width, height;
};

static int32_t side(struct fuzz_bytes *options) { return 1 + fuzz_below(options, MOST_SIDE); }

/* Resizes the bytes of the picture as if they had 1, 3 or 4 channels. */
static void resize(const struct picture *p, struct fuzz_bytes *options) {
    static uint8_t out[MOST_SIDE * MOST_SIDE * 4];
    static const int32_t channels[] = {4, 4, 3, 1};
    const int32_t width = side(options), height = side(options);
    fuzz_expect_right(gc_image_resize(out, width, height, p->pixels, p->width, p->height,
                                      channels[fuzz_below(options, 4)],
                                      (gc_filter)fuzz_below(options, 6)));
}

static void make_input(const struct picture *p, struct fuzz_bytes *options) {
    static float input[MOST_SIDE * MOST_SIDE * 3];
    static uint8_t resized[MOST_SIDE * MOST_SIDE * 4];
    static const float affine[6] = {0.5f, 1, 2, -1, 0, 1};
    const int32_t width = side(options), height = side(options);
    const gc_preprocessing preprocessing = (gc_preprocessing)fuzz_below(options, 7);
    const bool is_grey = fuzz_below(options, 2) && preprocessing == GC_PREPROCESS_TF;
    fuzz_expect_right(gc_image_to_input(input, resized, width, height, is_grey ? 1 : 3, p->pixels,
                                        p->width, p->height, (gc_filter)fuzz_below(options, 6),
                                        preprocessing, affine));
}

static void draw(const struct picture *p, struct fuzz_bytes *options) {
    float map[12], range[2];
    const int32_t count = 12;
    for (int32_t i = 0; i < count; i++)
        memcpy(&map[i], &p->pixels[i % (p->width * p->height) * 4], sizeof map[i]);
    uint8_t grey[12], *out = malloc((size_t)p->width * (size_t)p->height * 4);
    gc_heatmaps(map, range, &count, 1);
    gc_heatmap_to_image(grey, map, 12);
    const char *colormap = gc_colormap_name(fuzz_below(options, 3));
    const gc_filter filter = (gc_filter)fuzz_below(options, 6);
    fuzz_expect_right(gc_heatmap_overlay(out, p->pixels, p->width, p->height, map, 4, 3,
                                         colormap == NULL ? "viridis" : colormap,
                                         fuzz_below(options, 2) ? (const uint8_t *)map : NULL,
                                         fuzz_below(options, 256) / 255.0, filter));
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    if (length < OPTIONS)
        return 0;
    const size_t before = gc_memory_in_use(), size = length - OPTIONS;
    struct fuzz_bytes options = {bytes + size, OPTIONS};
    struct picture p;
    uint8_t *file = malloc(size + (size == 0));
    memcpy(file, bytes, size);
    const gc_status status = gc_image_decode(&p.pixels, &p.width, &p.height, file, size);
    fuzz_expect_right(status);
    fuzz_expect((status == GC_OK) == (p.pixels != NULL));
    free(file);
    if (status == GC_OK && (int64_t)p.width * p.height <= MOST_PIXELS) {
        resize(&p, &options);
        make_input(&p, &options);
        draw(&p, &options);
    }
    gc_free(p.pixels);
    fuzz_expect(gc_memory_in_use() == before); /* or there is a leak */
    return 0;
}
