/* Fixed and extensible arrays. The File Format Specification describes them in its appendix "Types
 * of Indexes for Dataset Chunks", sections C and D. */
#include "files/array.h"

#include <string.h>

#include "base/error.h"

/* What both kinds of arrays have in common. */
struct array {
    struct gc_file *file;
    size_t element_bytes;
    uint64_t page; /* elements of a page, into which large blocks are divided */
    gc_take_element take;
    void *context;
};

/* Bytes of a block's signature, version, kind and owner. */
static uint64_t prefix_bytes(const struct gc_file *file) { return 6 + (uint64_t)file->offset_size; }

/* Takes `count` elements that begin at `cursor`. */
static gc_status take_elements(const struct array *array, struct gc_cursor *cursor, uint64_t first,
                               uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t *bytes = gc_take_bytes(cursor, array->element_bytes);
        GC_TRY(gc_check_end(cursor, "array of chunks"));
        struct gc_cursor one = gc_cursor_of(array->file, bytes, array->element_bytes);
        GC_TRY(array->take(array->context, first + i, &one));
    }
    return GC_OK;
}

/* Takes the elements of one page of a block. A checksum stands behind them. */
static gc_status take_page(const struct array *array, uint64_t address, uint64_t first,
                           uint64_t count) {
    struct gc_block block;
    GC_TRY(gc_load(array->file, &block, address, count * array->element_bytes + 4,
                   "page of an array"));
    struct gc_cursor cursor = gc_cursor_at(array->file, &block, 0);
    gc_status status = gc_check_sum(&block, "page of an array");
    if (status == GC_OK)
        status = take_elements(array, &cursor, first, count);
    gc_release_block(&block);
    return status;
}

/* Bit i of a list of bits, whose first bit is the highest of the first byte. */
static bool bit_at(const uint8_t *bits, uint64_t i) { return bits[i / 8] >> (7 - i % 8) & 1; }

/* Takes the pages of a block that were written.
 *   bits      one for each page, from number `bit` on
 *   address   of the first page */
static gc_status take_pages(const struct array *array, const uint8_t *bits, uint64_t bit,
                            uint64_t address, uint64_t first, uint64_t count) {
    const uint64_t page_bytes = array->page * array->element_bytes + 4;
    for (uint64_t i = 0; i * array->page < count; i++) {
        const uint64_t left = count - i * array->page;
        if (bit_at(bits, bit + i))
            GC_TRY(take_page(array, address + i * page_bytes, first + i * array->page,
                             left < array->page ? left : array->page));
    }
    return GC_OK;
}

/* Takes the sizes at the start of a header, which both kinds have. */
static gc_status take_start(struct array *array, struct gc_cursor *cursor) {
    const uint64_t version = gc_take(cursor, 1), kind = gc_take(cursor, 1);
    array->element_bytes = (size_t)gc_take(cursor, 1);
    if (version != 0 || kind > 1 || array->element_bytes == 0)
        return gc_damaged("an array of chunks is of an unknown kind");
    return GC_OK;
}

/* ---- Fixed arrays ---- */

/* Takes the one block of a fixed array. */
static gc_status take_fixed_block(const struct array *array, uint64_t address, uint64_t count) {
    struct gc_file *file = array->file;
    const uint64_t prefix = prefix_bytes(file), pages = (count - 1) / array->page + 1;
    const bool is_paged = pages > 1;
    GC_TRY(gc_check_range(file, address, count / 8, "array of chunks"));
    const uint64_t bits = is_paged ? (pages + 7) / 8 : 0;
    const uint64_t rest = is_paged ? bits : count * array->element_bytes;
    struct gc_block block;
    GC_TRY(gc_load_signed(file, &block, address, prefix + rest + 4, "FADB"));
    struct gc_cursor cursor = gc_cursor_at(file, &block, (size_t)prefix);
    const gc_status status =
        is_paged ? take_pages(array, cursor.next, 0, address + prefix + bits + 4, 0, count)
                 : take_elements(array, &cursor, 0, count);
    gc_release_block(&block);
    return status;
}

