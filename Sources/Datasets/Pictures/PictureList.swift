/// Picture files with their classes. The names are stored in one array, about 40 MB for a million
/// files.
struct PictureList: Equatable, Sendable {
  /// Paths relative to the data set's folder, concatenated.
  private(set) var names: [UInt8] = []
  /// End of each name in `names`.
  private(set) var ends: [Int] = []
  /// Size of each file in bytes.
  private(set) var sizes: [Int] = []
  /// Time of the last modification of each file, in nanoseconds since 1970.
  private(set) var times: [Int] = []
  /// The class of each file, from 0.
  private(set) var labels: [Int32] = []

  var count: Int { ends.count }

  func name(_ index: Int) -> String { String(decoding: nameBytes(index), as: UTF8.self) }

  private func nameBytes(_ index: Int) -> ArraySlice<UInt8> {
    names[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
  }

  mutating func append(_ name: String, _ status: FileStatus, label: Int32) {
    names += name.utf8
    ends.append(names.count)
    sizes.append(status.size)
    times.append(status.time)
    labels.append(label)
  }

  mutating func append(_ other: PictureList) {
    ends += other.ends.map { names.count + $0 }
    names += other.names
    sizes += other.sizes
    times += other.times
    labels += other.labels
  }

  /// The files with the given indices, in this order.
  func selecting(_ indices: [Int]) -> PictureList {
    var list = PictureList()
    for index in indices {
      list.names += nameBytes(index)
      list.ends.append(list.names.count)
      list.sizes.append(sizes[index])
      list.times.append(times[index])
      list.labels.append(labels[index])
    }
    return list
  }
}
