import TensorCore

extension Tensor {
  /// The elements as lines of comma-separated values (RFC 4180, lines end with LF): a scalar is one value, a vector a column, a matrix its
  /// rows and columns. Of a higher rank each element has a line, with its index before it, under a heading `i0,i1,…,value`.
  public func csv() -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(count * 8)
    if shape.rank <= 2 {
      let columns = shape.rank == 2 ? shape.dims[1] : 1
      for index in 0..<count {
        appendCSV(index, to: &text)
        text.append(columns > 1 && (index + 1) % columns != 0 ? UInt8(ascii: ",") : UInt8(ascii: "\n"))
      }
      return text
    }
    for axis in shape.dims.indices { text += "i\(axis),".utf8 }
    text += "value\n".utf8
    var place = Array(repeating: 0, count: shape.rank)
    for index in 0..<count {
      for number in place { text += "\(number),".utf8 }
      appendCSV(index, to: &text)
      text.append(UInt8(ascii: "\n"))
      for axis in place.indices.reversed() {
        place[axis] += 1
        if place[axis] < shape.dims[axis] { break }
        place[axis] = 0
      }
    }
    return text
  }

  private func appendCSV(_ index: Int, to text: inout [UInt8]) {
    guard dtype == .string, let pool else {
      ValueFormat.append(self, at: index, to: &text)
      return
    }
    let handle = bytes.loadUnaligned(fromByteOffset: index * 8, as: Int64.self)
    // Quotes double; bytes stay as they are.
    text.append(UInt8(ascii: "\""))
    for byte in pool.bytes(of: handle) { text += byte == UInt8(ascii: "\"") ? [byte, byte] : [byte] }
    text.append(UInt8(ascii: "\""))
  }
}
