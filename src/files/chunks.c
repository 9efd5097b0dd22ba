/* The indexes of chunks. The File Format Specification describes the B-tree of version 1 in section
 * III.A.1, and the others in its appendix "Types of Indexes for Dataset Chunks". */
#include "files/chunks.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "files/array.h"
#include "files/filter.h"
#include "files/tree.h"

struct search {
    struct gc_file *file;
    struct gc_chunks *chunks;
    const struct gc_layout *layout;
    const struct gc_space *space;
    const struct gc_filters *filters;
    int first_axis; /* arrays number chunks with this axis as the slowest */
};

/* Adds a chunk.
 *   at   its place in the grid of chunks. A chunk beyond the data set's end does not count */
static gc_status add_chunk(const struct search *search, const uint64_t *at, struct gc_chunk chunk) {
    struct gc_chunks *list = search->chunks;
    for (int i = 0; i < search->space->rank; i++) {
        if (at[i] >= list->grid[i])
            return GC_OK;
        chunk.number = chunk.number * list->grid[i] + at[i];
    }
    const bool is_edge_free = search->layout->keeps_edges && search->filters->count > 0;
    for (int i = 0; is_edge_free && i < search->space->rank; i++)
        if ((at[i] + 1) * search->layout->chunk[i] > search->space->axes[i])
            chunk.mask = UINT32_MAX;
    if (!gc_has_filters(search->filters, chunk.mask) && chunk.bytes != search->layout->chunk_bytes)
        return gc_damaged("a chunk has another size than it should have");
    GC_TRY(gc_check_range(search->file, chunk.address, chunk.bytes, "chunk of values"));
    struct gc_chunk *chunks = gc_grow(list->chunks, list->count, &list->capacity, sizeof *chunks);
    if (chunks == NULL)
        return gc_fail_memory((list->count + 1) * sizeof *chunks, "the list of chunks");
    list->chunks = chunks;
    chunks[list->count++] = chunk;
    return GC_OK;
}

/* ---- B-trees ---- */

/* Takes a record of a B-tree of version 1: stored bytes, mask, the first value's place along each
 * axis, 0, and the address. */
static gc_status take_old_record(void *context, struct gc_cursor *record) {
    const struct search *search = context;
    struct gc_chunk chunk = {.bytes = (uint32_t)gc_take(record, 4)};
    chunk.mask = (uint32_t)gc_take(record, 4);
    uint64_t at[GC_MAX_AXES];
    for (int i = 0; i < search->space->rank; i++) {
        const uint64_t start = gc_take(record, 8), axis = search->layout->chunk[i];
        if (start % axis != 0)
            return gc_damaged("a chunk is at a wrong place");
        at[i] = start / axis;
    }
    gc_take(record, 8);
    chunk.address = gc_take_address(record);
    GC_TRY(gc_check_end(record, "record of a chunk"));
    return add_chunk(search, at, chunk);
}

/* Takes the stored bytes and the mask of a chunk with filters. The bytes take what is left of the
 * record besides the mask and `others` bytes. */
static gc_status take_stored(struct gc_cursor *record, struct gc_chunk *chunk, size_t others) {
    if (record->left < 5 + others || record->left > 12 + others)
        return gc_damaged("the record of a chunk has another size than it should have");
    const uint64_t bytes = gc_take(record, record->left - 4 - others);
    if (bytes > UINT32_MAX)
        return gc_fail(GC_TOO_LARGE, "the HDF5 file has chunks of more than 4 GB");
    chunk->bytes = (uint32_t)bytes;
    chunk->mask = (uint32_t)gc_take(record, 4);
    return GC_OK;
}

/* Takes a record of a B-tree of version 2: address, with filters stored bytes and mask, and the
 * place in the grid. */
static gc_status take_new_record(void *context, struct gc_cursor *record) {
    const struct search *search = context;
    struct gc_chunk chunk = {.address = gc_take_address(record)};
    chunk.bytes = (uint32_t)search->layout->chunk_bytes;
    if (search->filters->count > 0)
        GC_TRY(take_stored(record, &chunk, 8 * (size_t)search->space->rank));
    uint64_t at[GC_MAX_AXES];
    for (int i = 0; i < search->space->rank; i++)
        at[i] = gc_take(record, 8);
    GC_TRY(gc_check_end(record, "record of a chunk"));
    return add_chunk(search, at, chunk);
}

/* ---- Arrays ---- */

/* How many chunks an axis has when it is as long as it may become. */
static uint64_t largest_grid(const struct search *search, int axis) {
    const uint64_t largest = search->space->largest[axis];
    return largest == 0 ? 1 : (largest - 1) / search->layout->chunk[axis] + 1;
}

/* Finds the place in the grid of a chunk from its number in an array. The numbers are in row-major
 * order for the largest axes, and the axis that grows without limit comes first. */
static void find_place(const struct search *search, uint64_t index, uint64_t *at) {
    const int first = search->first_axis;
    for (int i = search->space->rank - 1; i >= 0; i--) {
        if (i == first)
            continue;
        const uint64_t grid = largest_grid(search, i);
        at[i] = index % grid;
        index /= grid;
    }
    at[first] = index;
}

