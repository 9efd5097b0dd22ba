/* A scale and a shift for each channel (Keras BatchNormalization in inference, Rescaling,
 * Normalization, LayerScale).
 *   in, din, out, dout   [outer][channels][inner], the channels along any axis
 *   scale, shift         [channels]
 *   out = in * scale + shift,    din = dout * scale
 *   batch norm      scale = gamma / sqrt(moving_variance + epsilon)
 *                   shift = beta - moving_mean * scale
 *   rescaling       scale and offset as they are given
 *   normalization   scale = 1 / max(sqrt(variance), 1e-7),  shift = -mean * scale, or the inverse
 *   layer scale     scale = gamma,  shift = 0
 *   scale and shift scale = gamma,  shift = beta */
#include "base/memory.h"
#include "graph/shapes.h"
#include "ops/ops.h"

#include <math.h>
#include <string.h>

/* The coefficients, and how the channels lie in the tensor. */
struct affine {
    gc_real *scale, *shift;
    struct gc_layout layout;
};

static void affine_release(struct gc_step *step) {
    const struct affine *affine = step->state;
    gc_release(affine->scale);
}

/* Allocates the coefficients of channels along `axis`. */
static gc_status affine_prepare(struct gc_step *step, int32_t axis) {
    struct affine *affine = step->state;
    affine->layout = gc_layout_of(step->in, axis);
    const size_t channels = affine->layout.count;
    affine->scale = gc_allocate(channels * 2, sizeof *affine->scale);
    if (affine->scale == NULL)
        return gc_fail_memory(channels * 2 * sizeof *affine->scale, "a scale and shift");
    affine->shift = affine->scale + channels;
    return GC_OK;
}

/* out = in * scale (+ shift, unless NULL) */
static void apply(gc_real *restrict out, const gc_real *restrict in, const struct affine *affine,
                  const gc_real *restrict shift) {
    const size_t channels = affine->layout.count, inner = affine->layout.inner;
    for (size_t outer = 0; outer < affine->layout.outer; outer++) {
        if (inner == 1 && shift != NULL) {
            for (size_t c = 0; c < channels; c++)
                out[c] = in[c] * affine->scale[c] + shift[c];
        } else if (inner == 1) {
            for (size_t c = 0; c < channels; c++)
                out[c] = in[c] * affine->scale[c];
        } else {
            for (size_t c = 0; c < channels; c++)
                for (size_t i = c * inner; i < (c + 1) * inner; i++)
                    out[i] = in[i] * affine->scale[c] + (shift == NULL ? 0 : shift[c]);
        }
        out += channels * inner;
        in += channels * inner;
    }
}

static gc_status affine_forward_reference(struct gc_step *step, gc_real *out,
                                          const gc_real *const *in) {
    const struct affine *affine = step->state;
    apply(out, in[0], affine, affine->shift);
    return GC_OK;
}

static gc_status affine_backward_reference(struct gc_step *step, int32_t input, gc_real *din,
                                           const gc_real *dout, const gc_real *out,
                                           const gc_real *const *in) {
    (void)input, (void)out, (void)in;
    apply(din, dout, step->state, NULL);
    return GC_OK;
}

/* ---- Batch normalisation ---- */

static gc_status batch_norm_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                                  const void *params) {
    const struct gc_batch_norm_params *p = params;
    GC_TRY(gc_check_axis(in, p->axis, "batch normalisation"));
    return gc_same_shape(out, in, input_count, params);
}

static gc_shape batch_norm_weight(int32_t slot, const gc_shape *in, const void *params) {
    const struct gc_batch_norm_params *p = params;
    const bool there[GC_MAX_WEIGHTS] = {p->scale, p->center, true, true};
    return slot < GC_MAX_WEIGHTS && there[slot] ? (gc_shape){1, {in->dims[p->axis]}}
                                                : (gc_shape){.rank = -1};
}

static void batch_norm_coefficients(const struct gc_step *step, gc_real *scale, gc_real *shift) {
    const struct gc_batch_norm_params *p = step->params;
    const float *gamma = step->weights[0], *beta = step->weights[1];
    const float *mean = step->weights[2], *variance = step->weights[3];
    for (int32_t c = 0; c < step->in->dims[p->axis]; c++) {
        const double factor = (gamma == NULL ? 1.0 : gamma[c]) / sqrt(variance[c] + p->epsilon);
        scale[c] = (gc_real)factor;
        shift[c] = (gc_real)((beta == NULL ? 0.0 : beta[c]) - mean[c] * factor);
    }
}

static bool batch_norm_affine(const struct gc_step *step, gc_real *scale, gc_real *shift) {
    const struct gc_batch_norm_params *p = step->params;
    if (p->axis != step->in->rank - 1)
        return false;
    if (scale != NULL)
        batch_norm_coefficients(step, scale, shift);
    return true;
}

