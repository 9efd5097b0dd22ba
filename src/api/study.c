/* The public entry points of studies, which change an input, run the network on it and add up what
 * it gives. */
#include <math.h>
#include <string.h>

#include "api/model.h"
#include "base/memory.h"
#include "engine/change.h"
#include "graph/ends.h"

struct gc_study {
    gc_model *model;
    gc_output output;
    float *seed; /* [classes] */
    size_t classes;
    size_t rows, columns, channels;
    float *input, *baseline; /* [rows][columns][channels] */
    gc_real *changed;        /* the same */
    double *sums, *squares;  /* the same, of gradients */
    double weights;          /* of all gradients together */
    gc_real *mask;           /* [rows][columns], the last one */
    double *mask_sums;       /* the same */
    double *mask_totals;     /* the same, of the masks by themselves */
    uint32_t run;            /* the model's run_count after this study's last run, 0 before it */
};

static size_t pixels_of(const gc_study *study) { return study->rows * study->columns; }

static size_t count_of(const gc_study *study) { return pixels_of(study) * study->channels; }

/* ---- Create and destroy ---- */

static gc_status allocate(gc_study *s) {
    const size_t count = count_of(s), pixels = pixels_of(s);
    s->seed = gc_allocate(s->classes, sizeof *s->seed);
    s->input = gc_allocate(count, sizeof *s->input);
    s->baseline = gc_allocate(count, sizeof *s->baseline);
    s->changed = gc_allocate(count, sizeof *s->changed);
    s->sums = gc_allocate(count, sizeof *s->sums);
    s->squares = gc_allocate(count, sizeof *s->squares);
    s->mask = gc_allocate(pixels, sizeof *s->mask);
    s->mask_sums = gc_allocate(pixels, sizeof *s->mask_sums);
    s->mask_totals = gc_allocate(pixels, sizeof *s->mask_totals);
    const void *const arrays[] = {s->seed,    s->input, s->baseline,  s->changed,    s->sums,
                                  s->squares, s->mask,  s->mask_sums, s->mask_totals};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        if (arrays[i] == NULL)
            return gc_fail_memory(count * sizeof *s->sums, "a study of changed inputs");
    return GC_OK;
}

static gc_status fill(gc_study *s, gc_model *model, gc_output output, const float *seed) {
    const gc_shape picture = gc_graph_picture(&model->graph);
    s->model = model;
    s->output = output;
    s->classes = (size_t)gc_model_class_count(model);
    s->rows = (size_t)picture.dims[0];
    s->columns = (size_t)picture.dims[1];
    s->channels = (size_t)picture.dims[2];
    GC_TRY(allocate(s));
    memcpy(s->seed, seed, s->classes * sizeof *seed);
    for (size_t i = 0, count = count_of(s); i < count; i++)
        s->changed[i] = s->input[i] = (float)model->plan->tensors[0][i];
    return GC_OK;
}

static gc_status check_numbers(const char *what, const float *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return gc_fail(GC_INVALID_ARGUMENT, "%s holds a value that is no finite number", what);
    return GC_OK;
}

gc_status gc_study_create(gc_study **study, gc_model *model, gc_output output, const float *seed,
                          size_t seed_count) {
    if (study == NULL || seed == NULL)
        return gc_fail(GC_INVALID_ARGUMENT, "gc_study_create: study and seed must not be NULL");
    *study = NULL;
    GC_TRY(gc_model_check_run(model));
    GC_TRY(gc_check_count("seed", seed_count, (size_t)gc_model_class_count(model)));
    GC_TRY(check_numbers("the seed", seed, seed_count));
    gc_study *s = gc_allocate(1, sizeof *s);
    if (s == NULL)
        return gc_fail_memory(sizeof *s, "a study of changed inputs");
    const gc_status status = fill(s, model, output, seed);
    if (status == GC_OK)
        *study = s;
    else
        gc_study_destroy(s);
    return status;
}

void gc_study_destroy(gc_study *study) {
    if (study == NULL)
        return;
    void *const arrays[] = {study->seed,    study->input,     study->baseline,
                            study->changed, study->sums,      study->squares,
                            study->mask,    study->mask_sums, study->mask_totals};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        gc_release(arrays[i]);
    gc_release(study);
}

/* ---- Changes ---- */

static struct gc_changed changed_of(gc_study *s) {
    return (struct gc_changed){s->rows, s->columns, s->channels, s->input, s->baseline, s->changed};
}

static gc_status check_plan(const gc_study *study) {
    const gc_shape *input = &study->model->graph.values[0].shape;
    if (study->model->plan == NULL || gc_shape_count(input) != count_of(study))
        return gc_fail(GC_NOT_READY, "the model is planned for another size than the study's");
    return GC_OK;
}

