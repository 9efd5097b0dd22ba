/* The second step of the importer: which layers are supported. */
#ifndef GC_KERAS_SUPPORT_H
#define GC_KERAS_SUPPORT_H

#include "keras/config.h"

/* Finds the lowering of every layer, or notes that there is none. */
gc_status gc_keras_find_lowerings(struct gc_keras_model *model, struct gc_pool *pool);

/* Fails with UNSUPPORTED_LAYER and names all layers that are not supported. Every step may find some, so it is
 * called when the graph is built. */
gc_status gc_keras_check_supported(const struct gc_keras_model *model);

#endif
