#include "kernels/regions.h"

#include "base/memory.h"

/* ---- Along one axis ---- */

#define MOST_TAPS 64

/* The backward pass has regions of its own for each of stride x stride positions. */
#define LARGEST_STRIDE 64

/* Positions along an axis that have the same taps. */
struct run {
    int32_t at, count; /* the first position, and how many */
    int32_t from;      /* where the first position begins to read */
    uint64_t taps;     /* a bit for each */
};

struct axis {
    const struct gc_window *window;
    bool is_backward;
    struct run *runs;
    int32_t count;
};

static int32_t positions_of(const struct axis *axis) {
    return axis->is_backward ? axis->window->in : axis->window->out;
}

/* Positions so far apart may have the same taps. */
static int32_t step_of(const struct axis *axis) {
    return axis->is_backward ? axis->window->stride : 1;
}

/* Where a position reads for a tap, or -1. The taps of the backward pass are turned, so that both
 * directions read onwards. */
static int32_t source_of(const struct axis *axis, int32_t position, int32_t tap) {
    const struct gc_window *window = axis->window;
    if (axis->is_backward)
        return gc_window_at(window, position, window->kernel - 1 - tap);
    const int32_t source = gc_window_position(window, position, tap);
    return source < window->in ? source : -1;
}

static struct run run_at(const struct axis *axis, int32_t position) {
    struct run run = {.at = position, .count = 1};
    for (int32_t tap = axis->window->kernel - 1; tap >= 0; tap--) {
        const int32_t source = source_of(axis, position, tap);
        if (source < 0)
            continue;
        run.taps |= (uint64_t)1 << tap;
        run.from = source;
    }
    return run;
}

/* Divides the positions into runs. The caller releases them. */
static gc_status find_runs(struct axis *axis) {
    const int32_t positions = positions_of(axis), step = step_of(axis);
    axis->runs = gc_allocate((size_t)positions, sizeof *axis->runs);
    if (axis->runs == NULL)
        return gc_fail_memory((size_t)positions * sizeof *axis->runs, "a convolution's windows");
    for (int32_t phase = 0; phase < step && phase < positions; phase++)
        for (int32_t position = phase; position < positions; position += step) {
            const struct run run = run_at(axis, position);
            if (position > phase && axis->runs[axis->count - 1].taps == run.taps)
                axis->runs[axis->count - 1].count++;
            else
                axis->runs[axis->count++] = run;
        }
    return GC_OK;
}

/* ---- Along both ---- */

/* Adds a segment, or lengthens the region's last one. While the segments are only counted there is
 * no array of them, and `last` is all that is remembered. */
static void add_segment(struct gc_regions *r, struct gc_region *region, struct gc_segment *last,
                        struct gc_segment next) {
    if (region->segments > 0 && last->at + (size_t)last->length == next.at &&
        last->first + last->length == next.first) {
        last->length += next.length;
    } else {
        *last = next;
        region->segments++;
        r->segment_count++;
    }
    if (r->segments != NULL)
        r->segments[r->segment_count - 1] = *last;
}

static void add_region(struct gc_regions *r, const struct axis *rows, const struct run *y,
                       const struct axis *columns, const struct run *x) {
    struct gc_region region = {y->at,   x->at,   y->count,         x->count,
                               y->from, x->from, r->segment_count, 0};
    struct gc_segment last = {0};
    for (int32_t i = 0; i < rows->window->kernel; i++)
        for (int32_t j = 0; j < columns->window->kernel; j++) {
            if (!(y->taps >> i & 1 && x->taps >> j & 1))
                continue;
            const size_t row = (size_t)(source_of(rows, y->at, i) - y->from);
            const size_t column = (size_t)(source_of(columns, x->at, j) - x->from);
            const size_t pixel = row * (size_t)r->from_width + column;
            const int32_t tap = i * columns->window->kernel + j, channels = r->from_channels;
            add_segment(r, &region, &last,
                        (struct gc_segment){pixel * (size_t)channels, tap * channels, channels});
        }
    if (r->regions != NULL)
        r->regions[r->region_count] = region;
    r->region_count++;
}

static void add_regions(struct gc_regions *r, const struct axis *rows, const struct axis *columns) {
    r->region_count = r->segment_count = 0;
    for (int32_t y = 0; y < rows->count; y++)
        for (int32_t x = 0; x < columns->count; x++)
            add_region(r, rows, &rows->runs[y], columns, &columns->runs[x]);
}

/* Counts the regions and their segments first. */
static gc_status fill(struct gc_regions *r, const struct axis *rows, const struct axis *columns) {
    add_regions(r, rows, columns);
    r->regions = gc_allocate((size_t)r->region_count, sizeof *r->regions);
    r->segments = gc_allocate((size_t)r->segment_count, sizeof *r->segments);
    if (r->regions == NULL || r->segments == NULL) {
        const size_t bytes = (size_t)r->region_count * sizeof *r->regions +
                             (size_t)r->segment_count * sizeof *r->segments;
        gc_regions_destroy(r);
        return gc_fail_memory(bytes, "a convolution's regions");
    }
    add_regions(r, rows, columns);
    return GC_OK;
}

static gc_status create(struct gc_regions *r, const struct gc_windows *windows, bool is_backward) {
    struct axis rows = {.window = &windows->rows, .is_backward = is_backward};
    struct axis columns = {.window = &windows->columns, .is_backward = is_backward};
    r->step_y = step_of(&rows);
    r->step_x = step_of(&columns);
    gc_status status = find_runs(&rows);
    if (status == GC_OK)
        status = find_runs(&columns);
    if (status == GC_OK)
        status = fill(r, &rows, &columns);
    gc_release(rows.runs);
    gc_release(columns.runs);
    return status;
}

static bool fits(const struct gc_window *window) {
    return window->kernel <= MOST_TAPS && window->stride <= LARGEST_STRIDE;
}

bool gc_regions_fit(const struct gc_windows *windows) {
    return fits(&windows->rows) && fits(&windows->columns);
}

gc_status gc_regions_create(struct gc_regions *regions, const struct gc_convolution *conv) {
    const struct gc_windows *windows = &conv->windows;
    *regions = (struct gc_regions){.from_step_y = windows->rows.stride,
                                   .from_step_x = windows->columns.stride,
                                   .width = windows->columns.out,
                                   .channels = conv->out,
                                   .from_width = windows->columns.in,
                                   .from_channels = conv->in};
    return create(regions, windows, false);
}

gc_status gc_regions_create_backward(struct gc_regions *regions,
                                     const struct gc_convolution *conv) {
    const struct gc_windows *windows = &conv->windows;
    *regions = (struct gc_regions){.from_step_y = 1,
                                   .from_step_x = 1,
                                   .width = windows->columns.in,
                                   .channels = conv->in,
                                   .from_width = windows->columns.out,
                                   .from_channels = conv->out};
    return create(regions, windows, true);
}

void gc_regions_destroy(struct gc_regions *regions) {
    gc_release(regions->regions);
    gc_release(regions->segments);
    *regions = (struct gc_regions){0};
}
