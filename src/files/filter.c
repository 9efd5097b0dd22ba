/* The filters deflate, lzf, shuffle and fletcher32. The File Format Specification lists them in
 * section IV.A.2.l. LZF is the format of Marc Lehmann's library liblzf. */
#include "files/filter.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "files/checksum.h"
#include "image/inflater.h"

static uint32_t number_at(const uint8_t *bytes) {
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static uint32_t big_endian_at(const uint8_t *bytes) {
    return bytes[3] | (uint32_t)bytes[2] << 8 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[0] << 24;
}

/* ---- Decompression ---- */

/* Each takes `length` bytes, writes at most `most` and says how many in `written`. Fails with
 * OUT_OF_MEMORY, and for damaged bytes. */
typedef gc_status (*decompress)(size_t *written, uint8_t *out, size_t most, const uint8_t *in,
                                size_t length);

static gc_status damaged(void) { return gc_damaged("a chunk cannot be decompressed to its size"); }

/* A zlib stream ends in a checksum. */
static gc_status inflate(size_t *written, uint8_t *out, size_t most, const uint8_t *in,
                         size_t length) {
    if (length < 6)
        return damaged();
    struct gc_inflater *stream = gc_allocate(1, sizeof *stream);
    if (stream == NULL)
        return gc_fail_memory(sizeof *stream, "a chunk");
    stream->in = in;
    stream->end = in + length;
    const ptrdiff_t count = gc_inflater_start(stream) ? gc_inflater_read(stream, out, most) : -1;
    gc_release(stream);
    if (count < 0)
        return damaged();
    *written = (size_t)count;
    const uint32_t sum = gc_adler32(out, *written);
    return gc_checksum_fits(sum, big_endian_at(in + length - 4)) ? GC_OK : damaged();
}

/* LZF. A byte below 32 is a number of bytes less one, which are copied as they are. Another byte
 * begins a reference to bytes that were written. Its upper 3 bits are their number less 2, 7 for a
 * number in the next byte, and the other 13 bits are the distance less 1. */
static gc_status expand_lzf(size_t *total, uint8_t *out, size_t most, const uint8_t *in,
                            size_t length) {
    size_t written = 0;
    for (size_t i = 0; i < length;) {
        const size_t control = in[i++];
        size_t count = control < 32 ? control + 1 : control >> 5;
        if (control < 32) {
            if (count > length - i || count > most - written)
                return damaged();
            memcpy(out + written, in + i, count);
            written += count;
            i += count;
            continue;
        }
        if (count == 7 && i < length)
            count += in[i++];
        count += 2;
        if (i == length)
            return damaged();
        const size_t distance = ((control & 31) << 8 | in[i++]) + 1;
        if (distance > written || count > most - written)
            return damaged();
        for (; count > 0; count--, written++)
            out[written] = out[written - distance];
    }
    *total = written;
    return GC_OK;
}

/* Decompresses a chunk into a new block. A filter in front may have made the values longer, but
 * hardly. A file whose bytes become more than that is not decompressed further. */
static gc_status expand(struct gc_block *chunk, size_t bytes, decompress method) {
    const size_t most = bytes + bytes / 64 + 256;
    uint8_t *out = gc_allocate_unset(most, 1);
    if (out == NULL)
        return gc_fail_memory(most, "a chunk");
    size_t written = 0;
    const gc_status status = method(&written, out, most, chunk->bytes, chunk->length);
    gc_release_block(chunk);
    *chunk = (struct gc_block){.bytes = out, .length = written};
    return status;
}

/* ---- Other filters ---- */

/* Shuffled values are transposed. All first bytes come first, then all second bytes. Bytes that
 * make no whole value stay at the end. */
static gc_status unshuffle(struct gc_block *chunk, size_t value_bytes) {
    if (value_bytes == 0)
        return gc_damaged("shuffled values have no bytes");
    const size_t count = chunk->length / value_bytes;
    if (value_bytes == 1 || count < 2)
        return GC_OK;
    uint8_t *out = gc_allocate_unset(chunk->length, 1);
    if (out == NULL)
        return gc_fail_memory(chunk->length, "a chunk");
    for (size_t k = 0; k < value_bytes; k++)
        for (size_t i = 0; i < count; i++)
            out[i * value_bytes + k] = chunk->bytes[k * count + i];
    const size_t whole = count * value_bytes;
    memcpy(out + whole, chunk->bytes + whole, chunk->length - whole);
    gc_release(chunk->bytes);
    chunk->bytes = out;
    return GC_OK;
}

/* The last four bytes are the checksum of the others. */
static gc_status check_fletcher(struct gc_block *chunk) {
    if (chunk->length < 4)
        return gc_damaged("a chunk has no checksum");
    chunk->length -= 4;
    const uint32_t sum = gc_fletcher32(chunk->bytes, chunk->length);
    if (!gc_checksum_fits(sum, number_at(chunk->bytes + chunk->length)))
        return gc_damaged("the checksum of a chunk is wrong");
    return GC_OK;
}

bool gc_has_filters(const struct gc_filters *filters, uint32_t mask) {
    for (int i = 0; i < filters->count; i++)
        if (!(mask >> i & 1))
            return true;
    return false;
}

gc_status gc_undo_filters(const struct gc_filters *filters, struct gc_block *chunk, uint32_t mask,
                          size_t bytes) {
    for (int i = filters->count - 1; i >= 0; i--) {
        if (mask >> i & 1)
            continue;
        const int id = filters->filters[i].id;
        if (id == GC_DEFLATE)
            GC_TRY(expand(chunk, bytes, inflate));
        else if (id == GC_LZF)
            GC_TRY(expand(chunk, bytes, expand_lzf));
        else if (id == GC_SHUFFLE)
            GC_TRY(unshuffle(chunk, filters->filters[i].value_bytes));
        else
            GC_TRY(check_fletcher(chunk));
    }
    if (chunk->length != bytes)
        return gc_damaged("a chunk has another size than it should have");
    return GC_OK;
}
