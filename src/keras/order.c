/* The order in which calls run, by Kahn's topological sort. A heap takes the place of its queue, so
 * that a list that is in order stays as it is. */
#include "keras/order.h"

struct sorter {
    int32_t *waiting; /* [calls] inputs that have not run yet */
    int32_t *start;   /* [calls + 1] index in `dependents` of a call's first */
    int32_t *dependents;
    int32_t *heap, heap_size; /* calls that can run, the first in the list on top */
};

static void swap(int32_t *a, int32_t *b) {
    const int32_t old = *a;
    *a = *b;
    *b = old;
}

static void push(struct sorter *s, int32_t call) {
    int32_t i = s->heap_size++;
    s->heap[i] = call;
    for (; i > 0 && s->heap[i] < s->heap[(i - 1) / 2]; i = (i - 1) / 2)
        swap(&s->heap[i], &s->heap[(i - 1) / 2]);
}

static int32_t pop(struct sorter *s) {
    const int32_t top = s->heap[0];
    s->heap[0] = s->heap[--s->heap_size];
    for (int32_t i = 0;;) {
        int32_t least = i;
        for (int32_t child = 2 * i + 1; child <= 2 * i + 2 && child < s->heap_size; child++)
            if (s->heap[child] < s->heap[least])
                least = child;
        if (least == i)
            return top;
        swap(&s->heap[i], &s->heap[least]);
        i = least;
    }
}

/* Lists for each call the calls that take its output. */
static bool prepare(struct sorter *s, const struct gc_keras_model *model, struct gc_pool *pool) {
    const size_t count = (size_t)model->call_count;
    size_t edges = 0;
    for (int32_t i = 0; i < model->call_count; i++)
        edges += (size_t)model->calls[i].input_count;
    s->waiting = gc_pool_allocate(pool, count, sizeof *s->waiting);
    s->start = gc_pool_allocate(pool, count + 2, sizeof *s->start);
    s->dependents = gc_pool_allocate(pool, edges, sizeof *s->dependents);
    s->heap = gc_pool_allocate(pool, count, sizeof *s->heap);
    if (s->waiting == NULL || s->start == NULL || s->dependents == NULL || s->heap == NULL)
        return false;
    int32_t *next = s->start + 1; /* one further, because filling moves it back */
    for (int32_t i = 0; i < model->call_count; i++)
        for (int32_t j = 0; j < model->calls[i].input_count; j++)
            next[model->calls[i].inputs[j] + 1]++;
    for (int32_t i = 0; i < model->call_count; i++)
        next[i + 1] += next[i];
    for (int32_t i = 0; i < model->call_count; i++) {
        s->waiting[i] = model->calls[i].input_count;
        for (int32_t j = 0; j < model->calls[i].input_count; j++)
            s->dependents[next[model->calls[i].inputs[j]]++] = i;
    }
    return true;
}

static gc_status fail_cycle(const struct sorter *s, const struct gc_keras_model *model) {
    int32_t call = 0;
    while (s->waiting[call] == 0)
        call++;
    return gc_fail(GC_INVALID_MODEL,
                   "layer '%s' needs its own output, because layers of model '%s' form a circle",
                   model->layers[model->calls[call].layer].path, model->name);
}

gc_status gc_keras_order(struct gc_keras_model *model, struct gc_pool *pool) {
    struct sorter s = {.heap_size = 0};
    model->order = gc_pool_allocate(pool, (size_t)model->call_count, sizeof *model->order);
    if (model->order == NULL || !prepare(&s, model, pool))
        return gc_pool_fail();
    for (int32_t i = 0; i < model->call_count; i++)
        if (s.waiting[i] == 0)
            push(&s, i);
    int32_t done = 0;
    while (s.heap_size > 0) {
        const int32_t call = pop(&s);
        model->order[done++] = call;
        for (int32_t d = s.start[call]; d < s.start[call + 1]; d++)
            if (--s.waiting[s.dependents[d]] == 0)
                push(&s, s.dependents[d]);
    }
    return done == model->call_count ? GC_OK : fail_cycle(&s, model);
}
