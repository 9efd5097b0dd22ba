#include "kernels/product.h"

/* Outputs of a panel, which fill two vectors. */
#define PANEL 8

void gc_product_unpack(const struct gc_array *weight, size_t all, float *values, size_t first,
                       size_t count) {
    const size_t columns = (size_t)weight->columns, panel = all / columns * PANEL;
    for (size_t i = 0; i < count; i++) {
        const size_t row = (first + i) / columns, column = (first + i) % columns;
        values[i] = weight->panels[column / PANEL * panel + row * PANEL + column % PANEL];
    }
}

#ifndef GC_DOUBLE

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "base/simd.h"
#include "base/touch.h"
#include "graph/shapes.h"
#include "kernels/fused.h"

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
#define TALL_FROM 24

/* ---- Packing ---- */

static size_t panels_of(int32_t out) { return ((size_t)out + PANEL - 1) / PANEL; }

/* Values of the panels. */
static size_t packed_size(int32_t in, int32_t out) { return panels_of(out) * PANEL * (size_t)in; }

static const float *panel_at(const struct gc_product *product, size_t p) {
    return product->panels + p * PANEL * (size_t)product->in;
}

/* One panel [in][PANEL] of `count` outputs, from a kernel [in][out] times `scale` [out]. Packing
 * runs while the user waits for a model, in code that V8 has not optimised yet. The usual case is
 * therefore short. */
static void pack_panel(float *panel, const float *kernel, const float *scale, int32_t in,
                       int32_t out, int32_t count) {
    float by[PANEL] = {0};
    for (int32_t o = 0; o < count; o++)
        by[o] = scale == NULL ? 1 : scale[o];
    const gc_f4 low = gc_f4_load(by), high = gc_f4_load(by + GC_LANES);
    for (int32_t i = 0; i < in; i++, panel += PANEL, kernel += out) {
        float some[PANEL] = {0};
        const float *from = kernel;
        if (count < PANEL)
            from = memcpy(some, kernel, (size_t)count * sizeof *some);
        gc_f4_store(panel, gc_f4_load(from) * low);
        gc_f4_store(panel + GC_LANES, gc_f4_load(from + GC_LANES) * high);
    }
}

static gc_status allocate_panels(float **panels, int32_t in, int32_t out) {
    const size_t count = packed_size(in, out);
    *panels = gc_allocate_unset(count, sizeof **panels);
    return *panels != NULL ? GC_OK : gc_fail_memory(count * sizeof **panels, "a matrix product");
}

static gc_status pack(float **panels, const float *kernel, const float *scale, int32_t in,
                      int32_t out) {
    GC_TRY(allocate_panels(panels, in, out));
    float *panel = *panels;
    for (int32_t o = 0; o < out; o += PANEL, panel += (size_t)in * PANEL)
        pack_panel(panel, kernel + o, scale == NULL ? NULL : scale + o, in, out,
                   out - o < PANEL ? out - o : PANEL);
    return GC_OK;
}

/* Packs a weight, and gives Keras' array back unless another step needs it. */
static gc_status pack_weight(struct gc_array *weight, int32_t in, int32_t out) {
    if (weight->panels == NULL)
        GC_TRY(pack(&weight->panels, weight->values, NULL, in, out));
    weight->columns = out;
    if (weight->readers > 1 || weight->stays)
        return GC_OK;
    gc_release(weight->values);
    weight->values = NULL;
    return GC_OK;
}

/* Kernels with fewer rows are small. */
#define FOLDED_BELOW 64

/* Whether the panels have the fused scale in them. They are the step's own then, and the weight
 * keeps Keras' array. That costs memory. Scaling the sums instead costs time, and the more of it
 * the fewer terms a sum has. */
static bool is_folded(const struct gc_step *step, int32_t in) {
    return step->scale != NULL && step->weights[0] != NULL && in < FOLDED_BELOW;
}

static gc_status set_panels(struct gc_product *product, struct gc_step *step) {
    const int32_t in = product->in, out = product->out;
    const bool folds = is_folded(step, in);
    if (step->kernel != NULL && folds)
        step->kernel->stays = true;
    if (step->kernel == NULL || folds) {
        const float *scale = folds ? step->scale : NULL;
        GC_TRY(pack(&product->own, step->weights[0], scale, in, out));
        product->panels = product->own;
        return GC_OK;
    }
    GC_TRY(pack_weight(step->kernel, in, out));
    product->panels = step->kernel->panels;
    step->weights[0] = step->kernel->values;
    return GC_OK;
}

