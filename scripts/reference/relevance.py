"""Layer-wise relevance propagation through any network of nodes, by the alpha-beta rule.

Aketi et al. 2020, arXiv 2002.09958, section III, as its authors' program does it, and for what that
leaves open: contributions are split by their own sign where inputs may be negative.
"""

import torch
from torch.nn import functional as F

from network import compute, convolution

SMALL = 1e-9
ALPHA, BETA = 2, 1
NONNEGATIVE = ("relu", "relu6", "sigmoid", "hard_sigmoid")


def nonnegative(nodes):
    """Whether a node's values cannot be negative, whatever the weights."""
    known = []
    for node in nodes:
        if node.kind in ("image", "conv", "linear", "norm"):
            known.append(False)
        elif node.options.get("function") in NONNEGATIVE:
            known.append(True)
        else:
            known.append(all(known[index] for index in node.inputs))
    return known


def propagate(nodes, tensors, images, labels, always_by_contribution=False):
    """All nodes' values, and relevance by node, without those that it never reaches.

    Evaluation mode; R = 1 for the true class at the last node. A value that several nodes read
    collects the relevance of all.
    """
    with torch.no_grad():
        values, _ = compute(nodes, tensors, images)
    known = [False] * len(nodes) if always_by_contribution else nonnegative(nodes)
    found = {len(nodes) - 1: F.one_hot(labels, nodes[-1].shape[0]).to(values[-1]).reshape(values[-1].shape)}
    for index in reversed(range(1, len(nodes))):
        if index not in found:
            continue
        node = nodes[index]
        inputs = [values[i] for i in node.inputs]
        weight = tensors.get(node.tensors + ".weight")
        parts = _parts(node, found[index], inputs, values[index], weight, known[node.inputs[0]])
        for source, part in zip(node.inputs, parts):
            if part is not None:
                found[source] = found.get(source, 0) + part
    return values, found


def _parts(node, r, inputs, output, weight, is_nonnegative):
    """What each input receives; None: nothing, as a gate."""
    x = inputs[0]
    options = node.options
    match node.kind:
        case "conv":
            rule = _by_weight if is_nonnegative else _by_contribution
            return [rule(x, r, lambda a, w: convolution(node, a, w), weight, SMALL)]
        case "linear":
            rule = _by_weight if is_nonnegative else _by_contribution
            return [rule(x, r, F.linear, weight, 0)]
        case "norm" | "activation" | "dropout":
            return [r]
        case "flatten":
            return [r.reshape(x.shape)]
        case "max_pool":
            pool = lambda a: F.max_pool2d(a, options["kernel"], options["stride"], options["padding"])
            return [_adjoint(pool, x, r)]
        case "average_pool":
            total = lambda a: F.avg_pool2d(
                a, options["kernel"], options["stride"], options["padding"], divisor_override=1)
            return [x * _adjoint(total, x, r / (total(x) + SMALL))]
        case "global_average_pool":
            return [x * (r / (output + SMALL))]
        case "add":
            return [value * r / (output + SMALL) for value in inputs]
        case "concat":
            return r.split([value.shape[1] for value in inputs], dim=1)
        case "multiply":
            return [r, None]


def _by_weight(a, r, layer, weight, limit):
    """a >= 0: the weights are split by sign, those of convolutions clamped at 1e-9 from zero."""

    def back(part):
        return _adjoint(lambda x: layer(x, part), a, r / (layer(a, part) + SMALL))

    return a * (ALPHA * back(weight.clamp(min=limit)) - BETA * back(weight.clamp(max=-limit)))


def _by_contribution(a, r, layer, weight, _limit):
    """Contributions a * w are split by their own sign: equal signs of a and w, or unequal ones."""
    a_plus, a_minus = a.clamp(min=0), a.clamp(max=0)
    w_plus, w_minus = weight.clamp(min=0), weight.clamp(max=0)

    def part(pairs, sign):
        quotient = r / (sum(layer(x, w) for x, w in pairs) + sign * SMALL)
        return sum(x * _adjoint(lambda z: layer(z, w), x, quotient) for x, w in pairs)

    positive = part([(a_plus, w_plus), (a_minus, w_minus)], 1)
    negative = part([(a_plus, w_minus), (a_minus, w_plus)], -1)
    return ALPHA * positive - BETA * negative


def _adjoint(function, x, r):
    """The transpose of a function that is linear near x."""
    x = x.detach().requires_grad_()
    (back,) = torch.autograd.grad(function(x), x, r)
    return back


def readers(nodes):
    """Numbers of the nodes that read each value."""
    found = [[] for _ in nodes]
    for index, node in enumerate(nodes):
        for source in node.inputs:
            found[source].append(index)
    return found


def feeding(nodes):
    """The sum that a convolution feeds directly: it, or its batch norm, has no other reader."""
    reading, found = readers(nodes), {}
    for index, node in enumerate(nodes):
        if node.kind != "conv":
            continue
        next_ = reading[index]
        if len(next_) == 1 and nodes[next_[0]].kind == "norm":
            next_ = reading[next_[0]]
        if len(next_) == 1 and nodes[next_[0]].kind == "add":
            found[index] = next_[0]
    return found


def of_channels(nodes, found):
    """Mean over its pixels of every channel's relevance, [images, channels] by layer.

    At a convolution's output, or a hidden linear layer's; for a convolution that feeds a sum directly
    at the sum's output. The second result has for these what it is in their branch.
    """
    mean = lambda r: r if r.dim() == 2 else r.mean(dim=(2, 3))
    sums = feeding(nodes)
    last = max(i for i, node in enumerate(nodes) if node.kind in ("conv", "linear"))
    scored = [i for i, node in enumerate(nodes) if node.kind in ("conv", "linear") and i in found and i != last]
    relevances = {nodes[i].layer: mean(found[sums.get(i, i)]) for i in scored}
    branches = {nodes[i].layer: mean(found[i]) for i in scored if i in sums}
    return relevances, branches
