/* The engine as a whole: fusion against no fusion, gradients of a network against differences, and
 * what a caller may do wrong. */
#include "api/model.h"
#include "base/memory.h"
#include "engine/run.h"
#include "small_models.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#ifdef GC_DOUBLE
#define TOLERANCE 1e-6 /* of the largest value; the API's float32 values set it */
#else
#define TOLERANCE 2e-5
#endif

#define CLASSES 5
#define TARGET 3

/* Layer by layer, two models give the same. */
struct pair {
    gc_model *a, *b;
};

typedef gc_status read_tensor(gc_model *model, int32_t layer, float *values, size_t count);

static gc_status read_score_gradient(gc_model *model, int32_t layer, float *values, size_t count) {
    float seed[CLASSES] = {0};
    seed[TARGET] = 1;
    return gc_model_gradients(model, GC_SCORE, seed, CLASSES, &layer, 1, values, count);
}

static gc_status read_logit_gradient(gc_model *model, int32_t layer, float *values, size_t count) {
    const float seed[CLASSES] = {0.5f, -1, 0.25f, 2, -0.75f};
    return gc_model_gradients(model, GC_LOGIT, seed, CLASSES, &layer, 1, values, count);
}

static void expect_same(const struct pair *pair, int32_t layer, read_tensor *read) {
    int32_t rank;
    size_t positions;
    const size_t count = small_layer_size(pair->a, layer, &rank, &positions);
    float *a = malloc(count * sizeof *a), *b = malloc(count * sizeof *b);
    if (EXPECT(a != NULL && b != NULL) && EXPECT_OK(read(pair->a, layer, a, count)) &&
        EXPECT_OK(read(pair->b, layer, b, count))) {
        const double largest = small_largest(b, count);
        if (!EXPECT_NEAR(small_difference(a, b, count), 0, TOLERANCE * largest))
            EXPECT_TEXT(gc_layer_path(pair->a, layer), "the same"); /* says which layer */
    }
    free(a);
    free(b);
}

static void expect_same_layers(read_tensor *read) {
    float *input_a, *input_b;
    size_t count;
    struct pair pair;
    pair.a = small_model(small_blocks_config, 18, 14, 0, &input_a, &count);
    REQUIRE(pair.a != NULL);
    pair.b = small_model(small_blocks_config, 18, 14, GC_PLAN_UNFUSED, &input_b, &count);
    if (pair.b != NULL) {
        for (int32_t layer = 0; layer < gc_model_layer_count(pair.a); layer++)
            expect_same(&pair, layer, read);
        free(input_b);
    }
    gc_model_destroy(pair.b);
    gc_model_destroy(pair.a);
    free(input_a);
}

TEST(fusion_keeps_every_activation) { expect_same_layers(gc_model_activation); }
TEST(fusion_keeps_every_score_gradient) { expect_same_layers(read_score_gradient); }
TEST(fusion_keeps_every_logit_gradient) { expect_same_layers(read_logit_gradient); }

/* ---- Gradients of a whole network ---- */

#ifdef GC_DOUBLE
/* Class TARGET's output for the input moved by `step` along a random direction. The public
 * interface hands over float32, too coarse for a quotient: this goes by the plan's own tensors. */
static double output_along(gc_model *model, gc_output output, const float *input, size_t count,
                           double step) {
    const struct gc_plan *plan = model->plan;
    for (size_t i = 0; i < count; i++)
        plan->tensors[0][i] = (double)input[i] + step * (double)small_random((uint32_t)i, 2000);
    EXPECT_OK(gc_run_forward(model->run));
    return plan->tensors[output == GC_LOGIT ? plan->logits : model->graph.output][TARGET];
}