gc_status gc_walk_fixed_array(struct gc_file *file, uint64_t address, gc_take_element take,
                              void *context) {
    struct array array = {.file = file, .take = take, .context = context};
    struct gc_block block;
    const uint64_t length = 12 + (uint64_t)file->offset_size + (uint64_t)file->length_size;
    GC_TRY(gc_load_signed(file, &block, address, length, "FAHD"));
    struct gc_cursor cursor = gc_cursor_at(file, &block, 4);
    gc_status status = take_start(&array, &cursor);
    const uint64_t page_bits = gc_take(&cursor, 1), count = gc_take_length(&cursor);
    const uint64_t data = gc_take_address(&cursor);
    gc_release_block(&block);
    GC_TRY(status);
    if (page_bits > 32)
        return gc_damaged("an array of chunks has pages of an impossible size");
    array.page = (uint64_t)1 << page_bits;
    return count == 0 || data == GC_NOWHERE ? GC_OK : take_fixed_block(&array, data, count);
}

/* ---- Extensible arrays ----
 * An index block has the first elements itself. Then it has the addresses of data blocks, and then
 * those of super blocks, which have addresses of data blocks too. Data blocks come in groups.
 * Group g has 2^(g / 2) blocks of 2^((g + 1) / 2) times the smallest number of elements. */

struct extensible {
    struct array array;
    uint64_t header;       /* its address */
    int index_bits;        /* bits of the index of an element */
    uint64_t inside;       /* elements in the index block */
    uint64_t least;        /* elements of the smallest data block */
    uint64_t least_blocks; /* data blocks of the smallest super block */
};

static uint64_t blocks_in_group(int group) { return (uint64_t)1 << (group / 2); }

static uint64_t elements_in_group(const struct extensible *array, int group) {
    return array->least << ((group + 1) / 2);
}

static int log2_of(uint64_t value) {
    int bits = 0;
    while (value >> (bits + 1) != 0)
        bits++;
    return bits;
}

static size_t index_bytes(const struct extensible *array) {
    return (size_t)(array->index_bits + 7) / 8;
}

/* Takes the elements of one data block.
 *   bits   which pages of the super block were written, NULL for a block without one
 *   bit    number of its first page there */
static gc_status take_data_block(const struct extensible *array, uint64_t address, uint64_t first,
                                 uint64_t count, const uint8_t *bits, uint64_t bit) {
    if (address == GC_NOWHERE)
        return GC_OK;
    struct gc_file *file = array->array.file;
    const uint64_t prefix = prefix_bytes(file) + index_bytes(array);
    const bool is_paged = count > array->array.page;
    if (is_paged && bits == NULL)
        return gc_damaged("a block of chunks has pages");
    GC_TRY(gc_check_range(file, address, is_paged ? 0 : count, "array of chunks"));
    struct gc_block block;
    const uint64_t rest = is_paged ? 0 : count * array->array.element_bytes;
    GC_TRY(gc_load_signed(file, &block, address, prefix + rest + 4, "EADB"));
    struct gc_cursor cursor = gc_cursor_at(file, &block, (size_t)prefix);
    gc_status status;
    if (is_paged)
        status = take_pages(&array->array, bits, bit, address + prefix + 4, first, count);
    else
        status = take_elements(&array->array, &cursor, first, count);
    gc_release_block(&block);
    return status;
}

/* Takes the data blocks of a super block.
 *   first   index of the group's first element */
static gc_status take_super_block(const struct extensible *array, uint64_t address, int group,
                                  uint64_t first) {
    if (address == GC_NOWHERE)
        return GC_OK;
    struct gc_file *file = array->array.file;
    const uint64_t count = blocks_in_group(group), elements = elements_in_group(array, group);
    const uint64_t pages = elements > array->array.page ? elements / array->array.page : 0;
    const uint64_t bits = (pages + 7) / 8;
    GC_TRY(gc_check_range(file, address, count, "array of chunks"));
    GC_TRY(gc_check_range(file, address, bits, "array of chunks"));
    const uint64_t prefix = prefix_bytes(file) + index_bytes(array);
    const uint64_t length = prefix + count * (bits + (uint64_t)file->offset_size) + 4;
    struct gc_block block;
    GC_TRY(gc_load_signed(file, &block, address, length, "EASB"));
    struct gc_cursor cursor = gc_cursor_at(file, &block, (size_t)prefix);
    const uint8_t *written = gc_take_bytes(&cursor, (size_t)(count * bits));
    gc_status status = GC_OK;
    for (uint64_t i = 0; i < count && status == GC_OK; i++)
        status = take_data_block(array, gc_take_address(&cursor), first + i * elements, elements,
                                 written, i * pages);
    gc_release_block(&block);
    return status;
}

