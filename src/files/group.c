/* Groups. Old ones are a symbol table, which the File Format Specification describes in sections
 * III.B, III.C and IV.A.2.r. New ones have their links in messages (IV.A.2.g), or in a fractal heap
 * that a message leads to (IV.A.2.c). */
#include "files/group.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "files/fractal.h"
#include "files/tree.h"

/* What is needed while links are listed. */
struct listing {
    struct gc_file *file;
    struct gc_links *links;
    struct gc_block names;   /* of a symbol table */
    struct gc_fractal *heap; /* of dense links */
};

static gc_status add_link(struct gc_links *links, const uint8_t *name, size_t length,
                          uint64_t address) {
    uint64_t *addresses =
        gc_grow(links->addresses, links->names.count, &links->capacity, sizeof *addresses);
    if (addresses == NULL)
        return gc_fail_memory((links->names.count + 1) * sizeof *addresses, "links of a group");
    links->addresses = addresses;
    addresses[links->names.count] = address;
    return gc_add_text(&links->names, name, length);
}

/* ---- Symbol tables ---- */

#define SOFT_LINK 2

/* Takes one entry. It says where its name is, where its object is and what is cached. */
static gc_status take_symbol(const struct listing *listing, struct gc_cursor *cursor) {
    const uint64_t start = gc_take_address(cursor), address = gc_take_address(cursor);
    const uint64_t cached = gc_take(cursor, 4);
    gc_take_bytes(cursor, 20);
    GC_TRY(gc_check_end(cursor, "symbol table"));
    if (cached == SOFT_LINK || address == GC_NOWHERE)
        return GC_OK;
    const struct gc_block *names = &listing->names;
    if (start >= names->length)
        return gc_damaged("the name of a link is outside of its heap");
    const uint8_t *name = names->bytes + start;
    const uint8_t *end = memchr(name, 0, names->length - (size_t)start);
    if (end == NULL)
        return gc_damaged("the name of a link has no end");
    GC_TRY(gc_spend(listing->file, (uint64_t)(end - name)));
    return add_link(listing->links, name, (size_t)(end - name), address);
}

/* Takes the entries of one node, to which a record of the group's B-tree leads. */
static gc_status take_symbols(void *context, struct gc_cursor *record) {
    const struct listing *listing = context;
    struct gc_file *file = listing->file;
    gc_take_length(record);
    const uint64_t address = gc_take_address(record);
    struct gc_block block;
    GC_TRY(gc_load(file, &block, address, 8, "symbol table"));
    const bool is_table = memcmp(block.bytes, "SNOD\x01", 5) == 0;
    const uint64_t count = block.bytes[6] | (uint64_t)block.bytes[7] << 8;
    gc_release_block(&block);
    if (!is_table)
        return gc_damaged("a group has no symbol table");
    GC_TRY(gc_load(file, &block, address + 8, count * (24 + 2 * (uint64_t)file->offset_size),
                   "symbol table"));
    struct gc_cursor cursor = gc_cursor_at(file, &block, 0);
    gc_status status = GC_OK;
    for (uint64_t i = 0; i < count && status == GC_OK; i++)
        status = take_symbol(listing, &cursor);
    gc_release_block(&block);
    return status;
}

static gc_status list_symbols(struct listing *listing, const struct gc_message *message) {
    struct gc_file *file = listing->file;
    struct gc_cursor cursor;
    GC_TRY(gc_open_message(file, message, &cursor, "symbol table"));
    const uint64_t tree = gc_take_address(&cursor), heap = gc_take_address(&cursor);
    GC_TRY(gc_check_end(&cursor, "message"));
    GC_TRY(gc_load_names(file, &listing->names, heap));
    const gc_status status =
        gc_walk_tree1(file, tree, GC_GROUP_TREE, (size_t)file->length_size, take_symbols, listing);
    gc_release_block(&listing->names);
    return status;
}

/* ---- Links in messages and in fractal heaps ---- */

