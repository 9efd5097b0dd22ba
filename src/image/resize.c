/* Pillow's Image.resize, byte for byte.
 *
 * The algorithm is Pillow's (libImaging/Resample.c, Geometry.c and Convert.c). One pass filters
 * along x, one along y, and pixels have 8 bits between them. The support of a filter grows with the
 * reduction. Each output position has a window of inputs, and the weights of a window sum to 1.
 * Weights are computed in double and rounded to fixed point. All sums are sums of integers, so
 * neither their order nor compiler, processor or vector width changes a byte.
 *
 * Memory is held for the weights and for a ring of as many rows as one output row needs. */
#include "image/resize.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "image/pixel.h"
#include "image/size.h"

#define PI 3.14159265358979323846

/* What is resized to what. */
struct resizing {
    uint8_t *out;      /* [height][width][channels] */
    const uint8_t *in; /* [in_height][in_width][channels] */
    int32_t width, height, in_width, in_height, channels;
    bool opaque; /* alpha counts as 255 */
    gc_filter filter;
};

static size_t row_bytes(const struct resizing *r) { return (size_t)r->width * (size_t)r->channels; }

static size_t in_row_bytes(const struct resizing *r) {
    return (size_t)r->in_width * (size_t)r->channels;
}

/* ---- Filters ----
 * Each gives the weight at distance x. Where a picture grows, x is in pixels of the input. */

static double box(double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0.0; }

static double bilinear(double x) {
    x = fabs(x);
    return x < 1.0 ? 1.0 - x : 0.0;
}

static double sinc(double x) {
    if (x == 0.0)
        return 1.0;
    x *= PI;
    return sin(x) / x;
}

/* Pillow has the two constants as floats, and some bytes depend on their rounding. */
static double hamming(double x) {
    x = fabs(x);
    if (x == 0.0)
        return 1.0;
    return x < 1.0 ? sinc(x) * ((double)0.54f + (double)0.46f * cos(x * PI)) : 0.0;
}

/* Cubic convolution with a = -0.5 (Keys 1981). */
static double bicubic(double x) {
    const double a = -0.5;
    x = fabs(x);
    if (x < 1.0)
        return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
    if (x < 2.0)
        return (((x - 5.0) * x + 8.0) * x - 4.0) * a;
    return 0.0;
}

static double lanczos(double x) { return x >= -3.0 && x < 3.0 ? sinc(x) * sinc(x / 3.0) : 0.0; }

struct filter {
    double (*weight)(double x);
    double support; /* the weight is 0 beyond this distance */
};

static const struct filter filters[] = {
    [GC_BOX] = {box, 0.5},         [GC_BILINEAR] = {bilinear, 1.0}, [GC_HAMMING] = {hamming, 1.0},
    [GC_BICUBIC] = {bicubic, 2.0}, [GC_LANCZOS] = {lanczos, 3.0},
};

/* ---- Weights of one axis ---- */

/* Weights are multiples of 2^-22. 8 bits are left for the pixel, 2 for sums below 0 or above 1. */
#define WEIGHT_BITS 22
#define ROUNDING (1 << (WEIGHT_BITS - 1))

/* The first input of an output position, and how many it has. */
struct window {
    int32_t first, count;
};

struct axis {
    int32_t size;           /* output positions */
    int32_t taps;           /* the most inputs that a position has */
    struct window *windows; /* [size] */
    int32_t *weights;       /* [size][taps], of which a window uses its `count` */
};

static void axis_free(struct axis *a) {
    gc_release(a->windows);
    gc_release(a->weights);
}

static int32_t to_fixed(double weight) {
    const double scaled = weight * (1 << WEIGHT_BITS);
    return (int32_t)(scaled < 0.0 ? scaled - 0.5 : scaled + 0.5);
}

/* Makes a window of the inputs within the support around `centre`, with weights that sum to 1.
 *   weights   [taps] receives the fixed-point weights
 *   exact     [taps] scratch */
static struct window fill_window(int32_t *weights, double *exact, int32_t in_size, double centre,
                                 const struct filter *f, double stretch) {
    const double support = f->support * stretch, inverse = 1.0 / stretch;
    int32_t first = (int32_t)(centre - support + 0.5), end = (int32_t)(centre + support + 0.5);
    if (first < 0)
        first = 0;
    if (end > in_size)
        end = in_size;
    double sum = 0.0;
    for (int32_t i = first; i < end; i++) {
        exact[i - first] = f->weight((i - centre + 0.5) * inverse);
        sum += exact[i - first];
    }
    for (int32_t i = 0; i < end - first; i++)
        weights[i] = to_fixed(sum != 0.0 ? exact[i] / sum : exact[i]);
    return (struct window){first, end - first};
}

