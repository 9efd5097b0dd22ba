/* The public view of a model's layers, with their names, shapes and counts. */
#include <stdio.h>
#include <string.h>

#include "api/model.h"
#include "base/memory.h"
#include "graph/ends.h"

const struct gc_layer *gc_model_layer(const gc_model *model, int32_t layer) {
    return layer >= 0 && layer < model->graph.layer_count ? &model->graph.layers[layer] : NULL;
}

const char *gc_model_name(const gc_model *model) {
    return model->graph.name == NULL ? "" : model->graph.name;
}

/* Writes the axes of a value, 0 where the size is still open. */
static int32_t write_shape(const gc_model *model, int32_t value, int32_t *dims) {
    const gc_shape *shape = &model->graph.values[value].shape;
    for (int32_t axis = 0; axis < shape->rank; axis++) {
        const bool is_open = model->plan == NULL && model->open_axes[value] >> axis & 1;
        dims[axis] = is_open ? 0 : shape->dims[axis];
    }
    return shape->rank;
}

/* The same in Keras' order of axes. */
static int32_t write_keras_shape(const gc_model *model, int32_t value, int32_t *dims) {
    const int32_t rank = write_shape(model, value, dims);
    if (model->graph.values[value].channels_first) {
        const int32_t channels = dims[rank - 1];
        memmove(dims + 1, dims, sizeof *dims * (size_t)(rank - 1));
        dims[0] = channels;
    }
    return rank;
}

void gc_model_input_shape(const gc_model *model, int32_t *dims) {
    const gc_shape picture = gc_graph_picture(&model->graph);
    memcpy(dims, picture.dims, 3 * sizeof *dims);
    if (model->graph.values[0].shape.rank == 3)
        write_shape(model, 0, dims);
}

int32_t gc_model_input_count(const gc_model *model) { return model->graph.input_count; }

const char *gc_input_name(const gc_model *model, int32_t input) {
    const bool exists = input >= 0 && input < model->graph.input_count;
    return exists ? model->graph.inputs[input].name : NULL;
}

int32_t gc_input_shape(const gc_model *model, int32_t input, int32_t *dims) {
    const bool exists = input >= 0 && input < model->graph.input_count;
    return exists ? write_keras_shape(model, input, dims) : -1;
}

int32_t gc_head_shape(const gc_model *model, int32_t head, int32_t *dims) {
    const bool exists = head >= 0 && head < model->graph.head_count;
    return exists ? write_keras_shape(model, model->graph.heads[head].value, dims) : -1;
}

int32_t gc_head_channels_first(const gc_model *model, int32_t head) {
    const bool exists = head >= 0 && head < model->graph.head_count;
    return exists && model->graph.values[model->graph.heads[head].value].channels_first;
}

int32_t gc_model_channels_first(const gc_model *model) {
    return model->graph.values[0].channels_first;
}

int32_t gc_model_layer_count(const gc_model *model) { return model->graph.layer_count; }

const char *gc_layer_path(const gc_model *model, int32_t layer) {
    const struct gc_layer *found = gc_model_layer(model, layer);
    return found == NULL ? NULL : found->path;
}

const char *gc_layer_type(const gc_model *model, int32_t layer) {
    const struct gc_layer *found = gc_model_layer(model, layer);
    return found == NULL ? NULL : found->type;
}

int32_t gc_layer_shape(const gc_model *model, int32_t layer, int32_t *dims) {
    const struct gc_layer *found = gc_model_layer(model, layer);
    return found == NULL ? -1 : write_keras_shape(model, found->value, dims);
}

int32_t gc_layer_channels_first(const gc_model *model, int32_t layer) {
    const struct gc_layer *found = gc_model_layer(model, layer);
    return found != NULL && model->graph.values[found->value].channels_first;
}

int32_t gc_layer_leads(const gc_model *model, int32_t layer) {
    const struct gc_layer *found = gc_model_layer(model, layer);
    return found != NULL && model->graph.values[found->value].leads;
}

double gc_layer_params(const gc_model *model, int32_t layer) {
    const struct gc_layer *found = gc_model_layer(model, layer);
    return found == NULL ? 0 : found->params;
}

double gc_layer_trainable_params(const gc_model *model, int32_t layer) {
    const struct gc_layer *found = gc_model_layer(model, layer);
    return found == NULL ? 0 : found->trainable_params;
}

