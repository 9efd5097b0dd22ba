/* Explanation methods: every method at every layer against its formula on whole tensors, and what
 * callers may rely on when layers and classes are explained together. */
#include "small_models.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CLASSES 5
#define TARGET 3
#define MAX_LAYERS 64

/* What a method adds up over the channels of a position, of the gradient g, the layer's output a,
 * and the mean m of the gradient over the channel's positions. */
typedef double term(double g, double a, double m);

static double grad_cam(double g, double a, double m) { return (void)g, m * a; }
static double hi_res_cam(double g, double a, double m) { return (void)m, g * a; }
static double layer_cam(double g, double a, double m) { return (void)m, fmax(g, 0) * a; }

static const struct formula {
    const char *name;
    term *term;
    bool takes_means; /* from the gradient; else the whole of it */
} formulas[] = {
    {"gradCam", grad_cam, true},
    {"hiResCam", hi_res_cam, false},
    {"layerCam", layer_cam, false},
};

enum { FORMULAS = sizeof formulas / sizeof *formulas };

/* All layers that have a map, and the number of values in their maps. */
static int32_t layers_with_maps(const gc_model *model, int32_t *layers, size_t *raw_count) {
    int32_t layer_count = 0, rank;
    size_t positions;
    *raw_count = 0;
    for (int32_t layer = 0; layer < gc_model_layer_count(model); layer++) {
        small_layer_size(model, layer, &rank, &positions);
        if (rank != 3)
            continue;
        layers[layer_count++] = layer;
        *raw_count += positions;
    }
    return layer_count;
}

/* ---- Formulas ---- */

/* A layer's tensors, [positions][channels]. */
struct tensors {
    size_t positions, channels;
    float *activation, *gradient;
};

static void free_tensors(struct tensors *t) {
    free(t->activation);
    free(t->gradient);
}

static bool read_tensors(struct tensors *t, gc_model *model, int32_t layer, gc_output output) {
    int32_t rank;
    float seed[CLASSES] = {0};
    const size_t count = small_layer_size(model, layer, &rank, &t->positions);
    seed[TARGET] = 1;
    t->channels = count / t->positions;
    t->activation = malloc(count * sizeof *t->activation);
    t->gradient = malloc(count * sizeof *t->gradient);
    return EXPECT(t->activation != NULL && t->gradient != NULL) &&
           EXPECT_OK(gc_model_activation(model, layer, t->activation, count)) &&
           EXPECT_OK(
               gc_model_gradients(model, output, seed, CLASSES, &layer, 1, t->gradient, count));
}

/* Adds one channel to a map, and its part to the square of the norm. */
static void add_channel(float *map, double *square, const struct formula *formula,
                        const struct tensors *t, size_t k) {
    double mean = 0;
    for (size_t p = 0; p < t->positions; p++)
        mean += (double)t->gradient[p * t->channels + k] / (double)t->positions;
    if (formula->takes_means)
        *square += mean * mean;
    for (size_t p = 0; p < t->positions; p++) {
        const double g = (double)t->gradient[p * t->channels + k];
        if (!formula->takes_means)
            *square += g * g;
        map[p] += (float)formula->term(g, (double)t->activation[p * t->channels + k], mean);
    }
}

static void expect_map(gc_model *model, const struct formula *formula, gc_output output,
                       int32_t layer, const float *raw, float norm) {
    struct tensors t = {0};
    if (read_tensors(&t, model, layer, output)) {
        float *expected = calloc(t.positions, sizeof *expected);
        double square = 0;
        for (size_t k = 0; k < t.channels; k++)
            add_channel(expected, &square, formula, &t, k);
        const double largest = small_largest(expected, t.positions);
        if (!EXPECT_NEAR(small_difference(raw, expected, t.positions), 0, 1e-5 * largest) ||
            !EXPECT_NEAR((double)norm, sqrt(square), 1e-5 * sqrt(square)))
            EXPECT_TEXT(gc_layer_path(model, layer), formula->name); /* says where */
        free(expected);
    }
    free_tensors(&t);
}

/* All layers in one call, as fusion has them and unfused. */
static void expect_maps(int32_t method, const struct formula *formula, uint32_t flags,
                        gc_output output) {
    float *input, raw[8192], norms[MAX_LAYERS];
    int32_t layers[MAX_LAYERS], rank;
    size_t count, raw_count, positions, offset = 0;
    gc_model *model = small_model(small_blocks_config, 18, 14, flags, &input, &count);
    REQUIRE(model != NULL);
    const int32_t layer_count = layers_with_maps(model, layers, &raw_count);
    EXPECT_INT(layer_count, 24); /* all but the head's three and the head itself */
    if (EXPECT_OK(gc_model_explain(model, method, small_seed(TARGET), 1, output, layers,
                                   layer_count, raw, raw_count, norms)))
        for (int32_t i = 0; i < layer_count; i++) {
            small_layer_size(model, layers[i], &rank, &positions);
            expect_map(model, formula, output, layers[i], raw + offset, norms[i]);
            offset += positions;
        }
    gc_model_destroy(model);
    free(input);
}

TEST(every_method_gives_its_formula_at_every_layer) {
    int32_t method = 0;
    for (; gc_method_name(method) != NULL; method++) {
        REQUIRE(method < FORMULAS); /* a method without a formula here */
        EXPECT_TEXT(gc_method_name(method), formulas[method].name);
        for (int output = GC_SCORE; output <= GC_LOGIT; output++) {
            expect_maps(method, &formulas[method], 0, (gc_output)output);
            expect_maps(method, &formulas[method], GC_PLAN_UNFUSED, (gc_output)output);
        }
    }
    EXPECT_INT(method, FORMULAS);
    EXPECT(gc_method_name(-1) == NULL);
}

