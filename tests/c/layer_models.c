#include "layer_models.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "keras_json.h"
#include "small_models.h"

/* ---- Chains of layers ---- */

#define STEP(CLASS, NAME, FIELDS) LAYER(CLASS, NAME, FIELDS, "")
#define START LIST(PICTURE, CONV("conv", ",'padding':'same','activation':'relu'", ""))
#define END LIST(STEP("Flatten", "flat", ""), DENSE("scores", ""))
#define CHAIN(...) SEQUENTIAL(START, LIST(__VA_ARGS__), END)

/* ---- Graphs of layers and functions ---- */

/* A function of keras.ops and one of TensorFlow. */
#define OPS(CLASS, NAME, FIELDS, ...) LAYER(CLASS, NAME, FIELDS, ARGS(__VA_ARGS__))
#define TF(FUNCTION, NAME, ARGUMENTS, FROM)                                                        \
    LAYER("TFOpLambda", NAME, ",'function':'" FUNCTION "'", "['" FROM "',0,0,{" ARGUMENTS "}]")

#define TWO(FIELDS)                                                                                \
    LIST(PICTURE, CONV("a", ",'padding':'same'" FIELDS, FROM("in")),                               \
         CONV("b", ",'padding':'same'" FIELDS, FROM("in")))
#define SCORES(FROM_NAME)                                                                          \
    LIST(LAYER("Flatten", "flat", "", FROM(FROM_NAME)), DENSE("scores", FROM("flat")))
#define GRAPH(LAST, ...) FUNCTIONAL("scores", TWO(""), LIST(__VA_ARGS__), SCORES(LAST))

/* The layers `conv1` to `conv3` have 8 tokens of 4 channels each. */
#define TOKENS(NAME) STEP("Reshape", NAME, ",'target_shape':[-1,4]")
#define ACTIVATION(NAME) STEP("Activation", NAME, ",'activation':'" NAME "'")

/* A model in a model, both of Keras 2. */
#define INNER(NODES)                                                                               \
    LAYER("Functional", "base",                                                                    \
          FUNCTIONAL_FIELDS(                                                                       \
              "[['i',0,0]]", "[['bn',0,0]]", INPUT("i", "[null,8,8,4]"),                           \
              LAYER("BatchNormalization", "bn", ",'axis':[3],'epsilon':0.001", FROM("i"))),        \
          NODES)

