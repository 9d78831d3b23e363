#!/usr/bin/env python3
"""Checks that exported ONNX files are valid, and that onnxruntime computes the same as `espalier predict`.

usage: check-onnx.py ESPALIER [--only NAME]...

Every architecture family, the declared networks of the tests, which have every operation, and one
whose linear layers meet maps are trained for one epoch on a few generated pictures: baseline, and
pruned with scope `block` and `stream`. Each model is exported with and without folding and padding,
and checked: the full check of onnx.checker, logits within 1e-4 of the largest for batches of 1 and
7, initializers that are not inputs, the test data next to the file, the metadata. The script of
docs/deploying.md loads each into PyTorch. Each is also exported in 8-bit integers, which must
produce similar logits; the accuracy of the digits experiment must be within one point of that of
the float version.

The other way, torchvision's networks from both of PyTorch's exporters are read, compute onnxruntime's
logits, are trained for an epoch, with a new classifier or the one they have, lose channels, and go out
again. Small networks with other ways of pooling are only read. Needs onnx, onnxruntime and numpy;
without torch, torchvision and onnxscript what is about PyTorch is left out, which is said.
"""

import argparse
import concurrent.futures
import contextlib
import functools
import gzip
import importlib.util
import io
import json
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import threading
import warnings
import zlib

import numpy
import onnx
import onnxruntime
from onnx import numpy_helper

try:
    import torch
    import torchvision
except ImportError:
    torch = None

script = importlib.util.spec_from_file_location("measure", pathlib.Path(__file__).with_name("measure-onnx.py"))
measuring = importlib.util.module_from_spec(script)
script.loader.exec_module(measuring)

TOLERANCE = 1e-4
# Of the logits of 8-bit integers: how far they may be off, as a part of the floats' logits.
INTEGER_TOLERANCE = 0.2
# Points of accuracy that 8-bit integers may cost digits.
DIGITS_TOLERANCE = 1.0
REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
DECLARED = REPOSITORY / "Tests/NetworkTests/Fixtures/declared"
# Architecture and pixels of an image's side.
FAMILIES = {
    "resnet20": ("{name: resnet20}", 32),
    "resnet29-bottleneck": ("{name: resnet, depth: 29, block: bottleneck, width: 0.5}", 32),
    "resnet18": ("{name: resnet18, width: 0.25}", 48),
    "resnet50": ("{name: resnet50, width: 0.25}", 48),
    "vgg11": ("{name: vgg11, width: 0.25}", 32),
    "mobilenet_v2": ("{name: mobilenet_v2}", 32),
    "densenet": ("{name: densenet, depth: 22, growth: 6}", 32),
    "densenet121": ("{name: densenet121}", 32),
    "resnext50_32x4d": ("{name: resnext50_32x4d}", 32),
    "efficientnet_b0": ("{name: efficientnet_b0}", 32),
    "linear-gate": (
        "{layers: [{conv: 6}, {name: stem, conv: 8}, {global_average_pool: true}, {linear: 4, activation: relu}, "
        "{name: gate, linear: 8, activation: sigmoid}, {name: gated, multiply: [stem, gate]}, "
        "{name: mean, global_average_pool: true}, {name: hidden, linear: 8}, {add: [mean, hidden]}, "
        "{linear: classes}]}", 16),
}
# Networks of torchvision, which of PyTorch's exporters writes them, whether batch norm is kept, and
# pixels of an image's side.
FOREIGN = [(network, exporter, False, 64) for network in ("resnet18", "mobilenet_v2", "densenet121", "vgg16_bn")
           for exporter in ("torchscript", "dynamo")] + [("resnet18", "torchscript", True, 64),
                                                         ("vgg16_bn", "dynamo", False, 224)]
# Ways to make a vector of a map, which the exporters write with other operators.
POOLING = {
    "means": lambda x: x.mean(3).mean(2),
    "kept-means": lambda x: x.mean(2, True).mean(3, True).flatten(1),
    "squeezes": lambda x: torch.nn.functional.adaptive_avg_pool2d(x, 1).squeeze(-1).squeeze(-1),
    "indices": lambda x: torch.nn.functional.adaptive_avg_pool2d(x, 1)[:, :, 0, 0],
    "maximum": lambda x: torch.nn.functional.adaptive_max_pool2d(x, 1).flatten(1),
}
PARALLEL = 2
# PyTorch's exporters run one at a time.
EXPORTER = threading.Lock()


