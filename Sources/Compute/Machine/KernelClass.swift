import CKernels
import Foundation

/// The instruction set that inner loops are written for.
///
/// Results are the same bit for bit within a class, whatever the number of threads; between classes
/// they differ by rounding.
public enum KernelClass: String, CaseIterable, Sendable {
  /// ``avx512``, and products of bfloat16 values by AVX512_BF16's instructions.
  case avx512bf16 = "avx512-bf16"
  case avx512
  case avx2
  /// ``neon``, and products of bfloat16 values by the instructions of FEAT_BF16.
  case neonbf16 = "neon-bf16"
  /// Only in builds for 64-bit Arm.
  case neon
  /// Plain C, without OpenBLAS; runs everywhere, and its loops compute the same bits everywhere.
  case portable

  /// The classes that run on this processor, fastest first.
  public static var available: [KernelClass] {
    allCases.filter { $0.table != nil }
  }

  /// The fastest class that runs on this processor.
  ///
  /// Intel's processors since Sapphire Rapids multiply bfloat16 values in the tiles of AMX, for
  /// which there are no kernels here; their `vdpbf16ps` is slower than products in single
  /// precision.
  private static var fastest: KernelClass {
    available.first { $0 != .avx512bf16 || ck_has_fast_avx512_bf16() != 0 } ?? .portable
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
    guard let name = requested, !name.isEmpty else { return fastest }
    guard let kernels = KernelClass(rawValue: name) else { throw .unknownKernels(name: name) }
    guard kernels.table != nil else { throw .kernelsUnavailable(kernels) }
    return kernels
  }

  /// Whether it has faster instructions for products of bfloat16 values.
  var multipliesPairs: Bool { self == .avx512bf16 || self == .neonbf16 }

  /// The class that results have the bits of: instructions for bfloat16 do not matter in single
  /// precision.
  ///
  /// - Parameter precision: of the planes
  public func rounding(in precision: Precision) -> KernelClass {
    switch (self, precision) {
    case (.avx512bf16, .float32): .avx512
    case (.neonbf16, .float32): .neon
    default: self
    }
  }

  /// What the last bits of results depend on: the class, the C library's functions, the BLAS
  /// library's release and the kernels that it runs, and the algorithm of convolutions that was
  /// asked for.
  ///
  /// - Parameter precision: of the planes
  public func fingerprint(in precision: Precision) -> String {
    let library = try? BLAS.of(self)
    let blas = [library?.coreName ?? "none", library?.release].compactMap(\.self).joined(separator: " ")
    let convolution = ConvolutionAlgorithm.requestedName.map { ", convolution \($0)" } ?? ""
    return "\(rounding(in: precision).rawValue), libm \(Self.mathDigest), BLAS \(blas)\(convolution)"
  }

  /// Digest of values of the C library's functions that trainings call: hexadecimal digits.
  ///
  /// Their last bits differ between libraries. In glibc, one value in a thousand also depends on
  /// whether the processor has FMA instructions.
  static let mathDigest: String = {
    var digest: UInt64 = 0
    for index in 0..<10_000 {
      let x = (Double(index) + 0.5) / 10_000
      let values: [Double] = [exp(-20 * x), log(x), cos(2 * Double.pi * x), pow(x, 3)]
      for value in values { digest = (digest ^ value.bitPattern) &* 0x100_0000_01b3 }
    }
    return String(digest, radix: 16)
  }()

  var table: UnsafePointer<ck_kernels>? {
    switch self {
    case .avx512bf16: ck_avx512_bf16()
    case .avx512: ck_avx512()
    case .avx2: ck_avx2()
    case .neonbf16: ck_neon_bf16()
    case .neon: ck_neon()
    case .portable: ck_portable()
    }
  }
}
