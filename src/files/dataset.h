/* The values of a data set. */
#ifndef GC_DATASET_H
#define GC_DATASET_H

#include "files/chunks.h"

struct gc_dataset {
    struct gc_space space;
    struct gc_type type;
    /* What follows is set by gc_prepare_values. */
    bool is_prepared;
    struct gc_layout layout;
    struct gc_filters filters;
    float fill; /* stands for all that was not written */
    struct gc_chunks chunks;
    /* The axes of chunked values. An axis that chunks do not cut is one with the axis before. */
    int rank;
    uint64_t axes[GC_MAX_AXES], chunk[GC_MAX_AXES], grid[GC_MAX_AXES];
};

/* Reads the axes and the type of a data set.
 *   dataset   receives them, to be given to gc_release_dataset
 * Fails with INVALID_MODEL, TOO_LARGE. */
gc_status gc_describe_dataset(const struct gc_file *file, struct gc_dataset *dataset,
                              const struct gc_header *header);

/* Finds where the values are. A second call does nothing.
 * Fails with INVALID_MODEL if they cannot be read or the file has too few bytes for them,
 * OUT_OF_MEMORY. */
gc_status gc_prepare_values(struct gc_file *file, struct gc_dataset *dataset,
                            const struct gc_header *header);

/* How many values are best read at once, in a data set that is prepared. */
uint64_t gc_part_of_values(const struct gc_dataset *dataset);

/* Reads values of a data set that is prepared.
 *   values   receives [count], the values `first` and those that follow in row-major order
 * Fails with INVALID_MODEL, OUT_OF_MEMORY. */
gc_status gc_read_part(const struct gc_file *file, const struct gc_dataset *dataset, uint64_t first,
                       size_t count, float *values);

void gc_release_dataset(struct gc_dataset *dataset);

#endif
