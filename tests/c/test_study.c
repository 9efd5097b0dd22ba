/* The changes that studies make of an input, and the sums that they take over runs. */
#include "api/model.h"
#include "base/memory.h"
#include "small_models.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TARGET 3

struct studied {
    gc_model *model;
    gc_study *study;
    float *input, *values; /* [count] */
    size_t count;
};

static bool begin(struct studied *s, uint32_t flags) {
    *s = (struct studied){0};
    s->model = small_model(small_blocks_config, 18, 14, flags, &s->input, &s->count);
    s->values = malloc(s->count * sizeof *s->values);
    return EXPECT(s->model != NULL && s->values != NULL) &&
           EXPECT_OK(
               gc_study_create(&s->study, s->model, GC_LOGIT, small_seed(TARGET), SMALL_CLASSES));
}

static void end(struct studied *s) {
    gc_study_destroy(s->study);
    gc_model_destroy(s->model);
    free(s->input);
    free(s->values);
}

static void read_changed(struct studied *s) {
    EXPECT_OK(gc_study_input(s->study, s->values, s->count));
}

/* ---- Changes ---- */

/* From the formulas, computed in Python. */
TEST(noise_is_the_same_on_every_machine) {
    static const double bell[] = {0.280400902, 0.14852716, 0.285710931, -0.128914252};
    static const double uniform[] = {0.00845744554, 0.00191987073, -0.0187286995, -0.00394108705};
    struct studied s;
    REQUIRE(begin(&s, 0));
    EXPECT_OK(gc_study_noise(s.study, GC_BELL, (double)0.3f, 501, 0));
    read_changed(&s);
    for (size_t i = 0; i < 4; i++)
        EXPECT_NEAR((double)(s.values[i] - s.input[i]), bell[i], 1e-6);
    EXPECT_OK(gc_study_noise(s.study, GC_UNIFORM, 0.02, 701, 3));
    read_changed(&s);
    for (size_t i = 0; i < 4; i++)
        EXPECT_NEAR((double)(s.values[i] - s.input[i]), uniform[i], 1e-6);
    EXPECT_STATUS(gc_study_noise(s.study, GC_BELL, NAN, 1, 0), GC_INVALID_ARGUMENT);
    EXPECT_STATUS(gc_study_noise(s.study, (gc_noise)7, 1, 1, 0), GC_INVALID_ARGUMENT);
    end(&s);
}

TEST(a_mixture_lies_between_baseline_and_input) {
    struct studied s;
    REQUIRE(begin(&s, 0));
    for (size_t i = 0; i < s.count; i++)
        s.values[i] = 2;
    EXPECT_OK(gc_study_set_baseline(s.study, s.values, s.count));
    for (int quarters = 0; quarters <= 4; quarters++) {
        EXPECT_OK(gc_study_mix(s.study, quarters / 4.0));
        read_changed(&s);
        for (size_t i = 0; i < s.count; i++)
            EXPECT_NEAR((double)s.values[i], 2 + quarters / 4.0 * ((double)s.input[i] - 2), 1e-6);
    }
    EXPECT(memcmp(s.values, s.input, s.count * sizeof *s.values) == 0);
    EXPECT_STATUS(gc_study_mix(s.study, INFINITY), GC_INVALID_ARGUMENT);
    s.values[5] = NAN;
    EXPECT_STATUS(gc_study_set_baseline(s.study, s.values, s.count), GC_INVALID_ARGUMENT);
    EXPECT_STATUS(gc_study_set_baseline(s.study, s.values, s.count - 1), GC_INVALID_ARGUMENT);
    end(&s);
}

