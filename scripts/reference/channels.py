"""Which channels go together: a union-find over single channels of all values."""

from relevance import feeding


def groups(nodes, scope):
    """Sets of channels that can only be removed together, those that may be removed alone.

    Each is a list of (node, channel) of convolutions and hidden linear layers, in the nodes' order. With
    scope `block` the streams, what sums add to, are kept: a sum's first input is its stream, and a
    convolution that feeds it directly as another one may lose channels alone. With scope `stream`
    everything that is added goes together.
    """
    parent = {}

    def root(atom):
        while parent.setdefault(atom, atom) != atom:
            atom = parent[atom]
        return atom

    def tie(a, b):
        a, b = sorted((root(a), root(b)))
        parent[b] = a

    kept = []
    sums = feeding(nodes)
    sums |= {i + 1: sum_ for i, sum_ in sums.items() if nodes[i + 1].kind == "norm"}
    for index, node in enumerate(nodes):
        channels = range(node.shape[0])
        if node.kind == "image" or index == len(nodes) - 1 or node.options.get("keep"):
            kept += [(index, channel) for channel in channels]
        if node.kind == "conv":
            _tie_groups(nodes, index, tie)
        elif node.kind == "flatten":
            pixels = node.shape[0] // nodes[node.inputs[0]].shape[0]
            for channel in channels:
                tie((node.inputs[0], channel // pixels), (index, channel))
        elif node.kind == "concat":
            start = 0
            for source in node.inputs:
                for channel in range(nodes[source].shape[0]):
                    tie((source, channel), (index, start + channel))
                start += nodes[source].shape[0]
        elif node.kind != "linear":
            for position, source in enumerate(node.inputs):
                is_branch = scope == "block" and position > 0 and sums.get(source) == index
                for channel in () if is_branch else channels:
                    tie((source, channel), (index, channel))
        if node.kind == "add" and scope == "block":
            kept += [(index, channel) for channel in channels]

    fixed = {root(atom) for atom in kept}
    found = {}
    for index, node in enumerate(nodes):
        if node.kind in ("conv", "linear"):
            for channel in range(node.shape[0]):
                if root((index, channel)) not in fixed:
                    found.setdefault(root((index, channel)), []).append((index, channel))
    return list(found.values())


def _tie_groups(nodes, index, tie):
    """A filter of a depthwise convolution goes with its input; of other grouped ones, the channels that
    have the same index in their group."""
    node, count = nodes[index], nodes[index].options["groups"]
    (source,) = node.inputs
    if count == 1:
        return
    inputs, outputs = nodes[source].shape[0] // count, node.shape[0] // count
    if inputs == 1:
        for channel in range(node.shape[0]):
            tie((source, channel // outputs), (index, channel))
        return
    for number in range(1, count):
        for channel in range(inputs):
            tie((source, channel), (source, number * inputs + channel))
        for channel in range(outputs):
            tie((index, channel), (index, number * outputs + channel))
