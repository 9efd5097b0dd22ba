#include "product.h"

#ifndef GC_DOUBLE

#include <math.h>

#include "../memory.h"
#include "../parallel.h"
#include "fused.h"
#include "shapes.h"
#include "simd.h"

/* Outputs of a panel: two vectors. */
#define PANEL (2 * GC_LANES)

/* Rows of a tile: its sums stay in registers, two for each row. x86 has 16 registers, of which V8 keeps one
 * for itself; what the kernel and the input need besides depends on whether there is a multiply-add. */
#ifdef __wasm_relaxed_simd__
#define TILE 6
#else
#define TILE 4
#endif

/* ---- Packing: [panels][1 + in][PANEL], the bias first, zeros behind the last output ---- */

/* kernel(i, o) = values[i * in_step + o * out_step] * in_scale[i] * out_scale[o] */
struct kernel {
    const float *values;
    size_t in_step, out_step;
    const float *in_scale, *out_scale; /* NULL for 1 */
    const float *bias;                 /* NULL for 0 */
};

static size_t panels_of(int32_t out) { return ((size_t)out + PANEL - 1) / PANEL; }

static float scale_of(const float *scale, int32_t i) { return scale == NULL ? 1 : scale[i]; }

/* One panel, of `count` outputs from `first` on: packed [1 + in][PANEL] */
static void pack_panel(float *packed, const struct kernel *kernel, int32_t in, int32_t first,
                       int32_t count) {
    for (int32_t o = 0; o < count; o++)
        packed[o] = kernel->bias == NULL ? 0 : kernel->bias[first + o];
    for (int32_t i = 0; i < in; i++) {
        const float *values = kernel->values + i * kernel->in_step + first * kernel->out_step;
        const float scale = scale_of(kernel->in_scale, i);
        packed += PANEL;
        for (int32_t o = 0; o < count; o++)
            packed[o] =
                values[o * kernel->out_step] * (scale * scale_of(kernel->out_scale, first + o));
    }
}

