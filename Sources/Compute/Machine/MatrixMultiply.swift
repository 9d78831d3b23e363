extension Engine {
  /// Product of two matrices, `[m, k]` by `[k, n]` after the transpositions asked for.
  ///
  /// - Precondition: both have two dimensions, and the inner ones agree.
  public func matrixMultiply(
    _ a: Tensor, transposeA: Bool = false, _ b: Tensor, transposeB: Bool = false
  ) -> Tensor {
    precondition(a.shape.count == 2 && b.shape.count == 2, "\(a.shape) and \(b.shape) are not two matrices")
    let rows = a.shape[transposeA ? 1 : 0]
    let inner = a.shape[transposeA ? 0 : 1]
    let columns = b.shape[transposeB ? 0 : 1]
    precondition(
      inner == b.shape[transposeB ? 1 : 0],
      "\(a.shape) times \(b.shape) (transposed: \(transposeA), \(transposeB)) do not fit")
    var product = Tensor(shape: [rows, columns])
    guard rows > 0, columns > 0, inner > 0 else { return product }
    let aStride = a.shape[1]
    let bStride = b.shape[1]
    // Tiles by size alone, large enough that packing inside the library pays.
    let tileRows = rows <= 96 ? rows : 64
    let tileColumns = columns <= 384 ? columns : 256
    let across = columns.dividedRoundingUp(by: tileColumns)
    let down = rows.dividedRoundingUp(by: tileRows)
    product.values.withUnsafeMutableBufferPointer { c in
      a.values.withUnsafeBufferPointer { a in
        b.values.withUnsafeBufferPointer { b in
          guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else { return }
          parallel(across * down) { tile in
            let row = tile / across * tileRows
            let column = tile % across * tileColumns
            blas.multiply(
              rows: min(tileRows, rows - row), columns: min(tileColumns, columns - column), inner: inner,
              a: a + (transposeA ? row : row * aStride), aStride: aStride, transposeA: transposeA,
              b: b + (transposeB ? column * bStride : column), bStride: bStride, transposeB: transposeB,
              beta: 0, c: c + (row * columns + column), cStride: columns)
          }
        }
      }
    }
    return product
  }
}
