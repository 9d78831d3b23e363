import Foundation

/// Quantile of Student's t distribution: the t with cumulative probability `probability`.
///
/// Found by bisection of the distribution function, so exact to rounding for any number of degrees
/// of freedom above 0, whole or not.
func studentT(_ probability: Double, degreesOfFreedom: Double) -> Double {
  guard probability != 0.5 else { return 0 }
  guard probability > 0.5 else { return -studentT(1 - probability, degreesOfFreedom: degreesOfFreedom) }
  var low = 0.0
  var high = 1.0
  while upperTail(high, degreesOfFreedom) > 1 - probability, high < 1e300 {
    low = high
    high *= 2
  }
  while true {
    let middle = low + (high - low) / 2
    guard middle > low, middle < high else { return middle }
    if upperTail(middle, degreesOfFreedom) > 1 - probability { low = middle } else { high = middle }
  }
}

/// Share of values above t: I_x(n/2, 1/2) / 2 with x = n / (n + t²) (Abramowitz and Stegun,
/// 26.7.1).
private func upperTail(_ t: Double, _ freedom: Double) -> Double {
  regularizedBeta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2
}

/// The regularized incomplete beta function I_x(a, b), by its continued fraction (Abramowitz and
/// Stegun, 26.5.8), evaluated from the front (Lentz 1976).
private func regularizedBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
  guard x > 0 else { return 0 }
  guard x < 1 else { return 1 }
  // The fraction converges fast only on this side.
  guard x <= (a + 1) / (a + b + 2) else { return 1 - regularizedBeta(1 - x, b, a) }
  let front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
  let tiny = 1e-300
  var numerator = 1.0
  var denominator = 1 / max(1 - (a + b) * x / (a + 1), tiny)
  var value = denominator
  for m in 1...1000 {
    let m = Double(m)
    for coefficient in [
      m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
      -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
    ] {
      denominator = 1 + coefficient * denominator
      if abs(denominator) < tiny { denominator = tiny }
      denominator = 1 / denominator
      numerator = 1 + coefficient / numerator
      if abs(numerator) < tiny { numerator = tiny }
      value *= numerator * denominator
    }
    if abs(numerator * denominator - 1) < 1e-16 { break }
  }
  return front * value
}
