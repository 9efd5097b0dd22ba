/* Scores with a channel of a layer set to 0, against runs in which it is set by hand. */
#include "api/model.h"
#include "base/memory.h"
#include "keras_json.h"
#include "layer_models.h"
#include "small_models.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A model in two plans. Only the first is fused. */
struct both {
    gc_model *fused, *plain;
    float *seed;
    size_t classes;
};

static bool open_both(struct both *b, const char *config) {
    b->fused = layer_model_open(config, 0);
    b->plain = layer_model_open(config, GC_PLAN_UNFUSED | GC_PLAN_KEEP_LAYERS);
    b->seed = NULL;
    if (!EXPECT_OK(layer_model_run(b->fused, 77)) || !EXPECT_OK(layer_model_run(b->plain, 77)))
        return false;
    b->classes = (size_t)gc_model_class_count(b->fused);
    b->seed = malloc(b->classes * sizeof *b->seed);
    for (size_t i = 0; i < b->classes; i++)
        b->seed[i] = small_random((uint32_t)i, 78);
    return true;
}

static void close_both(struct both *b) {
    gc_model_destroy(b->fused);
    gc_model_destroy(b->plain);
    free(b->seed);
}

/* ---- The same by hand ---- */

static size_t value_count(const gc_model *model, int32_t value) {
    return gc_shape_count(&model->graph.values[value].shape);
}

/* Runs the groups after the value, in the plan's own tensors. */
static void run_rest(gc_model *model, int32_t value) {
    const struct gc_plan *plan = model->plan;
    bool is_after = value < model->graph.input_count;
    for (int32_t g = 0; g < plan->group_count; g++) {
        struct gc_group *group = &plan->groups[g];
        if (is_after && !group->step.op->is_view)
            EXPECT_OK(
                group->step.path->forward(&group->step, plan->tensors[group->output], group->in));
        is_after = is_after || group->output == value;
    }
}

/* S with a channel set to 0 where it lies. The next run restores all. */
static double by_hand(const struct both *b, gc_output output, int32_t value, int32_t channel) {
    gc_model *model = b->plain;
    gc_real *tensor = model->plan->tensors[value];
    const size_t count = value_count(model, value);
    const size_t channels = (size_t)gc_shape_channels(&model->graph.values[value].shape);
    gc_real *kept = malloc(count * sizeof *kept);
    memcpy(kept, tensor, count * sizeof *kept);
    for (size_t i = (size_t)channel; i < count; i += channels)
        tensor[i] = 0;
    run_rest(model, value);
    const double score = gc_model_explained(
        model, b->seed, model->plan->tensors[gc_model_output_value(model, output)]);
    memcpy(tensor, kept, count * sizeof *kept);
    run_rest(model, value);
    free(kept);
    return score;
}

/* Whether a view of the value's memory stands before the value, so that setting a channel by hand
 * changes more than the value. */
static bool is_shared(const gc_model *model, int32_t value) {
    const int32_t producer = model->graph.values[value].producer;
    return producer != GC_NONE && model->graph.nodes[producer].op->is_view;
}

static void expect_scores(struct both *b, gc_output output, int32_t layer) {
    const int32_t value = b->plain->graph.layers[layer].value;
    const int32_t channels = gc_shape_channels(&b->plain->graph.values[value].shape);
    const int32_t all = GC_NONE;
    double whole = 0;
    if (is_shared(b->plain, value))
        return;
    EXPECT_OK(gc_model_ablate(b->fused, output, b->seed, b->classes, layer, &all, 1, &whole));
    const double scale = fmax(1, fabs(whole));
    for (int32_t channel = 0; channel < channels; channel += channels > 6 ? 5 : 1) {
        double score = NAN;
        EXPECT_OK(
            gc_model_ablate(b->fused, output, b->seed, b->classes, layer, &channel, 1, &score));
        EXPECT_NEAR(score, by_hand(b, output, value, channel), 2e-4 * scale);
    }
}

/* Every tensor of a run. */
static gc_real *copy_run(const gc_model *model, size_t *bytes) {
    size_t count = 0;
    for (int32_t v = 0; v < model->graph.value_count; v++)
        count += model->plan->tensors[v] == NULL ? 0 : value_count(model, v);
    gc_real *copy = malloc(count * sizeof *copy), *to = copy;
    for (int32_t v = 0; v < model->graph.value_count; v++) {
        if (model->plan->tensors[v] == NULL)
            continue;
        memcpy(to, model->plan->tensors[v], value_count(model, v) * sizeof *to);
        to += value_count(model, v);
    }
    *bytes = count * sizeof *copy;
    return copy;
}

