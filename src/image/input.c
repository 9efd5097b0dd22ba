/* A picture to a network's input.
 *
 * A channel of a pixel has only 256 values. Each is preprocessed once, into a table, and the pixels
 * look theirs up. NumPy's float32 arrays round after every step of a formula. Here every step is a
 * statement, because no compiler may contract two statements. */
#include <stdbool.h>

#include "base/error.h"
#include "base/memory.h"
#include "image/resize.h"
#include "image/size.h"

/* ---- Formulas ---- */

/* Pixels as they are, divided by 255, and the modes of
 * keras.applications.imagenet_utils.preprocess_input, in the order R, G, B:
 *   (x / divisor - mean) / deviation
 * Dividing by 1 and subtracting 0 change no bit. */
struct preset {
    float divisor, mean[3], deviation[3];
};

static const struct preset presets[] = {
    [GC_PREPROCESS_NONE] = {1.0f, {0.0f, 0.0f, 0.0f}, {1.0f, 1.0f, 1.0f}},
    [GC_PREPROCESS_TF] = {127.5f, {1.0f, 1.0f, 1.0f}, {1.0f, 1.0f, 1.0f}},
    [GC_PREPROCESS_TORCH] = {255.0f, {0.485f, 0.456f, 0.406f}, {0.229f, 0.224f, 0.225f}},
    [GC_PREPROCESS_CAFFE] = {1.0f, {123.68f, 116.779f, 103.939f}, {1.0f, 1.0f, 1.0f}},
    [GC_PREPROCESS_UNIT] = {255.0f, {0.0f, 0.0f, 0.0f}, {1.0f, 1.0f, 1.0f}},
};

static float preset_value(const struct preset *preset, int c, float x) {
    x /= preset->divisor;
    x -= preset->mean[c];
    x /= preset->deviation[c];
    return x;
}

/* affine   [2][3]: scales, then offsets */
static float affine_value(const float *affine, int c, float x) {
    x *= affine[c];
    x += affine[3 + c];
    return x;
}

/* ---- Pixels ---- */

/* The input's values for the 256 values of R, G and B. */
struct table {
    float values[3][256];
};

static void fill_table(struct table *table, gc_preprocessing preprocessing, const float *affine) {
    const bool is_affine = preprocessing >= GC_PREPROCESS_AFFINE;
    for (int c = 0; c < 3; c++)
        for (int v = 0; v < 256; v++)
            table->values[c][v] = is_affine ? affine_value(affine, c, (float)v)
                                            : preset_value(&presets[preprocessing], c, (float)v);
}

/* Luma of ITU-R 601-2 in 16-bit fixed point, as Pillow's convert("L") computes it. */
static uint8_t luma(const uint8_t *pixel) {
    return (uint8_t)((pixel[0] * 19595u + pixel[1] * 38470u + pixel[2] * 7471u + 0x8000u) >> 16);
}

/* input   [count][1]      pixels   [count][4] */
static void look_up_luma(float *input, const uint8_t *pixels, size_t count,
                         const struct table *table) {
    for (size_t i = 0; i < count; i++, pixels += 4)
        *input++ = table->values[0][luma(pixels)];
}

/* input   [count][3]; `bgr` puts blue first      pixels   [count][4] */
static void look_up_colours(float *input, const uint8_t *pixels, size_t count,
                            const struct table *table, bool bgr) {
    const int first = bgr ? 2 : 0, last = bgr ? 0 : 2;
    for (size_t i = 0; i < count; i++, pixels += 4) {
        *input++ = table->values[first][pixels[first]];
        *input++ = table->values[1][pixels[1]];
        *input++ = table->values[last][pixels[last]];
    }
}

static void preprocess(float *input, int32_t channels, const uint8_t *pixels, size_t count,
                       gc_preprocessing preprocessing, const float *affine) {
    struct table table;
    fill_table(&table, preprocessing, affine);
    const bool bgr =
        preprocessing == GC_PREPROCESS_CAFFE || preprocessing == GC_PREPROCESS_AFFINE_BGR;
    if (channels == 1)
        look_up_luma(input, pixels, count, &table);
    else
        look_up_colours(input, pixels, count, &table, bgr);
}

/* ---- The entry ---- */

static gc_status check(int32_t channels, gc_preprocessing preprocessing, const float *affine) {
    if (channels != 1 && channels != 3)
        return gc_fail(GC_INVALID_ARGUMENT,
                       "a picture cannot become an input of %d channels: 1 and 3 are possible",
                       (int)channels);
    if ((int)preprocessing < GC_PREPROCESS_NONE || (int)preprocessing > GC_PREPROCESS_AFFINE_BGR)
        return gc_fail(GC_INVALID_ARGUMENT, "preprocessing %d does not exist: %d to %d do",
                       (int)preprocessing, GC_PREPROCESS_NONE, GC_PREPROCESS_AFFINE_BGR);
    if (channels == 1 &&
        (preprocessing == GC_PREPROCESS_TORCH || preprocessing == GC_PREPROCESS_CAFFE))
        return gc_fail(GC_INVALID_ARGUMENT,
                       "the means of torch and caffe are for 3 channels, not 1");
    if (preprocessing >= GC_PREPROCESS_AFFINE && affine == NULL)
        return gc_fail(GC_INVALID_ARGUMENT, "gc_image_to_input: affine must not be NULL");
    return GC_OK;
}

gc_status gc_image_to_input(float *input, uint8_t *resized, int32_t width, int32_t height,
                            int32_t channels, const uint8_t *pixels, int32_t in_width,
                            int32_t in_height, gc_filter filter, gc_preprocessing preprocessing,
                            const float *affine) {
    if (input == NULL || pixels == NULL)
        return gc_fail(GC_INVALID_ARGUMENT, "gc_image_to_input: input and pixels must not be NULL");
    GC_TRY(check(channels, preprocessing, affine));
    GC_TRY(gc_check_image_size("resized", width, height));
    const size_t count = (size_t)width * (size_t)height;
    uint8_t *own = resized == NULL ? gc_allocate_unset(count, 4) : NULL;
    uint8_t *seen = resized == NULL ? own : resized;
    if (seen == NULL)
        return gc_fail_memory(count * 4, "a resized picture");
    const gc_status status =
        gc_resize_opaque(seen, width, height, pixels, in_width, in_height, filter);
    if (status == GC_OK)
        preprocess(input, channels, seen, count, preprocessing, affine);
    gc_release(own);
    return status;
}
