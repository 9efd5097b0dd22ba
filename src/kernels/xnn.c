#ifdef GC_XNNPACK

#include "kernels/xnn.h"

#include <xnnpack.h>

#include "base/memory.h"

/* ---- The engine's allocator, which counts XNNPACK's bytes ---- */

/* Whether XNNPACK was refused memory since an operator's creation began. It reports some of these
 * failures as others, and some only when the operator is used. */
static bool ran_out;

static void *noted(void *memory) {
    ran_out = ran_out || memory == NULL;
    return memory;
}

static void *allocate(void *context, size_t size) {
    (void)context;
    return noted(gc_allocate(size, 1));
}

static void *reallocate(void *context, void *memory, size_t size) {
    (void)context;
    return noted(gc_reallocate(memory, size));
}

static void deallocate(void *context, void *memory) {
    (void)context;
    gc_release(memory);
}

/* XNNPACK's alignments are all below GC_ALIGNMENT. */
static void *aligned_allocate(void *context, size_t alignment, size_t size) {
    return alignment <= GC_ALIGNMENT ? allocate(context, size) : NULL;
}

static gc_status check(enum xnn_status status, const char *what) {
    if (status == xnn_status_success)
        return GC_OK;
    if (ran_out || status == xnn_status_out_of_memory)
        return gc_fail(GC_OUT_OF_MEMORY, "out of memory in XNNPACK's %s", what);
    return gc_fail(GC_INTERNAL, "XNNPACK's %s failed with status %d", what, (int)status);
}

/* Begins the creation of an operator. */
static gc_status initialize(void) {
    static const struct xnn_allocator allocator = {
        .allocate = allocate,
        .reallocate = reallocate,
        .deallocate = deallocate,
        .aligned_allocate = aligned_allocate,
        .aligned_deallocate = deallocate,
    };
    static bool done;
    ran_out = false;
    if (done)
        return GC_OK;
    GC_TRY(check(xnn_initialize(&allocator), "initialisation"));
    done = true;
    return GC_OK;
}

/* ---- Running ---- */

gc_status gc_xnn_run(struct gc_xnn *xnn, float *out, const float *in) {
    GC_TRY(xnn->setup(xnn, out, in));
    return check(xnn_run_operator(xnn->handle, NULL), "run");
}

void gc_xnn_destroy(struct gc_xnn *xnn) {
    xnn_delete_operator(xnn->handle);
    gc_release(xnn->workspace);
    *xnn = (struct gc_xnn){0};
}

void gc_xnn_release(struct gc_step *step) {
    struct gc_xnn_state *state = step->state;
    gc_xnn_destroy(&state->forward);
    gc_xnn_destroy(&state->backward);
}

gc_status gc_xnn_forward(struct gc_step *step, float *out, const float *const *in) {
    struct gc_xnn_state *state = step->state;
    return gc_xnn_run(&state->forward, out, in[0]);
}

gc_status gc_xnn_backward(struct gc_step *step, int32_t input, float *din, const float *dout,
                          const float *out, const float *const *in) {
    (void)input, (void)out, (void)in;
    struct gc_xnn_state *state = step->state;
    if (state->backward.handle == NULL)
        GC_TRY(state->create_backward(state, step));
    return gc_xnn_run(&state->backward, din, dout);
}

/* Ends a creation. If it failed, what was made is given back. */
static gc_status finish(struct gc_xnn *xnn, gc_status status) {
    if (status != GC_OK)
        gc_xnn_destroy(xnn);
    return status;
}

/* ---- Convolution ---- */

static gc_status setup_convolution(struct gc_xnn *xnn, float *out, const float *in) {
    return check(xnn_setup_convolution2d_nhwc_f32(xnn->handle, xnn->workspace, in, out),
                 "convolution");
}

static gc_status reshape_convolution(struct gc_xnn *xnn, const struct gc_windows *windows) {
    size_t bytes, alignment, out_h, out_w;
    GC_TRY(check(xnn_reshape_convolution2d_nhwc_f32(xnn->handle, 1, (size_t)windows->rows.in,
                                                    (size_t)windows->columns.in, &bytes, &alignment,
                                                    &out_h, &out_w, NULL),
                 "convolution"));
    if (out_h != (size_t)windows->rows.out || out_w != (size_t)windows->columns.out)
        return gc_fail(GC_INTERNAL, "XNNPACK's convolution gives %zu x %zu positions, not %d x %d",
                       out_h, out_w, (int)windows->rows.out, (int)windows->columns.out);
    if (bytes == 0)
        return GC_OK;
    xnn->workspace = gc_allocate(bytes, 1);
    return xnn->workspace == NULL ? gc_fail_memory(bytes, "a convolution's workspace") : GC_OK;
}

