/* What a file is by its first bytes. */
#ifndef GC_KIND_H
#define GC_KIND_H

#include <stddef.h>
#include <stdint.h>

#include "gradcam.h"

/* "JPEG", "PNG", "BMP" or "GIF", NULL if the file is none of the four. */
const char *gc_picture_format(const uint8_t *bytes, size_t length);

/* Fails with INVALID_IMAGE for a file that is none of the four. The text names what the file is and
 * says what to do. */
gc_status gc_refuse_picture(const uint8_t *bytes, size_t length);

#endif
