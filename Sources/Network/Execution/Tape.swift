import Compute

/// What one forward pass kept for the way back: of each step what it saved, and the values that it
/// reads again.
///
/// The way back takes each entry out when it has come to it, so that memory returns step by step.
public struct Tape: Sendable {
  struct Entry: Sendable {
    var saved: any Sendable
    var values: StepValues
  }

  private(set) var entries: [Entry?]
  let images: Int
  /// Of the network when the pass was made: a tape is of no use once channels were removed.
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
