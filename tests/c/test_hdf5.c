/* The entry points of the reader of HDF5, on one small file. tests/js/hdf5.test.js compares files
 * of every layout with what h5py reads. */
#include "test.h"

#include <string.h>

#include "base/memory.h"

/* A file that a test writes. Numbers are little-endian. */
static uint8_t bytes[1024];
static size_t length;

static void put(uint64_t number, size_t count) {
    for (size_t i = 0; i < count; i++)
        bytes[length++] = i < 8 ? (uint8_t)(number >> (8 * i)) : 0;
}

static void put_text(const char *text) {
    memcpy(bytes + length, text, strlen(text));
    length += strlen(text);
}

/* The start of a message in a header of version 1. */
static void put_message(uint64_t type, uint64_t size) {
    put(type, 2);
    put(size, 2);
    put(0, 4);
}

/* Version 0. The file has 360 bytes, and the root group's header is behind the superblock. */
static void put_superblock(void) {
    put_text("\x89HDF\r\n\x1a\n");
    put(0, 5);
    put(8, 1); /* bytes of addresses and of lengths */
    put(8, 1);
    put(0, 9);
    put(0, 8);
    put(UINT64_MAX, 8);
    put(360, 8); /* the file's end */
    put(UINT64_MAX, 8);
    put(0, 8);
    put(96, 8); /* the root group */
    put(0, 24);
}

/* A group with one link, "a", to the object behind it at 224. It has one attribute, "t", which is
 * the text "hi". */
static void put_group(void) {
    put(1, 2);
    put(2, 2); /* messages */
    put(1, 4);
    put(112, 8); /* bytes of the messages */
    put_message(6, 16);
    put(1, 1);
    put(0, 1);
    put(1, 1);
    put_text("a");
    put(224, 8);
    put(0, 4);
    put_message(12, 80);
    put(1, 2); /* version 1, the bytes of name, type and space */
    put(2, 2);
    put(8, 2);
    put(8, 2);
    put_text("t");
    put(0, 7);
    put(0x13, 4); /* a text of 4 bytes */
    put(4, 4);
    put(1, 8); /* a scalar */
    put_text("hi");
    put(0, 46);
}

/* A data set of the values 1 and 2, which lie in its header. */
static void put_dataset(void) {
    put(1, 2);
    put(3, 2);
    put(1, 4);
    put(80, 8); /* bytes of the messages */
    put_message(1, 16);
    put(0x101, 8); /* version 1, one axis */
    put(2, 8);
    put_message(3, 24);
    put(0x11, 1); /* floating-point numbers */
    put(0x1f20, 3);
    put(4, 4);
    put(0, 2);
    put(32, 2);
    put(0x17000817, 4); /* exponent at 23 of 8 bits, mantissa at 0 of 23 */
    put(127, 4);
    put(0, 4);
    put_message(8, 16);
    put(3, 1);
    put(0, 1); /* compact */
    put(8, 2);
    put(0x3f800000, 4);
    put(0x40000000, 4);
    put(0, 4);
}

static gc_status read_bytes(void *context, uint64_t offset, void *out, size_t count) {
    (void)context;
    EXPECT(offset <= length && count <= length - offset);
    memcpy(out, bytes + offset, count);
    return GC_OK;
}

static gc_status open_file(gc_hdf5 **file) {
    length = 0;
    put_superblock();
    put_group();
    while (length < 224)
        put(0, 1);
    put_dataset();
    while (length < 360)
        put(0, 1);
    const gc_source source = {.size = length, .read = read_bytes};
    const gc_status status = gc_hdf5_open(file, &source);
    return status == GC_OK ? gc_hdf5_visit(*file, gc_hdf5_root(*file)) : status;
}

TEST(hdf5_reads_a_group_and_a_data_set) {
    gc_hdf5 *file;
    REQUIRE(open_file(&file) == GC_OK);
    int32_t count;
    EXPECT_STATUS(gc_hdf5_attribute(file, "t", &count), GC_OK);
    EXPECT_INT(count, 1);
    EXPECT_TEXT(gc_hdf5_text(file, 0), "hi");
    EXPECT_STATUS(gc_hdf5_attribute(file, "none", &count), GC_OK);
    EXPECT_INT(count, -1);
    double axes[32];
    EXPECT_INT(gc_hdf5_shape(file, axes), -1);
    EXPECT_INT(gc_hdf5_link_count(file), 1);
    EXPECT_TEXT(gc_hdf5_link_name(file, 0), "a");
    EXPECT_STATUS(gc_hdf5_visit(file, gc_hdf5_link_address(file, 0)), GC_OK);
    EXPECT_INT(gc_hdf5_shape(file, axes), 1);
    EXPECT_TEXT(gc_hdf5_type(file), "<f4");
    float values[2] = {0};
    EXPECT_STATUS(gc_hdf5_read(file, 0, 2, values), GC_OK);
    EXPECT_NEAR(values[0] * 10 + values[1], 12, 0);
    gc_hdf5_close(file);
}

TEST(hdf5_refuses_what_is_not_there) {
    gc_hdf5 *file;
    const gc_source none = {0};
    EXPECT_STATUS(gc_hdf5_open(&file, &none), GC_INVALID_ARGUMENT);
    EXPECT_STATUS(gc_hdf5_open(NULL, &none), GC_INVALID_ARGUMENT);
    REQUIRE(open_file(&file) == GC_OK);
    float value;
    double part;
    EXPECT(gc_hdf5_link_name(file, 1) == NULL && gc_hdf5_link_address(file, -1) == -1);
    EXPECT(gc_hdf5_text(file, 0) == NULL && gc_hdf5_type(file) == NULL);
    EXPECT_STATUS(gc_hdf5_part(file, &part), GC_INVALID_ARGUMENT);
    EXPECT_STATUS(gc_hdf5_visit(file, 0x1p60), GC_INVALID_MODEL);
    EXPECT_STATUS(gc_hdf5_visit(file, 400), GC_INVALID_MODEL);
    EXPECT_STATUS(gc_hdf5_visit(file, 224), GC_OK);
    EXPECT_STATUS(gc_hdf5_read(file, 2, 1, &value), GC_INVALID_ARGUMENT);
    EXPECT_STATUS(gc_hdf5_read(file, -1, 1, &value), GC_INVALID_ARGUMENT);
    gc_hdf5_close(file);
    gc_hdf5_close(NULL);
}

TEST(hdf5_opens_no_part_of_a_file) {
    gc_hdf5 *file;
    REQUIRE(open_file(&file) == GC_OK);
    gc_hdf5_close(file);
    const size_t held = gc_memory_in_use();
    for (size_t size = 0; size < 360; size++) {
        const gc_source source = {.size = size, .read = read_bytes};
        EXPECT_STATUS(gc_hdf5_open(&file, &source), GC_INVALID_MODEL);
    }
    EXPECT(gc_memory_in_use() == held);
}
