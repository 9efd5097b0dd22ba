#include "picture_files.h"

#include <string.h>

/* ---- Parts ---- */

void put(struct file *f, const void *bytes, size_t length) {
    memcpy(f->bytes + f->length, bytes, length);
    f->length += length;
}

void put_number(struct file *f, uint32_t number, int size, bool big_endian) {
    for (int i = 0; i < size; i++)
        f->bytes[f->length++] = (uint8_t)(number >> 8 * (big_endian ? size - 1 - i : i));
}

/* CRC-32, bit by bit. */
static uint32_t crc32_of(const uint8_t *bytes, size_t length) {
    uint32_t sum = 0xFFFFFFFFu;
    for (size_t i = 0; i < 8 * length; i++)
        sum = sum >> 1 ^ (((sum ^ bytes[i / 8] >> i % 8) & 1) ? 0xEDB88320u : 0);
    return ~sum;
}

void put_chunk(struct file *f, const char *type, const void *bytes, size_t length) {
    put_number(f, (uint32_t)length, 4, true);
    put(f, type, 4);
    put(f, bytes, length);
    put_number(f, crc32_of(f->bytes + f->length - length - 4, length + 4), 4, true);
}

void seal_chunks(struct file *f) {
    for (size_t at = 8; at + 12 <= f->length;) {
        const uint8_t *chunk = f->bytes + at;
        const size_t size = (size_t)chunk[0] << 24 | chunk[1] << 16 | chunk[2] << 8 | chunk[3];
        if (size > f->length - at - 12)
            return;
        struct file rest = {.length = 0};
        put_number(&rest, crc32_of(chunk + 4, size + 4), 4, true);
        memcpy(f->bytes + at + 8 + size, rest.bytes, 4);
        at += 12 + size;
    }
}

void put_png_header(struct file *f, uint32_t width, uint32_t height, int depth, int colour_type) {
    struct file header = {.length = 0};
    put(f, "\x89PNG\r\n\x1A\n", 8);
    put_number(&header, width, 4, true);
    put_number(&header, height, 4, true);
    put_number(&header, (uint32_t)depth, 1, true);
    put_number(&header, (uint32_t)colour_type, 1, true);
    put_number(&header, 0, 3, true);
    put_chunk(f, "IHDR", header.bytes, header.length);
}

void put_png_data(struct file *f, const void *rows, size_t length) {
    struct file data = {.length = 0};
    put(&data, "\x78\x01\x01", 3);
    put_number(&data, (uint32_t)length, 2, false);
    put_number(&data, ~(uint32_t)length, 2, false);
    put(&data, rows, length);
    put_number(&data, 0, 4, true);
    put_chunk(f, "IDAT", data.bytes, data.length);
    put_chunk(f, "IEND", "", 0);
}

/* A TIFF structure with an orientation. The entry before it must be skipped. */
static struct file exif_of(int orientation, bool big_endian) {
    struct file f = {.length = 0};
    put(&f, big_endian ? "MM" : "II", 2);
    put_number(&f, 42, 2, big_endian);
    put_number(&f, 8, 4, big_endian);
    put_number(&f, 2, 2, big_endian);
    const uint32_t entries[2][2] = {{0x0100, 640}, {0x0112, (uint32_t)orientation}};
    for (int i = 0; i < 2; i++) {
        put_number(&f, entries[i][0], 2, big_endian);
        put_number(&f, 3, 2, big_endian);
        put_number(&f, 1, 4, big_endian);
        put_number(&f, entries[i][1], 2, big_endian);
        put_number(&f, 0, 2, big_endian);
    }
    put_number(&f, 0, 4, big_endian);
    return f;
}

struct file letters_png(int orientation, bool big_endian) {
    struct file f = {.length = 0}, exif = exif_of(orientation, big_endian);
    put_png_header(&f, 3, 2, 8, 0);
    put_chunk(&f, "eXIf", exif.bytes, exif.length);
    put_png_data(&f, "\0abc\0def", 8);
    return f;
}

