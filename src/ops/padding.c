/* Zeros around rows and columns (Keras ZeroPadding2D).
 *   in, din     [in_h][in_w][c]
 *   out, dout   [top + in_h + bottom][left + in_w + right][c]
 *   out(y, x, c) = in(y - top, x - left, c), 0 outside;    din(v, u, c) = dout(v + top, u + left,
 * c) */
#include "ops.h"
#include "shapes.h"

#include <string.h>

static gc_status zero_padding_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                                    const void *params) {
    (void)input_count;
    const struct gc_padding *p = &((const struct gc_zero_padding_params *)params)->padding;
    GC_TRY(gc_check_picture(in, "a zero padding"));
    const int64_t height = (int64_t)in->dims[0] + p->top + p->bottom;
    const int64_t width = (int64_t)in->dims[1] + p->left + p->right;
    if (p->top < 0 || p->bottom < 0 || p->left < 0 || p->right < 0)
        return gc_fail(GC_INVALID_MODEL, "a zero padding of %d, %d, %d, %d: none may be negative",
                       (int)p->top, (int)p->bottom, (int)p->left, (int)p->right);
    if (height > INT32_MAX || width > INT32_MAX)
        return gc_fail(GC_TOO_LARGE, "a zero padding to %lld x %lld", (long long)height,
                       (long long)width);
    *out = (gc_shape){3, {(int32_t)height, (int32_t)width, in->dims[2]}};
    return GC_OK;
}

static bool zero_padding_padding(const void *params, struct gc_padding *padding) {
    *padding = ((const struct gc_zero_padding_params *)params)->padding;
    return true;
}

/* Values between the start of out and that of its row number `row` of the inner picture. */
static size_t inner_row(const struct gc_step *step, const struct gc_padding *p, int32_t row) {
    const size_t width = (size_t)step->out.dims[1];
    return (((size_t)row + p->top) * width + p->left) * step->out.dims[2];
}

static gc_status zero_padding_forward_reference(struct gc_step *step, gc_real *out,
                                                const gc_real *const *in) {
    const struct gc_zero_padding_params *p = step->params;
    const size_t row = (size_t)step->in->dims[1] * step->in->dims[2];
    memset(out, 0, gc_shape_count(&step->out) * sizeof *out);
    for (int32_t v = 0; v < step->in->dims[0]; v++)
        memcpy(out + inner_row(step, &p->padding, v), in[0] + v * row, row * sizeof *out);
    return GC_OK;
}

static gc_status zero_padding_backward_reference(struct gc_step *step, int32_t input, gc_real *din,
                                                 const gc_real *dout, const gc_real *out,
                                                 const gc_real *const *in) {
    (void)input, (void)out, (void)in;
    const struct gc_zero_padding_params *p = step->params;
    const size_t row = (size_t)step->in->dims[1] * step->in->dims[2];
    for (int32_t v = 0; v < step->in->dims[0]; v++)
        memcpy(din + v * row, dout + inner_row(step, &p->padding, v), row * sizeof *din);
    return GC_OK;
}

const struct gc_op gc_op_zero_padding = {
    .name = "zero_padding",
    .shape = zero_padding_shape,
    .padding = zero_padding_padding,
    .forward_reference = zero_padding_forward_reference,
    .backward_reference = zero_padding_backward_reference,
};
