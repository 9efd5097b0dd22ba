/* Fractal heaps, in which HDF5 keeps the links and attributes of objects that have many. */
#ifndef GC_FRACTAL_H
#define GC_FRACTAL_H

#include "files/source.h"

/* A block of the heap, with its place in the addresses of the heap. */
struct gc_heap_block {
    uint64_t offset;
    struct gc_block block;
};

/* A fractal heap, whose blocks are all in memory. */
struct gc_fractal {
    size_t id_bytes;              /* of an object's ID */
    size_t offset_bytes;          /* of an offset in an ID */
    size_t length_bytes;          /* of a length in an ID */
    uint64_t huge_address;        /* of the B-tree of objects that lie outside */
    struct gc_heap_block *blocks; /* by their offsets */
    size_t block_count, block_capacity;
    struct gc_block *huge; /* objects that lay outside */
    size_t huge_count, huge_capacity;
};

/* Loads a heap.
 *   heap   receives it, to be given to gc_release_fractal even after a failure
 * Fails with INVALID_MODEL, OUT_OF_MEMORY. */
gc_status gc_load_fractal(struct gc_file *file, struct gc_fractal *heap, uint64_t address);

void gc_release_fractal(struct gc_fractal *heap);

/* Finds an object.
 *   cursor   at the object's ID
 *   bytes    receives the object's bytes, which live as long as the heap
 * Fails with INVALID_MODEL, OUT_OF_MEMORY. */
gc_status gc_find_object(struct gc_file *file, struct gc_fractal *heap, struct gc_cursor *cursor,
                         const uint8_t **bytes, size_t *length);

#endif
