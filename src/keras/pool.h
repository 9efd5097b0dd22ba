/* What reading a configuration needs for a moment: memory that is given back all at once, and a map from
 * names to numbers. */
#ifndef GC_KERAS_POOL_H
#define GC_KERAS_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct gc_pool {
    struct gc_pool_block *blocks;
    size_t left; /* bytes unused in the newest block */
};

/* `count` zeroed elements of `size` bytes that live until gc_pool_free; NULL if out of memory. */
void *gc_pool_allocate(struct gc_pool *pool, size_t count, size_t size);

/* A copy of `text`; NULL if out of memory. */
char *gc_pool_text(struct gc_pool *pool, const char *text);

/* The failure of an allocation. */
gc_status gc_pool_fail(void);

void gc_pool_free(struct gc_pool *pool);

/* A hash map with room for a fixed number of names. It keeps the names' pointers, not copies. */
struct gc_names {
    const char **names;
    int32_t *numbers;
    uint32_t mask;
};

/* Makes a map for `count` names; false if out of memory. */
bool gc_names_create(struct gc_names *names, struct gc_pool *pool, int32_t count);

/* Where the number of `name` stands; *found says whether it was there. A new name's is 0, to be set. */
int32_t *gc_names_put(struct gc_names *names, const char *name, bool *found);

/* Where the number of `name` stands; NULL if it is not there. */
const int32_t *gc_names_get(const struct gc_names *names, const char *name);

#endif
