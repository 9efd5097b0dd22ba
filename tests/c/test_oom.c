/* Allocations that fail. Every way through the engine runs again and again. In run n the n-th
 * allocation fails, alone or with all that follow. The linker sends malloc here (--wrap=malloc).
 * Double precision and relaxed SIMD allocate in the same places, so one native program and one of
 * WebAssembly run these tests. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "layer_models.h"
#include "ops/ops.h"
#include "picture_files.h"
#include "small_models.h"
#include "test.h"

/* ---- The allocator ---- */

static long allocations; /* since the count began */
static long first_to_fail;
static bool all_fail; /* from the first one on */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size) {
    allocations++;
    const bool fails = all_fail ? allocations >= first_to_fail : allocations == first_to_fail;
    return first_to_fail > 0 && fails ? NULL : __real_malloc(size);
}

#if !defined(GC_DOUBLE) && !defined(__wasm_relaxed_simd__)

/* Lets the n-th allocation from now on fail, none for 0. */
static void fail_from(long n, bool all) {
    allocations = 0;
    first_to_fail = n;
    all_fail = all;
}

/* ---- A model from its configuration to its maps ---- */

#define MAX_VALUES 8192
#define MAX_LAYERS 64
#define SIDE 12 /* of an open input */

struct results {
    float scores[8];
    float maps[MAX_VALUES];
    float values[MAX_VALUES];
};

static const struct layer_model *subject;
static char *subject_json;

static gc_status plan_and_run(gc_model *model) {
    static float input[MAX_VALUES];
    int32_t height, width;
    layer_model_size(model, SIDE, &height, &width);
    const size_t count = (size_t)height * (size_t)width * 3;
    for (size_t i = 0; i < count; i++)
        input[i] = small_random((uint32_t)i, 7);
    const gc_status status = gc_model_plan(model, height, width, 0);
    return status == GC_OK ? gc_model_forward(model, input, count) : status;
}

/* Explains two classes at every layer that has a map. */
static gc_status explain(gc_model *model, struct results *out) {
    float seeds[16] = {0};
    int32_t layers[MAX_LAYERS], count = 0;
    size_t size = 0;
    for (int32_t l = 0; l < gc_model_layer_count(model); l++) {
        const size_t positions = layer_model_positions(model, l);
        if (positions > 0 && count < MAX_LAYERS) {
            layers[count++] = l;
            size += positions;
        }
    }
    const int32_t classes = gc_model_class_count(model);
    seeds[0] = 1;
    seeds[2 * classes - 1] = 1;
    return small_explain(model, 0, seeds, 2, GC_LOGIT, layers, count, out->maps, 2 * size, NULL);
}

/* Layers that fusion swallowed take memory once more. */
static gc_status read_layers(gc_model *model, struct results *out) {
    gc_status status = GC_OK;
    for (int32_t l = 0; l < gc_model_layer_count(model) && status == GC_OK; l++) {
        int32_t rank;
        size_t positions;
        const size_t size = small_layer_size(model, l, &rank, &positions);
        status = gc_model_activation(model, l, out->values, size);
    }
    return status;
}

/* Weights can be set only before a plan, so a second call leaves them. */
static gc_status use(gc_model *model, struct results *out) {
    gc_status status = layer_model_set_weights(model, 1);
    if (status == GC_OK || status == GC_INVALID_ARGUMENT)
        status = plan_and_run(model);
    if (status == GC_OK)
        status =
            gc_model_outputs(model, GC_SCORE, out->scores, (size_t)gc_model_output_count(model));
    if (status == GC_OK)
        status = explain(model, out);
    return status == GC_OK ? read_layers(model, out) : status;
}

/* ---- Every failure ---- */

static void expect_out_of_memory(gc_status status) {
    if (EXPECT_STATUS(status, GC_OUT_OF_MEMORY))
        EXPECT_CONTAINS(gc_error(), "memory");
}

static void expect_same(const struct results *found, const struct results *expected) {
    EXPECT_BYTES(found->scores, expected->scores, sizeof found->scores);
    EXPECT_BYTES(found->maps, expected->maps, sizeof found->maps);
}

/* Runs a model with the failure that is set, then once more without it. The second run is as long
 * as the first, so only every fourth model is run twice. */
static void run_model(long n, const struct results *expected) {
    static struct results found;
    const size_t held = gc_memory_in_use();
    gc_model *model;
    gc_status status = gc_model_create(&model, subject_json, strlen(subject->config));
    EXPECT((status == GC_OK) == (model != NULL));
    if (model != NULL)
        status = use(model, &found);
    fail_from(0, false);
    if (status == GC_OK) /* without some memory the engine is only slower */
        expect_same(&found, expected);
    else
        expect_out_of_memory(status);
    if (model != NULL && n % 4 == 0 && EXPECT_OK(use(model, &found)))
        expect_same(&found, expected);
    gc_model_destroy(model);
    EXPECT_INT((long long)gc_memory_in_use(), (long long)held);
}

/* Runs a model without failures. Returns how often it allocates. */
static long run_whole_model(struct results *out) {
    gc_model *model;
    long count = 0;
    fail_from(0, false);
    if (EXPECT_OK(gc_model_create(&model, subject_json, strlen(subject->config))) &&
        EXPECT_OK(use(model, out)))
        count = allocations;
    gc_model_destroy(model);
    return count;
}

