// swift-tools-version: 6.1
import PackageDescription

// From top to bottom: a target depends only on targets above it.
let package = Package(
  name: "Espalier",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "espalier", targets: ["espalier"])],
  dependencies: [
    // Exact: docs/errors.md has its messages, byte for byte.
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0"),
  ],
  targets: [
    // System libraries and C.
    library("CYAML", apt: "libyaml-dev", brew: "libyaml", pkgConfig: "yaml-0.1"),
    library("CZlib", apt: "zlib1g-dev", brew: "zlib", pkgConfig: "zlib"),
    library("CCrypto", apt: "libssl-dev", brew: "openssl@3", pkgConfig: "libcrypto"),
    library("CTurboJPEG", apt: "libturbojpeg0-dev", brew: "jpeg-turbo", pkgConfig: "libturbojpeg"),
    library("CPNG", apt: "libpng-dev", brew: "libpng", pkgConfig: "libpng"),
    .target(name: "CKernels"),
    // MPI, loaded at run time.
    .target(name: "CMPI"),

    // The engine: planes, threads, kernels. The only target that computes with unsafe pointers.
    .target(name: "Compute", dependencies: ["CKernels"]),
    // Experiment files: YAML to typed values with source locations.
    .target(name: "Specification", dependencies: ["CYAML"]),
    // Reading of files, and their types by their first bytes.
    .target(name: "Files"),
    // Scalars for TensorBoard.
    .target(
      name: "EventFiles",
      dependencies: ["Files", .product(name: "SwiftProtobuf", package: "swift-protobuf")],
      exclude: ["event.proto"]),
    // Processes that train one network together.
    .target(name: "MessagePassing", dependencies: ["CMPI"]),
    // safetensors.
    .target(name: "TensorFiles", dependencies: ["CZlib", "Compute", "Files"]),
    // Layers, the graph, relevance, removal of channels, cost.
    .target(name: "Network", dependencies: ["Compute", "TensorFiles"]),
    // ONNX export and import.
    .target(
      name: "ONNX",
      dependencies: [
        "Compute", "Files", "Network", "TensorFiles",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      exclude: ["Format/onnx.proto"]),
    .target(
      name: "Architectures", dependencies: ["Network", "ONNX", "Specification"],
      resources: ["mobilenet_v2", "densenet121", "densenet", "resnext50_32x4d", "efficientnet_b0"].map {
        .embedInCode("Resources/\($0).yaml")
      }),
    .target(
      name: "Datasets", dependencies: ["CPNG", "CTurboJPEG", "CZlib", "Compute", "Files", "Specification"],
      resources: ["digits.bin.gz", "decoder.jpg"].map { .embedInCode("Resources/\($0)") }),
    .target(name: "Training", dependencies: ["Network", "Datasets", "MessagePassing", "Specification"]),
    .target(name: "Pruning", dependencies: ["MessagePassing", "Network", "Specification", "Training"]),
    // Throughput of networks.
    .target(name: "Benchmarks", dependencies: ["Architectures", "Datasets", "Training"]),
    .target(name: "Reports", dependencies: ["Files", "Specification"]),
    // Stages, cache, runner.
    .target(
      name: "Experiments",
      dependencies: [
        "Architectures", "CCrypto", "Datasets", "EventFiles", "MessagePassing", "ONNX", "Pruning", "Training",
        "Reports", "Specification",
        "TensorFiles",
      ]),
    .executableTarget(
      name: "espalier",
      dependencies: [
        "Benchmarks", "Datasets", "Experiments", "MessagePassing",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // Folders, random numbers, waits, comparisons and readers of documents that tests share.
    .target(name: "TestSupport", path: "Tests/TestSupport"),
    .testTarget(name: "ComputeTests", dependencies: ["Compute", "CKernels", "TestSupport"]),
    // A validator that tests share.
    .target(name: "JSONSchemaChecking", dependencies: ["Specification"], path: "Tests/JSONSchemaChecking"),
    .testTarget(
      name: "SpecificationTests", dependencies: ["Specification", "JSONSchemaChecking", "TestSupport"]),
    .testTarget(name: "EventFilesTests", dependencies: ["EventFiles", "TestSupport"]),
    .testTarget(name: "MessagePassingTests", dependencies: ["MessagePassing", "Compute"]),
    .testTarget(name: "TensorFilesTests", dependencies: ["TensorFiles", "TestSupport"]),
    .testTarget(
      name: "NetworkTests",
      dependencies: ["Network", "Architectures", "TensorFiles", "Pruning", "Training", "TestSupport"],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "DatasetsTests", dependencies: ["Datasets", "CZlib", "TestSupport"],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "ONNXTests", dependencies: ["ONNX", "Architectures", "TestSupport"], exclude: ["Fixtures"]),
    .testTarget(name: "ArchitecturesTests", dependencies: ["Architectures"]),
    .testTarget(name: "PruningTests", dependencies: ["Pruning", "Architectures"]),
    .testTarget(name: "TrainingTests", dependencies: ["Training", "Architectures"]),
    .testTarget(name: "BenchmarksTests", dependencies: ["Benchmarks", "TestSupport"]),
    .testTarget(
      name: "ReportsTests", dependencies: ["Reports", "JSONSchemaChecking", "TestSupport"],
      exclude: ["Golden"]),
    .testTarget(name: "ExperimentsTests", dependencies: ["Experiments", "TestSupport"]),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "espalier", "Reports", "TestSupport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c11
)

/// A system library. On Debian, headers are in the compiler's default path; for Homebrew,
/// pkg-config finds them.
func library(_ name: String, apt: String, brew: String, pkgConfig: String) -> Target {
  #if os(macOS)
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.brew([brew])])
  #else
    .systemLibrary(name: name, providers: [.apt([apt])])
  #endif
}

// Only `make fuzz` can build this target: libFuzzer provides the main function.
if Context.environment["ESPALIER_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(name: "Fuzzing", dependencies: ["Compute", "Experiments", "ONNX"]))
}

// `make sanitize` builds only the targets with pointers and threads, and their tests.
if Context.environment["ESPALIER_SANITIZE"] != nil {
  let kept = [
    "CYAML", "CZlib", "CPNG", "CTurboJPEG", "CKernels", "Compute", "Files", "Specification", "Datasets",
    "TestSupport", "ComputeTests", "DatasetsTests",
  ]
  package.products = []
  package.targets.removeAll { !kept.contains($0.name) }
}
