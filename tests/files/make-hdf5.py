"""Writes HDF5 files with every combination of what the reader must understand.

    python3 make-hdf5.py FOLDER

Beside x.h5 stands x.json. It lists the data sets with their shapes and the values that h5py reads,
in base64 of float32, and the attributes of the root group that are texts. Files without an x.json
must be refused.
"""

import base64
import itertools
import json
import os
import struct
import sys
import zlib

import h5py
import numpy as np

FOLDER = sys.argv[1]
random = np.random.default_rng(1)

NUMBERS = [
    f"{order}{kind}"
    for order in "<>"
    for kind in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")
]
FILTERS = {
    "none": {},
    "gzip": {"compression": "gzip"},
    "gzip9_shuffle": {"compression": "gzip", "compression_opts": 9, "shuffle": True},
    "lzf": {"compression": "lzf"},
    "lzf_shuffle": {"compression": "lzf", "shuffle": True},
    "fletcher32": {"fletcher32": True},
    "all": {"compression": "gzip", "shuffle": True, "fletcher32": True},
}
VERSIONS = [("earliest", "v108"), ("v108", "v110"), ("v110", "v112"), ("latest", "latest")]


def values(shape, kind="<f4", compressible=False):
    """Numbers that float32 holds exactly. Compressible ones repeat."""
    span = 8 if compressible else 2000
    numbers = random.integers(0, span, size=shape)
    if np.dtype(kind).kind != "u" and np.dtype(kind).itemsize > 1:
        numbers = numbers - span // 2
    if np.dtype(kind).kind == "f":
        numbers = numbers / 16
    if np.dtype(kind).itemsize == 1:
        numbers = numbers % 100
    return numbers.astype(kind)


def expected(dataset):
    numbers = dataset[()]
    if numbers.dtype.kind == "V":  # bfloat16 as Keras writes it
        bits = np.frombuffer(numbers.tobytes(), "<u2").astype("<u4") << 16
        numbers = bits.view("<f4").reshape(numbers.shape)
    numbers = np.asarray(numbers).astype("<f4")
    return {
        "shape": list(dataset.shape),
        "values": base64.b64encode(numbers.tobytes()).decode(),
    }


def texts(value):
    many = [value] if isinstance(value, (bytes, str)) else list(np.asarray(value).ravel())
    return [v.decode() if isinstance(v, bytes) else str(v) for v in many]


def describe(path):
    datasets, attributes = {}, {}
    with h5py.File(path, "r") as file:

        def add(name, item):
            if isinstance(item, h5py.Dataset) and item.dtype.kind in "fiubV":
                datasets[name] = expected(item)

        file.visititems(add)
        for name, value in file.attrs.items():
            if h5py.check_string_dtype(file.attrs.get_id(name).dtype):
                attributes[name] = texts(value)
    return {"datasets": datasets, "attributes": attributes}


def write(name, fill, **options):
    path = os.path.join(FOLDER, f"{name}.h5")
    with h5py.File(path, "w", **options) as file:
        fill(file)
    with open(os.path.join(FOLDER, f"{name}.json"), "w") as file:
        json.dump(describe(path), file)


def numbers(file):
    for kind in NUMBERS:
        file[f"contiguous {kind}"] = values((3, 5), kind)
        file.create_dataset(f"chunked {kind}", data=values((7, 5), kind), chunks=(2, 3))
        file.create_dataset(
            f"shuffled {kind}", data=values((7, 5), kind), chunks=(4, 5), **FILTERS["all"]
        )
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_layout(h5py.h5d.COMPACT)
        data = values((4,), kind)
        space = h5py.h5s.create_simple(data.shape)
        name = f"compact {kind}".encode()
        low = h5py.h5d.create(file.id, name, h5py.h5t.py_create(data.dtype), space, plist)
        low.write(h5py.h5s.ALL, h5py.h5s.ALL, data)
    file["bool"] = np.array([True, False, True])
    file["scalar"] = np.float32(2.5)
    file["empty"] = np.zeros((0, 3), "f4")
    file["bfloat16"] = values((6,), "<u2").view("V2")
    file["text"] = "text"


def bfloat16(file):
    """bfloat16 as a floating-point type, as other programs write it."""
    kind = h5py.h5t.IEEE_F16LE.copy()
    kind.set_fields(15, 7, 8, 0, 7)
    kind.set_ebias(127)
    space = h5py.h5s.create_simple((4,))
    low = h5py.h5d.create(file.id, b"weights", kind, space)
    low.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([1, -2, 0.5, 96], "<f4"))


