/* Reads everything in damaged HDF5 files: groups, attributes and values. It must return a status,
 * give back all memory, and hold no more memory than the file's size allows. */
#include <string.h>

#include "base/memory.h"
#include "fuzz.h"

#define MAX_DEPTH 8
#define MAX_OBJECTS 200
#define MAX_VALUES 100000

struct bytes {
    const uint8_t *bytes;
    size_t length;
};

static gc_status read_bytes(void *context, uint64_t offset, void *out, size_t count) {
    const struct bytes *file = context;
    fuzz_expect(offset <= file->length && count <= file->length - offset);
    memcpy(out, file->bytes + offset, count);
    return GC_OK;
}

static void read_attributes(gc_hdf5 *file) {
    static const char *const names[] = {"model_config", "layer_names", "names", "variable"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int32_t count;
        if (gc_hdf5_attribute(file, names[i], &count) != GC_OK)
            continue;
        for (int32_t k = 0; k < count; k++)
            fuzz_expect(strlen(gc_hdf5_text(file, k)) < ((size_t)1 << 31));
    }
}

static void read_values(gc_hdf5 *file, double count) {
    double part;
    if (gc_hdf5_part(file, &part) != GC_OK || part < 1 || count > MAX_VALUES)
        return;
    float *values = malloc((size_t)count * sizeof *values + 1);
    for (double first = 0; first < count; first += part) {
        const double some = count - first < part ? count - first : part;
        if (gc_hdf5_read(file, first, (size_t)some, values) != GC_OK)
            break;
    }
    if (count > 2)
        gc_hdf5_read(file, 1, (size_t)count - 2, values);
    free(values);
}

/* Reads the object that is visited, and those that it leads to. */
static void read_object(gc_hdf5 *file, int depth, int *objects) {
    read_attributes(file);
    double axes[32], count = 1;
    const int32_t rank = gc_hdf5_shape(file, axes);
    for (int32_t i = 0; i < rank; i++)
        count *= axes[i];
    if (rank >= 0) {
        read_values(file, count);
        return;
    }
    const int32_t links = depth < MAX_DEPTH ? gc_hdf5_link_count(file) : 0;
    double *addresses = malloc(((size_t)links + 1) * sizeof *addresses);
    for (int32_t i = 0; i < links; i++)
        addresses[i] = gc_hdf5_link_address(file, i);
    for (int32_t i = 0; i < links && ++*objects < MAX_OBJECTS; i++)
        if (gc_hdf5_visit(file, addresses[i]) == GC_OK)
            read_object(file, depth + 1, objects);
    free(addresses);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct bytes held = {bytes, length};
    const gc_source source = {.context = &held, .size = length, .read = read_bytes};
    const size_t before = gc_memory_in_use();
    gc_hdf5 *file;
    int objects = 0;
    if (gc_hdf5_open(&file, &source) == GC_OK && gc_hdf5_visit(file, gc_hdf5_root(file)) == GC_OK)
        read_object(file, 0, &objects);
    gc_hdf5_close(file);
    fuzz_expect(gc_memory_in_use() == before); /* or there is a leak */
    return 0;
}
