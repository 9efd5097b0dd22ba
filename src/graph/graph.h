/* The layer graph. The importer builds it and the planner reads it. Values (tensors) are numbered
 * in the order in which nodes make them, so the order of the nodes is an order of execution. */
#ifndef GC_GRAPH_H
#define GC_GRAPH_H

#include "graph/op.h"

#define GC_NONE (-1) /* no index */

struct gc_value {
    gc_shape shape;
    int32_t producer;    /* node, GC_NONE for an input */
    int32_t consumers;   /* number of node inputs that take it */
    bool leads;          /* the output depends on it */
    bool is_between;     /* it depends on the picture, and the output on it */
    bool channels_first; /* Keras has the last axis first: (channels, rows, columns) */
};

struct gc_node {
    const struct gc_op *op;
    void *params;
    int32_t *inputs; /* values, [input_count] */
    int32_t input_count;
    int32_t output;                  /* value */
    int32_t weights[GC_MAX_WEIGHTS]; /* indices of weights, GC_NONE for an absent slot */
    int32_t layer;                   /* index of a layer, for messages */
};

struct gc_weight {
    char *path;  /* "base/Conv1/kernel" */
    char *store; /* path in Keras 3's store, "layers/functional/layers/conv2d/vars/0" */
    gc_shape shape;
    struct gc_array array; /* empty until the caller asks for it. Some weights have no readers */
    size_t checked;        /* values, from the first on, that are known to be numbers */
    float largest;         /* magnitude of those */
};

struct gc_layer {
    char *path; /* "base/Conv1", "base/Conv1@1" for a second call */
    char *type; /* Keras class */
    int32_t value;
    int32_t parent;  /* the nested model's layer, GC_NONE at the top level */
    int32_t *inputs; /* layers, [input_count] */
    int32_t input_count;
    bool is_model;    /* a nested model's own entry */
    bool is_function; /* a function of keras.ops that Keras does not count among the layers */
    double params, trainable_params;
};

/* A list of values that goes into the model or comes out of it. */
struct gc_end {
    char *name;
    int32_t value;
};

/* An index of the weights by hashes of their names. The importer makes it. */
/* A key's hash and a weight that has the key. */
struct gc_name_entry {
    uint64_t hash;
    int32_t weight;
};

struct gc_name_index {
    struct gc_name_entry *entries; /* [count], sorted by hash and weight */
    size_t count;
};

struct gc_graph {
    char *name;
    struct gc_value *values;
    struct gc_node *nodes;
    struct gc_weight *weights;
    struct gc_layer *layers;
    struct gc_end *inputs; /* values 0, 1 and so on, of which value 0 is the picture */
    struct gc_end *heads;  /* what the model gives */
    int32_t value_count, node_count, weight_count, layer_count, input_count, head_count;
    size_t value_capacity, node_capacity, weight_capacity, layer_capacity, input_capacity,
        head_capacity;
    bool open_height, open_width; /* the configuration leaves the size to the caller */
    int32_t head;                 /* the chosen one */
    int32_t output;               /* the value of the chosen head, which holds the scores */
    struct gc_name_index names;   /* of the weights, which the importer makes */
};

/* Everything that follows fails with OUT_OF_MEMORY, TOO_LARGE or INVALID_MODEL, and leaves the
 * graph as it was. The graph copies what it is given. */

/* Makes the next input, before any node. The first one is the picture, and alone may have open
 * sides, which are passed as 0. */
gc_status gc_graph_add_input(struct gc_graph *graph, const char *name, const gc_shape *shape);

/* Adds a head. */
gc_status gc_graph_add_head(struct gc_graph *graph, const char *name, int32_t value);

/* Adds a weight and writes its index. */
gc_status gc_graph_add_weight(struct gc_graph *graph, int32_t *index, const char *path,
                              const char *store, const gc_shape *shape);

/* Adds a node, without weights yet, and writes its output value. The operator's shape rule gives
 * the output's shape. */
gc_status gc_graph_add_node(struct gc_graph *graph, int32_t *output, const struct gc_op *op,
                            const void *params, size_t params_size, const int32_t *inputs,
                            int32_t input_count, int32_t layer);

/* Lets a node read a weight in one of its slots. */
void gc_graph_give_weight(struct gc_graph *graph, int32_t node, int32_t slot, int32_t weight);

/* Adds a layer and writes its index. The importer fills in its value and counts later. */
gc_status gc_graph_add_layer(struct gc_graph *graph, int32_t *index, const char *path,
                             const char *type, int32_t parent, const int32_t *inputs,
                             int32_t input_count);

/* Computes every shape anew for an input of this size. */
gc_status gc_graph_resize(struct gc_graph *graph, int32_t height, int32_t width);

/* Gives back all that the graph holds, not the struct itself. */
void gc_graph_free(struct gc_graph *graph);

/* The size that stands for an open side while a model is built. */
#define GC_OPEN_SIDE 256

#endif
