#include "small_models.h"

#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

gc_status small_explain(gc_model *model, int32_t method, const float *seeds, int32_t seed_count,
                        gc_output output, const int32_t *layers, int32_t layer_count, float *raw,
                        size_t raw_count, float *norms) {
    return gc_model_explain(model, &method, 1, 0, seeds, seed_count, output, layers, layer_count,
                            raw, raw_count, norms);
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
