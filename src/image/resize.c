/* Pillow's Image.resize, byte for byte.
 *
 * The algorithm is Pillow's (libImaging/Resample.c, Geometry.c and Convert.c): a separable filter whose
 * support grows with the reduction; for every position of an axis a window of inputs with weights that
 * sum to 1, computed in double and rounded to fixed point; one pass along x, one along y, 8 bits in
 * between. Sums are of integers, so their order is free and no compiler, processor or vector width
 * changes a byte.
 *
 * Memory: the weights, and a ring of as many rows as one output row needs. */
#include "base/error.h"
#include "image/pixel.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846

/* ---- Filters: the weight at distance x, in input pixels where enlarging ---- */

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

/* The window's two constants are floats in Pillow, which some bytes depend on. */
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

typedef struct filter {
    double (*weight)(double x);
    double support; /* the weight is 0 beyond it, on either side */
} filter;

static const filter filters[] = {
    [GC_BOX] = {box, 0.5},         [GC_BILINEAR] = {bilinear, 1.0}, [GC_HAMMING] = {hamming, 1.0},
    [GC_BICUBIC] = {bicubic, 2.0}, [GC_LANCZOS] = {lanczos, 3.0},
};

/* ---- Weights of one axis ---- */

/* Weights are multiples of 2^-22: 8 bits for the pixel, 2 for sums below 0 and above 1. */
#define WEIGHT_BITS 22
#define ROUNDING (1 << (WEIGHT_BITS - 1))

/* Where the inputs of an output position begin, how many there are. */
typedef struct window {
    int32_t first, count;
} window;

typedef struct axis {
    int32_t size;     /* output positions */
    int32_t taps;     /* inputs that any position may have, at most */
    window *windows;  /* [size] */
    int32_t *weights; /* [size][taps], the window's `count` used */
} axis;

static void axis_free(axis *a) {
    free(a->windows);
    free(a->weights);
}

static gc_status axis_allocate(axis *a) {
    uint64_t bytes = (uint64_t)a->size * (uint64_t)a->taps * sizeof *a->weights;
    if (bytes > SIZE_MAX / 2)
        return gc_fail(GC_TOO_LARGE, "the filter's weights need too much memory");
    a->windows = malloc((size_t)a->size * sizeof *a->windows);
    a->weights = malloc((size_t)bytes);
    if (a->windows && a->weights)
        return GC_OK;
    return gc_fail_memory((size_t)bytes, "the weights of a resizing filter");
}

static int32_t to_fixed(double weight) {
    double scaled = weight * (1 << WEIGHT_BITS);
    return (int32_t)(scaled < 0.0 ? scaled - 0.5 : scaled + 0.5);
}

/* One window: the inputs within the support around `centre`, their weights made to sum to 1.
 *   weights   [count] fixed-point weights
 *   exact     [count] scratch */
static window fill_window(int32_t *weights, double *exact, int32_t in_size, double centre,
                          const filter *f, double stretch) {
    double support = f->support * stretch, inverse = 1.0 / stretch, sum = 0.0;
    int32_t first = (int32_t)(centre - support + 0.5), end = (int32_t)(centre + support + 0.5);
    if (first < 0)
        first = 0;
    if (end > in_size)
        end = in_size;
    for (int32_t i = first; i < end; i++) {
        exact[i - first] = f->weight((i - centre + 0.5) * inverse);
        sum += exact[i - first];
    }
    for (int32_t i = 0; i < end - first; i++) {
        weights[i] = to_fixed(sum != 0.0 ? exact[i] / sum : exact[i]);
    }
    return (window){first, end - first};
}

/* The windows of a whole axis. At equal size every filter is the identity; the box has the fewest taps.
 * What was allocated is freed by axis_free, after a failure too. */
static gc_status axis_init(axis *a, int32_t in_size, int32_t out_size, gc_filter name) {
    const filter *f = &filters[in_size == out_size ? GC_BOX : name];
    double scale = (double)in_size / out_size, stretch = scale < 1.0 ? 1.0 : scale;
    int32_t taps = 2 * (int32_t)ceil(f->support * stretch) + 1;
    *a = (axis){.size = out_size, .taps = taps < in_size ? taps : in_size};
    GC_TRY(axis_allocate(a));
    double *exact = malloc((size_t)a->taps * sizeof *exact);
    if (!exact)
        return gc_fail_memory((size_t)a->taps * sizeof *exact, "a resizing filter");
    for (int32_t i = 0; i < out_size; i++) {
        int32_t *weights = a->weights + (size_t)i * (size_t)a->taps;
        a->windows[i] = fill_window(weights, exact, in_size, (i + 0.5) * scale, f, stretch);
    }
    free(exact);
    return GC_OK;
}

/* ---- Filtering ---- */

