/* A convolution as a matrix product.
 *
 * The value at a position is a sum over the taps of its window. Taps side by side are one segment
 * of the picture, and one segment of the kernel. At the edges some taps lie outside, where the
 * picture is zero. They are left out. The positions are divided into regions, whose windows have
 * the same taps. For a kernel of 3 x 3 and padding "same" these are nine:
 *
 *      +-------+---------------+-------+
 *      | 2 x 2 |     2 x 3     | 2 x 2 |
 *      +-------+---------------+-------+
 *      |       |               |       |
 *      | 3 x 2 |     3 x 3     | 3 x 2 |
 *      |       |               |       |
 *      +-------+---------------+-------+
 *      | 2 x 2 |     2 x 3     | 2 x 2 |
 *      +-------+---------------+-------+
 *
 * The gradient of the input is a sum over taps, too. With a stride of 2, every second position has
 * the same taps, and the regions lie between one another. */
#ifndef GC_REGIONS_H
#define GC_REGIONS_H

#include "kernels/convolution.h"

/* Values of a picture side by side, and the rows of the kernel that multiply them. */
struct gc_segment {
    size_t at;      /* values behind the first one that the position reads. The first has 0 */
    int32_t first;  /* row of the kernel */
    int32_t length; /* values, and rows of the kernel */
};

/* Positions whose windows have the same taps. */
struct gc_region {
    int32_t y, x, rows, columns; /* the first position, and how many */
    int32_t from_y, from_x;      /* where the first position begins to read */
    int32_t segment, segments;   /* the first one, and how many */
};

/* All positions of a picture. Zeroed it has none. */
struct gc_regions {
    int32_t step_y, step_x;            /* from one position of a region to the next */
    int32_t from_step_y, from_step_x;  /* from where one begins to read to where the next does */
    int32_t width, channels;           /* of the picture of the positions */
    int32_t from_width, from_channels; /* of the picture that is read */
    struct gc_region *regions;
    struct gc_segment *segments;
    int32_t region_count, segment_count;
};

/* Whether there are regions for these windows. Along an axis, a kernel has at most 64 taps, and a
 * stride is 64 at most. */
bool gc_regions_fit(const struct gc_windows *windows);

/* The regions of out. A row of the kernel is a channel of in at one of [k_h][k_w] taps. Fails with
 * OUT_OF_MEMORY. */
gc_status gc_regions_create(struct gc_regions *regions, const struct gc_convolution *conv);

/* The regions of the gradient of in. A row of the kernel is a channel of out at one of [k_h][k_w]
 * taps, the last tap first. */
gc_status gc_regions_create_backward(struct gc_regions *regions, const struct gc_convolution *conv);

/* Gives back what the regions hold and empties them. */
void gc_regions_destroy(struct gc_regions *regions);

#endif
