/* The table of Keras' layers. */
#ifndef GC_KERAS_LAYERS_H
#define GC_KERAS_LAYERS_H

#include "keras/lowering.h"

/* The lowering of a Keras class. NULL if the class is not supported. */
const struct gc_lowering *gc_layer_find(const char *type);

/* The lowering of Concatenate, which keras.ops has as a function too. */
gc_status gc_build_concatenate(struct gc_build *build);

/* Appends a pooling with the layer's windows. */
gc_status gc_build_pool(struct gc_build *build, const struct gc_op *op);

/* Appends a resizing. The field `interpolation` has the name of its interpolation. */
gc_status gc_build_resize(struct gc_build *build, const char *interpolation);

#endif
