/* Attributes. The File Format Specification describes their message in section IV.A.2.m, and where
 * many attributes lie in section IV.A.2.v. */
#include "files/attribute.h"

#include <string.h>

#include "base/error.h"
#include "files/tree.h"
#include "files/type.h"

/* ---- Attributes in a fractal heap ---- */

struct loading {
    struct gc_file *file;
    struct gc_header *header;
    struct gc_fractal *heap;
};

/* Takes a record. It has the ID of an attribute, flags, its number and a hash of its name. */
static gc_status take_record(void *context, struct gc_cursor *record) {
    const struct loading *loading = context;
    const uint8_t *bytes;
    size_t length;
    GC_TRY(gc_find_object(loading->file, loading->heap, record, &bytes, &length));
    const uint64_t flags = gc_take(record, 1);
    GC_TRY(gc_check_end(record, "record of an attribute"));
    struct gc_header *header = loading->header;
    GC_TRY(gc_spend(loading->file, length));
    GC_TRY(gc_add_message(header, GC_ATTRIBUTE_MESSAGE, bytes, length));
    header->messages[header->message_count - 1].is_shared = (flags & 2) != 0;
    return GC_OK;
}

gc_status gc_load_attributes(struct gc_file *file, struct gc_header *header,
                             struct gc_fractal *heap) {
    *heap = (struct gc_fractal){0};
    const struct gc_message *message = gc_find_message(header, GC_ATTRIBUTES_MESSAGE);
    if (message == NULL)
        return GC_OK;
    struct gc_cursor cursor;
    GC_TRY(gc_open_message(file, message, &cursor, "list of attributes"));
    gc_take_bytes(&cursor, 1);
    if (gc_take(&cursor, 1) & 1)
        gc_take_bytes(&cursor, 2);
    const uint64_t heap_address = gc_take_address(&cursor), tree = gc_take_address(&cursor);
    GC_TRY(gc_check_end(&cursor, "message"));
    if (heap_address == GC_NOWHERE)
        return GC_OK;
    GC_TRY(gc_load_fractal(file, heap, heap_address));
    struct loading loading = {.file = file, .header = header, .heap = heap};
    return gc_walk_tree2(file, tree, GC_ATTRIBUTE_RECORDS, take_record, &loading);
}

/* ---- The message ---- */

/* The parts of the message of an attribute. */
struct attribute {
    const char *name; /* with a NUL */
    struct gc_cursor type, space, values;
    bool is_apart; /* its type or its space lies elsewhere */
};

/* Takes a part of the message. In version 1 a part ends at a multiple of 8 bytes. */
static struct gc_cursor take_part(struct gc_cursor *cursor, size_t length, uint64_t version) {
    const uint8_t *bytes = gc_take_bytes(cursor, length);
    const size_t padding = version == 1 ? (8 - length % 8) % 8 : 0;
    gc_take_bytes(cursor, padding);
    return gc_cursor_of(cursor->file, bytes, bytes == NULL ? 0 : length);
}

static gc_status take_attribute(struct gc_cursor *cursor, struct attribute *attribute) {
    const uint64_t version = gc_take(cursor, 1), flags = gc_take(cursor, 1);
    const size_t name_length = (size_t)gc_take(cursor, 2);
    const size_t type_length = (size_t)gc_take(cursor, 2);
    const size_t space_length = (size_t)gc_take(cursor, 2);
    if (version < 1 || version > 3)
        return gc_damaged("an attribute is of an unknown version");
    if (version == 3)
        gc_take_bytes(cursor, 1); /* the encoding of the name */
    const struct gc_cursor name = take_part(cursor, name_length, version);
    attribute->type = take_part(cursor, type_length, version);
    attribute->space = take_part(cursor, space_length, version);
    attribute->values = *cursor;
    attribute->is_apart = version > 1 && (flags & 3) != 0;
    GC_TRY(gc_check_end(cursor, "attribute"));
    if (name.left == 0 || memchr(name.next, 0, name.left) == NULL)
        return gc_damaged("the name of an attribute has no end");
    attribute->name = (const char *)name.next;
    return GC_OK;
}

/* ---- Texts ---- */

/* The length of a text that is padded with NULs, or ends in one. */
static size_t text_length(const uint8_t *text, size_t most) {
    const uint8_t *end = memchr(text, 0, most);
    return end == NULL ? most : (size_t)(end - text);
}

static gc_status add_texts(struct gc_file *file, struct attribute *attribute,
                           const struct gc_type *type, uint64_t count,
                           struct gc_collection *collection, struct gc_texts *texts) {
    for (uint64_t i = 0; i < count; i++) {
        if (type->kind == GC_HEAP_TEXT_KIND) {
            GC_TRY(gc_add_heap_text(file, collection, &attribute->values, texts));
            continue;
        }
        const uint8_t *text = gc_take_bytes(&attribute->values, type->size);
        GC_TRY(gc_check_end(&attribute->values, "attribute"));
        GC_TRY(gc_add_text(texts, text, text_length(text, type->size)));
    }
    return GC_OK;
}

/* Reads the texts of an attribute. h5py writes an empty list as a list of no numbers. */
static gc_status read_texts(struct gc_file *file, struct attribute *attribute,
                            struct gc_collection *collection, struct gc_texts *texts,
                            bool *is_found) {
    if (attribute->is_apart)
        return gc_fail(GC_INVALID_MODEL,
                       "the HDF5 file keeps the type of the attribute %s apart, which is not read",
                       attribute->name);
    struct gc_type type;
    struct gc_space space;
    GC_TRY(gc_take_type(&attribute->type, &type));
    GC_TRY(gc_take_space(&attribute->space, &space));
    const bool is_text = type.kind == GC_TEXT_KIND || type.kind == GC_HEAP_TEXT_KIND;
    *is_found = is_text || space.count == 0;
    return is_text ? add_texts(file, attribute, &type, space.count, collection, texts) : GC_OK;
}

gc_status gc_read_attribute(struct gc_file *file, const struct gc_header *header, const char *name,
                            struct gc_collection *collection, struct gc_texts *texts,
                            bool *is_found) {
    *is_found = false;
    for (size_t i = 0; i < header->message_count; i++) {
        const struct gc_message *message = &header->messages[i];
        if (message->type != GC_ATTRIBUTE_MESSAGE)
            continue;
        struct gc_cursor cursor;
        struct attribute attribute;
        GC_TRY(gc_open_message(file, message, &cursor, "attribute"));
        GC_TRY(take_attribute(&cursor, &attribute));
        if (strcmp(attribute.name, name) == 0)
            return read_texts(file, &attribute, collection, texts, is_found);
    }
    return GC_OK;
}
