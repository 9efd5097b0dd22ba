/* What the configuration says about the picture, and whatever else goes into a model. */
#ifndef GC_KERAS_INPUT_H
#define GC_KERAS_INPUT_H

#include "keras/config.h"

/* Reads the shape of an input of a linked model, with the channels last, and whether the
 * configuration has them first. Rows and columns of a picture may be open, which is written as 0.
 *   input   its index in the model's inputs */
gc_status gc_keras_input_shape(const struct gc_keras_model *model, int32_t input, gc_shape *shape,
                               bool *channels_first);

/* Was the configuration written by Keras 2? Some names mean something else there. */
bool gc_keras_is_2(const struct gc_keras_model *model);

#endif