const struct layer_model layer_models[] = {
    {"blocks", small_blocks_config},
    {"open", small_open_config},
    {"convolution", CHAIN(CONV("strides", ",'strides':[2,1],'padding':'same','use_bias':false", ""),
                          CONV("groups", ",'groups':2,'padding':'same','activation':'gelu'", ""),
                          CONV("dilation", ",'dilation_rate':[1,2],'activation':'relu6'", ""))},
    {"channels first",
     SEQUENTIAL(STEP("Conv2D", "c",
                     ",'filters':2,'kernel_size':3,'batch_input_shape':[null,3,9,8],"
                     "'data_format':'channels_first'"),
                STEP("BatchNormalization", "b", ",'axis':1"),
                STEP("PReLU", "p", ",'shared_axes':[2,3]"),
                STEP("Reshape", "r", ",'target_shape':[2,6,7]"),
                STEP("MaxPooling2D", "m", ",'data_format':'channels_first'"),
                STEP("Flatten", "f", ",'data_format':'channels_last'"), DENSE("d", ""))},
    {"pointwise",
     CHAIN(STEP("Conv2D", "one", ",'filters':6,'kernel_size':1,'activation':'relu'"),
           STEP("Conv2D", "few", ",'filters':2,'kernel_size':[1,1],'strides':2"),
           STEP("Conv2D", "wide", ",'filters':9,'kernel_size':[1,3],'activation':'sigmoid'"))},
    {"depthwise",
     CHAIN(STEP("DepthwiseConv2D", "same", ",'kernel_size':3,'padding':'same'"),
           STEP("DepthwiseConv2D", "strides", ",'kernel_size':5,'strides':2,'padding':'same'"),
           STEP("DepthwiseConv2D", "twice", ",'kernel_size':[2,3],'depth_multiplier':2"))},
    {"folded", CHAIN(STEP("ZeroPadding2D", "pad", ",'padding':[[0,1],[1,2]]"),
                     STEP("DepthwiseConv2D", "dw", ",'kernel_size':3,'strides':2,'use_bias':false"),
                     STEP("BatchNormalization", "bn", ",'scale':false"),
                     STEP("ReLU", "r", ",'max_value':6.0"))},
    {"separable",
     CHAIN(STEP("SeparableConv2D", "s", ",'filters':5,'kernel_size':3,'depth_multiplier':2"),
           STEP("SeparableConv2D", "t",
                ",'filters':3,'kernel_size':3,'padding':'same','activation':'tanh'"))},
    {"transpose",
     CHAIN(STEP("Conv2DTranspose", "t",
                ",'filters':3,'kernel_size':3,'strides':2,'padding':'same','activation':'relu'"),
           STEP("Conv2DTranspose", "u",
                ",'filters':2,'kernel_size':[2,3],'strides':2,'output_padding':1"),
           STEP("Conv2DTranspose", "v", ",'filters':2,'kernel_size':1,'use_bias':false"))},
    {"normalisation",
     CHAIN(STEP("BatchNormalization", "bn", ",'axis':[3],'epsilon':0.001"),
           STEP("LayerNormalization", "ln", ",'axis':[1,2,3]"),
           STEP("GroupNormalization", "gn", ",'groups':2"), STEP("RMSNormalization", "rms", ""),
           STEP("UnitNormalization", "unit", ""),
           STEP("LayerNormalization", "plain", ",'center':false,'scale':false"))},
    {"constants", SEQUENTIAL(PICTURE, STEP("Rescaling", "r", ",'scale':[1,2,3],'offset':-1"),
                             STEP("Normalization", "n", ",'mean':[1,2,3],'variance':[1,4,9]"),
                             STEP("Normalization", "m", ",'axis':-1"), CONV("c", "", ""),
                             STEP("LayerScale", "s", ",'projection_dim':4"), END)},
    {"pooling",
     CHAIN(STEP("MaxPooling2D", "m", ",'pool_size':3,'strides':1,'padding':'same'"),
           STEP("AveragePooling2D", "a", ",'pool_size':[2,3],'strides':[1,2],'padding':'same'"),
           STEP("MaxPooling2D", "n", ""), STEP("AveragePooling2D", "b", ",'pool_size':[2,1]"))},
    {"adaptive", CHAIN(STEP("AdaptiveAveragePooling2D", "a", ",'output_size':[5,3]"),
                       STEP("AdaptiveMaxPooling2D", "m", ",'output_size':2"))},
    {"global_average",
     SEQUENTIAL(START, STEP("GlobalAveragePooling2D", "p", ",'keepdims':true"),
                STEP("Flatten", "flat", ""), STEP("Dense", "d", ",'units':4,'activation':'selu'"),
                DENSE("scores", ""))},
    {"global_max",
     SEQUENTIAL(START, STEP("GlobalMaxPooling2D", "p", ""), STEP("Dense", "d", ",'units':1"),
                STEP("Activation", "sigmoid", ",'activation':'sigmoid'"))},
    {"resizing",
     CHAIN(STEP("UpSampling2D", "nearest", ",'size':[2,3]"),
           STEP("UpSampling2D", "bilinear", ",'interpolation':'bilinear'"),
           STEP("Resizing", "area", ",'height':9,'width':7,'interpolation':'area'"),
           STEP("Resizing", "crop",
                ",'height':6,'width':8,'interpolation':'bicubic','crop_to_aspect_ratio':true"),
           STEP("Resizing", "lanczos",
                ",'height':9,'width':5,'interpolation':'lanczos3','antialias':true"))},
    {"cropping",
     CHAIN(STEP("Cropping2D", "c", ",'cropping':[[1,0],[0,1]]"),
           STEP("CenterCrop", "m", ",'height':5,'width':6"),
           STEP("RandomCrop", "r", ",'height':4,'width':5"), STEP("ZeroPadding2D", "z", ""),
           STEP("Resizing", "p", ",'height':5,'width':9,'pad_to_aspect_ratio':true"))},
    {"axes", CHAIN(STEP("Permute", "p", ",'dims':[3,1,2]"),
                   STEP("Reshape", "r", ",'target_shape':[4,64]"), STEP("Dense", "d", ",'units':4"),
                   STEP("TimeDistributed", "t",
                        ",'layer':{'class_name':'Dense','config':{'name':'x','units':3}}"),
                   STEP("Flatten", "f", ""), STEP("RepeatVector", "v", ",'n':2"))},
    {"smooth_activations",
     CHAIN(ACTIVATION("elu"), ACTIVATION("gelu"), ACTIVATION("silu"),
           LIST(ACTIVATION("mish"), ACTIVATION("softplus"), ACTIVATION("softsign"),
                ACTIVATION("tanh"), ACTIVATION("celu")))},
    {"rare_activations",
     CHAIN(ACTIVATION("squareplus"), ACTIVATION("tanh_shrink"), ACTIVATION("log_sigmoid"),
           ACTIVATION("sparse_plus"), ACTIVATION("hard_shrink"), ACTIVATION("soft_shrink"),
           ACTIVATION("sparse_sigmoid"), ACTIVATION("hard_tanh"))},
    {"steep_activations",
     CHAIN(ACTIVATION("hard_sigmoid"), ACTIVATION("hard_silu"), ACTIVATION("exponential"),
           ACTIVATION("log_softmax"), ACTIVATION("softmax"), ACTIVATION("linear"),
           STEP("Activation", "layer",
                ",'activation':{'class_name':'LeakyReLU','config':{'negative_slope':0.1}}"))},
    {"activation_layers",
     CHAIN(STEP("ReLU", "r", ",'max_value':3,'negative_slope':0.1,'threshold':0.2"),
           STEP("LeakyReLU", "l", ""), STEP("ELU", "e", ",'alpha':0.5"),
           STEP("PReLU", "p", ",'shared_axes':[1,2]"), STEP("PReLU", "q", ""),
           STEP("ThresholdedReLU", "t", ",'theta':0.1"), STEP("Softmax", "s", ",'axis':-2"))},
    {"identities", CHAIN(STEP("Dropout", "d", ",'rate':0.5"), STEP("SpatialDropout2D", "s", ""),
                         STEP("GaussianNoise", "n", ",'stddev':1"), STEP("RandomFlip", "f", ""),
                         STEP("ActivityRegularization", "a", ""), STEP("StochasticDepth", "i", ""),
                         STEP("SpectralNormalization", "w",
                              ",'layer':{'class_name':'Conv2D','config':{'name':'x','filters':3,"
                              "'kernel_size':3}}"))},
    {"merging", GRAPH("all", LAYER("Add", "add", "", FROM2("a", "b")),
                      LAYER("Subtract", "sub", "", FROM2("add", "b")),
                      LAYER("Multiply", "mul", "", FROM2("sub", "a")),
                      LAYER("Average", "mean", "", FROM2("mul", "b")),
                      LAYER("Maximum", "max", "", FROM2("mean", "a")),
                      LAYER("Minimum", "min", "", FROM2("max", "b")),
                      LAYER("Concatenate", "all", ",'axis':-1", FROM2("min", "a")))},
    {"attention_to_channels",
     GRAPH(
         "scale", LAYER("GlobalAveragePooling2D", "p", ",'keepdims':true", FROM("a")),
         LAYER("Conv2D", "gate", ",'filters':4,'kernel_size':1,'activation':'sigmoid'", FROM("p")),
         LAYER("Multiply", "mul", "", FROM2("b", "gate")),
         LAYER("CustomScaleLayer", "scale", ",'scale':0.2", FROM2("a", "mul")))},
    {"attention",
     GRAPH("more", LAYER("Reshape", "q", ",'target_shape':[-1,4]", FROM("a")),
           LAYER("Reshape", "v", ",'target_shape':[64,4]", FROM("b")),
           LAYER("MultiHeadAttention", "heads", ",'num_heads':2,'key_dim':3", FROM2("q", "v")),
           LAYER("Attention", "dots", "", FROM2("heads", "v")),
           LAYER("Dot", "dot", ",'axes':[1,1],'normalize':true", FROM2("dots", "q")),
           LAYER("EinsumDense", "more",
                 ",'equation':'ab,bcd->acd','output_shape':[null,2,3],'bias_axes':'cd'",
                 FROM("dot")))},
    {"sequence",
     CHAIN(TOKENS("tokens"),
           STEP("Conv1D", "c", ",'filters':6,'kernel_size':3,'padding':'causal','strides':[2]"),
           STEP("DepthwiseConv1D", "d", ",'kernel_size':3,'padding':'same','activation':'relu'"),
           STEP("SeparableConv1D", "s", ",'filters':4,'kernel_size':[2]"),
           STEP("GlobalAveragePooling1D", "g", ",'keepdims':true"),
           STEP("GlobalMaxPooling1D", "h", ""))},
    {"sequence_pooling",
     CHAIN(TOKENS("tokens"), STEP("MaxPooling1D", "m", ",'pool_size':2"),
           STEP("AveragePooling1D", "a", ",'pool_size':[3],'strides':1,'padding':'same'"),
           STEP("UpSampling1D", "u", ",'size':2"), STEP("Cropping1D", "c", ",'cropping':[1,2]"),
           STEP("ZeroPadding1D", "z", ",'padding':2"), STEP("SpatialDropout1D", "s", ""))},
    {"rearranging",
     GRAPH("tile", OPS("Split", "s", ",'indices_or_sections':[1,3],'axis':-1", TENSOR("a")),
           OPS("GetItem", "g", "", TENSOR("s"),
               "[{'class_name':'__ellipsis__','config':{}},{'class_name':'__slice__','config':"
               "{'start':1,'stop':-1,'step':null}},{'class_name':'__slice__','config':{'start':0,"
               "'stop':null,'step':null}}]"),
           OPS("Pad", "p", ",'pad_width':[[0,0],[1,1],[2,0],[0,1]],'mode':'reflect'", TENSOR("b")),
           OPS("Flip", "f", ",'axis':1", TENSOR("p")),
           OPS("Transpose", "t", ",'axes':[0,2,1,3]", TENSOR("f")),
           OPS("Swapaxes", "w", ",'axis1':1,'axis2':2", TENSOR("t")),
           OPS("Tile", "tile", ",'repeats':[1,2,1,1]", TENSOR("w")))},
    {"reducing", GRAPH("sum", OPS("Mean", "mean", ",'axis':[1],'keepdims':true", TENSOR("a")),
                       OPS("Max", "max", ",'axis':2,'keepdims':true", TENSOR("b")),
                       OPS("Add", "both", "", TENSOR("mean"), TENSOR("max")),
                       OPS("Squeeze", "q", ",'axis':1", TENSOR("mean")),
                       OPS("ExpandDims", "e", ",'axis':1", TENSOR("q")),
                       OPS("Repeat", "r", ",'repeats':2,'axis':1", TENSOR("e")),
                       LIST(OPS("Min", "min", ",'axis':1,'keepdims':true", TENSOR("r")),
                            OPS("Sum", "sum", ",'axis':-1,'keepdims':true", TENSOR("both"))))},
    {"arithmetic",
     GRAPH("where", OPS("Multiply", "mul", "", TENSOR("a"), "0.5"),
           OPS("Divide", "div", "", TENSOR("mul"), "4.0"),
           OPS("Subtract", "sub", "", "1.0", TENSOR("div")),
           OPS("Square", "square", "", TENSOR("sub")), OPS("Exp", "exp", "", TENSOR("b")),
           LIST(OPS("Sqrt", "sqrt", "", TENSOR("square")), OPS("Log1p", "log", "", TENSOR("exp")),
                OPS("Greater", "more", "", TENSOR("a"), TENSOR("b"))),
           OPS("Where", "where", "", TENSOR("more"), TENSOR("sqrt"), TENSOR("log")))},
    {"more_arithmetic",
     GRAPH("power", OPS("Absolute", "abs", "", TENSOR("a")),
           OPS("Add", "plus", "", TENSOR("abs"), "1.0"), OPS("Log", "log", "", TENSOR("plus")),
           OPS("Rsqrt", "rsqrt", "", TENSOR("plus")),
           LIST(OPS("Erf", "erf", "", TENSOR("b")), OPS("Negative", "neg", "", TENSOR("erf")),
                OPS("Sign", "sign", "", TENSOR("b")), OPS("Expm1", "expm1", "", TENSOR("neg"))),
           LIST(OPS("Maximum", "max", "", TENSOR("expm1"), TENSOR("log")),
                OPS("Minimum", "min", "", TENSOR("max"), TENSOR("rsqrt")),
                OPS("Add", "signed", "", TENSOR("min"), TENSOR("sign"))),
           OPS("Power", "power", "", TENSOR("signed"), "2.0"))},
    {"matrices",
     GRAPH("stack", OPS("Reshape", "m", ",'newshape':[-1,16,16]", TENSOR("a")),
           OPS("Reshape", "n", ",'newshape':[-1,16,16]", TENSOR("b")),
           OPS("Matmul", "mm", "", TENSOR("m"), TENSOR("n")),
           OPS("Normalize", "norm", ",'axis':-1,'order':2", TENSOR("mm")),
           LAYER("Reshape", "image", ",'target_shape':[8,8,4]", FROM("norm")),
           LIST(OPS("AveragePool", "avg", ",'pool_size':2,'strides':1,'padding':'same'",
                    TENSOR("image")),
                OPS("MaxPool", "max", ",'pool_size':2,'strides':1,'padding':'same'",
                    TENSOR("image"))),
           OPS("Stack", "stack", ",'axis':1", "[" TENSOR("avg") "," TENSOR("max") "]"))},
    {"tensorflow",
     GRAPH("r", TF("math.reduce_mean", "mean", "'axis':[1],'keepdims':true", "a"),
           TF("math.add", "plus", "'y':0.5", "mean"), TF("nn.relu6", "six", "", "plus"),
           TF("pad", "p", "'paddings':[[0,0],[1,0],[0,1],[0,0]]", "b"),
           TF("nn.space_to_depth", "d", "'block_size':3", "p"),
           TF("reshape", "r", "'shape':[-1,3,108]", "d"))},
    {"more_tensorflow",
     GRAPH("t", TF("clip_by_value", "c", "'clip_value_min':-1,'clip_value_max':1", "a"),
           TF("image.flip_left_right", "f", "", "c"), TF("nn.leaky_relu", "l", "'alpha':0.1", "f"),
           TF("nn.bias_add", "s", "'bias':[1,2,3,4]", "l"),
           TF("transpose", "t", "'perm':[0,3,1,2]", "s"))},
    {"shared",
     FUNCTIONAL("scores", PICTURE, CONV("c", ",'padding':'same','activation':'relu'", FROM("in")),
                LAYER("Conv2D", "twice", ",'filters':4,'kernel_size':3,'padding':'same'",
                      LIST(FROM("c"), FROM("twice"))),
                INNER(LIST(FROM("twice"), CALL(REF("twice", "1")))),
                LAYER("Add", "add", "", CALL(REF("base", "1"), REF("base", "2"))), SCORES("add"))},
    {"keras_3",
     MODEL("Functional",
           ",'trainable':true" FUNCTIONAL_FIELDS(
               "['in',0,0]", "['r',0,0]",
               LAYER("InputLayer", "in", ",'batch_shape':[null,null,null,3]", ""),
               LAYER("Sequential", "s",
                     LAYERS(STEP("SeparableConv2D", "sc", ",'filters':4,'kernel_size':[3,3]"),
                            STEP("GlobalAveragePooling2D", "p", ",'keepdims':true")),
                     ARGS(TENSOR("in"))),
               LAYER("Flatten", "r", "", ARGS(TENSOR("s")))))},
    {NULL, NULL},
};

