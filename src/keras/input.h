/* What the configuration says about the picture that goes into a model. */
#ifndef GC_KERAS_INPUT_H
#define GC_KERAS_INPUT_H

#include "keras/config.h"

/* Reads the shape of a linked model's input, (height, width, channels). An open side is 0. */
gc_status gc_keras_input_shape(const struct gc_keras_model *model, gc_shape *shape);

/* Was the configuration written by Keras 2? Some names mean something else there. */
bool gc_keras_is_2(const struct gc_keras_model *model);

#endif
