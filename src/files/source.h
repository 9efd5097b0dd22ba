/* The bytes of an HDF5 file, and the numbers in them. */
#ifndef GC_SOURCE_H
#define GC_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gradcam.h"

/* An address that leads nowhere. The file has it with all bits set. */
#define GC_NOWHERE UINT64_MAX

/* A file that is open. */
struct gc_file {
    gc_source source;
    uint64_t budget; /* bytes that may still be read of structures, see gc_load */
    int offset_size; /* bytes of an address, 2, 4 or 8 */
    int length_size; /* bytes of a length, 2, 4 or 8 */
};

/* A part of a file in memory. */
struct gc_block {
    uint8_t *bytes; /* from gc_allocate */
    size_t length;
};

/* Where the next number is in a part of a file. A number beyond the end is 0, and `ended` says that
 * there was one. */
struct gc_cursor {
    const struct gc_file *file;
    const uint8_t *next;
    size_t left;
    bool ended;
};

/* Sets the budget of a file that is opened. */
void gc_set_budget(struct gc_file *file);

/* Loads a structure into memory. Every structure of an honest file is read a few times at most, so
 * all together may cost a multiple of the file's size. A file whose structures lead to each other
 * over and over ends with the budget.
 *   block   receives the bytes, to be given to gc_release_block
 *   what    the structure's name for errors
 * Fails with INVALID_MODEL, OUT_OF_MEMORY, and with what the source fails with. */
gc_status gc_load(struct gc_file *file, struct gc_block *block, uint64_t address, uint64_t length,
                  const char *what);

/* Loads a structure that ends in a checksum, and compares its signature of four bytes and the
 * checksum. Fails as gc_load does. */
gc_status gc_load_signed(struct gc_file *file, struct gc_block *block, uint64_t address,
                         uint64_t length, const char *signature);

/* Compares the checksum at the end of a block, which has at least 4 bytes.
 * Fails with INVALID_MODEL. */
gc_status gc_check_sum(const struct gc_block *block, const char *what);

void gc_release_block(struct gc_block *block);

/* Draws on the budget of gc_load. Fails with INVALID_MODEL. */
gc_status gc_spend(struct gc_file *file, uint64_t bytes);

/* Reads bytes of values, which the budget does not count.
 * Fails with INVALID_MODEL if they are outside the file. */
gc_status gc_read_values(const struct gc_file *file, void *bytes, uint64_t address,
                         uint64_t length);

/* Fails with INVALID_MODEL unless the bytes are inside the file. */
gc_status gc_check_range(const struct gc_file *file, uint64_t address, uint64_t length,
                         const char *what);

/* A cursor at the start of a block, or of other bytes. */
struct gc_cursor gc_cursor_of(const struct gc_file *file, const uint8_t *bytes, size_t length);
struct gc_cursor gc_cursor_at(const struct gc_file *file, const struct gc_block *block,
                              size_t skipped);

/* Each takes a little-endian number: one of `bytes` bytes, an address or a length. */
uint64_t gc_take(struct gc_cursor *cursor, size_t bytes);
uint64_t gc_take_address(struct gc_cursor *cursor);
uint64_t gc_take_length(struct gc_cursor *cursor);

/* Takes bytes. NULL if there are fewer. */
const uint8_t *gc_take_bytes(struct gc_cursor *cursor, size_t count);

/* Fails with INVALID_MODEL if a number was taken beyond the end. */
gc_status gc_check_end(const struct gc_cursor *cursor, const char *what);

/* A failure with INVALID_MODEL. `what` says which part of the file contradicts another. */
gc_status gc_damaged(const char *what);

/* Bytes that HDF5 uses for numbers up to `largest`. */
int gc_bytes_for(uint64_t largest);

#endif