/* The coefficients of an output. Its sum begins with START. SCALE and SHIFT may follow. */
enum { START, SCALE, SHIFT, COEFFICIENTS };

static gc_status allocate_coefficients(struct gc_product *product) {
    const size_t count = COEFFICIENTS * panels_of(product->out) * PANEL;
    product->coefficients = gc_allocate(count, sizeof *product->coefficients);
    return product->coefficients != NULL
               ? GC_OK
               : gc_fail_memory(count * sizeof *product->coefficients, "a matrix product");
}

static const float *coefficients_of(const struct gc_product *product, size_t p) {
    return product->coefficients + p * COEFFICIENTS * PANEL;
}

static gc_status set_coefficients(struct gc_product *product, const struct gc_step *step) {
    float *bias;
    GC_TRY(allocate_coefficients(product));
    GC_TRY(gc_fused_bias(&bias, step, step->weights[1], product->out));
    product->scales = step->scale != NULL && !is_folded(step, product->in);
    for (size_t o = 0; o < (size_t)product->out; o++) {
        float *at = product->coefficients + o / PANEL * COEFFICIENTS * PANEL + o % PANEL;
        at[(product->scales ? SHIFT : START) * PANEL] = bias[o];
        if (product->scales)
            at[SCALE * PANEL] = step->scale[o];
    }
    gc_release(bias);
    return GC_OK;
}

gc_status gc_product_create(struct gc_product *product, struct gc_step *step, int32_t in) {
    const int32_t out = gc_shape_channels(&step->out);
    *product = (struct gc_product){.in = in, .out = out, .min = step->min, .max = step->max};
    gc_status status = set_coefficients(product, step);
    if (status == GC_OK)
        status = set_panels(product, step);
    if (status != GC_OK)
        gc_product_destroy(product);
    return status;
}

/* Writes what the outputs of one forward panel at one tap give to a panel of the backward kernel.
 *   to      [count][PANEL]    to(o, c) = from(c, o) * scale(o)
 *   from    [channels][PANEL]
 *   scale   [count], or NULL for 1 */
static void transpose(float *to, const float *from, const float *scale, int32_t count,
                      int32_t channels) {
    for (int32_t o = 0; o < count; o++, to += PANEL)
        for (int32_t c = 0; c < PANEL; c++)
            to[c] = c < channels ? from[c * PANEL + o] * (scale == NULL ? 1 : scale[o]) : 0;
}

static void pack_backward(float *panels, const struct gc_product *forward, int32_t taps,
                          const float *scale) {
    const int32_t in = forward->in / taps, out = forward->out;
    for (int32_t c = 0; c < in; c += PANEL)
        for (int32_t tap = taps - 1; tap >= 0; tap--)
            for (int32_t o = 0; o < out; o += PANEL) {
                const int32_t count = out - o < PANEL ? out - o : PANEL;
                const float *from = panel_at(forward, (size_t)(o / PANEL));
                transpose(panels, from + ((size_t)tap * (size_t)in + (size_t)c) * PANEL,
                          scale == NULL ? NULL : scale + o, count, in - c);
                panels += count * PANEL;
            }
}

gc_status gc_product_create_backward(struct gc_product *product, const struct gc_product *forward,
                                     int32_t taps, const struct gc_step *step) {
    *product = (struct gc_product){
        .in = taps * forward->out, .out = forward->in / taps, .min = -INFINITY, .max = INFINITY};
    gc_status status = allocate_coefficients(product);
    if (status == GC_OK)
        status = allocate_panels(&product->own, product->in, product->out);
    if (status != GC_OK) {
        gc_product_destroy(product);
        return status;
    }
    pack_backward(product->own, forward, taps, forward->scales ? step->scale : NULL);
    product->panels = product->own;
    return GC_OK;
}

void gc_product_destroy(struct gc_product *product) {
    gc_release(product->own);
    gc_release(product->coefficients);
    *product = (struct gc_product){0};
}

