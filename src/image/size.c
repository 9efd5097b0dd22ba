#include "image/size.h"

#include "base/error.h"

gc_status gc_check_image_size(const char *which, int32_t width, int32_t height) {
    if (width < 1 || height < 1)
        return gc_fail(GC_INVALID_ARGUMENT,
                       "the %s picture has %d x %d pixels; it needs at least 1 x 1", which,
                       (int)width, (int)height);
    if (width > GC_MAX_IMAGE_SIDE || height > GC_MAX_IMAGE_SIDE ||
        width > GC_MAX_IMAGE_PIXELS / height)
        return gc_fail(
            GC_TOO_LARGE,
            "the %s picture has %d x %d pixels; at most %d in all and %d a side are allowed", which,
            (int)width, (int)height, GC_MAX_IMAGE_PIXELS, GC_MAX_IMAGE_SIDE);
    return GC_OK;
}
