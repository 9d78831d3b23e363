import CKernels

/// Runs the numerical operations: which kernels, how many threads, scratch memory.
///
/// Sums are split by the size of the problem, never by the number of threads, and combined in a
/// fixed order: for one ``KernelClass``, results are the same bit for bit whatever the number of
/// threads.
///
/// An engine is made for one thread that calls operations one after the other; calls from several
/// threads at once are correct but take turns in using the threads.
public final class Engine: Sendable {
  /// Most threads that an engine starts.
  public static let maximumThreads = 256

  /// Threads that share an operation, the caller's included; fewer than were asked for where the
  /// system started no more.
  public let threads: Int
  /// The kernels that operations use.
  public let kernels: KernelClass

  /// What OpenBLAS calls the kernels that it runs; nil for portable kernels, which need none.
  public var blasCore: String? { kernels == .portable ? nil : blas.coreName }
  /// OpenBLAS's release, such as `0.3.21`; nil for portable kernels.
  public var blasRelease: String? { blas.release }

  /// The algorithm to take for every convolution that it supports; nil for the one that pays.
  let preferredConvolution: ConvolutionAlgorithm?
  let scratch: Scratch
  let blas: BLAS
  private let pool: ThreadPool
  private let table: KernelTable

  /// Starts an engine.
  ///
  /// - Parameters:
  ///   - threads: 1...``maximumThreads``.
  ///   - kernels: nil for ``KernelClass/detect()``.
  ///   - convolution: name of the algorithm to take for every convolution that it supports; nil for
  ///     the value of the environment variable `ESPALIER_CONVOLUTION`, or else whichever pays.
  /// - Throws: ``ComputeError`` if the number of threads, the kernels, the algorithm or the BLAS
  ///   library cannot be had.
  public init(
    threads: Int, kernels: KernelClass? = nil, convolution: String? = nil
  ) throws(ComputeError) {
    guard (1...Self.maximumThreads).contains(threads) else { throw .invalidThreadCount(threads) }
    guard ck_layout() == Int64(CK_LAYOUT) else { throw .mixedBuild }
    let chosen: KernelClass
    if let kernels { chosen = kernels } else { chosen = try KernelClass.detect() }
    guard let table = chosen.table else { throw .kernelsUnavailable(chosen) }
    preferredConvolution =
      if let name = convolution ?? ConvolutionAlgorithm.requestedName {
        try ConvolutionAlgorithm.named(name)
      } else { nil }
    blas = try BLAS.of(chosen)
    pool = ThreadPool(threads: threads)
    self.threads = pool.threads
    scratch = Scratch(threads: pool.threads)
    self.kernels = chosen
    self.table = KernelTable(functions: table)
  }

  /// Checks the environment variables that choose kernels and algorithms, without an engine.
  ///
  /// - Throws: ``ComputeError`` for a value that cannot be followed.
  public static func checkEnvironment() throws(ComputeError) {
    _ = try KernelClass.detect()
    if let name = ConvolutionAlgorithm.requestedName { _ = try ConvolutionAlgorithm.named(name) }
  }

  /// The names that `ESPALIER_CONVOLUTION` may have.
  public static var convolutionAlgorithms: [String] { ConvolutionAlgorithm.all.map(\.name) }

  /// An engine of its own threads, with the kernels of another one.
  private init(_ other: Engine, threads count: Int) {
    pool = ThreadPool(threads: count)
    threads = pool.threads
    scratch = Scratch(threads: pool.threads)
    kernels = other.kernels
    table = other.table
    preferredConvolution = other.preferredConvolution
    blas = other.blas
  }

  /// An engine with the same kernels for one thread: for work that takes its turn within
  /// ``parallel(_:_:)``.
  public func single() -> Engine { Engine(self, threads: 1) }

  /// Engines with the same kernels and as many threads together, as even as can be: for work that
  /// is done side by side within ``parallel(_:_:)``.
  ///
  /// - Parameter count: 1...``threads``.
  public func divided(into count: Int) -> [Engine] {
    precondition((1...threads).contains(count), "\(count) engines of \(threads) threads")
    return (0..<count).map { part in
      Engine(self, threads: threads * (part + 1) / count - threads * part / count)
    }
  }

  /// Runs `body` for every index in `0..<count` on all threads, in any order, and returns when all
  /// are done.
  ///
  /// A call from inside a body runs on the calling thread alone.
  public func parallel(_ count: Int, _ body: (Int) -> Void) { pool.run(count, body) }

  /// The inner loops.
  var loops: ck_kernels { table.functions.pointee }

  private struct KernelTable: @unchecked Sendable {
    // Constant. A pointer, since an object that held the table would grow with it, which other
    // modules' code may not notice until they are compiled again.
    let functions: UnsafePointer<ck_kernels>
  }
}

extension Engine {
  /// Runs `body(channel, begin, end)` on chunks of planes that together cover `channels` planes.
  ///
  /// - Parameter precision: the least of the planes that are read and written
  func forEachChunk(
    channels: Int, geometry: PlaneGeometry, precision: Precision = .float32, _ body: (Int, Int, Int) -> Void
  ) {
    guard geometry.length > 0 else { return }
    let chunk = PlaneChunks(length: geometry.length, precision)
    forEachUnit(channels * chunk.count, elements: chunk.width) { unit in
      let begin = unit % chunk.count * chunk.width
      body(unit / chunk.count, begin, min(begin + chunk.width, geometry.length))
    }
  }

  /// Runs `body` for each unit of work on that many elements; a task of its own for every small one
  /// would cost more than the unit.
  func forEachUnit(_ units: Int, elements: Int, _ body: (Int) -> Void) {
    let unitsPerTask = max(1, PlaneChunks.size / max(1, elements))
    parallel(units.dividedRoundingUp(by: unitsPerTask)) { task in
      for unit in task * unitsPerTask..<min(units, (task + 1) * unitsPerTask) { body(unit) }
    }
  }
}

/// How a plane is cut for sums and elementwise work: by its length and precision alone.
struct PlaneChunks {
  /// A multiple of the sum block.
  static let size = 16384
  let length: Int
  let width: Int
  let count: Int

  init(length: Int, _ precision: Precision) {
    self.length = length
    // What is widened stays in the first-level cache until it is read. Loops for stored values keep
    // these chunks, so that sums are joined in the same order with all kernels.
    width = max(1, min(precision == .float32 ? Self.size : CK_SUM_BLOCK, length))
    count = length.dividedRoundingUp(by: width)
  }

  func forEach(_ body: (_ begin: Int, _ end: Int) -> Void) {
    for begin in stride(from: 0, to: length, by: width) { body(begin, min(begin + width, length)) }
  }
}