/* A fixed-point sum, ROUNDING included, as a byte. */
static inline uint8_t to_byte(int32_t sum) {
    sum >>= WEIGHT_BITS;
    return (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
}

/* One row filtered along x; `channels` is a constant where this is called, so that the loops over it
 * unroll to vectors.
 *   out   [a->size][channels]      in   [in_width][channels] */
static inline void filter_row(uint8_t *restrict out, const uint8_t *restrict in, const axis *a,
                              const int32_t channels) {
    for (int32_t x = 0; x < a->size; x++) {
        const int32_t *weights = a->weights + (size_t)x * (size_t)a->taps;
        const uint8_t *pixel = in + (size_t)a->windows[x].first * (size_t)channels;
        int32_t sum[4] = {ROUNDING, ROUNDING, ROUNDING, ROUNDING};
        for (int32_t i = 0; i < a->windows[x].count; i++, pixel += channels) {
            for (int32_t c = 0; c < channels; c++)
                sum[c] += pixel[c] * weights[i];
        }
        for (int32_t c = 0; c < channels; c++)
            *out++ = to_byte(sum[c]);
    }
}

static void filter_row_of(uint8_t *out, const uint8_t *in, const axis *a, int32_t channels) {
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

/* One row filtered along y, in blocks whose sums stay in the first cache.
 *   out    [length]      rows   [count] rows of [length]      weights   [count] */
static void filter_columns(uint8_t *restrict out, const uint8_t *const *rows,
                           const int32_t *weights, int32_t count, size_t length) {
    enum { BLOCK = 1024 };
    int32_t sums[BLOCK];
    for (size_t from = 0; from < length; from += BLOCK) {
        size_t n = length - from < BLOCK ? length - from : BLOCK;
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

/* ---- Premultiplied alpha ---- */

/* out, in   [width] RGBA; colours times alpha / 255, rounded. (alpha * 255 / 255 is alpha: four equal
 * channels make a vector.) */
static void premultiply(uint8_t *restrict out, const uint8_t *restrict in, int32_t width) {
    for (int32_t x = 0; x < width; x++, out += 4, in += 4) {
        const uint32_t factors[4] = {in[3], in[3], in[3], 255};
        for (int c = 0; c < 4; c++)
            out[c] = gc_divide_by_255(in[c] * factors[c]);
    }
}

/* pixels   [width] RGBA; colours times 255 / alpha, truncated; as they are where alpha is 0 */
static void unpremultiply(uint8_t *pixels, int32_t width) {
    for (int32_t x = 0; x < width; x++, pixels += 4) {
        uint32_t alpha = pixels[3];
        if (alpha == 0 || alpha == 255)
            continue;
        for (int c = 0; c < 3; c++) {
            uint32_t colour = 255u * pixels[c] / alpha;
            pixels[c] = (uint8_t)(colour > 255 ? 255 : colour);
        }
    }
}

/* ---- A picture through both passes ---- */

typedef struct resampler {
    axis x, y;
    const uint8_t *in;
    int32_t in_width, channels;
    bool columns_first;   /* along y before x; the bytes depend on it */
    uint8_t *row;         /* scratch: one row of in_width pixels */
    uint8_t *ring;        /* [y.taps][ring_row]: input row r, prepared, is row r % y.taps */
    size_t ring_row;      /* bytes of a prepared row */
    const uint8_t **rows; /* [y.taps] the prepared rows of one output row, in order */
} resampler;

static void resampler_free(resampler *r) {
    axis_free(&r->x);
    axis_free(&r->y);
    free(r->row);
    free(r->ring);
    free(r->rows);
}

/* Pillow 13 filters along y first where that takes away more than twice as many rows as the other pass
 * takes away columns. */
static bool is_columns_first(int32_t in_width, int32_t in_height, int32_t width, int32_t height) {
    return in_height > height && in_height - height > 2 * (in_width - width);
}

static gc_status resampler_init(resampler *r, int32_t width, int32_t height, int32_t in_height,
                                gc_filter filter) {
    GC_TRY(axis_init(&r->x, r->in_width, width, filter));
    GC_TRY(axis_init(&r->y, in_height, height, filter));
    r->columns_first = is_columns_first(r->in_width, in_height, width, height);
    size_t channels = (size_t)r->channels, taps = (size_t)r->y.taps;
    r->ring_row = channels * (size_t)(r->columns_first ? r->in_width : width);
    if (taps > SIZE_MAX / 2 / r->ring_row) {
        return gc_fail(GC_TOO_LARGE, "resizing would need %zu rows of %zu bytes at once", taps,
                       r->ring_row);
    }
    r->row = malloc((size_t)r->in_width * channels);
    r->ring = malloc(taps * r->ring_row);
    r->rows = malloc(taps * sizeof *r->rows);
    if (r->row && r->ring && r->rows)
        return GC_OK;
    return gc_fail_memory(taps * r->ring_row, "the rows of a picture being resized");
}

static uint8_t *ring_row(const resampler *r, int32_t row) {
    return r->ring + (size_t)(row % r->y.taps) * r->ring_row;
}

/* Puts an input row into the ring: premultiplied, and filtered along x if that comes first. */
static void prepare_row(const resampler *r, int32_t row) {
    size_t bytes = (size_t)r->in_width * (size_t)r->channels;
    const uint8_t *in = r->in + (size_t)row * bytes;
    if (r->channels == 4) {
        premultiply(r->row, in, r->in_width);
        in = r->row;
    }
    if (r->columns_first) {
        memcpy(ring_row(r, row), in, bytes);
    } else {
        filter_row_of(ring_row(r, row), in, &r->x, r->channels);
    }
}

/* One output row from the prepared rows of its window. */
static void finish_row(const resampler *r, uint8_t *out, int32_t y) {
    window w = r->y.windows[y];
    for (int32_t i = 0; i < w.count; i++)
        r->rows[i] = ring_row(r, w.first + i);
    const int32_t *weights = r->y.weights + (size_t)y * (size_t)r->y.taps;
    filter_columns(r->columns_first ? r->row : out, r->rows, weights, w.count, r->ring_row);
    if (r->columns_first)
        filter_row_of(out, r->row, &r->x, r->channels);
    if (r->channels == 4)
        unpremultiply(out, r->x.size);
}

/* Windows only move down the picture, so each input row is prepared once, when it is first needed. */
static void resample(const resampler *r, uint8_t *out) {
    size_t out_row = (size_t)r->x.size * (size_t)r->channels;
    int32_t next = 0;
    for (int32_t y = 0; y < r->y.size; y++) {
        window w = r->y.windows[y];
        if (next < w.first)
            next = w.first;
        for (; next < w.first + w.count; next++)
            prepare_row(r, next);
        finish_row(r, out + (size_t)y * out_row, y);
    }
}

/* ---- Nearest ---- */

/* The input under the centre of each output pixel. Pillow adds up the steps instead of multiplying, and
 * so the rounding decides where a centre falls between two inputs. (It never adds up to a whole input
 * too many: sides are below 2^15; the bound is for the reader.)
 *   positions   [out_size] */
static void nearest_positions(int32_t *positions, int32_t in_size, int32_t out_size) {
    double step = (double)in_size / out_size, at = step * 0.5;
    for (int32_t i = 0; i < out_size; i++, at += step) {
        int32_t position = (int32_t)at;
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

static gc_status resize_nearest(uint8_t *out, int32_t out_width, int32_t out_height,
                                const uint8_t *in, int32_t in_width, int32_t in_height,
                                int32_t channels) {
    size_t bytes = ((size_t)out_width + (size_t)out_height) * sizeof(int32_t);
    int32_t *columns = malloc(bytes), *rows = columns + out_width;
    if (!columns)
        return gc_fail_memory(bytes, "the positions of a resized picture");
    nearest_positions(columns, in_width, out_width);
    nearest_positions(rows, in_height, out_height);
    size_t in_row = (size_t)in_width * (size_t)channels,
           out_row = (size_t)out_width * (size_t)channels;
    for (int32_t y = 0; y < out_height; y++) {
        nearest_row(out + (size_t)y * out_row, in + (size_t)rows[y] * in_row, columns, out_width,
                    channels);
    }
    free(columns);
    return GC_OK;
}

/* ---- The public function ---- */

static gc_status check_size(const char *which, int32_t width, int32_t height) {
    if (width < 1 || height < 1) {
        return gc_fail(GC_INVALID_ARGUMENT,
                       "the %s picture would have %d x %d pixels: at least 1 x 1", which, width,
                       height);
    }
    if (width > GC_MAX_IMAGE_SIDE || height > GC_MAX_IMAGE_SIDE ||
        width > GC_MAX_IMAGE_PIXELS / height) {
        return gc_fail(GC_TOO_LARGE, "the %s picture has %d x %d pixels: at most %d, and %d a side",
                       which, width, height, GC_MAX_IMAGE_PIXELS, GC_MAX_IMAGE_SIDE);
    }
    return GC_OK;
}

gc_status gc_image_resize(uint8_t *out, int32_t out_width, int32_t out_height, const uint8_t *in,
                          int32_t in_width, int32_t in_height, int32_t channels, gc_filter filter) {
    if (!out || !in)
        return gc_fail(GC_INVALID_ARGUMENT, "no pixels were given");
    if (channels != 1 && channels != 3 && channels != 4) {
        return gc_fail(GC_INVALID_ARGUMENT, "%d channels: 1, 3 and 4 are possible", channels);
    }
    if ((int)filter < GC_NEAREST || (int)filter > GC_LANCZOS) {
        return gc_fail(GC_INVALID_ARGUMENT, "%d is no filter: %d to %d are", (int)filter,
                       GC_NEAREST, GC_LANCZOS);
    }
    GC_TRY(check_size("given", in_width, in_height));
    GC_TRY(check_size("resized", out_width, out_height));
    if (in_width == out_width && in_height == out_height) {
        memcpy(out, in, (size_t)in_width * (size_t)in_height * (size_t)channels);
        return GC_OK;
    }
    if (filter == GC_NEAREST) {
        return resize_nearest(out, out_width, out_height, in, in_width, in_height, channels);
    }
    resampler r = {.in = in, .in_width = in_width, .channels = channels};
    gc_status status = resampler_init(&r, out_width, out_height, in_height, filter);
    if (status == GC_OK)
        resample(&r, out);
    resampler_free(&r);
    return status;
}
