#include <stdint.h>

#include "base/parallel.h"

/* Enough ranges for each thread to keep all threads busy to the end. */
#define RANGES_PER_THREAD 4

struct ranges {
    gc_range_task *task;
    void *context;
    size_t count, parts;
};

size_t gc_part_start(size_t count, size_t parts, size_t index) {
    return (size_t)((uint64_t)count * index / parts);
}

static void run_range(void *context, size_t index) {
    const struct ranges *ranges = context;
    ranges->task(ranges->context, gc_part_start(ranges->count, ranges->parts, index),
                 gc_part_start(ranges->count, ranges->parts, index + 1));
}

void gc_parallel_ranges(gc_range_task *task, void *context, size_t count, size_t smallest) {
    const size_t threads = gc_thread_count(), most = count / smallest;
    size_t parts = threads > 1 ? RANGES_PER_THREAD * threads : 1;
    if (parts > most)
        parts = most > 0 ? most : 1;
    gc_parallel(run_range, &(struct ranges){task, context, count, parts}, parts);
}
