#include "image/exif.h"

#include <stdbool.h>
#include <string.h>

/* Bytes that are read without leaving them: what lies outside reads as 0. */
typedef struct span {
    const uint8_t *bytes;
    size_t length;
} span;

static uint32_t read_number(span s, size_t offset, size_t size, bool big_endian) {
    if (offset > s.length || size > s.length - offset)
        return 0;
    uint32_t number = 0;
    for (size_t i = 0; i < size; i++) {
        number = number << 8 | s.bytes[offset + (big_endian ? i : size - 1 - i)];
    }
    return number;
}

/* The part of `s` from `offset` on, at most `length` bytes. */
static span part(span s, size_t offset, size_t length) {
    if (offset > s.length)
        offset = s.length;
    if (length > s.length - offset)
        length = s.length - offset;
    return (span){s.bytes + offset, length};
}

static bool starts_with(span s, const char *text, size_t length) {
    return s.length >= length && memcmp(s.bytes, text, length) == 0;
}

/* The contents of a JPEG's EXIF segment. Segments are FF, marker, length (2 bytes, itself included);
 * compressed data begins with the marker DA. */
static span find_in_jpeg(span file) {
    size_t at = 2;
    while (at < file.length && file.bytes[at] == 0xFF) {
        uint32_t marker = read_number(file, at + 1, 1, true);
        if (marker == 0xFF) { /* a fill byte */
            at++;
            continue;
        }
        uint32_t length = read_number(file, at + 2, 2, true);
        if (marker == 0xDA || marker == 0xD9 || length < 2)
            break;
        span segment = part(file, at + 4, length - 2);
        if (marker == 0xE1 && starts_with(segment, "Exif\0\0", 6))
            return part(segment, 6, length);
        at += 2 + length;
    }
    return (span){0};
}

/* The contents of a PNG's EXIF chunk. Chunks are length (4 bytes), type, contents, checksum. */
static span find_in_png(span file) {
    size_t at = 8;
    while (at < file.length && file.length - at > 12) {
        uint32_t length = read_number(file, at, 4, true);
        if (length > file.length - at - 12)
            break;
        if (memcmp(file.bytes + at + 4, "eXIf", 4) == 0)
            return part(file, at + 8, length);
        at += 12 + (size_t)length;
    }
    return (span){0};
}

/* The orientation in a TIFF structure, 0 if it has none. Byte order ("II", "MM"), 42, offset of the
 * first directory: count (2 bytes), entries of 12 bytes: tag, type, count (4), value (4). */
static uint32_t find_in_tiff(span tiff) {
    enum { TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3 };
    if (!starts_with(tiff, "II*\0", 4) && !starts_with(tiff, "MM\0*", 4))
        return 0;
    bool big = tiff.bytes[0] == 'M';
    span directory = part(tiff, read_number(tiff, 4, 4, big), SIZE_MAX);
    uint32_t count = read_number(directory, 0, 2, big);
    for (uint32_t i = 0; i < count; i++) {
        span entry = part(directory, 2 + 12 * (size_t)i, 12);
        if (entry.length < 12)
            break;
        if (read_number(entry, 0, 2, big) != TAG_ORIENTATION)
            continue;
        return read_number(entry, 2, 2, big) == TYPE_SHORT ? read_number(entry, 8, 2, big) : 0;
    }
    return 0;
}

int gc_exif_orientation(const uint8_t *bytes, size_t length) {
    span file = {bytes, length};
    span tiff = {0};
    if (starts_with(file, "\xFF\xD8", 2))
        tiff = find_in_jpeg(file);
    if (starts_with(file, "\x89PNG\r\n\x1A\n", 8))
        tiff = find_in_png(file);
    uint32_t orientation = find_in_tiff(tiff);
    return orientation >= 1 && orientation <= 8 ? (int)orientation : 1;
}