char *layer_model_json(const void *config, size_t length) {
    char *json = malloc(length > 0 ? length : 1);
    for (size_t i = 0; json != NULL && i < length; i++)
        json[i] = ((const char *)config)[i] == '\'' ? '"' : ((const char *)config)[i];
    return json;
}

void layer_model_size(const gc_model *model, int32_t open, int32_t *height, int32_t *width) {
    int32_t dims[3];
    gc_model_input_shape(model, dims);
    *height = dims[0] > 0 ? dims[0] : open;
    *width = dims[1] > 0 ? dims[1] : open;
}

size_t layer_model_count(const int32_t *dims, int32_t rank) {
    size_t count = 1;
    for (int32_t axis = 0; axis < rank; axis++)
        count *= (size_t)dims[axis];
    return count;
}

size_t layer_model_positions(const gc_model *model, int32_t layer) {
    int32_t dims[2];
    return gc_layer_map(model, layer, dims) >= 0 ? layer_model_count(dims, 2) : 0;
}

gc_status layer_model_set_weights(gc_model *model, uint32_t stream) {
    gc_status status = GC_OK;
    for (int32_t w = 0; w < gc_model_weight_count(model) && status == GC_OK; w++) {
        int32_t dims[GC_MAX_RANK];
        const size_t count = layer_model_count(dims, gc_model_weight_shape(model, w, dims));
        const bool is_positive = strstr(gc_model_weight_path(model, w), "variance") != NULL;
        float *values;
        status = gc_model_weight_buffer(model, w, count, &values);
        for (size_t i = 0; i < count && status == GC_OK; i++)
            values[i] = is_positive ? 1.0f + 0.5f * small_random((uint32_t)i, stream + (uint32_t)w)
                                    : 0.5f * small_random((uint32_t)i, stream + (uint32_t)w);
        if (status == GC_OK)
            status = gc_model_check_weight(model, w, count);
    }
    return status;
}