TEST(models_survive_every_failed_allocation) {
    for (subject = layer_models; subject->name != NULL; subject++) {
        static struct results expected;
        subject_json = layer_model_json(subject->config, strlen(subject->config));
        const long count = run_whole_model(&expected);
        EXPECT(count > 50);
        for (int all = 0; all < 2; all++)
            for (long n = 1; n <= count; n++) {
                fail_from(n, all == 1);
                run_model(n, &expected);
            }
        free(subject_json);
    }
}

/* ---- A step ---- */

/* The first backward packs weights. One that ran out of memory leaves that to the next one. */
TEST(a_backward_pass_follows_one_that_ran_out_of_memory) {
    enum { SIDE_IN = 6, CHANNELS = 4, FILTERS = 5, COUNT_IN = SIDE_IN * SIDE_IN * CHANNELS };
    const struct gc_conv2d_params params = {FILTERS, 1, {3, 3, 2, 2, 1, 1, true}, false};
    const gc_shape in = {3, {SIDE_IN, SIDE_IN, CHANNELS}};
    float kernel[3 * 3 * CHANNELS * FILTERS], dout[3 * 3 * FILTERS];
    float expected[COUNT_IN], din[COUNT_IN];
    for (uint32_t i = 0; i < sizeof kernel / sizeof *kernel; i++)
        kernel[i] = small_random(i, 5);
    for (uint32_t i = 0; i < sizeof dout / sizeof *dout; i++)
        dout[i] = small_random(i, 6);
    bool is_done = false;
    for (long n = 0; !is_done; n++) {
        struct gc_step step = {.op = &gc_op_conv2d, .params = &params, .input_count = 1, .in = &in};
        step.min = -INFINITY;
        step.max = INFINITY;
        step.weights[0] = kernel;
        REQUIRE_OK(step.op->shape(&step.out, &in, 1, &params));
        REQUIRE_OK(gc_step_prepare(&step));
        fail_from(n, false);
        const gc_status status = step.path->backward(&step, 0, din, dout, NULL, NULL);
        is_done = n > 0 && allocations < n;
        fail_from(0, false);
        if (n > 0 && !is_done)
            expect_out_of_memory(status);
        EXPECT_OK(step.path->backward(&step, 0, din, dout, NULL, NULL));
        if (n == 0)
            memcpy(expected, din, sizeof expected);
        EXPECT_BYTES(din, expected, sizeof din);
        memset(din, 0, sizeof din);
        gc_step_release(&step);
    }
}

/* ---- Weights that are set anew ---- */

/* Plans a model while the n-th allocation fails. Returns whether it did not. */
static bool plan_with_failure(gc_model *model, long n) {
    fail_from(n, false);
    const gc_status status = gc_model_plan(model, 18, 14, 0);
    const bool failed = allocations >= n;
    fail_from(0, false);
    if (status != GC_OK)
        expect_out_of_memory(status);
    return !failed;
}

/* A plan that failed may have packed kernels. The next plan reads what was set after that. */
TEST(weights_that_are_set_after_a_plan_that_failed_are_read) {
    float expected[SMALL_CLASSES], found[SMALL_CLASSES];
    bool is_planned = false;
    for (long n = 0; !is_planned; n++) {
        gc_model *model;
        REQUIRE_OK(gc_model_create(&model, small_blocks_config, strlen(small_blocks_config)));
        EXPECT_OK(layer_model_set_weights(model, 1));
        is_planned = n > 0 && plan_with_failure(model, n);
        if (layer_model_set_weights(model, 2) == GC_OK) { /* there is no plan */
            EXPECT_OK(gc_model_plan(model, 18, 14, 0));
            EXPECT_OK(layer_model_run(model, 3));
            EXPECT_OK(gc_model_outputs(model, GC_LOGIT, found, SMALL_CLASSES));
            if (n == 0)
                memcpy(expected, found, sizeof expected);
            EXPECT_BYTES(found, expected, sizeof expected);
        }
        gc_model_destroy(model);
    }
}

/* ---- Pictures ---- */

static gc_status decode_and_draw(const struct file *f) {
    static float input[5 * 7 * 3];
    static uint8_t overlay[16 * 16 * 4];
    const float map[4] = {0, 1, 0.5f, 0.25f};
    uint8_t *pixels;
    int32_t width, height;
    gc_status status = gc_image_decode(&pixels, &width, &height, f->bytes, f->length);
    EXPECT((status == GC_OK) == (pixels != NULL));
    if (status == GC_OK)
        status = gc_image_to_input(input, overlay, 5, 7, 3, pixels, width, height, GC_LANCZOS,
                                   GC_PREPROCESS_TF, NULL);
    if (status == GC_OK)
        status = gc_heatmap_overlay(overlay, pixels, width, height, map, 2, 2, "viridis", NULL, 0.5,
                                    GC_BICUBIC);
    gc_free(pixels);
    return status;
}

TEST(pictures_survive_every_failed_allocation) {
    static struct file files[PICTURE_FILES];
    picture_files(files);
    for (int i = 0; i < PICTURE_FILES; i++) {
        fail_from(0, false);
        EXPECT_OK(decode_and_draw(&files[i]));
        const long count = allocations;
        EXPECT(count > 2);
        for (int all = 0; all < 2; all++)
            for (long n = 1; n <= count; n++) {
                const size_t held = gc_memory_in_use();
                fail_from(n, all == 1);
                const gc_status status = decode_and_draw(&files[i]);
                fail_from(0, false);
                if (status != GC_OK)
                    expect_out_of_memory(status);
                EXPECT_INT((long long)gc_memory_in_use(), (long long)held);
            }
    }
}

#endif
