/* The superblock and the object headers of HDF5. Version 3 of the File Format Specification
 * describes them in sections II.A and IV.A.1. */
#include "files/header.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"

/* The headers of Keras' objects have one or two blocks. */
#define MAX_BLOCKS 4096
#define SHARED 2 /* flag of a message */

/* ---- Superblock ---- */

/* The largest superblock, whose addresses have 8 bytes. */
#define SUPERBLOCK_BYTES 96

static bool is_size(uint64_t size) { return size == 2 || size == 4 || size == 8; }

static gc_status cut_off(const struct gc_file *file) {
    return gc_fail(GC_INVALID_MODEL, "the HDF5 file is cut off: it has %llu bytes",
                   (unsigned long long)file->source.size);
}

/* Takes the sizes of addresses and lengths. */
static gc_status take_sizes(struct gc_file *file, struct gc_cursor *cursor) {
    const uint64_t offset_size = gc_take(cursor, 1), length_size = gc_take(cursor, 1);
    if (cursor->ended)
        return cut_off(file);
    if (!is_size(offset_size) || !is_size(length_size))
        return gc_fail(
            GC_INVALID_MODEL,
            "the HDF5 file has addresses of %d and lengths of %d bytes; allowed: 2, 4, 8",
            (int)offset_size, (int)length_size);
    file->offset_size = (int)offset_size;
    file->length_size = (int)length_size;
    return GC_OK;
}

/* Versions 0 and 1. Addresses of the file's start, free space, the file's end and the driver. */
static gc_status take_old(struct gc_file *file, struct gc_cursor *cursor, uint64_t version,
                          uint64_t *addresses, uint64_t *root) {
    gc_take_bytes(cursor, 4);
    GC_TRY(take_sizes(file, cursor));
    gc_take_bytes(cursor, version == 1 ? 13 : 9);
    addresses[0] = gc_take_address(cursor);
    gc_take_address(cursor);
    addresses[1] = gc_take_address(cursor);
    gc_take_address(cursor);
    gc_take_address(cursor); /* of the root group's name, which is empty */
    *root = gc_take_address(cursor);
    return GC_OK;
}

/* Versions 2 and 3. Addresses of the file's start, an extension, the file's end and the root. */
static gc_status take_new(struct gc_file *file, struct gc_cursor *cursor, uint64_t *addresses,
                          uint64_t *root) {
    GC_TRY(take_sizes(file, cursor));
    gc_take_bytes(cursor, 1);
    addresses[0] = gc_take_address(cursor);
    gc_take_address(cursor);
    addresses[1] = gc_take_address(cursor);
    *root = gc_take_address(cursor);
    const uint64_t length = 16 + 4 * (uint64_t)file->offset_size;
    if (file->source.size < length)
        return cut_off(file);
    struct gc_block block;
    GC_TRY(gc_load_signed(file, &block, 0, length, "\x89HDF"));
    gc_release_block(&block);
    return GC_OK;
}

/* addresses of the file's start and its end */
static gc_status check_whole(const struct gc_file *file, const uint64_t *addresses) {
    if (addresses[0] != 0)
        return gc_fail(GC_INVALID_MODEL, "the HDF5 file begins with another file; cut that off");
    if (addresses[1] <= file->source.size)
        return GC_OK;
    return gc_fail(GC_INVALID_MODEL, "the HDF5 file is cut off: %llu of %llu bytes",
                   (unsigned long long)file->source.size, (unsigned long long)addresses[1]);
}

gc_status gc_read_superblock(struct gc_file *file, uint64_t *root) {
    const uint64_t size = file->source.size;
    const size_t length = size < SUPERBLOCK_BYTES ? (size_t)size : SUPERBLOCK_BYTES;
    uint8_t bytes[SUPERBLOCK_BYTES];
    GC_TRY(file->source.read(file->source.context, 0, bytes, length));
    struct gc_cursor cursor = gc_cursor_of(file, bytes, length);
    const uint8_t *signature = gc_take_bytes(&cursor, 8);
    if (signature == NULL || memcmp(signature, "\x89HDF\r\n\x1a\n", 8) != 0)
        return gc_fail(GC_INVALID_MODEL, "the file is no HDF5 file");
    const uint64_t version = gc_take(&cursor, 1);
    if (version > 3)
        return gc_fail(GC_INVALID_MODEL, "the HDF5 file has version %d; allowed: 0 to 3",
                       (int)version);
    uint64_t addresses[2] = {0};
    GC_TRY(version < 2 ? take_old(file, &cursor, version, addresses, root)
                       : take_new(file, &cursor, addresses, root));
    if (cursor.ended)
        return cut_off(file);
    return check_whole(file, addresses);
}

/* ---- Object headers ---- */

/* What the messages of one header have in common. */
struct form {
    bool is_new;       /* version 2 */
    bool has_creation; /* whether messages have their number in the order of creation */
};

gc_status gc_add_message(struct gc_header *header, uint16_t type, const uint8_t *bytes,
                         size_t length) {
    struct gc_message *messages = gc_grow(header->messages, header->message_count,
                                          &header->message_capacity, sizeof *messages);
    if (messages == NULL)
        return gc_fail_memory((header->message_count + 1) * sizeof *messages, "messages");
    header->messages = messages;
    messages[header->message_count++] =
        (struct gc_message){.type = type, .bytes = bytes, .length = length};
    return GC_OK;
}

static gc_status add_block(struct gc_header *header, struct gc_block block) {
    struct gc_block *blocks =
        gc_grow(header->blocks, header->block_count, &header->block_capacity, sizeof *blocks);
    if (blocks == NULL) {
        gc_release_block(&block);
        return gc_fail_memory((header->block_count + 1) * sizeof *blocks, "blocks of a header");
    }
    header->blocks = blocks;
    blocks[header->block_count++] = block;
    return GC_OK;
}

