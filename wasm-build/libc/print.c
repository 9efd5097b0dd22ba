/* snprintf and vsnprintf for the modules, in place of the C library's, which bring the printing of
 * floating-point numbers with arithmetic of 128 bits. The engine's sentences hold no such numbers.
 * The directives are %s, %.9s with any number, %d, %lld, %llu, %zu and %%. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* What is written, in a buffer of `size` bytes. Bytes beyond it are counted only. */
struct out {
    char *text;
    size_t size, length;
};

static void put(struct out *out, const char *text, size_t length) {
    for (size_t i = 0; i < length; i++, out->length++)
        if (out->length + 1 < out->size)
            out->text[out->length] = text[i];
}

static void put_number(struct out *out, uint64_t number, bool negative) {
    char digits[21];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    if (negative)
        digits[--at] = '-';
    put(out, digits + at, sizeof digits - at);
}

static void put_signed(struct out *out, int64_t number) {
    put_number(out, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, number < 0);
}

/* Whether a format begins with a directive, which it then passes. */
static bool take(const char **format, const char *directive) {
    const size_t length = strlen(directive);
    if (strncmp(*format, directive, length) != 0)
        return false;
    *format += length;
    return true;
}

/* The number behind %. and before s, or no limit. */
static size_t take_limit(const char **format) {
    const char *at = *format;
    if (*at != '.')
        return SIZE_MAX;
    size_t limit = 0;
    for (at++; *at >= '0' && *at <= '9'; at++)
        limit = 10 * limit + (size_t)(*at - '0');
    *format = at;
    return limit;
}

static size_t length_within(const char *string, size_t limit) {
    size_t length = 0;
    while (length < limit && string[length] != '\0')
        length++;
    return length;
}

int vsnprintf(char *restrict text, size_t size, const char *restrict format, va_list arguments) {
    struct out out = {.text = text, .size = size};
    const char *at = format;
    while (*at != '\0') {
        if (*at++ != '%') {
            put(&out, at - 1, 1);
            continue;
        }
        const size_t limit = take_limit(&at);
        if (take(&at, "s")) {
            const char *string = va_arg(arguments, const char *);
            put(&out, string, length_within(string, limit));
        } else if (take(&at, "d"))
            put_signed(&out, va_arg(arguments, int));
        else if (take(&at, "lld"))
            put_signed(&out, va_arg(arguments, long long));
        else if (take(&at, "llu"))
            put_number(&out, va_arg(arguments, unsigned long long), false);
        else if (take(&at, "zu"))
            put_number(&out, va_arg(arguments, size_t), false);
        else
            put(&out, "%", 1), at += *at == '%';
    }
    if (size > 0)
        text[out.length < size ? out.length : size - 1] = '\0';
    return (int)out.length;
}

int snprintf(char *restrict text, size_t size, const char *restrict format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(text, size, format, arguments);
    va_end(arguments);
    return length;
}