def png(pixels):
    """The bytes of an RGB picture [rows, columns, 3]."""
    rows, columns, _ = pixels.shape
    lines = b"".join(b"\0" + row.tobytes() for row in pixels)

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines))
            + chunk(b"IEND", b""))


def make_pictures(folder):
    random = numpy.random.default_rng(0)
    for split, count in (("train", 8), ("val", 2)):
        for label in ("ant", "bee", "crow"):
            place = folder / split / label
            place.mkdir(parents=True)
            for index in range(count):
                pixels = random.integers(0, 256, (12, 12, 3), dtype=numpy.uint8)
                (place / f"{index}.png").write_bytes(png(pixels))


def picture_images(count, size):
    """Images much like those that the pictures give: noise of 12 pixels, enlarged and normalized."""
    noise = numpy.random.default_rng(1).uniform(-2, 2.4, (count, 3, 12, 12))
    places = numpy.linspace(0, 11, size)
    enlarged = numpy.array([numpy.interp(places, range(12), row) for row in numpy.eye(12)]).T
    return (enlarged @ noise @ enlarged.T).astype("f4")


def declared(path):
    """A test's architecture as the mapping of an experiment."""
    text = path.read_text()
    size = int(re.search(r"input: \[\d+, (\d+)", text)[1])
    classes = re.search(r"classes: (\d+)", text)[1]
    layers = re.sub(r"(?m)^(input|classes):.*\n", "", text)
    body = "".join(f"  {line}\n" for line in layers.splitlines())
    return f"\n  classes: {max(3, int(classes))}\n{body}", size


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, values in tensors.items():
        values = numpy.ascontiguousarray(values, dtype="<f4")
        header[name] = {"dtype": "F32", "shape": list(values.shape),
                        "data_offsets": [len(data), len(data) + values.nbytes]}
        data += values.tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def read_safetensors(path):
    content = path.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    data = content[8 + length:]
    found = {}
    for name, entry in json.loads(content[8:8 + length]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            found[name] = numpy.frombuffer(data[begin:end], "<f4").reshape(entry["shape"])
    return found


def experiment(name, architecture, size, scope, pictures):
    return f"""format: 1
name: {name}
dataset: {{name: image-folder, path: {pictures}, size: {size}}}
architecture: {architecture}
train: {{epochs: 1, batch_size: 12, optimizer: {{name: sgd, learning_rate: 0.02}}}}
prune: {{criterion: random, ratio: 0.4, interval: 1, until: 1, scope: {scope}}}
export: {{formats: [safetensors, onnx], onnx: {{test_images: 3}}}}
"""


class Checks:
    def __init__(self, espalier, folder):
        self.espalier = espalier
        self.folder = folder
        self.failures = []
        self.files = 0
        self.worst = 0.0
        self.worst_integers = 0.0

    def call(self, *arguments):
        result = subprocess.run([self.espalier, *map(str, arguments)], capture_output=True, text=True)
        if result.returncode not in (0, 1):
            raise RuntimeError(f"espalier {' '.join(map(str, arguments))}: {result.stderr.strip()}")
        return result.stdout

    def architecture(self, name, architecture, size, pictures):
        """Trains, prunes and exports one architecture in every way, and checks the files.

        Returns what to print.
        """
        folder = self.folder / name
        folder.mkdir()
        images = picture_images(7, size)
        write_safetensors(folder / "images.safetensors", {"images": images})
        has_streams = True
        models = 0
        for scope in ("block", "stream"):
            own = f"{name}-{scope}"
            file = folder / f"{own}.yaml"
            file.write_text(experiment(own, architecture, size, scope, pictures))
            try:
                self.call("run", file, "--results", folder / "results", "--threads", 1, "--progress", "none")
            except RuntimeError as error:
                if scope == "stream" and "has no residual stream" in str(error):
                    has_streams = False
                    continue
                raise
            for variant in ("baseline", "pruned"):
                # The baselines of both scopes are one.
                if scope == "stream" and variant == "baseline":
                    continue
                models += 1
                self.model(f"{own} {variant}", file, folder / "results" / own / "seed-0" / variant, images,
                           folder)
        return f"{name}: {models} models" + ("" if has_streams else ", no residual streams")

    def model(self, name, file, result, images, folder):
        weights = result / "model.safetensors"
        logits = folder / "logits.safetensors"
        self.call("predict", file, "--weights", weights, "--images", folder / "images.safetensors",
                  "--logits", logits, "--threads", 1)
        expected = read_safetensors(logits)["logits"]
        self.test_data(name, result)
        if torch:
            self.pytorch(name, result, images, expected)
        for fold in ("true", "false"):
            for pad in (1, 4):
                output = folder / "model.onnx"
                said = self.call("export", file, "--weights", weights, "--format", "onnx", "--output", output,
                                 "--threads", 1, "--set", f"export.onnx.fold_batch_norm={fold}", "--set",
                                 f"export.onnx.pad_channels={pad}", "--set", "export.onnx.test_images=0")
                self.check(f"{name}, folded {fold}, filled to {pad}", output, images, expected, said)
        self.quantized(name, file, weights, images, expected, folder)

    def quantized(self, name, file, weights, images, expected, folder):
        """The model in 8-bit integers."""
        output = folder / "integers.onnx"
        said = self.call("export", file, "--weights", weights, "--format", "onnx", "--output", output,
                         "--threads", 1, "--set", "export.onnx.quantize.images=24", "--set",
                         "export.onnx.test_images=0")
        self.files += 1
        model = onnx.load(output)
        onnx.checker.check_model(model, full_check=True)
        types = {tensor.name: tensor.data_type for tensor in model.graph.initializer}
        producers = {output: node for node in model.graph.node for output in node.output}
        for node in model.graph.node:
            if node.op_type in ("Conv", "Gemm"):
                weight = producers[node.input[1]]
                if weight.op_type != "DequantizeLinear" or types[weight.input[0]] != onnx.TensorProto.INT8:
                    self.failures.append(f"{name}: the weights of {node.name} are not integers")
        self.check_macs(f"{name}, 8-bit integers", model, said)
        session = onnxruntime.InferenceSession(output, session_options(), providers=["CPUExecutionProvider"])
        found = session.run(["logits"], {"images": images})[0]
        difference = numpy.linalg.norm(found - expected) / numpy.linalg.norm(expected)
        self.worst_integers = max(self.worst_integers, difference)
        if not difference <= INTEGER_TOLERANCE:
            self.failures.append(f"{name}, 8-bit integers: logits differ by {difference:.3f} of them")

    def digits(self):
        """Accuracy of the digits experiment in 8-bit integers beside floats."""
        file = REPOSITORY / "experiments/digits.yaml"
        formats = ["--set", "seeds=[0]", "--set", "export.formats=[safetensors, onnx]"]
        self.call("run", file, *formats, "--results", self.folder / "results", "--progress", "none")
        records = numpy.frombuffer(gzip.open(REPOSITORY / "Sources/Datasets/Resources/digits.bin.gz").read(),
                                   numpy.uint8).reshape(-1, 65)[-360:]
        said = []
        for variant in ("baseline", "pruned"):
            result = self.folder / "results/digits/seed-0" / variant
            output = self.folder / f"digits-{variant}.onnx"
            self.call("export", file, "--weights", result / "model.safetensors", "--format", "onnx", "--output",
                      output, "--set", "export.onnx.quantize.images=512")
            floats, integers = (accuracy(path, records) for path in (result / "model.onnx", output))
            if integers < floats - DIGITS_TOLERANCE:
                self.failures.append(f"digits {variant}: {integers:.2f} % right in 8-bit integers, not {floats:.2f} %")
            said.append(f"{variant} {floats:.2f} % right, {integers:.2f} % in 8-bit integers")
        return "digits: " + ", ".join(said)

    def check(self, name, path, images, expected, said):
        self.files += 1
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
        initializers = {tensor.name for tensor in model.graph.initializer}
        if [value.name for value in model.graph.input] != ["images"]:
            self.failures.append(f"{name}: inputs {[value.name for value in model.graph.input]}")
        if (model.ir_version, model.opset_import[0].version) != (8, 17):
            self.failures.append(f"{name}: version {model.ir_version}, opset {model.opset_import}")
        metadata = {entry.key: entry.value for entry in model.metadata_props}
        for key in ("espalier.classes", "espalier.mean", "espalier.std", "espalier.top1", "experiment"):
            if key not in metadata:
                self.failures.append(f"{name}: no metadata {key}")
        if not any(tensor.endswith(".weight") for tensor in initializers):
            self.failures.append(f"{name}: tensors have other names")
        self.check_macs(name, model, said)
        session = onnxruntime.InferenceSession(path, session_options(), providers=["CPUExecutionProvider"])
        for batch in (1, 7):
            logits = session.run(["logits"], {"images": images[:batch]})[0]
            self.compare(f"{name}, batch {batch}", logits, expected[:batch])

    def check_macs(self, name, model, said):
        """What `espalier export` says of a file."""
        printed, counted = int(re.search(r"(\d+) MACs for an image", said)[1]), measuring.macs(model)
        if printed != counted:
            self.failures.append(f"{name}: prints {printed} MACs, the file has {counted}")

    def pytorch(self, name, result, images, expected):
        """The script that the documentation shows."""
        with torch.no_grad():
            self.compare(f"{name}, PyTorch", LOADED["Pruned"](result)(torch.tensor(images)).numpy(), expected)

    def foreign(self, name, network, exporter, kept, pixels, pictures):
        """Reads a network that PyTorch exported, prunes it, and writes it out again.

        Returns what to print.
        """
        options = {"do_constant_folding": False, "training": torch.onnx.TrainingMode.PRESERVE} if kept else {}
        folder = self.folder / name
        folder.mkdir()
        torch.manual_seed(0)
        model = torchvision.models.get_model(network, num_classes=5)
        if network == "vgg16_bn" and pixels < 224:
            # Its own classifier has half a gigabyte.
            model.avgpool = torch.nn.Identity()
            model.classifier[0] = torch.nn.Linear(512 * (pixels // 32) ** 2, 64)
            model.classifier[3] = torch.nn.Linear(64, 64)
            model.classifier[6] = torch.nn.Linear(64, 5)
        randomize(model)
        images = picture_images(7, pixels)
        file, path, difference = self.imported(name, model, exporter, options, images, folder, pictures)
        # The pictures have three classes.
        has_new_head = exporter == "torchscript"
        if has_new_head:
            file.write_text(experiment(name, f"{{onnx: {path}, new_head: true}}", pixels, "block", pictures))
        self.call("run", file, "--results", folder / "results", "--threads", 1, "--progress", "none")
        reduction = json.loads((folder / "results" / name / "report.json").read_text())["summary"]["flops_reduction"]
        if not reduction > 0.2:
            self.failures.append(f"{name}: {reduction} of the MACs removed")
        result = folder / "results" / name / "seed-0/pruned"
        self.model(f"{name}, pruned", file, result, images, folder)
        has_norm = any(node.op_type == "BatchNormalization" for node in onnx.load(path).graph.node)
        return (f"{name}: batch norm {'kept' if has_norm else 'folded'}, logits to {difference:.1e}, "
                f"{'new classifier, ' if has_new_head else ''}{100 * reduction:.0f} % of the MACs removed")

    def imported(self, name, model, exporter, options, images, folder, pictures):
        """Exports a network from PyTorch, and reads it.

        Returns the experiment, the ONNX file, and how far its logits are off.
        """
        pixels = images.shape[-1]
        path = folder / f"{name}.onnx"
        sample = torch.zeros(1, 3, pixels, pixels)
        with EXPORTER, contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            # That one exporter is the older one, for one.
            warnings.simplefilter("ignore")
            torch.onnx.export(model.eval(), (sample,), path, input_names=["images"],
                              output_names=["logits"], dynamo=exporter == "dynamo", **options)
        write_safetensors(folder / "images.safetensors", {"images": images})
        session = onnxruntime.InferenceSession(path, session_options(), providers=["CPUExecutionProvider"])
        # PyTorch's file takes one image at a time.
        name_in_file = session.get_inputs()[0].name
        expected = numpy.concatenate([session.run(None, {name_in_file: image[None]})[0] for image in images])
        file = folder / f"{name}.yaml"
        file.write_text(experiment(name, f"{{onnx: {path}, classes: 5}}", pixels, "block", pictures))
        logits = folder / "logits.safetensors"
        self.call("predict", file, "--images", folder / "images.safetensors", "--logits", logits, "--threads", 1)
        return file, path, self.compare(name, read_safetensors(logits)["logits"], expected)

    def pooling(self, pictures):
        """Reads networks that make a vector of a map in every way of `POOLING`.

        Returns what to print.
        """
        class Network(torch.nn.Module):
            def __init__(self, pool):
                super().__init__()
                self.conv, self.pool, self.fc = torch.nn.Conv2d(3, 8, 3), pool, torch.nn.Linear(8, 5)

            def forward(self, images):
                return self.fc(self.pool(torch.relu(self.conv(images))))

        folder = self.folder / "pooling"
        folder.mkdir()
        images = picture_images(3, 16)
        differences = []
        for way, pool in POOLING.items():
            torch.manual_seed(0)
            for exporter in ("torchscript", "dynamo"):
                name = f"pooling-{way}-{exporter}"
                differences.append(self.imported(name, Network(pool), exporter, {}, images, folder, pictures)[2])
        return f"pooling: {len(differences)} networks, logits to {max(differences):.1e}"

    def test_data(self, name, result):
        path = result / "model.onnx"
        session = onnxruntime.InferenceSession(path, session_options(), providers=["CPUExecutionProvider"])
        tensors = []
        for kind in ("input", "output"):
            tensor = onnx.TensorProto()
            tensor.ParseFromString((result / f"test_data_set_0/{kind}_0.pb").read_bytes())
            tensors.append(numpy_helper.to_array(tensor))
        self.compare(f"{name}, test data", session.run(["logits"], {"images": tensors[0]})[0], tensors[1])

    def compare(self, name, found, expected):
        difference = numpy.abs(found - expected).max() / numpy.abs(expected).max()
        self.worst = max(self.worst, difference)
        if found.shape != expected.shape or not difference <= TOLERANCE:
            self.failures.append(f"{name}: logits differ by {difference:.2e} of the largest")
        return difference


def randomize(model):
    """Away from batch norm's initial state."""
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, 0, 0.2)
            torch.nn.init.normal_(module.running_mean, 0, 0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)


def documented_script():
    """What the PyTorch section of docs/deploying.md defines."""
    text = (REPOSITORY / "docs/deploying.md").read_text()
    script = re.search(r'```python\n("""Loads a pruned model.*?)```', text, re.S)[1]
    assert len(script.splitlines()) <= 40, "the documented script is longer than 40 lines"
    names = {}
    exec(script, names)  # noqa: S102: it is the project's own.
    return names


LOADED = documented_script() if torch else {}


def accuracy(path, records):
    """Percent of the images that a file is right about; records are a label and its pixels."""
    session = onnxruntime.InferenceSession(path, session_options(), providers=["CPUExecutionProvider"])
    metadata = session.get_modelmeta().custom_metadata_map
    mean, deviation = (json.loads(metadata[f"espalier.{name}"])[0] for name in ("mean", "std"))
    images = ((records[:, 1:] / 255 - mean) / deviation).astype("f4").reshape(-1, 1, 8, 8)
    logits = session.run(["logits"], {"images": images})[0]
    return 100 * float((logits.argmax(1) == records[:, 0]).mean())


def session_options():
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    # Sums of 8-bit products saturate on processors without VNNI else, see docs/deploying.md.
    options.add_session_config_entry("session.x64quantprecision", "1")
    return options


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("espalier")
    parser.add_argument("--only", action="append", help="architectures; default: all")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        pictures = folder / "pictures"
        make_pictures(pictures)
        checks = Checks(pathlib.Path(arguments.espalier).resolve(), folder)
        families = dict(FAMILIES)
        for path in sorted(DECLARED.glob("*/architecture.yaml")):
            families[f"declared-{path.parent.name}"] = declared(path)
        cases = {"digits": checks.digits}
        for name, (architecture, size) in families.items():
            cases[name] = functools.partial(checks.architecture, name, architecture, size, pictures)
        if torch:
            cases["pooling"] = functools.partial(checks.pooling, pictures)
            for network, exporter, kept, pixels in FOREIGN:
                name = (f"{network.replace('_', '-')}-{exporter}" + ("-kept" if kept else "")
                        + ("" if pixels == 64 else f"-{pixels}"))
                cases[name] = functools.partial(checks.foreign, name, network, exporter, kept, pixels, pictures)
        else:
            print("without torch: networks of PyTorch, and the script that loads a model there, are not checked")
        if arguments.only:
            cases = {name: case for name, case in cases.items() if name in arguments.only}

        def one(case):
            name, check = case
            try:
                found = check()
                # While a network is exported, nothing is printed by any thread.
                with EXPORTER:
                    print(found, flush=True)
            except Exception as error:
                checks.failures.append(f"{name}: {type(error).__name__}: {error}")

        with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
            list(pool.map(one, cases.items()))
    for failure in checks.failures:
        print(f"check-onnx: {failure}", file=sys.stderr)
    print(f"{checks.files} files of {len(cases)} architectures; largest difference {checks.worst:.1e}, "
          f"in 8-bit integers {checks.worst_integers:.3f}")
    return 1 if checks.failures or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
