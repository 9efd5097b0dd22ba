/* Where the chunks of a data set are. */
#ifndef GC_CHUNKS_H
#define GC_CHUNKS_H

#include "files/layout.h"

/* A chunk that was stored. */
struct gc_chunk {
    uint64_t number; /* in row-major order among all chunks of the data set */
    uint64_t address;
    uint32_t bytes; /* as stored */
    uint32_t mask;  /* bit i says that filter i was left out */
};

struct gc_chunks {
    struct gc_chunk *chunks; /* by their numbers */
    size_t count, capacity;
    uint64_t grid[GC_MAX_AXES]; /* chunks along each axis */
    uint64_t total;             /* chunks of the data set, stored or not */
};

/* Finds all chunks.
 *   chunks   receives them, to be given to gc_release_chunks even after a failure
 * Fails with INVALID_MODEL, also if chunks overlap or are outside of the file, OUT_OF_MEMORY. */
gc_status gc_find_chunks(struct gc_file *file, struct gc_chunks *chunks,
                         const struct gc_layout *layout, const struct gc_space *space,
                         const struct gc_filters *filters);

void gc_release_chunks(struct gc_chunks *chunks);

#endif
