/* Sequences of the public calls, with odd arguments. The bytes are a script, 16 for each step. They
 * choose a call, one of a few models, and the arguments. Whatever came before, a call gives a
 * status and leaves no leak. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "../c/layer_models.h"
#include "base/memory.h"
#include "fuzz.h"

#define MODELS 3
#define STEP_BYTES 16
#define MOST_STEPS 40
#define MOST_VALUES ((size_t)1 << 20) /* of a buffer */
#define MOST_SIDE 24                  /* of an input */

struct player {
    struct fuzz_bytes script; /* of this step */
    gc_model *models[MODELS];
    gc_model *model; /* of this step, never NULL when a call is made */
    uint32_t random;
};

/* ---- Arguments ---- */

/* Whether this argument is an odd one. */
static bool odd(struct player *p) { return fuzz_below(&p->script, 16) == 1; }

static int32_t odd_number(struct player *p) {
    static const int32_t numbers[] = {
        0,   -1,    1,     2,     3,       7,         8,         9,    16, 255,
        256, 32767, 32768, 65536, 1 << 24, INT32_MAX, INT32_MIN, 1000, -2, INT32_MAX - 1};
    const int32_t choice = fuzz_below(&p->script, 32);
    if (choice < (int32_t)(sizeof numbers / sizeof *numbers))
        return numbers[choice];
    uint32_t number = 0;
    for (int i = 0; i < 4; i++)
        number = number << 8 | fuzz_byte(&p->script);
    return (int32_t)number;
}

static int32_t index_below(struct player *p, int32_t count) {
    return odd(p) ? odd_number(p) : fuzz_below(&p->script, count < 256 ? count : 256);
}

static size_t count_near(struct player *p, size_t count) {
    return odd(p) ? (size_t)odd_number(p) : count;
}

/* A block of just this size, or NULL if it would be large. */
static float *values(struct player *p, size_t count) {
    if (count > MOST_VALUES)
        return NULL;
    float *made = malloc(count * sizeof *made + (count == 0));
    for (size_t i = 0; i < count; i++)
        made[i] = fuzz_value(&p->random);
    if (count > 0 && odd(p))
        made[count / 2] = odd_number(p) < 0 ? -INFINITY : NAN;
    return made;
}

static int32_t any_layer(struct player *p) {
    return index_below(p, gc_model_layer_count(p->model));
}

/* Number of values in a layer's output, 1 if there is no such layer. */
static size_t layer_values(const gc_model *model, int32_t layer) {
    int32_t dims[GC_MAX_RANK];
    const int32_t rank = gc_layer_shape(model, layer, dims);
    return layer_model_count(dims, rank);
}

/* ---- Calls ---- */

static void set_weights(struct player *p) { layer_model_set_weights(p->model, p->random); }

static void set_one_weight(struct player *p) {
    int32_t dims[GC_MAX_RANK];
    const int32_t index = index_below(p, gc_model_weight_count(p->model));
    const int32_t rank = gc_model_weight_shape(p->model, index, dims);
    const size_t count = count_near(p, layer_model_count(dims, rank));
    float *data = values(p, count);
    if (data != NULL)
        gc_model_set_weight(p->model, index, data, count);
    free(data);
}

static void fill_weight_in_parts(struct player *p) {
    int32_t dims[GC_MAX_RANK];
    const int32_t index = index_below(p, gc_model_weight_count(p->model));
    const int32_t rank = gc_model_weight_shape(p->model, index, dims);
    const size_t count = count_near(p, layer_model_count(dims, rank));
    float *buffer;
    if (gc_model_weight_buffer(p->model, index, count, &buffer) == GC_OK)
        memset(buffer, fuzz_byte(&p->script), count * sizeof *buffer);
    gc_model_check_weight(p->model, index, count_near(p, count / 2));
    gc_model_check_weight(p->model, index, count_near(p, count - count / 2));
}

