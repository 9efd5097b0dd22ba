/* The table of Keras' layers. */
#ifndef GC_KERAS_LAYERS_H
#define GC_KERAS_LAYERS_H

#include "keras/lowering.h"

/* How a Keras class is lowered; NULL if it is not supported. */
const struct gc_lowering *gc_layer_find(const char *type);

/* The lowering of Concatenate, which is a function of keras.ops, too. */
gc_status gc_build_concatenate(struct gc_build *build);

#endif
