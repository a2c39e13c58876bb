import Testing

@testable import TensorCore

/// A text, how it is read, and what comes out: the values as their shortest text, or the error and its bytes.
struct ValueCase: Sendable, CustomTestStringConvertible {
  var text: String
  var dtype: DType
  var shape: Shape?
  var style: ValueText.Style
  var expected: Expected

  enum Expected: Sendable {
    case values(Shape, [String])
    case failure(ValueTextError.Kind, Range<Int>)
  }

  var testDescription: String { "\(text.prefix(60)) as \(dtype) \(shape.map(\.description) ?? "")" }

  static func ok(
    _ text: String, _ dtype: DType = .float, _ shape: Shape? = nil, style: ValueText.Style = .page, gives result: Shape, _ values: [String]
  ) -> ValueCase {
    ValueCase(text: text, dtype: dtype, shape: shape, style: style, expected: .values(result, values))
  }

  static func bad(
    _ text: String, _ dtype: DType = .float, _ shape: Shape? = nil, style: ValueText.Style = .page,
    fails kind: ValueTextError.Kind, _ range: Range<Int>
  ) -> ValueCase {
    ValueCase(text: text, dtype: dtype, shape: shape, style: style, expected: .failure(kind, range))
  }
}

func read(_ text: String, _ dtype: DType, _ shape: Shape? = nil, style: ValueText.Style = .page) throws(ValueTextError) -> Tensor {
  try ValueText(text, style: style).tensor(dtype: dtype, shape: shape, pool: StringPool())
}

func texts(_ tensor: Tensor) -> [String] { (0..<tensor.count).map { ValueFormat.shortest(tensor, at: $0) } }

struct ValueTextTests {
  static let structure: [ValueCase] = [
    .ok("5", gives: [], ["5"]),
    .ok(" 1 2\n3,4 ;5 , 6; ", gives: [6], ["1", "2", "3", "4", "5", "6"]),
    .ok("{1}", gives: [1], ["1"]),
    .ok("{1,2;3 4}", gives: [4], ["1", "2", "3", "4"]),
    .ok("{{1,2},{3,4}}", gives: [2, 2], ["1", "2", "3", "4"]),
    .ok("{{1 2}{3 4}}", gives: [2, 2], ["1", "2", "3", "4"]),
    .ok("{{{1}},{{2}}};", gives: [2, 1, 1], ["1", "2"]),
    .ok("{}", gives: [0], []),
    .ok("{{},{}}", gives: [2, 0], []),
    .ok("5", .float, [2, 2], gives: [2, 2], ["5", "5", "5", "5"]),
    .ok("{5}", .int8, [3], gives: [3], ["5", "5", "5"]),
    .ok("1 2 3 4", .float, [2, 2], gives: [2, 2], ["1", "2", "3", "4"]),
    .ok("{1,2,3,4}", .float, [2, 2], gives: [2, 2], ["1", "2", "3", "4"]),
    .ok("{{1,2},{3,4}}", .float, [4], style: .enuspace, gives: [4], ["1", "2", "3", "4"]),
    .ok("", .float, [0], gives: [0], []),
    .ok("", .float, [3, 0], gives: [3, 0], []),
    .ok("7", .int32, [0], gives: [0], []),
    .bad("", fails: .count, 0..<0),
    .bad("  ", .float, [2], fails: .count, 2..<2),
    .bad("", .float, [], fails: .count, 0..<0),
    .bad(" 1 2 3 ", .float, [2, 2], fails: .count, 1..<6),
    .bad("{}", .float, [2], fails: .count, 0..<2),
    .bad("{{1,2,3},{4,5,6}}", .float, [3, 2], fails: .shape, 0..<17),
    .bad("{{1,2},{3}}", fails: .shape, 7..<10),
    .bad("{{1,2},3}", fails: .shape, 7..<8),
    .bad("{1,{2}}", fails: .shape, 3..<4),
    .bad("{{1},{{}}}", fails: .shape, 6..<7),
    .bad("{{{}},{1}}", fails: .shape, 7..<8),
    .bad("1 {2}", fails: .shape, 2..<3),
    .bad("{1} 2", fails: .syntax, 4..<5),
    .bad("{1},{2}", fails: .syntax, 4..<5),
    .bad("{1", fails: .syntax, 0..<1),
    .bad("{{1}", fails: .syntax, 0..<1),
    .bad("1}", fails: .syntax, 1..<2),
    .bad("{1}}", fails: .syntax, 3..<4),
    .bad("1,,2", fails: .syntax, 2..<3),
    .bad(",1", fails: .syntax, 0..<1),
    .bad("{,1}", fails: .syntax, 1..<2),
    .bad("{1,;}", fails: .syntax, 3..<4),
    .ok("{1,}", gives: [1], ["1"]),
    .ok(String(repeating: "{", count: 254) + "1" + String(repeating: "}", count: 254), gives: Shape([Int](repeating: 1, count: 254)), ["1"]),
    .bad(String(repeating: "{", count: 255) + "1" + String(repeating: "}", count: 255), fails: .shape, 254..<255),
    .bad("1", .float, [1 << 40, 1 << 20], fails: .tooLarge, 0..<1),
    .bad("0", .float, [1 << 40], fails: .tooLarge, 0..<1),
    .bad("0", .bool, [1 << 62, 1 << 62], fails: .tooLarge, 0..<1),
    .bad("1 2", .float, [1 << 62, 1 << 62], fails: .tooLarge, 0..<3),
    .bad("1 2", .float, [1 << 40], fails: .count, 0..<3),
    // enuSpace style
    .ok("1;2;3", .float, style: .enuspace, gives: [3], ["1", "2", "3"]),
    .ok(" {1.0f , 2.0f} ", .float, style: .enuspace, gives: [2], ["1", "2"]),
    .ok("{{1,2},{3,4}}", .int32, style: .enuspace, gives: [2, 2], ["1", "2", "3", "4"]),
    .bad("1 2", .float, style: .enuspace, fails: .syntax, 0..<3),
    .ok("0.000000", .float, [2], style: .enuspace, gives: [2], ["0", "0"]),
  ]