static void find_names(struct player *p) {
    char name[40];
    int32_t index;
    const int32_t length = fuzz_below(&p->script, sizeof name);
    for (int32_t i = 0; i < length; i++)
        name[i] = (char)fuzz_byte(&p->script);
    name[length] = '\0';
    gc_model_find_weight(p->model, name, &index);
    gc_model_find_layer(p->model, name, &index);
    const char *path = gc_layer_path(p->model, any_layer(p));
    if (path != NULL)
        fuzz_expect(gc_model_find_layer(p->model, path, &index) == GC_OK);
}

static void choose_size(struct player *p, int32_t *height, int32_t *width) {
    layer_model_size(p->model, 1 + fuzz_below(&p->script, MOST_SIDE), height, width);
    if (odd(p))
        *height = odd_number(p);
    if (odd(p))
        *width = odd_number(p);
    if ((int64_t)*height * *width > MOST_SIDE * MOST_SIDE)
        *width = 1;
}

static void plan(struct player *p) {
    int32_t height, width;
    choose_size(p, &height, &width);
    if (height <= MOST_SIDE)
        gc_model_plan(p->model, height, width, (uint32_t)index_below(p, 8));
}

/* May stop before the last step. */
static void plan_in_steps(struct player *p) {
    int32_t height, width, left = 1;
    choose_size(p, &height, &width);
    if (height > MOST_SIDE ||
        gc_model_plan_start(p->model, height, width, fuzz_byte(&p->script) % 8) != GC_OK)
        return;
    for (int32_t steps = fuzz_byte(&p->script); steps > 0 && left > 0; steps--)
        if (gc_model_plan_next(p->model, &left) != GC_OK)
            return;
}

static void plan_next(struct player *p) {
    int32_t left;
    gc_model_plan_next(p->model, &left);
}

static void forward(struct player *p) {
    int32_t dims[3];
    gc_model_input_shape(p->model, dims);
    const size_t count = count_near(p, layer_model_count(dims, 3));
    float *input = values(p, count);
    if (input != NULL)
        gc_model_forward(p->model, input, count);
    free(input);
}

static void outputs(struct player *p) {
    const size_t count = count_near(p, (size_t)gc_model_output_count(p->model));
    float *scores = values(p, count);
    if (scores != NULL)
        gc_model_outputs(p->model, (gc_output)index_below(p, 2), scores, count);
    free(scores);
}

static void explain(struct player *p) {
    int32_t layers[8], count = fuzz_below(&p->script, 9), shared;
    size_t size = 0;
    for (int32_t i = 0; i < count; i++) {
        layers[i] = any_layer(p);
        size += layer_model_positions(p->model, layers[i]);
    }
    const int32_t seed_count = odd(p) ? odd_number(p) : 1 + fuzz_below(&p->script, GC_MAX_TARGETS);
    const size_t seeds_read =
        seed_count > 0 && seed_count <= GC_MAX_TARGETS ? (size_t)seed_count : 0;
    int32_t methods[GC_MAX_METHODS];
    const int32_t method_count = odd(p) ? odd_number(p) : 1 + fuzz_below(&p->script, 3);
    const size_t methods_read =
        method_count > 0 && method_count <= GC_MAX_METHODS ? (size_t)method_count : 0;
    for (size_t i = 0; i < methods_read; i++)
        methods[i] = index_below(p, GC_MAX_METHODS);
    size *= seeds_read * methods_read;
    float *seeds = values(p, seeds_read * (size_t)gc_model_class_count(p->model));
    float *maps = values(p, size), *norms = values(p, seeds_read * methods_read * (size_t)count);
    if (maps != NULL && seeds != NULL) {
        const uint32_t flags = (uint32_t)index_below(p, 2);
        int32_t cancelled;
        const gc_output output = (gc_output)index_below(p, 2);
        gc_model_explain(p->model, methods, method_count, flags, seeds, seed_count, output, layers,
                         count, maps, odd(p) ? size + 1 : size, odd(p) ? NULL : norms);
        gc_model_cancelled_channels(p->model, any_layer(p), &cancelled);
        gc_model_shared_targets(p->model, layers, count, &shared);
    }
    free(seeds);
    free(maps);
    free(norms);
}

static void activation(struct player *p) {
    const int32_t layer = any_layer(p);
    const size_t count = count_near(p, layer_values(p->model, layer));
    float *out = values(p, count);
    if (out != NULL)
        gc_model_activation(p->model, layer, out, count);
    free(out);
}