gc_status gc_study_unchanged(gc_study *study) {
    const gc_model *model = study->model;
    GC_TRY(gc_model_check_run(model));
    GC_TRY(check_plan(study));
    for (size_t i = 0, count = count_of(study); i < count; i++)
        if (model->plan->tensors[0][i] != study->input[i])
            return gc_fail(GC_NOT_READY, "the model's last run was not on the study's input");
    memcpy(study->changed, model->plan->tensors[0], count_of(study) * sizeof *study->changed);
    study->run = model->run_count;
    return GC_OK;
}

gc_status gc_study_set_baseline(gc_study *study, const float *values, size_t count) {
    if (values == NULL)
        return gc_fail(GC_INVALID_ARGUMENT, "gc_study_set_baseline: values must not be NULL");
    GC_TRY(gc_check_count("baseline", count, count_of(study)));
    GC_TRY(check_numbers("the baseline", values, count));
    memcpy(study->baseline, values, count * sizeof *values);
    return GC_OK;
}

gc_status gc_study_mix(gc_study *study, double share) {
    if (!isfinite(share))
        return gc_fail(GC_INVALID_ARGUMENT, "the share of a mixture is no finite number");
    const struct gc_changed changed = changed_of(study);
    gc_change_mix(&changed, share);
    return GC_OK;
}

gc_status gc_study_noise(gc_study *study, gc_noise noise, double amount, uint32_t seed,
                         uint32_t sample) {
    if (!isfinite(amount) || (noise != GC_BELL && noise != GC_UNIFORM))
        return gc_fail(GC_INVALID_ARGUMENT, "noise of kind %d needs a finite amount", (int)noise);
    const struct gc_changed changed = changed_of(study);
    (noise == GC_BELL ? gc_change_bell : gc_change_uniform)(&changed, amount, seed, sample);
    return GC_OK;
}

static gc_status check_window(const struct gc_window *w) {
    const size_t most = GC_MAX_TENSOR_BYTES;
    const bool fits = w->full_rows <= most && w->full_columns <= most && w->top <= w->full_rows &&
                      w->left <= w->full_columns && w->out_rows <= w->full_rows - w->top &&
                      w->out_columns <= w->full_columns - w->left;
    if (fits)
        return GC_OK;
    return gc_fail(GC_INVALID_ARGUMENT,
                   "a mask of %zu x %zu has no window of %zu x %zu at row %zu, column %zu",
                   w->full_rows, w->full_columns, w->out_rows, w->out_columns, w->top, w->left);
}

gc_status gc_study_mask(gc_study *study, const float *map, int32_t rows, int32_t columns,
                        int32_t full_rows, int32_t full_columns, int32_t top, int32_t left) {
    if (map == NULL || rows < 1 || columns < 1 || full_rows < 1 || full_columns < 1 || top < 0 ||
        left < 0)
        return gc_fail(GC_INVALID_ARGUMENT, "a mask needs values, and sizes from 1 on");
    const struct gc_window window = {.rows = (size_t)rows,
                                     .columns = (size_t)columns,
                                     .full_rows = (size_t)full_rows,
                                     .full_columns = (size_t)full_columns,
                                     .top = (size_t)top,
                                     .left = (size_t)left,
                                     .out_rows = study->rows,
                                     .out_columns = study->columns};
    GC_TRY(check_window(&window));
    GC_TRY(check_numbers("the mask", map, window.rows * window.columns));
    const struct gc_changed changed = changed_of(study);
    gc_resize_map(study->mask, map, &window);
    gc_change_mask(&changed, study->mask);
    return GC_OK;
}

gc_status gc_study_cover(gc_study *study, int32_t top, int32_t left, int32_t rows,
                         int32_t columns) {
    const int64_t bottom = (int64_t)top + rows, right = (int64_t)left + columns;
    if (top < 0 || left < 0 || rows < 1 || columns < 1 || bottom > (int64_t)study->rows ||
        right > (int64_t)study->columns)
        return gc_fail(GC_INVALID_ARGUMENT,
                       "a window of %d x %d at row %d, column %d is not inside of %zu x %zu",
                       (int)rows, (int)columns, (int)top, (int)left, study->rows, study->columns);
    for (size_t i = 0, count = pixels_of(study); i < count; i++)
        study->mask[i] = 1;
    for (int64_t row = top; row < bottom; row++)
        for (int64_t column = left; column < right; column++)
            study->mask[(size_t)row * study->columns + (size_t)column] = 0;
    const struct gc_changed changed = changed_of(study);
    gc_change_mask(&changed, study->mask);
    return GC_OK;
}

