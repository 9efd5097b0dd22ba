/* The pool of threads by itself, src/base/threads.c, for tests/js/pool.test.js and races.c. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/parallel.h"
#include "gradcam.h"

#define MOST 200

static uint32_t calls[MOST];
static uint32_t of_workers;

/* Whether a worker calls. */
bool is_worker(void);

#ifdef __wasm__

/* Stacks of workers are allocated. The first thread's stack lies below all that is allocated. */
extern char __heap_base;

bool is_worker(void) {
    char local;
    return &local >= &__heap_base;
}

#endif

struct call {
    size_t index;
    uint32_t number;
};

/* Index 0 of two adds. */
static void add_once(void *context, size_t index) {
    const struct call *call = context;
    if (index == 0)
        calls[call->index] += call->number;
}

/* Adds half of what an index has to add, and the other half in a loop of its own. */
static void note(void *context, size_t index) {
    const struct call half = {index, *(const uint32_t *)context / 2};
    calls[index] += half.number;
    gc_parallel(add_once, (void *)&half, 2);
    if (is_worker())
        __atomic_fetch_add(&of_workers, 1, __ATOMIC_SEQ_CST);
}

/* Runs loops of 0 to MOST - 1 indices, each of which adds an even number of its loop's own. Returns
 * how many loops were wrong. A loop is wrong if an index was not called once, or was called after
 * the loop. */
GC_API int32_t pool_run_loops(int32_t count) {
    int32_t wrong = 0;
    for (int32_t loop = 0; loop < count; loop++) {
        uint32_t number = 2 * ((uint32_t)loop + 1);
        const size_t indices = number / 2 * 7 % MOST;
        for (size_t i = 0; i < MOST; i++)
            calls[i] = 0;
        gc_parallel(note, &number, indices);
        bool is_right = true;
        for (size_t i = 0; i < MOST; i++)
            is_right = is_right && calls[i] == (i < indices ? number : 0);
        wrong += !is_right;
    }
    return wrong;
}

/* Indices that workers took in all loops. */
GC_API uint32_t pool_indices_of_workers(void) {
    return __atomic_load_n(&of_workers, __ATOMIC_SEQ_CST);
}

static uint32_t is_trapping;

/* A worker's traps; the first thread waits in its own until one does. */
static void trap(void *context, size_t index) {
    (void)context, (void)index;
    if (!is_worker()) {
        while (!__atomic_load_n(&is_trapping, __ATOMIC_SEQ_CST)) {
        }
        return;
    }
    __atomic_store_n(&is_trapping, 1, __ATOMIC_SEQ_CST);
    __builtin_trap();
}

/* A loop in which a worker traps. */
GC_API void pool_trap(void) { gc_parallel(trap, NULL, 2); }
