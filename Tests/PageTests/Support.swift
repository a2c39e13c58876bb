import Diagnostics
import Page
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

func read(_ text: String, data: DataFile? = nil) -> PageReader.Output { PageReader.read(Array(text.utf8), name: "test.xml", data: data) }

/// The page, which must be without errors.
func sound(_ text: String, data: DataFile? = nil, _ location: Testing.SourceLocation = #_sourceLocation) throws -> Page {
  let output = read(text, data: data)
  #expect(output.diagnostics.filter { $0.severity == .error }.map(brief) == [], sourceLocation: location)
  return try #require(output.page, sourceLocation: location)
}

/// `E0102@3:5`.
func brief(_ diagnostic: Diagnostic) -> String {
  "\(diagnostic.id.code)@\(diagnostic.location?.line ?? 0):\(diagnostic.location?.column ?? 0)"
}

func briefs(_ text: String) -> [String] { read(text).diagnostics.map(brief) }

func utf16(_ text: String, bigEndian: Bool = false, mark: Bool = true) -> [UInt8] {
  let units = (mark ? [0xFEFF] : []) + Array(text.utf16)
  return units.flatMap { bigEndian ? [UInt8($0 >> 8), UInt8($0 & 255)] : [UInt8($0 & 255), UInt8($0 >> 8)] }
}

extension Page {
  func text(_ content: Pin.Content) -> String { textBytes(of: content).map { String(decoding: $0, as: UTF8.self) } ?? "binary" }
  func pinTexts(_ block: Int) -> [String] { blocks[block].pins.map { symbols[pins[Int($0)].name] + "=" + text(pins[Int($0)].content) } }
  func attrTexts(_ block: Int) -> [String] {
    blocks[block].attrs.map { symbols[attrs[Int($0)].name] + "=" + text(attrs[Int($0)].value) }
  }
  func text(_ reference: Reference) -> String {
    (reference.isAbsolute ? "/" : "") + reference.scopes.map { symbols[$0] + "/" }.joined() + symbols[reference.id]
      + (reference.pin.map { "." + symbols[$0] } ?? "") + reference.indices.map { "[\($0)]" }.joined()
  }
  var wireTexts: [String] { wires.map { text($0.from) + " -> " + text($0.to) } }
}

/// The folder of original pages, which are not part of this repository: ENUFLOW_SHARED, or `shared` beside the checkout.
func sharedFolder() -> String? {
  var candidates: [String] = []
  if let named = getenv("ENUFLOW_SHARED") { candidates.append(String(cString: named)) }
  let file = #filePath
  if let tests = file.range(of: "/Tests/PageTests/") {
    let root = file[..<tests.lowerBound]
    candidates += ["\(root)/../shared", "\(root)/../../shared"]
  }
  return candidates.first { access($0 + "/enuspace/pages", R_OK) == 0 }
}

extension String {
  fileprivate func range(of part: String) -> Range<String.Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(part) { return start..<index(start, offsetBy: part.count) }
      start = index(after: start)
    }
    return nil
  }
}

/// A small generator with a fixed start, so that a failure can be repeated.
struct Generator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (state ^ (state >> 29)) &* 0x9E37_79B9_7F4A_7C15
  }
}

let samplePage = """
  <?xml version="1.0" encoding="UTF-8"?>
  <!-- all elements -->
  <page title="Sample &amp; more" seed="7" xmlns="urn:enuflow:page">
    <note at="1,2">remarks; 1 &lt; 2</note>
    <block id="inputs" type="Input"><pin name="initvalues" dtype="float">-1 0 5 6</pin></block>
    <block id="min" type="Const">
      <pin name="val"><![CDATA[{1, 1}]]></pin>
    </block>
    <scope name="layer">
      <block id="q" type="FakeQuant" at="3,4">
        <attrs num_bits="8" narrow_range="false"/>
        <pin name="max" shape="[4]">5</pin>
        <pin name="result_outputs" dtype="float" shape="[2]">0 4</pin>
      </block>
      <wire from="/inputs.input" to="q.inputs"/>
      <scope name="deep"><block id="q" type="Abs"/></scope>
    </scope>
    <wire from="min" to="layer/q.min[1]"/>
    <expect of="layer/q.outputs" cycle="2" tolerance="1e-6" shape="[2]">0 <!-- zero -->4</expect>
    <trend title="loss"><series of="layer/q.result_outputs[0]"/></trend>
  </page>

  """

let sampleSVG = """
  <?xml version="1.0" encoding="UTF-16"?>
  <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">
  \t<text id="t1">hello &amp; Grüße 😀</text>
  \t<use id="A" type="tensorflow" xlink:href="#Const">
  \t\t<pg-set-pin variable="#val[2][2]" auto="true" shape="[2][2]" var-type="double" value="3.0;2.0;-1.0;0.0"/>
  \t\t<pg-set-pin variable="#scope" shape="" var-type="string" value="scope"/>
  \t\t<pg-set-pin variable="#result_output[2][2]" auto="true" shape="[2][2]" var-type="double" value="3.000000;2.000000;-1.000000;0.000000"/>
  \t</use>
  \t<use id="B" type="enu_tensorflow2_0" xlink:href="#Split">
  \t\t<pg-set-pin variable="#axis" shape="" var-type="string" value=""/>
  \t\t<pg-set-pin variable="#attrs" shape="" var-type="string" value="num_ = 2; name_= a &lt; b ;num_=3;flag_ =true"/>
  \t\t<pg-set-pin variable="#result_output" shape="" type="float" value=""/>
  \t</use>
  \t<use id="W" type="logic" xlink:href="#SENSOR_LCD"><pg-set-pin variable="#input" value="1"/></use>
  \t<polyline id="p1"><pg-link id="l1" from-id="A" param-from="output" to-id="B" param-to="value"></pg-link></polyline>
  \t<polyline id="p2"><pg-link id="l2" from-id="B" param-from="result_output[1][0]" to-id="A" param-to="x"/></polyline>
  \t<polyline id="p3"><pg-link id="l3" from-id="B" param-from="result_output" to-id="W" param-to="input"/></polyline>
  \t<pg-trend id="tr"><pg-trendseries variable="B.result_output[0][1]"/><pg-trendseries variable="@other"/></pg-trend>
  \t<script id="s">x = 1</script>
  </svg>

  """
