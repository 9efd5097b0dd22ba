/* Explanation methods: every method at every layer against its formula on whole tensors, and what
 * callers may rely on when layers and classes are explained together. */
#include "small_models.h"
#include "test.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CLASSES 5
#define TARGET 3
#define MAX_LAYERS 64

/* A method's weight of a channel, from its gradient g and output a at all positions, `stride`
 * apart. */
typedef double weight(const float *g, const float *a, size_t positions, size_t stride);

static double total_of(const float *values, size_t positions, size_t stride) {
    double sum = 0;
    for (size_t p = 0; p < positions; p++)
        sum += (double)values[p * stride];
    return sum;
}

static double mean(const float *g, const float *a, size_t positions, size_t stride) {
    return (void)a, total_of(g, positions, stride) / (double)positions;
}

static double plus_plus(const float *g, const float *a, size_t positions, size_t stride) {
    const double total = total_of(a, positions, stride);
    double sum = 0;
    for (size_t p = 0; p < positions; p++) {
        const double v = (double)g[p * stride];
        const double below = 2 * v * v + total * v * v * v + 1e-6;
        sum += v == 0 ? 0 : v * v / below * fmax(v, 0);
    }
    return sum;
}

static double axiom(const float *g, const float *a, size_t positions, size_t stride) {
    double sum = 0;
    for (size_t p = 0; p < positions; p++)
        sum += (double)g[p * stride] * (double)a[p * stride];
    return sum / (total_of(a, positions, stride) + 1e-7);
}

/* What a method makes of the gradient g, the layer's output a, and the channel's weight w. */
typedef double term(double g, double a, double w);

static double weighted(double g, double a, double w) { return (void)g, w * a; }
static double product(double g, double a, double w) { return (void)w, g * a; }
static double positive_gradient(double g, double a, double w) { return (void)w, fmax(g, 0) * a; }
static double positive_product(double g, double a, double w) { return (void)w, fmax(g * a, 0); }
static double output(double g, double a, double w) { return (void)g, (void)w, a; }

enum taken { WEIGHTS, GRADIENT, OUTPUT };

