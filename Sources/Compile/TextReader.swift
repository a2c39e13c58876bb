import Blocks
import Diagnostics
import Page
import TensorCore

/// Reads what stands in a pin as a tensor: decides its dtype and its shape. One reader serves all texts of a page, in turn.
final class TextReader {
  let page: Page
  let pool: StringPool
  /// How the text at hand is written: as the page is, unless the command line gave it.
  private var notation: Page.Notation
  private var limit = Memory.physicalByteCount

  init(page: Page, pool: StringPool) {
    self.page = page
    self.pool = pool
    notation = page.notation
  }

  /// The pin a text stands in.
  struct Context {
    var element: Pin.Element
    var pin: Pin
    var attrs: [AttrValue?]
    var definitions: [Attr]
    /// By attr: the input pin whose dtype the type variable has; -1 when none has bound it.
    var binder: [Int]
  }

  struct Failure: Error {
    var id: DiagnosticID
    var message: String
    var range: SourceRange
    var fix: String?
  }

  /// The text of `pin` as a tensor of at most `limit` bytes.
  func read(_ pin: Page.Pin, _ context: Context, limit: Int) throws(Failure) -> Tensor {
    self.limit = limit
    notation = pin.isGivenOutside ? .page : page.notation
    switch pin.content {
    case .text(let range): return try read(page.source.slice(range), origin: range, pin, context)
    case .unescaped(let bytes): return try read(bytes[...], origin: nil, pin, context)
    case .binary(let position): return try readBinary(at: position, pin)
    }
  }

  private func read(_ bytes: ArraySlice<UInt8>, origin: SourceRange?, _ pin: Page.Pin, _ context: Context) throws(Failure) -> Tensor {
    let declared = try declaredDType(pin, context)
    let shape = try declaredShape(pin)
    if notation == .enuspace, context.pin.isTyped, declared == .string {
      return try convert(pin, origin) { () throws(ValueTextError) in
        try ValueText.stringTensor(bytes, shape: shape ?? .scalar, pool: pool, limit: limit)
      }
    }
    return try convert(pin, origin) { () throws(ValueTextError) in
      let text = try ValueText(bytes, style: notation == .page ? .page : .enuspace)
      let dtype = declared ?? self.dtype(of: text, context)
      // The braces of a text give its shape, unless the page says another one for the same values.
      return try text.tensor(dtype: dtype, shape: shape, pool: pool, limit: limit)
    }
  }

  // MARK: dtype

  /// What the page says about the dtype, in the order of precedence; nil when it says nothing.
  private func declaredDType(_ pin: Page.Pin, _ context: Context) throws(Failure) -> DType? {
    if case .fixed(let dtype) = context.element, page.notation == .enuspace { return dtype }
    if case .variable(let index) = context.element, context.definitions[index].isWritten, case .type(let dtype)? = context.attrs[index],
      page.notation == .enuspace
    {
      return dtype
    }
    // In enuSpace pages `var-type` counts for constants only; elsewhere it just says that the pin is a text.
    guard let range = pin.dtype, page.notation == .page || context.pin.isTyped else { return nil }
    let name = page.source.text(range)
    if page.notation == .enuspace, name.isEmpty { return nil }
    guard let dtype = DType(name: name) else {
      throw Failure(
        id: .badDType, message: "there is no dtype `\(name)`", range: range,
        fix: nearest(to: name, among: DType.allCases.map(\.name)).map { "did you mean `\($0)`?" } ?? "it may be \(DTypeSet.all)")
    }
    return dtype
  }