/* The smallest error of three steps counts: one step may cross the kink of a ReLU. */
static void expect_gradient(gc_output output) {
    float *input;
    size_t count;
    gc_model *model = small_model(small_blocks_config, 18, 14, 0, &input, &count);
    REQUIRE(model != NULL);
    float *gradient = malloc(count * sizeof *gradient), seed[CLASSES] = {0};
    seed[TARGET] = 1;
    const int32_t input_layer = 0;
    EXPECT_OK(gc_model_gradients(model, output, seed, CLASSES, &input_layer, 1, gradient, count));
    double along = 0, square = 0, error = INFINITY;
    for (size_t i = 0; i < count; i++) {
        along += (double)gradient[i] * (double)small_random((uint32_t)i, 2000);
        square += (double)gradient[i] * (double)gradient[i];
    }
    for (double step = 1e-5; step > 1e-8; step /= 10) {
        const double above = output_along(model, output, input, count, step);
        const double below = output_along(model, output, input, count, -step);
        error = fmin(error, fabs((above - below) / (2 * step) - along));
    }
    EXPECT_NEAR(error, 0, 1e-6 * sqrt(square));
    free(gradient);
    gc_model_destroy(model);
    free(input);
}

TEST(score_gradient_is_the_difference_quotient) { expect_gradient(GC_SCORE); }
TEST(logit_gradient_is_the_difference_quotient) { expect_gradient(GC_LOGIT); }
#endif

/* ---- Sizes ---- */

TEST(an_open_input_is_planned_for_any_size) {
    float *input;
    size_t count;
    int32_t dims[GC_MAX_RANK];
    gc_model *model = small_model(small_open_config, 30, 20, 0, &input, &count);
    REQUIRE(model != NULL);
    gc_layer_shape(model, 2, dims);
    EXPECT_INT(dims[0], 15);
    EXPECT_INT(dims[1], 11);
    EXPECT_OK(gc_model_plan(model, 18, 14, 0));
    float scores[CLASSES], expected[CLASSES] = {0};
    EXPECT_STATUS(gc_model_outputs(model, GC_SCORE, scores, CLASSES), GC_NOT_READY);
    EXPECT_OK(gc_model_forward(model, input, 18 * 14 * 3));
    EXPECT_OK(gc_model_outputs(model, GC_SCORE, scores, CLASSES));
    gc_model_destroy(model);
    free(input);

    model = small_model(small_blocks_config, 18, 14, 0, &input, &count);
    REQUIRE(model != NULL);
    EXPECT_OK(gc_model_outputs(model, GC_SCORE, expected, CLASSES));
    EXPECT_NEAR(small_difference(scores, expected, CLASSES), 0, 1e-6);
    gc_model_destroy(model);
    free(input);
}

TEST(open_axes_are_zero_before_a_plan) {
    gc_model *model;
    int32_t dims[GC_MAX_RANK];
    REQUIRE_OK(gc_model_create(&model, small_open_config, strlen(small_open_config)));
    gc_model_input_shape(model, dims);
    EXPECT_INT(dims[0], 0);
    EXPECT_INT(dims[1], 0);
    EXPECT_INT(dims[2], 3);
    gc_model_destroy(model);
}

TEST(a_fixed_input_takes_no_other_size) {
    float *input;
    size_t count;
    gc_model *model = small_model(small_blocks_config, 18, 14, 0, &input, &count);
    REQUIRE(model != NULL);
    EXPECT_STATUS(gc_model_plan(model, 20, 14, 0), GC_INVALID_ARGUMENT);
    EXPECT_CONTAINS(gc_error(), "18 x 14");
    EXPECT_STATUS(gc_model_forward(model, input, count - 1), GC_INVALID_ARGUMENT);
    EXPECT_OK(gc_model_forward(model, input, count));
    gc_model_destroy(model);
    free(input);
}

/* ---- Steps ---- */