static const struct formula {
    const char *name;
    weight *weight; /* NULL for none */
    term *term;
    bool is_principal; /* the map is the first principal component, else the sum */
    enum taken taken;  /* what the norm is of */
} formulas[] = {
    {"gradCam", mean, weighted, false, WEIGHTS},
    {"gradCamPlusPlus", plus_plus, weighted, false, GRADIENT},
    {"xGradCam", axiom, weighted, false, GRADIENT},
    {"hiResCam", NULL, product, false, GRADIENT},
    {"layerCam", NULL, positive_gradient, false, GRADIENT},
    {"elementwise", NULL, positive_product, false, GRADIENT},
    {"eigenCam", NULL, output, true, OUTPUT},
    {"eigenGradCam", NULL, product, true, GRADIENT},
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

/* Writes the terms of one channel, and adds its part to the square of the norm. The result says
 * whether the weight is too unsure to compare, because what it is divided by is mostly rounding. */
static bool make_channel(double *terms, double *square, const struct formula *formula,
                         const struct tensors *t, size_t k) {
    const float *g = t->gradient + k, *a = t->activation + k;
    const size_t stride = t->channels;
    double size = 0;
    const double w = formula->weight == NULL ? 0 : formula->weight(g, a, t->positions, stride);
    if (formula->taken == WEIGHTS)
        *square += w * w;
    for (size_t p = 0; p < t->positions; p++) {
        const double gradient = (double)g[p * stride], activation = (double)a[p * stride];
        const double taken = formula->taken == OUTPUT ? activation : gradient;
        if (formula->taken != WEIGHTS)
            *square += taken * taken;
        size += fabs(activation);
        terms[p * stride] = formula->term(gradient, activation, w);
    }
    return formula->weight != NULL && formula->weight != mean &&
           fabs(total_of(a, t->positions, stride)) < 0.1 * size;
}

/* Takes its mean from each channel. */
static void centre(double *terms, const struct tensors *t) {
    for (size_t k = 0; k < t->channels; k++) {
        double sum = 0;
        for (size_t p = 0; p < t->positions; p++)
            sum += terms[p * t->channels + k] / (double)t->positions;
        for (size_t p = 0; p < t->positions; p++)
            terms[p * t->channels + k] -= sum;
    }
}

/* to [count] = matrix [count][count] times from [count], divided by its norm */
static void step(double *to, const double *matrix, const double *from, size_t count) {
    double norm = 0;
    for (size_t i = 0; i < count; i++) {
        to[i] = 0;
        for (size_t j = 0; j < count; j++)
            to[i] += matrix[i * count + j] * from[j];
        norm += to[i] * to[i];
    }
    for (size_t i = 0; i < count && norm > 0; i++)
        to[i] /= sqrt(norm);
}

/* The first principal component, by plain power iteration on the products of all channels. */
static void find_principal(float *map, double *terms, const struct tensors *t) {
    const size_t count = t->channels;
    double *products = calloc(count * count, sizeof *products);
    double *vector = calloc(2 * count, sizeof *vector), *next = vector + count;
    centre(terms, t);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            for (size_t p = 0; p < t->positions; p++)
                products[i * count + j] += terms[p * count + i] * terms[p * count + j];
    for (size_t k = 0; k < count; k++)
        vector[k] = 1 + (double)(k % 7);
    for (int turn = 0; turn < 1000; turn++) {
        step(next, products, vector, count);
        step(vector, products, next, count);
    }
    for (size_t p = 0; p < t->positions; p++)
        for (size_t k = 0; k < count; k++)
            map[p] += (float)(terms[p * count + k] * vector[k]);
    free(products);
    free(vector);
}

static void sum_channels(float *map, const double *terms, const struct tensors *t) {
    for (size_t p = 0; p < t->positions; p++) {
        double sum = 0;
        for (size_t k = 0; k < t->channels; k++)
            sum += terms[p * t->channels + k];
        map[p] = (float)sum;
    }
}

/* A component may have either sign, but its farthest value is positive. Where the smallest and the
 * largest value are equally far, both signs are right. */
static double component_difference(const float *raw, float *expected, size_t positions) {
    float low = 0, high = 0;
    for (size_t p = 0; p < positions; p++) {
        low = fminf(low, raw[p]);
        high = fmaxf(high, raw[p]);
    }
    EXPECT(high >= -low);
    const double difference = small_difference(raw, expected, positions);
    for (size_t p = 0; p < positions; p++)
        expected[p] = -expected[p];
    return fmin(difference, small_difference(raw, expected, positions));
}

static void expect_map(gc_model *model, const struct formula *formula, bool smooth,
                       gc_output output, int32_t layer, const float *raw, float norm) {
    struct tensors t = {0};
    if (read_tensors(&t, model, layer, output)) {
        const bool is_principal = smooth || formula->is_principal;
        float *expected = calloc(t.positions, sizeof *expected);
        double *terms = calloc(t.positions * t.channels, sizeof *terms), square = 0;
        bool is_unsure = false;
        for (size_t k = 0; k < t.channels; k++)
            is_unsure |= make_channel(terms + k, &square, formula, &t, k);
        if (is_principal)
            find_principal(expected, terms, &t);
        else
            sum_channels(expected, terms, &t);
        const double largest = small_largest(expected, t.positions);
        const double difference = is_principal ? component_difference(raw, expected, t.positions)
                                               : small_difference(raw, expected, t.positions);
        if (!(is_unsure || EXPECT_NEAR(difference, 0, (is_principal ? 1e-4 : 1e-5) * largest)) ||
            !EXPECT_NEAR((double)norm, sqrt(square), 1e-5 * sqrt(square)))
            EXPECT_TEXT(gc_layer_path(model, layer), formula->name); /* says where */
        free(expected);
        free(terms);
    }
    free_tensors(&t);
}

/* All layers in one call, as fusion has them and unfused. */
static void expect_maps(int32_t method, const struct formula *formula, uint32_t plan,
                        uint32_t flags, gc_output output) {
    float *input, raw[8192], norms[MAX_LAYERS];
    int32_t layers[MAX_LAYERS], rank;
    size_t count, raw_count, positions, offset = 0;
    gc_model *model = small_model(small_blocks_config, 18, 14, plan, &input, &count);
    REQUIRE(model != NULL);
    const int32_t layer_count = layers_with_maps(model, layers, &raw_count);
    EXPECT_INT(layer_count, 24); /* all but the head's three and the head itself */
    if (EXPECT_OK(gc_model_explain(model, &method, 1, flags, small_seed(TARGET), 1, output, layers,
                                   layer_count, raw, raw_count, norms)))
        for (int32_t i = 0; i < layer_count; i++) {
            small_layer_size(model, layers[i], &rank, &positions);
            expect_map(model, formula, flags != 0, output, layers[i], raw + offset, norms[i]);
            offset += positions;
        }
    gc_model_destroy(model);
    free(input);
}

TEST(every_method_gives_its_formula_at_every_layer) {
    for (int32_t method = 0; method < FORMULAS; method++) {
        REQUIRE(gc_method_name(method) != NULL);
        EXPECT_TEXT(gc_method_name(method), formulas[method].name);
        for (int output = GC_SCORE; output <= GC_LOGIT; output++) {
            expect_maps(method, &formulas[method], 0, 0, (gc_output)output);
            expect_maps(method, &formulas[method], GC_PLAN_UNFUSED, 0, (gc_output)output);
            expect_maps(method, &formulas[method], 0, GC_EIGEN_SMOOTH, (gc_output)output);
        }
    }
    EXPECT(gc_method_name(-1) == NULL);
}

/* ---- Ablation-CAM, which explains few layers ---- */

#define ABLATION FORMULAS /* its place in the table, after the others */

/* map(p) = sum_k w(k) A(p, k), with the scores that the engine gives without each channel. */
static void expect_ablation(gc_model *model, int32_t layer, const float *raw, float norm) {
    struct tensors t = {0};
    float expected[512] = {0};
    double square = 0;
    if (read_tensors(&t, model, layer, GC_LOGIT))
        for (int32_t k = -1, channels = (int32_t)t.channels; k < channels; k++) {
            double scores[2];
            EXPECT_OK(gc_model_ablate(model, GC_LOGIT, small_seed(TARGET), CLASSES, layer,
                                      (int32_t[]){-1, k}, 2, scores));
            const double weight = (scores[0] - scores[1]) / scores[0];
            square += weight * weight;
            for (size_t p = 0; p < t.positions && k >= 0; p++)
                expected[p] += (float)(weight * (double)t.activation[p * t.channels + (size_t)k]);
        }
    const double largest = small_largest(expected, t.positions);
    EXPECT(largest > 0);
    EXPECT_NEAR(small_difference(raw, expected, t.positions), 0, 1e-5 * largest);
    EXPECT_NEAR((double)norm, sqrt(square), 1e-5 * sqrt(square));
    free_tensors(&t);
}

TEST(ablation_cam_is_one_pass_where_all_after_the_layer_is_linear) {
    float *input, raw[2 * 512], norms[2];
    const int32_t both[] = {ABLATION, 0};
    int32_t layer, early;
    size_t count;
    gc_model *model = small_model(small_blocks_config, 18, 14, 0, &input, &count);
    REQUIRE(model != NULL);
    EXPECT_TEXT(gc_method_name(ABLATION), "ablationCam");
    EXPECT(gc_method_name(ABLATION + 1) == NULL);
    REQUIRE_OK(gc_model_find_layer(model, "last_relu", &layer));
    REQUIRE_OK(gc_model_find_layer(model, "last_bn", &early));
    int32_t rank;
    size_t positions;
    small_layer_size(model, layer, &rank, &positions);
    REQUIRE(positions <= 512);
    EXPECT_OK(small_explain(model, ABLATION, small_seed(TARGET), 1, GC_LOGIT, &layer, 1, raw,
                            positions, norms));
    expect_ablation(model, layer, raw, norms[0]);
    EXPECT_OK(gc_model_explain(model, both, 2, 0, small_seed(TARGET), 1, GC_LOGIT, &layer, 1, raw,
                               2 * positions, norms));
    expect_ablation(model, layer, raw, norms[0]);
    EXPECT_STATUS(small_explain(model, ABLATION, small_seed(TARGET), 1, GC_LOGIT, &early, 1, raw,
                                positions, norms),
                  GC_INVALID_ARGUMENT);
    EXPECT_CONTAINS(gc_error(), "must be linear");
    EXPECT_STATUS(small_explain(model, ABLATION, small_seed(TARGET), 1, GC_SCORE, &layer, 1, raw,
                                positions, norms),
                  GC_INVALID_ARGUMENT);
    gc_model_destroy(model);
    free(input);
}

/* ---- Layers and classes together ---- */

/* One call for all layers, and one for each. */
TEST(a_layer_gets_the_map_that_it_gets_alone) {
    for (int32_t method = 0; method < FORMULAS; method++) {
        float *input, raw[8192], alone[8192];
        int32_t layers[MAX_LAYERS], rank;
        size_t count, raw_count, positions, offset = 0;
        gc_model *model = small_model(small_blocks_config, 18, 14, 0, &input, &count);
        REQUIRE(model != NULL);
        const int32_t layer_count = layers_with_maps(model, layers, &raw_count);
        EXPECT_OK(small_explain(model, method, small_seed(TARGET), 1, GC_LOGIT, layers, layer_count,
                                raw, raw_count, NULL));
        for (int32_t i = 0; i < layer_count; i++, offset += positions) {
            small_layer_size(model, layers[i], &rank, &positions);
            EXPECT_OK(small_explain(model, method, small_seed(TARGET), 1, GC_LOGIT, layers + i, 1,
                                    alone, positions, NULL));
            const double largest = small_largest(alone, positions);
            EXPECT_NEAR(small_difference(raw + offset, alone, positions), 0, 1e-5 * largest);
        }
        gc_model_destroy(model);
        free(input);
    }
}

/* ---- Methods together ---- */

static void all_methods(int32_t *methods) {
    for (int32_t i = 0; i < FORMULAS; i++)
        methods[i] = i;
}

/* All methods in one pass give what each gives alone. Those that read whole tensors anyway give the
 * same bits. */
TEST(methods_together_give_the_maps_that_each_gives_alone) {
    for (uint32_t flags = 0; flags <= GC_EIGEN_SMOOTH; flags++) {
        float *input, norms[FORMULAS * 2 * MAX_LAYERS], norms_alone[2 * MAX_LAYERS];
        int32_t layers[MAX_LAYERS], methods[FORMULAS];
        float seeds[2 * SMALL_CLASSES];
        size_t count, size;
        gc_model *model = small_model(small_blocks_config, 18, 14, 0, &input, &count);
        REQUIRE(model != NULL);
        all_methods(methods);
        small_seeds(seeds, (int32_t[]){TARGET, 1}, 2);
        const int32_t layer_count = layers_with_maps(model, layers, &size);
        float *raw = malloc(FORMULAS * 2 * size * sizeof *raw);
        float *alone = malloc(2 * size * sizeof *alone);
        EXPECT_OK(gc_model_explain(model, methods, FORMULAS, flags, seeds, 2, GC_LOGIT, layers,
                                   layer_count, raw, FORMULAS * 2 * size, norms));
        for (size_t m = 0; m < FORMULAS; m++) {
            const float *together = raw + m * 2 * size;
            EXPECT_OK(gc_model_explain(model, methods + m, 1, flags, seeds, 2, GC_LOGIT, layers,
                                       layer_count, alone, 2 * size, norms_alone));
            if (m > 0 || flags != 0) {
                EXPECT(memcmp(together, alone, 2 * size * sizeof *alone) == 0);
                EXPECT(memcmp(norms + m * 2 * (size_t)layer_count, norms_alone,
                              2 * (size_t)layer_count * sizeof *norms) == 0);
            }
            EXPECT_NEAR(small_difference(together, alone, 2 * size), 0,
                        1e-5 * small_largest(alone, 2 * size));
        }
        gc_model_destroy(model);
        free(input);
        free(raw);
        free(alone);
    }
}

/* The mean weights of Grad-CAM are the gradient itself where a global average follows. */
TEST(hi_res_cam_is_grad_cam_before_a_global_average) {
    float *input, raw[2 * 18 * 14];
    size_t count, positions;
    int32_t rank, layer = 0;
    gc_model *model = small_model(small_blocks_config, 18, 14, 0, &input, &count);
    REQUIRE(model != NULL);
    layer = gc_model_default_layer(model);
    small_layer_size(model, layer, &rank, &positions);
    EXPECT_OK(gc_model_explain(model, (int32_t[]){0, 3}, 2, 0, small_seed(TARGET), 1, GC_LOGIT,
                               &layer, 1, raw, 2 * positions, NULL));
    EXPECT(small_largest(raw, positions) > 0);
    EXPECT_NEAR(small_difference(raw, raw + positions, positions), 0,
                1e-5 * small_largest(raw, positions));
    gc_model_destroy(model);
    free(input);
}

/* What tells classes apart is one seed, as FinerCAM has it. Grad-CAM is linear, so its map is the
 * same sum of the maps of the classes. */
TEST(a_seed_of_several_classes_gives_the_sum_of_their_maps) {
    float *input, raw[8192], parts[SMALL_CLASSES * 8192];
    float seeds[SMALL_CLASSES * SMALL_CLASSES];
    const float finer[SMALL_CLASSES] = {-0.2f, 0, 1, -0.2f, -0.2f};
    int32_t layers[MAX_LAYERS];
    size_t count, size;
    gc_model *model = small_model(small_blocks_config, 18, 14, 0, &input, &count);
    REQUIRE(model != NULL);
    small_seeds(seeds, (int32_t[]){0, 1, 2, 3, 4}, SMALL_CLASSES);
    const int32_t layer_count = layers_with_maps(model, layers, &size);
    EXPECT_OK(small_explain(model, 0, finer, 1, GC_LOGIT, layers, layer_count, raw, size, NULL));
    EXPECT_OK(small_explain(model, 0, seeds, SMALL_CLASSES, GC_LOGIT, layers, layer_count, parts,
                            SMALL_CLASSES * size, NULL));
    float largest = 0;
    for (size_t i = 0; i < size; i++) {
        float sum = 0;
        for (size_t c = 0; c < SMALL_CLASSES; c++) {
            sum += finer[c] * parts[c * size + i];
            largest = fmaxf(largest, fabsf(parts[c * size + i]));
        }
        EXPECT_NEAR(raw[i], sum, 2e-5 * largest);
    }
    gc_model_destroy(model);
    free(input);
}

/* EigenCAM reads no gradient. It has a map of a layer that the output does not depend on, and one
 * for any class. */
TEST(eigen_cam_needs_no_class) {
    float *input, raw[2 * 18 * 14];
    size_t count, positions;
    int32_t rank, layer = 0, method = 6;
    float seeds[2 * SMALL_CLASSES] = {0};
    gc_model *model = small_model(small_blocks_config, 18, 14, 0, &input, &count);
    REQUIRE(model != NULL);
    seeds[2 * SMALL_CLASSES - 1] = 1;
    REQUIRE_OK(gc_model_find_layer(model, "b_expand", &layer));
    small_layer_size(model, layer, &rank, &positions);
    EXPECT_OK(gc_model_explain(model, &method, 1, 0, seeds, 2, GC_LOGIT, &layer, 1, raw,
                               2 * positions, NULL));
    EXPECT(small_largest(raw, positions) > 0);
    EXPECT(memcmp(raw, raw + positions, positions * sizeof *raw) == 0);
    gc_model_destroy(model);
    free(input);
}

TEST(cancelled_channels_are_counted) {
    float *input, raw[18 * 14];
    size_t count, positions;
    int32_t rank, layer, cancelled = -1;
    gc_model *model = small_model(small_blocks_config, 18, 14, 0, &input, &count);
    REQUIRE(model != NULL);
    layer = gc_model_default_layer(model); /* ends in a clamp, so nothing cancels */
    small_layer_size(model, layer, &rank, &positions);
    EXPECT_OK(small_explain(model, 2, small_seed(0), 1, GC_LOGIT, &layer, 1, raw, positions, NULL));
    EXPECT_OK(gc_model_cancelled_channels(model, layer, &cancelled));
    EXPECT_INT(cancelled, 0);
    EXPECT_STATUS(gc_model_cancelled_channels(model, -1, &cancelled), GC_INVALID_ARGUMENT);
    EXPECT_STATUS(gc_model_cancelled_channels(model, layer, NULL), GC_INVALID_ARGUMENT);
    gc_model_destroy(model);
    free(input);
}

TEST(methods_and_flags_that_do_not_exist_are_refused) {
    float *input, raw[18 * 14];
    size_t count;
    int32_t layer = 0, methods[GC_MAX_METHODS + 1] = {0};
    gc_model *model = small_model(small_blocks_config, 18, 14, 0, &input, &count);
    REQUIRE(model != NULL);
    static const struct {
        int32_t count;
        uint32_t flags;
        bool has_methods;
        const char *said;
    } wrong[] = {{0, 0, true, "1 to 9 methods"},
                 {GC_MAX_METHODS + 1, 0, true, "1 to 9 methods"},
                 {1, 0, false, "1 to 9 methods"},
                 {1, 2, true, "flags are 2"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        EXPECT_STATUS(gc_model_explain(model, wrong[i].has_methods ? methods : NULL, wrong[i].count,
                                       wrong[i].flags, small_seed(0), 1, GC_SCORE, &layer, 1, raw,
                                       18 * 14, NULL),
                      GC_INVALID_ARGUMENT);
        EXPECT_CONTAINS(gc_error(), wrong[i].said);
    }
    gc_model_destroy(model);
    free(input);
}

TEST(an_unknown_method_is_refused) {
    float *input, raw[4096];
    int32_t layer = 0;
    size_t count;
    gc_model *model = small_model(small_blocks_config, 18, 14, 0, &input, &count);
    REQUIRE(model != NULL);
    for (int32_t method = -1; method <= ABLATION + 1; method += ABLATION + 2) {
        EXPECT_STATUS(small_explain(model, method, small_seed(TARGET), 1, GC_SCORE, &layer, 1, raw,
                                    18 * 14, NULL),
                      GC_INVALID_ARGUMENT);
        EXPECT_CONTAINS(gc_error(), "0 to 8 do");
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
    for (int32_t method = 0; method < FORMULAS; method++) {
        REQUIRE(2 * positions <= sizeof raw / sizeof *raw);
        EXPECT_OK(small_explain(model, method, small_seed(TARGET), 1, GC_SCORE,
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
    EXPECT_OK(small_explain(model, method, seeds, target_count, GC_LOGIT, layers, layer_count, raw,
                            raw_count, norms));
    for (int32_t i = 0; i < target_count; i++) {
        EXPECT_OK(small_explain(model, method, seeds + i * SMALL_CLASSES, 1, GC_LOGIT, layers,
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
        for (int32_t method = 0; method < FORMULAS; method++)
            expect_same_alone(model, method, targets, 2, layers, layer_count, each);
        const size_t memory = gc_model_memory(model); /* the first backward packs weights */
        for (int32_t method = 0; method < FORMULAS; method++)
            expect_same_alone(model, method, targets, GC_MAX_TARGETS, layers, layer_count, each);
        EXPECT_INT((long long)gc_model_memory(model), (long long)memory);
        gc_model_destroy(model);
        free(input);
    }
}
