/* An arena is one allocation for many tensors. Each of them is needed for a span of time only, so
 * that two whose spans do not overlap may share memory. */
#ifndef GC_ARENA_H
#define GC_ARENA_H

#include "base/error.h"
#include "base/real.h"

#define GC_FOREVER INT32_MAX

struct gc_block {
    void **address; /* receives the block's address */
    uint64_t bytes, offset;
    int32_t from, to; /* first and last moment of use */
};

struct gc_arena {
    struct gc_block *blocks;
    size_t count, capacity;
};

/* Bytes to ask for a tensor of `count` values. XNNPACK may read a little past the end, so there is
 * some slack behind the tensor. */
size_t gc_tensor_bytes(size_t count);

/* Asks for `bytes`, aligned to GC_ALIGNMENT, from moment `from` to moment `to`. Fails with
 * OUT_OF_MEMORY. */
gc_status gc_arena_add(struct gc_arena *arena, void **address, size_t bytes, int32_t from,
                       int32_t to);

/* Places every block, allocates (*memory, for gc_release) and writes every address. Blocks whose
 * spans of time overlap never overlap in memory. Fails with OUT_OF_MEMORY. */
gc_status gc_arena_allocate(struct gc_arena *arena, void **memory);

/* Forgets the blocks. The memory stays. */
void gc_arena_free(struct gc_arena *arena);

#endif
