/* The public entry points that explain a run. They give maps of layers, activations and gradients.
 * */
#include <math.h>
#include <string.h>

#include "api/grid.h"
#include "api/model.h"
#include "base/memory.h"
#include "engine/tail.h"
#include "methods/methods.h"

/* ---- The layers that are asked for ---- */

/* Layers as values of the graph, and where the results of each lie in the caller's buffer. */
struct selection {
    const struct gc_graph *graph;
    int32_t count;
    int32_t *values; /* [count] */
    size_t *offsets; /* [count] */
    size_t size;     /* of all results */
};

/* The size of what a layer is asked for. Fails with INVALID_LAYER if the layer has no such thing.
 * */
typedef gc_status layer_size(const struct gc_layer *layer, const gc_shape *shape, size_t *size);

static gc_status map_size(const struct gc_layer *layer, const gc_shape *shape, size_t *size) {
    char text[GC_SHAPE_TEXT];
    struct gc_grid grid;
    if (gc_find_grid(&grid, shape)) {
        *size = (size_t)grid.rows * (size_t)grid.columns;
        return GC_OK;
    }
    return gc_fail(GC_INVALID_LAYER,
                   "layer '%s' gives %s: no rows and columns%s, so there is no map to make; take a "
                   "layer before it",
                   layer->path, gc_shape_text(text, shape),
                   shape->rank == 2 ? ", and no square number of tokens" : "");
}

static gc_status tensor_size(const struct gc_layer *layer, const gc_shape *shape, size_t *size) {
    (void)layer;
    *size = gc_shape_count(shape);
    return GC_OK;
}

int32_t gc_layer_map(const gc_model *model, int32_t layer, int32_t *dims) {
    const struct gc_layer *found = gc_model_layer(model, layer);
    struct gc_grid grid;
    if (found == NULL || !gc_find_grid(&grid, &model->graph.values[found->value].shape))
        return -1;
    dims[0] = grid.rows;
    dims[1] = grid.columns;
    return grid.first;
}

static gc_status fill(struct selection *selection, const gc_model *model, const int32_t *layers,
                      layer_size *size_of) {
    for (int32_t i = 0; i < selection->count; i++) {
        const struct gc_layer *layer = gc_model_layer(model, layers[i]);
        if (layer == NULL)
            return gc_fail(GC_UNKNOWN_LAYER, "layer %d does not exist: 0 to %d do", (int)layers[i],
                           (int)model->graph.layer_count - 1);
        size_t size = 0;
        GC_TRY(size_of(layer, &model->graph.values[layer->value].shape, &size));
        selection->values[i] = layer->value;
        selection->offsets[i] = selection->size;
        selection->size += size;
    }
    return GC_OK;
}

static void release(struct selection *selection) {
    gc_release(selection->values);
    gc_release(selection->offsets);
}

/* Selects layers, to be given to release. On failure nothing stays behind. */
static gc_status select_layers(struct selection *selection, const gc_model *model,
                               const int32_t *layers, int32_t layer_count, layer_size *size_of) {
    *selection = (struct selection){.graph = &model->graph, .count = layer_count};
    if (layers == NULL || layer_count < 1 || layer_count > model->graph.layer_count)
        return gc_fail(GC_INVALID_ARGUMENT, "1 to %d layers can be asked for, not %d",
                       (int)model->graph.layer_count, (int)layer_count);
    const size_t count = (size_t)layer_count;
    selection->values = gc_allocate(count, sizeof *selection->values);
    selection->offsets = gc_allocate(count, sizeof *selection->offsets);
    const bool is_there = selection->values != NULL && selection->offsets != NULL;
    const gc_status status = is_there
                                 ? fill(selection, model, layers, size_of)
                                 : gc_fail_memory(count * sizeof *selection->offsets, "layers");
    if (status != GC_OK)
        release(selection);
    return status;
}

/* ---- Maps ---- */

struct explanation {
    struct gc_explainer explainer;
    gc_model *model;
    const struct selection *selection;
    size_t seed_count;
    double scores[GC_MAX_TARGETS]; /* what each seed explains */
    float *raw;                    /* [methods][seeds][selection->size] */
    float *norms;                  /* [methods][seeds][selection->count], or NULL */
};

/* The shape of a value's map, with the channels. */
static gc_shape picture_of(const struct selection *selection, int32_t value) {
    const gc_shape *shape = &selection->graph->values[value].shape;
    struct gc_grid grid = {0, 0, 0};
    gc_find_grid(&grid, shape);
    return (gc_shape){3, {grid.rows, grid.columns, gc_shape_channels(shape)}};
}

