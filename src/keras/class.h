/* Classes of layers and models, as the entries of a configuration name them. */
#ifndef GC_KERAS_CLASS_H
#define GC_KERAS_CLASS_H

#include <stdbool.h>
#include <yyjson.h>

/* Is it a model that consists of layers? */
bool gc_class_is_model(const char *type);

bool gc_class_is_sequential(yyjson_val *entry);

/* Is the class not Keras' own? It may have the name of a class of Keras. */
bool gc_class_is_custom(yyjson_val *entry);

/* Is the class a function of keras.ops? Keras makes a layer of a function that is called on the
 * output of a layer. */
bool gc_class_is_function(yyjson_val *entry);

/* May the class be a function of keras.ops? Keras 3 writes no modules into .h5 files. Add is then
 * the name of a layer and of a function. Only a layer has the field trainable. */
bool gc_class_may_be_function(yyjson_val *entry);

/* Keras' to_snake_case, which turns "DepthwiseConv2D" into "depthwise_conv2d". `snake` needs twice
 * the length of `type`, and a byte for the zero. */
void gc_class_snake_case(char *snake, const char *type);

#endif
