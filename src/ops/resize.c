/* Pictures of another size (Keras Resizing, CenterCrop, UpSampling2D by more than 2 x 2 pixels).
 *   in, din   [h][w][c]      out, dout   [height][width][c]
 *   out(y, x, c) = sum_ij weight_y(i) * weight_x(j) * in(i, j, c) + outside(y, x) * fill
 *   din(i, j, c) = sum_yx weight_y(i) * weight_x(j) * dout(y, x, c)
 * The weights of a position add up to 1. The share that lies on padding is `outside`. The weights
 * are those of TensorFlow's tf.image.resize, with pixels that count from their centres. */
#include "base/memory.h"
#include "graph/shapes.h"
#include "ops/ops.h"

#include <math.h>
#include <string.h>

/* ---- The part of the picture that is resized ---- */

/* Rows or columns start .. start + size - 1 of in. What lies outside of in is padding. */
struct part {
    int32_t start, size;
};
struct region {
    struct part rows, columns;
};

/* The number of rows that fit `columns` columns at the shape of the output, and the reverse. */
static int32_t matching(int32_t size, int32_t wanted, int32_t wanted_other) {
    const float rows = (float)((double)size * wanted) / (float)wanted_other;
    return rows < (float)GC_MAX_TENSOR_BYTES ? (int32_t)rows : INT32_MAX / 4;
}

/* The middle `size` of `whole`. A size beyond the whole pads both ends alike. */
static struct part middle(int32_t whole, int32_t size) {
    const int32_t before = (whole - size) / 2;
    return (struct part){before, whole < size ? whole - 2 * before : size};
}

static int32_t clip(int32_t value, int32_t low, int32_t high) {
    return value < low ? low : value > high ? high : value;
}

/* The largest part of the picture that has the output's shape. */
static struct region largest_part(int32_t h, int32_t w, const gc_shape *out) {
    const int32_t rows = matching(w, out->dims[0], out->dims[1]);
    const int32_t columns = matching(h, out->dims[1], out->dims[0]);
    return (struct region){middle(h, clip(rows, 1, h)), middle(w, clip(columns, 1, w))};
}

static struct region padded(int32_t h, int32_t w, const gc_shape *out) {
    const int32_t rows = matching(w, out->dims[0], out->dims[1]);
    const int32_t columns = matching(h, out->dims[1], out->dims[0]);
    return (struct region){middle(h, rows > h ? rows : h), middle(w, columns > w ? columns : w)};
}

static struct region region_of(const gc_shape *in, const gc_shape *out, enum gc_fit fit) {
    const int32_t h = in->dims[0], w = in->dims[1];
    if (fit == GC_FIT_PAD)
        return padded(h, w, out);
    if (fit == GC_FIT_CENTER && h >= out->dims[0] && w >= out->dims[1])
        return (struct region){middle(h, out->dims[0]), middle(w, out->dims[1])};
    if (fit == GC_FIT_STRETCH)
        return (struct region){{0, h}, {0, w}};
    return largest_part(h, w, out);
}

static gc_status resize_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                              const void *params) {
    (void)input_count;
    const struct gc_resize_params *p = params;
    GC_TRY(gc_check_picture(in, "a resizing"));
    const int32_t by_h = p->by_factor ? in->dims[0] : 1, by_w = p->by_factor ? in->dims[1] : 1;
    if (p->height <= 0 || p->width <= 0)
        return gc_fail(GC_INVALID_MODEL, "a resizing to %d x %d: both must be positive",
                       (int)p->height, (int)p->width);
    if (p->height > INT32_MAX / by_h || p->width > INT32_MAX / by_w)
        return gc_fail(GC_TOO_LARGE, "a resizing by %d x %d makes too large a picture",
                       (int)p->height, (int)p->width);
    *out = (gc_shape){3, {p->height * by_h, p->width * by_w, in->dims[2]}};
    const struct region region = region_of(in, out, p->fit);
    if (region.rows.size > GC_MAX_TENSOR_BYTES / 4 || region.columns.size > GC_MAX_TENSOR_BYTES / 4)
        return gc_fail(GC_TOO_LARGE, "a resizing to %d x %d pads too large a picture",
                       (int)p->height, (int)p->width);
    return GC_OK;
}

