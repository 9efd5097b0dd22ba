/* The messages for the layout, the filters and the fill value of a data set. The File Format
 * Specification describes them in sections IV.A.2.i, IV.A.2.l, IV.A.2.e and IV.A.2.f. */
#include "files/layout.h"

#include <string.h>

#include "base/error.h"

/* ---- Layout ---- */

/* Checks the axes of a chunk, and computes its bytes. */
static gc_status check_chunk(struct gc_layout *layout, const struct gc_type *type,
                             const struct gc_space *space, uint64_t value_bytes) {
    if (layout->rank != space->rank || layout->rank == 0 || value_bytes != type->size)
        return gc_damaged("the chunks of a data set have other axes than the data set");
    layout->chunk_bytes = type->size;
    for (int i = 0; i < layout->rank; i++) {
        const uint64_t axis = layout->chunk[i];
        if (axis == 0 || axis > UINT32_MAX || layout->chunk_bytes > UINT32_MAX / axis)
            return gc_fail(GC_TOO_LARGE, "the HDF5 file has chunks of more than 4 GB");
        layout->chunk_bytes *= axis;
    }
    return GC_OK;
}

/* Takes the axes of a chunk. The last is the bytes of a value. */
static gc_status take_axes(struct gc_cursor *cursor, struct gc_layout *layout, uint64_t count,
                           size_t axis_bytes, uint64_t *value_bytes) {
    if (count < 2 || count > GC_MAX_AXES + 1)
        return gc_damaged("the chunks of a data set have no axes");
    layout->rank = (int)count - 1;
    for (int i = 0; i < layout->rank; i++)
        layout->chunk[i] = gc_take(cursor, axis_bytes);
    *value_bytes = gc_take(cursor, axis_bytes);
    return gc_check_end(cursor, "layout");
}

/* Takes values that lie in the message. */
static void take_compact(struct gc_cursor *cursor, struct gc_layout *layout, size_t size_bytes) {
    layout->bytes = gc_take(cursor, size_bytes);
    layout->compact = gc_take_bytes(cursor, (size_t)layout->bytes);
}

/* Versions 1 and 2, of HDF5 before 1.6.3. */
static gc_status take_oldest(struct gc_cursor *cursor, struct gc_layout *layout,
                             const struct gc_type *type, const struct gc_space *space) {
    const uint64_t count = gc_take(cursor, 1);
    layout->kind = (int)gc_take(cursor, 1);
    gc_take_bytes(cursor, 5);
    if (layout->kind != GC_COMPACT)
        layout->address = gc_take_address(cursor);
    if (layout->kind == GC_CHUNKED) {
        uint64_t value_bytes;
        GC_TRY(take_axes(cursor, layout, count, 4, &value_bytes));
        return check_chunk(layout, type, space, value_bytes);
    }
    gc_take_bytes(cursor, 4 * (size_t)count);
    layout->bytes = space->count * type->size;
    if (layout->kind == GC_COMPACT)
        take_compact(cursor, layout, 4);
    return gc_check_end(cursor, "layout");
}

/* What an index of HDF5 1.10 says about itself is read again where the index is. */
static gc_status take_index(struct gc_cursor *cursor, struct gc_layout *layout, uint64_t flags) {
    static const size_t parameter_bytes[] = {
        [GC_FIXED_INDEX] = 1, [GC_EXTENSIBLE_INDEX] = 5, [GC_TREE2_INDEX] = 6};
    layout->index = (int)gc_take(cursor, 1);
    if (layout->index < GC_SINGLE_INDEX || layout->index > GC_TREE2_INDEX)
        return gc_fail(GC_INVALID_MODEL, "the HDF5 file has chunks with an index of kind %d",
                       layout->index);
    layout->keeps_edges = (flags & 1) != 0;
    if (layout->index == GC_SINGLE_INDEX && (flags & 2)) {
        layout->single_bytes = gc_take_length(cursor);
        layout->single_mask = (uint32_t)gc_take(cursor, 4);
    }
    gc_take_bytes(cursor, parameter_bytes[layout->index]);
    return GC_OK;
}

/* Chunks in version 4, of HDF5 1.10, and in version 5, of HDF5 2.0. */
static gc_status take_new_chunks(struct gc_cursor *cursor, struct gc_layout *layout,
                                 uint64_t *value_bytes) {
    const uint64_t flags = gc_take(cursor, 1), count = gc_take(cursor, 1);
    const size_t axis_bytes = (size_t)gc_take(cursor, 1);
    if (axis_bytes < 1 || axis_bytes > 8)
        return gc_damaged("the axes of chunks have no bytes");
    GC_TRY(take_axes(cursor, layout, count, axis_bytes, value_bytes));
    GC_TRY(take_index(cursor, layout, flags));
    layout->address = gc_take_address(cursor);
    return gc_check_end(cursor, "layout");
}

