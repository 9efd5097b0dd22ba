/* Memory: sizes are checked before allocating, and every byte is counted. */
#ifndef GC_MEMORY_H
#define GC_MEMORY_H

#include <stddef.h>

/* `count` zeroed elements of `size` bytes, aligned to GC_ALIGNMENT; NULL if the product overflows, is
 * beyond what the machine can address or cannot be had. Given back by gc_release. */
void *gc_allocate(size_t count, size_t size);

/* The same, not zeroed: for large blocks that are written before they are read. */
void *gc_allocate_unset(size_t count, size_t size);

/* NULL is allowed. */
void gc_release(void *memory);

/* Moves a block (or NULL) to one of `bytes` bytes, as realloc does: what is new is zeroed. NULL if it
 * cannot be had, the old block untouched. */
void *gc_reallocate(void *memory, size_t bytes);

/* A copy of `length` bytes of text, ended by a zero; NULL if out of memory. */
char *gc_copy_text(const char *text, size_t length);

/* Makes room for one more element in a growing array: returns the array, moved if need be, or NULL, the
 * old one untouched. `capacity` is kept by the caller and starts at 0 with a NULL array. */
void *gc_grow(void *array, size_t count, size_t *capacity, size_t size);

/* Bytes held now by all allocations of the engine and of XNNPACK. */
size_t gc_memory_in_use(void);

/* Alignment of every allocation and of every tensor in the arena, in bytes. */
#define GC_ALIGNMENT 64

#endif
