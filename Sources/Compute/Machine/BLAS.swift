import CKernels
import Foundation
import Synchronization

/// A product of matrices: OpenBLAS, loaded at run time, or plain loops.
///
/// OpenBLAS reads the kernels to use from the environment when it is loaded: see
/// `blas_environment.c`.
final class BLAS: Sendable {
  typealias Multiply =
    @convention(c) (
      CInt, CInt, CInt, CInt, CInt, CInt, Float, UnsafePointer<Float>?, CInt, UnsafePointer<Float>?, CInt,
      Float,
      UnsafeMutablePointer<Float>?, CInt
    ) -> Void

  let path: String
  /// What OpenBLAS calls the kernels that it runs.
  let coreName: String
  /// The release of OpenBLAS: another one may round otherwise.
  let release: String?
  private let multiply: Multiply

  #if canImport(Darwin)
    // Homebrew links it into no folder that is searched.
    private static let names =
      ["libopenblas.dylib"]
      + ["/opt/homebrew", "/usr/local"].map { $0 + "/opt/openblas/lib/libopenblas.dylib" }
  #else
    private static let names = ["libopenblas.so.0", "libopenblas.so"]
  #endif
  private static let cache = Mutex<BLAS?>(nil)

  /// Plain loops, which round the same way on every processor.
  static let plain = BLAS(path: "", coreName: "none", release: nil, multiply: ck_plain_multiply)

  private init(path: String, coreName: String, release: String?, multiply: Multiply) {
    self.path = path
    self.coreName = coreName
    self.release = release
    self.multiply = multiply
  }

  /// What goes with a class of kernels.
  ///
  /// - Throws: ``ComputeError/blasMissing(tried:)``
  static func of(_ kernels: KernelClass) throws(ComputeError) -> BLAS {
    if kernels == .portable { return plain }
    return try loaded()
  }

  /// The library, loaded at the first call.
  static func loaded() throws(ComputeError) -> BLAS {
    let found = cache.withLock { cache -> BLAS? in
      if let known = cache { return known }
      let loaded = load()
      cache = loaded
      return loaded
    }
    guard let found else { throw .blasMissing(tried: names) }
    return found
  }

  private static func load() -> BLAS? {
    for name in names {
      guard let library = dlopen(name, RTLD_NOW | RTLD_LOCAL), let gemm = dlsym(library, "cblas_sgemm") else {
        continue
      }
      // `OpenBLAS 0.3.21 DYNAMIC_ARCH NO_AFFINITY Haswell MAX_THREADS=64`
      let words = text("openblas_get_config", of: library)?.split(separator: " ") ?? []
      return BLAS(
        path: path(of: gemm) ?? name, coreName: text("openblas_get_corename", of: library) ?? "unknown",
        release: words.first == "OpenBLAS" && words.count > 1 ? String(words[1]) : "unknown",
        multiply: unsafeBitCast(gemm, to: Multiply.self))
    }
    return nil
  }

  /// What a function of the library without arguments returns; nil if there is none of this name.
  private static func text(_ function: String, of library: UnsafeMutableRawPointer) -> String? {
    guard let symbol = dlsym(library, function) else { return nil }
    let get = unsafeBitCast(symbol, to: (@convention(c) () -> UnsafePointer<CChar>?).self)
    return get().map { String(cString: $0) }
  }

  private static func path(of symbol: UnsafeMutableRawPointer) -> String? {
    guard let name = ck_library_path(symbol) else { return nil }
    return String(cString: name)
  }

  /// c = a * b + beta * c for row-major matrices of `rows` x `inner` and `inner` x `columns`.
  func multiply(
    rows: Int, columns: Int, inner: Int, a: UnsafePointer<Float>, aStride: Int, transposeA: Bool,
    b: UnsafePointer<Float>, bStride: Int, transposeB: Bool, beta: Float, c: UnsafeMutablePointer<Float>,
    cStride: Int
  ) {
    let rowMajor: CInt = 101
    let plain: CInt = 111
    let transposed: CInt = 112
    multiply(
      rowMajor, transposeA ? transposed : plain, transposeB ? transposed : plain, CInt(rows), CInt(columns),
      CInt(inner), 1, a, CInt(aStride), b, CInt(bStride), beta, c, CInt(cStride))
  }
}
