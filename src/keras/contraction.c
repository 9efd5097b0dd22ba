/* Functions that sum products of two tensors over common axes. */
#include "keras/contraction.h"

#include <string.h>

#include "keras/constant.h"

static const gc_shape *shape_at(const struct gc_build *build, int32_t value) {
    return &build->graph->values[value].shape;
}

/* Appends an operator of two values. */
static gc_status dot(struct gc_build *build, const int32_t *values, int32_t batch, int32_t a,
                     int32_t b) {
    const struct gc_dot_params p = {.batch = batch, .axis = {a, b}};
    gc_build_inputs(build, values, 2);
    return GC_BUILD_OP(build, &gc_op_dot, p, NULL);
}

/* ---- Products with a constant matrix ---- */

/* Appends x W. The last axis of x meets axis `axis` of the matrix. */
static gc_status times_matrix(struct gc_build *build, const struct gc_constant *matrix,
                              int32_t axis) {
    int32_t values[2] = {build->inputs[0], GC_NONE};
    const int32_t last = gc_shape_of_input(build)->rank - 1;
    if (matrix->rank != 2 || last < 0)
        return gc_build_lacks(build, "a constant that is no matrix");
    GC_TRY(gc_constant_tensor(build, matrix, values[0], &values[1]));
    return dot(build, values, 0, last, axis);
}

/* Appends W x, for each matrix in x. */
static gc_status matrix_times(struct gc_build *build, const struct gc_constant *matrix) {
    const gc_shape in = *gc_shape_of_input(build);
    int32_t values[2] = {build->inputs[0], GC_NONE};
    struct gc_permute_params swap = {{0}};
    if (matrix->rank != 2 || in.rank < 2)
        return gc_build_lacks(build, "a constant that is no matrix");
    GC_TRY(gc_constant_tensor(build, matrix, values[0], &values[1]));
    GC_TRY(dot(build, values, 0, in.rank - 2, 1));
    for (int32_t i = 0; i < in.rank; i++)
        swap.axes[i] = i < in.rank - 2 ? i : 2 * in.rank - 3 - i;
    return GC_BUILD_OP(build, &gc_op_permute, swap, NULL);
}

static gc_status product_with_constant(struct gc_build *build, bool transposes_b) {
    struct gc_constant matrix;
    bool good, is_first;
    if (build->unknown)
        return GC_OK;
    GC_TRY(gc_constant_read(&matrix, gc_constant_find(build, &is_first), build->pool, &good));
    if (!good)
        return gc_fail(GC_INVALID_MODEL, "it takes two tensors, or a tensor and a constant matrix");
    if (is_first && transposes_b)
        return gc_build_lacks(build, "a transposed tensor behind a constant matrix");
    return is_first ? matrix_times(build, &matrix)
                    : times_matrix(build, &matrix, transposes_b ? 1 : 0);
}

static gc_status matmul(struct gc_build *build) {
    struct gc_matmul_params p;
    GC_TRY(gc_field_bool(&build->fields, "transpose_a", false, &p.transpose_a));
    GC_TRY(gc_field_bool(&build->fields, "transpose_b", false, &p.transpose_b));
    if (yyjson_is_true(gc_field(&build->fields, "adjoint_a")) ||
        yyjson_is_true(gc_field(&build->fields, "adjoint_b")))
        return gc_build_lacks(build, "an adjoint matrix");
    if (build->input_count != 2 && p.transpose_a)
        return gc_build_lacks(build, "transpose_a and a constant matrix");
    if (build->input_count != 2)
        return product_with_constant(build, p.transpose_b);
    if (!build->unknown && gc_shape_of_input(build)->rank < 2)
        return gc_build_lacks(build, "matrices that hold the batch");
    return GC_BUILD_OP(build, &gc_op_matmul, p, NULL);
}

