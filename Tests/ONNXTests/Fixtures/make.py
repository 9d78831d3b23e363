#!/usr/bin/env python3
"""Makes the files of this folder: a small network as PyTorch's two exporters write it.

With torch 2.13, onnx 1.23, onnxscript and safetensors: make.py, in this folder. expected.safetensors has
images and their logits.
"""

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F


def unit(inputs, outputs, kernel=3, stride=1, groups=1):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(outputs))


class Gate(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.fc1 = nn.Conv2d(channels, 4, 1)
        self.fc2 = nn.Conv2d(4, channels, 1)

    def forward(self, x):
        return x * F.hardsigmoid(self.fc2(F.relu(self.fc1(F.adaptive_avg_pool2d(x, 1)))))


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = unit(3, 8)
        self.conv1 = unit(8, 8)
        self.conv2 = unit(8, 12, stride=2)
        self.expand = unit(12, 24, 1)
        self.depthwise = unit(24, 24, 5, 2, 24)
        self.gate = Gate(24)
        self.project = unit(24, 16, 1)
        self.grouped = unit(16, 16, 3, 1, 4)
        self.hidden = nn.Linear(32 * 2 * 2, 20)
        self.classifier = nn.Linear(20, 5)

    def forward(self, images):
        x = F.relu(self.stem(images))
        x = F.relu(x + self.conv1(x))
        # The shortcut without weights of ResNets for small images.
        x = F.relu(F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 2, 2)) + self.conv2(x))
        x = self.gate(F.hardswish(self.depthwise(F.hardswish(self.expand(x)))))
        x = F.leaky_relu(self.project(x), 0.1)
        x = torch.cat([x, F.silu(self.grouped(x))], 1)
        x = F.avg_pool2d(F.max_pool2d(x, 3, 1, 1), 2)
        x = x.view(x.size(0), -1)
        return self.classifier(F.dropout(F.relu6(self.hidden(x)), 0.2, self.training))


torch.manual_seed(0)
network = Network()
for module in network.modules():
    if isinstance(module, nn.BatchNorm2d):
        nn.init.uniform_(module.weight, 0.5, 1.5)
        nn.init.normal_(module.bias, 0, 0.2)
        nn.init.normal_(module.running_mean, 0, 0.1)
        nn.init.uniform_(module.running_var, 0.5, 1.5)
network.eval()
images = torch.randn(2, 3, 16, 16)
with torch.no_grad():
    save_file({"images": images, "logits": network(images)}, "expected.safetensors")
names = {"input_names": ["images"], "output_names": ["logits"]}
dynamic = {"dynamic_axes": {"images": {0: "batch"}}}
torch.onnx.export(network, (images,), "torchscript.onnx", dynamo=False, **names, **dynamic)
torch.onnx.export(
    network, (images,), "torchscript-kept.onnx", dynamo=False, do_constant_folding=False,
    training=torch.onnx.TrainingMode.PRESERVE, **names, **dynamic)
torch.onnx.export(
    network, (images,), "dynamo.onnx", dynamo=True, external_data=False, **names,
    dynamic_shapes={"images": {0: torch.export.Dim("batch")}})
