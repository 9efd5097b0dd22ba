/* Operators that merge, join, move, pool or resample. */
#include "op_tester.h"
#include "ops/ops.h"
#include "test.h"

#include <math.h>
#include <stdio.h>

/* ---- Several inputs ---- */

static const struct gc_op *const merges[] = {&gc_op_add,     &gc_op_subtract, &gc_op_multiply,
                                             &gc_op_average, &gc_op_maximum,  &gc_op_minimum};

/* Shapes that are merged. Rank 0 ends a list. */
static const gc_shape merged[][OP_MAX_INPUTS] = {
    {{3, {3, 2, 5}}, {3, {3, 2, 5}}},
    {{1, {7}}, {1, {7}}},
    {{3, {3, 2, 5}}, {3, {1, 1, 5}}},
    {{3, {1, 1, 5}}, {3, {3, 2, 5}}},
    {{3, {3, 2, 5}}, {3, {3, 2, 1}}},
    {{3, {3, 1, 5}}, {3, {1, 2, 1}}},
    {{3, {3, 2, 5}}, {3, {1, 1, 1}}},
    {{3, {3, 2, 5}}, {1, {5}}},
    {{1, {1}}, {3, {2, 2, 3}}},
    {{3, {3, 2, 5}}, {3, {3, 2, 5}}, {3, {3, 2, 5}}},
    {{3, {3, 1, 5}}, {3, {3, 2, 1}}, {3, {1, 1, 1}}, {3, {3, 2, 5}}},
    {{3, {3, 2, 5}}},
};

TEST(merging) {
    for (size_t i = 0; i < COUNT(merges); i++)
        for (size_t k = 0; k < COUNT(merged); k++) {
            struct op_case c = {.op = merges[i]};
            for (int32_t n = 0; n < OP_MAX_INPUTS && merged[k][n].rank > 0; n++)
                c.in[c.input_count++] = merged[k][n];
            if (c.op == &gc_op_subtract && c.input_count != 2)
                continue;
            char text[40];
            snprintf(text, sizeof text, "shapes %zu", k);
            op_test(text, &c);
        }
}

TEST(merging_by_hand) {
    struct op_case c = {
        .op = &gc_op_multiply, .input_count = 2, .in = {PICTURE(1, 2, 2), VECTOR(2)}};
    const gc_real a[] = {1, 2, 3, 4}, b[] = {10, 100};
    const gc_real *in[] = {a, b};
    op_expect("multiply", &c, in, NULL, (gc_real[]){10, 200, 30, 400}, 4);
    op_expect_gradient("multiply", &c, in, NULL, 1, (gc_real[]){1, 1, 2, 2}, (gc_real[]){7, 10}, 2);
    c.op = &gc_op_subtract;
    op_expect("subtract", &c, in, NULL, (gc_real[]){-9, -98, -7, -96}, 4);
    c.op = &gc_op_average;
    op_expect("average", &c, in, NULL, (gc_real[]){5.5, 51, 6.5, 52}, 4);
}

/* Of equal values the first input gets the gradient. */
TEST(merging_by_extremum_by_hand) {
    struct op_case c = {
        .op = &gc_op_maximum, .input_count = 3, .in = {VECTOR(3), VECTOR(3), VECTOR(3)}};
    const gc_real *in[] = {(gc_real[]){1, 5, 2}, (gc_real[]){1, 4, 7}, (gc_real[]){0, 5, 7}};
    const gc_real dout[] = {1, 10, 100};
    op_expect("maximum", &c, in, NULL, (gc_real[]){1, 5, 7}, 3);
    op_expect_gradient("maximum", &c, in, NULL, 0, dout, (gc_real[]){1, 10, 0}, 3);
    op_expect_gradient("maximum", &c, in, NULL, 1, dout, (gc_real[]){0, 0, 100}, 3);
    c.op = &gc_op_minimum;
    op_expect("minimum", &c, in, NULL, (gc_real[]){0, 4, 2}, 3);
    op_expect_gradient("minimum", &c, in, NULL, 2, dout, (gc_real[]){1, 0, 0}, 3);
}

