/* Lowering turns one Keras layer into one or a few operators, in a chain. Here is the record of a
 * lowering, and the functions with which it appends operators. */
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
    int32_t layer_index;   /* in the graph */
    const int32_t *inputs; /* values that the next operator takes */
    int32_t input_count;
    int32_t value;    /* output of the last operator, GC_NONE before the first */
    int32_t *outputs; /* of a layer with several outputs, [output_count]; else NULL */
    int32_t output_count;
    bool channels_first;  /* the operators' values have the channels last, Keras has them first */
    bool moves_axes;      /* the axes of the output mean something else than those of the input */
    bool keras_2;         /* Keras 2 wrote the configuration */
    bool unknown;         /* `inputs` are unknown, because an earlier layer is not supported */
    int32_t weight_count; /* of the layer's weights, used by its operators so far */

    /* A layer inside of the layer that the next weights belong to, "" for none. Its path goes into
     * those of the weights, its store into Keras 3's. */
    const char *part_path, *part_store;
    int32_t part_first; /* number of its first weight */
};

/* Operators have the channels last. A lowering that is not for any axes gets its inputs as its
 * data_format says, and in Keras' order where it has none. */
enum gc_lowering_kind {
    GC_PLAIN,          /* takes one input */
    GC_MERGE,          /* takes one input or more */
    GC_SPLIT,          /* takes one input and has several outputs */
    GC_ANY_AXES,       /* takes one input, and asks for axes only with gc_build_axis */
    GC_MERGE_ANY_AXES, /* the same with one input or more */
    GC_MOVES_AXES,     /* takes one input, and its output's axes mean something else */
    GC_WRAPPER         /* takes one input, for the layer inside of it */
};

struct gc_lowering {
    const char *type; /* Keras class, NULL at the end of a table */
    /* Appends the layer's operators. A layer that appends none is the identity. */
    gc_status (*lower)(struct gc_build *build);
    enum gc_lowering_kind kind;
};

/* The entry of a class in a table. NULL if there is none. */
const struct gc_lowering *gc_lowering_find(const struct gc_lowering *table, const char *type);

/* ---- What lowerings call. While the inputs are unknown these functions do nothing and succeed, so
 * that one attempt finds all layers that are not supported. ---- */

/* Appends an operator. The first one takes the layer's inputs, each later one the output of the one
 * before.
 *   arrays   names of the weights in Keras 3, one a slot, and NULL for a slot without weights. The
 *            operator's own rule says which of these weights exist. NULL for none at all */
gc_status gc_build_op(struct gc_build *build, const struct gc_op *op, const void *params,
                      size_t params_size, const char *const arrays[GC_MAX_WEIGHTS]);

/* The same with the parameters in a variable. */
#define GC_BUILD_OP(build, op, params, arrays)                                                     \
    gc_build_op(build, op, &(params), sizeof(params), arrays)

/* Takes the layer's next weight, one that no operator reads. */
gc_status gc_build_weight(struct gc_build *build, const char *array, const gc_shape *shape);

/* Gives the next weights to a layer inside of the layer: "/query" and "/query_dense". */
void gc_build_part(struct gc_build *build, const char *path, const char *store);

/* Lets the next operator take the values inputs[count], which must live until then. */
void gc_build_inputs(struct gc_build *build, const int32_t *inputs, int32_t count);

/* Notes options that no class of layers supports. */
gc_status gc_build_check_options(struct gc_build *build);

/* Turns an axis as Keras counts it into one of the next operator's first input. */
gc_status gc_build_axis(const struct gc_build *build, int32_t keras_axis, int32_t *axis);

/* Reads a list of axes, or one axis, from the field `key` and marks them in axes[GC_MAX_RANK]. */
gc_status gc_build_axes(const struct gc_build *build, const char *key, int32_t fallback,
                        bool *axes);

/* Notes that the layer is not supported, and succeeds. The format completes "with ...". */
gc_status gc_build_lacks(struct gc_build *build, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
