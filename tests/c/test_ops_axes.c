/* Operators that reduce, cut, extend or name any axes, and products of matrices. */
#include "op_tester.h"
#include "ops/ops.h"
#include "test.h"

#include <stdio.h>

/* ---- Reductions ---- */

static const struct gc_op *const reductions[] = {&gc_op_reduce_sum, &gc_op_reduce_mean,
                                                 &gc_op_reduce_max, &gc_op_reduce_min};

TEST(reductions) {
    static const struct gc_reduce_params params[] = {
        {{true, true}, false}, {{true, true}, true},  {{[2] = true}, false},
        {{[2] = true}, true},  {{[1] = true}, false}, {{true, true, true}, false},
        {{false}, false}};
    for (size_t i = 0; i < COUNT(reductions); i++)
        for (size_t k = 0; k < COUNT(params); k++) {
            char text[40];
            snprintf(text, sizeof text, "axes %zu", k);
            op_test(text, &(struct op_case){
                              .op = reductions[i], .params = &params[k], .in = {PICTURE(3, 2, 5)}});
        }
}

TEST(reductions_by_hand) {
    static const struct gc_reduce_params first = {{true, false}, false},
                                         last = {{false, true}, true};
    struct op_case c = {.op = &gc_op_reduce_sum, .params = &first, .in = {{2, {2, 3}}}};
    const gc_real *in[] = {(gc_real[]){1, 2, 3, 4, 2, 6}};
    op_expect("sum", &c, in, NULL, (gc_real[]){5, 4, 9}, 3);
    c.op = &gc_op_reduce_mean;
    op_expect("mean", &c, in, NULL, (gc_real[]){2.5, 2, 4.5}, 3);
    op_expect_gradient("mean", &c, in, NULL, 0, (gc_real[]){2, 4, 6}, (gc_real[]){1, 2, 3, 1, 2, 3},
                       6);
    c.op = &gc_op_reduce_max;
    op_expect("maximum", &c, in, NULL, (gc_real[]){4, 2, 6}, 3);
    op_expect_gradient("equal values share", &c, in, NULL, 0, (gc_real[]){2, 4, 6},
                       (gc_real[]){0, 2, 0, 2, 2, 6}, 6);
    c.op = &gc_op_reduce_min;
    c.params = &last;
    op_expect("minimum", &c, in, NULL, (gc_real[]){1, 2}, 2);
    gc_shape out;
    EXPECT_OK(gc_op_reduce_min.shape(&out, c.in, 1, &last));
    EXPECT(gc_shape_equal(&out, &(gc_shape){2, {2, 1}}));
}

/* ---- Slices ---- */

#define ALL GC_SLICE_END

TEST(slices) {
    static const struct gc_slice_params params[] = {
        {{ALL, ALL, ALL}, {ALL, ALL, ALL}, {1, 1, 1}},
        {{1, ALL, -3}, {-1, 3, ALL}, {1, 1, 1}},
        {{ALL, ALL, ALL}, {ALL, ALL, ALL}, {2, -1, 3}},
        {{3, -2, 10}, {0, -4, 1}, {-2, -1, -2}},
        {{-9, 2, 4}, {99, 3, 5}, {1, 5, 1}},
    };
    for (size_t i = 0; i < COUNT(params); i++) {
        char text[40];
        snprintf(text, sizeof text, "slice %zu", i);
        op_test(text, &(struct op_case){
                          .op = &gc_op_slice, .params = &params[i], .in = {PICTURE(4, 5, 6)}});
    }
}

/* The results are those of Python's range(7)[start:stop:step]. */
TEST(slices_by_hand) {
    static const struct {
        struct gc_slice_params params;
        int32_t count;
        gc_real expected[7];
    } cases[] = {
        {{{2}, {-2}, {1}}, 3, {2, 3, 4}},    {{{ALL}, {ALL}, {-1}}, 7, {6, 5, 4, 3, 2, 1, 0}},
        {{{ALL}, {ALL}, {3}}, 3, {0, 3, 6}}, {{{ALL}, {2}, {-2}}, 2, {6, 4}},
        {{{-2}, {ALL}, {-3}}, 2, {5, 2}},    {{{-100}, {100}, {4}}, 2, {0, 4}},
    };
    const gc_real *in[] = {(gc_real[]){0, 1, 2, 3, 4, 5, 6}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct op_case c = {
            .op = &gc_op_slice, .params = &cases[i].params, .in = {VECTOR(7)}};
        gc_shape out = {.rank = 0};
        EXPECT_OK(gc_op_slice.shape(&out, c.in, 1, c.params));
        EXPECT_INT(out.dims[0], cases[i].count);
        op_expect("slice", &c, in, NULL, cases[i].expected, (size_t)cases[i].count);
    }
    gc_shape out;
    const struct gc_slice_params nothing = {{3}, {3}, {1}}, still = {{ALL}, {ALL}, {0}};
    EXPECT_STATUS(gc_op_slice.shape(&out, &VECTOR(7), 1, &nothing), GC_INVALID_MODEL);
    EXPECT_STATUS(gc_op_slice.shape(&out, &VECTOR(7), 1, &still), GC_INVALID_MODEL);
}