static void gradients(struct player *p) {
    const int32_t layers[2] = {any_layer(p), any_layer(p)};
    const size_t classes = count_near(p, (size_t)gc_model_class_count(p->model));
    const size_t count = layer_values(p->model, layers[0]) + layer_values(p->model, layers[1]);
    float *seed = values(p, classes), *out = values(p, count);
    if (seed != NULL && out != NULL)
        gc_model_gradients(p->model, (gc_output)index_below(p, 2), seed, classes, layers, 2, out,
                           odd(p) ? count + 1 : count);
    free(seed);
    free(out);
}

static void ask_about_ends(struct player *p) {
    int32_t dims[GC_MAX_RANK];
    const int32_t input = index_below(p, gc_model_input_count(p->model));
    const int32_t head = index_below(p, gc_model_head_count(p->model));
    fuzz_expect((gc_input_name(p->model, input) != NULL) ==
                (gc_input_shape(p->model, input, dims) >= 0));
    fuzz_expect((gc_head_name(p->model, head) != NULL) ==
                (gc_head_shape(p->model, head, dims) >= 0));
    gc_head_channels_first(p->model, head);
    gc_model_channels_first(p->model);
    fuzz_expect(gc_model_head(p->model) < gc_model_head_count(p->model));
}

static void choose_head(struct player *p) {
    gc_model_select_head(p->model, index_below(p, gc_model_head_count(p->model)));
}

static void set_further_input(struct player *p) {
    int32_t dims[GC_MAX_RANK];
    const int32_t input = index_below(p, gc_model_input_count(p->model));
    const int32_t rank = gc_input_shape(p->model, input, dims);
    const size_t count = count_near(p, layer_model_count(dims, rank < 0 ? 0 : rank));
    float *given = values(p, count);
    if (given != NULL)
        gc_model_set_input(p->model, input, given, count);
    free(given);
}

static void ask_about_layers(struct player *p) {
    int32_t dims[GC_MAX_RANK];
    const int32_t layer = any_layer(p), inputs = gc_layer_input_count(p->model, layer);
    const bool exists = gc_layer_path(p->model, layer) != NULL;
    fuzz_expect((gc_layer_type(p->model, layer) != NULL) == exists);
    fuzz_expect((gc_layer_shape(p->model, layer, dims) >= 0) == exists);
    gc_layer_params(p->model, layer);
    gc_layer_channels_first(p->model, layer);
    gc_layer_leads(p->model, layer);
    gc_layer_map(p->model, layer, dims);
    gc_layer_trainable_params(p->model, layer);
    gc_layer_parent(p->model, layer);
    gc_layer_input(p->model, layer, inputs - 1);
    gc_layer_input(p->model, layer, odd_number(p));
    gc_model_weight_path(p->model, odd_number(p));
    fuzz_expect(gc_model_default_layer(p->model) < gc_model_layer_count(p->model));
    fuzz_expect(gc_model_name(p->model) != NULL && gc_model_memory(p->model) > 0);
}

static void ask_about_steps(struct player *p) {
    const int32_t step = index_below(p, gc_model_step_count(p->model));
    gc_model_step(p->model, step);
    gc_step_layer(p->model, step, index_below(p, 4));
    const int32_t weight = index_below(p, gc_model_weight_count(p->model));
    float values[8];
    const size_t read =
        gc_model_read_weight(p->model, weight, (size_t)index_below(p, 64), 8, values);
    int32_t dims[GC_MAX_RANK];
    if (read > 0)
        fuzz_expect(gc_model_weight_shape(p->model, weight, dims) >= 0);
}

static void ablate(struct player *p) {
    const int32_t layer = any_layer(p), count = index_below(p, 8);
    const size_t scores = count > 0 && count < 256 ? (size_t)count : 0;
    const size_t classes = count_near(p, (size_t)gc_model_class_count(p->model));
    int32_t channels[256] = {0};
    for (size_t i = 0; i < scores; i++)
        channels[i] = index_below(p, 8);
    float *seed = values(p, classes);
    double *sums = malloc(scores * sizeof *sums + 1);
    if (seed != NULL)
        gc_model_ablate(p->model, (gc_output)index_below(p, 2), seed, classes, layer, channels,
                        (int32_t)scores, sums);
    free(seed);
    free(sums);
}