gc_model *layer_model_open(const char *config, uint32_t flags) {
    gc_model *model;
    int32_t height, width;
    const size_t length = strlen(config);
    char *json = layer_model_json(config, length);
    const gc_status made = gc_model_create(&model, json, length);
    free(json);
    if (made != GC_OK)
        return NULL;
    layer_model_size(model, 16, &height, &width);
    if (layer_model_set_weights(model, 5) == GC_OK &&
        gc_model_plan(model, height, width, flags) == GC_OK)
        return model;
    gc_model_destroy(model);
    return NULL;
}

static gc_status set_inputs(gc_model *model) {
    for (int32_t input = 1; input < gc_model_input_count(model); input++) {
        int32_t dims[GC_MAX_RANK];
        const size_t count = layer_model_count(dims, gc_input_shape(model, input, dims));
        float *values = calloc(count, sizeof *values);
        const gc_status status = gc_model_set_input(model, input, values, count);
        free(values);
        if (status != GC_OK)
            return status;
    }
    return GC_OK;
}

gc_status layer_model_run(gc_model *model, uint32_t stream) {
    int32_t dims[3];
    if (model == NULL || set_inputs(model) != GC_OK)
        return GC_NOT_READY;
    gc_model_input_shape(model, dims);
    const size_t count = layer_model_count(dims, 3);
    float *input = malloc(count * sizeof *input);
    for (size_t i = 0; i < count; i++)
        input[i] = small_random((uint32_t)i, stream);
    const gc_status status = gc_model_forward(model, input, count);
    free(input);
    return status;
}
