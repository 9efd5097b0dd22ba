/* Every operator's record and parameters. A new operator adds its record here, its file beside, and one
 * line to the importer's table. Axes count from 0, the batch left out, as gc_shape_axis gives them. */
#ifndef GC_OPS_H
#define GC_OPS_H

#include "graph/window.h"

/* ---- Convolutions and products ---- */

/* Convolution over rows and columns, Keras Conv2D. Weights: kernel [k_h][k_w][in / groups][filters],
 * bias [filters]. */
extern const struct gc_op gc_op_conv2d;
struct gc_conv2d_params {
    int32_t filters, groups;
    struct gc_window_params windows;
    bool bias;
};

/* One filter per channel and multiplier, Keras DepthwiseConv2D. Weights: kernel [k_h][k_w][in][m],
 * bias [in * m]. */
extern const struct gc_op gc_op_depthwise;
struct gc_depthwise_params {
    int32_t multiplier;
    struct gc_window_params windows;
    bool bias;
};

/* Its paths, which a Conv2D with a group of one filter for each channel takes too. */
extern const struct gc_path gc_depthwise_paths[];

/* The transpose of a convolution, Keras Conv2DTranspose. Weights: kernel [k_h][k_w][filters][in], bias
 * [filters]. */
extern const struct gc_op gc_op_conv2d_transpose;
struct gc_conv2d_transpose_params {
    int32_t filters;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    int32_t output_padding_h,
        output_padding_w; /* -1: null in Keras, the size follows from the rest */
    bool same;
    bool bias;
};

/* Matrix product over the last axis, Keras Dense. Weights: kernel [in][units], bias [units]. */
extern const struct gc_op gc_op_dense;
struct gc_dense_params {
    int32_t units;
    bool bias;
};

/* ---- Normalisation and scaling ---- */

/* Batch normalisation with its moving statistics. Weights: gamma, beta, moving_mean, moving_variance,
 * each [channels]. */
extern const struct gc_op gc_op_batch_norm;
struct gc_batch_norm_params {
    int32_t axis;
    double epsilon;
    bool scale, center; /* whether gamma, beta are there */
};

/* x * scale + offset, Keras Rescaling. No weights. */
extern const struct gc_op gc_op_rescaling;
struct gc_rescaling_params {
    int32_t channels; /* number of entries in use below: 1, or one per channel */
    double scale[4], offset[4];
};

/* Keras Normalization: (x - mean) / max(sqrt(variance), 1e-7), or its inverse. Weights: mean, variance,
 * each [channels along the axis]; none with constants. */
extern const struct gc_op gc_op_normalization;
struct gc_normalization_params {
    int32_t axis; /* -1: one mean and variance for all values */
    bool invert;
    int32_t count;      /* number of constant means: that of the axis, or 1 for all; 0: weights */
    double constants[]; /* [2 * count]: means, then variances */
};

/* x * gamma, ConvNeXt's LayerScale. Weights: gamma [channels]. */
extern const struct gc_op gc_op_layer_scale;

/* Keras LayerNormalization. Weights: gamma, beta, each with the sizes of the normalised axes. */
extern const struct gc_op gc_op_layer_norm;
struct gc_layer_norm_params {
    bool axes[GC_MAX_RANK]; /* the axes that are normalised together */
    double epsilon;
    bool scale, center; /* whether gamma, beta are there */
};

/* ---- Value by value ---- */

/* min(max(x, low), high): ReLU, ReLU6, hard_tanh. */
extern const struct gc_op gc_op_clamp;
struct gc_clamp_params {
    double low, high; /* may be infinite */
};

/* Keras ReLU in full: max_value from there on, x above the threshold, else negative_slope * (x -
 * threshold). LeakyReLU and leaky_relu too. */
extern const struct gc_op gc_op_relu;
struct gc_relu_params {
    double negative_slope, threshold, max_value; /* max_value may be INFINITY */
};

/* Keras PReLU: x above 0, else alpha * x. Weights: alpha, the input's shape with 1 on shared axes. */
extern const struct gc_op gc_op_prelu;
struct gc_prelu_params {
    bool shared[GC_MAX_RANK];
};

/* Activations without parameters. gelu is the exact one, gelu_tanh the approximation. */
extern const struct gc_op gc_op_sigmoid, gc_op_tanh, gc_op_silu, gc_op_gelu, gc_op_gelu_tanh,
    gc_op_selu, gc_op_softplus, gc_op_softsign, gc_op_exponential, gc_op_mish, gc_op_hard_sigmoid,
    gc_op_hard_silu, gc_op_tanh_shrink, gc_op_sparse_plus, gc_op_sparse_sigmoid, gc_op_log_sigmoid;

/* Activations with parameters; Keras' names and defaults:
 *   elu           alpha 1
 *   celu          alpha 1
 *   squareplus    alpha = b, 4
 *   hard_shrink   alpha = threshold, 0.5
 *   soft_shrink   alpha = threshold, 0.5
 *   threshold     alpha = threshold, beta = default_value: x above the threshold, else default_value
 *   line          min(max(alpha * x + beta, 0), 1): Keras 2's hard_sigmoid is 0.2, 0.5 */
extern const struct gc_op gc_op_elu, gc_op_celu, gc_op_squareplus, gc_op_hard_shrink,
    gc_op_soft_shrink, gc_op_threshold, gc_op_line;
struct gc_activation_params {
    double alpha, beta;
};

/* Softmax over one axis, and its logarithm. */
extern const struct gc_op gc_op_softmax, gc_op_log_softmax;
struct gc_softmax_params {
    int32_t axis;
};

/* ---- Several inputs ---- */

/* Value by value over two or more inputs, axes of size 1 repeated as Keras' merging layers do; an input
 * of fewer axes gets such in front. subtract takes two inputs. No parameters. */
extern const struct gc_op gc_op_add, gc_op_subtract, gc_op_multiply, gc_op_average, gc_op_maximum,
    gc_op_minimum;

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

/* The inverse, Keras Cropping2D: takes so many rows and columns away. */
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

/* ---- Shapes ---- */

/* The same values in another shape: Flatten, Reshape, and, with its own shape, the identity (Dropout,
 * the linear activation). */
extern const struct gc_op gc_op_reshape;
struct gc_reshape_params {
    gc_shape shape; /* one axis may be -1: what is left. Rank -1: the input's own shape */
};

/* The axes in another order, Keras Permute: axis i of the output is axis axes[i] of the input. */
extern const struct gc_op gc_op_permute;
struct gc_permute_params {
    int32_t axes[GC_MAX_RANK];
};

#endif
