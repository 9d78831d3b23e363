import Foundation

/// A mistake a user may make: the input files and the command line.
struct BadInput: CustomStringConvertible, Sendable {
  /// Sections of the document.
  enum Kind: String, CaseIterable, Sendable {
    case experiment = "Experiment files"
    case arguments = "Arguments"
    case environment = "Environment"
    case data = "Data files"
    case tensors = "Tensor files"
    case onnx = "ONNX files"
    case reports = "Reports"
  }

  let kind: Kind
  let description: String
  let arguments: [String]
  let files: [String: Data]
  var environment: [String: String] = [:]
  let status: Int32

  static let all = experiments + arguments + environments + data + tensors + onnx + reports

  // MARK: Experiment files

  /// A small valid experiment, one key per line.
  private static let valid = CommandTests.trial

  /// The valid experiment with one line replaced.
  private static func experiment(
    _ description: String, _ line: String, with other: String,
    _ arguments: [String] = ["validate", "trial.yaml"],
    status: Int32 = 1
  ) -> BadInput {
    let lines = valid.split(separator: "\n", omittingEmptySubsequences: false).map {
      $0.hasPrefix(line + ":") ? other : String($0)
    }
    return file(description, lines.joined(separator: "\n"), arguments, status: status)
  }

  private static func file(
    _ description: String, _ text: String, _ arguments: [String] = ["validate", "trial.yaml"],
    status: Int32 = 1
  ) -> BadInput {
    BadInput(
      kind: .experiment, description: description, arguments: arguments,
      files: ["trial.yaml": Data(text.utf8)],
      status: status)
  }