const uint8_t halves_jpeg[HALVES_BYTES] = {
    0xff, 0xd8, 0xff, 0xe0, 0x00, 0x10, 0x4a, 0x46, 0x49, 0x46, 0x00, 0x01, 0x01, 0x00, 0x00,
    0x01, 0x00, 0x01, 0x00, 0x00, 0xff, 0xdb, 0x00, 0x43, 0x00, 0x10, 0x0b, 0x0c, 0x0e, 0x0c,
    0x0a, 0x10, 0x0e, 0x0d, 0x0e, 0x12, 0x11, 0x10, 0x13, 0x18, 0x28, 0x1a, 0x18, 0x16, 0x16,
    0x18, 0x31, 0x23, 0x25, 0x1d, 0x28, 0x3a, 0x33, 0x3d, 0x3c, 0x39, 0x33, 0x38, 0x37, 0x40,
    0x48, 0x5c, 0x4e, 0x40, 0x44, 0x57, 0x45, 0x37, 0x38, 0x50, 0x6d, 0x51, 0x57, 0x5f, 0x62,
    0x67, 0x68, 0x67, 0x3e, 0x4d, 0x71, 0x79, 0x70, 0x64, 0x78, 0x5c, 0x65, 0x67, 0x63, 0xff,
    0xc0, 0x00, 0x0b, 0x08, 0x00, 0x08, 0x00, 0x10, 0x01, 0x01, 0x11, 0x00, 0xff, 0xc4, 0x00,
    0x15, 0x00, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x06, 0x07, 0xff, 0xc4, 0x00, 0x14, 0x10, 0x01, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xda, 0x00,
    0x08, 0x01, 0x01, 0x00, 0x00, 0x3f, 0x00, 0x1c, 0xaf, 0xbf, 0xff, 0xd9};

struct file halves_with_exif(int orientation, bool big_endian) {
    struct file f = {.length = 0}, exif = exif_of(orientation, big_endian);
    put(&f, halves_jpeg, 2);
    put(&f, "\xFF\xE1", 2);
    put_number(&f, (uint32_t)exif.length + 8, 2, true);
    put(&f, "Exif\0\0", 6);
    put(&f, exif.bytes, exif.length);
    put(&f, halves_jpeg + 2, sizeof halves_jpeg - 2);
    return f;
}

const uint8_t corners_gif[CORNERS_BYTES] = {
    0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 0x02, 0x00, 0x02, 0x00, 0x81, 0x00, 0x00, 0xff,
    0x00, 0x00, 0x00, 0xff, 0x00, 0x00, 0x00, 0xff, 0x09, 0x08, 0x07, 0x21, 0xf9, 0x04,
    0x01, 0x00, 0x00, 0x03, 0x00, 0x2c, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x02, 0x00,
    0x00, 0x08, 0x07, 0x00, 0x01, 0x04, 0x10, 0x30, 0x20, 0x20, 0x00, 0x3b};

struct file column_bmp(int32_t height) {
    struct file f = {.length = 0};
    put(&f, "BM", 2);
    const uint32_t header[] = {62, 0, 54, 40, 1, (uint32_t)height};
    for (int i = 0; i < 6; i++)
        put_number(&f, header[i], 4, false);
    put_number(&f, 1, 2, false);
    put_number(&f, 24, 2, false);
    for (int i = 0; i < 6; i++)
        put_number(&f, 0, 4, false);
    put(&f, "\xFF\xFF\xFF\0\xFF\0\0\0", 8);
    return f;
}

/* ---- Small pictures of every kind ---- */

static struct file png_of(int depth, int colour_type, bool interlaced, const char *row,
                          size_t length) {
    struct file f = {.length = 0};
    put_png_header(&f, interlaced ? 1 : 2, 1, depth, colour_type);
    if (interlaced) {
        f.bytes[28] = 1;
        seal_chunks(&f);
    }
    if (colour_type == 3) {
        put_chunk(&f, "PLTE", "\x0A\x14\x1E\x28\x32\x3C", 6);
        put_chunk(&f, "tRNS", "\x07", 1);
    }
    put_png_data(&f, row, length);
    return f;
}

static void put_jpeg_segment(struct file *f, int marker, const void *bytes, size_t length) {
    put_number(f, 0xFF, 1, true);
    put_number(f, (uint32_t)marker, 1, true);
    put_number(f, (uint32_t)length + 2, 2, true);
    put(f, bytes, length);
}

/* A JPEG of 16 x 16 pixels. The Huffman tables have one code each, "0". It stands for a difference
 * of 6 bits, and for the end of a block, so that every block takes one byte.
 *   components   1 (grey), 3 (colours at half the resolution) or 4 (CMYK) */
