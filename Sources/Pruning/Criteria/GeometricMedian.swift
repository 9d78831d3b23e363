import Compute
import Network
import Specification
import Synchronization

/// Distance of a channel's filter from the other filters of its layer (FPGM: He et al. 2019, arXiv
/// 1811.00250, eq. 6).
///
/// importance(o) = sum over p of || W[o] - W[p] ||_2: the other filters can replace those near the
/// geometric median, however large these are.
struct GeometricMedian: ImportanceCriterion {
  static let description = Catalog.Criterion(name: "fpgm", readsImages: false)

  init(options: CriterionOptions) {}

  func importance(of network: Network, on data: ScoringData) -> [String: [Double]] {
    network.filters.mapValues { distanceSums(filters(of: $0), network.engine, data.isCancelled) }
  }

  /// Number of filters whose distances to all later ones are in memory at once.
  private static let band = 64

  /// The sum of each filter's distances to the others; invalid if cancelled.
  ///
  /// Filters are distributed over the threads. The sums are computed in the order of the filters,
  /// whatever the number of threads.
  private func distanceSums(
    _ filters: [ArraySlice<Float>], _ engine: Engine, _ isCancelled: () -> Bool
  ) -> [Double] {
    var sums = [Double](repeating: 0, count: filters.count)
    for start in stride(from: 0, to: filters.count, by: Self.band) {
      let band = start..<min(filters.count, start + Self.band)
      let found = Mutex([[Double]](repeating: [], count: band.count))
      engine.parallel(band.count) { index in
        guard !isCancelled() else { return }
        let filter = filters[start + index]
        let distances = filters[(start + index + 1)...].map { distance(filter, $0) }
        found.withLock { $0[index] = distances }
      }
      for (first, distances) in zip(band, found.withLock { $0 }) {
        for (second, distance) in zip((first + 1)..., distances) {
          sums[first] += distance
          sums[second] += distance
        }
      }
    }
    return sums
  }

  private func distance(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Double {
    zip(a, b).reduce(0.0) { sum, pair in
      let difference = Double(pair.0) - Double(pair.1)
      return sum + difference * difference
    }.squareRoot()
  }
}
