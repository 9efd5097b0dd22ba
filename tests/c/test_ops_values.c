/* Operators that work value by value, softmax, normalisation and scaling. */
#include "base/simd_math.h"
#include "op_tester.h"
#include "ops/ops.h"
#include "test.h"

#include <math.h>
#include <stdio.h>

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

TEST(affine) {
    static const struct gc_affine_params one = {1, {0.5, -1}};
    static const struct gc_affine_params three = {3, {0.5, 2, -1, 1, 2, 3}};
    op_test("one constant",
            &(struct op_case){.op = &gc_op_affine, .params = &one, .in = {PICTURE(3, 4, 5)}});
    op_test("three constants",
            &(struct op_case){.op = &gc_op_affine, .params = &three, .in = {PICTURE(3, 4, 3)}});
    const struct op_case c = {.op = &gc_op_affine, .params = &three, .in = {PICTURE(1, 2, 3)}};
    op_expect("three constants", &c, (const gc_real *[]){(gc_real[]){2, 3, 4, 4, 5, 6}}, NULL,
              (gc_real[]){2, 8, -1, 3, 12, -3}, 6);
    gc_shape out;
    EXPECT_STATUS(gc_op_affine.shape(&out, &PICTURE(3, 4, 4), 1, &three), GC_INVALID_MODEL);
}

TEST(normalization) {
    const gc_shape in = PICTURE(4, 2, 3);
    static const struct gc_normalization_params last = {2, false, 0}, inverted = {2, true, 0};
    static const struct gc_normalization_params first = {0, false, 0}, one = {-1, false, 0};
    const struct gc_normalization_params *params[] = {&last, &inverted, &first, &one};
    for (size_t i = 0; i < COUNT(params); i++)
        op_test("weights",
                &(struct op_case){.op = &gc_op_normalization, .params = params[i], .in = {in}});
    EXPECT(gc_op_normalization.affine(&(struct gc_step){.params = &last, .in = &in}, NULL, NULL));
    EXPECT(!gc_op_normalization.affine(&(struct gc_step){.params = &one, .in = &in}, NULL, NULL));
}

/* The smallest deviation is 1e-7. */
TEST(normalization_by_constants) {
    static const struct gc_normalization_params each = {0, false, 3, {1, 2, 3, 4, 0.25, 0}};
    static const struct gc_normalization_params inverted = {0, true, 3, {1, 2, 3, 4, 0.25, 0}};
    static const struct gc_normalization_params one = {0, false, 1, {1, 4}};
    const gc_real *in[] = {(gc_real[]){3, 3, 3}};
    struct op_case c = {.op = &gc_op_normalization, .params = &each, .in = {VECTOR(3)}};
    op_expect("a mean per channel", &c, in, NULL, (gc_real[]){1, 2, 0}, 3);
    c.params = &inverted;
    op_expect("inverted", &c, in, NULL, (gc_real[]){7, 3.5, (gc_real)(3 + 3e-7)}, 3);
    c.params = &one;
    op_expect("one mean", &c, in, NULL, (gc_real[]){1, 1, 1}, 3);
}

TEST(layer_scale) {
    op_test("layer scale", &(struct op_case){.op = &gc_op_layer_scale, .in = {PICTURE(3, 2, 7)}});
}

