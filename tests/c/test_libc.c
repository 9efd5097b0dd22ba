/* The modules' own functions of the C library, against this machine's. */
#include "test.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#undef snprintf
#undef vsnprintf
#define snprintf module_snprintf
#define vsnprintf module_vsnprintf
#define strtod module_strtod
#include "../../wasm-build/libc/print.c"
#include "../../wasm-build/libc/strtod.c"
#undef snprintf
#undef vsnprintf
#undef strtod

/* ---- snprintf ---- */

/* The two functions write the same text and return the same length. */
#define SAME_TEXT(SIZE, ...)                                                                       \
    do {                                                                                           \
        char found[100], expected[100];                                                            \
        memset(found, '#', sizeof found);                                                          \
        memset(expected, '#', sizeof expected);                                                    \
        const int length = snprintf(expected, SIZE, __VA_ARGS__);                                  \
        const int found_length = module_snprintf(found, SIZE, __VA_ARGS__);                        \
        EXPECT_INT(found_length, length);                                                          \
        EXPECT_BYTES(found, expected, sizeof found);                                               \
    } while (0)

TEST(libc_prints_as_this_machine) {
    const volatile size_t sizes[] = {100, 12, 5, 1, 0};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const size_t size = sizes[i];
        SAME_TEXT(size, "no directive");
        SAME_TEXT(size, "%s and '%s'", "one", "");
        SAME_TEXT(size, "%.3s, %.10s.", "layers", "layers");
        SAME_TEXT(size, "%d %d %d", 0, -12, INT32_MIN);
        SAME_TEXT(size, "%lld %lld", (long long)INT64_MIN, (long long)INT64_MAX);
        SAME_TEXT(size, "%llu %zu", (unsigned long long)UINT64_MAX, (size_t)1234567890);
        SAME_TEXT(size, "100%% of %d", 7);
    }
}

/* ---- strtod ---- */

static void same_number(const char *text) {
    char *end, *expected_end;
    const double found = module_strtod(text, &end), expected = strtod(text, &expected_end);
    if (!EXPECT_BYTES(&found, &expected, sizeof found) ||
        !EXPECT_INT(end - text, expected_end - text))
        EXPECT_TEXT(text, "the number that is read wrongly");
}

TEST(libc_reads_special_numbers) {
    const char *const texts[] = {
        "0",
        "-0.0",
        "0e5",
        "0.001,",
        "1]",
        "1.5E+3",
        "-2.5e-1 ",
        "1e22",
        "1e23",
        "9007199254740993",
        "9007199254740993.00000000000000000000000000000000001",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "1e309",
        "1e400",
        "1e2000000000",
        "2.2250738585072014e-308",
        "2.2250738585072011e-308",
        "4.9406564584124654e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "1e-324",
        "1e-400",
        "1e-2000000000",
        "0.000000000000000000000000000000000000000000000000001e60",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        same_number(texts[i]);
}

/* Halfway between two doubles, the even one is right. One digit more decides otherwise. The halves
 * of the smallest doubles have 767 digits. */
TEST(libc_reads_numbers_halfway) {
    static char text[4000];
    for (int exponent = -1075; exponent < 960; exponent += 37)
        for (int odd = 1; odd < 8; odd += 2) {
            const double half = ldexp(odd, exponent < -1074 ? -1074 : exponent);
            const int length = snprintf(text, sizeof text, "%.1100f", half);
            same_number(text);
            for (int more = 1; more < 3; more++) {
                memset(text + length, '0', 800);
                strcpy(text + length + (more == 1 ? 0 : 800), "1");
                same_number(text);
            }
        }
    snprintf(text, sizeof text, "%.1075f", 4.9406564584124654e-324 * 3);
    same_number(text);
}

TEST(libc_reads_random_numbers) {
    uint64_t seed = 1;
    for (int i = 0; i < 20000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        const uint64_t bits = seed ^ seed >> 29;
        double number;
        memcpy(&number, &bits, sizeof number);
        char text[100];
        snprintf(text, sizeof text, "%.*e", 10 + i % 12, number);
        if (isfinite(number))
            same_number(text);
        const float single = (float)(int64_t)bits * 1e-19f;
        snprintf(text, sizeof text, "%.17g", (double)single);
        same_number(text);
        snprintf(text, sizeof text, "%llu.%llue%d", (unsigned long long)bits,
                 (unsigned long long)seed, i % 640 - 330);
        same_number(text);
    }
}
