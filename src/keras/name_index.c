#include "keras/name_index.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* ---- Hashes, FNV-1a ---- */

static uint64_t add_byte(uint64_t hash, uint8_t byte) { return (hash ^ byte) * 0x100000001B3u; }

static uint64_t add_text(uint64_t hash, const char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        hash = add_byte(hash, (uint8_t)text[i]);
    return hash;
}

uint64_t gc_name_hash(enum gc_name_key key, const char *start, size_t start_length,
                      const char *array, size_t array_length) {
    const uint64_t first = add_byte(0xCBF29CE484222325u, (uint8_t)key);
    const uint64_t hash = add_text(first, start, start_length);
    return add_text(add_byte(hash, 0), array, array_length);
}

/* ---- The entries ---- */

/* Where entries go, NULL to count them only. */
struct entries {
    struct gc_name_entry *to;
    size_t count;
};

static void put(struct entries *entries, uint64_t hash, int32_t weight) {
    if (entries->to != NULL)
        entries->to[entries->count] = (struct gc_name_entry){hash, weight};
    entries->count++;
}

static size_t folder_length(const char *path, size_t length) {
    while (length > 0 && path[length - 1] != '/')
        length--;
    return length > 0 ? length - 1 : 0;
}

/* Adds all keys of a weight. */
static void put_weight(struct entries *entries, const struct gc_weight *weight, int32_t i) {
    const char *path = weight->path, *store = weight->store;
    const size_t length = strlen(path), folder = folder_length(path, length);
    const char *array = path + folder + (path[folder] == '/');
    const size_t array_length = length - (size_t)(array - path);
    put(entries, gc_name_hash(GC_KEY_WHOLE, path, length, "", 0), i);
    put(entries, gc_name_hash(GC_KEY_WHOLE, store, strlen(store), "", 0), i);
    put(entries, gc_name_hash(GC_KEY_FOLDER, path, folder, "", 0), i);
    const size_t outer = folder_length(path, folder);
    const char *layer = path + outer + (outer > 0);
    const size_t layer_length = folder - (size_t)(layer - path);
    put(entries, gc_name_hash(GC_KEY_END, layer, layer_length, array, array_length), i);
    for (size_t end = folder; end > 0; end = folder_length(path, end))
        put(entries, gc_name_hash(GC_KEY_START, path, end, array, array_length), i);
}

static void put_all(struct entries *entries, const struct gc_graph *graph) {
    for (int32_t i = 0; i < graph->weight_count; i++)
        put_weight(entries, &graph->weights[i], i);
}

static int compare(const void *first, const void *second) {
    const struct gc_name_entry *a = first, *b = second;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return (a->weight > b->weight) - (a->weight < b->weight);
}

gc_status gc_name_index_create(struct gc_name_index *index, const struct gc_graph *graph) {
    *index = (struct gc_name_index){NULL, 0};
    struct entries entries = {NULL, 0};
    put_all(&entries, graph);
    if (entries.count == 0)
        return GC_OK;
    const size_t size = sizeof *entries.to;
    entries.to = gc_allocate_unset(entries.count, size);
    if (entries.to == NULL)
        return gc_fail_memory(entries.count * size, "the names of the weights");
    *index = (struct gc_name_index){entries.to, entries.count};
    entries.count = 0;
    put_all(&entries, graph);
    qsort(index->entries, index->count, size, compare);
    return GC_OK;
}

const struct gc_name_entry *gc_name_index_find(const struct gc_name_index *index, uint64_t hash) {
    size_t from = 0, to = index->count;
    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        if (index->entries[middle].hash < hash)
            from = middle + 1;
        else
            to = middle;
    }
    return index->entries + from;
}