static struct file jpeg_of(int components, bool restarts) {
    struct file f = {.length = 0};
    const uint8_t sampling = components == 3 ? 0x22 : 0x11;
    uint8_t tables[65] = {0}, huffman[17 + 1] = {0, 1};
    uint8_t frame[18] = {8, 0, 16, 0, 16, (uint8_t)components}, scan[12] = {(uint8_t)components};
    memset(tables + 1, 4, 64);
    for (int c = 0; c < components; c++) {
        memcpy(frame + 6 + 3 * c, (const uint8_t[]){(uint8_t)(c + 1), c == 0 ? sampling : 0x11, 0},
               3);
        scan[1 + 2 * c] = (uint8_t)(c + 1);
    }
    scan[2 + 2 * components] = 63;
    put(&f, "\xFF\xD8", 2);
    put_jpeg_segment(&f, 0xDB, tables, sizeof tables);
    put_jpeg_segment(&f, 0xC0, frame, 6 + 3 * (size_t)components);
    huffman[17] = 6;
    put_jpeg_segment(&f, 0xC4, huffman, sizeof huffman);
    huffman[0] = 0x10;
    huffman[17] = 0;
    put_jpeg_segment(&f, 0xC4, huffman, sizeof huffman);
    if (restarts)
        put_jpeg_segment(&f, 0xDD, "\0\1", 2);
    put_jpeg_segment(&f, 0xDA, scan, 4 + 2 * (size_t)components);
    const int units = components == 3 ? 1 : 4, blocks = components == 3 ? 6 : components;
    for (int unit = 0; unit < units; unit++) {
        for (int block = 0; block < blocks; block++)
            put_number(&f, block % 2 == 0 ? 0x48 : 0x32, 1, true);
        if (restarts && unit + 1 < units)
            put_number(&f, 0xFFD0 + (uint32_t)unit, 2, true);
    }
    put(&f, "\xFF\xD9", 2);
    return f;
}

/* halves_jpeg as a progressive file. One scan has the means of both blocks, and another ends
 * them. */
static struct file progressive_jpeg(void) {
    struct file f = {.length = 0};
    const size_t data = sizeof halves_jpeg - 5;
    put(&f, halves_jpeg, data);
    f.bytes[90] = 0xC2;
    f.bytes[data - 2] = 0;
    put(&f, "\x1D\x5F\xFF\xDA\0\x08\1\1\0\1\x3F\0\x3F\xFF\xD9", 15);
    return f;
}

/* A BMP of 2 x 1 pixels. Those of 8 bits are indices of a palette of two colours. */
static struct file bmp_of(int bits) {
    struct file f = {.length = 0};
    const uint32_t colours = bits == 8 ? 2 : 0, start = 54 + 4 * colours;
    put(&f, "BM", 2);
    const uint32_t header[] = {start + 8, 0, start, 40, 2, 1};
    for (int i = 0; i < 6; i++)
        put_number(&f, header[i], 4, false);
    put_number(&f, 1, 2, false);
    put_number(&f, (uint32_t)bits, 2, false);
    for (int i = 0; i < 6; i++)
        put_number(&f, i == 4 ? colours : 0, 4, false);
    put(&f, "\1\2\3\0\4\5\6\0", 4 * colours);
    put(&f, bits == 8 ? "\1\0\0\0\0\0\0\0" : "\1\2\3\4\5\6\7\x08", 8);
    return f;
}

static struct file corners(bool interlaced) {
    struct file f = {.length = 0};
    put(&f, corners_gif, sizeof corners_gif);
    f.bytes[42] = interlaced ? 0x40 : 0;
    return f;
}

void picture_files(struct file files[PICTURE_FILES]) {
    const struct file all[PICTURE_FILES] = {
        png_of(8, 0, false, "\0\x10\xF0", 3),
        png_of(16, 0, false, "\0\x10\xFF\xF0\x00", 5),
        png_of(1, 0, false, "\1\x40", 2),
        png_of(8, 2, false, "\2\1\2\3\4\5\6", 7),
        png_of(8, 3, false, "\0\1\0", 3),
        png_of(8, 4, false, "\3\x10\x20\xF0\x00", 5),
        png_of(8, 6, false, "\4\1\2\3\4\5\6\7\0", 9),
        png_of(16, 6, false, "\0\1\0\2\0\3\0\4\0\5\0\6\0\7\0\0\0", 17),
        png_of(8, 2, true, "\0\1\2\3", 4),
        letters_png(5, true),
        letters_png(3, false),
        halves_with_exif(6, true),
        halves_with_exif(2, false),
        jpeg_of(1, true),
        jpeg_of(3, false),
        jpeg_of(4, false),
        progressive_jpeg(),
        column_bmp(2),
        column_bmp(-2),
        bmp_of(8),
        bmp_of(32),
        corners(false),
        corners(true),
    };
    memcpy(files, all, sizeof all);
}
