/* The importer unwraps the text of a configuration and runs all steps. */
#include "base/memory.h"
#include "keras/build.h"
#include "keras/keras.h"
#include "keras/layout.h"
#include "keras/link.h"
#include "keras/read.h"
#include "keras/support.h"

static void *json_allocate(void *context, size_t size) {
    (void)context;
    return gc_allocate(size, 1);
}

static void *json_reallocate(void *context, void *memory, size_t old_size, size_t size) {
    (void)context, (void)old_size;
    return gc_reallocate(memory, size);
}

static void json_release(void *context, void *memory) {
    (void)context;
    gc_release(memory);
}

static gc_status import_model(struct gc_graph *graph, struct gc_pool *pool, yyjson_val *root) {
    struct gc_keras_model *model;
    GC_TRY(gc_keras_read(&model, pool, root));
    GC_TRY(gc_keras_find_lowerings(model, pool));
    GC_TRY(gc_keras_link(model, pool));
    gc_layout_find(model);
    GC_TRY(gc_keras_build(graph, model, pool));
    return gc_keras_check_supported(model);
}

static gc_status import_text(struct gc_graph *graph, const char *text, size_t length,
                             int unwrapped);

/* Imports a configuration that may lie deeper. TensorFlow.js wraps it in {"modelTopology":
 * {"model_config": ...}}, and the inner value may be JSON text. */
static gc_status import_value(struct gc_graph *graph, yyjson_val *root, int unwrapped) {
    static const char *const wrappers[] = {"modelTopology", "model_config"};
    for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++) {
        yyjson_val *inner = yyjson_obj_get(root, wrappers[i]);
        if (inner != NULL && !yyjson_is_null(inner))
            root = inner;
    }
    if (yyjson_is_str(root) && unwrapped == 0)
        return import_text(graph, yyjson_get_str(root), yyjson_get_len(root), unwrapped + 1);
    struct gc_pool pool = {0};
    const gc_status status = import_model(graph, &pool, root);
    gc_pool_free(&pool);
    return status;
}

static gc_status import_text(struct gc_graph *graph, const char *text, size_t length,
                             int unwrapped) {
    if (length > GC_MAX_CONFIG_BYTES)
        return gc_fail(GC_TOO_LARGE,
                       "the configuration has %zu bytes, more than the %d that are allowed", length,
                       GC_MAX_CONFIG_BYTES);
    const yyjson_alc memory = {json_allocate, json_reallocate, json_release, NULL};
    yyjson_read_err error;
    yyjson_doc *document = yyjson_read_opts((char *)(uintptr_t)text, length,
                                            YYJSON_READ_ALLOW_INF_AND_NAN, &memory, &error);
    if (document == NULL && error.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION)
        return gc_fail_memory(length, "reading the configuration");
    if (document == NULL)
        return gc_fail(GC_INVALID_MODEL, "the configuration is not JSON: %s at byte %zu", error.msg,
                       error.pos);
    const gc_status status = import_value(graph, yyjson_doc_get_root(document), unwrapped);
    yyjson_doc_free(document);
    return status;
}

gc_status gc_keras_import(struct gc_graph *graph, const char *config, size_t length) {
    return import_text(graph, config, length, 0);
}