static const struct {
    const char *name;
    gc_shape in;
    struct gc_layer_norm_params params;
} layer_norms[] = {
    {"channels", {3, {3, 4, 7}}, {{false, false, true}, 1e-3, true, true, GC_NORM_LAYER, 0, 0}},
    {"no scale", {3, {3, 4, 7}}, {{false, false, true}, 1e-6, false, true, GC_NORM_LAYER, 0, 0}},
    {"no center", {3, {3, 4, 7}}, {{false, false, true}, 1e-6, true, false, GC_NORM_LAYER, 0, 0}},
    {"vector", {1, {9}}, {{true}, 1e-3, true, true, GC_NORM_LAYER, 0, 0}},
    {"all axes", {3, {2, 3, 5}}, {{true, true, true}, 1e-3, true, true, GC_NORM_LAYER, 0, 0}},
    {"rows", {3, {4, 3, 5}}, {{true, false, false}, 1e-3, true, true, GC_NORM_LAYER, 0, 0}},
    {"rows and channels",
     {3, {4, 3, 5}},
     {{true, false, true}, 1e-3, true, true, GC_NORM_LAYER, 0, 0}},
    {"one value", {3, {2, 2, 1}}, {{false, false, true}, 1e-3, true, true, GC_NORM_LAYER, 0, 0}},
    {"root mean square",
     {3, {3, 4, 7}},
     {{false, false, true}, 1e-6, true, false, GC_NORM_RMS, 0, 0}},
    {"root mean square of a picture",
     {3, {3, 2, 3}},
     {{true, true, true}, 1e-6, true, false, GC_NORM_RMS, 0, 0}},
    {"unit length",
     {3, {3, 4, 7}},
     {{false, false, true}, 1e-12, false, false, GC_NORM_UNIT, 0, 0}},
    {"unit length of columns",
     {3, {3, 4, 2}},
     {{false, true, true}, 1e-12, false, false, GC_NORM_UNIT, 0, 0}},
    {"shorter than the least length",
     {3, {3, 4, 7}},
     {{false, false, true}, 100, false, false, GC_NORM_UNIT, 0, 0}},
    {"groups of channels",
     {3, {3, 2, 6}},
     {{true, true, true}, 1e-3, false, false, GC_NORM_LAYER, 3, 2}},
    {"groups of rows",
     {3, {4, 2, 3}},
     {{true, true, true}, 1e-3, false, false, GC_NORM_LAYER, 2, 0}},
    {"one channel a group",
     {3, {3, 2, 4}},
     {{true, true, true}, 1e-3, false, false, GC_NORM_LAYER, 4, 2}},
};

TEST(layer_norm) {
    for (size_t i = 0; i < COUNT(layer_norms); i++)
        op_test(layer_norms[i].name, &(struct op_case){.op = &gc_op_layer_norm,
                                                       .params = &layer_norms[i].params,
                                                       .in = {layer_norms[i].in}});
}

TEST(layer_norm_by_hand) {
    const struct gc_layer_norm_params params = {{true}, 3, true, true, GC_NORM_LAYER, 0, 0};
    const gc_real in[] = {1, 3}, expected[] = {10 - 0.5, 20 + 1};
    const float gamma[] = {1, 2}, beta[] = {10, 20};
    const struct op_case c = {.op = &gc_op_layer_norm, .params = &params, .in = {VECTOR(2)}};
    op_expect("two values", &c, (const gc_real *[]){in}, (const float *[]){gamma, beta}, expected,
              2);
}

TEST(norms_by_hand) {
    struct gc_layer_norm_params params = {.axes = {true}, .kind = GC_NORM_UNIT, .epsilon = 1e-12};
    const gc_real in[] = {3, 4};
    const struct op_case c = {.op = &gc_op_layer_norm, .params = &params, .in = {VECTOR(2)}};
    op_expect("unit length", &c, (const gc_real *[]){in}, NULL,
              (gc_real[]){(gc_real)0.6, (gc_real)0.8}, 2);
    const gc_real zero[] = {0, 0};
    op_expect("no length", &c, (const gc_real *[]){zero}, NULL, zero, 2);
    params = (struct gc_layer_norm_params){.axes = {true}, .kind = GC_NORM_RMS, .epsilon = 12.5};
    op_expect("root mean square", &c, (const gc_real *[]){in}, NULL,
              (gc_real[]){(gc_real)0.6, (gc_real)0.8}, 2);
    params = (struct gc_layer_norm_params){.axes = {true}, .epsilon = 0.75, .groups = 2};
    const struct op_case four = {.op = &gc_op_layer_norm, .params = &params, .in = {VECTOR(4)}};
    const gc_real pairs[] = {1, 2, 10, 11};
    op_expect("two groups", &four, (const gc_real *[]){pairs}, NULL,
              (gc_real[]){-0.5, 0.5, -0.5, 0.5}, 4);
    params.groups = 3;
    gc_shape out;
    EXPECT_STATUS(gc_op_layer_norm.shape(&out, four.in, 1, &params), GC_INVALID_MODEL);
}

