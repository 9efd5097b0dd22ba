/* Reading ahead, for kernels that do not go through memory in the order of its addresses. */
#ifndef GC_TOUCH_H
#define GC_TOUCH_H

#include <stddef.h>

#define GC_CACHE_LINE 64

/* Reads a byte of every cache line in a block of memory, in the order of the addresses. A processor
 * foresees this order, but not a kernel's order from pixel to pixel. */
static inline void gc_touch(const void *memory, size_t bytes) {
    for (size_t i = 0; i < bytes; i += GC_CACHE_LINE)
        (void)*((const volatile char *)memory + i);
}

#endif
