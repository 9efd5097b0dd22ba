#include "graph/op.h"

#include "base/memory.h"

static const struct gc_path *choose_path(const struct gc_step *step) {
    for (int32_t list = 0; list < GC_PATH_LISTS; list++) {
        const struct gc_path *path = step->op->paths[list];
        for (; path != NULL && path->name != NULL; path++)
            if (path->fits == NULL || path->fits(step))
                return path;
    }
    return &step->op->reference;
}

static gc_status prepare(struct gc_step *step) {
    const struct gc_path *path = step->path;
    if (path->state_size > 0) {
        step->state = gc_allocate(1, path->state_size);
        if (step->state == NULL)
            return gc_fail_memory(path->state_size, step->op->name);
    }
    return path->prepare == NULL ? GC_OK : path->prepare(step);
}

gc_status gc_step_prepare(struct gc_step *step) {
    step->path = choose_path(step);
    const gc_status status = prepare(step);
    if (status != GC_OK)
        gc_step_release(step);
    return status;
}

void gc_step_release(struct gc_step *step) {
    if (step->state != NULL && step->path->release != NULL)
        step->path->release(step);
    gc_release(step->state);
    gc_release(step->filter);
    step->state = NULL;
    step->filter = NULL;
}
