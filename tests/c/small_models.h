/* Small Keras models with weights by a formula, for the tests of the engine as a whole. */
#ifndef GC_SMALL_MODELS_H
#define GC_SMALL_MODELS_H

#include <stddef.h>

#include "gradcam.h"

/* Two inverted-residual blocks as in MobileNetV2, 18 x 14 pixels, 5 classes: everything that fusion
 * folds (padding, batch norm, clamp), a branch, and a nested classifier head "head". */
extern const char small_blocks_config[];

/* The same operators for an input of any size. */
extern const char small_open_config[];

/* A planned model with its weights set, the input of a run in *input (for free) and its size in
 * *count; NULL after a failed expectation. */
gc_model *small_model(const char *config, int32_t height, int32_t width, uint32_t flags,
                      float **input, size_t *count);

/* A value in -1 .. 1, the same for the same index and stream on every machine. */
float small_random(uint32_t index, uint32_t stream);

/* Writes seeds that explain classes, seeds [count][SMALL_CLASSES]. */
#define SMALL_CLASSES 5
void small_seeds(float *seeds, const int32_t *targets, int32_t count);

/* A seed for one class, [SMALL_CLASSES]. */
const float *small_seed(int32_t target);

/* Explains by one method, as gc_model_explain does. */
gc_status small_explain(gc_model *model, int32_t method, const float *seeds, int32_t seed_count,
                        gc_output output, const int32_t *layers, int32_t layer_count, float *raw,
                        size_t raw_count, float *norms);

/* The largest absolute value, and the largest absolute difference: NaN if there is one. */
double small_largest(const float *values, size_t count);
double small_difference(const float *a, const float *b, size_t count);

/* Number of values in a layer's output, its rank, and its positions; 0 positions without rows and
 * columns. */
size_t small_layer_size(const gc_model *model, int32_t layer, int32_t *rank, size_t *positions);

#endif
