/* The two ends of a model. A picture and further inputs go in. A head comes out, and is explained.
 */
#ifndef GC_ENDS_H
#define GC_ENDS_H

#include "graph/graph.h"

/* The picture that value 0 holds, (height, width, channels). A value of rank 2 is a grey picture. A
 * value of rank 1 is a picture if the first layers reshape it to one. The rank is 0 if value 0 is
 * no picture. */
gc_shape gc_graph_picture(const struct gc_graph *graph);

/* Chooses the head that is explained, an index of `heads`. */
void gc_graph_select_head(struct gc_graph *graph, int32_t head);

/* The first head that gives classes. It is the first list of several values behind a softmax or
 * sigmoid. Without one it is the first list of several values, then the first head behind a softmax
 * or sigmoid, then the first head. */
int32_t gc_graph_default_head(const struct gc_graph *graph);

/* The value before the final softmax or sigmoid, or the output where there is none. */
int32_t gc_graph_logits(const struct gc_graph *graph);

/* The last layer with more than one position. Layers between the picture and the output come before
 * others. GC_NONE if there is none. */
int32_t gc_graph_default_layer(const struct gc_graph *graph);

/* Whether a node is a ReLU, which may have an upper bound as ReLU6 has. Guided backpropagation has
 * a rule of its own there. */
bool gc_graph_is_relu(const struct gc_node *node);

#endif
