#include "graph/window.h"

gc_status gc_window_make(struct gc_window *window, int32_t in, int32_t kernel, int32_t stride,
                         int32_t dilation, bool same, int32_t before, int32_t after) {
    if (kernel <= 0 || stride <= 0 || dilation <= 0)
        return gc_fail(
            GC_INVALID_MODEL,
            "a window of kernel size %d, stride %d and dilation %d: all must be positive",
            (int)kernel, (int)stride, (int)dilation);
    const int64_t reach = ((int64_t)kernel - 1) * dilation + 1;
    int64_t padded = (int64_t)before + in + after;
    int64_t missing = 0;
    if (same) {
        missing = ((padded - 1) / stride) * stride + reach - padded;
        if (missing < 0)
            missing = 0;
    }
    padded += missing;
    if (padded < reach)
        return gc_fail(GC_INVALID_MODEL, "a window of %lld positions does not fit in %lld",
                       (long long)reach, (long long)padded);
    /* With this limit every position is an int32_t, that of a tap among the zeros too. */
    if (padded + stride > INT32_MAX / 2)
        return gc_fail(GC_TOO_LARGE, "a window over %lld positions is too large",
                       (long long)padded);
    *window = (struct gc_window){
        .in = in,
        .out = (int32_t)((padded - reach) / stride + 1),
        .kernel = kernel,
        .stride = stride,
        .dilation = dilation,
        .before = (int32_t)(before + missing / 2),
        .after = (int32_t)(after + missing - missing / 2),
    };
    return GC_OK;
}

gc_status gc_windows_make(struct gc_windows *windows, const gc_shape *in,
                          const struct gc_window_params *params, const struct gc_padding *padding) {
    const struct gc_window_params *p = params;
    GC_TRY(gc_window_make(&windows->rows, in->dims[0], p->kernel_h, p->stride_h, p->dilation_h,
                          p->same, padding->top, padding->bottom));
    return gc_window_make(&windows->columns, in->dims[1], p->kernel_w, p->stride_w, p->dilation_w,
                          p->same, padding->left, padding->right);
}
