/* Parallel loops, for kernels: the indices are shared out among the threads of the engine's pool. In
 * builds without threads such a loop is a loop. */
#ifndef GC_PARALLEL_H
#define GC_PARALLEL_H

#include <stddef.h>

/* One part of the work: number `index` of it. May not allocate, fail or start a loop of its own, and
 * writes nothing that another index reads or writes: results are then the same for any number of
 * threads. */
typedef void gc_task(void *context, size_t index);

/* Calls task(context, index) for every index in 0 .. count - 1, in no particular order, and returns when
 * all have returned. */
void gc_parallel(gc_task *task, void *context, size_t count);

/* The same in ranges of indices, of which a task is called for first .. end - 1 at once: for work that is
 * small for each index. No range is shorter than `smallest` unless count is. */
typedef void gc_range_task(void *context, size_t first, size_t end);
void gc_parallel_ranges(gc_range_task *task, void *context, size_t count, size_t smallest);

/* Values of a tensor that are worth a range where a task does little for each. */
#define GC_SMALLEST_RANGE 8192

/* Where part `index` of `parts` nearly equal parts of 0 .. count - 1 begins. */
size_t gc_part_start(size_t count, size_t parts, size_t index);

/* Threads that share the work, 1 or more: for who divides work into so many parts. */
size_t gc_thread_count(void);

#endif