int32_t gc_layer_parent(const gc_model *model, int32_t layer) {
    const struct gc_layer *found = gc_model_layer(model, layer);
    return found == NULL ? GC_NONE : found->parent;
}

int32_t gc_layer_input_count(const gc_model *model, int32_t layer) {
    const struct gc_layer *found = gc_model_layer(model, layer);
    return found == NULL ? 0 : found->input_count;
}

int32_t gc_layer_input(const gc_model *model, int32_t layer, int32_t i) {
    const struct gc_layer *found = gc_model_layer(model, layer);
    return found == NULL || i < 0 || i >= found->input_count ? GC_NONE : found->inputs[i];
}

int32_t gc_model_default_layer(const gc_model *model) {
    return gc_graph_default_layer(&model->graph);
}

/* ---- Finding a layer by name ---- */

static const char *last_part(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

#define MAX_NAME 127 /* characters of a name that are compared */

static size_t compared_length(const char *name) {
    const size_t length = strlen(name);
    return length < MAX_NAME ? length : MAX_NAME;
}

/* Edit distance (Levenshtein), the least insertions, deletions and replacements between two names.
 * */
static int32_t edit_distance(const char *a, const char *b) {
    int32_t row[MAX_NAME + 1];
    const size_t a_length = compared_length(a), b_length = compared_length(b);
    for (size_t j = 0; j <= b_length; j++)
        row[j] = (int32_t)j;
    for (size_t i = 1; i <= a_length; i++) {
        int32_t diagonal = row[0];
        row[0] = (int32_t)i;
        for (size_t j = 1; j <= b_length; j++) {
            const int32_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            const int32_t shorter = row[j] < row[j - 1] ? row[j] : row[j - 1];
            diagonal = row[j];
            row[j] = replaced < shorter + 1 ? replaced : shorter + 1;
        }
    }
    return row[b_length];
}

#define NEAREST 3 /* names that are suggested */

static gc_status unknown_layer(const struct gc_graph *graph, const char *name) {
    int32_t nearest[NEAREST], distances[NEAREST];
    int32_t count = 0;
    for (int32_t i = 0; i < graph->layer_count; i++) {
        const int32_t distance = edit_distance(last_part(name), last_part(graph->layers[i].path));
        if (count == NEAREST && distance >= distances[NEAREST - 1])
            continue;
        int32_t at = count < NEAREST ? count++ : NEAREST - 1;
        for (; at > 0 && distances[at - 1] > distance; at--) {
            nearest[at] = nearest[at - 1];
            distances[at] = distances[at - 1];
        }
        nearest[at] = i;
        distances[at] = distance;
    }
    char list[512] = "";
    for (int32_t i = 0, used = 0; i < count && used < (int32_t)sizeof list; i++)
        used += snprintf(list + used, sizeof list - (size_t)used, "%s'%s'", i == 0 ? "" : ", ",
                         graph->layers[nearest[i]].path);
    return gc_fail(GC_UNKNOWN_LAYER, "the model has no layer '%.200s'; the nearest names are %s",
                   name, list);
}

gc_status gc_model_find_layer(const gc_model *model, const char *name, int32_t *layer) {
    if (name == NULL || layer == NULL)
        return gc_fail(GC_INVALID_ARGUMENT, "gc_model_find_layer: name and layer must not be NULL");
    const struct gc_graph *graph = &model->graph;
    int32_t found = GC_NONE;
    for (int32_t i = 0; i < graph->layer_count; i++) {
        if (strcmp(graph->layers[i].path, name) == 0) {
            *layer = i;
            return GC_OK;
        }
        if (strcmp(last_part(graph->layers[i].path), name) != 0)
            continue;
        if (found != GC_NONE)
            return gc_fail(GC_UNKNOWN_LAYER,
                           "several layers are called '%.200s': give the whole path, '%s' or '%s'",
                           name, graph->layers[found].path, graph->layers[i].path);
        found = i;
    }
    if (found == GC_NONE)
        return unknown_layer(graph, name);
    *layer = found;
    return GC_OK;
}

int32_t gc_model_relu_count(const gc_model *model) {
    const struct gc_graph *graph = &model->graph;
    int32_t count = 0;
    for (int32_t i = 0; i < graph->node_count; i++)
        count +=
            graph->values[graph->nodes[i].output].is_between && gc_graph_is_relu(&graph->nodes[i]);
    return count;
}
