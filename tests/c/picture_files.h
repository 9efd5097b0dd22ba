/* Small pictures, for the tests of what reads them. */
#ifndef GC_PICTURE_FILES_H
#define GC_PICTURE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct file {
    uint8_t bytes[1024];
    size_t length;
};

void put(struct file *f, const void *bytes, size_t length);
void put_number(struct file *f, uint32_t number, int size, bool big_endian);
void put_chunk(struct file *f, const char *type, const void *bytes, size_t length);

/* Gives every chunk of a damaged PNG the right checksum, so that the decoder sees the damage. */
void seal_chunks(struct file *f);

void put_png_header(struct file *f, uint32_t width, uint32_t height, int depth, int colour_type);

/* The data of a PNG, in one block that is not compressed.
 *   rows   [height][1 + row_bytes]: each row begins with its filter, 0 */
void put_png_data(struct file *f, const void *rows, size_t length);

/* 3 x 2 grey pixels, "abc" over "def", with an EXIF chunk. */
struct file letters_png(int orientation, bool big_endian);

/* 16 x 8 grey pixels, 30 on the left half and 220 on the right. */
#define HALVES_BYTES 162
extern const uint8_t halves_jpeg[HALVES_BYTES];

/* The same with an EXIF segment after the first marker. */
struct file halves_with_exif(int orientation, bool big_endian);

/* 2 x 2 pixels: red, green; blue, transparent. */
#define CORNERS_BYTES 54
extern const uint8_t corners_gif[CORNERS_BYTES];

/* 1 x 2 pixels of 24 bits. They are blue over white if stored from the bottom (height 2), white
 * over blue if stored from the top (height -2). */
struct file column_bmp(int32_t height);

/* Writes a small picture of every kind that the decoder reads. */
#define PICTURE_FILES 23
void picture_files(struct file files[PICTURE_FILES]);

#endif
