"""Declared architectures, the value of `architecture` in an experiment file, as a list of nodes.

A declared layer becomes one node or several: a convolution with batch norm and ReLU becomes three. A
node's number is also that of the value that it computes; node 0 is the image.
"""

import dataclasses
import math

from expressions import evaluate

JOINING = ("add", "concat", "multiply")
# `norm` and `activation` are options of other kinds, too: the first kind here that a layer has is
# its own.
KINDS = (
    "conv", "depthwise", "linear", "max_pool", "average_pool", "global_average_pool", "flatten", *JOINING,
    "dropout", "block", "norm", "activation",
)


@dataclasses.dataclass(frozen=True)
class Node:
    kind: str  # of the operation: a depthwise layer's is conv, with as many groups as channels
    layer: str  # full name of the declared layer
    inputs: tuple  # numbers of the values that are read
    shape: tuple  # of the output: (channels, rows, columns), or (units,)
    tensors: str = ""  # what the names of the node's tensors begin with
    options: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Scope:
    """What names and numbers of layers mean: in the file, or in one use of a block."""

    prefix: str
    values: dict  # number of the value that a layer's name stands for
    parameters: dict
    inputs: int | None = None  # channels of the block's input


def read(architecture, shape=None, classes=None, **parameters):
    """The nodes of an architecture for images of a shape; by default as the file says."""
    shape = tuple(shape or architecture["input"])
    classes = classes or architecture["classes"]
    reader = _Reader(architecture.get("blocks", {}), shape)
    known = dict(architecture.get("parameters", {}), classes=classes, **parameters)
    reader.layers(architecture["layers"], Scope("", {}, known), 0)
    return reader.nodes


class _Reader:
    def __init__(self, blocks, shape):
        self.blocks = blocks
        self.nodes = [Node("image", "", (), shape)]

    def layers(self, items, scope, value):
        """Appends the nodes of a list of layers; the number of the last one's value."""
        for position, item in enumerate(items):
            kind = next(kind for kind in KINDS if kind in item)
            name = item.get("name", f"{kind}{position}")
            sources = [scope.values[source] for source in item[kind]] if kind in JOINING else [value]
            if "from" in item:
                sources = [scope.values[item["from"]]]
            inputs = scope.inputs or self.nodes[sources[-1]].shape[0]
            numbers = dict(scope.parameters, inputs=inputs)
            if not evaluate(item.get("when", True), numbers):
                value = sources[-1]
            elif kind == "block":
                value = self.block(item, scope.prefix + name, numbers, sources[0])
            else:
                value = self.layer(kind, item, scope, name, numbers, sources)
            if name in scope.values:
                raise ValueError(f"two layers are named {scope.prefix}{name}")
            scope.values[name] = value
        return value

    def block(self, item, name, numbers, value):
        template = self.blocks[item["block"]]
        given = {k: v for k, v in item.items() if k in template["parameters"]}
        for index in range(evaluate(item.get("repeat", 1), numbers)):
            own = dict(template["parameters"]) | given | (item.get("first", {}) if index == 0 else {})
            own = {key: evaluate(expression, numbers) for key, expression in own.items()}
            if None in own.values():
                raise ValueError(f"{name}: a parameter of {item['block']} has no value")
            prefix = f"{name}.{index}." if "repeat" in item else f"{name}."
            own["classes"] = numbers["classes"]
            scope = Scope(prefix, {"input": value}, own, inputs=self.nodes[value].shape[0])
            value = self.layers(template["layers"], scope, value)
        return value

    def layer(self, kind, item, scope, name, numbers, sources):
        def number(key, default):
            return evaluate(item.get(key, default), numbers)

        def append(kind, sources, shape, tensors="", **options):
            options["keep"] = item.get("keep", False)
            self.nodes.append(Node(kind, full, tuple(sources), tuple(shape), tensors, options))
            return len(self.nodes) - 1

        full = scope.prefix + name
        shape = self.nodes[sources[0]].shape
        activation = item.get("activation", "none")
        if kind in ("conv", "depthwise"):
            activation = item.get("activation", "relu")
            norm = item.get("norm", "batch") != "none"
            kernel = number("kernel", 3) if kind == "conv" else number(kind, None)
            options = dict(
                outputs=number(kind, None) if kind == "conv" else shape[0], kernel=kernel, stride=number("stride", 1),
                padding=number("padding", kernel // 2), bias=item.get("bias", not norm),
                groups=number("groups", 1) if kind == "conv" else shape[0])
            if shape[0] % options["groups"] or options["outputs"] % options["groups"]:
                raise ValueError(f"{full}: {shape[0]} and {options['outputs']} channels in {options['groups']} groups")
            names = item.get("tensors", {"weights": f"{name}.0", "norm": f"{name}.1"} if norm else {"weights": name})
            shape = (options["outputs"], *_window(full, shape, options))
            value = append("conv", sources, shape, scope.prefix + names["weights"], **options)
            if norm:
                value = append("norm", [value], shape, scope.prefix + names["norm"])
        elif kind == "linear":
            units, names = number(kind, None), item.get("tensors", {"weights": name})
            if len(shape) > 1:
                sources = [append("flatten", sources, [math.prod(shape)])]
            shape = (units,)
            value = append(kind, sources, shape, scope.prefix + names["weights"], bias=item.get("bias", True))
        elif kind == "norm":
            names = item.get("tensors", {"norm": name})
            value = append(kind, sources, shape, scope.prefix + names["norm"])
        elif kind == "activation":
            value, activation = sources[0], item[kind]
        elif kind in ("max_pool", "average_pool"):
            window = number(kind, None)
            options = dict(kernel=window, stride=number("stride", window), padding=number("padding", 0))
            value = append(kind, sources, (shape[0], *_window(full, shape, options)), **options)
        elif kind == "global_average_pool":
            value = append(kind, sources, (shape[0], 1, 1))
        elif kind == "flatten":
            value = append(kind, sources, [math.prod(shape)])
        elif kind == "dropout":
            value = append(kind, sources, shape, probability=item[kind])
        else:
            shape = self.joined(kind, full, [self.nodes[source].shape for source in sources])
            value = append(kind, sources, shape)
        if activation != "none":
            slope = item.get("slope", 0.01)
            value = append("activation", [value], self.nodes[value].shape, function=activation, slope=slope)
        return value

    @staticmethod
    def joined(kind, name, shapes):
        first = shapes[0]
        if kind == "concat":
            fits = len({shape[1:] for shape in shapes}) == 1
            first = (sum(shape[0] for shape in shapes), *first[1:])
        elif kind == "add":
            fits = len(set(shapes)) == 1
        else:
            fits = len(shapes) == 2 and shapes[1] in (first, (first[0], 1, 1))
        if not fits:
            raise ValueError(f"{name}: cannot {kind} {' and '.join(map(str, shapes))}")
        return first


def _window(name, shape, options):
    """Rows and columns that a window comes to lie at."""
    size = [
        (length + 2 * options["padding"] - options["kernel"]) // options["stride"] + 1 for length in shape[1:]
    ]
    if min(size) < 1:
        raise ValueError(f"{name}: a window of {options['kernel']} leaves nothing of {shape}")
    return size