/* The divisors are positive, because a quotient is steep near a divisor of 0. */
TEST(dividing) {
    for (size_t k = 0; k < COUNT(merged); k++)
        if (merged[k][1].rank > 0 && merged[k][2].rank == 0)
            op_test("quotient", &(struct op_case){.op = &gc_op_divide,
                                                  .input_count = 2,
                                                  .in = {merged[k][0], merged[k][1]},
                                                  .center = 2});
    const struct op_case c = {
        .op = &gc_op_divide, .input_count = 2, .in = {PICTURE(1, 2, 2), VECTOR(2)}};
    const gc_real *in[] = {(gc_real[]){1, 2, 3, 4}, (gc_real[]){2, 4}};
    op_expect("divide", &c, in, NULL, (gc_real[]){0.5, 0.5, 1.5, 1}, 4);
    op_expect_gradient("divide", &c, in, NULL, 1, (gc_real[]){1, 1, 1, 1},
                       (gc_real[]){-1, (gc_real)-0.375}, 2);
}

/* Both values are positive, where a power has a gradient, and a rest jumps seldom. */
TEST(powers_and_rests) {
    const struct gc_op *ops[] = {&gc_op_pow, &gc_op_divide_no_nan, &gc_op_floor_mod};
    for (size_t k = 0; k < COUNT(merged); k++)
        for (size_t i = 0; i < COUNT(ops); i++)
            if (merged[k][1].rank > 0 && merged[k][2].rank == 0)
                op_test(ops[i]->name, &(struct op_case){.op = ops[i],
                                                        .input_count = 2,
                                                        .in = {merged[k][0], merged[k][1]},
                                                        .center = 2});
    struct op_case c = {.op = &gc_op_pow, .input_count = 2, .in = {VECTOR(3), VECTOR(3)}};
    const gc_real *bases[] = {(gc_real[]){2, -3, 0}, (gc_real[]){3, 2, 0}};
    op_expect("pow", &c, bases, NULL, (gc_real[]){8, 9, 1}, 3);
    op_expect_gradient("pow", &c, bases, NULL, 0, (gc_real[]){1, 1, 1}, (gc_real[]){12, -6, 0}, 3);
    op_expect_gradient("pow", &c, bases, NULL, 1, (gc_real[]){0, 1, 1}, (gc_real[]){0, 0, 0}, 3);
    c.op = &gc_op_floor_mod;
    const gc_real *rests[] = {(gc_real[]){7, -7, 7}, (gc_real[]){3, 3, -3}};
    op_expect("floor_mod", &c, rests, NULL, (gc_real[]){1, 2, -2}, 3);
    op_expect_gradient("floor_mod", &c, rests, NULL, 1, (gc_real[]){1, 1, 1}, (gc_real[]){-2, 3, 3},
                       3);
    c.op = &gc_op_divide_no_nan;
    const gc_real *quotients[] = {(gc_real[]){6, 1, 0}, (gc_real[]){3, 0, 2}};
    op_expect("divide_no_nan", &c, quotients, NULL, (gc_real[]){2, 0, 0}, 3);
    op_expect_gradient("divide_no_nan", &c, quotients, NULL, 0, (gc_real[]){3, 1, 1},
                       (gc_real[]){1, 0, 0.5}, 3);
}

TEST(where) {
    op_test("where",
            &(struct op_case){.op = &gc_op_where,
                              .input_count = 3,
                              .in = {PICTURE(3, 2, 5), PICTURE(3, 2, 5), PICTURE(3, 2, 5)}});
    op_test("where repeated",
            &(struct op_case){.op = &gc_op_where,
                              .input_count = 3,
                              .in = {PICTURE(3, 2, 1), PICTURE(1, 2, 5), VECTOR(5)}});
    const struct op_case c = {
        .op = &gc_op_where, .input_count = 3, .in = {VECTOR(3), VECTOR(3), VECTOR(1)}};
    const gc_real *in[] = {(gc_real[]){0, 1, -2}, (gc_real[]){4, 5, 6}, (gc_real[]){7}};
    op_expect("by hand", &c, in, NULL, (gc_real[]){7, 5, 6}, 3);
    op_expect_gradient("by hand", &c, in, NULL, 1, (gc_real[]){1, 2, 3}, (gc_real[]){0, 2, 3}, 3);
    gc_shape out;
    EXPECT_STATUS(gc_op_where.shape(&out, c.in, 2, NULL), GC_INVALID_MODEL);
}