/* ---- Layers and classes together ---- */

/* One call for all layers, and one for each. */
TEST(a_layer_gets_the_map_that_it_gets_alone) {
    for (int32_t method = 0; gc_method_name(method) != NULL; method++) {
        float *input, raw[8192], alone[8192];
        int32_t layers[MAX_LAYERS], rank;
        size_t count, raw_count, positions, offset = 0;
        gc_model *model = small_model(small_blocks_config, 18, 14, 0, &input, &count);
        REQUIRE(model != NULL);
        const int32_t layer_count = layers_with_maps(model, layers, &raw_count);
        EXPECT_OK(gc_model_explain(model, method, small_seed(TARGET), 1, GC_LOGIT, layers,
                                   layer_count, raw, raw_count, NULL));
        for (int32_t i = 0; i < layer_count; i++, offset += positions) {
            small_layer_size(model, layers[i], &rank, &positions);
            EXPECT_OK(gc_model_explain(model, method, small_seed(TARGET), 1, GC_LOGIT, layers + i,
                                       1, alone, positions, NULL));
            const double largest = small_largest(alone, positions);
            EXPECT_NEAR(small_difference(raw + offset, alone, positions), 0, 1e-5 * largest);
        }
        gc_model_destroy(model);
        free(input);
    }
}

TEST(an_unknown_method_is_refused) {
    float *input, raw[4096];
    int32_t layer = 0;
    size_t count;
    gc_model *model = small_model(small_blocks_config, 18, 14, 0, &input, &count);
    REQUIRE(model != NULL);
    for (int32_t method = -1; method <= FORMULAS; method += FORMULAS + 1) {
        EXPECT_STATUS(gc_model_explain(model, method, small_seed(TARGET), 1, GC_SCORE, &layer, 1,
                                       raw, 18 * 14, NULL),
                      GC_INVALID_ARGUMENT);
        EXPECT_CONTAINS(gc_error(), "0 to 2 do");
    }
    gc_model_destroy(model);
    free(input);
}

TEST(a_layer_may_be_asked_for_twice) {
    float *input, raw[4096], norms[4];
    size_t count, positions;
    int32_t layer, rank;
    gc_model *model = small_model(small_blocks_config, 18, 14, 0, &input, &count);
    REQUIRE(model != NULL);
    REQUIRE_OK(gc_model_find_layer(model, "b_expand", &layer));
    small_layer_size(model, layer, &rank, &positions);
    for (int32_t method = 0; gc_method_name(method) != NULL; method++) {
        REQUIRE(2 * positions <= sizeof raw / sizeof *raw);
        EXPECT_OK(gc_model_explain(model, method, small_seed(TARGET), 1, GC_SCORE,
                                   (int32_t[]){layer, layer}, 2, raw, 2 * positions, norms));
        EXPECT(small_largest(raw, positions) > 0);
        EXPECT(memcmp(raw, raw + positions, positions * sizeof *raw) == 0);
        EXPECT(norms[0] == norms[1]);
    }
    gc_model_destroy(model);
    free(input);
}

/* Every class by itself gives what all gave together, to the bit. */
static void expect_same_alone(gc_model *model, int32_t method, const int32_t *targets,
                              int32_t target_count, const int32_t *layers, int32_t layer_count,
                              size_t each) {
    const size_t raw_count = (size_t)target_count * each;
    float *raw = malloc(raw_count * sizeof *raw), *alone = malloc(each * sizeof *alone);
    float norms[GC_MAX_TARGETS * 64], norms_alone[64], seeds[GC_MAX_TARGETS * SMALL_CLASSES];
    small_seeds(seeds, targets, target_count);
    EXPECT_OK(gc_model_explain(model, method, seeds, target_count, GC_LOGIT, layers, layer_count,
                               raw, raw_count, norms));
    for (int32_t i = 0; i < target_count; i++) {
        EXPECT_OK(gc_model_explain(model, method, seeds + i * SMALL_CLASSES, 1, GC_LOGIT, layers,
                                   layer_count, alone, each, norms_alone));
        EXPECT(small_largest(alone, each) > 0);
        EXPECT(memcmp(raw + (size_t)i * each, alone, each * sizeof *alone) == 0);
        EXPECT(memcmp(norms + i * layer_count, norms_alone, (size_t)layer_count * sizeof *norms) ==
               0);
    }
    free(raw);
    free(alone);
}

TEST(classes_that_go_back_together_get_the_maps_that_they_get_alone) {
    static const uint32_t flags[] = {0, GC_PLAN_UNFUSED};
    const int32_t targets[GC_MAX_TARGETS] = {3, 0, 4, 4, 1, 2, 0, 1};
    for (size_t f = 0; f < 2; f++) {
        float *input;
        int32_t layers[64];
        size_t count, each;
        gc_model *model = small_model(small_blocks_config, 18, 14, flags[f], &input, &count);
        REQUIRE(model != NULL);
        const int32_t layer_count = layers_with_maps(model, layers, &each);
        for (int32_t method = 0; gc_method_name(method) != NULL; method++)
            expect_same_alone(model, method, targets, 2, layers, layer_count, each);
        const size_t memory = gc_model_memory(model); /* the first backward packs weights */
        for (int32_t method = 0; gc_method_name(method) != NULL; method++)
            expect_same_alone(model, method, targets, GC_MAX_TARGETS, layers, layer_count, each);
        EXPECT_INT((long long)gc_model_memory(model), (long long)memory);
        gc_model_destroy(model);
        free(input);
    }
}
