/* Decompression of zlib streams, which PNG pictures and HDF5 files have.
 *
 * A picture's stream is larger than its pixels in RGBA when it has 16 bits a channel. Decompressing
 * a row at a time takes the memory of a row. */
#ifndef GC_INFLATER_H
#define GC_INFLATER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GC_WINDOW 32768 /* the largest distance of a repetition */

/* A Huffman code. Codes of up to 9 bits are looked up, longer ones are read bit by bit. */
struct gc_huffman {
    uint16_t quick[512];   /* symbol * 16 + length for the next 9 bits, 0 for longer codes */
    uint16_t count[16];    /* codes of each length */
    uint16_t symbols[288]; /* in order of their codes */
};

struct gc_inflater {
    /* Gives the next piece of the stream, and returns false after the last. NULL if `in` to `end`
     * is the whole stream. */
    bool (*next)(void *context, const uint8_t **bytes, size_t *length);
    void *context;
    const uint8_t *in, *end;
    uint64_t bits; /* read and not used yet, the next one lowest */
    int bit_count; /* below 0 if bits were used that the stream does not have */

    bool in_block, is_last;
    uint32_t stored;            /* bytes left of a block that is not compressed */
    uint32_t length, distance;  /* what is left of a repetition */
    struct gc_huffman literals; /* and lengths of repetitions */
    struct gc_huffman distances;

    uint64_t total; /* bytes given */
    uint8_t window[GC_WINDOW];
};

/* Begins a stream (RFC 1950), whose header it checks. The checksum at the end is not looked at. The
 * first four fields must be set and all others be 0. Returns false for a stream that is damaged. */
bool gc_inflater_start(struct gc_inflater *inflater);

/* Gives the next bytes, out [count]. Returns how many, which are fewer at the end of the stream
 * alone, and -1 for a stream that is damaged. */
ptrdiff_t gc_inflater_read(struct gc_inflater *inflater, uint8_t *out, size_t count);

#endif
