/* Functions that reduce axes. */
#ifndef GC_KERAS_REDUCTION_H
#define GC_KERAS_REDUCTION_H

#include "keras/lowering.h"

/* By the class in keras.ops, and by the name in TensorFlow. */
extern const struct gc_lowering gc_reduction_functions[], gc_tensorflow_reduction[];

#endif