TEST(a_step_runs_again_and_changes_nothing) {
    float *input, before[CLASSES], after[CLASSES];
    size_t count;
    gc_model *model = small_model(small_blocks_config, 18, 14, 0, &input, &count);
    REQUIRE(model != NULL);
    const int32_t steps = gc_model_step_count(model);
    EXPECT(steps > 0 && steps < gc_model_layer_count(model));
    EXPECT_OK(gc_model_outputs(model, GC_SCORE, before, CLASSES));
    for (int32_t step = 0; step < steps; step++)
        EXPECT_OK(gc_model_step(model, step));
    EXPECT_OK(gc_model_outputs(model, GC_SCORE, after, CLASSES));
    EXPECT(memcmp(before, after, sizeof before) == 0);
    EXPECT_STATUS(gc_model_step(model, steps), GC_INVALID_ARGUMENT);
    EXPECT_STATUS(gc_model_step(model, -1), GC_INVALID_ARGUMENT);
    EXPECT_OK(gc_model_plan(model, 18, 14, 0));
    EXPECT_STATUS(gc_model_step(model, 0), GC_NOT_READY);
    gc_model_destroy(model);
    free(input);
}

TEST(a_step_knows_its_layers) {
    float *input;
    size_t count;
    int32_t layer;
    gc_model *model = small_model(small_blocks_config, 18, 14, 0, &input, &count);
    REQUIRE(model != NULL);
    int32_t parts = 0, last = -1;
    for (int32_t step = 0; step < gc_model_step_count(model); step++)
        for (int32_t i = 0; (layer = gc_step_layer(model, step, i)) >= 0; i++, parts++)
            last = layer;
    EXPECT(parts > gc_model_step_count(model));
    EXPECT_OK(gc_model_find_layer(model, "head/dense", &layer));
    EXPECT_INT(last, layer);
    EXPECT_INT(gc_step_layer(model, -1, 0), -1);
    EXPECT_INT(gc_step_layer(model, gc_model_step_count(model), 0), -1);
    EXPECT_INT(gc_step_layer(model, 0, -1), -1);
    gc_model_destroy(model);
    free(input);
}

/* ---- Wrong use ---- */

TEST(explain_says_what_is_allowed) {
    float *input, raw[18 * 14];
    size_t count;
    int32_t layer;
    gc_model *model = small_model(small_blocks_config, 18, 14, 0, &input, &count);
    REQUIRE(model != NULL);
    EXPECT_OK(gc_model_find_layer(model, "stem", &layer));
    const float seeds[9 * CLASSES] = {1}, broken[CLASSES] = {1, NAN};
    EXPECT_STATUS(small_explain(model, 0, NULL, 1, GC_SCORE, &layer, 1, raw, 9 * 8, NULL),
                  GC_INVALID_ARGUMENT);
    EXPECT_STATUS(small_explain(model, 0, broken, 1, GC_SCORE, &layer, 1, raw, 9 * 8, NULL),
                  GC_INVALID_ARGUMENT);
    EXPECT_CONTAINS(gc_error(), "no finite number");
    EXPECT_STATUS(small_explain(model, 0, seeds, 1, GC_SCORE, &layer, 1, raw, 5, NULL),
                  GC_INVALID_ARGUMENT);
    EXPECT_STATUS(small_explain(model, 0, seeds, 9, GC_SCORE, &layer, 1, raw, 9, NULL),
                  GC_INVALID_ARGUMENT);
    EXPECT_CONTAINS(gc_error(), "1 to 8 seeds");
    EXPECT_STATUS(small_explain(model, 0, seeds, 0, GC_SCORE, &layer, 1, raw, 0, NULL),
                  GC_INVALID_ARGUMENT);
    EXPECT_STATUS(small_explain(model, 0, seeds, 2, GC_SCORE, &layer, 1, raw, 2 * 72 + 1, NULL),
                  GC_INVALID_ARGUMENT);
    EXPECT_OK(gc_model_find_layer(model, "head/dense", &layer));
    EXPECT_STATUS(small_explain(model, 0, seeds, 1, GC_SCORE, &layer, 1, raw, 5, NULL),
                  GC_INVALID_LAYER);
    EXPECT_CONTAINS(gc_error(), "head/dense");
    layer = 1000;
    EXPECT_STATUS(small_explain(model, 0, seeds, 1, GC_SCORE, &layer, 1, raw, 5, NULL),
                  GC_UNKNOWN_LAYER);
    EXPECT_OK(gc_model_find_layer(model, "dense", &layer)); /* the last part suffices */
    EXPECT_STATUS(gc_model_find_layer(model, "b_expnd", &layer), GC_UNKNOWN_LAYER);
    EXPECT_CONTAINS(gc_error(), "'b_expand'");
    EXPECT_OK(gc_model_find_layer(model, "stem", &layer));
    EXPECT_OK(small_explain(model, 0, seeds, 1, GC_SCORE, &layer, 1, raw, 9 * 8, NULL));
    gc_model_destroy(model);
    free(input);
}

