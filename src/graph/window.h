/* Sliding windows, by Keras' rules. Convolutions and pooling share this geometry. */
#ifndef GC_WINDOW_H
#define GC_WINDOW_H

#include "graph/op.h"

/* Windows along one axis. Window `at`, 0 .. out - 1, has its taps 0 .. kernel - 1 at the positions
 *     at * stride + tap * dilation - before
 * of the input. Positions outside 0 .. in - 1 are zeros. */
struct gc_window {
    int32_t in, out; /* positions of the input, without any zeros, and of the output */
    int32_t kernel, stride, dilation;
    int32_t before, after; /* zeros around the input */
};

/* A window along the rows and one along the columns of a picture. */
struct gc_windows {
    struct gc_window rows, columns;
};

/* The windows of a convolution or a pooling, as Keras describes them. */
struct gc_window_params {
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    bool same; /* Keras' padding "same", else "valid" */
};

/* Fills in the geometry of one axis.
 *   same            Keras' padding "same", else "valid". "same" adds so many zeros that
 *                   out = ceil(in / stride). Half of them, rounded down, lie before the input.
 *   before, after   zeros that fusion put around the input. "same" pads the input with these zeros.
 * Fails with INVALID_MODEL if a parameter is not positive or the window is larger than the padded
 * input. Fails with TOO_LARGE if positions do not fit in 32 bits. */
gc_status gc_window_make(struct gc_window *window, int32_t in, int32_t kernel, int32_t stride,
                         int32_t dilation, bool same, int32_t before, int32_t after);

/* The same for both axes of a picture with `padding` around it. */
gc_status gc_windows_make(struct gc_windows *windows, const gc_shape *in,
                          const struct gc_window_params *params, const struct gc_padding *padding);

/* The input position of a tap of window `at`. It may lie outside the input. */
static inline int32_t gc_window_position(const struct gc_window *window, int32_t at, int32_t tap) {
    return at * window->stride + tap * window->dilation - window->before;
}

/* The taps of window `at` that lie in the input are *first .. *end - 1. */
static inline void gc_window_taps(const struct gc_window *window, int32_t at, int32_t *first,
                                  int32_t *end) {
    const int32_t start = gc_window_position(window, at, 0), dilation = window->dilation;
    const int32_t last = window->in - 1 - start;
    *first = start >= 0 ? 0 : (-start - 1) / dilation + 1;
    *end = last < 0 ? 0 : last / dilation + 1;
    if (*end > window->kernel)
        *end = window->kernel;
}

/* The window whose `tap` lies at an input position, or -1. The backward pass asks for it. */
static inline int32_t gc_window_at(const struct gc_window *window, int32_t position, int32_t tap) {
    const int32_t start = position + window->before - tap * window->dilation;
    if (start < 0 || start % window->stride != 0)
        return -1;
    return start / window->stride < window->out ? start / window->stride : -1;
}

#endif
