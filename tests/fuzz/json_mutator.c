/* Changes configurations. Most changes keep the JSON readable. Otherwise only the reader of JSON
 * would be tested. In all texts ' stands for ". */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../c/layer_models.h"
#include "fuzz.h"

struct text {
    uint8_t *bytes;
    size_t length, most;
};

/* The generator xorshift64* of Vigna, "An experimental exploration of Marsaglia's xorshift
 * generators", 2016. */
static uint64_t state;

static size_t random_below(size_t limit) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return limit == 0 ? 0 : (size_t)((state * 0x2545F4914F6CDD1Du) >> 33) % limit;
}

/* ---- Words and pieces ---- */

static const char *const words[] = {
    "'TFOpLambda'",
    "'module':'keras.src.ops.numpy'",
    "'axis':[1,2]",
    "'mean':[1,2,3]",
    "'dims':[3,2,1]",
    "'function':'math.add'",
    "'function':'nn.space_to_depth','block_size':2",
    "'function':'linalg.matmul'",
    "'Stack'",
    "'Where'",
    "'Normalize'",
    "'axes':[0,2,1,3]",
    "0",
    "-1",
    "1",
    "2147483647",
    "2147483648",
    "1000000000",
    "1e9",
    "0.5",
    "NaN",
    "null",
    "true",
    "[]",
    "{}",
    "[1,2]",
    "[[1,2],[3,4]]",
    "''",
    "'x'",
    "'in'",
    "'c'",
    "'base'",
    "'bn'",
    "'add'",
    "'same'",
    "'valid'",
    "'Lambda'",
    "'Functional'",
    "'Sequential'",
    "'InputLayer'",
    "'channels_first'",
    "'data_format':'channels_first'",
    "'name':'in'",
    "'config':",
    "'activation':{'class_name':'ReLU'}",
    ",",
    "[['in',0,0,{}]]",
    "['c',0,0]",
    "'a/b'",
    "'\\u0000'",
};

#define ENTRIES(array) (sizeof(array) / sizeof *(array))

/* A word, or the name of a layer or an activation in quotes. */
static const char *random_word(void) {
    static char name[80];
    const size_t choice = random_below(3);
    if (choice == 0)
        return words[random_below(ENTRIES(words))];
    const char *(*const names)(int32_t) =
        choice == 1 ? gc_supported_layer : gc_supported_activation;
    size_t count = 0;
    while (names((int32_t)count) != NULL)
        count++;
    snprintf(name, sizeof name, "'%s'", names((int32_t)random_below(count)));
    return name;
}

/* A model to take pieces from. */
static struct text random_model(void) {
    size_t count = 0;
    while (layer_models[count].name != NULL)
        count++;
    const char *config = layer_models[random_below(count)].config;
    return (struct text){(uint8_t *)config, strlen(config), 0};
}

/* ---- Changes ---- */

/* Replaces `removed` bytes at `at` by others. */
static void splice(struct text *text, size_t at, size_t removed, const void *bytes, size_t length) {
    if (text->length - removed + length > text->most)
        return;
    memmove(text->bytes + at + length, text->bytes + at + removed, text->length - at - removed);
    memmove(text->bytes + at, bytes, length);
    text->length += length - removed;
}

static void cut(struct text *text) {
    const size_t at = random_below(text->length + 1);
    const size_t most = text->length - at;
    splice(text, at, random_below((most < 64 ? most : 64) + 1), "", 0);
}

static void shorten(struct text *text) { text->length = random_below(text->length + 1); }

static void insert_word(struct text *text) {
    const char *word = random_word();
    splice(text, random_below(text->length + 1), 0, word, strlen(word));
}

/* Copies a part of a model to a random position. */
static void copy_piece(struct text *text) {
    const struct text model = random_model();
    const size_t from = random_below(model.length + 1);
    const size_t most = model.length - from;
    const size_t length = random_below((most < 512 ? most : 512) + 1);
    splice(text, random_below(text->length + 1), 0, model.bytes + from, length);
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
    const char *word = random_word();
    const size_t at = find_value(text);
    splice(text, at, value_end(text, at) - at, word, strlen(word));
}

static void replace_by_value(struct text *text) {
    const struct text model = random_model();
    const size_t from = find_value(&model), at = find_value(text);
    splice(text, at, value_end(text, at) - at, model.bytes + from, value_end(&model, from) - from);
}

/* Begins anew with another model. */
static void restart(struct text *text) {
    const struct text model = random_model();
    if (model.length <= text->most) {
        memcpy(text->bytes, model.bytes, model.length);
        text->length = model.length;
    }
}

static void mutate_bytes(struct text *text) {
    text->length = LLVMFuzzerMutate(text->bytes, text->length, text->most);
}

static void change(struct text *text) {
    static const struct {
        void (*apply)(struct text *);
        size_t weight;
    } changes[] = {{replace_by_word, 40},
                   {replace_by_value, 40},
                   {mutate_bytes, 4},
                   {insert_word, 2},
                   {cut, 2},
                   {copy_piece, 1},
                   {shorten, 1},
                   {restart, 1}};
    size_t choice = random_below(91);
    for (size_t i = 0; i < ENTRIES(changes); i++) {
        if (choice < changes[i].weight) {
            changes[i].apply(text);
            return;
        }
        choice -= changes[i].weight;
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t length, size_t most, unsigned int seed) {
    struct text text = {bytes, length, most};
    state = (uint64_t)seed * 2 + 1;
    for (size_t i = random_below(4) + 1; i > 0; i--)
        change(&text);
    if (text.length == 0)
        restart(&text);
    return text.length;
}
