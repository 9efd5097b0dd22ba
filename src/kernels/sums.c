#include "kernels/sums.h"

#include <string.h>

#include "base/parallel.h"
#include "base/simd.h"
#include "base/touch.h"

#define POSITIONS 16 /* whose values are summed in gc_real before the sum is added in double */
#define CHANNELS 16  /* summed at once, in registers */

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/* Sums of a tensor. With gates, these are applied to the tensor first. */
struct sums {
    double *sums;
    const gc_real *tensor;
    gc_real *gradient; /* the tensor again, where there are gates */
    const gc_gates *gates;
    size_t positions, channels;
};

/* Applies the gates of values at .. at + count - 1. */
static void apply(const struct sums *s, size_t at, size_t count) {
    for (size_t i = at; i < at + count; i++)
        s->gradient[i] = gc_gate_is_open(s->gates, i) ? s->gradient[i] : 0;
}

/* sums [width] += tensor [count][width] over the positions from value `at` on. Gates are applied
 * first. */
static void add_block(const struct sums *s, double *sums, size_t at, size_t count, size_t width) {
    gc_real block[CHANNELS] = {0};
    for (size_t p = 0; p < count; p++, at += s->channels) {
        if (s->gates != NULL)
            apply(s, at, width);
        for (size_t k = 0; k < width; k++)
            block[k] += s->tensor[at + k];
    }
    for (size_t k = 0; k < width; k++)
        sums[k] += (double)block[k];
}

#ifndef GC_DOUBLE
#define VECTORS (CHANNELS / GC_LANES)

/* What add_block does without gates, for CHANNELS channels. */
static void add_vectors(const struct sums *s, double *sums, size_t at, size_t count) {
    gc_f4 block[VECTORS] = {{0}};
    const float *tensor = s->tensor + at;
    for (size_t p = 0; p < count; p++, tensor += s->channels)
        for (size_t v = 0; v < VECTORS; v++)
            block[v] += gc_f4_load(tensor + v * GC_LANES);
    gc_add_vectors(sums, block, VECTORS);
}

/* What add_block does with gates, for CHANNELS channels. */
static void pass_vectors(const struct sums *s, double *sums, size_t at, size_t count) {
    gc_f4 block[VECTORS] = {{0}};
    for (size_t p = 0; p < count; p++, at += s->channels) {
        const gc_u4 gates = gc_gates_from(s->gates, at);
        float *gradient = s->gradient + at;
        for (uint32_t v = 0; v < VECTORS; v++, gradient += GC_LANES) {
            const gc_f4 passing = gc_gates_pass(gc_f4_load(gradient), gates, v);
            gc_f4_store(gradient, passing);
            block[v] += passing;
        }
    }
    gc_add_vectors(sums, block, VECTORS);
}
#endif

static void sum_block(const struct sums *s, double *sums, size_t at, size_t count, size_t width) {
#ifndef GC_DOUBLE
    if (width == CHANNELS && s->gates != NULL)
        pass_vectors(s, sums, at, count);
    else if (width == CHANNELS)
        add_vectors(s, sums, at, count);
    else
#endif
        add_block(s, sums, at, count, width);
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
            gc_touch(s->tensor + p * s->channels, count * s->channels * sizeof *s->tensor);
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

void gc_sum_passing(double *sums, gc_real *gradient, const gc_gates *gates, size_t count,
                    size_t channels) {
    sum(&(struct sums){sums, gradient, gradient, gates, count, channels});
}
