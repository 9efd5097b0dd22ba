/* Functions that sum products of two tensors over common axes. */
#include "keras/contraction.h"

#include "keras/axes.h"

static gc_status matmul(struct gc_build *build) {
    struct gc_matmul_params p;
    GC_TRY(gc_field_bool(&build->fields, "transpose_a", false, &p.transpose_a));
    GC_TRY(gc_field_bool(&build->fields, "transpose_b", false, &p.transpose_b));
    if (yyjson_is_true(gc_field(&build->fields, "adjoint_a")) ||
        yyjson_is_true(gc_field(&build->fields, "adjoint_b")))
        return gc_build_lacks(build, "an adjoint matrix");
    if (build->input_count != 2)
        return gc_build_lacks(build, "a constant matrix");
    if (!build->unknown && gc_shape_of_input(build)->rank < 2)
        return gc_build_lacks(build, "matrices that hold the batch");
    return GC_BUILD_OP(build, &gc_op_matmul, p, NULL);
}

/* ---- The tables ---- */

const struct gc_lowering gc_contraction_functions[] = {
    {"Matmul", matmul, GC_MERGE},
    {NULL, NULL, GC_PLAIN},
};

const struct gc_lowering gc_tensorflow_contraction[] = {
    {"linalg.matmul", matmul, GC_MERGE},
    {NULL, NULL, GC_PLAIN},
};
