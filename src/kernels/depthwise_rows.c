#include "kernels/depthwise_rows.h"

#include "base/parallel.h"
#include "base/simd.h"
#include "base/touch.h"

#define MAX_KERNEL 7

/* Steps of a stretch. Several blocks of channels share a line of the cache. A stretch is short
 * enough for the first cache to keep its lines until all these blocks have passed. 28 was measured
 * best, with 28 columns of 64 bytes in 4 rows. */
#define STRETCH 28

/* ---- Packing ---- */

static int32_t blocks_of(int32_t channels) { return (channels + GC_LANES - 1) / GC_LANES; }

/* The first channel of the block that begins with `c`. The last block ends with the channels. */
GC_INLINE int32_t block_start(int32_t c, int32_t channels) {
    return c + GC_LANES <= channels ? c : channels - GC_LANES;
}

static size_t block_size(int32_t kernel) { return (size_t)(1 + kernel * kernel) * GC_LANES; }

size_t gc_depthwise_rows_packed(const struct gc_windows *windows, int32_t channels) {
    return (size_t)blocks_of(channels) * block_size(windows->rows.kernel);
}

void gc_depthwise_rows_pack(float *packed, const float *kernel, const float *bias,
                            const struct gc_windows *windows, int32_t channels) {
    const int32_t taps = windows->rows.kernel * windows->columns.kernel;
    for (int32_t block = 0; block < blocks_of(channels); block++) {
        const int32_t c = block_start(block * GC_LANES, channels);
        gc_f4_store(packed, bias == NULL ? gc_f4_splat(0) : gc_f4_load(bias + c));
        packed += GC_LANES;
        for (int32_t tap = 0; tap < taps; tap++, packed += GC_LANES)
            gc_f4_store(packed, gc_f4_load(kernel + (size_t)tap * channels + c));
    }
}

/* ---- What both directions share ---- */

/* Outputs that are incomplete at a time, with K taps along each axis and stride S. An output's taps
 * reach into OPEN - 1 outputs behind it. */
#define OPEN(K, S) (((K) + (S) - 1) / (S))

/* Steps first .. end - 1 along a row. Steps inner .. edge - 1 need no bounds checks: all they read
 * and write is inside. If there are none, inner is INT32_MAX. A few steps run before the first one,
 * only for what they add to its sums. */
struct stretch {
    int32_t first, inner, edge, end;
};

static void place(struct stretch *stretch, int32_t first, int32_t inner, int32_t edge,
                  int32_t end) {
    stretch->first = first;
    stretch->end = end - first < 2 * STRETCH ? end : first + STRETCH;
    stretch->inner = inner < first ? first : inner;
    stretch->edge = edge < stretch->end ? edge : stretch->end;
    if (stretch->inner >= stretch->edge)
        stretch->inner = INT32_MAX;
}

/* The least n with n * stride >= value, and the largest n with n * stride <= value, for stride 1,
 * 2. */
static int32_t divide_up(int32_t value, int32_t stride) {
    return (value + stride - 1) >> (stride - 1);
}
static int32_t divide_down(int32_t value, int32_t stride) { return value >> (stride - 1); }

/* sums[n] = sums[n + by] for n < count. A compiler would make a call of a loop. */
GC_INLINE void shift(gc_f4 *sums, int count, int by) {
    if (count > 0)
        sums[0] = sums[by];
    if (count > 1)
        sums[1] = sums[1 + by];
    if (count > 2)
        sums[2] = sums[2 + by];
    if (count > 3)
        sums[3] = sums[3 + by];
    if (count > 4)
        sums[4] = sums[4 + by];
    if (count > 5)
        sums[5] = sums[5 + by];
    _Static_assert(MAX_KERNEL - 1 == 6, "one line per sum");
}

/* ---- Forward ----
 *
 * Step x completes output x. It reads the last S columns of the output's taps: column
 * u = start + S * x and, with S = 2, the next. It adds them to all outputs that they belong to.
 * sums[n] is the sum of output x + n. */

struct forward {
    struct stretch stretch;
    const float *rows[MAX_KERNEL]; /* of the picture, one for each row of taps */
    float *out;                    /* the row */
    const float *packed;
    int32_t channels, in, start; /* `in` counts the columns of the picture */
    float min, max;
};

