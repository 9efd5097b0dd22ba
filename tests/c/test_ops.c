/* Convolutions and products, with all that fusion adds, on awkward shapes. These are single pixels,
 * odd channels, kernels larger than the picture, strides larger than the kernel and zeros on one
 * side only. */
#include "kernels/depthwise_rows.h"
#include "op_tester.h"
#include "ops/ops.h"
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define NONE INFINITY

/* All combinations of what may be fused into a convolution or dense layer. */
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
    if (c.op->takes_padding != NULL)
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
    {"1x1", {3, {5, 7, 8}}, {12, 1, {1, 1, 1, 1, 1, 1, true}, true}},
    {"1x1 odd channels", {3, {3, 3, 17}}, {5, 1, {1, 1, 1, 1, 1, 1, false}, false}},
    {"1x1 stride 2", {3, {5, 6, 4}}, {9, 1, {1, 1, 2, 2, 1, 1, true}, true}},
    {"1x1 stride 2 valid", {3, {6, 5, 3}}, {4, 1, {1, 1, 2, 2, 1, 1, false}, true}},
    {"1x1 stride 1x3", {3, {4, 7, 3}}, {4, 1, {1, 1, 1, 3, 1, 1, true}, true}},
    {"1x1 stride 3 on one pixel", {3, {1, 1, 3}}, {4, 1, {1, 1, 3, 3, 1, 1, true}, true}},
    {"3x3", {3, {6, 5, 4}}, {8, 1, {3, 3, 1, 1, 1, 1, true}, true}},
    {"3x3 valid", {3, {5, 4, 3}}, {17, 1, {3, 3, 1, 1, 1, 1, false}, false}},
    {"3x3 one channel", {3, {5, 5, 1}}, {1, 1, {3, 3, 1, 1, 1, 1, true}, true}},
    {"3x3 stride 2", {3, {8, 8, 3}}, {16, 1, {3, 3, 2, 2, 1, 1, true}, true}},
    {"3x3 stride 2 odd", {3, {7, 9, 5}}, {4, 1, {3, 3, 2, 2, 1, 1, true}, false}},
    {"3x3 stride 2 valid, rows left over", {3, {8, 6, 5}}, {4, 1, {3, 3, 2, 2, 1, 1, false}, true}},
    {"3x3 stride 2x1", {3, {7, 5, 3}}, {4, 1, {3, 3, 2, 1, 1, 1, true}, true}},
    {"3x3 stride 3 valid, rows left over",
     {3, {11, 10, 3}},
     {4, 1, {3, 3, 3, 3, 1, 1, false}, true}},
    {"2x2 stride 2", {3, {7, 6, 3}}, {5, 1, {2, 2, 2, 2, 1, 1, true}, true}},
    {"2x2 stride 3: larger than the kernel",
     {3, {8, 9, 3}},
     {5, 1, {2, 2, 3, 3, 1, 1, true}, true}},
    {"2x2 stride 4 valid", {3, {11, 10, 4}}, {3, 1, {2, 2, 4, 4, 1, 1, false}, true}},
    {"3x3 stride 4 on two rows", {3, {2, 3, 4}}, {3, 1, {3, 3, 4, 4, 1, 1, true}, true}},
    {"3x3 stride 3 on one pixel", {3, {1, 1, 4}}, {3, 1, {3, 3, 3, 3, 1, 1, true}, true}},
    {"5x5 stride 4 on a row", {3, {1, 6, 3}}, {3, 1, {5, 5, 4, 4, 1, 1, true}, true}},
    {"5x5 larger than the picture", {3, {3, 2, 4}}, {3, 1, {5, 5, 1, 1, 1, 1, true}, true}},
    {"5x5 stride 2 on one pixel", {3, {1, 1, 3}}, {4, 1, {5, 5, 2, 2, 1, 1, true}, true}},
    {"7x7 stride 2", {3, {15, 14, 3}}, {8, 1, {7, 7, 2, 2, 1, 1, true}, true}},
    {"1x7", {3, {4, 9, 5}}, {6, 1, {1, 7, 1, 1, 1, 1, true}, true}},
    {"7x1 valid", {3, {9, 4, 5}}, {6, 1, {7, 1, 1, 1, 1, 1, false}, true}},
    {"3x3 dilation 2", {3, {7, 8, 4}}, {5, 1, {3, 3, 1, 1, 2, 2, true}, true}},
    {"3x3 dilation 2x3 valid", {3, {8, 9, 4}}, {5, 1, {3, 3, 1, 1, 2, 3, false}, true}},
    {"3x3 dilation 2 stride 2", {3, {9, 8, 4}}, {5, 1, {3, 3, 2, 2, 2, 2, false}, true}},
    {"1x1 in 4 groups", {3, {5, 4, 8}}, {12, 4, {1, 1, 1, 1, 1, 1, true}, true}},
    {"3x3 in 2 groups", {3, {5, 6, 6}}, {4, 2, {3, 3, 1, 1, 1, 1, true}, true}},
    {"3x3 in 3 groups stride 2", {3, {7, 8, 9}}, {15, 3, {3, 3, 2, 2, 1, 1, true}, false}},
    {"3x3, a group per channel", {3, {5, 6, 6}}, {6, 6, {3, 3, 1, 1, 1, 1, true}, true}},
    {"7x7, a group per channel", {3, {9, 8, 7}}, {7, 7, {7, 7, 1, 1, 1, 1, true}, true}},
    {"5x5, a group per channel, stride 2",
     {3, {9, 8, 4}},
     {4, 4, {5, 5, 2, 2, 1, 1, false}, false}},
    {"3x3, a group per channel, 2 filters",
     {3, {5, 6, 5}},
     {10, 5, {3, 3, 2, 2, 1, 1, true}, true}},
    {"3x3 stride 2, 9 channels", {3, {9, 8, 9}}, {13, 1, {3, 3, 2, 2, 1, 1, true}, true}},
    {"3x3 dilation 2, 12 channels", {3, {8, 9, 12}}, {9, 1, {3, 3, 1, 1, 2, 2, true}, true}},
    {"5x5 stride 3 valid, 5 channels", {3, {13, 11, 5}}, {7, 1, {5, 5, 3, 3, 1, 1, false}, true}},
    {"64 columns of taps", {3, {2, 70, 2}}, {3, 1, {1, 64, 1, 3, 1, 1, true}, true}},
    {"3x3 many channels", {3, {6, 6, 64}}, {48, 1, {3, 3, 1, 1, 1, 1, true}, true}},
};

