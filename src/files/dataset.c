/* Reads the values of data sets into float32, a part at a time. */
#include "files/dataset.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "files/filter.h"

/* Deflate makes bytes at most so many times fewer. */
#define LARGEST_RATIO 1032
/* A data set or a chunk of so many bytes is read however few of them are stored. */
#define ALWAYS_READ 65536
/* Values of a part, which takes a few milliseconds. */
#define PART ((uint64_t)1 << 20)
/* Bytes that are converted at once. */
#define STAGE 16384

/* ---- Preparation ---- */

/* Opens the first message of a type, which every data set must have. */
static gc_status open_needed(const struct gc_file *file, const struct gc_header *header,
                             uint16_t type, struct gc_cursor *cursor, const char *what) {
    const struct gc_message *message = gc_find_message(header, type);
    if (message == NULL)
        return gc_fail(GC_INVALID_MODEL, "the HDF5 file is damaged: a data set has no %s", what);
    return gc_open_message(file, message, cursor, what);
}

gc_status gc_describe_dataset(const struct gc_file *file, struct gc_dataset *dataset,
                              const struct gc_header *header) {
    *dataset = (struct gc_dataset){0};
    struct gc_cursor cursor;
    GC_TRY(open_needed(file, header, GC_SPACE_MESSAGE, &cursor, "space"));
    GC_TRY(gc_take_space(&cursor, &dataset->space));
    GC_TRY(open_needed(file, header, GC_TYPE_MESSAGE, &cursor, "type"));
    return gc_take_type(&cursor, &dataset->type);
}

static gc_status find_fill(const struct gc_file *file, struct gc_dataset *dataset,
                           const struct gc_header *header) {
    const struct gc_message *message = gc_find_message(header, GC_FILL_MESSAGE);
    const bool is_old = message == NULL;
    if (is_old)
        message = gc_find_message(header, GC_OLD_FILL_MESSAGE);
    if (message == NULL)
        return GC_OK;
    struct gc_cursor cursor;
    GC_TRY(gc_open_message(file, message, &cursor, "fill value"));
    const uint8_t *value;
    GC_TRY(gc_take_fill(&cursor, is_old, &dataset->type, &value));
    if (value != NULL)
        gc_convert(&dataset->fill, value, 1, &dataset->type);
    return GC_OK;
}

/* Fails if the values have more bytes than the stored ones can become. */
static gc_status check_claim(const struct gc_dataset *dataset, uint64_t stored) {
    const uint64_t bytes = dataset->space.count * dataset->type.size;
    if (bytes <= ALWAYS_READ || (bytes - ALWAYS_READ) / LARGEST_RATIO <= stored)
        return GC_OK;
    return gc_fail(GC_TOO_LARGE,
                   "the HDF5 file has an array of %llu bytes, but stores only %llu bytes of it",
                   (unsigned long long)bytes, (unsigned long long)stored);
}

/* Values in one piece. Those of an array that was never written have no address. */
static gc_status prepare_piece(const struct gc_file *file, const struct gc_dataset *dataset) {
    const struct gc_layout *layout = &dataset->layout;
    const uint64_t bytes = dataset->space.count * dataset->type.size;
    if (layout->kind == GC_CONTIGUOUS && layout->address == GC_NOWHERE)
        return check_claim(dataset, 0);
    if (layout->bytes < bytes)
        return gc_damaged("a data set has fewer bytes than its values need");
    return layout->kind == GC_COMPACT ? GC_OK
                                      : gc_check_range(file, layout->address, bytes, "values");
}

/* Axes that chunks do not cut need no loop of their own. They become one with the axis before. */
static void join_axes(struct gc_dataset *dataset) {
    int rank = dataset->space.rank;
    memcpy(dataset->axes, dataset->space.axes, sizeof dataset->axes);
    memcpy(dataset->chunk, dataset->layout.chunk, sizeof dataset->chunk);
    memcpy(dataset->grid, dataset->chunks.grid, sizeof dataset->grid);
    for (; rank > 1 && dataset->axes[rank - 1] == dataset->chunk[rank - 1]; rank--) {
        dataset->axes[rank - 2] *= dataset->axes[rank - 1];
        dataset->chunk[rank - 2] *= dataset->chunk[rank - 1];
    }
    dataset->rank = rank;
}

