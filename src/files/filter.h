/* Undoes the filters of chunks. */
#ifndef GC_FILTERS_H
#define GC_FILTERS_H

#include "files/layout.h"

/* Undoes the filters of one chunk, the last one first.
 *   chunk    the stored bytes. Receives the bytes of the values, exactly `bytes` of them
 *   mask     bit i says that filter i was left out
 *   bytes    of the values
 * Fails with INVALID_MODEL, OUT_OF_MEMORY. */
gc_status gc_undo_filters(const struct gc_filters *filters, struct gc_block *chunk, uint32_t mask,
                          size_t bytes);

/* Whether any filter of a chunk counts. */
bool gc_has_filters(const struct gc_filters *filters, uint32_t mask);

#endif
