/* The decoder of PNG pictures. It decompresses a row at a time, so that a large picture needs
 * little more memory than its pixels in RGBA. */
#ifndef GC_PNG_H
#define GC_PNG_H

#include <stddef.h>
#include <stdint.h>

#include "gradcam.h"

/* Reads the size from the header, which every PNG file begins with. Fails with INVALID_IMAGE,
 * TOO_LARGE. */
gc_status gc_png_size(int32_t *width, int32_t *height, const uint8_t *bytes, size_t length);

/* Decodes a file that passed gc_check_png and whose size is allowed.
 *   pixels   receives [height][width] RGBA, for gc_release. Of 16 bits a channel the upper 8 are
 *            kept
 * Fails with INVALID_IMAGE, OUT_OF_MEMORY. *pixels is NULL then. */
gc_status gc_png_decode(uint8_t **pixels, const uint8_t *bytes, size_t length);

#endif
