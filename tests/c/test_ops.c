/* Every operator, on shapes that are awkward: single pixels, odd channels, kernels larger than the
 * picture, strides larger than the kernel, zeros on one side only, and what fusion adds. */
#include "op_tester.h"
#include "ops/ops.h"
#include "test.h"

#include <math.h>
#include <stdio.h>

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof *(ARRAY))
#define PICTURE(HEIGHT, WIDTH, CHANNELS) ((gc_shape){3, {HEIGHT, WIDTH, CHANNELS}})
#define NONE INFINITY

/* What may be fused into a convolution or dense layer: all combinations. */
static const struct fused {
    struct gc_padding padding;
    bool affine, clamp;
    gc_real min, max;
} fusions[] = {
    {{0}, false, false, 0, 0},
    {{0}, false, true, 0, NONE},
    {{0}, true, false, 0, 0},
    {{0}, true, true, 0, 1},
    {{1, 1, 1, 1}, false, true, -0.5, 0.5},
    {{0, 1, 0, 1}, true, true, 0, 6},
    {{3, 0, 2, 4}, true, false, 0, 0},
};

static struct op_case fuse(struct op_case c, const struct fused *fused) {
    if (c.op->takes_padding)
        c.padding = fused->padding;
    c.affine = fused->affine;
    c.clamp = fused->clamp;
    c.min = fused->min;
    c.max = fused->max;
    return c;
}

/* A case under all fusions. */
static void test_fused(const char *name, const struct op_case *op_case) {
    for (size_t i = 0; i < COUNT(fusions); i++) {
        char text[100];
        const struct op_case fused = fuse(*op_case, &fusions[i]);
        snprintf(text, sizeof text, "%s, fusion %zu", name, i);
        op_test(text, &fused);
    }
}

/* ---- Convolution ---- */

