/* The table of explanation methods. Of a layer there is its output A and the gradient G of the
 * explained class with regard to A, both [rows][columns][channels]. A method makes the raw map
 * [rows][columns].
 *
 * To add a method that sums over the channels of each position, write its line of SUM and its line
 * in the table. Any other also has a function of its own. */
#include "methods/methods.h"

#include <math.h>

#include "base/parallel.h"

static double norm_of(const gc_real *values, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i] * (double)values[i];
    return sqrt(sum);
}

/* ---- Weights of the channels ---- */

/* Selvaraju et al. 2017, arXiv:1610.02391.
 * raw(p) = sum_k weights(k) A(p, k), where weights(k) is the mean of G(., k) over the positions. */
static gc_status grad_cam(const struct gc_method *method, const struct gc_probe *probe, float *raw,
                          double *norm) {
    (void)method;
    GC_TRY(gc_probe_means(probe, probe->weights));
    *norm = norm_of(probe->weights, (size_t)probe->shape->dims[2]);
    return gc_probe_weigh(probe, raw, probe->weights);
}

/* ---- Sums over the channels: raw(p) = sum_k of a term of g = G(p, k) and a = A(p, k) ---- */

/* Partial sums, side by side so that none waits for another. */
#define SUMS 8

#define SUM(name, term)                                                                            \
    static gc_real name(const gc_real *gradient, const gc_real *value, size_t channels) {          \
        gc_real sums[SUMS] = {0};                                                                  \
        for (size_t k = 0; k < channels; k++) {                                                    \
            const gc_real g = gradient[k], a = value[k];                                           \
            sums[k % SUMS] += term;                                                                \
        }                                                                                          \
        return total(sums);                                                                        \
    }

static gc_real total(const gc_real *sums) {
    gc_real sum = 0;
    for (size_t i = 0; i < SUMS; i++)
        sum += sums[i];
    return sum;
}

/* Draelos and Carin 2020, arXiv:2011.08891. */
SUM(hi_res_cam, (g * a))

/* Jiang et al. 2021, IEEE Transactions on Image Processing 30. */
SUM(layer_cam, g > 0 ? g * a : 0)

struct map {
    const struct gc_method *method;
    const struct gc_probe *probe;
    float *raw;
};

static void sum_positions(void *context, size_t first, size_t end) {
    const struct map *map = context;
    const size_t channels = (size_t)map->probe->shape->dims[2];
    const gc_real *gradient = gc_probe_gradient(map->probe), *value = gc_probe_value(map->probe);
    for (size_t p = first; p < end; p++)
        map->raw[p] =
            (float)map->method->sum(gradient + p * channels, value + p * channels, channels);
}

static gc_status channel_sum(const struct gc_method *method, const struct gc_probe *probe,
                             float *raw, double *norm) {
    const size_t channels = (size_t)probe->shape->dims[2];
    const size_t count = gc_shape_count(probe->shape);
    *norm = norm_of(gc_probe_gradient(probe), count);
    gc_parallel_ranges(sum_positions, &(struct map){method, probe, raw}, count / channels,
                       1 + GC_SMALLEST_RANGE / channels);
    return GC_OK;
}

/* ---- The table ---- */

static const struct gc_method methods[] = {
    /* name, whether it reads whole tensors, how it explains, sum over the channels */
    {"gradCam", false, grad_cam, NULL},
    {"hiResCam", true, channel_sum, hi_res_cam},
    {"layerCam", true, channel_sum, layer_cam},
};

enum { METHODS = sizeof methods / sizeof *methods };

const struct gc_method *gc_method_at(int32_t i) {
    return i >= 0 && i < METHODS ? &methods[i] : NULL;
}

const char *gc_method_name(int32_t i) { return gc_method_at(i) == NULL ? NULL : methods[i].name; }
