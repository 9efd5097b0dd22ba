/* Colour maps by name. */
#ifndef GC_COLORMAP_H
#define GC_COLORMAP_H

#include "gradcam.h"

/* Finds a colour map by matplotlib's name.
 *   colors   receives [256][3]: matplotlib's R, G, B times 255, truncated. The value v has colour
 *            min(floor(v * 256), 255)
 * Fails with INVALID_ARGUMENT. The error text lists the names. */
gc_status gc_colormap_find(const uint8_t **colors, const char *name);

#endif
