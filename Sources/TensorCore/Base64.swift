/// Appends `data` in base64 (RFC 4648, with padding).
public func appendBase64(_ data: [UInt8], to bytes: inout [UInt8]) {
  let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  bytes.reserveCapacity(bytes.count + data.count / 3 * 4 + 4)
  var index = 0
  while index < data.count {
    let length = min(3, data.count - index)
    var group: UInt32 = 0
    for offset in 0..<3 { group = group << 8 | (offset < length ? UInt32(data[index + offset]) : 0) }
    for digit in 0..<4 {
      bytes.append(digit <= length ? alphabet[Int(group >> (18 - 6 * UInt32(digit)) & 63)] : UInt8(ascii: "="))
    }
    index += length
  }
}
