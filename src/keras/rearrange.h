/* Functions that move values or change their shape. */
#ifndef GC_KERAS_REARRANGE_H
#define GC_KERAS_REARRANGE_H

#include "keras/lowering.h"

/* By the class in keras.ops, and by the name in TensorFlow. */
extern const struct gc_lowering gc_rearrange_functions[], gc_tensorflow_rearrange[];

#endif