static const struct {
    const char *name;
    gc_shape in;
    struct gc_conv2d_params params;
} convolutions[] = {
    /*                                         filters groups kernel stride dilation same bias */
    {"1x1", {3, {5, 7, 8}}, {12, 1, 1, 1, 1, 1, 1, 1, true, true}},
    {"1x1 odd channels", {3, {3, 3, 17}}, {5, 1, 1, 1, 1, 1, 1, 1, false, false}},
    {"1x1 stride 2", {3, {5, 6, 4}}, {9, 1, 1, 1, 2, 2, 1, 1, true, true}},
    {"1x1 stride 2 valid", {3, {6, 5, 3}}, {4, 1, 1, 1, 2, 2, 1, 1, false, true}},
    {"1x1 stride 1x3", {3, {4, 7, 3}}, {4, 1, 1, 1, 1, 3, 1, 1, true, true}},
    {"1x1 stride 3 on one pixel", {3, {1, 1, 3}}, {4, 1, 1, 1, 3, 3, 1, 1, true, true}},
    {"3x3", {3, {6, 5, 4}}, {8, 1, 3, 3, 1, 1, 1, 1, true, true}},
    {"3x3 valid", {3, {5, 4, 3}}, {17, 1, 3, 3, 1, 1, 1, 1, false, false}},
    {"3x3 one channel", {3, {5, 5, 1}}, {1, 1, 3, 3, 1, 1, 1, 1, true, true}},
    {"3x3 stride 2", {3, {8, 8, 3}}, {16, 1, 3, 3, 2, 2, 1, 1, true, true}},
    {"3x3 stride 2 odd", {3, {7, 9, 5}}, {4, 1, 3, 3, 2, 2, 1, 1, true, false}},
    {"3x3 stride 2 valid, rows left over", {3, {8, 6, 5}}, {4, 1, 3, 3, 2, 2, 1, 1, false, true}},
    {"3x3 stride 2x1", {3, {7, 5, 3}}, {4, 1, 3, 3, 2, 1, 1, 1, true, true}},
    {"3x3 stride 3 valid, rows left over", {3, {11, 10, 3}}, {4, 1, 3, 3, 3, 3, 1, 1, false, true}},
    {"2x2 stride 2", {3, {7, 6, 3}}, {5, 1, 2, 2, 2, 2, 1, 1, true, true}},
    {"2x2 stride 3: larger than the kernel", {3, {8, 9, 3}}, {5, 1, 2, 2, 3, 3, 1, 1, true, true}},
    {"2x2 stride 4 valid", {3, {11, 10, 4}}, {3, 1, 2, 2, 4, 4, 1, 1, false, true}},
    {"3x3 stride 4 on two rows", {3, {2, 3, 4}}, {3, 1, 3, 3, 4, 4, 1, 1, true, true}},
    {"3x3 stride 3 on one pixel", {3, {1, 1, 4}}, {3, 1, 3, 3, 3, 3, 1, 1, true, true}},
    {"5x5 stride 4 on a row", {3, {1, 6, 3}}, {3, 1, 5, 5, 4, 4, 1, 1, true, true}},
    {"5x5 larger than the picture", {3, {3, 2, 4}}, {3, 1, 5, 5, 1, 1, 1, 1, true, true}},
    {"5x5 stride 2 on one pixel", {3, {1, 1, 3}}, {4, 1, 5, 5, 2, 2, 1, 1, true, true}},
    {"7x7 stride 2", {3, {15, 14, 3}}, {8, 1, 7, 7, 2, 2, 1, 1, true, true}},
    {"1x7", {3, {4, 9, 5}}, {6, 1, 1, 7, 1, 1, 1, 1, true, true}},
    {"7x1 valid", {3, {9, 4, 5}}, {6, 1, 7, 1, 1, 1, 1, 1, false, true}},
    {"3x3 dilation 2", {3, {7, 8, 4}}, {5, 1, 3, 3, 1, 1, 2, 2, true, true}},
    {"3x3 dilation 2x3 valid", {3, {8, 9, 4}}, {5, 1, 3, 3, 1, 1, 2, 3, false, true}},
    {"3x3 dilation 2 stride 2", {3, {9, 8, 4}}, {5, 1, 3, 3, 2, 2, 2, 2, false, true}},
    {"1x1 in 4 groups", {3, {5, 4, 8}}, {12, 4, 1, 1, 1, 1, 1, 1, true, true}},
    {"3x3 in 2 groups", {3, {5, 6, 6}}, {4, 2, 3, 3, 1, 1, 1, 1, true, true}},
    {"3x3 in 3 groups stride 2", {3, {7, 8, 9}}, {15, 3, 3, 3, 2, 2, 1, 1, true, false}},
    {"3x3, a group per channel", {3, {5, 6, 6}}, {6, 6, 3, 3, 1, 1, 1, 1, true, true}},
    {"3x3, a group per channel, 2 filters", {3, {5, 6, 5}}, {10, 5, 3, 3, 2, 2, 1, 1, true, true}},
    {"3x3 many channels", {3, {6, 6, 64}}, {48, 1, 3, 3, 1, 1, 1, 1, true, true}},
};

TEST(conv2d) {
    for (size_t i = 0; i < COUNT(convolutions); i++)
        test_fused(convolutions[i].name, &(struct op_case){.op = &gc_op_conv2d,
                                                           .params = &convolutions[i].params,
                                                           .in = {convolutions[i].in}});
}

/* Clamped to one value, and a gradient of nothing. */
TEST(conv2d_clamped_to_a_point) {
    const struct gc_conv2d_params params = {4, 1, 3, 3, 1, 1, 1, 1, true, true};
    op_test("clamp 0 .. 0",
            &(struct op_case){
                .op = &gc_op_conv2d, .params = &params, .in = {PICTURE(4, 4, 3)}, .clamp = true});
}

