/* Files to pixels. stb_image decodes JPEG, BMP and GIF, and png.c decodes PNG. Then the picture is
 * turned upright. */
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "image/exif.h"
#include "image/intact.h"
#include "image/kind.h"
#include "image/png.h"
#include "image/size.h"

/* Whether stb_image was refused memory. It tries one format after another, and what it says in the
 * end may be the complaint of another format. */
static bool ran_out;

static void *noted(void *memory) {
    ran_out = ran_out || memory == NULL;
    return memory;
}

/* stb_image becomes part of this file.
 *   STBI_ASSERT    does nothing. A library must not abort, and stb_image asserts what it checked
 *   STBI_NO_SIMD   leaves out the code for SSE2 and NEON. Wasm does not run it, and native tests
 *                  should run what users run
 *   STBI_MALLOC    and the two beside it take counted memory, as all of the engine does */
#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_JPEG
#define STBI_ONLY_BMP
#define STBI_ONLY_GIF
#define STBI_NO_STDIO
#define STBI_NO_SIMD
#define STBI_ASSERT(condition) ((void)0)
#define STBI_MALLOC(size) noted(gc_allocate_unset(size, 1))
#define STBI_REALLOC(memory, size) noted(gc_reallocate(memory, size))
#define STBI_FREE(memory) gc_release(memory)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wsign-compare"
#include "stb_image.h"
#pragma GCC diagnostic pop

/* The failure that stb_image has just met. */
static gc_status decoder_failure(const char *format) {
    const char *reason = stbi_failure_reason();
    if (reason == NULL)
        reason = "unknown";
    if (ran_out)
        return gc_fail(GC_OUT_OF_MEMORY, "out of memory while decoding a %s picture", format);
    const gc_status status = strcmp(reason, "too large") == 0 ? GC_TOO_LARGE : GC_INVALID_IMAGE;
    return gc_fail(status, "the %s picture cannot be decoded: %s", format, reason);
}

static gc_status read_size(int32_t *width, int32_t *height, const char *format,
                           const uint8_t *bytes, int length) {
    int w, h, channels;
    if (strcmp(format, "PNG") == 0)
        return gc_png_size(width, height, bytes, (size_t)length);
    if (!stbi_info_from_memory(bytes, length, &w, &h, &channels)) {
        /* stbi_info forgets the reason. Decoding begins with the same header and fails there too.
         */
        gc_release(stbi_load_from_memory(bytes, length, &w, &h, &channels, 4));
        return decoder_failure(format);
    }
    *width = w;
    *height = h;
    return GC_OK;
}

/* Reads the size from the file's header and refuses it before anything is allocated. */
static gc_status check_header(const char *format, const uint8_t *bytes, int length) {
    int32_t width, height;
    GC_TRY(read_size(&width, &height, format, bytes, length));
    const bool is_bmp = strcmp(format, "BMP") == 0;
    if (is_bmp && height < 0 && height > INT_MIN) /* stored from the top */
        height = -height;
    if (width < 1 || height < 1)
        return gc_fail(GC_INVALID_IMAGE, "the %s picture has no pixels: %d x %d", format, width,
                       height);
    GC_TRY(gc_check_image_size(format, width, height));
    GC_TRY(gc_check_claim(format, (size_t)length, width, height));
    return is_bmp ? gc_check_bmp(bytes, (size_t)length, width, height) : GC_OK;
}

/* Turns a picture upright.
 *   out           [out_height][out_width] RGBA; orientations 5 to 8 exchange width and height
 *   in            [height][width] RGBA
 *   orientation   EXIF's number. It names the upright edges that in has as first row and column */
static void turn(uint32_t *out, const uint32_t *in, int width, int height, int orientation) {
    static const struct {
        bool transposed, from_right, from_bottom;
    } turns[9] = {[2] = {0, 1, 0}, [3] = {0, 1, 1}, [4] = {0, 0, 1}, [5] = {1, 0, 0},
                  [6] = {1, 0, 1}, [7] = {1, 1, 1}, [8] = {1, 1, 0}};
    const bool transposed = turns[orientation].transposed;
    const ptrdiff_t right = turns[orientation].from_right ? -1 : 1;
    const ptrdiff_t down = turns[orientation].from_bottom ? -width : width;
    if (right < 0)
        in += width - 1;
    if (down < 0)
        in += (ptrdiff_t)width * (height - 1);
    const int out_width = transposed ? height : width, out_height = transposed ? width : height;
    const ptrdiff_t step = transposed ? down : right, next_row = transposed ? right : down;
    for (int y = 0; y < out_height; y++)
        for (int x = 0; x < out_width; x++)
            *out++ = in[y * next_row + x * step];
}

