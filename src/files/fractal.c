/* Fractal heaps. The File Format Specification describes them in section III.G.
 *
 * The addresses of a heap are a table of blocks. Each row has `width` blocks of one size. The first
 * two rows have the smallest size, and every other row has twice the size of the row before. In
 * rows whose blocks are larger than a direct block may be, the blocks are tables themselves. */
#include "files/fractal.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "files/checksum.h"
#include "files/tree.h"

/* What the header says about the table of blocks. */
struct table {
    uint64_t heap_address;
    uint64_t width;
    uint64_t start_bytes; /* of a block in the first row */
    uint64_t most_bytes;  /* of a direct block */
    size_t prefix_bytes;  /* of a direct block before its objects */
    bool has_checksums;   /* of direct blocks */
};

static bool is_power(uint64_t value) { return value != 0 && (value & (value - 1)) == 0; }

static uint64_t row_bytes(const struct table *table, int row) {
    return table->start_bytes << (row > 1 ? row - 1 : 0);
}

/* ---- Blocks ---- */

static gc_status add_block(struct gc_fractal *heap, struct gc_heap_block added) {
    struct gc_heap_block *blocks =
        gc_grow(heap->blocks, heap->block_count, &heap->block_capacity, sizeof *blocks);
    if (blocks == NULL) {
        gc_release_block(&added.block);
        return gc_fail_memory((heap->block_count + 1) * sizeof *blocks, "blocks of a heap");
    }
    heap->blocks = blocks;
    blocks[heap->block_count++] = added;
    return GC_OK;
}

/* Compares the checksum of a direct block. It was computed with zeros in its own place. */
static gc_status check_direct(const struct table *table, const struct gc_block *block) {
    if (!table->has_checksums)
        return GC_OK;
    uint8_t *place = block->bytes + table->prefix_bytes - 4;
    const uint32_t sum = place[0] | place[1] << 8 | place[2] << 16 | (uint32_t)place[3] << 24;
    memset(place, 0, 4);
    if (!gc_checksum_fits(gc_lookup3(block->bytes, block->length), sum))
        return gc_damaged("the checksum of a block of a fractal heap is wrong");
    return GC_OK;
}

static gc_status load_direct(struct gc_file *file, struct gc_fractal *heap,
                             const struct table *table, uint64_t address, uint64_t offset,
                             uint64_t bytes) {
    struct gc_heap_block added = {.offset = offset};
    GC_TRY(gc_load(file, &added.block, address, bytes, "block of a fractal heap"));
    GC_TRY(add_block(heap, added));
    struct gc_cursor cursor = gc_cursor_at(file, &added.block, 5);
    const uint64_t owner = gc_take_address(&cursor);
    const uint64_t found = gc_take(&cursor, heap->offset_bytes);
    if (memcmp(added.block.bytes, "FHDB\0", 5) != 0 || owner != table->heap_address ||
        found != offset || bytes < table->prefix_bytes)
        return gc_damaged("a block of a fractal heap is not the one that is due");
    return check_direct(table, &added.block);
}

static gc_status load_indirect(struct gc_file *file, struct gc_fractal *heap,
                               const struct table *table, uint64_t address, uint64_t offset,
                               int rows);

/* How many rows an indirect block in a row has. Its blocks fill its size. */
static int rows_inside(const struct table *table, uint64_t bytes) {
    int rows = 1;
    while (row_bytes(table, rows) * table->width * 2 <= bytes)
        rows++;
    return rows;
}

/* Loads the blocks that the entries of an indirect block lead to. */
static gc_status load_entries(struct gc_file *file, struct gc_fractal *heap,
                              const struct table *table, struct gc_cursor *cursor, uint64_t offset,
                              int rows) {
    for (int row = 0; row < rows; row++) {
        const uint64_t bytes = row_bytes(table, row);
        for (uint64_t i = 0; i < table->width; i++, offset += bytes) {
            const uint64_t address = gc_take_address(cursor);
            if (address == GC_NOWHERE)
                continue;
            if (bytes <= table->most_bytes)
                GC_TRY(load_direct(file, heap, table, address, offset, bytes));
            else
                GC_TRY(
                    load_indirect(file, heap, table, address, offset, rows_inside(table, bytes)));
        }
    }
    return GC_OK;
}