TEST(gradients_and_numbers_are_looked_through) {
    float *input;
    size_t count;
    int32_t layer = 0, wrong = 0;
    uint8_t zero[2] = {7, 7};
    const float seeds[2 * CLASSES] = {1}; /* the second explains nothing */
    gc_model *model = small_model(small_blocks_config, 18, 14, 0, &input, &count);
    REQUIRE(model != NULL);
    EXPECT_OK(gc_model_find_layer(model, "stem", &layer));
    EXPECT_OK(gc_model_zero_gradients(model, GC_LOGIT, seeds, 2, &layer, 1, zero));
    EXPECT_INT(zero[0], 0);
    EXPECT_INT(zero[1], 1);
    EXPECT_STATUS(gc_model_zero_gradients(model, GC_LOGIT, seeds, 2, &layer, 1, NULL),
                  GC_INVALID_ARGUMENT);
    EXPECT_STATUS(gc_model_zero_gradients(model, GC_LOGIT, seeds, 9, &layer, 1, zero),
                  GC_INVALID_ARGUMENT);
    EXPECT_OK(gc_model_find_not_finite(model, &wrong));
    EXPECT_INT(wrong, -1);
    EXPECT_STATUS(gc_model_find_not_finite(model, NULL), GC_INVALID_ARGUMENT);
    input[4] = -INFINITY;
    EXPECT_STATUS(gc_model_forward(model, input, count), GC_INVALID_INPUT);
    EXPECT_CONTAINS(gc_error(), "-Infinity at row 0, column 1, channel 1");
    for (size_t i = 0; i < count; i++)
        input[i] = i % 2 ? 3e38f : -3e38f;
    EXPECT_OK(gc_model_forward(model, input, count));
    EXPECT_OK(gc_model_find_not_finite(model, &wrong));
    EXPECT(sizeof(gc_real) == sizeof(double) || wrong >= 0);
    gc_model_destroy(model);
    free(input);
}

TEST(targets_share_a_backward_where_tensors_are_small) {
    float *input;
    size_t count;
    int32_t layer, targets = 0;
    gc_model *model = small_model(small_blocks_config, 18, 14, 0, &input, &count);
    REQUIRE(model != NULL);
    EXPECT_OK(gc_model_find_layer(model, "stem", &layer));
    EXPECT_OK(gc_model_shared_targets(model, &layer, 1, &targets));
    EXPECT_INT(targets, GC_MAX_TARGETS);
    EXPECT_STATUS(gc_model_shared_targets(model, &layer, 0, &targets), GC_INVALID_ARGUMENT);
    EXPECT_STATUS(gc_model_shared_targets(model, &layer, 1, NULL), GC_INVALID_ARGUMENT);
    gc_model_destroy(model);
    free(input);

    model = small_model(small_open_config, 640, 640, 0, &input, &count);
    REQUIRE(model != NULL);
    EXPECT_OK(gc_model_shared_targets(model, &layer, 1, &targets));
    EXPECT(targets < GC_MAX_TARGETS);
    gc_model_destroy(model);
    free(input);
}

