/* Values of the input by an index along each axis (slices, keras.ops.take, pad, repeat and tile).
 *   in, din     [n_0][n_1] ...
 *   out, dout   [m_0][m_1] ...
 *   out(i, j, ...) = in(source_0(i), source_1(j), ...), or a constant where a source is NONE
 *   din = the sum of dout over the outputs that take the value
 * An operator is a rule for the size of an axis, and a rule for the source of its index i. */
#include "base/memory.h"
#include "graph/shapes.h"
#include "ops/ops.h"

#include <string.h>

#define NONE (-1)

/* The source of index i along an axis of the input that has `size` values. */
typedef int32_t source(const void *params, int32_t axis, int32_t size, int32_t i);

/* Sets the size of an axis of the output. */
static gc_status set_size(gc_shape *out, int32_t axis, int64_t size, const char *what) {
    if (size <= 0)
        return gc_fail(GC_INVALID_MODEL, "%s leaves nothing of axis %d", what, (int)axis + 1);
    if (size > INT32_MAX)
        return gc_fail(GC_TOO_LARGE, "%s gives axis %d more than %d values", what, (int)axis + 1,
                       INT32_MAX);
    out->dims[axis] = (int32_t)size;
    return GC_OK;
}

/* ---- Both directions, for any rule ---- */

struct gather {
    /* In the input, for each index along each axis of out in turn. NONE for a constant. */
    int64_t *offsets;
    gc_shape axes; /* of the rows of out */
    size_t rows, width;
};

static void gather_release(struct gc_step *step) {
    gc_release(((struct gather *)step->state)->offsets);
}

static gc_status gather_prepare(struct gc_step *step, source *source) {
    struct gather *gather = step->state;
    size_t stride[GC_MAX_RANK], count = 1, next = 0;
    gc_strides(stride, step->in);
    for (int32_t axis = 0; axis < step->out.rank; axis++)
        count += (size_t)step->out.dims[axis];
    gather->offsets = gc_allocate(count, sizeof *gather->offsets);
    if (gather->offsets == NULL)
        return gc_fail_memory(count * sizeof *gather->offsets, "a slice");
    for (int32_t axis = 0; axis < step->out.rank; axis++)
        for (int32_t i = 0; i < step->out.dims[axis]; i++) {
            const int32_t from = source(step->params, axis, step->in->dims[axis], i);
            gather->offsets[next++] = from == NONE ? NONE : from * (int64_t)stride[axis];
        }
    gather->axes = step->out;
    gather->axes.rank = step->out.rank > 0 ? step->out.rank - 1 : 0;
    gather->width = (size_t)gc_shape_channels(&step->out);
    gather->rows = gc_shape_count(&step->out) / gather->width;
    return GC_OK;
}

/* Offset in the input of row number `row` of out. NONE if the row is constant. */
static int64_t row_offset(const struct gather *gather, size_t row) {
    size_t end = 0;
    int64_t offset = 0;
    for (int32_t axis = 0; axis < gather->axes.rank; axis++)
        end += (size_t)gather->axes.dims[axis];
    for (int32_t axis = gather->axes.rank - 1; axis >= 0; axis--) {
        const size_t size = (size_t)gather->axes.dims[axis];
        end -= size;
        const int64_t own = gather->offsets[end + row % size];
        if (own == NONE)
            return NONE;
        offset += own;
        row /= size;
    }
    return offset;
}

/* The offsets along a row. */
static const int64_t *along_row(const struct gather *gather) {
    const int64_t *offsets = gather->offsets;
    for (int32_t axis = 0; axis < gather->axes.rank; axis++)
        offsets += gather->axes.dims[axis];
    return offsets;
}

static void gather_forward(const struct gc_step *step, gc_real *out, const gc_real *in,
                           gc_real constant) {
    const struct gather *gather = step->state;
    const int64_t *offsets = step->out.rank == 0 ? (const int64_t[]){0} : along_row(gather);
    for (size_t row = 0; row < gather->rows; row++, out += gather->width) {
        const int64_t start = row_offset(gather, row);
        for (size_t i = 0; i < gather->width; i++)
            out[i] = start == NONE || offsets[i] == NONE ? constant : in[start + offsets[i]];
    }
}

static gc_status gather_backward(struct gc_step *step, int32_t input, gc_real *din,
                                 const gc_real *dout, const gc_real *out,
                                 const gc_real *const *in) {
    (void)input, (void)out, (void)in;
    const struct gather *gather = step->state;
    const int64_t *offsets = step->out.rank == 0 ? (const int64_t[]){0} : along_row(gather);
    memset(din, 0, gc_shape_count(step->in) * sizeof *din);
    for (size_t row = 0; row < gather->rows; row++, dout += gather->width) {
        const int64_t start = row_offset(gather, row);
        for (size_t i = 0; start != NONE && i < gather->width; i++)
            if (offsets[i] != NONE)
                din[start + offsets[i]] += dout[i];
    }
    return GC_OK;
}

/* ---- Slices ---- */

/* Turns an end of a slice into an index from `low` to `high`. Negative ones count from the end. */
static int64_t slice_end(int32_t end, int32_t size, int64_t fallback, int64_t low, int64_t high) {
    if (end == GC_SLICE_END)
        return fallback;
    const int64_t index = end < 0 ? (int64_t)end + size : end;
    return index < low ? low : index > high ? high : index;
}

/* The first index of a slice. */
static int64_t slice_start(const struct gc_slice_params *p, int32_t axis, int32_t size) {
    return p->step[axis] > 0 ? slice_end(p->start[axis], size, 0, 0, size)
                             : slice_end(p->start[axis], size, size - 1, -1, size - 1);
}

