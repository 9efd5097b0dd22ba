/* Deflate, RFC 1951. */
#include "image/inflater.h"

#include <string.h>

#define QUICK_BITS 9

/* ---- Bits ---- */

static bool fetch(struct gc_inflater *s) {
    while (s->in == s->end) {
        size_t length;
        if (s->next == NULL || !s->next(s->context, &s->in, &length))
            return false;
        s->end = s->in + length;
    }
    return true;
}

/* Reads ahead so that 48 bits are there, if the stream has as many. The longest code with its
 * further bits has 28. */
static void refill(struct gc_inflater *s) {
    if (s->end - s->in >= 8 && s->bit_count >= 0) {
        uint64_t next = 0;
        for (int i = 0; i < 8; i++)
            next |= (uint64_t)s->in[i] << (8 * i);
        const int bytes = (63 - s->bit_count) / 8;
        s->bits |= next << s->bit_count;
        s->in += bytes;
        s->bit_count += 8 * bytes;
        return;
    }
    while (s->bit_count <= 48 && s->bit_count >= 0 && fetch(s)) {
        s->bits |= (uint64_t)*s->in++ << s->bit_count;
        s->bit_count += 8;
    }
}

static uint32_t take(struct gc_inflater *s, int count) {
    const uint32_t bits = (uint32_t)s->bits & ((1u << count) - 1);
    s->bits >>= count;
    s->bit_count -= count;
    return bits;
}

/* ---- Huffman codes ---- */

/* The bits of a code come from its highest to its lowest. */
static uint32_t reverse(uint32_t code, int length) {
    uint32_t reversed = 0;
    for (int i = 0; i < length; i++)
        reversed |= (code >> i & 1) << (length - 1 - i);
    return reversed;
}

static void fill_quick(struct gc_huffman *h, uint32_t code, int length, int symbol) {
    for (uint32_t i = reverse(code, length); i < 1u << QUICK_BITS; i += 1u << length)
        h->quick[i] = (uint16_t)(symbol << 4 | length);
}

/* Makes a code from the lengths of its symbols' codes, 0 for a symbol without one. Returns false if
 * there are more codes than fit. */
static bool build(struct gc_huffman *h, const uint8_t *lengths, int symbols) {
    uint32_t next_code[16] = {0}, next_index[16] = {0};
    memset(h, 0, sizeof *h);
    for (int i = 0; i < symbols; i++)
        h->count[lengths[i]]++;
    h->count[0] = 0;
    for (int length = 1; length < 16; length++) {
        next_code[length] = (next_code[length - 1] + h->count[length - 1]) << 1;
        next_index[length] = next_index[length - 1] + h->count[length - 1];
        if (next_code[length] + h->count[length] > 1u << length)
            return false;
    }
    for (int i = 0; i < symbols; i++) {
        const int length = lengths[i];
        if (length == 0)
            continue;
        h->symbols[next_index[length]++] = (uint16_t)i;
        if (length <= QUICK_BITS)
            fill_quick(h, next_code[length], length, i);
        next_code[length]++;
    }
    return true;
}

/* Reads a symbol bit by bit. -1 if no code fits. */
static int read_long(struct gc_inflater *s, const struct gc_huffman *h) {
    int32_t code = 0, first = 0, index = 0;
    for (int length = 1; length < 16; length++) {
        code |= (int32_t)take(s, 1);
        if (code - first < h->count[length])
            return h->symbols[index + code - first];
        index += h->count[length];
        first = (first + h->count[length]) << 1;
        code <<= 1;
    }
    return -1;
}

static int read_symbol(struct gc_inflater *s, const struct gc_huffman *h) {
    const uint32_t quick = h->quick[s->bits & ((1u << QUICK_BITS) - 1)];
    if (quick == 0)
        return read_long(s, h);
    take(s, (int)(quick & 15));
    return (int)(quick >> 4);
}

/* ---- Blocks ---- */

static bool start_stored(struct gc_inflater *s) {
    take(s, s->bit_count & 7);
    refill(s);
    const uint32_t length = take(s, 16), inverse = take(s, 16);
    s->stored = length;
    return s->bit_count >= 0 && (length ^ 0xFFFF) == inverse;
}

static bool start_fixed(struct gc_inflater *s) {
    uint8_t lengths[288];
    for (int i = 0; i < 288; i++)
        lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    build(&s->literals, lengths, 288);
    memset(lengths, 5, 30);
    return build(&s->distances, lengths, 30);
}

/* Reads lengths of codes, which are compressed themselves.
 *   lengths   [count] */
static bool read_lengths(struct gc_inflater *s, uint8_t *lengths, int count) {
    for (int i = 0; i < count;) {
        refill(s);
        const int symbol = read_symbol(s, &s->literals);
        if (symbol < 0 || symbol > 18 || (symbol == 16 && i == 0))
            return false;
        if (symbol < 16) {
            lengths[i++] = (uint8_t)symbol;
            continue;
        }
        const uint8_t value = symbol == 16 ? lengths[i - 1] : 0;
        const int repeated = symbol == 16   ? 3 + (int)take(s, 2)
                             : symbol == 17 ? 3 + (int)take(s, 3)
                                            : 11 + (int)take(s, 7);
        if (s->bit_count < 0 || repeated > count - i)
            return false;
        memset(lengths + i, value, (size_t)repeated);
        i += repeated;
    }
    return true;
}

