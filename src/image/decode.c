/* Files to pixels: JPEG, PNG, BMP and GIF by stb_image, turned upright. */
#include "base/error.h"
#include "image/exif.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* stb_image becomes part of this file. Its assertions state what its own code has just made sure of;
 * a library must not abort, so they are off. STBI_NO_SIMD: its SSE2 and NEON code is not what runs in
 * wasm, and tests should run what users run. */
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_ONLY_BMP
#define STBI_ONLY_GIF
#define STBI_NO_STDIO
#define STBI_NO_SIMD
#define STBI_ASSERT(condition) ((void)0)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wsign-compare"
#include "stb_image.h"
#pragma GCC diagnostic pop

/* The format that the first bytes announce, NULL if it is none of those read here. */
static const char *format_of(const uint8_t *bytes, size_t length) {
    static const struct {
        const char *name, *signature;
    } formats[] = {
        {"JPEG", "\xFF\xD8\xFF"}, {"PNG", "\x89PNG\r\n\x1A\n"}, {"BMP", "BM"}, {"GIF", "GIF8"}};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        size_t n = strlen(formats[i].signature);
        if (length >= n && memcmp(bytes, formats[i].signature, n) == 0)
            return formats[i].name;
    }
    return NULL;
}

/* The failure that stb_image has just met. */
static gc_status decoder_failure(const char *format) {
    const char *reason = stbi_failure_reason();
    if (!reason)
        reason = "unknown";
    if (strcmp(reason, "outofmem") == 0) {
        return gc_fail(GC_OUT_OF_MEMORY, "out of memory while a %s picture was decoded", format);
    }
    gc_status status = strcmp(reason, "too large") == 0 ? GC_TOO_LARGE : GC_INVALID_IMAGE;
    return gc_fail(status, "the %s picture cannot be decoded: %s", format, reason);
}

/* Whether a PNG's chunk claims more bytes than the file has: stb_image would first allocate them, and
 * wasm memory that has grown stays. Chunks are length (4 bytes), type, contents, checksum. */
static bool is_png_cut_off(const uint8_t *bytes, size_t length) {
    size_t at = 8;
    while (at < length && length - at >= 12) {
        const uint8_t *chunk = bytes + at;
        size_t size = (size_t)chunk[0] << 24 | chunk[1] << 16 | chunk[2] << 8 | chunk[3];
        if (memcmp(chunk + 4, "IEND", 4) == 0)
            return false;
        if (size > length - at - 12)
            return true;
        at += 12 + size;
    }
    return false;
}

/* Reads the size from the file's header and refuses it before anything is allocated. */
static gc_status check_size(const char *format, const uint8_t *bytes, int length) {
    int width, height, channels;
    if (!stbi_info_from_memory(bytes, length, &width, &height, &channels)) {
        /* stbi_info forgets the reason. Decoding begins with the same header, and fails there, too. */
        free(stbi_load_from_memory(bytes, length, &width, &height, &channels, 4));
        return decoder_failure(format);
    }
    if (width < 1 || height < 1) {
        return gc_fail(GC_INVALID_IMAGE, "the %s picture has no pixels: %d x %d", format, width,
                       height);
    }
    if (width > GC_MAX_IMAGE_SIDE || height > GC_MAX_IMAGE_SIDE ||
        width > GC_MAX_IMAGE_PIXELS / height) {
        return gc_fail(
            GC_TOO_LARGE,
            "the %s picture has %d x %d pixels: at most %d in all and %d a side are read", format,
            width, height, GC_MAX_IMAGE_PIXELS, GC_MAX_IMAGE_SIDE);
    }
    return GC_OK;
}

/* Turns a picture upright.
 *   out           [out_height][out_width] RGBA; width and height change places for orientations 5 to 8
 *   in            [height][width] RGBA
 *   orientation   of EXIF: which edges of the upright picture the first row and column of `in` are */
static void turn(uint32_t *out, const uint32_t *in, int width, int height, int orientation) {
    static const struct {
        bool transposed, from_right, from_bottom;
    } turns[9] = {[2] = {0, 1, 0}, [3] = {0, 1, 1}, [4] = {0, 0, 1}, [5] = {1, 0, 0},
                  [6] = {1, 0, 1}, [7] = {1, 1, 1}, [8] = {1, 1, 0}};
    bool transposed = turns[orientation].transposed;
    ptrdiff_t right = turns[orientation].from_right ? -1 : 1;
    ptrdiff_t down = turns[orientation].from_bottom ? -width : width;
    if (right < 0)
        in += width - 1;
    if (down < 0)
        in += (ptrdiff_t)width * (height - 1);
    int out_width = transposed ? height : width, out_height = transposed ? width : height;
    ptrdiff_t step = transposed ? down : right, next_row = transposed ? right : down;
    for (int y = 0; y < out_height; y++) {
        for (int x = 0; x < out_width; x++)
            *out++ = in[y * next_row + x * step];
    }
}

/* Turns the picture by the orientation, in a buffer of its own, which takes the place of the old. */
static gc_status make_upright(uint8_t **pixels, int32_t *width, int32_t *height, int orientation) {
    if (orientation == 1)
        return GC_OK;
    size_t bytes = (size_t)*width * (size_t)*height * 4;
    uint8_t *upright = malloc(bytes);
    if (!upright)
        return gc_fail_memory(bytes, "the picture turned upright");
    turn((uint32_t *)upright, (const uint32_t *)*pixels, *width, *height, orientation);
    free(*pixels);
    *pixels = upright;
    if (orientation >= 5) {
        int32_t swapped = *width;
        *width = *height;
        *height = swapped;
    }
    return GC_OK;
}

gc_status gc_image_decode(uint8_t **pixels, int32_t *width, int32_t *height, const uint8_t *bytes,
                          size_t length) {
    if (!pixels)
        return gc_fail(GC_INVALID_ARGUMENT, "no place for the pixels was given");
    *pixels = NULL;
    if (!width || !height)
        return gc_fail(GC_INVALID_ARGUMENT, "no place for the size was given");
    if (!bytes && length > 0)
        return gc_fail(GC_INVALID_ARGUMENT, "no bytes were given");
    const char *format = format_of(bytes, length);
    if (!format) {
        return gc_fail(GC_INVALID_IMAGE, "the %zu bytes are no JPEG, PNG, BMP or GIF picture",
                       length);
    }
    if (length > INT_MAX) {
        return gc_fail(GC_TOO_LARGE, "the picture file has %zu bytes, at most %d are read", length,
                       INT_MAX);
    }
    if (strcmp(format, "PNG") == 0 && is_png_cut_off(bytes, length))
        return gc_fail(GC_INVALID_IMAGE, "the PNG picture is cut off after %zu bytes", length);
    GC_TRY(check_size(format, bytes, (int)length));
    int w, h, channels;
    uint8_t *decoded = stbi_load_from_memory(bytes, (int)length, &w, &h, &channels, 4);
    if (!decoded)
        return decoder_failure(format);
    *width = w;
    *height = h;
    gc_status status = make_upright(&decoded, width, height, gc_exif_orientation(bytes, length));
    if (status == GC_OK) {
        *pixels = decoded;
    } else {
        free(decoded);
    }
    return status;
}

void gc_free(void *memory) { free(memory); }
