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

static bool overlap(const struct gc_block *a, const struct gc_block *b) {
    return a->from <= b->to && b->from <= a->to;
}

/* The lowest offset at which `place` overlaps none of `placed` (sorted by offset) in time and
 * memory. */
static uint64_t lowest_offset(const struct gc_block *place, struct gc_block *const *placed,
                              size_t placed_count) {
    uint64_t offset = 0;
    for (size_t i = 0; i < placed_count; i++) {
        const struct gc_block *other = placed[i];
        if (!overlap(place, other))
            continue;
        if (other->offset >= offset + place->bytes)
            break;
        if (other->offset + other->bytes > offset)
            offset = other->offset + other->bytes;
    }
    return offset;
}

static void insert_by_offset(struct gc_block **placed, size_t placed_count,
                             struct gc_block *place) {
    size_t i = placed_count;
    while (i > 0 && placed[i - 1]->offset > place->offset)
        i--;
    memmove(&placed[i + 1], &placed[i], (placed_count - i) * sizeof(struct gc_block *));
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
        insert_by_offset(placed, placed_count++, place);
    }
    for (size_t i = 0; i < placed_count; i++)
        placed[i]->offset += floor;
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
        return gc_fail(GC_OUT_OF_MEMORY, "out of memory: a run needs %d MiB for its tensors",
                       (int)(bytes >> 20));
    for (size_t i = 0; i < arena->count; i++)
        *arena->blocks[i].address = (char *)*memory + arena->blocks[i].offset;
    return GC_OK;
}

void gc_arena_free(struct gc_arena *arena) {
    gc_release(arena->blocks);
    *arena = (struct gc_arena){0};
}
