/* Gates of clamps, against the rule that a gradient passes between the bounds alone. */
#include "kernels/gates.h"
#include "kernels/sums.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CLAMPS 3

static const gc_real bounds[CLAMPS][2] = {
    {0, 6}, {0, (gc_real)INFINITY}, {-(gc_real)INFINITY, (gc_real)0.5}};

/* An output with values on both bounds, beyond them and between, and one that is no number. */
static gc_real output_at(size_t i) {
    static const gc_real values[11] = {0, 3, 6, -1, (gc_real)0.5, 7, (gc_real)NAN, (gc_real)1e-30};
    return values[i * i % 11];
}

struct gated {
    size_t count;
    struct gc_step step;
    gc_real *out, *gradient, *expected;
    gc_gates *gates;
};

static bool make(struct gated *g, size_t positions, size_t channels, size_t clamp) {
    const size_t count = positions * channels;
    *g = (struct gated){.count = count};
    g->step.out = (gc_shape){2, {(int32_t)positions, (int32_t)channels}};
    g->step.min = bounds[clamp][0];
    g->step.max = bounds[clamp][1];
    g->out = calloc(count, sizeof *g->out);
    g->gradient = calloc(count, sizeof *g->gradient);
    g->expected = calloc(count, sizeof *g->expected);
    g->gates = malloc(gc_gates_count(count) * sizeof *g->gates);
    if (!EXPECT(g->out && g->gradient && g->expected && g->gates))
        return false;
    memset(g->gates, 0xff, gc_gates_count(count) * sizeof *g->gates);
    for (size_t i = 0; i < count; i++) {
        g->out[i] = output_at(i);
        g->gradient[i] = (gc_real)sin((double)i) - (gc_real)0.2;
        const bool passes = g->out[i] > g->step.min && g->out[i] < g->step.max;
        g->expected[i] = passes ? g->gradient[i] : 0;
    }
    return true;
}

static void release(struct gated *g) {
    free(g->out);
    free(g->gradient);
    free(g->expected);
    free(g->gates);
}

TEST(a_gradient_passes_between_the_bounds_alone) {
    static const size_t counts[] = {1, 3, 127, 128, 129, 1000, 128 * 200 + 5};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        for (size_t clamp = 0; clamp < CLAMPS; clamp++) {
            struct gated g;
            if (make(&g, counts[i], 1, clamp)) {
                gc_gates_note(g.gates, g.out, &g.step, 0, g.count);
                gc_gates_apply(g.gradient, g.gates, g.count);
                EXPECT_BYTES(g.gradient, g.expected, g.count * sizeof *g.gradient);
            }
            release(&g);
        }
}

TEST(gates_are_the_same_if_they_are_noted_piece_by_piece) {
    for (size_t piece = 1; piece < 100; piece += 11) {
        struct gated g;
        if (make(&g, 1003, 1, 0)) {
            for (size_t first = 0; first < g.count; first += piece)
                gc_gates_note(g.gates, g.out, &g.step, first,
                              first + piece < g.count ? first + piece : g.count);
            gc_gates_apply(g.gradient, g.gates, g.count);
            EXPECT_BYTES(g.gradient, g.expected, g.count * sizeof *g.gradient);
        }
        release(&g);
    }
}

#define MOST_CHANNELS 48

TEST(sums_behind_gates_are_sums_of_what_passes) {
    static const size_t channels[] = {1, 4, 16, 18, 20, 33, MOST_CHANNELS};
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++)
        for (size_t clamp = 0; clamp < CLAMPS; clamp++) {
            double sums[MOST_CHANNELS], expected[MOST_CHANNELS];
            struct gated g;
            if (make(&g, 101, channels[i], clamp)) {
                gc_gates_note(g.gates, g.out, &g.step, 0, g.count);
                gc_sum_passing(sums, g.gradient, g.gates, 101, channels[i]);
                gc_sum_positions(expected, g.expected, 101, channels[i]);
                EXPECT_BYTES(g.gradient, g.expected, g.count * sizeof *g.gradient);
                EXPECT_BYTES(sums, expected, channels[i] * sizeof *sums);
            }
            release(&g);
        }
}
