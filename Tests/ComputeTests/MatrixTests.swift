import Testing

@testable import Compute

@Suite("Matrices")
struct MatrixTests {
  @Test(
    "products agree with the definition, transposed or not",
    arguments: [(1, 1, 1), (3, 5, 2), (200, 10, 17), (7, 500, 33)], [0, 1, 2, 3])
  func product(_ size: (rows: Int, columns: Int, inner: Int), _ transposed: Int) throws {
    let engines = try [nil, .portable].map { try Engine(threads: 2, kernels: $0) }
    var samples = Samples()
    let (ta, tb) = (transposed & 1 != 0, transposed & 2 != 0)
    let a = samples.tensor(ta ? [size.inner, size.rows] : [size.rows, size.inner])
    let b = samples.tensor(tb ? [size.columns, size.inner] : [size.inner, size.columns])
    var expected: [Double] = []
    for i in 0..<size.rows {
      for j in 0..<size.columns {
        var sum = 0.0
        for k in 0..<size.inner {
          let left = a.values[ta ? k * size.rows + i : i * size.inner + k]
          let right = b.values[tb ? j * size.inner + k : k * size.columns + j]
          sum += Double(left) * Double(right)
        }
        expected.append(sum)
      }
    }
    for engine in engines {
      let product = engine.matrixMultiply(a, transposeA: ta, b, transposeB: tb)
      #expect(product.shape == [size.rows, size.columns])
      #expect(difference(product.values, expected) < 1e-5, "\(engine.kernels)")
    }
  }

  @Test("OpenBLAS's release is one of the things that results depend on", arguments: KernelClass.available)
  func release(_ kernels: KernelClass) throws {
    let release = try Engine(threads: 1, kernels: kernels).blasRelease
    guard kernels != .portable else { return #expect(release == nil) }
    let found = try #require(release)
    #expect(!found.isEmpty && kernels.fingerprint(in: .float32).hasSuffix(" " + found))
  }

  @Test("so is what the C library's functions compute", arguments: KernelClass.allCases)
  func mathLibrary(_ kernels: KernelClass) {
    #expect(!KernelClass.mathDigest.isEmpty)
    #expect(kernels.fingerprint(in: .float32).contains(", libm \(KernelClass.mathDigest), "))
  }
}
