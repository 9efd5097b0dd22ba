#include "files/source.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "files/checksum.h"

/* A structure is read once to walk the groups, and parts of one a second time to learn its length.
 */
#define BUDGET_FACTOR 8
#define LEAST_BUDGET ((uint64_t)1 << 20)
/* What every structure costs besides its bytes. It bounds the number of allocations. */
#define COST_PER_LOAD 32

void gc_set_budget(struct gc_file *file) {
    const uint64_t size = file->source.size;
    file->budget = size < UINT64_MAX / 16 ? size * BUDGET_FACTOR + LEAST_BUDGET : size;
}

gc_status gc_damaged(const char *what) {
    return gc_fail(GC_INVALID_MODEL, "the HDF5 file is damaged: %s", what);
}

gc_status gc_check_range(const struct gc_file *file, uint64_t address, uint64_t length,
                         const char *what) {
    const uint64_t size = file->source.size;
    if (address <= size && length <= size - address)
        return GC_OK;
    return gc_fail(GC_INVALID_MODEL, "the HDF5 file is damaged: it has no %s where it should be",
                   what);
}

gc_status gc_read_values(const struct gc_file *file, void *bytes, uint64_t address,
                         uint64_t length) {
    GC_TRY(gc_check_range(file, address, length, "values"));
    return file->source.read(file->source.context, address, bytes, (size_t)length);
}

gc_status gc_spend(struct gc_file *file, uint64_t bytes) {
    if (bytes > file->budget)
        return gc_damaged("its parts lead to each other more often than its size allows");
    file->budget -= bytes;
    return GC_OK;
}

gc_status gc_load(struct gc_file *file, struct gc_block *block, uint64_t address, uint64_t length,
                  const char *what) {
    *block = (struct gc_block){0};
    GC_TRY(gc_check_range(file, address, length, what));
    GC_TRY(gc_spend(file, length + COST_PER_LOAD));
    uint8_t *bytes = length < SIZE_MAX ? gc_allocate_unset((size_t)length, 1) : NULL;
    if (bytes == NULL)
        return gc_fail_memory((size_t)length, what);
    const gc_status status =
        file->source.read(file->source.context, address, bytes, (size_t)length);
    if (status != GC_OK) {
        gc_release(bytes);
        return status;
    }
    *block = (struct gc_block){.bytes = bytes, .length = (size_t)length};
    return GC_OK;
}

gc_status gc_check_sum(const struct gc_block *block, const char *what) {
    const size_t length = block->length - 4;
    const uint8_t *end = block->bytes + length;
    const uint32_t sum = end[0] | end[1] << 8 | end[2] << 16 | (uint32_t)end[3] << 24;
    if (gc_checksum_fits(gc_lookup3(block->bytes, length), sum))
        return GC_OK;
    return gc_fail(GC_INVALID_MODEL, "the HDF5 file is damaged: the checksum of a %s is wrong",
                   what);
}

static gc_status check_signature(const struct gc_block *block, const char *signature) {
    if (block->length >= 8 && memcmp(block->bytes, signature, 4) == 0)
        return gc_check_sum(block, signature);
    return gc_fail(GC_INVALID_MODEL, "the HDF5 file is damaged: there is no %s where one is due",
                   signature);
}

gc_status gc_load_signed(struct gc_file *file, struct gc_block *block, uint64_t address,
                         uint64_t length, const char *signature) {
    GC_TRY(gc_load(file, block, address, length, signature));
    const gc_status status = check_signature(block, signature);
    if (status != GC_OK)
        gc_release_block(block);
    return status;
}

void gc_release_block(struct gc_block *block) {
    gc_release(block->bytes);
    *block = (struct gc_block){0};
}

struct gc_cursor gc_cursor_of(const struct gc_file *file, const uint8_t *bytes, size_t length) {
    return (struct gc_cursor){.file = file, .next = bytes, .left = length};
}

struct gc_cursor gc_cursor_at(const struct gc_file *file, const struct gc_block *block,
                              size_t skipped) {
    struct gc_cursor cursor = gc_cursor_of(file, block->bytes, block->length);
    gc_take_bytes(&cursor, skipped);
    return cursor;
}

const uint8_t *gc_take_bytes(struct gc_cursor *cursor, size_t count) {
    if (count > cursor->left) {
        cursor->ended = true;
        cursor->left = 0;
        return NULL;
    }
    const uint8_t *bytes = cursor->next;
    cursor->next += count;
    cursor->left -= count;
    return bytes;
}

uint64_t gc_take(struct gc_cursor *cursor, size_t bytes) {
    const uint8_t *taken = gc_take_bytes(cursor, bytes);
    uint64_t value = 0;
    for (size_t i = 0; taken != NULL && i < bytes; i++)
        value |= (uint64_t)taken[i] << (8 * i);
    return value;
}

uint64_t gc_take_address(struct gc_cursor *cursor) {
    const int size = cursor->file->offset_size;
    const uint64_t address = gc_take(cursor, (size_t)size);
    return address == UINT64_MAX >> (64 - 8 * size) ? GC_NOWHERE : address;
}

uint64_t gc_take_length(struct gc_cursor *cursor) {
    return gc_take(cursor, (size_t)cursor->file->length_size);
}

gc_status gc_check_end(const struct gc_cursor *cursor, const char *what) {
    if (!cursor->ended)
        return GC_OK;
    return gc_fail(GC_INVALID_MODEL, "the HDF5 file is damaged: a %s ends too early", what);
}

int gc_bytes_for(uint64_t largest) {
    int bits = 0;
    while (bits < 63 && largest >> (bits + 1) != 0)
        bits++;
    return bits / 8 + 1;
}
