/* How a step gets its path, and which path each kind of step takes. A wrong choice would give right
 * numbers slowly. */
#include "op_tester.h"
#include "ops/ops.h"
#include "test.h"

#include <string.h>

/* ---- The choice ---- */

static bool never(const struct gc_step *step) {
    (void)step;
    return false;
}

static gc_status run_out_of_memory(struct gc_step *step) {
    (void)step;
    return gc_fail(GC_OUT_OF_MEMORY, "out of memory");
}

static int released;

static void count_release(struct gc_step *step) {
    EXPECT(step->state != NULL);
    released++;
}

static const struct gc_path unfit[] = {{.name = "unfit", .fits = never}, {0}};
static const struct gc_path fit[] = {{.name = "first", .state_size = 8}, {.name = "second"}, {0}};
static const struct gc_path failing[] = {
    {.name = "failing", .state_size = 8, .prepare = run_out_of_memory, .release = count_release},
    {0}};

TEST(a_step_takes_the_first_path_that_fits) {
    const struct gc_op op = {.name = "op", .paths = {unfit, fit}};
    struct gc_step step = {.op = &op};
    REQUIRE_OK(gc_step_prepare(&step));
    EXPECT_TEXT(step.path->name, "first");
    EXPECT(step.state != NULL);
    gc_step_release(&step);
    EXPECT(step.state == NULL);
}

TEST(a_step_that_no_path_fits_takes_the_reference) {
    const struct gc_op none = {.name = "none"}, one = {.name = "one", .paths = {unfit}};
    struct gc_step step = {.op = &none};
    REQUIRE_OK(gc_step_prepare(&step));
    EXPECT(step.path == &none.reference);
    step.op = &one;
    REQUIRE_OK(gc_step_prepare(&step));
    EXPECT(step.path == &one.reference);
}

TEST(a_path_that_fails_to_prepare_leaves_nothing) {
    const struct gc_op op = {.name = "op", .paths = {failing}};
    struct gc_step step = {.op = &op};
    released = 0;
    EXPECT_STATUS(gc_step_prepare(&step), GC_OUT_OF_MEMORY);
    EXPECT_INT(released, 1);
    EXPECT(step.state == NULL);
    gc_step_release(&step);
    EXPECT_INT(released, 1);
}

/* ---- The paths of each operator ---- */

#define PLAIN "reference"

/* Names of paths. The double build has the references only. */
struct expected {
    const char *xnnpack; /* in builds with XNNPACK */
    const char *native;  /* in builds without */
};

static const char *name_here(const struct expected *expected) {
#ifdef GC_DOUBLE
    return (void)expected, PLAIN;
#elif defined GC_XNNPACK
    return expected->xnnpack;
#else
    return expected->native;
#endif
}

/* A path's name says which direction the reference computes. */
static void check_path(const char *name, const struct op_case *step, const struct expected *paths) {
    const struct gc_path *path = op_path(name, step), *reference = &step->op->reference;
    REQUIRE(path != NULL);
    const char *expected = name_here(paths);
    test_text(path == reference ? PLAIN : path->name, expected, name, __FILE__, __LINE__);
    if (path == reference)
        return;
    test_int(path->forward == reference->forward, strstr(expected, "forward by reference") != NULL,
             name, __FILE__, __LINE__);
    test_int(path->backward == reference->backward,
             strstr(expected, "backward by reference") != NULL, name, __FILE__, __LINE__);
}

