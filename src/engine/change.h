/* Changes of an input, as explanations by many runs and metrics of maps need them. Noise and the
 * values that a formula gives are the same on every machine. */
#ifndef GC_CHANGE_H
#define GC_CHANGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/real.h"

/* An input, or what a change makes of it. */
struct gc_changed {
    size_t rows, columns, channels;
    const float *input;    /* [rows][columns][channels] */
    const float *baseline; /* the same, what an input without content is taken to be */
    gc_real *changed;      /* receives the changed input */
};

/* changed = baseline + share (input - baseline) */
void gc_change_mix(const struct gc_changed *c, double share);

/* changed(y, x, c) = baseline + mask(y, x) (input - baseline), exactly the input where the mask is
 * 1 and the baseline where it is 0.
 *   mask   [rows][columns] */
void gc_change_mask(const struct gc_changed *c, const gc_real *mask);

/* changed(i) = input(i) + noise(i), with values u of gc_uniform for this seed and `sample` and
 *     bell      noise(i) = amount sqrt(3) (u(4i) + u(4i+1) + u(4i+2) + u(4i+3) - 2), whose mean is
 *               0 and whose deviation is `amount`
 *     uniform   noise(i) = amount (2 u(i) - 1) */
void gc_change_bell(const struct gc_changed *c, double amount, uint32_t seed, uint32_t sample);
void gc_change_uniform(const struct gc_changed *c, double amount, uint32_t seed, uint32_t sample);

/* A value in 0 .. 1, below 1, of element `index` of stream `stream`. It is a hash of the three
 * numbers, by which no state is kept. */
double gc_uniform(uint32_t seed, uint32_t stream, uint32_t index);

/* Enlarges or shrinks a map and cuts a window out of it.
 *     mask(y, x) = the map at c(y + top, rows), c(x + left, columns), linear between positions,
 *     where c(i, n) = (i + 0.5) n / full - 0.5, held to 0 .. n - 1
 *   mask   [out_rows][out_columns]
 *   map    [rows][columns] */
struct gc_window {
    size_t rows, columns;           /* of the map */
    size_t full_rows, full_columns; /* to which the map is resized */
    size_t top, left;               /* of the window */
    size_t out_rows, out_columns;
};
void gc_resize_map(gc_real *mask, const float *map, const struct gc_window *window);

#endif
