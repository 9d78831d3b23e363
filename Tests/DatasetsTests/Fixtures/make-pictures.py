#!/usr/bin/env python3
"""Writes the pictures that tests decode, and what Pillow makes of them: pictures/*.{jpg,png} and expected.json.

    python3 -m venv venv && venv/bin/pip install pillow numpy
    venv/bin/python Tests/DatasetsTests/Fixtures/make-pictures.py

Pillow's values are independent of Espalier's own resizing and conversions; both use libjpeg-turbo and libpng.
"""

import io
import json
import pathlib

import numpy as np
import PIL
from PIL import Image

folder = pathlib.Path(__file__).parent / "pictures"
folder.mkdir(exist_ok=True)


def scene(rows, columns):
    """A smooth picture with an edge: red rises to the right, green downwards, a blue disc in the middle."""
    y, x = np.mgrid[0:rows, 0:columns]
    red = 255 * x / max(1, columns - 1)
    green = 255 * y / max(1, rows - 1)
    inside = (y - rows / 2) ** 2 + (x - columns / 2) ** 2 < (min(rows, columns) / 3) ** 2
    blue = np.where(inside, 220, 30)
    return np.stack([red, green, blue], axis=-1).round().astype(np.uint8)


def save(name, image, **options):
    image.save(folder / name, **options)


colour = Image.fromarray(scene(48, 64))
large = Image.fromarray(scene(300, 420))
grey = colour.convert("L")
save("colour.jpg", colour, quality=95, subsampling=0)
save("subsampled.jpg", colour, quality=85)
save("progressive.jpg", colour, quality=90, progressive=True)
save("grey.jpg", grey, quality=95)
save("cmyk.jpg", colour.convert("CMYK"), quality=95)
save("large.jpg", large, quality=90)
save("colour.png", colour)
save("grey.png", grey)
save("palette.png", colour.quantize(16))
save("bits.png", grey.convert("1"))
alpha = np.dstack([scene(48, 64), np.tile(np.arange(64, dtype=np.uint8) * 4, (48, 1))])
save("alpha.png", Image.fromarray(alpha))
save("grey-alpha.png", Image.fromarray(alpha).convert("LA"))
deep = (np.asarray(grey, dtype=np.uint16) << 8) | 0x80
save("deep.png", Image.fromarray(deep))
# What is called one thing and is another, as in ImageNet.
(folder / "png-inside.jpg").write_bytes((folder / "colour.png").read_bytes())

# Damaged ones.
whole = (folder / "large.jpg").read_bytes()
(folder / "cut.jpg").write_bytes(whole[: len(whole) // 2])
(folder / "cut.png").write_bytes((folder / "colour.png").read_bytes()[:200])
stray = (folder / "colour.jpg").read_bytes()
(folder / "stray.jpg").write_bytes(stray[:-2] + bytes(40) + stray[-2:])
start = whole.index(b"\xff\xc0")
(folder / "huge.jpg").write_bytes(whole[: start + 5] + b"\xea\x60\xea\x60" + whole[start + 9 :])
png = bytearray((folder / "colour.png").read_bytes())
png[16:24] = (60_000).to_bytes(4, "big") * 2
png[29:33] = __import__("zlib").crc32(bytes(png[12:29])).to_bytes(4, "big")
(folder / "huge.png").write_bytes(bytes(png))

# An Adobe picture of inks in YCCK: Pillow writes none, so the transform in the Adobe marker says
# how to read the bytes.
cmyk = bytearray((folder / "cmyk.jpg").read_bytes())
marker = cmyk.index(b"Adobe")
cmyk[marker + 11] = 2
(folder / "ycck.jpg").write_bytes(bytes(cmyk))


def rgb(name):
    image = Image.open(folder / name)
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    return image.convert("RGB")


def planes(image):
    return np.asarray(image).transpose(2, 0, 1).reshape(-1).tolist()


decoded = ["colour.jpg", "subsampled.jpg", "progressive.jpg", "grey.jpg", "cmyk.jpg", "ycck.jpg", "colour.png", "grey.png",
           "palette.png", "bits.png", "alpha.png", "grey-alpha.png", "deep.png", "png-inside.jpg",
           "stray.jpg"]
expected = {"pillow": PIL.__version__, "decoded": {}, "evaluation": [], "crops": []}
for name in decoded:
    image = rgb(name)
    # A pixel of every seventh row and column tells all that matters.
    expected["decoded"][name] = {
        "size": [image.height, image.width],
        "values": np.asarray(image)[::7, ::7].transpose(2, 0, 1).reshape(-1).tolist(),
    }

# torchvision's Resize(resize) and CenterCrop(size), from Pillow's resize.
for name, resize, size in [("large.jpg", 37, 32), ("large.jpg", 256, 24), ("colour.png", 100, 16), ("colour.png", 9, 8)]:
    image = rgb(name)
    short, long = sorted([image.width, image.height])
    new_long = int(resize * long / short)
    columns, rows = (new_long, resize) if image.width > image.height else (resize, new_long)
    image = image.resize((columns, rows), Image.BILINEAR)
    top, left = int(round((rows - size) / 2.0)), int(round((columns - size) / 2.0))
    image = image.crop((left, top, left + size, top + size))
    expected["evaluation"].append({"name": name, "resize": resize, "size": size, "values": planes(image)})

# torchvision's resized_crop: crop, then resize.
for name, top, left, rows, columns, size in [
    ("colour.png", 5, 7, 20, 30, 16), ("colour.png", 0, 0, 48, 64, 8), ("colour.png", 47, 63, 1, 1, 8),
    ("colour.png", 40, 0, 8, 64, 24), ("large.jpg", 11, 23, 200, 300, 32),
]:
    image = rgb(name).crop((left, top, left + columns, top + rows)).resize((size, size), Image.BILINEAR)
    expected["crops"].append(
        {"name": name, "window": [top, left, rows, columns], "size": size, "values": planes(image)})

(pathlib.Path(__file__).parent / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
