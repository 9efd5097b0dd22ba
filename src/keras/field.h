/* Typed reading of a layer's configuration. Whatever does not fit is refused with the layer's path, the
 * field, what is allowed and what was there. */
#ifndef GC_KERAS_FIELD_H
#define GC_KERAS_FIELD_H

#include <stdbool.h>
#include <yyjson.h>

#include "base/error.h"

struct gc_fields {
    const char *layer;  /* path, for messages */
    yyjson_val *object; /* never NULL */
};

/* What stands in `key`; NULL if nothing or null does. */
yyjson_val *gc_field(const struct gc_fields *fields, const char *key);

/* As default for a field that must be there. */
#define GC_REQUIRED (-1)

/* An integer of at least `least`; without the field the default, which GC_REQUIRED forbids. */
gc_status gc_field_int(const struct gc_fields *fields, const char *key, int32_t least,
                       int32_t without, int32_t *value);

/* Two integers of at least `least` for rows and columns, or one for both. */
gc_status gc_field_pair(const struct gc_fields *fields, const char *key, int32_t least,
                        int32_t without, int32_t *rows, int32_t *columns);

/* One axis: an integer, or a list with one. */
gc_status gc_field_axis(const struct gc_fields *fields, const char *key, int32_t without,
                        int32_t *axis);

/* Up to `room` integers; *count is 0 without the field. */
gc_status gc_field_ints(const struct gc_fields *fields, const char *key, int32_t room,
                        int32_t *values, int32_t *count);

gc_status gc_field_bool(const struct gc_fields *fields, const char *key, bool without, bool *value);

gc_status gc_field_number(const struct gc_fields *fields, const char *key, double without,
                          double *value);

/* The same for a field; *count is 0 without it. */
gc_status gc_field_numbers(const struct gc_fields *fields, const char *key, int32_t room,
                           double *values, int32_t *count);

/* Text; `without` may be NULL. */
gc_status gc_field_text(const struct gc_fields *fields, const char *key, const char *without,
                        const char **value);

/* The padding "same" or "valid". */
gc_status gc_field_same(const struct gc_fields *fields, bool *same);

/* Fails: `key` should be `wanted`. */
gc_status gc_field_wrong(const struct gc_fields *fields, const char *key, const char *wanted);

/* Reads a list of two integers from 0 on; false if it is none. */
bool gc_json_pair(yyjson_val *value, int32_t *first, int32_t *second);

/* Reads 1 to `room` numbers: one, a list, or an array of NumPy; false if it is none of these. */
bool gc_json_numbers(yyjson_val *value, int32_t room, double *numbers, int32_t *count);

/* Text of a JSON string; NULL for anything else, and for text with a zero inside. */
const char *gc_json_text(yyjson_val *value);

#endif