/* ---- Kernels ---- */

/* Positions of a region, and the panels that multiply them. */
struct block {
    struct gc_product product;
    const struct gc_segment *segments;
    int32_t segment_count;
    float *out[TALL_TILE];      /* where each position's outputs lie */
    const float *in[TALL_TILE]; /* where each position begins to read */
    size_t first, end;          /* panels */
};

/* The sums of a tile, HALVES vectors for each position. A narrow panel has four outputs or fewer,
 * and then one vector for each. */
typedef gc_f4 tile_sums[TALL_TILE][2];

/* Stores the first `count` of a position's outputs. */
GC_INLINE void store_row(float *out, const gc_f4 sums[2], size_t count) {
    float row[PANEL];
    gc_f4_store(row, sums[0]);
    gc_f4_store(row + GC_LANES, sums[1]);
    memcpy(out, row, count * sizeof *out);
}

/* sums [ROWS][PANEL] += rows [ROWS][length] times weights [length][PANEL] */
GC_INLINE void add_segment(const int ROWS, const int HALVES, tile_sums sums,
                           const float *const *rows, const float *weights, int32_t length) {
    for (int32_t i = 0; i < length; i++, weights += PANEL) {
        const gc_f4 low = gc_f4_load(weights), high = gc_f4_load(weights + GC_LANES);
        for (int r = 0; r < ROWS; r++) {
            const gc_f4 value = gc_f4_splat(rows[r][i]);
            sums[r][0] = gc_f4_multiply_add(value, low, sums[r][0]);
            if (HALVES == 2)
                sums[r][1] = gc_f4_multiply_add(value, high, sums[r][1]);
        }
    }
}

/* sums [ROWS][PANEL] += the segments of in times the weights of a panel */
GC_INLINE void add_segments(const int ROWS, const int HALVES, tile_sums sums,
                            const struct block *block, const float *panel) {
    const struct gc_segment *segment = block->segments;
    for (int32_t left = block->segment_count; left > 0; left--, segment++) {
        const float *rows[TALL_TILE];
        for (int r = 0; r < ROWS; r++)
            rows[r] = block->in[r] + segment->at;
        add_segment(ROWS, HALVES, sums, rows, panel + (size_t)segment->first * PANEL,
                    segment->length);
    }
}

/* sums = clamp(sums * scale + shift) */
GC_INLINE void finish(const int ROWS, const int HALVES, tile_sums sums,
                      const struct gc_product *product, const float *coefficients) {
    const gc_f4 min = gc_f4_splat(product->min), max = gc_f4_splat(product->max);
    for (int half = 0; half < HALVES && product->scales; half++) {
        const gc_f4 scale = gc_f4_load(coefficients + SCALE * PANEL + half * GC_LANES);
        const gc_f4 shift = gc_f4_load(coefficients + SHIFT * PANEL + half * GC_LANES);
        for (int r = 0; r < ROWS; r++)
            sums[r][half] = gc_f4_multiply_add(sums[r][half], scale, shift);
    }
    for (int r = 0; r < ROWS; r++)
        for (int half = 0; half < HALVES; half++)
            sums[r][half] = gc_f4_clamp(sums[r][half], min, max);
}

/* Panel p:  out [ROWS][PANEL] from the segments of in. The last panel may have fewer outputs. */
GC_INLINE void multiply_panel(const int ROWS, const int HALVES, const struct block *block,
                              size_t p) {
    const struct gc_product *product = &block->product;
    const float *panel = panel_at(product, p), *coefficients = coefficients_of(product, p);
    tile_sums sums;
    for (int r = 0; r < ROWS; r++) {
        sums[r][0] = gc_f4_load(coefficients);
        sums[r][1] = gc_f4_load(coefficients + GC_LANES);
    }
    if (block->segment_count == 1) /* one loop less, for most products */
        add_segment(ROWS, HALVES, sums, block->in, panel + (size_t)block->segments->first * PANEL,
                    block->segments->length);
    else
        add_segments(ROWS, HALVES, sums, block, panel);
    finish(ROWS, HALVES, sums, product, coefficients);
    const size_t left = (size_t)product->out - p * PANEL;
    if (HALVES == 2 && left >= PANEL)
        for (int r = 0; r < ROWS; r++)
            store_row(block->out[r] + p * PANEL, sums[r], PANEL);
    else
        for (int r = 0; r < ROWS; r++)
            store_row(block->out[r] + p * PANEL, sums[r], left);
}