TEST(merging_refuses) {
    gc_shape out;
    const gc_shape in[] = {PICTURE(3, 2, 5), PICTURE(3, 2, 4), PICTURE(3, 2, 5)};
    EXPECT_STATUS(gc_op_add.shape(&out, in, 2, NULL), GC_INVALID_MODEL);
    EXPECT_CONTAINS(gc_error(), "(3, 2, 5) and (3, 2, 4)");
    EXPECT_STATUS(gc_op_subtract.shape(&out, in, 3, NULL), GC_INVALID_MODEL);
}

TEST(concatenate) {
    for (int32_t axis = 0; axis < 3; axis++) {
        struct op_case c = {.op = &gc_op_concatenate,
                            .params = &(struct gc_concatenate_params){axis},
                            .input_count = 3,
                            .in = {PICTURE(3, 2, 5), PICTURE(3, 2, 5), PICTURE(3, 2, 5)}};
        c.in[1].dims[axis] = 1;
        c.in[2].dims[axis] = 7;
        op_test("concatenate", &c);
    }
    const struct gc_concatenate_params last = {1};
    const struct op_case c = {.op = &gc_op_concatenate,
                              .params = &last,
                              .input_count = 2,
                              .in = {{2, {2, 1}}, {2, {2, 2}}}};
    op_expect("columns", &c, (const gc_real *[]){(gc_real[]){1, 2}, (gc_real[]){3, 4, 5, 6}}, NULL,
              (gc_real[]){1, 3, 4, 2, 5, 6}, 6);
    gc_shape out;
    const gc_shape in[] = {PICTURE(3, 2, 5), PICTURE(3, 2, 4), VECTOR(5)};
    EXPECT_STATUS(gc_op_concatenate.shape(&out, in, 2, &last), GC_INVALID_MODEL);
    EXPECT_STATUS(gc_op_concatenate.shape(&out, &in[1], 2, &last), GC_INVALID_MODEL);
    EXPECT_STATUS(gc_op_concatenate.shape(&out, &in[2], 1, &last), GC_INVALID_MODEL);
}

