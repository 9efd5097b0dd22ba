#include "sums.h"

#include <string.h>

/* Positions whose values are added up in gc_real before the sum goes to double, and channels that this is
 * done for at once, so that they stay in the fastest cache. */
#define POSITIONS 16
#define CHANNELS 64

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/* sums [width] += tensor [count][width] over the positions, which are `channels` values apart */
static void add_block(double *restrict sums, const gc_real *restrict tensor, size_t count,
                      size_t width, size_t channels) {
    gc_real block[CHANNELS] = {0};
    for (size_t p = 0; p < count; p++)
        for (size_t k = 0; k < width; k++)
            block[k] += tensor[p * channels + k];
    for (size_t k = 0; k < width; k++)
        sums[k] += (double)block[k];
}

/* gradient [count]: 0 where out [count] lies on a bound */
static void mask(gc_real *restrict gradient, const gc_real *restrict out, gc_real min, gc_real max,
                 size_t count) {
    for (size_t i = 0; i < count; i++) {
        const gc_real passing = gradient[i]; /* read always: a choice of values, not a branch */
        gradient[i] = out[i] > min && out[i] < max ? passing : 0;
    }
}

void gc_sum_positions(double *sums, const gc_real *tensor, size_t count, size_t channels) {
    memset(sums, 0, channels * sizeof *sums);
    for (size_t p = 0; p < count; p += POSITIONS)
        for (size_t k = 0; k < channels; k += CHANNELS)
            add_block(sums + k, tensor + p * channels + k, smaller(POSITIONS, count - p),
                      smaller(CHANNELS, channels - k), channels);
}

void gc_mask_clamp(gc_real *gradient, const gc_real *out, const struct gc_step *step) {
    mask(gradient, out, step->min, step->max, gc_shape_count(&step->out));
}

void gc_mask_clamp_and_sum(double *sums, gc_real *gradient, const gc_real *out,
                           const struct gc_step *step) {
    const size_t channels = (size_t)gc_shape_channels(&step->out);
    const size_t count = gc_shape_count(&step->out) / channels;
    memset(sums, 0, channels * sizeof *sums);
    for (size_t p = 0; p < count; p += POSITIONS)
        for (size_t k = 0; k < channels; k += CHANNELS) {
            const size_t rows = smaller(POSITIONS, count - p), at = p * channels + k;
            const size_t width = smaller(CHANNELS, channels - k);
            for (size_t row = 0; row < rows; row++)
                mask(gradient + at + row * channels, out + at + row * channels, step->min,
                     step->max, width);
            add_block(sums + k, gradient + at, rows, width, channels);
        }
}