/* ---- Runs ---- */

gc_status gc_study_run(gc_study *study, double *score) {
    gc_model *model = study->model;
    GC_TRY(check_plan(study));
    memcpy(model->plan->tensors[0], study->changed, count_of(study) * sizeof *study->changed);
    GC_TRY(gc_model_run(model));
    study->run = model->run_count;
    const int32_t value = gc_model_output_value(model, study->output);
    if (score != NULL)
        *score = gc_model_explained(model, study->seed, model->plan->tensors[value]);
    return GC_OK;
}

/* ---- Sums ---- */

struct gradient {
    gc_study *study;
    double weight, scale;
};

static void add_values(double *restrict sums, double *restrict squares,
                       const gc_real *restrict gradient, double weight, double scale,
                       size_t count) {
    for (size_t i = 0; i < count; i++) {
        const double value = scale * (double)gradient[i];
        sums[i] += weight * value;
        squares[i] += weight * value * value;
    }
}

static gc_status add_gradient(void *context, size_t seed, int32_t value,
                              const struct gc_probe *probe) {
    (void)seed, (void)value;
    const struct gradient *g = context;
    if (probe == NULL) /* the output does not depend on the picture */
        return GC_OK;
    add_values(g->study->sums, g->study->squares, gc_probe_gradient(probe), g->weight, g->scale,
               count_of(g->study));
    return GC_OK;
}

gc_status gc_study_add_gradient(gc_study *study, double weight, double scale, int32_t guided) {
    gc_model *model = study->model;
    if (!isfinite(weight) || !isfinite(scale))
        return gc_fail(GC_INVALID_ARGUMENT, "the weight of a gradient is no finite number");
    if (!model->has_run || study->run == 0 || study->run != model->run_count)
        return gc_fail(GC_NOT_READY, "the model has not run on the study's changed input last");
    struct gradient context = {study, weight, scale};
    const int32_t picture = 0;
    study->weights += weight;
    return gc_model_backward(model, &(struct gc_request){
                                        .from = gc_model_output_value(model, study->output),
                                        .seeds = study->seed,
                                        .class_count = study->classes,
                                        .seed_count = 1,
                                        .values = &picture,
                                        .value_count = 1,
                                        .needs_gradients = true,
                                        .is_guided = guided != 0,
                                        .visit = add_gradient,
                                        .context = &context,
                                    });
}

void gc_study_add_mask(gc_study *study, double inside, double outside) {
    for (size_t i = 0, count = pixels_of(study); i < count; i++) {
        const double mask = (double)study->mask[i];
        study->mask_sums[i] += inside * mask + outside * (1 - mask);
        study->mask_totals[i] += mask;
    }
}

/* sums [count] = squares / w - (gradients / w)^2, with w the sum of all weights */
static void read_variances(const gc_study *study, float *sums, size_t count) {
    for (size_t i = 0; i < count && study->weights != 0; i++) {
        const double mean = study->sums[i] / study->weights;
        sums[i] = (float)(study->squares[i] / study->weights - mean * mean);
    }
}

gc_status gc_study_sums(const gc_study *study, gc_sums which, float *sums, size_t count) {
    const double *const all[] = {study->sums, study->squares, study->mask_sums, study->mask_totals};
    const bool is_mask = which == GC_MASKS || which == GC_MASK_TOTALS;
    if (sums == NULL || which < GC_GRADIENTS || which > GC_VARIANCES)
        return gc_fail(GC_INVALID_ARGUMENT, "sums %d do not exist: 0 to 4 do", (int)which);
    GC_TRY(
        gc_check_count("the buffer for sums", count, is_mask ? pixels_of(study) : count_of(study)));
    if (which == GC_VARIANCES) {
        read_variances(study, sums, count);
        return GC_OK;
    }
    for (size_t i = 0; i < count; i++)
        sums[i] = (float)all[which][i];
    return GC_OK;
}

void gc_study_clear(gc_study *study) {
    memset(study->sums, 0, count_of(study) * sizeof *study->sums);
    memset(study->squares, 0, count_of(study) * sizeof *study->squares);
    memset(study->mask_sums, 0, pixels_of(study) * sizeof *study->mask_sums);
}

gc_status gc_study_input(const gc_study *study, float *values, size_t count) {
    if (values == NULL)
        return gc_fail(GC_INVALID_ARGUMENT, "gc_study_input: values must not be NULL");
    GC_TRY(gc_check_count("the buffer for the changed input", count, count_of(study)));
    for (size_t i = 0; i < count; i++)
        values[i] = (float)study->changed[i];
    return GC_OK;
}
