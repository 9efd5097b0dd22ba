/* Pixels to a network's input. A channel has only 256 values, so each is computed once, with the
 * rounding of NumPy's float32 arrays after every step, and the pixels look theirs up. */
#include "base/error.h"

#include <stdbool.h>

/* Means and deviations of ImageNet's training pictures, as Keras has them. */
static const float torch_mean[3] = {0.485f, 0.456f, 0.406f};
static const float torch_deviation[3] = {0.229f, 0.224f, 0.225f};
static const float caffe_mean[3] = {103.939f, 116.779f, 123.68f}; /* B, G, R */

/* The input's values for the 256 values of a pixel, by channel of the output. */
typedef float value_table[3][256];

/* Luma of ITU-R 601-2 in 16-bit fixed point, as Pillow's convert("L"). */
static uint8_t luma(const uint8_t *pixel) {
    return (uint8_t)((pixel[0] * 19595u + pixel[1] * 38470u + pixel[2] * 7471u + 0x8000u) >> 16);
}

/* out   [count][channels]      pixels   [count][4] */
static void look_up(float *out, int32_t channels, const uint8_t *pixels, size_t count,
                    value_table table, bool bgr) {
    const int first = bgr ? 2 : 0, last = bgr ? 0 : 2;
    for (size_t i = 0; i < count; i++, pixels += 4) {
        if (channels == 1) {
            *out++ = table[0][luma(pixels)];
        } else {
            *out++ = table[0][pixels[first]];
            *out++ = table[1][pixels[1]];
            *out++ = table[2][pixels[last]];
        }
    }
}

/* The steps of keras.applications.imagenet_utils.preprocess_input, one rounding each: no compiler may
 * contract two of them, because each is a statement of its own. */
static float preprocess(float x, int channel, gc_preprocessing preprocessing) {
    switch (preprocessing) {
    case GC_PREPROCESS_TF:
        x /= 127.5f;
        x -= 1.0f;
        break;
    case GC_PREPROCESS_TORCH:
        x /= 255.0f;
        x -= torch_mean[channel];
        x /= torch_deviation[channel];
        break;
    case GC_PREPROCESS_CAFFE:
        x -= caffe_mean[channel];
        break;
    default:
        break;
    }
    return x;
}

static gc_status check(const float *out, int32_t channels, const uint8_t *pixels, size_t count) {
    if (count > 0 && (!out || !pixels))
        return gc_fail(GC_INVALID_ARGUMENT, "no pixels were given");
    if (channels == 1 || channels == 3)
        return GC_OK;
    return gc_fail(GC_INVALID_ARGUMENT,
                   "the network's input has %d channels: pictures can be given to 1 and 3",
                   channels);
}

gc_status gc_image_to_tensor(float *out, int32_t channels, const uint8_t *pixels, size_t count,
                             gc_preprocessing preprocessing) {
    GC_TRY(check(out, channels, pixels, count));
    if ((int)preprocessing < GC_PREPROCESS_NONE || (int)preprocessing > GC_PREPROCESS_CAFFE) {
        return gc_fail(GC_INVALID_ARGUMENT, "%d is no preprocessing: %d to %d are",
                       (int)preprocessing, GC_PREPROCESS_NONE, GC_PREPROCESS_CAFFE);
    }
    if (channels == 1 && preprocessing >= GC_PREPROCESS_TORCH) {
        return gc_fail(GC_INVALID_ARGUMENT,
                       "the means of torch and caffe are for 3 channels, not 1");
    }
    value_table table;
    for (int c = 0; c < 3; c++) {
        for (int v = 0; v < 256; v++)
            table[c][v] = preprocess((float)v, c, preprocessing);
    }
    look_up(out, channels, pixels, count, table, preprocessing == GC_PREPROCESS_CAFFE);
    return GC_OK;
}

gc_status gc_image_to_tensor_affine(float *out, int32_t channels, const uint8_t *pixels,
                                    size_t count, const float *scale, const float *offset) {
    GC_TRY(check(out, channels, pixels, count));
    if (!scale || !offset)
        return gc_fail(GC_INVALID_ARGUMENT, "no scale or no offset was given");
    value_table table;
    for (int c = 0; c < 3; c++) {
        for (int v = 0; v < 256; v++) {
            float scaled = (float)v * scale[c];
            table[c][v] = scaled + offset[c];
        }
    }
    look_up(out, channels, pixels, count, table, false);
    return GC_OK;
}
