#!/usr/bin/env python3
"""Measures training in shards on two cores: one process of two threads, two processes of one thread.

Usage: measure-shards.py PROGRAM [--architecture resnet56] [--rounds 5] [--images 1280]

Trains two epochs on random pictures in turns, and prints the medians of the second epochs in
Markdown: with the whole batch at once, with two shards in one process (whose threads then compute
in parallel), and with two shards in two processes of Open MPI.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile

FILE = """format: 1
name: trial
dataset: {name: cifar10, path: data, train_limit: %d, test_limit: 100}
architecture: {name: %s}
train: {epochs: 2, batch_size: 128, optimizer: {name: sgd, learning_rate: 0.01}}
evaluate: {every: 2}
"""
MPI = ["mpirun", "--allow-run-as-root", "--bind-to", "none", "-n", "2"]
WAYS = {
    "one process, two threads, whole batch": ([], 1, 2),
    "one process, two threads, two shards": ([], 2, 2),
    "two processes of one thread, two shards": (MPI, 2, 1),
}


def write_pictures(folder):
    """CIFAR-10's binary files, of noise."""
    folder.mkdir()
    for name in [*(f"data_batch_{batch}" for batch in range(1, 6)), "test_batch"]:
        pictures = (bytes([index % 10]) + os.urandom(3072) for index in range(10000))
        (folder / f"{name}.bin").write_bytes(b"".join(pictures))


def speed(program, folder, command, shards, threads):
    """Images per second of the second epoch."""
    subprocess.run(
        [*command, program, "run", "trial.yaml", "--results", "results", "--fresh", "--progress", "none",
         "--threads", str(threads), "--set", f"train.shards={shards}"],
        check=True, stdout=subprocess.DEVNULL, cwd=folder)
    report = json.loads((folder / "results/trial/report.json").read_text())
    epochs = report["timing"]["runs"][0]["epochs"]
    return epochs[1]["images_per_s"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--architecture", default="resnet56")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--images", type=int, default=1280)
    options = parser.parse_args()
    program = os.path.realpath(options.program)
    found = {name: [] for name in WAYS}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_pictures(folder / "data")
        (folder / "trial.yaml").write_text(FILE % (options.images, options.architecture))
        for _ in range(options.rounds):
            for way, (command, shards, threads) in WAYS.items():
                found[way].append(speed(program, folder, command, shards, threads))
    print(f"| {options.architecture}, batches of 128 | images/s | ratio |")
    print("| --- | --- | --- |")
    first = statistics.median(next(iter(found.values())))
    for way, speeds in found.items():
        print(f"| {way} | {statistics.median(speeds):.1f} | {statistics.median(speeds) / first:.2f} |")


main()
