/* The table of explanation methods. A method is a formula in three parts.
 *
 * Of a layer there is its output A and the gradient G of the explained class with regard to A, both
 * [positions][channels].
 *     w(k)      a weight of each channel, or none
 *     t(p, k)   a term of g = G(p, k), a = A(p, k) and w = w(k)
 *     map(p)    what the terms of a position become, their sum or the first principal component
 *
 * To add a method, write its line in the table. A new kind of weight goes to weights.c, a new term
 * is one line of TERM, and its sum is a line of terms.c. */
#include "methods/methods.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "kernels/dot.h"
#include "methods/principal.h"
#include "methods/terms.h"
#include "methods/weights.h"

/* ---- Terms ---- */

struct term {
    /* The terms of one position. All are [channels]. Without a gradient or weights in the formula
     * these are not read. */
    void (*fill)(gc_real *terms, const gc_real *gradient, const gc_real *value,
                 const gc_real *weights, size_t channels);
    enum gc_term_sum sum; /* of them, unless there are weights */
};

#define TERM(name, sum, reads, formula)                                                            \
    static void name##_fill(gc_real *restrict terms, const gc_real *gradient,                      \
                            const gc_real *value, const gc_real *weights, size_t channels) {       \
        (void)gradient, (void)value, (void)weights;                                                \
        for (size_t k = 0; k < channels; k++) {                                                    \
            reads;                                                                                 \
            terms[k] = formula;                                                                    \
        }                                                                                          \
    }                                                                                              \
    static const struct term name = {name##_fill, sum};

#define G_AND_A const gc_real g = gradient[k], a = value[k]

TERM(product, GC_TERM_PRODUCT, G_AND_A, (g * a))
TERM(positive_gradient, GC_POSITIVE_GRADIENT, G_AND_A, g > 0 ? g * a : 0)
TERM(positive_product, GC_POSITIVE_PRODUCT, G_AND_A, (g * a > 0) ? (g *a) : 0)
TERM(weighted, GC_TERM_SUMS, , weights[k] * value[k])

/* The values themselves. */
static const struct term activation = {NULL, GC_TERM_SUMS};

/* ---- The table ---- */

enum reducer { SUM, PRINCIPAL };

struct gc_method {
    const char *name;
    gc_weights *weights; /* NULL for none */
    const struct term *term;
    enum reducer reducer;
};

/* The formulas with their papers are in gradcam.h. */
static const struct gc_method methods[] = {
    /* name             weights w             term                map */
    {"gradCam", gc_mean_weights, &weighted, SUM},
    {"gradCamPlusPlus", gc_plus_plus_weights, &weighted, SUM},
    {"xGradCam", gc_axiom_weights, &weighted, SUM},
    {"hiResCam", NULL, &product, SUM},
    {"layerCam", NULL, &positive_gradient, SUM},
    {"elementwise", NULL, &positive_product, SUM},
    {"eigenCam", NULL, &activation, PRINCIPAL},
    {"eigenGradCam", NULL, &product, PRINCIPAL},
    {"ablationCam", gc_ablation_weights, &weighted, SUM},
};

enum { METHODS = sizeof methods / sizeof *methods };

const struct gc_method *gc_method_at(int32_t i) {
    return i >= 0 && i < METHODS ? &methods[i] : NULL;
}

const char *gc_method_name(int32_t i) { return gc_method_at(i) == NULL ? NULL : methods[i].name; }

/* ---- What methods read ---- */

static bool is_principal(const struct gc_explainer *e, const struct gc_method *method) {
    return method->reducer == PRINCIPAL || e->flags & GC_EIGEN_SMOOTH;
}

/* Mean weights and a weighted sum are what a probe answers without tensors. */
static bool reads_tensors(const struct gc_explainer *e, const struct gc_method *method) {
    return method->weights != gc_mean_weights || is_principal(e, method);
}

static bool reads_gradient(const struct gc_method *method) { return method->term != &activation; }

static bool weighs(const struct gc_explainer *e) {
    bool found = false;
    for (size_t i = 0; i < e->count; i++)
        found = found || e->methods[i]->weights != NULL;
    return found;
}

static bool divides_by_totals(const struct gc_explainer *e) {
    bool divides = false;
    for (size_t i = 0; i < e->count; i++) {
        gc_weights *weights = e->methods[i]->weights;
        divides = divides || weights == gc_plus_plus_weights || weights == gc_axiom_weights;
    }
    return divides;
}

bool gc_explainer_needs_linear(const struct gc_explainer *e) {
    bool needs = false;
    for (size_t i = 0; i < e->count; i++)
        needs = needs || e->methods[i]->weights == gc_ablation_weights;
    return needs;
}

bool gc_explainer_reads_tensors(const struct gc_explainer *e) {
    bool reads = false;
    for (size_t i = 0; i < e->count; i++)
        reads = reads || reads_tensors(e, e->methods[i]);
    return reads;
}

bool gc_explainer_reads_gradient(const struct gc_explainer *e) {
    bool reads = false;
    for (size_t i = 0; i < e->count; i++)
        reads = reads || reads_gradient(e->methods[i]);
    return reads;
}

bool gc_explainer_ignores_class(const struct gc_explainer *e, size_t i) {
    return !reads_gradient(e->methods[i]);
}

bool gc_explainer_reads_value_alone(const struct gc_explainer *e) {
    bool reads = false;
    for (size_t i = 0; i < e->count; i++)
        reads = reads || !reads_gradient(e->methods[i]);
    return reads;
}

/* ---- Scratch ---- */

static void raise_to(size_t *size, size_t count) {
    if (count > *size)
        *size = count;
}

static bool needs_matrix(const struct gc_explainer *e) {
    bool needs = false;
    for (size_t i = 0; i < e->count; i++)
        needs = needs || is_principal(e, e->methods[i]);
    return needs;
}

gc_status gc_explainer_reserve(struct gc_explainer *e, const gc_shape *shapes, size_t shape_count) {
    size_t positions = 0, channels = 0, matrix = 0, vectors = 0;
    if (!gc_explainer_reads_tensors(e))
        return GC_OK;
    for (size_t i = 0; i < shape_count; i++) {
        const size_t width = (size_t)shapes[i].dims[2], count = gc_shape_count(&shapes[i]);
        raise_to(&channels, width);
        raise_to(&positions, count / width);
        raise_to(&matrix, count);
        raise_to(&vectors, gc_principal_scratch(count / width, width));
    }
    const bool has_matrix = needs_matrix(e);
    e->sums = gc_allocate_unset(GC_CHANNEL_SUMS * channels, sizeof *e->sums);
    e->squares = gc_allocate_unset(positions, sizeof *e->squares);
    e->weights = gc_allocate_unset(e->count * channels, sizeof *e->weights);
    e->matrix = has_matrix ? gc_allocate_unset(matrix, sizeof *e->matrix) : NULL;
    e->vectors = has_matrix ? gc_allocate_unset(vectors, sizeof *e->vectors) : NULL;
    if (e->sums != NULL && e->squares != NULL && e->weights != NULL &&
        (!has_matrix || (e->matrix != NULL && e->vectors != NULL)))
        return GC_OK;
    gc_explainer_release(e);
    return gc_fail_memory(has_matrix ? matrix * sizeof *e->matrix : positions * sizeof *e->squares,
                          "explanations");
}

void gc_explainer_release(struct gc_explainer *e) {
    gc_release(e->sums);
    gc_release(e->squares);
    gc_release(e->weights);
    gc_release(e->matrix);
    gc_release(e->vectors);
    e->sums = e->squares = e->vectors = NULL;
    e->weights = e->matrix = NULL;
}

/* ---- Norms ---- */

static double norm_of(const gc_real *values, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i] * (double)values[i];
    return sqrt(sum);
}

