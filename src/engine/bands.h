/* Groups that run in bands of rows.
 *
 * A chain is a row of groups. Each reads what the one before gives, and nothing else reads that. As
 * in MobileNetV2, whose blocks are narrow at both ends and wide between them:
 *
 *         input           expanded          filtered           output
 *      +---------+   +---------------+   +---------------+   +---------+
 *      | rows    |   .               .   .               .   | done    |
 *      | of the  |   +---------------+   .               .   +---------+
 *      | picture | > | 4 rows        | > +---------------+ > | 2 rows  |  the band
 *      |         |   |               |   | 2 rows        |   +---------+
 *      |         |   +---------------+   +---------------+   |         |
 *      +---------+   .               .   .               .   +---------+
 *                      1 x 1               3 x 3               1 x 1
 *
 * A band of the output's rows needs some rows of each tensor between, and only those are in memory.
 * The next band takes their place. A buffer of rows fits the cache, where the whole tensor does
 * not. The rows that the next band needs too, as those above a 3 x 3 filter, are moved to the front
 * of the buffer and are not computed again. Input and output are whole. */
#ifndef GC_BANDS_H
#define GC_BANDS_H

#include "engine/group.h"

#define GC_MAX_CHAIN 8 /* groups of a chain */

struct gc_chain {
    int32_t first, count;       /* groups */
    int32_t height;             /* rows of the output that a band has */
    int32_t rows[GC_MAX_CHAIN]; /* rows that the buffer behind each group has, but the last */
};

/* Finds the longest chain that begins with group `first`. Its count is 1 if there is none, or if
 * all its tensors between fit into `band_bytes` as they are. The groups must be prepared.
 *   kept         [value_count], 1 if a value's tensor must stay whole
 *   band_bytes   what the buffers may take together, unless a band of one row needs more */
void gc_chain_find(struct gc_chain *chain, const struct gc_graph *graph, struct gc_group *groups,
                   int32_t group_count, int32_t first, const uint8_t *kept, size_t band_bytes);

/* The bytes of the buffer behind group `i` of a chain. */
size_t gc_chain_bytes(const struct gc_chain *chain, const struct gc_group *groups, int32_t i);

/* Runs the groups of a chain.
 *   tensors   [value_count]: whole ones for the input and the output, the buffers between */
gc_status gc_chain_run(const struct gc_chain *chain, struct gc_group *groups,
                       gc_real *const *tensors);

#endif
