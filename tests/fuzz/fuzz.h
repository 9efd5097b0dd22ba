/* A fuzz target is one file: what is done with bytes, and what bytes to start from. It links with
 * main.c here, which mutates on its own for a number of rounds, or with libFuzzer. */
#ifndef GC_FUZZ_H
#define GC_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Does with the bytes what the target tests; must return 0, leak nothing, and not crash. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* Inputs to mutate, and words to put into them; NULL ends each. */
extern const char *const fuzz_seeds[];
extern const char *const fuzz_words[];

#endif
