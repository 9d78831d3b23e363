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

  private static let keptPrefix = "espalier.kept."

  /// Which original channels each group kept, as metadata of a tensor file; groups that are whole are left out.
  public var keptChannelsMetadata: [String: String] {
    var metadata: [String: String] = [:]
    for group in channelGroups + streamGroups where group.kept.count < group.originalCount {
      metadata[Self.keptPrefix + group.name] = group.kept.map(String.init).joined(separator: ",")
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
  /// - Throws: `ModelFileError` if a tensor is missing, superfluous or of another shape; nothing is changed then,
  ///   except that channels may be gone.
  public func load(_ file: TensorFile, from path: String) throws(ModelFileError) {
    // Channels that a file says are left were removed from this network before, where everything fits as it is.
    if !fits(file) { try keepChannels(file.metadata, from: path) }
    let own = tensors
    for name in own.keys.sorted() where file.tensors[name] == nil {
      throw .missing(file: path, tensor: name)
    }
    try checkShapes(file, own, from: path)
    for name in file.tensors.keys.sorted() where own[name] == nil && !name.hasSuffix("num_batches_tracked") {
      throw .unexpected(file: path, tensor: name)
    }
    setTensors(file.tensors)
  }

  private func fits(_ file: TensorFile) -> Bool {
    tensors.allSatisfy { file.tensors[$0.key]?.shape == $0.value.shape }
  }

  private func checkShapes(
    _ file: TensorFile, _ own: [String: Tensor], from path: String
  ) throws(ModelFileError) {
    let others = own.keys.sorted().compactMap { name -> (name: String, expected: [Int], found: [Int])? in
      guard let expected = own[name]?.shape, let found = file.tensors[name]?.shape, expected != found else {
        return nil
      }
      return (name, expected, found)
    }
    guard let first = others.first else { return }
    let classifier = parameters.suffix(2).map(\.name)
    if let found = first.found.first, first.expected.first == classes,
      others.allSatisfy({ classifier.contains($0.name) && $0.found.dropFirst() == $0.expected.dropFirst() })
    {
      throw .otherClasses(file: path, expected: classes, found: found)
    }
    let isSmaller = others.allSatisfy { other in
      other.found.count == other.expected.count && zip(other.found, other.expected).allSatisfy(<=)
    }
    if isSmaller, !file.metadata.keys.contains(where: { $0.hasPrefix(Self.keptPrefix) }) {
      throw .lostChannels(file: path, tensor: first.name, expected: first.expected, found: first.found)
    }
    throw .wrongShape(file: path, tensor: first.name, expected: first.expected, found: first.found)
  }

  /// Loads a tensor file, channels and all.
  public func load(contentsOf path: String) throws(ModelFileError) {
    let file: TensorFile
    do { file = try TensorFile(contentsOf: path) } catch { throw .unreadable(error) }
    try load(model: file, from: path)
  }

  /// Loads a trained model that may come from elsewhere: names may have the prefix that PyTorch's wrappers put before
  /// them, and values have to be finite.
  public func load(model: TensorFile, from path: String) throws(ModelFileError) {
    let model = model.unwrapped()
    if let name = model.tensors.keys.sorted().first(where: { name in
      model.tensors[name]?.values.contains { !$0.isFinite } == true
    }) {
      throw .notFinite(file: path, tensor: name)
    }
    try load(model, from: path)
  }

  private func setTensors(_ tensors: [String: Tensor]) {
    for parameter in store.trained + store.statistics {
      if let value = tensors[parameter.name] { parameter.value = value }
    }
  }

  private func keepChannels(_ metadata: [String: String], from path: String) throws(ModelFileError) {
    var kept: [String: [Int]] = [:]
    let groups = Dictionary(uniqueKeysWithValues: (channelGroups + streamGroups).map { ($0.name, $0) })
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) where key.hasPrefix(Self.keptPrefix) {
      let name = String(key.dropFirst(Self.keptPrefix.count))
      guard let group = groups[name] else {
        throw .badChannels(file: path, group: name, reason: "the network has no such prunable layer")
      }
      let fields = value.split(separator: ",", omittingEmptySubsequences: false)
      let channels = fields.compactMap { Int($0) }
      guard channels.count == fields.count else {
        throw .badChannels(file: path, group: name, reason: "expected channel numbers separated by commas")
      }
      let ascending = zip(channels, channels.dropFirst()).allSatisfy { $0 < $1 }
      guard ascending, let first = channels.first, let last = channels.last, first >= 0,
        last < group.originalCount
      else {
        let range = "ascending numbers from 0 to \(group.originalCount - 1)"
        throw .badChannels(file: path, group: name, reason: "expected \(range)")
      }
      guard Set(channels).isSubset(of: group.kept) else {
        throw .badChannels(file: path, group: name, reason: "channels that this network has lost already")
      }
      kept[name] = channels
    }
    keep(channels: kept)
  }
}
