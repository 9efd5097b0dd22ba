/* HDF5 keeps texts in the local heap of a group and in the global heap. */
#ifndef GC_HEAP_H
#define GC_HEAP_H

#include "files/source.h"

/* A growing list of texts. */
struct gc_texts {
    char *bytes; /* the texts one after another, each with a NUL */
    size_t length, capacity;
    size_t *starts; /* [count] */
    size_t count, start_capacity;
};

/* Adds a copy of a text. Fails with OUT_OF_MEMORY. */
gc_status gc_add_text(struct gc_texts *texts, const uint8_t *text, size_t length);

/* A text of the list. It moves when another is added. */
const char *gc_text_at(const struct gc_texts *texts, size_t i);

/* Empties the list. */
void gc_release_texts(struct gc_texts *texts);

/* Loads the names in a local heap.
 *   names   receives them one after another, each with a NUL
 * Fails with INVALID_MODEL, OUT_OF_MEMORY. */
gc_status gc_load_names(struct gc_file *file, struct gc_block *names, uint64_t address);

/* A collection of the global heap, which is kept because its texts are read one after another. */
struct gc_collection {
    uint64_t address;
    struct gc_block block;
    uint32_t *starts; /* [index_count]: where the object with an index is, 0 if there is none */
    size_t index_count;
};

/* Adds the text that a value of variable length stands for.
 *   collection   the one that was read last, all zero at first
 *   cursor       at the value
 * Fails with INVALID_MODEL, OUT_OF_MEMORY. */
gc_status gc_add_heap_text(struct gc_file *file, struct gc_collection *collection,
                           struct gc_cursor *cursor, struct gc_texts *texts);

void gc_release_collection(struct gc_collection *collection);

#endif
