/* Zeros around rows and columns (Keras ZeroPadding2D), and the inverse (Cropping2D).
 *   inner   [h][w][c]       outer   [top + h + bottom][left + w + right][c]
 *   embed:     outer(y, x, c) = inner(y - top, x - left, c), 0 outside
 *   extract:   inner(y, x, c) = outer(y + top, x + left, c)
 * A zero padding embeds in its forward pass and extracts in its backward pass. A cropping does the
 * opposite. */
#include "graph/shapes.h"
#include "ops/ops.h"

#include <string.h>

/* Offset in the outer picture of row number `row` of the inner one. */
static size_t row_start(const gc_shape *outer, const struct gc_padding *p, int32_t row) {
    return (((size_t)row + p->top) * outer->dims[1] + p->left) * outer->dims[2];
}

static void embed(gc_real *to, const gc_shape *outer, const gc_real *from, const gc_shape *inner,
                  const struct gc_padding *p) {
    const size_t row = (size_t)inner->dims[1] * inner->dims[2];
    memset(to, 0, gc_shape_count(outer) * sizeof *to);
    for (int32_t y = 0; y < inner->dims[0]; y++)
        memcpy(to + row_start(outer, p, y), from + y * row, row * sizeof *to);
}

static void extract(gc_real *to, const gc_shape *inner, const gc_real *from, const gc_shape *outer,
                    const struct gc_padding *p) {
    const size_t row = (size_t)inner->dims[1] * inner->dims[2];
    for (int32_t y = 0; y < inner->dims[0]; y++)
        memcpy(to + y * row, from + row_start(outer, p, y), row * sizeof *to);
}

/* out = in with `sign` times the padding added. */
static gc_status pad_shape(gc_shape *out, const gc_shape *in, const struct gc_padding *p, int sign,
                           const char *what) {
    GC_TRY(gc_check_picture(in, what));
    if (p->top < 0 || p->bottom < 0 || p->left < 0 || p->right < 0)
        return gc_fail(GC_INVALID_MODEL, "%s of %d, %d, %d, %d: none may be negative", what,
                       (int)p->top, (int)p->bottom, (int)p->left, (int)p->right);
    const int64_t height = in->dims[0] + sign * ((int64_t)p->top + p->bottom);
    const int64_t width = in->dims[1] + sign * ((int64_t)p->left + p->right);
    if (height <= 0 || width <= 0)
        return gc_fail(GC_INVALID_MODEL, "%s leaves a picture of %lld x %lld", what,
                       (long long)height, (long long)width);
    if (height > INT32_MAX || width > INT32_MAX)
        return gc_fail(GC_TOO_LARGE, "%s makes a picture of %lld x %lld, which is too large", what,
                       (long long)height, (long long)width);
    *out = (gc_shape){3, {(int32_t)height, (int32_t)width, in->dims[2]}};
    return GC_OK;
}

/* ---- Zero padding ---- */

static gc_status zero_padding_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                                    const void *params) {
    (void)input_count;
    const struct gc_zero_padding_params *p = params;
    return pad_shape(out, in, &p->padding, 1, "a zero padding");
}

static bool zero_padding_padding(const void *params, struct gc_padding *padding) {
    *padding = ((const struct gc_zero_padding_params *)params)->padding;
    return true;
}

static gc_status zero_padding_forward_reference(struct gc_step *step, gc_real *out,
                                                const gc_real *const *in) {
    const struct gc_zero_padding_params *p = step->params;
    embed(out, &step->out, in[0], step->in, &p->padding);
    return GC_OK;
}

static gc_status zero_padding_backward_reference(struct gc_step *step, int32_t input, gc_real *din,
                                                 const gc_real *dout, const gc_real *out,
                                                 const gc_real *const *in) {
    (void)input, (void)out, (void)in;
    const struct gc_zero_padding_params *p = step->params;
    extract(din, step->in, dout, &step->out, &p->padding);
    return GC_OK;
}

const struct gc_op gc_op_zero_padding = {
    .name = "zero_padding",
    .is_linear = true,
    .shape = zero_padding_shape,
    .padding = zero_padding_padding,
    .reference = {.forward = zero_padding_forward_reference,
                  .backward = zero_padding_backward_reference},
};

/* ---- Cropping ---- */

static gc_status cropping_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                                const void *params) {
    (void)input_count;
    const struct gc_cropping_params *p = params;
    return pad_shape(out, in, &p->cropping, -1, "a cropping");
}

static gc_status cropping_forward_reference(struct gc_step *step, gc_real *out,
                                            const gc_real *const *in) {
    const struct gc_cropping_params *p = step->params;
    extract(out, &step->out, in[0], step->in, &p->cropping);
    return GC_OK;
}

static gc_status cropping_backward_reference(struct gc_step *step, int32_t input, gc_real *din,
                                             const gc_real *dout, const gc_real *out,
                                             const gc_real *const *in) {
    (void)input, (void)out, (void)in;
    const struct gc_cropping_params *p = step->params;
    embed(din, step->in, dout, &step->out, &p->cropping);
    return GC_OK;
}

const struct gc_op gc_op_cropping = {
    .name = "cropping",
    .is_linear = true,
    .shape = cropping_shape,
    .reference = {.forward = cropping_forward_reference, .backward = cropping_backward_reference},
};
