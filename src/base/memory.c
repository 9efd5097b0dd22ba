#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Lies in front of every block. */
struct header {
    size_t bytes; /* size of the block */
    void *block;  /* the pointer from malloc */
};

static size_t in_use;

static struct header *header_of(void *memory) { return (struct header *)memory - 1; }

/* Debug builds fill new memory with NaN, so that reading it before writing shows. */
static void fill(void *memory, size_t bytes) {
#ifndef NDEBUG
    memset(memory, 0xff, bytes);
#else
    (void)memory, (void)bytes;
#endif
}

void *gc_allocate_unset(size_t count, size_t size) {
    const size_t extra = sizeof(struct header) + GC_ALIGNMENT;
    if (size != 0 && count > ((size_t)PTRDIFF_MAX - extra) / size)
        return NULL;
    const size_t bytes = count * size;
    char *block = malloc(bytes + extra);
    if (block == NULL)
        return NULL;
    const uintptr_t start = (uintptr_t)block + sizeof(struct header);
    char *memory =
        block + sizeof(struct header) + (GC_ALIGNMENT - start % GC_ALIGNMENT) % GC_ALIGNMENT;
    fill(memory, bytes);
    *header_of(memory) = (struct header){.bytes = bytes, .block = block};
    in_use += bytes;
    return memory;
}

void *gc_allocate(size_t count, size_t size) {
    void *memory = gc_allocate_unset(count, size);
    if (memory != NULL)
        memset(memory, 0, count * size);
    return memory;
}

void gc_release(void *memory) {
    if (memory == NULL)
        return;
    in_use -= header_of(memory)->bytes;
    free(header_of(memory)->block);
}

void *gc_reallocate(void *memory, size_t bytes) {
    void *moved = gc_allocate(bytes, 1);
    if (moved == NULL || memory == NULL)
        return moved;
    const size_t held = header_of(memory)->bytes;
    memcpy(moved, memory, held < bytes ? held : bytes);
    gc_release(memory);
    return moved;
}

char *gc_copy_text(const char *text, size_t length) {
    char *copy = gc_allocate(length + 1, 1);
    if (copy != NULL)
        memcpy(copy, text, length);
    return copy;
}

void *gc_grow(void *array, size_t count, size_t *capacity, size_t size) {
    if (count < *capacity)
        return array;
    const size_t wanted = *capacity == 0 ? 16 : *capacity * 2;
    void *larger = gc_allocate(wanted, size);
    if (larger == NULL)
        return NULL;
    if (count > 0)
        memcpy(larger, array, count * size);
    gc_release(array);
    *capacity = wanted;
    return larger;
}

size_t gc_memory_in_use(void) { return in_use; }
