import Foundation

/// Peak resident memory of this process so far, in mebibytes.
public func peakResidentMebibytes() -> Int {
  var usage = rusage()
  // RUSAGE_SELF, whose type differs between systems.
  getrusage(0, &usage)
  #if os(Linux)
    return Int(usage.ru_maxrss) / 1024
  #else
    return Int(usage.ru_maxrss) / (1024 * 1024)
  #endif
}
