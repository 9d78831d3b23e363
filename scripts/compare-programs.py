#!/usr/bin/env python3
"""Measures two builds of the program in turns, and prints how the second compares with the first.

Usage: compare-programs.py BEFORE AFTER [--rounds N] [--seconds S] [CASE:MODE:BATCH...]
A table in Markdown: medians of images per second and of peak memory, and their ratios.
"""
import argparse
import json
import statistics
import subprocess

CASES = [
    f"{case}:{mode}:128"
    for case in ["resnet20", "resnet56", "resnet56:inner=0.5", "vgg16"]
    for mode in ["train", "infer", "score"]
] + ["resnet18:train:32", "resnet18:infer:32"]


def measure(program, case, mode, batch, seconds):
    output = subprocess.run(
        [program, "bench", case, "--mode", mode, "--batch", batch, "--seconds", seconds, "--format", "json"],
        check=True, capture_output=True, text=True).stdout
    result = json.loads(output.splitlines()[-1])
    return result["images_per_s"], result["peak_rss_mib"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("cases", nargs="*", default=CASES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", default="2")
    arguments = parser.parse_intermixed_args()
    print("| case | images/s before | after | ratio | MiB before | after | ratio |")
    print("| --- | --- | --- | --- | --- | --- | --- |", flush=True)
    for name in arguments.cases:
        case, mode, batch = name.rsplit(":", 2)
        found = {arguments.before: [], arguments.after: []}
        for turn in range(arguments.rounds):
            # The order changes, so that a machine that slows down favours neither.
            for program in sorted(found, reverse=turn % 2 == 1):
                found[program].append(measure(program, case, mode, batch, arguments.seconds))
        (speed, memory), (new_speed, new_memory) = (
            [statistics.median(column) for column in zip(*measurements)] for measurements in found.values())
        print(
            f"| {mode} {case}, batch {batch} | {speed:.1f} | {new_speed:.1f} | {new_speed / speed:.3f} "
            f"| {memory:.0f} | {new_memory:.0f} | {new_memory / memory:.3f} |", flush=True)


main()
