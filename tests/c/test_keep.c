/* What a run keeps changes its memory and its time, never a bit of a result. */
#include "api/model.h"
#include "base/memory.h"
#include "layer_models.h"
#include "small_models.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

enum { AUTO, LAYERS, CHECKPOINTS, WAYS };

/* A model that keeps in each way. */
struct trio {
    gc_model *models[WAYS];
};

static bool open_trio(struct trio *t, const char *config, uint32_t flags) {
    static const uint32_t keep[WAYS] = {0, GC_PLAN_KEEP_LAYERS, GC_PLAN_KEEP_CHECKPOINTS};
    bool is_open = true;
    for (int way = 0; way < WAYS; way++) {
        t->models[way] = layer_model_open(config, flags | keep[way]);
        is_open = EXPECT(t->models[way] != NULL) && is_open;
    }
    return is_open;
}

static void close_trio(struct trio *t) {
    for (int way = 0; way < WAYS; way++)
        gc_model_destroy(t->models[way]);
}

static void run_trio(struct trio *t, uint32_t stream) {
    for (int way = 0; way < WAYS; way++)
        EXPECT_OK(layer_model_run(t->models[way], stream));
}

/* Activation, gradient and map of a layer, [3 * size]. */
static void read_layer(gc_model *model, int32_t layer, float *values, size_t size) {
    const size_t classes = (size_t)gc_model_class_count(model);
    const size_t positions = layer_model_positions(model, layer);
    float *seed = calloc(classes, sizeof *seed);
    seed[classes - 1] = 1;
    EXPECT_OK(gc_model_gradients(model, GC_LOGIT, seed, classes, &layer, 1, values, size));
    EXPECT_OK(gc_model_activation(model, layer, values + size, size));
    if (positions > 0)
        EXPECT_OK(small_explain(model, 0, seed, 1, GC_LOGIT, &layer, 1, values + 2 * size,
                                positions, NULL));
    free(seed);
}

static void expect_same_layer(struct trio *t, int32_t layer) {
    int32_t rank;
    size_t positions;
    const size_t size = small_layer_size(t->models[AUTO], layer, &rank, &positions);
    float *found[WAYS];
    for (int way = 0; way < WAYS; way++) {
        found[way] = calloc(3 * size + 1, sizeof(float));
        read_layer(t->models[way], layer, found[way], size);
    }
    EXPECT_BYTES(found[AUTO], found[LAYERS], 3 * size * sizeof(float));
    EXPECT_BYTES(found[CHECKPOINTS], found[LAYERS], 3 * size * sizeof(float));
    for (int way = 0; way < WAYS; way++)
        free(found[way]);
}

/* The last layers first, so that the runs keep more and more. The second picture meets a run that
 * kept everything, and the third one that was asked for its last layer alone. */
static void expect_same_layers(const char *config, uint32_t flags) {
    struct trio t;
    if (open_trio(&t, config, flags)) {
        const int32_t count = gc_model_layer_count(t.models[AUTO]);
        run_trio(&t, 21);
        for (int32_t layer = count - 1; layer >= 0; layer--)
            expect_same_layer(&t, layer);
        run_trio(&t, 22);
        expect_same_layer(&t, count - 1);
        run_trio(&t, 23);
        for (int32_t layer = 0; layer < count; layer++)
            expect_same_layer(&t, layer);
    }
    close_trio(&t);
}

TEST(every_layer_is_the_same_however_much_is_kept) {
    for (const struct layer_model *model = layer_models; model->name != NULL; model++) {
        expect_same_layers(model->config, 0);
        expect_same_layers(model->config, GC_PLAN_UNFUSED);
    }
}

/* ---- Memory ---- */

static gc_model *blocks(uint32_t flags, float **input, size_t *count) {
    return small_model(small_open_config, 64, 48, flags, input, count);
}

TEST(a_run_keeps_what_was_asked_of_the_run_before) {
    float *input;
    size_t count;
    int32_t stem = 0;
    gc_model *model = blocks(0, &input, &count);
    REQUIRE(model != NULL);
    const size_t held = gc_memory_in_use(), little = gc_model_memory(model);
    EXPECT_OK(gc_model_find_layer(model, "stem", &stem));
    float *activation = malloc(64 * 48 * 64 * sizeof *activation);
    int32_t rank;
    size_t positions;
    const size_t size = small_layer_size(model, stem, &rank, &positions);
    EXPECT_OK(gc_model_activation(model, stem, activation, size));
    const size_t much = gc_model_memory(model);
    EXPECT(much > little + little / 4);
    EXPECT_INT((long long)(gc_memory_in_use() - held), (long long)(much - little));
    EXPECT_OK(gc_model_forward(model, input, count)); /* keeps as much again */
    EXPECT(gc_model_memory(model) == much);
    EXPECT_OK(gc_model_forward(model, input, count)); /* nothing was asked for */
    EXPECT(gc_model_memory(model) < much);
    free(activation);
    gc_model_destroy(model);
    free(input);
}

TEST(checkpoints_take_less_memory_than_layers) {
    float *input;
    size_t count;
    size_t bytes[2];
    static const uint32_t flags[2] = {GC_PLAN_KEEP_CHECKPOINTS, GC_PLAN_KEEP_LAYERS};
    for (int i = 0; i < 2; i++) {
        gc_model *model = blocks(flags[i], &input, &count);
        REQUIRE(model != NULL);
        bytes[i] = gc_model_memory(model);
        gc_model_destroy(model);
        free(input);
    }
    EXPECT(bytes[0] < bytes[1]);
}

/* ---- Numbers that are none ---- */

TEST(numbers_that_are_none_are_found_in_layers_that_are_not_kept) {
    static const uint32_t flags[2] = {GC_PLAN_KEEP_CHECKPOINTS, GC_PLAN_KEEP_LAYERS};
    for (int i = 0; i < 2; i++) {
        float *input;
        size_t count;
        int32_t wrong = -1;
        gc_model *model = blocks(flags[i], &input, &count);
        REQUIRE(model != NULL);
        for (size_t k = 0; k < count; k++)
            input[k] = k % 2 ? 3e38f : -3e38f;
        EXPECT_OK(gc_model_forward(model, input, count));
        EXPECT_OK(gc_model_find_not_finite(model, &wrong));
        if (sizeof(gc_real) == sizeof(float))
            EXPECT_TEXT(gc_layer_path(model, wrong), "stem");
        gc_model_destroy(model);
        free(input);
    }
}
