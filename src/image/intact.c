/* stb_image takes bytes that are missing for zeros. It reads no checksum. The functions here find
 * damage before stb_image decodes. */
#include "image/intact.h"

#include <stdbool.h>
#include <string.h>

#include "base/error.h"

static gc_status cut_off(const char *format, size_t length) {
    return gc_fail(GC_INVALID_IMAGE, "the %s picture is cut off after %zu bytes", format, length);
}

/* ---- PNG ---- */

static uint32_t read_big_endian(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* The remainders of every byte, for checksum(). table [256] */
static void fill_remainders(uint32_t *table) {
    for (uint32_t i = 0; i < 256; i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xEDB88320u : 0);
    }
}

/* CRC-32, as PNG and zip have it. */
static uint32_t checksum(const uint32_t *remainders, const uint8_t *bytes, size_t length) {
    uint32_t sum = 0xFFFFFFFFu;
    for (size_t i = 0; i < length; i++)
        sum = sum >> 8 ^ remainders[(sum ^ bytes[i]) & 0xFF];
    return ~sum;
}

/* The checksum covers the type and the contents of a chunk. */
static bool is_chunk_right(const uint32_t *remainders, const uint8_t *chunk, size_t size) {
    return checksum(remainders, chunk + 4, 4 + size) == read_big_endian(chunk + 8 + size);
}

/* A chunk is a length, a type, contents and a checksum. All but the contents have 4 bytes. The
 * first letter of a critical type is a capital. */
gc_status gc_check_png(const uint8_t *bytes, size_t length) {
    uint32_t remainders[256];
    fill_remainders(remainders);
    bool pixels_seen = false;
    for (size_t at = 8; at < length && length - at >= 12;) {
        const uint8_t *chunk = bytes + at, *type = chunk + 4;
        const size_t size = read_big_endian(chunk);
        if (memcmp(type, "IEND", 4) == 0)
            return GC_OK;
        if (size > length - at - 12)
            break;
        const bool critical = (type[0] & 0x20) == 0;
        if ((critical || !pixels_seen) && !is_chunk_right(remainders, chunk, size))
            return gc_fail(GC_INVALID_IMAGE,
                           "the PNG picture is damaged: the checksum of its part at byte %zu is "
                           "wrong",
                           at);
        pixels_seen |= memcmp(type, "IDAT", 4) == 0;
        at += 12 + size;
    }
    return cut_off("PNG", length);
}

/* ---- JPEG ---- */

/* Whether a marker stands alone. Others have a length of 2 bytes and contents. */
static bool is_bare_marker(uint8_t marker) {
    return marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8);
}

/* Encoders write at most a few dozen. */
#define MAX_SCANS 100

/* Behind the contents of a scan comes 0xFF and a marker. Among the contents 0xFF is followed by 0,
 * or by a marker that stands alone. */
static size_t skip_scan(const uint8_t *bytes, size_t at, size_t length) {
    while (at + 1 < length && (bytes[at] != 0xFF || bytes[at + 1] == 0 || bytes[at + 1] == 0xFF ||
                               is_bare_marker(bytes[at + 1])))
        at++;
    return at;
}

/* Counts the scans. Each may be a few bytes, but the decoder goes over all pixels for each of them.
 *   at   behind the marker of the first scan */
static gc_status check_scans(const uint8_t *bytes, size_t at, size_t length) {
    int scans = 0;
    uint8_t marker = 0xDA;
    while (marker != 0xD9 && length - at >= 2) {
        const size_t size = (size_t)bytes[at] << 8 | bytes[at + 1];
        if (size < 2 || size > length - at)
            return GC_OK; /* damaged, as the decoder will say */
        scans += marker == 0xDA;
        if (scans > MAX_SCANS)
            return gc_fail(GC_TOO_LARGE,
                           "the JPEG picture has more than %d scans, and each goes over all pixels",
                           MAX_SCANS);
        at = skip_scan(bytes, at + size, length);
        if (at + 2 > length)
            break;
        marker = bytes[at + 1];
        at += 2;
    }
    return GC_OK;
}

