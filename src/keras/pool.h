/* Memory that is given back all at once, and a map from names to numbers. Both serve while a
 * configuration is read. */
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

/* Allocates `count` zeroed elements of `size` bytes, which live until gc_pool_free. NULL if out of
 * memory. */
void *gc_pool_allocate(struct gc_pool *pool, size_t count, size_t size);

/* Copies `text`. NULL if out of memory. */
char *gc_pool_text(struct gc_pool *pool, const char *text);

/* The failure of an allocation. */
gc_status gc_pool_fail(void);

void gc_pool_free(struct gc_pool *pool);

/* A hash map that keeps the pointers of its names, not copies. */
struct gc_names {
    const char **names;
    int32_t *numbers;
    uint32_t mask;
};

/* Makes a map for at most `count` names. False if out of memory. */
bool gc_names_create(struct gc_names *names, struct gc_pool *pool, int32_t count);

/* Adds a name if it is new, and returns the address of its number, which is 0 for a new name. */
int32_t *gc_names_put(struct gc_names *names, const char *name, bool *found);

/* The address of a name's number. NULL if the name is not in the map. */
const int32_t *gc_names_get(const struct gc_names *names, const char *name);

#endif
