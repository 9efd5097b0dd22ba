/* A Keras configuration as structures. The steps of the importer fill them in one after the other,
 * in the order read.h, support.h, link.h, build.h. */
#ifndef GC_KERAS_CONFIG_H
#define GC_KERAS_CONFIG_H

#include "graph/graph.h"
#include "keras/field.h"
#include "keras/pool.h"

/* Bytes in the names of nested models and a layer, joined. */
#define GC_KERAS_MAX_PATH 1000

/* Weight arrays of one layer. */
#define GC_KERAS_MAX_ARRAYS 8

struct gc_lowering;

/* A layer object, as its model lists it. Its weights exist once, however often it is called. */
struct gc_keras_layer {
    /* ---- Filled in by read.c ---- */
    const char *name;
    const char *type;  /* Keras class */
    const char *path;  /* "base/Conv1" */
    const char *store; /* path of its weights in Keras 3, "layers/functional/layers/conv2d" */
    struct gc_fields fields;
    yyjson_val *entry;            /* the layer's whole entry in the list */
    struct gc_keras_model *model; /* a nested model, else NULL */
    bool is_input, trainable;
    bool is_custom;   /* of a class that is not Keras' own */
    bool is_function; /* of keras.ops, called on a layer's output */

    /* ---- Filled in by support.c. Later steps may still find that something is lacking. ---- */
    const struct gc_lowering *lowering; /* NULL for models, inputs, and what is not supported */
    const char *lacking; /* NULL if supported, else "" or the end of "not supported with ..." */

    /* ---- Filled in by link.c ---- */
    int32_t first_call, call_count; /* in the model's calls */

    /* ---- Filled in by build.c ---- */
    int32_t weights[GC_KERAS_MAX_ARRAYS], weight_count; /* indices in the graph */
    double params, trainable_params;
};

/* Where a tensor has its channels, as far as the layers that take it say. */
enum gc_channels { GC_CHANNELS_UNKNOWN, GC_CHANNELS_LAST, GC_CHANNELS_FIRST };

/* One call of a layer. It takes the outputs of other calls of the same model. */
struct gc_keras_call {
    int32_t layer;                /* GC_NONE for the input of a Sequential without an InputLayer */
    int32_t *inputs, input_count; /* calls */
    int32_t *outputs;             /* which output of each of these calls, from 0; [input_count] */
    yyjson_val *node;             /* the call's entry in inbound_nodes, NULL in a Sequential */

    enum gc_channels channels; /* of the output. Filled in by axes.c */
};

/* The first word of a reference in Keras 2 that is no reference. The output of a layer is then
 * another argument: ["_CONSTANT_VALUE", -1, constant, {keyword arguments}]. */
#define GC_KERAS_CONSTANT "_CONSTANT_VALUE"

struct gc_keras_model {
    /* ---- Filled in by read.c ---- */
    const char *name;
    bool sequential;
    yyjson_val *entry;       /* {"class_name": ..., "config": ...} */
    struct gc_fields fields; /* of its config */
    struct gc_keras_layer *layers;
    struct gc_names layer_names; /* to indices in `layers` */
    int32_t layer_count;

    /* ---- Filled in by link.c ---- */
    struct gc_keras_call *calls;
    int32_t *order;            /* calls as they run, [call_count] */
    int32_t *inputs, *outputs; /* calls */
    int32_t *output_numbers;   /* which output of each of these calls, NULL for the first of all */
    int32_t call_count, input_count, output_count;
};

#endif
