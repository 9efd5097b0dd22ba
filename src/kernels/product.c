#include "kernels/product.h"

#ifndef GC_DOUBLE

#include <math.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "base/simd.h"
#include "base/touch.h"
#include "graph/shapes.h"
#include "kernels/fused.h"

/* Outputs of a panel: two vectors. */
#define PANEL (2 * GC_LANES)

/* Rows of a tile. The sums stay in registers, two for each row. x86 has 16 registers, and V8 keeps
 * one of them for itself. */
#define TILE 4

/* A multiply-add needs fewer registers, so a tile can have more rows. This pays where a sum has
 * TALL_FROM terms or more. */
#ifdef __wasm_relaxed_simd__
#define TALL_TILE 6
#else
#define TALL_TILE TILE
#endif
#define TALL_FROM 64

/* ---- Packing ----
 * A packed kernel is [panels][1 + in][PANEL], with the bias first and zeros behind the last
 * output. */

/* kernel(i, o) = values[i * in_step + o * out_step] * in_scale[i] * out_scale[o] */
struct kernel {
    const float *values;
    size_t in_step, out_step;
    const float *in_scale, *out_scale; /* NULL for 1 */
    const float *bias;                 /* NULL for 0 */
};

static size_t panels_of(int32_t out) { return ((size_t)out + PANEL - 1) / PANEL; }

static float scale_of(const float *scale, int32_t i) { return scale == NULL ? 1 : scale[i]; }

/* row [PANEL] holds the weights of a panel's outputs for one input. The kernel has `count` of them,
 * out_step apart. Packing runs while the user waits for a model, in code that V8 has not optimised
 * yet. The usual case is therefore short. */
static void pack_row(float *row, const float *values, size_t out_step, gc_f4 low, gc_f4 high,
                     int32_t count) {
    if (count == PANEL && out_step == 1) {
        gc_f4_store(row, gc_f4_load(values) * low);
        gc_f4_store(row + GC_LANES, gc_f4_load(values + GC_LANES) * high);
        return;
    }
    float some[PANEL] = {0};
    for (int32_t o = 0; o < count; o++)
        some[o] = values[o * out_step];
    gc_f4_store(row, gc_f4_load(some) * low);
    gc_f4_store(row + GC_LANES, gc_f4_load(some + GC_LANES) * high);
}

/* One panel, packed [1 + in][PANEL], of `count` outputs from `first` on. */
static void pack_panel(float *packed, const struct kernel *kernel, int32_t in, int32_t first,
                       int32_t count) {
    float bias[PANEL] = {0}, scale[PANEL] = {0};
    for (int32_t o = 0; o < count; o++) {
        bias[o] = kernel->bias == NULL ? 0 : kernel->bias[first + o];
        scale[o] = scale_of(kernel->out_scale, first + o);
    }
    memcpy(packed, bias, sizeof bias);
    const gc_f4 low = gc_f4_load(scale), high = gc_f4_load(scale + GC_LANES);
    const float *values = kernel->values + first * kernel->out_step;
    for (int32_t i = 0; i < in; i++, values += kernel->in_step) {
        const gc_f4 in_scale = gc_f4_splat(scale_of(kernel->in_scale, i));
        packed += PANEL;
        pack_row(packed, values, kernel->out_step, in_scale * low, in_scale * high, count);
    }
}

static gc_status pack(struct gc_product *product, const struct kernel *kernel) {
    const int32_t in = product->in, out = product->out;
    const size_t panels = panels_of(out), panel = (1 + (size_t)in) * PANEL;
    product->packed = gc_allocate_unset(panels * panel, sizeof *product->packed);
    if (product->packed == NULL)
        return gc_fail_memory(panels * panel * sizeof *product->packed, "a matrix product");
    for (int32_t first = 0; first < out; first += PANEL)
        pack_panel(product->packed + first / PANEL * panel, kernel, in, first,
                   out - first < PANEL ? out - first : PANEL);
    return GC_OK;
}

gc_status gc_product_create(struct gc_product *product, const struct gc_step *step) {
    const int32_t out = gc_shape_channels(&step->out);
    *product = (struct gc_product){gc_shape_channels(step->in), out, step->min, step->max, NULL};
    float *bias;
    GC_TRY(gc_fused_bias(&bias, step, step->weights[1], out));
    const gc_status status = pack(product, &(struct kernel){.values = step->weights[0],
                                                            .in_step = (size_t)out,
                                                            .out_step = 1,
                                                            .out_scale = step->scale,
                                                            .bias = bias});
    gc_release(bias);
    return status;
}