TEST(conv2d) {
    for (size_t i = 0; i < COUNT(convolutions); i++)
        test_fused(convolutions[i].name, &(struct op_case){.op = &gc_op_conv2d,
                                                           .params = &convolutions[i].params,
                                                           .in = {convolutions[i].in}});
}

/* All values are clamped to one, so the gradient is zero. */
TEST(conv2d_clamped_to_a_point) {
    const struct gc_conv2d_params params = {4, 1, {3, 3, 1, 1, 1, 1, true}, true};
    op_test("clamp 0 .. 0",
            &(struct op_case){
                .op = &gc_op_conv2d, .params = &params, .in = {PICTURE(4, 4, 3)}, .clamp = true});
}

/* Keras' "same" with stride 2 pads after the picture. The first window starts at pixel 0. */
TEST(conv2d_by_hand) {
    const struct gc_conv2d_params params = {1, 1, {3, 3, 2, 2, 1, 1, true}, true};
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
    const struct gc_conv2d_params good = {4, 1, {3, 3, 1, 1, 1, 1, false}, true};
    struct gc_conv2d_params bad = good;
    EXPECT_OK(gc_op_conv2d.shape(&out, &PICTURE(3, 3, 4), 1, &good));
    EXPECT_INT(out.dims[0], 1);
    EXPECT_STATUS(gc_op_conv2d.shape(&out, &PICTURE(2, 3, 4), 1, &good), GC_INVALID_MODEL);
    EXPECT_STATUS(gc_op_conv2d.shape(&out, &(gc_shape){1, {4}}, 1, &good), GC_INVALID_MODEL);
    EXPECT_CONTAINS(gc_error(), "(4)");
    bad.groups = 3;
    EXPECT_STATUS(gc_op_conv2d.shape(&out, &PICTURE(3, 3, 4), 1, &bad), GC_INVALID_MODEL);
    bad = good;
    bad.windows.stride_w = 0;
    EXPECT_STATUS(gc_op_conv2d.shape(&out, &PICTURE(3, 3, 4), 1, &bad), GC_INVALID_MODEL);
    bad = good;
    bad.windows.same = true;
    bad.windows.kernel_h = bad.windows.dilation_h = INT32_MAX;
    EXPECT_STATUS(gc_op_conv2d.shape(&out, &PICTURE(3, 3, 4), 1, &bad), GC_TOO_LARGE);
}

/* ---- Depthwise convolution ---- */

