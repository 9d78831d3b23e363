/// Where a compressed file, an archive or a pickle is damaged.
struct Damage: Error, Equatable {
  /// Bytes from its start.
  var offset: Int
  var problem: String
}