/* Adds column `s` of a step. The column begins `at` values into the rows. */
GC_INLINE void add_column(gc_f4 *sums, const gc_f4 *filter, const float *const *rows, size_t at,
                          int s, int K, int S) {
    for (int i = 0; i < K; i++) {
        const gc_f4 value = gc_f4_load(rows[i] + at);
        for (int n = 0; n < OPEN(K, S); n++) {
            const int j = K - S + s - S * n;
            if (j >= 0 && j < K)
                sums[n] = gc_f4_multiply_add(value, filter[i * K + j], sums[n]);
        }
    }
}

/* One block of channels, from channel c on. */
GC_INLINE void forward_block(const struct forward *f, int32_t c, const float *packed, int K,
                             int S) {
    const struct stretch *stretch = &f->stretch;
    const gc_f4 bias = gc_f4_load(packed), min = gc_f4_splat(f->min), max = gc_f4_splat(f->max);
    const size_t pixel = (size_t)f->channels;
    gc_f4 filter[MAX_KERNEL * MAX_KERNEL], sums[MAX_KERNEL];
    for (int tap = 0; tap < K * K; tap++)
        filter[tap] = gc_f4_load(packed + (1 + tap) * GC_LANES);
    for (int n = 0; n < OPEN(K, S); n++)
        sums[n] = bias;
    for (int32_t x = stretch->first - (OPEN(K, S) - 1); x < stretch->end; x++) {
        if (x == stretch->inner) {
            size_t at = (size_t)(f->start + S * x) * pixel + c;
            float *out = f->out + (size_t)x * pixel + c;
            for (; x < stretch->edge; x++, out += pixel) {
                for (int s = 0; s < S; s++, at += pixel)
                    add_column(sums, filter, f->rows, at, s, K, S);
                gc_f4_store(out, gc_f4_clamp(sums[0], min, max));
                shift(sums, OPEN(K, S) - 1, 1);
                sums[OPEN(K, S) - 1] = bias;
            }
            if (x == stretch->end)
                break;
        }
        for (int s = 0; s < S; s++) {
            const int32_t u = f->start + S * x + s;
            if (u >= 0 && u < f->in)
                add_column(sums, filter, f->rows, (size_t)u * pixel + c, s, K, S);
        }
        if (x >= stretch->first)
            gc_f4_store(f->out + (size_t)x * pixel + c, gc_f4_clamp(sums[0], min, max));
        shift(sums, OPEN(K, S) - 1, 1);
        sums[OPEN(K, S) - 1] = bias;
    }
}

GC_INLINE void forward_blocks(const struct forward *f, int K, int S) {
    const float *packed = f->packed;
    for (int32_t c = 0; c < f->channels; c += GC_LANES, packed += block_size(K))
        forward_block(f, block_start(c, f->channels), packed, K, S);
}

typedef void forward_kernel(const struct forward *f);
static void forward_3x3(const struct forward *f) { forward_blocks(f, 3, 1); }
static void forward_3x3_stride_2(const struct forward *f) { forward_blocks(f, 3, 2); }
static void forward_5x5(const struct forward *f) { forward_blocks(f, 5, 1); }
static void forward_5x5_stride_2(const struct forward *f) { forward_blocks(f, 5, 2); }
static void forward_7x7(const struct forward *f) { forward_blocks(f, 7, 1); }

static forward_kernel *forward_kernel_of(const struct gc_window *window) {
    if (window->kernel == 3)
        return window->stride == 1 ? forward_3x3 : forward_3x3_stride_2;
    if (window->kernel == 5)
        return window->stride == 1 ? forward_5x5 : forward_5x5_stride_2;
    return forward_7x7;
}

/* Reads ahead the rows that this row of outputs is the first to need. */
static void touch_stretch(const struct forward *f, int32_t kernel, int32_t stride) {
    const int32_t u = f->start + stride * f->stretch.first;
    const int32_t end = f->start + stride * f->stretch.end;
    const int32_t first = u < 0 ? 0 : u, last = end > f->in ? f->in : end;
    for (int32_t i = kernel - stride; i < kernel && first < last; i++)
        gc_touch(f->rows[i] + (size_t)first * f->channels,
                 (size_t)(last - first) * f->channels * sizeof(float));
}

