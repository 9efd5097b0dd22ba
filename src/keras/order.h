#ifndef GC_KERAS_ORDER_H
#define GC_KERAS_ORDER_H

#include "keras/config.h"

/* Fills in model->order. Of the calls whose inputs are there, the first in the list runs next.
 * Fails with INVALID_MODEL on a cycle, OUT_OF_MEMORY. */
gc_status gc_keras_order(struct gc_keras_model *model, struct gc_pool *pool);

#endif
