/* Keras models. A configuration becomes a layer graph, and names in files become weights. */
#ifndef GC_KERAS_H
#define GC_KERAS_H

#include "graph/graph.h"

/* Builds the layer graph of a Keras configuration into an empty graph, as gc_model_create says.
 * After a failure the graph holds a part of the model, and only gc_graph_free may take it. */
gc_status gc_keras_import(struct gc_graph *graph, const char *config, size_t length);

/* See gc_model_find_weight. */
gc_status gc_keras_find_weight(const struct gc_graph *graph, const char *name, int32_t *index);

#endif
