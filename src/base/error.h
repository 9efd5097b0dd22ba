/* Failures: a status for programs and a sentence for people. */
#ifndef GC_ERROR_H
#define GC_ERROR_H

#include "gradcam.h"

/* Remembers the sentence for gc_error() and returns `status`, so that a failure is one statement:
 *     return gc_fail(GC_INVALID_TARGET, "target %d is not a class: 0 to %d are", target, last);
 * Formats are those of printf, but no floating-point ones: they would pull their printer into the wasm.
 * A sentence too long for the buffer is cut. */
gc_status gc_fail(gc_status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The failure of an allocation of `bytes` for `what`. */
gc_status gc_fail_memory(size_t bytes, const char *what);

/* Returns from the calling function what a call returned, unless it is GC_OK. */
#define GC_TRY(call)                                                                               \
    do {                                                                                           \
        gc_status gc_try_status = (call);                                                          \
        if (gc_try_status != GC_OK)                                                                \
            return gc_try_status;                                                                  \
    } while (0)

#endif
