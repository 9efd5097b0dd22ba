/* The pool of threads on threads of this machine, for ThreadSanitizer. First the pool runs loops of
 * its own, then a model. The model must give what it gives without threads. */
#define _GNU_SOURCE
#define GC_THREADS 1

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../c/layer_models.h"
#include "../c/small_models.h"
#include "api/model.h"
#include "native.h"

#define WORKERS 2
#define LOOPS 3000
#define SIDE 96
#define CLASSES 5

/* Of pool.c. */
int32_t pool_run_loops(int32_t count);
uint32_t pool_indices_of_workers(void);
bool is_worker(void);

void native_wait(int *at, int expected) {
    syscall(SYS_futex, at, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
}

void native_wake(int *at) { syscall(SYS_futex, at, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0); }

/* ---- Workers ---- */

static _Thread_local bool on_worker;

bool is_worker(void) { return on_worker; }

static void *work(void *unused) {
    on_worker = true;
    gc_thread_run();
    return unused;
}

static void expect(bool holds, const char *what) {
    if (holds)
        return;
    fprintf(stderr, "%s (%s)\n", what, gc_error());
    exit(1);
}

static void start_workers(void) {
    for (int i = 0; i < WORKERS; i++) {
        pthread_t thread;
        expect(gc_thread_create() != NULL, "no stack");
        expect(pthread_create(&thread, NULL, work, NULL) == 0, "no thread");
        pthread_detach(thread);
    }
    while (gc_thread_running() < WORKERS)
        sched_yield();
}

/* ---- A model ---- */

#define MOST_VALUES (SIDE * SIDE * 8)
#define METHODS 8

struct result {
    float scores[CLASSES];
    float maps[METHODS * MOST_VALUES], projected[MOST_VALUES];
};

static size_t find_layers(const gc_model *model, int32_t *layers, int32_t *count) {
    size_t size = 0;
    *count = 0;
    for (int32_t i = 0; i < gc_model_layer_count(model); i++) {
        const size_t positions = layer_model_positions(model, i);
        if (positions > 0)
            layers[(*count)++] = i;
        size += positions;
    }
    return size;
}

/* Lets the first forward pass run in bands of one row, and in a strip for each thread. */
static void use_strips(gc_model *model) {
    struct gc_plan *plan = model->plan;
    int32_t most = 1;
    plan->limits = (struct gc_band_limits){0, WORKERS + 1};
    expect(gc_plan_keep(plan, plan->kept_from) == GC_OK, "no memory");
    for (int32_t g = 0; g < plan->group_count; g++)
        if (plan->chain_of[g] != GC_NONE && plan->chains[plan->chain_of[g]].strips > most)
            most = plan->chains[plan->chain_of[g]].strips;
    expect(most == WORKERS + 1, "no strips");
}

static void run_model(struct result *out) {
    static float input[SIDE * SIDE * 3];
    const float seed[CLASSES] = {0, 1};
    int32_t layers[64], count, methods[METHODS];
    gc_model *model;
    for (size_t i = 0; i < sizeof input / sizeof *input; i++)
        input[i] = small_random((uint32_t)i, 3);
    const char *config = small_open_config;
    expect(gc_model_create(&model, config, strlen(config)) == GC_OK, "no model");
    expect(layer_model_set_weights(model, 1) == GC_OK, "no weights");
    expect(gc_model_plan(model, SIDE, SIDE, 0) == GC_OK, "no plan");
    use_strips(model);
    expect(gc_model_forward(model, input, sizeof input / sizeof *input) == GC_OK, "no run");
    expect(gc_model_outputs(model, GC_SCORE, out->scores, CLASSES) == GC_OK, "no scores");
    const size_t size = find_layers(model, layers, &count);
    expect(size <= MOST_VALUES, "the maps are larger than expected");
    for (int32_t i = 0; i < METHODS; i++)
        methods[i] = i;
    expect(gc_model_explain(model, methods, METHODS, 0, seed, 1, GC_LOGIT, layers, count, out->maps,
                            METHODS * size, NULL) == GC_OK,
           "no maps");
    expect(gc_model_explain(model, methods, 1, 0, seed, 1, GC_LOGIT, layers, count, out->projected,
                            size, NULL) == GC_OK,
           "no projected maps");
    gc_model_destroy(model);
}

int main(void) {
    static struct result alone, together;
    run_model(&alone);
    start_workers();
    expect(pool_run_loops(LOOPS) == 0, "a loop was wrong");
    expect(pool_indices_of_workers() > 0, "the workers did nothing");
    for (int i = 0; i < 3; i++) {
        run_model(&together);
        expect(memcmp(&alone, &together, sizeof alone) == 0, "threads change bits");
    }
    puts("no races");
    return 0;
}
