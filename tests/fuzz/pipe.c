/* The whole way of a model: a configuration, its graph, weights, a plan, a run, and all that can be
 * asked of the run. json_mutator.c changes configurations. In all inputs ' stands for ". */
#include <stdio.h>
#include <string.h>

#include "../c/layer_models.h"
#include "api/model.h"
#include "base/memory.h"
#include "fuzz.h"
#include "keras/keras.h"

/* Looks for names of weights, which are pieces of the input, and the graph's own names with
 * changes. */
static void find_weights(const struct gc_graph *graph, const uint8_t *bytes, size_t length) {
    char name[256];
    int32_t index;
    for (size_t at = 0; at < length && at < 4096; at += 61) {
        const size_t taken = length - at < sizeof name - 1 ? length - at : sizeof name - 1;
        memcpy(name, bytes + at, taken);
        name[taken] = '\0';
        gc_keras_find_weight(graph, name, &index);
    }
    for (int32_t i = 0; i < graph->weight_count && i < 16; i++) {
        if (gc_keras_find_weight(graph, graph->weights[i].path, &index) == GC_OK)
            fuzz_expect(index >= 0); /* a weight's own path must be found */
        snprintf(name, sizeof name, "x/%.200s:0", graph->weights[i].path);
        gc_keras_find_weight(graph, name, &index);
    }
}

/* An estimate of what a run computes. Most operators read far less than all inputs for each
 * output. */
static double work_of(const struct gc_graph *graph) {
    double work = 0;
    for (int32_t n = 0; n < graph->node_count; n++) {
        const struct gc_node *node = &graph->nodes[n];
        double read = 16;
        for (int32_t i = 0; i < node->input_count; i++)
            read += (double)gc_shape_count(&graph->values[node->inputs[i]].shape);
        for (int32_t w = 0; w < GC_MAX_WEIGHTS; w++)
            if (node->weights[w] != GC_NONE)
                read += (double)gc_shape_count(&graph->weights[node->weights[w]].shape);
        work += read * (double)gc_shape_count(&graph->values[node->output].shape);
    }
    return work;
}

#define MOST_WORK 5e7

/* ---- What can be asked of a run ---- */

struct asked {
    gc_model *model;
    uint32_t random;
    int32_t classes, layers;
};

static size_t layer_count(const struct asked *a, int32_t layer) {
    int32_t dims[GC_MAX_RANK] = {0};
    const int32_t rank = gc_layer_shape(a->model, layer, dims);
    return layer_model_count(dims, rank);
}

static float *random_values(struct asked *a, size_t count) {
    float *values = malloc(count * sizeof *values + 1);
    for (size_t i = 0; i < count; i++)
        values[i] = fuzz_value(&a->random);
    return values;
}

static void ask_layers(struct asked *a) {
    for (int32_t layer = 0; layer < a->layers; layer++) {
        int32_t index = GC_NONE;
        const size_t count = layer_count(a, layer);
        float *values = malloc(count * sizeof *values);
        fuzz_expect_right(gc_model_activation(a->model, layer, values, count));
        free(values);
        if (gc_model_find_layer(a->model, gc_layer_path(a->model, layer), &index) == GC_OK)
            fuzz_expect(index >= 0 && index < a->layers);
    }
}

static void ask_maps(struct asked *a, const int32_t *methods, int32_t method_count, uint32_t flags,
                     int32_t seed_count) {
    int32_t *layers = malloc(sizeof *layers * (size_t)a->layers + 1), found = 0;
    size_t size = 0;
    for (int32_t layer = 0; layer < a->layers; layer++) {
        const size_t positions = layer_model_positions(a->model, layer);
        if (positions > 0)
            layers[found++] = layer;
        size += positions;
    }
    const size_t count = size * (size_t)seed_count * (size_t)method_count;
    float *seeds = random_values(a, (size_t)seed_count * (size_t)a->classes);
    float *maps = malloc(count * sizeof *maps + 1);
    float *norms = malloc((size_t)(found * seed_count * method_count) * sizeof *norms + 1);
    if (found > 0)
        fuzz_expect_right(gc_model_explain(a->model, methods, method_count, flags, seeds,
                                           seed_count, GC_LOGIT, layers, found, maps, count,
                                           norms));
    free(layers);
    free(seeds);
    free(maps);
    free(norms);
}

