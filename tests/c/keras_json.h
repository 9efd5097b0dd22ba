/* Macros that write Keras configurations, with ' for ". A macro takes the fields of its layer as
 * text that begins with a comma. NODES are the calls of the layer, separated by commas. */
#ifndef GC_KERAS_JSON_H
#define GC_KERAS_JSON_H

#include "list.h"

#define LAYER(CLASS, NAME, FIELDS, NODES)                                                          \
    "{'class_name':'" CLASS "','name':'" NAME "','config':{'name':'" NAME "'" FIELDS               \
    "},'inbound_nodes':[" NODES "]}"
#define INPUT(NAME, SHAPE) LAYER("InputLayer", NAME, ",'batch_input_shape':" SHAPE, "")
#define PICTURE INPUT("in", "[null,8,8,3]")
#define CONV(NAME, FIELDS, NODES)                                                                  \
    LAYER("Conv2D", NAME, ",'filters':4,'kernel_size':[3,3]" FIELDS, NODES)
#define DENSE(NAME, NODES) LAYER("Dense", NAME, ",'units':5,'activation':'softmax'", NODES)
#define POOL(NAME, NODES) LAYER("GlobalAveragePooling2D", NAME, "", NODES)

/* Calls as Keras 2 writes them, with references to the outputs of other calls. */
#define REF(NAME, NODE) "['" NAME "'," NODE ",0,{}]"
#define CALL(...) "[" LIST(__VA_ARGS__) "]"
#define FROM(NAME) CALL(REF(NAME, "0"))
#define FROM2(A, B) CALL(REF(A, "0"), REF(B, "0"))

/* Calls as Keras 3 writes them. */
#define TENSOR_OF(NAME, NODE)                                                                      \
    "{'class_name':'__keras_tensor__','config':{'shape':[null],'keras_history':['" NAME "'," NODE  \
    ",0]}}"
#define TENSOR(NAME) TENSOR_OF(NAME, "0")
#define ARGS(...) "{'args':[" LIST(__VA_ARGS__) "],'kwargs':{'training':false}}"

#define LAYERS(...) ",'layers':[" LIST(__VA_ARGS__) "]"
#define FUNCTIONAL_FIELDS(IN, OUT, ...)                                                            \
    LAYERS(__VA_ARGS__) ",'input_layers':" IN ",'output_layers':" OUT
#define MODEL(CLASS, FIELDS) "{'class_name':'" CLASS "','config':{'name':'net'" FIELDS "}}"
#define FUNCTIONAL(OUT, ...)                                                                       \
    MODEL("Functional", FUNCTIONAL_FIELDS("[['in',0,0]]", "[['" OUT "',0,0]]", __VA_ARGS__))
#define SEQUENTIAL(...) MODEL("Sequential", LAYERS(__VA_ARGS__))

#endif
