#include "kernels/fused.h"

#include "base/memory.h"

void gc_fused_apply(const struct gc_step *step, gc_real *restrict out) {
    const int32_t channels = gc_shape_channels(&step->out);
    const size_t rows = gc_shape_count(&step->out) / (size_t)channels;
    const gc_real *restrict scale = step->scale, *restrict shift = step->shift;
    const gc_real min = step->min, max = step->max;
    for (size_t row = 0; row < rows; row++, out += channels) {
        if (scale != NULL)
            for (int32_t c = 0; c < channels; c++)
                out[c] = out[c] * scale[c] + shift[c];
        for (int32_t c = 0; c < channels; c++) {
            const gc_real low = out[c] < min ? min : out[c];
            out[c] = low > max ? max : low;
        }
    }
}

#ifndef GC_DOUBLE
gc_status gc_fused_bias(float **folded, const struct gc_step *step, const float *bias,
                        int32_t channels) {
    float *sum = *folded = gc_allocate((size_t)channels, sizeof *sum);
    if (sum == NULL)
        return gc_fail_memory((size_t)channels * sizeof *sum, "a layer's bias");
    for (int32_t c = 0; c < channels; c++) {
        sum[c] = bias == NULL ? 0 : bias[c];
        if (step->scale != NULL)
            sum[c] = sum[c] * step->scale[c] + step->shift[c];
    }
    return GC_OK;
}
#endif
