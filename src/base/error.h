/* A failure is a status for programs and a sentence for people. */
#ifndef GC_ERROR_H
#define GC_ERROR_H

#include "gradcam.h"

/* Keeps the sentence for gc_error() and returns `status`, so that a failure is one statement.
 *
 *     return gc_fail(GC_UNKNOWN_LAYER, "layer %d is not among 0 to %d", layer, last);
 *
 * Formats are those of printf without the floating-point ones. Their printer would be a tenth of
 * the wasm. A sentence that is too long for the buffer is cut. */
gc_status gc_fail(gc_status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The failure of an allocation of `bytes` for `what`. */
gc_status gc_fail_memory(size_t bytes, const char *what);

/* Leaves the calling function with the status of a call, unless the status is GC_OK. */
#define GC_TRY(call)                                                                               \
    do {                                                                                           \
        gc_status gc_try_status = (call);                                                          \
        if (gc_try_status != GC_OK)                                                                \
            return gc_try_status;                                                                  \
    } while (0)

#endif
