/* Functions that take parts of a tensor. */
#ifndef GC_KERAS_SLICING_H
#define GC_KERAS_SLICING_H

#include "keras/lowering.h"

/* By the class in keras.ops, and by the name in TensorFlow. */
extern const struct gc_lowering gc_slicing_functions[], gc_tensorflow_slicing[];

#endif
