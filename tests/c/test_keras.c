/* The importer makes graphs from configurations and finds weights by their names. */
#include "base/memory.h"
#include "keras/keras.h"
#include "keras_json.h"
#include "ops/ops.h"
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A model with a convolution and a batch norm, as a layer. */
#define BASE(NODES)                                                                                \
    LAYER("Functional", "base",                                                                    \
          FUNCTIONAL_FIELDS("['base_in',0,0]", "['bn',0,0]", INPUT("base_in", "[null,8,8,3]"),     \
                            CONV("conv", ",'activation':'relu'", FROM("base_in")),                 \
                            LAYER("BatchNormalization", "bn", "", FROM("conv"))),                  \
          NODES)

/* ---- Helpers ---- */

static gc_status import(struct gc_graph *graph, const char *config) {
    char *json = malloc(strlen(config) + 1);
    strcpy(json, config);
    for (char *c = json; *c != '\0'; c++)
        if (*c == '\'')
            *c = '"';
    *graph = (struct gc_graph){0};
    const gc_status status = gc_keras_import(graph, json, strlen(json));
    free(json);
    return status;
}

/* The configuration must be refused with this status and a sentence that says this. */
static void refuse(const char *config, gc_status status, const char *sentence) {
    const size_t before = gc_memory_in_use();
    struct gc_graph graph;
    EXPECT_STATUS(import(&graph, config), status);
    EXPECT_CONTAINS(gc_error(), sentence);
    gc_graph_free(&graph);
    EXPECT_INT(gc_memory_in_use(), before);
}

static const struct gc_layer *find_layer(const struct gc_graph *graph, const char *path) {
    for (int32_t i = 0; i < graph->layer_count; i++)
        if (strcmp(graph->layers[i].path, path) == 0)
            return &graph->layers[i];
    return NULL;
}

/* All layers' paths, in their order, "a b c". */
static void expect_layers(const struct gc_graph *graph, const char *expected) {
    char text[1000] = "";
    for (int32_t i = 0; i < graph->layer_count; i++) {
        if (i > 0)
            strcat(text, " ");
        strcat(text, graph->layers[i].path);
    }
    EXPECT_TEXT(text, expected);
}

/* All operators' names, in the order of execution. */
static void expect_operators(const struct gc_graph *graph, const char *expected) {
    char text[1000] = "";
    for (int32_t i = 0; i < graph->node_count; i++) {
        if (i > 0)
            strcat(text, " ");
        strcat(text, graph->nodes[i].op->name);
    }
    EXPECT_TEXT(text, expected);
}

static void expect_shape(const struct gc_graph *graph, const char *path, const char *expected) {
    const struct gc_layer *layer = find_layer(graph, path);
    char text[GC_SHAPE_TEXT];
    REQUIRE(layer != NULL);
    EXPECT_TEXT(gc_shape_text(text, &graph->values[layer->value].shape), expected);
}

static void expect_found(const struct gc_graph *graph, const char *name, const char *path) {
    int32_t index;
    REQUIRE_OK(gc_keras_find_weight(graph, name, &index));
    EXPECT_TEXT(index < 0 ? "none" : graph->weights[index].path, path);
}

/* ---- Models ---- */

TEST(keras_functional_of_keras_2) {
    struct gc_graph graph;
    REQUIRE_OK(import(&graph,
                      FUNCTIONAL("dense", PICTURE, CONV("conv", ",'activation':'relu'", FROM("in")),
                                 LAYER("BatchNormalization", "bn", ",'axis':[3]", FROM("conv")),
                                 POOL("pool", FROM("bn")), DENSE("dense", FROM("pool")))));
    EXPECT_TEXT(graph.name, "net");
    expect_layers(&graph, "in conv bn pool dense");
    expect_operators(&graph, "conv2d clamp batch_norm global_average dense softmax");
    expect_shape(&graph, "conv", "(6, 6, 4)");
    expect_shape(&graph, "dense", "(5)");
    EXPECT_INT(graph.output, find_layer(&graph, "dense")->value);
    EXPECT_INT(find_layer(&graph, "in")->value, 0);
    EXPECT_TEXT(find_layer(&graph, "bn")->type, "BatchNormalization");
    EXPECT_INT(find_layer(&graph, "bn")->inputs[0], 1);
    EXPECT_NEAR(find_layer(&graph, "bn")->params, 16, 0);
    EXPECT_NEAR(find_layer(&graph, "bn")->trainable_params, 8, 0);
    EXPECT_INT(graph.weight_count, 8);
    EXPECT_TEXT(graph.weights[7].path, "dense/bias");
    EXPECT_TEXT(graph.weights[7].store, "layers/dense/vars/1");
    gc_graph_free(&graph);
}

#define MIXED_PRECISION "'dtype':{'class_name':'DTypePolicy','config':{'name':'mixed_float16'}}"
#define MODEL_OF_KERAS_3(FIELDS)                                                                   \
    "{'module':'keras.src.models.functional','class_name':'Functional','config':{'name':'"         \
    "net'" FIELDS "},'registered_name':'Functional'}"

TEST(keras_functional_of_keras_3) {
    struct gc_graph graph;
    REQUIRE_OK(
        import(&graph, MODEL_OF_KERAS_3(FUNCTIONAL_FIELDS(
                           "['in',0,0]", "['pool',0,0]",
                           LAYER("InputLayer", "in", ",'batch_shape':[null,8,8,3]", ""),
                           CONV("a", ",'padding':'same'," MIXED_PRECISION, ARGS(TENSOR("in"))),
                           CONV("b", ",'padding':'same','use_bias':false", ARGS(TENSOR("in"))),
                           LAYER("Add", "sum", "", ARGS(CALL(TENSOR("a"), TENSOR("b")))),
                           POOL("pool", ARGS(TENSOR("sum")))))));
    expect_layers(&graph, "in a b sum pool");
    EXPECT_INT(find_layer(&graph, "sum")->input_count, 2);
    EXPECT_INT(find_layer(&graph, "sum")->inputs[1], 2);
    EXPECT_TEXT(graph.weights[2].store, "layers/conv2d_1/vars/0");
    gc_graph_free(&graph);
}

#define FLAT LAYER("Flatten", "flat", "", "")
#define FLAT_WITH_SHAPE LAYER("Flatten", "flat", ",'batch_input_shape':[null,8,8,3]", "")

TEST(keras_sequential_takes_its_shape_from_where_it_stands) {
    static const char *const configs[] = {
        SEQUENTIAL(PICTURE, FLAT),
        SEQUENTIAL(FLAT_WITH_SHAPE),
        "{'class_name':'Sequential','config':[" FLAT_WITH_SHAPE "]}",
        MODEL("Sequential", LAYERS(FLAT) ",'build_input_shape':[null,8,8,3]"),
        "{'class_name':'Sequential','config':{'layers':[" FLAT
        "]},'build_config':{'input_shape':[null,8,8,3]}}",
        "{'modelTopology':{'model_config':" SEQUENTIAL(PICTURE, FLAT) "}}",
    };
    for (size_t i = 0; i < sizeof configs / sizeof *configs; i++) {
        struct gc_graph graph;
        REQUIRE_OK(import(&graph, configs[i]));
        expect_layers(&graph, "flat");
        expect_shape(&graph, "flat", "(192)");
        EXPECT_INT(find_layer(&graph, "flat")->input_count, 0);
        gc_graph_free(&graph);
    }
    struct gc_graph graph;
    REQUIRE_OK(import(&graph, SEQUENTIAL(BASE(""), FLAT)));
    expect_layers(&graph, "base/base_in base/conv base/bn base flat");
    expect_shape(&graph, "base/base_in", "(8, 8, 3)");
    gc_graph_free(&graph);
}

