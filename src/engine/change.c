#include "engine/change.h"

#include <math.h>

static size_t count_of(const struct gc_changed *c) { return c->rows * c->columns * c->channels; }

/* ---- Between the input and the baseline ---- */

static gc_real between(double baseline, double input, double share) {
    return (gc_real)(share == 1 ? input : baseline + share * (input - baseline));
}

void gc_change_mix(const struct gc_changed *c, double share) {
    gc_real *restrict changed = c->changed;
    const float *baseline = c->baseline, *input = c->input;
    const size_t count = count_of(c);
    for (size_t i = 0; i < count && share == 1; i++)
        changed[i] = input[i];
    for (size_t i = 0; i < count && share != 1; i++)
        changed[i] = between((double)baseline[i], (double)input[i], share);
}

void gc_change_mask(const struct gc_changed *c, const gc_real *mask) {
    for (size_t i = 0, pixels = c->rows * c->columns, value = 0; i < pixels; i++) {
        const double share = (double)mask[i];
        for (size_t end = value + c->channels; value < end; value++)
            c->changed[value] = between((double)c->baseline[value], (double)c->input[value], share);
    }
}

/* ---- Noise ---- */

/* A hash of 32 bits with good avalanche, by C. Wellons' search for such functions. */
static uint32_t hash(uint32_t x) {
    x = (x ^ (x >> 16)) * 0x7feb352du;
    x = (x ^ (x >> 15)) * 0x846ca68bu;
    return x ^ (x >> 16);
}

double gc_uniform(uint32_t seed, uint32_t stream, uint32_t index) {
    return hash(index + stream * 0x9e3779b9u + seed) / 4294967296.0;
}

void gc_change_bell(const struct gc_changed *c, double amount, uint32_t seed, uint32_t sample) {
    const double root = sqrt(3);
    for (size_t i = 0, count = count_of(c); i < count; i++) {
        double sum = 0;
        for (uint32_t j = 0; j < 4; j++)
            sum += gc_uniform(seed, sample, 4 * (uint32_t)i + j);
        c->changed[i] = (gc_real)c->input[i] + (gc_real)(float)(amount * (root * (sum - 2)));
    }
}

void gc_change_uniform(const struct gc_changed *c, double amount, uint32_t seed, uint32_t sample) {
    for (size_t i = 0, count = count_of(c); i < count; i++) {
        const double noise = amount * (2 * gc_uniform(seed, sample, (uint32_t)i) - 1);
        c->changed[i] = (gc_real)c->input[i] + (gc_real)(float)noise;
    }
}

/* ---- Masks ---- */

/* Where a line of values is read. `share` is the distance from `first` towards `next`, 0 .. 1. */
struct place {
    size_t first, next;
    double share;
};

static struct place place_of(size_t i, size_t count, size_t full) {
    double at = ((double)i + 0.5) * (double)count / (double)full - 0.5;
    at = at < 0 ? 0 : at;
    const size_t first = at < (double)count - 1 ? (size_t)at : count - 1;
    const size_t next = first + 1 < count ? first + 1 : first;
    return (struct place){first, next, next > first ? at - (double)first : 0};
}

static double along(const float *line, const struct place *x) {
    const double first = (double)line[x->first], next = (double)line[x->next];
    return first + x->share * (next - first);
}

/* Columns whose places are found once for all rows. */
#define CHUNK 64

/* Columns first .. first + count - 1 of the window. */
static void resize_columns(gc_real *mask, const float *map, const struct gc_window *w, size_t first,
                           size_t count) {
    struct place x[CHUNK];
    for (size_t i = 0; i < count; i++)
        x[i] = place_of(first + i + w->left, w->columns, w->full_columns);
    for (size_t row = 0; row < w->out_rows; row++) {
        const struct place y = place_of(row + w->top, w->rows, w->full_rows);
        const float *upper = map + y.first * w->columns, *lower = map + y.next * w->columns;
        gc_real *out = mask + row * w->out_columns + first;
        for (size_t i = 0; i < count; i++) {
            const double above = along(upper, &x[i]), below = along(lower, &x[i]);
            out[i] = (gc_real)(above + y.share * (below - above));
        }
    }
}

void gc_resize_map(gc_real *mask, const float *map, const struct gc_window *w) {
    for (size_t first = 0; first < w->out_columns; first += CHUNK) {
        const size_t left = w->out_columns - first;
        resize_columns(mask, map, w, first, left < CHUNK ? left : CHUNK);
    }
}