/* Whether panel p has so few outputs. */
static bool is_narrow(const struct gc_product *product, size_t p) {
    return (size_t)product->out - p * PANEL <= GC_LANES;
}

/* Multiplies a block from panel p on, and returns the next panel to do. It works on a copy of the
 * block. The compiler knows that no store changes the copy, and reads it only once. */
typedef size_t multiply(const struct block *block, size_t p);

#define MULTIPLY(ROWS)                                                                             \
    static size_t multiply_##ROWS(const struct block *block, size_t p) {                           \
        const struct block copy = *block;                                                          \
        for (; p < copy.end; p++)                                                                  \
            multiply_panel(ROWS, 2, &copy, p);                                                     \
        return p;                                                                                  \
    }                                                                                              \
    static size_t multiply_narrow_##ROWS(const struct block *block, size_t p) {                    \
        multiply_panel(ROWS, 1, block, p);                                                         \
        return p + 1;                                                                              \
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
        multiply_panel(ROWS, 2, block, p);                                                         \
        return p + 1;                                                                              \
    }                                                                                              \
    static size_t multiply_narrow_##ROWS(const struct block *block, size_t p) {                    \
        multiply_panel(ROWS, 1, block, p);                                                         \
        return p + 1;                                                                              \
    }
MULTIPLY_TALL(5)
MULTIPLY_TALL(6)
#endif

/* By narrowness and rows. */
static multiply *const multiplies[2][TALL_TILE] = {
#if TALL_TILE > TILE
    {multiply_1, multiply_2, multiply_3, multiply_4, multiply_5, multiply_6},
    {multiply_narrow_1, multiply_narrow_2, multiply_narrow_3, multiply_narrow_4, multiply_narrow_5,
     multiply_narrow_6},
#else
    {multiply_1, multiply_2, multiply_3, multiply_4},
    {multiply_narrow_1, multiply_narrow_2, multiply_narrow_3, multiply_narrow_4},
#endif
};

/* A block of `rows` positions. */
static void multiply_block(struct block *block, size_t rows, size_t end) {
    const bool ends_narrow = end > block->first && is_narrow(&block->product, end - 1);
    block->end = ends_narrow ? end - 1 : end;
    for (size_t p = block->first; p < block->end;)
        p = multiplies[false][rows - 1](block, p);
    if (ends_narrow)
        multiplies[true][rows - 1](block, end - 1);
}

/* ---- Dividing the work ---- */

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/* A product in parts. A part multiplies some of the tiles by some of the panels. */
struct work {
    const struct gc_product *product;
    const struct gc_regions *regions;
    struct gc_band out, in;
    int32_t first, end; /* rows of out */
    size_t tile, tiles; /* positions of a tile, and tiles of all regions */
    size_t tile_parts, column_parts;
};

/* The part of a region that lies in rows first .. end - 1. Its tiles have nearly equal heights. A
 * last tile of a single position would take as long as one of three. */
struct area {
    const struct gc_region *region;
    size_t first; /* row of the region */
    size_t tiles, height;
    size_t taller; /* the first so many tiles have a position more */
};

/* The first row of a region that lies at `y` or behind it. */
static size_t row_from(const struct gc_region *region, int32_t step, int32_t y) {
    const int32_t row = y > region->y ? (y - region->y + step - 1) / step : 0;
    return (size_t)(row < region->rows ? row : region->rows);
}

static struct area area_of(const struct work *work, int32_t index) {
    const struct gc_region *region = &work->regions->regions[index];
    struct area area = {.region = region};
    area.first = row_from(region, work->regions->step_y, work->first);
    const size_t rows = row_from(region, work->regions->step_y, work->end) - area.first;
    const size_t positions = rows * (size_t)region->columns;
    area.tiles = (positions + work->tile - 1) / work->tile;
    area.height = positions / (area.tiles > 0 ? area.tiles : 1);
    area.taller = positions - area.tiles * area.height;
    return area;
}

