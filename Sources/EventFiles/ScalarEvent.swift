import Foundation
import SwiftProtobuf

/// Scalars of one step of a training, for TensorBoard.
public struct ScalarEvent: Equatable, Sendable {
  public var step: Int
  /// Seconds since 1970.
  public var wallTime: Double
  /// By tag, such as `loss/train`, in the order of writing.
  public var values: [Value]

  public struct Value: Equatable, Sendable {
    public var tag: String
    public var value: Float

    public init(tag: String, value: Float) {
      self.tag = tag
      self.value = value
    }
  }

  public init(step: Int, wallTime: Double, values: [Value]) {
    self.step = step
    self.wallTime = wallTime
    self.values = values
  }
}

extension ScalarEvent {
  /// Nil for events without scalars.
  init?(_ event: Espalier_Event) {
    guard case .summary(let summary)? = event.what, let step = Int(exactly: event.step) else { return nil }
    let values = summary.value.map { Value(tag: $0.tag, value: $0.simpleValue) }
    self.init(step: step, wallTime: event.wallTime, values: values)
  }

  var message: Espalier_Event {
    .with { event in
      event.wallTime = wallTime
      event.step = Int64(step)
      event.summary = .with { summary in
        summary.value = values.map { value in
          .with {
            $0.tag = value.tag
            $0.simpleValue = value.value
          }
        }
      }
    }
  }
}

extension Espalier_Event {
  /// The first event of every file.
  static func header(wallTime: Double) -> Espalier_Event {
    .with { event in
      event.wallTime = wallTime
      event.fileVersion = "brain.Event:2"
    }
  }

  /// The event as a record of a file.
  var record: [UInt8] {
    // Encoding can fail only for messages with required fields, which proto3 does not have.
    let bytes: [UInt8] = (try? serializedBytes()) ?? []
    return TFRecords.record(bytes)
  }
}