TEST(dot) {
    static const struct {
        struct gc_dot_params params;
        gc_shape in[2];
    } cases[] = {
        {{0, {0, 0}}, {VECTOR(5), VECTOR(5)}},
        {{0, {0, 0}}, {{2, {4, 3}}, {2, {4, 5}}}},
        {{0, {1, 0}}, {{2, {3, 4}}, {2, {4, 5}}}},
        {{0, {1, 0}}, {PICTURE(2, 4, 3), VECTOR(4)}},
        {{1, {2, 2}}, {PICTURE(2, 4, 3), PICTURE(2, 5, 3)}},
        {{1, {2, 1}}, {PICTURE(2, 4, 3), PICTURE(2, 3, 5)}},
        {{2, {2, 2}}, {PICTURE(2, 4, 3), PICTURE(2, 4, 3)}},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        op_test("dot", &(struct op_case){.op = &gc_op_dot,
                                         .params = &cases[i].params,
                                         .input_count = 2,
                                         .in = {cases[i].in[0], cases[i].in[1]}});
    const struct op_case c = {.op = &gc_op_dot,
                              .params = &cases[2].params,
                              .input_count = 2,
                              .in = {{2, {1, 2}}, {2, {2, 2}}}};
    op_expect("by hand", &c, (const gc_real *[]){(gc_real[]){1, 2}, (gc_real[]){3, 4, 5, 6}}, NULL,
              (gc_real[]){13, 16}, 2);
    gc_shape out;
    EXPECT_STATUS(gc_op_dot.shape(&out, c.in, 1, c.params), GC_INVALID_MODEL);
    EXPECT_STATUS(gc_op_dot.shape(&out, (gc_shape[]){{2, {1, 2}}, {2, {3, 2}}}, 2, c.params),
                  GC_INVALID_MODEL);
}

TEST(adaptive_pooling) {
    static const struct gc_adaptive_pooling_params params[] = {{2, 3}, {1, 1}, {5, 7}};
    const gc_shape shapes[] = {PICTURE(5, 7, 3), PICTURE(4, 4, 2), PICTURE(1, 2, 1)};
    for (size_t i = 0; i < COUNT(params); i++)
        for (size_t k = 0; k < COUNT(shapes); k++) {
            struct op_case c = {
                .op = &gc_op_adaptive_average, .params = &params[i], .in = {shapes[k]}};
            op_test("average", &c);
            c.op = &gc_op_adaptive_max;
            op_test("maximum", &c);
        }
    const struct gc_adaptive_pooling_params two = {1, 2};
    struct op_case c = {.op = &gc_op_adaptive_average, .params = &two, .in = {PICTURE(1, 3, 1)}};
    const gc_real *in[] = {(gc_real[]){1, 5, 3}};
    op_expect("average", &c, in, NULL, (gc_real[]){3, 4}, 2);
    c.op = &gc_op_adaptive_max;
    op_expect("maximum", &c, in, NULL, (gc_real[]){5, 5}, 2);
    op_expect_gradient("maximum", &c, in, NULL, 0, (gc_real[]){1, 10}, (gc_real[]){0, 11, 0}, 3);
}

TEST(permute) {
    static const struct gc_permute_params params[] = {{{1, 0, 2}}, {{2, 0, 1}}, {{0, 1, 2}}};
    for (size_t i = 0; i < COUNT(params); i++)
        op_test("permute", &(struct op_case){.op = &gc_op_permute,
                                             .params = &params[i],
                                             .in = {PICTURE(3, 2, 5)}});
    const struct op_case c = {.op = &gc_op_permute, .params = &params[1], .in = {PICTURE(1, 2, 3)}};
    op_expect("by hand", &c, (const gc_real *[]){(gc_real[]){1, 2, 3, 4, 5, 6}}, NULL,
              (gc_real[]){1, 4, 2, 5, 3, 6}, 6);
    gc_shape out;
    const struct gc_permute_params twice = {{0, 0, 2}}, beyond = {{0, 1, 3}};
    EXPECT_STATUS(gc_op_permute.shape(&out, c.in, 1, &twice), GC_INVALID_MODEL);
    EXPECT_STATUS(gc_op_permute.shape(&out, c.in, 1, &beyond), GC_INVALID_MODEL);
}

/* ---- Rows and columns ---- */

TEST(zero_padding) {
    static const struct gc_zero_padding_params params[] = {
        {{1, 1, 1, 1}}, {{0, 1, 0, 1}}, {{3, 0, 2, 4}}, {{0, 0, 0, 0}}};
    for (size_t i = 0; i < COUNT(params); i++)
        op_test("zero padding", &(struct op_case){.op = &gc_op_zero_padding,
                                                  .params = &params[i],
                                                  .in = {PICTURE(2, 3, 4)}});
    const struct op_case c = {
        .op = &gc_op_zero_padding, .params = &params[1], .in = {PICTURE(1, 2, 1)}};
    const gc_real in[] = {1, 2}, expected[] = {1, 2, 0, 0, 0, 0};
    op_expect("below and right", &c, (const gc_real *[]){in}, NULL, expected, 6);
}

TEST(global_average) {
    static const struct gc_global_pooling_params flat = {false}, kept = {true};
    const gc_shape shapes[] = {PICTURE(1, 1, 3), PICTURE(7, 7, 17), PICTURE(3, 5, 40)};
    for (size_t i = 0; i < COUNT(shapes); i++) {
        op_test("global average",
                &(struct op_case){.op = &gc_op_global_average, .params = &flat, .in = {shapes[i]}});
        op_test("global average, axes kept",
                &(struct op_case){.op = &gc_op_global_average, .params = &kept, .in = {shapes[i]}});
    }
    const struct op_case c = {
        .op = &gc_op_global_average, .params = &flat, .in = {PICTURE(2, 2, 2)}};
    const gc_real in[] = {1, 10, 2, 20, 3, 30, 6, 60}, expected[] = {3, 30};
    op_expect("global average", &c, (const gc_real *[]){in}, NULL, expected, 2);
}

TEST(reshape) {
    static const struct gc_reshape_params flat = {{1, {-1}}}, same = {{3, {2, 3, 4}}};
    static const struct gc_reshape_params open = {{3, {4, -1, 2}}}, two_open = {{2, {-1, -1}}};
    static const struct gc_reshape_params misfit = {{2, {5, -1}}}, zero = {{2, {0, -1}}};
    static const struct gc_reshape_params huge = {{3, {65536, 65536, 65536}}};
    const gc_shape in = PICTURE(2, 3, 4);
    op_test("flatten", &(struct op_case){.op = &gc_op_reshape, .params = &flat, .in = {in}});
    op_test("identity", &(struct op_case){.op = &gc_op_reshape, .params = &same, .in = {in}});
    gc_shape out;
    EXPECT_OK(gc_op_reshape.shape(&out, &in, 1, &open));
    EXPECT_INT(out.dims[1], 3);
    EXPECT_STATUS(gc_op_reshape.shape(&out, &in, 1, &two_open), GC_INVALID_MODEL);
    EXPECT_STATUS(gc_op_reshape.shape(&out, &in, 1, &misfit), GC_INVALID_MODEL);
    EXPECT_STATUS(gc_op_reshape.shape(&out, &in, 1, &zero), GC_INVALID_MODEL);
    EXPECT_STATUS(gc_op_reshape.shape(&out, &in, 1, &huge), GC_INVALID_MODEL);
}

TEST(cropping) {
    static const struct gc_cropping_params params[] = {
        {{1, 1, 1, 1}}, {{0, 1, 0, 1}}, {{2, 0, 1, 3}}, {{0, 0, 0, 0}}};
    for (size_t i = 0; i < COUNT(params); i++)
        op_test("cropping", &(struct op_case){.op = &gc_op_cropping,
                                              .params = &params[i],
                                              .in = {PICTURE(4, 5, 3)}});
    gc_shape out;
    EXPECT_STATUS(gc_op_cropping.shape(&out, &PICTURE(2, 5, 3), 1, &params[0]), GC_INVALID_MODEL);
}

TEST(upsampling) {
    static const struct gc_upsampling_params params[] = {
        {2, 2, false}, {3, 2, false}, {2, 2, true}, {2, 3, true}, {1, 4, true}, {5, 1, true}};
    const gc_shape shapes[] = {PICTURE(3, 4, 5), PICTURE(1, 1, 2), PICTURE(2, 1, 3)};
    for (size_t i = 0; i < COUNT(params); i++)
        for (size_t k = 0; k < COUNT(shapes); k++)
            op_test("upsampling", &(struct op_case){.op = &gc_op_upsampling,
                                                    .params = &params[i],
                                                    .in = {shapes[k]}});
    const gc_real in[] = {0, 4};
    struct op_case c = {.op = &gc_op_upsampling, .params = &params[0], .in = {PICTURE(1, 2, 1)}};
    op_expect("nearest", &c, (const gc_real *[]){in}, NULL, (gc_real[]){0, 0, 4, 4, 0, 0, 4, 4}, 8);
    c.params = &params[2];
    op_expect("bilinear", &c, (const gc_real *[]){in}, NULL, (gc_real[]){0, 1, 3, 4, 0, 1, 3, 4},
              8);
}

/* Every kernel, larger and smaller, with and without antialiasing. */
TEST(resize) {
    const gc_shape shapes[] = {PICTURE(5, 4, 3), PICTURE(1, 1, 2), PICTURE(9, 13, 1)};
    for (int32_t kind = GC_RESIZE_NEAREST; kind <= GC_RESIZE_AREA; kind++)
        for (int32_t antialias = 0; antialias <= 1; antialias++)
            for (size_t k = 0; k < COUNT(shapes); k++) {
                struct gc_resize_params params = {.height = 6,
                                                  .width = 3,
                                                  .interpolation = (enum gc_resize_kind)kind,
                                                  .antialias = antialias};
                const struct op_case c = {
                    .op = &gc_op_resize, .params = &params, .in = {shapes[k]}};
                op_test("to a size", &c);
                params.by_factor = true;
                op_test("by factors", &c);
            }
}

TEST(resize_fits) {
    static const gc_shape shapes[] = {PICTURE(5, 4, 3), PICTURE(2, 9, 2), PICTURE(9, 2, 1)};
    for (int32_t fit = GC_FIT_STRETCH; fit <= GC_FIT_CENTER; fit++)
        for (size_t k = 0; k < COUNT(shapes); k++)
            op_test("fit",
                    &(struct op_case){
                        .op = &gc_op_resize,
                        .params = &(struct gc_resize_params){.height = 4,
                                                             .width = 3,
                                                             .interpolation = GC_RESIZE_BILINEAR,
                                                             .fit = (enum gc_fit)fit,
                                                             .fill = 0.5},
                        .in = {shapes[k]}});
}

TEST(resize_by_hand) {
    struct gc_resize_params params = {.height = 1, .width = 2};
    const gc_real row[] = {0, 4, 8, 100};
    const gc_real *in[] = {row};
    struct op_case c = {.op = &gc_op_resize, .params = &params, .in = {PICTURE(1, 4, 1)}};
    op_expect("nearest", &c, in, NULL, (gc_real[]){4, 100}, 2);
    params.interpolation = GC_RESIZE_BILINEAR;
    op_expect("bilinear", &c, in, NULL, (gc_real[]){2, 54}, 2);
    params.interpolation = GC_RESIZE_AREA;
    op_expect("area", &c, in, NULL, (gc_real[]){2, 54}, 2);
    params.interpolation = GC_RESIZE_BILINEAR;
    params.antialias = true;
    /* Weights 3, 3, 1 of 7: the distances are 1/2, 1/2 and 3/2 pixels of 2. */
    op_expect("antialias", &c, in, NULL, (gc_real[]){(gc_real)(20 / 7.0), (gc_real)(328 / 7.0)}, 2);
    params = (struct gc_resize_params){.height = 1, .width = 2, .fit = GC_FIT_CENTER};
    op_expect("center", &c, in, NULL, (gc_real[]){4, 8}, 2);
    params = (struct gc_resize_params){.height = 1, .width = 1, .fit = GC_FIT_CROP};
    op_expect("crop", &c, in, NULL, (gc_real[]){4}, 1);
    params = (struct gc_resize_params){.height = 3, .width = 3, .fit = GC_FIT_PAD, .fill = 7};
    c.in[0] = PICTURE(1, 3, 1);
    op_expect("pad", &c, in, NULL, (gc_real[]){7, 7, 7, 0, 4, 8, 7, 7, 7}, 9);
}

/* Overshoots beyond an edge are renormalised. */
TEST(resize_bicubic_by_hand) {
    const struct gc_resize_params params = {
        .height = 1, .width = 2, .by_factor = true, .interpolation = GC_RESIZE_BICUBIC};
    const struct op_case c = {.op = &gc_op_resize, .params = &params, .in = {PICTURE(1, 2, 1)}};
    const gc_real in[] = {0, 1};
    /* Keys' weights at the distances 1/4, 3/4 and 5/4 pixels */
    const double near = 0.8671875, middle = 0.2265625, far = -0.0703125;
    const gc_real expected[] = {(gc_real)(far / (far + near)), (gc_real)(middle / (near + middle)),
                                (gc_real)(near / (near + middle)), (gc_real)(near / (far + near))};
    op_expect("bicubic", &c, (const gc_real *[]){in}, NULL, expected, 4);
}

TEST(resize_refuses) {
    gc_shape out;
    struct gc_resize_params params = {.height = 0, .width = 2};
    EXPECT_STATUS(gc_op_resize.shape(&out, &PICTURE(1, 4, 3), 1, &params), GC_INVALID_MODEL);
    params.height = INT32_MAX;
    params.by_factor = true;
    EXPECT_STATUS(gc_op_resize.shape(&out, &PICTURE(2, 4, 3), 1, &params), GC_TOO_LARGE);
    params = (struct gc_resize_params){.height = 1, .width = 100000, .fit = GC_FIT_PAD};
    EXPECT_STATUS(gc_op_resize.shape(&out, &PICTURE(100000, 1, 1), 1, &params), GC_TOO_LARGE);
}

static const struct {
    const char *name;
    gc_shape in;
    struct gc_pooling_params params;
} poolings[] = {
    {"2x2", {3, {6, 4, 5}}, {{2, 2, 2, 2, 1, 1, false}}},
    {"2x2 rows left over", {3, {7, 5, 3}}, {{2, 2, 2, 2, 1, 1, false}}},
    {"3x3 stride 2", {3, {7, 8, 17}}, {{3, 3, 2, 2, 1, 1, true}}},
    {"3x3 stride 2 valid", {3, {7, 8, 4}}, {{3, 3, 2, 2, 1, 1, false}}},
    {"3x3 stride 1", {3, {4, 5, 3}}, {{3, 3, 1, 1, 1, 1, true}}},
    {"3x2 stride 2x1", {3, {5, 6, 2}}, {{3, 2, 2, 1, 1, 1, true}}},
    {"2x2 stride 3: larger than the window", {3, {7, 8, 3}}, {{2, 2, 3, 3, 1, 1, true}}},
    {"5x5 larger than the picture", {3, {3, 2, 4}}, {{5, 5, 1, 1, 1, 1, true}}},
    {"1x1", {3, {2, 3, 4}}, {{1, 1, 1, 1, 1, 1, true}}},
    {"on one pixel", {3, {1, 1, 3}}, {{3, 3, 2, 2, 1, 1, true}}},
};

TEST(pooling) {
    for (size_t i = 0; i < COUNT(poolings); i++) {
        struct op_case c = {
            .op = &gc_op_max_pooling, .params = &poolings[i].params, .in = {poolings[i].in}};
        op_test(poolings[i].name, &c);
        c.op = &gc_op_average_pooling;
        op_test(poolings[i].name, &c);
    }
    gc_shape out;
    EXPECT_STATUS(gc_op_max_pooling.shape(&out, &PICTURE(1, 4, 3), 1, &poolings[0].params),
                  GC_INVALID_MODEL);
}

/* Padding does not count in a mean. It is no maximum either, though all values are negative. Of
 * equal maxima the first gets the gradient. */
TEST(pooling_by_hand) {
    const struct gc_pooling_params params = {{1, 3, 1, 1, 1, 1, true}};
    const gc_real in[] = {-4, -2, -2, -9};
    const gc_real *ins[] = {in};
    struct op_case c = {.op = &gc_op_max_pooling, .params = &params, .in = {PICTURE(1, 4, 1)}};
    op_expect("maximum", &c, ins, NULL, (gc_real[]){-2, -2, -2, -2}, 4);
    op_expect_gradient("maximum", &c, ins, NULL, 0, (gc_real[]){1, 10, 100, 1000},
                       (gc_real[]){0, 111, 1000, 0}, 4);
    c.op = &gc_op_average_pooling;
    op_expect("average", &c, ins, NULL,
              (gc_real[]){-3, (gc_real)(-8.0 / 3), (gc_real)(-13.0 / 3), -5.5}, 4);
    op_expect_gradient("average", &c, ins, NULL, 0, (gc_real[]){2, 3, 6, 8},
                       (gc_real[]){2, 4, 7, 6}, 4);
}

TEST(global_max) {
    static const struct gc_global_pooling_params flat = {false}, kept = {true};
    op_test("global maximum",
            &(struct op_case){.op = &gc_op_global_max, .params = &flat, .in = {PICTURE(3, 5, 7)}});
    op_test("axes kept",
            &(struct op_case){.op = &gc_op_global_max, .params = &kept, .in = {PICTURE(1, 1, 3)}});
    const struct op_case c = {.op = &gc_op_global_max, .params = &flat, .in = {PICTURE(1, 3, 2)}};
    const gc_real in[] = {-1, 5, -1, 4, -2, 3};
    op_expect("by hand", &c, (const gc_real *[]){in}, NULL, (gc_real[]){-1, 5}, 2);
    op_expect_gradient("equal values share", &c, (const gc_real *[]){in}, NULL, 0,
                       (gc_real[]){2, 3}, (gc_real[]){1, 3, 1, 0, 0, 0}, 6);
}