static size_t count_tiles(const struct work *work) {
    size_t tiles = 0;
    for (int32_t i = 0; i < work->regions->region_count; i++)
        tiles += area_of(work, i).tiles;
    return tiles;
}

/* Goes through the positions of a region. */
struct cursor {
    float *out, *row_out; /* of the position, and of its row's first one */
    const float *in, *row_in;
    size_t column, columns;
    size_t out_step, row_out_step, in_step, row_in_step;
};

/* A cursor at a position, counted from the area's first. */
static struct cursor cursor_at(const struct work *work, const struct area *area, size_t position) {
    const struct gc_regions *all = work->regions;
    const struct gc_region *region = area->region;
    const size_t out_row = (size_t)all->width * (size_t)all->channels;
    const size_t in_row = (size_t)all->from_width * (size_t)all->from_channels;
    const size_t row = area->first + position / (size_t)region->columns;
    struct cursor c = {.column = position % (size_t)region->columns,
                       .columns = (size_t)region->columns,
                       .out_step = (size_t)all->step_x * (size_t)all->channels,
                       .row_out_step = (size_t)all->step_y * out_row,
                       .in_step = (size_t)all->from_step_x * (size_t)all->from_channels,
                       .row_in_step = (size_t)all->from_step_y * in_row};
    const size_t y = (size_t)(region->y - work->out.first),
                 v = (size_t)(region->from_y - work->in.first);
    c.row_out = work->out.data +
                (y * out_row + row * c.row_out_step + (size_t)region->x * (size_t)all->channels);
    c.row_in = work->in.data + (v * in_row + row * c.row_in_step +
                                (size_t)region->from_x * (size_t)all->from_channels);
    c.out = c.row_out + c.column * c.out_step;
    c.in = c.row_in + c.column * c.in_step;
    return c;
}

static void advance(struct cursor *c) {
    c->out += c->out_step;
    c->in += c->in_step;
    if (++c->column < c->columns)
        return;
    c->column = 0;
    c->out = c->row_out += c->row_out_step;
    c->in = c->row_in += c->row_in_step;
}

/* Weights of so many bytes stay in a cache while all tiles pass by them. 16 KB to 48 KB were
 * measured equally good. */
#define STRETCH_BYTES (32 << 10)

/* A stretch of panels, and what is read ahead while it is multiplied. */
struct stretch {
    size_t first, end;      /* panels */
    const char *ahead;      /* the weights of the stretch that comes next */
    size_t bytes, bytes_of; /* of those, and of those that a tile reads */
};

/* Tile `index` of a part reads its share of the next weights ahead, so that a processor waits for
 * memory while it has something to compute. */
static void read_ahead(const struct stretch *stretch, size_t index) {
    const size_t from = index * stretch->bytes_of;
    if (from < stretch->bytes)
        gc_touch(stretch->ahead + from, smaller(stretch->bytes_of, stretch->bytes - from));
}

/* Tiles first .. end - 1 of all, as far as they are among the area's, which come behind `before`
 * others. */
static void multiply_area(const struct work *work, const struct stretch *stretch,
                          const struct area *area, size_t before, size_t first, size_t end) {
    const struct gc_region *region = area->region;
    struct block block = {.product = *work->product,
                          .segments = work->regions->segments + region->segment,
                          .segment_count = region->segments,
                          .first = stretch->first};
    size_t tile = first > before ? first - before : 0;
    const size_t last = smaller(end - before, area->tiles);
    struct cursor cursor = cursor_at(work, area, tile * area->height + smaller(tile, area->taller));
    for (; tile < last; tile++) {
        const size_t height = area->height + (tile < area->taller ? 1 : 0);
        for (size_t i = 0; i < height; i++, advance(&cursor)) {
            block.out[i] = cursor.out;
            block.in[i] = cursor.in;
        }
        read_ahead(stretch, before + tile - first);
        multiply_block(&block, height, stretch->end);
    }
}

/* Multiplies tiles first .. end - 1 by a stretch. */
static void multiply_tiles(const struct work *work, const struct stretch *stretch, size_t first,
                           size_t end) {
    size_t before = 0;
    for (int32_t i = 0; i < work->regions->region_count && before < end; i++) {
        const struct area area = area_of(work, i);
        if (before + area.tiles > first)
            multiply_area(work, stretch, &area, before, first, end);
        before += area.tiles;
    }
}

