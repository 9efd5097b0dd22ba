/* The start of an HDF5 file, and the headers of its objects. An object is a group or a data set. */
#ifndef GC_HEADER_H
#define GC_HEADER_H

#include "files/source.h"

/* Types of messages. A message says one thing about its object. */
enum gc_message_type {
    GC_SPACE_MESSAGE = 0x1,
    GC_LINKS_MESSAGE = 0x2,
    GC_TYPE_MESSAGE = 0x3,
    GC_OLD_FILL_MESSAGE = 0x4,
    GC_FILL_MESSAGE = 0x5,
    GC_LINK_MESSAGE = 0x6,
    GC_EXTERNAL_MESSAGE = 0x7,
    GC_LAYOUT_MESSAGE = 0x8,
    GC_FILTERS_MESSAGE = 0xb,
    GC_ATTRIBUTE_MESSAGE = 0xc,
    GC_CONTINUATION_MESSAGE = 0x10,
    GC_SYMBOLS_MESSAGE = 0x11,
    GC_ATTRIBUTES_MESSAGE = 0x15,
};

struct gc_message {
    uint16_t type;
    bool is_shared; /* the message only says where the real one is */
    const uint8_t *bytes;
    size_t length;
};

struct gc_header {
    struct gc_message *messages;
    size_t message_count, message_capacity;
    struct gc_block *blocks; /* have the bytes of the messages */
    size_t block_count, block_capacity;
};

/* Reads the start of a file. It sets the sizes of addresses and lengths.
 *   root   receives the address of the root group's header
 * Fails with INVALID_MODEL. */
gc_status gc_read_superblock(struct gc_file *file, uint64_t *root);

/* Reads all messages of an object.
 *   header   receives them, to be given to gc_release_header even after a failure
 * Fails with INVALID_MODEL, OUT_OF_MEMORY. */
gc_status gc_read_header(struct gc_file *file, struct gc_header *header, uint64_t address);

void gc_release_header(struct gc_header *header);

/* Adds a message that lies elsewhere, as attributes may. The bytes stay with the caller. */
gc_status gc_add_message(struct gc_header *header, uint16_t type, const uint8_t *bytes,
                         size_t length);

/* The first message of a type, NULL if there is none. */
const struct gc_message *gc_find_message(const struct gc_header *header, uint16_t type);

/* A cursor at the start of a message.
 * Fails with INVALID_MODEL if the message is shared. `what` names it in the text. */
gc_status gc_open_message(const struct gc_file *file, const struct gc_message *message,
                          struct gc_cursor *cursor, const char *what);

#endif