/* A method that takes nothing from the gradient also explains a layer without one. */
static gc_status find_value(const struct explanation *e, int32_t value, const gc_real **tensor) {
    const gc_shape *shape = &e->selection->graph->values[value].shape;
    struct gc_grid grid = {0, 0, 0};
    gc_find_grid(&grid, shape);
    GC_TRY(gc_run_activation(e->model->run, value, tensor));
    *tensor += (size_t)grid.first * (size_t)gc_shape_channels(shape);
    return GC_OK;
}

/* Makes the maps of one value by all methods. */
static gc_status explain_value(const struct explanation *e, int32_t value,
                               const struct gc_probe *probe, float *const *raw, double *norms) {
    const gc_shape shape = picture_of(e->selection, value);
    const gc_real *tensor = NULL;
    gc_shape picture;
    if (probe != NULL) {
        const struct gc_probe of_grid = gc_probe_of_grid(probe, &picture);
        return gc_explain_layer(&e->explainer, raw, norms, &e->model->cancelled[value], &shape,
                                &of_grid, NULL);
    }
    if (gc_explainer_reads_value_alone(&e->explainer))
        GC_TRY(find_value(e, value, &tensor));
    return gc_explain_layer(&e->explainer, raw, norms, &e->model->cancelled[value], &shape, NULL,
                            tensor);
}

/* Writes the norms of one value, and the maps where the caller asks for them once more.
 *   first, i   places of the value in the selection. The maps are at the first */
static void store(const struct explanation *e, size_t seed, size_t first, size_t i,
                  const double *norms) {
    const struct selection *s = e->selection;
    const gc_shape shape = picture_of(s, s->values[i]);
    const size_t count = (size_t)shape.dims[0] * (size_t)shape.dims[1];
    for (size_t m = 0; m < e->explainer.count; m++) {
        const size_t turn = m * e->seed_count + seed;
        float *raw = e->raw + turn * s->size;
        if (i != first)
            memcpy(raw + s->offsets[i], raw + s->offsets[first], count * sizeof *raw);
        if (e->norms != NULL)
            e->norms[turn * (size_t)s->count + i] = (float)norms[m];
    }
}

/* Where the map of a value lies that stands at place i of the selection. */
static float *map_at(const struct explanation *e, size_t m, size_t seed, size_t i) {
    const struct selection *s = e->selection;
    return e->raw + (m * e->seed_count + seed) * s->size + s->offsets[i];
}

/* Whether the map of the first seed serves, which has been made then. */
static bool is_made(const struct explanation *e, size_t m, size_t seed) {
    return seed > 0 && gc_explainer_ignores_class(&e->explainer, m);
}

/* Takes over a map and its norm from the first seed. */
static void repeat(const struct explanation *e, size_t m, size_t seed, size_t i, double *norm) {
    const struct selection *s = e->selection;
    const gc_shape shape = picture_of(s, s->values[i]);
    const size_t count = (size_t)shape.dims[0] * (size_t)shape.dims[1];
    memcpy(map_at(e, m, seed, i), map_at(e, m, 0, i), count * sizeof(float));
    *norm = e->norms == NULL ? 0 : (double)e->norms[m * e->seed_count * (size_t)s->count + i];
}

static gc_status visit_map(void *context, size_t seed, int32_t value,
                           const struct gc_probe *probe) {
    struct explanation *e = context;
    const struct selection *s = e->selection;
    float *raw[GC_MAX_METHODS];
    double norms[GC_MAX_METHODS];
    size_t first = 0;
    while (s->values[first] != value)
        first++;
    for (size_t m = 0; m < e->explainer.count; m++)
        raw[m] = is_made(e, m, seed) ? NULL : map_at(e, m, seed, first);
    e->explainer.score = e->scores[seed];
    if (seed == 0 || gc_explainer_reads_gradient(&e->explainer))
        GC_TRY(explain_value(e, value, probe, raw, norms));
    for (size_t m = 0; m < e->explainer.count; m++)
        if (is_made(e, m, seed))
            repeat(e, m, seed, first, &norms[m]);
    for (size_t i = first; i < (size_t)s->count; i++)
        if (s->values[i] == value)
            store(e, seed, first, i, norms);
    return GC_OK;
}

static gc_status check_seeds(const gc_model *model, const float *seeds, int32_t seed_count) {
    if (seeds == NULL || seed_count < 1 || seed_count > GC_MAX_TARGETS)
        return gc_fail(GC_INVALID_ARGUMENT, "1 to %d seeds can be explained at once, not %d",
                       GC_MAX_TARGETS, (int)seed_count);
    const size_t classes = (size_t)gc_model_class_count(model);
    for (size_t i = 0; i < (size_t)seed_count * classes; i++)
        if (!isfinite(seeds[i]))
            return gc_fail(GC_INVALID_ARGUMENT, "a seed holds a value that is no finite number");
    return GC_OK;
}

