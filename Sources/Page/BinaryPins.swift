import Diagnostics
import TensorCore

/// The size of the values of a binary pin: raw little-endian values in the `.dat` file beside the page.
enum BinaryLayout {
  /// Bytes per value by the pin's `var-type`; nil for one that cannot be binary.
  static func elementSize(_ varType: some Collection<UInt8>) -> Int? {
    switch String(decoding: varType, as: UTF8.self) {
    case "double": 8
    case "float", "int": 4
    case "bool": 1
    default: nil
    }
  }

  enum Count: Equatable {
    case values(Int)
    /// More than an `Int` can count.
    case overflow
    /// The text is no shape.
    case malformed
  }

  /// The number of values of a shape written `[2][3]` or `{2,3}`.
  static func count(shape: ArraySlice<UInt8>) -> Count {
    do throws(ValueTextError) {
      guard let shape = try parseShapeText(shape, allowUnknown: false).known else { return .malformed }
      return shape.count.map { .values($0) } ?? .overflow
    } catch {
      return .malformed
    }
  }
}

extension Page {
  /// Whether a binary pin is an input, so that the `.dat` file is needed.
  var needsData: Bool { pins.contains { $0.isBinary && !$0.isResult } }

  /// Checks that the `.dat` file holds what the binary input pins say.
  func checkData(missing reason: String) -> [Diagnostic] {
    var diagnostics: [Diagnostic] = []
    for block in blocks {
      for index in block.pins {
        let pin = pins[Int(index)]
        guard case .binary(let position) = pin.content, !pin.isResult, diagnostics.count < PageBuilder.maximalDiagnostics else { continue }
        if let found = judge(pin, position, reason) {
          diagnostics.append(
            Diagnostic(
              found.id, found.message, at: source.location(of: found.range), block: symbols[block.id].shortened, pin: symbols[pin.name].shortened,
              fix: found.fix))
        }
      }
    }
    return diagnostics
  }

  private func judge(
    _ pin: Pin, _ position: Int, _ reason: String
  ) -> (id: DiagnosticID, message: String, range: SourceRange, fix: String)? {
    let type = pin.dtype.map { source.slice($0) } ?? []
    guard let size = BinaryLayout.elementSize(type) else {
      let word = String(decoding: type.prefix(400), as: UTF8.self).shortened
      return (
        .badXMLAttribute, "binary values of type \"\(word)\" are not read", pin.dtype ?? pin.range, "write double, float, int or bool"
      )
    }
    let count: Int
    switch BinaryLayout.count(shape: pin.shape.map { source.slice($0) } ?? []) {
    // The shape is judged with all others later.
    case .malformed: return nil
    case .overflow: count = Int.max
    case .values(let values): count = values
    }
    guard let data else {
      return (.dataFile, "the values of this pin lie in a .dat file: \(reason)", pin.range, "put the .dat file beside the page")
    }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
    let (end, carry) = position.addingReportingOverflow(bytes)
    if !overflow, !carry, end <= data.bytes.count { return nil }
    let needed = overflow || carry ? "more bytes than a file can have" : "bytes \(position) to \(end)"
    return (
      .dataFile, "\"\(data.name)\" is too short: the pin's values are \(needed), the file has \(data.bytes.count)", pin.range,
      "put the .dat file that belongs to the page beside it"
    )
  }
}

extension Page.Pin {
  var isBinary: Bool { if case .binary = content { true } else { false } }
}