def chunked(shape, chunks, maxshape, options, fillvalue=None, part=None):
    def fill(file):
        data = values(shape, compressible=True)
        dataset = file.create_dataset(
            "group/weights",
            shape=shape,
            dtype="<f4",
            chunks=chunks,
            maxshape=maxshape,
            fillvalue=fillvalue,
            **options,
        )
        region = tuple(slice(0, end) for end in (part or shape))
        dataset[region] = data[region]

    return fill


def early(file):
    """Chunks that are allocated at once have no index."""
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((2, 4))
    plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    data = values((5, 9))
    low = h5py.h5d.create(
        file.id, b"weights", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple(data.shape), plist
    )
    low.write(h5py.h5s.ALL, h5py.h5s.ALL, data)


def skipped_filter(file):
    """A chunk may be stored without the filters of the others."""
    options = {"chunks": (2, 4), **FILTERS["all"]}
    dataset = file.create_dataset("weights", shape=(4, 4), dtype="<f4", **options)
    data = values((4, 4))
    dataset[2:] = data[2:]
    dataset.id.write_direct_chunk((0, 0), data[:2].tobytes(), filter_mask=7)


def resized(file):
    dataset = file.create_dataset(
        "weights", data=values((20, 20)), chunks=(3, 4), maxshape=(None, None)
    )
    dataset.resize((11, 9))
    other = file.create_dataset("grown", data=values((3, 4)), chunks=(3, 4), maxshape=(None, 40))
    other.resize((10, 21))
    other[9] = 7


def paged(maxshape):
    """So many chunks that the blocks of their index have pages."""

    def fill(file):
        count = 200000
        dataset = file.create_dataset(
            "weights", shape=(count,), dtype="i1", chunks=(1,), maxshape=maxshape
        )
        places = [0, 3, 4, 1000, 131055, 131100, 140000, count - 1]
        for i in [*places, *range(131000, count, 500)]:
            dataset[i] = i % 100 + 1

    return fill


def partial_edges(file):
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((4, 4))
    plist.set_deflate(6)
    set_options = getattr(plist, "set_chunk_opts", None)
    if set_options:
        set_options(h5py.h5d.CHUNK_DONT_FILTER_PARTIAL_CHUNKS)
    data = values((6, 7), compressible=True)
    low = h5py.h5d.create(
        file.id, b"weights", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple(data.shape), plist
    )
    low.write(h5py.h5s.ALL, h5py.h5s.ALL, data)


def groups(count, nested):
    def fill(file):
        group = file
        for i in range(nested):
            group = group.create_group(f"level {i}")
        for i in range(count):
            group[f"weight {i}"] = np.float32(i)
        file["soft"] = h5py.SoftLink("/nowhere")
        file["other"] = h5py.ExternalLink("other.h5", "/")

    return fill


def attributes(count, size):
    def fill(file):
        for i in range(count):
            file.attrs[f"number {i}"] = i
            file.attrs[f"text {i}"] = "ä" * i
        file.attrs["model_config"] = "x" * size
        file.attrs["bytes"] = np.bytes_(b"fixed")
        file.attrs["names"] = np.array([f"layer {i}".encode() for i in range(200)])
        file.attrs["variable"] = ["one", "zwei", "drei und vier", "", "日本語"]
        file.attrs["ascii"] = b"plain"
        file.attrs["none"] = np.array([], "S1")
        file.attrs["many"] = np.array([f"layer {i}".encode() for i in range(20 * count)])
        file["weights"] = np.arange(3, dtype="<f4")
        file["weights"].attrs["unit"] = "none"

    return fill


def refuse(name, fill):
    path = os.path.join(FOLDER, f"{name}.h5")
    with h5py.File(path, "w", libver=("earliest", "latest")) as file:
        fill(file)
    return path


def virtual(file):
    layout = h5py.VirtualLayout(shape=(4,), dtype="<f4")
    layout[:] = h5py.VirtualSource("other.h5", "weights", shape=(4,))
    file.create_virtual_dataset("weights", layout)


def deflated(times, size):
    """A chunk of 432 bytes that becomes `size` bytes when it is decompressed."""

    def fill(file):
        bytes_ = zlib.compress(bytes(size), 9)
        for _ in range(times - 1):
            bytes_ = zlib.compress(bytes_, 9)
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk((108,))
        for _ in range(times):
            plist.set_deflate(9)
        space = h5py.h5s.create_simple((108,))
        low = h5py.h5d.create(file.id, b"weights", h5py.h5t.IEEE_F32LE, space, plist)
        low.write_direct_chunk((0,), bytes_)

    return fill


