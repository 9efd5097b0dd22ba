/* Whether a picture file has all of its bytes. */
#ifndef GC_INTACT_H
#define GC_INTACT_H

#include <stddef.h>
#include <stdint.h>

#include "gradcam.h"

/* Refuses a PNG file that ends before its last chunk, and one whose checksums do not fit. Chunks
 * behind the pixels hold no pixels. Their checksums count only if the format calls them critical.
 * Fails with INVALID_IMAGE. */
gc_status gc_check_png(const uint8_t *bytes, size_t length);

/* Refuses a JPEG file that ends before its pixels begin, and one with more scans than any encoder
 * writes. Fails with INVALID_IMAGE, TOO_LARGE. */
gc_status gc_check_jpeg(const uint8_t *bytes, size_t length);

/* Refuses a BMP file that ends before its last pixel.
 *   width, height   as the header has them, positive
 * Fails with INVALID_IMAGE. */
gc_status gc_check_bmp(const uint8_t *bytes, size_t length, int32_t width, int32_t height);

/* Refuses a JPEG, PNG or GIF file with too few bytes for its pixels, however well they are
 * compressed. The decoder would allocate all pixels before it finds out, and wasm memory never
 * shrinks.
 *   width, height   as the header has them, positive
 * Fails with INVALID_IMAGE. */
gc_status gc_check_claim(const char *format, size_t length, int32_t width, int32_t height);

#endif
