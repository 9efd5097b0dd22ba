/* Models with the channels first. Operators have the channels last, so a picture (channels, rows,
 * columns) of Keras is a value (rows, columns, channels) that says channels_first. Layers of any
 * axes hand such values on. For other layers the axes are turned, as in Keras' order. */
#ifndef GC_KERAS_LAYOUT_H
#define GC_KERAS_LAYOUT_H

#include "keras/lowering.h"

/* Finds where the outputs of the calls of a linked model have their channels. */
void gc_layout_find(struct gc_keras_model *model);

/* Gives a lowering its inputs in the order of axes that it takes. */
gc_status gc_layout_start(struct gc_build *build, const struct gc_lowering *lowering);

/* Lets the next operators work in Keras' order. */
gc_status gc_layout_as_keras(struct gc_build *build);

/* Turns the outputs, made from inputs[count], to have the channels last. */
gc_status gc_layout_end(struct gc_build *build, const int32_t *inputs, int32_t count);

#endif
