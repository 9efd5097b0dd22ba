/* parallel.h in builds with threads. The pool consists of workers, each of which runs an instance
 * of this module in the same memory (gradcam.h, "Threads"). Only the thread that calls the engine
 * opens loops, allocates and uses the C library's state. Workers run tasks and nothing else. */
#ifdef GC_THREADS

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "gradcam.h"

/* The size of a worker's stack. Kernels need little. */
#define STACK_BYTES ((size_t)64 << 10)

/* How often an idle worker looks for work before it sleeps. It should not sleep between two loops
 * of a forward pass, because waking it takes longer than many loops. */
#define LOOKS 200000

/* The loop that runs. `phase` is odd while a loop is open. The fields above `phase` are written
 * only while no loop is open and no worker is inside, so a worker inside a loop reads that loop's
 * fields. */
static struct {
    gc_task *task;
    void *context;
    size_t count;
    size_t next; /* the first index that no thread has taken */
    uint32_t phase;
    uint32_t inside; /* workers that may be in a task */
    uint32_t asleep; /* workers that must be woken */
    uint32_t failed; /* workers that trapped in a task */
    bool is_busy;    /* a loop is open, or a worker still is inside. The opener alone writes it */
    size_t created, running;
} pool;

/* Every field that several threads use goes through these, so that all threads see one order. */
#define LOAD(field) __atomic_load_n(&pool.field, __ATOMIC_SEQ_CST)
#define STORE(field, value) __atomic_store_n(&pool.field, value, __ATOMIC_SEQ_CST)
#define ADD(field, value) __atomic_fetch_add(&pool.field, value, __ATOMIC_SEQ_CST)

static void take_indices(void) {
    gc_task *task = pool.task;
    void *context = pool.context;
    const size_t count = pool.count;
    for (size_t i = ADD(next, 1); i < count; i = ADD(next, 1))
        task(context, i);
}

static void open_loop(gc_task *task, void *context, size_t count) {
    pool.is_busy = true;
    pool.task = task;
    pool.context = context;
    pool.count = count;
    STORE(next, 0);
    ADD(phase, 1);
    if (LOAD(asleep) > 0)
        __builtin_wasm_memory_atomic_notify((int *)&pool.phase, UINT32_MAX);
}

/* Closes the loop to further workers and waits for the workers inside. It does not sleep, because a
 * page's own thread may not. Each of these workers has at most one task left. */
static void close_loop(void) {
    ADD(phase, 1);
    while (LOAD(inside) > 0)
        if (LOAD(failed) > 0)
            __builtin_trap();
    pool.is_busy = false;
}

void gc_parallel(gc_task *task, void *context, size_t count) {
    if (pool.created == 0 || pool.is_busy || count == 1) {
        for (size_t i = 0; i < count; i++)
            task(context, i);
        return;
    }
    open_loop(task, context, count);
    take_indices();
    close_loop();
}

size_t gc_thread_count(void) { return pool.is_busy ? 1 : pool.created + 1; }

size_t gc_thread_running(void) { return LOAD(running); }

void *gc_thread_create(void) {
    char *stack = gc_allocate(STACK_BYTES, 1);
    if (stack == NULL)
        return NULL;
    pool.created++;
    return stack + STACK_BYTES;
}

/* Sleeps until the phase has changed. */
static void sleep_in(uint32_t phase) {
    ADD(asleep, 1);
    __builtin_wasm_memory_atomic_wait32((int *)&pool.phase, (int)phase, -1);
    ADD(asleep, -1);
}

/* Waits until a loop other than the last is open, and returns its phase. */
static uint32_t next_loop(uint32_t last) {
    for (uint32_t looks = 1;; looks++) {
        const uint32_t phase = LOAD(phase);
        if (phase % 2 == 1 && phase != last)
            return phase;
        if (looks % LOOKS == 0)
            sleep_in(phase);
    }
}

void gc_thread_run(void) {
    ADD(running, 1);
    for (uint32_t loop = 0;;) {
        loop = next_loop(loop);
        ADD(inside, 1);
        if (LOAD(phase) == loop)
            take_indices();
        ADD(inside, -1);
    }
}

void gc_thread_fail(void) { ADD(failed, 1); }

#endif