static gc_status pack(struct gc_product *product, const struct kernel *kernel) {
    const int32_t in = product->in, out = product->out;
    const size_t panels = panels_of(out), panel = (1 + (size_t)in) * PANEL;
    product->packed = gc_allocate(panels * panel, sizeof *product->packed);
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

/* ---- Kernels ---- */

struct panel_row {
    gc_f4 low, high;
};

/* sums(r)[PANEL] = bias[PANEL] + sum_i in(r)[i] * panel[i][PANEL]  for the rows 0 .. ROWS - 1 */
GC_INLINE void multiply_panel(const int ROWS, struct panel_row *sums, const float *const *in,
                              const float *panel, int32_t count) {
    for (int r = 0; r < ROWS; r++)
        sums[r] = (struct panel_row){gc_f4_load(panel), gc_f4_load(panel + GC_LANES)};
    for (int32_t i = 0; i < count; i++) {
        panel += PANEL;
        const gc_f4 low = gc_f4_load(panel), high = gc_f4_load(panel + GC_LANES);
        for (int r = 0; r < ROWS; r++) {
            const gc_f4 value = gc_f4_splat(in[r][i]);
            sums[r].low = gc_f4_multiply_add(value, low, sums[r].low);
            sums[r].high = gc_f4_multiply_add(value, high, sums[r].high);
        }
    }
}

/* The first `count` of a row's outputs. */
GC_INLINE void store_row(float *out, struct panel_row sums, size_t count) {
    float row[PANEL];
    gc_f4_store(row, sums.low);
    gc_f4_store(row + GC_LANES, sums.high);
    memcpy(out, row, count * sizeof *out);
}

/* Rows of a product and the panels that they are multiplied with. */
struct block {
    const struct gc_product *product;
    float *out;
    const float *in;
    size_t out_stride, in_stride;
    size_t first, end; /* panels */
};

/* out [ROWS][outputs of the panels] from in [ROWS][product->in], rows their strides apart */
GC_INLINE void multiply_block(const int ROWS, const struct block *block) {
    const struct gc_product *product = block->product;
    const size_t panel_size = (1 + (size_t)product->in) * PANEL;
    const float *rows[TILE], *panel = product->packed + block->first * panel_size;
    float *out = block->out + block->first * PANEL;
    for (int r = 0; r < ROWS; r++)
        rows[r] = block->in + r * block->in_stride;
    int32_t left = product->out - (int32_t)(block->first * PANEL);
    for (size_t p = block->first; p < block->end; p++, left -= PANEL, out += PANEL) {
        struct panel_row sums[TILE];
        multiply_panel(ROWS, sums, rows, panel, product->in);
        panel += panel_size;
        /* Hides where it points to, so that the clamp is read anew for each panel: kept in registers it
         * would push out sums. */
        __asm__("" : "+r"(product));
        const gc_f4 min = gc_f4_splat(product->min), max = gc_f4_splat(product->max);
        for (int r = 0; r < ROWS; r++) {
            sums[r].low = gc_f4_clamp(sums[r].low, min, max);
            sums[r].high = gc_f4_clamp(sums[r].high, min, max);
        }
        if (left >= PANEL)
            for (int r = 0; r < ROWS; r++)
                store_row(out + r * block->out_stride, sums[r], PANEL);
        else
            for (int r = 0; r < ROWS; r++)
                store_row(out + r * block->out_stride, sums[r], (size_t)left);
    }
}

typedef void multiply(const struct block *block);

#define MULTIPLY_BLOCK(ROWS)                                                                       \
    static void multiply_##ROWS(const struct block *block) { multiply_block(ROWS, block); }
MULTIPLY_BLOCK(1)
MULTIPLY_BLOCK(2)
MULTIPLY_BLOCK(3)
MULTIPLY_BLOCK(4)
#if TILE == 6
MULTIPLY_BLOCK(5)
MULTIPLY_BLOCK(6)
#endif

static multiply *const by_rows[TILE] = {
    multiply_1, multiply_2, multiply_3, multiply_4,
#if TILE == 6
    multiply_5, multiply_6,
#endif
};

/* ---- Dividing the work ---- */

/* A product in parts, each of them some tiles times a stretch of the panels. */
struct work {
    struct block all;
    size_t rows, tiles, tile_parts, stretches;
};

/* Where part `index` of `parts` nearly equal parts begins. */
static size_t part_start(size_t count, size_t parts, size_t index) {
    return (size_t)((uint64_t)count * index / parts);
}

/* The tiles are of nearly equal height too: a last one of a single row would cost as much time as one of
 * three. */
static void multiply_part(void *context, size_t index) {
    const struct work *work = context;
    const size_t part = index / work->stretches, stretch = index % work->stretches;
    const size_t first = part_start(work->tiles, work->tile_parts, part);
    const size_t end = part_start(work->tiles, work->tile_parts, part + 1);
    size_t row = part_start(work->rows, work->tiles, first), next;
    struct block block = work->all;
    block.first = part_start(work->all.end, work->stretches, stretch);
    block.end = part_start(work->all.end, work->stretches, stretch + 1);
    for (size_t tile = first; tile < end; tile++, row = next) {
        next = part_start(work->rows, work->tiles, tile + 1);
        block.out = work->all.out + row * block.out_stride;
        block.in = work->all.in + row * block.in_stride;
        by_rows[next - row - 1](&block);
    }
}

/* So many parts for each thread that all are busy to the end, and hardly more. */
#define PARTS_PER_THREAD 8

void gc_product_run(const struct gc_product *product, size_t rows, float *out, size_t out_stride,
                    const float *in, size_t in_stride) {
    const size_t panels = panels_of(product->out), tiles = (rows + TILE - 1) / TILE;
    const size_t threads = gc_thread_count(), parts = threads > 1 ? PARTS_PER_THREAD * threads : 1;
    struct work work = {{product, out, in, out_stride, in_stride, 0, panels}, rows, tiles, 0, 1};
    work.tile_parts = tiles < parts ? tiles : parts;
    while (work.tile_parts * work.stretches < parts && 2 * work.stretches <= panels)
        work.stretches *= 2;
    gc_parallel(multiply_part, &work, work.tile_parts * work.stretches);
}

#endif
