#include "keras/pool.h"

#include <string.h>

#include "base/memory.h"

#define BLOCK_BYTES ((size_t)64 << 10)
#define GRAIN sizeof(max_align_t)

struct gc_pool_block {
    struct gc_pool_block *next;
    size_t bytes; /* of data */
    max_align_t data[];
};

void *gc_pool_allocate(struct gc_pool *pool, size_t count, size_t size) {
    if (size != 0 && count > (size_t)PTRDIFF_MAX / 2 / size)
        return NULL;
    const size_t bytes = (count * size + GRAIN - 1) / GRAIN * GRAIN;
    if (pool->blocks == NULL || bytes > pool->left) {
        const size_t capacity = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
        struct gc_pool_block *block = gc_allocate(1, sizeof *block + capacity);
        if (block == NULL)
            return NULL;
        block->next = pool->blocks;
        block->bytes = capacity;
        pool->blocks = block;
        pool->left = capacity;
    }
    pool->left -= bytes;
    return (char *)pool->blocks->data + pool->left;
}

char *gc_pool_text(struct gc_pool *pool, const char *text) {
    const size_t bytes = strlen(text) + 1;
    char *copy = gc_pool_allocate(pool, bytes, 1);
    if (copy != NULL)
        memcpy(copy, text, bytes);
    return copy;
}

gc_status gc_pool_fail(void) {
    return gc_fail(GC_OUT_OF_MEMORY, "out of memory while reading the configuration");
}

void gc_pool_free(struct gc_pool *pool) {
    while (pool->blocks != NULL) {
        struct gc_pool_block *next = pool->blocks->next;
        gc_release(pool->blocks);
        pool->blocks = next;
    }
    pool->left = 0;
}

/* FNV-1a, 32 bits. */
static uint32_t hash(const char *text) {
    uint32_t h = 2166136261u;
    for (; *text != '\0'; text++)
        h = (h ^ (unsigned char)*text) * 16777619u;
    return h;
}

/* The slot of `name`, or the free slot where it belongs. At least half of the slots are free. */
static uint32_t slot_of(const struct gc_names *names, const char *name) {
    uint32_t slot = hash(name) & names->mask;
    while (names->names[slot] != NULL && strcmp(names->names[slot], name) != 0)
        slot = (slot + 1) & names->mask;
    return slot;
}

bool gc_names_create(struct gc_names *names, struct gc_pool *pool, int32_t count) {
    size_t slots = 8;
    while (slots < (size_t)count * 2)
        slots *= 2;
    names->names = gc_pool_allocate(pool, slots, sizeof *names->names);
    names->numbers = gc_pool_allocate(pool, slots, sizeof *names->numbers);
    names->mask = (uint32_t)slots - 1;
    return names->names != NULL && names->numbers != NULL;
}

int32_t *gc_names_put(struct gc_names *names, const char *name, bool *found) {
    const uint32_t slot = slot_of(names, name);
    *found = names->names[slot] != NULL;
    names->names[slot] = name;
    return &names->numbers[slot];
}

const int32_t *gc_names_get(const struct gc_names *names, const char *name) {
    const uint32_t slot = slot_of(names, name);
    return names->names[slot] == NULL ? NULL : &names->numbers[slot];
}