def sparse(is_written):
    """An array of 1 GB with one chunk, or none."""

    def fill(file):
        side = 1 << 14
        dataset = file.create_dataset("weights", shape=(side, side), dtype="<f4", chunks=(64, 64))
        if is_written:
            dataset[0, 0] = 1

    return fill


def endless_tree(path):
    """All entries of a node of the root's B-tree are one node, over six levels."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    child = root = data.find(b"TREE")
    for level in range(1, 7):
        node = len(data)
        data += b"TREE" + struct.pack("<BBH", 0, level, 40) + b"\xff" * 16
        data += struct.pack("<QQ", 0, child) * 40 + struct.pack("<Q", 0)
        child = node
    end = len(data)
    data = data.replace(struct.pack("<Q", root), struct.pack("<Q", child), 2)
    data[40:48] = struct.pack("<Q", end)
    with open(path, "wb") as file:
        file.write(data)


def endless_texts(path):
    """An attribute of 2^32 - 1 texts of no bytes."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    name = data.find(b"model_config\0")
    size = data.find(struct.pack("<I", 7), name + 16)
    data[size : size + 4] = struct.pack("<I", 0)
    count = data.find(struct.pack("<Q", 3), size)
    data[count : count + 8] = struct.pack("<Q", 2**32 - 1)
    with open(path, "wb") as file:
        file.write(data)


def every_refused_file():
    one = np.ones((4, 4), "i4")
    refuse("scaleoffset", lambda file: file.create_dataset("weights", data=one, scaleoffset=4))
    external = {"shape": (4,), "dtype": "<f4", "external": [("other.bin", 0, 16)]}
    refuse("external", lambda file: file.create_dataset("weights", **external))
    refuse("virtual", virtual)
    refuse("deflate1", deflated(1, 1 << 26))
    refuse("deflate2", deflated(2, 1 << 28))
    refuse("sparse_1gb", sparse(True))
    refuse("sparse_none", sparse(False))
    endless_tree(refuse("btree_6levels", lambda file: file.create_group("weights")))
    three = np.array([b"AAAAAAA"] * 3)
    endless_texts(refuse("attr", lambda file: file.attrs.create("model_config", three)))


def every_file():
    for low, high in VERSIONS:
        span = {"libver": (low, high)}
        write(f"numbers-{low}", numbers, **span)
        write(f"bfloat16-{low}", bfloat16, **span)
        write(f"early-{low}", early, **span)
        write(f"skipped-{low}", skipped_filter, **span)
        write(f"resized-{low}", resized, **span)
        write(f"edges-{low}", partial_edges, **span)
        for count, nested in [(0, 0), (3, 2), (9, 1), (60, 0), (700, 1)]:
            write(f"groups-{count}-{low}", groups(count, nested), **span)
            write(f"ordered-{count}-{low}", groups(count, nested), track_order=True, **span)
        for count, size in [(1, 10), (5, 3000), (12, 5000), (12, 60000), (40, 20000)]:
            fill = attributes(count, size)
            try:
                write(f"attributes-{count}-{size}-{low}", fill, **span)
            except (OSError, RuntimeError):
                pass  # this version has no attributes so large
        shapes = [
            ((10,), (4,), None),
            ((10,), (4,), (None,)),
            ((10,), (4,), (25,)),
            ((6, 9), (6, 9), None),
            ((6, 9), (2, 9), None),
            ((6, 9), (4, 5), (10, None)),
            ((6, 9), (4, 5), (None, None)),
            ((3, 3, 7, 8), (2, 2, 4, 8), None),
            ((3, 3, 7, 8), (2, 2, 4, 3), (3, None, 7, 8)),
            ((300, 40), (1, 1), None),
            ((300, 40), (1, 1), (None, None)),
            ((300, 40), (1, 1), (None, 40)),
        ]
        for i, name in itertools.product(range(len(shapes)), FILTERS):
            if shapes[i][0] == (300, 40) and name not in ("none", "gzip"):
                continue
            write(f"chunks-{i}-{name}-{low}", chunked(*shapes[i], FILTERS[name]), **span)
        for i, fillvalue in itertools.product((1, 3, 5, 6, 7), (None, 1.5)):
            shape, chunks, maxshape = shapes[i]
            part = tuple((axis + 1) // 2 for axis in shape)
            fill = chunked(shape, chunks, maxshape, {}, fillvalue, part)
            write(f"sparse-{i}-{fillvalue}-{low}", fill, **span)
    for low in ("earliest", "latest"):
        write(f"paged-{low}", paged(None), libver=(low, "latest"))
        write(f"paged-growing-{low}", paged((None,)), libver=(low, "latest"))


if __name__ == "__main__":
    os.makedirs(FOLDER, exist_ok=True)
    every_file()
    every_refused_file()