static gc_status take_element(void *context, uint64_t index, struct gc_cursor *element) {
    const struct search *search = context;
    struct gc_chunk chunk = {.address = gc_take_address(element)};
    chunk.bytes = (uint32_t)search->layout->chunk_bytes;
    if (chunk.address == GC_NOWHERE)
        return GC_OK;
    if (search->filters->count > 0)
        GC_TRY(take_stored(element, &chunk, 0));
    GC_TRY(gc_check_end(element, "record of a chunk"));
    uint64_t at[GC_MAX_AXES];
    find_place(search, index, at);
    return add_chunk(search, at, chunk);
}

/* The axis that may grow without limit, 0 if none may. */
static int growing_axis(const struct gc_space *space) {
    for (int i = 0; i < space->rank; i++)
        if (space->largest[i] == UINT64_MAX)
            return i;
    return 0;
}

/* ---- Without an index ---- */

/* All chunks lie one after another. */
static gc_status add_all(const struct search *search) {
    const struct gc_layout *layout = search->layout;
    uint64_t count = 1;
    for (int i = 0; i < search->space->rank; i++) {
        const uint64_t grid = largest_grid(search, i);
        if (count > search->file->source.size / grid)
            return gc_damaged("a data set has more chunks than the file has bytes");
        count *= grid;
    }
    for (uint64_t i = 0; i < count; i++) {
        uint64_t at[GC_MAX_AXES];
        find_place(search, i, at);
        const struct gc_chunk chunk = {.address = layout->address + i * layout->chunk_bytes,
                                       .bytes = (uint32_t)layout->chunk_bytes};
        GC_TRY(gc_spend(search->file, sizeof chunk));
        GC_TRY(add_chunk(search, at, chunk));
    }
    return GC_OK;
}

static gc_status add_single(const struct search *search) {
    const struct gc_layout *layout = search->layout;
    const uint64_t at[GC_MAX_AXES] = {0};
    struct gc_chunk chunk = {.address = layout->address, .mask = layout->single_mask};
    const uint64_t bytes = layout->single_bytes > 0 ? layout->single_bytes : layout->chunk_bytes;
    if (bytes > UINT32_MAX)
        return gc_fail(GC_TOO_LARGE, "the HDF5 file has chunks of more than 4 GB");
    chunk.bytes = (uint32_t)bytes;
    return add_chunk(search, at, chunk);
}

/* ---- The list ---- */

static int compare_chunks(const void *a, const void *b) {
    const uint64_t first = ((const struct gc_chunk *)a)->number;
    const uint64_t second = ((const struct gc_chunk *)b)->number;
    return (first > second) - (first < second);
}

static gc_status walk_index(struct search *search) {
    struct gc_file *file = search->file;
    const struct gc_layout *layout = search->layout;
    const size_t key_bytes = 8 * (size_t)(search->space->rank + 2);
    switch (layout->index) {
    case GC_TREE1_INDEX:
        return gc_walk_tree1(file, layout->address, GC_CHUNK_TREE, key_bytes, take_old_record,
                             search);
    case GC_SINGLE_INDEX:
        return add_single(search);
    case GC_IMPLICIT_INDEX:
        return add_all(search);
    case GC_FIXED_INDEX:
        return gc_walk_fixed_array(file, layout->address, take_element, search);
    case GC_EXTENSIBLE_INDEX:
        search->first_axis = growing_axis(search->space);
        return gc_walk_extensible_array(file, layout->address, take_element, search);
    default:
        return gc_walk_tree2(file, layout->address,
                             search->filters->count > 0 ? GC_FILTERED_RECORDS : GC_CHUNK_RECORDS,
                             take_new_record, search);
    }
}

/* A chunk may be there only once, and all together are no larger than the file. */
static gc_status check_chunks(const struct gc_file *file, const struct gc_chunks *chunks) {
    uint64_t stored = 0;
    for (size_t i = 0; i < chunks->count; i++) {
        stored += chunks->chunks[i].bytes;
        if (i > 0 && chunks->chunks[i].number == chunks->chunks[i - 1].number)
            return gc_damaged("a data set has the same chunk twice");
    }
    return stored <= file->source.size ? GC_OK : gc_damaged("the chunks of a data set overlap");
}

gc_status gc_find_chunks(struct gc_file *file, struct gc_chunks *chunks,
                         const struct gc_layout *layout, const struct gc_space *space,
                         const struct gc_filters *filters) {
    *chunks = (struct gc_chunks){.total = 1};
    for (int i = 0; i < space->rank; i++) {
        chunks->grid[i] = space->axes[i] == 0 ? 0 : (space->axes[i] - 1) / layout->chunk[i] + 1;
        chunks->total *= chunks->grid[i];
    }
    if (layout->address == GC_NOWHERE)
        return GC_OK;
    struct search search = {file, chunks, layout, space, filters, 0};
    GC_TRY(walk_index(&search));
    if (chunks->count > 1)
        qsort(chunks->chunks, chunks->count, sizeof *chunks->chunks, compare_chunks);
    return check_chunks(file, chunks);
}

void gc_release_chunks(struct gc_chunks *chunks) {
    gc_release(chunks->chunks);
    *chunks = (struct gc_chunks){0};
}