TEST(steps_out_of_order_are_refused) {
    gc_model *model;
    float value = 0, scores[CLASSES], raw[4];
    int32_t layer = 1;
    REQUIRE_OK(gc_model_create(&model, small_blocks_config, strlen(small_blocks_config)));
    EXPECT_STATUS(gc_model_plan(model, 18, 14, 0), GC_NOT_READY);
    EXPECT_CONTAINS(gc_error(), "stem/kernel");
    EXPECT_STATUS(gc_model_forward(model, &value, 1), GC_NOT_READY);
    EXPECT_STATUS(gc_model_outputs(model, GC_SCORE, scores, CLASSES), GC_NOT_READY);
    EXPECT_STATUS(small_explain(model, 0, small_seed(0), 1, GC_SCORE, &layer, 1, raw, 4, NULL),
                  GC_NOT_READY);
    EXPECT_STATUS(gc_model_set_weight(model, 0, &value, 1), GC_INVALID_MODEL);
    EXPECT_CONTAINS(gc_error(), "stem/kernel");
    EXPECT_STATUS(gc_model_set_weight(model, 999, &value, 1), GC_INVALID_ARGUMENT);
    gc_model_destroy(model);
}

TEST(a_weight_that_is_no_number_is_refused) {
    gc_model *model;
    int32_t index;
    float bias[CLASSES] = {0, 0, NAN, 0, 0};
    REQUIRE_OK(gc_model_create(&model, small_blocks_config, strlen(small_blocks_config)));
    EXPECT_OK(gc_model_find_weight(model, "head/dense/bias", &index));
    EXPECT_STATUS(gc_model_set_weight(model, index, bias, CLASSES), GC_INVALID_MODEL);
    bias[2] = 0;
    EXPECT_OK(gc_model_set_weight(model, index, bias, CLASSES));
    gc_model_destroy(model);
}

TEST(a_weight_is_read_as_it_was_set) {
    gc_model *model;
    int32_t index;
    float read[CLASSES];
    const float bias[CLASSES] = {1, -2, 3, -4, 5};
    REQUIRE_OK(gc_model_create(&model, small_blocks_config, strlen(small_blocks_config)));
    REQUIRE_OK(gc_model_find_weight(model, "head/dense/bias", &index));
    EXPECT(gc_model_read_weight(model, index, 0, CLASSES, read) == 0);
    EXPECT(gc_model_read_weight(model, -1, 0, CLASSES, read) == 0);
    EXPECT(gc_model_read_weight(model, gc_model_weight_count(model), 0, CLASSES, read) == 0);
    EXPECT_OK(gc_model_set_weight(model, index, bias, CLASSES));
    EXPECT(gc_model_read_weight(model, index, 0, CLASSES, read) == CLASSES);
    EXPECT(memcmp(read, bias, sizeof bias) == 0);
    EXPECT(gc_model_read_weight(model, index, 3, CLASSES, read) == 2);
    EXPECT(memcmp(read, bias + 3, 2 * sizeof *bias) == 0);
    EXPECT(gc_model_read_weight(model, index, CLASSES, 1, read) == 0);
    gc_model_destroy(model);
}

/* The number of values of a weight. */
static size_t weight_size(const gc_model *model, int32_t index) {
    int32_t dims[GC_MAX_RANK];
    size_t size = 1;
    for (int32_t axis = gc_model_weight_shape(model, index, dims) - 1; axis >= 0; axis--)
        size *= (size_t)dims[axis];
    return size;
}

static gc_model *model_with_weights(void) {
    enum { MOST = 4096 };
    gc_model *model;
    float values[MOST];
    if (!EXPECT_OK(gc_model_create(&model, small_blocks_config, strlen(small_blocks_config))))
        return NULL;
    for (int32_t index = 0; index < gc_model_weight_count(model); index++) {
        const size_t size = weight_size(model, index);
        for (size_t i = 0; i < size && EXPECT(size <= MOST); i++)
            values[i] = 0.6f + 0.5f * small_random((uint32_t)i, (uint32_t)index);
        EXPECT_OK(gc_model_set_weight(model, index, values, size));
    }
    return model;
}

