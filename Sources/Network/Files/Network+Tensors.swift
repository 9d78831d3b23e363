import Compute
import Foundation
import TensorFiles

extension Network {
  /// All trained parameters in forward order.
  public var parameters: [Parameter] { store.trained }

  /// Running means and variances, by name.
  public var runningStatistics: [String: Tensor] {
    Dictionary(uniqueKeysWithValues: store.statistics.map { ($0.name, $0.value) })
  }

  /// Running means and variances as one vector, in forward order.
  public var statisticsVector: [Float] {
    get { store.statistics.flatMap(\.value.values) }
    set {
      var start = 0
      for statistic in store.statistics {
        let count = statistic.value.count
        statistic.value.values = Array(newValue[start..<start + count])
        start += count
      }
    }
  }

  /// All tensors that evaluation needs, by torchvision's names.
  public var tensors: [String: Tensor] {
    var found = runningStatistics
    for parameter in parameters { found[parameter.name] = parameter.value }
    return found
  }

  /// The original channels that each group keeps, as metadata of a tensor file; unpruned groups are
  /// omitted.
  private var keptChannelsMetadata: [String: String] {
    var metadata: [String: String] = [:]
    for group in channelGroups + streamGroups where group.kept.count < group.originalCount {
      metadata[PrunableGraph.keptPrefix + group.name] = group.kept.map(String.init).joined(separator: ",")
    }
    return metadata
  }

  /// The network as a tensor file; `metadata` is added to that about remaining channels.
  public func tensorFile(metadata: [String: String] = [:]) -> TensorFile {
    var file = TensorFile()
    file.tensors = tensors
    file.metadata = keptChannelsMetadata.merging(metadata) { own, _ in own }
    return file
  }

  /// Removes the channels that the file does not have, and loads its tensors.
  ///
  /// - Throws: `ModelFileError` if a tensor is missing, superfluous or of another shape; then
  ///   tensors are unchanged, but channels may have been removed.
  public func load(_ file: TensorFile, from path: String) throws(ModelFileError) {
    try load(file, from: path, keeping: [])
  }

  /// - Parameter head: names of tensors that the network keeps, whatever the file has
  private func load(
    _ file: TensorFile, from path: String, keeping head: [String]
  ) throws(ModelFileError) {
    // If all shapes fit already, the channels were removed from this network before.
    if !structure.fits(file.tensors.mapValues(\.shape), except: head) {
      keep(channels: try structure.keptChannels(file.metadata, from: path))
    }
    // A new classifier reads the channels that are left.
    let own = tensors
    var file = file
    for name in head { file.tensors[name] = own[name] }
    let header = TensorHeader(file)
    try structure.check(header.shapes, header.integerTypes, file.metadata, from: path)
    setTensors(file.tensors)
  }

  /// Loads a trained model that other programs may have written: names may have the prefix of
  /// PyTorch's wrappers, values must be finite, and variances must not be negative.
  ///
  /// The projection of a residual block may be called `downsample`, as torchvision does, or
  /// `shortcut`.
  ///
  /// - Parameter newHead: whether to ignore the file's classifier and keep that of the network
  public func load(
    model: TensorFile, from path: String, newHead: Bool = false
  ) throws(ModelFileError) {
    var model = model.renamed(
      structure.ownNames(Array(model.tensors.keys)).merging(structure.ownNames(Array(model.integers.keys))) {
        first, _ in first
      })
    let head = newHead ? structure.headTensors : []
    for name in head { model.tensors[name] = nil }
    for (name, tensor) in model.tensors.sorted(by: { $0.key < $1.key }) {
      if tensor.values.contains(where: { !$0.isFinite }) { throw .notFinite(file: path, tensor: name) }
      // If the epsilon of an ONNX file's batch norm differs from the network's, the difference is
      // added to the variance, which may become negative if the file's epsilon is smaller.
      if name.hasSuffix(".running_var"),
        let value = tensor.values.first(where: { Double($0) + BatchNormalization.epsilon <= 0 })
      {
        throw .negativeVariance(file: path, tensor: name, value: value)
      }
    }
    try load(model, from: path, keeping: head)
    markStart()
  }

  private func setTensors(_ tensors: [String: Tensor]) {
    for parameter in store.trained + store.statistics {
      if let value = tensors[parameter.name] { parameter.value = value }
    }
  }
}
