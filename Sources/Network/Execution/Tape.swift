import Compute

/// Data that one forward pass saved for the backward pass: for each step its saved state, and the
/// values that it reads again.
///
/// The backward pass removes each entry when it reaches it, so that memory is released step by
/// step.
public struct Tape: Sendable {
  struct Entry: Sendable {
    var saved: any Sendable
    var values: StepValues
  }

  private(set) var entries: [Entry?]
  let images: Int
  /// Generation of the network at the time of the pass: a tape is invalid once channels are
  /// removed.
  let generation: Int
  let mode: ForwardMode

  init(steps: Int, images: Int, generation: Int, mode: ForwardMode) {
    entries = [Entry?](repeating: nil, count: steps)
    self.images = images
    self.generation = generation
    self.mode = mode
  }

  mutating func record(_ entry: Entry, of step: Int) { entries[step] = entry }

  mutating func take(_ step: Int) -> Entry? {
    defer { entries[step] = nil }
    return entries[step]
  }
}