  static let numbers: [ValueCase] = [
    .ok("1.5f +3 -2. .5 1e-3 1E+2 00012", gives: [7], ["1.5", "3", "-2", "0.5", "0.001", "100", "12"]),
    .ok("nan NaN inf -inf Infinity -INFINITY +inf nan(ind)", gives: [8], ["nan", "nan", "inf", "-inf", "inf", "-inf", "inf", "nan"]),
    .ok("true FALSE True", gives: [3], ["1", "0", "1"]),
    .ok("-0 0 -0.0f", gives: [3], ["-0.0", "0", "-0.0"]),
    .ok("-0", .int32, gives: [], ["0"]),
    .ok("16777217 16777219 0.1", gives: [3], ["16777216", "1.677722e+07", "0.1"]),
    .ok("1e-46 1.4e-45 -1e-400", gives: [3], ["0", "1e-45", "-0.0"]),
    .ok("3.4028235e38 1e-99999999999999999999", gives: [2], ["3.4028235e+38", "0"]),
    .ok("0e99999999999999999999", gives: [], ["0"]),
    .ok("1.7976931348623157e308 4.9e-324 1e23", .double, gives: [3], ["1.7976931348623157e+308", "5e-324", "1e+23"]),
    .bad("1 1e39", fails: .range, 2..<6),
    .bad("3.4028236e38", fails: .range, 0..<12),
    .bad("-1e400", .double, fails: .range, 0..<6),
    .bad("1e99999999999999999999", .double, fails: .range, 0..<22),
    .bad("0x10", fails: .syntax, 0..<4),
    .bad("1e", fails: .syntax, 0..<2),
    .bad("1.2.3", fails: .syntax, 0..<5),
    .bad(".", fails: .syntax, 0..<1),
    .bad("-", fails: .syntax, 0..<1),
    .bad("1ff", fails: .syntax, 0..<3),
    .bad("1 hello", fails: .syntax, 2..<7),
    .bad("--1", fails: .syntax, 0..<3),
    .bad("+true", fails: .syntax, 0..<5),
    .bad("1 2j", fails: .dtype, 2..<4),
    .bad("1+2j", .double, fails: .dtype, 0..<4),
    .bad("1 \"a\"", fails: .dtype, 2..<5),
    .bad("1\"a\"", fails: .syntax, 1..<4),
    // integers
    .ok("3.0 1e3 0.5e1 2f true false", .int32, gives: [6], ["3", "1000", "5", "2", "1", "0"]),
    .ok("-128 127", .int8, gives: [2], ["-128", "127"]),
    .ok("0 65535", .uint16, gives: [2], ["0", "65535"]),
    .ok("-9223372036854775808 9223372036854775807", .int64, gives: [2], ["-9223372036854775808", "9223372036854775807"]),
    .ok("1000000000000000000000000e-6 9.223372036854775807e18", .int64, gives: [2], ["1000000000000000000", "9223372036854775807"]),
    .ok("1.0000000000000000000000000000000", .int16, gives: [], ["1"]),
    .bad("1.5", .int32, fails: .range, 0..<3),
    .bad("1e-1", .int32, fails: .range, 0..<4),
    .bad("1.00000000000000000000000000000001", .int32, fails: .range, 0..<34),
    .bad("0 128", .int8, fails: .range, 2..<5),
    .bad("-129", .int8, fails: .range, 0..<4),
    .bad("-1", .uint8, fails: .range, 0..<2),
    .bad("256", .uint8, fails: .range, 0..<3),
    .bad("9223372036854775808", .int64, fails: .range, 0..<19),
    .bad("-9223372036854775809", .int64, fails: .range, 0..<20),
    .bad("1e99999999999999999999", .int64, fails: .range, 0..<22),
    .bad("nan", .int32, fails: .range, 0..<3),
    .bad("-inf", .int64, fails: .range, 0..<4),
    .bad("x", .int32, fails: .syntax, 0..<1),
    // bool
    .ok("true FALSE 1 0 1.0", .bool, gives: [5], ["true", "false", "true", "false", "true"]),
    .bad("2", .bool, fails: .range, 0..<1),
    .bad("nan", .bool, fails: .range, 0..<3),
    .bad("yes", .bool, fails: .syntax, 0..<3),
  ]

