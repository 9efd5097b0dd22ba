/* A Keras configuration as structures: models, their layers, and the calls of those layers. The steps of the
 * importer fill them in, one after the other: read.h, support.h, link.h, build.h. */
#ifndef GC_KERAS_CONFIG_H
#define GC_KERAS_CONFIG_H

#include "graph/graph.h"
#include "keras/field.h"
#include "keras/pool.h"

/* Weight arrays of one layer. */
#define GC_KERAS_MAX_ARRAYS 4

struct gc_lowering;

/* A layer object, as its model lists it. Its weights exist once, however often it is called. */
struct gc_keras_layer {
    /* From read.h on: */
    const char *name, *type; /* type: Keras class */
    const char *path;        /* "base/Conv1" */
    const char *store;       /* "layers/functional/layers/conv2d": Keras 3's path of its weights */
    struct gc_fields fields;
    yyjson_val *entry;            /* the layer's whole entry in the list */
    struct gc_keras_model *model; /* a nested model, else NULL */
    bool is_input, trainable;
    bool is_custom;   /* of a class that is not Keras' own */
    bool is_function; /* of keras.ops, called on a layer's output */

    /* From support.h on. Later steps may find that a layer lacks support, too. */
    const struct gc_lowering *lowering; /* NULL: a model, an input or not supported */
    const char *lacking; /* completes "not supported with ...", may be ""; NULL: supported */

    /* From link.h on: */
    int32_t first_call, call_count; /* in the model's calls */

    /* From build.h on: */
    int32_t weights[GC_KERAS_MAX_ARRAYS], weight_count; /* indices in the graph */
    double params, trainable_params;
};

/* One call of a layer. It takes the outputs of other calls of the same model. */
struct gc_keras_call {
    int32_t layer;                /* GC_NONE: the input of a Sequential without an InputLayer */
    int32_t *inputs, input_count; /* calls */
    yyjson_val *node;             /* the call's entry in inbound_nodes; NULL in a Sequential */
};

/* Stands in Keras 2 where another argument is the output of a layer: ["_CONSTANT_VALUE", -1, constant,
 * {keyword arguments}]. */
#define GC_KERAS_CONSTANT "_CONSTANT_VALUE"

struct gc_keras_model {
    /* From read.h on: */
    const char *name;
    bool sequential;
    yyjson_val *entry;       /* {"class_name": ..., "config": ...} */
    struct gc_fields fields; /* of its config */
    struct gc_keras_layer *layers;
    struct gc_names layer_names; /* to indices in layers */
    int32_t layer_count;

    /* From link.h on: */
    struct gc_keras_call *calls;
    int32_t *order;            /* calls as they run, [call_count] */
    int32_t *inputs, *outputs; /* calls */
    int32_t call_count, input_count, output_count;
};

#endif
