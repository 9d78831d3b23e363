#!/usr/bin/env python3
"""Compares the decoding of a folder's pictures by Espalier and by Pillow with torchvision's transforms.

    python3 scripts/compare-decoding.py PROGRAM PYTHON FOLDER [--size 224] [--seconds 10]

PROGRAM is the espalier program, PYTHON a Python with torch, torchvision and Pillow. Both do the same work from file to normalized
tensor: in training a random resized crop and a flip, in evaluation a center crop. torchvision is measured twice: on Pillow's images, as
in its ImageFolder by default, and on the tensors of its own decoder. Python's workers are processes, Espalier's are threads. Every
result is the median of three runs in turns.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys


def pictures(folder):
    """As espalier bench --decode finds them."""
    paths = [os.path.join(parent, name) for parent, _, names in os.walk(folder) for name in names]
    return sorted(path for path in paths if path.lower().endswith((".jpg", ".jpeg", ".png")))


def measure_torchvision(folder, size, seconds, workers, decoder, mode):
    """Images a second; runs in the other Python."""
    import time

    import torch
    from PIL import Image
    from torchvision import io
    from torchvision.transforms import v2

    torch.set_num_threads(1)
    crop = [v2.RandomResizedCrop(size), v2.RandomHorizontalFlip()] if mode == "train" else [
        v2.Resize(round(size * 8 / 7)), v2.CenterCrop(size)]
    to_tensor = [v2.ToImage()] if decoder == "pillow" else []
    transform = v2.Compose(crop + to_tensor + [
        v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
    paths = pictures(folder)

    class Pictures(torch.utils.data.Dataset):
        def __len__(self):
            return 1 << 40

        def __getitem__(self, index):
            path = paths[index * 7919 % len(paths)]
            if decoder == "pillow":
                with Image.open(path) as image:
                    return transform(image.convert("RGB"))
            return transform(io.decode_image(path, mode=io.ImageReadMode.RGB))

    class Endless(torch.utils.data.Sampler):
        def __iter__(self):
            index = 0
            while True:
                yield index
                index += 1

    loader = iter(torch.utils.data.DataLoader(
        Pictures(), sampler=Endless(), batch_size=128, num_workers=workers, prefetch_factor=2 if workers else None))
    # Workers have started, and filled what they fill ahead.
    for _ in range(1 + 2 * workers):
        next(loader)
    begin, images = time.perf_counter(), 0
    while time.perf_counter() - begin < seconds:
        images += len(next(loader))
    return images / (time.perf_counter() - begin)


def espalier(options, threads):
    """Images a second by mode."""
    output = subprocess.run(
        [options.program, "bench", "--decode", options.folder, "--size", str(options.size), "--seconds",
         str(options.seconds), "--threads", str(threads), "--format", "json"], check=True, capture_output=True, text=True).stdout
    results = [json.loads(line) for line in output.splitlines()]
    return {result["mode"]: result["images_per_s"] for result in results if result["threads"] == threads}


def other(options, workers, decoder, mode):
    arguments = [options.folder, options.size, options.seconds, workers, decoder, mode]
    return float(subprocess.run(
        [options.python, __file__, "--measure", json.dumps(arguments)], check=True, capture_output=True, text=True).stdout)


def main():
    if sys.argv[1:2] == ["--measure"]:
        print(measure_torchvision(*json.loads(sys.argv[2])))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ["program", "python", "folder"]:
        parser.add_argument(name)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--repetitions", type=int, default=3)
    options = parser.parse_args()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    count = len(pictures(options.folder))
    print(f"{count} pictures to {options.size}x{options.size}, {cores} cores, images/s\n")
    print("| mode | threads or workers | Espalier | Pillow + torchvision | ratio | torchvision's decoder | ratio |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for threads in sorted({1, cores}):
        speeds = {}
        for _ in range(options.repetitions):
            own = espalier(options, threads)
            for mode in ["train", "evaluate"]:
                speeds.setdefault((mode, "own"), []).append(own[mode])
                for decoder in ["pillow", "torchvision"]:
                    # One worker alone is the process itself, as one thread is.
                    workers = 0 if threads == 1 else threads
                    speeds.setdefault((mode, decoder), []).append(other(options, workers, decoder, mode))
        for mode in ["train", "evaluate"]:
            own, pillow, torchvision = [
                statistics.median(speeds[mode, name]) for name in ["own", "pillow", "torchvision"]]
            print(f"| {mode} | {threads} | {own:.0f} | {pillow:.0f} | {own / pillow:.2f} | {torchvision:.0f} | {own / torchvision:.2f} |")


if __name__ == "__main__":
    main()
