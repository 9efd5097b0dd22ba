/* The public entry points that set channels of a layer to zero and say what becomes of a score. */
#include <math.h>

#include "api/model.h"
#include "base/memory.h"
#include "engine/tail.h"

/* What is asked for. */
struct ablation {
    gc_model *model;
    const float *seed; /* [classes] */
    int32_t value, to;
    size_t channels;        /* of the value */
    const int32_t *channel; /* [count], GC_NONE for none */
    int32_t count;
    double *scores; /* [count] */
};

static gc_status find_layer(const gc_model *model, int32_t layer, int32_t *value) {
    const struct gc_layer *found = gc_model_layer(model, layer);
    if (found == NULL)
        return gc_fail(GC_UNKNOWN_LAYER, "layer %d does not exist: 0 to %d do", (int)layer,
                       (int)model->graph.layer_count - 1);
    *value = found->value;
    return GC_OK;
}

static gc_status check(const struct ablation *a, size_t seed_count) {
    GC_TRY(gc_check_count("seed", seed_count, (size_t)gc_model_class_count(a->model)));
    for (size_t i = 0; i < seed_count; i++)
        if (!isfinite(a->seed[i]))
            return gc_fail(GC_INVALID_ARGUMENT, "a seed holds a value that is no finite number");
    for (int32_t i = 0; i < a->count; i++)
        if (a->channel[i] < GC_NONE || a->channel[i] >= (int32_t)a->channels)
            return gc_fail(GC_INVALID_ARGUMENT, "the layer has no channel %d: it has %zu",
                           (int)a->channel[i], a->channels);
    return GC_OK;
}

/* ---- By runs ---- */

static gc_status ablate_by_runs(const struct ablation *a) {
    struct gc_tail *tail;
    const gc_real *output;
    GC_TRY(gc_tail_create(&tail, a->model->run, a->model->plan, a->value, a->to));
    gc_status status = GC_OK;
    for (int32_t i = 0; i < a->count && status == GC_OK; i++) {
        status = gc_tail_run(tail, a->channel[i], &output);
        if (status == GC_OK)
            a->scores[i] = gc_model_explained(a->model, a->seed, output);
    }
    gc_tail_destroy(tail);
    return status;
}

/* ---- In closed form ---- */

struct shares {
    size_t channels;
    double *shares; /* [channels], sum over positions of gradient and activation */
};

static gc_status add_shares(void *context, size_t seed, int32_t value,
                            const struct gc_probe *probe) {
    (void)seed, (void)value;
    const struct shares *s = context;
    if (probe == NULL) /* the output does not depend on the layer */
        return GC_OK;
    const gc_real *gradient = gc_probe_gradient(probe), *activation = gc_probe_value(probe);
    for (size_t i = 0, count = gc_shape_count(probe->shape); i < count; i++)
        s->shares[i % s->channels] += (double)gradient[i] * (double)activation[i];
    return GC_OK;
}

static gc_status ablate_by_gradient(const struct ablation *a) {
    struct shares context = {a->channels, gc_allocate(a->channels, sizeof(double))};
    if (context.shares == NULL)
        return gc_fail_memory(a->channels * sizeof(double), "a layer's channels");
    const gc_model *model = a->model;
    const double all = gc_model_explained(model, a->seed, model->plan->tensors[a->to]);
    const gc_status status =
        gc_model_backward(a->model, &(struct gc_request){
                                        .from = a->to,
                                        .seeds = a->seed,
                                        .class_count = (size_t)gc_model_class_count(model),
                                        .seed_count = 1,
                                        .values = &a->value,
                                        .value_count = 1,
                                        .needs_gradients = true,
                                        .needs_activations = true,
                                        .visit = add_shares,
                                        .context = &context,
                                    });
    for (int32_t i = 0; i < a->count; i++)
        a->scores[i] = a->channel[i] == GC_NONE ? all : all - context.shares[a->channel[i]];
    gc_release(context.shares);
    return status;
}

/* ---- The entry points ---- */

gc_status gc_model_is_linear_after(const gc_model *model, gc_output output, int32_t layer,
                                   int32_t *linear) {
    int32_t value;
    bool is_linear = false;
    GC_TRY(gc_model_check_run(model));
    GC_TRY(find_layer(model, layer, &value));
    if (linear == NULL)
        return gc_fail(GC_INVALID_ARGUMENT, "gc_model_is_linear_after: linear must not be NULL");
    const int32_t to = gc_model_output_value(model, output);
    GC_TRY(gc_tail_is_linear(&model->graph, value, to, &is_linear));
    *linear = is_linear;
    return GC_OK;
}

gc_status gc_model_ablate(gc_model *model, gc_output output, const float *seed, size_t seed_count,
                          int32_t layer, const int32_t *channels, int32_t count, double *scores) {
    int32_t linear = 0, value = 0;
    GC_TRY(gc_model_is_linear_after(model, output, layer, &linear));
    GC_TRY(find_layer(model, layer, &value));
    if (seed == NULL || channels == NULL || scores == NULL || count < 1)
        return gc_fail(GC_INVALID_ARGUMENT, "gc_model_ablate needs a seed, channels and scores");
    const struct ablation a = {
        .model = model,
        .seed = seed,
        .value = value,
        .to = gc_model_output_value(model, output),
        .channels = (size_t)gc_shape_channels(&model->graph.values[value].shape),
        .channel = channels,
        .count = count,
        .scores = scores,
    };
    GC_TRY(check(&a, seed_count));
    GC_TRY(gc_model_keep(model, &value, 1));
    const size_t before = gc_memory_in_use();
    const gc_status status = linear ? ablate_by_gradient(&a) : ablate_by_runs(&a);
    model->memory += gc_memory_in_use() - before;
    return status;
}
