/// The elements of page notation and what each may have. The reader, its messages and the schema stand on these.
struct ElementForm: Sendable {
  let name: StaticString
  /// The attributes it may have, in the order they are usually written.
  let attributes: [StaticString]
  let children: [StaticString]
  let hasText: Bool

  private init(_ name: StaticString, _ attributes: [StaticString], children: [StaticString] = [], hasText: Bool = false) {
    self.name = name
    self.attributes = attributes
    self.children = children
    self.hasText = hasText
  }

  static let page = ElementForm("page", ["title", "seed"], children: scopeChildren)
  static let scope = ElementForm("scope", ["name"], children: scopeChildren)
  static let note = ElementForm("note", ["at"], hasText: true)
  static let block = ElementForm("block", ["id", "type", "at"], children: ["pin", "attrs"])
  static let pin = ElementForm("pin", ["name", "dtype", "shape"], hasText: true)
  /// Its attributes are the block's settings.
  static let attrs = ElementForm("attrs", [])
  static let wire = ElementForm("wire", ["from", "to"])
  static let expect = ElementForm("expect", ["of", "cycle", "tolerance", "shape"], hasText: true)
  static let trend = ElementForm("trend", ["title"], children: ["series"])
  static let series = ElementForm("series", ["of"])

  static let all = [page, scope, note, block, pin, attrs, wire, expect, trend, series]

  private static let scopeChildren: [StaticString] = ["note", "scope", "block", "wire", "expect", "trend"]
}

extension StaticString {
  var string: String { withUTF8Buffer { String(decoding: $0, as: UTF8.self) } }
}
