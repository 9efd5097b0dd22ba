/* What values an HDF5 file keeps: their types and how many there are. */
#ifndef GC_TYPE_H
#define GC_TYPE_H

#include "files/source.h"

/* HDF5's largest number of axes. */
#define GC_MAX_AXES 32

/* Kinds of values. */
enum gc_kind {
    GC_OTHER_KIND,    /* neither numbers nor texts */
    GC_INTEGER_KIND,  /* of 1, 2, 4 or 8 bytes, with a sign */
    GC_UNSIGNED_KIND, /* the same without one */
    GC_FLOAT_KIND,    /* of IEEE 754, of 2, 4 or 8 bytes */
    GC_BFLOAT_KIND,   /* the upper half of a float of 4 bytes */
    GC_TEXT_KIND,     /* of `size` bytes each */
    GC_HEAP_TEXT_KIND /* each has a length and lies in the global heap */
};

struct gc_type {
    enum gc_kind kind;
    uint32_t size; /* bytes of a value, at least 1 */
    bool is_big_endian;
    char name[24]; /* as NumPy has it, "<f4", or for other kinds in words */
};

struct gc_space {
    int rank;
    uint64_t axes[GC_MAX_AXES];
    uint64_t largest[GC_MAX_AXES]; /* what the axes may grow to. UINT64_MAX is no limit */
    uint64_t count;                /* of values */
};

/* Takes a message of the type of values. A type that is well-formed but no number and no text is
 * GC_OTHER_KIND. Fails with INVALID_MODEL. */
gc_status gc_take_type(struct gc_cursor *cursor, struct gc_type *type);

/* Takes a message of the axes of values. Fails with INVALID_MODEL. */
gc_status gc_take_space(struct gc_cursor *cursor, struct gc_space *space);

/* Converts numbers to float32.
 *   values   receives [count]
 *   bytes    `count` numbers of the type, which is a kind of number */
void gc_convert(float *values, const uint8_t *bytes, size_t count, const struct gc_type *type);

/* Whether values of a type are numbers. */
bool gc_is_number(const struct gc_type *type);

#endif
