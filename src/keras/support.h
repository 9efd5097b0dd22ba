/* The second step of the importer finds which layers are supported. */
#ifndef GC_KERAS_SUPPORT_H
#define GC_KERAS_SUPPORT_H

#include "keras/config.h"

/* Finds the lowering of every layer, or notes that the layer is not supported. */
gc_status gc_keras_find_lowerings(struct gc_keras_model *model, struct gc_pool *pool);

/* Fails with UNSUPPORTED_LAYER and names all layers that are not supported. Linking and building
 * may find more of them, so this is called at the end. */
gc_status gc_keras_check_supported(const struct gc_keras_model *model);

#endif