/* Takes what the index block leads to. The first groups have their data blocks in the index block
 * itself, as long as they are smaller than the smallest super block. */
static gc_status take_groups(const struct extensible *array, struct gc_cursor *cursor) {
    const int groups = 1 + array->index_bits - log2_of(array->least);
    const int direct = 2 * log2_of(array->least_blocks);
    uint64_t first = array->inside;
    GC_TRY(take_elements(&array->array, cursor, 0, array->inside));
    for (int group = 0; group < groups; group++) {
        const uint64_t count = blocks_in_group(group), elements = elements_in_group(array, group);
        for (uint64_t i = 0; group < direct && i < count; i++)
            GC_TRY(take_data_block(array, gc_take_address(cursor), first + i * elements, elements,
                                   NULL, 0));
        if (group >= direct)
            GC_TRY(take_super_block(array, gc_take_address(cursor), group, first));
        first += count * elements;
    }
    return gc_check_end(cursor, "array of chunks");
}

static gc_status take_index_block(const struct extensible *array, uint64_t address) {
    struct gc_file *file = array->array.file;
    const int groups = 1 + array->index_bits - log2_of(array->least);
    const int direct = 2 * log2_of(array->least_blocks);
    const uint64_t addresses =
        2 * (array->least_blocks - 1) + (uint64_t)(groups > direct ? groups - direct : 0);
    const uint64_t prefix = prefix_bytes(file);
    const uint64_t rest =
        array->inside * array->array.element_bytes + addresses * (uint64_t)file->offset_size;
    struct gc_block block;
    GC_TRY(gc_load_signed(file, &block, address, prefix + rest + 4, "EAIB"));
    struct gc_cursor cursor = gc_cursor_at(file, &block, (size_t)prefix);
    const gc_status status = take_groups(array, &cursor);
    gc_release_block(&block);
    return status;
}

/* Takes the sizes of an extensible array. */
static gc_status take_sizes(struct extensible *array, struct gc_cursor *cursor) {
    GC_TRY(take_start(&array->array, cursor));
    array->index_bits = (int)gc_take(cursor, 1);
    array->inside = gc_take(cursor, 1);
    array->least = gc_take(cursor, 1);
    array->least_blocks = gc_take(cursor, 1);
    const uint64_t page_bits = gc_take(cursor, 1);
    if (array->index_bits > 48 || array->least == 0 || array->least_blocks == 0 || page_bits > 32 ||
        log2_of(array->least) > array->index_bits)
        return gc_damaged("the sizes of an array of chunks are not possible");
    array->array.page = (uint64_t)1 << page_bits;
    return GC_OK;
}

gc_status gc_walk_extensible_array(struct gc_file *file, uint64_t address, gc_take_element take,
                                   void *context) {
    struct extensible array = {.array = {.file = file, .take = take, .context = context}};
    struct gc_block block;
    const uint64_t length = 16 + 6 * (uint64_t)file->length_size + (uint64_t)file->offset_size;
    GC_TRY(gc_load_signed(file, &block, address, length, "EAHD"));
    struct gc_cursor cursor = gc_cursor_at(file, &block, 4);
    const gc_status status = take_sizes(&array, &cursor);
    for (int i = 0; i < 6; i++)
        gc_take_length(&cursor); /* counts and sizes of blocks */
    const uint64_t index = gc_take_address(&cursor);
    gc_release_block(&block);
    GC_TRY(status);
    return index == GC_NOWHERE ? GC_OK : take_index_block(&array, index);
}