/* Bounds between which a sum of squares has lost nothing in float32. */
#define SMALL_SQUARE 1e-20
#define LARGE_SQUARE 1e30

static double squares_of(double fast, const gc_real *values, size_t count) {
    if (fast > SMALL_SQUARE && fast < LARGE_SQUARE)
        return fast;
    const double norm = norm_of(values, count);
    return norm * norm;
}

static double norm_of_rows(const gc_real *values, size_t rows, size_t channels) {
    double squares = 0;
    for (size_t i = 0; i < rows; i++, values += channels)
        squares += squares_of((double)gc_dot(values, values, channels), values, channels);
    return sqrt(squares);
}

/* ---- A layer with tensors ---- */

struct layer {
    const struct gc_explainer *explainer;
    const struct gc_tensors *tensors;
    float *const *raw;
};

static const gc_real *weights_of(const struct layer *l, size_t i) {
    return l->explainer->weights + i * l->tensors->channels;
}

/* What the positions of a layer are summed for. */
struct drawing {
    const struct layer *layer;
    size_t count; /* weights that are read */
    const gc_real *weights[GC_MAX_METHODS];
    size_t map_count; /* maps, and which of the sums each takes */
    float *maps[GC_MAX_METHODS];
    size_t sums[GC_MAX_METHODS];
};

