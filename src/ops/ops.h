/* Every operator's record and parameters. Axes count from 0 without the batch, as gc_shape_axis
 * gives them. */
#ifndef GC_OPS_H
#define GC_OPS_H

#include "graph/window.h"

/* ---- Convolutions and products ---- */

/* Convolution over rows and columns, Keras Conv2D.
 *   weights   kernel [k_h][k_w][in / groups][filters], bias [filters] */
extern const struct gc_op gc_op_conv2d;
struct gc_conv2d_params {
    int32_t filters, groups;
    struct gc_window_params windows;
    bool bias;
};

/* m filters for each channel, Keras DepthwiseConv2D.
 *   weights   kernel [k_h][k_w][in][m], bias [in * m] */
extern const struct gc_op gc_op_depthwise;
struct gc_depthwise_params {
    int32_t multiplier;
    struct gc_window_params windows;
    bool bias;
};

/* The paths of a depthwise convolution. A Conv2D with one group and one filter for each channel
 * takes them too. */
extern const struct gc_path gc_depthwise_paths[];

/* The transpose of a convolution, Keras Conv2DTranspose.
 *   weights   kernel [k_h][k_w][filters][in], bias [filters] */
extern const struct gc_op gc_op_conv2d_transpose;
struct gc_conv2d_transpose_params {
    int32_t filters;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    int32_t output_padding_h, output_padding_w; /* -1 for Keras' null */
    bool same;
    bool bias;
};

/* Matrix product over the last axis, Keras Dense.
 *   weights   kernel [in][units], bias [units] */
extern const struct gc_op gc_op_dense;
struct gc_dense_params {
    int32_t units;
    bool bias;
};

/* The same with weights of other shapes, Keras EinsumDense and the projections of
 * MultiHeadAttention. Their axes are divided or joined by a reshape before and after.
 *   weights   kernel `kernel`, bias `biases` */
extern const struct gc_op gc_op_shaped_dense;
struct gc_shaped_dense_params {
    struct gc_dense_params dense; /* first, because Dense's functions read it */
    gc_shape kernel, biases;      /* as many values as in * units, and as units */
};

/* Contraction of two inputs over one axis of each, Keras Dot and Attention. `batch` leading axes
 * are common to both. */
extern const struct gc_op gc_op_dot;
struct gc_dot_params {
    int32_t batch;
    int32_t axis[2]; /* of each input, from `batch` on */
};

/* ---- Normalisation and scaling ---- */

/* Batch normalisation with its moving statistics.
 *   weights   gamma, beta, moving_mean, moving_variance, [channels] each */
extern const struct gc_op gc_op_batch_norm;
struct gc_batch_norm_params {
    int32_t axis;
    double epsilon;
    bool scale, center; /* whether gamma, beta are there */
};

/* x * scale + offset, Keras Rescaling. No weights. */
extern const struct gc_op gc_op_rescaling;
struct gc_rescaling_params {
    int32_t channels; /* entries in use below, either 1 or one per channel */
    double scale[4], offset[4];
};

/* The same with any number of constants, for functions of a tensor and constants. */
extern const struct gc_op gc_op_affine;
struct gc_affine_params {
    int32_t channels;   /* 1, or the number of channels */
    double constants[]; /* [2 * channels], the scales and then the offsets */
};

/* (x - mean) / max(sqrt(variance), 1e-7), or its inverse, Keras Normalization.
 *   weights   mean, variance, [channels along the axis] each, unless they are constants */
extern const struct gc_op gc_op_normalization;
struct gc_normalization_params {
    int32_t axis; /* -1 for one mean and variance of all values */
    bool invert;
    int32_t count;      /* number of constant means, one per channel or 1 for all; 0 for weights */
    double constants[]; /* [2 * count], the means and then the variances */
};

/* x * gamma + beta, the end of Keras GroupNormalization.
 *   weights   gamma, beta, [channels along the axis] each */
extern const struct gc_op gc_op_scale_shift;
struct gc_scale_shift_params {
    int32_t axis;
    bool scale, center; /* whether gamma, beta are there */
};

/* x * gamma, ConvNeXt's LayerScale.
 *   weights   gamma [channels] */
extern const struct gc_op gc_op_layer_scale;

/* Keras LayerNormalization, RMSNormalization and UnitNormalization, and GroupNormalization without
 * gamma and beta.
 *   weights   gamma, beta, with the sizes of the normalised axes */
extern const struct gc_op gc_op_layer_norm;
enum gc_norm_kind {
    GC_NORM_LAYER, /* by mean and variance */
    GC_NORM_RMS,   /* by the root mean square */
    GC_NORM_UNIT   /* to the length 1 */
};
struct gc_layer_norm_params {
    bool axes[GC_MAX_RANK]; /* the axes that are normalised together */
    double epsilon;         /* GC_NORM_UNIT: the least length that a vector is divided by */
    bool scale, center;     /* whether gamma, beta are there */
    enum gc_norm_kind kind;
    int32_t groups, group_axis; /* groups along an axis are normalised apart; 0 for none */
};

/* ---- Value by value ---- */