TEST(keras_text_in_text) {
    struct gc_graph graph = {0};
    static const char config[] =
        "{\"model_config\": \"{\\\"class_name\\\": \\\"Sequential\\\", \\\"config\\\": [{"
        "\\\"class_name\\\": \\\"Flatten\\\", \\\"config\\\": {\\\"name\\\": \\\"flat\\\", "
        "\\\"batch_input_shape\\\": [NaN, 2, 2, 3]}}]}\"}";
    EXPECT_OK(gc_keras_import(&graph, config, strlen(config)));
    expect_shape(&graph, "flat", "(12)");
    gc_graph_free(&graph);
}

TEST(keras_open_input) {
    struct gc_graph graph;
    REQUIRE_OK(
        import(&graph, SEQUENTIAL(INPUT("in", "[null,null,32,3]"), CONV("conv", "", ""),
                                  LAYER("Dropout", "drop", ",'rate':0.5", ""), POOL("pool", ""))));
    EXPECT(graph.open_height && !graph.open_width);
    EXPECT_OK(gc_graph_resize(&graph, 50, 32));
    expect_shape(&graph, "drop", "(48, 30, 4)");
    gc_graph_free(&graph);
}

#define FROZEN                                                                                     \
    LAYER("Functional", "base",                                                                    \
          ",'trainable':false" FUNCTIONAL_FIELDS("[['base_in',0,0]]", "[['conv',0,0]]",            \
                                                 INPUT("base_in", "[null,8,8,3]"),                 \
                                                 CONV("conv", "", FROM("base_in"))),               \
          FROM("in"))

TEST(keras_nested_models_frozen_and_called_from_one) {
    struct gc_graph graph;
    REQUIRE_OK(
        import(&graph, FUNCTIONAL("dense", PICTURE, FROZEN, POOL("pool", CALL(REF("base", "1"))),
                                  DENSE("dense", FROM("pool")))));
    expect_layers(&graph, "in base/base_in base/conv base pool dense");
    const struct gc_layer *model = find_layer(&graph, "base");
    EXPECT(model->is_model);
    EXPECT_INT(model->value, find_layer(&graph, "base/conv")->value);
    EXPECT_INT(model->inputs[0], 0);
    EXPECT_INT(find_layer(&graph, "base/conv")->parent, 3);
    EXPECT_INT(model->parent, GC_NONE);
    EXPECT_NEAR(model->params, 112, 0);
    EXPECT_NEAR(model->trainable_params, 0, 0);
    EXPECT_NEAR(find_layer(&graph, "dense")->trainable_params, 25, 0);
    EXPECT_TEXT(graph.weights[0].path, "base/conv/kernel");
    EXPECT_TEXT(graph.weights[0].store, "layers/functional/layers/conv2d/vars/0");
    gc_graph_free(&graph);
}

TEST(keras_layers_and_models_called_twice) {
    struct gc_graph graph;
    REQUIRE_OK(import(
        &graph, FUNCTIONAL("add", PICTURE,
                           LAYER("Conv2D", "same", ",'filters':3,'kernel_size':1",
                                 LIST(FROM("in"), FROM("same"))),
                           BASE(LIST(FROM("in"), CALL(REF("same", "1")))),
                           LAYER("Add", "add", "", CALL(REF("base", "0"), REF("base", "1"))))));
    expect_layers(&graph, "in same same@1 base/base_in base/conv base/bn base "
                          "base/base_in@1 base/conv@1 base/bn@1 base@1 add");
    EXPECT_INT(find_layer(&graph, "base/conv@1")->parent, 10);
    EXPECT_NEAR(find_layer(&graph, "base@1")->params, 128, 0);
    EXPECT_INT(graph.weight_count, 8);
    EXPECT_INT(graph.nodes[0].weights[0], graph.nodes[1].weights[0]);
    gc_graph_free(&graph);
}

/* The calls run in the order of their inputs. The weights keep the order of the configuration. */
TEST(keras_order) {
    struct gc_graph graph;
    REQUIRE_OK(
        import(&graph, FUNCTIONAL("last", DENSE("last", FROM("pool")), POOL("pool", FROM("conv")),
                                  PICTURE, CONV("conv", "", FROM("in")))));
    expect_layers(&graph, "in conv pool last");
    EXPECT_TEXT(graph.weights[0].path, "last/kernel");
    EXPECT_TEXT(graph.weights[2].path, "conv/kernel");
    EXPECT_INT(graph.nodes[0].weights[0], 2);
    gc_graph_free(&graph);
}