gc_status gc_product_create_transposed(struct gc_product *product, const struct gc_step *step) {
    const int32_t in = gc_shape_channels(&step->out);
    *product = (struct gc_product){in, gc_shape_channels(step->in), -INFINITY, INFINITY, NULL};
    return pack(product, &(struct kernel){.values = step->weights[0],
                                          .in_step = 1,
                                          .out_step = (size_t)in,
                                          .in_scale = step->scale});
}

void gc_product_destroy(struct gc_product *product) {
    gc_release(product->packed);
    *product = (struct gc_product){0};
}

gc_status gc_product_prepare(struct gc_step *step) {
    struct gc_product_state *state = step->state;
    return gc_product_create(&state->forward, step);
}

void gc_product_release(struct gc_step *step) {
    struct gc_product_state *state = step->state;
    gc_product_destroy(&state->forward);
    gc_product_destroy(&state->backward);
}

/* ---- Kernels ---- */

/* Rows of a product, and the panels that multiply them. */
struct block {
    struct gc_product product;
    float *out;
    const float *in;
    size_t out_stride, in_stride;
    size_t first, end; /* panels */
};

/* Stores the first `count` of a row's outputs. */
GC_INLINE void store_row(float *out, const gc_f4 sums[2], size_t count) {
    float row[PANEL];
    gc_f4_store(row, sums[0]);
    gc_f4_store(row + GC_LANES, sums[1]);
    memcpy(out, row, count * sizeof *out);
}

/* Panel p:  out [ROWS][PANEL] from in [ROWS][product->in], both with rows their strides apart
 * The last panel may have fewer outputs. */
GC_INLINE void multiply_panel(const int ROWS, const struct block *block, size_t p) {
    const struct gc_product *product = &block->product;
    const float *panel = product->packed + p * (1 + (size_t)product->in) * PANEL, *rows[TALL_TILE];
    gc_f4 sums[TALL_TILE][2];
    for (int r = 0; r < ROWS; r++) {
        rows[r] = block->in + r * block->in_stride;
        sums[r][0] = gc_f4_load(panel);
        sums[r][1] = gc_f4_load(panel + GC_LANES);
    }
    for (int32_t i = 0; i < product->in; i++) {
        panel += PANEL;
        const gc_f4 low = gc_f4_load(panel), high = gc_f4_load(panel + GC_LANES);
        for (int r = 0; r < ROWS; r++) {
            const gc_f4 value = gc_f4_splat(rows[r][i]);
            sums[r][0] = gc_f4_multiply_add(value, low, sums[r][0]);
            sums[r][1] = gc_f4_multiply_add(value, high, sums[r][1]);
        }
    }
    const gc_f4 min = gc_f4_splat(product->min), max = gc_f4_splat(product->max);
    for (int r = 0; r < ROWS; r++) {
        sums[r][0] = gc_f4_clamp(sums[r][0], min, max);
        sums[r][1] = gc_f4_clamp(sums[r][1], min, max);
    }
    const size_t left = (size_t)product->out - p * PANEL;
    float *out = block->out + p * PANEL;
    if (left >= PANEL)
        for (int r = 0; r < ROWS; r++)
            store_row(out + r * block->out_stride, sums[r], PANEL);
    else
        for (int r = 0; r < ROWS; r++)
            store_row(out + r * block->out_stride, sums[r], left);
}

/* Multiplies a block from panel p on, and returns the next panel to do. It works on a copy of the
 * block. The compiler knows that no store changes the copy, and reads it only once. */
typedef size_t multiply(const struct block *block, size_t p);

#define MULTIPLY(ROWS)                                                                             \
    static size_t multiply_##ROWS(const struct block *block, size_t p) {                           \
        const struct block copy = *block;                                                          \
        for (; p < copy.end; p++)                                                                  \
            multiply_panel(ROWS, &copy, p);                                                        \
        return p;                                                                                  \
    }
MULTIPLY(1)
MULTIPLY(2)
MULTIPLY(3)
MULTIPLY(4)

