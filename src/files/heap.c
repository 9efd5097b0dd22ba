/* Local heaps, the global heap, and lists of texts. The File Format Specification describes the
 * heaps in sections III.D and III.E. */
#include "files/heap.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"

/* ---- Lists of texts ---- */

static gc_status make_space(struct gc_texts *texts, size_t length) {
    if (length < texts->capacity - texts->length)
        return GC_OK;
    const size_t capacity = 2 * texts->capacity + length + 1;
    char *bytes = gc_reallocate(texts->bytes, capacity);
    if (bytes == NULL)
        return gc_fail_memory(capacity, "texts");
    texts->bytes = bytes;
    texts->capacity = capacity;
    return GC_OK;
}

gc_status gc_add_text(struct gc_texts *texts, const uint8_t *text, size_t length) {
    size_t *starts = gc_grow(texts->starts, texts->count, &texts->start_capacity, sizeof *starts);
    if (starts == NULL)
        return gc_fail_memory((texts->count + 1) * sizeof *starts, "texts");
    texts->starts = starts;
    GC_TRY(make_space(texts, length));
    if (length > 0)
        memcpy(texts->bytes + texts->length, text, length);
    texts->bytes[texts->length + length] = 0;
    starts[texts->count++] = texts->length;
    texts->length += length + 1;
    return GC_OK;
}

const char *gc_text_at(const struct gc_texts *texts, size_t i) {
    return texts->bytes + texts->starts[i];
}

void gc_release_texts(struct gc_texts *texts) {
    gc_release(texts->bytes);
    gc_release(texts->starts);
    *texts = (struct gc_texts){0};
}

/* ---- Local heaps ---- */

gc_status gc_load_names(struct gc_file *file, struct gc_block *names, uint64_t address) {
    struct gc_block block;
    const uint64_t length = 8 + 2 * (uint64_t)file->length_size + (uint64_t)file->offset_size;
    GC_TRY(gc_load(file, &block, address, length, "local heap"));
    const bool is_heap = memcmp(block.bytes, "HEAP\0", 5) == 0;
    struct gc_cursor cursor = gc_cursor_at(file, &block, 8);
    const uint64_t size = gc_take_length(&cursor);
    gc_take_length(&cursor);
    const uint64_t start = gc_take_address(&cursor);
    gc_release_block(&block);
    if (!is_heap)
        return gc_damaged("a group has no local heap");
    return gc_load(file, names, start, size, "local heap");
}

/* ---- Global heap ---- */

/* Bytes of an object in front of its data: index, references, 4 unused bytes, length. */
static size_t prefix_bytes(const struct gc_file *file) { return 8 + (size_t)file->length_size; }

/* Visits the objects of a collection.
 *   starts    receives where the object with each index is, or NULL
 *   returns   the largest index */
static size_t find_objects(const struct gc_file *file, const struct gc_block *block,
                           uint32_t *starts) {
    size_t largest = 0;
    struct gc_cursor cursor = gc_cursor_at(file, block, 8 + (size_t)file->length_size);
    while (cursor.left >= prefix_bytes(file)) {
        const size_t start = block->length - cursor.left;
        const size_t index = (size_t)gc_take(&cursor, 2);
        gc_take_bytes(&cursor, 6);
        const uint64_t length = gc_take_length(&cursor);
        if (index == 0 || length > cursor.left)
            break; /* index 0 is free space up to the end */
        if (starts != NULL)
            starts[index] = (uint32_t)start;
        if (index > largest)
            largest = index;
        const size_t padded = (size_t)(length + 7) / 8 * 8;
        gc_take_bytes(&cursor, padded < cursor.left ? padded : cursor.left);
    }
    return largest;
}

/* Loads a collection whose length is known, and finds its objects. */
static gc_status load_objects(struct gc_file *file, struct gc_collection *collection,
                              uint64_t address, uint64_t length) {
    if (length > UINT32_MAX)
        return gc_fail(GC_TOO_LARGE, "the HDF5 file has a heap of more than 4 GB");
    GC_TRY(gc_load(file, &collection->block, address, length, "global heap"));
    collection->index_count = find_objects(file, &collection->block, NULL) + 1;
    collection->starts = gc_allocate(collection->index_count, sizeof *collection->starts);
    if (collection->starts == NULL)
        return gc_fail_memory(collection->index_count * sizeof *collection->starts, "a heap");
    find_objects(file, &collection->block, collection->starts);
    collection->address = address;
    return GC_OK;
}

static gc_status load_collection(struct gc_file *file, struct gc_collection *collection,
                                 uint64_t address) {
    if (collection->starts != NULL && collection->address == address)
        return GC_OK;
    gc_release_collection(collection);
    struct gc_block block;
    const uint64_t least = 8 + (uint64_t)file->length_size;
    GC_TRY(gc_load(file, &block, address, least, "global heap"));
    const bool is_heap = memcmp(block.bytes, "GCOL\x01", 5) == 0;
    struct gc_cursor cursor = gc_cursor_at(file, &block, 8);
    const uint64_t length = gc_take_length(&cursor);
    gc_release_block(&block);
    if (!is_heap || length < least)
        return gc_damaged("a text is not in the global heap");
    return load_objects(file, collection, address, length);
}

gc_status gc_add_heap_text(struct gc_file *file, struct gc_collection *collection,
                           struct gc_cursor *cursor, struct gc_texts *texts) {
    const uint64_t length = gc_take(cursor, 4), address = gc_take_address(cursor);
    const size_t index = (size_t)gc_take(cursor, 4);
    GC_TRY(gc_check_end(cursor, "text"));
    if (length == 0)
        return gc_add_text(texts, NULL, 0);
    GC_TRY(load_collection(file, collection, address));
    if (index >= collection->index_count || collection->starts[index] == 0)
        return gc_damaged("a text is not in the global heap");
    struct gc_cursor object = gc_cursor_at(file, &collection->block, collection->starts[index] + 8);
    const uint64_t held = gc_take_length(&object);
    const uint8_t *text = gc_take_bytes(&object, length <= held ? (size_t)length : SIZE_MAX);
    GC_TRY(gc_check_end(&object, "text of the global heap"));
    GC_TRY(gc_spend(file, length));
    return gc_add_text(texts, text, (size_t)length);
}

void gc_release_collection(struct gc_collection *collection) {
    gc_release_block(&collection->block);
    gc_release(collection->starts);
    *collection = (struct gc_collection){0};
}
