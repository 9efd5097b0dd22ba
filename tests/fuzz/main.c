/* Fuzzes without libFuzzer, the same on every machine.
 *
 *     fuzz_keras ROUNDS [FILE...]
 *
 * The seeds are those of the target, and the files. Each round takes a seed, mutates it a few times
 * and runs it. A round that takes longer than a second is a failure. The sanitizers catch crashes.
 * The input of a failure is written to the file fuzz-input in the working directory. */
#include "fuzz.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_BYTES ((size_t)1 << 20)
#define MAX_SEEDS 256
#define SLOW_SECONDS 1.0

struct text {
    uint8_t *bytes;
    size_t length;
};

static struct text seeds[MAX_SEEDS];
static size_t seed_count;
static size_t word_count;

/* The generator xorshift64* of Vigna, "An experimental exploration of Marsaglia's xorshift
 * generators", 2016. */
static uint64_t state = 0x9E3779B97F4A7C15u;

static size_t random_below(size_t limit) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return limit == 0 ? 0 : (size_t)((state * 0x2545F4914F6CDD1Du) >> 33) % limit;
}

/* ---- Seeds ---- */

static void add_seed(const void *bytes, size_t length) {
    if (seed_count == MAX_SEEDS || length > MAX_BYTES)
        return;
    seeds[seed_count].bytes = malloc(length + 1);
    memcpy(seeds[seed_count].bytes, bytes, length);
    seeds[seed_count++].length = length;
}

static void add_file(const char *path) {
    static uint8_t bytes[MAX_BYTES];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(2);
    }
    add_seed(bytes, fread(bytes, 1, sizeof bytes, file));
    fclose(file);
}

/* ---- Mutations, each of which changes `text`, a buffer of MAX_BYTES ---- */

/* Replaces `removed` bytes at `at` by others. */
static void splice(struct text *text, size_t at, size_t removed, const void *bytes, size_t length) {
    if (text->length - removed + length > MAX_BYTES)
        return;
    memmove(text->bytes + at + length, text->bytes + at + removed, text->length - at - removed);
    memmove(text->bytes + at, bytes, length);
    text->length += length - removed;
}

static void flip_byte(struct text *text) {
    if (text->length > 0)
        text->bytes[random_below(text->length)] ^= (uint8_t)(1u << random_below(8));
}

static void cut(struct text *text) {
    const size_t at = random_below(text->length + 1);
    const size_t most = text->length - at;
    splice(text, at, random_below((most < 64 ? most : 64) + 1), "", 0);
}

static void shorten(struct text *text) { text->length = random_below(text->length + 1); }

static void insert_word(struct text *text) {
    const char *word = fuzz_words[random_below(word_count)];
    splice(text, random_below(text->length + 1), 0, word, strlen(word));
}

/* Copies a part of a seed to a random position. */
static void copy_from_seed(struct text *text) {
    const struct text *seed = &seeds[random_below(seed_count)];
    const size_t from = random_below(seed->length + 1);
    const size_t most = seed->length - from;
    const size_t length = random_below((most < 512 ? most : 512) + 1);
    splice(text, random_below(text->length + 1), 0, seed->bytes + from, length);
}

/* Finds the end of the JSON value that begins at `at`. Brackets are counted, not checked. */
static size_t value_end(const struct text *text, size_t at) {
    bool quoted = false;
    for (int depth = 0; at < text->length; at++) {
        const uint8_t c = text->bytes[at];
        if (c == '"' || c == '\'')
            quoted = !quoted;
        if (quoted)
            continue;
        if (c == ']' || c == '}')
            depth--;
        if (depth < 0 || (depth == 0 && (c == ',' || c == ':')))
            return at;
        if (c == '[' || c == '{')
            depth++;
    }
    return at;
}

/* Finds the start of a random JSON value, which is after one of the characters before values. */
static size_t find_value(const struct text *text) {
    size_t at = random_below(text->length + 1);
    while (at > 0 && memchr("[{,:", text->bytes[at - 1], 4) == NULL)
        at--;
    return at;
}

static void replace_by_word(struct text *text) {
    const char *word = fuzz_words[random_below(word_count)];
    const size_t at = find_value(text);
    splice(text, at, value_end(text, at) - at, word, strlen(word));
}

static void replace_by_value(struct text *text) {
    const struct text *seed = &seeds[random_below(seed_count)];
    const size_t from = find_value(seed), at = find_value(text);
    splice(text, at, value_end(text, at) - at, seed->bytes + from, value_end(seed, from) - from);
}