/* Makes the windows of an axis. At equal size every filter is the identity, and the box has the
 * fewest taps. After a failure too, the caller calls axis_free. */
static gc_status axis_init(struct axis *a, int32_t in_size, int32_t size, gc_filter name) {
    const struct filter *f = &filters[in_size == size ? GC_BOX : name];
    const double scale = (double)in_size / size, stretch = scale < 1.0 ? 1.0 : scale;
    const int32_t most = 2 * (int32_t)ceil(f->support * stretch) + 1;
    const size_t taps = (size_t)(most < in_size ? most : in_size);
    *a = (struct axis){.size = size,
                       .taps = (int32_t)taps,
                       .windows = gc_allocate_unset((size_t)size, sizeof *a->windows),
                       .weights = gc_allocate_unset((size_t)size * taps, sizeof *a->weights)};
    double *exact = gc_allocate_unset(taps, sizeof *exact);
    if (a->windows == NULL || a->weights == NULL || exact == NULL) {
        gc_release(exact);
        return gc_fail_memory((size_t)size * taps * sizeof *a->weights,
                              "the weights of a resizing filter");
    }
    for (int32_t i = 0; i < size; i++)
        a->windows[i] = fill_window(a->weights + (size_t)i * taps, exact, in_size,
                                    (i + 0.5) * scale, f, stretch);
    gc_release(exact);
    return GC_OK;
}

/* ---- Filtering ---- */