/* One panel a call. In a loop over panels, V8 up to 12.4 (Node 22) keeps the sums in memory, which
 * halves the speed. */
#if TALL_TILE > TILE
#define MULTIPLY_TALL(ROWS)                                                                        \
    static size_t multiply_##ROWS(const struct block *block, size_t p) {                           \
        multiply_panel(ROWS, block, p);                                                            \
        return p + 1;                                                                              \
    }
MULTIPLY_TALL(5)
MULTIPLY_TALL(6)
#endif

static multiply *const by_rows[TALL_TILE] = {
    multiply_1, multiply_2, multiply_3, multiply_4,
#if TALL_TILE > TILE
    multiply_5, multiply_6,
#endif
};

/* ---- Dividing the work ---- */

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/* A product in parts. A part multiplies some of the tiles by some of the panels. */
struct work {
    struct block all;
    size_t rows, tiles, tile_parts, column_parts;
};

/* Weights of so many bytes stay in a cache while all tiles pass by them. 16 KB to 48 KB were
 * measured equally good. */
#define STRETCH_BYTES (32 << 10)

/* A stretch of panels, and what is read ahead while it is multiplied. */
struct stretch {
    struct block block;
    const char *ahead; /* the weights of the stretch that comes next */
    size_t ahead_bytes;
};

/* Multiplies tiles first .. end - 1 by a stretch. Each tile reads its share ahead, so that a
 * processor waits for memory while it has something to compute. */
static void multiply_tiles(const struct work *work, const struct stretch *stretch, size_t first,
                           size_t end) {
    struct block block = stretch->block;
    size_t row = gc_part_start(work->rows, work->tiles, first), read = 0;
    for (size_t tile = first; tile < end; tile++) {
        const size_t next = gc_part_start(work->rows, work->tiles, tile + 1);
        const size_t until = gc_part_start(stretch->ahead_bytes, end - first, tile + 1 - first);
        gc_touch(stretch->ahead + read, until - read);
        block.out = work->all.out + row * block.out_stride;
        block.in = work->all.in + row * block.in_stride;
        for (size_t p = block.first; p < block.end;)
            p = by_rows[next - row - 1](&block, p);
        row = next;
        read = until;
    }
}

/* The tiles have nearly equal heights. A last tile of a single row would take as long as one of
 * three. */
static void multiply_part(void *context, size_t index) {
    const struct work *work = context;
    const size_t part = index / work->column_parts, column_part = index % work->column_parts;
    const size_t first = gc_part_start(work->tiles, work->tile_parts, part);
    const size_t end = gc_part_start(work->tiles, work->tile_parts, part + 1);
    const size_t last = gc_part_start(work->all.end, work->column_parts, column_part + 1);
    const size_t panel = (1 + (size_t)work->all.product.in) * PANEL * sizeof(float);
    const size_t panels = panel < STRETCH_BYTES ? STRETCH_BYTES / panel : 1;
    struct stretch stretch = {.block = work->all};
    size_t p = gc_part_start(work->all.end, work->column_parts, column_part);
    for (; p < last; p = stretch.block.end) {
        stretch.block.first = p;
        stretch.block.end = smaller(last, p + panels);
        stretch.ahead = (const char *)work->all.product.packed + stretch.block.end * panel;
        stretch.ahead_bytes = smaller(last - stretch.block.end, panels) * panel;
        multiply_tiles(work, &stretch, first, end);
    }
}

/* Enough parts for each thread to keep all threads busy to the end. */
#define PARTS_PER_THREAD 8

void gc_product_run(const struct gc_product *product, size_t rows, float *out, size_t out_stride,
                    const float *in, size_t in_stride) {
    const size_t tile = product->in >= TALL_FROM ? TALL_TILE : TILE;
    const size_t panels = panels_of(product->out), tiles = (rows + tile - 1) / tile;
    const size_t threads = gc_thread_count(), parts = threads > 1 ? PARTS_PER_THREAD * threads : 1;
    struct work work = {{*product, out, in, out_stride, in_stride, 0, panels}, rows, tiles, 0, 1};
    work.tile_parts = tiles < parts ? tiles : parts;
    while (work.tile_parts * work.column_parts < parts && 2 * work.column_parts <= panels)
        work.column_parts *= 2;
    gc_parallel(multiply_part, &work, work.tile_parts * work.column_parts);
}

#endif