static const struct {
    const char *name;
    struct expected paths;
    int32_t channels;
    struct gc_conv2d_params params;
    struct gc_padding padding;
} convolutions[] = {
    /*                                 filters groups {kernel stride dilation same} bias */
    {"1x1", {"product", "product"}, 4, {8, 1, {1, 1, 1, 1, 1, 1, true}, true}, {0}},
    {"1x1 s2", {"product", "product"}, 4, {8, 1, {1, 1, 2, 2, 1, 1, true}, true}, {0}},
    {"1x1 padded",
     {"product", "product"},
     4,
     {8, 1, {1, 1, 1, 1, 1, 1, false}, true},
     {1, 1, 1, 1}},
    {"1x1 in 2 groups", {"xnnpack", PLAIN}, 4, {8, 2, {1, 1, 1, 1, 1, 1, true}, true}, {0}},
    {"3x3", {"product", "product"}, 4, {8, 1, {3, 3, 1, 1, 1, 1, true}, true}, {0}},
    {"1x3", {"product", "product"}, 4, {8, 1, {1, 3, 1, 1, 1, 1, true}, true}, {0}},
    {"65 rows of taps", {"xnnpack", PLAIN}, 4, {8, 1, {65, 1, 1, 1, 1, 1, true}, true}, {0}},
    {"stride larger than the picture",
     {"product", "product"},
     4,
     {8, 1, {3, 3, 7, 7, 1, 1, true}, true},
     {0}},
    {"stride of 65",
     {"xnnpack, backward by reference", PLAIN},
     4,
     {8, 1, {3, 3, 65, 65, 1, 1, true}, true},
     {0}},
    {"2 groups, stride larger than the picture",
     {"xnnpack, backward by reference", PLAIN},
     4,
     {8, 2, {3, 3, 7, 7, 1, 1, true}, true},
     {0}},
    {"a group per channel",
     {"rows, stride 1", "rows, stride 1"},
     6,
     {6, 6, {3, 3, 1, 1, 1, 1, true}, true},
     {0}},
    {"a group per channel, stride 2",
     {"rows, stride 2", "rows, stride 2"},
     6,
     {6, 6, {5, 5, 2, 2, 1, 1, true}, true},
     {0}},
    {"a group per channel, 1x1",
     {"xnnpack depthwise", "taps"},
     6,
     {6, 6, {1, 1, 1, 1, 1, 1, true}, true},
     {0}},
    {"a group per channel, 2 filters",
     {"xnnpack", PLAIN},
     6,
     {12, 6, {3, 3, 1, 1, 1, 1, true}, true},
     {0}},
    {"1x1, one channel, one filter",
     {"xnnpack depthwise", "taps"},
     1,
     {1, 1, {1, 1, 1, 1, 1, 1, true}, true},
     {0}},
    {"1x1, one channel", {"product", "product"}, 1, {2, 1, {1, 1, 1, 1, 1, 1, true}, true}, {0}},
};

TEST(conv2d_takes_its_path) {
    for (size_t i = 0; i < COUNT(convolutions); i++)
        check_path(convolutions[i].name,
                   &(struct op_case){.op = &gc_op_conv2d,
                                     .params = &convolutions[i].params,
                                     .in = {PICTURE(5, 6, convolutions[i].channels)},
                                     .padding = convolutions[i].padding},
                   &convolutions[i].paths);
}

