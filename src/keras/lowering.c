/* The functions with which lowerings append operators and weights to the graph. */
#include "keras/lowering.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct gc_lowering *gc_lowering_find(const struct gc_lowering *table, const char *type) {
    for (; table->type != NULL; table++)
        if (strcmp(table->type, type) == 0)
            return table;
    return NULL;
}

/* ---- Weights ---- */

/* Training changes neither moving statistics nor the statistics of Normalization. */
static bool is_trainable(const struct gc_keras_layer *layer, const char *array) {
    return layer->trainable && strncmp(array, "moving_", 7) != 0 &&
           strcmp(array, "vector_u") != 0 && strcmp(layer->type, "Normalization") != 0;
}

static gc_status create_weight(struct gc_build *build, const char *array, const gc_shape *shape,
                               int32_t *index) {
    struct gc_keras_layer *layer = build->layer;
    const size_t bytes = strlen(layer->path) + strlen(layer->store) + strlen(array) +
                         strlen(build->part_path) + strlen(build->part_store) + 24;
    char *path = gc_pool_allocate(build->pool, bytes, 1);
    char *store = gc_pool_allocate(build->pool, bytes, 1);
    if (path == NULL || store == NULL)
        return gc_pool_fail();
    snprintf(path, bytes, "%s%s/%s", layer->path, build->part_path, array);
    snprintf(store, bytes, "%s%s/vars/%d", layer->store, build->part_store,
             (int)(layer->weight_count - build->part_first));
    GC_TRY(gc_graph_add_weight(build->graph, index, path, store, shape));
    layer->weights[layer->weight_count++] = *index;
    const double count = (double)gc_shape_count(shape);
    layer->params += count;
    if (is_trainable(layer, array))
        layer->trainable_params += count;
    return GC_OK;
}

/* Gives the layer's next weight. The first call of the layer makes it, the others take it again. */
static gc_status take_weight(struct gc_build *build, const char *array, const gc_shape *shape,
                             int32_t *index) {
    struct gc_keras_layer *layer = build->layer;
    const int32_t number = build->weight_count++;
    if (number == layer->weight_count)
        return create_weight(build, array, shape, index);
    *index = layer->weights[number];
    const gc_shape *first = &build->graph->weights[*index].shape;
    if (gc_shape_equal(first, shape))
        return GC_OK;
    char has[GC_SHAPE_TEXT], wants[GC_SHAPE_TEXT];
    return gc_fail(GC_INVALID_MODEL, "its %s has shape %s in one call and %s in another", array,
                   gc_shape_text(has, first), gc_shape_text(wants, shape));
}

gc_status gc_build_weight(struct gc_build *build, const char *array, const gc_shape *shape) {
    int32_t index;
    return build->unknown ? GC_OK : take_weight(build, array, shape, &index);
}

void gc_build_part(struct gc_build *build, const char *path, const char *store) {
    build->part_path = path;
    build->part_store = store;
    build->part_first = build->weight_count;
}

/* ---- Operators ---- */

void gc_build_inputs(struct gc_build *build, const int32_t *inputs, int32_t count) {
    build->inputs = inputs;
    build->input_count = count;
}

gc_status gc_build_op(struct gc_build *build, const struct gc_op *op, const void *params,
                      size_t params_size, const char *const arrays[GC_MAX_WEIGHTS]) {
    if (build->unknown)
        return GC_OK;
    GC_TRY(gc_graph_add_node(build->graph, &build->value, op, params, params_size, build->inputs,
                             build->input_count, build->layer_index));
    struct gc_value *made = &build->graph->values[build->value];
    made->channels_first = build->channels_first && made->shape.rank >= 2;
    const int32_t node = build->graph->node_count - 1;
    const int32_t input = build->graph->nodes[node]
                              .inputs[0]; /* not build->inputs[0], which may be the output by now */
    const gc_shape in = build->graph->values[input].shape;
    for (int32_t slot = 0; arrays != NULL && slot < GC_MAX_WEIGHTS && arrays[slot] != NULL;
         slot++) {
        const gc_shape shape = op->weight(slot, &in, params);
        if (shape.rank < 0)
            continue;
        int32_t weight = GC_NONE;
        GC_TRY(take_weight(build, arrays[slot], &shape, &weight));
        gc_graph_give_weight(build->graph, node, slot, weight);
    }
    build->inputs = &build->value;
    build->input_count = 1;
    return GC_OK;
}

gc_status gc_build_axis(const struct gc_build *build, int32_t keras_axis, int32_t *axis) {
    *axis = 0;
    if (build->unknown)
        return GC_OK;
    const struct gc_value *value = &build->graph->values[build->inputs[0]];
    const gc_shape *in = &value->shape;
    *axis = gc_shape_axis(in, keras_axis);
    if (*axis >= 0 && value->channels_first)
        *axis = (*axis + in->rank - 1) % in->rank;
    if (*axis >= 0)
        return GC_OK;
    char text[GC_SHAPE_TEXT];
    return gc_fail(GC_INVALID_MODEL, "its input, of shape %s without the batch, has no axis %d",
                   gc_shape_text(text, in), (int)keras_axis);
}

gc_status gc_build_axes(const struct gc_build *build, const char *key, int32_t fallback,
                        bool *axes) {
    int32_t list[GC_MAX_RANK] = {fallback}, count = 1, axis;
    if (yyjson_is_arr(gc_field(&build->fields, key)))
        GC_TRY(gc_field_ints(&build->fields, key, GC_MAX_RANK, list, &count));
    else
        GC_TRY(gc_field_axis(&build->fields, key, fallback, &list[0]));
    for (int32_t i = 0; i < count; i++) {
        GC_TRY(gc_build_axis(build, list[i], &axis));
        axes[axis] = true;
    }
    return GC_OK;
}

gc_status gc_build_lacks(struct gc_build *build, const char *format, ...) {
    char text[160];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    build->unknown = true;
    if (build->layer->lacking != NULL)
        return GC_OK;
    build->layer->lacking = gc_pool_text(build->pool, text);
    return build->layer->lacking == NULL ? gc_pool_fail() : GC_OK;
}

gc_status gc_build_check_options(struct gc_build *build) {
    /* Policies of mixed precision are allowed, because their weights are float32. */
    yyjson_val *policy = gc_field(&build->fields, "dtype");
    const char *type = gc_json_text(yyjson_obj_get(policy, "class_name"));
    const bool has_mode = yyjson_obj_get(yyjson_obj_get(policy, "config"), "mode") != NULL;
    if (has_mode || (type != NULL && strstr(type, "Quantized") != NULL))
        return gc_build_lacks(build, "a quantized dtype policy");
    return GC_OK;
}