/* Packed kernels, of which there is no other copy, too. */
TEST(a_weight_is_read_as_it_was_set_also_after_the_plan) {
    gc_model *model = model_with_weights(), *planned = model_with_weights();
    REQUIRE(model != NULL && planned != NULL);
    int32_t packed = 0;
    EXPECT_OK(gc_model_plan(planned, 18, 14, 0));
    for (int32_t index = 0; index < gc_model_weight_count(model); index++) {
        float set[7], read[7];
        packed += planned->graph.weights[index].array.values == NULL ? 1 : 0;
        for (size_t first = 0; first < weight_size(model, index); first += 7) {
            const size_t count = gc_model_read_weight(model, index, first, 7, set);
            EXPECT(gc_model_read_weight(planned, index, first, 7, read) == count);
            EXPECT_BYTES(read, set, count * sizeof *read);
        }
    }
    EXPECT(sizeof(gc_real) > sizeof(float) || packed > 0);
    gc_model_destroy(model);
    gc_model_destroy(planned);
}

/* An unfused plan finds a kernel packed that a fused plan packed, and the other way round. */
TEST(plans_share_packed_kernels) {
    static const uint32_t flags[2] = {0, GC_PLAN_UNFUSED};
    float logits[2][2][SMALL_CLASSES], input[18 * 14 * 3];
    for (uint32_t i = 0; i < 18 * 14 * 3; i++)
        input[i] = small_random(i, 77);
    for (int first = 0; first < 2; first++) {
        gc_model *model = model_with_weights();
        REQUIRE(model != NULL);
        for (int i = 0; i < 4; i++) {
            const int kind = (first + i) % 2;
            float *found = logits[first][kind], again[SMALL_CLASSES];
            EXPECT_OK(gc_model_plan(model, 18, 14, flags[kind]));
            EXPECT_OK(gc_model_forward(model, input, 18 * 14 * 3));
            EXPECT_OK(gc_model_outputs(model, GC_LOGIT, i < 2 ? found : again, SMALL_CLASSES));
            if (i >= 2)
                EXPECT_BYTES(again, found, sizeof again);
        }
        EXPECT(small_difference(logits[first][0], logits[first][1], SMALL_CLASSES) <
               1e-4 * small_largest(logits[first][0], SMALL_CLASSES));
        gc_model_destroy(model);
    }
}

TEST(a_weight_is_set_when_all_of_it_was_checked) {
    gc_model *model;
    int32_t index;
    float *buffer;
    REQUIRE_OK(gc_model_create(&model, small_blocks_config, strlen(small_blocks_config)));
    REQUIRE_OK(gc_model_find_weight(model, "head/dense/bias", &index));
    EXPECT_STATUS(gc_model_check_weight(model, index, 1), GC_INVALID_ARGUMENT); /* no values yet */
    EXPECT_STATUS(gc_model_weight_buffer(model, index, CLASSES + 1, &buffer), GC_INVALID_MODEL);
    EXPECT_STATUS(gc_model_weight_buffer(model, 999, CLASSES, &buffer), GC_INVALID_ARGUMENT);
    REQUIRE_OK(gc_model_weight_buffer(model, index, CLASSES, &buffer));
    for (int32_t i = 0; i < CLASSES; i++)
        buffer[i] = i < 3 ? 1 : INFINITY;
    EXPECT_OK(gc_model_check_weight(model, index, 3));
    EXPECT_STATUS(gc_model_check_weight(model, index, CLASSES - 3), GC_INVALID_MODEL);
    EXPECT_CONTAINS(gc_error(), "head/dense/bias");
    buffer[3] = buffer[4] = -1;
    EXPECT_STATUS(gc_model_check_weight(model, index, CLASSES - 2), GC_INVALID_ARGUMENT);
    EXPECT_OK(gc_model_check_weight(model, index, CLASSES - 3));
    gc_model_destroy(model);
}

