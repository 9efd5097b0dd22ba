/* Pictures: decoding, orientation, resizing, network inputs, heat maps, overlays. Values that are
 * Pillow's were recorded with Pillow 13. */
#include "base/memory.h"
#include "image/colormap.h"
#include "picture_files.h"
#include "test.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Runs a statement and expects that no memory is left. */
#define EXPECT_NO_LEAK(STATEMENT)                                                                  \
    do {                                                                                           \
        const size_t held = gc_memory_in_use();                                                    \
        STATEMENT;                                                                                 \
        EXPECT_INT((long long)gc_memory_in_use(), (long long)held);                                \
    } while (0)

/* ---- Decoding ---- */

static void expect_decoded(const uint8_t *bytes, size_t length, int32_t width, int32_t height,
                           const uint8_t *expected) {
    uint8_t *pixels;
    int32_t w, h;
    REQUIRE_OK(gc_image_decode(&pixels, &w, &h, bytes, length));
    if (EXPECT_INT(w, width) && EXPECT_INT(h, height)) {
        EXPECT_BYTES(pixels, expected, (size_t)width * (size_t)height * 4);
    }
    gc_free(pixels);
}

TEST(decode_png_of_every_colour_type) {
    static const struct {
        int depth, colour_type;
        const char *row; /* two pixels, after the filter */
        size_t length;
        uint8_t expected[8];
    } cases[] = {
        {8, 0, "\0\x10\xF0", 3, {16, 16, 16, 255, 240, 240, 240, 255}},
        {16, 0, "\0\x10\xFF\xF0\x00", 5, {16, 16, 16, 255, 240, 240, 240, 255}},
        {1, 0, "\0\x40", 2, {0, 0, 0, 255, 255, 255, 255, 255}},
        {8, 2, "\0\1\2\3\4\5\6", 7, {1, 2, 3, 255, 4, 5, 6, 255}},
        {8, 3, "\0\1\0", 3, {40, 50, 60, 255, 10, 20, 30, 7}},
        {8, 4, "\0\x10\x20\xF0\x00", 5, {16, 16, 16, 32, 240, 240, 240, 0}},
        {8, 6, "\0\1\2\3\4\5\6\7\0", 9, {1, 2, 3, 4, 5, 6, 7, 0}},
        {16, 6, "\0\1\0\2\0\3\0\4\0\5\0\6\0\7\0\0\0", 17, {1, 2, 3, 4, 5, 6, 7, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct file f = {.length = 0};
        put_png_header(&f, 2, 1, cases[i].depth, cases[i].colour_type);
        if (cases[i].colour_type == 3) {
            put_chunk(&f, "PLTE", "\x0A\x14\x1E\x28\x32\x3C", 6);
            put_chunk(&f, "tRNS", "\x07", 1);
        }
        put_png_data(&f, cases[i].row, cases[i].length);
        expect_decoded(f.bytes, f.length, 2, 1, cases[i].expected);
    }
}

/* A transparent pixel keeps the colour of its palette entry, as in Pillow. */
TEST(decode_gif_with_transparency) {
    static const uint8_t expected[] = {255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 9, 8, 7, 0};
    expect_decoded(corners_gif, sizeof corners_gif, 2, 2, expected);
}

/* Pixels outside of the first frame have the transparent colour. The file names colour 1 as
 * background. Pillow ignores it. */
TEST(decode_gif_with_a_smaller_frame) {
    struct file f = {.length = 0};
    put(&f, corners_gif, sizeof corners_gif);
    f.bytes[6] = 3; /* the width; that of the frame stays 2 */
    f.bytes[11] = 1;
    static const uint8_t expected[] = {255, 0, 0,   255, 0, 255, 0, 255, 9, 8, 7, 0,
                                       0,   0, 255, 255, 9, 8,   7, 0,   9, 8, 7, 0};
    expect_decoded(f.bytes, f.length, 3, 2, expected);
}

TEST(decode_bmp) {
    struct file f = column_bmp(2);
    expect_decoded(f.bytes, f.length, 1, 2, (const uint8_t[]){0, 0, 255, 255, 255, 255, 255, 255});
    f = column_bmp(-2);
    expect_decoded(f.bytes, f.length, 1, 2, (const uint8_t[]){255, 255, 255, 255, 0, 0, 255, 255});
}

/* What a 16 x 8 or 8 x 16 picture shows in the middle of its left, right, upper and lower half. */
static void expect_halves(const struct file *f, int32_t width, int left, int right, int upper,
                          int lower) {
    uint8_t *pixels;
    int32_t w, h;
    REQUIRE_OK(gc_image_decode(&pixels, &w, &h, f->bytes, f->length));
    EXPECT_INT(w, width);
    EXPECT_INT(h, 24 - width);
    const int x[4] = {w / 4, w * 3 / 4, w / 2, w / 2}, y[4] = {h / 2, h / 2, h / 4, h * 3 / 4};
    const int expected[4] = {left, right, upper, lower};
    for (int i = 0; i < 4; i++)
        EXPECT_NEAR(pixels[4 * (y[i] * w + x[i])], expected[i], 4);
    gc_free(pixels);
}

TEST(decode_jpeg_turns_by_exif) {
    for (int big_endian = 0; big_endian < 2; big_endian++) {
        for (int orientation = 0; orientation <= 9; orientation++) {
            struct file f = halves_with_exif(orientation, big_endian);
            bool mirrored = orientation == 2 || orientation == 3;
            bool dark_above = orientation == 5 || orientation == 6;
            if (orientation >= 5 && orientation <= 8) {
                int upper = dark_above ? 30 : 220, lower = 250 - upper;
                expect_halves(&f, 8, lower, lower, upper, lower);
            } else {
                int left = mirrored ? 220 : 30, right = 250 - left;
                expect_halves(&f, 16, left, right, right, right);
            }
        }
    }
}

TEST(decode_png_turns_by_exif) {
    static const char *const upright[9] = {NULL,     "abcdef", "cbafed", "fedcba", "defabc",
                                           "adbecf", "daebfc", "fcebda", "cfbead"};
    for (int orientation = 1; orientation <= 8; orientation++) {
        struct file f = letters_png(orientation, orientation % 2);
        uint8_t expected[24];
        for (int i = 0; i < 24; i++) {
            expected[i] = i % 4 == 3 ? 255 : (uint8_t)upright[orientation][i / 4];
        }
        int32_t width = orientation >= 5 ? 2 : 3;
        expect_decoded(f.bytes, f.length, width, 5 - width, expected);
    }
}

static void expect_refused(const void *bytes, size_t length, gc_status status, const char *part) {
    uint8_t *pixels = (uint8_t *)"";
    int32_t width, height;
    EXPECT_NO_LEAK(EXPECT_STATUS(gc_image_decode(&pixels, &width, &height, bytes, length), status));
    EXPECT(pixels == NULL);
    EXPECT_CONTAINS(gc_error(), part);
}

TEST(decode_refuses_what_is_no_picture) {
    expect_refused(NULL, 0, GC_INVALID_IMAGE, "0 bytes");
    expect_refused("not a picture", 13, GC_INVALID_IMAGE, "13 bytes");
    expect_refused("\x89PNG\r\n\x1A\n", 8, GC_INVALID_IMAGE, "PNG");
    expect_refused("\xFF\xD8\xFF", 3, GC_INVALID_IMAGE, "JPEG");
    expect_refused("BM", 2, GC_INVALID_IMAGE, "BMP");
    expect_refused("GIF89a", 6, GC_INVALID_IMAGE, "GIF");
    struct file f = letters_png(1, false);
    expect_refused(f.bytes, f.length - 20, GC_INVALID_IMAGE, "cut off");
}

/* Each byte but the last is needed. Pillow reads a BMP without the bytes that fill up its last row,
 * and a GIF without the two bytes that end it. */
TEST(decode_refuses_what_is_cut_off) {
    struct file png = letters_png(1, false), bmp = column_bmp(2), jpeg = halves_with_exif(1, true);
    for (size_t length = 9; length < png.length - 12; length++)
        expect_refused(png.bytes, length, GC_INVALID_IMAGE, "PNG");
    for (size_t length = 26; length < bmp.length - 1; length++)
        expect_refused(bmp.bytes, length, GC_INVALID_IMAGE, "BMP");
    for (size_t length = 3; length < jpeg.length; length++)
        expect_refused(jpeg.bytes, length, GC_INVALID_IMAGE, "cut off");
    for (size_t length = 6; length < sizeof corners_gif - 2; length++)
        expect_refused(corners_gif, length, GC_INVALID_IMAGE, "GIF");
    struct file f = bmp;
    uint8_t *pixels;
    int32_t width, height;
    EXPECT_OK(gc_image_decode(&pixels, &width, &height, f.bytes, f.length - 1));
    gc_free(pixels);
}

/* A GIF of a few bytes may have a canvas that nothing draws on, up to a megapixel. */
TEST(decode_refuses_a_gif_that_draws_little) {
    static const struct {
        uint8_t width, height; /* in units of 256 pixels */
        bool is_refused;
    } cases[] = {{4, 4, false}, {4, 5, true}, {40, 40, true}};
    for (int i = 0; i < 3; i++) {
        struct file f = {.length = 0};
        put(&f, corners_gif, sizeof corners_gif);
        f.bytes[6] = f.bytes[8] = 0;
        f.bytes[7] = cases[i].width;
        f.bytes[9] = cases[i].height;
        if (cases[i].is_refused) {
            expect_refused(f.bytes, f.length, GC_INVALID_IMAGE, "54 bytes can draw few");
            continue;
        }
        uint8_t *pixels;
        int32_t width, height;
        REQUIRE_OK(gc_image_decode(&pixels, &width, &height, f.bytes, f.length));
        EXPECT_INT(width, 256 * cases[i].width);
        EXPECT_INT(height, 256 * cases[i].height);
        gc_free(pixels);
    }
}

/* The scan data of halves_jpeg are the 3 bytes before the end marker. */
TEST(decode_refuses_a_jpeg_with_too_few_scan_data) {
    for (size_t missing = 1; missing <= 3; missing++) {
        struct file f = {.length = 0};
        put(&f, halves_jpeg, sizeof halves_jpeg - 2 - missing);
        put(&f, "\xFF\xD9", 2);
        expect_refused(f.bytes, f.length, GC_INVALID_IMAGE, "cut off");
    }
}

/* Each scan has a header of 2 bytes and a pixel's bits, with 0xFF 0 and a restart among them. */
TEST(decode_refuses_a_jpeg_with_too_many_scans) {
    for (size_t scans = 99; scans <= 102; scans++) {
        static uint8_t bytes[1000];
        size_t length = 2;
        memcpy(bytes, "\xFF\xD8", 2);
        for (size_t i = 0; i < scans; i++, length += 9)
            memcpy(bytes + length, "\xFF\xDA\0\2\xFF\0\xFF\xD0\5", 9);
        memcpy(bytes + length, "\xFF\xD9", 2);
        if (scans > 100)
            expect_refused(bytes, length + 2, GC_TOO_LARGE, "more than 100 scans");
        else
            expect_refused(bytes, length + 2, GC_INVALID_IMAGE, "JPEG");
    }
}

/* No pixel is allocated for a size that the bytes cannot hold. */
TEST(decode_refuses_more_pixels_than_bytes_can_hold) {
    struct file png = {.length = 0}, jpeg = halves_with_exif(1, true);
    put_png_header(&png, 12000, 9000, 1, 0);
    put_png_data(&png, "\0", 1);
    expect_refused(png.bytes, png.length, GC_INVALID_IMAGE, "PNG picture is cut off after");
    uint8_t *frame = jpeg.bytes + jpeg.length - sizeof halves_jpeg + 94; /* height, width */
    memcpy(frame, "\x23\x28\x2E\xE0", 4);
    expect_refused(jpeg.bytes, jpeg.length, GC_INVALID_IMAGE, "JPEG picture is cut off after");
}

TEST(decode_refuses_a_png_with_a_wrong_checksum) {
    struct file good = letters_png(1, false);
    for (size_t at = 16; at < good.length - 12; at++) {
        struct file f = good;
        f.bytes[at] ^= 4;
        expect_refused(f.bytes, f.length, GC_INVALID_IMAGE, "PNG");
    }
    good.bytes[20] ^= 4;
    expect_refused(good.bytes, good.length, GC_INVALID_IMAGE, "the checksum of its part at byte 8");
}

TEST(decode_names_other_kinds) {
    static const struct {
        const char *bytes, *part;
    } cases[] = {{"\0\0\0\x18"
                  "ftypheic",
                  "a HEIC file"},
                 {"\0\0\0\x18"
                  "ftypmif1",
                  "a HEIC file"},
                 {"\0\0\0\x18"
                  "ftypavif",
                  "an AVIF file"},
                 {"RIFF\1\2\3\4WEBP", "a WebP file"},
                 {"II*\0\x08\0\0\0\0\0\0\0", "a TIFF file"},
                 {"MM\0*\0\0\0\x08\0\0\0\0", "a TIFF file"},
                 {"<svg xmlns='", "an SVG file"},
                 {"%PDF-1.7\n\0\0\0", "no picture but a PDF file"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_refused(cases[i].bytes, 12, GC_INVALID_IMAGE, cases[i].part);
    expect_refused("II*", 3, GC_INVALID_IMAGE, "the 3 bytes are no");
}

TEST(decode_refuses_sizes) {
    static const struct {
        uint32_t width, height;
        gc_status status;
        const char *part;
    } cases[] = {{0, 5, GC_INVALID_IMAGE, "PNG"},
                 {5, 0, GC_INVALID_IMAGE, "PNG"},
                 {32768, 1, GC_TOO_LARGE, "32768 x 1"},
                 {1, 32768, GC_TOO_LARGE, "1 x 32768"},
                 {20000, 9000, GC_TOO_LARGE, "20000 x 9000"},
                 {0xFFFFFFFF, 0xFFFFFFFF, GC_TOO_LARGE, "PNG"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct file f = {.length = 0};
        put_png_header(&f, cases[i].width, cases[i].height, 8, 6);
        put_png_data(&f, "\0", 1);
        expect_refused(f.bytes, f.length, cases[i].status, cases[i].part);
    }
}

TEST(decode_refuses_missing_arguments) {
    uint8_t *pixels;
    int32_t size;
    EXPECT_STATUS(gc_image_decode(NULL, &size, &size, corners_gif, 9), GC_INVALID_ARGUMENT);
    EXPECT_STATUS(gc_image_decode(&pixels, NULL, &size, corners_gif, 9), GC_INVALID_ARGUMENT);
    EXPECT_STATUS(gc_image_decode(&pixels, &size, NULL, corners_gif, 9), GC_INVALID_ARGUMENT);
    EXPECT_STATUS(gc_image_decode(&pixels, &size, &size, NULL, 9), GC_INVALID_ARGUMENT);
    gc_free(NULL);
}

TEST(size_is_read_from_the_header) {
    struct file png = {.length = 0};
    put_png_header(&png, 300, 200, 8, 6);
    put_png_data(&png, "\0", 1);
    int32_t width, height;
    EXPECT_OK(gc_image_size(&width, &height, png.bytes, png.length));
    EXPECT(width == 300 && height == 200);
    EXPECT_OK(gc_image_size(&width, &height, corners_gif, sizeof corners_gif));
    EXPECT(width == 2 && height == 2);
    EXPECT_STATUS(gc_image_size(&width, &height, png.bytes, 20), GC_INVALID_IMAGE);
    EXPECT_STATUS(gc_image_size(&width, &height, NULL, 0), GC_INVALID_IMAGE);
    EXPECT_STATUS(gc_image_size(NULL, &height, corners_gif, 9), GC_INVALID_ARGUMENT);
    EXPECT_STATUS(gc_image_size(&width, NULL, corners_gif, 9), GC_INVALID_ARGUMENT);
    EXPECT_STATUS(gc_image_size(&width, &height, NULL, 9), GC_INVALID_ARGUMENT);
}

/* Decodes and checks what must hold for any bytes. They give a picture or a typed error, and only
 * the picture takes memory. The copy has exactly the length, so that the address sanitizer sees a
 * read past its end. */
static void expect_any(const uint8_t *bytes, size_t length) {
    uint8_t *copy = malloc(length ? length : 1), *pixels;
    int32_t width, height;
    REQUIRE(copy != NULL);
    memcpy(copy, bytes, length);
    const size_t held = gc_memory_in_use();
    const gc_status status = gc_image_decode(&pixels, &width, &height, copy, length);
    EXPECT((status == GC_OK) == (pixels != NULL));
    EXPECT(status == GC_OK || status == GC_INVALID_IMAGE || status == GC_TOO_LARGE ||
           status == GC_OUT_OF_MEMORY);
    if (pixels != NULL && EXPECT(width > 0 && height > 0))
        EXPECT(gc_memory_in_use() - held >= (size_t)width * (size_t)height * 4);
    gc_free(pixels);
    EXPECT_INT((long long)gc_memory_in_use(), (long long)held);
    free(copy);
}

/* Changes up to four bytes, pseudo-randomly. */
static void damage(struct file *f, uint32_t *seed) {
    int changes = 1 + (int)(*seed >> 30);
    for (int i = 0; i < changes; i++) {
        *seed = *seed * 1664525u + 1013904223u;
        size_t at = (*seed >> 8) % f->length;
        f->bytes[at] = (uint8_t)(*seed >> 24);
    }
}

TEST(decode_survives_damaged_files) {
    struct file files[6] = {halves_with_exif(6, true), halves_with_exif(8, false),
                            letters_png(5, true), letters_png(3, false), column_bmp(2)};
    put(&files[5], corners_gif, sizeof corners_gif);
    uint32_t seed = 1;
    for (int i = 0; i < 6; i++) {
        for (size_t length = 0; length < files[i].length; length++)
            expect_any(files[i].bytes, length);
        for (int round = 0; round < 300; round++) {
            struct file damaged = files[i];
            damage(&damaged, &seed);
            expect_any(damaged.bytes, damaged.length);
            if (damaged.bytes[1] == 'P')
                seal_chunks(&damaged);
            expect_any(damaged.bytes, damaged.length);
        }
    }
}

/* ---- Resizing ---- */

static const gc_filter all_filters[] = {GC_NEAREST, GC_BOX,     GC_BILINEAR,
                                        GC_HAMMING, GC_BICUBIC, GC_LANCZOS};

TEST(resize_gives_pillows_bytes) {
    static const uint8_t in[6] = {10, 200, 60, 250, 0, 90}; /* 2 wide, 3 high */
    static const struct {
        gc_filter filter;
        uint8_t wide[6], high[4]; /* 3 x 2, 1 x 4 */
    } cases[] = {{GC_NEAREST, {10, 200, 200, 0, 90, 90}, {200, 250, 250, 90}},
                 {GC_BOX, {35, 225, 225, 0, 90, 90}, {105, 155, 155, 45}},
                 {GC_BILINEAR, {29, 124, 219, 23, 87, 150}, {105, 136, 114, 45}},
                 {GC_HAMMING, {24, 119, 214, 17, 76, 134}, {105, 143, 129, 45}},
                 {GC_BICUBIC, {17, 127, 237, 15, 86, 156}, {102, 144, 117, 39}},
                 {GC_LANCZOS, {8, 131, 253, 8, 87, 165}, {99, 150, 116, 36}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t out[6];
        EXPECT_OK(gc_image_resize(out, 3, 2, in, 2, 3, 1, cases[i].filter));
        EXPECT_BYTES(out, cases[i].wide, 6);
        EXPECT_OK(gc_image_resize(out, 1, 4, in, 2, 3, 1, cases[i].filter));
        EXPECT_BYTES(out, cases[i].high, 4);
    }
}

/* From 2 x 6 to 3 x 2: rows first would give 101, 105, 108, 143, 123, 104. */
TEST(resize_filters_columns_first_where_pillow_does) {
    static const uint8_t in[12] = {11, 48, 85, 122, 159, 196, 233, 14, 51, 88, 125, 162};
    static const uint8_t expected[6] = {103, 105, 106, 144, 122, 100};
    uint8_t out[6];
    REQUIRE_OK(gc_image_resize(out, 3, 2, in, 2, 6, 1, GC_LANCZOS));
    EXPECT_BYTES(out, expected, 6);
}

TEST(resize_weighs_colours_by_alpha) {
    static const uint8_t in[8] = {200, 100, 50, 255, 0, 255, 255, 0}; /* opaque, transparent */
    uint8_t out[4];
    REQUIRE_OK(gc_image_resize(out, 1, 1, in, 2, 1, 4, GC_BOX));
    EXPECT_BYTES(out, ((const uint8_t[]){199, 99, 49, 128}), 4);
    REQUIRE_OK(gc_image_resize(out, 1, 1, in, 2, 1, 4, GC_NEAREST));
    EXPECT_BYTES(out, in + 4, 4);
}

/* A picture of one colour keeps its colour, whatever the sizes. Then no weight is lost, and nothing
 * beside the picture is read. */
static void expect_constant(int32_t in_width, int32_t in_height, int32_t width, int32_t height,
                            int32_t channels, gc_filter filter) {
    static const uint8_t colour[4] = {3, 250, 128, 255};
    size_t in_pixels = (size_t)in_width * (size_t)in_height,
           pixels = (size_t)width * (size_t)height;
    size_t n = (size_t)channels;
    uint8_t *in = malloc(in_pixels * n), *out = calloc(pixels, n);
    if (EXPECT(in && out)) {
        for (size_t i = 0; i < in_pixels; i++)
            memcpy(in + i * n, colour, n);
        EXPECT_OK(gc_image_resize(out, width, height, in, in_width, in_height, channels, filter));
        for (size_t i = 0; i < pixels; i++) {
            if (!EXPECT_BYTES(out + i * n, colour, n))
                break;
        }
    }
    free(in);
    free(out);
}

TEST(resize_keeps_a_constant) {
    static const int32_t sizes[][4] = {{1, 1, 1, 1},      {1, 1, 9, 5},       {9, 5, 1, 1},
                                       {1, 300, 300, 1},  {300, 1, 1, 300},   {17, 13, 17, 29},
                                       {17, 13, 29, 13},  {64, 64, 7, 63},    {40, 3, 41, 2},
                                       {32767, 1, 3, 2},  {3, 2, 32767, 1},   {1, 32767, 1, 2},
                                       {500, 500, 37, 5}, {5, 37, 1200, 500}, {1, 2, 1, 32767}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (size_t f = 0; f < 6; f++) {
            const int32_t *s = sizes[i];
            for (int32_t channels = 1; channels <= 4; channels += channels == 1 ? 2 : 1) {
                expect_constant(s[0], s[1], s[2], s[3], channels, all_filters[f]);
            }
        }
    }
}

TEST(resize_to_the_same_size_copies) {
    static const uint8_t in[16] = {1, 2, 3, 0, 200, 100, 7, 9, 255, 0, 255, 1, 8, 8, 8, 128};
    for (size_t f = 0; f < 6; f++) {
        uint8_t out[16];
        REQUIRE_OK(gc_image_resize(out, 2, 2, in, 2, 2, 4, all_filters[f]));
        EXPECT_BYTES(out, in, 16);
    }
}

TEST(resize_refuses) {
    uint8_t p[4] = {0};
    EXPECT_STATUS(gc_image_resize(NULL, 1, 1, p, 1, 1, 1, GC_BOX), GC_INVALID_ARGUMENT);
    EXPECT_STATUS(gc_image_resize(p, 1, 1, NULL, 1, 1, 1, GC_BOX), GC_INVALID_ARGUMENT);
    EXPECT_STATUS(gc_image_resize(p, 0, 1, p, 1, 1, 1, GC_BOX), GC_INVALID_ARGUMENT);
    EXPECT_STATUS(gc_image_resize(p, 1, 1, p, 1, -1, 1, GC_BOX), GC_INVALID_ARGUMENT);
    EXPECT_STATUS(gc_image_resize(p, 1, 1, p, 1, 1, 2, GC_BOX), GC_INVALID_ARGUMENT);
    EXPECT_CONTAINS(gc_error(), "2 channels");
    EXPECT_STATUS(gc_image_resize(p, 1, 1, p, 1, 1, 1, (gc_filter)6), GC_INVALID_ARGUMENT);
    EXPECT_CONTAINS(gc_error(), "0 to 5");
    EXPECT_STATUS(gc_image_resize(p, 32768, 1, p, 1, 1, 1, GC_BOX), GC_TOO_LARGE);
    EXPECT_CONTAINS(gc_error(), "32768 x 1");
    EXPECT_STATUS(gc_image_resize(p, 32767, 32767, p, 1, 1, 1, GC_NEAREST), GC_TOO_LARGE);
}

TEST(resize_leaves_no_memory) {
    static const uint8_t in[5 * 7 * 4] = {0};
    uint8_t out[9 * 3 * 4];
    for (size_t f = 0; f < 6; f++) {
        EXPECT_NO_LEAK(EXPECT_OK(gc_image_resize(out, 9, 3, in, 5, 7, 4, all_filters[f])));
        EXPECT_NO_LEAK(EXPECT_OK(gc_image_resize(out, 5, 1, in, 5, 7, 1, all_filters[f])));
    }
}

/* ---- Network inputs ---- */

/* Preprocesses pixels without resizing them.
 *   input   [count][channels]      pixels   [count][4] */
static gc_status preprocess(float *input, int32_t channels, const uint8_t *pixels, int32_t count,
                            gc_preprocessing preprocessing, const float *affine) {
    return gc_image_to_input(input, NULL, count, 1, channels, pixels, count, 1, GC_BOX,
                             preprocessing, affine);
}

TEST(input_of_every_preprocessing) {
    static const uint8_t pixel[4] = {255, 100, 0, 7};
    static const float affine[6] = {1.0f, 2.0f, 3.0f, -5.0f, 0.5f, 7.0f};
    static const struct {
        gc_preprocessing preprocessing;
        float expected[3];
    } cases[] = {{GC_PREPROCESS_NONE, {255.0f, 100.0f, 0.0f}},
                 {GC_PREPROCESS_TF, {1.0f, -0.21568626f, -1.0f}},
                 {GC_PREPROCESS_TORCH, {2.2489083f, -0.28501397f, -1.8044444f}},
                 {GC_PREPROCESS_CAFFE, {-103.939f, -16.779f, 131.32f}},
                 {GC_PREPROCESS_UNIT, {1.0f, 0.39215687f, 0.0f}},
                 {GC_PREPROCESS_AFFINE, {250.0f, 200.5f, 7.0f}},
                 {GC_PREPROCESS_AFFINE_BGR, {7.0f, 200.5f, 250.0f}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float out[3];
        REQUIRE_OK(preprocess(out, 3, pixel, 1, cases[i].preprocessing, affine));
        for (int c = 0; c < 3; c++)
            EXPECT_NEAR(out[c], cases[i].expected[c], 1e-5);
    }
}

/* Dividing is not multiplying by the reciprocal: 3 / 127.5f and 3 * (1 / 127.5f) differ. */
TEST(input_rounds_as_float32_arrays_do) {
    static const float mean[3] = {0.485f, 0.456f, 0.406f}, deviation[3] = {0.229f, 0.224f, 0.225f};
    static const float affine[6] = {0.0078125f, 1 / 3.0f, 0.1f, -1.0f, 0.7f, -12.8f};
    for (int v = 0; v < 256; v++) {
        const uint8_t pixel[4] = {(uint8_t)v, (uint8_t)v, (uint8_t)v, 255};
        float out[3];
        volatile float step = (float)v / 127.5f;
        REQUIRE_OK(preprocess(out, 3, pixel, 1, GC_PREPROCESS_TF, NULL));
        EXPECT(out[0] == step - 1.0f);
        REQUIRE_OK(preprocess(out, 3, pixel, 1, GC_PREPROCESS_TORCH, NULL));
        for (int c = 0; c < 3; c++) {
            step = (float)v / 255.0f;
            step = step - mean[c];
            EXPECT(out[c] == step / deviation[c]);
        }
        REQUIRE_OK(preprocess(out, 3, pixel, 1, GC_PREPROCESS_AFFINE, affine));
        for (int c = 0; c < 3; c++) {
            step = (float)v * affine[c];
            EXPECT(out[c] == step + affine[3 + c]);
        }
    }
}

TEST(input_of_one_channel_is_luma) {
    static const uint8_t pixels[16] = {255, 0, 0,   0,   0,   255, 0,   9,
                                       0,   0, 255, 255, 255, 255, 255, 255};
    static const float luma[4] = {76.0f, 150.0f, 29.0f, 255.0f};
    static const float affine[6] = {2.0f, 5.0f, 9.0f, 1.0f, 3.0f, 4.0f};
    float out[4];
    REQUIRE_OK(preprocess(out, 1, pixels, 4, GC_PREPROCESS_NONE, NULL));
    for (int i = 0; i < 4; i++)
        EXPECT(out[i] == luma[i]);
    REQUIRE_OK(preprocess(out, 1, pixels, 4, GC_PREPROCESS_AFFINE_BGR, affine));
    for (int i = 0; i < 4; i++)
        EXPECT(out[i] == luma[i] * 2.0f + 1.0f);
}

/* The input is that of an opaque picture, which is resized first. */
static void expect_opaque_input(int32_t width, int32_t height, gc_filter filter) {
    uint8_t pixels[6 * 5 * 4], opaque[sizeof pixels], resized[7 * 9 * 4], expected[sizeof resized];
    for (size_t i = 0; i < sizeof pixels; i++) {
        pixels[i] = (uint8_t)(i * 37 + 11);
        opaque[i] = i % 4 == 3 ? 255 : pixels[i];
    }
    float input[7 * 9 * 3], same[7 * 9 * 3];
    EXPECT_NO_LEAK(EXPECT_OK(gc_image_to_input(input, resized, width, height, 3, pixels, 6, 5,
                                               filter, GC_PREPROCESS_NONE, NULL)));
    EXPECT_NO_LEAK(EXPECT_OK(gc_image_to_input(same, NULL, width, height, 3, pixels, 6, 5, filter,
                                               GC_PREPROCESS_NONE, NULL)));
    EXPECT_OK(gc_image_resize(expected, width, height, opaque, 6, 5, 4, filter));
    const size_t count = (size_t)width * (size_t)height;
    EXPECT_BYTES(resized, expected, 4 * count);
    EXPECT_BYTES(same, input, 3 * count * sizeof *input);
    for (size_t i = 0; i < 3 * count; i++)
        EXPECT(input[i] == expected[i / 3 * 4 + i % 3]);
}

TEST(input_is_that_of_an_opaque_picture) {
    for (size_t f = 0; f < 6; f++) {
        expect_opaque_input(6, 5, all_filters[f]);
        expect_opaque_input(7, 9, all_filters[f]);
        expect_opaque_input(2, 3, all_filters[f]);
        expect_opaque_input(7, 1, all_filters[f]); /* columns first */
    }
}

static void expect_no_input(int32_t channels, int32_t width, gc_preprocessing preprocessing,
                            gc_status status, const char *part) {
    static const uint8_t pixel[4] = {0};
    float out[4];
    EXPECT_NO_LEAK(EXPECT_STATUS(
        gc_image_to_input(out, NULL, width, 1, channels, pixel, 1, 1, GC_BOX, preprocessing, NULL),
        status));
    EXPECT_CONTAINS(gc_error(), part);
}

TEST(input_refuses) {
    expect_no_input(4, 1, GC_PREPROCESS_TF, GC_INVALID_ARGUMENT, "4 channels");
    expect_no_input(1, 1, GC_PREPROCESS_CAFFE, GC_INVALID_ARGUMENT, "3 channels");
    expect_no_input(1, 1, GC_PREPROCESS_TORCH, GC_INVALID_ARGUMENT, "3 channels");
    expect_no_input(3, 1, (gc_preprocessing)7, GC_INVALID_ARGUMENT, "0 to 6");
    expect_no_input(3, 1, (gc_preprocessing)-1, GC_INVALID_ARGUMENT, "0 to 6");
    expect_no_input(3, 1, GC_PREPROCESS_AFFINE, GC_INVALID_ARGUMENT, "affine");
    expect_no_input(3, 1, GC_PREPROCESS_AFFINE_BGR, GC_INVALID_ARGUMENT, "affine");
    expect_no_input(3, 0, GC_PREPROCESS_TF, GC_INVALID_ARGUMENT, "0 x 1");
    expect_no_input(3, 32768, GC_PREPROCESS_TF, GC_TOO_LARGE, "32768 x 1");
    const uint8_t pixel[4] = {0};
    float out[3];
    EXPECT_STATUS(preprocess(NULL, 3, pixel, 1, GC_PREPROCESS_TF, NULL), GC_INVALID_ARGUMENT);
    EXPECT_STATUS(preprocess(out, 3, NULL, 1, GC_PREPROCESS_TF, NULL), GC_INVALID_ARGUMENT);
    EXPECT_STATUS(
        gc_image_to_input(out, NULL, 1, 1, 3, pixel, 0, 1, GC_BOX, GC_PREPROCESS_TF, NULL),
        GC_INVALID_ARGUMENT);
    EXPECT_STATUS(
        gc_image_to_input(out, NULL, 1, 1, 3, pixel, 1, 1, (gc_filter)6, GC_PREPROCESS_TF, NULL),
        GC_INVALID_ARGUMENT);
}

/* ---- Heat map ---- */

/* Makes a raw map its heat map. range [2], map [count] */
static void normalize(float *range, float *map, int32_t count) {
    gc_heatmaps(map, range, &count, 1);
}

TEST(heatmap_is_the_positive_part_over_its_maximum) {
    float map[4] = {-3.0f, 0.0f, 1.0f, 4.0f}, range[2];
    normalize(range, map, 4);
    EXPECT(map[0] == 0.0f && map[1] == 0.0f);
    EXPECT_NEAR(map[2], 0.25, 1e-6);
    EXPECT_NEAR(map[3], 1.0, 1e-6);
    EXPECT(map[3] < 1.0f);
    uint8_t largest;
    gc_heatmap_to_image(&largest, map + 3, 1);
    EXPECT_INT(largest, 254);
}

TEST(heatmaps_are_made_one_by_one) {
    float maps[5] = {-1.0f, 2.0f, 8.0f, 4.0f, -3.0f}, ranges[4];
    gc_heatmaps(maps, ranges, (const int32_t[]){2, 3}, 2);
    const float expected[5] = {0.0f, 1.0f, 1.0f, 0.5f, 0.0f};
    for (int i = 0; i < 5; i++)
        EXPECT_NEAR(maps[i], expected[i], 1e-6);
    EXPECT(ranges[0] == -1.0f && ranges[1] == 2.0f && ranges[2] == -3.0f && ranges[3] == 8.0f);
}

/* The largest value stands at each position once, and the smallest at its mirror. The values
 * behind the map must not count. */
TEST(range_is_the_smallest_and_the_largest) {
    enum { SIZE = 13 };
    float values[SIZE], range[2];
    for (int32_t count = 1; count <= SIZE; count++)
        for (int32_t at = 0; at < count; at++) {
            for (int32_t i = 0; i < SIZE; i++)
                values[i] = i < count ? 1.0f : 100.0f;
            values[count - 1 - at] = -2.0f;
            values[at] = 3.0f;
            normalize(range, values, count);
            EXPECT(range[1] == 3.0f);
            EXPECT(range[0] == (count == 1 ? 3.0f : 2 * at + 1 == count ? 1.0f : -2.0f));
        }
    normalize(range, values, 0);
    EXPECT(range[0] == INFINITY && range[1] == -INFINITY);
}

TEST(heatmap_of_numbers_that_are_none_is_zero) {
    static const float wrong[3] = {NAN, INFINITY, -INFINITY};
    for (int32_t i = 0; i < 21; i++) {
        float map[7] = {1, 2, 3, 4, 5, 6, 7}, range[2];
        map[i % 7] = wrong[i / 7];
        normalize(range, map, 7);
        EXPECT(isnan(range[0]) && isnan(range[1]));
        for (int k = 0; k < 7; k++)
            EXPECT(map[k] == 0.0f);
    }
}

TEST(heatmap_of_nothing_positive_is_zero) {
    float map[3] = {-1.0f, -0.0f, -1e30f}, range[2];
    normalize(range, map, 3);
    for (int i = 0; i < 3; i++)
        EXPECT(map[i] == 0.0f);
}

TEST(heatmap_image_truncates_and_clamps) {
    const float map[7] = {0.0f, 0.5f, 1.0f, -2.0f, 7.0f, NAN, 0.999f};
    uint8_t out[7];
    gc_heatmap_to_image(out, map, 7);
    EXPECT_BYTES(out, ((const uint8_t[]){0, 127, 255, 0, 255, 0, 254}), 7);
}

/* ---- Overlay ---- */

TEST(colormaps_are_found_by_name) {
    const uint8_t *viridis, *gray, *any;
    REQUIRE_OK(gc_colormap_find(&viridis, "viridis"));
    REQUIRE_OK(gc_colormap_find(&gray, "gray"));
    EXPECT_BYTES(viridis, ((const uint8_t[]){68, 1, 84}), 3);
    EXPECT_BYTES(viridis + 3 * 255, ((const uint8_t[]){253, 231, 36}), 3);
    EXPECT_BYTES(gray + 3 * 255, ((const uint8_t[]){255, 255, 255}), 3);
    EXPECT_STATUS(gc_colormap_find(&any, "Viridis"), GC_INVALID_ARGUMENT);
    EXPECT_CONTAINS(gc_error(), "'Viridis'; allowed: ");
    EXPECT_STATUS(gc_colormap_find(&any, ""), GC_INVALID_ARGUMENT);
    EXPECT(gc_colormap_name(-1) == NULL);
    int32_t count = 0;
    for (; gc_colormap_name(count) != NULL; count++) {
        EXPECT_CONTAINS(gc_error(), gc_colormap_name(count));
        EXPECT_OK(gc_colormap_find(&any, gc_colormap_name(count)));
    }
    EXPECT(count >= 13);
    EXPECT(gc_colormap_name(count + 1) == NULL);
}

/* Lays pixels over others, without resizing.
 *   out, under, over   [count][4]; count at most 8 */
static gc_status lay_over(uint8_t *out, const uint8_t *under, const uint8_t *over, int32_t count) {
    float opacities[8];
    uint8_t colors[8 * 3];
    for (int32_t i = 0; i < count; i++) {
        opacities[i] = ((float)over[4 * i + 3] + 0.5f) / 255.0f; /* truncated to alpha */
        memcpy(colors + 3 * i, over + 4 * i, 3);
    }
    return gc_heatmap_overlay(out, under, count, 1, opacities, count, 1, NULL, colors, 1.0,
                              GC_LANCZOS);
}

TEST(overlay_lays_one_pixel_over_the_other) {
    static const uint8_t under[5][4] = {
        {1, 2, 3, 4}, {1, 2, 3, 4}, {100, 0, 200, 255}, {0, 0, 0, 0}, {10, 20, 30, 128}};
    static const uint8_t over[5][4] = {
        {9, 9, 9, 0}, {7, 8, 9, 255}, {200, 100, 0, 128}, {50, 60, 70, 1}, {200, 210, 220, 64}};
    static const uint8_t expected[5][4] = {
        {1, 2, 3, 4}, {7, 8, 9, 255}, {150, 50, 100, 255}, {50, 60, 70, 1}, {86, 96, 106, 160}};
    uint8_t out[5][4];
    REQUIRE_OK(lay_over(out[0], under[0], over[0], 5));
    EXPECT_BYTES(out, expected, sizeof expected);
}

/* Over transparent pixels the coloured heat map itself is seen. */
TEST(overlay_colours_by_value_and_limits_alpha) {
    static const uint8_t transparent[5][4] = {{0}};
    static const float map[5] = {0.0f, 0.5f, 0.9999f, 1.0f, NAN};
    static const uint8_t alphas[3][5] = {
        {0, 127, 165, 165, 0}, {0, 127, 254, 255, 0}, {0, 0, 0, 0, 0}};
    static const double limits[3] = {0.65, 1.0, 0.0};
    const uint8_t *colors;
    REQUIRE_OK(gc_colormap_find(&colors, "viridis"));
    for (int limit = 0; limit < 3; limit++) {
        uint8_t out[5][4];
        REQUIRE_OK(gc_heatmap_overlay(out[0], transparent[0], 5, 1, map, 5, 1, "viridis", NULL,
                                      limits[limit], GC_BOX));
        for (int i = 0; i < 5; i++) {
            EXPECT_INT(out[i][3], alphas[limit][i]);
            if (out[i][3] > 0)
                EXPECT_BYTES(out[i], colors + 3 * (i == 1 ? 128 : 255), 3);
        }
    }
}

/* Colours come first, then the resizing, then the compositing. */
TEST(overlay_resizes_the_coloured_map) {
    static const float map[2] = {0.9f, 0.3f};
    static const uint8_t colors[2][4] = {{200, 10, 0, 229}, {0, 90, 250, 76}};
    uint8_t under[6][4], resized[6][4], expected[6][4], out[6][4];
    for (int i = 0; i < 6; i++)
        memcpy(under[i], ((uint8_t[]){(uint8_t)(40 * i), 100, 7, (uint8_t)(255 - 30 * i)}), 4);
    static const uint8_t rgb[6] = {200, 10, 0, 0, 90, 250};
    for (size_t f = 0; f < 6; f++) {
        REQUIRE_OK(gc_image_resize(resized[0], 3, 2, colors[0], 2, 1, 4, all_filters[f]));
        REQUIRE_OK(lay_over(expected[0], under[0], resized[0], 6));
        EXPECT_NO_LEAK(EXPECT_OK(
            gc_heatmap_overlay(out[0], under[0], 3, 2, map, 2, 1, NULL, rgb, 1.0, all_filters[f])));
        EXPECT_BYTES(out, expected, sizeof expected);
    }
}

static void expect_no_overlay(int32_t width, int32_t map_width, const char *colormap,
                              gc_filter filter, gc_status status, const char *part) {
    static const uint8_t pixel[4] = {0};
    static const float value = 1.0f;
    uint8_t out[4];
    EXPECT_NO_LEAK(EXPECT_STATUS(
        gc_heatmap_overlay(out, pixel, width, 1, &value, map_width, 1, colormap, NULL, 1.0, filter),
        status));
    EXPECT_CONTAINS(gc_error(), part);
}

TEST(overlay_refuses) {
    expect_no_overlay(1, 1, NULL, GC_BOX, GC_INVALID_ARGUMENT, "colormap");
    expect_no_overlay(1, 1, "viridian", GC_BOX, GC_INVALID_ARGUMENT, "'viridian'");
    expect_no_overlay(1, 1, "gray", (gc_filter)6, GC_INVALID_ARGUMENT, "0 to 5");
    expect_no_overlay(1, 0, "gray", GC_BOX, GC_INVALID_ARGUMENT, "heat map's picture has 0 x 1");
    expect_no_overlay(1, 32768, "gray", GC_BOX, GC_TOO_LARGE, "32768 x 1");
    expect_no_overlay(0, 1, "gray", GC_BOX, GC_INVALID_ARGUMENT, "0 x 1");
    expect_no_overlay(32768, 1, "gray", GC_BOX, GC_TOO_LARGE, "32768 x 1");
}
