import Network
import Specification

/// Distance of a channel's filter from the other filters of its layer (FPGM: He et al. 2019, arXiv
/// 1811.00250, eq. 6).
///
/// importance(o) = sum over p of || W[o] - W[p] ||_2: the other filters can replace those near the
/// geometric median, however large these are.
public struct GeometricMedian: ImportanceCriterion {
  public static let description = Catalog.Criterion(name: "fpgm")

  public init(options: CriterionOptions) {}

  public func importance(of network: Network, on data: ScoringData) -> [String: [Double]] {
    network.filters.mapValues { weight in
      let filters = filters(of: weight)
      var sums = [Double](repeating: 0, count: filters.count)
      for (first, filter) in filters.enumerated() {
        for (second, other) in filters.enumerated().dropFirst(first + 1) {
          let distance = distance(filter, other)
          sums[first] += distance
          sums[second] += distance
        }
      }
      return sums
    }
  }

  private func distance(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Double {
    zip(a, b).reduce(0.0) { sum, pair in
      let difference = Double(pair.0) - Double(pair.1)
      return sum + difference * difference
    }.squareRoot()
  }
}