static const struct {
    const char *name;
    struct expected paths;
    int32_t channels;
    struct gc_depthwise_params params;
    struct gc_padding padding;
} depthwises[] = {
    /*                                   multiplier {kernel stride dilation same} bias */
    {"3x3", {"rows, stride 1", "rows, stride 1"}, 4, {1, {3, 3, 1, 1, 1, 1, true}, true}, {0}},
    {"7x7", {"rows, stride 1", "rows, stride 1"}, 4, {1, {7, 7, 1, 1, 1, 1, true}, true}, {0}},
    {"3x3 s2", {"rows, stride 2", "rows, stride 2"}, 4, {1, {3, 3, 2, 2, 1, 1, true}, true}, {0}},
    {"5x5 s2 padded",
     {"rows, stride 2", "rows, stride 2"},
     4,
     {1, {5, 5, 2, 2, 1, 1, false}, true},
     {0, 1, 0, 1}},
    {"7x7 s2", {"taps", "taps"}, 4, {1, {7, 7, 2, 2, 1, 1, true}, true}, {0}},
    {"5x6", {"taps", "taps"}, 4, {1, {5, 6, 1, 1, 1, 1, true}, true}, {0}},
    {"5x5 dilated", {"xnnpack depthwise", "taps"}, 4, {1, {5, 5, 1, 1, 2, 2, true}, true}, {0}},
    {"3x3, 3 channels", {"xnnpack depthwise", "taps"}, 3, {1, {3, 3, 1, 1, 1, 1, true}, true}, {0}},
    {"3x5", {"xnnpack depthwise", "taps"}, 4, {1, {3, 5, 1, 1, 1, 1, true}, true}, {0}},
    {"3x3 s3",
     {"xnnpack depthwise, backward by taps", "taps"},
     4,
     {1, {3, 3, 3, 3, 1, 1, true}, true},
     {0}},
    {"1x1 padded",
     {"xnnpack depthwise, backward by taps", "taps"},
     4,
     {1, {1, 1, 1, 1, 1, 1, false}, true},
     {1, 0, 0, 0}},
    {"2 filters",
     {"xnnpack depthwise, backward by reference", PLAIN},
     4,
     {2, {3, 3, 1, 1, 1, 1, true}, true},
     {0}},
    {"2 filters, 7x7",
     {"xnnpack depthwise, backward by reference", PLAIN},
     4,
     {2, {7, 7, 1, 1, 1, 1, true}, true},
     {0}},
};

TEST(depthwise_takes_its_path) {
    for (size_t i = 0; i < COUNT(depthwises); i++)
        check_path(depthwises[i].name,
                   &(struct op_case){.op = &gc_op_depthwise,
                                     .params = &depthwises[i].params,
                                     .in = {PICTURE(8, 9, depthwises[i].channels)},
                                     .padding = depthwises[i].padding},
                   &depthwises[i].paths);
}

TEST(conv2d_transpose_takes_its_path) {
    const struct gc_conv2d_transpose_params ordinary = {4, 3, 3, 2, 2, 1, 1, -1, -1, true, true};
    const struct gc_conv2d_transpose_params jumping = {4, 3, 3, 3, 3, 1, 1, 0, 0, true, true};
    struct op_case step = {
        .op = &gc_op_conv2d_transpose, .params = &ordinary, .in = {PICTURE(4, 5, 3)}};
    check_path("ordinary", &step, &(struct expected){"xnnpack", PLAIN});
    step.params = &jumping;
    step.in[0] = PICTURE(1, 1, 3);
    check_path("stride larger than the output", &step,
               &(struct expected){"xnnpack, forward by reference", PLAIN});
}

TEST(dense_takes_its_path) {
    const struct gc_dense_params params = {5, true};
    const struct expected row = {"row", "row"}, product = {"product", "product"};
    struct op_case step = {.op = &gc_op_dense, .params = &params, .in = {VECTOR(17)}};
    check_path("one row", &step, &row);
    step.affine = true;
    check_path("one row with a scale", &step, &product);
    step.affine = false;
    step.in[0] = (gc_shape){2, {3, 17}};
    check_path("several rows", &step, &product);
}

TEST(operators_by_value_take_their_path) {
    const struct gc_op *const fast[] = {&gc_op_sigmoid, &gc_op_silu, &gc_op_gelu};
    const struct gc_op *const plain[] = {&gc_op_tanh, &gc_op_softplus, &gc_op_layer_scale};
    for (size_t i = 0; i < COUNT(fast); i++)
        check_path(fast[i]->name, &(struct op_case){.op = fast[i], .in = {VECTOR(7)}},
                   &(struct expected){"simd", "simd"});
    for (size_t i = 0; i < COUNT(plain); i++)
        check_path(plain[i]->name, &(struct op_case){.op = plain[i], .in = {VECTOR(7)}},
                   &(struct expected){PLAIN, PLAIN});
}
