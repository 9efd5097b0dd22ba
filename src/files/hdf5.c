/* The entry points for HDF5 files. They check, call and report. */
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "files/attribute.h"
#include "files/dataset.h"
#include "files/group.h"

struct gc_hdf5 {
    struct gc_file file;
    uint64_t root;
    struct gc_collection collection; /* of texts, the one that was read last */
    /* The object that was visited last. */
    struct gc_header header;
    struct gc_fractal attributes;
    struct gc_links links;
    struct gc_dataset dataset;
    bool is_dataset;
    /* The attribute that was read last. */
    struct gc_texts texts;
};

static void leave_object(gc_hdf5 *file) {
    gc_release_header(&file->header);
    gc_release_fractal(&file->attributes);
    gc_release_links(&file->links);
    gc_release_dataset(&file->dataset);
    gc_release_texts(&file->texts);
    file->is_dataset = false;
}

/* Reads all about an object but its values. */
static gc_status read_object(gc_hdf5 *file, uint64_t address) {
    GC_TRY(gc_read_header(&file->file, &file->header, address));
    GC_TRY(gc_load_attributes(&file->file, &file->header, &file->attributes));
    file->is_dataset = gc_find_message(&file->header, GC_LAYOUT_MESSAGE) != NULL;
    if (file->is_dataset)
        return gc_describe_dataset(&file->file, &file->dataset, &file->header);
    return gc_list_links(&file->file, &file->links, &file->header);
}

gc_status gc_hdf5_open(gc_hdf5 **file, const gc_source *source) {
    if (file != NULL)
        *file = NULL;
    if (file == NULL || source == NULL || source->read == NULL)
        return gc_fail(GC_INVALID_ARGUMENT, "gc_hdf5_open: file and source must not be NULL");
    gc_hdf5 *opened = gc_allocate(1, sizeof *opened);
    if (opened == NULL)
        return gc_fail_memory(sizeof *opened, "an HDF5 file");
    opened->file.source = *source;
    gc_set_budget(&opened->file);
    const gc_status status = gc_read_superblock(&opened->file, &opened->root);
    if (status != GC_OK)
        gc_hdf5_close(opened);
    else
        *file = opened;
    return status;
}

void gc_hdf5_close(gc_hdf5 *file) {
    if (file == NULL)
        return;
    leave_object(file);
    gc_release_collection(&file->collection);
    gc_release(file);
}

double gc_hdf5_root(const gc_hdf5 *file) { return (double)file->root; }

gc_status gc_hdf5_visit(gc_hdf5 *file, double address) {
    if (file == NULL)
        return gc_fail(GC_INVALID_ARGUMENT, "gc_hdf5_visit: file must not be NULL");
    if (!(address >= 0 && address < 0x1p53)) /* no file is so large */
        return gc_damaged("a link leads nowhere");
    leave_object(file);
    const gc_status status = read_object(file, (uint64_t)address);
    if (status != GC_OK)
        leave_object(file);
    return status;
}

/* ---- Groups ---- */

int32_t gc_hdf5_link_count(const gc_hdf5 *file) { return (int32_t)file->links.names.count; }

static bool has_link(const gc_hdf5 *file, int32_t i) {
    return i >= 0 && (size_t)i < file->links.names.count;
}

const char *gc_hdf5_link_name(const gc_hdf5 *file, int32_t i) {
    return has_link(file, i) ? gc_text_at(&file->links.names, file->links.order[i]) : NULL;
}

double gc_hdf5_link_address(const gc_hdf5 *file, int32_t i) {
    return has_link(file, i) ? (double)file->links.addresses[file->links.order[i]] : -1;
}

/* ---- Attributes ---- */

gc_status gc_hdf5_attribute(gc_hdf5 *file, const char *name, int32_t *count) {
    if (file == NULL || name == NULL || count == NULL)
        return gc_fail(GC_INVALID_ARGUMENT, "gc_hdf5_attribute: nothing may be NULL");
    gc_release_texts(&file->texts);
    bool is_found;
    GC_TRY(gc_read_attribute(&file->file, &file->header, name, &file->collection, &file->texts,
                             &is_found));
    *count = is_found ? (int32_t)file->texts.count : -1;
    return GC_OK;
}

const char *gc_hdf5_text(const gc_hdf5 *file, int32_t i) {
    return i >= 0 && (size_t)i < file->texts.count ? gc_text_at(&file->texts, (size_t)i) : NULL;
}

/* ---- Data sets ---- */

int32_t gc_hdf5_shape(const gc_hdf5 *file, double *axes) {
    if (!file->is_dataset)
        return -1;
    const struct gc_space *space = &file->dataset.space;
    for (int i = 0; i < space->rank; i++)
        axes[i] = (double)space->axes[i];
    return space->rank;
}

const char *gc_hdf5_type(const gc_hdf5 *file) {
    return file->is_dataset ? file->dataset.type.name : NULL;
}

static gc_status prepare(gc_hdf5 *file, const char *caller) {
    if (file == NULL || !file->is_dataset)
        return gc_fail(GC_INVALID_ARGUMENT, "%s: the object is not a data set", caller);
    return gc_prepare_values(&file->file, &file->dataset, &file->header);
}

gc_status gc_hdf5_part(gc_hdf5 *file, double *part) {
    GC_TRY(prepare(file, "gc_hdf5_part"));
    *part = (double)gc_part_of_values(&file->dataset);
    return GC_OK;
}

gc_status gc_hdf5_read(gc_hdf5 *file, double first, size_t count, float *values) {
    GC_TRY(prepare(file, "gc_hdf5_read"));
    const double all = (double)file->dataset.space.count;
    if (values == NULL || !(first >= 0 && first <= all && (double)count <= all - first))
        return gc_fail(GC_INVALID_ARGUMENT, "gc_hdf5_read: the data set has not so many values");
    return gc_read_part(&file->file, &file->dataset, (uint64_t)first, count, values);
}
