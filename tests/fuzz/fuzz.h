/* A fuzz target is one file of this folder. The Makefile's list FUZZERS names it, and so does the
 * table of fuzzers.js. It does something with bytes. libFuzzer finds the bytes, and its sanitizers
 * watch. seeds.c writes what a target starts from, unless the table names another folder. */
#ifndef GC_FUZZ_H
#define GC_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "gradcam.h"

/* Runs the code under test on the bytes. It returns 0, leaks nothing and does not crash. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* Changes an input of at most `most` bytes, and returns its new length. A target without one of its
 * own gets libFuzzer's. The second function is libFuzzer's. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t length, size_t most, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t length, size_t most);

/* A wrong result. libFuzzer keeps the input and prints a stack. */
static inline void fuzz_expect(int holds) {
    if (!holds)
        abort();
}

/* What a call may give whose arguments are right. */
static inline void fuzz_expect_right(gc_status status) {
    if (status != GC_INVALID_ARGUMENT && status != GC_NOT_READY && status != GC_INTERNAL)
        return;
    fprintf(stderr, "%s: %s\n", gc_status_name(status), gc_error());
    abort();
}

/* The bytes of an input, read one after another. After the last all are 0. */
struct fuzz_bytes {
    const uint8_t *next;
    size_t left;
};

static inline uint8_t fuzz_byte(struct fuzz_bytes *from) {
    return from->left == 0 ? 0 : (from->left--, *from->next++);
}

/* A number below `limit`, which is 256 at most. 0 without any. */
static inline int32_t fuzz_below(struct fuzz_bytes *from, int32_t limit) {
    return limit > 0 ? fuzz_byte(from) % limit : 0;
}

/* A pseudo-random value in -1 .. 1. */
static inline float fuzz_value(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return (float)((double)*state / 2147483648.0 - 1);
}

/* Whether the inputs are JSON. Parts of other inputs keep their places. */
extern const bool fuzz_is_text;

#endif
