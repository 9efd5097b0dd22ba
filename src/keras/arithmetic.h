/* Functions that work value by value, of one value or of two. */
#ifndef GC_KERAS_ARITHMETIC_H
#define GC_KERAS_ARITHMETIC_H

#include "keras/lowering.h"

/* By the class in keras.ops, and by the name in TensorFlow. */
extern const struct gc_lowering gc_arithmetic_functions[], gc_tensorflow_arithmetic[];

#endif