/* ---- Weights of pixels by their distance ---- */

static double triangle(double x) { return x < 1 ? 1 - x : 0; }

/* Keys' cubic with a = -0.5. */
static double keys(double x) {
    if (x < 1)
        return (1.5 * x - 2.5) * x * x + 1;
    return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

static double lanczos(double x, double radius) {
    if (x < 1e-3)
        return 1;
    const double angle = 3.14159265358979323846 * x;
    return x > radius ? 0 : radius * sin(angle) * sin(angle / radius) / (angle * angle);
}

static double lanczos3(double x) { return lanczos(x, 3); }
static double lanczos5(double x) { return lanczos(x, 5); }

/* exp(-x) for 0 <= x <= 4.5, as exp(-x / 16)^16 with a Taylor series. The C library's exp for
 * doubles brings a table of 2 KB. */
static double decay(double x) {
    double result = 1;
    for (int32_t n = 13; n > 0; n--)
        result = 1 - x / 16 / n * result;
    for (int32_t n = 0; n < 4; n++)
        result *= result;
    return result;
}

/* With a standard deviation of half a pixel. */
static double gaussian(double x) { return x < 1.5 ? decay(2 * x * x) : 0; }

static double mitchell(double x) {
    if (x < 1)
        return (7 * x / 6 - 2) * x * x + 8.0 / 9;
    return x < 2 ? ((-7 * x / 18 + 2) * x - 10.0 / 3) * x + 16.0 / 9 : 0;
}

/* No pixel farther away than the radius has a weight. */
static const struct kernel {
    double (*weight)(double distance);
    double radius;
} kernels[] = {
    [GC_RESIZE_BILINEAR] = {triangle, 1},   [GC_RESIZE_BICUBIC] = {keys, 2},
    [GC_RESIZE_LANCZOS3] = {lanczos3, 3},   [GC_RESIZE_LANCZOS5] = {lanczos5, 5},
    [GC_RESIZE_GAUSSIAN] = {gaussian, 1.5}, [GC_RESIZE_MITCHELL] = {mitchell, 2},
};

/* ---- The pixels that make one row or column of out ---- */

struct span {
    int32_t first, count; /* in the part */
};

/* One axis of the resizing. scale is the pixels of the part for one of out, in float as TensorFlow
 * computes it. stretch is what antialiasing multiplies the radius with. */
struct axis {
    struct part part;
    enum gc_resize_kind kind;
    bool antialias;
    float scale;
    double stretch;
};

static struct axis axis_of(const struct part *part, int32_t out, const struct gc_resize_params *p) {
    struct axis axis = {*part, p->interpolation, p->antialias, (float)part->size / (float)out, 1};
    if (p->antialias && axis.scale > 1)
        axis.stretch = axis.scale;
    return axis;
}

/* The most pixels that a row or column of out is made of. */
static int32_t longest_span(const struct axis *axis) {
    if (axis->kind == GC_RESIZE_NEAREST)
        return 1;
    const double most = axis->kind == GC_RESIZE_AREA
                            ? axis->scale + 2.0
                            : 2 * kernels[axis->kind].radius * axis->stretch + 2;
    return most < axis->part.size ? (int32_t)most : axis->part.size;
}

/* Writes the overlap of each pixel with the stretch of the part that belongs to a position. */
static struct span area_span(const struct axis *axis, int32_t position, double *weights) {
    const float from = (float)position * axis->scale, to = (float)(position + 1) * axis->scale;
    const int32_t first = clip((int32_t)floorf(from), 0, axis->part.size - 1);
    const int32_t end = clip((int32_t)ceilf(to), first + 1, axis->part.size);
    for (int32_t i = first; i < end; i++)
        weights[i - first] = fmin(i + 1, to) - fmax(i, from);
    return (struct span){first, end - first};
}

/* The place in the part that a position of out takes its value from. TensorFlow's bicubic kernel
 * has a table of 1024 places for each pixel. */
static double place_of(const struct axis *axis, int32_t position) {
    const float place = ((float)position + 0.5f) * axis->scale;
    if (axis->kind != GC_RESIZE_BICUBIC || axis->antialias)
        return place;
    const double left = floor(place - 0.5f);
    return left + 0.5 + rint((place - 0.5f - left) * 1024) / 1024;
}

static struct span kernel_span(const struct axis *axis, int32_t position, double *weights) {
    const struct kernel *kernel = &kernels[axis->kind];
    const double place = place_of(axis, position), reach = kernel->radius * axis->stretch;
    const int32_t last = axis->part.size - 1;
    const int32_t first = clip((int32_t)ceil(place - reach - 0.5), 0, last);
    const int32_t end = clip((int32_t)floor(place + reach - 0.5), first, last) + 1;
    for (int32_t i = first; i < end; i++)
        weights[i - first] = kernel->weight(fabs(i + 0.5 - place) / axis->stretch);
    return (struct span){first, end - first};
}

static struct span span_of(const struct axis *axis, int32_t position, double *weights) {
    if (axis->kind == GC_RESIZE_NEAREST) {
        weights[0] = 1;
        const float place = ((float)position + 0.5f) * axis->scale;
        return (struct span){clip((int32_t)floorf(place), 0, axis->part.size - 1), 1};
    }
    const struct span span = axis->kind == GC_RESIZE_AREA ? area_span(axis, position, weights)
                                                          : kernel_span(axis, position, weights);
    double sum = 0;
    for (int32_t i = 0; i < span.count; i++)
        sum += weights[i];
    for (int32_t i = 0; i < span.count && sum != 0; i++)
        weights[i] /= sum;
    return span;
}

/* The spans of all rows or columns, without the pixels of the padding. */
struct taps {
    int32_t most;
    struct span *spans; /* [out], in the picture */
    gc_real *weights;   /* [out][most] */
    gc_real *inside;    /* [out], the sum of the weights */
};
struct resize {
    struct taps rows, columns;
};

static void keep_inside(struct taps *taps, int32_t position, const struct span *span,
                        const double *weights, const struct part *part, int32_t in) {
    const int32_t first = clip(part->start + span->first, 0, in);
    const int32_t end = clip(part->start + span->first + span->count, first, in);
    gc_real *kept = taps->weights + (size_t)position * taps->most;
    double sum = 0;
    for (int32_t i = first; i < end; i++) {
        const double weight = weights[i - part->start - span->first];
        kept[i - first] = (gc_real)weight;
        sum += weight;
    }
    taps->spans[position] = (struct span){first, end - first};
    taps->inside[position] = (gc_real)sum;
}

static gc_status make_taps(struct taps *taps, const struct axis *axis, int32_t in, int32_t out) {
    taps->most = longest_span(axis);
    double *weights = gc_allocate(taps->most, sizeof *weights);
    taps->spans = gc_allocate(out, sizeof *taps->spans);
    taps->weights = gc_allocate((size_t)out * taps->most, sizeof *taps->weights);
    taps->inside = gc_allocate(out, sizeof *taps->inside);
    const bool enough = weights && taps->spans && taps->weights && taps->inside;
    for (int32_t i = 0; enough && i < out; i++) {
        const struct span span = span_of(axis, i, weights);
        keep_inside(taps, i, &span, weights, &axis->part, in);
    }
    gc_release(weights);
    return enough ? GC_OK
                  : gc_fail_memory((size_t)out * taps->most * sizeof *taps->weights, "a resizing");
}

static void release_taps(struct taps *taps) {
    gc_release(taps->spans);
    gc_release(taps->weights);
    gc_release(taps->inside);
}

static void resize_release(struct gc_step *step) {
    struct resize *resize = step->state;
    release_taps(&resize->rows);
    release_taps(&resize->columns);
}

static gc_status resize_prepare(struct gc_step *step) {
    struct gc_resize_params p = *(const struct gc_resize_params *)step->params;
    const int32_t *in = step->in->dims, *out = step->out.dims;
    const struct region region = region_of(step->in, &step->out, p.fit);
    if (region.rows.size == out[0] && region.columns.size == out[1])
        p.interpolation =
            GC_RESIZE_NEAREST; /* TensorFlow returns a picture of this size as it is */
    const struct axis rows = axis_of(&region.rows, out[0], &p);
    const struct axis columns = axis_of(&region.columns, out[1], &p);
    struct resize *resize = step->state;
    GC_TRY(make_taps(&resize->rows, &rows, in[0], out[0]));
    return make_taps(&resize->columns, &columns, in[1], out[1]);
}

/* ---- Both directions ---- */

/* Adds the pixels of in to one pixel of out. Or, for a gradient, the one of out to those of in. */
static void transfer(const struct gc_step *step, int32_t y, int32_t x, gc_real *restrict to,
                     const gc_real *restrict from, bool gradient) {
    const struct resize *resize = step->state;
    const struct span rows = resize->rows.spans[y], columns = resize->columns.spans[x];
    const gc_real *row_weights = resize->rows.weights + (size_t)y * resize->rows.most;
    const gc_real *column_weights = resize->columns.weights + (size_t)x * resize->columns.most;
    const int32_t width = step->in->dims[1], channels = step->in->dims[2];
    for (int32_t i = 0; i < rows.count; i++)
        for (int32_t j = 0; j < columns.count; j++) {
            const size_t pixel = (size_t)(rows.first + i) * width + columns.first + j;
            const size_t at = pixel * channels, into = gradient ? at : 0, out_of = at - into;
            const gc_real weight = row_weights[i] * column_weights[j];
            for (int32_t c = 0; c < channels; c++)
                to[into + c] += weight * from[out_of + c];
        }
}

static gc_status resize_forward_reference(struct gc_step *step, gc_real *out,
                                          const gc_real *const *in) {
    const struct gc_resize_params *p = step->params;
    const struct resize *resize = step->state;
    const int32_t channels = step->in->dims[2];
    for (int32_t y = 0; y < step->out.dims[0]; y++)
        for (int32_t x = 0; x < step->out.dims[1]; x++, out += channels) {
            const gc_real inside = resize->rows.inside[y] * resize->columns.inside[x];
            for (int32_t c = 0; c < channels; c++)
                out[c] = p->fill == 0 ? 0 : (gc_real)p->fill * (1 - inside);
            transfer(step, y, x, out, in[0], false);
        }
    return GC_OK;
}

static gc_status resize_backward_reference(struct gc_step *step, int32_t input, gc_real *din,
                                           const gc_real *dout, const gc_real *out,
                                           const gc_real *const *in) {
    (void)input, (void)out, (void)in;
    const int32_t channels = step->in->dims[2];
    memset(din, 0, gc_shape_count(step->in) * sizeof *din);
    for (int32_t y = 0; y < step->out.dims[0]; y++)
        for (int32_t x = 0; x < step->out.dims[1]; x++, dout += channels)
            transfer(step, y, x, din, dout, true);
    return GC_OK;
}

const struct gc_op gc_op_resize = {
    .name = "resize",
    .shape = resize_shape,
    .reference = {.state_size = sizeof(struct resize),
                  .prepare = resize_prepare,
                  .release = resize_release,
                  .forward = resize_forward_reference,
                  .backward = resize_backward_reference},
};