gc_status gc_xnn_create_convolution(struct gc_xnn *xnn, const struct gc_xnn_convolution *c) {
    const struct gc_convolution *g = c->geometry;
    const struct gc_window *rows = &g->windows.rows, *columns = &g->windows.columns;
    *xnn = (struct gc_xnn){.setup = setup_convolution};
    GC_TRY(initialize());
    GC_TRY(check(xnn_create_convolution2d_nhwc_f32(
                     (uint32_t)rows->before, (uint32_t)columns->after, (uint32_t)rows->after,
                     (uint32_t)columns->before, (uint32_t)rows->kernel, (uint32_t)columns->kernel,
                     (uint32_t)rows->stride, (uint32_t)columns->stride, (uint32_t)rows->dilation,
                     (uint32_t)columns->dilation, (uint32_t)g->groups, (size_t)g->group_in,
                     (size_t)g->group_out, (size_t)g->in, (size_t)g->out, c->kernel, c->bias,
                     c->min, c->max, c->depthwise ? XNN_FLAG_DEPTHWISE_CONVOLUTION : 0, NULL, NULL,
                     &xnn->handle),
                 "convolution"));
    return finish(xnn, reshape_convolution(xnn, &g->windows));
}

/* ---- Transposed convolution ---- */

static gc_status setup_transposed(struct gc_xnn *xnn, float *out, const float *in) {
    return check(xnn_setup_deconvolution2d_nhwc_f32(xnn->handle, in, out),
                 "transposed convolution");
}

bool gc_xnn_can_transpose(const struct gc_windows *windows) {
    return windows->rows.in >= windows->rows.stride &&
           windows->columns.in >= windows->columns.stride;
}

/* Input positions behind the last window, which the stride jumped over. */
static uint32_t left_over(const struct gc_window *window) {
    const int32_t reach = (window->kernel - 1) * window->dilation + 1;
    return (uint32_t)((window->before + window->in + window->after - reach) % window->stride);
}

static gc_status reshape_transposed(struct gc_xnn *xnn, const struct gc_windows *windows) {
    size_t in_h, in_w;
    GC_TRY(check(xnn_reshape_deconvolution2d_nhwc_f32(
                     xnn->handle, 1, (size_t)windows->rows.out, (size_t)windows->columns.out,
                     left_over(&windows->rows), left_over(&windows->columns), &in_h, &in_w, NULL),
                 "transposed convolution"));
    if (in_h == (size_t)windows->rows.in && in_w == (size_t)windows->columns.in)
        return GC_OK;
    return gc_fail(GC_INTERNAL,
                   "XNNPACK's transposed convolution gives %zu x %zu positions, not %d x %d", in_h,
                   in_w, (int)windows->rows.in, (int)windows->columns.in);
}

gc_status gc_xnn_create_transposed(struct gc_xnn *xnn, const struct gc_xnn_convolution *c) {
    const struct gc_convolution *g = c->geometry;
    const struct gc_window *rows = &g->windows.rows, *columns = &g->windows.columns;
    *xnn = (struct gc_xnn){.setup = setup_transposed};
    GC_TRY(initialize());
    GC_TRY(check(xnn_create_deconvolution2d_nhwc_f32(
                     (uint32_t)rows->before, (uint32_t)columns->after, (uint32_t)rows->after,
                     (uint32_t)columns->before, (uint32_t)rows->kernel, (uint32_t)columns->kernel,
                     (uint32_t)rows->stride, (uint32_t)columns->stride, (uint32_t)rows->dilation,
                     (uint32_t)columns->dilation, (uint32_t)g->groups, (size_t)g->group_out,
                     (size_t)g->group_in, (size_t)g->out, (size_t)g->in, c->kernel, c->bias, c->min,
                     c->max, 0, NULL, NULL, &xnn->handle),
                 "transposed convolution"));
    return finish(xnn, reshape_transposed(xnn, &g->windows));
}

#endif