/* The product with a constant matrix over one axis. With two tensors it would mix the pictures. */
static gc_status dot_with_matrix(struct gc_build *build) {
    yyjson_val *axes = gc_field(&build->fields, "axes");
    bool is_first;
    gc_constant_find(build, &is_first);
    if (build->input_count != 1 || is_first)
        return gc_build_lacks_batch(build);
    if (axes != NULL && !(yyjson_is_int(axes) && yyjson_get_sint(axes) == 1))
        return gc_build_lacks(build, "axes that are not 1");
    return product_with_constant(build, false);
}

/* The brightness of a picture, as TensorFlow and Keras weigh the colours. */
static gc_status rgb_to_grayscale(struct gc_build *build) {
    const struct gc_constant weights = {2, {3, 1}, (double[]){0.2989, 0.587, 0.114}, 3};
    return build->unknown ? GC_OK : times_matrix(build, &weights, 0);
}

/* x / (bias + alpha * sum of x^2 over the neighbouring channels)^beta. The sum is a product with a
 * matrix that is 1 near its diagonal. */
static gc_status local_response(struct gc_build *build) {
    const struct gc_fields *f = &build->fields;
    int32_t radius, values[2];
    double bias, alpha;
    struct gc_activation_params power;
    GC_TRY(gc_field_int(f, "depth_radius", 0, 5, &radius));
    GC_TRY(gc_field_number(f, "bias", 1, &bias));
    GC_TRY(gc_field_number(f, "alpha", 1, &alpha));
    GC_TRY(gc_field_number(f, "beta", 0.5, &power.alpha));
    if (build->unknown)
        return GC_OK;
    const int32_t channels = gc_shape_channels(gc_shape_of_input(build));
    if (channels > 2048)
        return gc_build_lacks(build, "more than 2048 channels");
    struct gc_constant band = {2, {channels, channels}, NULL, channels * channels};
    band.values = gc_pool_allocate(build->pool, (size_t)band.count, sizeof *band.values);
    if (band.values == NULL)
        return gc_pool_fail();
    for (int32_t i = 0; i < band.count; i++) {
        const int32_t distance = i / channels - i % channels;
        band.values[i] = distance <= radius && -distance <= radius;
    }
    const struct gc_rescaling_params line = {.channels = 1, .scale = {alpha}, .offset = {bias}};
    power.alpha = -power.alpha;
    values[0] = build->inputs[0];
    GC_TRY(gc_build_op(build, &gc_op_square, NULL, 0, NULL));
    GC_TRY(times_matrix(build, &band, 0));
    GC_TRY(GC_BUILD_OP(build, &gc_op_rescaling, line, NULL));
    GC_TRY(GC_BUILD_OP(build, &gc_op_power, power, NULL));
    if (build->unknown)
        return GC_OK;
    values[1] = build->value;
    gc_build_inputs(build, values, 2);
    return gc_build_op(build, &gc_op_multiply, NULL, 0, NULL);
}

/* ---- Einstein's sums ----
 * The subscripts "bhwc,bhwd->bcd" give each axis of each operand a letter. Letters that the result
 * lacks are summed over. */

/* The letters of one operand without the batch, and its value in the graph. */
struct term {
    char letters[GC_MAX_AXES + 1];
    int32_t value;
};

static bool has(const char *letters, char letter) { return strchr(letters, letter) != NULL; }

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/* Reads the letters of a term, up to a comma or the arrow. False if they name an axis twice, or
 * hold anything but letters. */
static bool read_term(char *letters, const char **text) {
    int32_t count = 0;
    for (; **text != '\0' && **text != ',' && **text != '-'; ++*text) {
        if (**text == ' ')
            continue;
        if (!is_letter(**text) || count >= GC_MAX_AXES || has(letters, **text))
            return false;
        letters[count++] = **text;
        letters[count] = '\0';
    }
    return true;
}

/* Appends the axes of a value in the order of `wanted`, which are some of `letters`. Other axes are
 * summed over, and letters that the value lacks become axes of size 1 if `fills`. */
