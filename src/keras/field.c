#include "keras/field.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

yyjson_val *gc_field(const struct gc_fields *fields, const char *key) {
    yyjson_val *value = yyjson_obj_get(fields->object, key);
    return yyjson_is_null(value) ? NULL : value;
}

const char *gc_json_text(yyjson_val *value) {
    const char *text = yyjson_get_str(value);
    return text != NULL && strlen(text) == yyjson_get_len(value) ? text : NULL;
}

/* ---- A value in a few words ---- */

struct words {
    char text[64];
    size_t used;
};

__attribute__((format(printf, 2, 3))) static void say(struct words *words, const char *format,
                                                      ...) {
    va_list arguments;
    va_start(arguments, format);
    const size_t left = sizeof words->text - words->used;
    const int wanted = vsnprintf(words->text + words->used, left, format, arguments);
    va_end(arguments);
    words->used += wanted < 0 ? 0 : (size_t)wanted < left ? (size_t)wanted : left - 1;
}

static void say_scalar(struct words *words, yyjson_val *value) {
    if (yyjson_is_str(value))
        say(words, "\"%.32s\"", yyjson_get_str(value));
    else if (yyjson_is_bool(value))
        say(words, yyjson_get_bool(value) ? "true" : "false");
    else if (yyjson_is_null(value))
        say(words, "null");
    else if (yyjson_is_uint(value))
        say(words, "%llu", (unsigned long long)yyjson_get_uint(value));
    else if (yyjson_is_sint(value))
        say(words, "%lld", (long long)yyjson_get_sint(value));
    else if (yyjson_is_real(value))
        say(words, isfinite(yyjson_get_real(value)) ? "a fraction" : "not finite");
    else if (yyjson_is_arr(value))
        say(words, "a list");
    else
        say(words, "an object");
}

static void say_value(struct words *words, yyjson_val *value) {
    if (!yyjson_is_arr(value) || yyjson_arr_size(value) > 4) {
        say_scalar(words, value);
        return;
    }
    size_t i, count;
    yyjson_val *entry;
    say(words, "[");
    yyjson_arr_foreach(value, i, count, entry) {
        if (i > 0)
            say(words, ", ");
        say_scalar(words, entry);
    }
    say(words, "]");
}

gc_status gc_field_wrong(const struct gc_fields *fields, const char *key, const char *wanted) {
    yyjson_val *value = yyjson_obj_get(fields->object, key);
    if (value == NULL)
        return gc_fail(GC_INVALID_MODEL, "layer '%s': %s is missing, it should be %s",
                       fields->layer, key, wanted);
    struct words words = {.used = 0};
    say_value(&words, value);
    return gc_fail(GC_INVALID_MODEL, "layer '%s': %s should be %s but is %s", fields->layer, key,
                   wanted, words.text);
}

/* ---- Integers ---- */

static bool read_int(yyjson_val *value, int32_t least, int32_t *number) {
    if (!yyjson_is_int(value))
        return false;
    if (yyjson_is_uint(value) && yyjson_get_uint(value) > INT32_MAX)
        return false;
    const int64_t wide = yyjson_get_sint(value);
    if (wide < least)
        return false;
    *number = (int32_t)wide;
    return true;
}

static bool read_pair(yyjson_val *value, int32_t least, int32_t *first, int32_t *second) {
    return yyjson_arr_size(value) == 2 && read_int(yyjson_arr_get(value, 0), least, first) &&
           read_int(yyjson_arr_get(value, 1), least, second);
}

bool gc_json_pair(yyjson_val *value, int32_t *first, int32_t *second) {
    return read_pair(value, 0, first, second);
}

gc_status gc_field_int(const struct gc_fields *fields, const char *key, int32_t least,
                       int32_t fallback, int32_t *value) {
    yyjson_val *field = gc_field(fields, key);
    *value = fallback;
    if (field == NULL && fallback != GC_REQUIRED)
        return GC_OK;
    if (read_int(field, least, value))
        return GC_OK;
    return gc_field_wrong(fields, key, least > 0 ? "a positive integer" : "an integer from 0 on");
}

gc_status gc_field_pair(const struct gc_fields *fields, const char *key, int32_t least,
                        int32_t fallback, int32_t *rows, int32_t *columns) {
    yyjson_val *field = gc_field(fields, key);
    *rows = *columns = fallback;
    if (field == NULL && fallback != GC_REQUIRED)
        return GC_OK;
    if (read_int(field, least, rows)) {
        *columns = *rows;
        return GC_OK;
    }
    if (read_pair(field, least, rows, columns))
        return GC_OK;
    return gc_field_wrong(fields, key,
                          least > 0 ? "two positive integers" : "two integers from 0 on");
}