static const struct {
    const char *name;
    gc_shape in;
    struct gc_depthwise_params params;
} depthwises[] = {
    /*                                multiplier kernel stride dilation same bias */
    {"3x3", {3, {6, 5, 8}}, {1, {3, 3, 1, 1, 1, 1, true}, true}},
    {"3x3 valid", {3, {5, 6, 17}}, {1, {3, 3, 1, 1, 1, 1, false}, false}},
    {"3x3 one channel", {3, {5, 6, 1}}, {1, {3, 3, 1, 1, 1, 1, true}, true}},
    {"3x3 on one pixel", {3, {1, 1, 4}}, {1, {3, 3, 1, 1, 1, 1, true}, true}},
    {"3x3 stride 2", {3, {8, 6, 12}}, {1, {3, 3, 2, 2, 1, 1, true}, true}},
    {"3x3 stride 2 odd", {3, {7, 9, 5}}, {1, {3, 3, 2, 2, 1, 1, true}, true}},
    {"3x3 stride 2 valid, rows left over", {3, {8, 6, 32}}, {1, {3, 3, 2, 2, 1, 1, false}, true}},
    {"3x3 stride 2 on one pixel", {3, {1, 1, 3}}, {1, {3, 3, 2, 2, 1, 1, true}, true}},
    {"2x2 stride 2", {3, {7, 6, 3}}, {1, {2, 2, 2, 2, 1, 1, true}, true}},
    {"2x2 stride 3: larger than the kernel", {3, {8, 9, 3}}, {1, {2, 2, 3, 3, 1, 1, true}, true}},
    {"3x3 stride 2x1", {3, {7, 5, 4}}, {1, {3, 3, 2, 1, 1, 1, true}, true}},
    {"1x1", {3, {4, 5, 5}}, {1, {1, 1, 1, 1, 1, 1, true}, true}},
    {"1x1 stride 2", {3, {4, 5, 5}}, {1, {1, 1, 2, 2, 1, 1, true}, true}},
    {"5x5", {3, {7, 6, 20}}, {1, {5, 5, 1, 1, 1, 1, true}, true}},
    {"5x5 larger than the picture", {3, {2, 3, 4}}, {1, {5, 5, 1, 1, 1, 1, true}, true}},
    {"5x5 stride 2", {3, {9, 10, 9}}, {1, {5, 5, 2, 2, 1, 1, true}, true}},
    {"3x5 valid", {3, {6, 8, 4}}, {1, {3, 5, 1, 1, 1, 1, false}, true}},
    {"7x7", {3, {8, 9, 12}}, {1, {7, 7, 1, 1, 1, 1, true}, true}},
    {"7x7 stride 2", {3, {9, 10, 6}}, {1, {7, 7, 2, 2, 1, 1, true}, true}},
    {"3x3 dilation 2", {3, {7, 8, 6}}, {1, {3, 3, 1, 1, 2, 2, true}, true}},
    {"3x3 dilation 2 valid", {3, {7, 8, 6}}, {1, {3, 3, 1, 1, 2, 2, false}, true}},
    {"3x3 dilation 2 stride 2", {3, {9, 8, 4}}, {1, {3, 3, 2, 2, 2, 2, true}, true}},
    {"3x3 multiplier 2", {3, {5, 6, 3}}, {2, {3, 3, 1, 1, 1, 1, true}, true}},
    {"3x3 multiplier 5 stride 2", {3, {7, 6, 3}}, {5, {3, 3, 2, 2, 1, 1, false}, false}},
    {"3x3 multiplier 8, one channel", {3, {5, 6, 1}}, {8, {3, 3, 1, 1, 1, 1, true}, true}},
};

TEST(depthwise) {
    for (size_t i = 0; i < COUNT(depthwises); i++)
        test_fused(depthwises[i].name, &(struct op_case){.op = &gc_op_depthwise,
                                                         .params = &depthwises[i].params,
                                                         .in = {depthwises[i].in}});
}

/* Pictures for all cases that the kernels for rows distinguish. These are whole and overlapping
 * blocks of channels, rows above and below the picture, columns beside it, and rows of several
 * stretches. */
static const gc_shape row_pictures[] = {
    PICTURE(1, 1, 4), PICTURE(1, 7, 5), PICTURE(7, 1, 6), PICTURE(2, 2, 7),  PICTURE(3, 4, 8),
    PICTURE(4, 3, 9), PICTURE(6, 7, 3), PICTURE(5, 8, 1), PICTURE(3, 57, 4), PICTURE(2, 121, 6),
};

