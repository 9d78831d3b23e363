import Foundation
import Specification

/// Accuracy of a trained network with one layer at a time pruned, without further training.
public struct SensitivityReport: Codable, Equatable, Sendable {
  /// Version of the format.
  public var format = 1
  public var experiment: String
  public var criterion: String
  /// Hash of everything that can affect the numbers; points with another key are measured again.
  public var key: String
  /// SHA-256 of this JSON without this key, checked on resuming.
  public var checksum: String?
  /// Top-1 accuracy of the whole network, percent.
  public var top1: Double
  /// The measured layers, in forward order.
  public var layers: [Layer]

  /// One layer that lost channels.
  public struct Layer: Codable, Equatable, Sendable {
    public var name: String
    /// Before anything is removed.
    public var channels: Int
    public var points: [Point]

    public init(name: String, channels: Int, points: [Point]) {
      self.name = name
      self.channels = channels
      self.points = points
    }
  }

  /// One ratio.
  public struct Point: Codable, Equatable, Sendable {
    /// Requested share of the layer's channels.
    public var ratio: Double
    /// Number of removed channels: the lowest-scored ones, never all.
    public var removed: Int
    /// Percent.
    public var top1: Double
    public var parameters: Int
    public var macs: Int

    public init(ratio: Double, removed: Int, top1: Double, parameters: Int, macs: Int) {
      self.ratio = ratio
      self.removed = removed
      self.top1 = top1
      self.parameters = parameters
      self.macs = macs
    }
  }

  public init(experiment: String, criterion: String, key: String, top1: Double, layers: [Layer] = []) {
    self.experiment = experiment
    self.criterion = criterion
    self.key = key
    self.top1 = top1
    self.layers = layers
  }

  /// - Throws: an error about the text.
  public init(json: String) throws { self = try JSONDecoder().decode(Self.self, from: Data(json.utf8)) }

  public func json() -> String { jsonText(self, pretty: true) + "\n" }

  /// A row for each layer and ratio.
  public func csv() -> String {
    let rows = layers.flatMap { layer in
      layer.points.map { point in
        [
          layer.name, "\(layer.channels)", "\(point.ratio)", "\(point.removed)", "\(point.top1)",
          "\(point.parameters)", "\(point.macs)",
        ]
      }
    }
    return csvTable(["layer", "channels", "ratio", "removed", "top1", "parameters", "macs"], rows)
  }

  /// A row for each layer, a column for each ratio, for the terminal.
  ///
  /// - Parameter columns: characters per line; if not all ratios fit, some in the middle are
  ///   omitted.
  public func table(columns: Int = 80) -> String {
    let ratios = layers.first?.points.map(\.ratio) ?? []
    let header = ["layer", "channels"] + ratios.map { "\($0)" }
    let rows = layers.map { layer in
      [layer.name, "\(layer.channels)"] + layer.points.map { String(format: "%.2f", $0.top1) }
    }
    let title =
      "\(experiment): top-1 accuracy in percent when one layer alone is pruned by \(criterion); "
      + String(format: "whole network: %.2f", top1)
    let table = TextTable([header] + rows, expendable: header.dropFirst(2).dropLast().reversed())
    return (wrapped(visible(title), columns: columns) + [""] + table.lines(columns: columns)).joined(
      separator: "\n")
  }
}
