/* The attributes of an object, as far as they are texts. */
#ifndef GC_ATTRIBUTE_H
#define GC_ATTRIBUTE_H

#include "files/fractal.h"
#include "files/header.h"
#include "files/heap.h"

/* Loads the attributes that lie in a fractal heap, and adds them to the messages of the header.
 *   heap   receives the heap, to be given to gc_release_fractal when the header is released
 * Fails with INVALID_MODEL, OUT_OF_MEMORY. */
gc_status gc_load_attributes(struct gc_file *file, struct gc_header *header,
                             struct gc_fractal *heap);

/* Reads the texts of an attribute.
 *   texts        receives them
 *   is_found     receives whether the object has an attribute of this name that is texts or empty
 *   collection   see gc_add_heap_text
 * Fails with INVALID_MODEL, OUT_OF_MEMORY. */
gc_status gc_read_attribute(struct gc_file *file, const struct gc_header *header, const char *name,
                            struct gc_collection *collection, struct gc_texts *texts,
                            bool *is_found);

#endif
