/* HDF5 files whose bytes stay with the host of the WebAssembly module. */
#ifdef __EMSCRIPTEN__

#include "gradcam.h"

/* The host copies bytes of the file that it holds for the running call. */
__attribute__((import_module("env"), import_name("gc_host_read"))) void
gc_host_read(double offset, void *bytes, size_t count);

static gc_status read_host(void *context, uint64_t offset, void *bytes, size_t count) {
    (void)context;
    gc_host_read((double)offset, bytes, count);
    return GC_OK;
}

gc_status gc_hdf5_open_host(gc_hdf5 **file, double size) {
    const gc_source source = {.size = (uint64_t)size, .read = read_host};
    return gc_hdf5_open(file, &source);
}

#endif
