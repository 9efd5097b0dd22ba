/* The harness of the C tests.
 *
 *     TEST(resize_refuses_no_channels) {
 *         EXPECT_STATUS(gc_image_resize(out, 1, 1, in, 1, 1, 0, GC_BOX), GC_INVALID_ARGUMENT);
 *     }
 *
 * A test registers itself: a file of tests in this folder is all there is to add. An expectation
 * that fails is noted and the test goes on, so that it frees what it holds; REQUIRE leaves the
 * test. */
#ifndef GC_TEST_H
#define GC_TEST_H

#include "gradcam.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct test {
    const char *name;
    void (*run)(void);
    struct test *next;
} test;

void test_register(test *added);

#define TEST(NAME)                                                                                 \
    static void test_##NAME(void);                                                                 \
    __attribute__((constructor)) static void register_##NAME(void) {                               \
        static test entry = {#NAME, test_##NAME, NULL};                                            \
        test_register(&entry);                                                                     \
    }                                                                                              \
    static void test_##NAME(void)

/* Each notes a failure with what was found, and returns whether the expectation held. */
bool test_that(bool holds, const char *text, const char *file, int line);
bool test_int(long long found, long long expected, const char *text, const char *file, int line);
bool test_near(double found, double expected, double tolerance, const char *text, const char *file,
               int line);
bool test_text(const char *found, const char *expected, const char *text, const char *file,
               int line);
bool test_contains(const char *found, const char *part, const char *text, const char *file,
                   int line);
bool test_bytes(const void *found, const void *expected, size_t length, const char *text,
                const char *file, int line);
bool test_status(gc_status found, gc_status expected, const char *text, const char *file, int line);

#define EXPECT(CONDITION) test_that((CONDITION), #CONDITION, __FILE__, __LINE__)
#define EXPECT_INT(FOUND, EXPECTED) test_int((FOUND), (EXPECTED), #FOUND, __FILE__, __LINE__)
#define EXPECT_NEAR(FOUND, EXPECTED, TOLERANCE)                                                    \
    test_near((FOUND), (EXPECTED), (TOLERANCE), #FOUND, __FILE__, __LINE__)
#define EXPECT_TEXT(FOUND, EXPECTED) test_text((FOUND), (EXPECTED), #FOUND, __FILE__, __LINE__)
#define EXPECT_CONTAINS(FOUND, PART) test_contains((FOUND), (PART), #FOUND, __FILE__, __LINE__)
#define EXPECT_BYTES(FOUND, EXPECTED, LENGTH)                                                      \
    test_bytes((FOUND), (EXPECTED), (LENGTH), #FOUND, __FILE__, __LINE__)
#define EXPECT_STATUS(CALL, EXPECTED) test_status((CALL), (EXPECTED), #CALL, __FILE__, __LINE__)
#define EXPECT_OK(CALL) EXPECT_STATUS(CALL, GC_OK)

#define REQUIRE(CONDITION)                                                                         \
    do {                                                                                           \
        if (!EXPECT(CONDITION))                                                                    \
            return;                                                                                \
    } while (0)
#define REQUIRE_OK(CALL)                                                                           \
    do {                                                                                           \
        if (!EXPECT_OK(CALL))                                                                      \
            return;                                                                                \
    } while (0)

#endif
