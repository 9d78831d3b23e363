extension Catalog {
  /// A kind of layer of declared architectures, with its values.
  public struct LayerKind: Sendable {
    /// The key of this kind: `conv`.
    public var name: String
    /// The form of the key's value.
    public var form: LayerForm
    public var options: [LayerOption]
    /// The sentence that editors show.
    public var summary: String

    public init(_ name: String, _ form: LayerForm, options: [LayerOption] = [], _ summary: String) {
      self.name = name
      self.form = form
      self.options = options
      self.summary = summary
    }
  }

  public struct LayerOption: Sendable {
    public var name: String
    public var form: LayerForm
    public var summary: String

    public init(_ name: String, _ form: LayerForm, _ summary: String) {
      self.name = name
      self.form = form
      self.summary = summary
    }
  }

  /// Forms of values of a layer.
  public enum LayerForm: Equatable, Sendable {
    /// A whole number, or an expression of parameters.
    case whole(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    /// From 0 to below 1, also in single precision.
    case probability
    case word([String])
    case flag
    /// Only `true`.
    case isTrue
    /// Names of earlier layers, at least two.
    case layers
    /// Ascending channel numbers.
    case channels
  }
}

/// A value that was read according to its ``Catalog/LayerForm``.
package enum LayerValue: Sendable {
  case expression(Expression)
  case number(Double)
  case word(String)
  case flag(Bool)
  case layers([LayerReference])
  case channels([Int])
}

/// The name of a layer in a list of inputs.
package struct LayerReference: Sendable {
  package var name: String
  package var place: Place
}

/// A value with its source location.
package struct Placed<Value: Sendable>: Sendable {
  package var value: Value
  package var place: Place

  package init(value: Value, place: Place) {
    self.value = value
    self.place = place
  }
}

/// One item of `layers`, read but not resolved: its numbers may depend on a block's parameters.
package struct LayerDeclaration: Sendable {
  package var place: Place
  /// `architecture.layers[3]`
  package var path: String
  package var name: Placed<String>?
  package var kind: String
  package var value: LayerValue
  package var valuePlace: Place
  package var options: [String: Placed<LayerValue>]
  /// What `from` names.
  package var sources: Placed<[LayerReference]>?
  package var condition: Placed<Expression>?
  /// `{weights: …, norm: …}`
  package var tensors: [String: String]
  /// Of a block: the values of its parameters.
  package var arguments: [String: Placed<Expression>]
  /// Of a block: the values of the parameters for its first repetition.
  package var firstArguments: [String: Placed<Expression>]
  /// Of a block; nil if it is not repeated.
  package var repetitions: Placed<Expression>?

  /// Its name in a list of layers, which by default is its kind and its index.
  package func name(at index: Int) -> String { name?.value ?? Self.defaultName(kind, at: index) }

  static func defaultName(_ kind: String, at index: Int) -> String { "\(kind)\(index)" }
}

/// A number that layers may use.
package struct ParameterDeclaration: Sendable {
  package var name: String
  package var place: Place
  /// Its default, which may use the parameters before it; nil if a value is required.
  package var defaultValue: Placed<Expression>?
}

/// A template of layers.
package struct BlockDeclaration: Sendable {
  package var place: Place
  /// In the order of the file.
  package var parameters: [ParameterDeclaration]
  package var layers: [LayerDeclaration]
}

/// An architecture that a file declares.
public struct ArchitectureDeclaration: Sendable {
  /// Numbers that the layers may use, in the order of the file.
  package var parameters: [ParameterDeclaration]
  package var blocks: [String: BlockDeclaration]
  package var layers: [LayerDeclaration]
  /// The three parts in the form in which they are written to a file.
  package var text: JSON
  /// Source location of `layers`.
  package var place: Place

  /// A network with more layers is a mistake.
  package static let mostLayers = 10_000
  /// Largest number of bytes of the name of a layer or of its tensors, with those of its blocks.
  package static let longestName = 500
  /// Bytes by which names outside of blocks may be longer, in files that are written: suffixes such
  /// as `.placed`.
  package static let longestSuffix = 20
}

extension ArchitectureDeclaration: Equatable {
  /// Whether both declare the same, whatever their source locations.
  public static func == (a: ArchitectureDeclaration, b: ArchitectureDeclaration) -> Bool { a.text == b.text }
}
