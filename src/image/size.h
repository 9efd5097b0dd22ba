/* The limits of a picture's size. */
#ifndef GC_SIZE_H
#define GC_SIZE_H

#include "gradcam.h"

/* Fails with INVALID_ARGUMENT if a picture has no pixels, with TOO_LARGE if it exceeds
 * GC_MAX_IMAGE_SIDE or GC_MAX_IMAGE_PIXELS.
 *   which   names the picture in the error text: "PNG", "resized" */
gc_status gc_check_image_size(const char *which, int32_t width, int32_t height);

#endif
