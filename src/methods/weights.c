#include "methods/weights.h"

#include <math.h>
#include <string.h>

#include "base/parallel.h"
#include "base/simd.h"
#include "base/touch.h"
#include "kernels/sums.h"

#define TILE 16 /* positions whose terms are summed in gc_real before the sum is added in double */
#define WIDTH 8 /* channels that are summed at once, in registers */

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/* What a range of channels is summed for. */
struct summing {
    const struct gc_tensors *tensors;
    const struct gc_channel_sums *sums;
    bool reads_value; /* or the gradient alone */
    /* Adds the terms of `count` positions from p on, of `width` channels from k on. */
    void (*add_tile)(const struct summing *summing, size_t p, size_t count, size_t k, size_t width);
};

/* Reads ahead all that the tiles at `count` positions from p on need. */
static void touch(const struct summing *s, size_t p, size_t count) {
    const struct gc_tensors *t = s->tensors;
    const size_t at = p * t->channels, bytes = count * t->channels * sizeof *t->gradient;
    gc_touch(t->gradient + at, bytes);
    if (s->reads_value)
        gc_touch(t->value + at, bytes);
}

/* Channels WIDTH * first .. WIDTH * end - 1 at all positions. The order of the additions is the
 * same with any number of threads. */
static void sum_range(void *context, size_t first, size_t end) {
    const struct summing *s = context;
    const struct gc_tensors *t = s->tensors;
    const size_t last = smaller(WIDTH * end, t->channels);
    for (size_t p = 0; p < t->positions; p += TILE) {
        const size_t count = smaller(TILE, t->positions - p);
        if (first == 0 && last == t->channels)
            touch(s, p, count);
        for (size_t k = WIDTH * first; k < last; k += WIDTH)
            s->add_tile(s, p, count, k, smaller(WIDTH, last - k));
    }
}

static void sum(const struct summing *summing) {
    gc_parallel_ranges(sum_range, (void *)summing, (summing->tensors->channels + WIDTH - 1) / WIDTH,
                       1);
}

static void add_to(double *sums, const gc_real *block, size_t width) {
    for (size_t i = 0; i < width; i++)
        sums[i] += (double)block[i];
}

/* ---- Sums over the positions ---- */

static void everything_tile(const struct summing *s, size_t p, size_t count, size_t k,
                            size_t width) {
    gc_real gradient[WIDTH] = {0}, total[WIDTH] = {0}, size[WIDTH] = {0}, product[WIDTH] = {0};
    const struct gc_tensors *t = s->tensors;
    const gc_real *gradients = t->gradient + p * t->channels + k;
    const gc_real *values = t->value + p * t->channels + k;
    for (; count > 0; count--, gradients += t->channels, values += t->channels)
        for (size_t i = 0; i < width; i++) {
            const gc_real g = gradients[i], a = values[i];
            gradient[i] += g;
            total[i] += a;
            size[i] += a < 0 ? -a : a;
            product[i] += g * a;
        }
    add_to(s->sums->gradient + k, gradient, width);
    add_to(s->sums->total + k, total, width);
    add_to(s->sums->size + k, size, width);
    add_to(s->sums->product + k, product, width);
}

#ifndef GC_DOUBLE
#define VECTORS (WIDTH / GC_LANES)

/* What everything_tile does, for WIDTH channels. */
static void everything_vectors(const struct summing *s, size_t p, size_t count, size_t k) {
    gc_f4 gradient[VECTORS] = {{0}}, total[VECTORS] = {{0}};
    gc_f4 size[VECTORS] = {{0}}, product[VECTORS] = {{0}};
    const size_t channels = s->tensors->channels;
    const float *gradients = s->tensors->gradient + p * channels + k;
    const float *values = s->tensors->value + p * channels + k;
    for (; count > 0; count--, gradients += channels, values += channels)
        for (size_t v = 0; v < VECTORS; v++) {
            const gc_f4 g = gc_f4_load(gradients + v * GC_LANES);
            const gc_f4 a = gc_f4_load(values + v * GC_LANES);
            gradient[v] += g;
            total[v] += a;
            size[v] += gc_f4_abs(a);
            product[v] += g * a;
        }
    gc_add_vectors(s->sums->gradient + k, gradient, VECTORS);
    gc_add_vectors(s->sums->total + k, total, VECTORS);
    gc_add_vectors(s->sums->size + k, size, VECTORS);
    gc_add_vectors(s->sums->product + k, product, VECTORS);
}
#endif

static void add_everything(const struct summing *s, size_t p, size_t count, size_t k,
                           size_t width) {
#ifndef GC_DOUBLE
    if (width == WIDTH)
        everything_vectors(s, p, count, k);
    else
#endif
        everything_tile(s, p, count, k, width);
}