/* Replaces the picture by one that is turned. */
static gc_status make_upright(uint8_t **pixels, int32_t *width, int32_t *height, int orientation) {
    if (orientation == 1)
        return GC_OK;
    const size_t count = (size_t)*width * (size_t)*height;
    uint32_t *upright = gc_allocate_unset(count, sizeof *upright);
    if (upright == NULL)
        return gc_fail_memory(count * sizeof *upright, "the picture turned upright");
    turn(upright, (const uint32_t *)*pixels, *width, *height, orientation);
    gc_release(*pixels);
    *pixels = (uint8_t *)upright;
    if (orientation >= 5) {
        const int32_t swapped = *width;
        *width = *height;
        *height = swapped;
    }
    return GC_OK;
}

/* Refuses a file that cannot be a picture, or one too large, before stb_image decodes it. */
static gc_status check_file(const char **format, const uint8_t *bytes, size_t length) {
    *format = gc_picture_format(bytes, length);
    if (*format == NULL)
        return gc_refuse_picture(bytes, length);
    if (length > INT_MAX)
        return gc_fail(GC_TOO_LARGE, "the picture file has %zu bytes; at most %d are allowed",
                       length, INT_MAX);
    /* stb_image allocates what a chunk of a PNG claims before it reads, and wasm memory never
     * shrinks. */
    if (strcmp(*format, "PNG") == 0)
        GC_TRY(gc_check_png(bytes, length));
    if (strcmp(*format, "JPEG") == 0)
        GC_TRY(gc_check_jpeg(bytes, length));
    return check_header(*format, bytes, (int)length);
}

/* Decodes to RGBA.
 *   pixels, width, height   written if it succeeds */
static gc_status decode(uint8_t **pixels, int32_t *width, int32_t *height, const char *format,
                        const uint8_t *bytes, int length) {
    if (strcmp(format, "PNG") == 0) {
        GC_TRY(gc_png_size(width, height, bytes, (size_t)length));
        return gc_png_decode(pixels, bytes, (size_t)length);
    }
    int w, h, channels;
    *pixels = stbi_load_from_memory(bytes, length, &w, &h, &channels, 4);
    if (*pixels == NULL)
        return decoder_failure(format);
    *width = w;
    *height = h;
    return GC_OK;
}

gc_status gc_image_decode(uint8_t **pixels, int32_t *width, int32_t *height, const uint8_t *bytes,
                          size_t length) {
    if (pixels != NULL)
        *pixels = NULL;
    if (pixels == NULL || width == NULL || height == NULL || (bytes == NULL && length > 0))
        return gc_fail(GC_INVALID_ARGUMENT,
                       "gc_image_decode: pixels, width, height and bytes must not be NULL");
    const char *format;
    ran_out = false;
    GC_TRY(check_file(&format, bytes, length));
    int32_t w, h;
    uint8_t *decoded;
    GC_TRY(decode(&decoded, &w, &h, format, bytes, (int)length));
    const gc_status status = make_upright(&decoded, &w, &h, gc_exif_orientation(bytes, length));
    if (status != GC_OK) {
        gc_release(decoded);
        return status;
    }
    *pixels = decoded;
    *width = w;
    *height = h;
    return GC_OK;
}

void gc_free(void *memory) { gc_release(memory); }

gc_status gc_image_size(int32_t *width, int32_t *height, const uint8_t *bytes, size_t length) {
    if (width == NULL || height == NULL || (bytes == NULL && length > 0))
        return gc_fail(GC_INVALID_ARGUMENT,
                       "gc_image_size: width, height and bytes must not be NULL");
    const char *format = gc_picture_format(bytes, length);
    if (length > INT_MAX || format == NULL)
        return gc_fail(GC_INVALID_IMAGE, "the file does not begin as a picture");
    return read_size(width, height, format, bytes, (int)length);
}