TEST(scale_shift) {
    static const struct gc_scale_shift_params params[] = {
        {2, true, true}, {0, true, false}, {1, false, true}};
    for (size_t i = 0; i < COUNT(params); i++)
        op_test("scale and shift", &(struct op_case){.op = &gc_op_scale_shift,
                                                     .params = &params[i],
                                                     .in = {PICTURE(3, 2, 5)}});
    const struct gc_scale_shift_params one = {0, true, true};
    const struct op_case c = {.op = &gc_op_scale_shift, .params = &one, .in = {VECTOR(2)}};
    op_expect("by hand", &c, (const gc_real *[]){(gc_real[]){1, 2}},
              (const float *[]){(float[]){3, 4}, (float[]){5, 6}}, (gc_real[]){8, 14}, 2);
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

/* A class at 30 has the score 1 in float32. Its gradient exp(-30) must not be lost. */
TEST(sigmoid_keeps_a_saturated_gradient) {
    const struct op_case c = {.op = &gc_op_sigmoid, .in = {{1, {1}}}};
    const gc_real in[] = {30}, dout[] = {1}, expected[] = {(gc_real)exp(-30)};
    op_expect_gradient("at 30", &c, (const gc_real *[]){in}, NULL, 0, dout, expected, 1);
}

/* The largest relative error of `found` against `expected`, for x = from, from + step ... to. */
static double largest_error(gc_f4 (*found)(gc_f4), double (*expected)(double), double from,
                            double to, double step) {
    double largest = 0;
    for (double at = from; at <= to; at += step) {
        const float x = (float)at;
        const double value = expected(x);
        largest = fmax(largest, fabs(found(gc_f4_splat(x))[0] - value) / value);
    }
    return largest;
}

static double exact_logistic(double x) { return 1 / (1 + exp(-x)); }
static double exact_normal_below(double x) { return erfc(-x / sqrt(2)) / 2; }
static double exact_density(double x) { return exp(-x * x / 2) / sqrt(2 * acos(-1)); }
static gc_f4 exp_4(gc_f4 x) { return gc_f4_exp(x); }
static gc_f4 logistic_4(gc_f4 x) { return gc_f4_logistic(x, &(gc_f4){0}); }
static gc_f4 normal_below_4(gc_f4 x) { return gc_f4_normal_below(x, &(gc_f4){0}); }
static gc_f4 density_4(gc_f4 x) {
    gc_f4 density;
    gc_f4_normal_below(x, &density);
    return density;
}

TEST(functions_of_four_values_are_exact_to_a_few_units) {
    EXPECT_NEAR(largest_error(exp_4, exp, -87.2, 88, 0.0137), 0, 1.5e-7);
    EXPECT_NEAR(largest_error(exp_4, exp, -1, 1, 1e-4), 0, 1.5e-7);
    EXPECT_NEAR(largest_error(logistic_4, exact_logistic, -87, 87, 0.0137), 0, 3e-7);
    /* exp(-x * x / 2) has the error of x * x / 2, which is half a unit of a number up to 18. */
    EXPECT_NEAR(largest_error(normal_below_4, exact_normal_below, -6, 8, 0.00137), 0, 2e-6);
    EXPECT_NEAR(largest_error(normal_below_4, exact_normal_below, -1, 8, 0.00137), 0, 6e-7);
    EXPECT_NEAR(largest_error(density_4, exact_density, -6, 6, 0.00137), 0, 2e-6);
}

TEST(functions_of_four_values_far_out) {
    const gc_f4 far = {-87.4f, -1e30f, -INFINITY, NAN}, power = gc_f4_exp(far);
    EXPECT(power[0] == 0 && power[1] == 0 && power[2] == 0 && isnan(power[3]));
    const gc_f4 ends = {-INFINITY, INFINITY, NAN, 0};
    const gc_f4 logistic = logistic_4(ends), below = normal_below_4(ends);
    EXPECT(logistic[0] == 0 && logistic[1] == 1 && isnan(logistic[2]) && logistic[3] == 0.5f);
    EXPECT(below[0] == 0 && below[1] == 1 && isnan(below[2]));
    EXPECT_NEAR(below[3], 0.5, 1e-6);
}

/* Every activation at -2, 0.4 and 3. The values come from the definitions, without this code. */
static const struct {
    const struct gc_op *op;
    struct gc_activation_params params;
    gc_real expected[3];
} activations[] = {
    {&gc_op_sigmoid,
     {0, 0},
     {(gc_real)0.11920292202211755, (gc_real)0.598687660112452, (gc_real)0.95257412682243336}},
    {&gc_op_tanh,
     {0, 0},
     {(gc_real)-0.9640275800758169, (gc_real)0.3799489622552249, (gc_real)0.99505475368673046}},
    {&gc_op_silu,
     {0, 0},
     {(gc_real)-0.23840584404423509, (gc_real)0.23947506404498081, (gc_real)2.8577223804673002}},
    {&gc_op_gelu,
     {0, 0},
     {(gc_real)-0.045500263896358417, (gc_real)0.26216869664412967, (gc_real)2.9959503059051098}},
    {&gc_op_gelu_tanh,
     {0, 0},
     {(gc_real)-0.045402305912224938, (gc_real)0.26216116942735618, (gc_real)2.9963626079182268}},
    {&gc_op_selu,
     {0, 0},
     {(gc_real)-1.520166468595695, (gc_real)0.42028039494219221, (gc_real)3.1521029620664414}},
    {&gc_op_softplus,
     {0, 0},
     {(gc_real)0.12692801104297249, (gc_real)0.91301525239995263, (gc_real)3.0485873515737421}},
    {&gc_op_softsign,
     {0, 0},
     {(gc_real)-0.66666666666666663, (gc_real)0.28571428571428575, (gc_real)0.75}},
    {&gc_op_exponential,
     {0, 0},
     {(gc_real)0.1353352832366127, (gc_real)1.4918246976412703, (gc_real)20.085536923187668}},
    {&gc_op_mish,
     {0, 0},
     {(gc_real)-0.25250148269570888, (gc_real)0.28903053407236312, (gc_real)2.9865350049679575}},
    {&gc_op_hard_sigmoid, {0, 0}, {(gc_real)0.16666666666666666, (gc_real)0.56666666666666665, 1}},
    {&gc_op_hard_silu, {0, 0}, {(gc_real)-0.33333333333333331, (gc_real)0.22666666666666668, 3}},
    {&gc_op_tanh_shrink,
     {0, 0},
     {(gc_real)-1.0359724199241831, (gc_real)0.020051037744775124, (gc_real)2.0049452463132695}},
    {&gc_op_sparse_plus, {0, 0}, {0, (gc_real)0.48999999999999994, 3}},
    {&gc_op_sparse_sigmoid, {0, 0}, {0, (gc_real)0.69999999999999996, 1}},
    {&gc_op_log_sigmoid,
     {0, 0},
     {(gc_real)-2.1269280110429727, (gc_real)-0.5130152523999526, (gc_real)-0.048587351573742062}},
    {&gc_op_elu, {1.5, 0}, {(gc_real)-1.296997075145081, (gc_real)0.40000000000000002, 3}},
    {&gc_op_celu, {2, 0}, {(gc_real)-1.2642411176571153, (gc_real)0.40000000000000002, 3}},
    {&gc_op_squareplus,
     {4, 0},
     {(gc_real)0.41421356237309515, (gc_real)1.219803902718557, (gc_real)3.3027756377319948}},
    {&gc_op_hard_shrink, {0.5, 0}, {-2, 0, 3}},
    {&gc_op_soft_shrink, {0.5, 0}, {(gc_real)-1.5, 0, (gc_real)2.5}},
    {&gc_op_threshold, {0.5, -7}, {-7, -7, 3}},
    {&gc_op_line, {0.2, 0.5}, {(gc_real)0.099999999999999978, (gc_real)0.58000000000000007, 1}},
    {&gc_op_absolute, {0, 0}, {2, (gc_real)0.4, 3}},
    {&gc_op_clip, {-1, 0.5}, {-1, (gc_real)0.4, 0.5}},
    {&gc_op_erf,
     {0, 0},
     {(gc_real)-0.9953222650189527, (gc_real)0.42839235504666845, (gc_real)0.9999779095030014}},
    {&gc_op_expm1,
     {0, 0},
     {(gc_real)-0.8646647167633873, (gc_real)0.49182469764127035, (gc_real)19.085536923187668}},
    {&gc_op_power, {3, 0}, {-8, (gc_real)0.064, 27}},
    {&gc_op_sign, {0, 0}, {-1, 1, 1}},
    {&gc_op_square, {0, 0}, {4, (gc_real)0.16, 9}},
    {&gc_op_arcsinh,
     {0, 0},
     {(gc_real)-1.4436354751788103, (gc_real)0.39003531977071526, (gc_real)1.8184464592320668}},
    {&gc_op_arctan,
     {0, 0},
     {(gc_real)-1.1071487177940904, (gc_real)0.3805063771123649, (gc_real)1.2490457723982544}},
    {&gc_op_ceil, {0, 0}, {-2, 1, 3}},
    {&gc_op_cos,
     {0, 0},
     {(gc_real)-0.4161468365471424, (gc_real)0.9210609940028851, (gc_real)-0.9899924966004454}},
    {&gc_op_floor, {0, 0}, {-2, 0, 3}},
    {&gc_op_round, {0, 0}, {-2, 0, 3}},
    {&gc_op_sin,
     {0, 0},
     {(gc_real)-0.9092974268256817, (gc_real)0.3894183423086505, (gc_real)0.1411200080598672}},
    {&gc_op_trunc, {0, 0}, {-2, 0, 3}},
    {&gc_op_greater, {-2, 0}, {0, 1, 1}},
    {&gc_op_greater_equal, {-2, 0}, {1, 1, 1}},
    {&gc_op_less, {3, 0}, {1, 1, 0}},
    {&gc_op_less_equal, {-2, 0}, {1, 0, 0}},
    {&gc_op_equal, {3, 0}, {0, 0, 1}},
    {&gc_op_not_equal, {3, 0}, {1, 1, 0}},
};

TEST(activations) {
    for (size_t i = 0; i < COUNT(activations); i++) {
        const struct op_case c = {.op = activations[i].op,
                                  .params = &activations[i].params,
                                  .in = {PICTURE(3, 5, 4)},
                                  .spread = 5};
        op_test("activation", &c);
        const struct op_case three = {
            .op = activations[i].op, .params = &activations[i].params, .in = {VECTOR(3)}};
        const gc_real in[] = {-2, (gc_real)0.4, 3};
        op_expect("three values", &three, (const gc_real *[]){in}, NULL, activations[i].expected,
                  3);
    }
}

/* Far out nothing overflows to infinity times zero. */
TEST(activations_are_finite_far_out) {
    for (size_t i = 0; i < COUNT(activations); i++) {
        if (activations[i].op == &gc_op_exponential || activations[i].op == &gc_op_expm1)
            continue;
        op_test("far out", &(struct op_case){.op = activations[i].op,
                                             .params = &activations[i].params,
                                             .in = {PICTURE(3, 5, 4)},
                                             .spread = 1000});
    }
}

/* Functions that grow fast, or have poles, with their values at -1, 0 and 0.5. */
TEST(steep_functions) {
    static const struct {
        const struct gc_op *op;
        gc_real expected[3];
    } cases[] = {
        {&gc_op_cosh, {(gc_real)1.5430806348152437, 1.0, (gc_real)1.1276259652063807}},
        {&gc_op_sinh, {(gc_real)-1.1752011936438014, 0.0, (gc_real)0.5210953054937474}},
        {&gc_op_tan, {(gc_real)-1.5574077246549023, 0.0, (gc_real)0.5463024898437905}},
    };
    const gc_real *in[] = {(gc_real[]){-1, 0, 0.5}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        op_test("steep", &(struct op_case){.op = cases[i].op, .in = {PICTURE(3, 5, 4)}});
        op_expect("three values", &(struct op_case){.op = cases[i].op, .in = {VECTOR(3)}}, in, NULL,
                  cases[i].expected, 3);
    }
}

/* Of two integers that are equally near, the even one. */
TEST(round_at_a_half) {
    const gc_real *in[] = {(gc_real[]){0.5, 1.5, 2.5, -0.5}};
    op_expect("round", &(struct op_case){.op = &gc_op_round, .in = {VECTOR(4)}}, in, NULL,
              (gc_real[]){0, 2, 2, 0}, 4);
}

/* Differences of the output would see the gradient that it stops. */
TEST(stop_gradient) {
    const struct op_case c = {.op = &gc_op_stop_gradient, .in = {VECTOR(3)}};
    const gc_real *in[] = {(gc_real[]){-1, 0, 2}};
    op_expect("stop_gradient", &c, in, NULL, in[0], 3);
    op_expect_gradient("stop_gradient", &c, in, NULL, 0, (gc_real[]){1, 2, 3}, (gc_real[]){0, 0, 0},
                       3);
}

/* Functions that are steep or missing at 0 and below, with their values at 0.25 and 4. */
TEST(functions_of_positive_values) {
    static const struct {
        const struct gc_op *op;
        struct gc_activation_params params;
        gc_real expected[2];
    } cases[] = {
        {&gc_op_log, {0, 0}, {(gc_real)-1.3862943611198906, (gc_real)1.3862943611198906}},
        {&gc_op_log1p, {0, 0}, {(gc_real)0.22314355131420976, (gc_real)1.6094379124341003}},
        {&gc_op_power, {-1.5, 0}, {8, 0.125}},
        {&gc_op_reciprocal, {0, 0}, {4, 0.25}},
        {&gc_op_rsqrt, {0, 0}, {2, 0.5}},
        {&gc_op_sqrt, {0, 0}, {0.5, 2}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        op_test("positive", &(struct op_case){.op = cases[i].op,
                                              .params = &cases[i].params,
                                              .in = {PICTURE(3, 5, 4)},
                                              .spread = 2,
                                              .center = 2.5});
        const struct op_case c = {.op = cases[i].op, .params = &cases[i].params, .in = {VECTOR(2)}};
        op_expect("two values", &c, (const gc_real *[]){(gc_real[]){0.25, 4}}, NULL,
                  cases[i].expected, 2);
    }
}

/* At its limits the gradient of a clip passes, as TensorFlow's does. */
TEST(clip_at_its_limits) {
    const struct gc_activation_params params = {0, 1};
    const struct op_case c = {.op = &gc_op_clip, .params = &params, .in = {VECTOR(4)}};
    op_expect_gradient("clip", &c, (const gc_real *[]){(gc_real[]){-1, 0, 1, 2}}, NULL, 0,
                       (gc_real[]){5, 6, 7, 8}, (gc_real[]){0, 6, 7, 0}, 4);
}

TEST(relu) {
    static const struct gc_relu_params params[] = {
        {0, 0, INFINITY}, {0.2, 0, INFINITY}, {0, 0.7, INFINITY}, {0.1, 0.5, 2}, {-0.3, -1, 1}};
    for (size_t i = 0; i < COUNT(params); i++)
        op_test("relu", &(struct op_case){.op = &gc_op_relu,
                                          .params = &params[i],
                                          .in = {PICTURE(3, 5, 4)},
                                          .spread = 4});
    const struct op_case c = {.op = &gc_op_relu, .params = &params[3], .in = {VECTOR(5)}};
    const gc_real in[] = {-0.5, 0.5, 1, 2, 3}, expected[] = {(gc_real)-0.1, 0, 1, 2, 2};
    const gc_real dout[] = {10, 10, 10, 10, 10}, gradient[] = {1, 1, 10, 0, 0};
    op_expect("relu", &c, (const gc_real *[]){in}, NULL, expected, 5);
    op_expect_gradient("relu", &c, (const gc_real *[]){in}, NULL, 0, dout, gradient, 5);
}

TEST(prelu) {
    static const struct gc_prelu_params params[] = {{{false}},
                                                    {{true, true, false}},
                                                    {{true, true, true}},
                                                    {{false, true, false}},
                                                    {{false, false, true}}};
    for (size_t i = 0; i < COUNT(params); i++)
        op_test("prelu", &(struct op_case){
                             .op = &gc_op_prelu, .params = &params[i], .in = {PICTURE(3, 2, 5)}});
    op_test("prelu of a vector",
            &(struct op_case){.op = &gc_op_prelu, .params = &params[0], .in = {VECTOR(6)}});
    const gc_real in[] = {-1, -2, 3, -4}, expected[] = {-10, -40, 3, -80};
    const float alpha[] = {10, 20};
    const struct op_case c = {.op = &gc_op_prelu, .params = &params[1], .in = {PICTURE(1, 2, 2)}};
    op_expect("by hand", &c, (const gc_real *[]){in}, (const float *[]){alpha}, expected, 4);
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

/* Class 0 has the score 1 in float32. Its gradient is the score of the other classes. */
TEST(softmax_keeps_a_saturated_gradient) {
    const struct gc_softmax_params params = {0};
    const struct op_case c = {.op = &gc_op_softmax, .params = &params, .in = {{1, {3}}}};
    const gc_real in[] = {30, 0, 1}, dout[] = {1, 0, 0};
    const double a = exp(-30), b = exp(-29), sum = 1 + a + b;
    const gc_real expected[] = {(gc_real)((a + b) / sum / sum), (gc_real)(-a / sum / sum),
                                (gc_real)(-b / sum / sum)};
    op_expect_gradient("at 30", &c, (const gc_real *[]){in}, NULL, 0, dout, expected, 3);
}

TEST(log_softmax) {
    for (int32_t axis = 0; axis < 3; axis++)
        op_test("log_softmax", &(struct op_case){.op = &gc_op_log_softmax,
                                                 .params = &(struct gc_softmax_params){axis},
                                                 .in = {PICTURE(3, 4, 5)},
                                                 .spread = 3});
    const struct gc_softmax_params params = {0};
    const struct op_case c = {.op = &gc_op_log_softmax, .params = &params, .in = {VECTOR(2)}};
    const gc_real in[] = {1000, 0}, expected[] = {0, -1000};
    op_expect("far out", &c, (const gc_real *[]){in}, NULL, expected, 2);
}
