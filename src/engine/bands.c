#include "engine/bands.h"

#include <string.h>

#include "base/parallel.h"
#include "engine/arena.h"
#include "engine/profile.h"
#include "graph/window.h"

/* ---- The rows that a step needs ---- */

/* Rows *first .. *end - 1 of a step's output become the rows of its input that they need. */
static void rows_needed(const struct gc_step *step, int32_t *first, int32_t *end) {
    if (step->path->window == NULL)
        return;
    const struct gc_window *window = step->path->window(step);
    const int32_t from = gc_window_position(window, *first, 0);
    const int32_t to = gc_window_position(window, *end - 1, window->kernel - 1) + 1;
    *first = from < 0 ? 0 : from;
    *end = to > window->in ? window->in : to;
}

/* ---- One band after another ---- */

/* Inputs of a group in a chain, at most. */
#define MOST_INPUTS 4

/* How far the groups of a chain have come in a strip. The buffer behind group i holds the rows
 * first[i] .. done[i] - 1 of its output. */
struct progress {
    const struct gc_chain *chain;
    const struct gc_group *groups; /* the chain's */
    gc_real *const *tensors;       /* NULL while rows are only counted */
    gc_gates *const *gates;
    int32_t strip;
    int32_t first[GC_MAX_CHAIN], done[GC_MAX_CHAIN];
    int32_t most[GC_MAX_CHAIN]; /* rows that the buffer held at a time */
};

static size_t row_size(const struct gc_group *group) {
    const gc_shape *out = &group->step.out;
    return (size_t)out->dims[1] * (size_t)out->dims[2];
}

/* The bytes of the buffer that a strip has behind group i. */
static size_t strip_bytes(const struct gc_chain *chain, const struct gc_group *group, int32_t i) {
    return gc_tensor_bytes((size_t)chain->rows[i] * row_size(group));
}

static gc_real *buffer_of(const struct progress *p, int32_t i) {
    char *buffers = (char *)p->tensors[p->groups[i].output];
    return (gc_real *)(buffers + (size_t)p->strip * strip_bytes(p->chain, &p->groups[i], i));
}

/* What group i gives. */
static struct gc_band band_of(const struct progress *p, int32_t i) {
    if (p->chain->keeps || i + 1 == p->chain->count)
        return gc_whole(p->tensors[p->groups[i].output]);
    return (struct gc_band){buffer_of(p, i), p->first[i]};
}

/* Drops the rows of group i's output that the next group has no more use for. */
static void drop_rows(struct progress *p, int32_t i) {
    int32_t first = p->done[i + 1], end = first + 1;
    rows_needed(&p->groups[i + 1].step, &first, &end);
    const int32_t kept = p->done[i] - first, dropped = first - p->first[i];
    if (dropped <= 0)
        return;
    if (p->tensors != NULL && kept > 0) {
        gc_real *buffer = buffer_of(p, i);
        const size_t row = row_size(&p->groups[i]);
        memmove(buffer, buffer + (size_t)dropped * row, (size_t)kept * row * sizeof *buffer);
    }
    p->first[i] = first;
    p->done[i] = kept > 0 ? p->done[i] : first;
}

/* Whether input n of group i is what the group before gives. */
static bool is_band(const struct progress *p, int32_t i, int32_t n) {
    return i > 0 && p->groups[i].inputs[n] == p->groups[i - 1].output;
}

/* Whether no rows are dropped. While rows are only counted they are, because what matters is how
 * many rows of each tensor a band touches. */
static bool is_whole(const struct progress *p) { return p->chain->keeps && p->tensors != NULL; }

/* Computes rows done .. end - 1 of group i's output. */
static void run_rows(const struct progress *p, int32_t i, int32_t end) {
    const struct gc_group *group = &p->groups[i];
    const struct gc_step *step = &group->step;
    const struct gc_band out = band_of(p, i);
    struct gc_band in[MOST_INPUTS];
    for (int32_t n = 0; n < group->input_count; n++)
        in[n] = is_band(p, i, n) ? band_of(p, i - 1) : gc_whole(p->tensors[group->inputs[n]]);
    (void)GC_PROFILED(step, false,
                      (step->path->forward_rows(step, out, in, p->done[i], end), GC_OK));
    if (p->chain->keeps && gc_group_is_clamped(group)) {
        const size_t row = row_size(group);
        gc_gates_note(p->gates[group->output], out.data, step, (size_t)p->done[i] * row,
                      (size_t)end * row);
    }
}

/* Completes the rows of group i's output up to row end - 1, and before that the rows of the groups
 * before that they need. */
static void complete(struct progress *p, int32_t i, int32_t end) {
    if (i + 1 < p->chain->count && !is_whole(p))
        drop_rows(p, i);
    int32_t first = p->done[i], in_end = end;
    if (first >= end)
        return;
    rows_needed(&p->groups[i].step, &first, &in_end);
    if (i > 0)
        complete(p, i - 1, in_end);
    if (p->tensors != NULL)
        run_rows(p, i, end);
    p->done[i] = end;
    if (end - p->first[i] > p->most[i])
        p->most[i] = end - p->first[i];
}