/* A part of the header is 0xFF, a marker, a length and contents. More 0xFF may fill up the space
 * before a marker. The pixels follow the marker 0xDA. The decoder finds where they end. */
gc_status gc_check_jpeg(const uint8_t *bytes, size_t length) {
    size_t at = 2;
    while (at < length) {
        if (bytes[at] != 0xFF)
            return GC_OK; /* no JPEG, as the decoder will say */
        while (at < length && bytes[at] == 0xFF)
            at++;
        if (at == length)
            break;
        const uint8_t marker = bytes[at++];
        if (is_bare_marker(marker))
            continue;
        if (marker == 0xD9 || length - at < 2)
            break;
        const size_t size = (size_t)bytes[at] << 8 | bytes[at + 1];
        if (size > length - at)
            break;
        if (marker == 0xDA)
            return check_scans(bytes, at, length);
        if (size < 2)
            return GC_OK;
        at += size;
    }
    return cut_off("JPEG", length);
}

/* ---- BMP ---- */

static uint32_t read_little_endian(const uint8_t *bytes, int size) {
    uint32_t number = 0;
    for (int i = size - 1; i >= 0; i--)
        number = number << 8 | bytes[i];
    return number;
}

/* The header has the pixels' offset at 10 and its own size at 14. Bits of a pixel are at 24 in a
 * header of 12 bytes, else at 28. Rows have a multiple of 4 bytes, but the last one may lack those
 * that fill it up. */
gc_status gc_check_bmp(const uint8_t *bytes, size_t length, int32_t width, int32_t height) {
    if (length < 30)
        return cut_off("BMP", length);
    const uint64_t first = read_little_endian(bytes + 10, 4);
    const bool is_old = read_little_endian(bytes + 14, 4) == 12;
    const uint64_t row_bits = (uint64_t)width * read_little_endian(bytes + (is_old ? 24 : 28), 2);
    const uint64_t row = (row_bits + 31) / 32 * 4, last_row = (row_bits + 7) / 8;
    if (first + row * (uint64_t)(height - 1) + last_row > length)
        return cut_off("BMP", length);
    return GC_OK;
}

/* ---- Sizes that a file claims ---- */

/* GIF pictures up to this size may be as empty as they like. */
#define SMALL_CANVAS (1 << 20)

/* A frame of a GIF may cover little of the canvas, and nothing draws the rest. LZW makes strings of
 * at most 2^b pixels from codes of b bits, and b is at most 12. No byte therefore draws more than
 * 4096 pixels. */
static gc_status check_canvas(size_t length, int32_t width, int32_t height) {
    const uint64_t pixels = (uint64_t)width * (uint64_t)height;
    if (pixels <= SMALL_CANVAS || pixels / 4096 <= length)
        return GC_OK;
    return gc_fail(GC_INVALID_IMAGE,
                   "the GIF picture claims %d x %d pixels, and its %zu bytes can draw few of them",
                   (int)width, (int)height, length);
}

/* Every block of 8 x 8 pixels of a JPEG takes a bit or more. Unequal sampling may leave a fourth of
 * the blocks. A byte of deflate's data makes at most 1032 bytes, and a byte holds at most 8 pixels
 * of a PNG. */
gc_status gc_check_claim(const char *format, size_t length, int32_t width, int32_t height) {
    if (strcmp(format, "GIF") == 0)
        return check_canvas(length, width, height);
    const uint64_t blocks = (uint64_t)(width / 8) * (uint64_t)(height / 8);
    const uint64_t pixels = (uint64_t)width * (uint64_t)height;
    const bool too_few = strcmp(format, "JPEG") == 0  ? blocks / 4 > 8 * (uint64_t)length
                         : strcmp(format, "PNG") == 0 ? pixels / 8 > 1032 * (uint64_t)length
                                                      : false;
    return too_few ? cut_off(format, length) : GC_OK;
}
