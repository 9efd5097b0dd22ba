#include "keras/support.h"

#include <stdio.h>
#include <string.h>

#include "keras/class.h"
#include "keras/function.h"
#include "keras/layers.h"

/* ---- Lowerings ---- */

/* TFOpLambda and SlicingOpLambda are layers that call a function of TensorFlow by its name. */
static gc_status find_tensorflow_function(struct gc_keras_layer *layer, struct gc_pool *pool) {
    const char *name;
    GC_TRY(gc_field_text(&layer->fields, "function", "", &name));
    layer->lowering = gc_tensorflow_function_find(name);
    if (layer->lowering != NULL)
        return GC_OK;
    const size_t bytes = strlen(name) + 16;
    char *lacking = gc_pool_allocate(pool, bytes, 1);
    if (lacking == NULL)
        return gc_pool_fail();
    snprintf(lacking, bytes, "function '%.100s'", name);
    layer->lacking = lacking;
    return GC_OK;
}

static gc_status find_lowering(struct gc_keras_layer *layer, struct gc_pool *pool) {
    if (layer->is_input)
        return GC_OK;
    if (layer->model != NULL)
        return gc_keras_find_lowerings(layer->model, pool);
    if (!layer->is_function && gc_class_may_be_function(layer->entry))
        layer->is_function = gc_function_find(layer->type) != NULL;
    if (layer->is_function && !layer->is_custom)
        layer->lowering = gc_function_find(layer->type);
    else if (gc_function_is_tensorflow(layer->type) && !layer->is_custom)
        return find_tensorflow_function(layer, pool);
    else if (!layer->is_custom)
        layer->lowering = gc_layer_find(layer->type);
    if (layer->lowering == NULL)
        layer->lacking = "";
    return GC_OK;
}

gc_status gc_keras_find_lowerings(struct gc_keras_model *model, struct gc_pool *pool) {
    for (int32_t i = 0; i < model->layer_count; i++)
        GC_TRY(find_lowering(&model->layers[i], pool));
    return GC_OK;
}

/* ---- The sentence that names all layers without support ---- */

struct sentence {
    char text[6000];
    size_t used;
    int32_t count, left_out;
    bool has_code;           /* a layer is Python code */
    const char *other_class; /* the first class that is not Keras' own, or NULL */
};

/* Is a layer of another program's class? Old files do not say whose class it is. A recurrent layer
 * or a layer of volumes is Keras' own there. */
static bool is_of_others(const struct gc_keras_layer *layer) {
    if (layer->is_custom)
        return true;
    if (layer->lacking[0] != '\0' || yyjson_obj_get(layer->entry, "module") != NULL)
        return false;
    const char *own[] = {"Lambda", "TFOpLambda", "SlicingOpLambda", "Bidirectional", "LSTM", "GRU",
                         "RNN",    "3D"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (strstr(layer->type, own[i]) != NULL)
            return false;
    return true;
}

static void name_lacking(struct sentence *s, const struct gc_keras_model *model) {
    for (int32_t i = 0; i < model->layer_count; i++) {
        const struct gc_keras_layer *layer = &model->layers[i];
        if (layer->model != NULL)
            name_lacking(s, layer->model);
        if (layer->lacking == NULL)
            continue;
        s->count++;
        s->has_code |= strcmp(layer->type, "Lambda") == 0;
        if (s->other_class == NULL && is_of_others(layer))
            s->other_class = layer->type;
        const size_t room = sizeof s->text - s->used;
        const int wanted = snprintf(s->text + s->used, room, "%s'%s' (%s%s%s)",
                                    s->used == 0 ? "" : ", ", layer->path, layer->type,
                                    layer->lacking[0] == '\0' ? "" : " with ", layer->lacking);
        if (wanted > 0 && (size_t)wanted < room && s->left_out == 0)
            s->used += (size_t)wanted;
        else
            s->left_out++;
        s->text[s->used] = '\0';
    }
}

gc_status gc_keras_check_supported(const struct gc_keras_model *model) {
    struct sentence s = {.used = 0};
    name_lacking(&s, model);
    if (s.count == 0)
        return GC_OK;
    char more[32] = "";
    if (s.left_out > 0)
        snprintf(more, sizeof more, " and %d more", (int)s.left_out);
    char way_out[400] = "";
    if (s.other_class != NULL)
        snprintf(way_out, sizeof way_out,
                 ". If %.100s only renames a layer of Keras, name the layer: "
                 "customObjects: { %.100s: 'Dropout' }",
                 s.other_class, s.other_class);
    return gc_fail(GC_UNSUPPORTED_LAYER, "%d layer%s not supported: %s%s%s%s", (int)s.count,
                   s.count == 1 ? " is" : "s are", s.text, more,
                   s.has_code
                       ? ". A Lambda layer holds Python code, which is never run. Replace it by "
                         "layers of Keras, or do its work before the model"
                       : "",
                   way_out);
}