  private static var experiments: [BadInput] {
    [
      experiment("no format", "format", with: "# format"),
      experiment("another format", "format", with: "format: 2"),
      experiment("no name", "name", with: "# name"),
      experiment("a name with a slash", "name", with: "name: a/b"),
      experiment("a misspelt key", "train", with: "train: {epoch: 2, batch_size: 50}"),
      experiment("a misspelt section", "prune", with: "prunne: {ratio: 0.4, interval: 1}"),
      experiment("a duplicate key", "prune", with: "prune: {ratio: 0.4, interval: 1, ratio: 0.5}"),
      experiment("text instead of a number", "train", with: "train: {epochs: many, batch_size: 50}"),
      experiment("a fraction instead of an integer", "train", with: "train: {epochs: 2.5, batch_size: 50}"),
      experiment("a list instead of a section", "train", with: "train: [2, 50]"),
      experiment("no epochs", "train", with: "train: {batch_size: 50}"),
      experiment(
        "a negative learning rate", "train",
        with: "train: {epochs: 2, batch_size: 50, optimizer: {learning_rate: -0.1}}"),
      experiment(
        "a learning rate that is not a number", "train",
        with: "train: {epochs: 2, batch_size: 50, optimizer: {learning_rate: .nan}}"),
      experiment(
        "milestones out of order", "train",
        with: "train: {epochs: 9, batch_size: 50, schedule: {name: step, milestones: [6, 3]}}"),
      experiment(
        "an unknown schedule", "train", with: "train: {epochs: 2, batch_size: 50, schedule: {name: cosin}}"),
      experiment(
        "a precision by another name", "train", with: "train: {epochs: 2, batch_size: 50, precision: bf16}"),
      experiment(
        "an unknown optimizer", "train", with: "train: {epochs: 2, batch_size: 50, optimizer: {name: adam}}"),
      experiment(
        "Nesterov without momentum", "train",
        with: "train: {epochs: 2, batch_size: 50, optimizer: {momentum: 0, nesterov: true}}"),
      experiment("a name instead of a section", "dataset", with: "dataset: digits"),
      experiment("an unknown data set", "dataset", with: "dataset: {name: digit}"),
      experiment(
        "more images than the data set has", "dataset", with: "dataset: {name: digits, train_limit: 100000}"),
      experiment(
        "a zero standard deviation", "dataset",
        with: "dataset: {name: digits, normalize: {mean: [0.3], std: [0]}}"),
      experiment("an unknown architecture", "architecture", with: "architecture: {name: resnet21}"),
      experiment("a depth that is not 6n+2", "architecture", with: "architecture: {name: resnet, depth: 10}"),
      experiment(
        "a network too deep for the image size", "architecture", with: "architecture: {name: vgg16}"),
      experiment("a width of zero", "architecture", with: "architecture: {name: resnet20, width: 0}"),
      experiment("a ratio of one", "prune", with: "prune: {ratio: 1.0, interval: 1}"),
      experiment("two targets", "prune", with: "prune: {ratio: 0.4, channels_per_step: 10, interval: 1}"),
      experiment("no target", "prune", with: "prune: {interval: 1}"),
      experiment("a word for no pruning", "prune", with: "prune: none"),
      experiment(
        "no layer left to prune", "prune", with: "prune: {ratio: 0.4, interval: 1, exclude: [\"layer*\"]}"),
      experiment(
        "a larger share than layers may lose", "prune",
        with: "prune: {ratio: 0.4, interval: 1, maximum_layer_ratio: 0.2}"),
      experiment(
        "an expression that a comma cuts", "architecture",
        with: "architecture: {layers: [{name: a, conv: max(inputs, 8)}, {linear: classes}]}"),
      experiment(
        "a built-in network for larger images", "architecture", with: "architecture: {name: densenet121}"),
      experiment(
        "an interval longer than the training", "prune", with: "prune: {ratio: 0.4, interval: 5}"),
      experiment(
        "an interval that allows no step", "prune", with: "prune: {ratio: 0.4, interval: 2, until: 1}"),
      experiment(
        "more channels than the minimum per layer allows", "prune",
        with: "prune: {ratio: 0.9, interval: 1, minimum_channels: 8}"),
      experiment(
        "more channels per step than the network has", "prune",
        with: "prune: {channels_per_step: 500, interval: 1}"),
      experiment(
        "an unknown criterion", "prune", with: "prune: {criterion: l1norm, ratio: 0.4, interval: 1}"),
      experiment(
        "a prefix of a criterion's name", "prune",
        with: "prune: {criterion: l1, ratio: 0.4, interval: 1}"),
      experiment("no samples for scoring", "prune", with: "prune: {ratio: 0.4, interval: 1, samples: 0}"),
      experiment("a duplicate seed", "name", with: "name: trial\nseeds: [1, 1]"),
      experiment(
        "an expectation of an unknown metric", "name",
        with: "name: trial\nexpect: {acuracy_drop: {at_most: 1}}"),
      experiment(
        "an environment variable that is not set", "dataset",
        with: "dataset: {name: digits, path: \"${NOWHERE_TO_BE_FOUND}/x\"}"),
      experiment(
        "an unquoted variable within braces", "dataset", with: "dataset: {name: digits, path: ${HOME}/x}"),
      experiment("a missing base file", "name", with: "name: trial\nextends: base.yaml"),
      experiment("a file that extends itself", "name", with: "name: trial\nextends: trial.yaml"),
      experiment(
        "a wrong value in a matrix", "name",
        with: "name: trial\nmatrix: {prune.ratio: [0.2, 1.4], train.epochs: [1, 2]}"),
      experiment(
        "a matrix with duplicate names", "name", with: "name: trial\nmatrix: {dataset.path: [A, a]}"),
      experiment(
        "a null for no axis of a matrix", "name",
        with: "name: trial\nmatrix: {train.epochs: [1, 2], train.epoch: null}"),
      file("an empty file", ""),
      file("two documents", valid + "---\n" + valid),
      file("a no-break space for indentation", "format: 1\ntrain:\n\u{A0}\u{A0}epochs: 2\n"),
      file("a tab for indentation", "format: 1\ntrain:\n\tepochs: 2\n"),
      file("an unclosed bracket", "format: 1\nseeds: [1, 2\nname: trial\n"),
      file("an alias without an anchor", "format: 1\nname: *nothing\n"),
      file("deep nesting", String(repeating: "[", count: 10_000)),
      file("exponentially nested aliases", aliases),
      BadInput(
        kind: .experiment, description: "invalid UTF-8", arguments: ["validate", "trial.yaml"],
        files: ["trial.yaml": Data([0x66, 0x6f, 0x3a, 0x20, 0xff, 0xfe, 0x0a])], status: 1),
      BadInput(
        kind: .experiment, description: "a file above the size limit",
        arguments: ["validate", "trial.yaml"],
        files: ["trial.yaml": Data(repeating: 0x23, count: 5_000_000)], status: 1),
      experiment(
        "several mistakes at once", "train", with: "train: {epochs: 0, batch_size: 50, momentum: 0.9}",
        ["run", "trial.yaml"], status: 2),
    ]
  }