static bool start_dynamic(struct gc_inflater *s) {
    static const uint8_t order[19] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                      11, 4,  12, 3, 13, 2, 14, 1, 15};
    const int literals = 257 + (int)take(s, 5), distances = 1 + (int)take(s, 5);
    const int count = 4 + (int)take(s, 4);
    uint8_t lengths[288 + 32] = {0};
    for (int i = 0; i < count; i++) {
        refill(s);
        lengths[order[i]] = (uint8_t)take(s, 3);
    }
    if (s->bit_count < 0 || literals > 286 || !build(&s->literals, lengths, 19))
        return false;
    if (!read_lengths(s, lengths, literals + distances))
        return false;
    return build(&s->distances, lengths + literals, distances) &&
           build(&s->literals, lengths, literals);
}

static bool start_block(struct gc_inflater *s) {
    refill(s);
    s->is_last = take(s, 1);
    switch (take(s, 2)) {
    case 0:
        return start_stored(s);
    case 1:
        s->in_block = true;
        return start_fixed(s);
    case 2:
        s->in_block = true;
        return start_dynamic(s);
    default:
        return false;
    }
}

/* ---- Symbols ---- */

/* Reads how long a repetition is and how far back.
 *   symbol   257 to 285 */
static bool start_repetition(struct gc_inflater *s, int symbol) {
    static const uint16_t lengths[29] = {3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                         15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                         67, 83, 99, 115, 131, 163, 195, 227, 258};
    static const uint16_t distances[30] = {
        1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
        193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
    const int i = symbol - 257;
    if (i > 28)
        return false;
    s->length = lengths[i] + take(s, i < 8 || i == 28 ? 0 : (i - 4) / 4);
    const int k = read_symbol(s, &s->distances);
    if (k < 0 || k > 29)
        return false;
    s->distance = distances[k] + take(s, k < 4 ? 0 : (k - 2) / 2);
    return s->bit_count >= 0 && s->distance <= s->total;
}

/* Keeps bytes that were given, for repetitions. */
static void remember(struct gc_inflater *s, const uint8_t *bytes, size_t count) {
    while (count > 0) {
        const size_t at = s->total % GC_WINDOW, space = GC_WINDOW - at;
        const size_t kept = count < space ? count : space;
        memcpy(s->window + at, bytes, kept);
        s->total += kept;
        bytes += kept;
        count -= kept;
    }
}

/* Gives bytes of a repetition, at most `count`. Returns how many. A repetition that is longer than
 * its distance repeats itself. */
static size_t repeat(struct gc_inflater *s, uint8_t *out, size_t count) {
    const size_t distance = s->distance, given = s->length < count ? s->length : count;
    const size_t before = given < distance ? given : distance;
    const size_t start = (s->total - distance) % GC_WINDOW, space = GC_WINDOW - start;
    memcpy(out, s->window + start, before < space ? before : space);
    if (before > space)
        memcpy(out + space, s->window, before - space);
    for (size_t i = before; i < given; i++)
        out[i] = out[i - distance];
    remember(s, out, given);
    s->length -= (uint32_t)given;
    return given;
}

/* Gives literals whose codes are looked up, at most `count`. Returns how many. */
static size_t read_quick(struct gc_inflater *s, uint8_t *out, size_t count) {
    uint64_t bits = s->bits;
    int left = s->bit_count;
    size_t given = 0;
    while (given < count && left >= QUICK_BITS) {
        const uint32_t quick = s->literals.quick[bits & ((1u << QUICK_BITS) - 1)];
        if (quick == 0 || quick >> 4 >= 256)
            break;
        bits >>= quick & 15;
        left -= (int)(quick & 15);
        out[given++] = (uint8_t)(quick >> 4);
    }
    s->bits = bits;
    s->bit_count = left;
    return given;
}

/* Gives literals until a symbol is none, at most `count`. Returns how many, -1 if the stream is
 * damaged. */
static ptrdiff_t read_literals(struct gc_inflater *s, uint8_t *out, size_t count) {
    size_t given = 0;
    int symbol = 0;
    while (given < count && symbol < 256) {
        refill(s);
        given += read_quick(s, out + given, count - given);
        if (given == count)
            break;
        refill(s);
        symbol = read_symbol(s, &s->literals);
        if (symbol < 0 || s->bit_count < 0)
            return -1;
        if (symbol < 256)
            out[given++] = (uint8_t)symbol;
    }
    remember(s, out, given);
    s->in_block = symbol != 256;
    return symbol <= 256 || start_repetition(s, symbol) ? (ptrdiff_t)given : -1;
}

/* Gives bytes of a block that is not compressed, at most `count`. */
static ptrdiff_t read_stored(struct gc_inflater *s, uint8_t *out, size_t count) {
    const size_t given = s->stored < count ? s->stored : count;
    for (size_t i = 0; i < given; i++) {
        refill(s);
        out[i] = (uint8_t)take(s, 8);
    }
    remember(s, out, given);
    s->stored -= (uint32_t)given;
    return s->bit_count < 0 ? -1 : (ptrdiff_t)given;
}

bool gc_inflater_start(struct gc_inflater *s) {
    refill(s);
    const uint32_t first = take(s, 8), second = take(s, 8);
    const bool has_dictionary = second & 0x20;
    return s->bit_count >= 0 && (first & 15) == 8 && (first << 8 | second) % 31 == 0 &&
           !has_dictionary;
}

ptrdiff_t gc_inflater_read(struct gc_inflater *s, uint8_t *out, size_t count) {
    size_t total = 0;
    while (total < count) {
        const size_t left = count - total;
        ptrdiff_t given = 0;
        if (s->length > 0)
            given = (ptrdiff_t)repeat(s, out + total, left);
        else if (s->stored > 0)
            given = read_stored(s, out + total, left);
        else if (s->in_block)
            given = read_literals(s, out + total, left);
        else if (s->is_last)
            break;
        else if (!start_block(s))
            return -1;
        if (given < 0)
            return -1;
        total += (size_t)given;
    }
    return (ptrdiff_t)total;
}
