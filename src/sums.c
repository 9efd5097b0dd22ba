#include "sums.h"

#include <string.h>

#include "parallel.h"
#include "touch.h"

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

/* Sums of a tensor that is masked before or, without a step, as it is. */
struct sums {
    double *sums;
    const gc_real *tensor;
    gc_real *gradient; /* the same, to be masked */
    const gc_real *out;
    const struct gc_step *step;
    size_t positions, channels;
};

static void mask_rows(const struct sums *s, size_t at, size_t rows, size_t width) {
    for (size_t row = 0; row < rows; row++, at += s->channels)
        mask(s->gradient + at, s->out + at, s->step->min, s->step->max, width);
}

/* Channels CHANNELS * first .. CHANNELS * end - 1 at all positions: a sum has one order, however many threads
 * there are. */
static void sum_channels(void *context, size_t first, size_t end) {
    const struct sums *s = context;
    const size_t last = smaller(CHANNELS * end, s->channels);
    memset(s->sums + CHANNELS * first, 0, (last - CHANNELS * first) * sizeof *s->sums);
    for (size_t p = 0; p < s->positions; p += POSITIONS)
        for (size_t k = CHANNELS * first; k < last; k += CHANNELS) {
            const size_t rows = smaller(POSITIONS, s->positions - p), at = p * s->channels + k;
            const size_t width = smaller(CHANNELS, last - k);
            if (s->step != NULL)
                mask_rows(s, at, rows, width);
            add_block(s->sums + k, s->tensor + at, rows, width, s->channels);
        }
}

static void sum(struct sums *sums) {
    gc_parallel_ranges(sum_channels, sums, (sums->channels + CHANNELS - 1) / CHANNELS, 1);
}

void gc_sum_positions(double *sums, const gc_real *tensor, size_t count, size_t channels) {
    sum(&(struct sums){.sums = sums, .tensor = tensor, .positions = count, .channels = channels});
}

void gc_mask_clamp_and_sum(double *sums, gc_real *gradient, const gc_real *out,
                           const struct gc_step *step) {
    const size_t channels = (size_t)gc_shape_channels(&step->out);
    const size_t count = gc_shape_count(&step->out) / channels;
    sum(&(struct sums){sums, gradient, gradient, out, step, count, channels});
}

static void mask_range(void *context, size_t first, size_t end) {
    const struct sums *s = context;
    mask(s->gradient + first, s->out + first, s->step->min, s->step->max, end - first);
}

void gc_mask_clamp(gc_real *gradient, const gc_real *out, const struct gc_step *step) {
    gc_parallel_ranges(mask_range, &(struct sums){.gradient = gradient, .out = out, .step = step},
                       gc_shape_count(&step->out), GC_SMALLEST_RANGE);
}
