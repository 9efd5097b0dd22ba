#include "small_models.h"

#include "list.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

/* Kernels are scaled so that activations neither vanish nor hit every clamp. Variances are
 * positive. */
static float weight_value(const char *path, uint32_t i, uint32_t stream, float fan_in) {
    const float random = small_random(i, stream);
    if (strstr(path, "variance") != NULL)
        return 0.75f + 0.5f * random;
    if (strstr(path, "gamma") != NULL)
        return 1.0f + 0.5f * random;
    if (strstr(path, "kernel") != NULL)
        return 2.0f * random / sqrtf(fan_in);
    return 0.3f * random;
}

static bool set_weights(gc_model *model) {
    for (int32_t w = 0; w < gc_model_weight_count(model); w++) {
        int32_t dims[GC_MAX_RANK];
        const int32_t rank = gc_model_weight_shape(model, w, dims);
        size_t count = 1, fan_in = 1;
        for (int32_t axis = 0; axis < rank; axis++)
            count *= (size_t)dims[axis];
        const bool is_depthwise = strstr(gc_model_weight_path(model, w), "depthwise/") != NULL;
        for (int32_t axis = 0; axis < (is_depthwise ? 2 : rank - 1); axis++)
            fan_in *= (size_t)dims[axis];
        float *values = malloc(count * sizeof *values);
        if (!EXPECT(values != NULL))
            return false;
        for (size_t i = 0; i < count; i++)
            values[i] = weight_value(gc_model_weight_path(model, w), (uint32_t)i, (uint32_t)w,
                                     (float)fan_in);
        const bool done = EXPECT_OK(gc_model_set_weight(model, w, values, count));
        free(values);
        if (!done)
            return false;
    }
    return true;
}

static float *random_input(size_t count) {
    float *input = malloc(count * sizeof *input);
    for (size_t i = 0; input != NULL && i < count; i++)
        input[i] = small_random((uint32_t)i, 1000);
    return input;
}

gc_model *small_model(const char *config, int32_t height, int32_t width, uint32_t flags,
                      float **input, size_t *count) {
    gc_model *model;
    if (!EXPECT_OK(gc_model_create(&model, config, strlen(config))))
        return NULL;
    *count = (size_t)height * (size_t)width * 3;
    *input = random_input(*count);
    if (EXPECT(*input != NULL) && set_weights(model) &&
        EXPECT_OK(gc_model_plan(model, height, width, flags)) &&
        EXPECT_OK(gc_model_forward(model, *input, *count)))
        return model;
    free(*input);
    gc_model_destroy(model);
    return NULL;
}

double small_largest(const float *values, size_t count) {
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)values[i]));
    return largest;
}

double small_difference(const float *a, const float *b, size_t count) {
    double largest = 0;
    for (size_t i = 0; i < count; i++) {
        const double difference = fabs((double)a[i] - (double)b[i]);
        if (!(difference <= largest))
            largest = difference; /* a NaN too */
    }
    return largest;
}

size_t small_layer_size(const gc_model *model, int32_t layer, int32_t *rank, size_t *positions) {
    int32_t dims[GC_MAX_RANK];
    *rank = gc_layer_shape(model, layer, dims);
    size_t count = 1;
    for (int32_t axis = 0; axis < *rank; axis++)
        count *= (size_t)dims[axis];
    *positions = *rank == 3 ? (size_t)dims[0] * (size_t)dims[1] : 0;
    return count;
}

void small_seeds(float *seeds, const int32_t *targets, int32_t count) {
    memset(seeds, 0, (size_t)count * SMALL_CLASSES * sizeof *seeds);
    for (int32_t i = 0; i < count; i++)
        seeds[i * SMALL_CLASSES + targets[i]] = 1;
}

const float *small_seed(int32_t target) {
    static float seed[SMALL_CLASSES];
    small_seeds(seed, &target, 1);
    return seed;
}