/* ---- Studies ---- */

static size_t input_values(const gc_model *model) {
    int32_t dims[3];
    gc_model_input_shape(model, dims);
    return layer_model_count(dims, 3);
}

static void change_input(struct player *p, gc_study *study) {
    const double amount = fuzz_value(&p->random) * (odd(p) ? 1e30 : 1);
    const int32_t top = index_below(p, MOST_SIDE), left = index_below(p, MOST_SIDE);
    const int32_t rows = index_below(p, MOST_SIDE), columns = index_below(p, MOST_SIDE);
    const int32_t full_rows = index_below(p, 2 * MOST_SIDE), full_columns = index_below(p, 64);
    switch (fuzz_below(&p->script, 4)) {
    case 0:
        gc_study_mix(study, amount);
        break;
    case 1:
        gc_study_noise(study, (gc_noise)index_below(p, 2), amount, p->random, (uint32_t)top);
        break;
    case 2:
        gc_study_cover(study, top, left, rows, columns);
        break;
    default: {
        /* A size that is refused may be large, so that no map is read. */
        const bool fits = rows > 0 && columns > 0 && rows <= MOST_SIDE && columns <= MOST_SIDE;
        float *map = values(p, fits ? (size_t)rows * (size_t)columns : 1);
        if (fits || rows <= 0 || columns <= 0)
            gc_study_mask(study, map, rows, columns, full_rows, full_columns, top, left);
        free(map);
    }
    }
}

static void use_study(struct player *p, gc_study *study) {
    const size_t count = count_near(p, input_values(p->model));
    float *held = values(p, count);
    double score;
    switch (fuzz_below(&p->script, 8)) {
    case 0:
        forward(p);
        break;
    case 1:
        plan(p);
        break;
    case 2:
        if (held != NULL)
            gc_study_set_baseline(study, held, count);
        break;
    case 3:
        if (held != NULL)
            gc_study_input(study, held, count);
        break;
    case 4:
        gc_study_unchanged(study);
        break;
    case 5:
        if (held != NULL)
            gc_study_sums(study, (gc_sums)index_below(p, 5), held, count);
        break;
    case 6:
        gc_study_clear(study);
        break;
    default:
        change_input(p, study);
        if (p->random % 2 == 0)
            gc_model_expect_gradients(p->model);
        gc_study_run(study, odd(p) ? NULL : &score);
        gc_study_add_gradient(study, fuzz_value(&p->random), 1, index_below(p, 2));
        gc_study_add_mask(study, fuzz_value(&p->random), 1);
    }
    free(held);
}

static void study(struct player *p) {
    gc_study *made = NULL;
    const size_t classes = count_near(p, (size_t)gc_model_class_count(p->model));
    float *seed = values(p, classes);
    if (seed != NULL)
        gc_study_create(&made, p->model, (gc_output)index_below(p, 2), seed, classes);
    for (int i = 0; made != NULL && i < 4; i++)
        use_study(p, made);
    gc_study_destroy(made);
    free(seed);
}

/* ---- Calls without a model ---- */

static void resize_picture(struct player *p) {
    static uint8_t in[8 * 8 * 4], out[64 * 64 * 4];
    const int32_t width = odd(p) ? odd_number(p) : 1 + fuzz_below(&p->script, 64);
    const int32_t height = odd(p) ? odd_number(p) : 1 + fuzz_below(&p->script, 64);
    const int32_t in_width = odd(p) ? odd_number(p) : 1 + fuzz_below(&p->script, 8);
    const int32_t in_height = odd(p) ? odd_number(p) : 1 + fuzz_below(&p->script, 8);
    if (width <= 64 && height <= 64 && in_width <= 8 && in_height <= 8)
        gc_image_resize(out, width, height, in, in_width, in_height,
                        odd(p) ? odd_number(p) : 4 - fuzz_below(&p->script, 2),
                        (gc_filter)index_below(p, 6));
}

