#!/usr/bin/env python3
"""Measures different ONNX forms of a pruned network in onnxruntime.

usage: measure-onnx-forms.py [--rounds N] ESPALIER EXPERIMENT BASELINE PRUNED

BASELINE and PRUNED are model.safetensors of the experiment file EXPERIMENT. The pruned one is
exported with its channels padded to multiples of 1, 4, 8 and 16; the export has zero filters for
channels that a branch's last convolution has lost but the sum keeps. The alternative form is the
narrow convolution, whose channels a zero channel (Pad) and Gather move to their positions in the
sum. All are measured in turns, for batches of 1 and 128, with one thread and with all. The results
are speed-ups over the baseline, by medians of the rounds.
"""

import argparse
import importlib.util
import os
import pathlib
import subprocess
import tempfile

import numpy
import onnx
from onnx import helper, numpy_helper

spec = importlib.util.spec_from_file_location("measure", pathlib.Path(__file__).with_name("measure-onnx.py"))
measuring = importlib.util.module_from_spec(spec)
spec.loader.exec_module(measuring)


class Form(measuring.Model):
    """A file that is measured, whatever its folder is called."""

    def __init__(self, name, path):
        self.name, self.path, self.times = name, path, {}


def gathered(path, output):
    """The file with narrow convolutions, Pad and Gather in place of filters of zeros.

    Returns the number of such convolutions.
    """
    model = onnx.load(path)
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    nodes, count = [], 0
    for node in model.graph.node:
        nodes.append(node)
        group = next((attribute.i for attribute in node.attribute if attribute.name == "group"), 1)
        if node.op_type != "Conv" or group != 1:
            continue
        weight = numpy_helper.to_array(tensors[node.input[1]])
        bias = numpy_helper.to_array(tensors[node.input[2]]) if len(node.input) > 2 else numpy.zeros(len(weight), "f4")
        kept = numpy.flatnonzero(numpy.abs(weight).reshape(len(weight), -1).max(1) + numpy.abs(bias))
        # What the export filled up lies behind the kept ones, and costs no Gather.
        if len(kept) == 0 or len(kept) == kept[-1] + 1:
            continue
        count += 1
        places = numpy.full(len(weight), len(kept))
        places[kept] = numpy.arange(len(kept))
        narrow = f"{node.name}/narrow"
        constants = {"weight": weight[kept], "bias": bias[kept], "pads": numpy.array([0, 0, 0, 0, 0, 1, 0, 0]),
                     "places": places}
        model.graph.initializer.extend(
            numpy_helper.from_array(values, f"{narrow}/{name}") for name, values in constants.items())
        final = node.output[0]
        node.input[1:] = [f"{narrow}/weight", f"{narrow}/bias"]
        node.output[0] = narrow
        nodes.append(helper.make_node("Pad", [narrow, f"{narrow}/pads"], [f"{narrow}/padded"]))
        nodes.append(helper.make_node("Gather", [f"{narrow}/padded", f"{narrow}/places"], [final], axis=1))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input}
    left = [tensor for tensor in model.graph.initializer if tensor.name in used]
    del model.graph.initializer[:]
    model.graph.initializer.extend(left)
    onnx.checker.check_model(model)
    onnx.save(model, output)
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("espalier")
    parser.add_argument("experiment")
    parser.add_argument("baseline")
    parser.add_argument("pruned")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    threads = sorted({1, len(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)

        def export(weights, multiple):
            path = folder / f"{pathlib.Path(weights).parent.name}-{multiple}.onnx"
            subprocess.run(
                [arguments.espalier, "export", arguments.experiment, "--weights", weights, "--format", "onnx",
                 "--output", path, "--set", f"export.onnx.pad_channels={multiple}", "--set",
                 "export.onnx.fold_batch_norm=true", "--set", "export.onnx.quantize=none"], check=True,
                stdout=subprocess.DEVNULL)
            return path

        forms = [Form("baseline", export(arguments.baseline, 4))]
        for multiple in (1, 4, 8, 16):
            forms.append(Form(f"zero filters, padded to {multiple}", export(arguments.pruned, multiple)))
        for multiple in (1, 4):
            path = folder / f"gather-{multiple}.onnx"
            count = gathered(folder / f"pruned-{multiple}.onnx", path)
            forms.append(Form(f"{count} Pad and Gather, padded to {multiple}", path))
        agree(forms[1:])
        for count in threads:
            for batch in (1, 128):
                measuring.measure(forms, count, batch, arguments.rounds)
        columns = [(batch, count) for batch in (1, 128) for count in threads]
        heads = [f"batch {batch}, threads {count}" for batch, count in columns]
        print("| form | M MACs | " + " | ".join(heads) + " |\n| --- |" + " ---: |" * (len(heads) + 1))
        for form in forms:
            gains = [forms[0].times[count, batch] / form.times[count, batch] for batch, count in columns]
            print(f"| {form.name} | {form.macs() / 1e6:.1f} | " + " | ".join(f"{gain:.2f}" for gain in gains) + " |")


def agree(forms):
    """All forms of the pruned network compute the same."""
    sessions = [form.session(1) for form in forms]
    shape = sessions[0].get_inputs()[0].shape[1:]
    images = numpy.random.default_rng(1).standard_normal((2, *shape), dtype=numpy.float32)
    logits = [session.run(None, {"images": images})[0] for session in sessions]
    for form, own in zip(forms, logits):
        assert numpy.abs(own - logits[0]).max() <= 1e-4 * numpy.abs(logits[0]).max(), form.name


if __name__ == "__main__":
    main()
