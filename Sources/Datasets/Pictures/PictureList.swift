/// Picture files with their classes. The names of a million take about 40 MB: none is a string of its own.
struct PictureList: Equatable, Sendable {
  /// Paths relative to the data set's folder, one after the other.
  var names: [UInt8] = []
  /// Where each name ends in `names`.
  var ends: [Int] = []
  /// Bytes of each file.
  var sizes: [Int] = []
  /// When each file was last modified, in nanoseconds since 1970.
  var times: [Int] = []
  /// The class of each file, from 0.
  var labels: [Int32] = []

  var count: Int { ends.count }

  func name(_ index: Int) -> String { String(decoding: nameBytes(index), as: UTF8.self) }

  private func nameBytes(_ index: Int) -> ArraySlice<UInt8> {
    names[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
  }

  mutating func append(_ name: String, _ status: FileStatus, label: Int32) {
    append(Array(name.utf8)[...], size: status.size, time: status.time, label: label)
  }

  private mutating func append(_ name: ArraySlice<UInt8>, size: Int, time: Int, label: Int32) {
    names += name
    ends.append(names.count)
    sizes.append(size)
    times.append(time)
    labels.append(label)
  }

  /// The files of the given numbers, in that order.
  func selecting(_ indices: [Int]) -> PictureList {
    indices.reduce(into: PictureList()) { list, index in
      list.append(nameBytes(index), size: sizes[index], time: times[index], label: labels[index])
    }
  }

  /// Whether the arrays fit together, and labels are below `classes`.
  func isSound(classes: Int) -> Bool {
    sizes.count == count && times.count == count && labels.count == count
      && labels.allSatisfy { (0..<Int32(classes)).contains($0) }
      && (ends.last ?? 0) == names.count && (ends.first ?? 0) >= 0
      && zip(ends, ends.dropFirst()).allSatisfy(<=)
  }
}
