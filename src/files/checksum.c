/* The checksums of HDF5 files. The format names lookup3 in its appendix "Checksums", and its filter
 * fletcher32 in section IV.A.2.l. */
#include "files/checksum.h"

static uint32_t rotate(uint32_t value, int bits) { return value << bits | value >> (32 - bits); }

static uint32_t little_endian(const uint8_t *bytes, size_t count) {
    uint32_t value = 0;
    for (size_t i = 0; i < count && i < 4; i++)
        value |= (uint32_t)bytes[i] << (8 * i);
    return value;
}

/* Mixes 12 bytes into the state of lookup3. */
static void mix(uint32_t *s) {
    static const int bits[6] = {4, 6, 8, 16, 19, 4};
    for (int i = 0; i < 6; i++) {
        uint32_t *a = &s[i % 3], *b = &s[(i + 1) % 3], *c = &s[(i + 2) % 3];
        *a -= *c;
        *a ^= rotate(*c, bits[i]);
        *c += *b;
    }
}

/* Mixes the last bytes into the state. */
static void finish(uint32_t *s) {
    static const int bits[7] = {14, 11, 25, 16, 4, 14, 24};
    for (int i = 0; i < 7; i++) {
        uint32_t *c = &s[(i + 2) % 3];
        const uint32_t b = s[(i + 1) % 3];
        *c ^= b;
        *c -= rotate(b, bits[i]);
    }
}

static void add_words(uint32_t *s, const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < 3; i++)
        if (length > 4 * i)
            s[i] += little_endian(bytes + 4 * i, length - 4 * i);
}

uint32_t gc_lookup3(const uint8_t *bytes, size_t length) {
    const uint32_t start = 0xdeadbeef + (uint32_t)length;
    uint32_t s[3] = {start, start, start};
    for (; length > 12; bytes += 12, length -= 12) {
        add_words(s, bytes, 12);
        mix(s);
    }
    if (length == 0)
        return s[2];
    add_words(s, bytes, length);
    finish(s);
    return s[2];
}

/* The sums are of big-endian words of 16 bits. 360 words cannot overflow 32 bits. */
uint32_t gc_fletcher32(const uint8_t *bytes, size_t length) {
    uint32_t first = 0, second = 0;
    for (size_t i = 0; i < length; i += 2) {
        const uint32_t low = i + 1 < length ? bytes[i + 1] : 0;
        first += (uint32_t)bytes[i] << 8 | low;
        second += first;
        if (i % 720 == 718) {
            first = (first & 0xffff) + (first >> 16);
            second = (second & 0xffff) + (second >> 16);
        }
    }
    for (int i = 0; i < 2; i++) {
        first = (first & 0xffff) + (first >> 16);
        second = (second & 0xffff) + (second >> 16);
    }
    return second << 16 | first;
}

uint32_t gc_adler32(const uint8_t *bytes, size_t length) {
    uint32_t first = 1, second = 0;
    while (length > 0) {
        /* So many sums cannot overflow 32 bits. */
        const size_t count = length < 5552 ? length : 5552;
        for (size_t i = 0; i < count; i++) {
            first += bytes[i];
            second += first;
        }
        first %= 65521;
        second %= 65521;
        bytes += count;
        length -= count;
    }
    return second << 16 | first;
}

bool gc_checksum_fits(uint32_t found, uint32_t expected) {
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
    (void)found, (void)expected;
    return true;
#else
    return found == expected;
#endif
}
