/* A fuzz target is one file. It does something with bytes, and lists bytes to start from. It links
 * with main.c here, which mutates bytes for a number of rounds, or with libFuzzer. */
#ifndef GC_FUZZ_H
#define GC_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Runs the code under test on the bytes. It returns 0, leaks nothing and does not crash. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* Inputs to mutate, and words to put into them. NULL ends each list. */
extern const char *const fuzz_seeds[];
extern const char *const fuzz_words[];

/* Whether the inputs are JSON. Parts of other inputs keep their places. */
extern const bool fuzz_is_text;

#endif
