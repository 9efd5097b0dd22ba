/* What a run keeps changes its memory and its time, never a bit of a result. */
#include "api/model.h"
#include "base/memory.h"
#include "keras_json.h"
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

/* Runs whatever can in bands of one row. */
static void use_bands(gc_model *model) {
    model->plan->limits.bytes = 0;
    EXPECT_OK(gc_plan_keep(model->plan, model->plan->kept_from));
}

static bool open_trio(struct trio *t, const char *config, uint32_t flags) {
    static const uint32_t keep[WAYS] = {0, GC_PLAN_KEEP_LAYERS, GC_PLAN_KEEP_CHECKPOINTS};
    bool is_open = true;
    for (int way = 0; way < WAYS; way++) {
        t->models[way] = layer_model_open(config, flags | keep[way]);
        is_open = EXPECT(t->models[way] != NULL) && is_open;
        if (is_open)
            use_bands(t->models[way]);
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

/* ---- Bands ---- */

#define ONE_BY_ONE(NAME, FIELDS, FROM_NAME)                                                        \
    LAYER("Conv2D", NAME, ",'filters':8,'kernel_size':[1,1]" FIELDS, FROM(FROM_NAME))
#define FILTERED(NAME, FIELDS, FROM_NAME)                                                          \
    LAYER("DepthwiseConv2D", NAME, ",'kernel_size':[3,3]" FIELDS, FROM(FROM_NAME))

/* Windows with and without zeros around, that jump and that do not. A whole tensor is added to a
 * band, which a value for each channel then multiplies. */
#define TWO(FIRST, SECOND) FIRST "," SECOND /* as one entry of a list */
static const char bands_config[] = FUNCTIONAL(
    "out", INPUT("in", "[null,73,9,3]"),
    TWO(ONE_BY_ONE("whole", "", "in"),
        LAYER("GlobalAveragePooling2D", "gate", ",'keepdims':true", FROM("whole"))),
    TWO(ONE_BY_ONE("a", "", "in"), FILTERED("b", ",'padding':'same'", "a")),
    TWO(LAYER("Add", "sum", "", FROM2("whole", "b")),
        LAYER("Multiply", "gated", "", FROM2("sum", "gate"))),
    TWO(ONE_BY_ONE("c", ",'activation':'relu'", "gated"), FILTERED("d", ",'strides':[2,2]", "c")),
    TWO(LAYER("Activation", "e", ",'activation':'silu'", FROM("d")),
        ONE_BY_ONE("f", ",'strides':[2,2]", "e")),
    CONV("last", ",'padding':'same'", FROM("f")),
    TWO(POOL("pool", FROM("last")), DENSE("out", FROM("pool"))));

/* Steps of one value each, and poolings. */
static const char pooled_config[] = FUNCTIONAL(
    "out", INPUT("in", "[null,71,9,3]"),
    TWO(CONV("w", ",'padding':'same'", FROM("in")), CONV("a", ",'padding':'same'", FROM("in"))),
    LAYER("MaxPooling2D", "b", ",'pool_size':[3,2],'strides':[1,1],'padding':'same'", FROM("a")),
    TWO(LAYER("Subtract", "c", "", FROM2("b", "w")),
        LAYER("ReLU", "d", ",'max_value':0.5", FROM("c"))),
    LAYER("AveragePooling2D", "e", ",'pool_size':[3,3],'strides':[2,1]", FROM("d")),
    TWO(ONE_BY_ONE("f", "", "e"), CONV("last", ",'padding':'same'", FROM("f"))),
    TWO(POOL("pool", FROM("last")), DENSE("out", FROM("pool"))));

/* A model that runs bands within these limits, GC_PLAN_KEEP_... */
static gc_model *open_bands(const char *config, uint32_t keep, size_t bytes, int32_t strips) {
    gc_model *model = layer_model_open(config, keep);
    if (!EXPECT(model != NULL))
        return NULL;
    model->plan->limits = (struct gc_band_limits){bytes, strips};
    EXPECT_OK(gc_plan_keep(model->plan, model->plan->kept_from));
    return model;
}

/* The whole model's logits, and those of bands from one row each up to the whole picture.
 *   first, count   the chain's groups, if the first of them, a convolution, can run in bands */
static void check_bands(const char *config, int32_t first, int32_t count) {
    float scores[SMALL_CLASSES], expected[SMALL_CLASSES];
    gc_model *whole = layer_model_open(config, GC_PLAN_KEEP_LAYERS);
    REQUIRE(whole != NULL);
    EXPECT_OK(layer_model_run(whole, 3));
    EXPECT_OK(gc_model_outputs(whole, GC_LOGIT, expected, SMALL_CLASSES));
    for (size_t bytes = 0, strips = 1; bytes < 90000; bytes += 4500, strips = 3 - strips) {
        gc_model *model = open_bands(config, GC_PLAN_KEEP_CHECKPOINTS, bytes, (int32_t)strips);
        REQUIRE(model != NULL);
        const struct gc_plan *plan = model->plan;
        if (bytes == 0 && plan->groups[first].step.path->forward_rows != NULL) {
            EXPECT_INT(gc_plan_together(plan, first), count);
            EXPECT_INT(plan->chains[0].height, 1);
        }
        if (plan->chain_of[first] != GC_NONE)
            EXPECT_INT(plan->chains[0].strips, strips);
        EXPECT_OK(layer_model_run(model, 3));
        EXPECT_OK(gc_model_outputs(model, GC_LOGIT, scores, SMALL_CLASSES));
        EXPECT_BYTES(scores, expected, sizeof expected);
        gc_model_destroy(model);
    }
    gc_model_destroy(whole);
}

TEST(groups_run_in_bands_of_any_height_and_in_strips_to_the_same_bits) {
    check_bands(bands_config, 2, 8);
    check_bands(pooled_config, 1, 6);
}

/* A band of one row behind a filter of three needs three, and those five before it. */
TEST(a_band_has_the_rows_that_the_next_groups_need) {
    gc_model *model = open_bands(bands_config, GC_PLAN_KEEP_CHECKPOINTS, 0, 1);
    REQUIRE(model != NULL);
    const struct gc_plan *plan = model->plan;
    if (plan->groups[2].step.path->forward_rows != NULL)
        EXPECT_INT(plan->chains[0].rows[0], 5);
    gc_model_destroy(model);
}

static void expect_same_in_bands(gc_model *whole, gc_model *bands, int32_t layer) {
    int32_t rank;
    size_t positions;
    const size_t size = small_layer_size(whole, layer, &rank, &positions);
    float *expected = calloc(3 * size + 1, sizeof *expected);
    float *found = calloc(3 * size + 1, sizeof *found);
    read_layer(whole, layer, expected, size);
    read_layer(bands, layer, found, size);
    EXPECT_BYTES(found, expected, 3 * size * sizeof *found);
    free(expected);
    free(found);
}

/* The last convolution jumps over rows of the layer before, which no band needs. */
static void check_kept(const char *config, int32_t first, int32_t count) {
    gc_model *whole = layer_model_open(config, GC_PLAN_KEEP_LAYERS);
    REQUIRE(whole != NULL);
    EXPECT_OK(layer_model_run(whole, 3));
    for (size_t bytes = 0; bytes < 60000; bytes += 9000) {
        gc_model *bands = open_bands(config, GC_PLAN_KEEP_LAYERS, bytes, 1);
        REQUIRE(bands != NULL);
        if (bytes == 0 && bands->plan->groups[first].step.path->forward_rows != NULL)
            EXPECT_INT(gc_plan_together(bands->plan, first), count);
        EXPECT_OK(layer_model_run(bands, 3));
        for (int32_t layer = 0; layer < gc_model_layer_count(whole); layer++)
            expect_same_in_bands(whole, bands, layer);
        gc_model_destroy(bands);
    }
    gc_model_destroy(whole);
}

TEST(kept_layers_run_in_bands_of_any_height_to_the_same_bits) {
    check_kept(bands_config, 2, 8);
    check_kept(pooled_config, 1, 7);
}

/* The first layer that gives numbers that are none, for a picture of such values. */
static int32_t first_wrong(gc_model *model, float value) {
    float input[73 * 9 * 3];
    int32_t wrong = -2;
    for (int i = 0; i < 73 * 9 * 3; i++)
        input[i] = value;
    EXPECT_OK(gc_model_forward(model, input, 73 * 9 * 3));
    EXPECT_OK(gc_model_find_not_finite(model, &wrong));
    return wrong;
}

TEST(numbers_that_are_none_are_found_between_bands) {
    gc_model *whole = layer_model_open(bands_config, GC_PLAN_KEEP_LAYERS);
    gc_model *bands = open_bands(bands_config, GC_PLAN_KEEP_CHECKPOINTS, 0, 2);
    gc_model *kept = open_bands(bands_config, GC_PLAN_KEEP_LAYERS, 0, 1);
    REQUIRE(whole != NULL && bands != NULL && kept != NULL);
    int found = 0;
    for (float value = 3; value < 3.2e38f; value *= 10) {
        const int32_t wrong = first_wrong(whole, value);
        EXPECT_INT(first_wrong(bands, value), wrong);
        EXPECT_INT(first_wrong(kept, value), wrong);
        found |= wrong > 0 ? 2 : 1;
    }
    EXPECT_INT(found, sizeof(gc_real) == sizeof(float) ? 3 : 1);
    gc_model_destroy(whole);
    gc_model_destroy(bands);
    gc_model_destroy(kept);
}
