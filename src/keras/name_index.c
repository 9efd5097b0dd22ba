#include "keras/name_index.h"

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

/* Puts entries in order of one byte of the hash. Equal ones keep their order. */
static void sort_by_byte(struct gc_name_entry *to, const struct gc_name_entry *from, size_t count,
                         int shift) {
    size_t starts[257] = {0};
    for (size_t i = 0; i < count; i++)
        starts[(from[i].hash >> shift & 0xFF) + 1]++;
    for (int byte = 1; byte < 256; byte++)
        starts[byte] += starts[byte - 1];
    for (size_t i = 0; i < count; i++)
        to[starts[from[i].hash >> shift & 0xFF]++] = from[i];
}

/* Entries are put in order of their hashes, and those of one hash in order of their weights. The
 * entries come in order of their weights. A model may have hundreds of thousands of entries, for
 * which this is faster than qsort(). */
static gc_status sort(struct gc_name_entry *entries, size_t count) {
    struct gc_name_entry *other = gc_allocate_unset(count, sizeof *other);
    if (other == NULL)
        return gc_fail_memory(count * sizeof *other, "the names of the weights");
    for (int shift = 0; shift < 64; shift += 16) {
        sort_by_byte(other, entries, count, shift);
        sort_by_byte(entries, other, count, shift + 8);
    }
    gc_release(other);
    return GC_OK;
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
    entries.count = 0;
    put_all(&entries, graph);
    const gc_status status = sort(entries.to, entries.count);
    if (status == GC_OK)
        *index = (struct gc_name_index){entries.to, entries.count};
    else
        gc_release(entries.to);
    return status;
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
