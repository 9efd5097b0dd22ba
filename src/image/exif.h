/* EXIF: which way up a picture was taken. */
#ifndef GC_EXIF_H
#define GC_EXIF_H

#include <stddef.h>
#include <stdint.h>

/* Orientation tag of a JPEG (APP1 segment) or PNG (eXIf chunk) file: 1, upright, to 8, as EXIF numbers
 * them. 1 as well where there is no such tag or one that cannot be read: a damaged tag is no reason to
 * refuse a picture. */
int gc_exif_orientation(const uint8_t *bytes, size_t length);

#endif
