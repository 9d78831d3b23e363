import Compute
import Specification

/// Random augmentation of one image: a shift within a black border, and mirroring.
///
/// As in He et al. (2016, arXiv 1512.03385, section 4.2) and torchvision's `RandomCrop(padding:)`:
/// the raw image is padded with black, before normalization, and cropped to its size at a uniformly
/// random position; then it is mirrored with probability 1/2.
struct Augmentation: Equatable, Sendable {
  /// Position of the crop relative to the image: its first row and column, negative in the border.
  var rowShift = 0
  var columnShift = 0
  var isMirrored = false

  /// No change.
  init() {}

  /// The change for (seed, epoch, image), whatever the order of images and the thread.
  init(_ spec: AugmentSpec, seed: UInt64, epoch: Int, image: Int) {
    var random = RandomStream(seed: seed, purpose: .augmentation, epoch: epoch, index: image)
    if let padding = spec.randomCropPadding, padding > 0 {
      rowShift = random.below(2 * padding + 1) - padding
      columnShift = random.below(2 * padding + 1) - padding
    }
    if spec.horizontalFlip { isMirrored = random.next() >> 63 == 1 }
  }
}
