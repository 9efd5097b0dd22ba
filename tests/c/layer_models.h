/* Small Keras models that have every kind of layer between them. */
#ifndef GC_LAYER_MODELS_H
#define GC_LAYER_MODELS_H

#include <stddef.h>

#include "gradcam.h"

/* A configuration, with ' for ". */
struct layer_model {
    const char *name;
    const char *config;
};

/* The models. An entry without a name ends the list. */
extern const struct layer_model layer_models[];

/* Copies a configuration with " for ' into a block of just its size, so that a sanitizer sees a
 * read past its end. To be given to free. */
char *layer_model_json(const void *config, size_t length);

/* Sides of the input for a model. An open side becomes `open`. */
void layer_model_size(const gc_model *model, int32_t open, int32_t *height, int32_t *width);

/* Number of values in a shape, 1 without axes. */
size_t layer_model_count(const int32_t *dims, int32_t rank);

/* Positions of a layer's map, 0 if it has none. */
size_t layer_model_positions(const gc_model *model, int32_t layer);

/* Sets every weight to values by a formula, which the stream changes. Variances are positive. */
gc_status layer_model_set_weights(gc_model *model, uint32_t stream);

/* A planned model of a configuration with ' for ", with its weights set. NULL if that fails. */
gc_model *layer_model_open(const char *config, uint32_t flags);

/* Runs a model on a picture by a formula, which the stream changes. Further inputs are 0. */
gc_status layer_model_run(gc_model *model, uint32_t stream);

#endif