static gc_status find_method(const struct gc_method **method, int32_t i) {
    int32_t count = 0;
    while (gc_method_at(count) != NULL)
        count++;
    *method = gc_method_at(i);
    return *method != NULL ? GC_OK
                           : gc_fail(GC_INVALID_ARGUMENT, "method %d does not exist: 0 to %d do",
                                     (int)i, (int)count - 1);
}

/* Finds the methods and checks the flags. */
static gc_status find_methods(struct gc_explainer *explainer, const int32_t *methods,
                              int32_t method_count, uint32_t flags) {
    if (methods == NULL || method_count < 1 || method_count > GC_MAX_METHODS)
        return gc_fail(GC_INVALID_ARGUMENT, "1 to %d methods can explain at once, not %d",
                       GC_MAX_METHODS, (int)method_count);
    if (flags & ~(uint32_t)GC_EIGEN_SMOOTH)
        return gc_fail(GC_INVALID_ARGUMENT, "gc_model_explain: flags are %zu; allowed: 0 and %d",
                       (size_t)flags, (int)GC_EIGEN_SMOOTH);
    for (int32_t i = 0; i < method_count; i++)
        GC_TRY(find_method(&explainer->methods[i], methods[i]));
    explainer->count = (size_t)method_count;
    explainer->flags = flags;
    return GC_OK;
}

/* The size of all maps can be more than a size_t holds. */
static gc_status check_raw(const struct explanation *e, size_t raw_count) {
    const uint64_t wanted =
        (uint64_t)e->explainer.count * (uint64_t)e->seed_count * (uint64_t)e->selection->size;
    return gc_check_count("the buffer for maps", raw_count,
                          wanted > SIZE_MAX ? SIZE_MAX : (size_t)wanted);
}

/* A method that needs it sums over all positions of a layer, which a map without the class token
 * does not have. */
static gc_status check_linear(const struct explanation *e, int32_t to) {
    const struct selection *s = e->selection;
    for (int32_t i = 0; i < s->count && gc_explainer_needs_linear(&e->explainer); i++) {
        struct gc_grid grid = {0};
        bool linear = false;
        GC_TRY(gc_tail_is_linear(s->graph, s->values[i], to, &linear));
        gc_find_grid(&grid, &s->graph->values[s->values[i]].shape);
        if (!linear || grid.first > 0)
            return gc_fail(GC_INVALID_ARGUMENT,
                           "ablationCam: what follows a layer must be linear, and its map must "
                           "have all positions; gc_model_ablate takes any layer");
    }
    return GC_OK;
}

static void find_scores(struct explanation *e, const float *seeds, int32_t from) {
    const size_t classes = (size_t)gc_model_class_count(e->model);
    const gc_real *output = e->model->plan->tensors[from];
    for (size_t i = 0; i < e->seed_count; i++)
        e->scores[i] = gc_model_explained(e->model, seeds + i * classes, output);
}

static gc_status reserve(struct explanation *e) {
    const struct selection *s = e->selection;
    gc_shape *shapes = gc_allocate((size_t)s->count, sizeof *shapes);
    if (shapes == NULL)
        return gc_fail_memory((size_t)s->count * sizeof *shapes, "explanations");
    for (int32_t i = 0; i < s->count; i++)
        shapes[i] = picture_of(s, s->values[i]);
    const gc_status status = gc_explainer_reserve(&e->explainer, shapes, (size_t)s->count);
    gc_release(shapes);
    return status;
}

/* Without a method that reads the gradient there is nothing to go back for. */
static gc_status explain_values(struct explanation *e) {
    const struct selection *s = e->selection;
    for (size_t seed = 0; seed < e->seed_count; seed++)
        for (int32_t i = 0; i < s->count; i++)
            GC_TRY(visit_map(e, seed, s->values[i], NULL));
    return GC_OK;
}

static gc_status explain(struct explanation *e, const float *seeds, gc_output output) {
    const bool is_whole = gc_explainer_reads_tensors(&e->explainer);
    if (!gc_explainer_reads_gradient(&e->explainer))
        return explain_values(e);
    return gc_run_backward(e->model->run, &(struct gc_request){
                                              .from = gc_model_output_value(e->model, output),
                                              .seeds = seeds,
                                              .class_count = (size_t)gc_model_class_count(e->model),
                                              .seed_count = e->seed_count,
                                              .values = e->selection->values,
                                              .value_count = e->selection->count,
                                              .needs_gradients = is_whole,
                                              .needs_activations = is_whole,
                                              .visit = visit_map,
                                              .context = e,
                                          });
}

