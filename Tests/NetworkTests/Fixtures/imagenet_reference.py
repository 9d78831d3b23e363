#!/usr/bin/env python3
"""Reference values of ImageNet ResNets in float64, for the tests: resnet18-narrow, resnet50-narrow.

The networks are torchvision's own ResNet of its own blocks, only with fewer channels, on random weights and images.
Relevance and scores follow Aketi et al. 2020, arXiv 2002.09958, section III. Writes, for each network, `model.safetensors`
(weights), `batch.safetensors` (images, labels), `expected.safetensors` (logits, loss, gradients, running statistics,
relevance) and `relevance.json` (class accuracies and scales, scores) into a folder beside this file.

    python -m pip install torch torchvision
    python Tests/NetworkTests/Fixtures/imagenet_reference.py
"""

import json
import pathlib
import struct

import torch
from torch import nn
from torch.nn import functional as F
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

SMALL = 1e-9
CLASSES = 10


class NarrowResNet(ResNet):
    """torchvision's ResNet with another number of channels in the stem; every stage doubles it."""

    def __init__(self, block, layers, width):
        nn.Module.__init__(self)
        self._norm_layer = nn.BatchNorm2d
        self.inplanes, self.dilation, self.groups, self.base_width = width, 1, 1, 64
        self.conv1 = nn.Conv2d(3, width, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1 = self._make_layer(block, width, layers[0])
        self.layer2 = self._make_layer(block, 2 * width, layers[1], stride=2)
        self.layer3 = self._make_layer(block, 4 * width, layers[2], stride=2)
        self.layer4 = self._make_layer(block, 8 * width, layers[3], stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(8 * width * block.expansion, CLASSES)


# Relevance, from the output back.


def through_weights(a, relevance, apply, weight, limit):
    """The alpha-beta rule, alpha = 2, beta = 1: `apply` is the layer as a function of input and weights."""

    def share(part):
        a_ = a.detach().requires_grad_()
        z = apply(a_, part)
        (back,) = torch.autograd.grad(z, a_, relevance / (z.detach() + SMALL))
        return back

    return a * (2 * share(weight.clamp(min=limit)) - share(weight.clamp(max=-limit)))


def through_convolution(conv, a, relevance):
    def apply(x, w):
        return F.conv2d(x, w, None, conv.stride, conv.padding)

    return through_weights(a, relevance, apply, conv.weight.detach(), SMALL)


def block_parts(block):
    n = 3 if isinstance(block, Bottleneck) else 2
    return [(getattr(block, f"conv{i}"), getattr(block, f"bn{i}")) for i in range(1, n + 1)]


def relevances(model, images, labels):
    """Mean relevance over its pixels of every channel of the blocks' convolutions, [images, channels] by layer."""
    model.eval()
    found = {}
    with torch.no_grad():
        x = model.maxpool(model.relu(model.bn1(model.conv1(images))))
        passed = []
        for stage in ("layer1", "layer2", "layer3", "layer4"):
            for index, block in enumerate(getattr(model, stage)):
                inputs, a = [], x
                for conv, bn in block_parts(block):
                    inputs.append(a)
                    branch = bn(conv(a))
                    a = branch.relu()
                shortcut = x if block.downsample is None else block.downsample(x)
                total = branch + shortcut
                passed.append((f"{stage}.{index}", block, x, inputs, branch, shortcut, total))
                x = total.relu()
        means = x.mean(dim=(2, 3))
        start = F.one_hot(labels, CLASSES).to(x)
    vector = through_weights(means, start, F.linear, model.fc.weight.detach(), 0)
    relevance = x * (vector / (means + SMALL))[:, :, None, None]
    for name, block, x, inputs, branch, shortcut, total in reversed(passed):
        parts = block_parts(block)
        found[f"{name}.conv{len(parts)}"] = relevance.mean(dim=(2, 3))
        of_branch = branch * relevance / (total + SMALL)
        of_shortcut = shortcut * relevance / (total + SMALL)
        for i in reversed(range(len(parts))):
            if i < len(parts) - 1:
                found[f"{name}.conv{i + 1}"] = of_branch.mean(dim=(2, 3))
            of_branch = through_convolution(parts[i][0], inputs[i], of_branch)
        if block.downsample is not None:
            of_shortcut = through_convolution(block.downsample[0], x, of_shortcut)
        relevance = of_branch + of_shortcut
    return found


def scores(logits, found, labels):
    """|mean over classes of scale * mean over the class's images|, over the layer's L2 norm."""
    right = logits.argmax(dim=1) == labels
    accuracy = torch.stack([right[labels == c].double().mean() for c in range(CLASSES)])
    scale = torch.where(accuracy == 0, 1.0, torch.sigmoid(accuracy.max() / accuracy))
    result = {}
    for name, relevance in found.items():
        assert relevance.isfinite().all(), name
        by_class = torch.stack([relevance[labels == c].mean(dim=0) for c in range(CLASSES)])
        score = (scale[:, None] * by_class).mean(dim=0).abs()
        result[name] = (score / (score.norm() + SMALL)).tolist()
    return accuracy.tolist(), scale.tolist(), result


# Files.


def write(path, tensors):
    """safetensors: F32, and I64 for whole numbers."""
    header, data = {}, b""
    for name, tensor in sorted(tensors.items()):
        whole = not tensor.is_floating_point()
        values = tensor.detach().to(torch.int64 if whole else torch.float32).contiguous()
        raw = values.numpy().tobytes()
        header[name] = {
            "dtype": "I64" if whole else "F32",
            "shape": list(values.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def case(folder, block, layers, width, rows, columns, count, seed):
    torch.manual_seed(seed)
    model = NarrowResNet(block, layers, width)
    for module in model.modules():
        # Away from a batch norm's initial state, so that every part counts.
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.2)
            nn.init.normal_(module.running_mean, 0, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    model = model.double()
    # What the files hold in single precision is what is computed with.
    for tensor in [*model.parameters(), *model.buffers()]:
        if tensor.is_floating_point():
            tensor.data = tensor.data.float().double()
    images = torch.randn(count, 3, rows, columns).double()
    labels = torch.arange(count) % CLASSES
    folder.mkdir(exist_ok=True)
    write(folder / "model.safetensors", model.state_dict())
    write(folder / "batch.safetensors", {"images": images, "labels": labels})

    model.eval()
    with torch.no_grad():
        logits = model(images)
    expected = {"eval.logits": logits}
    found = relevances(model, images, labels)
    expected |= {f"relevance.{name}": value for name, value in found.items()}
    model.train()
    loss = F.cross_entropy(model(images), labels)
    loss.backward()
    expected["train.loss"] = loss.reshape(1)
    expected |= {f"grad.{name}": value.grad for name, value in model.named_parameters()}
    running = {n: v for n, v in model.state_dict().items() if "running" in n}
    expected |= {f"after.{name}": value for name, value in running.items()}
    write(folder / "expected.safetensors", expected)
    accuracy, scale, normalized = scores(logits, found, labels)
    values = {"class_accuracy": accuracy, "class_scale": scale, "scores": normalized}
    (folder / "relevance.json").write_text(json.dumps(values, indent=1) + "\n")


here = pathlib.Path(__file__).parent
# Channels as `width: 0.125` and `width: 0.0625` make them; sizes whose halves are odd.
case(here / "resnet18-narrow", BasicBlock, [2, 2, 2, 2], 8, 64, 64, 10, seed=18)
case(here / "resnet50-narrow", Bottleneck, [3, 4, 6, 3], 4, 62, 45, 10, seed=50)