/* Row y of out. */
static void forward_row(const struct gc_depthwise_rows *d, float *out, const float *in,
                        int32_t in_first, int32_t y) {
    const struct gc_window *rows = &d->windows->rows, *columns = &d->windows->columns;
    const int32_t stride = columns->stride;
    struct forward f = {.out = out,
                        .packed = d->packed,
                        .channels = d->channels,
                        .in = columns->in,
                        .start = columns->kernel - stride - columns->before,
                        .min = d->min,
                        .max = d->max};
    for (int32_t i = 0; i < rows->kernel; i++) {
        const int32_t v = gc_window_position(rows, y, i);
        const bool outside = v < 0 || v >= rows->in;
        f.rows[i] = outside ? d->zeros : in + (size_t)(v - in_first) * columns->in * d->channels;
    }
    const int32_t inner = divide_up(-f.start, stride);
    const int32_t edge = divide_down(columns->in - stride - f.start, stride) + 1;
    for (int32_t x = 0; x < columns->out; x = f.stretch.end) {
        place(&f.stretch, x, inner, edge, columns->out);
        touch_stretch(&f, rows->kernel, stride);
        forward_kernel_of(rows)(&f);
    }
}

struct forward_rows {
    const struct gc_depthwise_rows *depthwise;
    float *out;
    const float *in;
    int32_t first, in_first;
};

static void forward_row_task(void *context, size_t index) {
    const struct forward_rows *rows = context;
    const struct gc_depthwise_rows *d = rows->depthwise;
    const size_t row = (size_t)d->windows->columns.out * d->channels;
    forward_row(d, rows->out + index * row, rows->in, rows->in_first, rows->first + (int32_t)index);
}

void gc_depthwise_rows_forward(const struct gc_depthwise_rows *d, float *out, int32_t first,
                               int32_t end, const float *in, int32_t in_first) {
    gc_parallel(forward_row_task, &(struct forward_rows){d, out, in, first, in_first},
                (size_t)(end - first));
}

/* ---- Backward, stride 2 ----
 *
 * Step x adds the gradient of output x to the K columns that its taps see. It completes the first
 * two of these columns, u = 2 * x - before and the next. sums[j] is the sum of column u + j. A row
 * of taps takes part if its output exists. At most every second row does, R rows in all. */

struct backward {
    struct stretch stretch;
    const float *rows[MAX_KERNEL]; /* of dout, R of them */
    int32_t taps[MAX_KERNEL];      /* which row of taps each belongs to */
    float *din;                    /* the row */
    const float *packed;
    int32_t channels, in, out, before; /* `in` and `out` count the columns of din and dout */
};

/* One block of channels, from channel c on. */
GC_INLINE void backward_block(const struct backward *b, int32_t c, const float *packed, int K,
                              int R) {
    const struct stretch *stretch = &b->stretch;
    const size_t pixel = (size_t)b->channels;
    gc_f4 filter[MAX_KERNEL * MAX_KERNEL], sums[MAX_KERNEL + 2];
    for (int r = 0; r < R; r++)
        for (int j = 0; j < K; j++)
            filter[r * K + j] = gc_f4_load(packed + (1 + b->taps[r] * K + j) * GC_LANES);
    for (int j = 0; j < K + 2; j++)
        sums[j] = gc_f4_splat(0);
    for (int32_t x = stretch->first - (OPEN(K, 2) - 1); x < stretch->end; x++) {
        if (x == stretch->inner) {
            size_t at = (size_t)x * pixel + c;
            float *din = b->din + (size_t)(2 * x - b->before) * pixel + c;
            for (; x < stretch->edge; x++, at += pixel, din += 2 * pixel) {
                for (int r = 0; r < R; r++)
                    for (int j = 0; j < K; j++)
                        sums[j] = gc_f4_multiply_add(gc_f4_load(b->rows[r] + at), filter[r * K + j],
                                                     sums[j]);
                gc_f4_store(din, sums[0]);
                gc_f4_store(din + pixel, sums[1]);
                shift(sums, K, 2);
            }
            if (x == stretch->end)
                break;
        }
        for (int r = 0; r < R && x >= 0 && x < b->out; r++)
            for (int j = 0; j < K; j++)
                sums[j] = gc_f4_multiply_add(gc_f4_load(b->rows[r] + (size_t)x * pixel + c),
                                             filter[r * K + j], sums[j]);
        for (int s = 0; s < 2; s++) {
            const int32_t u = 2 * x - b->before + s;
            if (x >= stretch->first && u >= 0 && u < b->in)
                gc_f4_store(b->din + (size_t)u * pixel + c, sums[s]);
        }
        shift(sums, K, 2);
    }
}

