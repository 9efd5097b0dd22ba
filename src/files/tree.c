/* B-trees. The File Format Specification describes version 1 in section III.A.1 and version 2 in
 * section III.A.2. */
#include "files/tree.h"

#include <string.h>

#include "base/error.h"

/* Levels below the root. A tree of 2 records a node reaches 2^16 chunks with so many. */
#define MAX_LEVEL 16

/* ---- Version 1 ---- */

struct walk1 {
    struct gc_file *file;
    int type;
    size_t key_bytes;
    gc_take_record take;
    void *context;
};

/* Loads a node and checks its start.
 *   level   of the node, -1 for that of the root, which may be any
 * Returns the level and the number of records through `level` and `count`. */
static gc_status load_node1(const struct walk1 *walk, struct gc_block *block, uint64_t address,
                            int *level, size_t *count) {
    const size_t addresses = 2 * (size_t)walk->file->offset_size;
    GC_TRY(gc_load(walk->file, block, address, 8 + addresses, "node of a B-tree"));
    struct gc_cursor cursor = gc_cursor_at(walk->file, block, 4);
    const bool is_node = memcmp(block->bytes, "TREE", 4) == 0;
    const int type = (int)gc_take(&cursor, 1), found = (int)gc_take(&cursor, 1);
    *count = (size_t)gc_take(&cursor, 2);
    gc_release_block(block);
    if (!is_node || type != walk->type || found > MAX_LEVEL || (*level >= 0 && found != *level))
        return gc_damaged("a node of a B-tree is not the one that is due");
    *level = found;
    const size_t record = walk->key_bytes + addresses / 2;
    return gc_load(walk->file, block, address, 8 + addresses + *count * record, "node of a B-tree");
}

static gc_status walk_node1(const struct walk1 *walk, uint64_t address, int level);

/* Takes the records of a leaf, or walks the children of another node. */
static gc_status take_node1(const struct walk1 *walk, const struct gc_block *block, int level,
                            size_t count) {
    const size_t addresses = 2 * (size_t)walk->file->offset_size;
    const size_t record = walk->key_bytes + addresses / 2;
    struct gc_cursor cursor = gc_cursor_at(walk->file, block, 8 + addresses);
    for (size_t i = 0; i < count; i++) {
        struct gc_cursor one = gc_cursor_of(walk->file, gc_take_bytes(&cursor, record), record);
        if (level > 0) {
            gc_take_bytes(&one, walk->key_bytes);
            GC_TRY(walk_node1(walk, gc_take_address(&one), level - 1));
        } else {
            GC_TRY(walk->take(walk->context, &one));
        }
    }
    return GC_OK;
}

static gc_status walk_node1(const struct walk1 *walk, uint64_t address, int level) {
    struct gc_block block;
    size_t count;
    GC_TRY(load_node1(walk, &block, address, &level, &count));
    const gc_status status = take_node1(walk, &block, level, count);
    gc_release_block(&block);
    return status;
}

gc_status gc_walk_tree1(struct gc_file *file, uint64_t address, int type, size_t key_bytes,
                        gc_take_record take, void *context) {
    const struct walk1 walk = {file, type, key_bytes, take, context};
    return walk_node1(&walk, address, -1);
}

/* ---- Version 2 ---- */

/* Bytes of a node besides its records and children: signature, version, type, checksum. */
#define NODE_BYTES 10

struct walk2 {
    struct gc_file *file;
    int type;
    size_t record_bytes;
    /* By level, 0 for leaves: bytes of the two counts that stand with the address of a child. */
    int count_bytes, total_bytes[MAX_LEVEL + 1];
    gc_take_record take;
    void *context;
};

/* A node as its parent knows it. */
struct child {
    uint64_t address;
    size_t count; /* of its own records */
};

/* Bytes of a child's address and counts in a node of a level. */
static size_t child_bytes(const struct walk2 *walk, int level) {
    return (size_t)walk->file->offset_size + (size_t)walk->count_bytes +
           (size_t)walk->total_bytes[level - 1];
}

static struct child take_child(const struct walk2 *walk, struct gc_cursor *cursor, int level) {
    struct child child = {.address = gc_take_address(cursor)};
    child.count = (size_t)gc_take(cursor, (size_t)walk->count_bytes);
    gc_take(cursor, (size_t)walk->total_bytes[level - 1]);
    return child;
}

