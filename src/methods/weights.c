#include "methods/weights.h"

#include <math.h>

#include "base/parallel.h"
#include "base/simd.h"
#include "kernels/sums.h"

#define TILE 16  /* positions whose terms are summed in gc_real before the sum is added in double */
#define WIDTH 16 /* channels that are summed at once, in registers */

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/* A tile of both tensors, [count][width] values whose rows are `stride` apart. */
struct tile {
    const gc_real *gradient, *value;
    const double *totals; /* T [width], or NULL */
    size_t count, width, stride;
};

struct summing {
    const struct gc_tensors *tensors;
    const double *totals; /* T [channels], or NULL */
    double *sums, *more;  /* [channels], `more` is NULL where one sum is enough */
    /* Adds to sums [width] and more [width]. */
    void (*add_tile)(double *sums, double *more, const struct tile *tile);
};

static struct tile tile_at(const struct summing *s, size_t p, size_t k, size_t last) {
    const struct gc_tensors *t = s->tensors;
    const size_t at = p * t->channels + k;
    return (struct tile){
        .gradient = t->gradient + at,
        .value = t->value + at,
        .totals = s->totals == NULL ? NULL : s->totals + k,
        .count = smaller(TILE, t->positions - p),
        .width = smaller(WIDTH, last - k),
        .stride = t->channels,
    };
}

/* Channels WIDTH * first .. WIDTH * end - 1 at all positions. The order of the additions is the
 * same with any number of threads. */
static void sum_channels(void *context, size_t first, size_t end) {
    const struct summing *s = context;
    const size_t last = smaller(WIDTH * end, s->tensors->channels);
    for (size_t k = WIDTH * first; k < last; k++) {
        s->sums[k] = 0;
        if (s->more != NULL)
            s->more[k] = 0;
    }
    for (size_t p = 0; p < s->tensors->positions; p += TILE)
        for (size_t k = WIDTH * first; k < last; k += WIDTH) {
            const struct tile tile = tile_at(s, p, k, last);
            s->add_tile(s->sums + k, s->more == NULL ? NULL : s->more + k, &tile);
        }
}

static void sum(const struct summing *summing) {
    gc_parallel_ranges(sum_channels, (void *)summing,
                       (summing->tensors->channels + WIDTH - 1) / WIDTH, 1);
}

static void add_to(double *sums, const gc_real *block, size_t width) {
    for (size_t k = 0; k < width; k++)
        sums[k] += (double)block[k];
}

/* ---- Totals ---- */

GC_INLINE void totals_tile(double *totals, double *sizes, const struct tile *t, size_t width) {
    gc_real block[WIDTH] = {0}, size[WIDTH] = {0};
    for (size_t p = 0; p < t->count; p++)
        for (size_t k = 0; k < width; k++) {
            const gc_real a = t->value[p * t->stride + k];
            block[k] += a;
            size[k] += a < 0 ? -a : a;
        }
    add_to(totals, block, width);
    add_to(sizes, size, width);
}

/* A width that the compiler knows becomes vectors. */
static void add_totals(double *totals, double *sizes, const struct tile *t) {
    if (t->width == WIDTH)
        totals_tile(totals, sizes, t, WIDTH);
    else
        totals_tile(totals, sizes, t, t->width);
}

void gc_channel_totals(double *totals, double *sizes, const struct gc_tensors *t) {
    sum(&(struct summing){t, NULL, totals, sizes, add_totals});
}

int32_t gc_cancelled_channels(const double *totals, const double *sizes, size_t channels) {
    int32_t count = 0;
    for (size_t k = 0; k < channels; k++)
        count += fabs(totals[k]) < sizes[k] / 100;
    return count;
}

/* ---- The mean gradient ---- */

void gc_mean_weights(gc_real *weights, const struct gc_tensors *t, const double *totals,
                     double *sums) {
    (void)totals;
    gc_sum_positions(sums, t->gradient, t->positions, t->channels);
    for (size_t k = 0; k < t->channels; k++)
        weights[k] = (gc_real)(sums[k] / (double)t->positions);
}

/* ---- Grad-CAM++ ---- */

GC_INLINE void plus_plus_tile(double *sums, const struct tile *t, size_t width) {
    gc_real block[WIDTH] = {0}, totals[WIDTH];
    for (size_t k = 0; k < width; k++)
        totals[k] = (gc_real)t->totals[k];
    for (size_t p = 0; p < t->count; p++)
        for (size_t k = 0; k < width; k++) {
            const gc_real g = t->gradient[p * t->stride + k], square = g * g;
            const gc_real alpha = square / (2 * square + totals[k] * square * g + (gc_real)1e-6);
            block[k] += g > 0 ? alpha * g : 0;
        }
    add_to(sums, block, width);
}

static void add_plus_plus(double *sums, double *more, const struct tile *t) {
    (void)more;
    if (t->width == WIDTH)
        plus_plus_tile(sums, t, WIDTH);
    else
        plus_plus_tile(sums, t, t->width);
}

void gc_plus_plus_weights(gc_real *weights, const struct gc_tensors *t, const double *totals,
                          double *sums) {
    sum(&(struct summing){t, totals, sums, NULL, add_plus_plus});
    for (size_t k = 0; k < t->channels; k++)
        weights[k] = (gc_real)sums[k];
}

/* ---- XGrad-CAM ---- */

GC_INLINE void product_tile(double *sums, const struct tile *t, size_t width) {
    gc_real block[WIDTH] = {0};
    for (size_t p = 0; p < t->count; p++)
        for (size_t k = 0; k < width; k++)
            block[k] += t->gradient[p * t->stride + k] * t->value[p * t->stride + k];
    add_to(sums, block, width);
}

static void add_product(double *sums, double *more, const struct tile *t) {
    (void)more;
    if (t->width == WIDTH)
        product_tile(sums, t, WIDTH);
    else
        product_tile(sums, t, t->width);
}

void gc_axiom_weights(gc_real *weights, const struct gc_tensors *t, const double *totals,
                      double *sums) {
    sum(&(struct summing){t, NULL, sums, NULL, add_product});
    for (size_t k = 0; k < t->channels; k++)
        weights[k] = (gc_real)(sums[k] / (totals[k] + 1e-7));
}