TEST(depthwise_rows) {
    for (size_t i = 0; i < COUNT(row_pictures); i++)
        for (int32_t kernel = 3; kernel <= 7; kernel += 2)
            for (int32_t stride = 1; stride <= 2; stride++)
                for (int32_t same = 0; same <= 1; same++) {
                    const struct gc_depthwise_params params = {
                        1, {kernel, kernel, stride, stride, 1, 1, same}, kernel == 3};
                    const gc_shape *in = &row_pictures[i];
                    if (!same && (in->dims[0] < kernel || in->dims[1] < kernel))
                        continue;
                    char name[100];
                    snprintf(name, sizeof name, "%dx%d stride %d, picture %zu", (int)kernel,
                             (int)kernel, (int)stride, i);
                    test_fused(name, &(struct op_case){
                                         .op = &gc_op_depthwise, .params = &params, .in = {*in}});
                }
}

/* Runs on tensors of the exact size, so that the sanitizers see every access outside them. */
static void run_rows_exactly(const gc_shape *in, int32_t kernel, int32_t stride) {
    struct gc_windows windows;
    REQUIRE_OK(gc_window_make(&windows.rows, in->dims[0], kernel, stride, 1, true, 0, 1));
    REQUIRE_OK(gc_window_make(&windows.columns, in->dims[1], kernel, stride, 1, true, 2, 0));
    const int32_t channels = in->dims[2];
    if (!gc_depthwise_rows_fit(&windows, channels))
        return;
    const size_t in_row = (size_t)windows.columns.in * channels;
    const size_t out_row = (size_t)windows.columns.out * channels;
    float *picture = calloc(windows.rows.in * in_row, sizeof *picture);
    float *out = calloc(windows.rows.out * out_row, sizeof *out);
    float *zeros = calloc(in_row, sizeof *zeros);
    float *filter = calloc((size_t)kernel * kernel * channels, sizeof *filter);
    float *bias = calloc(channels, sizeof *bias);
    float *packed = calloc(gc_depthwise_rows_packed(&windows, channels), sizeof *packed);
    if (EXPECT(picture && out && zeros && filter && bias && packed)) {
        bias[channels - 1] = 2;
        gc_depthwise_rows_pack(packed, filter, bias, &windows, channels);
        const struct gc_depthwise_rows d = {&windows, channels, packed, zeros, -1, 1};
        gc_depthwise_rows_forward(&d, out, 0, windows.rows.out, picture, 0);
        EXPECT_NEAR(out[windows.rows.out * out_row - 1], 1, 0);
        if (stride == 2)
            gc_depthwise_rows_backward(&d, picture, out);
        EXPECT_NEAR(picture[windows.rows.in * in_row - 1], 0, 0);
    }
    free(picture), free(out), free(zeros), free(filter), free(bias), free(packed);
}

TEST(depthwise_rows_stay_within_the_tensors) {
    for (size_t i = 0; i < COUNT(row_pictures); i++)
        for (int32_t kernel = 3; kernel <= 7; kernel += 2)
            for (int32_t stride = 1; stride <= 2; stride++)
                run_rows_exactly(&row_pictures[i], kernel, stride);
}

/* Output channel = channel * multiplier + number of the filter. */
TEST(depthwise_by_hand) {
    const struct gc_depthwise_params params = {2, {1, 2, 1, 1, 1, 1, false}, true};
    const gc_real in[] = {1, 2, 3, 4};
    const float kernel[] = {1, 10, 100, 1000, 2, 20, 200, 2000}, bias[] = {0, 0, 0, 1};
    const struct op_case c = {.op = &gc_op_depthwise, .params = &params, .in = {PICTURE(1, 2, 2)}};
    const gc_real expected[] = {1 + 6, 10 + 60, 200 + 800, 2000 + 8000 + 1};
    op_expect("1x2 multiplier 2", &c, (const gc_real *[]){in}, (const float *[]){kernel, bias},
              expected, 4);
}

/* ---- Transposed convolution ---- */

