/* Larger pictures (Keras UpSampling2D).
 *   in, din   [h][w][c]      out, dout   [h * factor_h][w * factor_w][c]
 *   out(y, x, c) = sum_ij weight_y(i) * weight_x(j) * in(i, j, c)    over at most 2 x 2 pixels
 *     nearest    i = y / factor, rounded down, with weight 1
 *     bilinear   the two i beside (y + 0.5) / factor - 0.5, clamped to the picture, with weights of
 *                1 - distance
 *   din(i, j, c) = sum_yx weight_y(i) * weight_x(j) * dout(y, x, c) */
#include "graph/shapes.h"
#include "ops/ops.h"

#include <math.h>
#include <string.h>

static gc_status upsampling_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                                  const void *params) {
    (void)input_count;
    const struct gc_upsampling_params *p = params;
    GC_TRY(gc_check_picture(in, "an upsampling"));
    if (p->factor_h <= 0 || p->factor_w <= 0)
        return gc_fail(GC_INVALID_MODEL, "an upsampling by %d x %d: both must be positive",
                       (int)p->factor_h, (int)p->factor_w);
    if (p->factor_h > INT32_MAX / in->dims[0] || p->factor_w > INT32_MAX / in->dims[1])
        return gc_fail(GC_TOO_LARGE, "an upsampling by %d x %d makes too large a picture",
                       (int)p->factor_h, (int)p->factor_w);
    *out = (gc_shape){3, {in->dims[0] * p->factor_h, in->dims[1] * p->factor_w, in->dims[2]}};
    return GC_OK;
}

/* The two rows or columns of in that make one of out. The second weight may be 0. */
struct source {
    int32_t at[2];
    gc_real weight[2];
};

static struct source source_of(int32_t position, int32_t factor, int32_t size, bool bilinear) {
    if (!bilinear)
        return (struct source){{position / factor, position / factor}, {1, 0}};
    const double centre = fmax((position + 0.5) / factor - 0.5, 0);
    const int32_t below = (int32_t)centre < size - 1 ? (int32_t)centre : size - 1;
    const int32_t above = below + 1 < size ? below + 1 : below;
    const double fraction = above == below ? 0 : centre - below;
    return (struct source){{below, above}, {(gc_real)(1 - fraction), (gc_real)fraction}};
}

/* to += weight * from, [count] */
static void add_scaled(gc_real *restrict to, const gc_real *restrict from, gc_real weight,
                       int32_t count) {
    for (int32_t c = 0; c < count; c++)
        to[c] += weight * from[c];
}

/* Adds the pixels of in to those of out (large), or the gradients of out to those of in (small). */
static void transfer(const struct gc_step *step, gc_real *large, gc_real *small,
                     const gc_real *from, bool gradient) {
    const struct gc_upsampling_params *p = step->params;
    const int32_t width = step->in->dims[1], channels = step->in->dims[2];
    for (int32_t y = 0; y < step->out.dims[0]; y++) {
        const struct source row = source_of(y, p->factor_h, step->in->dims[0], p->bilinear);
        for (int32_t x = 0; x < step->out.dims[1]; x++) {
            const struct source column = source_of(x, p->factor_w, width, p->bilinear);
            const size_t out = ((size_t)y * step->out.dims[1] + x) * channels;
            for (int32_t k = 0; k < 4; k++) {
                const gc_real weight = row.weight[k / 2] * column.weight[k % 2];
                const size_t in = ((size_t)row.at[k / 2] * width + column.at[k % 2]) * channels;
                if (weight == 0)
                    continue;
                if (gradient)
                    add_scaled(small + in, from + out, weight, channels);
                else
                    add_scaled(large + out, from + in, weight, channels);
            }
        }
    }
}

static gc_status upsampling_forward_reference(struct gc_step *step, gc_real *out,
                                              const gc_real *const *in) {
    memset(out, 0, gc_shape_count(&step->out) * sizeof *out);
    transfer(step, out, NULL, in[0], false);
    return GC_OK;
}

static gc_status upsampling_backward_reference(struct gc_step *step, int32_t input, gc_real *din,
                                               const gc_real *dout, const gc_real *out,
                                               const gc_real *const *in) {
    (void)input, (void)out, (void)in;
    memset(din, 0, gc_shape_count(step->in) * sizeof *din);
    transfer(step, NULL, din, dout, true);
    return GC_OK;
}

const struct gc_op gc_op_upsampling = {
    .name = "upsampling",
    .is_linear = true,
    .shape = upsampling_shape,
    .reference = {.forward = upsampling_forward_reference,
                  .backward = upsampling_backward_reference},
};
