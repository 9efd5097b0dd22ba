/* Functions that sum products of two tensors over common axes. */
#ifndef GC_KERAS_CONTRACTION_H
#define GC_KERAS_CONTRACTION_H

#include "keras/lowering.h"

/* By the class in keras.ops, and by the name in TensorFlow. */
extern const struct gc_lowering gc_contraction_functions[], gc_tensorflow_contraction[];

#endif
