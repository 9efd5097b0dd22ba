#include "kernels/gates.h"

#include "base/parallel.h"

/* What the threads share. They take whole gc_gates. */
struct pass {
    gc_gates *gates;
    gc_real *values; /* [count] */
    size_t count;
    gc_real min, max;
};

static void share(gc_range_task *task, struct pass *pass) {
    const size_t gates = (pass->count + GC_GATES - 1) / GC_GATES;
    gc_parallel_ranges(task, pass, gates, GC_SMALLEST_RANGE / GC_GATES);
}

/* How many of gates first .. end - 1 have all their values. The last ones of a tensor may not. */
static size_t whole_end(const struct pass *pass, size_t end) {
    const size_t whole = pass->count / GC_GATES;
    return whole < end ? whole : end;
}

/* The gates of `count` values. */
static gc_gates note_values(const gc_real *out, size_t count, gc_real min, gc_real max) {
    uint32_t gates = 0;
    for (size_t i = 0; i < count; i++)
        gates |= (uint32_t)(out[i] > min && out[i] < max) << i;
    return (gc_gates)gates;
}

static void note_range(void *context, size_t first, size_t end) {
    const struct pass *pass = context;
    const size_t whole = whole_end(pass, end);
    for (size_t i = first; i < whole; i++)
#ifdef GC_DOUBLE
        pass->gates[i] = note_values(pass->values + i * GC_GATES, GC_GATES, pass->min, pass->max);
#else
        pass->gates[i] = gc_f16_between(pass->values + i * GC_GATES, pass->min, pass->max);
#endif
    if (whole < end)
        pass->gates[whole] = note_values(pass->values + whole * GC_GATES, pass->count % GC_GATES,
                                         pass->min, pass->max);
}

void gc_gates_note(gc_gates *gates, const gc_real *out, const struct gc_step *step, size_t first,
                   size_t end) {
    const size_t start = first / GC_GATES, count = gc_shape_count(&step->out);
    const size_t until = end == count ? end : end / GC_GATES * GC_GATES;
    share(note_range, &(struct pass){gates + start, (gc_real *)out + start * GC_GATES,
                                     until - start * GC_GATES, step->min, step->max});
}

static void apply_values(const struct pass *pass, size_t first, size_t end) {
    for (size_t i = first; i < end; i++)
        pass->values[i] = gc_gate_is_open(pass->gates, i) ? pass->values[i] : 0;
}

static void apply_range(void *context, size_t first, size_t end) {
    const struct pass *pass = context;
    size_t whole = first;
#ifndef GC_DOUBLE
    for (whole = whole_end(pass, end); first < whole; first++) {
        float *gradient = pass->values + first * GC_GATES;
        const gc_u4 gates = gc_gates_from(pass->gates, first * GC_GATES);
        for (uint32_t v = 0; v < GC_GATES / GC_LANES; v++, gradient += GC_LANES)
            gc_f4_store(gradient, gc_gates_pass(gc_f4_load(gradient), gates, v));
    }
#endif
    apply_values(pass, whole * GC_GATES,
                 end * GC_GATES < pass->count ? end * GC_GATES : pass->count);
}

void gc_gates_apply(gc_real *gradient, const gc_gates *gates, size_t count) {
    share(apply_range,
          &(struct pass){.gates = (gc_gates *)gates, .values = gradient, .count = count});
}
