/// The largest difference, relative to the largest expected value, or to `floor` where that is
/// larger; infinite where a value is not a number or the counts differ.
public func relativeError(_ found: [Float], _ expected: [Double], floor: Double = 1e-12) -> Double {
  guard found.count == expected.count else { return .infinity }
  var (scale, largest) = (floor, 0.0)
  for (value, wanted) in zip(found, expected) {
    let difference = abs(Double(value) - wanted)
    if difference.isNaN { return .infinity }
    (scale, largest) = (max(scale, abs(wanted)), max(largest, difference))
  }
  return largest / scale
}

/// The same of two lists in single precision.
public func relativeError(_ found: [Float], _ expected: [Float], floor: Double = 1e-12) -> Double {
  relativeError(found, expected.map { Double($0) }, floor: floor)
}