static gc_status load_indirect(struct gc_file *file, struct gc_fractal *heap,
                               const struct table *table, uint64_t address, uint64_t offset,
                               int rows) {
    const uint64_t prefix = 5 + (uint64_t)file->offset_size + heap->offset_bytes;
    const uint64_t entries = (uint64_t)rows * table->width * (uint64_t)file->offset_size;
    struct gc_block block;
    GC_TRY(gc_load_signed(file, &block, address, prefix + entries + 4, "FHIB"));
    struct gc_cursor cursor = gc_cursor_at(file, &block, (size_t)prefix);
    const gc_status status = load_entries(file, heap, table, &cursor, offset, rows);
    gc_release_block(&block);
    return status;
}

/* ---- Header ---- */

static gc_status check_table(const struct table *table, uint64_t heap_bits, uint64_t rows) {
    const bool is_possible = is_power(table->start_bytes) && is_power(table->most_bytes) &&
                             is_power(table->width) && table->start_bytes <= table->most_bytes &&
                             table->most_bytes <= (uint64_t)1 << 32 && heap_bits >= 1 &&
                             heap_bits <= 64 && rows <= 64;
    if (!is_possible)
        return gc_damaged("the sizes of a fractal heap are not possible");
    /* The blocks of all rows must fit into the addresses of the heap. */
    uint64_t left = heap_bits == 64 ? UINT64_MAX : (uint64_t)1 << heap_bits;
    for (uint64_t row = 0; row < rows; row++) {
        const uint64_t bytes = row_bytes(table, (int)row);
        if (bytes == 0 || bytes >> 48 != 0 || table->width > left / bytes)
            return gc_damaged("a fractal heap has too many rows");
        left -= table->width * bytes;
    }
    return GC_OK;
}

/* Takes the header behind its first 10 bytes, and loads the blocks. */
static gc_status take_header(struct gc_file *file, struct gc_fractal *heap, struct table *table,
                             struct gc_cursor *cursor, uint64_t flags) {
    const uint64_t most_managed = gc_take(cursor, 4);
    gc_take_length(cursor);
    heap->huge_address = gc_take_address(cursor);
    gc_take_length(cursor);
    gc_take_address(cursor);
    for (int i = 0; i < 8; i++)
        gc_take_length(cursor); /* sizes and counts of objects */
    table->width = gc_take(cursor, 2);
    table->start_bytes = gc_take_length(cursor);
    table->most_bytes = gc_take_length(cursor);
    const uint64_t heap_bits = gc_take(cursor, 2);
    gc_take(cursor, 2);
    const uint64_t root = gc_take_address(cursor), rows = gc_take(cursor, 2);
    GC_TRY(gc_check_end(cursor, "fractal heap"));
    GC_TRY(check_table(table, heap_bits, rows));
    heap->offset_bytes = (size_t)(heap_bits + 7) / 8;
    const int for_block = gc_bytes_for(table->most_bytes), for_object = gc_bytes_for(most_managed);
    heap->length_bytes = (size_t)(for_block < for_object ? for_block : for_object);
    table->has_checksums = (flags & 2) != 0;
    table->prefix_bytes = 5 + (size_t)file->offset_size + heap->offset_bytes + (flags & 2 ? 4 : 0);
    if (root == GC_NOWHERE)
        return GC_OK;
    if (rows > 0)
        return load_indirect(file, heap, table, root, 0, (int)rows);
    return load_direct(file, heap, table, root, 0, table->start_bytes);
}

gc_status gc_load_fractal(struct gc_file *file, struct gc_fractal *heap, uint64_t address) {
    *heap = (struct gc_fractal){0};
    struct gc_block block;
    const uint64_t length = 26 + 12 * (uint64_t)file->length_size + 3 * (uint64_t)file->offset_size;
    GC_TRY(gc_load_signed(file, &block, address, length, "FRHP"));
    struct gc_cursor cursor = gc_cursor_at(file, &block, 4);
    const uint64_t version = gc_take(&cursor, 1);
    heap->id_bytes = (size_t)gc_take(&cursor, 2);
    const uint64_t filter_bytes = gc_take(&cursor, 2), flags = gc_take(&cursor, 1);
    gc_status status;
    struct table table = {.heap_address = address};
    if (version != 0 || heap->id_bytes == 0)
        status = gc_damaged("a fractal heap is of an unknown version");
    else if (filter_bytes != 0)
        status = gc_fail(GC_INVALID_MODEL, "the HDF5 file has a compressed fractal heap");
    else
        status = take_header(file, heap, &table, &cursor, flags);
    gc_release_block(&block);
    return status;
}