static gc_status take_chunks(struct gc_cursor *cursor, struct gc_layout *layout,
                             const struct gc_type *type, const struct gc_space *space) {
    uint64_t value_bytes;
    if (layout->version == 3) {
        const uint64_t count = gc_take(cursor, 1);
        layout->address = gc_take_address(cursor);
        GC_TRY(take_axes(cursor, layout, count, 4, &value_bytes));
    } else {
        GC_TRY(take_new_chunks(cursor, layout, &value_bytes));
    }
    return check_chunk(layout, type, space, value_bytes);
}

gc_status gc_take_layout(struct gc_cursor *cursor, struct gc_layout *layout,
                         const struct gc_type *type, const struct gc_space *space) {
    *layout = (struct gc_layout){.version = (int)gc_take(cursor, 1)};
    if (layout->version == 1 || layout->version == 2)
        return take_oldest(cursor, layout, type, space);
    if (layout->version < 3 || layout->version > 5)
        return gc_fail(GC_INVALID_MODEL,
                       "the HDF5 file has a layout of version %d; allowed: 1 to 5",
                       layout->version);
    layout->kind = (int)gc_take(cursor, 1);
    if (layout->kind == GC_CHUNKED)
        return take_chunks(cursor, layout, type, space);
    if (layout->kind == GC_CONTIGUOUS) {
        layout->address = gc_take_address(cursor);
        layout->bytes = gc_take_length(cursor);
    } else if (layout->kind == GC_COMPACT) {
        take_compact(cursor, layout, 2);
    } else {
        return gc_fail(GC_INVALID_MODEL,
                       "the HDF5 file has a virtual data set, whose values are in other files");
    }
    return gc_check_end(cursor, "layout");
}

/* ---- Filters ---- */

/* Names of filters that are not undone. */
static const char *filter_name(int id) {
    static const struct {
        int id;
        const char *name;
    } names[] = {{4, "szip"},      {5, "nbit"},      {6, "scaleoffset"},    {307, "bzip2"},
                 {32001, "blosc"}, {32004, "lz4"},   {32008, "bitshuffle"}, {32013, "zfp"},
                 {32015, "zstd"},  {32026, "blosc2"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].id == id)
            return names[i].name;
    return "of another library";
}

/* Takes one filter. Its options are numbers of 4 bytes.
 *   is_old   the list is of version 1, in which all filters have names */
static gc_status take_filter(struct gc_cursor *cursor, struct gc_filters *filters, bool is_old) {
    const int id = (int)gc_take(cursor, 2);
    const size_t name_bytes = is_old || id >= 256 ? (size_t)gc_take(cursor, 2) : 0;
    gc_take_bytes(cursor, 2);
    const size_t options = (size_t)gc_take(cursor, 2);
    gc_take_bytes(cursor, is_old ? (name_bytes + 7) / 8 * 8 : name_bytes);
    const uint32_t first = options > 0 ? (uint32_t)gc_take(cursor, 4) : 0;
    gc_take_bytes(cursor, options > 0 ? 4 * (options - 1) : 0);
    if (is_old && options % 2 == 1)
        gc_take_bytes(cursor, 4);
    GC_TRY(gc_check_end(cursor, "list of filters"));
    if (id != GC_DEFLATE && id != GC_SHUFFLE && id != GC_FLETCHER32 && id != GC_LZF)
        return gc_fail(GC_INVALID_MODEL,
                       "the HDF5 file is compressed with filter %d (%s); allowed: deflate (gzip), "
                       "lzf, shuffle, fletcher32",
                       id, filter_name(id));
    filters->filters[filters->count].id = id;
    filters->filters[filters->count++].value_bytes = first;
    return GC_OK;
}

gc_status gc_take_filters(struct gc_cursor *cursor, struct gc_filters *filters) {
    *filters = (struct gc_filters){0};
    const uint64_t version = gc_take(cursor, 1), count = gc_take(cursor, 1);
    if ((version != 1 && version != 2) || count > GC_MAX_FILTERS)
        return gc_damaged("a list of filters is of an unknown version");
    if (version == 1)
        gc_take_bytes(cursor, 6);
    for (uint64_t i = 0; i < count; i++)
        GC_TRY(take_filter(cursor, filters, version == 1));
    return GC_OK;
}

/* ---- Fill value ---- */

gc_status gc_take_fill(struct gc_cursor *cursor, bool is_old, const struct gc_type *type,
                       const uint8_t **value) {
    *value = NULL;
    const uint64_t version = is_old ? 0 : gc_take(cursor, 1);
    bool is_defined = true;
    if (version == 1 || version == 2) {
        gc_take_bytes(cursor, 2);
        is_defined = gc_take(cursor, 1) != 0 || version == 1;
    } else if (version == 3) {
        is_defined = gc_take(cursor, 1) >> 5 & 1;
    }
    if (!is_defined)
        return gc_check_end(cursor, "fill value");
    const uint64_t bytes = gc_take(cursor, 4);
    if (bytes == type->size)
        *value = gc_take_bytes(cursor, (size_t)bytes);
    return gc_check_end(cursor, "fill value");
}