/* Loads the block of messages that a continuation leads to. */
static gc_status continue_header(struct gc_file *file, struct gc_header *header, struct form form,
                                 const struct gc_message *message) {
    struct gc_cursor cursor = gc_cursor_of(file, message->bytes, message->length);
    const uint64_t address = gc_take_address(&cursor), length = gc_take_length(&cursor);
    GC_TRY(gc_check_end(&cursor, "continuation"));
    if (header->block_count == MAX_BLOCKS)
        return gc_damaged("a header has too many parts");
    struct gc_block block;
    GC_TRY(form.is_new ? gc_load_signed(file, &block, address, length, "OCHK")
                       : gc_load(file, &block, address, length, "part of a header"));
    return add_block(header, block);
}

/* Takes one message. */
static gc_status take_message(struct gc_file *file, struct gc_header *header, struct form form,
                              struct gc_cursor *cursor) {
    const uint16_t type = (uint16_t)gc_take(cursor, form.is_new ? 1 : 2);
    const size_t length = (size_t)gc_take(cursor, 2);
    const uint64_t flags = gc_take(cursor, 1);
    gc_take_bytes(cursor, form.is_new ? (form.has_creation ? 2 : 0) : 3);
    const uint8_t *bytes = gc_take_bytes(cursor, length);
    GC_TRY(gc_check_end(cursor, "message"));
    GC_TRY(gc_add_message(header, type, bytes, length));
    struct gc_message *message = &header->messages[header->message_count - 1];
    message->is_shared = (flags & SHARED) != 0;
    return type == GC_CONTINUATION_MESSAGE ? continue_header(file, header, form, message) : GC_OK;
}

/* Takes the messages of all blocks. A continuation adds a block while they are taken.
 *   skipped   bytes before the messages of the first block */
static gc_status take_messages(struct gc_file *file, struct gc_header *header, struct form form,
                               size_t skipped) {
    const size_t least = form.is_new ? (form.has_creation ? 6 : 4) : 8;
    for (size_t i = 0; i < header->block_count; i++) {
        struct gc_cursor cursor = gc_cursor_at(file, &header->blocks[i], skipped);
        if (form.is_new && cursor.left >= 4)
            cursor.left -= 4; /* the checksum */
        while (cursor.left >= least)
            GC_TRY(take_message(file, header, form, &cursor));
        skipped = form.is_new ? 4 : 0;
    }
    return GC_OK;
}

/* Reads a header of version 1. Behind its 16 bytes is the first block of messages.
 *   start   the first 16 bytes of the header */
static gc_status read_old_header(struct gc_file *file, struct gc_header *header, uint64_t address,
                                 const struct gc_block *start) {
    struct gc_cursor cursor = gc_cursor_at(file, start, 8);
    const uint64_t length = gc_take(&cursor, 4);
    struct gc_block block;
    GC_TRY(gc_load(file, &block, address + 16, length, "header of an object"));
    GC_TRY(add_block(header, block));
    return take_messages(file, header, (struct form){0}, 0);
}

/* Reads a header of version 2.
 *   start   the first 16 bytes of the header, which may be more than it has */
static gc_status read_new_header(struct gc_file *file, struct gc_header *header, uint64_t address,
                                 const struct gc_block *start) {
    const uint8_t flags = start->bytes[5];
    const size_t before = 6 + (flags & 32 ? 16 : 0) + (flags & 16 ? 4 : 0);
    const size_t size_bytes = (size_t)1 << (flags & 3);
    struct gc_block block;
    GC_TRY(gc_load(file, &block, address, before + size_bytes, "header of an object"));
    struct gc_cursor cursor = gc_cursor_at(file, &block, before);
    const uint64_t length = gc_take(&cursor, size_bytes);
    gc_release_block(&block);
    GC_TRY(gc_check_range(file, address, length, "header of an object"));
    GC_TRY(gc_load_signed(file, &block, address, before + size_bytes + length + 4, "OHDR"));
    GC_TRY(add_block(header, block));
    const struct form form = {.is_new = true, .has_creation = (flags & 4) != 0};
    return take_messages(file, header, form, before + size_bytes);
}

gc_status gc_read_header(struct gc_file *file, struct gc_header *header, uint64_t address) {
    *header = (struct gc_header){0};
    struct gc_block start;
    GC_TRY(gc_load(file, &start, address, 16, "header of an object"));
    const bool is_new = memcmp(start.bytes, "OHDR\x02", 5) == 0, is_old = start.bytes[0] == 1;
    gc_status status = gc_damaged("the header of an object is neither of version 1 nor 2");
    if (is_new)
        status = read_new_header(file, header, address, &start);
    else if (is_old)
        status = read_old_header(file, header, address, &start);
    gc_release_block(&start);
    return status;
}

void gc_release_header(struct gc_header *header) {
    for (size_t i = 0; i < header->block_count; i++)
        gc_release_block(&header->blocks[i]);
    gc_release(header->blocks);
    gc_release(header->messages);
    *header = (struct gc_header){0};
}

const struct gc_message *gc_find_message(const struct gc_header *header, uint16_t type) {
    for (size_t i = 0; i < header->message_count; i++)
        if (header->messages[i].type == type)
            return &header->messages[i];
    return NULL;
}

gc_status gc_open_message(const struct gc_file *file, const struct gc_message *message,
                          struct gc_cursor *cursor, const char *what) {
    if (message->is_shared)
        return gc_fail(GC_INVALID_MODEL, "the HDF5 file keeps a %s apart, which is not read", what);
    *cursor = gc_cursor_of(file, message->bytes, message->length);
    return GC_OK;
}