static struct drawing drawing_of(const struct layer *l) {
    const struct gc_explainer *e = l->explainer;
    struct drawing d = {.layer = l};
    for (size_t i = 0; i < e->count; i++) {
        if (is_principal(e, e->methods[i]))
            continue; /* also a map that is left out */
        const bool is_weighted = e->methods[i]->weights != NULL;
        d.maps[d.map_count] = l->raw[i];
        d.sums[d.map_count++] = is_weighted ? GC_TERM_SUMS + d.count : e->methods[i]->term->sum;
        if (is_weighted)
            d.weights[d.count++] = weights_of(l, i);
    }
    return d;
}

/* All methods read a position while its channels are in the cache. */
static void sum_positions(void *context, size_t first, size_t end) {
    const struct drawing *d = context;
    const struct gc_tensors *t = d->layer->tensors;
    gc_real sums[GC_TERM_SUMS + GC_MAX_METHODS];
    for (size_t p = first; p < end; p++) {
        const gc_real *gradient = t->gradient + p * t->channels;
        gc_sum_terms(sums, sums + GC_TERM_SUMS, gradient, t->value + p * t->channels, d->weights,
                     d->count, t->channels);
        d->layer->explainer->squares[p] =
            squares_of((double)sums[GC_GRADIENT_SQUARES], gradient, t->channels);
        for (size_t i = 0; i < d->map_count; i++)
            d->maps[i][p] = (float)sums[d->sums[i]];
    }
}

struct filling {
    const struct layer *layer;
    const struct term *term;
    const gc_real *weights;
};

static void fill_positions(void *context, size_t first, size_t end) {
    const struct filling *f = context;
    const struct gc_tensors *t = f->layer->tensors;
    for (size_t at = first * t->channels; at < end * t->channels; at += t->channels)
        f->term->fill(f->layer->explainer->matrix + at,
                      t->gradient == NULL ? NULL : t->gradient + at, t->value + at, f->weights,
                      t->channels);
}

static size_t smallest_range(const struct gc_tensors *t) {
    return 1 + GC_SMALLEST_RANGE / t->channels;
}

static void draw_principal(const struct layer *l, size_t i) {
    const struct gc_explainer *e = l->explainer;
    const struct gc_tensors *t = l->tensors;
    const struct term *term = e->methods[i]->term;
    if (term != &activation)
        gc_parallel_ranges(fill_positions, &(struct filling){l, term, weights_of(l, i)},
                           t->positions, smallest_range(t));
    gc_principal(l->raw[i], e->matrix, term == &activation ? t->value : e->matrix, t->positions,
                 t->channels, e->vectors);
}

static struct gc_channel_sums sums_of(const struct layer *l) {
    double *sums = l->explainer->sums;
    const size_t channels = l->tensors->channels;
    return (struct gc_channel_sums){sums, sums + channels, sums + 2 * channels, sums + 3 * channels,
                                    sums + 4 * channels};
}

/* What the weights of methods that divide by no totals are made of. */
static enum gc_summed summed_of(const struct gc_explainer *e) {
    bool reads_mean = false;
    for (size_t i = 0; i < e->count; i++)
        reads_mean = reads_mean || e->methods[i]->weights == gc_mean_weights;
    if (!gc_explainer_needs_linear(e))
        return GC_SUM_GRADIENT;
    return reads_mean ? GC_SUM_EVERYTHING : GC_SUM_PRODUCT;
}

/* Makes the weights of all methods. Returns the number of cancelled channels. */
static int32_t make_weights(const struct layer *l) {
    const struct gc_explainer *e = l->explainer;
    const struct gc_channel_sums sums = sums_of(l);
    const bool divides = divides_by_totals(e);
    if (weighs(e))
        gc_sum_channels(&sums, l->tensors, divides ? GC_SUM_EVERYTHING : summed_of(e));
    for (size_t i = 0; i < e->count; i++)
        if (e->methods[i]->weights != NULL)
            e->methods[i]->weights((gc_real *)weights_of(l, i), l->tensors, &sums);
    return divides ? gc_cancelled_channels(&sums, l->tensors->channels) : 0;
}

