/* A Keras configuration, read: models, their layers, and the calls of those layers in the order in which
 * they run. Nothing here knows of shapes or operators. */
#ifndef GC_KERAS_CONFIG_H
#define GC_KERAS_CONFIG_H

#include "graph/graph.h"
#include "keras/field.h"
#include "keras/pool.h"

/* Weight arrays of one layer. */
#define GC_KERAS_MAX_ARRAYS 4

/* A layer object, as its model lists it. Its weights exist once, however often it is called. */
struct gc_keras_layer {
    const char *name, *type; /* type: Keras class */
    const char *path;        /* "base/Conv1" */
    const char *store;       /* "layers/functional/layers/conv2d": Keras 3's path of its weights */
    struct gc_fields fields;
    yyjson_val *entry;            /* the layer's whole entry in the list */
    struct gc_keras_model *model; /* a nested model, else NULL */
    const struct gc_lowering
        *lowering;       /* how it becomes operators; NULL: a model, an input, or a class
                                           that is not supported */
    const char *lacking; /* why it is not supported; NULL if it is */
    bool is_input, trainable;
    bool is_function; /* of keras.ops, called on a layer's output */
    /* How its calls are numbered in references to it; see first_number. */
    bool histories_from_one, lists_from_zero;
    int32_t first_call, call_count; /* in the model's calls */
    int32_t weights[GC_KERAS_MAX_ARRAYS],
        weight_count; /* indices in the graph, once it was built */
    double params, trainable_params;
};

/* One call of a layer: it takes the outputs of other calls of the same model. */
struct gc_keras_call {
    int32_t layer; /* GC_NONE: what goes into a Sequential that lists no InputLayer */
    int32_t *inputs, input_count; /* calls */
    yyjson_val *node;             /* the call's entry in inbound_nodes; NULL in a Sequential */
};

struct gc_keras_model {
    const char *name;
    bool sequential;
    bool has_histories; /* its calls are written as Keras 3 does */
    yyjson_val
        *input_shape; /* of a Sequential, batch included; NULL if the list says it or nobody */
    struct gc_keras_layer *layers;
    struct gc_keras_call *calls;
    int32_t *order;            /* calls as they run, [call_count] */
    int32_t *inputs, *outputs; /* calls */
    int32_t layer_count, call_count, input_count, output_count;
};

/* Reads a configuration; everything lives in the pool and in `root`'s document. */
gc_status gc_keras_read(struct gc_keras_model **model, struct gc_pool *pool, yyjson_val *root);

/* Shape of what goes into a model, batch included; NULL if the configuration does not say. */
yyjson_val *gc_keras_input_shape(const struct gc_keras_model *model);

/* Did Keras 2 write it? Some names mean something else there. */
bool gc_keras_is_2(const struct gc_keras_model *model);

/* Stands in Keras 2 where another argument is the output of a layer: ["_CONSTANT_VALUE", -1, constant,
 * {keyword arguments}]. */
#define GC_KERAS_CONSTANT "_CONSTANT_VALUE"

/* Keras' to_snake_case, the name of a class in Keras 3's store: "DepthwiseConv2D" is
 * "depthwise_conv2d". snake has room for twice the length of `type`, and a zero. */
void gc_keras_snake_case(char *snake, const char *type);

#endif
