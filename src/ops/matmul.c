/* The product of matrices (keras.ops.matmul).
 *   in[0], din[0]   [outer][n][k], or [outer][k][n] transposed
 *   in[1], din[1]   [outer][k][m], or [outer][m][k] transposed
 *   out, dout       [outer][n][m]
 * With A and B the inputs that are not transposed:
 *   out = A B,    dA = dout B',    dB = A' dout */
#include "graph/shapes.h"
#include "ops/ops.h"

/* A matrix of a list of matrices. Its value (i, j) is values[i * row + j * column]. */
struct matrix {
    size_t rows, columns, row, column;
};

static struct matrix matrix_of(const gc_shape *shape, bool transposed) {
    const size_t rows = (size_t)shape->dims[shape->rank - 2];
    const size_t columns = (size_t)shape->dims[shape->rank - 1];
    if (transposed)
        return (struct matrix){columns, rows, 1, columns};
    return (struct matrix){rows, columns, columns, 1};
}

static struct matrix transpose(struct matrix m) {
    return (struct matrix){m.columns, m.rows, m.column, m.row};
}

static gc_status matmul_shape(gc_shape *out, const gc_shape *in, int32_t input_count,
                              const void *params) {
    const struct gc_matmul_params *p = params;
    bool fits = input_count == 2 && in[0].rank >= 2 && in[1].rank == in[0].rank;
    for (int32_t axis = 0; fits && axis < in[0].rank - 2; axis++)
        fits = in[0].dims[axis] == in[1].dims[axis];
    if (fits) {
        const struct matrix a = matrix_of(&in[0], p->transpose_a);
        const struct matrix b = matrix_of(&in[1], p->transpose_b);
        *out = in[0];
        out->dims[out->rank - 2] = (int32_t)a.rows;
        out->dims[out->rank - 1] = (int32_t)b.columns;
        if (a.columns == b.rows)
            return GC_OK;
    }
    if (input_count != 2)
        return gc_fail(GC_INVALID_MODEL, "a product of %d matrices: it takes exactly 2",
                       (int)input_count);
    char first[GC_SHAPE_TEXT], second[GC_SHAPE_TEXT];
    return gc_fail(GC_INVALID_MODEL, "no product of matrices of the shapes %s and %s",
                   gc_shape_text(first, &in[0]), gc_shape_text(second, &in[1]));
}

/* out = A B, for one matrix each. */
static void multiply(gc_real *out, struct matrix o, const gc_real *x, struct matrix a,
                     const gc_real *y, struct matrix b) {
    for (size_t i = 0; i < o.rows; i++)
        for (size_t j = 0; j < o.columns; j++) {
            double sum = 0;
            for (size_t k = 0; k < a.columns; k++)
                sum += (double)x[i * a.row + k * a.column] * y[k * b.row + j * b.column];
            out[i * o.row + j * o.column] = (gc_real)sum;
        }
}

/* The same for lists of matrices. */
static void multiply_all(gc_real *out, struct matrix o, const gc_real *x, struct matrix a,
                         const gc_real *y, struct matrix b, size_t outer) {
    for (size_t i = 0; i < outer; i++)
        multiply(out + i * o.rows * o.columns, o, x + i * a.rows * a.columns, a,
                 y + i * b.rows * b.columns, b);
}

/* The matrices of a step, and the length of their lists. */
struct product {
    struct matrix a, b, out;
    size_t outer;
};

static struct product product_of(const struct gc_step *step) {
    const struct gc_matmul_params *p = step->params;
    struct product product = {.a = matrix_of(&step->in[0], p->transpose_a),
                              .b = matrix_of(&step->in[1], p->transpose_b),
                              .out = matrix_of(&step->out, false)};
    product.outer = gc_shape_count(&step->out) / (product.out.rows * product.out.columns);
    return product;
}

static gc_status matmul_forward_reference(struct gc_step *step, gc_real *out,
                                          const gc_real *const *in) {
    const struct product p = product_of(step);
    multiply_all(out, p.out, in[0], p.a, in[1], p.b, p.outer);
    return GC_OK;
}

static gc_status matmul_backward_reference(struct gc_step *step, int32_t input, gc_real *din,
                                           const gc_real *dout, const gc_real *out,
                                           const gc_real *const *in) {
    (void)out;
    const struct product p = product_of(step);
    if (input == 0)
        multiply_all(din, p.a, dout, p.out, in[1], transpose(p.b), p.outer);
    else
        multiply_all(din, p.b, in[0], transpose(p.a), dout, p.out, p.outer);
    return GC_OK;
}

const struct gc_op gc_op_matmul = {
    .name = "matmul",
    .shape = matmul_shape,
    .reference = {.forward = matmul_forward_reference, .backward = matmul_backward_reference},
};
