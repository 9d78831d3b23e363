"""Importance by every criterion but relevance, computed by PyTorch in float64 and written to criteria.json.

    python criteria.py        # needs torch; reads ../resnet8, ../resnet11b, ../vgg16-narrow

Independent of Espalier: networks are walked by hand from the tensors' names, batch norm uses the batch's statistics for
`taylor` and the running ones for `apoz`.
"""

import json
import pathlib
import struct

import torch
from torch.nn import functional as F

HERE = pathlib.Path(__file__).parent
TYPES = {"F32": torch.float32, "I64": torch.int64, "F64": torch.float64}


def load(path):
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        start, end = entry["data_offsets"]
        raw = bytearray(data[8 + size + start : 8 + size + end])
        tensors[name] = torch.frombuffer(raw, dtype=TYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors


class Walk:
    """One pass; `behind_norm[layer]` is batch norm's output, `behind_relu[layer]` what its ReLU makes of it."""

    def __init__(self, weights, training):
        self.w = {k: v.double().requires_grad_(v.is_floating_point()) for k, v in weights.items()}
        self.training = training
        self.behind_norm, self.behind_relu = {}, {}

    def conv_norm(self, x, conv, norm, stride=1):
        weight = self.w[conv + ".weight"]
        x = F.conv2d(x, weight, self.w.get(conv + ".bias"), stride=stride, padding=weight.shape[-1] // 2)
        x = F.batch_norm(
            x, self.w[norm + ".running_mean"].detach().clone(), self.w[norm + ".running_var"].detach().clone(),
            self.w[norm + ".weight"], self.w[norm + ".bias"], training=self.training)
        x.retain_grad()
        self.behind_norm[conv] = x
        return x

    def relu(self, x, conv):
        self.behind_relu[conv] = F.relu(x)
        return self.behind_relu[conv]

    def resnet(self, x):
        x = F.relu(self.conv_norm(x, "conv1", "bn1"))
        blocks = sorted({k.split(".conv")[0] for k in self.w if k.startswith("layer") and ".conv" in k})
        for block in blocks:
            convs = sorted(k[: -len(".weight")] for k in self.w if k.startswith(block + ".conv"))
            first = block.endswith(".0") and not block.startswith("layer1")
            strided = convs[0] if len(convs) == 2 else convs[1]
            y = x
            for conv in convs:
                stride = 2 if first and conv == strided else 1
                y = self.conv_norm(y, conv, conv.replace(".conv", ".bn"), stride)
                if conv != convs[-1]:
                    y = self.relu(y, conv)
            if block + ".shortcut.0.weight" in self.w:
                x = self.conv_norm(x, block + ".shortcut.0", block + ".shortcut.1", 2 if first else 1)
            x = self.relu(y + x, convs[-1])
        return F.linear(x.mean((2, 3)), self.w["fc.weight"], self.w["fc.bias"])

    def vgg(self, x):
        convs = sorted(
            int(k.split(".")[1]) for k, v in self.w.items()
            if k.startswith("features.") and k.endswith(".weight") and v.dim() == 4)
        for position, index in enumerate(convs):
            conv, norm = f"features.{index}", f"features.{index + 1}"
            x = self.relu(self.conv_norm(x, conv, norm), conv)
            # What lies between two convolutions tells whether a pooling does: convolution, norm,
            # ReLU, pooling.
            following = convs[position + 1] if position + 1 < len(convs) else index + 4
            if following - index == 4:
                x = F.max_pool2d(x, 2)
        x = F.linear(x.flatten(1), self.w["classifier.0.weight"], self.w["classifier.0.bias"])
        x.retain_grad()
        self.behind_norm["classifier.0"] = x
        x = self.relu(x, "classifier.0")
        return F.linear(x, self.w["classifier.3.weight"], self.w["classifier.3.bias"])

    def logits(self, images):
        return self.resnet(images) if "conv1.weight" in self.w else self.vgg(images)


def per_channel(x):
    return x.sum(tuple(d for d in range(x.dim()) if d != 1))


def criteria(folder):
    weights, batch = load(HERE.parent / folder / "model.safetensors"), load(HERE.parent / folder / "batch.safetensors")
    images, labels = batch["images"].double(), batch["labels"]
    trained = Walk(weights, training=True)
    F.cross_entropy(trained.logits(images), labels).backward()
    evaluated = Walk(weights, training=False)
    evaluated.logits(images)
    layers = [k for k in trained.behind_norm if k != "conv1" and "shortcut" not in k]
    found = {name: {} for name in ["l1_norm", "l2_norm", "fpgm", "bn_scale", "taylor", "apoz"]}
    for layer in layers:
        filters = trained.w[layer + ".weight"].detach().flatten(1)
        found["l1_norm"][layer] = filters.abs().sum(1)
        found["l2_norm"][layer] = filters.norm(dim=1)
        found["fpgm"][layer] = (filters[:, None] - filters[None]).norm(dim=2).sum(1)
        norm = layer.replace(".conv", ".bn")
        if layer.startswith("features."):
            norm = f"features.{int(layer.split('.')[1]) + 1}"
        scale = trained.w[norm + ".weight"].detach().abs() if norm != layer else filters.norm(dim=1)
        found["bn_scale"][layer] = scale
        y = trained.behind_norm[layer]
        found["taylor"][layer] = per_channel(y.grad * y.detach()) ** 2
        active = (evaluated.behind_relu[layer] > 0).double()
        found["apoz"][layer] = per_channel(active) / (active.numel() / active.shape[1])
    return {name: {k: v.tolist() for k, v in values.items()} for name, values in found.items()}


if __name__ == "__main__":
    result = {folder: criteria(folder) for folder in ["resnet8", "resnet11b", "vgg16-narrow"]}
    rounded = json.loads(json.dumps(result), parse_float=lambda x: float(f"{float(x):.9g}"))
    (HERE / "criteria.json").write_text(json.dumps(rounded, separators=(",", ":")) + "\n")
