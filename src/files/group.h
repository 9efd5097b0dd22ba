/* The links of a group. A link is a name and the address of an object. */
#ifndef GC_GROUP_H
#define GC_GROUP_H

#include "files/header.h"
#include "files/heap.h"

/* The links of one group, in the order of their names' bytes. Only hard links are listed, because
 * the others lead to a name or to another file. */
struct gc_links {
    struct gc_texts names;
    uint64_t *addresses; /* of the object that each name stands for */
    size_t capacity;
    size_t *order; /* [names.count]: indices of names and addresses, sorted */
};

/* Lists the links of an object, none if it is no group.
 *   links   receives them, to be given to gc_release_links even after a failure
 * Fails with INVALID_MODEL, also if two links have one name, OUT_OF_MEMORY. */
gc_status gc_list_links(struct gc_file *file, struct gc_links *links,
                        const struct gc_header *header);

void gc_release_links(struct gc_links *links);

#endif
