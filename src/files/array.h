/* The two kinds of arrays in which HDF5 1.10 keeps where chunks are. */
#ifndef GC_ARRAY_H
#define GC_ARRAY_H

#include "files/source.h"

/* Takes one element of an array. `cursor` ends with the element. */
typedef gc_status (*gc_take_element)(void *context, uint64_t index, struct gc_cursor *cursor);

/* Visits all elements of a fixed or an extensible array whose blocks were written.
 * Fails with INVALID_MODEL, OUT_OF_MEMORY, and with what `take` fails with. */
gc_status gc_walk_fixed_array(struct gc_file *file, uint64_t address, gc_take_element take,
                              void *context);
gc_status gc_walk_extensible_array(struct gc_file *file, uint64_t address, gc_take_element take,
                                   void *context);

#endif
