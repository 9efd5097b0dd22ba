/* Parallel loops for kernels. The threads of the engine's pool share the indices. In builds without
 * threads it is a plain loop. */
#ifndef GC_PARALLEL_H
#define GC_PARALLEL_H

#include <stddef.h>

/* Does part `index` of the work. It may not allocate or fail. It writes nothing that another index
 * reads or writes, so the result is the same for any number of threads. While the threads share a
 * loop, a parallel loop in one of its tasks is a plain loop. */
typedef void gc_task(void *context, size_t index);

/* Calls task(context, index) for every index in 0 .. count - 1, in no particular order, and returns
 * when all calls have returned. */
void gc_parallel(gc_task *task, void *context, size_t count);

/* The same for work that is small for each index. One call takes the indices first .. end - 1. No
 * range is shorter than `smallest`, unless `count` is. */
typedef void gc_range_task(void *context, size_t first, size_t end);
void gc_parallel_ranges(gc_range_task *task, void *context, size_t count, size_t smallest);

/* Fewer values are not worth a range, where a task does little for each value. */
#define GC_SMALLEST_RANGE 8192

/* The first index of part `index`, if 0 .. count - 1 is divided into `parts` nearly equal parts. */
size_t gc_part_start(size_t count, size_t parts, size_t index);

/* The number of threads that share the work, 1 or more. It is 1 in a task of a loop that they
 * share. A caller may divide work into as many parts. */
size_t gc_thread_count(void);

#endif
