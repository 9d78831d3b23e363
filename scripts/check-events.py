#!/usr/bin/env python3
"""Reads an experiment's TensorBoard files with TensorBoard's own reader and compares them with its history.csv.

Usage: check-events.py RESULTS/EXPERIMENT. Needs PyPI's tensorboard; status 1 where they differ.
"""
import csv
import math
import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

COLUMNS = {
    "loss/train": "train_loss", "loss/test": "test_loss", "top1/train": "train_top1", "top1/test": "test_top1",
    "top5/test": "test_top5", "training/learning_rate": "learning_rate", "training/images_per_s": "images_per_s",
    "network/channels": "channels", "network/parameters": "parameters", "network/macs": "macs",
}


def main():
    folder = Path(sys.argv[1])
    runs = {}
    with open(folder / "history.csv") as file:
        for row in csv.DictReader(file):
            runs.setdefault(f"seed-{row['seed']}-{row['variant']}", []).append(row)
    compared = 0
    for name, rows in runs.items():
        events = EventAccumulator(str(folder / "tensorboard" / name), size_guidance={"scalars": 0})
        events.Reload()
        for tag, column in COLUMNS.items():
            expected = [(int(row["epoch"]), float(row[column])) for row in rows if row[column]]
            found = [(e.step, e.value) for e in events.Scalars(tag)] if tag in events.Tags()["scalars"] else []
            same = len(found) == len(expected) and all(
                step == epoch and math.isclose(value, number, rel_tol=1e-6)
                for (step, value), (epoch, number) in zip(found, expected))
            if not same:
                sys.exit(f"{name}, {tag}: expected {expected}, found {found}")
            compared += len(found)
    print(f"{len(runs)} runs, {compared} values as in history.csv")


main()