static gc_status walk_node2(const struct walk2 *walk, struct child node, int level);

/* In a node with children a record stands between each two of them. All records are in front. */
static gc_status take_node2(const struct walk2 *walk, const struct gc_block *block, size_t count,
                            int level) {
    struct gc_cursor records = gc_cursor_at(walk->file, block, 6), children = records;
    gc_take_bytes(&children, count * walk->record_bytes);
    for (size_t i = 0; i <= count; i++) {
        if (level > 0)
            GC_TRY(walk_node2(walk, take_child(walk, &children, level), level - 1));
        if (i == count)
            break;
        const uint8_t *bytes = gc_take_bytes(&records, walk->record_bytes);
        struct gc_cursor one = gc_cursor_of(walk->file, bytes, walk->record_bytes);
        GC_TRY(walk->take(walk->context, &one));
    }
    return GC_OK;
}

static gc_status walk_node2(const struct walk2 *walk, struct child node, int level) {
    uint64_t length = NODE_BYTES;
    GC_TRY(gc_check_range(walk->file, node.address, node.count, "node of a B-tree"));
    length += node.count * (uint64_t)walk->record_bytes;
    if (level > 0)
        length += (node.count + 1) * (uint64_t)child_bytes(walk, level);
    struct gc_block block;
    GC_TRY(gc_load_signed(walk->file, &block, node.address, length, level > 0 ? "BTIN" : "BTLF"));
    gc_status status = gc_damaged("a node of a B-tree is not the one that is due");
    if (block.bytes[4] == 0 && block.bytes[5] == walk->type)
        status = take_node2(walk, &block, node.count, level);
    gc_release_block(&block);
    return status;
}

/* Finds how many bytes the counts in a node take. They follow from how many records fit into the
 * nodes below. */
static gc_status find_count_bytes(struct walk2 *walk, uint64_t node_bytes, int depth) {
    if (depth > MAX_LEVEL || walk->record_bytes == 0 || node_bytes <= NODE_BYTES)
        return gc_damaged("the sizes of a B-tree are not possible");
    uint64_t most = (node_bytes - NODE_BYTES) / walk->record_bytes, total = most;
    walk->count_bytes = gc_bytes_for(most);
    for (int level = 1; level <= depth; level++) {
        const uint64_t bytes = child_bytes(walk, level);
        if (node_bytes < NODE_BYTES + bytes)
            return gc_damaged("the sizes of a B-tree are not possible");
        most = (node_bytes - NODE_BYTES - bytes) / (walk->record_bytes + bytes);
        if (total > UINT64_MAX / (most + 2))
            return gc_damaged("a B-tree is too deep");
        total = (most + 1) * total + most;
        walk->total_bytes[level] = gc_bytes_for(total);
    }
    return GC_OK;
}

gc_status gc_walk_tree2(struct gc_file *file, uint64_t address, int type, gc_take_record take,
                        void *context) {
    struct gc_block block;
    const uint64_t length = 22 + (uint64_t)file->offset_size + (uint64_t)file->length_size;
    GC_TRY(gc_load_signed(file, &block, address, length, "BTHD"));
    struct gc_cursor cursor = gc_cursor_at(file, &block, 4);
    struct walk2 walk = {.file = file, .type = type, .take = take, .context = context};
    const uint64_t version = gc_take(&cursor, 1);
    const int found = (int)gc_take(&cursor, 1);
    const uint64_t node_bytes = gc_take(&cursor, 4);
    walk.record_bytes = (size_t)gc_take(&cursor, 2);
    const int depth = (int)gc_take(&cursor, 2);
    gc_take_bytes(&cursor, 2);
    struct child root = {.address = gc_take_address(&cursor)};
    root.count = (size_t)gc_take(&cursor, 2);
    gc_release_block(&block);
    if (version != 0 || found != type)
        return gc_damaged("a B-tree is not of the type that is due");
    GC_TRY(find_count_bytes(&walk, node_bytes, depth));
    return root.address == GC_NOWHERE ? GC_OK : walk_node2(&walk, root, depth);
}
