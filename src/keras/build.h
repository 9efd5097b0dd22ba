/* The last step of the importer turns the calls of a configuration into the layer graph. */
#ifndef GC_KERAS_BUILD_H
#define GC_KERAS_BUILD_H

#include "keras/config.h"

/* Builds a linked model into an empty graph. The output of the graph stays GC_NONE if a layer in
 * front of it is not supported. */
gc_status gc_keras_build(struct gc_graph *graph, const struct gc_keras_model *model,
                         struct gc_pool *pool);

#endif