static void multiply_part(void *context, size_t index) {
    const struct work *work = context;
    const size_t part = index / work->column_parts, column_part = index % work->column_parts;
    const size_t first = gc_part_start(work->tiles, work->tile_parts, part);
    const size_t end = gc_part_start(work->tiles, work->tile_parts, part + 1);
    const size_t all = panels_of(work->product->out);
    const size_t last = gc_part_start(all, work->column_parts, column_part + 1);
    const size_t panel = (size_t)work->product->in * PANEL * sizeof(float);
    const size_t panels = panel < STRETCH_BYTES ? STRETCH_BYTES / panel : 1;
    struct stretch stretch;
    for (size_t p = gc_part_start(all, work->column_parts, column_part); p < last;
         p = stretch.end) {
        stretch.first = p;
        stretch.end = smaller(last, p + panels);
        stretch.ahead = (const char *)panel_at(work->product, stretch.end);
        stretch.bytes = smaller(last - stretch.end, panels) * panel;
        stretch.bytes_of = (stretch.bytes + end - first - 1) / (end - first);
        multiply_tiles(work, &stretch, first, end);
    }
}

/* Enough parts for each thread to keep all threads busy to the end. */
#define PARTS_PER_THREAD 8

void gc_product_run_regions(const struct gc_product *product, const struct gc_regions *regions,
                            struct gc_band out, struct gc_band in, int32_t first, int32_t end) {
    const size_t panels = panels_of(product->out);
    const size_t threads = gc_thread_count(), parts = threads > 1 ? PARTS_PER_THREAD * threads : 1;
    struct work work = {.product = product,
                        .regions = regions,
                        .out = out,
                        .in = in,
                        .first = first,
                        .end = end,
                        .tile = product->in >= TALL_FROM ? TALL_TILE : TILE,
                        .column_parts = 1};
    work.tiles = count_tiles(&work);
    work.tile_parts = work.tiles < parts ? work.tiles : parts;
    while (work.tile_parts * work.column_parts < parts && 2 * work.column_parts <= panels)
        work.column_parts *= 2;
    gc_parallel(multiply_part, &work, work.tile_parts * work.column_parts);
}

void gc_product_run(const struct gc_product *product, size_t rows, float *out, const float *in) {
    struct gc_segment all = {0, 0, product->in};
    struct gc_region region = {.rows = 1, .columns = (int32_t)rows, .segments = 1};
    const struct gc_regions regions = {
        1, 1, 1, 1, (int32_t)rows, product->out, (int32_t)rows, product->in, &region, &all, 1, 1};
    gc_product_run_regions(product, &regions, gc_whole(out), gc_whole(in), 0, 1);
}

/* ---- Sums over outputs ---- */

/* sums [count] += rows [count][PANEL] times values [PANEL] */
static void add_dots(float *restrict sums, const float *restrict rows, const float *values,
                     int32_t count) {
    const gc_f4 low = gc_f4_load(values), high = gc_f4_load(values + GC_LANES);
    int32_t i = 0;
    for (; i + GC_LANES <= count; i += GC_LANES, rows += GC_LANES * PANEL) {
        gc_f4 products[GC_LANES];
        for (int r = 0; r < GC_LANES; r++)
            products[r] = gc_f4_multiply_add(gc_f4_load(rows + r * PANEL + GC_LANES), high,
                                             gc_f4_load(rows + r * PANEL) * low);
        gc_f4_store(sums + i, gc_f4_load(sums + i) + gc_f4_sums(products));
    }
    for (; i < count; i++, rows += PANEL)
        for (int o = 0; o < PANEL; o++)
            sums[i] += rows[o] * values[o];
}

void gc_product_add_dots(const struct gc_product *product, float *sums, int32_t first,
                         int32_t count, const float *values) {
    for (int32_t o = 0; o < product->out; o += PANEL) {
        const int32_t outputs = product->out - o < PANEL ? product->out - o : PANEL;
        float some[PANEL] = {0};
        memcpy(some, values + o, (size_t)outputs * sizeof *some);
        add_dots(sums, panel_at(product, (size_t)(o / PANEL)) + (size_t)first * PANEL, some, count);
    }
}

#endif