/* Keras' "same" with stride 2 pads after, not before: the first window starts at the first pixel. */
TEST(conv2d_by_hand) {
    const struct gc_conv2d_params params = {1, 1, 3, 3, 2, 2, 1, 1, true, true};
    const gc_real in[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    const float kernel[] = {1, 0, 0, 0, 10, 0, 0, 0, 100}, bias[] = {0.5f};
    const struct op_case c = {.op = &gc_op_conv2d, .params = &params, .in = {PICTURE(4, 4, 1)}};
    const gc_real expected[] = {1 + 60 + 1100 + 0.5, 3 + 80 + 0.5, 9 + 140 + 0.5, 11 + 160 + 0.5};
    op_expect("3x3 stride 2 same", &c, (const gc_real *[]){in}, (const float *[]){kernel, bias},
              expected, 4);
    const gc_real dout[] = {1, 2, 3, 4};
    const gc_real gradient[] = {1, 0, 2, 0, 0, 10, 0, 20, 3, 0, 4 + 100, 0, 0, 30, 0, 40};
    op_expect_gradient("3x3 stride 2 same", &c, (const gc_real *[]){in},
                       (const float *[]){kernel, bias}, 0, dout, gradient, 16);
}

TEST(conv2d_refuses) {
    gc_shape out;
    const struct gc_conv2d_params good = {4, 1, 3, 3, 1, 1, 1, 1, false, true};
    struct gc_conv2d_params bad = good;
    EXPECT_OK(gc_op_conv2d.shape(&out, &PICTURE(3, 3, 4), 1, &good));
    EXPECT_INT(out.dims[0], 1);
    EXPECT_STATUS(gc_op_conv2d.shape(&out, &PICTURE(2, 3, 4), 1, &good), GC_INVALID_MODEL);
    EXPECT_STATUS(gc_op_conv2d.shape(&out, &(gc_shape){1, {4}}, 1, &good), GC_INVALID_MODEL);
    EXPECT_CONTAINS(gc_error(), "(4)");
    bad.groups = 3;
    EXPECT_STATUS(gc_op_conv2d.shape(&out, &PICTURE(3, 3, 4), 1, &bad), GC_INVALID_MODEL);
    bad = good;
    bad.stride_w = 0;
    EXPECT_STATUS(gc_op_conv2d.shape(&out, &PICTURE(3, 3, 4), 1, &bad), GC_INVALID_MODEL);
    bad = good;
    bad.same = true;
    bad.kernel_h = bad.dilation_h = INT32_MAX;
    EXPECT_STATUS(gc_op_conv2d.shape(&out, &PICTURE(3, 3, 4), 1, &bad), GC_TOO_LARGE);
}

/* ---- Depthwise convolution ---- */

static const struct {
    const char *name;
    gc_shape in;
    struct gc_depthwise_params params;
} depthwises[] = {
    /*                                multiplier kernel stride dilation same bias */
    {"3x3", {3, {6, 5, 8}}, {1, 3, 3, 1, 1, 1, 1, true, true}},
    {"3x3 valid", {3, {5, 6, 17}}, {1, 3, 3, 1, 1, 1, 1, false, false}},
    {"3x3 one channel", {3, {5, 6, 1}}, {1, 3, 3, 1, 1, 1, 1, true, true}},
    {"3x3 on one pixel", {3, {1, 1, 4}}, {1, 3, 3, 1, 1, 1, 1, true, true}},
    {"3x3 stride 2", {3, {8, 6, 12}}, {1, 3, 3, 2, 2, 1, 1, true, true}},
    {"3x3 stride 2 odd", {3, {7, 9, 5}}, {1, 3, 3, 2, 2, 1, 1, true, true}},
    {"3x3 stride 2 valid, rows left over", {3, {8, 6, 32}}, {1, 3, 3, 2, 2, 1, 1, false, true}},
    {"3x3 stride 2 on one pixel", {3, {1, 1, 3}}, {1, 3, 3, 2, 2, 1, 1, true, true}},
    {"2x2 stride 2", {3, {7, 6, 3}}, {1, 2, 2, 2, 2, 1, 1, true, true}},
    {"2x2 stride 3: larger than the kernel", {3, {8, 9, 3}}, {1, 2, 2, 3, 3, 1, 1, true, true}},
    {"3x3 stride 2x1", {3, {7, 5, 4}}, {1, 3, 3, 2, 1, 1, 1, true, true}},
    {"1x1", {3, {4, 5, 5}}, {1, 1, 1, 1, 1, 1, 1, true, true}},
    {"1x1 stride 2", {3, {4, 5, 5}}, {1, 1, 1, 2, 2, 1, 1, true, true}},
    {"5x5", {3, {7, 6, 20}}, {1, 5, 5, 1, 1, 1, 1, true, true}},
    {"5x5 larger than the picture", {3, {2, 3, 4}}, {1, 5, 5, 1, 1, 1, 1, true, true}},
    {"5x5 stride 2", {3, {9, 10, 9}}, {1, 5, 5, 2, 2, 1, 1, true, true}},
    {"3x5 valid", {3, {6, 8, 4}}, {1, 3, 5, 1, 1, 1, 1, false, true}},
    {"7x7", {3, {8, 9, 12}}, {1, 7, 7, 1, 1, 1, 1, true, true}},
    {"7x7 stride 2", {3, {9, 10, 6}}, {1, 7, 7, 2, 2, 1, 1, true, true}},
    {"3x3 dilation 2", {3, {7, 8, 6}}, {1, 3, 3, 1, 1, 2, 2, true, true}},
    {"3x3 dilation 2 valid", {3, {7, 8, 6}}, {1, 3, 3, 1, 1, 2, 2, false, true}},
    {"3x3 dilation 2 stride 2", {3, {9, 8, 4}}, {1, 3, 3, 2, 2, 2, 2, true, true}},
    {"3x3 multiplier 2", {3, {5, 6, 3}}, {2, 3, 3, 1, 1, 1, 1, true, true}},
    {"3x3 multiplier 5 stride 2", {3, {7, 6, 3}}, {5, 3, 3, 2, 2, 1, 1, false, false}},
    {"3x3 multiplier 8, one channel", {3, {5, 6, 1}}, {8, 3, 3, 1, 1, 1, 1, true, true}},
};

TEST(depthwise) {
    for (size_t i = 0; i < COUNT(depthwises); i++)
        test_fused(depthwises[i].name, &(struct op_case){.op = &gc_op_depthwise,
                                                         .params = &depthwises[i].params,
                                                         .in = {depthwises[i].in}});
}

/* Output channel = channel * multiplier + number of the filter. */
TEST(depthwise_by_hand) {
    const struct gc_depthwise_params params = {2, 1, 2, 1, 1, 1, 1, false, true};
    const gc_real in[] = {1, 2, 3, 4};
    const float kernel[] = {1, 10, 100, 1000, 2, 20, 200, 2000}, bias[] = {0, 0, 0, 1};
    const struct op_case c = {.op = &gc_op_depthwise, .params = &params, .in = {PICTURE(1, 2, 2)}};
    const gc_real expected[] = {1 + 6, 10 + 60, 200 + 800, 2000 + 8000 + 1};
    op_expect("1x2 multiplier 2", &c, (const gc_real *[]){in}, (const float *[]){kernel, bias},
              expected, 4);
}

/* ---- Dense ---- */

static const struct {
    const char *name;
    gc_shape in;
    struct gc_dense_params params;
} denses[] = {
    {"vector", {1, {17}}, {5, true}},        {"one value", {1, {1}}, {1, true}},
    {"no bias", {1, {64}}, {33, false}},     {"rank 2", {2, {3, 5}}, {4, true}},
    {"rank 3", {3, {2, 3, 7}}, {10, false}}, {"one unit", {2, {4, 9}}, {1, true}},
};

TEST(dense) {
    for (size_t i = 0; i < COUNT(denses); i++)
        test_fused(denses[i].name, &(struct op_case){.op = &gc_op_dense,
                                                     .params = &denses[i].params,
                                                     .in = {denses[i].in}});
}

TEST(dense_by_hand) {
    const struct gc_dense_params params = {2, true};
    const gc_real in[] = {1, 2, 3}, expected[] = {1 + 6 + 15 + 100, 2 + 8 + 18 - 100};
    const float kernel[] = {1, 2, 3, 4, 5, 6}, bias[] = {100, -100};
    const struct op_case c = {.op = &gc_op_dense, .params = &params, .in = {{1, {3}}}};
    op_expect("3 to 2", &c, (const gc_real *[]){in}, (const float *[]){kernel, bias}, expected, 2);
}

/* ---- Scale and shift ---- */

static const struct {
    const char *name;
    gc_shape in;
    struct gc_batch_norm_params params;
} batch_norms[] = {
    {"picture", {3, {4, 3, 5}}, {2, 1e-3, true, true}},
    {"no scale", {3, {4, 3, 5}}, {2, 1e-5, false, true}},
    {"no center", {3, {4, 3, 1}}, {2, 0.1, true, false}},
    {"neither", {1, {9}}, {0, 1e-3, false, false}},
    {"over rows", {3, {4, 3, 5}}, {0, 1e-3, true, true}},
    {"over columns", {3, {4, 3, 5}}, {1, 1e-3, true, true}},
};

TEST(batch_norm) {
    for (size_t i = 0; i < COUNT(batch_norms); i++)
        op_test(batch_norms[i].name, &(struct op_case){.op = &gc_op_batch_norm,
                                                       .params = &batch_norms[i].params,
                                                       .in = {batch_norms[i].in}});
}

TEST(batch_norm_by_hand) {
    const struct gc_batch_norm_params params = {0, 0.25, true, true};
    const gc_real in[] = {3, 5}, expected[] = {2 * (3 - 1) / 0.5 + 10, 3 * (5 - 2) / 1.0 + 20};
    const float gamma[] = {2, 3}, beta[] = {10, 20}, mean[] = {1, 2}, variance[] = {0, 0.75f};
    const float *weights[] = {gamma, beta, mean, variance};
    const struct op_case c = {.op = &gc_op_batch_norm, .params = &params, .in = {{1, {2}}}};
    op_expect("two channels", &c, (const gc_real *[]){in}, weights, expected, 2);
}

TEST(batch_norm_is_affine_along_the_last_axis_only) {
    const struct gc_batch_norm_params last = {2, 1e-3, true, true}, first = {0, 1e-3, true, true};
    const gc_shape in = PICTURE(4, 3, 5);
    EXPECT(gc_op_batch_norm.affine(&(struct gc_step){.params = &last, .in = &in}, NULL, NULL));
    EXPECT(!gc_op_batch_norm.affine(&(struct gc_step){.params = &first, .in = &in}, NULL, NULL));
}

TEST(rescaling) {
    const struct gc_rescaling_params one = {1, {1 / 127.5}, {-1}};
    const struct gc_rescaling_params three = {3, {0.5, 2, -1}, {1, 2, 3}};
    op_test("one factor",
            &(struct op_case){.op = &gc_op_rescaling, .params = &one, .in = {PICTURE(3, 4, 3)}});
    op_test("three factors",
            &(struct op_case){.op = &gc_op_rescaling, .params = &three, .in = {PICTURE(3, 4, 3)}});
    const struct op_case c = {.op = &gc_op_rescaling, .params = &three, .in = {PICTURE(1, 2, 3)}};
    const gc_real in[] = {2, 3, 4, 4, 5, 6}, expected[] = {2, 8, -1, 3, 12, -3};
    op_expect("three factors", &c, (const gc_real *[]){in}, NULL, expected, 6);
    gc_shape out;
    EXPECT_STATUS(gc_op_rescaling.shape(&out, &PICTURE(3, 4, 4), 1, &three), GC_INVALID_MODEL);
}

/* ---- Value by value ---- */

TEST(clamp) {
    const struct gc_clamp_params relu = {0, INFINITY}, relu6 = {0, 6}, both = {-1, 0.5};
    const struct gc_clamp_params *params[] = {&relu, &relu6, &both};
    for (size_t i = 0; i < COUNT(params); i++)
        op_test("clamp", &(struct op_case){.op = &gc_op_clamp,
                                           .params = params[i],
                                           .in = {PICTURE(5, 3, 7)},
                                           .spread = 8});
}

/* At a bound itself there is no gradient. */
TEST(clamp_by_hand) {
    const struct gc_clamp_params relu6 = {0, 6};
    const struct op_case c = {.op = &gc_op_clamp, .params = &relu6, .in = {{1, {6}}}};
    const gc_real in[] = {-1, 0, 1, 5, 6, 7}, expected[] = {0, 0, 1, 5, 6, 6};
    const gc_real dout[] = {1, 2, 3, 4, 5, 6}, gradient[] = {0, 0, 3, 4, 0, 0};
    op_expect("relu6", &c, (const gc_real *[]){in}, NULL, expected, 6);
    op_expect_gradient("relu6", &c, (const gc_real *[]){in}, NULL, 0, dout, gradient, 6);
}

TEST(sigmoid) {
    op_test("sigmoid",
            &(struct op_case){.op = &gc_op_sigmoid, .in = {PICTURE(3, 5, 4)}, .spread = 5});
    const struct op_case c = {.op = &gc_op_sigmoid, .in = {{1, {3}}}};
    const gc_real in[] = {0, -1000, 1000}, expected[] = {0.5, 0, 1};
    op_expect("far out", &c, (const gc_real *[]){in}, NULL, expected, 3);
}

/* A class at 30 has the score 1 in float32; its gradient, exp(-30), is there all the same. */
TEST(sigmoid_keeps_a_saturated_gradient) {
    const struct op_case c = {.op = &gc_op_sigmoid, .in = {{1, {1}}}};
    const gc_real in[] = {30}, dout[] = {1}, expected[] = {(gc_real)exp(-30)};
    op_expect_gradient("at 30", &c, (const gc_real *[]){in}, NULL, 0, dout, expected, 1);
}

TEST(softmax) {
    for (int32_t axis = 0; axis < 3; axis++)
        op_test("softmax of a picture",
                &(struct op_case){.op = &gc_op_softmax,
                                  .params = &(struct gc_softmax_params){axis},
                                  .in = {PICTURE(3, 4, 5)},
                                  .spread = 3});
    const struct gc_softmax_params params = {0};
    op_test("softmax of one class",
            &(struct op_case){.op = &gc_op_softmax, .params = &params, .in = {{1, {1}}}});
    const struct op_case c = {.op = &gc_op_softmax, .params = &params, .in = {{1, {3}}}};
    const gc_real in[] = {1000, 1000, -1000}, expected[] = {0.5, 0.5, 0};
    op_expect("far out", &c, (const gc_real *[]){in}, NULL, expected, 3);
}

/* Class 0 has the score 1 in float32; its gradient is the score of the others. */
TEST(softmax_keeps_a_saturated_gradient) {
    const struct gc_softmax_params params = {0};
    const struct op_case c = {.op = &gc_op_softmax, .params = &params, .in = {{1, {3}}}};
    const gc_real in[] = {30, 0, 1}, dout[] = {1, 0, 0};
    const double a = exp(-30), b = exp(-29), sum = 1 + a + b;
    const gc_real expected[] = {(gc_real)((a + b) / sum / sum), (gc_real)(-a / sum / sum),
                                (gc_real)(-b / sum / sum)};
    op_expect_gradient("at 30", &c, (const gc_real *[]){in}, NULL, 0, dout, expected, 3);
}

/* ---- The others ---- */

TEST(add) {
    for (int32_t inputs = 1; inputs <= 4; inputs++)
        op_test("add", &(struct op_case){.op = &gc_op_add,
                                         .input_count = inputs,
                                         .in = {PICTURE(3, 2, 5), PICTURE(3, 2, 5),
                                                PICTURE(3, 2, 5), PICTURE(3, 2, 5)}});
}

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
