/* Where the arena places its blocks. */
#include "base/memory.h"
#include "engine/arena.h"
#include "test.h"

#define MOST 300

static uint32_t random_number(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static bool alive_together(const struct gc_block *a, const struct gc_block *b) {
    return a->from <= b->to && b->from <= a->to;
}

static bool share_memory(const struct gc_block *a, const struct gc_block *b) {
    return a->offset < b->offset + b->bytes && b->offset < a->offset + a->bytes;
}

/* The lowest offset that blocks before index i leave free, found by trying the end of each. */
static uint64_t lowest_free(const struct gc_arena *arena, size_t i) {
    struct gc_block block = arena->blocks[i];
    uint64_t lowest = UINT64_MAX;
    for (size_t k = 0; k <= i; k++) {
        const struct gc_block *other = &arena->blocks[k];
        block.offset = k == i || other->to == GC_FOREVER ? 0 : other->offset + other->bytes;
        bool fits = block.offset < lowest;
        for (size_t j = 0; j < i && fits; j++)
            fits = arena->blocks[j].to == GC_FOREVER ||
                   !alive_together(&block, &arena->blocks[j]) ||
                   !share_memory(&block, &arena->blocks[j]);
        if (fits)
            lowest = block.offset;
    }
    return lowest;
}

/* Blocks of few sizes, so that many share an offset, and of spans that are mostly short. */
static void add_blocks(struct gc_arena *arena, void **addresses, size_t count, uint32_t *state) {
    for (size_t i = 0; i < count; i++) {
        const size_t bytes = 64 * (random_number(state) % 5);
        const int32_t from = (int32_t)(random_number(state) % 100);
        const uint32_t longest = random_number(state) % 8 == 0 ? 60 : 3;
        const int32_t to = from + (int32_t)(random_number(state) % longest);
        const bool stays = random_number(state) % 20 == 0;
        EXPECT_OK(gc_arena_add(arena, &addresses[i], bytes, from, stays ? GC_FOREVER : to));
    }
}

/* The blocks are in the order in which they were placed. Those that stay are below all others. */
static void expect_placed(const struct gc_arena *arena, const char *memory) {
    uint64_t floor = 0;
    for (size_t i = 0; i < arena->count; i++) {
        struct gc_block *block = &arena->blocks[i];
        EXPECT((char *)*block->address == memory + block->offset);
        if (block->to == GC_FOREVER) {
            EXPECT_INT((long long)block->offset, (long long)floor);
            floor += block->bytes;
            continue;
        }
        block->offset -= floor;
        EXPECT_INT((long long)block->offset, (long long)lowest_free(arena, i));
    }
}

TEST(arena_places_each_block_as_low_as_it_fits) {
    for (uint32_t seed = 1; seed <= 40; seed++) {
        uint32_t state = seed;
        struct gc_arena arena = {0};
        void *addresses[MOST], *memory;
        add_blocks(&arena, addresses, 1 + random_number(&state) % MOST, &state);
        REQUIRE_OK(gc_arena_allocate(&arena, &memory));
        expect_placed(&arena, memory);
        gc_arena_free(&arena);
        gc_release(memory);
    }
}
