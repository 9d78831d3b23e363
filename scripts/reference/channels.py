"""Which channels are removed together: a union-find over single channels of all values."""


def groups(nodes):
    """Channels of convolutions and hidden linear layers that can only be removed together.

    Two lists of sets, each a list of (node, channel) in the nodes' order: those that may be removed
    whatever the scope, and the channels of residual streams, each with those of the branches that are
    added to it and are removed with it. Channels that are tied to images or logits are in neither.
    """
    parent = {}

    def root(atom):
        while parent.setdefault(atom, atom) != atom:
            atom = parent[atom]
        return atom

    def tie(a, b):
        a, b = sorted((root(a), root(b)))
        parent[b] = a

    kept, branches = [], []
    depths = _depths(nodes)
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
        elif node.kind == "add":
            # The stream comes in by the input that has been through the fewest convolutions.
            stream = min(node.inputs, key=lambda source: depths[source])
            for channel in channels:
                tie((stream, channel), (index, channel))
            branches += [((s, c), (index, c)) for s in node.inputs if s != stream for c in channels]
        elif node.kind != "linear":
            for source in node.inputs:
                for channel in channels:
                    tie((source, channel), (index, channel))

    fixed = {root(atom) for atom in kept}
    # A linear layer that is added to the logits is not hidden.
    logits = {root((len(nodes) - 1, channel)) for channel in range(nodes[-1].shape[0])}
    while more := {root(branch) for branch, sum_ in branches if root(sum_) in logits} - logits:
        logits |= more
    fixed |= logits & {root((index, channel)) for index, node in enumerate(nodes)
                       if node.kind == "linear" for channel in range(node.shape[0])}
    sums = {root(sum_) for _, sum_ in branches}
    members = {}
    for index, node in enumerate(nodes):
        if node.kind in ("conv", "linear"):
            for channel in range(node.shape[0]):
                members.setdefault(root((index, channel)), []).append((index, channel))
    streams = []
    for own in sums - fixed:
        followers = {root(branch) for branch, sum_ in branches if root(sum_) == own and root(branch) != own}
        streams.append((members[own], sorted(atom for follower in followers for atom in members.get(follower, []))))
    alone = [atoms for key, atoms in members.items() if key not in fixed | sums]
    return sorted(alone), sorted(streams)


def _depths(nodes):
    """Convolutions on the longest way from the image to each value."""
    depths = []
    for node in nodes:
        before = max((depths[source] for source in node.inputs), default=0)
        depths.append(before + (node.kind == "conv"))
    return depths


def _tie_groups(nodes, index, tie):
    """A filter of a depthwise convolution is tied to its input; of other grouped ones, channels that
    have the same index in their group are tied to each other."""
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
