/* An index of the weights' names. A look-up takes the same time in small and in large models. */
#ifndef GC_NAME_INDEX_H
#define GC_NAME_INDEX_H

#include "graph/graph.h"

/* A part of a name that a weight can be found by. */
enum gc_name_key {
    GC_KEY_WHOLE,  /* the path, or the path in Keras 3's store */
    GC_KEY_END,    /* the last two parts of the path: layer and array */
    GC_KEY_FOLDER, /* the path without the array */
    GC_KEY_START   /* some of the first parts of the path, and the array */
};

/* The hash of a key.
 *   start    the first part of the key
 *   array    the rest of the key, empty for GC_KEY_WHOLE and GC_KEY_FOLDER */
uint64_t gc_name_hash(enum gc_name_key key, const char *start, size_t start_length,
                      const char *array, size_t array_length);

/* Makes the index of a graph's weights. Fails with OUT_OF_MEMORY and leaves it empty. */
gc_status gc_name_index_create(struct gc_name_index *index, const struct gc_graph *graph);

/* The first entry with a hash that is not less. */
const struct gc_name_entry *gc_name_index_find(const struct gc_name_index *index, uint64_t hash);

#endif
