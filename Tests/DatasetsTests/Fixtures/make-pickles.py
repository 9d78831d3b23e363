#!/usr/bin/env python3
"""Writes batches of two images as CIFAR's Python version has them, one of each kind of pickle: pickles/*.

    python3 -m venv venv && venv/bin/pip install numpy
    venv/bin/python Tests/DatasetsTests/Fixtures/make-pickles.py

The original files were written by Python 2, whose pickles no Python 3 writes: `python2` is built by hand, opcode by opcode.
"""

import pathlib
import pickle
import struct

import numpy as np

folder = pathlib.Path(__file__).parent / "pickles"
folder.mkdir(exist_ok=True)


def images(index):
    """Two images that no other index has, and labels."""
    data = (np.arange(2 * 3072, dtype=np.int64) * (2 * index + 3) + index).astype(np.uint8).reshape(2, 3072)
    return data, [index, 9]


def short(text):
    return b"U" + bytes([len(text)]) + text


def python2(data, labels):
    memo = iter(range(256))
    put = lambda: b"q" + bytes([next(memo)])
    parts = [b"\x80\x02}", put(), b"(", short(b"batch_label"), put(), short(b"training batch 1 of 5"), put()]
    parts += [short(b"labels"), put(), b"]", put(), b"("] + [b"K" + bytes([label]) for label in labels] + [b"e"]
    parts += [short(b"data"), put(), b"cnumpy.core.multiarray\n_reconstruct\n", put(), b"cnumpy\nndarray\n", put()]
    parts += [b"K\x00\x85", put(), short(b"b"), b"\x87", put(), b"R", put(), b"(K\x01"]
    parts += [b"K\x02M\x00\x0c\x86", put(), b"cnumpy\ndtype\n", put(), short(b"u1"), b"K\x00K\x01\x87", put(), b"R", put()]
    parts += [b"(K\x03", short(b"|"), b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t", put(), b"b\x89"]
    parts += [b"T" + struct.pack("<i", data.size) + data.tobytes(), b"tb"]
    parts += [short(b"filenames"), put(), b"]", put(), b"("]
    parts += [part for name in (b"leptodactylus_pentadactylus_s_000004.png", b"camion_s_000148.png") for part in (short(name), put())]
    parts += [b"eu."]
    return b"".join(parts)


for index in range(6):
    data, labels = images(index)
    name = f"data_batch_{index + 1}" if index < 5 else "test_batch"
    batch = {"batch_label": name, "labels": labels, "data": data, "filenames": ["a.png", "é.png"]}
    protocol = [None, 2, 3, 4, 5, 4][index]
    written = pickle.dumps(batch, protocol) if protocol else python2(data, labels)
    read = pickle.loads(written, encoding="latin1")
    assert read["labels"] == labels and (read["data"] == data).all()
    (folder / name).write_bytes(written)


class Call:
    """What calls something when it is read."""

    def __reduce__(self):
        return (print, ("called",))


(folder / "call").write_bytes(pickle.dumps({"labels": Call(), "data": images(0)[0]}, 2))