/* Takes a message that is one link. */
static gc_status take_link(const struct listing *listing, struct gc_cursor *cursor) {
    const uint64_t version = gc_take(cursor, 1), flags = gc_take(cursor, 1);
    const bool is_hard = (flags & 8) == 0 || gc_take(cursor, 1) == 0;
    if (flags & 4)
        gc_take_bytes(cursor, 8); /* its number in the order of creation */
    if (flags & 16)
        gc_take_bytes(cursor, 1); /* the encoding of its name */
    const uint64_t length = gc_take(cursor, (size_t)1 << (flags & 3));
    const uint8_t *name = gc_take_bytes(cursor, length < SIZE_MAX ? (size_t)length : SIZE_MAX);
    if (version != 1 || name == NULL)
        return gc_damaged("a link is of an unknown version, or has no name");
    if (!is_hard)
        return GC_OK;
    const uint64_t address = gc_take_address(cursor);
    GC_TRY(gc_check_end(cursor, "link"));
    return add_link(listing->links, name, (size_t)length, address);
}

/* Takes the link of a record, which has a hash of its name and its ID in the heap. */
static gc_status take_dense_link(void *context, struct gc_cursor *record) {
    struct listing *listing = context;
    gc_take_bytes(record, 4);
    const uint8_t *bytes;
    size_t length;
    GC_TRY(gc_find_object(listing->file, listing->heap, record, &bytes, &length));
    GC_TRY(gc_spend(listing->file, length));
    struct gc_cursor cursor = gc_cursor_of(listing->file, bytes, length);
    return take_link(listing, &cursor);
}

static gc_status list_dense(struct listing *listing, const struct gc_message *message) {
    struct gc_cursor cursor;
    GC_TRY(gc_open_message(listing->file, message, &cursor, "list of links"));
    gc_take_bytes(&cursor, 1);
    if (gc_take(&cursor, 1) & 1)
        gc_take_bytes(&cursor, 8);
    const uint64_t heap_address = gc_take_address(&cursor), tree = gc_take_address(&cursor);
    GC_TRY(gc_check_end(&cursor, "message"));
    if (heap_address == GC_NOWHERE)
        return GC_OK;
    struct gc_fractal heap;
    listing->heap = &heap;
    gc_status status = gc_load_fractal(listing->file, &heap, heap_address);
    if (status == GC_OK)
        status = gc_walk_tree2(listing->file, tree, GC_LINK_RECORDS, take_dense_link, listing);
    gc_release_fractal(&heap);
    return status;
}

/* ---- The list ---- */

/* What the names are that are sorted. qsort takes no context, and one file is read at a time. */
static const struct gc_texts *sorted_names;

static int compare_names(const void *a, const void *b) {
    return strcmp(gc_text_at(sorted_names, *(const size_t *)a),
                  gc_text_at(sorted_names, *(const size_t *)b));
}

static gc_status sort_links(struct gc_links *links) {
    const size_t count = links->names.count;
    links->order = gc_allocate(count, sizeof *links->order);
    if (links->order == NULL)
        return gc_fail_memory(count * sizeof *links->order, "links of a group");
    for (size_t i = 0; i < count; i++)
        links->order[i] = i;
    sorted_names = &links->names;
    qsort(links->order, count, sizeof *links->order, compare_names);
    for (size_t i = 1; i < count; i++)
        if (compare_names(&links->order[i - 1], &links->order[i]) == 0)
            return gc_fail(GC_INVALID_MODEL, "the HDF5 file has two objects of the name %s",
                           gc_text_at(&links->names, links->order[i]));
    return GC_OK;
}

static gc_status list_message(struct listing *listing, const struct gc_message *message) {
    if (message->type == GC_SYMBOLS_MESSAGE)
        return list_symbols(listing, message);
    if (message->type == GC_LINKS_MESSAGE)
        return list_dense(listing, message);
    if (message->type != GC_LINK_MESSAGE)
        return GC_OK;
    struct gc_cursor cursor;
    GC_TRY(gc_open_message(listing->file, message, &cursor, "link"));
    return take_link(listing, &cursor);
}

gc_status gc_list_links(struct gc_file *file, struct gc_links *links,
                        const struct gc_header *header) {
    *links = (struct gc_links){0};
    struct listing listing = {.file = file, .links = links};
    for (size_t i = 0; i < header->message_count; i++)
        GC_TRY(list_message(&listing, &header->messages[i]));
    return sort_links(links);
}

void gc_release_links(struct gc_links *links) {
    gc_release_texts(&links->names);
    gc_release(links->addresses);
    gc_release(links->order);
    *links = (struct gc_links){0};
}
