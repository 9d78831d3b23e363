import Compute
import Foundation
import TensorFiles

extension Network {
  /// All trained parameters in the order of data.
  public var parameters: [Parameter] { store.trained }

  /// Running means and variances, by name.
  public var runningStatistics: [String: Tensor] {
    Dictionary(uniqueKeysWithValues: store.statistics.map { ($0.name, $0.value) })
  }

  /// Running means and variances one after the other, in the order of data.
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

  /// Everything that evaluation needs, by the names that torchvision uses.
  public var tensors: [String: Tensor] {
    var found = runningStatistics
    for parameter in parameters { found[parameter.name] = parameter.value }
    return found
  }

  /// Which original channels each group kept, as metadata of a tensor file; groups that are whole
  /// are left out.
  public var keptChannelsMetadata: [String: String] {
    var metadata: [String: String] = [:]
    for group in channelGroups + streamGroups where group.kept.count < group.originalCount {
      metadata[PrunableGraph.keptPrefix + group.name] = group.kept.map(String.init).joined(separator: ",")
    }
    return metadata
  }

  /// The network as a tensor file; `metadata` is added to which channels are left.
  public func tensorFile(metadata: [String: String] = [:]) -> TensorFile {
    var file = TensorFile()
    file.tensors = tensors
    file.metadata = keptChannelsMetadata.merging(metadata) { own, _ in own }
    return file
  }

  /// Removes the channels that the file says are gone, and takes its tensors.
  ///
  /// - Throws: `ModelFileError` if a tensor is missing, superfluous or of another shape; nothing is
  ///   changed then, except that channels may be gone.
  public func load(_ file: TensorFile, from path: String) throws(ModelFileError) {
    let header = TensorHeader(file)
    // Channels that a file says are left were removed from this network before, where everything
    // fits as it is.
    if !structure.fits(header.shapes) {
      keep(channels: try structure.keptChannels(file.metadata, from: path))
    }
    try structure.check(header.shapes, header.integerTypes, file.metadata, from: path)
    setTensors(file.tensors)
  }

  /// Loads a tensor file, channels and all.
  public func load(contentsOf path: String) throws(ModelFileError) {
    let file: TensorFile
    do { file = try TensorFile(contentsOf: path) } catch { throw .unreadable(error) }
    try load(model: file, from: path)
  }

  /// Loads a trained model that may come from elsewhere: names may have the prefix that PyTorch's
  /// wrappers put before them, and values have to be finite, variances not negative.
  ///
  /// The projection of a residual block may be called `downsample`, as torchvision does, or
  /// `shortcut`.
  ///
  /// - Parameter newHead: whether the classifier of the file is left out, so that the network's own
  ///   stays
  public func load(
    model: TensorFile, from path: String, newHead: Bool = false
  ) throws(ModelFileError) {
    var model = model.renamed(
      structure.ownNames(Array(model.tensors.keys)).merging(structure.ownNames(Array(model.integers.keys))) {
        first, _ in first
      })
    if newHead {
      let own = tensors
      for name in structure.headTensors { model.tensors[name] = own[name] }
    }
    for (name, tensor) in model.tensors.sorted(by: { $0.key < $1.key }) {
      if tensor.values.contains(where: { !$0.isFinite }) { throw .notFinite(file: path, tensor: name) }
      // Another epsilon of an ONNX file's batch norm is added to the variance, and may be the
      // smaller one.
      if name.hasSuffix(".running_var"),
        let value = tensor.values.first(where: { Double($0) + BatchNormalization.epsilon <= 0 })
      {
        throw .negativeVariance(file: path, tensor: name, value: value)
      }
    }
    try load(model, from: path)
  }

  private func setTensors(_ tensors: [String: Tensor]) {
    for parameter in store.trained + store.statistics {
      if let value = tensors[parameter.name] { parameter.value = value }
    }
  }
}