/* min(max(x, low), high), which is ReLU, ReLU6 or hard_tanh. */
extern const struct gc_op gc_op_clamp;
struct gc_clamp_params {
    double low, high; /* may be infinite */
};

/* Keras ReLU with all its parameters, and LeakyReLU. It is max_value where x >= max_value, x above
 * the threshold, and negative_slope * (x - threshold) elsewhere. */
extern const struct gc_op gc_op_relu;
struct gc_relu_params {
    double negative_slope, threshold, max_value; /* max_value may be INFINITY */
};

/* x above 0, else alpha * x, Keras PReLU.
 *   weights   alpha, the input's shape, but 1 along shared axes */
extern const struct gc_op gc_op_prelu;
struct gc_prelu_params {
    bool shared[GC_MAX_RANK];
};

/* Activations without parameters. gelu is the exact one, gelu_tanh the approximation. */
extern const struct gc_op gc_op_sigmoid, gc_op_tanh, gc_op_silu, gc_op_gelu, gc_op_gelu_tanh,
    gc_op_selu, gc_op_softplus, gc_op_softsign, gc_op_exponential, gc_op_mish, gc_op_hard_sigmoid,
    gc_op_hard_silu, gc_op_tanh_shrink, gc_op_sparse_plus, gc_op_sparse_sigmoid, gc_op_log_sigmoid;

/* Functions of one value without parameters. rsqrt is 1 / sqrt(x). round takes the even one of two
 * integers that are equally near. stop_gradient gives its input, and its gradient is 0. */
extern const struct gc_op gc_op_absolute, gc_op_arcsinh, gc_op_arctan, gc_op_ceil, gc_op_cos,
    gc_op_cosh, gc_op_erf, gc_op_expm1, gc_op_floor, gc_op_log, gc_op_log1p, gc_op_reciprocal,
    gc_op_round, gc_op_rsqrt, gc_op_sign, gc_op_sin, gc_op_sinh, gc_op_sqrt, gc_op_square,
    gc_op_stop_gradient, gc_op_tan, gc_op_trunc;

/* Activations with parameters.
 *                 alpha            beta             defaults in Keras
 *   elu           alpha                             1
 *   celu          alpha                             1
 *   squareplus    b                                 4
 *   hard_shrink   threshold                         0.5
 *   soft_shrink   threshold                         0.5
 *   threshold     threshold        default_value
 *   line          alpha            beta             0.2, 0.5 (Keras 2's hard_sigmoid)
 *   clip          minimum          maximum
 *   power         exponent
 *   greater, greater_equal, less, less_equal, equal, not_equal
 *                 right side
 * threshold gives x above it, else default_value. line gives min(max(alpha * x + beta, 0), 1). clip
 * differs from a clamp at its limits, where the gradient passes. The comparisons give 1 or 0. */
extern const struct gc_op gc_op_elu, gc_op_celu, gc_op_squareplus, gc_op_hard_shrink,
    gc_op_soft_shrink, gc_op_threshold, gc_op_line, gc_op_clip, gc_op_power, gc_op_greater,
    gc_op_greater_equal, gc_op_less, gc_op_less_equal, gc_op_equal, gc_op_not_equal;
struct gc_activation_params {
    double alpha, beta;
};

/* Softmax over one axis, and its logarithm. */
extern const struct gc_op gc_op_softmax, gc_op_log_softmax;
struct gc_softmax_params {
    int32_t axis;
};

/* ---- Several inputs ---- */

/* Value by value over two or more inputs, Keras' merging layers. Axes of size 1 are repeated. An
 * input with fewer axes gets axes of size 1 in front. subtract, divide, divide_no_nan, floor_mod
 * and pow take two inputs. divide_no_nan gives 0 where it would divide by 0. floor_mod gives
 * x - y * floor(x / y). No parameters. */
extern const struct gc_op gc_op_add, gc_op_subtract, gc_op_multiply, gc_op_divide, gc_op_average,
    gc_op_maximum, gc_op_minimum, gc_op_divide_no_nan, gc_op_floor_mod, gc_op_pow;

/* A tensor of the model's file, which depends on no picture. The input gives it a place in the
 * graph and is not read. */
extern const struct gc_op gc_op_constant;
struct gc_constant_params {
    gc_shape shape;
    double values[]; /* as many as the shape has */
};

/* in[1] where in[0] is not 0, else in[2]. Sizes are merged as above. No parameters. */
extern const struct gc_op gc_op_where;

/* The product of two matrices, or of two lists of matrices of one length.
 *   in[0]   [...][n][k], or [...][k][n] transposed
 *   in[1]   [...][k][m], or [...][m][k] transposed */
extern const struct gc_op gc_op_matmul;
struct gc_matmul_params {
    bool transpose_a, transpose_b;
};

/* One input after another along an axis, Keras Concatenate. */
extern const struct gc_op gc_op_concatenate;
struct gc_concatenate_params {
    int32_t axis;
};

/* ---- Rows and columns ---- */

/* Zeros around rows and columns, Keras ZeroPadding2D. */
extern const struct gc_op gc_op_zero_padding;
struct gc_zero_padding_params {
    struct gc_padding padding;
};