static gc_status batch_norm_prepare(struct gc_step *step) {
    const struct gc_batch_norm_params *p = step->params;
    GC_TRY(affine_prepare(step, p->axis));
    const struct affine *affine = step->state;
    batch_norm_coefficients(step, affine->scale, affine->shift);
    for (size_t i = 0; i < 2 * affine->layout.count; i++)
        if (!isfinite(affine->scale[i]))
            return gc_fail(GC_INVALID_MODEL,
                           "a batch normalisation scales by a number that is not "
                           "finite, for its variance plus epsilon is not above 0");
    return GC_OK;
}

const struct gc_op gc_op_batch_norm = {
    .name = "batch_norm",
    .is_linear = true,
    .shape = batch_norm_shape,
    .weight = batch_norm_weight,
    .affine = batch_norm_affine,
    .reference = {.state_size = sizeof(struct affine),
                  .prepare = batch_norm_prepare,
                  .release = affine_release,
                  .forward = affine_forward_reference,
                  .backward = affine_backward_reference},
};

/* ---- Rescaling ---- */

static gc_status rescaling_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                                 const void *params) {
    const struct gc_rescaling_params *p = params;
    if (p->channels != 1 && p->channels != gc_shape_channels(in))
        return gc_fail(GC_INVALID_MODEL, "a rescaling of %d channels for an input of %d channels",
                       (int)p->channels, (int)gc_shape_channels(in));
    return gc_same_shape(out, in, input_count, params);
}

static bool rescaling_affine(const struct gc_step *step, gc_real *scale, gc_real *shift) {
    const struct gc_rescaling_params *p = step->params;
    if (scale == NULL)
        return true;
    for (int32_t c = 0; c < gc_shape_channels(step->in); c++) {
        scale[c] = (gc_real)p->scale[p->channels == 1 ? 0 : c];
        shift[c] = (gc_real)p->offset[p->channels == 1 ? 0 : c];
    }
    return true;
}

static gc_status rescaling_prepare(struct gc_step *step) {
    GC_TRY(affine_prepare(step, step->in->rank - 1));
    const struct affine *affine = step->state;
    rescaling_affine(step, affine->scale, affine->shift);
    return GC_OK;
}

const struct gc_op gc_op_rescaling = {
    .name = "rescaling",
    .is_linear = true,
    .shape = rescaling_shape,
    .affine = rescaling_affine,
    .reference = {.state_size = sizeof(struct affine),
                  .prepare = rescaling_prepare,
                  .release = affine_release,
                  .forward = affine_forward_reference,
                  .backward = affine_backward_reference},
};

/* ---- Constants of a function ---- */

static gc_status affine_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                              const void *params) {
    const struct gc_affine_params *p = params;
    if (p->channels != 1 && p->channels != gc_shape_channels(in))
        return gc_fail(GC_INVALID_MODEL, "%d constants for an input of %d channels",
                       (int)p->channels, (int)gc_shape_channels(in));
    return gc_same_shape(out, in, input_count, params);
}

static bool affine_affine(const struct gc_step *step, gc_real *scale, gc_real *shift) {
    const struct gc_affine_params *p = step->params;
    if (scale == NULL)
        return true;
    for (int32_t c = 0; c < gc_shape_channels(step->in); c++) {
        const int32_t own = p->channels == 1 ? 0 : c;
        scale[c] = (gc_real)p->constants[own];
        shift[c] = (gc_real)p->constants[p->channels + own];
    }
    return true;
}

static gc_status affine_of_constants_prepare(struct gc_step *step) {
    GC_TRY(affine_prepare(step, step->in->rank - 1));
    const struct affine *affine = step->state;
    affine_affine(step, affine->scale, affine->shift);
    return GC_OK;
}

const struct gc_op gc_op_affine = {
    .name = "affine",
    .is_linear = true,
    .shape = affine_shape,
    .affine = affine_affine,
    .reference = {.state_size = sizeof(struct affine),
                  .prepare = affine_of_constants_prepare,
                  .release = affine_release,
                  .forward = affine_forward_reference,
                  .backward = affine_backward_reference},
};

/* ---- Normalization ---- */

static gc_status normalization_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                                     const void *params) {
    const struct gc_normalization_params *p = params;
    if (p->axis >= 0)
        GC_TRY(gc_check_axis(in, p->axis, "a normalization"));
    const int32_t channels = p->axis < 0 ? 1 : in->dims[p->axis];
    if (p->count != 0 && p->count != 1 && p->count != channels)
        return gc_fail(GC_INVALID_MODEL, "a normalization with %d means for %d channels",
                       (int)p->count, (int)channels);
    return gc_same_shape(out, in, input_count, params);
}

static gc_shape normalization_weight(int32_t slot, const gc_shape *in, const void *params) {
    const struct gc_normalization_params *p = params;
    if (slot > 1 || p->count != 0)
        return (gc_shape){.rank = -1};
    return p->axis < 0 ? (gc_shape){.rank = 0} : (gc_shape){1, {in->dims[p->axis]}};
}