  private static let aliases: String = {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 {
      let reference = "*a\(level - 1)"
      text +=
        "a\(level): &a\(level) [" + [String](repeating: reference, count: 10).joined(separator: ", ") + "]\n"
    }
    return text
  }()

  // MARK: Arguments

  private static func arguments(
    _ description: String, _ arguments: [String], status: Int32 = 2
  ) -> BadInput {
    BadInput(
      kind: .arguments, description: description, arguments: arguments,
      files: ["trial.yaml": Data(valid.utf8)],
      status: status)
  }

  private static var arguments: [BadInput] {
    [
      arguments("an unknown command", ["prune"]),
      arguments("a misspelt command", ["vaildate", "trial.yaml"]),
      arguments("help for an unknown command", ["help", "vaildate"]),
      arguments("no file", ["run"]),
      arguments("an unknown option", ["run", "trial.yaml", "--treads", "2"]),
      arguments("another tool's option for epochs", ["run", "trial.yaml", "--epochs", "5"]),
      arguments("a resume option", ["run", "trial.yaml", "--resume"]),
      arguments("a quiet option", ["run", "trial.yaml", "--quiet"]),
      arguments("the jobs option of make", ["run", "trial.yaml", "-j", "4"]),
      arguments("an unknown option of a subcommand", ["cache", "list", "--old"]),
      arguments("an option without its value", ["run", "trial.yaml", "--threads"]),
      arguments("zero threads", ["run", "trial.yaml", "--threads", "0"]),
      arguments("a negative checkpoint interval", ["run", "trial.yaml", "--checkpoint-interval", "-1"]),
      arguments("an unknown kind of progress", ["run", "trial.yaml", "--progress", "loud"]),
      arguments("a missing file", ["run", "nothing.yaml"]),
      arguments("a folder instead of a file", ["run", "."]),
      arguments("the same experiment twice", ["run", "trial.yaml", "trial.yaml"]),
      arguments("an unknown benchmark case", ["bench", "resnet21"]),
      arguments("a benchmark of images that are too small", ["bench", "vgg16@8"]),
      arguments("a benchmark of one convolution without a profile", ["bench", "convolution:inputs=4"]),
      arguments("a size for no pictures", ["bench", "resnet20", "--size", "32"]),
      arguments("a benchmark with batch size 0", ["bench", "resnet20", "--batch", "0"]),
      arguments(
        "a benchmark of scoring in bfloat16",
        ["bench", "resnet20", "--mode", "score", "--precision", "bfloat16"]),
      arguments("an unknown precision", ["bench", "resnet20", "--precision", "bf16"]),
      arguments("an override of an unknown key", ["run", "trial.yaml", "--set", "train.epoch=3"]),
      arguments("ratios that do not increase", ["sensitivity", "trial.yaml", "--ratios", "0.5,0.3"]),
      arguments("a ratio of 1", ["sensitivity", "trial.yaml", "--ratios", "0.5,1"]),
      arguments("an override without a value", ["run", "trial.yaml", "--set", "train.epochs"]),
      arguments("a comment in an override", ["run", "trial.yaml", "--set", "seeds=[1] # one"]),
      arguments("an override of the wrong type", ["run", "trial.yaml", "--set", "train.epochs=many"]),
      arguments("an override out of range", ["run", "trial.yaml", "--set", "prune.ratio=2"]),
      arguments(
        "a results folder that cannot be created",
        ["run", "trial.yaml", "--results", "trial.yaml", "--progress", "none"],
        status: 3),
      arguments("a shard number above the total", ["run", "trial.yaml", "--shard", "5/4"]),
      arguments("an unknown schema", ["schema", "reports"]),
      arguments("an unknown format", ["plan", "trial.yaml", "--format", "xml"]),
    ]
  }