static void expect_all_layers(const char *config) {
    struct both b;
    REQUIRE(open_both(&b, config));
    size_t bytes;
    /* From the last on, so that the run keeps more and more. */
    for (int32_t layer = gc_model_layer_count(b.fused) - 1; layer >= 0; layer--)
        expect_scores(&b, GC_LOGIT, layer);
    gc_real *before = copy_run(b.fused, &bytes);
    for (int32_t layer = 0; layer < gc_model_layer_count(b.fused); layer++)
        expect_scores(&b, GC_SCORE, layer);
    gc_real *after = copy_run(b.fused, &bytes);
    EXPECT_BYTES(after, before, bytes);
    free(before);
    free(after);
    close_both(&b);
}

TEST(ablation_of_every_layer_is_that_by_hand) {
    expect_all_layers(small_blocks_config);
    for (const struct layer_model *model = layer_models; model->name != NULL; model++)
        expect_all_layers(model->config);
}

/* ---- Views, and paths around a layer ---- */

#define RESHAPE(NAME, TARGET, FROM_NAME)                                                           \
    LAYER("Reshape", NAME, ",'target_shape':" TARGET, FROM(FROM_NAME))

/* The convolution goes to the sum directly, and as a view of a view. */
static const char views_config[] =
    FUNCTIONAL("out", PICTURE, CONV("conv", ",'padding':'same'", FROM("in")),
               RESHAPE("list", "[64,4]", "conv"), RESHAPE("square", "[8,8,4]", "list"),
               LAYER("Add", "sum", "", FROM2("conv", "square")), POOL("pool", FROM("sum")),
               DENSE("out", FROM("pool")));

static double drop_of(const struct both *b, const char *name, int32_t channel) {
    int32_t layer = 0;
    double scores[2] = {0, 0};
    const int32_t channels[2] = {GC_NONE, channel};
    EXPECT_OK(gc_model_find_layer(b->fused, name, &layer));
    EXPECT_OK(gc_model_ablate(b->fused, GC_LOGIT, b->seed, b->classes, layer, channels, 2, scores));
    return scores[0] - scores[1];
}

TEST(a_view_alone_loses_a_channel) {
    struct both b;
    REQUIRE(open_both(&b, views_config));
    for (int32_t channel = 0; channel < 4; channel++) {
        const double drop = drop_of(&b, "sum", channel);
        EXPECT(fabs(drop) > 1e-3);
        EXPECT_NEAR(drop_of(&b, "conv", channel), drop, 1e-5);
        EXPECT_NEAR(drop_of(&b, "list", channel), drop / 2, 1e-5);
        EXPECT_NEAR(drop_of(&b, "square", channel), drop / 2, 1e-5);
    }
    close_both(&b);
}

/* ---- Linear tails ---- */

static int32_t linear_after(const struct both *b, const char *name, gc_output output) {
    int32_t layer = 0, linear = -1;
    EXPECT_OK(gc_model_find_layer(b->fused, name, &layer));
    EXPECT_OK(gc_model_is_linear_after(b->fused, output, layer, &linear));
    return linear;
}

TEST(tails_of_linear_operators_are_known) {
    struct both b;
    REQUIRE(open_both(&b, small_blocks_config));
    EXPECT_INT(linear_after(&b, "last_relu", GC_LOGIT), 1);
    EXPECT_INT(linear_after(&b, "head/dense", GC_SCORE), 1);
    EXPECT_INT(linear_after(&b, "last_relu", GC_SCORE), 0);
    EXPECT_INT(linear_after(&b, "last_bn", GC_LOGIT), 0);
    EXPECT_INT(linear_after(&b, "stem", GC_LOGIT), 0);
    close_both(&b);
}

/* ---- Failures ---- */

TEST(ablation_refuses_what_it_cannot_do) {
    struct both b;
    double score;
    int32_t channel = 0;
    REQUIRE(open_both(&b, small_blocks_config));
    const size_t held = gc_memory_in_use();
    EXPECT_STATUS(gc_model_ablate(b.fused, GC_LOGIT, b.seed, b.classes, 999, &channel, 1, &score),
                  GC_UNKNOWN_LAYER);
    EXPECT_STATUS(gc_model_ablate(b.fused, GC_LOGIT, b.seed, 1, 0, &channel, 1, &score),
                  GC_INVALID_ARGUMENT);
    EXPECT_STATUS(gc_model_ablate(b.fused, GC_LOGIT, b.seed, b.classes, 0, &channel, 0, &score),
                  GC_INVALID_ARGUMENT);
    channel = 3;
    EXPECT_STATUS(gc_model_ablate(b.fused, GC_LOGIT, b.seed, b.classes, 0, &channel, 1, &score),
                  GC_INVALID_ARGUMENT);
    channel = -2;
    EXPECT_STATUS(gc_model_ablate(b.fused, GC_LOGIT, b.seed, b.classes, 0, &channel, 1, &score),
                  GC_INVALID_ARGUMENT);
    EXPECT_INT((long long)gc_memory_in_use(), (long long)held);
    close_both(&b);
}