/* The map 0 1 over 2 pixels, enlarged to 16, of which the window shows columns 1 to 14. */
TEST(a_mask_is_a_resized_map) {
    struct studied s;
    REQUIRE(begin(&s, 0));
    EXPECT_OK(gc_study_mask(s.study, (float[]){0, 1}, 1, 2, 18, 16, 0, 1));
    read_changed(&s);
    for (size_t i = 0; i < s.count; i++) {
        const double at = ((double)(i / 3 % 14) + 1.5) * 2 / 16 - 0.5;
        EXPECT_NEAR((double)s.values[i], fmin(fmax(at, 0), 1) * (double)s.input[i], 1e-6);
    }
    gc_study_add_mask(s.study, 3, 1);
    float sums[18 * 14];
    EXPECT_OK(gc_study_sums(s.study, GC_MASKS, sums, 18 * 14));
    EXPECT_NEAR((double)sums[0], 1, 1e-6);
    EXPECT_NEAR((double)sums[13], 3, 1e-6);
    EXPECT_NEAR((double)(sums[6] + sums[7]), 4, 1e-6);
    EXPECT_STATUS(gc_study_mask(s.study, (float[]){0, 1}, 1, 2, 18, 16, 0, 3), GC_INVALID_ARGUMENT);
    EXPECT_STATUS(gc_study_mask(s.study, (float[]){0, NAN}, 1, 2, 18, 14, 0, 0),
                  GC_INVALID_ARGUMENT);
    EXPECT_STATUS(gc_study_mask(s.study, NULL, 1, 2, 18, 14, 0, 0), GC_INVALID_ARGUMENT);
    end(&s);
}

TEST(a_window_is_covered_by_the_baseline) {
    struct studied s;
    REQUIRE(begin(&s, 0));
    for (size_t i = 0; i < s.count; i++)
        s.values[i] = 7;
    EXPECT_OK(gc_study_set_baseline(s.study, s.values, s.count));
    EXPECT_OK(gc_study_cover(s.study, 16, 11, 2, 3));
    read_changed(&s);
    for (size_t i = 0; i < s.count; i++) {
        const size_t row = i / 3 / 14, column = i / 3 % 14;
        EXPECT(s.values[i] == (row >= 16 && column >= 11 ? 7 : s.input[i]));
    }
    gc_study_add_mask(s.study, 0, 5);
    float sums[18 * 14], totals[18 * 14];
    EXPECT_OK(gc_study_sums(s.study, GC_MASKS, sums, 18 * 14));
    EXPECT_OK(gc_study_sums(s.study, GC_MASK_TOTALS, totals, 18 * 14));
    EXPECT(sums[0] == 0 && totals[0] == 1 && sums[18 * 14 - 1] == 5 && totals[18 * 14 - 1] == 0);
    EXPECT_STATUS(gc_study_cover(s.study, 16, 11, 3, 3), GC_INVALID_ARGUMENT);
    EXPECT_STATUS(gc_study_cover(s.study, -1, 0, 3, 3), GC_INVALID_ARGUMENT);
    EXPECT_STATUS(gc_study_cover(s.study, INT32_MAX, 0, INT32_MAX, 1), GC_INVALID_ARGUMENT);
    EXPECT_STATUS(gc_study_cover(s.study, 0, 0, 0, 1), GC_INVALID_ARGUMENT);
    end(&s);
}

/* ---- Runs and sums ---- */

static void expect_gradients(uint32_t flags) {
    struct studied s;
    REQUIRE(begin(&s, flags));
    double score;
    float logits[SMALL_CLASSES], *expected = malloc(s.count * sizeof *expected);
    const int32_t input = 0;
    EXPECT_OK(gc_study_run(s.study, &score)); /* of the input itself */
    EXPECT_OK(gc_model_outputs(s.model, GC_LOGIT, logits, SMALL_CLASSES));
    EXPECT_NEAR(score, (double)logits[TARGET], 1e-6);
    EXPECT_OK(gc_study_add_gradient(s.study, 1, 1, 0));
    EXPECT_OK(gc_study_add_gradient(s.study, 2, 1, 0));
    EXPECT_OK(gc_model_gradients(s.model, GC_LOGIT, small_seed(TARGET), SMALL_CLASSES, &input, 1,
                                 expected, s.count));
    const double largest = small_largest(expected, s.count);
    EXPECT_OK(gc_study_sums(s.study, GC_GRADIENTS, s.values, s.count));
    for (size_t i = 0; i < s.count; i++)
        EXPECT_NEAR((double)s.values[i], 3 * (double)expected[i], 1e-5 * largest);
    EXPECT_OK(gc_study_sums(s.study, GC_SQUARES, s.values, s.count));
    for (size_t i = 0; i < s.count; i++)
        EXPECT_NEAR((double)s.values[i], 3 * (double)expected[i] * (double)expected[i],
                    1e-5 * largest * largest);
    free(expected);
    end(&s);
}