/* ---- Indices and constants ---- */

TEST(take) {
    static const struct gc_take_params rows = {0, 3, {2, 0, 2}}, channels = {2, 4, {-1, 0, 5, -6}};
    op_test("rows",
            &(struct op_case){.op = &gc_op_take, .params = &rows, .in = {PICTURE(4, 5, 6)}});
    op_test("channels",
            &(struct op_case){.op = &gc_op_take, .params = &channels, .in = {PICTURE(4, 5, 6)}});
    const struct op_case c = {.op = &gc_op_take, .params = &rows, .in = {{2, {3, 2}}}};
    const gc_real *in[] = {(gc_real[]){0, 1, 2, 3, 4, 5}};
    op_expect("rows", &c, in, NULL, (gc_real[]){4, 5, 0, 1, 4, 5}, 6);
    op_expect_gradient("rows", &c, in, NULL, 0, (gc_real[]){1, 2, 3, 4, 5, 6},
                       (gc_real[]){3, 4, 0, 0, 6, 8}, 6);
    gc_shape out;
    EXPECT_STATUS(gc_op_take.shape(&out, &PICTURE(2, 5, 6), 1, &rows), GC_INVALID_MODEL);
    EXPECT_CONTAINS(gc_error(), "index 2 of an axis that has 2 values");
}

TEST(constant) {
    static const struct gc_constant_params params = {{2, {1, 3}}, {1, -2, 0.5}};
    const struct op_case c = {.op = &gc_op_constant, .params = &params, .in = {VECTOR(2)}};
    const gc_real *in[] = {(gc_real[]){7, 8}};
    op_test("constant", &c);
    op_expect("constant", &c, in, NULL, (gc_real[]){1, -2, 0.5}, 3);
    op_expect_gradient("constant", &c, in, NULL, 0, (gc_real[]){1, 1, 1}, (gc_real[]){0, 0}, 2);
}

/* ---- Paddings and repetitions ---- */

TEST(pad) {
    static const struct gc_pad_params params[] = {
        {{1, 0, 2}, {0, 3, 1}, GC_PAD_CONSTANT, 7},
        {{1, 0, 2}, {0, 3, 1}, GC_PAD_EDGE, 0},
        {{1, 2, 2}, {2, 1, 0}, GC_PAD_REFLECT, 0},
        {{3, 0, 2}, {1, 3, 4}, GC_PAD_SYMMETRIC, 0},
    };
    for (size_t i = 0; i < COUNT(params); i++) {
        char text[40];
        snprintf(text, sizeof text, "padding %zu", i);
        op_test(text, &(struct op_case){
                          .op = &gc_op_pad, .params = &params[i], .in = {PICTURE(3, 3, 4)}});
    }
}

TEST(pad_by_hand) {
    static const struct {
        enum gc_pad_mode mode;
        gc_real expected[7];
    } cases[] = {
        {GC_PAD_CONSTANT, {9, 9, 1, 2, 3, 9, 9}},
        {GC_PAD_EDGE, {1, 1, 1, 2, 3, 3, 3}},
        {GC_PAD_REFLECT, {3, 2, 1, 2, 3, 2, 1}},
        {GC_PAD_SYMMETRIC, {2, 1, 1, 2, 3, 3, 2}},
    };
    const gc_real *in[] = {(gc_real[]){1, 2, 3}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct gc_pad_params params = {{2}, {2}, cases[i].mode, 9};
        const struct op_case c = {.op = &gc_op_pad, .params = &params, .in = {VECTOR(3)}};
        op_expect("pad", &c, in, NULL, cases[i].expected, 7);
    }
    gc_shape out;
    const struct gc_pad_params far = {{3}, {0}, GC_PAD_REFLECT, 0}, less = {{-1}, {0}, 0, 0};
    EXPECT_STATUS(gc_op_pad.shape(&out, &VECTOR(3), 1, &far), GC_INVALID_MODEL);
    EXPECT_STATUS(gc_op_pad.shape(&out, &VECTOR(3), 1, &less), GC_INVALID_MODEL);
}

