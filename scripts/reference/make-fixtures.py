#!/usr/bin/env python3
"""Reference values of declared architectures in float64, for the tests of Network.

usage: make-fixtures.py [FOLDER ...]        default: every folder under Tests/NetworkTests/Fixtures/declared

A folder has an `architecture.yaml`, what `architecture` is in an experiment file. Written beside it:

  model.safetensors      random weights and running statistics
  batch.safetensors      `images` and `labels`
  expected.safetensors   `eval.logits`; `train.loss`, `train.logits`, `grad.*`, `after.*` (running statistics)
                         of one training pass; `relevance.LAYER` [images, channels], what a layer is
                         scored by, and `branch.LAYER`, the same before the sum that the layer feeds
  relevance.json         accuracies and scales of the classes, scores by layer, and of channels that are
                         removed together

The weights are those of the first seed with which single precision can compute all of this: no input
of an activation lies near a kink, no two values compete for a maximum, and sums that relevance divides
by are large enough not to depend on how they are kept off zero. Needs torch, safetensors and pyyaml.
"""

import json
import pathlib
import sys

import torch
import yaml
from safetensors.torch import save_file
from torch.nn import functional as F

import declaration
import network
import relevance
import scores

FIXTURES = pathlib.Path(__file__).parents[2] / "Tests/NetworkTests/Fixtures/declared"
IMAGES = 4
KINK_DISTANCE = 1e-4
PRECISION = 1e-4
# Most inputs of ReLUs are positive, so that hardly a window has contributions of one sign alone.
SHIFTS = {"relu": (0.8, 1.6), "relu6": (1.6, 5.2)}
KINKS = {"relu": [0], "leaky_relu": [0], "relu6": [0, 6], "hard_swish": [-3, 3], "hard_sigmoid": [-3, 3]}


def draw(nodes, seed):
    """Random tensors and a batch, in single precision as float64."""
    generator = torch.Generator().manual_seed(seed)
    normal = lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)
    uniform = lambda low, high, *shape: low + (high - low) * torch.rand(
        *shape, generator=generator, dtype=torch.float64)

    tensors = {}
    known, reading = relevance.nonnegative(nodes), relevance.readers(nodes)
    shapes = network.tensor_shapes(nodes)
    for index, node in enumerate(nodes):
        if node.kind in ("conv", "linear"):
            shape = shapes[node.tensors + ".weight"]
            weight = normal(*shape) * (2 / (shape[1] * (shape[2:] or [1])[0] ** 2)) ** 0.5
            if node.kind == "conv" and known[node.inputs[0]]:
                weight = _alternating(weight, generator)
            tensors[node.tensors + ".weight"] = weight
            if node.options["bias"]:
                tensors[node.tensors + ".bias"] = 0.2 * normal(shape[0])
        elif node.kind == "norm":
            functions = {nodes[reader].options.get("function") for reader in reading[index]}
            low, high = next((SHIFTS[function] for function in functions if function in SHIFTS), (-0.5, 0.5))
            tensors[node.tensors + ".weight"] = uniform(0.3, 0.9, node.shape[0])
            tensors[node.tensors + ".bias"] = uniform(low, high, node.shape[0])
            tensors[node.tensors + ".running_mean"] = torch.zeros(node.shape[0], dtype=torch.float64)
            tensors[node.tensors + ".running_var"] = torch.zeros(node.shape[0], dtype=torch.float64)
    images = normal(IMAGES, *nodes[0].shape)
    labels = torch.arange(IMAGES) % nodes[-1].shape[0]
    # Running statistics near the batch's, which are ten times what a momentum of 0.1 makes of zero.
    _, batch = network.compute(nodes, tensors, images, training=True)
    for node in nodes:
        if node.kind == "norm":
            mean, variance = (10 * batch[f"{node.tensors}.running_{name}"] for name in ("mean", "var"))
            tensors[node.tensors + ".running_mean"] = mean + 0.2 * variance.sqrt() * normal(*mean.shape)
            tensors[node.tensors + ".running_var"] = variance * uniform(0.6, 1.5, *mean.shape)
    return {name: tensor.float().double() for name, tensor in tensors.items()}, images.float().double(), labels


def _alternating(weight, generator):
    """The same magnitudes with signs that alternate along rows, columns and shuffled channels."""
    outputs, inputs, rows, columns = weight.shape
    order = torch.stack([torch.randperm(inputs, generator=generator) for _ in range(outputs)])
    sum_ = order[:, :, None, None] + torch.arange(rows)[:, None] + torch.arange(columns)
    return weight.abs() * (1 - 2 * ((sum_ + torch.arange(outputs)[:, None, None, None]) % 2))


