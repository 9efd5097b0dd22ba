/* Which weight a file means by a name. Files name weights in several ways, and Keras itself reads
 * them by their order. A name is compared with the path of every weight, part by part and from both
 * ends. The weight whose path matches the most parts wins. */
#include <stdbool.h>
#include <string.h>

#include "keras/keras.h"
#include "keras/name_index.h"

/* A part of a text, between slashes. */
struct part {
    const char *text;
    size_t length;
};

static struct part first_part(const char *text, size_t length) {
    const char *slash = memchr(text, '/', length);
    return (struct part){text, slash == NULL ? length : (size_t)(slash - text)};
}

static struct part last_part(const char *text, size_t length) {
    size_t start = length;
    while (start > 0 && text[start - 1] != '/')
        start--;
    return (struct part){text + start, length - start};
}

static bool same(struct part a, struct part b) {
    return a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

static bool is_text(struct part part, const char *text) {
    return part.length == strlen(text) && memcmp(part.text, text, part.length) == 0;
}

/* Does a part end with "_W" or "_W_1", for the letter W? */
static bool ends_with_letter(struct part part, char letter) {
    size_t end = part.length;
    while (end > 0 && part.text[end - 1] >= '0' && part.text[end - 1] <= '9')
        end--;
    if (end < part.length && end > 0 && part.text[end - 1] == '_')
        end--;
    else
        end = part.length;
    return end > 2 && part.text[end - 2] == '_' && part.text[end - 1] == letter;
}

/* Does `part`, the last of a name in a file, mean the array that ends a path? Keras 2 calls the
 * kernel of DepthwiseConv2D "depthwise_kernel". Keras 1 wrote "block1_conv1_W_1" and
 * "block1_conv1_b_1", which Keras' file of VGG16 still has. */
static bool same_array(struct part part, struct part array) {
    return same(part, array) || (is_text(array, "kernel") && ends_with_letter(part, 'W')) ||
           (is_text(array, "bias") && ends_with_letter(part, 'b')) ||
           (is_text(part, "depthwise_kernel") && is_text(array, "kernel"));
}

static int32_t count_parts(const char *text, size_t length) {
    int32_t count = 1;
    for (size_t i = 0; i < length; i++)
        count += text[i] == '/';
    return count;
}

/* Counts the parts that both begin with. */
static int32_t common_start(const char *a, size_t a_length, const char *b, size_t b_length) {
    for (int32_t count = 0;; count++) {
        const struct part x = first_part(a, a_length), y = first_part(b, b_length);
        if (!same(x, y))
            return count;
        if (x.length == a_length || y.length == b_length)
            return count + 1;
        a += x.length + 1, a_length -= x.length + 1;
        b += y.length + 1, b_length -= y.length + 1;
    }
}

/* Counts the parts that both end with. The last part is the name of an array. */
static int32_t common_end(const char *name, size_t name_length, const char *path,
                          size_t path_length) {
    for (int32_t count = 0;; count++) {
        const struct part x = last_part(name, name_length), y = last_part(path, path_length);
        if (!(count == 0 ? same_array(x, y) : same(x, y)))
            return count;
        if (x.length == name_length || y.length == path_length)
            return count + 1;
        name_length -= x.length + 1;
        path_length -= y.length + 1;
    }
}

/* How well a name fits, the least first.
 *                 name                        path
 *   FITS_GROUP    "conv_a/old_name/kernel"    "conv_a/kernel": the layer has a new name
 *   FITS_SCOPES   "top/scopes/Conv1/kernel"   "top/Conv1/kernel": scopes in between
 *   FITS_END      "Conv1/kernel"              "base/Conv1/kernel": no group, as in TensorFlow.js
 *   FITS_LAYER    "top/Conv1/kernel"          "top/base/Conv1/kernel": group, layer, array */
enum fit { FITS_NOT, FITS_GROUP, FITS_SCOPES, FITS_END, FITS_LAYER, FITS_EXACTLY };

/* A name without ":0", and its number of parts. */
struct name {
    const char *text;
    size_t length;
    int32_t parts;
};

/* Compares a name with a weight. The thousands of the rank are a `fit`. The rest is the number of
 * parts that agree at the end. */
static int32_t rank(const struct gc_graph *graph, const struct gc_weight *weight,
                    const struct name *name) {
    const size_t length = strlen(weight->path);
    const int32_t end = common_end(name->text, name->length, weight->path, length);
    if (end == 0)
        return FITS_NOT;
    const int32_t start = common_start(name->text, name->length, weight->path, length);
    if (start == 0 && end == 1)
        return FITS_NOT;
    const int32_t parts = count_parts(weight->path, length);
    const struct part scope = first_part(name->text, name->length);
    enum fit fit = FITS_NOT;
    if (end == name->parts && end == parts)
        fit = FITS_EXACTLY;
    else if (start > 0 && start + end >= name->parts)
        fit = FITS_LAYER;
    else if (end == name->parts)
        fit = FITS_END;
    else if (start > 0 && end >= 2)
        fit = FITS_SCOPES;
    else if (end == parts && end == name->parts - 1 && is_text(scope, graph->name))
        fit = FITS_SCOPES; /* the scope is the model */
    else if (start == parts - 1)
        fit = FITS_GROUP;
    return fit == FITS_NOT ? FITS_NOT : fit * 1000 + end;
}

/* ---- Search ---- */

/* What a search has found. */
struct search {
    const struct gc_graph *graph;
    const struct gc_name_index *index;
    struct name name;
    int32_t best;         /* rank of the best weight */
    int32_t found, other; /* the best weight, and another of the same rank; or GC_NONE */
};

/* The weight with this very path, or this path in Keras 3's store. GC_NONE if there is none. */
static int32_t find_exactly(const struct search *s, const char *text) {
    const uint64_t hash = gc_name_hash(GC_KEY_WHOLE, text, strlen(text), "", 0);
    const struct gc_name_entry *end = s->index->entries + s->index->count;
    for (const struct gc_name_entry *e = gc_name_index_find(s->index, hash);
         e < end && e->hash == hash; e++) {
        const struct gc_weight *weight = &s->graph->weights[e->weight];
        if (strcmp(weight->path, text) == 0 || strcmp(weight->store, text) == 0)
            return e->weight;
    }
    return GC_NONE;
}

/* Ranks all weights with a key. */
static void try_key(struct search *s, uint64_t hash) {
    const struct gc_name_entry *end = s->index->entries + s->index->count;
    for (const struct gc_name_entry *e = gc_name_index_find(s->index, hash);
         e < end && e->hash == hash; e++) {
        const int32_t fit = rank(s->graph, &s->graph->weights[e->weight], &s->name);
        if (fit > s->best) {
            s->best = fit;
            s->found = e->weight;
            s->other = GC_NONE;
        } else if (fit == s->best && fit != FITS_NOT && e->weight != s->found) {
            s->other = e->weight;
        }
    }
}

/* Tries the layer and the array that end the name, and the name's first parts with the array.
 *   folder   the name without its last part */
static void try_array(struct search *s, struct part folder, struct part array) {
    const struct part layer = last_part(folder.text, folder.length);
    try_key(s, gc_name_hash(GC_KEY_END, layer.text, layer.length, array.text, array.length));
    if (folder.length == 0) /* the name is one part, which may begin a path and end the path */
        folder = array;
    try_key(s, gc_name_hash(GC_KEY_START, folder.text, folder.length, array.text, array.length));
}

/* Tries every weight that may fit. A weight that fits ends with the name's array. Either the layers
 * before the array agree too, or the rest of one is the beginning of the other. */
static void try_all(struct search *s) {
    const char *text = s->name.text;
    const struct part last = last_part(text, s->name.length);
    const size_t before = s->name.length - last.length;
    const struct part folder = {text, before > 0 ? before - 1 : 0};
    static const char *const arrays[] = {"kernel", "bias"};
    try_array(s, folder, last);
    for (int i = 0; i < 2; i++) {
        const struct part array = {arrays[i], strlen(arrays[i])};
        if (!same(last, array) && same_array(last, array))
            try_array(s, folder, array);
    }
    for (size_t end = 0; end <= s->name.length; end++)
        if (end == 0 || end == s->name.length || text[end] == '/')
            try_key(s, gc_name_hash(GC_KEY_FOLDER, text, end, "", 0));
}

gc_status gc_keras_find_weight(const struct gc_graph *graph, const char *text, int32_t *index) {
    *index = GC_NONE;
    if (graph->names.count == 0) /* the model has no weights */
        return GC_OK;
    struct search s = {.graph = graph,
                       .index = &graph->names,
                       .name = {.text = text, .length = strlen(text)},
                       .best = FITS_NOT,
                       .other = GC_NONE};
    s.found = *index = find_exactly(&s, text);
    if (s.found != GC_NONE)
        return GC_OK;
    if (s.name.length > 2 && memcmp(text + s.name.length - 2, ":0", 2) == 0)
        s.name.length -= 2; /* TensorFlow's output 0 of the operation "kernel" */
    s.name.parts = count_parts(text, s.name.length);
    try_all(&s);
    *index = s.found;
    if (s.other == GC_NONE)
        return GC_OK;
    const int32_t first = s.found < s.other ? s.found : s.other;
    const int32_t second = s.found < s.other ? s.other : s.found;
    return gc_fail(GC_INVALID_MODEL, "the name '%.200s' fits several weights, '%s' and '%s'", text,
                   graph->weights[first].path, graph->weights[second].path);
}
