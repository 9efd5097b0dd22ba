#ifndef GC_FUSE_H
#define GC_FUSE_H

#include "engine/group.h"

/* Divides a graph's nodes into groups and fills in their `nodes` and `node_count`.
 *   fuse     false: every node is a group of its own
 *   groups   [node_count], zeroed. Receives *group_count groups in order of execution */
gc_status gc_fuse(const struct gc_graph *graph, bool fuse, struct gc_group *groups,
                  int32_t *group_count);

#endif
