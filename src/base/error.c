#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

static char message[8192] = "";

const char *gc_status_name(gc_status status) {
    static const char *const names[] = {
        [GC_OK] = "OK",
        [GC_INVALID_ARGUMENT] = "INVALID_ARGUMENT",
        [GC_INVALID_MODEL] = "INVALID_MODEL",
        [GC_UNSUPPORTED_LAYER] = "UNSUPPORTED_LAYER",
        [GC_UNKNOWN_LAYER] = "UNKNOWN_LAYER",
        [GC_INVALID_LAYER] = "INVALID_LAYER",
        [GC_INVALID_INPUT] = "INVALID_INPUT",
        [GC_INVALID_IMAGE] = "INVALID_IMAGE",
        [GC_TOO_LARGE] = "TOO_LARGE",
        [GC_OUT_OF_MEMORY] = "OUT_OF_MEMORY",
        [GC_NOT_READY] = "NOT_READY",
        [GC_INTERNAL] = "INTERNAL",
    };
    if ((unsigned)status >= sizeof names / sizeof *names)
        return "INTERNAL";
    return names[status];
}

const char *gc_error(void) { return message; }

gc_status gc_fail(gc_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return status;
}

gc_status gc_fail_memory(size_t bytes, const char *what) {
    return gc_fail(GC_OUT_OF_MEMORY, "out of memory while allocating %zu bytes for %s", bytes,
                   what);
}
