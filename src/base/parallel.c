/* parallel.h in builds without threads. */
#ifndef GC_THREADS

#include "base/parallel.h"

void gc_parallel(gc_task *task, void *context, size_t count) {
    for (size_t i = 0; i < count; i++)
        task(context, i);
}

size_t gc_thread_count(void) { return 1; }

#endif