def expected(nodes, tensors, images, labels):
    """All reference values by name, in the precision of the tensors."""
    values, found = relevance.propagate(nodes, tensors, images, labels)
    scored, branches = relevance.of_channels(nodes, found)
    result = {"eval.logits": values[-1].flatten(1)}
    result |= {f"relevance.{layer}": value for layer, value in scored.items()}
    result |= {f"branch.{layer}": value for layer, value in branches.items()}

    leaves = {name: tensor.clone().requires_grad_(network.is_parameter(name)) for name, tensor in tensors.items()}
    values, statistics = network.compute(nodes, leaves, images, training=True)
    loss = F.cross_entropy(values[-1].flatten(1), labels)
    loss.backward()
    result |= {"train.logits": values[-1].flatten(1).detach(), "train.loss": loss.detach().reshape(1)}
    result |= {f"grad.{name}": leaf.grad for name, leaf in leaves.items() if leaf.requires_grad}
    return result | {f"after.{name}": value for name, value in statistics.items()}


def difference(one, other):
    """Largest difference of two sets of values, relative to each tensor's largest."""

    def relative(a, b):
        # A convolution's bias before batch norm has no influence: its gradient is noise around
        # zero.
        largest = a.abs().max()
        return ((a - b).abs().max() / (largest if largest > 1e-9 else 1)).item()

    return max(relative(a, other[name].double()) for name, a in one.items())


def distance_to_kinks(nodes, values):
    """The least distance of an activation's input from a kink, or of a nonzero maximum from the second."""
    distances = []
    for node in nodes:
        inputs = [values[index] for index in node.inputs]
        for kink in KINKS.get(node.options.get("function"), []):
            distances.append((inputs[0] - kink).abs().min().item())
        if node.kind == "max_pool":
            padding = [node.options["padding"]] * 4
            padded = F.pad(inputs[0], padding, value=-1e9)
            windows = F.unfold(padded, node.options["kernel"], stride=node.options["stride"])
            windows = windows.unflatten(1, (inputs[0].shape[1], -1)).sort(dim=2, descending=True).values
            gap = (windows[:, :, 0] - windows[:, :, 1])[windows[:, :, 0] != 0]
            distances.append(gap.min().item())
    return min(distances, default=1)


@torch.no_grad()
def is_far_from_kinks(nodes, tensors, images):
    """In evaluation and in training."""
    return all(
        distance_to_kinks(nodes, network.compute(nodes, tensors, images, training)[0]) > KINK_DISTANCE
        for training in (False, True))


def is_robust(nodes, tensors, images, labels, values):
    """Whether an implementation in single precision can be held to these values."""
    single = expected(nodes, {name: tensor.float() for name, tensor in tensors.items()}, images.float(), labels)
    if difference(values, single) > PRECISION:
        return False
    # Where no input is negative, the rules by weight and by contribution differ in the clamp at
    # 1e-9 alone.
    _, one = relevance.propagate(nodes, tensors, images, labels)
    _, other = relevance.propagate(nodes, tensors, images, labels, always_by_contribution=True)
    return difference(one, other) < 1e-6


def make(folder):
    nodes = declaration.read(yaml.safe_load((folder / "architecture.yaml").read_text()))
    seed = 0
    while True:
        tensors, images, labels = draw(nodes, seed)
        if is_far_from_kinks(nodes, tensors, images):
            values = expected(nodes, tensors, images, labels)
            if is_robust(nodes, tensors, images, labels, values):
                break
        seed += 1
    single = lambda all_: {name: tensor.detach().float().contiguous() for name, tensor in all_.items()}
    save_file(single(tensors), folder / "model.safetensors")
    save_file({"images": images.float(), "labels": labels}, folder / "batch.safetensors")
    save_file(single(values), folder / "expected.safetensors")

    accuracy, scale = scores.class_scales(values["eval.logits"], labels)
    scored = {name.removeprefix("relevance."): v for name, v in values.items() if name.startswith("relevance.")}
    of_layers = scores.of_layers(scored, labels, scale)
    report = {"class_accuracy": accuracy.tolist(), "class_scale": scale.tolist(), "scores": of_layers}
    report |= scores.of_groups(nodes, of_layers)
    (folder / "relevance.json").write_text(json.dumps(report, separators=(",", ":")) + "\n")
    print(f"{folder.name}: seed {seed}, {network.parameter_count(nodes)} parameters", flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    for folder in map(pathlib.Path, sys.argv[1:] or sorted(FIXTURES.iterdir())):
        make(folder)