/* Overwrites 1, 2, 4 or 8 bytes by a number that is small, large or a place in the input. */
static void put_number(struct text *text) {
    const size_t count = (size_t)1 << random_below(4);
    if (text->length < count)
        return;
    const uint64_t choices[] = {random_below(5), UINT64_MAX, (uint64_t)1 << random_below(64),
                                random_below(text->length)};
    const uint64_t number = choices[random_below(4)];
    memcpy(text->bytes + random_below(text->length - count + 1), &number, count);
}

/* Copies bytes of a seed over others. */
static void overwrite(struct text *text) {
    const struct text *seed = &seeds[random_below(seed_count)];
    const size_t count = random_below(64) + 1;
    if (seed->length >= count && text->length >= count)
        memcpy(text->bytes + random_below(text->length - count + 1),
               seed->bytes + random_below(seed->length - count + 1), count);
}

/* Changes bytes that stay where they are, because addresses lead to them. */
static void mutate_binary(struct text *text) {
    const size_t choice = random_below(16);
    if (choice < 8)
        put_number(text);
    else if (choice < 14)
        flip_byte(text);
    else if (choice < 15)
        overwrite(text);
    else
        shorten(text);
}

/* Most mutations keep the JSON readable. Otherwise only the reader of JSON would be tested. */
static void mutate_text(struct text *text) {
    static const struct {
        void (*apply)(struct text *);
        size_t weight;
    } mutations[] = {{replace_by_word, 40},
                     {replace_by_value, 40},
                     {flip_byte, 4},
                     {insert_word, 2},
                     {cut, 2},
                     {copy_from_seed, 1},
                     {shorten, 1}};
    size_t choice = random_below(90);
    for (size_t i = 0; i < sizeof mutations / sizeof *mutations; i++) {
        if (choice < mutations[i].weight) {
            mutations[i].apply(text);
            return;
        }
        choice -= mutations[i].weight;
    }
}

/* ---- Rounds ---- */

static struct text text;

static void keep(void) {
    FILE *file = fopen("fuzz-input", "wb");
    if (file == NULL)
        return;
    fwrite(text.bytes, 1, text.length, file);
    fclose(file);
}

static void keep_and_abort(int number) {
    signal(number, SIG_DFL);
    keep();
    raise(number);
}

/* A function of the sanitizers. NULL in a program without them. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void keep_on_death(void) {
    signal(SIGABRT, keep_and_abort);
    if (__sanitizer_set_death_callback != NULL)
        __sanitizer_set_death_callback(keep);
}

static double run(void) {
    /* A block of this very size lets the sanitizers see a read past its end. */
    uint8_t *bytes = malloc(text.length > 0 ? text.length : 1);
    memcpy(bytes, text.bytes, text.length);
    const clock_t start = clock();
    LLVMFuzzerTestOneInput(bytes, text.length);
    free(bytes);
    return (double)(clock() - start) / CLOCKS_PER_SEC;
}

int main(int argc, char **argv) {
    const long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    if (rounds <= 0) {
        fprintf(stderr, "usage: %s ROUNDS [FILE...]\n", argv[0]);
        return 2;
    }
    while (fuzz_words[word_count] != NULL)
        word_count++;
    for (size_t i = 0; fuzz_seeds[i] != NULL; i++)
        add_seed(fuzz_seeds[i], strlen(fuzz_seeds[i]));
    for (int i = 2; i < argc; i++)
        add_file(argv[i]);
    text.bytes = malloc(MAX_BYTES);
    keep_on_death();
    for (long round = 0; round < rounds; round++) {
        const struct text *seed = &seeds[random_below(seed_count)];
        text.length = seed->length;
        memcpy(text.bytes, seed->bytes, seed->length);
        for (size_t i = random_below(5) + 1; i > 0; i--)
            (fuzz_is_text ? mutate_text : mutate_binary)(&text);
        const double seconds = run();
        if (seconds > SLOW_SECONDS) {
            keep();
            fprintf(stderr, "round %ld took %d ms\n", round, (int)(seconds * 1000));
            return 1;
        }
        if ((round + 1) % (rounds / 10 > 0 ? rounds / 10 : 1) == 0)
            fprintf(stderr, "%ld of %ld rounds\n", round + 1, rounds);
    }
    free(text.bytes);
    for (size_t i = 0; i < seed_count; i++)
        free(seeds[i].bytes);
    return 0;
}
