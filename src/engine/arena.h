/* An arena: one allocation for many tensors, each of which needs its place for a span of time only. */
#ifndef GC_ARENA_H
#define GC_ARENA_H

#include "base/error.h"
#include "base/real.h"

#define GC_FOREVER INT32_MAX

struct gc_place {
    void **address; /* receives it */
    uint64_t bytes, offset;
    int32_t from, to; /* first and last moment of use */
};

struct gc_arena {
    struct gc_place *places;
    size_t count, capacity;
};

/* Bytes to ask for a tensor of `count` values: XNNPACK may read a little past the end, so that there is
 * always room behind it. */
size_t gc_tensor_bytes(size_t count);

/* Asks for `bytes`, aligned to GC_ALIGNMENT, from moment `from` to moment `to`. Fails with OUT_OF_MEMORY. */
gc_status gc_arena_add(struct gc_arena *arena, void **address, size_t bytes, int32_t from,
                       int32_t to);

/* Places everything, allocates (*memory, for gc_release) and writes every address. Places whose spans of
 * time overlap never overlap in memory. Fails with OUT_OF_MEMORY. */
gc_status gc_arena_allocate(struct gc_arena *arena, void **memory);

/* Forgets the places; the memory stays. */
void gc_arena_free(struct gc_arena *arena);

#endif