  // MARK: Environment

  private static var environments: [BadInput] {
    func input(_ description: String, _ variable: String, _ value: String, _ arguments: [String]) -> BadInput
    {
      BadInput(
        kind: .environment, description: description, arguments: arguments,
        files: ["trial.yaml": Data(valid.utf8)], environment: [variable: value], status: 2)
    }
    let commands = [["validate", "trial.yaml"], ["plan", "trial.yaml"], ["doctor"]]
    return commands.map {
      input("a misspelt algorithm, \($0[0])", "ESPALIER_CONVOLUTION", "winograt", $0)
    } + [
      input("an unknown algorithm", "ESPALIER_CONVOLUTION", "fft", ["validate", "trial.yaml"]),
      input("misspelt kernels", "ESPALIER_KERNELS", "avx521", ["validate", "trial.yaml"]),
    ]
  }

  // MARK: Data files

  private static func data(_ description: String, _ name: String, _ files: [String: Data]) -> BadInput {
    let text = valid.replacingOccurrences(
      of: "{name: digits, train_limit: 100, test_limit: 50}", with: "{name: \(name), path: data}"
    )
    var all = ["trial.yaml": Data(text.utf8)]
    for (name, contents) in files { all["data/" + name] = contents }
    return BadInput(
      kind: .data, description: description, arguments: ["run", "trial.yaml", "--progress", "none"],
      files: all,
      status: 3)
  }

  /// An IDX file of bytes.
  private static func idx(_ dimensions: [UInt8], _ values: [UInt8], type: UInt8 = 8) -> Data {
    var bytes: [UInt8] = [0, 0, type, UInt8(dimensions.count)]
    for dimension in dimensions { bytes += [0, 0, 0, dimension] }
    return Data(bytes + values)
  }

  private static let lfsPointer = Data(
    "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 30730000\n".utf8)
  private static let pixels = [UInt8](repeating: 7, count: 20 * 28 * 28)
  private static let labels = (0..<20).map { UInt8($0 % 10) }

  private static func idxFiles(_ changes: [String: Data?]) -> [String: Data] {
    var files: [String: Data] = [:]
    for split in ["train", "t10k"] {
      files[split + "-images-idx3-ubyte"] = idx([20, 28, 28], pixels)
      files[split + "-labels-idx1-ubyte"] = idx([20], labels)
    }
    for (name, contents) in changes { files[name] = contents }
    return files
  }

  private static func picture(_ name: String) -> Data {
    let folder = Command.repository.appendingPathComponent("Tests/DatasetsTests/Fixtures/pictures")
    return (try? Data(contentsOf: folder.appendingPathComponent(name))) ?? Data()
  }

  private static let jpeg = picture("colour.jpg")
  private static let cutJPEG = picture("cut.jpg")

  private static func pictures(
    _ description: String, _ files: [String: Data], _ command: String = "run", status: Int32 = 3
  ) -> BadInput {
    let experiment = valid.replacingOccurrences(
      of: "{name: digits, train_limit: 100, test_limit: 50}",
      with: "{name: image-folder, path: data, size: 16}"
    ).replacingOccurrences(of: "width: 0.25", with: "width: 0.25, classes: 2")
    let progress = command == "run" ? ["--progress", "none"] : []
    return BadInput(
      kind: .data, description: description, arguments: [command, "trial.yaml"] + progress,
      files: Dictionary(uniqueKeysWithValues: files.map { ("data/" + $0, $1) })
        .merging(["trial.yaml": Data(experiment.utf8)]) { $1 }, status: status)
  }

