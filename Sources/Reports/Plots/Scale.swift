/// Maps values to positions on an axis.
struct Scale: Equatable {
  let domain: ClosedRange<Double>
  let ticks: [Tick]
  /// Positions of the first and last value, in the units of the drawing.
  var extent: (from: Double, to: Double) = (0, 1)

  struct Tick: Equatable {
    var value: Double
    var label: String
  }

  /// Rounded outwards to ticks.
  init(covering range: ClosedRange<Double>, atMost count: Int) {
    let ticks = Ticks(covering: range, atMost: count)
    self.ticks = ticks.values.map { Tick(value: $0, label: ticks.label($0)) }
    domain = (ticks.values.first ?? 0)...(ticks.values.last ?? 1)
  }

  /// From 0 to `last`, or 2 if that is more, ticks at whole numbers.
  init(counting last: Int, atMost count: Int) {
    let end = Double(max(last, 2))
    let ticks = Ticks(covering: 0...end, atMost: count, wholeNumbers: true)
    self.ticks = ticks.values.filter { $0 <= end }.map { Tick(value: $0, label: ticks.label($0)) }
    domain = 0...end
  }

  func place(_ value: Double) -> Double {
    let share = (value - domain.lowerBound) / (domain.upperBound - domain.lowerBound)
    return extent.from + share * (extent.to - extent.from)
  }

  /// The nearest value on the axis.
  func limited(_ value: Double) -> Double { min(max(value, domain.lowerBound), domain.upperBound) }

  static func == (one: Scale, other: Scale) -> Bool {
    one.domain == other.domain && one.ticks == other.ticks && one.extent == other.extent
  }
}

/// The range of the finite values, nil if there are none.
func range(_ values: some Sequence<Double>) -> ClosedRange<Double>? {
  let finite = values.filter(\.isFinite)
  guard let low = finite.min(), let high = finite.max() else { return nil }
  return low...high
}
