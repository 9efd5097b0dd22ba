/* The checksums of HDF5 files. */
#ifndef GC_CHECKSUM_H
#define GC_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bob Jenkins' hash lookup3, which stands behind most structures of HDF5 1.8 and later. */
uint32_t gc_lookup3(const uint8_t *bytes, size_t length);

/* Fletcher's checksum as HDF5's filter fletcher32 computes it. */
uint32_t gc_fletcher32(const uint8_t *bytes, size_t length);

/* The checksum at the end of a zlib stream (RFC 1950). */
uint32_t gc_adler32(const uint8_t *bytes, size_t length);

/* Whether a checksum is the expected one. Builds for fuzzing accept every checksum, or hardly a
 * damaged file would get past the first. */
bool gc_checksum_fits(uint32_t found, uint32_t expected);

#endif