static void ask_gradients(struct asked *a) {
    const int32_t layer = (int32_t)(a->random >> 8) % a->layers;
    const size_t count = layer_count(a, layer);
    float *seed = random_values(a, (size_t)a->classes);
    float *gradients = malloc(count * sizeof *gradients);
    fuzz_expect_right(gc_model_gradients(a->model, GC_SCORE, seed, (size_t)a->classes, &layer, 1,
                                         gradients, count));
    free(seed);
    free(gradients);
}

static void ask(struct asked *a) {
    const size_t outputs = (size_t)gc_model_output_count(a->model);
    float *scores = malloc(outputs * sizeof *scores);
    for (gc_output output = GC_SCORE; output <= GC_LOGIT; output++)
        fuzz_expect_right(gc_model_outputs(a->model, output, scores, outputs));
    free(scores);
    ask_layers(a);
    const int32_t methods[] = {(int32_t)(a->random >> 8) % 8, 6, (int32_t)(a->random >> 12) % 8};
    ask_maps(a, (int32_t[]){0}, 1, 0, 1);
    ask_maps(a, methods, 1 + (int32_t)(a->random >> 20) % 3, a->random >> 24 & GC_EIGEN_SMOOTH,
             1 + (int32_t)(a->random >> 16) % GC_MAX_TARGETS);
    ask_gradients(a);
}

/* ---- A run ---- */

static void set_further_inputs(struct asked *a) {
    for (int32_t i = 1; i < gc_model_input_count(a->model); i++) {
        int32_t dims[GC_MAX_RANK];
        const size_t count = layer_model_count(dims, gc_input_shape(a->model, i, dims));
        float *values = random_values(a, count);
        fuzz_expect_right(gc_model_set_input(a->model, i, values, count));
        free(values);
    }
}

static void run(struct asked *a, int32_t open, uint32_t flags) {
    int32_t dims[3], height, width;
    layer_model_size(a->model, open, &height, &width);
    gc_model_input_shape(a->model, dims);
    const size_t count = (size_t)height * (size_t)width * (size_t)dims[2];
    const gc_status status = gc_model_plan(a->model, height, width, flags);
    fuzz_expect_right(status);
    if (status != GC_OK || work_of(&a->model->graph) > MOST_WORK)
        return;
    set_further_inputs(a);
    float *input = random_values(a, count);
    const gc_status forward = gc_model_forward(a->model, input, count);
    free(input);
    fuzz_expect_right(forward);
    a->layers = gc_model_layer_count(a->model);
    a->classes = gc_model_class_count(a->model);
    if (forward == GC_OK && a->layers > 0)
        ask(a);
}

static void use(gc_model *model, uint32_t random) {
    struct asked a = {.model = model, .random = random};
    const bool is_open = model->graph.open_height && model->graph.open_width;
    if (is_open && gc_graph_resize(&model->graph, 17, 17) != GC_OK)
        return;
    if (work_of(&model->graph) > MOST_WORK)
        return;
    fuzz_expect_right(layer_model_set_weights(model, random));
    gc_model_select_head(model, (int32_t)(random >> 4) % gc_model_head_count(model));
    run(&a, 17, random & (GC_PLAN_UNFUSED | GC_PLAN_KEEP_LAYERS | GC_PLAN_KEEP_CHECKPOINTS));
    if (is_open)
        run(&a, 12, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    const size_t before = gc_memory_in_use();
    uint32_t random = (uint32_t)length;
    for (size_t i = 0; i < length; i += 31)
        random = random * 31 + bytes[i];
    char *json = layer_model_json(bytes, length);
    gc_model *model;
    const gc_status status = gc_model_create(&model, json, length);
    fuzz_expect((status == GC_OK) == (model != NULL) && status != GC_INTERNAL);
    free(json);
    if (status == GC_OK) {
        find_weights(&model->graph, bytes, length);
        use(model, random);
    }
    gc_model_destroy(model);
    fuzz_expect(gc_memory_in_use() == before); /* or there is a leak */
    return 0;
}
