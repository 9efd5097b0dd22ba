/* Runs the C tests whose names contain the argument, all of them without one. One line a test, then
 * "N passed, N failed"; the exit status is 1 if any failed or none ran. */
#include "test.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static test *first, **end = &first;

/* Failures of the test that runs, and the first one's text. */
static int failures;
static char first_failure[1024];

void test_register(test *added) {
    *end = added;
    end = &added->next;
}

__attribute__((format(printf, 3, 4))) static bool fail(const char *file, int line,
                                                       const char *format, ...) {
    if (failures++ > 0)
        return false;
    int n = snprintf(first_failure, sizeof first_failure, "%s:%d: ", file, line);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(first_failure + n, sizeof first_failure - (size_t)n, format, arguments);
    va_end(arguments);
    return false;
}

bool test_that(bool holds, const char *text, const char *file, int line) {
    return holds || fail(file, line, "%s does not hold", text);
}

bool test_int(long long found, long long expected, const char *text, const char *file, int line) {
    return found == expected || fail(file, line, "%s is %lld, not %lld", text, found, expected);
}

bool test_near(double found, double expected, double tolerance, const char *text, const char *file,
               int line) {
    return fabs(found - expected) <= tolerance ||
           fail(file, line, "%s is %.9g, not %.9g within %.3g", text, found, expected, tolerance);
}

bool test_text(const char *found, const char *expected, const char *text, const char *file,
               int line) {
    if (!found)
        return fail(file, line, "%s is NULL, not \"%s\"", text, expected);
    return strcmp(found, expected) == 0 ||
           fail(file, line, "%s is \"%s\", not \"%s\"", text, found, expected);
}

bool test_contains(const char *found, const char *part, const char *text, const char *file,
                   int line) {
    if (!found)
        return fail(file, line, "%s is NULL, without \"%s\"", text, part);
    return strstr(found, part) ||
           fail(file, line, "%s is \"%s\", without \"%s\"", text, found, part);
}

bool test_bytes(const void *found, const void *expected, size_t length, const char *text,
                const char *file, int line) {
    const unsigned char *a = found, *b = expected;
    for (size_t i = 0; i < length; i++) {
        if (a[i] != b[i])
            return fail(file, line, "%s: byte %zu is %d, not %d", text, i, a[i], b[i]);
    }
    return true;
}

bool test_status(gc_status found, gc_status expected, const char *text, const char *file,
                 int line) {
    return found == expected ||
           fail(file, line, "%s gives %s (%s), not %s", text, gc_status_name(found),
                found == GC_OK ? "" : gc_error(), gc_status_name(expected));
}

/* Returns whether the test passed. */
static bool run(const test *t) {
    failures = 0;
    t->run();
    if (failures == 0) {
        printf("ok %s\n", t->name);
    } else if (failures == 1) {
        printf("not ok %s: %s\n", t->name, first_failure);
    } else {
        printf("not ok %s: %s (and %d more)\n", t->name, first_failure, failures - 1);
    }
    fflush(stdout);
    return failures == 0;
}

int main(int argc, char **argv) {
    int passed = 0, failed = 0;
    for (const test *t = first; t; t = t->next) {
        if (argc > 1 && !strstr(t->name, argv[1]))
            continue;
        if (run(t)) {
            passed++;
        } else {
            failed++;
        }
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0 || passed == 0;
}