static int64_t slice_size(const struct gc_slice_params *p, int32_t axis, int32_t size) {
    const int64_t step = p->step[axis], start = slice_start(p, axis, size);
    if (step > 0)
        return (slice_end(p->stop[axis], size, size, 0, size) - start + step - 1) / step;
    return (start - slice_end(p->stop[axis], size, -1, -1, size - 1) - step - 1) / -step;
}

static gc_status slice_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                             const void *params) {
    (void)input_count;
    const struct gc_slice_params *p = params;
    *out = *in;
    for (int32_t axis = 0; axis < in->rank; axis++) {
        if (p->step[axis] == 0)
            return gc_fail(GC_INVALID_MODEL, "a slice has the step 0");
        GC_TRY(set_size(out, axis, slice_size(p, axis, in->dims[axis]), "a slice"));
    }
    return GC_OK;
}

static int32_t slice_source(const void *params, int32_t axis, int32_t size, int32_t i) {
    const struct gc_slice_params *p = params;
    return (int32_t)(slice_start(p, axis, size) + (int64_t)i * p->step[axis]);
}

/* ---- Values at some indices ---- */

static gc_status take_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                            const void *params) {
    (void)input_count;
    const struct gc_take_params *p = params;
    GC_TRY(gc_check_axis(in, p->axis, "a list of indices"));
    const int32_t size = in->dims[p->axis];
    for (int32_t i = 0; i < p->count; i++)
        if (p->indices[i] >= size || p->indices[i] < -size)
            return gc_fail(GC_INVALID_MODEL, "index %d of an axis that has %d values",
                           (int)p->indices[i], (int)size);
    *out = *in;
    return set_size(out, p->axis, p->count, "a list of indices");
}

static int32_t take_source(const void *params, int32_t axis, int32_t size, int32_t i) {
    const struct gc_take_params *p = params;
    if (axis != p->axis)
        return i;
    return p->indices[i] < 0 ? p->indices[i] + size : p->indices[i];
}

/* ---- Paddings ---- */

static gc_status pad_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                           const void *params) {
    (void)input_count;
    const struct gc_pad_params *p = params;
    *out = *in;
    for (int32_t axis = 0; axis < in->rank; axis++) {
        const int32_t before = p->before[axis], after = p->after[axis], size = in->dims[axis];
        const int32_t longest = before > after ? before : after;
        if (before < 0 || after < 0)
            return gc_fail(GC_INVALID_MODEL, "a padding of %d and %d: none may be negative",
                           (int)before, (int)after);
        if ((p->mode == GC_PAD_REFLECT && longest >= size) ||
            (p->mode == GC_PAD_SYMMETRIC && longest > size))
            return gc_fail(GC_INVALID_MODEL, "an axis of %d values cannot be mirrored %d times",
                           (int)size, (int)longest);
        GC_TRY(set_size(out, axis, (int64_t)size + before + after, "a padding"));
    }
    return GC_OK;
}

static int32_t pad_source(const void *params, int32_t axis, int32_t size, int32_t i) {
    const struct gc_pad_params *p = params;
    const int32_t from = i - p->before[axis];
    if (from >= 0 && from < size)
        return from;
    switch (p->mode) {
    case GC_PAD_EDGE:
        return from < 0 ? 0 : size - 1;
    case GC_PAD_REFLECT:
        return from < 0 ? -from : 2 * (size - 1) - from;
    case GC_PAD_SYMMETRIC:
        return from < 0 ? -from - 1 : 2 * size - 1 - from;
    case GC_PAD_CONSTANT:
        break;
    }
    return NONE;
}

/* ---- Repetitions ---- */

static gc_status repeat_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                              const void *params) {
    (void)input_count;
    const struct gc_repeat_params *p = params;
    *out = *in;
    for (int32_t axis = 0; axis < in->rank; axis++)
        GC_TRY(set_size(out, axis, (int64_t)in->dims[axis] * p->count[axis], "a repetition"));
    return GC_OK;
}

static int32_t repeat_source(const void *params, int32_t axis, int32_t size, int32_t i) {
    (void)size;
    return i / ((const struct gc_repeat_params *)params)->count[axis];
}

static int32_t tile_source(const void *params, int32_t axis, int32_t size, int32_t i) {
    (void)params, (void)axis;
    return i % size;
}

/* ---- The records ---- */

#define GATHER(NAME, SHAPE, CONSTANT)                                                              \
    static gc_status NAME##_prepare(struct gc_step *step) {                                        \
        return gather_prepare(step, NAME##_source);                                                \
    }                                                                                              \
    static gc_status NAME##_forward_reference(struct gc_step *step, gc_real *out,                  \
                                              const gc_real *const *in) {                          \
        gather_forward(step, out, in[0], CONSTANT);                                                \
        return GC_OK;                                                                              \
    }                                                                                              \
    const struct gc_op gc_op_##NAME = {                                                            \
        .name = #NAME,                                                                             \
        .shape = SHAPE,                                                                            \
        .reference = {.state_size = sizeof(struct gather),                                         \
                      .prepare = NAME##_prepare,                                                   \
                      .release = gather_release,                                                   \
                      .forward = NAME##_forward_reference,                                         \
                      .backward = gather_backward},                                                \
    };
GATHER(slice, slice_shape, 0)
GATHER(take, take_shape, 0)
GATHER(pad, pad_shape, (gc_real)((const struct gc_pad_params *)step->params)->value)
GATHER(repeat, repeat_shape, 0)
GATHER(tile, repeat_shape, 0)