static gc_status arrange(struct gc_build *build, struct term *term, const char *wanted,
                         bool fills) {
    struct gc_reduce_params sum = {.keepdims = false};
    struct gc_permute_params order = {{0}};
    char left[GC_MAX_AXES + 1] = "";
    int32_t count = 0, axis = 0;
    bool sums = false, moves = false;
    for (const char *c = term->letters; *c != '\0'; c++) {
        if (has(wanted, *c))
            left[count++] = *c;
        else
            sums = sum.axes[c - term->letters] = true;
    }
    gc_build_inputs(build, &term->value, 1);
    if (sums)
        GC_TRY(GC_BUILD_OP(build, &gc_op_reduce_sum, sum, NULL));
    for (const char *c = wanted; *c != '\0'; c++)
        if (has(left, *c)) {
            order.axes[axis] = (int32_t)(strchr(left, *c) - left);
            moves |= order.axes[axis] != axis;
            axis++;
        }
    if (moves)
        GC_TRY(GC_BUILD_OP(build, &gc_op_permute, order, NULL));
    for (const char *c = wanted; fills && *c != '\0'; c++) {
        const struct gc_expand_dims_params p = {(int32_t)(c - wanted)};
        if (!has(left, *c))
            GC_TRY(GC_BUILD_OP(build, &gc_op_expand_dims, p, NULL));
    }
    term->value = build->inputs[0];
    return GC_OK;
}

/* Joins the last `count` axes of a value to one. Their sizes must be known. */
static gc_status join_last(struct gc_build *build, int32_t *value, int32_t count) {
    const gc_shape *in = shape_at(build, *value);
    struct gc_reshape_params p = {.shape = {in->rank - count + 1, {0}}};
    if (count == 1)
        return GC_OK;
    if (build->graph->open_height || build->graph->open_width)
        return gc_build_lacks(build, "a picture whose size is open");
    int32_t size = 1;
    for (int32_t i = 0; i < in->rank; i++)
        if (i < in->rank - count)
            p.shape.dims[i] = in->dims[i];
        else
            size *= in->dims[i];
    p.shape.dims[p.shape.rank - 1] = size;
    gc_build_inputs(build, value, 1);
    GC_TRY(GC_BUILD_OP(build, &gc_op_reshape, p, NULL));
    *value = build->value;
    return GC_OK;
}

static void append_letter(char *letters, char letter) {
    const size_t length = strlen(letters);
    letters[length] = letter;
    letters[length + 1] = '\0';
}

/* The sum of products over the letters that both have and the result lacks.
 *   batch    letters that all three have     own    letters of one operand and the result
 *   common   letters that are summed over */
static gc_status contract(struct gc_build *build, struct term *terms, const char *result) {
    char batch[GC_MAX_AXES + 1] = "", own[2][GC_MAX_AXES + 1] = {"", ""};
    char common[GC_MAX_AXES + 1] = "", orders[2][3 * GC_MAX_AXES + 1], made[3 * GC_MAX_AXES + 1];
    for (const char *c = result; *c != '\0'; c++) {
        const bool in_a = has(terms[0].letters, *c), in_b = has(terms[1].letters, *c);
        append_letter(in_a && in_b ? batch : own[in_a ? 0 : 1], *c);
    }
    for (const char *c = terms[0].letters; *c != '\0'; c++)
        if (has(terms[1].letters, *c) && !has(result, *c))
            append_letter(common, *c);
    if (common[0] == '\0') { /* a product value by value */
        int32_t values[2];
        for (int32_t i = 0; i < 2; i++) {
            GC_TRY(arrange(build, &terms[i], result, true));
            values[i] = terms[i].value;
        }
        gc_build_inputs(build, values, 2);
        return gc_build_op(build, &gc_op_multiply, NULL, 0, NULL);
    }
    int32_t values[2];
    for (int32_t i = 0; i < 2; i++) {
        strcat(strcat(strcpy(orders[i], batch), own[i]), common);
        GC_TRY(arrange(build, &terms[i], orders[i], false));
        values[i] = terms[i].value;
        GC_TRY(join_last(build, &values[i], (int32_t)strlen(common)));
        if (build->unknown)
            return GC_OK;
    }
    GC_TRY(dot(build, values, (int32_t)strlen(batch), shape_at(build, values[0])->rank - 1,
               shape_at(build, values[1])->rank - 1));
    strcat(strcat(strcpy(made, batch), own[0]), own[1]);
    struct term product = {.value = build->value};
    if (strlen(made) >= sizeof product.letters)
        return gc_build_lacks(build, "too many axes");
    strcpy(product.letters, made);
    return arrange(build, &product, result, false);
}

