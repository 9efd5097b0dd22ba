/* The messages for types and spaces. The File Format Specification describes them in sections
 * IV.A.2.d (datatype) and IV.A.2.b (dataspace). */
#include "files/type.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

/* Classes of types that are looked at. */
enum { INTEGER = 0, FLOAT = 1, TEXT = 3, OPAQUE = 5, ENUM = 8, VARIABLE = 9 };

/* What all classes are called in errors. */
static const char *const class_names[] = {
    "integer", "float",           "time",  "text",    "bits", "opaque", "compound", "reference",
    "enum",    "variable length", "array", "complex",
};

/* An enum has the type of its values inside, which may not be an enum again. */
#define DEEPEST 2

/* ---- Types ---- */

static bool is_number_size(uint32_t size) {
    return size == 1 || size == 2 || size == 4 || size == 8;
}

/* Takes what says which bits an integer uses. They must be all. */
static gc_status take_integer(struct gc_cursor *cursor, struct gc_type *type, uint64_t bits) {
    const uint64_t offset = gc_take(cursor, 2), precision = gc_take(cursor, 2);
    if (is_number_size(type->size) && offset == 0 && precision == 8 * (uint64_t)type->size)
        type->kind = bits & 8 ? GC_INTEGER_KIND : GC_UNSIGNED_KIND;
    type->is_big_endian = bits & 1;
    return gc_check_end(cursor, "type");
}

/* The bits of a floating-point number, where its exponent and mantissa are, and the bias. */
struct float_form {
    uint64_t offset, precision, exponent_at, exponent_bits, mantissa_at, mantissa_bits, bias, sign;
};

static bool is_form(const struct float_form *form, uint64_t exponent_bits, uint64_t mantissa_bits) {
    const uint64_t bits = 1 + exponent_bits + mantissa_bits;
    const struct float_form expected = {
        .precision = bits,
        .exponent_at = mantissa_bits,
        .exponent_bits = exponent_bits,
        .mantissa_bits = mantissa_bits,
        .bias = ((uint64_t)1 << (exponent_bits - 1)) - 1,
        .sign = bits - 1,
    };
    return memcmp(form, &expected, sizeof expected) == 0;
}

static gc_status take_float(struct gc_cursor *cursor, struct gc_type *type, uint64_t bits) {
    struct float_form form = {.sign = bits >> 8 & 0xff};
    form.offset = gc_take(cursor, 2);
    form.precision = gc_take(cursor, 2);
    form.exponent_at = gc_take(cursor, 1);
    form.exponent_bits = gc_take(cursor, 1);
    form.mantissa_at = gc_take(cursor, 1);
    form.mantissa_bits = gc_take(cursor, 1);
    form.bias = gc_take(cursor, 4);
    const bool is_normal = (bits >> 4 & 3) == 2, is_vax = (bits & 0x41) == 0x41;
    const bool is_ieee = (type->size == 2 && is_form(&form, 5, 10)) ||
                         (type->size == 4 && is_form(&form, 8, 23)) ||
                         (type->size == 8 && is_form(&form, 11, 52));
    if (is_ieee && is_normal && !is_vax)
        type->kind = GC_FLOAT_KIND;
    else if (type->size == 2 && is_form(&form, 8, 7) && is_normal && !is_vax)
        type->kind = GC_BFLOAT_KIND;
    type->is_big_endian = bits & 1;
    return gc_check_end(cursor, "type");
}

/* Writes the type's name, "<f4" or "compound". */
static void name_type(struct gc_type *type, uint64_t class) {
    static const char letters[] = {[GC_INTEGER_KIND] = 'i',
                                   [GC_UNSIGNED_KIND] = 'u',
                                   [GC_FLOAT_KIND] = 'f',
                                   [GC_BFLOAT_KIND] = 'b'};
    if (gc_is_number(type)) {
        type->name[0] = type->size == 1 ? '|' : type->is_big_endian ? '>' : '<';
        type->name[1] = letters[type->kind];
        snprintf(type->name + 2, sizeof type->name - 2, "%d", (int)type->size);
    } else if (class < sizeof class_names / sizeof *class_names)
        snprintf(type->name, sizeof type->name, "%s", class_names[class]);
    else
        snprintf(type->name, sizeof type->name, "class %d", (int)class);
}

static gc_status take_nested(struct gc_cursor *cursor, struct gc_type *type, int depth) {
    const uint64_t first = gc_take(cursor, 1), bits = gc_take(cursor, 3);
    const uint64_t class = first & 15;
    *type = (struct gc_type){.size = (uint32_t)gc_take(cursor, 4)};
    GC_TRY(gc_check_end(cursor, "type"));
    if (type->size == 0)
        return gc_damaged("values have no bytes");
    if (class == INTEGER)
        GC_TRY(take_integer(cursor, type, bits));
    else if (class == FLOAT)
        GC_TRY(take_float(cursor, type, bits));
    else if (class == TEXT)
        type->kind = GC_TEXT_KIND;
    /* Keras writes bfloat16 as opaque values of two bytes, because h5py has no such type. */
    else if (class == OPAQUE && type->size == 2)
        type->kind = GC_BFLOAT_KIND;
    /* h5py writes truth values as an enum of integers. */
    else if (class == ENUM && depth + 1 < DEEPEST)
        return take_nested(cursor, type, depth + 1);
    else if (class == VARIABLE && (bits & 15) == 1)
        type->kind = GC_HEAP_TEXT_KIND;
    name_type(type, class);
    return GC_OK;
}