gc_status gc_field_axis(const struct gc_fields *fields, const char *key, int32_t fallback,
                        int32_t *axis) {
    yyjson_val *field = gc_field(fields, key);
    *axis = fallback;
    if (field == NULL)
        return GC_OK;
    if (yyjson_arr_size(field) == 1)
        field = yyjson_arr_get_first(field);
    return read_int(field, INT32_MIN, axis) ? GC_OK : gc_field_wrong(fields, key, "one axis");
}

gc_status gc_field_ints(const struct gc_fields *fields, const char *key, int32_t most,
                        int32_t *values, int32_t *count) {
    yyjson_val *field = gc_field(fields, key);
    *count = 0;
    if (field == NULL)
        return GC_OK;
    char wanted[48];
    snprintf(wanted, sizeof wanted, "a list of at most %d integers", (int)most);
    if (!yyjson_is_arr(field) || yyjson_arr_size(field) > (size_t)most)
        return gc_field_wrong(fields, key, wanted);
    size_t i, size;
    yyjson_val *entry;
    yyjson_arr_foreach(field, i, size, entry) {
        if (!read_int(entry, INT32_MIN, &values[i]))
            return gc_field_wrong(fields, key, wanted);
    }
    *count = (int32_t)size;
    return GC_OK;
}

/* ---- Other kinds ---- */

gc_status gc_field_bool(const struct gc_fields *fields, const char *key, bool fallback,
                        bool *value) {
    yyjson_val *field = gc_field(fields, key);
    *value = field == NULL ? fallback : yyjson_is_true(field);
    if (field == NULL || yyjson_is_bool(field))
        return GC_OK;
    return gc_field_wrong(fields, key, "true or false");
}

gc_status gc_field_number(const struct gc_fields *fields, const char *key, double fallback,
                          double *value) {
    yyjson_val *field = gc_field(fields, key);
    *value = field == NULL ? fallback : yyjson_get_num(field);
    if (field == NULL || (yyjson_is_num(field) && isfinite(*value)))
        return GC_OK;
    return gc_field_wrong(fields, key, "a number");
}

bool gc_json_numbers(yyjson_val *value, int32_t most, double *numbers, int32_t *count) {
    if (yyjson_is_obj(value)) /* {"class_name": "__numpy__", "config": {"value": [...], ...}} */
        value = yyjson_obj_get(yyjson_obj_get(value, "config"), "value");
    /* Normalization writes its numbers in the shape of its input, as lists in lists. */
    while (yyjson_arr_size(value) == 1 && yyjson_is_arr(yyjson_arr_get_first(value)))
        value = yyjson_arr_get_first(value);
    *count = 1;
    numbers[0] = yyjson_get_num(value);
    if (yyjson_is_num(value))
        return isfinite(numbers[0]);
    const size_t size = yyjson_arr_size(value);
    if (size < 1 || size > (size_t)most)
        return false;
    yyjson_arr_iter entries;
    yyjson_arr_iter_init(value, &entries);
    for (*count = 0; *count < (int32_t)size; ++*count) {
        yyjson_val *entry = yyjson_arr_iter_next(&entries);
        numbers[*count] = yyjson_get_num(entry);
        if (!yyjson_is_num(entry) || !isfinite(numbers[*count]))
            return false;
    }
    return true;
}

gc_status gc_field_numbers(const struct gc_fields *fields, const char *key, int32_t most,
                           double *values, int32_t *count) {
    yyjson_val *field = gc_field(fields, key);
    *count = 0;
    if (field == NULL || gc_json_numbers(field, most, values, count))
        return GC_OK;
    char wanted[48];
    snprintf(wanted, sizeof wanted, "a number or a list of 1 to %d numbers", (int)most);
    return gc_field_wrong(fields, key, wanted);
}

gc_status gc_field_text(const struct gc_fields *fields, const char *key, const char *fallback,
                        const char **value) {
    yyjson_val *field = gc_field(fields, key);
    *value = field == NULL ? fallback : gc_json_text(field);
    return field == NULL || *value != NULL ? GC_OK : gc_field_wrong(fields, key, "text");
}

gc_status gc_field_same(const struct gc_fields *fields, bool *same) {
    const char *padding;
    GC_TRY(gc_field_text(fields, "padding", "valid", &padding));
    *same = strcmp(padding, "same") == 0;
    if (*same || strcmp(padding, "valid") == 0)
        return GC_OK;
    return gc_field_wrong(fields, "padding", "\"same\" or \"valid\"");
}
