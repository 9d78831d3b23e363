/// Why an ``Engine`` cannot be made.
public enum ComputeError: Error, Equatable, CustomStringConvertible, Sendable {
  /// No kernel class has this name.
  case unknownKernels(name: String)
  /// The processor, or this build, does not have these kernels.
  case kernelsUnavailable(KernelClass)
  /// No algorithm of convolutions has this name.
  case unknownConvolution(name: String)
  /// None of these libraries could be loaded.
  case blasMissing(tried: [String])
  /// A number of threads outside 1...``Engine/maximumThreads``.
  case invalidThreadCount(Int)
  /// Parts of the program were compiled from different versions of a header.
  case mixedBuild

  /// What to do where there is no BLAS library.
  #if canImport(Darwin)
    public static let blasInstallation = "`brew install openblas`"
  #else
    public static let blasInstallation = "install libopenblas0"
  #endif

  public var description: String {
    switch self {
    case .unknownKernels(let name):
      let names = KernelClass.allCases.map(\.rawValue).joined(separator: ", ")
      return "ESPALIER_KERNELS: there are no kernels called \"\(name)\"; expected one of \(names)"
    case .kernelsUnavailable(let kernels):
      let names = KernelClass.available.map(\.rawValue).joined(separator: ", ")
      return "ESPALIER_KERNELS: \(kernels.rawValue) kernels do not run here; available are \(names)"
    case .unknownConvolution(let name):
      let names = Engine.convolutionAlgorithms.joined(separator: ", ")
      return "ESPALIER_CONVOLUTION: there is no algorithm called \"\(name)\"; expected one of \(names)"
    case .blasMissing(let tried):
      return "OpenBLAS could not be loaded (tried \(tried.joined(separator: ", "))); \(Self.blasInstallation)"
    case .mixedBuild:
      return "this program was built from parts that do not fit together; `make clean` and build it again"
    case .invalidThreadCount(let count):
      return "\(count) threads are not possible; expected 1 to \(Engine.maximumThreads)"
    }
  }
}
