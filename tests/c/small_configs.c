/* The configurations of small_models.h, and its values by a formula. They do without the harness of
 * the tests, because the fuzzers use them too. */
#include "list.h"
#include "small_models.h"

#define IN(NAME) "\"inbound_nodes\":[[[\"" NAME "\",0,0,{}]]]"
#define IN2(A, B) "\"inbound_nodes\":[[[\"" A "\",0,0,{}],[\"" B "\",0,0,{}]]]"
#define LAYER(CLASS, NAME, CONFIG, INBOUND)                                                        \
    "{\"class_name\":\"" CLASS "\",\"name\":\"" NAME "\",\"config\":{\"name\":\"" NAME "\"" CONFIG \
    "}," INBOUND "}"
#define CONV(NAME, FILTERS, KERNEL, STRIDE, PADDING, FROM)                                         \
    LAYER("Conv2D", NAME,                                                                          \
          ",\"filters\":" FILTERS ",\"kernel_size\":[" KERNEL "," KERNEL "],\"strides\":[" STRIDE  \
          "," STRIDE "],\"padding\":\"" PADDING "\",\"use_bias\":false",                           \
          IN(FROM))
#define DEPTHWISE(NAME, STRIDE, PADDING, FROM)                                                     \
    LAYER("DepthwiseConv2D", NAME,                                                                 \
          ",\"kernel_size\":[3,3],\"strides\":[" STRIDE "," STRIDE "],\"padding\":\"" PADDING      \
          "\",\"use_bias\":false",                                                                 \
          IN(FROM))
#define BATCH_NORM(NAME, FROM) LAYER("BatchNormalization", NAME, ",\"epsilon\":0.001", IN(FROM))
#define RELU6(NAME, FROM) LAYER("ReLU", NAME, ",\"max_value\":6.0", IN(FROM))
#define PAD(NAME, FROM) LAYER("ZeroPadding2D", NAME, ",\"padding\":[[0,1],[1,2]]", IN(FROM))
#define INPUT(SHAPE)                                                                               \
    "{\"class_name\":\"InputLayer\",\"name\":\"input\",\"config\":{\"name\":\"input\",\"batch_"    \
    "input_shape\":" SHAPE "},\"inbound_nodes\":[]}"
#define HEAD                                                                                       \
    "{\"class_name\":\"Sequential\",\"name\":\"head\",\"config\":{\"name\":\"head\",\"layers\":["  \
    "{\"class_name\":\"GlobalAveragePooling2D\",\"config\":{\"name\":\"pool\",\"batch_input_"      \
    "shape\":[null,null,null,10]}},"                                                               \
    "{\"class_name\":\"Dropout\",\"config\":{\"name\":\"dropout\",\"rate\":0.2}},"                 \
    "{\"class_name\":\"Dense\",\"config\":{\"name\":\"dense\",\"units\":5,\"activation\":"         \
    "\"softmax\"}}]}," IN("last_relu") "}"

#define STEM(SHAPE)                                                                                \
    LIST(INPUT(SHAPE), PAD("stem_pad", "input"), CONV("stem", "8", "3", "2", "valid", "stem_pad"), \
         BATCH_NORM("stem_bn", "stem"), RELU6("stem_relu", "stem_bn"))
#define BLOCK_A                                                                                    \
    LIST(CONV("a_expand", "12", "1", "1", "same", "stem_relu"),                                    \
         BATCH_NORM("a_expand_bn", "a_expand"), RELU6("a_expand_relu", "a_expand_bn"),             \
         DEPTHWISE("a_depthwise", "1", "same", "a_expand_relu"),                                   \
         BATCH_NORM("a_depthwise_bn", "a_depthwise"), RELU6("a_depthwise_relu", "a_depthwise_bn"), \
         CONV("a_project", "8", "1", "1", "same", "a_depthwise_relu"),                             \
         BATCH_NORM("a_project_bn", "a_project"))
#define BLOCK_B                                                                                    \
    LIST(CONV("b_expand", "16", "1", "1", "same", "a_add"), BATCH_NORM("b_expand_bn", "b_expand"), \
         RELU6("b_expand_relu", "b_expand_bn"), PAD("b_pad", "b_expand_relu"),                     \
         DEPTHWISE("b_depthwise", "2", "valid", "b_pad"),                                          \
         BATCH_NORM("b_depthwise_bn", "b_depthwise"), RELU6("b_depthwise_relu", "b_depthwise_bn"))
#define LAST                                                                                       \
    LIST(CONV("last", "10", "3", "1", "same", "b_depthwise_relu"), BATCH_NORM("last_bn", "last"),  \
         LAYER("Activation", "last_relu", ",\"activation\":\"relu\"", IN("last_bn")))
#define LAYERS(SHAPE)                                                                              \
    LIST(STEM(SHAPE), BLOCK_A, LAYER("Add", "a_add", "", IN2("stem_relu", "a_project_bn")),        \
         BLOCK_B, LAST, HEAD)

#define BLOCKS(SHAPE)                                                                              \
    "{\"class_name\":\"Functional\",\"config\":{\"name\":\"blocks\",\"layers\":[" LAYERS(          \
        SHAPE) "],\"input_layers\":[[\"input\",0,0]],\"output_layers\":[[\"head\",0,0]]}}"

const char small_blocks_config[] = BLOCKS("[null,18,14,3]");
const char small_open_config[] = BLOCKS("[null,null,null,3]");

float small_random(uint32_t index, uint32_t stream) {
    uint32_t x = index + stream * 0x9E3779B9u + 1;
    x = (x ^ x >> 16) * 0x7feb352du;
    x = (x ^ x >> 15) * 0x846ca68bu;
    return (float)((double)(x ^ x >> 16) / 2147483648.0 - 1);
}
