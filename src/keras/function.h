/* Functions that became layers because they were called on the output of a layer. */
#ifndef GC_KERAS_FUNCTION_H
#define GC_KERAS_FUNCTION_H

#include "keras/lowering.h"

/* The lowering of a function of keras.ops by its class, "Add". NULL if it is not supported. */
const struct gc_lowering *gc_function_find(const char *type);

/* The same for a function of TensorFlow in Keras 2, "math.truediv". */
const struct gc_lowering *gc_tensorflow_function_find(const char *name);

#endif
