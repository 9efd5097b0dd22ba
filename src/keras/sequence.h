/* Layers of sequences and tokens, the inputs of which have rows and channels. */
#ifndef GC_KERAS_SEQUENCE_H
#define GC_KERAS_SEQUENCE_H

#include "keras/lowering.h"

extern const struct gc_lowering gc_sequence_layers[];

#endif