/* Whether the weights are all that a method takes from the gradient. */
static bool has_norm_of_weights(const struct gc_method *method) {
    return method->weights == gc_mean_weights || method->weights == gc_ablation_weights;
}

static void draw_sums(const struct layer *l, double *norms) {
    const struct gc_explainer *e = l->explainer;
    const struct gc_tensors *t = l->tensors;
    struct drawing drawing = drawing_of(l);
    double squares = 0;
    gc_parallel_ranges(sum_positions, &drawing, t->positions, smallest_range(t));
    for (size_t p = 0; p < t->positions; p++)
        squares += e->squares[p];
    for (size_t i = 0; i < e->count; i++)
        if (reads_gradient(e->methods[i]))
            norms[i] = has_norm_of_weights(e->methods[i]) ? norm_of(weights_of(l, i), t->channels)
                                                          : sqrt(squares);
}

static void draw_layer(const struct layer *l, double *norms, int32_t *cancelled) {
    const struct gc_explainer *e = l->explainer;
    const struct gc_tensors *t = l->tensors;
    if (t->gradient != NULL) {
        *cancelled = make_weights(l);
        draw_sums(l, norms);
    }
    for (size_t i = 0; i < e->count; i++) {
        const bool reads = reads_gradient(e->methods[i]);
        if (l->raw[i] == NULL)
            continue;
        if (!reads)
            norms[i] = norm_of_rows(t->value, t->positions, t->channels);
        if (is_principal(e, e->methods[i]) && (!reads || t->gradient != NULL))
            draw_principal(l, i);
    }
}

/* ---- Any layer ---- */

/* Grad-CAM, and no other method. */
static gc_status project(const struct gc_explainer *e, float *const *raw, double *norms,
                         const struct gc_probe *probe) {
    const size_t count = (size_t)probe->shape->dims[0] * (size_t)probe->shape->dims[1];
    GC_TRY(gc_probe_means(probe, probe->weights));
    norms[0] = norm_of(probe->weights, (size_t)probe->shape->dims[2]);
    GC_TRY(gc_probe_weigh(probe, raw[0], probe->weights));
    for (size_t i = 1; i < e->count; i++) {
        norms[i] = norms[0];
        memcpy(raw[i], raw[0], count * sizeof **raw);
    }
    return GC_OK;
}

/* Whether Ablation-CAM is alone, which needs no sums of terms. */
static bool only_ablates(const struct gc_explainer *e) {
    bool only = !(e->flags & GC_EIGEN_SMOOTH);
    for (size_t i = 0; i < e->count; i++)
        only = only && e->methods[i]->weights == gc_ablation_weights;
    return only;
}

static gc_status weigh(const struct layer *l, double *norms, const struct gc_probe *probe) {
    make_weights(l);
    for (size_t i = 0; i < l->explainer->count; i++) {
        norms[i] = norm_of(weights_of(l, i), l->tensors->channels);
        GC_TRY(gc_probe_weigh(probe, l->raw[i], weights_of(l, i)));
    }
    return GC_OK;
}

gc_status gc_explain_layer(const struct gc_explainer *e, float *const *raw, double *norms,
                           int32_t *cancelled, const gc_shape *shape, const struct gc_probe *probe,
                           const gc_real *value) {
    const size_t channels = (size_t)shape->dims[2], positions = gc_shape_count(shape) / channels;
    *cancelled = 0;
    if (probe != NULL && !gc_explainer_reads_tensors(e))
        return project(e, raw, norms, probe);
    for (size_t i = 0; i < e->count && probe == NULL; i++) {
        norms[i] = 0;
        if (raw[i] != NULL)
            memset(raw[i], 0, positions * sizeof **raw);
    }
    const struct gc_tensors tensors = {probe == NULL ? NULL : gc_probe_gradient(probe),
                                       probe == NULL ? value : gc_probe_value(probe), positions,
                                       channels, e->score};
    const struct layer layer = {e, &tensors, raw};
    if (probe != NULL && only_ablates(e))
        return weigh(&layer, norms, probe);
    draw_layer(&layer, norms, cancelled);
    return GC_OK;
}