gc_status gc_take_type(struct gc_cursor *cursor, struct gc_type *type) {
    return take_nested(cursor, type, 0);
}

bool gc_is_number(const struct gc_type *type) {
    return type->kind >= GC_INTEGER_KIND && type->kind <= GC_BFLOAT_KIND;
}

/* ---- Spaces ---- */

/* More values than any machine holds. Below it, sizes in bytes do not wrap. */
#define MAX_VALUES ((uint64_t)1 << 48)

static gc_status count_values(struct gc_space *space) {
    space->count = 1;
    for (int i = 0; i < space->rank; i++) {
        if (space->axes[i] == 0) {
            space->count = 0;
            return GC_OK;
        }
    }
    for (int i = 0; i < space->rank; i++) {
        if (space->axes[i] > MAX_VALUES / space->count)
            return gc_fail(GC_TOO_LARGE, "the HDF5 file has an array of more than 2^48 values");
        space->count *= space->axes[i];
    }
    return GC_OK;
}

gc_status gc_take_space(struct gc_cursor *cursor, struct gc_space *space) {
    *space = (struct gc_space){0};
    const uint64_t version = gc_take(cursor, 1), rank = gc_take(cursor, 1);
    const uint64_t flags = gc_take(cursor, 1);
    const bool is_null = version == 2 && gc_take(cursor, 1) == 2;
    if (version == 1)
        gc_take_bytes(cursor, 5);
    if ((version != 1 && version != 2) || rank > GC_MAX_AXES)
        return gc_fail(GC_INVALID_MODEL, "the HDF5 file has a space of version %d and %d axes",
                       (int)version, (int)rank);
    space->rank = (int)rank;
    for (int i = 0; i < space->rank; i++)
        space->axes[i] = space->largest[i] = gc_take_length(cursor);
    const uint64_t unlimited = UINT64_MAX >> (64 - 8 * cursor->file->length_size);
    for (int i = 0; i < space->rank && (flags & 1); i++) {
        const uint64_t largest = gc_take_length(cursor);
        space->largest[i] = largest == unlimited ? UINT64_MAX : largest;
        if (space->largest[i] < space->axes[i])
            return gc_damaged("an axis is longer than its limit");
    }
    GC_TRY(gc_check_end(cursor, "space"));
    GC_TRY(count_values(space));
    if (is_null) { /* no values, which a shape says with an axis of 0 */
        space->rank = 1;
        space->axes[0] = space->count = 0;
    }
    return GC_OK;
}

/* ---- Conversion ---- */

static float float_of_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double double_of_bits(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The value of a number in half precision. */
static float half_to_float(uint32_t half) {
    const uint32_t sign = (half & 0x8000) << 16, exponent = half >> 10 & 31, mantissa = half & 1023;
    if (exponent == 31)
        return float_of_bits(sign | 0x7f800000 | mantissa << 13);
    if (exponent > 0)
        return float_of_bits(sign | (exponent + 112) << 23 | mantissa << 13);
    const float size = (float)mantissa * 0x1p-24f;
    return sign ? -size : size;
}

/* A number of `size` bytes. */
static uint64_t bits_of(const uint8_t *bytes, size_t size, bool is_big_endian) {
    uint64_t bits = 0;
    for (size_t i = 0; i < size; i++)
        bits |= (uint64_t)bytes[is_big_endian ? size - 1 - i : i] << (8 * i);
    return bits;
}

static float float_value(uint64_t bits, uint32_t size) {
    if (size == 2)
        return half_to_float((uint32_t)bits);
    return size == 4 ? float_of_bits((uint32_t)bits) : (float)double_of_bits(bits);
}

/* Extends the sign of a number of `size` bytes. */
static int64_t signed_value(uint64_t bits, uint32_t size) {
    const int unused = 64 - 8 * (int)size;
    return (int64_t)(bits << unused) >> unused;
}

static float value_of(uint64_t bits, const struct gc_type *type) {
    switch (type->kind) {
    case GC_FLOAT_KIND:
        return float_value(bits, type->size);
    case GC_BFLOAT_KIND:
        return float_of_bits((uint32_t)bits << 16);
    case GC_INTEGER_KIND:
        return (float)signed_value(bits, type->size);
    default:
        return (float)bits;
    }
}

void gc_convert(float *values, const uint8_t *bytes, size_t count, const struct gc_type *type) {
    if (type->kind == GC_FLOAT_KIND && type->size == 4 && !type->is_big_endian) {
        memcpy(values, bytes, count * sizeof *values);
        return;
    }
    for (size_t i = 0; i < count; i++, bytes += type->size)
        values[i] = value_of(bits_of(bytes, type->size, type->is_big_endian), type);
}
