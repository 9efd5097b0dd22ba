/* Allocation that checks sizes and counts every byte. */
#ifndef GC_MEMORY_H
#define GC_MEMORY_H

#include <stddef.h>

/* Allocates `count` zeroed elements of `size` bytes, aligned to GC_ALIGNMENT, to be given back by
 * gc_release. NULL if out of memory, or if the product is beyond what the machine can address. */
void *gc_allocate(size_t count, size_t size);

/* The same, but not zeroed. For large blocks that are written before they are read. */
void *gc_allocate_unset(size_t count, size_t size);

/* NULL is allowed. */
void gc_release(void *memory);

/* Moves a block, or NULL, to a block of `bytes` bytes, as realloc does. New bytes are zeroed. If
 * out of memory it returns NULL and leaves the old block alone. */
void *gc_reallocate(void *memory, size_t bytes);

/* Copies `length` bytes of text and adds a zero. NULL if out of memory. */
char *gc_copy_text(const char *text, size_t length);

/* Returns an array that can take one more element. It may have moved. If out of memory it returns
 * NULL and leaves the old array alone. The caller keeps `capacity`, which starts at 0 with a NULL
 * array. */
void *gc_grow(void *array, size_t count, size_t *capacity, size_t size);

/* Bytes held now by all allocations of the engine and of XNNPACK. */
size_t gc_memory_in_use(void);

/* Alignment of every allocation and of every tensor in the arena, in bytes. */
#define GC_ALIGNMENT 64

#endif
