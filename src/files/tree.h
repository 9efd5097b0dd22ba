/* The two kinds of B-trees of HDF5. A walk visits all records from the first to the last. */
#ifndef GC_TREE_H
#define GC_TREE_H

#include "files/source.h"

/* Takes one record. `cursor` ends with the record. */
typedef gc_status (*gc_take_record)(void *context, struct gc_cursor *cursor);

/* Walks a B-tree of version 1. A record is a key and the address of what the key stands for.
 *   type        of the tree, GC_GROUP_TREE or GC_CHUNK_TREE
 *   key_bytes   bytes of a key
 * Fails with INVALID_MODEL, OUT_OF_MEMORY, and with what `take` fails with. */
gc_status gc_walk_tree1(struct gc_file *file, uint64_t address, int type, size_t key_bytes,
                        gc_take_record take, void *context);

enum { GC_GROUP_TREE = 0, GC_CHUNK_TREE = 1 };

/* Walks a B-tree of version 2.
 *   type   of its records, a value of enum gc_record_type
 * Fails as gc_walk_tree1 does. */
gc_status gc_walk_tree2(struct gc_file *file, uint64_t address, int type, gc_take_record take,
                        void *context);

enum gc_record_type {
    GC_HUGE_RECORDS = 1,      /* objects that lie outside of their fractal heap */
    GC_LINK_RECORDS = 5,      /* links of a group */
    GC_ATTRIBUTE_RECORDS = 8, /* attributes of an object */
    GC_CHUNK_RECORDS = 10,    /* chunks without filters */
    GC_FILTERED_RECORDS = 11  /* chunks with filters */
};

#endif