  static let strings: [ValueCase] = [
    .ok(" hello big, world; 1 ", .string, gives: [], [#""hello big, world; 1""#]),
    .ok("C:\\data {x}, }", .string, gives: [], [#""C:\\data {x}, }""#]),
    .ok("", .string, gives: [], [#""""#]),
    .ok("", .string, [2], gives: [2], [#""""#, #""""#]),
    .ok("", .string, [0], gives: [0], []),
    .ok("abc", .string, [2], gives: [2], [#""abc""#, #""abc""#]),
    .ok(#""a b" "c""#, .string, gives: [2], [#""a b""#, #""c""#]),
    .ok(#"{"a,b","c;}"}"#, .string, gives: [2], [#""a,b""#, #""c;}""#]),
    .ok("{B, C}", .string, gives: [2], [#""B""#, #""C""#]),
    .ok("{1}", .string, gives: [1], [#""1""#]),
    .ok(#""\"\\\n\t\x41\xff""#, .string, gives: [], [#""\"\\\n\tA\xff""#]),
    .ok(#""""#, .string, gives: [], [#""""#]),
    .ok("\"日本\"", .string, gives: [], ["\"日本\""]),
    .bad(#""a"#, .string, fails: .syntax, 0..<1),
    .bad(#""a\""#, .string, fails: .syntax, 0..<1),
    .bad(#""a\q""#, .string, fails: .syntax, 2..<4),
    .bad(#"{"\x4"}"#, .string, fails: .syntax, 2..<4),
    .bad(#"say "hi""#, .string, fails: .syntax, 0..<3),
    .bad(#""a""b""#, .string, fails: .syntax, 3..<6),
    .bad(#""a" "b" "c""#, .string, [2], fails: .count, 0..<11),
    .bad("{a} b", .string, fails: .syntax, 4..<5),
    .ok("W", .string, style: .enuspace, gives: [], [#""W""#]),
    .ok("a b; c", .string, style: .enuspace, gives: [2], [#""a b""#, #""c""#]),
    .ok(#""C:\Users\n""#, .string, style: .enuspace, gives: [], [#""C:\\Users\n""#]),
  ]

  @Test(arguments: structure + numbers + strings) func table(_ test: ValueCase) {
    do {
      let tensor = try read(test.text, test.dtype, test.shape, style: test.style)
      guard case .values(let shape, let values) = test.expected else {
        Issue.record("no error")
        return
      }
      #expect(tensor.dtype == test.dtype)
      #expect(tensor.shape == shape)
      #expect(texts(tensor) == values)
    } catch {
      guard case .failure(let kind, let range) = test.expected else {
        Issue.record("\(error)")
        return
      }
      #expect(error.kind == kind)
      #expect(error.range == range)
      #expect(!error.message.isEmpty)
    }
  }

  @Test func messagesNameBothSides() {
    func message(_ text: String, _ dtype: DType, _ shape: Shape? = nil) -> String {
      do {
        _ = try read(text, dtype, shape)
        return ""
      } catch { return error.message + (error.fix.map { " | " + $0 } ?? "") }
    }
    #expect(message("1 2 3", .float, [2, 2]) == "3 values for shape [2, 2], which takes 4 | write 4 values, or one that fills the shape")
    #expect(message("{{1,2},{3}}", .float).hasPrefix("this list has length 1, the ones before it have length 2"))
    #expect(message("1.5", .int32) == "`1.5` is no int32 | write a whole number such as 1 or 2, or use dtype float")
    #expect(message("255.5", .uint8) == "`255.5` is no uint8 | write a whole number such as 255, or use dtype float")
    #expect(message("300", .uint8).hasPrefix("`300` is outside of uint8, which goes from 0 to 255"))
    #expect(message("1e39", .float).hasPrefix("`1e39` is outside of float, which ends at 3.4028235e+38 | write inf"))
    #expect(message("0", .float, [250_000_000_000]).contains("needs 1.0 TB"))
    #expect(message("3j", .float) == "`3j` is complex, float is wanted | use dtype complex64 or complex128")
  }

  @Test(arguments: [
    ("1 2", DType.int32), ("1 2147483648", .int64), ("1.0", .double), ("1e3", .double), ("1.5f 2", .float), ("true false", .bool),
    ("true 1", .int32), (#"{"a"}"#, .string), ("nan", .double), ("", .int32), ("-2147483648", .int32), ("99999999999999999999", .int64),
  ])
  func literalDTypes(text: String, expected: DType) throws {
    #expect(try ValueText(text, style: .page).literalDType == expected)
  }

  @Test func naturalShapes() throws {
    #expect(try ValueText("1 2 3", style: .page).naturalShape == [3])
    #expect(try ValueText("1", style: .page).naturalShape == .scalar)
    #expect(try ValueText("", style: .page).naturalShape == [0])
    #expect(try ValueText("a b", style: .page).naturalShape(for: .string) == .scalar)
    #expect(try ValueText("a b", style: .page).count == 2)
    #expect(try ValueText("{{1},{2}}", style: .page).hasBraces)
  }

  @Test func pinStringsKeepTheirBlanks() throws {
    let pool = StringPool()
    #expect(ValueText.strings(Array(" a ;b,c;".utf8)[...]) == [Array(" a ".utf8), Array("b,c".utf8), []])
    #expect(ValueText.strings([]) == [[]])
    #expect(try texts(ValueText.stringTensor(Array("x y".utf8)[...], shape: [2], pool: pool)) == [#""x y""#, #""x y""#])
    #expect(throws: ValueTextError.self) { try ValueText.stringTensor(Array("a;b".utf8)[...], shape: [3], pool: pool) }
    #expect(throws: ValueTextError.self) { try ValueText.stringTensor([], shape: [1 << 50], pool: pool) }
  }

  @Test func slicesKeepTheirOwnOffsets() throws {
    let page = Array("val=\"1 x\"".utf8)
    let text = try ValueText(page[5..<8], style: .page)
    do {
      _ = try text.tensor(dtype: .float, shape: nil, pool: StringPool())
      Issue.record("no error")
    } catch { #expect(error.range == 2..<3) }
    #expect(try texts(ValueText(Array("zz a b ".utf8)[2...], style: .page).tensor(dtype: .string, shape: nil, pool: StringPool())) == [#""a b""#])
  }

  @Test(arguments: [
    ("", [Int]()), ("{}", []), ("[]", []), (" [2][3] ", [2, 3]), ("{2,3}", [2, 3]), ("[2, 3]", [2, 3]), ("4", [4]), ("2 3", [2, 3]), ("[0]", [0]),
    ("[?][3]", [-1, 3]), ("{-1, 2}", [-1, 2]),
  ])
  func shapes(text: String, expected: [Int]) throws {
    #expect(try parseShapeText(text, allowUnknown: true).dims == expected)
  }

  @Test(arguments: [
    ("[2", ValueTextError.Kind.shape), ("2]", .shape), ("{2,}", .shape), ("[2]x", .shape), ("{a}", .shape), ("[-2]", .shape), ("[?]", .shape),
    ("{-1}", .shape), ("[1.5]", .shape), ("[99999999999999999999]", .tooLarge), ("{2}{3}", .shape), (",", .shape), ("[1e3]", .shape),
    (String(repeating: "[1]", count: 255), .shape),
  ])
  func wrongShapes(text: String, kind: ValueTextError.Kind) {
    do {
      _ = try parseShapeText(text, allowUnknown: false)
      Issue.record("no error")
    } catch {
      #expect(error.kind == kind)
      #expect(error.range.upperBound <= text.utf8.count)
    }
  }
}