static void add_product(const struct summing *s, size_t p, size_t count, size_t k, size_t width) {
    gc_real product[WIDTH] = {0};
    const struct gc_tensors *t = s->tensors;
    const gc_real *gradients = t->gradient + p * t->channels + k;
    const gc_real *values = t->value + p * t->channels + k;
    if (width == WIDTH)
        for (; count > 0; count--, gradients += t->channels, values += t->channels)
            for (size_t i = 0; i < WIDTH; i++)
                product[i] += gradients[i] * values[i];
    for (; count > 0; count--, gradients += t->channels, values += t->channels)
        for (size_t i = 0; i < width; i++)
            product[i] += gradients[i] * values[i];
    add_to(s->sums->product + k, product, width);
}

void gc_sum_channels(const struct gc_channel_sums *sums, const struct gc_tensors *t,
                     enum gc_summed summed) {
    if (summed == GC_SUM_GRADIENT) {
        gc_sum_positions(sums->gradient, t->gradient, t->positions, t->channels);
        return;
    }
    if (summed == GC_SUM_PRODUCT) {
        memset(sums->product, 0, t->channels * sizeof *sums->product);
        sum(&(struct summing){t, sums, true, add_product});
        return;
    }
    double *const all[] = {sums->gradient, sums->total, sums->size, sums->product};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        memset(all[i], 0, t->channels * sizeof *all[i]);
    sum(&(struct summing){t, sums, true, add_everything});
}

int32_t gc_cancelled_channels(const struct gc_channel_sums *sums, size_t channels) {
    int32_t count = 0;
    for (size_t k = 0; k < channels; k++)
        count += fabs(sums->total[k]) < sums->size[k] / 100;
    return count;
}

/* ---- Weights ---- */

void gc_mean_weights(gc_real *weights, const struct gc_tensors *t,
                     const struct gc_channel_sums *sums) {
    for (size_t k = 0; k < t->channels; k++)
        weights[k] = (gc_real)(sums->gradient[k] / (double)t->positions);
}

void gc_axiom_weights(gc_real *weights, const struct gc_tensors *t,
                      const struct gc_channel_sums *sums) {
    for (size_t k = 0; k < t->channels; k++)
        weights[k] = (gc_real)(sums->product[k] / (sums->total[k] + 1e-7));
}

void gc_ablation_weights(gc_real *weights, const struct gc_tensors *t,
                         const struct gc_channel_sums *sums) {
    for (size_t k = 0; k < t->channels; k++)
        weights[k] = (gc_real)(sums->product[k] / t->score);
}

/* alpha g = g^3 / (2 g^2 + T g^3 + 1e-6) */
static void plus_plus_tile(const struct summing *s, size_t p, size_t count, size_t k,
                           size_t width) {
    gc_real block[WIDTH] = {0}, total[WIDTH] = {0};
    const struct gc_tensors *t = s->tensors;
    const gc_real *gradients = t->gradient + p * t->channels + k;
    for (size_t i = 0; i < width; i++)
        total[i] = (gc_real)s->sums->total[k + i];
    for (; count > 0; count--, gradients += t->channels)
        for (size_t i = 0; i < width; i++) {
            const gc_real g = gradients[i] < 0 ? 0 : gradients[i], square = g * g;
            block[i] += square / (square * (2 + total[i] * g) + (gc_real)1e-6) * g;
        }
    add_to(s->sums->scratch + k, block, width);
}

#ifndef GC_DOUBLE
/* What plus_plus_tile does, for WIDTH channels. */
static void plus_plus_vectors(const struct summing *s, size_t p, size_t count, size_t k) {
    const gc_f4 zero = {0}, two = gc_f4_splat(2), small = gc_f4_splat(1e-6f);
    gc_f4 block[VECTORS] = {{0}}, total[VECTORS];
    const size_t channels = s->tensors->channels;
    const float *gradients = s->tensors->gradient + p * channels + k;
    for (size_t v = 0; v < VECTORS; v++)
        total[v] = gc_f4_of(s->sums->total + k + v * GC_LANES);
    for (; count > 0; count--, gradients += channels)
        for (size_t v = 0; v < VECTORS; v++) {
            const gc_f4 g = gc_f4_max(gc_f4_load(gradients + v * GC_LANES), zero);
            const gc_f4 square = g * g;
            block[v] += square / (square * (two + total[v] * g) + small) * g;
        }
    gc_add_vectors(s->sums->scratch + k, block, VECTORS);
}
#endif

static void add_plus_plus(const struct summing *s, size_t p, size_t count, size_t k, size_t width) {
#ifndef GC_DOUBLE
    if (width == WIDTH)
        plus_plus_vectors(s, p, count, k);
    else
#endif
        plus_plus_tile(s, p, count, k, width);
}

void gc_plus_plus_weights(gc_real *weights, const struct gc_tensors *t,
                          const struct gc_channel_sums *sums) {
    memset(sums->scratch, 0, t->channels * sizeof *sums->scratch);
    sum(&(struct summing){t, sums, false, add_plus_plus});
    for (size_t k = 0; k < t->channels; k++)
        weights[k] = (gc_real)sums->scratch[k];
}
