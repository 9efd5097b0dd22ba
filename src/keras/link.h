/* The third step of the importer finds which call takes the output of which other call, and the
 * order in which the calls run. */
#ifndef GC_KERAS_LINK_H
#define GC_KERAS_LINK_H

#include "keras/config.h"

/* Fills in the calls of a model and of its nested models. The layers that are not supported must be
 * known, because their calls are not read. */
gc_status gc_keras_link(struct gc_keras_model *model, struct gc_pool *pool);

#endif
