import Foundation
import Testing

@testable import Reports

/// Reference values: scipy 1.17.1, `stats.t.ppf`, `stats.ttest_rel` and
/// `stats.ttest_ind(equal_var=False)`.
@Suite("Statistics over seeds")
struct StatisticTests {
  @Test(
    "quantiles of Student's t",
    arguments: [
      (0.975, 1.0, 12.706204736174694), (0.975, 2, 4.302652729749462), (0.975, 3, 3.1824463052837078),
      (0.975, 4, 2.7764451051977934), (0.975, 9, 2.262157162798205), (0.975, 1.5, 6.016663104427929),
      (0.975, 2.7, 3.3921483831737507), (0.975, 30, 2.0422724563012378), (0.975, 1000, 1.9623390808264083),
      (0.975, 1e6, 1.959966356814107), (0.6, 1, 0.32491969623290634), (0.9, 2.5, 1.7302509288071766),
      (0.995, 1, 63.656741162871526), (0.995, 30, 2.7499956535672254),
    ])
  func quantiles(_ probability: Double, _ freedom: Double, _ expected: Double) {
    let t = studentT(probability, degreesOfFreedom: freedom)
    #expect(abs(t / expected - 1) < 1e-9, "\(t)")
    #expect(abs(studentT(1 - probability, degreesOfFreedom: freedom) / -expected - 1) < 1e-9)
  }

  @Test("mean, deviation and interval of several values")
  func interval() throws {
    let statistic = try #require(Statistic([1.99, 2.25, 2.42]))
    #expect(abs(statistic.mean - 2.22) < 1e-12)
    #expect(abs(statistic.std - 0.2165640782770773) < 1e-12)
    #expect(abs((statistic.ci95?.low ?? 0) - 1.6820250061414623) < 1e-9)
    #expect(abs((statistic.ci95?.high ?? 0) - 2.757974993858538) < 1e-9)
  }

  @Test("an interval ends where the number's own range ends")
  func bounds() throws {
    let statistic = try #require(Statistic([99.2, 99.9, 100], within: 0...100))
    #expect(statistic.ci95?.high == 100)
    #expect(try #require(statistic.ci95?.low) < 99.2)
    let runs = [90.0, 99, 100].enumerated().map { Sample.run(UInt64($0), "pruned", top1: $1) }
    #expect(Summary(runs, expectations: []).pruned?.top1.ci95?.high == 100)
  }

  @Test("two values have no interval")
  func two() throws {
    #expect(try #require(Statistic([82.57, 80.58])).ci95 == nil)
    // Earlier versions wrote one.
    let json = Data(#"{"mean": 1, "std": 1, "n": 2, "ci95": [-8, 10]}"#.utf8)
    #expect(try JSONDecoder().decode(Statistic.self, from: json).ci95 == nil)
  }

  @Test("a single value has no interval, none no statistic, equal ones no spread")
  func edges() {
    #expect(Statistic([]) == nil)
    #expect(Statistic([3])?.ci95 == nil)
    #expect(Statistic([3])?.std == 0)
    let equal = Statistic([0.1, 0.1, 0.1])
    #expect(equal?.mean == 0.1)
    #expect(equal?.ci95 == ConfidenceInterval(low: 0.1, high: 0.1))
  }

  @Test("Welch's interval of a difference")
  func welch() throws {
    let base = try #require(Statistic([3, 5, 4]))
    let candidate = try #require(Statistic([1, 2, 4, 8]))
    let interval = try #require(ConfidenceInterval(differenceOf: candidate, and: base))
    #expect(abs(interval.low - -4.942383892412921) < 1e-9)
    #expect(abs(interval.high - 4.442383892412921) < 1e-9)
    let same = try #require(Statistic([2, 2, 2]))
    #expect(
      ConfidenceInterval(differenceOf: same, and: same) == ConfidenceInterval(low: 0, high: 0))
  }

  @Test("an interval is a pair in JSON, and null where there is none")
  func json() throws {
    let several = try #require(Statistic([1, 1, 1]))
    #expect(jsonText(several, pretty: false) == #"{"ci95":[1,1],"mean":1,"n":3,"std":0}"#)
    #expect(jsonText(Statistic([1]), pretty: false) == #"{"ci95":null,"mean":1,"n":1,"std":0}"#)
  }
}