static void draw_overlay(struct player *p) {
    static uint8_t pixels[16 * 16 * 4], out[16 * 16 * 4];
    float *map = values(p, 12);
    const int32_t width = odd(p) ? odd_number(p) : 1 + fuzz_below(&p->script, 16);
    const char *colormap = odd(p) ? "no such map" : gc_colormap_name(fuzz_below(&p->script, 4));
    if (width <= 16)
        gc_heatmap_overlay(out, pixels, width, 16, map, 4, 3, colormap, NULL,
                           fuzz_value(&p->random) * 2, (gc_filter)index_below(p, 6));
    free(map);
}

static void make_input(struct player *p) {
    static uint8_t pixels[8 * 8 * 4];
    static float input[16 * 16 * 3];
    static const float affine[6] = {1, 1, 1, 0, 0, 0};
    const int32_t width = odd(p) ? odd_number(p) : 1 + fuzz_below(&p->script, 16);
    const int32_t in_height = odd(p) ? odd_number(p) : 1 + fuzz_below(&p->script, 8);
    if (width <= 16 && in_height <= 8)
        gc_image_to_input(input, NULL, width, 16, odd(p) ? odd_number(p) : 3, pixels, 8, in_height,
                          (gc_filter)index_below(p, 6), (gc_preprocessing)index_below(p, 7),
                          odd(p) ? NULL : affine);
}

static void make_heatmaps(struct player *p) {
    const int32_t sizes[2] = {fuzz_below(&p->script, 20), fuzz_below(&p->script, 20)};
    const size_t count = (size_t)(sizes[0] + sizes[1]);
    float ranges[4], *maps = values(p, count);
    uint8_t grey[40];
    gc_heatmaps(maps, ranges, sizes, 2);
    gc_heatmap_to_image(grey, maps, count);
    free(maps);
}

static void ask_names(struct player *p) {
    gc_status_name((gc_status)odd_number(p));
    gc_method_name(odd_number(p));
    gc_colormap_name(odd_number(p));
    gc_supported_layer(odd_number(p));
    gc_supported_activation(odd_number(p));
    fuzz_expect(strlen(gc_error()) < 4096);
}

/* ---- The script ---- */

static void create(struct player *p, int32_t slot) {
    int32_t count = 0;
    while (layer_models[count].name != NULL)
        count++;
    gc_model_destroy(p->models[slot]);
    const char *config = layer_models[fuzz_below(&p->script, count)].config;
    const size_t length = odd(p) ? fuzz_byte(&p->script) : strlen(config);
    char *json = layer_model_json(config, length);
    const gc_status status = gc_model_create(&p->models[slot], json, length);
    fuzz_expect((status == GC_OK) == (p->models[slot] != NULL));
    free(json);
}

static void step(struct player *p) {
    static void (*const calls[])(struct player *) = {
        set_weights, plan,          forward,          explain,        set_weights,
        plan,        forward,       explain,          set_one_weight, fill_weight_in_parts,
        find_names,  plan_next,     plan_in_steps,    outputs,        activation,
        gradients,   ask_names,     ask_about_layers, resize_picture, draw_overlay,
        make_input,  make_heatmaps, ask_about_ends,   choose_head,    set_further_input,
        study,       study,         ablate,           ask_about_steps};
    const int32_t slot = fuzz_below(&p->script, MODELS);
    const int32_t choice = fuzz_below(&p->script, (int32_t)(sizeof calls / sizeof *calls) + 1);
    if (choice == 0 || p->models[slot] == NULL)
        create(p, slot);
    p->model = p->models[slot];
    if (choice > 0 && p->model != NULL)
        calls[choice - 1](p);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct player p = {.random = (uint32_t)length};
    const size_t before = gc_memory_in_use();
    for (size_t at = 0; at < length && at < MOST_STEPS * STEP_BYTES; at += STEP_BYTES) {
        p.script.next = bytes + at;
        p.script.left = length - at < STEP_BYTES ? length - at : STEP_BYTES;
        step(&p);
    }
    for (int i = 0; i < MODELS; i++)
        gc_model_destroy(p.models[i]);
    fuzz_expect(gc_memory_in_use() == before); /* or there is a leak */
    return 0;
}