  private static var data: [BadInput] {
    let images = "train-images-idx3-ubyte"
    let names = "train-labels-idx1-ubyte"
    return [
      data("no folder", "mnist", [:]),
      data("a missing file", "mnist", idxFiles([names: Data?.none])),
      data("an empty file", "mnist", idxFiles([images: Data()])),
      data("a wrong magic number", "mnist", idxFiles([images: idx([20, 28, 28], pixels, type: 9)])),
      data("a truncated file", "mnist", idxFiles([images: idx([20, 28, 28], Array(pixels.dropLast(5)))])),
      data("bytes after the end", "mnist", idxFiles([images: idx([20, 28, 28], pixels + [1])])),
      data("images of another size", "mnist", idxFiles([images: idx([20, 14, 56], pixels)])),
      data("a label out of range", "mnist", idxFiles([names: idx([20], labels.dropLast() + [10])])),
      data("fewer labels than images", "mnist", idxFiles([names: idx([19], labels.dropLast())])),
      data("not a gzip file", "fashion-mnist", [images + ".gz": Data("hello".utf8)]),
      data(
        "a truncated gzip file", "fashion-mnist",
        [images + ".gz": Data([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1])]),
      data("a truncated CIFAR-10 file", "cifar10", ["data_batch_1.bin": Data(repeating: 1, count: 100)]),
      pictures("a missing picture folder", [:]),
      pictures(
        "a class without pictures",
        [
          "train/a/1.jpg": jpeg, "train/b/1.txt": jpeg, "val/a/1.jpg": jpeg,
          "val/b/1.jpg": jpeg,
        ], "validate", status: 1),
      pictures(
        "a class without test pictures",
        ["train/a/1.jpg": jpeg, "train/b/1.jpg": jpeg, "val/a/1.jpg": jpeg], "validate", status: 1),
      pictures(
        "a folder without classes", ["1.jpg": jpeg, "2.jpg": jpeg, "labels.csv": Data("1".utf8)], "validate",
        status: 1),
      pictures(
        "the parent of the picture folder", ["photos/train/a/1.jpg": jpeg, "photos/val/a/1.jpg": jpeg],
        "validate", status: 1),
      pictures("a Parquet table of pictures", ["train.parquet": Data("PAR1".utf8)], "validate", status: 1),
      pictures(
        "a truncated picture",
        ["train/a/1.jpg": jpeg, "train/b/1.jpg": cutJPEG, "val/a/1.jpg": jpeg, "val/b/1.jpg": jpeg]),
      pictures(
        "not a picture",
        [
          "train/a/1.png": Data("hello".utf8), "train/b/1.jpg": jpeg, "val/a/1.jpg": jpeg,
          "val/b/1.jpg": jpeg,
        ]),
      data("a file that Git LFS has not fetched", "cifar10", ["data_batch_1.bin": lfsPointer]),
      data("a web page instead of a file", "mnist", idxFiles([images: Data("<!DOCTYPE html>".utf8)])),
      data("a truncated CIFAR-100 file", "cifar100", ["train.bin": Data(repeating: 1, count: 100)]),
    ]
  }

  // MARK: Tensor files

  private static func tensors(_ description: String, _ contents: Data, _ command: [String]? = nil) -> BadInput
  {
    let score = ["score", "trial.yaml", "--weights", "model.safetensors"]
    return BadInput(
      kind: .tensors, description: description, arguments: command ?? score,
      files: ["trial.yaml": Data(valid.utf8), "model.safetensors": contents], status: 2)
  }

