/* Every operator's record and parameters. A new operator adds its record here, its file beside, and one
 * line to the importer's table. */
#ifndef GC_OPS_H
#define GC_OPS_H

#include "../op.h"

/* Convolution over rows and columns, Keras Conv2D. Weights: kernel [k_h][k_w][in / groups][filters],
 * bias [filters]. */
extern const struct gc_op gc_op_conv2d;
struct gc_conv2d_params {
    int32_t filters, groups;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    bool same; /* Keras' padding "same", else "valid" */
    bool bias;
};

/* One filter per channel and multiplier, Keras DepthwiseConv2D. Weights: kernel [k_h][k_w][in][m],
 * bias [in * m]. */
extern const struct gc_op gc_op_depthwise;
struct gc_depthwise_params {
    int32_t multiplier;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    bool same;
    bool bias;
};

/* Matrix product over the last axis, Keras Dense. Weights: kernel [in][units], bias [units]. */
extern const struct gc_op gc_op_dense;
struct gc_dense_params {
    int32_t units;
    bool bias;
};

/* Batch normalisation with its moving statistics. Weights: gamma, beta, moving_mean, moving_variance,
 * each [channels]. */
extern const struct gc_op gc_op_batch_norm;
struct gc_batch_norm_params {
    int32_t axis; /* as gc_shape_axis gives it */
    double epsilon;
    bool scale, center; /* whether gamma, beta are there */
};

/* x * scale + offset, Keras Rescaling. No weights. */
extern const struct gc_op gc_op_rescaling;
struct gc_rescaling_params {
    int32_t channels; /* number of entries in use below: 1, or one per channel */
    double scale[4], offset[4];
};

/* min(max(x, low), high): ReLU, ReLU6. */
extern const struct gc_op gc_op_clamp;
struct gc_clamp_params {
    double low, high; /* may be infinite */
};

/* Elementwise functions of one value. */
extern const struct gc_op gc_op_sigmoid;

/* Softmax over one axis. */
extern const struct gc_op gc_op_softmax;
struct gc_softmax_params {
    int32_t axis; /* as gc_shape_axis gives it */
};

/* Sum of two or more tensors of one shape. */
extern const struct gc_op gc_op_add;

/* Zeros around rows and columns, Keras ZeroPadding2D. */
extern const struct gc_op gc_op_zero_padding;
struct gc_zero_padding_params {
    struct gc_padding padding;
};

/* Mean over rows and columns, Keras GlobalAveragePooling2D. */
extern const struct gc_op gc_op_global_average;
struct gc_global_pooling_params {
    bool keepdims;
};

/* The same values in another shape: Flatten, Reshape, and, with its own shape, the identity (Dropout,
 * the linear activation). */
extern const struct gc_op gc_op_reshape;
struct gc_reshape_params {
    gc_shape shape; /* one axis may be -1: what is left. Rank -1: the input's own shape */
};

#endif