gc_status gc_model_explain(gc_model *model, const int32_t *methods, int32_t method_count,
                           uint32_t flags, const float *seeds, int32_t seed_count, gc_output output,
                           const int32_t *layers, int32_t layer_count, float *raw, size_t raw_count,
                           float *norms) {
    const struct gc_method *found[GC_MAX_METHODS];
    struct explanation e = {{.methods = found}, .model = model, .raw = raw, .norms = norms};
    GC_TRY(gc_model_check_run(model));
    GC_TRY(find_methods(&e.explainer, methods, method_count, flags));
    GC_TRY(check_seeds(model, seeds, seed_count));
    if (raw == NULL)
        return gc_fail(GC_INVALID_ARGUMENT, "gc_model_explain: raw must not be NULL");
    struct selection selection;
    GC_TRY(select_layers(&selection, model, layers, layer_count, map_size));
    e.selection = &selection;
    e.seed_count = (size_t)seed_count;
    gc_status status = gc_model_keep(model, selection.values, selection.count);
    const size_t before = gc_memory_in_use();
    const int32_t from = gc_model_output_value(model, output);
    find_scores(&e, seeds, from);
    if (status == GC_OK)
        status = check_raw(&e, raw_count);
    if (status == GC_OK)
        status = check_linear(&e, from);
    if (status == GC_OK)
        status = reserve(&e);
    if (status == GC_OK)
        status = explain(&e, seeds, output);
    gc_explainer_release(&e.explainer);
    model->memory += gc_memory_in_use() - before; /* what a first pass packs */
    release(&selection);
    return status;
}

gc_status gc_model_cancelled_channels(const gc_model *model, int32_t layer, int32_t *count) {
    const struct gc_layer *found = gc_model_layer(model, layer);
    GC_TRY(gc_model_check_run(model));
    if (found == NULL || count == NULL)
        return gc_fail(
            GC_INVALID_ARGUMENT,
            "gc_model_cancelled_channels: layer %d, count %s; allowed: a layer, not NULL",
            (int)layer, count == NULL ? "NULL" : "given");
    *count = model->cancelled[found->value];
    return GC_OK;
}

gc_status gc_model_shared_targets(gc_model *model, const int32_t *layers, int32_t layer_count,
                                  int32_t *count) {
    GC_TRY(gc_model_check_run(model));
    if (count == NULL)
        return gc_fail(GC_INVALID_ARGUMENT, "gc_model_shared_targets: count must not be NULL");
    struct selection selection;
    GC_TRY(select_layers(&selection, model, layers, layer_count, map_size));
    *count = (int32_t)gc_run_batch(model->run, &(struct gc_request){
                                                   .seed_count = GC_MAX_TARGETS,
                                                   .values = selection.values,
                                                   .value_count = selection.count,
                                               });
    release(&selection);
    return GC_OK;
}

/* ---- Activations and gradients as they are ---- */

/* Copies the tensor of a value in Keras' order of axes.
 *   tensor   [pixels][channels], NULL for zeros
 *   to       the same, or [channels][pixels] where Keras has the channels first */
static void copy_tensor(float *to, const gc_real *tensor, const struct gc_value *value) {
    const size_t count = gc_shape_count(&value->shape);
    const size_t channels = value->channels_first ? (size_t)gc_shape_channels(&value->shape) : 1;
    const size_t pixels = count / channels;
    for (size_t i = 0; i < count; i++)
        to[i % channels * pixels + i / channels] = tensor == NULL ? 0 : (float)tensor[i];
}

gc_status gc_model_activation(gc_model *model, int32_t layer, float *values, size_t count) {
    struct selection selection;
    const gc_real *tensor;
    GC_TRY(gc_model_check_run(model));
    GC_TRY(select_layers(&selection, model, &layer, 1, tensor_size));
    gc_status status = gc_check_count("the buffer for the activation", count, selection.size);
    if (status == GC_OK)
        status = gc_model_keep(model, selection.values, 1);
    const size_t before = gc_memory_in_use();
    if (status == GC_OK)
        status = gc_run_activation(model->run, selection.values[0], &tensor);
    if (status == GC_OK)
        copy_tensor(values, tensor, &model->graph.values[selection.values[0]]);
    model->memory += gc_memory_in_use() - before;
    release(&selection);
    return status;
}

/* ---- Where gradients are zero ---- */

