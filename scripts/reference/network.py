"""Networks of nodes in PyTorch: the shapes of their tensors, what they cost, and what they compute."""

import math

import torch
from torch.nn import functional as F

ACTIVATIONS = {
    "relu": F.relu,
    "relu6": F.relu6,
    "silu": F.silu,
    "hard_swish": F.hardswish,
    "sigmoid": torch.sigmoid,
    "hard_sigmoid": F.hardsigmoid,
}


def tensor_shapes(nodes):
    """Shape of every tensor by name; running statistics too."""
    shapes = {}
    for node in nodes:
        inputs = [nodes[index].shape for index in node.inputs]
        if node.kind == "conv":
            size = node.options["kernel"]
            shapes[node.tensors + ".weight"] = (node.shape[0], inputs[0][0] // node.options["groups"], size, size)
        elif node.kind == "linear":
            shapes[node.tensors + ".weight"] = (node.shape[0], inputs[0][0])
        elif node.kind == "norm":
            for name in ("weight", "bias", "running_mean", "running_var"):
                shapes[f"{node.tensors}.{name}"] = (node.shape[0],)
        if node.options.get("bias"):
            shapes[node.tensors + ".bias"] = (node.shape[0],)
    return shapes


def is_parameter(name):
    return "running_" not in name


def parameter_count(nodes):
    return sum(math.prod(shape) for name, shape in tensor_shapes(nodes).items() if is_parameter(name))


def macs(nodes):
    """Multiply-accumulates of one image: convolutions and linear layers."""
    shapes = tensor_shapes(nodes)
    return sum(
        math.prod(shapes[node.tensors + ".weight"]) * math.prod(node.shape[1:])
        for node in nodes
        if node.kind in ("conv", "linear")
    )


def compute(nodes, tensors, images, training=False):
    """All nodes' values, and in training the running statistics after this step by name.

    Training normalizes by the batch's statistics. Dropout lets everything through, so that what comes
    out does not depend on random numbers.
    """
    values, statistics = [], {}
    for node in nodes:
        values.append(_value(node, tensors, images, [values[i] for i in node.inputs], training, statistics))
    return values, statistics


def _value(node, tensors, images, inputs, training, statistics):
    def tensor(name):
        return tensors.get(f"{node.tensors}.{name}")

    options = node.options
    match node.kind:
        case "image":
            return images
        case "conv":
            return convolution(node, inputs[0], tensor("weight"), tensor("bias"))
        case "linear":
            return F.linear(inputs[0], tensor("weight"), tensor("bias"))
        case "norm":
            mean, variance = tensor("running_mean").clone(), tensor("running_var").clone()
            y = F.batch_norm(inputs[0], mean, variance, tensor("weight"), tensor("bias"), training)
            if training:
                statistics[node.tensors + ".running_mean"] = mean
                statistics[node.tensors + ".running_var"] = variance
            return y
        case "activation" if options["function"] == "leaky_relu":
            return F.leaky_relu(inputs[0], options["slope"])
        case "activation":
            return ACTIVATIONS[options["function"]](inputs[0])
        case "max_pool":
            return F.max_pool2d(inputs[0], options["kernel"], options["stride"], options["padding"])
        case "average_pool":
            # Zeros of the padding count.
            return F.avg_pool2d(inputs[0], options["kernel"], options["stride"], options["padding"])
        case "global_average_pool":
            return inputs[0].mean(dim=(2, 3), keepdim=True)
        case "flatten":
            return inputs[0].flatten(1)
        case "dropout":
            return inputs[0]
        case "add":
            return sum(inputs[1:], start=inputs[0])
        case "concat":
            return torch.cat(inputs, dim=1)
        case "multiply":
            return inputs[0] * inputs[1]


def convolution(node, x, weight, bias=None):
    options = node.options
    return F.conv2d(x, weight, bias, options["stride"], options["padding"], groups=options["groups"])