static int32_t strip_start(const struct progress *p, int32_t strip) {
    const int32_t rows = p->groups[p->chain->count - 1].step.out.dims[0];
    return (int32_t)gc_part_start((size_t)rows, (size_t)p->chain->strips, (size_t)strip);
}

static void run_strip(struct progress *p, int32_t strip) {
    const int32_t last = p->chain->count - 1, end = strip_start(p, strip + 1);
    memset(p->first, 0, sizeof p->first);
    memset(p->done, 0, sizeof p->done);
    p->strip = strip;
    p->done[last] = strip_start(p, strip);
    while (p->done[last] < end) {
        const int32_t left = end - p->done[last];
        complete(p, last, p->done[last] + (left < p->chain->height ? left : p->chain->height));
    }
    for (int32_t i = 0; i < last && is_whole(p); i++) /* rows that no window sees */
        complete(p, i, p->groups[i].step.out.dims[0]);
}

static void run_strip_task(void *context, size_t strip) {
    struct progress progress = *(const struct progress *)context;
    run_strip(&progress, (int32_t)strip);
}

void gc_chain_run(const struct gc_chain *chain, const struct gc_group *groups,
                  gc_real *const *tensors, gc_gates *const *gates) {
    struct progress progress = {
        .chain = chain, .groups = groups + chain->first, .tensors = tensors, .gates = gates};
    gc_parallel(run_strip_task, &progress, (size_t)chain->strips);
}

/* ---- Finding chains ---- */

static bool is_picture(const gc_shape *shape) { return shape->rank == 3; }

static bool takes_rows(const struct gc_group *group) {
    const struct gc_step *step = &group->step;
    return step->path != NULL && step->path->forward_rows != NULL &&
           group->input_count <= MOST_INPUTS && is_picture(&step->out);
}

/* Whether the group can take a band of the value as one of its inputs. */
static bool takes_band(const struct gc_group *group, int32_t value) {
    const struct gc_step *step = &group->step;
    for (int32_t n = 0; n < group->input_count; n++)
        if (group->inputs[n] == value)
            return step->path->window != NULL || gc_shape_equal(&step->in[n], &step->out);
    return false;
}

/* Whether the next group alone reads a group's output, which is too large for a cache. A chain that
 * goes on behind a smaller output would have smaller bands, and gain nothing. */
static bool leads_on(const struct gc_graph *graph, const struct gc_group *group, size_t limit) {
    const struct gc_group *next = group + 1;
    return graph->values[group->output].consumers == 1 &&
           gc_tensor_bytes(gc_shape_count(&group->step.out)) > limit && takes_rows(next) &&
           takes_band(next, group->output);
}

size_t gc_chain_bytes(const struct gc_chain *chain, const struct gc_group *groups, int32_t i) {
    return (size_t)chain->strips * strip_bytes(chain, &groups[chain->first + i], i);
}

/* Counts the rows that bands of a height need. Returns the bytes of a strip's buffers. */
static size_t measure(struct gc_chain *chain, const struct gc_group *groups, int32_t height) {
    struct progress progress = {.chain = chain, .groups = groups + chain->first};
    size_t bytes = 0;
    chain->height = height;
    for (int32_t strip = 0; strip < chain->strips; strip++)
        run_strip(&progress, strip);
    memcpy(chain->rows, progress.most, sizeof chain->rows);
    for (int32_t i = 0; i + 1 < chain->count; i++)
        bytes += strip_bytes(chain, &progress.groups[i], i);
    return bytes;
}

/* Strips with fewer rows compute too many rows twice. The threads share each step's rows then. */
#define STRIP_ROWS 8

void gc_chain_find(struct gc_chain *chain, const struct gc_graph *graph,
                   const struct gc_group *groups, int32_t group_count, int32_t first,
                   const uint8_t *kept, bool keeps, const struct gc_band_limits *limits) {
    *chain = (struct gc_chain){.first = first, .count = 1, .keeps = keeps, .strips = 1};
    if (!takes_rows(&groups[first]))
        return;
    for (const struct gc_group *group = &groups[first];
         chain->count < GC_MAX_CHAIN && first + chain->count < group_count &&
         (keeps || !kept[group->output]) && leads_on(graph, group, limits->bytes);
         group++)
        chain->count++;
    int32_t height = groups[first + chain->count - 1].step.out.dims[0];
    if (chain->count == 1)
        return;
    chain->strips = height / STRIP_ROWS >= limits->strips ? limits->strips : 1;
    do
        height = (height + 1) / 2;
    while (measure(chain, groups, height) > limits->bytes && height > 1);
}
