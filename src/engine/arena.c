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
    struct gc_place *larger =
        gc_grow(arena->places, arena->count, &arena->capacity, sizeof *arena->places);
    if (larger == NULL)
        return gc_fail(GC_OUT_OF_MEMORY, "out of memory while planning the arena");
    arena->places = larger;
    arena->places[arena->count++] =
        (struct gc_place){.address = address, .bytes = align(bytes), .from = from, .to = to};
    return GC_OK;
}

/* What stays for ever first, so that it makes a solid floor; then the large before the small, which fit
 * into the gaps. */
static int by_span_then_size(const void *left, const void *right) {
    const struct gc_place *a = left, *b = right;
    const bool a_stays = a->to == GC_FOREVER, b_stays = b->to == GC_FOREVER;
    if (a_stays != b_stays)
        return a_stays ? -1 : 1;
    if (a->bytes != b->bytes)
        return a->bytes > b->bytes ? -1 : 1;
    return a->from < b->from ? -1 : a->from > b->from;
}

static bool overlap(const struct gc_place *a, const struct gc_place *b) {
    return a->from <= b->to && b->from <= a->to;
}

/* The lowest offset at which `place` overlaps none of `placed` (sorted by offset) in time and memory. */
static uint64_t lowest_offset(const struct gc_place *place, struct gc_place *const *placed,
                              size_t placed_count) {
    uint64_t offset = 0;
    for (size_t i = 0; i < placed_count; i++) {
        const struct gc_place *other = placed[i];
        if (!overlap(place, other))
            continue;
        if (other->offset >= offset + place->bytes)
            break;
        if (other->offset + other->bytes > offset)
            offset = other->offset + other->bytes;
    }
    return offset;
}

static void insert_by_offset(struct gc_place **placed, size_t placed_count,
                             struct gc_place *place) {
    size_t i = placed_count;
    while (i > 0 && placed[i - 1]->offset > place->offset)
        i--;
    memmove(&placed[i + 1], &placed[i], (placed_count - i) * sizeof(struct gc_place *));
    placed[i] = place;
}

/* What stays lies one behind another; only the rest needs a search. Returns the size of all. */
static uint64_t place_all(struct gc_arena *arena, struct gc_place **placed) {
    uint64_t floor = 0, top = 0;
    size_t placed_count = 0;
    qsort(arena->places, arena->count, sizeof *arena->places, by_span_then_size);
    for (size_t i = 0; i < arena->count; i++) {
        struct gc_place *place = &arena->places[i];
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
    struct gc_place **placed = gc_allocate(arena->count, sizeof(struct gc_place *));
    if (placed == NULL)
        return gc_fail(GC_OUT_OF_MEMORY, "out of memory while planning the arena");
    const uint64_t bytes = place_all(arena, placed);
    gc_release(placed);
    *memory = bytes <= PTRDIFF_MAX ? gc_allocate_unset((size_t)bytes, 1) : NULL;
    if (*memory == NULL)
        return gc_fail(GC_OUT_OF_MEMORY, "out of memory: a run needs %d MiB for its tensors",
                       (int)(bytes >> 20));
    for (size_t i = 0; i < arena->count; i++)
        *arena->places[i].address = (char *)*memory + arena->places[i].offset;
    return GC_OK;
}

void gc_arena_free(struct gc_arena *arena) {
    gc_release(arena->places);
    *arena = (struct gc_arena){0};
}