GC_INLINE void backward_blocks(const struct backward *b, int K, int R) {
    const float *packed = b->packed;
    for (int32_t c = 0; c < b->channels; c += GC_LANES, packed += block_size(K))
        backward_block(b, block_start(c, b->channels), packed, K, R);
}

typedef void backward_kernel(const struct backward *b);
static void backward_3x3_of_1(const struct backward *b) { backward_blocks(b, 3, 1); }
static void backward_3x3_of_2(const struct backward *b) { backward_blocks(b, 3, 2); }
static void backward_5x5_of_1(const struct backward *b) { backward_blocks(b, 5, 1); }
static void backward_5x5_of_2(const struct backward *b) { backward_blocks(b, 5, 2); }
static void backward_5x5_of_3(const struct backward *b) { backward_blocks(b, 5, 3); }

static backward_kernel *backward_kernel_of(int32_t kernel, int32_t rows) {
    if (kernel == 3)
        return rows == 1 ? backward_3x3_of_1 : backward_3x3_of_2;
    return rows == 1 ? backward_5x5_of_1 : rows == 2 ? backward_5x5_of_2 : backward_5x5_of_3;
}

/* Row v of din. */
static void backward_row(const struct gc_depthwise_rows *d, float *din, const float *dout,
                         int32_t v) {
    const struct gc_window *rows = &d->windows->rows, *columns = &d->windows->columns;
    const int32_t before = columns->before;
    struct backward b = {.din = din,
                         .packed = d->packed,
                         .channels = d->channels,
                         .in = columns->in,
                         .out = columns->out,
                         .before = before};
    int32_t count = 0;
    for (int32_t i = 0; i < rows->kernel; i++) {
        const int32_t y = gc_window_at(rows, v, i);
        if (y < 0)
            continue;
        b.rows[count] = dout + (size_t)y * columns->out * d->channels;
        b.taps[count++] = i;
    }
    if (count == 0) {
        memset(din, 0, (size_t)columns->in * d->channels * sizeof *din);
        return;
    }
    const int32_t inner = divide_up(before, 2), end = divide_down(columns->in - 1 + before, 2) + 1;
    int32_t edge = divide_down(columns->in - 2 + before, 2) + 1;
    edge = edge < columns->out ? edge : columns->out;
    for (int32_t x = 0; x < end; x = b.stretch.end) {
        place(&b.stretch, x, inner, edge, end);
        backward_kernel_of(rows->kernel, count)(&b);
    }
}

struct backward_rows {
    const struct gc_depthwise_rows *depthwise;
    float *din;
    const float *dout;
};

static void backward_row_task(void *context, size_t v) {
    const struct backward_rows *rows = context;
    const struct gc_depthwise_rows *d = rows->depthwise;
    const size_t row = (size_t)d->windows->columns.in * d->channels;
    backward_row(d, rows->din + v * row, rows->dout, (int32_t)v);
}

void gc_depthwise_rows_backward(const struct gc_depthwise_rows *d, float *din, const float *dout) {
    gc_parallel(backward_row_task, &(struct backward_rows){d, din, dout},
                (size_t)d->windows->rows.in);
}

/* ---- The sizes that have kernels ---- */

bool gc_depthwise_rows_fit(const struct gc_windows *windows, int32_t channels) {
    const struct gc_window *rows = &windows->rows, *columns = &windows->columns;
    const int32_t kernel = rows->kernel, stride = rows->stride;
    const bool square = kernel == columns->kernel && stride == columns->stride;
    const bool small = kernel == 3 || kernel == 5;
    return channels >= GC_LANES && square && rows->dilation == 1 && columns->dilation == 1 &&
           ((stride == 1 && (small || kernel == 7)) || (stride == 2 && small));
}
