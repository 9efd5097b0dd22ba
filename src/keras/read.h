/* The first step of the importer reads the layers of a configuration and of its nested models. It
 * knows neither shapes nor operators, nor which classes are supported. */
#ifndef GC_KERAS_READ_H
#define GC_KERAS_READ_H

#include "keras/config.h"

/* Reads a configuration. The model lives in the pool and refers to the document of `root`. */
gc_status gc_keras_read(struct gc_keras_model **model, struct gc_pool *pool, yyjson_val *root);

#endif
