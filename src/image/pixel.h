/* Arithmetic of 8-bit pixels. */
#ifndef GC_PIXEL_H
#define GC_PIXEL_H

#include <stdint.h>

/* value / 255, rounded, for values below 2^16. It brings a product of two bytes back to a byte. */
static inline uint8_t gc_divide_by_255(uint32_t value) {
    value += 128;
    return (uint8_t)((value + (value >> 8)) >> 8);
}

#endif