TEST(keras_layers_lower_to_operators) {
    static const struct {
        const char *layer, *operators, *shape;
    } cases[] = {
        {LAYER("Activation", "x", ",'activation':'linear'", ""), "reshape", "(8, 8, 3)"},
        {LAYER("Activation", "x", ",'activation':{'class_name':'function','config':'relu6'}", ""),
         "clamp", "(8, 8, 3)"},
        {LAYER("Activation", "x",
               ",'activation':{'class_name':'ReLU','config':{'name':'r','max_value':6}}", ""),
         "clamp", "(8, 8, 3)"},
        {LAYER("DepthwiseConv2D", "x", ",'kernel_size':3,'strides':2,'depth_multiplier':2", ""),
         "depthwise", "(3, 3, 6)"},
        {LAYER("SeparableConv2D", "x", ",'kernel_size':3,'filters':7,'activation':'sigmoid'", ""),
         "depthwise conv2d sigmoid", "(6, 6, 7)"},
        {LAYER("ZeroPadding2D", "x", ",'padding':1", ""), "zero_padding", "(10, 10, 3)"},
        {LAYER("ZeroPadding2D", "x", ",'padding':[1,2]", ""), "zero_padding", "(10, 12, 3)"},
        {LAYER("ZeroPadding2D", "x", ",'padding':[[0,1],[2,3]]", ""), "zero_padding", "(9, 13, 3)"},
        {LAYER("Reshape", "x", ",'target_shape':[-1,6]", ""), "reshape", "(32, 6)"},
        {LAYER("GlobalAveragePooling2D", "x", ",'keepdims':true", ""), "global_average",
         "(1, 1, 3)"},
        {LAYER("Rescaling", "x", ",'scale':[1,2,3],'offset':-1", ""), "rescaling", "(8, 8, 3)"},
        {LAYER("Rescaling", "x",
               ",'scale':{'class_name':'__numpy__','config':{'value':[1,2,3],'dtype':'float32'}}",
               ""),
         "rescaling", "(8, 8, 3)"},
        {LAYER("Softmax", "x", ",'axis':[-1]", ""), "softmax", "(8, 8, 3)"},
        {LAYER("Conv2DTranspose", "x", ",'filters':2,'kernel_size':3,'strides':2", ""),
         "conv2d_transpose", "(17, 17, 2)"},
        {LAYER("MaxPooling2D", "x", ",'strides':null", ""), "max_pooling", "(4, 4, 3)"},
        {LAYER("AveragePooling2D", "x", ",'pool_size':[3,3],'strides':[1,2],'padding':'same'", ""),
         "average_pooling", "(8, 4, 3)"},
        {LAYER("GlobalMaxPooling2D", "x", "", ""), "global_max", "(3)"},
        {LAYER("Cropping2D", "x", ",'cropping':[[1,0],[2,3]]", ""), "cropping", "(7, 3, 3)"},
        {LAYER("Cropping2D", "x", "", ""), "cropping", "(8, 8, 3)"},
        {LAYER("UpSampling2D", "x", ",'size':[2,3],'interpolation':'bilinear'", ""), "upsampling",
         "(16, 24, 3)"},
        {LAYER("UpSampling2D", "x", ",'size':[2,3],'interpolation':'bicubic'", ""), "resize",
         "(16, 24, 3)"},
        {LAYER("Resizing", "x", ",'height':5,'width':9", ""), "resize", "(5, 9, 3)"},
        {LAYER("CenterCrop", "x", ",'height':5,'width':9", ""), "resize", "(5, 9, 3)"},
        {LAYER("GroupNormalization", "x", ",'groups':3", ""), "layer_norm scale_shift",
         "(8, 8, 3)"},
        {LAYER("UnitNormalization", "x", ",'axis':[1,2]", ""), "layer_norm", "(8, 8, 3)"},
        {LAYER("AdaptiveMaxPooling2D", "x", ",'output_size':[3,2]", ""), "adaptive_max",
         "(3, 2, 3)"},
        {LAYER("RandomCrop", "x", ",'height':5,'width':5", ""), "resize", "(5, 5, 3)"},
        {LAYER("Permute", "x", ",'dims':[3,1,2]", ""), "permute", "(3, 8, 8)"},
        {LAYER("LayerNormalization", "x", ",'axis':[1,-1]", ""), "layer_norm", "(8, 8, 3)"},
        {LAYER("LayerScale", "x", ",'projection_dim':3", ""), "layer_scale", "(8, 8, 3)"},
        {LAYER("Normalization", "x", ",'axis':-1,'mean':[1,2,3],'variance':[[[4,5,6]]]", ""),
         "normalization", "(8, 8, 3)"},
        {LAYER("PReLU", "x", ",'shared_axes':[1,2]", ""), "prelu", "(8, 8, 3)"},
        {LAYER("LeakyReLU", "x", ",'alpha':0.1", ""), "relu", "(8, 8, 3)"},
        {LAYER("ReLU", "x", ",'threshold':0.5", ""), "relu", "(8, 8, 3)"},
        {LAYER("ELU", "x", "", ""), "elu", "(8, 8, 3)"},
        {LAYER("RandomFlip", "x", ",'mode':'horizontal'", ""), "reshape", "(8, 8, 3)"},
        {LAYER("StochasticDepth", "x", ",'rate':0.1", ""), "reshape", "(8, 8, 3)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char config[1000];
        snprintf(config, sizeof config, SEQUENTIAL(PICTURE, "%s"), cases[i].layer);
        struct gc_graph graph;
        REQUIRE_OK(import(&graph, config));
        expect_operators(&graph, cases[i].operators);
        expect_shape(&graph, "x", cases[i].shape);
        gc_graph_free(&graph);
    }
}

TEST(keras_merges) {
    static const struct {
        const char *layer, *operators;
    } cases[] = {
        {LAYER("Add", "x", "", FROM2("in", "in")), "add"},
        {LAYER("Subtract", "x", "", FROM2("in", "in")), "subtract"},
        {LAYER("Multiply", "x", "", FROM2("in", "in")), "multiply"},
        {LAYER("Average", "x", "", FROM2("in", "in")), "average"},
        {LAYER("Maximum", "x", "", FROM2("in", "in")), "maximum"},
        {LAYER("Minimum", "x", "", FROM2("in", "in")), "minimum"},
        {LAYER("Concatenate", "x", ",'axis':2", FROM2("in", "in")), "concatenate"},
        {LAYER("Add", "x", "", FROM("in")), "reshape"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char config[1000];
        snprintf(config, sizeof config, FUNCTIONAL("x", PICTURE, "%s"), cases[i].layer);
        struct gc_graph graph;
        REQUIRE_OK(import(&graph, config));
        expect_operators(&graph, cases[i].operators);
        gc_graph_free(&graph);
    }
    refuse(FUNCTIONAL("x", PICTURE, LAYER("Subtract", "x", "", FROM("in"))), GC_INVALID_MODEL,
           "layer 'x': it takes two inputs and is given 1");
}

#define FUNCTION(CLASS, FIELDS, ...)                                                               \
    "{'module':'keras.src.ops.numpy','class_name':'" CLASS "','registered_name':'" CLASS           \
    "','name':'x','config':{'name':'x'" FIELDS "},'inbound_nodes':[" ARGS(__VA_ARGS__) "]}"
#define TENSORFLOW(FUNCTION, NODE) LAYER("TFOpLambda", "x", ",'function':'" FUNCTION "'", NODE)

/* The result of a function for x = 2, from its constants or the numbers of its clamp. */
static double value_at_2(const struct gc_node *node) {
    if (node->op == &gc_op_affine) {
        const struct gc_affine_params *p = node->params;
        return 2 * p->constants[0] + p->constants[p->channels];
    }
    if (node->op == &gc_op_clip) {
        const struct gc_activation_params *p = node->params;
        return fmin(fmax(2, p->alpha), p->beta);
    }
    const struct gc_clamp_params *p = node->params;
    return node->op != &gc_op_clamp ? NAN : fmin(fmax(2, p->low), p->high);
}

TEST(keras_functions_with_constants) {
    static const struct {
        const char *layer;
        double value;
    } cases[] = {
        {FUNCTION("Add", "", TENSOR("in"), "3.0"), 5},
        {FUNCTION("Add", "", "3.0", TENSOR("in")), 5},
        {FUNCTION("Subtract", "", TENSOR("in"), "3"), -1},
        {FUNCTION("Subtract", "", "3", TENSOR("in")), 1},
        {FUNCTION("Multiply", "", TENSOR("in"), "[0.5,1,2]"), 1},
        {FUNCTION("TrueDivide", "", TENSOR("in"), "4"), 0.5},
        {FUNCTION("Maximum", "", TENSOR("in"), "7"), 7},
        {FUNCTION("Minimum", "", TENSOR("in"), "1"), 1},
        {FUNCTION("Minimum", "", "1", TENSOR("in")), 1},
        {FUNCTION("Relu6", "", TENSOR("in")), 2},
        {FUNCTION("Subtract", "", TENSOR("in"),
                  "{'class_name':'__numpy__','config':{'value':[1,2,3],'dtype':'f'}}"),
         1},
        {TENSORFLOW("math.truediv", "['in',0,0,{'y':0.5,'name':null}]"), 4},
        {TENSORFLOW("math.subtract", "['in',0,0,{'y':1.0,'name':null}]"), 1},
        {TENSORFLOW("math.subtract", "['_CONSTANT_VALUE',-1,1.0,{'y':['in',0,0]}]"), -1},
        {TENSORFLOW("__operators__.add", "[['in',0,0,{'y':1.5}]]"), 3.5},
        {TENSORFLOW("nn.bias_add", "['in',0,0,{'bias':[-1,-2,-3],'data_format':'NHWC'}]"), 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char config[1500];
        snprintf(config, sizeof config, FUNCTIONAL("x", PICTURE, "%s"), cases[i].layer);
        struct gc_graph graph;
        REQUIRE_OK(import(&graph, config));
        EXPECT_INT(graph.node_count, 1);
        EXPECT_NEAR(value_at_2(&graph.nodes[0]), cases[i].value, 0);
        EXPECT(find_layer(&graph, "x")->is_function ==
               (strstr(cases[i].layer, "keras.src.ops") != NULL));
        gc_graph_free(&graph);
    }
    refuse(FUNCTIONAL("x", PICTURE, FUNCTION("Add", "", TENSOR("in"), "'a'")), GC_INVALID_MODEL,
           "layer 'x': it takes two tensors, or");
    refuse(FUNCTIONAL("x", PICTURE, FUNCTION("TrueDivide", "", TENSOR("in"), "0")),
           GC_INVALID_MODEL, "divides by 0");
    refuse(FUNCTIONAL("x", PICTURE, FUNCTION("Multiply", "", TENSOR("in"), "[1,2]")),
           GC_INVALID_MODEL, "cannot be merged");
    refuse(FUNCTIONAL("x", PICTURE, FUNCTION("Multiply", "", TENSOR("in"), "[[1],[2,3]]")),
           GC_INVALID_MODEL, "it takes two tensors, or");
    refuse(FUNCTIONAL("x", PICTURE, FUNCTION("Multiply", "", TENSOR("in"), "[[[[1]]],[[[2]]]]")),
           GC_UNSUPPORTED_LAYER, "a constant that has one value for each picture of the batch");
    refuse(FUNCTIONAL("x", PICTURE,
                      FUNCTION("Concatenate", ",'axis':-1", CALL(TENSOR("in"), "[[[[1.0]]]]"))),
           GC_UNSUPPORTED_LAYER, "'x' (Concatenate with a constant in its list)");
    refuse(FUNCTIONAL("x", PICTURE, FUNCTION("Cumsum", "", TENSOR("in"))), GC_UNSUPPORTED_LAYER,
           "'x' (Cumsum)");
}

/* In a .h5 file of Keras 3 a function has no module. Add is then the name of a layer, too. */
TEST(keras_functions_without_a_module) {
    struct gc_graph graph;
    REQUIRE_OK(import(
        &graph, FUNCTIONAL("x", PICTURE, LAYER("Multiply", "x", "", ARGS(TENSOR("in"), "3.0")))));
    expect_operators(&graph, "affine");
    EXPECT_NEAR(value_at_2(&graph.nodes[0]), 6, 0);
    EXPECT(find_layer(&graph, "x")->is_function);
    gc_graph_free(&graph);
    REQUIRE_OK(import(&graph, FUNCTIONAL("x", PICTURE,
                                         LAYER("Add", "x", ",'trainable':true",
                                               ARGS(CALL(TENSOR("in"), TENSOR("in")))))));
    EXPECT(!find_layer(&graph, "x")->is_function);
    gc_graph_free(&graph);
    refuse(FUNCTIONAL("x", PICTURE, LAYER("Average", "x", ",'trainable':true", ARGS(TENSOR("in")))),
           GC_UNSUPPORTED_LAYER, "'x' (Average with an argument that is no list of layers)");
}

#define ELLIPSIS "{'class_name':'__ellipsis__','config':{}}"
#define SLICE(START, STOP, STEP)                                                                   \
    "{'class_name':'__slice__','config':{'start':" START ",'stop':" STOP ",'step':" STEP "}}"
#define WHOLE SLICE("null", "null", "null")
#define INDEX(...) FUNCTION("GetItem", "", TENSOR("in"), "[" LIST(__VA_ARGS__) "]")

/* Functions of keras.ops and TensorFlow on a picture of 8 x 8 pixels in 3 channels. */
TEST(keras_functions_lower_to_operators) {
    static const struct {
        const char *layer, *operators, *shape;
    } cases[] = {
        {FUNCTION("Mean", ",'axis':[1,2],'keepdims':false", TENSOR("in")), "reduce_mean", "(3)"},
        {FUNCTION("Max", ",'axis':-1,'keepdims':true", TENSOR("in")), "reduce_max", "(8, 8, 1)"},
        {FUNCTION("Normalize", ",'axis':-1,'order':2", TENSOR("in")),
         "square reduce_sum clamp rsqrt multiply", "(8, 8, 3)"},
        {INDEX(ELLIPSIS, SLICE("null", "null", "-1")), "slice", "(8, 8, 3)"},
        {INDEX(WHOLE, SLICE("1", "-1", "2"), "null", "3"), "slice squeeze expand_dims",
         "(3, 1, 3)"},
        {INDEX(ELLIPSIS, "-1", "null"), "slice squeeze expand_dims", "(8, 8, 1)"},
        {INDEX(WHOLE, ELLIPSIS), "reshape", "(8, 8, 3)"},
        {FUNCTION("Flip", ",'axis':2", TENSOR("in")), "slice", "(8, 8, 3)"},
        {FUNCTION("Pad", ",'pad_width':[[0,0],[1,1],[2,0],[0,0]],'mode':'constant'", TENSOR("in")),
         "zero_padding", "(10, 10, 3)"},
        {FUNCTION("Pad", ",'pad_width':[[0,0],[1,1],[2,0],[0,1]],'mode':'reflect'", TENSOR("in")),
         "pad", "(10, 10, 4)"},
        {FUNCTION("Repeat", ",'repeats':2,'axis':-1", TENSOR("in")), "repeat", "(8, 8, 6)"},
        {FUNCTION("Tile", ",'repeats':[1,1,2,1]", TENSOR("in")), "tile", "(8, 16, 3)"},
        {FUNCTION("Reshape", ",'newshape':[-1,4,16,3]", TENSOR("in")), "reshape", "(4, 16, 3)"},
        {FUNCTION("Reshape", ",'newshape':[null,-1,3]", TENSOR("in")), "reshape", "(64, 3)"},
        {FUNCTION("Transpose", ",'axes':[0,3,1,2]", TENSOR("in")), "permute", "(3, 8, 8)"},
        {FUNCTION("Swapaxes", ",'axis1':1,'axis2':-1", TENSOR("in")), "permute", "(3, 8, 8)"},
        {FUNCTION("ExpandDims", ",'axis':-1", TENSOR("in")), "expand_dims", "(8, 8, 3, 1)"},
        {FUNCTION("MaxPool", ",'pool_size':2,'strides':null,'padding':'valid'", TENSOR("in")),
         "max_pooling", "(4, 4, 3)"},
        {FUNCTION("Stack", ",'axis':-1", "[" TENSOR("in") "," TENSOR("in") "]"),
         "expand_dims expand_dims concatenate", "(8, 8, 3, 2)"},
        {FUNCTION("Matmul", "", TENSOR("in"), TENSOR("in")), NULL, "no product of matrices"},
        {FUNCTION("Clip", ",'x_min':0,'x_max':1", TENSOR("in")), "clip", "(8, 8, 3)"},
        {FUNCTION("Power", "", TENSOR("in"), "2"), "square", "(8, 8, 3)"},
        {FUNCTION("TrueDivide", "", "1", TENSOR("in")), "reciprocal affine", "(8, 8, 3)"},
        {FUNCTION("TrueDivide", "", TENSOR("in"), TENSOR("in")), "divide", "(8, 8, 3)"},
        {FUNCTION("Greater", "", TENSOR("in"), "0.5"), "greater", "(8, 8, 3)"},
        {FUNCTION("Less", "", "0.5", TENSOR("in")), "greater", "(8, 8, 3)"},
        {FUNCTION("LessEqual", "", TENSOR("in"), TENSOR("in")), "subtract less_equal", "(8, 8, 3)"},
        {FUNCTION("Where", "", TENSOR("in"), "1", TENSOR("in")), "constant where", "(8, 8, 3)"},
        {TENSORFLOW("where", "['in',0,0,{'x':['in',0,0],'y':0.0}]"), "constant where", "(8, 8, 3)"},
        {FUNCTION("Cast", ",'dtype':'float16'", TENSOR("in")), "reshape", "(8, 8, 3)"},
        {TENSORFLOW("math.reduce_mean", "['in',0,0,{'axis':[1,2],'keepdims':true}]"), "reduce_mean",
         "(1, 1, 3)"},
        {TENSORFLOW("clip_by_value", "['in',0,0,{'clip_value_min':0,'clip_value_max':6}]"), "clip",
         "(8, 8, 3)"},
        {TENSORFLOW("concat", "[['in',0,0,{'axis':-1}],['in',0,0,{'axis':-1}]]"), "concatenate",
         "(8, 8, 6)"},
        {TENSORFLOW("nn.space_to_depth", "['in',0,0,{'block_size':2}]"), "reshape permute reshape",
         "(4, 4, 12)"},
        {TENSORFLOW("nn.avg_pool2d", "['in',0,0,{'ksize':[1,2,2,1],'strides':2,'padding':'SAME'}]"),
         "average_pooling", "(4, 4, 3)"},
        {TENSORFLOW("nn.softmax", "['in',0,0,{'axis':-1}]"), "softmax", "(8, 8, 3)"},
        {TENSORFLOW("nn.leaky_relu", "['in',0,0,{}]"), "relu", "(8, 8, 3)"},
        {TENSORFLOW("nn.gelu", "['in',0,0,{}]"), "gelu", "(8, 8, 3)"},
        {TENSORFLOW("image.flip_left_right", "['in',0,0,{}]"), "slice", "(8, 8, 3)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char config[2000];
        snprintf(config, sizeof config, FUNCTIONAL("x", PICTURE, "%s"), cases[i].layer);
        if (cases[i].operators == NULL) {
            refuse(config, GC_INVALID_MODEL, cases[i].shape);
            continue;
        }
        struct gc_graph graph;
        REQUIRE_OK(import(&graph, config));
        expect_operators(&graph, cases[i].operators);
        expect_shape(&graph, "x", cases[i].shape);
        gc_graph_free(&graph);
    }
}

#define RELU_MODEL(NODES)                                                                          \
    LAYER("Functional", "base",                                                                    \
          FUNCTIONAL_FIELDS("[['i',0,0]]", "[['r',0,0]]", INPUT("i", "[null,8,8,3]"),              \
                            LAYER("ReLU", "r", "", FROM("i"))),                                    \
          NODES)

#define PART(NUMBER)                                                                               \
    "{'class_name':'__keras_tensor__','config':{'keras_history':['x',0," NUMBER "]}}"

/* The value of a split is its whole input. The last part is not taken by any layer. */
TEST(keras_splits) {
    static const char *const splits[] = {
        FUNCTION("Split", ",'indices_or_sections':3,'axis':-1", TENSOR("in")),
        FUNCTION("Split", ",'indices_or_sections':[1,2],'axis':3", TENSOR("in")),
        TENSORFLOW("split", "['in',0,0,{'num_or_size_splits':[1,1,1],'axis':-1}]"),
    };
    for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
        char config[2000];
        snprintf(
            config, sizeof config,
            FUNCTIONAL("y", PICTURE, "%s", LAYER("Add", "y", "", ARGS(CALL(PART("1"), PART("0"))))),
            splits[i]);
        struct gc_graph graph;
        REQUIRE_OK(import(&graph, config));
        expect_operators(&graph, "reshape slice slice slice add");
        expect_shape(&graph, "x", "(8, 8, 3)");
        expect_shape(&graph, "y", "(8, 8, 1)");
        EXPECT_INT(graph.nodes[4].inputs[0], graph.nodes[2].output);
        EXPECT_INT(graph.nodes[4].inputs[1], graph.nodes[1].output);
        const struct gc_slice_params *p = graph.nodes[2].params;
        EXPECT_INT(p->start[2], 1);
        EXPECT_INT(p->stop[2], 2);
        gc_graph_free(&graph);
    }
}

/* A model that ends in a split ends in its first part, and a nested model may take any part. */
TEST(keras_splits_and_models) {
    struct gc_graph graph;
    REQUIRE_OK(import(
        &graph, FUNCTIONAL("base", PICTURE,
                           FUNCTION("Split", ",'indices_or_sections':3,'axis':-1", TENSOR("in")),
                           RELU_MODEL(ARGS(PART("2"))))));
    EXPECT_INT(graph.nodes[4].inputs[0], graph.nodes[3].output);
    gc_graph_free(&graph);
    REQUIRE_OK(import(
        &graph, FUNCTIONAL("x", PICTURE,
                           FUNCTION("Split", ",'indices_or_sections':3,'axis':-1", TENSOR("in")))));
    EXPECT_INT(graph.output, graph.nodes[1].output);
    gc_graph_free(&graph);
}

TEST(keras_refuses_splits) {
#define SPLIT(FIELDS) FUNCTION("Split", FIELDS, TENSOR("in"))
    refuse(FUNCTIONAL("y", PICTURE, SPLIT(",'indices_or_sections':3,'axis':-1"),
                      LAYER("ReLU", "y", "", ARGS(PART("3")))),
           GC_INVALID_MODEL, "output 3 of a layer with 3 outputs");
    refuse(FUNCTIONAL("x", PICTURE, SPLIT(",'indices_or_sections':2,'axis':-1")), GC_INVALID_MODEL,
           "indices_or_sections should be parts of the axis but is 2");
    refuse(FUNCTIONAL("x", PICTURE, SPLIT(",'indices_or_sections':[2,1],'axis':-1")),
           GC_INVALID_MODEL, "parts of the axis");
    refuse(FUNCTIONAL("x", PICTURE, SPLIT(",'indices_or_sections':2,'axis':0")),
           GC_UNSUPPORTED_LAYER, "the batch");
    refuse(
        FUNCTIONAL("x", INPUT("in", "[null,null,8,3]"), SPLIT(",'indices_or_sections':2,'axis':1")),
        GC_UNSUPPORTED_LAYER, "an axis whose size may be open");
    refuse(MODEL("Functional", FUNCTIONAL_FIELDS("[['in',0,0]]", "[['x',0,3]]", PICTURE,
                                                 SPLIT(",'indices_or_sections':3,'axis':-1"))),
           GC_INVALID_MODEL, "output 3 of a layer with 3 outputs");
}

/* Functions that mix the pictures of a batch, and functions of what is no constant. */
TEST(keras_functions_refuse) {
    static const struct {
        const char *layer, *sentence;
    } cases[] = {
        {FUNCTION("Mean", ",'axis':null", TENSOR("in")),
         "'x' (Mean with an axis that is the batch)"},
        {FUNCTION("Sum", ",'axis':[0,1]", TENSOR("in")), "an axis that is the batch"},
        {FUNCTION("Max", ",'axis':1,'initial':0.0", TENSOR("in")), "an initial value"},
        {FUNCTION("Reshape", ",'newshape':[-1,3]", TENSOR("in")), "does not keep the batch"},
        {FUNCTION("Reshape", ",'newshape':[2,96]", TENSOR("in")), "does not keep the batch"},
        {FUNCTION("Transpose", ",'axes':[1,0,2,3]", TENSOR("in")), "axes that move the batch"},
        {INDEX("0", ELLIPSIS), "this index"},
        {INDEX(SLICE("1", "null", "null"), ELLIPSIS), "this index"},
        {FUNCTION("Repeat", ",'repeats':2,'axis':null", TENSOR("in")), "the batch"},
        {FUNCTION("Pad", ",'pad_width':[[1,0],[1,1],[0,0],[0,0]],'mode':'constant'", TENSOR("in")),
         "paddings that are not two numbers"},
        {FUNCTION("Cast", ",'dtype':'int32'", TENSOR("in")), "dtype 'int32'"},
        {FUNCTION("Where", "", TENSOR("in"), "'a'", TENSOR("in")), "a choice that is neither"},
        {FUNCTION("Take", ",'axis':null", TENSOR("in"), "[1]"), "an axis that is the batch"},
        {FUNCTION("Take", ",'axis':1", TENSOR("in"), "[0.5]"), "indices that are no integers"},
        {FUNCTION("Moveaxis", ",'source':0,'destination':1", TENSOR("in")), "the batch"},
        {FUNCTION("BroadcastTo", ",'shape':[2,8,8,3]", TENSOR("in")), "does not keep the batch"},
        {FUNCTION("Norm", ",'ord':3,'axis':-1", TENSOR("in")), "its ord"},
        {FUNCTION("Einsum", ",'subscripts':'bhwc->hwc'", TENSOR("in")), "these subscripts"},
        {FUNCTION("Einsum", ",'subscripts':'bhhc->bc'", TENSOR("in")), "these subscripts"},
        {FUNCTION("Einsum", ",'subscripts':'bhwc->cb'", TENSOR("in")), "these subscripts"},
        {FUNCTION("Dot", "", TENSOR("in"), TENSOR("in")), "an axis that is the batch"},
        {FUNCTION("Average", ",'axis':1", TENSOR("in"), "[1,2]"), "weights"},
        {FUNCTION("ExtractPatches", ",'size':[3,3]", TENSOR("in")), "do not divide the picture"},
        {TENSORFLOW("image.resize", "['in',0,0,{'size':[4,4],'preserve_aspect_ratio':true}]"),
         "preserve_aspect_ratio"},
        {TENSORFLOW("reshape", "['in',0,0,{'shape':['in',0,0]}]"), "that another layer computes"},
        {TENSORFLOW("nn.silu", "['in',0,0,{'beta':2.0}]"), "a beta that is not 1"},
        {TENSORFLOW("nn.max_pool2d",
                    "['in',0,0,{'ksize':2,'strides':2,'padding':'SAME','data_format':'NCHW'}]"),
         "data_format 'NCHW'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char config[1500];
        snprintf(config, sizeof config, FUNCTIONAL("x", PICTURE, "%s"), cases[i].layer);
        refuse(config, GC_UNSUPPORTED_LAYER, cases[i].sentence);
    }
}

#define HARD_SIGMOID LAYER("Activation", "x", ",'activation':'hard_sigmoid'", FROM("in"))

/* Functions of one value. The line of hard_sigmoid is not the same in Keras 2 as in Keras 3. */
TEST(keras_activations_by_version) {
    static const struct {
        const char *input, *layer, *operators;
    } cases[] = {
        {PICTURE, HARD_SIGMOID, "line"},
        {LAYER("InputLayer", "in", ",'batch_shape':[null,8,8,3]", ""), HARD_SIGMOID,
         "hard_sigmoid"},
        {PICTURE, FUNCTION("HardSigmoid", "", TENSOR("in")), "hard_sigmoid"},
        {PICTURE, FUNCTION("Gelu", ",'approximate':true", TENSOR("in")), "gelu_tanh"},
        {PICTURE, FUNCTION("Gelu", ",'approximate':false", TENSOR("in")), "gelu"},
        {PICTURE, FUNCTION("LogSoftmax", ",'axis':-1", TENSOR("in")), "log_softmax"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char config[1500];
        snprintf(config, sizeof config, FUNCTIONAL("x", "%s", "%s"), cases[i].input,
                 cases[i].layer);
        struct gc_graph graph;
        REQUIRE_OK(import(&graph, config));
        expect_operators(&graph, cases[i].operators);
        gc_graph_free(&graph);
    }
}

/* The statistics of Normalization are weights. Its count is one, too, but no operator reads it. */
TEST(keras_normalization_has_three_weights) {
    struct gc_graph graph;
    REQUIRE_OK(import(&graph, SEQUENTIAL(PICTURE, LAYER("Normalization", "n", "", ""))));
    EXPECT_INT(graph.weight_count, 3);
    EXPECT_TEXT(graph.weights[2].path, "n/count");
    EXPECT_INT(graph.weights[2].shape.rank, 0);
    EXPECT_NEAR(find_layer(&graph, "n")->params, 7, 0);
    EXPECT_NEAR(find_layer(&graph, "n")->trainable_params, 0, 0);
    EXPECT_INT(graph.nodes[0].weights[2], GC_NONE);
    gc_graph_free(&graph);
}

/* A nested model is called twice, the second time on its output, as each version numbers it. */
TEST(keras_calls_of_models_are_numbered_by_version) {
    static const struct {
        const char *nodes, *last; /* calls of the nested model, reference to the last one */
    } cases[] = {
        {LIST(FROM("in"), CALL(REF("base", "1"))), "2"},
        {LIST(FROM("in"), CALL(REF("base", "0"))), "1"},
        {LIST(ARGS(TENSOR("in")), ARGS(TENSOR("base"))), "2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char config[3000];
        snprintf(config, sizeof config,
                 MODEL("Functional", FUNCTIONAL_FIELDS("[['in',0,0]]", "[['base',%s,0]]", PICTURE,
                                                       RELU_MODEL("%s"))),
                 cases[i].nodes, cases[i].last);
        struct gc_graph graph;
        REQUIRE_OK(import(&graph, config));
        EXPECT_INT(graph.output, find_layer(&graph, "base@1")->value);
        EXPECT_INT(graph.nodes[1].inputs[0], find_layer(&graph, "base")->value);
        gc_graph_free(&graph);
    }
}

/* The histories of early versions of Keras 3 count from 1, which shows in the last call. */
TEST(keras_calls_of_models_in_early_histories) {
    struct gc_graph graph;
    REQUIRE_OK(import(&graph,
                      FUNCTIONAL("pool", PICTURE,
                                 RELU_MODEL(LIST(ARGS(TENSOR("in")), ARGS(TENSOR_OF("base", "1")))),
                                 POOL("pool", ARGS(TENSOR_OF("base", "2"))))));
    EXPECT_INT(graph.nodes[1].inputs[0], find_layer(&graph, "base")->value);
    EXPECT_INT(graph.nodes[2].inputs[0], find_layer(&graph, "base@1")->value);
    gc_graph_free(&graph);
}

/* ---- Refusals ---- */

TEST(keras_names_all_layers_that_are_not_supported) {
    refuse(
        FUNCTIONAL("head", PICTURE, LAYER("Lambda", "fn", "", FROM("in")),
                   CONV("conv", ",'activation':'wobble'", FROM("fn")),
                   LAYER("TFOpLambda", "op", ",'function':'math.cumsum'", "['conv',0,0,{'y':2}]"),
                   LAYER("Sequential", "head", LAYERS(LAYER("LSTM", "rnn", "", "")),
                         CALL(REF("op", "7")))),
        GC_UNSUPPORTED_LAYER,
        "4 layers are not supported: 'fn' (Lambda), 'conv' (Conv2D with activation 'wobble'), "
        "'op' (TFOpLambda with function 'math.cumsum'), 'head/rnn' (LSTM). A Lambda layer holds "
        "Python code, which is never run");
    refuse(SEQUENTIAL(PICTURE,
                      "{'class_name':'Dense','module':'my_layers','registered_name':'Dense',"
                      "'config':{'name':'mine','units':3}}"),
           GC_UNSUPPORTED_LAYER, "1 layer is not supported: 'mine' (Dense)");
    refuse("{'class_name':'MyModel','config':{}}", GC_UNSUPPORTED_LAYER, "'MyModel'");
}

TEST(keras_refuses_what_is_no_model) {
    refuse("", GC_INVALID_MODEL, "not JSON");
    refuse("{'class_name':", GC_INVALID_MODEL, "not JSON");
    refuse("[]", GC_INVALID_MODEL, "no class_name");
    refuse("{'model_config':'{'}", GC_INVALID_MODEL, "not JSON");
    refuse("{'modelTopology':{'node':[]}}", GC_INVALID_MODEL, "TensorFlow graph");
    refuse("{'class_name':'Sequential','config':{'name':'s'}}", GC_INVALID_MODEL,
           "lists no layers");
    refuse("{'class_name':'Sequential','config':{'layers':[7]}}", GC_INVALID_MODEL, "no name");
    refuse(SEQUENTIAL("{'config':{'name':'d'}}"), GC_INVALID_MODEL, "layer 'd' has no class_name");
    refuse(SEQUENTIAL("{'class_name':'Dense','config':{}}"), GC_INVALID_MODEL, "no name");
    refuse(SEQUENTIAL("{'class_name':'Dense','name':'d','config':3}"), GC_INVALID_MODEL,
           "layer 'd': config should be an object");
    refuse(SEQUENTIAL(LAYER("Dense", "d", ",'units':3", "")), GC_INVALID_MODEL,
           "shape of its input");
    refuse(SEQUENTIAL(INPUT("in", "[null,null]"), DENSE("d", "")), GC_INVALID_MODEL,
           "should be a picture");
    refuse(SEQUENTIAL(INPUT("in", "[null,8,8,null]"), DENSE("d", "")), GC_INVALID_MODEL,
           "should be a picture");
    refuse(SEQUENTIAL(PICTURE, DENSE("d", ""), PICTURE), GC_INVALID_MODEL, "called 'in'");
    refuse(SEQUENTIAL(PICTURE, DENSE("d", ""), INPUT("other", "[null,5]")), GC_INVALID_MODEL,
           "'other' is an InputLayer, but not the first");
}

TEST(keras_refuses_wrong_connections) {
    refuse(FUNCTIONAL("b", PICTURE, CONV("a", "", FROM("b")), CONV("b", "", FROM("a"))),
           GC_INVALID_MODEL, "circle");
    refuse(FUNCTIONAL("a", PICTURE, CONV("a", "", FROM("a"))), GC_INVALID_MODEL,
           "'a' needs its own output");
    refuse(FUNCTIONAL("a", PICTURE, CONV("a", "", FROM("ghost"))), GC_INVALID_MODEL, "'ghost'");
    refuse(FUNCTIONAL("a", PICTURE, CONV("a", "", CALL(REF("in", "2")))), GC_INVALID_MODEL,
           "call 2 of layer 'in'");
    refuse(FUNCTIONAL("a", PICTURE, CONV("a", "", "[['in',0,1]]")), GC_INVALID_MODEL,
           "'a' takes an output of layer 'in'");
    refuse(FUNCTIONAL("a", PICTURE, CONV("a", "", "[['in',99999999999,0]]")), GC_INVALID_MODEL,
           "'a' takes an output of layer 'in'");
    refuse(FUNCTIONAL("a", PICTURE, CONV("a", "", "")), GC_INVALID_MODEL, "inbound_nodes");
    refuse(FUNCTIONAL("a", PICTURE, CONV("a", "", FROM2("in", "in"))), GC_INVALID_MODEL,
           "takes one input and is given 2");
    refuse(FUNCTIONAL("a", PICTURE, CONV("a", "", "[{}]")), GC_INVALID_MODEL, "is given 0");
    refuse(FUNCTIONAL("ghost", PICTURE, CONV("a", "", FROM("in"))), GC_INVALID_MODEL, "'ghost'");
    refuse(FUNCTIONAL("base", PICTURE, BASE(FROM2("in", "in"))), GC_INVALID_MODEL,
           "model 'base' has 1 inputs and is given 2");
    refuse("{'class_name':'Functional','config':{'layers':[" PICTURE "]}}", GC_INVALID_MODEL,
           "input_layers is missing");
    refuse(MODEL("Functional",
                 FUNCTIONAL_FIELDS("['a',0,0]", "['a',0,0]", PICTURE, CONV("a", "", FROM("in")))),
           GC_INVALID_MODEL, "is not an InputLayer");
    refuse(MODEL("Functional",
                 FUNCTIONAL_FIELDS("['in',0,0]", "['a',0,0]", PICTURE, INPUT("other", "[null,1]"),
                                   CONV("a", "", FROM("in")))),
           GC_INVALID_MODEL, "'other' is an InputLayer that input_layers lacks");
}

TEST(keras_refuses_wrong_fields) {
    static const struct {
        const char *layer, *sentence;
    } cases[] = {
        {LAYER("Conv2D", "c", ",'filters':4", ""), "layer 'c': kernel_size is missing"},
        {LAYER("Conv2D", "c", ",'filters':0,'kernel_size':3", ""),
         "layer 'c': filters should be a positive integer but is 0"},
        {LAYER("Conv2D", "c", ",'filters':-3,'kernel_size':3", ""), "is -3"},
        {LAYER("Conv2D", "c", ",'filters':1.5,'kernel_size':3", ""), "is a fraction"},
        {LAYER("Conv2D", "c", ",'filters':Infinity,'kernel_size':3", ""), "is not finite"},
        {LAYER("Conv2D", "c", ",'filters':99999999999,'kernel_size':3", ""), "is 99999999999"},
        {CONV("c", ",'strides':[1,0]", ""),
         "layer 'c': strides should be two positive integers but is [1, 0]"},
        {CONV("c", ",'strides':'x'", ""), "is \"x\""},
        {CONV("c", ",'padding':'causal'", ""), "padding should be \"same\" or \"valid\""},
        {CONV("c", ",'use_bias':1", ""), "use_bias should be true or false"},
        {CONV("c", ",'activation':[]", ""), "activation should be the name of an activation"},
        {CONV("c", ",'groups':2", ""), "layer 'c': "},
        {LAYER("Conv2D", "c", ",'filters':4,'kernel_size':9", ""), "layer 'c': "},
        {LAYER("BatchNormalization", "b", ",'axis':7", ""), "has no axis 7"},
        {LAYER("BatchNormalization", "b", ",'epsilon':'tiny'", ""), "epsilon should be a number"},
        {LAYER("BatchNormalization", "b", ",'epsilon':NaN", ""), "epsilon should be a number"},
        {LAYER("ReLU", "r", ",'max_value':-1", ""), "max_value"},
        {LAYER("Reshape", "r", ",'target_shape':[5,5]", ""), "layer 'r': "},
        {LAYER("Reshape", "r", ",'target_shape':[1,1,1,1,1,192]", ""), "at most 5 integers"},
        {LAYER("Reshape", "r", "", ""), "target_shape is missing"},
        {LAYER("Rescaling", "r", ",'scale':[1,2],'offset':[1,2,3]", ""), "scale has 2 numbers"},
        {LAYER("Rescaling", "r", ",'scale':[]", ""), "scale should be"},
        {LAYER("ZeroPadding2D", "z", ",'padding':[[1],[2]]", ""), "[[top, bottom], [left, right]]"},
        {LAYER("Permute", "p", ",'dims':[1,1,2]", ""),
         "dims should be each axis of the input once"},
        {LAYER("Normalization", "n", ",'mean':[1,2],'variance':[1,2]", ""),
         "2 means and 2 variances for 3 channels"},
        {LAYER("Dense", "d", ",'units':2,'trainable':'no'", ""),
         "trainable should be true or false"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char config[1000];
        snprintf(config, sizeof config, SEQUENTIAL(PICTURE, "%s"), cases[i].layer);
        refuse(config, GC_INVALID_MODEL, cases[i].sentence);
    }
    refuse(SEQUENTIAL(PICTURE, LAYER("Dense", "d", ",'units':2000000000", "")), GC_TOO_LARGE,
           "layer 'd': ");
}

/* A chain of models, each in the next. */
static char *nest(int depth) {
    static const char open[] =
        "{'class_name':'Sequential','name':'s','config':{'name':'s','layers':[";
    static const char close[] = "]}}";
    static const char core[] = FLAT_WITH_SHAPE;
    char *config = malloc((size_t)depth * (sizeof open + sizeof close) + sizeof core);
    config[0] = '\0';
    for (int i = 0; i < depth; i++)
        strcat(config, open);
    strcat(config, core);
    for (int i = 0; i < depth; i++)
        strcat(config, close);
    return config;
}

TEST(keras_limits) {
    char *config = nest(200);
    refuse(config, GC_TOO_LARGE, "more than 64 deep");
    free(config);
    config = nest(60);
    struct gc_graph graph;
    EXPECT_OK(import(&graph, config));
    EXPECT_INT(graph.layer_count, 60);
    gc_graph_free(&graph);
    free(config);

    static const char layer[] = "{'class_name':'Dropout','config':{'name':'d'}},";
    const size_t count = GC_MAX_LAYERS + 1;
    config = malloc(100 + count * sizeof layer);
    char *end = config + sprintf(config, "%s", "{'class_name':'Sequential','config':{'layers':[");
    for (size_t i = 0; i < count; i++)
        end += sprintf(end, "%s", layer);
    sprintf(end - 1, "%s", "]}}");
    refuse(config, GC_TOO_LARGE, "more than 20000 layers");
    free(config);
}

/* Models in models, each called twice by the next, make 2^30 layers from a small file. */
TEST(keras_doubling_models) {
    static const char open[] =
        "{'class_name':'Functional','name':'m','config':{'name':'m','layers':[" PICTURE ",";
    static const char close[] =
        "],'input_layers':['in',0,0],'output_layers':['m',1,0]},'inbound_nodes':[[['in',0,0]],"
        "[['m',0,0]]]}";
    char *config = malloc(30 * (sizeof open + sizeof close) + 500);
    config[0] = '\0';
    for (int i = 0; i < 30; i++)
        strcat(config, open);
    strcat(config, LAYER("ReLU", "m", "", LIST(FROM("in"), FROM("m"))));
    for (int i = 0; i < 30; i++)
        strcat(config, close);
    refuse(config, GC_TOO_LARGE, "more than 20000 layers");
    free(config);
}

/* ---- Names of weights ---- */

TEST(keras_finds_weights) {
    struct gc_graph graph;
    REQUIRE_OK(import(&graph, SEQUENTIAL(LAYER("Sequential", "outer", LAYERS(BASE("")), ""),
                                         LAYER("DepthwiseConv2D", "dw", ",'kernel_size':3", ""),
                                         POOL("pool", ""), DENSE("dense", ""))));
    expect_found(&graph, "outer/base/conv/kernel", "outer/base/conv/kernel");
    expect_found(&graph, "outer/conv/kernel:0", "outer/base/conv/kernel");
    expect_found(&graph, "outer/base/conv/kernel:0", "outer/base/conv/kernel");
    expect_found(&graph, "outer/outer/base/conv/bias:0", "outer/base/conv/bias");
    expect_found(&graph, "outer/net/outer/conv/bias", "outer/base/conv/bias");
    expect_found(&graph, "bn/moving_mean", "outer/base/bn/moving_mean");
    expect_found(&graph, "layers/sequential/layers/functional/layers/batch_normalization/vars/3",
                 "outer/base/bn/moving_variance");
    expect_found(&graph, "dw/dw/depthwise_kernel:0", "dw/kernel");
    expect_found(&graph, "dw/depthwise_kernel", "dw/kernel");
    expect_found(&graph, "dense/dense/bias:0", "dense/bias");
    expect_found(&graph, "dense/net/dense/bias:0", "dense/bias");
    expect_found(&graph, "dense/dense_W_1:0", "dense/kernel");
    expect_found(&graph, "dense/dense_b:0", "dense/bias");
    expect_found(&graph, "net/dense/bias", "dense/bias");
    expect_found(&graph, "dense/dense_7/bias:0", "dense/bias");
    expect_found(&graph, "layers/dense/vars/1", "dense/bias");
    gc_graph_free(&graph);
}

TEST(keras_finds_no_weights_for_other_names) {
    struct gc_graph graph;
    REQUIRE_OK(import(
        &graph, SEQUENTIAL(PICTURE, CONV("conv", "", ""), POOL("pool", ""), DENSE("dense", ""))));
    static const char *const names[] = {"",
                                        "/",
                                        ":0",
                                        "kernel",
                                        "dense",
                                        "conv/kernel/",
                                        "Adam/m/dense/kernel:0",
                                        "training/Adam/dense/kernel/m:0",
                                        "optimizer/vars/3",
                                        "adam/dense_kernel_momentum",
                                        "layers/dense/vars/2",
                                        "layers/dense_1/vars/0",
                                        "other/kernel",
                                        "dense/gamma",
                                        "iteration:0"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        expect_found(&graph, names[i], "none");
    gc_graph_free(&graph);
}

TEST(keras_refuses_ambiguous_names) {
    struct gc_graph graph;
    int32_t index;
    REQUIRE_OK(import(
        &graph, SEQUENTIAL(PICTURE, LAYER("Sequential", "a", LAYERS(CONV("conv", "", "")), ""),
                           LAYER("Sequential", "b", LAYERS(CONV("conv", "", "")), ""))));
    expect_found(&graph, "b/conv/kernel", "b/conv/kernel");
    expect_found(&graph, "a/a/conv/kernel", "a/conv/kernel");
    EXPECT_STATUS(gc_keras_find_weight(&graph, "conv/kernel", &index), GC_INVALID_MODEL);
    EXPECT_CONTAINS(gc_error(), "'a/conv/kernel' and 'b/conv/kernel'");
    gc_graph_free(&graph);
}
