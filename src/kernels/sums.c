#include "kernels/sums.h"

#include <string.h>

#include "base/parallel.h"
#include "base/simd.h"
#include "base/touch.h"

#define POSITIONS 16 /* whose values are summed in gc_real before the sum is added in double */
#define CHANNELS 16  /* summed at once, in registers */

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/* gradient [count] = 0 where out [count] lies on a bound */
static void mask(gc_real *restrict gradient, const gc_real *restrict out, gc_real min, gc_real max,
                 size_t count) {
    for (size_t i = 0; i < count; i++) {
        const gc_real passing = gradient[i]; /* always read, to choose a value without a branch */
        gradient[i] = out[i] > min && out[i] < max ? passing : 0;
    }
}

/* Sums of a tensor. With a step, the step's clamp masks the tensor first. */
struct sums {
    double *sums;
    const gc_real *tensor;
    gc_real *gradient; /* the tensor again, where it is to be masked */
    const gc_real *out;
    const struct gc_step *step;
    size_t positions, channels;
};

/* sums [width] += tensor [count][width] over the positions from value `at` on, masked first if
 * there is a step. */
static void add_block(const struct sums *s, double *sums, size_t at, size_t count, size_t width) {
    gc_real block[CHANNELS] = {0};
    for (size_t p = 0; p < count; p++, at += s->channels) {
        if (s->step != NULL)
            mask(s->gradient + at, s->out + at, s->step->min, s->step->max, width);
        for (size_t k = 0; k < width; k++)
            block[k] += s->tensor[at + k];
    }
    for (size_t k = 0; k < width; k++)
        sums[k] += (double)block[k];
}

#ifndef GC_DOUBLE
#define VECTORS (CHANNELS / GC_LANES)

/* What add_block does without a step, for CHANNELS channels. */
static void add_vectors(const struct sums *s, double *sums, size_t at, size_t count) {
    gc_f4 block[VECTORS] = {{0}};
    const float *tensor = s->tensor + at;
    for (size_t p = 0; p < count; p++, tensor += s->channels)
        for (size_t v = 0; v < VECTORS; v++)
            block[v] += gc_f4_load(tensor + v * GC_LANES);
    gc_add_vectors(sums, block, VECTORS);
}

/* What add_block does with a step, for CHANNELS channels. */
static void mask_vectors(const struct sums *s, double *sums, size_t at, size_t count) {
    const gc_f4 min = gc_f4_splat(s->step->min), max = gc_f4_splat(s->step->max);
    gc_f4 block[VECTORS] = {{0}};
    float *gradient = s->gradient + at;
    const float *out = s->out + at;
    for (size_t p = 0; p < count; p++, gradient += s->channels, out += s->channels)
        for (size_t v = 0; v < VECTORS; v++) {
            const gc_f4 passing = gc_f4_between(gc_f4_load(gradient + v * GC_LANES),
                                                gc_f4_load(out + v * GC_LANES), min, max);
            gc_f4_store(gradient + v * GC_LANES, passing);
            block[v] += passing;
        }
    gc_add_vectors(sums, block, VECTORS);
}
#endif

static void sum_block(const struct sums *s, double *sums, size_t at, size_t count, size_t width) {
#ifndef GC_DOUBLE
    if (width == CHANNELS && s->step != NULL)
        mask_vectors(s, sums, at, count);
    else if (width == CHANNELS)
        add_vectors(s, sums, at, count);
    else
#endif
        add_block(s, sums, at, count, width);
}

/* Reads ahead all that the blocks at `count` positions from p on need. */
static void touch(const struct sums *s, size_t p, size_t count) {
    const size_t bytes = count * s->channels * sizeof *s->tensor;
    gc_touch(s->tensor + p * s->channels, bytes);
    if (s->step != NULL)
        gc_touch(s->out + p * s->channels, bytes);
}

/* Channels CHANNELS * first .. CHANNELS * end - 1 at all positions. The order of the additions is
 * the same with any number of threads. */
static void sum_channels(void *context, size_t first, size_t end) {
    const struct sums *s = context;
    const size_t last = smaller(CHANNELS * end, s->channels);
    memset(s->sums + CHANNELS * first, 0, (last - CHANNELS * first) * sizeof *s->sums);
    for (size_t p = 0; p < s->positions; p += POSITIONS) {
        const size_t count = smaller(POSITIONS, s->positions - p);
        if (last - CHANNELS * first == s->channels)
            touch(s, p, count);
        for (size_t k = CHANNELS * first; k < last; k += CHANNELS)
            sum_block(s, s->sums + k, p * s->channels + k, count, smaller(CHANNELS, last - k));
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