  /// The dtype of a text that declares none.
  private func dtype(of text: ValueText, _ context: Context) -> DType {
    let allowed: DTypeSet
    switch context.element {
    case .fixed(let dtype): return dtype
    case .any: allowed = .all
    case .variable(let index):
      if context.binder[index] >= 0 || (context.definitions[index].isWritten && context.definitions[index].defaultValue == nil),
        case .type(let bound)? = context.attrs[index]
      {
        return bound
      }
      allowed = context.definitions[index].typeSet ?? .all
      if case .type(let usual)? = context.definitions[index].defaultValue, notation == .page { return usual }
    }
    let members = allowed.members
    if members.count == 1 { return members[0] }
    if notation == .enuspace {
      let literal = text.literalDType
      if allowed.contains(literal) { return literal }
    }
    if allowed.contains(.complex128), text.hasComplex { return .complex128 }
    return allowed.contains(.float) ? .float : allowed.contains(.int32) ? .int32 : members.first ?? .float
  }

  // MARK: Shape

  private func declaredShape(_ pin: Page.Pin) throws(Failure) -> Shape? {
    guard let range = pin.shape else { return nil }
    // An enuSpace pin always has the attribute; it says something only where there is something in it, or for a constant.
    let text = page.source.slice(range)
    if page.notation == .enuspace, text.isEmpty { return nil }
    do throws(ValueTextError) {
      return try parseShapeText(text, allowUnknown: false).known
    } catch {
      let place = SourceRange(Int(range.lower) + error.range.lowerBound, Int(range.lower) + error.range.upperBound)
      throw Failure(id: .badShapeText, message: error.message, range: place, fix: error.fix)
    }
  }

  private func convert(_ pin: Page.Pin, _ origin: SourceRange?, _ body: () throws(ValueTextError) -> Tensor) throws(Failure) -> Tensor {
    do throws(ValueTextError) {
      return try body()
    } catch {
      let id: DiagnosticID =
        switch error.kind {
        case .syntax: .badValueText
        case .count: .valueCount
        case .range: .valueRange
        case .dtype: .dtypeNotAllowed
        case .tooLarge: .tooLarge
        case .shape: .shapeMismatch
        }
      // Point at the value itself where the text stands in the page as it is.
      let range = origin.map { SourceRange(Int($0.lower) + error.range.lowerBound, Int($0.lower) + error.range.upperBound) }
      throw Failure(id: id, message: error.message, range: range ?? pin.contentRange, fix: error.fix)
    }
  }

  // MARK: Binary data

  /// Little-endian values in the `.dat` file. The reader has checked that they are there.
  private func readBinary(at position: Int, _ pin: Page.Pin) throws(Failure) -> Tensor {
    let name = pin.dtype.map(page.source.text) ?? ""
    guard let dtype = DType(name: name), [.double, .float, .int32, .bool].contains(dtype) else {
      throw Failure(
        id: .badDType, message: "binary values cannot be `\(name)`", range: pin.dtype ?? pin.range, fix: "they may be double, float, int or bool")
    }
    let shape = try declaredShape(pin) ?? .scalar
    guard let byteCount = Memory.byteCount(of: shape, dtype: dtype, limit: limit) else {
      throw Failure(id: .tooLarge, message: Memory.explanation(tooLarge: shape, dtype: dtype, limit: limit), range: pin.shape ?? pin.range, fix: nil)
    }
    let data = page.data?.bytes ?? []
    guard position >= 0, byteCount <= data.count, position <= data.count - byteCount else {
      throw Failure(
        id: .dataFile, message: "the .dat file beside the page is too short for this pin", range: pin.range,
        fix: "the pin needs \(byteCount) bytes from byte \(position) on, the file has \(data.count)")
    }
    guard let tensor = Tensor(zeros: dtype, shape: shape) else {
      throw Failure(id: .tooLarge, message: Memory.explanation(tooLarge: shape, dtype: dtype, limit: limit), range: pin.shape ?? pin.range, fix: nil)
    }
    data.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      if dtype == .bool {
        for index in 0..<byteCount { tensor.storage.base.storeBytes(of: bytes[position + index] == 0 ? 0 : 1, toByteOffset: index, as: UInt8.self) }
      } else {
        tensor.storage.base.copyMemory(from: base + position, byteCount: byteCount)
      }
    }
    return tensor
  }
}