/* The model has run on the input already, so that its gradient costs a backward pass only. */
TEST(the_run_on_the_input_itself_is_taken_over) {
    struct studied s;
    REQUIRE(begin(&s, 0));
    float *squares = malloc(s.count * sizeof *squares);
    EXPECT_OK(gc_study_mix(s.study, 0));
    EXPECT_OK(gc_study_unchanged(s.study));
    read_changed(&s);
    EXPECT(memcmp(s.values, s.input, s.count * sizeof *s.values) == 0);
    EXPECT_OK(gc_study_add_gradient(s.study, 1, -2, 0));
    EXPECT_OK(gc_study_sums(s.study, GC_GRADIENTS, s.values, s.count));
    EXPECT_OK(gc_study_sums(s.study, GC_SQUARES, squares, s.count));
    for (size_t i = 0; i < s.count; i++)
        EXPECT_NEAR((double)squares[i], (double)s.values[i] * (double)s.values[i], 1e-6);
    EXPECT_OK(gc_study_add_gradient(s.study, 1, 2, 0)); /* the mean is 0 */
    EXPECT_OK(gc_study_sums(s.study, GC_VARIANCES, s.values, s.count));
    EXPECT_NEAR(small_difference(s.values, squares, s.count), 0, 1e-9);
    EXPECT_STATUS(gc_study_add_gradient(s.study, NAN, 1, 0), GC_INVALID_ARGUMENT);
    EXPECT_STATUS(gc_study_sums(s.study, (gc_sums)5, s.values, s.count), GC_INVALID_ARGUMENT);
    free(squares);
    end(&s);
}

TEST(gradients_add_up_with_their_weights) {
    expect_gradients(0);
    expect_gradients(GC_PLAN_UNFUSED);
}

TEST(cleared_sums_begin_again) {
    struct studied s;
    REQUIRE(begin(&s, 0));
    float *first = malloc(s.count * sizeof *first);
    EXPECT_OK(gc_study_run(s.study, NULL));
    EXPECT_OK(gc_study_add_gradient(s.study, 1, 1, 0));
    EXPECT_OK(gc_study_sums(s.study, GC_GRADIENTS, first, s.count));
    gc_study_clear(s.study);
    const size_t counts[] = {s.count, s.count, s.count / 3};
    for (int32_t which = GC_GRADIENTS; which <= GC_MASKS; which++) {
        EXPECT_OK(gc_study_sums(s.study, (gc_sums)which, s.values, counts[which]));
        EXPECT(small_largest(s.values, counts[which]) == 0);
    }
    EXPECT_OK(gc_study_add_gradient(s.study, 1, 1, 0));
    EXPECT_OK(gc_study_sums(s.study, GC_GRADIENTS, s.values, s.count));
    EXPECT(memcmp(s.values, first, s.count * sizeof *first) == 0);
    free(first);
    end(&s);
}

/* The rule holds for clamps that fusion swallowed too. */
TEST(guided_gradients_are_the_same_fused_and_unfused) {
    struct studied fused, unfused;
    REQUIRE(begin(&fused, 0) && begin(&unfused, GC_PLAN_UNFUSED));
    struct studied *const both[] = {&fused, &unfused};
    for (size_t i = 0; i < 2; i++) {
        EXPECT_OK(gc_study_run(both[i]->study, NULL));
        EXPECT_OK(gc_study_add_gradient(both[i]->study, 1, 1, 1));
        EXPECT_OK(gc_study_sums(both[i]->study, GC_GRADIENTS, both[i]->values, both[i]->count));
    }
    const double largest = small_largest(unfused.values, unfused.count);
    EXPECT(largest > 0);
    EXPECT_NEAR(small_difference(fused.values, unfused.values, fused.count), 0, 1e-5 * largest);
    EXPECT_INT(gc_model_relu_count(fused.model), 6);
    EXPECT_OK(gc_study_add_gradient(fused.study, -1, 1, 0));
    EXPECT_OK(gc_study_sums(fused.study, GC_GRADIENTS, fused.values, fused.count));
    EXPECT(small_largest(fused.values, fused.count) > 0.01 * largest); /* another rule */
    end(&fused);
    end(&unfused);
}

