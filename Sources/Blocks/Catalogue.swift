import Diagnostics

/// A family of block types: what the documentation lists together.
public struct Family: Sendable {
  public let name: String
  public let doc: String
  public let types: [BlockType]
}

/// All block types.
public struct Catalogue: Sendable {
  public let families: [Family]
  public let types: [BlockType]
  private let indices: [String: Int]

  public init(_ families: [Family]) {
    self.families = families
    types = families.flatMap(\.types)
    indices = Dictionary(types.enumerated().map { ($1.name, $0) }) { first, _ in first }
  }

  /// The block types that come with enuflow.
  public static let standard = Catalogue(allFamilies)

  /// The index of a type in ``types``.
  public func index(of name: String) -> Int? { indices[name] }

  public subscript(name: String) -> BlockType? { index(of: name).map { types[$0] } }
}
