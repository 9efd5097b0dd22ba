/* Groups that run in bands of rows.
 *
 * A chain is a row of groups. Each reads what the one before gives, and nothing else reads that.
 * What it reads beside that is whole, as the other summand of an addition. As in MobileNetV2, whose
 * blocks are narrow at both ends and wide between them:
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
 * of the buffer and are not computed again. Input and output are whole.
 *
 * Each thread has a strip of the output's rows, goes through it band by band, and has buffers of
 * its own. Only at the seams between strips are a few rows computed twice.
 *
 * The tensors between may also be kept if there is one strip. They are whole then. A band is
 * written to memory, but the next group reads it from the cache. */
#ifndef GC_BANDS_H
#define GC_BANDS_H

#include "engine/group.h"
#include "kernels/gates.h"

#define GC_MAX_CHAIN 8 /* groups of a chain */

struct gc_chain {
    int32_t first, count;       /* groups */
    bool keeps;                 /* the tensors between are kept, and are whole */
    int32_t strips;             /* equal parts of the output that run side by side */
    int32_t height;             /* rows of the output that a band has */
    int32_t rows[GC_MAX_CHAIN]; /* rows that a strip's buffer has behind each group but the last */
};

struct gc_band_limits {
    size_t bytes;   /* what the buffers of a strip may take, unless a band of one row needs more */
    int32_t strips; /* most strips of a chain, 1 or more */
};

/* Finds the longest chain that begins with group `first`. Its count is 1 if there is none. Each of
 * its tensors between would take more than the limit's bytes. The groups must be prepared.
 *   kept    [value_count], 1 if a value's tensor must stay whole
 *   keeps   whether kept tensors may lie between. The limit must be one strip then */
void gc_chain_find(struct gc_chain *chain, const struct gc_graph *graph,
                   const struct gc_group *groups, int32_t group_count, int32_t first,
                   const uint8_t *kept, bool keeps, const struct gc_band_limits *limits);

/* The bytes of the buffers behind group `i` of a chain, one after another for its strips. */
size_t gc_chain_bytes(const struct gc_chain *chain, const struct gc_group *groups, int32_t i);

/* Runs the groups of a chain.
 *   tensors   [value_count]: whole ones for the input and the output, the buffers between
 *   gates     [value_count], of the clamps in a chain that keeps tensors */
void gc_chain_run(const struct gc_chain *chain, const struct gc_group *groups,
                  gc_real *const *tensors, gc_gates *const *gates);

#endif