static gc_status prepare_chunks(struct gc_file *file, struct gc_dataset *dataset,
                                const struct gc_header *header) {
    const struct gc_layout *layout = &dataset->layout;
    const struct gc_message *message = gc_find_message(header, GC_FILTERS_MESSAGE);
    if (message != NULL) {
        struct gc_cursor cursor;
        GC_TRY(gc_open_message(file, message, &cursor, "list of filters"));
        GC_TRY(gc_take_filters(&cursor, &dataset->filters));
    }
    const uint64_t bytes = dataset->space.count * dataset->type.size;
    if (layout->chunk_bytes / 16 > bytes + ALWAYS_READ)
        return gc_fail(GC_TOO_LARGE,
                       "the HDF5 file has chunks of %llu bytes for an array of %llu bytes",
                       (unsigned long long)layout->chunk_bytes, (unsigned long long)bytes);
    GC_TRY(gc_find_chunks(file, &dataset->chunks, layout, &dataset->space, &dataset->filters));
    uint64_t stored = 0;
    for (size_t i = 0; i < dataset->chunks.count; i++)
        stored += dataset->chunks.chunks[i].bytes;
    join_axes(dataset);
    return check_claim(dataset, stored);
}

gc_status gc_prepare_values(struct gc_file *file, struct gc_dataset *dataset,
                            const struct gc_header *header) {
    if (dataset->is_prepared)
        return GC_OK;
    if (!gc_is_number(&dataset->type))
        return gc_fail(GC_INVALID_MODEL, "the values are of type %s, which are not numbers",
                       dataset->type.name);
    if (gc_find_message(header, GC_EXTERNAL_MESSAGE) != NULL)
        return gc_fail(GC_INVALID_MODEL, "the HDF5 file has its values in other files");
    struct gc_cursor cursor;
    GC_TRY(open_needed(file, header, GC_LAYOUT_MESSAGE, &cursor, "layout"));
    GC_TRY(gc_take_layout(&cursor, &dataset->layout, &dataset->type, &dataset->space));
    GC_TRY(find_fill(file, dataset, header));
    gc_release_chunks(&dataset->chunks); /* of a preparation that failed */
    GC_TRY(dataset->layout.kind == GC_CHUNKED ? prepare_chunks(file, dataset, header)
                                              : prepare_piece(file, dataset));
    dataset->is_prepared = true;
    return GC_OK;
}

void gc_release_dataset(struct gc_dataset *dataset) {
    gc_release_chunks(&dataset->chunks);
    *dataset = (struct gc_dataset){0};
}

/* ---- Values in one piece ---- */

static gc_status read_contiguous(const struct gc_file *file, const struct gc_dataset *dataset,
                                 uint64_t first, size_t count, float *values) {
    const struct gc_type *type = &dataset->type;
    const uint64_t start = dataset->layout.address + first * type->size;
    if (type->kind == GC_FLOAT_KIND && type->size == 4 && !type->is_big_endian)
        return gc_read_values(file, values, start, count * sizeof *values);
    uint8_t stage[STAGE];
    const size_t most = STAGE / type->size;
    for (size_t done = 0; done < count;) {
        const size_t some = count - done < most ? count - done : most;
        GC_TRY(gc_read_values(file, stage, start + done * type->size, some * type->size));
        gc_convert(values + done, stage, some, type);
        done += some;
    }
    return GC_OK;
}

static void fill_values(float *values, size_t count, float fill) {
    for (size_t i = 0; i < count; i++)
        values[i] = fill;
}

/* ---- Chunks ---- */

/* The values that a call wants. */
struct part {
    uint64_t first, end;
    float *values;
};

/* Copies a row of a chunk, as far as the part has it.
 *   start   number of the row's first value in the data set */
static void copy_row(const struct part *part, const uint8_t *bytes, uint64_t start, uint64_t count,
                     const struct gc_type *type) {
    const uint64_t low = start > part->first ? start : part->first;
    const uint64_t high = start + count < part->end ? start + count : part->end;
    if (low < high)
        gc_convert(part->values + (low - part->first), bytes + (low - start) * type->size,
                   (size_t)(high - low), type);
}

/* Copies the values of a chunk. An odometer goes over all its axes but the last.
 *   bytes   [chunk], of which the part beyond the data set's end is not copied */
