/* Functions that became layers because they were called on the output of a layer. */
#ifndef GC_KERAS_FUNCTION_H
#define GC_KERAS_FUNCTION_H

#include "keras/lowering.h"

/* The lowering of a function of keras.ops by its class, "Add". NULL if it is not supported. */
const struct gc_lowering *gc_function_find(const char *type);

/* The same for a function of TensorFlow in Keras 2, "math.truediv". */
const struct gc_lowering *gc_tensorflow_function_find(const char *name);

/* Is it a class with which Keras 2 writes a function of TensorFlow? */
bool gc_function_is_tensorflow(const char *type);

/* Makes the arguments of the call the fields of a function of TensorFlow. A function of keras.ops
 * has its arguments in its configuration. */
void gc_function_read_call(struct gc_build *build);

#endif
