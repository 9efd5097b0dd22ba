/* How the values of a data set lie in an HDF5 file. */
#ifndef GC_LAYOUT_H
#define GC_LAYOUT_H

#include "files/header.h"
#include "files/type.h"

enum gc_layout_kind { GC_COMPACT = 0, GC_CONTIGUOUS = 1, GC_CHUNKED = 2, GC_VIRTUAL = 3 };

/* How the chunks of a data set are found. The first is HDF5's only one before 1.10. */
enum gc_index {
    GC_TREE1_INDEX = 0,
    GC_SINGLE_INDEX = 1,
    GC_IMPLICIT_INDEX = 2,
    GC_FIXED_INDEX = 3,
    GC_EXTENSIBLE_INDEX = 4,
    GC_TREE2_INDEX = 5
};

struct gc_layout {
    int kind;
    uint64_t address;       /* of the values, or of the chunks' index */
    uint64_t bytes;         /* of the values, unless they are chunked */
    const uint8_t *compact; /* the values themselves, in the message */
    /* Only for chunks: */
    int version; /* of the message */
    int rank;
    uint64_t chunk[GC_MAX_AXES]; /* axes of a chunk */
    uint64_t chunk_bytes;
    int index;
    bool keeps_edges;      /* chunks that reach beyond the data set are without filters */
    uint64_t single_bytes; /* of a single chunk, 0 if it has no filters */
    uint32_t single_mask;  /* filters that were left out */
};

/* HDF5's largest number of filters. */
#define GC_MAX_FILTERS 32

/* Filters that can be undone. */
enum gc_filter_id {
    GC_DEFLATE = 1,
    GC_SHUFFLE = 2,
    GC_FLETCHER32 = 3,
    GC_LZF = 32000,
};

struct gc_filters {
    int count;
    struct {
        int id;
        uint32_t value_bytes; /* for shuffle: bytes of what was shuffled */
    } filters[GC_MAX_FILTERS];
};

/* Takes the message of the layout of values of a type and a space. Fails with INVALID_MODEL. */
gc_status gc_take_layout(struct gc_cursor *cursor, struct gc_layout *layout,
                         const struct gc_type *type, const struct gc_space *space);

/* Takes the message of the filters of a data set.
 * Fails with INVALID_MODEL if one cannot be undone. The text names it. */
gc_status gc_take_filters(struct gc_cursor *cursor, struct gc_filters *filters);

/* Takes the message of the value that stands for all that was not written.
 *   value   receives the bytes, NULL if they are zeros */
gc_status gc_take_fill(struct gc_cursor *cursor, bool is_old, const struct gc_type *type,
                       const uint8_t **value);

#endif
