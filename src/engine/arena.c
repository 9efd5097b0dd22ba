#include "engine/arena.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* At least XNNPACK's XNN_EXTRA_BYTES on every processor. */
#define SLACK_BYTES 128

size_t gc_tensor_bytes(size_t count) { return count * sizeof(gc_real) + SLACK_BYTES; }

static uint64_t align(uint64_t bytes) {
    return (bytes + GC_ALIGNMENT - 1) / GC_ALIGNMENT * GC_ALIGNMENT;
}

gc_status gc_arena_add(struct gc_arena *arena, void **address, size_t bytes, int32_t from,
                       int32_t to) {
    struct gc_block *larger =
        gc_grow(arena->blocks, arena->count, &arena->capacity, sizeof *arena->blocks);
    if (larger == NULL)
        return gc_fail(GC_OUT_OF_MEMORY, "out of memory while planning the arena");
    arena->blocks = larger;
    arena->blocks[arena->count++] =
        (struct gc_block){.address = address, .bytes = align(bytes), .from = from, .to = to};
    return GC_OK;
}

/* Blocks that stay for ever come first, so that they make a solid floor. Then large blocks come
 * before small ones, which fit into the gaps. */
static int by_span_then_size(const void *left, const void *right) {
    const struct gc_block *a = left, *b = right;
    const bool a_stays = a->to == GC_FOREVER, b_stays = b->to == GC_FOREVER;
    if (a_stays != b_stays)
        return a_stays ? -1 : 1;
    if (a->bytes != b->bytes)
        return a->bytes > b->bytes ? -1 : 1;
    return a->from < b->from ? -1 : a->from > b->from;
}

/* Placed blocks are in order of their offsets. Blocks of one offset are never alive at the same
 * time, so they are in order of time. */

/* Whether a block has a lower offset, or has this offset and ends before the time. */
static bool is_before(const struct gc_block *block, uint64_t offset, int32_t time) {
    return block->offset < offset || (block->offset == offset && block->to < time);
}

/* The index of the first placed block from i on that is not before. The steps of the search double,
 * because the block is mostly near and may be thousands of blocks away. */
static size_t skip(struct gc_block *const *placed, size_t count, size_t i, uint64_t offset,
                   int32_t time) {
    size_t step = 1;
    for (; i + step <= count && is_before(placed[i + step - 1], offset, time); step *= 2)
        i += step;
    while ((step /= 2) > 0)
        if (i + step <= count && is_before(placed[i + step - 1], offset, time))
            i += step;
    return i;
}

/* The lowest offset at which `place` overlaps none of `placed` in time and memory. */
static uint64_t lowest_offset(const struct gc_block *place, struct gc_block *const *placed,
                              size_t count) {
    uint64_t offset = 0;
    for (size_t i = 0; i < count && placed[i]->offset < offset + place->bytes;) {
        const uint64_t level = placed[i]->offset;
        i = skip(placed, count, i, level, place->from);
        for (; i < count && placed[i]->offset == level && placed[i]->from <= place->to; i++)
            if (level + placed[i]->bytes > offset)
                offset = level + placed[i]->bytes;
        i = skip(placed, count, i, level, INT32_MAX);
    }
    return offset;
}

static void insert(struct gc_block **placed, size_t count, struct gc_block *place) {
    const size_t i = skip(placed, count, 0, place->offset, place->from);
    memmove(&placed[i + 1], &placed[i], (count - i) * sizeof(struct gc_block *));
    placed[i] = place;
}

/* Blocks that stay lie one behind another. Only the others need a search. Returns the size of all.
 * */
static uint64_t place_all(struct gc_arena *arena, struct gc_block **placed) {
    uint64_t floor = 0, top = 0;
    size_t placed_count = 0;
    qsort(arena->blocks, arena->count, sizeof *arena->blocks, by_span_then_size);
    for (size_t i = 0; i < arena->count; i++) {
        struct gc_block *place = &arena->blocks[i];
        if (place->to == GC_FOREVER) {
            place->offset = floor;
            floor += place->bytes;
            continue;
        }
        place->offset = lowest_offset(place, placed, placed_count);
        if (place->offset + place->bytes > top)
            top = place->offset + place->bytes;
        if (place->bytes > 0)
            insert(placed, placed_count++, place);
    }
    for (size_t i = 0; i < arena->count; i++)
        if (arena->blocks[i].to != GC_FOREVER)
            arena->blocks[i].offset += floor;
    return floor + top;
}

gc_status gc_arena_allocate(struct gc_arena *arena, void **memory) {
    struct gc_block **placed = gc_allocate(arena->count, sizeof(struct gc_block *));
    if (placed == NULL)
        return gc_fail(GC_OUT_OF_MEMORY, "out of memory while planning the arena");
    const uint64_t bytes = place_all(arena, placed);
    gc_release(placed);
    *memory = bytes <= PTRDIFF_MAX ? gc_allocate_unset((size_t)bytes, 1) : NULL;
    if (*memory == NULL)
        return gc_fail(GC_OUT_OF_MEMORY,
                       "out of memory: a run needs %llu MiB for its tensors; a run can have at "
                       "most 2047, and all models of an engine 4095; a smaller input needs less",
                       (unsigned long long)(bytes >> 20));
    for (size_t i = 0; i < arena->count; i++)
        *arena->blocks[i].address = (char *)*memory + arena->blocks[i].offset;
    return GC_OK;
}

void gc_arena_free(struct gc_arena *arena) {
    gc_release(arena->blocks);
    *arena = (struct gc_arena){0};
}
