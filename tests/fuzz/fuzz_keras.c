/* Runs the importer on damaged configurations. It must return a status and give back all memory. In
 * all inputs ' stands for ". */
#include "../c/keras_json.h"
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "keras/keras.h"

const bool fuzz_is_text = true;

const char *const fuzz_seeds[] = {
    /* Functional of Keras 2, with a nested model, a layer called twice and a merge. */
    FUNCTIONAL("add", PICTURE,
               LAYER("Conv2D", "c",
                     ",'filters':3,'kernel_size':[3,3],'strides':[1,1],'padding':'same',"
                     "'activation':'relu'",
                     LIST(FROM("in"), FROM("c"))),
               LAYER("Functional", "base",
                     FUNCTIONAL_FIELDS("[['i',0,0]]", "[['bn',0,0]]", INPUT("i", "[null,8,8,3]"),
                                       LAYER("BatchNormalization", "bn",
                                             ",'axis':[3],'epsilon':0.001", FROM("i"))),
                     LIST(FROM("c"), CALL(REF("c", "1")))),
               LAYER("Add", "add", "", CALL(REF("base", "1"), REF("base", "2")))),
    /* Functional of Keras 3, with a Sequential inside. */
    MODEL("Functional",
          ",'trainable':true" FUNCTIONAL_FIELDS(
              "['in',0,0]", "['r',0,0]",
              LAYER("InputLayer", "in", ",'batch_shape':[null,null,null,3]", ""),
              LAYER("Sequential", "s",
                    LAYERS(LAYER("SeparableConv2D", "sc",
                                 ",'filters':4,'kernel_size':[3,3],'depth_multiplier':2", ""),
                           LAYER("GlobalAveragePooling2D", "p", ",'keepdims':true", "")),
                    ARGS(TENSOR("in"))),
              LAYER("Reshape", "r", ",'target_shape':[4]", ARGS(TENSOR("s"))))),
    /* Sequential of Keras 2. */
    "{'model_config':" SEQUENTIAL(
        LAYER("Rescaling", "a", ",'scale':[1,2,3],'offset':-1,'batch_input_shape':[null,9,9,3]",
              ""),
        LAYER("ZeroPadding2D", "z", ",'padding':[[0,1],[1,0]]", ""),
        LAYER("DepthwiseConv2D", "d", ",'kernel_size':3,'strides':2", ""),
        LAYER("ReLU", "r", ",'max_value':6.0", ""), LAYER("Flatten", "f", "", ""),
        DENSE("fc", "")) "}",
    /* Functions of keras.ops, as in an .h5 file, and of TensorFlow. */
    FUNCTIONAL(
        "m", PICTURE,
        LAYER("Split", "s", ",'indices_or_sections':[1,2],'axis':-1", ARGS(TENSOR("in"))),
        LAYER("GetItem", "g", "",
              ARGS(TENSOR("in"),
                   "[{'class_name':'__ellipsis__','config':{}},null,{'class_name':'__slice__',"
                   "'config':{'start':1,'stop':-1,'step':null}}]")),
        LAYER("Reshape", "r", ",'newshape':[-1,64,1]", ARGS(TENSOR("g"))),
        LAYER("Pad", "p", ",'pad_width':[[0,0],[1,1],[2,0]],'mode':'reflect'", ARGS(TENSOR("r"))),
        LAYER("Tile", "t", ",'repeats':[1,2,3]", ARGS(TENSOR("p"))),
        LAYER("TFOpLambda", "m", ",'function':'math.reduce_mean'",
              "['t',0,0,{'axis':[1],'keepdims':true}]"),
        LAYER("TFOpLambda", "w", ",'function':'where'", "['in',0,0,{'x':['s',0,1],'y':0.5}]")),
    NULL,
};

const char *const fuzz_words[] = {
    "'MaxPooling2D'",
    "'Normalization'",
    "'LayerNormalization'",
    "'PReLU'",
    "'Permute'",
    "'Concatenate'",
    "'UpSampling2D'",
    "'Cropping2D'",
    "'Conv2DTranspose'",
    "'TFOpLambda'",
    "'module':'keras.src.ops.numpy'",
    "'axis':[1,2]",
    "'mean':[1,2,3]",
    "'gelu'",
    "'dims':[3,2,1]",
    "'function':'math.add'",
    "'function':'nn.space_to_depth','block_size':2",
    "'function':'linalg.matmul'",
    "'Stack'",
    "'Where'",
    "'Normalize'",
    "'Transpose','axes':[0,2,1,3]",
    "0",
    "-1",
    "1",
    "2147483647",
    "2147483648",
    "1000000000",
    "1e9",
    "0.5",
    "NaN",
    "null",
    "true",
    "[]",
    "{}",
    "[1,2]",
    "[[1,2],[3,4]]",
    "''",
    "'x'",
    "'in'",
    "'c'",
    "'base'",
    "'bn'",
    "'add'",
    "'same'",
    "'valid'",
    "'Conv2D'",
    "'Dense'",
    "'Add'",
    "'Lambda'",
    "'Flatten'",
    "'Functional'",
    "'Sequential'",
    "'InputLayer'",
    "'Activation'",
    "'Softmax'",
    "'relu6'",
    "'channels_first'",
    "'name':'in'",
    "'config':",
    "'activation':{'class_name':'ReLU'}",
    ",",
    "[['in',0,0,{}]]",
    "['c',0,0]",
    "'a/b'",
    "'\\u0000'",
    NULL,
};

/* Looks for names of weights, which are pieces of the input, and the graph's own names with
 * changes. */
static void find_weights(const struct gc_graph *graph, const uint8_t *bytes, size_t length) {
    char name[256];
    int32_t index;
    for (size_t at = 0; at < length && at < 4096; at += 61) {
        const size_t taken = length - at < sizeof name - 1 ? length - at : sizeof name - 1;
        memcpy(name, bytes + at, taken);
        name[taken] = '\0';
        gc_keras_find_weight(graph, name, &index);
    }
    for (int32_t i = 0; i < graph->weight_count && i < 16; i++) {
        if (gc_keras_find_weight(graph, graph->weights[i].path, &index) == GC_OK && index < 0)
            abort(); /* a weight's own path must be found */
        snprintf(name, sizeof name, "x/%.200s:0", graph->weights[i].path);
        gc_keras_find_weight(graph, name, &index);
    }
}

/* The text of an input, in a block of this very size, which lets the sanitizers see overreads. */
static char *to_json(const uint8_t *bytes, size_t length) {
    char *json = malloc(length > 0 ? length : 1);
    for (size_t i = 0; i < length; i++)
        json[i] = bytes[i] == '\'' ? '"' : (char)bytes[i];
    return json;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct gc_graph graph = {0};
    const size_t before = gc_memory_in_use();
    char *json = to_json(bytes, length);
    if (gc_keras_import(&graph, json, length) == GC_OK) {
        find_weights(&graph, bytes, length);
        gc_graph_resize(&graph, 31, 47);
    }
    gc_graph_free(&graph);
    free(json);
    if (gc_memory_in_use() != before)
        abort(); /* a leak */
    return 0;
}