/* Runs on a mixture and adds a gradient. Returns how many forward passes the gradient took. A
 * forward pass writes the scores anew, so that a mark on them tells whether one was made. */
static int add_gradient(struct studied *s, bool is_expected) {
    gc_real *scores;
    EXPECT_OK(gc_study_mix(s->study, 0.5));
    if (is_expected)
        gc_model_expect_gradients(s->model);
    EXPECT_OK(gc_study_run(s->study, NULL));
    scores = s->model->plan->tensors[s->model->graph.output];
    scores[0] = -7;
    gc_study_clear(s->study);
    EXPECT_OK(gc_study_add_gradient(s->study, 1, 1, 0));
    EXPECT_OK(gc_study_sums(s->study, GC_GRADIENTS, s->values, s->count));
    scores = s->model->plan->tensors[s->model->graph.output]; /* they may lie elsewhere now */
    return scores[0] != -7;
}

static void expect_one_pass(uint32_t flags) {
    struct studied s;
    REQUIRE(begin(&s, flags));
    float *first = malloc(s.count * sizeof *first);
    EXPECT_INT(add_gradient(&s, false), flags == GC_PLAN_KEEP_LAYERS ? 0 : 1);
    memcpy(first, s.values, s.count * sizeof *first);
    for (int step = 0; step < 3; step++) {
        EXPECT_INT(add_gradient(&s, true), 0);
        EXPECT_BYTES(s.values, first, s.count * sizeof *first);
        if (step == 0) /* a run that nothing is asked of lets the next one keep little */
            EXPECT_OK(gc_study_run(s.study, NULL));
    }
    free(first);
    end(&s);
}

TEST(a_gradient_that_is_expected_takes_no_second_forward_pass) {
    expect_one_pass(0);
    expect_one_pass(GC_PLAN_KEEP_CHECKPOINTS);
    expect_one_pass(GC_PLAN_KEEP_LAYERS);
}

TEST(a_study_works_while_the_model_runs_on_other_inputs) {
    struct studied s;
    REQUIRE(begin(&s, 0));
    double first, second;
    EXPECT_STATUS(gc_study_add_gradient(s.study, 1, 1, 0), GC_NOT_READY);
    EXPECT_OK(gc_study_run(s.study, &first));
    memset(s.values, 0, s.count * sizeof *s.values);
    EXPECT_OK(gc_model_forward(s.model, s.values, s.count));
    EXPECT_STATUS(gc_study_add_gradient(s.study, 1, 1, 0), GC_NOT_READY);
    EXPECT_STATUS(gc_study_unchanged(s.study), GC_NOT_READY);
    EXPECT_OK(gc_study_run(s.study, &second));
    EXPECT(first == second);
    EXPECT_OK(gc_study_add_gradient(s.study, 1, 1, 0));
    end(&s);
}

TEST(a_study_gives_its_memory_back) {
    const size_t before = gc_memory_in_use();
    struct studied s;
    REQUIRE(begin(&s, 0));
    const size_t with_model = gc_memory_in_use();
    gc_study *other;
    EXPECT_OK(gc_study_create(&other, s.model, GC_SCORE, small_seed(0), SMALL_CLASSES));
    gc_study_destroy(other);
    EXPECT_INT((long long)gc_memory_in_use(), (long long)with_model);
    EXPECT_STATUS(gc_study_create(&other, s.model, GC_SCORE, small_seed(0), SMALL_CLASSES - 1),
                  GC_INVALID_ARGUMENT);
    EXPECT(other == NULL);
    gc_study_destroy(NULL);
    end(&s);
    EXPECT_INT((long long)gc_memory_in_use(), (long long)before);
}
