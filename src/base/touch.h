/* Reading ahead, for kernels that go through memory in another order than it lies in. */
#ifndef GC_TOUCH_H
#define GC_TOUCH_H

#include <stddef.h>

#define GC_CACHE_LINE 64

/* Reads something of every line of the cache in a block of memory, in the order in which they lie: the
 * processor foresees that, but not a kernel's way from pixel to pixel. */
static inline void gc_touch(const void *memory, size_t bytes) {
    for (size_t i = 0; i < bytes; i += GC_CACHE_LINE)
        (void)*((const volatile char *)memory + i);
}

#endif
