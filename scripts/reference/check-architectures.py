#!/usr/bin/env python3
"""Checks the built-in architectures that are declared in YAML against torchvision's networks.

usage: check-architectures.py [--resources FOLDER]

For each: parameters, multiply-accumulates, names and shapes of the tensors, and the logits of
torchvision's random weights in float64. CIFAR's networks are compared with torchvision's after the
changes that make those fit for small images. Needs torch, torchvision and pyyaml.
"""

import argparse
import pathlib
import sys

import torch
import torchvision
import yaml

import declaration
import network

TOLERANCE = 1e-6
# Parameters and multiply-accumulates (convolutions and linear layers) at 224x224 for 1000 classes.
IMAGENET = {
    "mobilenet_v2": (3_504_872, 300_774_272),
    "densenet121": (7_978_856, 2_834_161_664),
    "resnext50_32x4d": (25_028_904, 4_230_479_872),
    "efficientnet_b0": (5_288_548, 385_814_752),
}


def cifar_mobilenet():
    """torchvision's MobileNetV2 with the stem and the second stage at stride 1."""
    model = torchvision.models.mobilenet_v2(num_classes=10)
    model.features[0][0].stride = (1, 1)
    model.features[2].conv[1][0].stride = (1, 1)
    return model


def cifar_densenet(depth, growth):
    """torchvision's DenseNet with three dense blocks, and a 3x3 convolution alone as the stem."""
    model = torchvision.models.DenseNet(growth, [(depth - 4) // 6] * 3, 2 * growth, num_classes=10)
    model.features.conv0 = torch.nn.Conv2d(3, 2 * growth, 3, padding=1, bias=False)
    for name in ("norm0", "relu0", "pool0"):
        delattr(model.features, name)
    return model


def randomized(model):
    """In float64 and evaluation mode, away from batch norm's initial state."""
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, 0, 0.2)
            torch.nn.init.normal_(module.running_mean, 0, 0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
    return model.double().eval()


def macs(model, images):
    """Multiply-accumulates of an image, counted while the model runs."""
    counts = []

    def count(module, inputs, output):
        counts.append(module.weight.numel() * output[0].numel() // output.shape[1])

    for module in model.modules():
        if isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)):
            module.register_forward_hook(count)
    model(images)
    return sum(counts)


def compare(nodes, model, same_names):
    """What differs between a declared network and a PyTorch model; nothing when all is the same."""
    own = network.tensor_shapes(nodes)
    theirs = {name: value for name, value in model.state_dict().items() if "num_batches_tracked" not in name}
    if not same_names and len(own) == len(theirs):
        theirs = dict(zip(own, theirs.values()))
    shapes = {name: tuple(value.shape) for name, value in theirs.items()}
    differing = sorted(name for name in own.keys() | shapes.keys() if own.get(name) != shapes.get(name))
    if differing:
        return [f"{len(differing)} tensors differ, {differing[0]} is the first"]
    images = torch.randn(1, *nodes[0].shape, dtype=torch.float64)
    with torch.no_grad():
        expected = model(images)
        values, _ = network.compute(nodes, theirs, images)
        counted = macs(model, images)
    error = ((values[-1] - expected).abs().max() / expected.abs().max()).item()
    problems = [] if error < TOLERANCE else [f"logits differ by {error:.1e} of the largest"]
    return problems + ([] if counted == network.macs(nodes) else [f"the model's MACs are {counted:,}"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--resources", type=pathlib.Path, default="Sources/Architectures/Resources")
    resources = parser.parse_args().resources
    torch.manual_seed(0)
    failed = False

    def check(name, shape, classes, expected, model, same_names=True, **parameters):
        nonlocal failed
        architecture = yaml.safe_load((resources / f"{name}.yaml").read_text())
        nodes = declaration.read(architecture, shape, classes, **parameters)
        found = (network.parameter_count(nodes), network.macs(nodes))
        problems = [] if expected == found else [f"expected were {expected}"]
        problems += compare(nodes, randomized(model), same_names)
        size = "x".join(map(str, shape))
        print(f"{name}, {size}: {found[0]:,} parameters, {found[1]:,} MACs:", "; ".join(problems) or "as expected")
        failed |= bool(problems)

    for name, expected in IMAGENET.items():
        check(name, (3, 224, 224), 1000, expected, getattr(torchvision.models, name)())
    small = (3, 32, 32)
    check("mobilenet_v2", small, 10, (2_236_682, 87_976_448), cifar_mobilenet(), stride=1)
    check("densenet", small, 10, (769_162, 287_929_692), cifar_densenet(100, 12), same_names=False)
    deeper = dict(depth=190, growth=40)
    check("densenet", small, 10, (25_624_430, 9_301_945_740), cifar_densenet(**deeper), same_names=False, **deeper)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