static const struct {
    const char *name;
    gc_shape in;
    struct gc_conv2d_transpose_params params;
} transposed[] = {
    /*                               filters kernel stride dilation output_padding same bias */
    {"3x3", {3, {4, 5, 3}}, {4, 3, 3, 1, 1, 1, 1, -1, -1, true, true}},
    {"3x3 valid", {3, {4, 5, 3}}, {5, 3, 3, 1, 1, 1, 1, -1, -1, false, false}},
    {"3x3 stride 2", {3, {4, 3, 6}}, {4, 3, 3, 2, 2, 1, 1, -1, -1, true, true}},
    {"3x3 stride 2 valid", {3, {4, 3, 2}}, {8, 3, 3, 2, 2, 1, 1, -1, -1, false, true}},
    {"2x2 stride 2", {3, {3, 4, 5}}, {3, 2, 2, 2, 2, 1, 1, -1, -1, false, true}},
    {"2x2 stride 3: larger than the kernel",
     {3, {3, 4, 5}},
     {3, 2, 2, 3, 3, 1, 1, -1, -1, true, true}},
    {"4x4 stride 2", {3, {5, 4, 3}}, {17, 4, 4, 2, 2, 1, 1, -1, -1, true, true}},
    {"3x4 stride 2x1", {3, {3, 4, 5}}, {6, 3, 4, 2, 1, 1, 1, -1, -1, true, false}},
    {"5x5 on one pixel", {3, {1, 1, 3}}, {4, 5, 5, 2, 2, 1, 1, -1, -1, true, true}},
    {"3x3 stride 2, padded by 0", {3, {4, 5, 3}}, {4, 3, 3, 2, 2, 1, 1, 0, 0, true, true}},
    {"3x3 stride 2, padded by 1", {3, {4, 5, 3}}, {4, 3, 3, 2, 2, 1, 1, 1, 1, true, true}},
    {"3x3 stride 2 valid, padded by 1", {3, {4, 5, 3}}, {4, 3, 3, 2, 2, 1, 1, 1, 1, false, true}},
    {"3x3 stride 3 on a pixel, padded by 0",
     {3, {1, 1, 3}},
     {4, 3, 3, 3, 3, 1, 1, 0, 0, true, true}},
    {"3x3 dilation 2", {3, {6, 5, 3}}, {4, 3, 3, 1, 1, 2, 2, -1, -1, true, true}},
};

TEST(conv2d_transpose) {
    for (size_t i = 0; i < COUNT(transposed); i++)
        test_fused(transposed[i].name, &(struct op_case){.op = &gc_op_conv2d_transpose,
                                                         .params = &transposed[i].params,
                                                         .in = {transposed[i].in}});
}

TEST(conv2d_transpose_by_hand) {
    const struct gc_conv2d_transpose_params params = {1, 1, 3, 1, 2, 1, 1, -1, -1, false, true};
    const gc_real in[] = {1, 10}, expected[] = {1.5, 2.5, 13.5, 20.5, 30.5};
    const float kernel[] = {1, 2, 3}, bias[] = {0.5f};
    const struct op_case c = {
        .op = &gc_op_conv2d_transpose, .params = &params, .in = {PICTURE(1, 2, 1)}};
    op_expect("1x3 stride 2", &c, (const gc_real *[]){in}, (const float *[]){kernel, bias},
              expected, 5);
}

TEST(conv2d_transpose_refuses_a_padding_that_cannot_be) {
    gc_shape out;
    const struct gc_conv2d_transpose_params params = {4, 3, 3, 2, 2, 1, 1, 5, 5, true, true};
    EXPECT_STATUS(gc_op_conv2d_transpose.shape(&out, &PICTURE(4, 4, 3), 1, &params),
                  GC_INVALID_MODEL);
    EXPECT_CONTAINS(gc_error(), "output padding 5");
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

/* Every height of a tile, with one tile and with several, and every remainder of a panel. */
TEST(dense_of_all_sizes) {
    for (int32_t rows = 1; rows <= 14; rows++)
        for (int32_t units = 1; units <= 17; units++) {
            const struct gc_dense_params params = {units, true};
            op_test("dense of all sizes", &(struct op_case){.op = &gc_op_dense,
                                                            .params = &params,
                                                            .in = {{2, {rows, 3}}},
                                                            .affine = true,
                                                            .clamp = true,
                                                            .min = -0.4F,
                                                            .max = 0.6F});
        }
}

TEST(dense_by_hand) {
    const struct gc_dense_params params = {2, true};
    const gc_real in[] = {1, 2, 3}, expected[] = {1 + 6 + 15 + 100, 2 + 8 + 18 - 100};
    const float kernel[] = {1, 2, 3, 4, 5, 6}, bias[] = {100, -100};
    const struct op_case c = {.op = &gc_op_dense, .params = &params, .in = {{1, {3}}}};
    op_expect("3 to 2", &c, (const gc_real *[]){in}, (const float *[]){kernel, bias}, expected, 2);
}

TEST(shaped_dense) {
    const struct gc_shaped_dense_params params = {{6, true}, {3, {5, 2, 3}}, {2, {2, 3}}};
    const struct op_case c = {.op = &gc_op_shaped_dense, .params = &params, .in = {{2, {4, 5}}}};
    test_fused("several rows", &c);
    gc_shape out;
    EXPECT_STATUS(gc_op_shaped_dense.shape(&out, &VECTOR(4), 1, &params), GC_INVALID_MODEL);
}
