/* Activations as a layer's configuration names them, and as layers. */
#ifndef GC_KERAS_ACTIVATION_H
#define GC_KERAS_ACTIVATION_H

#include "keras/lowering.h"

/* The layers that can stand where the name of an activation does. */
extern const struct gc_lowering gc_activation_layers[];

/* Appends the activation that the field `key` of the configuration names. A linear activation
 * appends nothing. */
gc_status gc_build_activation(struct gc_build *build, const char *key);

/* Appends the activation of that name, which must exist. Its number or axis is read from the
 * configuration, in the field that the function of keras.ops has. */
gc_status gc_build_named_activation(struct gc_build *build, const char *name);

/* Is there an activation of that name? */
bool gc_activation_exists(const char *name);

#endif
