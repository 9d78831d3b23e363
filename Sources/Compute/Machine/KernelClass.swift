import CKernels
import Foundation

/// The instruction set that inner loops are written for.
///
/// Results are the same bit for bit within a class, whatever the number of threads; between classes
/// they differ by rounding.
public enum KernelClass: String, CaseIterable, Sendable {
  case avx512
  case avx2
  /// Only in builds for 64-bit Arm.
  case neon
  /// Plain C; runs everywhere.
  case portable

  /// The classes that run on this processor, fastest first.
  public static var available: [KernelClass] {
    allCases.filter { $0.table != nil }
  }

  /// The class to use: the one named by the environment variable `ESPALIER_KERNELS`, or else the
  /// fastest.
  ///
  /// - Throws: ``ComputeError/unknownKernels(name:)`` or ``ComputeError/kernelsUnavailable(_:)``
  ///   for a name that cannot be followed.
  public static func detect() throws(ComputeError) -> KernelClass {
    try detect(requested: ProcessInfo.processInfo.environment["ESPALIER_KERNELS"])
  }

  static func detect(requested: String?) throws(ComputeError) -> KernelClass {
    guard let name = requested, !name.isEmpty else { return available.first ?? .portable }
    guard let kernels = KernelClass(rawValue: name) else { throw .unknownKernels(name: name) }
    guard kernels.table != nil else { throw .kernelsUnavailable(kernels) }
    return kernels
  }

  /// What the last bits of results depend on: the class, the kernels that the BLAS library runs,
  /// and the algorithm of convolutions that was asked for.
  public var rounding: String {
    let core = (try? BLAS.loaded())?.coreName ?? "none"
    let convolution = ConvolutionAlgorithm.requestedName.map { ", convolution \($0)" } ?? ""
    return "\(rawValue), BLAS \(core)\(convolution)"
  }

  var table: UnsafePointer<ck_kernels>? {
    switch self {
    case .avx512: ck_avx512()
    case .avx2: ck_avx2()
    case .neon: ck_neon()
    case .portable: ck_portable()
    }
  }
}
