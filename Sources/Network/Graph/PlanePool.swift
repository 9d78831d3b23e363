import Compute

/// Buffers that are reused from layer to layer and step to step.
///
/// A step takes and gives back the same shapes in the same order, so that after the first step nothing is allocated.
/// What a taken buffer holds is undefined, except that its borders are zero.
final class PlanePool {
  private var free: [PlaneShape: [Planes]] = [:]

  func take(_ shape: PlaneShape) -> Planes {
    free[shape]?.popLast() ?? Planes(shape)
  }

  func give(_ planes: Planes) {
    free[planes.shape, default: []].append(planes)
  }

  func give(_ planes: Planes?) {
    if let planes { give(planes) }
  }

  /// Forgets all buffers: their shapes will not come back, because channels were removed or the batch size changed.
  func clear() {
    free.removeAll()
  }
}