/* Removes rows and columns at the edges, Keras Cropping2D. */
extern const struct gc_op gc_op_cropping;
struct gc_cropping_params {
    struct gc_padding cropping;
};

/* Keras UpSampling2D, by nearest neighbour or bilinear. */
extern const struct gc_op gc_op_upsampling;
struct gc_upsampling_params {
    int32_t factor_h, factor_w;
    bool bilinear;
};

/* A picture of another size, Keras Resizing, CenterCrop, RandomCrop, and UpSampling2D by kernels of
 * more than 2 x 2 pixels. */
extern const struct gc_op gc_op_resize;
enum gc_resize_kind {
    GC_RESIZE_NEAREST,
    GC_RESIZE_BILINEAR,
    GC_RESIZE_BICUBIC,
    GC_RESIZE_LANCZOS3,
    GC_RESIZE_LANCZOS5,
    GC_RESIZE_GAUSSIAN,
    GC_RESIZE_MITCHELL,
    GC_RESIZE_AREA
};
enum gc_fit {
    GC_FIT_STRETCH, /* resizes the whole picture */
    GC_FIT_CROP,    /* resizes the largest part in the middle that has the output's shape */
    GC_FIT_PAD,     /* pads to the output's shape with `fill`, then resizes */
    GC_FIT_CENTER   /* crops the middle at the output's size; a smaller picture as GC_FIT_CROP */
};
struct gc_resize_params {
    int32_t height, width; /* of the output */
    bool by_factor;        /* height and width are multiples of the input's */
    enum gc_resize_kind interpolation;
    enum gc_fit fit;
    bool antialias; /* a smaller picture takes all pixels into account */
    double fill;
};

/* Maximum or mean of windows, Keras MaxPooling2D and AveragePooling2D. */
extern const struct gc_op gc_op_max_pooling, gc_op_average_pooling;
struct gc_pooling_params {
    struct gc_window_params windows;
};

/* Mean or maximum over rows and columns, Keras GlobalAveragePooling2D and GlobalMaxPooling2D. */
extern const struct gc_op gc_op_global_average, gc_op_global_max;
struct gc_global_pooling_params {
    bool keepdims;
};

/* ---- Any axes ---- */

/* Sum, mean or extremum over some axes. */
extern const struct gc_op gc_op_reduce_sum, gc_op_reduce_mean, gc_op_reduce_max, gc_op_reduce_min;
struct gc_reduce_params {
    bool axes[GC_MAX_RANK]; /* the axes that are reduced */
    bool keepdims;          /* they keep size 1 */
};

/* A part of each axis, as Python's slices count. */
extern const struct gc_op gc_op_slice;
#define GC_SLICE_END INT32_MIN /* a start or stop that is left out */
struct gc_slice_params {
    int32_t start[GC_MAX_RANK], stop[GC_MAX_RANK], step[GC_MAX_RANK];
};

/* The values at some indices along an axis, in the order of the indices. */
extern const struct gc_op gc_op_take;
struct gc_take_params {
    int32_t axis, count;
    int32_t indices[]; /* [count]; negative ones count from the end */
};

/* More values in front of each axis and behind it. */
extern const struct gc_op gc_op_pad;
enum gc_pad_mode {
    GC_PAD_CONSTANT,
    GC_PAD_EDGE,     /* c a b c c */
    GC_PAD_REFLECT,  /* b a b c b */
    GC_PAD_SYMMETRIC /* a a b c c */
};
struct gc_pad_params {
    int32_t before[GC_MAX_RANK], after[GC_MAX_RANK];
    enum gc_pad_mode mode;
    double value; /* of a constant padding */
};

/* Each axis count[axis] times as long. repeat gives a a b b, tile gives a b a b. */
extern const struct gc_op gc_op_repeat, gc_op_tile;
struct gc_repeat_params {
    int32_t count[GC_MAX_RANK];
};

/* Mean or maximum of windows that divide the picture, Keras AdaptiveAveragePooling2D and
 * AdaptiveMaxPooling2D. */
extern const struct gc_op gc_op_adaptive_average, gc_op_adaptive_max;
struct gc_adaptive_pooling_params {
    int32_t height, width; /* of the output */
};

/* ---- Shapes ---- */

/* The same values in another shape, Keras Flatten and Reshape. With the input's own shape it is the
 * identity, which stands for Dropout and the linear activation. */
extern const struct gc_op gc_op_reshape;
struct gc_reshape_params {
    gc_shape shape; /* one axis may be -1, for what is left; rank -1 for the input's own shape */
};

/* Adds an axis of size 1 as axis `axis` of the output. */
extern const struct gc_op gc_op_expand_dims;
struct gc_expand_dims_params {
    int32_t axis;
};

/* Removes axes of size 1. */
extern const struct gc_op gc_op_squeeze;
struct gc_squeeze_params {
    bool axes[GC_MAX_RANK];
};

/* The axes in another order, Keras Permute. Axis i of the output is axis axes[i] of the input. */
extern const struct gc_op gc_op_permute;
struct gc_permute_params {
    int32_t axes[GC_MAX_RANK];
};

#endif