struct zeros {
    const struct selection *selection;
    uint8_t *zero; /* [seeds][selection->count] */
};

static gc_status visit_zero(void *context, size_t seed, int32_t value,
                            const struct gc_probe *probe) {
    const struct zeros *z = context;
    const struct selection *s = z->selection;
    const gc_real *gradient = probe == NULL ? NULL : gc_probe_gradient(probe);
    const size_t count = gradient == NULL ? 0 : gc_shape_count(&s->graph->values[value].shape);
    bool differs = false;
    for (size_t i = 0; i < count; i++)
        differs |= gradient[i] != 0;
    for (int32_t i = 0; i < s->count; i++)
        if (s->values[i] == value)
            z->zero[seed * (size_t)s->count + (size_t)i] = !differs;
    return GC_OK;
}

gc_status gc_model_zero_gradients(gc_model *model, gc_output output, const float *seeds,
                                  int32_t seed_count, const int32_t *layers, int32_t layer_count,
                                  uint8_t *zero) {
    GC_TRY(gc_model_check_run(model));
    GC_TRY(check_seeds(model, seeds, seed_count));
    if (zero == NULL)
        return gc_fail(GC_INVALID_ARGUMENT, "gc_model_zero_gradients: zero must not be NULL");
    struct selection selection;
    GC_TRY(select_layers(&selection, model, layers, layer_count, tensor_size));
    struct zeros context = {&selection, zero};
    memset(zero, 1, (size_t)seed_count * (size_t)layer_count);
    const gc_status status =
        gc_model_backward(model, &(struct gc_request){
                                     .from = gc_model_output_value(model, output),
                                     .seeds = seeds,
                                     .class_count = (size_t)gc_model_class_count(model),
                                     .seed_count = (size_t)seed_count,
                                     .values = selection.values,
                                     .value_count = selection.count,
                                     .needs_gradients = true,
                                     .stops_at_zero = true,
                                     .visit = visit_zero,
                                     .context = &context,
                                 });
    release(&selection);
    return status;
}

/* ---- Numbers that are none ---- */

/* The layer that gives a value, or whose operators give the value on their way. */
static int32_t layer_of(const struct gc_graph *graph, int32_t value) {
    if (value == GC_NONE)
        return GC_NONE;
    for (int32_t i = 0; i < graph->layer_count; i++)
        if (graph->layers[i].value == value && !graph->layers[i].is_model)
            return i;
    const int32_t producer = graph->values[value].producer;
    return producer == GC_NONE ? GC_NONE : graph->nodes[producer].layer;
}

gc_status gc_model_find_not_finite(gc_model *model, int32_t *layer) {
    GC_TRY(gc_model_check_run(model));
    if (layer == NULL)
        return gc_fail(GC_INVALID_ARGUMENT, "gc_model_find_not_finite: layer must not be NULL");
    *layer = layer_of(&model->graph, model->not_finite);
    return GC_OK;
}

/* ---- Gradients as they are ---- */

struct gradients {
    const struct selection *selection;
    float *tensors; /* [selection->size] */
};

static gc_status visit_gradient(void *context, size_t seed, int32_t value,
                                const struct gc_probe *probe) {
    (void)seed;
    const struct gradients *g = context;
    const struct selection *s = g->selection;
    const gc_real *gradient = probe == NULL ? NULL : gc_probe_gradient(probe);
    for (int32_t i = 0; i < s->count; i++)
        if (s->values[i] == value)
            copy_tensor(g->tensors + s->offsets[i], gradient, &s->graph->values[value]);
    return GC_OK;
}

gc_status gc_model_gradients(gc_model *model, gc_output output, const float *seed,
                             size_t seed_count, const int32_t *layers, int32_t layer_count,
                             float *gradients, size_t count) {
    GC_TRY(gc_model_check_run(model));
    if (seed_count != (size_t)gc_model_output_count(model))
        GC_TRY(gc_check_count("seed", seed_count, (size_t)gc_model_class_count(model)));
    struct selection selection;
    GC_TRY(select_layers(&selection, model, layers, layer_count, tensor_size));
    struct gradients context = {&selection, gradients};
    gc_status status = gc_check_count("the buffer for gradients", count, selection.size);
    if (status == GC_OK)
        status = gc_model_backward(model, &(struct gc_request){
                                              .from = gc_model_output_value(model, output),
                                              .seeds = seed,
                                              .class_count = seed_count,
                                              .seed_count = 1,
                                              .values = selection.values,
                                              .value_count = selection.count,
                                              .needs_gradients = true,
                                              .visit = visit_gradient,
                                              .context = &context,
                                          });
    release(&selection);
    return status;
}