void gc_release_fractal(struct gc_fractal *heap) {
    for (size_t i = 0; i < heap->block_count; i++)
        gc_release_block(&heap->blocks[i].block);
    for (size_t i = 0; i < heap->huge_count; i++)
        gc_release_block(&heap->huge[i]);
    gc_release(heap->blocks);
    gc_release(heap->huge);
    *heap = (struct gc_fractal){0};
}

/* ---- Objects ---- */

/* The block that has an offset, NULL if there is none. */
static const struct gc_heap_block *find_block(const struct gc_fractal *heap, uint64_t offset) {
    size_t low = 0, high = heap->block_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (heap->blocks[middle].offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? NULL : &heap->blocks[low - 1];
}

static gc_status find_managed(const struct gc_fractal *heap, struct gc_cursor *cursor,
                              const uint8_t **bytes, size_t *length) {
    const uint64_t offset = gc_take(cursor, heap->offset_bytes);
    const uint64_t count = gc_take(cursor, heap->length_bytes);
    const struct gc_heap_block *found = find_block(heap, offset);
    const uint64_t inside = found == NULL ? 0 : offset - found->offset;
    if (found == NULL || inside > found->block.length || count > found->block.length - inside)
        return gc_damaged("an object is outside of its fractal heap");
    *bytes = found->block.bytes + inside;
    *length = (size_t)count;
    return GC_OK;
}

/* A search for a huge object by its number. */
struct huge_search {
    uint64_t number, address, length;
};

static gc_status match_huge(void *context, struct gc_cursor *cursor) {
    struct huge_search *search = context;
    const uint64_t address = gc_take_address(cursor), length = gc_take_length(cursor);
    const uint64_t number = gc_take_length(cursor);
    if (number == search->number && !cursor->ended) {
        search->address = address;
        search->length = length;
    }
    return GC_OK;
}

/* Loads an object that lies outside. A B-tree says where. Long IDs would say it themselves, but
 * those of links and attributes are short. */
static gc_status load_huge(struct gc_file *file, struct gc_fractal *heap, struct gc_cursor *cursor,
                           const uint8_t **bytes, size_t *length) {
    const size_t number_bytes = heap->id_bytes - 1 < 8 ? heap->id_bytes - 1 : 8;
    struct huge_search search = {.number = gc_take(cursor, number_bytes), .address = GC_NOWHERE};
    GC_TRY(gc_walk_tree2(file, heap->huge_address, GC_HUGE_RECORDS, match_huge, &search));
    struct gc_block *huge =
        gc_grow(heap->huge, heap->huge_count, &heap->huge_capacity, sizeof *huge);
    if (huge == NULL)
        return gc_fail_memory((heap->huge_count + 1) * sizeof *huge, "objects of a heap");
    heap->huge = huge;
    struct gc_block *block = &huge[heap->huge_count];
    GC_TRY(gc_load(file, block, search.address, search.length, "object of a heap"));
    heap->huge_count++;
    *bytes = block->bytes;
    *length = block->length;
    return GC_OK;
}

gc_status gc_find_object(struct gc_file *file, struct gc_fractal *heap, struct gc_cursor *cursor,
                         const uint8_t **bytes, size_t *length) {
    const uint8_t *taken = gc_take_bytes(cursor, heap->id_bytes);
    GC_TRY(gc_check_end(cursor, "ID of an object"));
    struct gc_cursor id = gc_cursor_of(file, taken, heap->id_bytes);
    const uint64_t first = gc_take(&id, 1);
    switch (first >> 4) { /* the version, which is 0, and the type */
    case 0:
        GC_TRY(find_managed(heap, &id, bytes, length));
        break;
    case 1:
        GC_TRY(load_huge(file, heap, &id, bytes, length));
        break;
    default:
        return gc_fail(GC_INVALID_MODEL, "the HDF5 file has objects in a heap that are not read");
    }
    return gc_check_end(&id, "ID of an object");
}