TEST(repetitions) {
    static const struct gc_repeat_params params = {{2, 1, 3}}, twice = {{2}}, none = {{0}};
    op_test("repeat",
            &(struct op_case){.op = &gc_op_repeat, .params = &params, .in = {PICTURE(2, 3, 4)}});
    op_test("tile",
            &(struct op_case){.op = &gc_op_tile, .params = &params, .in = {PICTURE(2, 3, 4)}});
    struct op_case c = {.op = &gc_op_repeat, .params = &twice, .in = {VECTOR(2)}};
    const gc_real *in[] = {(gc_real[]){1, 2}};
    op_expect("repeat", &c, in, NULL, (gc_real[]){1, 1, 2, 2}, 4);
    c.op = &gc_op_tile;
    op_expect("tile", &c, in, NULL, (gc_real[]){1, 2, 1, 2}, 4);
    gc_shape out;
    EXPECT_STATUS(gc_op_tile.shape(&out, c.in, 1, &none), GC_INVALID_MODEL);
}

/* ---- Axes of size 1 ---- */

TEST(expand_dims_and_squeeze) {
    static const struct gc_expand_dims_params middle = {1}, beyond = {4};
    static const struct gc_squeeze_params second = {{[1] = true}}, first = {{true}};
    op_test("expand", &(struct op_case){
                          .op = &gc_op_expand_dims, .params = &middle, .in = {PICTURE(2, 3, 4)}});
    op_test("squeeze",
            &(struct op_case){.op = &gc_op_squeeze, .params = &second, .in = {PICTURE(2, 1, 4)}});
    gc_shape out;
    EXPECT_OK(gc_op_expand_dims.shape(&out, &PICTURE(2, 3, 4), 1, &middle));
    EXPECT(gc_shape_equal(&out, &(gc_shape){4, {2, 1, 3, 4}}));
    EXPECT_OK(gc_op_squeeze.shape(&out, &PICTURE(2, 1, 4), 1, &second));
    EXPECT(gc_shape_equal(&out, &(gc_shape){2, {2, 4}}));
    EXPECT_STATUS(gc_op_expand_dims.shape(&out, &PICTURE(2, 3, 4), 1, &beyond), GC_INVALID_MODEL);
    EXPECT_STATUS(gc_op_squeeze.shape(&out, &PICTURE(2, 1, 4), 1, &first), GC_INVALID_MODEL);
}

/* ---- Products of matrices ---- */

TEST(matmul) {
    static const struct {
        struct gc_matmul_params params;
        gc_shape a, b;
    } cases[] = {
        {{false, false}, {2, {3, 4}}, {2, {4, 5}}},
        {{true, false}, {2, {4, 3}}, {2, {4, 5}}},
        {{false, true}, {3, {2, 3, 4}}, {3, {2, 5, 4}}},
        {{true, true}, {3, {2, 4, 3}}, {3, {2, 5, 4}}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[40];
        snprintf(text, sizeof text, "product %zu", i);
        op_test(text, &(struct op_case){.op = &gc_op_matmul,
                                        .params = &cases[i].params,
                                        .input_count = 2,
                                        .in = {cases[i].a, cases[i].b}});
    }
    const struct op_case c = {.op = &gc_op_matmul,
                              .params = &cases[0].params,
                              .input_count = 2,
                              .in = {{2, {1, 2}}, {2, {2, 2}}}};
    op_expect("by hand", &c, (const gc_real *[]){(gc_real[]){1, 2}, (gc_real[]){3, 4, 5, 6}}, NULL,
              (gc_real[]){13, 16}, 2);
    gc_shape out;
    const gc_shape misfit[] = {{2, {3, 4}}, {2, {5, 4}}},
                   lists[] = {PICTURE(2, 3, 3), PICTURE(1, 3, 3)};
    EXPECT_STATUS(gc_op_matmul.shape(&out, misfit, 2, &cases[0].params), GC_INVALID_MODEL);
    EXPECT_STATUS(gc_op_matmul.shape(&out, lists, 2, &cases[0].params), GC_INVALID_MODEL);
    EXPECT_STATUS(gc_op_matmul.shape(&out, misfit, 1, &cases[0].params), GC_INVALID_MODEL);
}