/* Reads one operand, a tensor or a constant. The letter of the batch is taken from a tensor. */
static gc_status read_operand(struct gc_build *build, struct term *term, const char **text,
                              yyjson_val *argument, const int32_t *given, int32_t *next,
                              char *batch) {
    struct gc_constant constant;
    bool good;
    int32_t rank;
    *term = (struct term){.letters = "", .value = GC_NONE};
    if (yyjson_equals_str(yyjson_obj_get(argument, "class_name"), "__keras_tensor__")) {
        term->value = given[(*next)++];
        rank = shape_at(build, term->value)->rank;
        good = read_term(term->letters, text) && (int32_t)strlen(term->letters) == rank + 1 &&
               (*batch == '\0' || *batch == term->letters[0]);
        *batch = term->letters[0];
        memmove(term->letters, term->letters + 1, strlen(term->letters));
    } else {
        GC_TRY(gc_constant_read(&constant, argument, build->pool, &good));
        good = good && read_term(term->letters, text) &&
               (int32_t)strlen(term->letters) == constant.rank;
        if (good)
            GC_TRY(gc_constant_tensor(build, &constant, given[0], &term->value));
    }
    return good ? GC_OK : gc_build_lacks(build, "these subscripts");
}

static gc_status einsum(struct gc_build *build) {
    struct term terms[2];
    yyjson_val *arguments = yyjson_obj_get(build->call->node, "args");
    const int32_t *given = build->inputs, count = (int32_t)yyjson_arr_size(arguments);
    const char *text;
    char batch = '\0', result[GC_MAX_AXES + 1] = "";
    int32_t next = 0;
    GC_TRY(gc_field_text(&build->fields, "subscripts", "", &text));
    if (build->unknown)
        return GC_OK;
    if (count < 1 || count > 2)
        return gc_build_lacks(build, "%d operands", (int)count);
    for (int32_t i = 0; i < count; i++) {
        GC_TRY(read_operand(build, &terms[i], &text, yyjson_arr_get(arguments, (size_t)i), given,
                            &next, &batch));
        if (build->unknown)
            return GC_OK;
        if (*text == ',')
            text++;
    }
    const bool has_result = strncmp(text, "->", 2) == 0;
    text += has_result ? 2 : 0;
    bool good = has_result && read_term(result, &text) && *text == '\0' &&
                next == build->input_count && result[0] == batch;
    for (int32_t i = 0; i < count; i++)
        good = good && !has(terms[i].letters, batch);
    for (const char *c = result; good && *++c != '\0';)
        good = has(terms[0].letters, *c) || (count == 2 && has(terms[1].letters, *c));
    if (!good)
        return gc_build_lacks(build, "these subscripts");
    return count == 1 ? arrange(build, &terms[0], result + 1, false)
                      : contract(build, terms, result + 1);
}

/* ---- The tables ---- */

const struct gc_lowering gc_contraction_functions[] = {
    {"Dot", dot_with_matrix, GC_MERGE},
    {"Einsum", einsum, GC_MERGE},
    {"Matmul", matmul, GC_MERGE},
    {"RGBToGrayscale", rgb_to_grayscale, GC_PLAIN},
    {"Tensordot", dot_with_matrix, GC_MERGE},
    {NULL, NULL, GC_PLAIN},
};

const struct gc_lowering gc_tensorflow_contraction[] = {
    {"image.rgb_to_grayscale", rgb_to_grayscale, GC_PLAIN},
    {"linalg.matmul", matmul, GC_MERGE},
    {"nn.local_response_normalization", local_response, GC_PLAIN},
    {"tensordot", dot_with_matrix, GC_MERGE},
    {NULL, NULL, GC_PLAIN},
};
