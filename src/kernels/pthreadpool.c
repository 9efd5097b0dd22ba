/* The loops of pthreadpool.h, on gc_parallel. XNNPACK's operators consist of these loops. Each goes
 * tile by tile over an index space of up to six axes. An axis without tiles has tiles of one. Only
 * the loops that XNNPACK calls are here. */
#ifdef GC_XNNPACK

#include <pthreadpool.h>

#include "base/parallel.h"

#define MAX_AXES 6

struct loop {
    void (*task)(void); /* `call` knows its real type */
    void *argument;
    void (*call)(const struct loop *loop, size_t thread, const size_t *at, const size_t *size);
    size_t axes, range[MAX_AXES], tile[MAX_AXES];
    size_t tiles[MAX_AXES]; /* on each axis */
    size_t count;           /* of tiles in all */
    size_t next;            /* the first tile that no thread took */
    size_t share;           /* tiles that a thread takes at once */
};

/* Enough shares for each thread to keep all threads busy to the end. If threads took thousands of
 * small tiles one by one, they would mostly wait for each other. */
#define SHARES_PER_THREAD 16

/* Tile `index`, the last axis fastest. */
static void run_tile(const struct loop *loop, size_t thread, size_t index) {
    size_t at[MAX_AXES], size[MAX_AXES];
    for (size_t axis = loop->axes; axis-- > 0; index /= loop->tiles[axis]) {
        at[axis] = index % loop->tiles[axis] * loop->tile[axis];
        const size_t rest = loop->range[axis] - at[axis];
        size[axis] = rest < loop->tile[axis] ? rest : loop->tile[axis];
    }
    loop->call(loop, thread, at, size);
}

/* One thread takes tiles until there are none. Some tasks have memory for each thread and need a
 * number that no two threads share. The index of the parallel loop is this number. */
static void take_tiles(void *context, size_t thread) {
    struct loop *loop = context;
    for (;;) {
        size_t index = __atomic_fetch_add(&loop->next, loop->share, __ATOMIC_RELAXED);
        if (index >= loop->count)
            return;
        for (size_t left = loop->share; left > 0 && index < loop->count; left--)
            run_tile(loop, thread, index++);
    }
}

static void run(struct loop *loop) {
    loop->count = 1;
    for (size_t axis = 0; axis < loop->axes; axis++) {
        loop->tiles[axis] = (loop->range[axis] + loop->tile[axis] - 1) / loop->tile[axis];
        loop->count *= loop->tiles[axis];
    }
    loop->share = 1 + loop->count / (SHARES_PER_THREAD * gc_thread_count());
    gc_parallel(take_tiles, loop, gc_thread_count());
}

/* Defines the function of one kind of loop. The pool is always NULL, because there is only one.
 *   parameters   of the function, behind the task and its argument
 *   ranges       of the axes
 *   tile_sizes   of the axes
 *   arguments    of the task, behind its own argument */
#define LIST(...) __VA_ARGS__
#define LOOP(name, axis_count, parameters, ranges, tile_sizes, arguments)                          \
    static void call_##name(const struct loop *loop, size_t thread, const size_t *at,              \
                            const size_t *size) {                                                  \
        (void)thread, (void)size;                                                                  \
        ((pthreadpool_task_##name##_t)loop->task)(loop->argument, LIST arguments);                 \
    }                                                                                              \
    void pthreadpool_parallelize_##name(pthreadpool_t pool, pthreadpool_task_##name##_t task,      \
                                        void *argument, LIST parameters, uint32_t flags) {         \
        (void)pool, (void)flags;                                                                   \
        run(&(struct loop){.task = (void (*)(void))task,                                           \
                           .argument = argument,                                                   \
                           .call = call_##name,                                                    \
                           .axes = axis_count,                                                     \
                           .range = {LIST ranges},                                                 \
                           .tile = {LIST tile_sizes}});                                            \
    }

#define I size_t i
#define J I, size_t j
#define K J, size_t k
#define L K, size_t l
#define M L, size_t m
#define N M, size_t n

LOOP(1d, 1, (I), (i), (1), (at[0]))
LOOP(1d_with_thread, 1, (I), (i), (1), (thread, at[0]))
LOOP(1d_tile_1d, 1, (I, size_t ti), (i), (ti), (at[0], size[0]))
LOOP(2d, 2, (J), (i, j), (1, 1), (at[0], at[1]))
LOOP(2d_with_thread, 2, (J), (i, j), (1, 1), (thread, at[0], at[1]))
LOOP(2d_tile_1d, 2, (J, size_t tj), (i, j), (1, tj), (at[0], at[1], size[1]))
LOOP(2d_tile_2d, 2, (J, size_t ti, size_t tj), (i, j), (ti, tj), (at[0], at[1], size[0], size[1]))
LOOP(3d, 3, (K), (i, j, k), (1, 1, 1), (at[0], at[1], at[2]))
LOOP(3d_tile_1d, 3, (K, size_t tk), (i, j, k), (1, 1, tk), (at[0], at[1], at[2], size[2]))
LOOP(3d_tile_1d_with_thread, 3, (K, size_t tk), (i, j, k), (1, 1, tk),
     (thread, at[0], at[1], at[2], size[2]))
LOOP(3d_tile_2d, 3, (K, size_t tj, size_t tk), (i, j, k), (1, tj, tk),
     (at[0], at[1], at[2], size[1], size[2]))
LOOP(4d, 4, (L), (i, j, k, l), (1, 1, 1, 1), (at[0], at[1], at[2], at[3]))
LOOP(4d_tile_2d, 4, (L, size_t tk, size_t tl), (i, j, k, l), (1, 1, tk, tl),
     (at[0], at[1], at[2], at[3], size[2], size[3]))
LOOP(5d, 5, (M), (i, j, k, l, m), (1, 1, 1, 1, 1), (at[0], at[1], at[2], at[3], at[4]))
LOOP(5d_tile_2d, 5, (M, size_t tl, size_t tm), (i, j, k, l, m), (1, 1, 1, tl, tm),
     (at[0], at[1], at[2], at[3], at[4], size[3], size[4]))
LOOP(6d_tile_2d, 6, (N, size_t tm, size_t tn), (i, j, k, l, m, n), (1, 1, 1, 1, tm, tn),
     (at[0], at[1], at[2], at[3], at[4], at[5], size[4], size[5]))

size_t pthreadpool_get_threads_count(pthreadpool_t pool) {
    (void)pool;
    return gc_thread_count();
}

#endif
