import Compute
import Specification

/// The random change of one image: shifted within a black border, and mirrored or not.
///
/// As in He et al. (2016, arXiv 1512.03385, section 4.2) and torchvision's `RandomCrop(padding:)`:
/// the raw image is padded with black, before any normalization, and cut to its size at a place
/// drawn uniformly; then it is mirrored with probability 1/2.
struct Augmentation: Equatable, Sendable {
  /// The cut's place relative to the image: row and column of the image that come first, negative
  /// in the border.
  var rowShift = 0
  var columnShift = 0
  var isMirrored = false

  /// No change.
  init() {}

  /// The change that (seed, epoch, image) gets, whatever the order of images and whichever thread
  /// asks.
  init(_ spec: AugmentSpec, seed: UInt64, epoch: Int, image: Int) {
    var random = RandomStream(seed: seed, purpose: .augmentation, epoch: epoch, index: image)
    if let padding = spec.randomCropPadding, padding > 0 {
      rowShift = random.below(2 * padding + 1) - padding
      columnShift = random.below(2 * padding + 1) - padding
    }
    if spec.horizontalFlip { isMirrored = random.next() >> 63 == 1 }
  }
}
