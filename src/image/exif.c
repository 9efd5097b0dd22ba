#include "image/exif.h"

#include <stdbool.h>
#include <string.h>

/* A part of the file. Reading never leaves it, and bytes outside read as 0. */
struct span {
    const uint8_t *bytes;
    size_t length;
};

static uint32_t read_number(struct span s, size_t offset, size_t size, bool big_endian) {
    if (offset > s.length || size > s.length - offset)
        return 0;
    uint32_t number = 0;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | s.bytes[offset + (big_endian ? i : size - 1 - i)];
    return number;
}

/* The part of `s` from `offset` on, at most `length` bytes. */
static struct span part(struct span s, size_t offset, size_t length) {
    if (offset > s.length)
        offset = s.length;
    if (length > s.length - offset)
        length = s.length - offset;
    return (struct span){s.bytes + offset, length};
}

static bool starts_with(struct span s, const char *text, size_t length) {
    return s.length >= length && memcmp(s.bytes, text, length) == 0;
}

/* The contents of a JPEG's EXIF segment. A segment is FF, a marker, a length of 2 bytes that counts
 * itself, and contents. The marker DA begins the compressed data, and D9 ends the file. */
static struct span find_in_jpeg(struct span file) {
    size_t at = 2;
    while (at < file.length && file.bytes[at] == 0xFF) {
        const uint32_t marker = read_number(file, at + 1, 1, true);
        if (marker == 0xFF) { /* a fill byte */
            at++;
            continue;
        }
        const uint32_t length = read_number(file, at + 2, 2, true);
        if (marker == 0xDA || marker == 0xD9 || length < 2)
            break;
        const struct span segment = part(file, at + 4, length - 2);
        if (marker == 0xE1 && starts_with(segment, "Exif\0\0", 6))
            return part(segment, 6, length);
        at += 2 + length;
    }
    return (struct span){0};
}

/* The contents of a PNG's EXIF chunk. A chunk is a length, a type, contents and a checksum. All
 * but the contents have 4 bytes. */
static struct span find_in_png(struct span file) {
    size_t at = 8;
    while (at < file.length && file.length - at > 12) {
        const uint32_t length = read_number(file, at, 4, true);
        if (length > file.length - at - 12)
            break;
        if (memcmp(file.bytes + at + 4, "eXIf", 4) == 0)
            return part(file, at + 8, length);
        at += 12 + (size_t)length;
    }
    return (struct span){0};
}

/* The orientation in a TIFF structure, 0 without one.
 *   header      byte order ("II" or "MM"), 42 in 2 bytes, offset of the directory in 4
 *   directory   count of entries in 2 bytes, then the entries
 *   entry       tag in 2 bytes, type in 2, count of values in 4, value in 4 */
static uint32_t find_in_tiff(struct span tiff) {
    enum { TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3 };
    if (!starts_with(tiff, "II*\0", 4) && !starts_with(tiff, "MM\0*", 4))
        return 0;
    const bool big = tiff.bytes[0] == 'M';
    const struct span directory = part(tiff, read_number(tiff, 4, 4, big), SIZE_MAX);
    const uint32_t count = read_number(directory, 0, 2, big);
    for (uint32_t i = 0; i < count; i++) {
        const struct span entry = part(directory, 2 + 12 * (size_t)i, 12);
        if (entry.length < 12)
            break;
        if (read_number(entry, 0, 2, big) != TAG_ORIENTATION)
            continue;
        return read_number(entry, 2, 2, big) == TYPE_SHORT ? read_number(entry, 8, 2, big) : 0;
    }
    return 0;
}

int gc_exif_orientation(const uint8_t *bytes, size_t length) {
    const struct span file = {bytes, length};
    struct span tiff = {0};
    if (starts_with(file, "\xFF\xD8", 2))
        tiff = find_in_jpeg(file);
    if (starts_with(file, "\x89PNG\r\n\x1A\n", 8))
        tiff = find_in_png(file);
    const uint32_t orientation = find_in_tiff(tiff);
    return orientation >= 1 && orientation <= 8 ? (int)orientation : 1;
}