TEST(a_model_with_a_weight_half_set_cannot_be_planned) {
    static const char config[] =
        "{\"class_name\":\"Sequential\",\"config\":{\"name\":\"m\",\"layers\":["
        "{\"class_name\":\"InputLayer\",\"config\":{\"name\":\"i\",\"batch_shape\":[null,1,1,2]}},"
        "{\"class_name\":\"Dense\",\"config\":{\"name\":\"d\",\"units\":2,\"use_bias\":false}}]}}";
    gc_model *model;
    float *buffer;
    REQUIRE_OK(gc_model_create(&model, config, strlen(config)));
    REQUIRE_OK(gc_model_weight_buffer(model, 0, 4, &buffer));
    for (int32_t i = 0; i < 4; i++)
        buffer[i] = 1;
    EXPECT_OK(gc_model_check_weight(model, 0, 3));
    EXPECT_STATUS(gc_model_plan(model, 1, 1, 0), GC_NOT_READY);
    EXPECT_CONTAINS(gc_error(), "d/kernel");
    EXPECT_OK(gc_model_check_weight(model, 0, 1));
    EXPECT_OK(gc_model_plan(model, 1, 1, 0));
    EXPECT_STATUS(gc_model_weight_buffer(model, 0, 4, &buffer), GC_INVALID_ARGUMENT);
    gc_model_destroy(model);
}

TEST(a_plan_in_parts_is_the_same_plan) {
    float *input, scores[CLASSES], expected[CLASSES];
    size_t count;
    int32_t left, last = INT32_MAX;
    gc_model *model = small_model(small_open_config, 18, 14, 0, &input, &count);
    REQUIRE(model != NULL);
    EXPECT_OK(gc_model_outputs(model, GC_SCORE, expected, CLASSES));
    REQUIRE_OK(gc_model_plan_start(model, 18, 14, 0));
    EXPECT_STATUS(gc_model_forward(model, input, count), GC_NOT_READY);
    EXPECT_STATUS(gc_model_outputs(model, GC_SCORE, scores, CLASSES), GC_NOT_READY);
    do {
        REQUIRE_OK(gc_model_plan_next(model, &left));
        EXPECT(left < last);
        last = left;
    } while (left > 0);
    EXPECT_OK(gc_model_plan_next(model, &left));
    EXPECT_INT(left, 0);
    EXPECT_OK(gc_model_forward(model, input, count));
    EXPECT_OK(gc_model_outputs(model, GC_SCORE, scores, CLASSES));
    EXPECT_NEAR(small_difference(scores, expected, CLASSES), 0, 0);
    gc_model_destroy(model);
    free(input);
}

TEST(a_destroyed_model_leaves_nothing_behind) {
    const size_t before = gc_memory_in_use();
    float *input, raw[19 * 17], padded[19 * 17 * 3];
    size_t count;
    int32_t layer;
    gc_model *model = small_model(small_blocks_config, 18, 14, 0, &input, &count);
    REQUIRE(model != NULL);
    EXPECT_OK(gc_model_find_layer(model, "stem_pad", &layer));
    EXPECT_OK(small_explain(model, 0, small_seed(0), 1, GC_SCORE, &layer, 1, raw, 19 * 17, NULL));
    EXPECT_OK(
        gc_model_activation(model, layer, padded, 19 * 17 * 3)); /* runs a group node by node */
    EXPECT_INT((long long)(gc_memory_in_use() - before), (long long)gc_model_memory(model));
    gc_model_destroy(model);
    free(input);
    EXPECT_INT((long long)gc_memory_in_use(), (long long)before);
}
