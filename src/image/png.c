/* PNG, https://www.w3.org/TR/png-3/ */
#include "image/png.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "image/inflater.h"

/* The kinds of colours, as the header has them. */
enum { GREY = 0, RGB = 2, PALETTE = 3, GREY_ALPHA = 4, RGB_ALPHA = 6 };

#define MAX_SAMPLES 4 /* of a pixel */

struct png {
    const uint8_t *bytes;
    size_t length, at; /* where the next chunk begins */
    int32_t width, height;
    int depth, kind; /* bits of a sample, kind of colours */
    bool is_interlaced;
    bool has_palette, has_key;
    uint8_t palette[256][4];    /* RGBA */
    uint16_t key[MAX_SAMPLES];  /* the colour that is transparent */
    struct gc_inflater *stream; /* of all rows */
};

struct chunk {
    const char *type;
    const uint8_t *bytes;
    size_t size;
};

static gc_status damaged(const char *what) {
    return gc_fail(GC_INVALID_IMAGE, "the PNG picture is damaged: %s", what);
}

/* ---- Chunks ---- */

static uint32_t read_number(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Goes to the next chunk. Returns false behind the last one that is whole. */
static bool next_chunk(struct png *png, struct chunk *chunk) {
    if (png->length - png->at < 12)
        return false;
    const uint8_t *bytes = png->bytes + png->at;
    const size_t size = read_number(bytes);
    if (size > png->length - png->at - 12)
        return false;
    *chunk = (struct chunk){(const char *)bytes + 4, bytes + 8, size};
    png->at += 12 + size;
    return true;
}

static bool is_type(const struct chunk *chunk, const char *type) {
    return memcmp(chunk->type, type, 4) == 0;
}

/* ---- Header ---- */

static int sample_count(int kind) {
    return kind == RGB ? 3 : kind == GREY_ALPHA ? 2 : kind == RGB_ALPHA ? 4 : 1;
}

static bool is_depth_allowed(int kind, int depth) {
    switch (kind) {
    case GREY:
        return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
    case PALETTE:
        return depth == 1 || depth == 2 || depth == 4 || depth == 8;
    case RGB:
    case GREY_ALPHA:
    case RGB_ALPHA:
        return depth == 8 || depth == 16;
    default:
        return false;
    }
}

static gc_status read_header(struct png *png, const uint8_t *bytes, size_t length) {
    struct chunk chunk;
    *png = (struct png){.bytes = bytes, .length = length, .at = 8};
    if (length < 8 || !next_chunk(png, &chunk) || !is_type(&chunk, "IHDR") || chunk.size != 13)
        return damaged("it has no header");
    const uint32_t width = read_number(chunk.bytes), height = read_number(chunk.bytes + 4);
    const uint8_t *rest = chunk.bytes + 8;
    if (width > INT32_MAX || height > INT32_MAX)
        return gc_fail(GC_TOO_LARGE, "the PNG picture has %zu x %zu pixels, more than PNG allows",
                       (size_t)width, (size_t)height);
    png->width = (int32_t)width;
    png->height = (int32_t)height;
    png->depth = rest[0];
    png->kind = rest[1];
    png->is_interlaced = rest[4] == 1;
    if (!is_depth_allowed(png->kind, png->depth) || rest[2] != 0 || rest[3] != 0 || rest[4] > 1)
        return damaged("its header has a number that PNG does not know");
    return GC_OK;
}

gc_status gc_png_size(int32_t *width, int32_t *height, const uint8_t *bytes, size_t length) {
    struct png png;
    GC_TRY(read_header(&png, bytes, length));
    *width = png.width;
    *height = png.height;
    return GC_OK;
}

/* ---- Palette and transparency ---- */

static gc_status read_palette(struct png *png, const struct chunk *chunk) {
    if (chunk->size % 3 != 0 || chunk->size > 768)
        return damaged("its palette has a wrong size");
    for (size_t i = 0; i < chunk->size / 3; i++)
        memcpy(png->palette[i], chunk->bytes + 3 * i, 3);
    png->has_palette = true;
    return GC_OK;
}

/* A palette has an alpha for each of its first entries. Other pictures have one transparent
 * colour. */
static gc_status read_transparency(struct png *png, const struct chunk *chunk) {
    const int samples = sample_count(png->kind);
    if (png->kind == PALETTE && png->has_palette && chunk->size <= 256) {
        for (size_t i = 0; i < chunk->size; i++)
            png->palette[i][3] = chunk->bytes[i];
        return GC_OK;
    }
    if ((png->kind != GREY && png->kind != RGB) || chunk->size != 2 * (size_t)samples)
        return damaged("its transparency does not fit its colours");
    for (int i = 0; i < samples; i++)
        png->key[i] = (uint16_t)((chunk->bytes[2 * i] << 8 | chunk->bytes[2 * i + 1]) &
                                 ((1 << png->depth) - 1));
    png->has_key = true;
    return GC_OK;
}

/* Reads all chunks up to the first with pixels. */
static gc_status read_front(struct png *png, struct chunk *chunk) {
    for (int i = 0; i < 256; i++)
        png->palette[i][3] = 255;
    while (next_chunk(png, chunk)) {
        if (is_type(chunk, "IDAT"))
            return png->kind != PALETTE || png->has_palette ? GC_OK : damaged("it has no palette");
        if (is_type(chunk, "PLTE"))
            GC_TRY(read_palette(png, chunk));
        else if (is_type(chunk, "tRNS"))
            GC_TRY(read_transparency(png, chunk));
        else if ((chunk->type[0] & 0x20) == 0)
            return damaged("it has a part that PNG does not know, or in a wrong place");
    }
    return damaged("it has no pixels");
}

/* ---- Rows ---- */

/* Goes on with the next chunk of pixels. */
static bool next_pixels(void *context, const uint8_t **bytes, size_t *length) {
    struct png *png = context;
    struct chunk chunk;
    if (!next_chunk(png, &chunk) || !is_type(&chunk, "IDAT"))
        return false;
    *bytes = chunk.bytes;
    *length = chunk.size;
    return true;
}

static uint8_t paeth(int left, int above, int corner) {
    const int from_left = abs(above - corner), from_above = abs(left - corner);
    const int from_corner = abs(left + above - 2 * corner);
    if (from_left <= from_above && from_left <= from_corner)
        return (uint8_t)left;
    return (uint8_t)(from_above <= from_corner ? above : corner);
}

/* Adds what the filter predicted.
 *   row, above   [bytes]. `step` zeros lie in front of both
 *   step         bytes of a pixel, at least 1 */
static void undo_filter(int filter, uint8_t *row, const uint8_t *above, size_t bytes, size_t step) {
    const uint8_t *left = row - step, *corner = above - step;
    for (size_t i = 0; i < bytes && filter == 1; i++)
        row[i] = (uint8_t)(row[i] + left[i]);
    for (size_t i = 0; i < bytes && filter == 2; i++)
        row[i] = (uint8_t)(row[i] + above[i]);
    for (size_t i = 0; i < bytes && filter == 3; i++)
        row[i] = (uint8_t)(row[i] + (left[i] + above[i]) / 2);
    for (size_t i = 0; i < bytes && filter == 4; i++)
        row[i] = (uint8_t)(row[i] + paeth(left[i], above[i], corner[i]));
}

/* A sample with all its bits. */
static uint32_t sample_at(const uint8_t *row, size_t i, int depth) {
    if (depth == 8)
        return row[i];
    if (depth == 16)
        return (uint32_t)row[2 * i] << 8 | row[2 * i + 1];
    const size_t bit = i * (size_t)depth;
    return row[bit / 8] >> (8 - depth - (int)(bit % 8)) & ((1u << depth) - 1);
}

static uint8_t to_byte(uint32_t sample, int depth) {
    return (uint8_t)(depth == 16 ? sample >> 8 : sample * (255u / ((1u << depth) - 1)));
}

/* A pixel whose samples are a grey or RGB, perhaps with alpha. */
static void put_colours(const struct png *png, uint8_t *out, const uint8_t *row, size_t i) {
    const int samples = sample_count(png->kind);
    const bool is_grey = png->kind == GREY || png->kind == GREY_ALPHA;
    uint8_t found[MAX_SAMPLES];
    bool is_key = png->has_key;
    for (int k = 0; k < samples; k++) {
        const uint32_t sample = sample_at(row, i * (size_t)samples + (size_t)k, png->depth);
        is_key = is_key && sample == png->key[k];
        found[k] = to_byte(sample, png->depth);
    }
    for (int k = 0; k < 3; k++)
        out[k] = found[is_grey ? 0 : k];
    const bool has_alpha = png->kind == GREY_ALPHA || png->kind == RGB_ALPHA;
    out[3] = has_alpha ? found[samples - 1] : is_key ? 0 : 255;
}

/* Makes RGBA of a row whose samples are whole bytes and of which no colour is transparent.
 *   out   [count][4], `step` pixels apart */
static void put_bytes(const struct png *png, uint8_t *out, size_t step, const uint8_t *row,
                      size_t count) {
    const size_t size = (size_t)png->depth / 8, samples = (size_t)sample_count(png->kind);
    const size_t green = samples < 3 ? 0 : size, blue = 2 * green, alpha = (samples - 1) * size;
    const uint8_t opaque = samples % 2 == 0 ? 0 : 255;
    for (size_t i = 0; i < count; i++, out += 4 * step, row += samples * size) {
        out[0] = row[0];
        out[1] = row[green];
        out[2] = row[blue];
        out[3] = row[alpha] | opaque;
    }
}

/* Makes RGBA of a row.
 *   out   [count][4], `step` pixels apart */
static void put_row(const struct png *png, uint8_t *out, size_t step, const uint8_t *row,
                    size_t count) {
    if (png->kind != PALETTE && png->depth >= 8 && !png->has_key) {
        put_bytes(png, out, step, row, count);
        return;
    }
    for (size_t i = 0; i < count; i++, out += 4 * step)
        if (png->kind == PALETTE)
            memcpy(out, png->palette[sample_at(row, i, png->depth)], 4);
        else
            put_colours(png, out, row, i);
}

/* ---- Pictures ---- */

/* One of the small pictures that an interlaced picture consists of. Others are one pass. */
struct pass {
    int32_t x, y, dx, dy; /* of its first pixel, and from one to the next */
};

/* Reads all rows of a pass.
 *   pixels   [height][width] RGBA
 *   rows     buffer of two rows with a pixel of zeros in front of each */
static gc_status read_pass(struct png *png, uint8_t *pixels, const struct pass *pass,
                           uint8_t *rows) {
    if (pass->x >= png->width || pass->y >= png->height)
        return GC_OK;
    const size_t count = (size_t)((png->width - pass->x + pass->dx - 1) / pass->dx);
    const size_t bits = (size_t)(sample_count(png->kind) * png->depth);
    const size_t step = (bits + 7) / 8, bytes = (count * bits + 7) / 8;
    uint8_t *above = rows + step, *row = above + bytes + step;
    memset(rows, 0, 2 * (bytes + step));
    for (int32_t y = pass->y; y < png->height; y += pass->dy) {
        uint8_t filter;
        if (gc_inflater_read(png->stream, &filter, 1) != 1 ||
            gc_inflater_read(png->stream, row, bytes) != (ptrdiff_t)bytes)
            return damaged("its compressed pixels are cut off or wrong");
        if (filter > 4)
            return damaged("a row has a filter that PNG does not know");
        undo_filter(filter, row, above, bytes, step);
        put_row(png, pixels + 4 * ((size_t)y * (size_t)png->width + (size_t)pass->x),
                (size_t)pass->dx, row, count);
        uint8_t *const done = row;
        row = above;
        above = done;
    }
    return GC_OK;
}

static gc_status read_passes(struct png *png, uint8_t *pixels, uint8_t *rows) {
    static const struct pass whole = {0, 0, 1, 1};
    static const struct pass seven[7] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                         {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    if (!png->is_interlaced)
        return read_pass(png, pixels, &whole, rows);
    for (int i = 0; i < 7; i++)
        GC_TRY(read_pass(png, pixels, &seven[i], rows));
    return GC_OK;
}

static gc_status read_pixels(struct png *png, uint8_t *pixels, const struct chunk *first) {
    const size_t row = (size_t)png->width * 8 + 8; /* 4 samples of 16 bits, and zeros in front */
    uint8_t *rows = gc_allocate_unset(row, 2);
    png->stream = gc_allocate(1, sizeof *png->stream);
    gc_status status = GC_OK;
    if (rows == NULL || png->stream == NULL) {
        status = gc_fail_memory(2 * row + sizeof *png->stream, "the rows of a PNG picture");
    } else {
        png->stream->next = next_pixels;
        png->stream->context = png;
        png->stream->in = first->bytes;
        png->stream->end = first->bytes + first->size;
        status = gc_inflater_start(png->stream) ? read_passes(png, pixels, rows)
                                                : damaged("its pixels are not compressed by zlib");
    }
    gc_release(png->stream);
    gc_release(rows);
    return status;
}

gc_status gc_png_decode(uint8_t **pixels, const uint8_t *bytes, size_t length) {
    struct png png;
    struct chunk first;
    *pixels = NULL;
    GC_TRY(read_header(&png, bytes, length));
    GC_TRY(read_front(&png, &first));
    const size_t count = (size_t)png.width * (size_t)png.height;
    uint8_t *made = gc_allocate_unset(count, 4);
    if (made == NULL)
        return gc_fail_memory(4 * count, "a PNG picture");
    const gc_status status = read_pixels(&png, made, &first);
    if (status == GC_OK)
        *pixels = made;
    else
        gc_release(made);
    return status;
}