static void copy_chunk(const struct gc_dataset *dataset, const struct part *part, uint64_t number,
                       const uint8_t *bytes) {
    const int last = dataset->rank - 1;
    uint64_t start[GC_MAX_AXES], extent[GC_MAX_AXES], at[GC_MAX_AXES] = {0};
    for (int i = last; i >= 0; i--) {
        start[i] = number % dataset->grid[i] * dataset->chunk[i];
        number /= dataset->grid[i];
        const uint64_t left = dataset->axes[i] - start[i];
        extent[i] = left < dataset->chunk[i] ? left : dataset->chunk[i];
    }
    for (;;) {
        uint64_t value = 0, stored = 0;
        for (int i = 0; i <= last; i++) {
            value = value * dataset->axes[i] + start[i] + at[i];
            stored = stored * dataset->chunk[i] + at[i];
        }
        copy_row(part, bytes + stored * dataset->type.size, value, extent[last], &dataset->type);
        int axis = last - 1;
        while (axis >= 0 && ++at[axis] == extent[axis])
            at[axis--] = 0;
        if (axis < 0)
            return;
    }
}

static gc_status read_chunk(const struct gc_file *file, const struct gc_dataset *dataset,
                            const struct gc_chunk *chunk, const struct part *part) {
    const uint64_t bytes = dataset->layout.chunk_bytes;
    if (bytes > ALWAYS_READ && (bytes - ALWAYS_READ) / LARGEST_RATIO > chunk->bytes)
        return gc_damaged("a chunk has too few bytes for its values");
    struct gc_block block = {.length = chunk->bytes};
    block.bytes = gc_allocate_unset(chunk->bytes, 1);
    if (block.bytes == NULL)
        return gc_fail_memory(chunk->bytes, "a chunk");
    gc_status status = gc_read_values(file, block.bytes, chunk->address, chunk->bytes);
    if (status == GC_OK)
        status = gc_undo_filters(&dataset->filters, &block, chunk->mask, (size_t)bytes);
    if (status == GC_OK)
        copy_chunk(dataset, part, chunk->number, block.bytes);
    gc_release_block(&block);
    return status;
}

/* The product of the axes after the first. */
static uint64_t inner_product(const struct gc_dataset *dataset, const uint64_t *axes) {
    uint64_t product = 1;
    for (int i = 1; i < dataset->rank; i++)
        product *= axes[i];
    return product;
}

/* Index of the first stored chunk whose number is at least `number`. */
static size_t first_chunk(const struct gc_chunks *chunks, uint64_t number) {
    size_t low = 0, high = chunks->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (chunks->chunks[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Chunks with the same place along the first axis are a band. Their values are one piece of the
 * data set. */
static uint64_t band_values(const struct gc_dataset *dataset) {
    return dataset->chunk[0] * inner_product(dataset, dataset->axes);
}

static gc_status read_chunks(const struct gc_file *file, const struct gc_dataset *dataset,
                             const struct part *part) {
    const uint64_t band = band_values(dataset), chunks = inner_product(dataset, dataset->grid);
    const uint64_t low = part->first / band, high = (part->end - 1) / band + 1;
    const size_t first = first_chunk(&dataset->chunks, low * chunks);
    const size_t end = first_chunk(&dataset->chunks, high * chunks);
    if (end - first < (high - low) * chunks)
        fill_values(part->values, (size_t)(part->end - part->first), dataset->fill);
    for (size_t i = first; i < end; i++)
        GC_TRY(read_chunk(file, dataset, &dataset->chunks.chunks[i], part));
    return GC_OK;
}

/* ---- Both ---- */

uint64_t gc_part_of_values(const struct gc_dataset *dataset) {
    if (dataset->layout.kind != GC_CHUNKED || dataset->space.count == 0)
        return PART;
    const uint64_t band = band_values(dataset);
    return band < PART ? PART / band * band : band;
}

gc_status gc_read_part(const struct gc_file *file, const struct gc_dataset *dataset, uint64_t first,
                       size_t count, float *values) {
    const struct gc_layout *layout = &dataset->layout;
    if (count == 0)
        return GC_OK;
    if (layout->kind == GC_CHUNKED) {
        const struct part part = {.first = first, .end = first + count, .values = values};
        return read_chunks(file, dataset, &part);
    }
    if (layout->kind == GC_COMPACT)
        gc_convert(values, layout->compact + first * dataset->type.size, count, &dataset->type);
    else if (layout->address == GC_NOWHERE)
        fill_values(values, count, dataset->fill);
    else
        return read_contiguous(file, dataset, first, count, values);
    return GC_OK;
}
