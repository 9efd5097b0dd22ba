/* Runs the importer on damaged configurations. It must return a status and give back all memory. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "keras/keras.h"

const char *const fuzz_seeds[] = {
    /* Functional of Keras 2, with a nested model, a layer called twice and a merge. */
    "{\"class_name\":\"Model\",\"config\":{\"name\":\"net\",\"layers\":[{\"class_name\":"
    "\"InputLayer\","
    "\"name\":\"in\",\"config\":{\"name\":\"in\",\"batch_input_shape\":[null,8,8,3]},\"inbound_"
    "nodes\":"
    "[]},{\"class_name\":\"Conv2D\",\"name\":\"c\",\"config\":{\"name\":\"c\",\"filters\":3,"
    "\"kernel_size\":[3,3],\"strides\":[1,1],\"padding\":\"same\",\"activation\":\"relu\"},"
    "\"inbound_nodes\":[[[\"in\",0,0,{}]],[[\"c\",0,0,{}]]]},{\"class_name\":\"Functional\","
    "\"name\":"
    "\"base\",\"config\":{\"name\":\"base\",\"layers\":[{\"class_name\":\"InputLayer\",\"name\":"
    "\"i\","
    "\"config\":{\"batch_input_shape\":[null,8,8,3]},\"inbound_nodes\":[]},{\"class_name\":"
    "\"BatchNormalization\",\"name\":\"bn\",\"config\":{\"axis\":[3],\"epsilon\":0.001},"
    "\"inbound_nodes\":[[[\"i\",0,0,{}]]]}],\"input_layers\":[[\"i\",0,0]],\"output_layers\":[["
    "\"bn\",0,"
    "0]]},\"inbound_nodes\":[[[\"c\",0,0,{}]],[[\"c\",1,0,{}]]]},{\"class_name\":\"Add\",\"name\":"
    "\"add\",\"config\":{},\"inbound_nodes\":[[[\"base\",1,0,{}],[\"base\",2,0,{}]]]}],"
    "\"input_layers\":[[\"in\",0,0]],\"output_layers\":[[\"add\",0,0]]}}",
    /* Functional of Keras 3, with a Sequential inside. */
    "{\"class_name\":\"Functional\",\"config\":{\"name\":\"net\",\"trainable\":true,\"layers\":[{"
    "\"class_name\":\"InputLayer\",\"config\":{\"batch_shape\":[null,null,null,3],\"name\":\"in\"},"
    "\"name\":\"in\",\"inbound_nodes\":[]},{\"class_name\":\"Sequential\",\"config\":{\"name\":"
    "\"s\","
    "\"layers\":[{\"class_name\":\"SeparableConv2D\",\"config\":{\"name\":\"sc\",\"filters\":4,"
    "\"kernel_size\":[3,3],\"depth_multiplier\":2}},{\"class_name\":\"GlobalAveragePooling2D\","
    "\"config\":{\"name\":\"p\",\"keepdims\":true}}]},\"name\":\"s\",\"inbound_nodes\":[{\"args\":["
    "{"
    "\"class_name\":\"__keras_tensor__\",\"config\":{\"keras_history\":[\"in\",0,0]}}],\"kwargs\":{"
    "}}]},{"
    "\"class_name\":\"Reshape\",\"config\":{\"name\":\"r\",\"target_shape\":[4]},\"name\":\"r\","
    "\"inbound_nodes\":[{\"args\":[{\"class_name\":\"__keras_tensor__\",\"config\":{\"keras_"
    "history\":["
    "\"s\",0,0]}}],\"kwargs\":{}}]}],\"input_layers\":[\"in\",0,0],\"output_layers\":[\"r\",0,0]}}",
    /* Sequential of Keras 2. */
    "{\"model_config\":{\"class_name\":\"Sequential\",\"config\":{\"name\":\"seq\",\"layers\":[{"
    "\"class_name\":\"Rescaling\",\"config\":{\"name\":\"a\",\"scale\":[1,2,3],\"offset\":-1,"
    "\"batch_input_shape\":[null,9,9,3]}},{\"class_name\":\"ZeroPadding2D\",\"config\":{\"name\":"
    "\"z\","
    "\"padding\":[[0,1],[1,0]]}},{\"class_name\":\"DepthwiseConv2D\",\"config\":{\"name\":\"d\","
    "\"kernel_size\":3,\"strides\":2}},{\"class_name\":\"ReLU\",\"config\":{\"name\":\"r\","
    "\"max_value\":6.0}},{\"class_name\":\"Flatten\",\"config\":{\"name\":\"f\"}},{\"class_name\":"
    "\"Dense\",\"config\":{\"name\":\"fc\",\"units\":5,\"activation\":\"softmax\"}}]}}}",
    NULL};

const char *const fuzz_words[] = {"\"MaxPooling2D\"",
                                  "\"Normalization\"",
                                  "\"LayerNormalization\"",
                                  "\"PReLU\"",
                                  "\"Permute\"",
                                  "\"Concatenate\"",
                                  "\"UpSampling2D\"",
                                  "\"Cropping2D\"",
                                  "\"Conv2DTranspose\"",
                                  "\"TFOpLambda\"",
                                  "\"module\":\"keras.src.ops.numpy\"",
                                  "\"axis\":[1,2]",
                                  "\"mean\":[1,2,3]",
                                  "\"gelu\"",
                                  "\"dims\":[3,2,1]",
                                  "\"function\":\"math.add\"",
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
                                  "\"\"",
                                  "\"x\"",
                                  "\"in\"",
                                  "\"c\"",
                                  "\"base\"",
                                  "\"bn\"",
                                  "\"add\"",
                                  "\"same\"",
                                  "\"valid\"",
                                  "\"Conv2D\"",
                                  "\"Dense\"",
                                  "\"Add\"",
                                  "\"Lambda\"",
                                  "\"Flatten\"",
                                  "\"Functional\"",
                                  "\"Sequential\"",
                                  "\"InputLayer\"",
                                  "\"Activation\"",
                                  "\"Softmax\"",
                                  "\"relu6\"",
                                  "\"channels_first\"",
                                  "\"name\":\"in\"",
                                  "\"config\":",
                                  "\"activation\":{\"class_name\":\"ReLU\"}",
                                  ",",
                                  "[[\"in\",0,0,{}]]",
                                  "[\"c\",0,0]",
                                  "\"a/b\"",
                                  "\"\\u0000\"",
                                  NULL};

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

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct gc_graph graph = {0};
    const size_t before = gc_memory_in_use();
    if (gc_keras_import(&graph, (const char *)bytes, length) == GC_OK) {
        find_weights(&graph, bytes, length);
        gc_graph_resize(&graph, 31, 47);
    }
    gc_graph_free(&graph);
    if (gc_memory_in_use() != before)
        abort(); /* a leak */
    return 0;
}
