/* Lowering: one Keras layer becomes one or a few operators, in a chain. */
#ifndef GC_KERAS_LOWERING_H
#define GC_KERAS_LOWERING_H

#include "keras/config.h"
#include "ops/ops.h"

/* A layer that is being built. */
struct gc_build {
    struct gc_graph *graph;
    struct gc_pool *pool;
    struct gc_keras_layer *layer;
    struct gc_fields fields; /* the layer's, or those of an activation that is a layer itself */
    const struct gc_keras_call *call;
    int32_t row;           /* the layer's index in the graph */
    const int32_t *inputs; /* values that the next operator takes */
    int32_t input_count;
    int32_t value;        /* output of the last operator; GC_NONE before the first */
    bool keras_2;         /* Keras 2 wrote the configuration */
    bool unknown;         /* the values are unknown: a layer before is not supported */
    int32_t weight_count; /* of the layer's weights, used by its operators so far */
};

enum gc_lowering_kind {
    GC_PLAIN,      /* takes one input */
    GC_ACTIVATION, /* takes one input, and can stand where an activation's name does */
    GC_MERGE       /* takes one input or more */
};

struct gc_lowering {
    const char *type; /* Keras class */
    /* Appends the layer's operators; a layer that appends none is the identity. */
    gc_status (*lower)(struct gc_build *build);
    enum gc_lowering_kind kind;
};

/* How a Keras class is lowered; NULL if it is not supported. */
const struct gc_lowering *gc_lowering_find(const char *type);

/* The same for a function that became a layer because it was called on a layer's output: the class of a
 * function of keras.ops ("Add"), or of an operator of TensorFlow in Keras 2 ("math.truediv"). */
const struct gc_lowering *gc_function_find(const char *type);
const struct gc_lowering *gc_tensorflow_function_find(const char *name);

/* ---- What the lowerings call. While values are unknown these do nothing and succeed, so that all
 * layers which are not supported are found in one go. ---- */

/* Appends an operator; the first takes the layer's inputs, each other one what the one before gives.
 *   arrays   names of the weights per slot, as Keras 3 has them, NULL for a slot that is not used; the
 *            operator's own rule says which exist. NULL for none at all */
gc_status gc_build_op(struct gc_build *build, const struct gc_op *op, const void *params,
                      size_t params_size, const char *const arrays[GC_MAX_WEIGHTS]);

/* Appends the activation that the field `key` of the configuration asks for; nothing if it is linear. */
gc_status gc_build_activation(struct gc_build *build, const char *key);

/* Appends the activation of that name, which must be one; its first number, or axis, is read from `field`. */
gc_status gc_build_named(struct gc_build *build, const char *name, const char *field,
                         double without);

/* The same with the field and the default that the function of keras.ops has. */
gc_status gc_build_function(struct gc_build *build, const char *name);

/* Is there an activation of that name? */
bool gc_is_activation(const char *name);

/* Takes the layer's next weight, one that no operator reads. */
gc_status gc_build_weight(struct gc_build *build, const char *array, const gc_shape *shape);

/* Turns an axis as Keras counts it into one of the next operator's first input. */
gc_status gc_build_axis(const struct gc_build *build, int32_t keras_axis, int32_t *axis);

/* Marks the layer as not supported; the format completes "with ...". Goes on: see above. */
gc_status gc_build_lacks(struct gc_build *build, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
