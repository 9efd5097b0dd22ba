/* Resizing of pictures whose alpha is dropped. */
#ifndef GC_RESIZE_H
#define GC_RESIZE_H

#include "gradcam.h"

/* gc_image_resize of RGBA pixels whose alpha counts as 255, whatever it is. Keras drops alpha
 * before it resizes, so the colours of transparent pixels count like all others.
 *   out   [height][width] RGBA, opaque      in   [in_height][in_width] RGBA */
gc_status gc_resize_opaque(uint8_t *out, int32_t width, int32_t height, const uint8_t *in,
                           int32_t in_width, int32_t in_height, gc_filter filter);

#endif