  private static func file(header: String, data: Int = 0, length: UInt64? = nil) -> Data {
    var bytes = Data()
    let length = length ?? UInt64(header.utf8.count)
    for byte in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: length >> (8 * UInt64(byte)))) }
    return bytes + Data(header.utf8) + Data(count: data)
  }

  private static var tensors: [BadInput] {
    let images = ["score", "trial.yaml", "--images", "model.safetensors"]
    let stem = #"{"conv1.weight":{"dtype":"F32","shape":[4,1,3,3],"data_offsets":[0,144]}}"#
    return [
      BadInput(
        kind: .tensors, description: "a missing file",
        arguments: ["score", "trial.yaml", "--weights", "none.safetensors"],
        files: ["trial.yaml": Data(valid.utf8)], status: 2),
      BadInput(
        kind: .tensors, description: "no trained model",
        arguments: ["sensitivity", "trial.yaml"], files: ["trial.yaml": Data(valid.utf8)], status: 2),
      tensors("an empty file", Data()),
      tensors("a file that Git LFS has not fetched", lfsPointer),
      tensors("a zip archive such as a PyTorch checkpoint", Data("PK\u{3}\u{4}".utf8) + Data(count: 100)),
      tensors("a header longer than the file", file(header: "{}", length: 1000)),
      tensors("an absurd header length", file(header: "{}", length: .max)),
      tensors("a header that is not JSON", file(header: "nonsense")),
      tensors(
        "an unknown element type",
        file(header: stem.replacingOccurrences(of: "F32", with: "F31"), data: 144)),
      tensors(
        "a shape that does not match the data size",
        file(header: stem.replacingOccurrences(of: "[4,", with: "[5,"), data: 144)),
      tensors("truncated values", file(header: stem, data: 100)),
      tensors(
        "a negative dimension", file(header: stem.replacingOccurrences(of: "[4,", with: "[-4,"), data: 144)),
      tensors("weights of another network", file(header: stem, data: 144)),
      tensors(
        "weights of an integer type",
        file(header: #"{"bn1.bias":{"dtype":"I32","shape":[4],"data_offsets":[0,16]}}"#, data: 16)),
      tensors("a missing `images` tensor", file(header: stem, data: 144), images),
      tensors(
        "images of an integer type",
        file(header: #"{"images":{"dtype":"U8","shape":[1,1,8,8],"data_offsets":[0,64]}}"#, data: 64), images),
      tensors(
        "labels of a floating-point type",
        file(
          header:
            #"{"images":{"dtype":"F32","shape":[1,1,8,8],"data_offsets":[0,256]},"labels":{"dtype":"F32","shape":[1],"data_offsets":[256,260]}}"#,
          data: 260), images),
      tensors(
        "images of another size",
        file(
          header:
            #"{"images":{"dtype":"F32","shape":[1,1,2,2],"data_offsets":[0,16]},"labels":{"dtype":"I64","shape":[1],"data_offsets":[16,24]}}"#,
          data: 24), images),
      tensors(
        "a label out of range",
        file(
          header:
            #"{"images":{"dtype":"F32","shape":[1,1,8,8],"data_offsets":[0,256]},"labels":{"dtype":"U8","shape":[1],"data_offsets":[256,257]}}"#,
          data: 256) + Data([200]), images),
    ]
  }

  // MARK: ONNX files

  private static func onnx(
    _ description: String, _ contents: Data?, architecture: String = "{onnx: model.onnx}"
  ) -> BadInput {
    let text = valid.replacingOccurrences(of: "{name: resnet, depth: 8, width: 0.25}", with: architecture)
    return BadInput(
      kind: .onnx, description: description, arguments: ["validate", "trial.yaml"],
      files: ["trial.yaml": Data(text.utf8)].merging(contents.map { ["model.onnx": $0] } ?? [:]) { $1 },
      status: 1)
  }

  /// A message's field of bytes.
  private static func field(_ number: UInt8, _ bytes: Data) -> Data {
    Data([number << 3 | 2, UInt8(bytes.count)]) + bytes
  }

  private static func field(_ number: UInt8, _ text: String) -> Data { field(number, Data(text.utf8)) }

  /// A model with one node from the image to the logits.
  private static func model(_ type: String) -> Data {
    let node = field(1, "x") + field(2, "y") + field(3, "last") + field(4, type)
    let graph =
      field(1, node) + Data([11 << 3 | 2, 3]) + field(1, "x") + Data([12 << 3 | 2, 3]) + field(1, "y")
    return Data([0x08, 0x08]) + field(7, graph)
  }

  private static var onnx: [BadInput] {
    [
      onnx("a missing model", nil),
      onnx("not an ONNX model", Data("nonsense".utf8)),
      onnx("a file that Git LFS has not fetched", lfsPointer),
      onnx(
        "start weights that are not an ONNX model", Data("nonsense".utf8),
        architecture: "{name: resnet, depth: 8, width: 0.25, weights: model.onnx}"),
      onnx("an unsupported operator", model("ConvTranspose")),
      onnx("a softmax as the last operator", model("Softmax")),
      onnx("no logits as output", model("Relu")),
      onnx("`depth` in addition to `onnx`", model("Relu"), architecture: "{onnx: model.onnx, depth: 20}"),
      onnx("a new classifier without weights", nil, architecture: "{name: resnet, depth: 8, new_head: true}"),
    ]
  }

  // MARK: Reports

  private static let report = """
    {"format": 1, "experiment": "trial", "description": "", "status": "complete", "summary": {"expectations": []},
    "runs": [{"seed": 0, "variant": "baseline", "top1": 90, "parameters": 1, "macs": 1, "channels": 1, "layers": [],
    "pruning_steps": [], "history": []}],
    "timing": {"runs": []},
    "environment": {"version": "", "processor": "", "kernels": "", "threads": 1, "date": ""}}
    """

  private static func reports(
    _ description: String, _ text: String, _ arguments: [String] = ["diff", "report.json", "report.json"],
    more: [String: String] = [:]
  ) -> BadInput {
    BadInput(
      kind: .reports, description: description, arguments: arguments,
      files: more.merging(["report.json": text]) { $1 }.mapValues { Data($0.utf8) }, status: 2)
  }

  private static func reports(_ description: String, _ part: String, with other: String) -> BadInput {
    reports(description, report.replacingOccurrences(of: part, with: other))
  }

  private static var reports: [BadInput] {
    let diff = ["diff", "report.json", "report.json", "--tolerance"]
    return [
      reports("no report", report, ["diff", "report.json", "none.json"]),
      reports("a folder without a report", report, ["diff", "report.json", "."]).renamed(
        "report.json", "other.json"),
      reports("an empty report", ""),
      reports("a truncated report", String(report.dropLast(9))),
      reports("a report in a newer format", "\"format\": 1", with: "\"format\": 2"),
      reports("a report without runs", "\"runs\": [{\"seed", with: "\"run\": [{\"seed"),
      reports("text instead of an accuracy", "\"top1\": 90", with: "\"top1\": \"90\""),
      reports("a fraction instead of an integer", "\"macs\": 1", with: "\"macs\": 1.5"),
      reports("a list instead of a report", "[1, 2]"),
      reports("deep nesting in a report", String(repeating: "[", count: 10_000)),
      reports(
        "a damaged experiment file next to a report", report, more: ["experiment.yaml": "train: [1, 2"]),
      reports(
        "two reports of the same experiment", report, ["diff", ".", "."],
        more: ["a/report.json": report, "b/report.json": report]
      ).renamed("report.json", "other.json"),
      reports("an unknown metric", report, diff + ["top_1=1"]),
      reports("a tolerance that is not a number", report, diff + ["top1=much"]),
      reports("a tolerance without a metric", report, diff + ["5%"]),
    ]
  }

  /// The same input with one file renamed.
  private func renamed(_ old: String, _ new: String) -> BadInput {
    var files = files
    files[new] = files.removeValue(forKey: old)
    return BadInput(
      kind: kind, description: description, arguments: arguments.map { $0 == old ? new : $0 }, files: files,
      status: status)
  }
}
