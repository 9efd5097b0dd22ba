/* Typed reading of a layer's configuration. The sentence of a failure names the layer's path and
 * the field, and says what is allowed and what stands there. */
#ifndef GC_KERAS_FIELD_H
#define GC_KERAS_FIELD_H

#include <stdbool.h>
#include <yyjson.h>

#include "base/error.h"

struct gc_fields {
    const char *layer;  /* path, for messages */
    yyjson_val *object; /* never NULL */
};

/* The value of the field `key`. NULL if it is missing or null. */
yyjson_val *gc_field(const struct gc_fields *fields, const char *key);

/* ---- Each of these gives `fallback`, or a count of 0, where the field is missing. ---- */

/* The fallback of a field that must be there. */
#define GC_REQUIRED (-1)

/* Reads an integer of at least `least`. */
gc_status gc_field_int(const struct gc_fields *fields, const char *key, int32_t least,
                       int32_t fallback, int32_t *value);

/* Reads two integers of at least `least`, for rows and columns, or one integer for both. */
gc_status gc_field_pair(const struct gc_fields *fields, const char *key, int32_t least,
                        int32_t fallback, int32_t *rows, int32_t *columns);

/* Reads one axis, an integer or a list with one integer. */
gc_status gc_field_axis(const struct gc_fields *fields, const char *key, int32_t fallback,
                        int32_t *axis);

/* Reads a list of at most `most` integers. */
gc_status gc_field_ints(const struct gc_fields *fields, const char *key, int32_t most,
                        int32_t *values, int32_t *count);

gc_status gc_field_bool(const struct gc_fields *fields, const char *key, bool fallback,
                        bool *value);

gc_status gc_field_number(const struct gc_fields *fields, const char *key, double fallback,
                          double *value);

/* Reads numbers as gc_json_numbers does. */
gc_status gc_field_numbers(const struct gc_fields *fields, const char *key, int32_t most,
                           double *values, int32_t *count);

/* Reads text. `fallback` may be NULL. */
gc_status gc_field_text(const struct gc_fields *fields, const char *key, const char *fallback,
                        const char **value);

/* Reads the padding "same" or "valid". */
gc_status gc_field_same(const struct gc_fields *fields, bool *same);

/* ---- The parts they consist of ---- */

/* Fails, and says that `key` should be `wanted`. */
gc_status gc_field_wrong(const struct gc_fields *fields, const char *key, const char *wanted);

/* Reads a list of two integers from 0 on. False if the value is none. */
bool gc_json_pair(yyjson_val *value, int32_t *first, int32_t *second);

/* Reads 1 to `most` numbers, which may be one number, a list or an array of NumPy. False if the
 * value is none of these. */
bool gc_json_numbers(yyjson_val *value, int32_t most, double *numbers, int32_t *count);

/* The text of a JSON string. NULL for any other value, and for text with a zero inside. */
const char *gc_json_text(yyjson_val *value);

#endif
