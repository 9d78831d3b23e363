#!/usr/bin/env python3
"""Measures exported models in onnxruntime, and writes deployment.json into each result folder.

usage: measure-onnx.py [--rounds N] [--batch N]... RESULT...

RESULT is the folder of an experiment with `export: {formats: [onnx]}`. Its models are measured in
turns, baseline and pruned, with one thread and with all, for batches of 1 and 128: medians of the
rounds. Needs onnx, onnxruntime and numpy; `make check-onnx` installs them into .build-onnx.
"""

import argparse
import json
import os
import pathlib
import platform
import re
import statistics
import sys
import time

import numpy
import onnx
import onnxruntime

# Of one measurement; shorter ones are repeated.
SECONDS = 0.2


def processor():
    try:
        return re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())[1]
    except (OSError, TypeError):
        return platform.processor() or platform.machine()


def macs(model):
    """Multiply-accumulates of a file's convolutions and linear layers for one image."""
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True)
    shapes = {value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim]
              for value in [*inferred.graph.value_info, *inferred.graph.output]}
    sizes = {tensor.name: list(tensor.dims) for tensor in model.graph.initializer}
    # The weights of 8-bit files are dequantized first.
    for node in model.graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in sizes:
            sizes[node.output[0]] = sizes[node.input[0]]
    total = 0
    for node in model.graph.node:
        if node.op_type == "Conv":
            total += int(numpy.prod(sizes[node.input[1]])) * int(numpy.prod(shapes[node.output[0]][2:]))
        elif node.op_type == "Gemm":
            total += int(numpy.prod(sizes[node.input[1]]))
    return total


class Model:
    def __init__(self, path):
        self.path = path
        self.variant = path.parent.name
        self.seed = int(path.parent.parent.name.removeprefix("seed-"))
        self.times = {}

    def macs(self):
        return macs(onnx.load(self.path))

    def top1(self):
        metadata = {entry.key: entry.value for entry in onnx.load(self.path).metadata_props}
        return float(metadata["espalier.top1"]) if "espalier.top1" in metadata else None

    def session(self, threads):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        return onnxruntime.InferenceSession(self.path, options, providers=["CPUExecutionProvider"])


def milliseconds(session, images):
    runs = 0
    start = time.perf_counter()
    while (elapsed := time.perf_counter() - start) < SECONDS or runs < 2:
        session.run(None, {"images": images})
        runs += 1
    return elapsed / runs * 1000


def measure(models, threads, batch, rounds):
    """All models in turns, so that what else the machine does meets them alike."""
    sessions = [model.session(threads) for model in models]
    shape = sessions[0].get_inputs()[0].shape[1:]
    images = numpy.random.default_rng(0).standard_normal((batch, *shape), dtype=numpy.float32)
    times = [[] for _ in models]
    for session in sessions:
        session.run(None, {"images": images})
    for _ in range(rounds):
        for own, session in zip(times, sessions):
            own.append(milliseconds(session, images))
    for model, own in zip(models, times):
        model.times[threads, batch] = statistics.median(own)


def deployment(models, threads, batches):
    return {
        "format": 1,
        "runtime": f"onnxruntime {onnxruntime.__version__}",
        "processor": processor(),
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "models": [
            {"seed": model.seed, "variant": model.variant, "top1": model.top1(), "macs": model.macs(),
             "bytes": model.path.stat().st_size,
             "latency": [{"threads": count, "batch_size": batch,
                          "milliseconds": round(model.times[count, batch], 4)}
                         for count in threads for batch in batches]}
            for model in models
        ],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", nargs="+", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--batch", type=int, action="append", help="images of a batch; default: 1 and 128")
    arguments = parser.parse_args()
    batches = arguments.batch or [1, 128]
    threads = sorted({1, len(os.sched_getaffinity(0))})
    for folder in arguments.results:
        models = [Model(path) for path in sorted(folder.glob("seed-*/*/model.onnx"))]
        if not models:
            sys.exit(f"measure-onnx: {folder}: no seed-*/*/model.onnx; the experiment needs export: "
                     "{formats: [onnx]}")
        for count in threads:
            for batch in batches:
                measure(models, count, batch, arguments.rounds)
        (folder / "deployment.json").write_text(json.dumps(deployment(models, threads, batches), indent=2) + "\n")
        for model in models:
            times = ", ".join(f"{batch} x {count} threads {model.times[count, batch]:.3f} ms"
                              for count in threads for batch in batches)
            print(f"{folder.name} seed {model.seed} {model.variant}: {model.macs()} MACs, {times}")


if __name__ == "__main__":
    main()