static void normalization_coefficients(const struct gc_step *step, int32_t channels, gc_real *scale,
                                       gc_real *shift) {
    const struct gc_normalization_params *p = step->params;
    for (int32_t c = 0; c < channels; c++) {
        const int32_t constant = p->count == 1 ? 0 : c;
        const double mean = p->count == 0 ? step->weights[0][c] : p->constants[constant];
        const double variance =
            p->count == 0 ? step->weights[1][c] : p->constants[p->count + constant];
        const double deviation = fmax(sqrt(variance), 1e-7);
        scale[c] = (gc_real)(p->invert ? deviation : 1 / deviation);
        shift[c] = (gc_real)(p->invert ? mean : -mean / deviation);
    }
}

static bool normalization_affine(const struct gc_step *step, gc_real *scale, gc_real *shift) {
    const struct gc_normalization_params *p = step->params;
    if (p->axis != step->in->rank - 1)
        return false;
    if (scale != NULL)
        normalization_coefficients(step, gc_shape_channels(step->in), scale, shift);
    return true;
}

static gc_status normalization_prepare(struct gc_step *step) {
    const struct gc_normalization_params *p = step->params;
    GC_TRY(affine_prepare(step, p->axis));
    const struct affine *affine = step->state;
    normalization_coefficients(step, (int32_t)affine->layout.count, affine->scale, affine->shift);
    return GC_OK;
}

const struct gc_op gc_op_normalization = {
    .name = "normalization",
    .is_linear = true,
    .shape = normalization_shape,
    .weight = normalization_weight,
    .affine = normalization_affine,
    .reference = {.state_size = sizeof(struct affine),
                  .prepare = normalization_prepare,
                  .release = affine_release,
                  .forward = affine_forward_reference,
                  .backward = affine_backward_reference},
};

/* ---- LayerScale ---- */

static gc_shape layer_scale_weight(int32_t slot, const gc_shape *in, const void *params) {
    (void)params;
    return slot == 0 ? (gc_shape){1, {gc_shape_channels(in)}} : (gc_shape){.rank = -1};
}

static bool layer_scale_affine(const struct gc_step *step, gc_real *scale, gc_real *shift) {
    if (scale == NULL)
        return true;
    for (int32_t c = 0; c < gc_shape_channels(step->in); c++) {
        scale[c] = step->weights[0][c];
        shift[c] = 0;
    }
    return true;
}

static gc_status layer_scale_prepare(struct gc_step *step) {
    GC_TRY(affine_prepare(step, step->in->rank - 1));
    const struct affine *affine = step->state;
    layer_scale_affine(step, affine->scale, affine->shift);
    return GC_OK;
}

const struct gc_op gc_op_layer_scale = {
    .name = "layer_scale",
    .is_linear = true,
    .shape = gc_same_shape,
    .weight = layer_scale_weight,
    .affine = layer_scale_affine,
    .reference = {.state_size = sizeof(struct affine),
                  .prepare = layer_scale_prepare,
                  .release = affine_release,
                  .forward = affine_forward_reference,
                  .backward = affine_backward_reference},
};

/* ---- Scale and shift ---- */

static gc_status scale_shift_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                                   const void *params) {
    const struct gc_scale_shift_params *p = params;
    GC_TRY(gc_check_axis(in, p->axis, "a scale and shift"));
    return gc_same_shape(out, in, input_count, params);
}

static gc_shape scale_shift_weight(int32_t slot, const gc_shape *in, const void *params) {
    const struct gc_scale_shift_params *p = params;
    if ((slot == 0 && p->scale) || (slot == 1 && p->center))
        return (gc_shape){1, {in->dims[p->axis]}};
    return (gc_shape){.rank = -1};
}

static void scale_shift_coefficients(const struct gc_step *step, gc_real *scale, gc_real *shift) {
    const struct gc_scale_shift_params *p = step->params;
    const float *gamma = step->weights[0], *beta = step->weights[1];
    for (int32_t c = 0; c < step->in->dims[p->axis]; c++) {
        scale[c] = gamma == NULL ? 1 : gamma[c];
        shift[c] = beta == NULL ? 0 : beta[c];
    }
}

static bool scale_shift_affine(const struct gc_step *step, gc_real *scale, gc_real *shift) {
    const struct gc_scale_shift_params *p = step->params;
    if (p->axis != step->in->rank - 1)
        return false;
    if (scale != NULL)
        scale_shift_coefficients(step, scale, shift);
    return true;
}

static gc_status scale_shift_prepare(struct gc_step *step) {
    const struct gc_scale_shift_params *p = step->params;
    GC_TRY(affine_prepare(step, p->axis));
    const struct affine *affine = step->state;
    scale_shift_coefficients(step, affine->scale, affine->shift);
    return GC_OK;
}

const struct gc_op gc_op_scale_shift = {
    .name = "scale_shift",
    .is_linear = true,
    .shape = scale_shift_shape,
    .weight = scale_shift_weight,
    .affine = scale_shift_affine,
    .reference = {.state_size = sizeof(struct affine),
                  .prepare = scale_shift_prepare,
                  .release = affine_release,
                  .forward = affine_forward_reference,
                  .backward = affine_backward_reference},
};
