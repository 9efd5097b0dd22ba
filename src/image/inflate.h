/* Decompression of zlib streams, which PNG pictures need and HDF5 files too. */
#ifndef GC_INFLATE_H
#define GC_INFLATE_H

#include <stdint.h>

/* Decompresses a zlib stream (RFC 1950) and does not look at its checksum.
 *   out       receives at most `most` bytes
 *   returns   how many there are, -1 if the stream is damaged or has more */
int gc_inflate(uint8_t *out, int most, const uint8_t *in, int length);

#endif