/* A fixed-point sum, ROUNDING included, as a byte. */
static inline uint8_t to_byte(int32_t sum) {
    sum >>= WEIGHT_BITS;
    return (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
}

/* Filters a row along x. Callers pass `channels` as a constant, so that the loops over it unroll to
 * vectors.
 *   out   [a->size][channels]      in   [in_width][channels] */
static inline void filter_row(uint8_t *restrict out, const uint8_t *restrict in,
                              const struct axis *a, const int32_t channels) {
    for (int32_t x = 0; x < a->size; x++) {
        const int32_t *weights = a->weights + (size_t)x * (size_t)a->taps;
        const uint8_t *pixel = in + (size_t)a->windows[x].first * (size_t)channels;
        int32_t sum[4] = {ROUNDING, ROUNDING, ROUNDING, ROUNDING};
        for (int32_t i = 0; i < a->windows[x].count; i++, pixel += channels)
            for (int32_t c = 0; c < channels; c++)
                sum[c] += pixel[c] * weights[i];
        for (int32_t c = 0; c < channels; c++)
            *out++ = to_byte(sum[c]);
    }
}

static void filter_row_of(uint8_t *out, const uint8_t *in, const struct axis *a, int32_t channels) {
    switch (channels) {
    case 1:
        filter_row(out, in, a, 1);
        break;
    case 3:
        filter_row(out, in, a, 3);
        break;
    default:
        filter_row(out, in, a, 4);
        break;
    }
}

/* Filters along y, in blocks whose sums stay in the first cache.
 *   out    [length]      rows   [count] rows of [length]      weights   [count] */
static void filter_columns(uint8_t *restrict out, const uint8_t *const *rows,
                           const int32_t *weights, int32_t count, size_t length) {
    enum { BLOCK = 1024 };
    int32_t sums[BLOCK];
    for (size_t from = 0; from < length; from += BLOCK) {
        const size_t n = length - from < BLOCK ? length - from : BLOCK;
        for (size_t i = 0; i < n; i++)
            sums[i] = ROUNDING;
        for (int32_t k = 0; k < count; k++) {
            const uint8_t *row = rows[k] + from;
            const int32_t weight = weights[k];
            for (size_t i = 0; i < n; i++)
                sums[i] += row[i] * weight;
        }
        for (size_t i = 0; i < n; i++)
            out[from + i] = to_byte(sums[i]);
    }
}

/* ---- Alpha ---- */

/* Colours times alpha / 255, rounded. The factor of alpha itself is 255, so that four equal
 * channels make a vector.
 *   out, in   [width] RGBA */
static void premultiply(uint8_t *restrict out, const uint8_t *restrict in, int32_t width) {
    for (int32_t x = 0; x < width; x++, out += 4, in += 4) {
        const uint32_t factors[4] = {in[3], in[3], in[3], 255};
        for (int c = 0; c < 4; c++)
            out[c] = gc_divide_by_255(in[c] * factors[c]);
    }
}

/* Colours times 255 / alpha, truncated. Where alpha is 0 they stay.
 *   pixels   [width] RGBA */
static void unpremultiply(uint8_t *pixels, int32_t width) {
    for (int32_t x = 0; x < width; x++, pixels += 4) {
        const uint32_t alpha = pixels[3];
        if (alpha == 0 || alpha == 255)
            continue;
        for (int c = 0; c < 3; c++) {
            const uint32_t colour = 255u * pixels[c] / alpha;
            pixels[c] = (uint8_t)(colour > 255 ? 255 : colour);
        }
    }
}

/* pixels   [count] RGBA */
static void set_opaque(uint8_t *pixels, size_t count) {
    for (size_t i = 0; i < count; i++)
        pixels[4 * i + 3] = 255;
}

/* ---- A picture through both passes ---- */

struct resampler {
    const struct resizing *r;
    struct axis x, y;
    bool columns_first;   /* whether y comes before x, on which the bytes depend */
    uint8_t *row;         /* scratch of an input row */
    uint8_t *ring;        /* [y.taps][ring_row]; prepared input row i is row i % y.taps */
    size_t ring_row;      /* bytes of a prepared row */
    const uint8_t **rows; /* [y.taps] the prepared rows of one output row, in order */
};

static void resampler_free(struct resampler *s) {
    axis_free(&s->x);
    axis_free(&s->y);
    gc_release(s->row);
    gc_release(s->ring);
    gc_release(s->rows);
}

/* Pillow 13 filters along y first where this pass removes more than twice as many rows as the other
 * removes columns. */
static bool is_columns_first(const struct resizing *r) {
    return r->in_height > r->height && r->in_height - r->height > 2 * (r->in_width - r->width);
}

static gc_status resampler_init(struct resampler *s, const struct resizing *r) {
    *s = (struct resampler){.r = r, .columns_first = is_columns_first(r)};
    GC_TRY(axis_init(&s->x, r->in_width, r->width, r->filter));
    GC_TRY(axis_init(&s->y, r->in_height, r->height, r->filter));
    const size_t taps = (size_t)s->y.taps;
    s->ring_row = s->columns_first ? in_row_bytes(r) : row_bytes(r);
    s->row = gc_allocate_unset(in_row_bytes(r), 1);
    s->ring = gc_allocate_unset(taps, s->ring_row);
    s->rows = gc_allocate_unset(taps, sizeof *s->rows);
    if (s->row != NULL && s->ring != NULL && s->rows != NULL)
        return GC_OK;
    return gc_fail_memory(taps * s->ring_row, "the rows of a picture being resized");
}

static uint8_t *ring_row(const struct resampler *s, int32_t row) {
    return s->ring + (size_t)(row % s->y.taps) * s->ring_row;
}

/* Puts an input row into the ring, with alpha applied, and filtered along x if x comes first. */
static void prepare_row(const struct resampler *s, int32_t row) {
    const struct resizing *r = s->r;
    const size_t bytes = in_row_bytes(r);
    const uint8_t *in = r->in + (size_t)row * bytes;
    if (r->opaque) {
        memcpy(s->row, in, bytes);
        set_opaque(s->row, (size_t)r->in_width);
        in = s->row;
    } else if (r->channels == 4) {
        premultiply(s->row, in, r->in_width);
        in = s->row;
    }
    if (s->columns_first)
        memcpy(ring_row(s, row), in, bytes);
    else
        filter_row_of(ring_row(s, row), in, &s->x, r->channels);
}

/* Makes an output row from the prepared rows of its window. */
static void finish_row(const struct resampler *s, uint8_t *out, int32_t y) {
    const struct window w = s->y.windows[y];
    for (int32_t i = 0; i < w.count; i++)
        s->rows[i] = ring_row(s, w.first + i);
    const int32_t *weights = s->y.weights + (size_t)y * (size_t)s->y.taps;
    filter_columns(s->columns_first ? s->row : out, s->rows, weights, w.count, s->ring_row);
    if (s->columns_first)
        filter_row_of(out, s->row, &s->x, s->r->channels);
    if (s->r->channels == 4)
        unpremultiply(out, s->r->width);
}

/* Windows only move down the picture, so each input row is prepared once, when the first window
 * needs it. */
static void resample(const struct resampler *s) {
    int32_t next = 0;
    for (int32_t y = 0; y < s->r->height; y++) {
        const struct window w = s->y.windows[y];
        if (next < w.first)
            next = w.first;
        for (; next < w.first + w.count; next++)
            prepare_row(s, next);
        finish_row(s, s->r->out + (size_t)y * row_bytes(s->r), y);
    }
}

static gc_status resize_filtered(const struct resizing *r) {
    struct resampler s;
    const gc_status status = resampler_init(&s, r);
    if (status == GC_OK)
        resample(&s);
    resampler_free(&s);
    return status;
}

/* ---- Nearest ---- */

/* The input under the centre of each output position. Pillow adds up the steps instead of
 * multiplying, so the rounding of its sums decides where a centre falls between two inputs. The
 * sums never pass the last input, because sides are below 2^15. The bound is for the reader.
 *   positions   [size] */
static void nearest_positions(int32_t *positions, int32_t in_size, int32_t size) {
    const double step = (double)in_size / size;
    double at = step * 0.5;
    for (int32_t i = 0; i < size; i++, at += step) {
        const int32_t position = (int32_t)at;
        positions[i] = position < in_size ? position : in_size - 1;
    }
}

/* out   [width][channels]      in   a row of [channels]      columns   [width] */
static void nearest_row(uint8_t *restrict out, const uint8_t *restrict in, const int32_t *columns,
                        int32_t width, int32_t channels) {
    for (int32_t x = 0; x < width; x++) {
        const uint8_t *pixel = in + (size_t)columns[x] * (size_t)channels;
        for (int32_t c = 0; c < channels; c++)
            *out++ = pixel[c];
    }
}

static gc_status resize_nearest(const struct resizing *r) {
    const size_t count = (size_t)r->width + (size_t)r->height;
    int32_t *columns = gc_allocate_unset(count, sizeof *columns);
    if (columns == NULL)
        return gc_fail_memory(count * sizeof *columns, "the positions of a resized picture");
    int32_t *rows = columns + r->width;
    nearest_positions(columns, r->in_width, r->width);
    nearest_positions(rows, r->in_height, r->height);
    for (int32_t y = 0; y < r->height; y++)
        nearest_row(r->out + (size_t)y * row_bytes(r), r->in + (size_t)rows[y] * in_row_bytes(r),
                    columns, r->width, r->channels);
    gc_release(columns);
    return GC_OK;
}

/* ---- The entries ---- */

static gc_status check(const struct resizing *r) {
    if (r->channels != 1 && r->channels != 3 && r->channels != 4)
        return gc_fail(GC_INVALID_ARGUMENT, "%d channels cannot be resized: 1, 3 and 4 can",
                       (int)r->channels);
    if ((int)r->filter < GC_NEAREST || (int)r->filter > GC_LANCZOS)
        return gc_fail(GC_INVALID_ARGUMENT, "filter %d does not exist: %d to %d do", (int)r->filter,
                       GC_NEAREST, GC_LANCZOS);
    GC_TRY(gc_check_image_size("given", r->in_width, r->in_height));
    return gc_check_image_size("resized", r->width, r->height);
}

static gc_status resize(const struct resizing *r) {
    GC_TRY(check(r));
    const bool same = r->in_width == r->width && r->in_height == r->height;
    if (!same && r->filter != GC_NEAREST)
        return resize_filtered(r);
    if (same)
        memcpy(r->out, r->in, row_bytes(r) * (size_t)r->height);
    else
        GC_TRY(resize_nearest(r));
    if (r->opaque)
        set_opaque(r->out, (size_t)r->width * (size_t)r->height);
    return GC_OK;
}

gc_status gc_image_resize(uint8_t *out, int32_t out_width, int32_t out_height, const uint8_t *in,
                          int32_t in_width, int32_t in_height, int32_t channels, gc_filter filter) {
    if (out == NULL || in == NULL)
        return gc_fail(GC_INVALID_ARGUMENT, "gc_image_resize: out and in must not be NULL");
    return resize(&(struct resizing){out, in, out_width, out_height, in_width, in_height, channels,
                                     .filter = filter});
}

gc_status gc_resize_opaque(uint8_t *out, int32_t width, int32_t height, const uint8_t *in,
                           int32_t in_width, int32_t in_height, gc_filter filter) {
    return resize(&(struct resizing){out, in, width, height, in_width, in_height, .channels = 4,
                                     .opaque = true, .filter = filter});
}
