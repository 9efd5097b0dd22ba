/* EXIF: how the camera was held. */
#ifndef GC_EXIF_H
#define GC_EXIF_H

#include <stddef.h>
#include <stdint.h>

/* The orientation tag of a JPEG file (APP1 segment) or a PNG file (eXIf chunk), 1 to 8 as EXIF
 * numbers them. 1 is upright, and the answer where the tag is missing or damaged. A damaged tag
 * is no reason to refuse a picture. */
int gc_exif_orientation(const uint8_t *bytes, size_t length);

#endif
