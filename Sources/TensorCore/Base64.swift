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

/// The bytes of a base64 text with padding; nil when it is none.
public func decodeBase64(_ text: some Collection<UInt8>) -> [UInt8]? {
  guard text.count.isMultiple(of: 4) else { return nil }
  var data: [UInt8] = []
  data.reserveCapacity(text.count / 4 * 3)
  var group: UInt32 = 0
  var digits = 0
  var padding = 0
  for byte in text {
    let digit: UInt8
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = byte - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = byte - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): digit = 62
    case UInt8(ascii: "/"): digit = 63
    case UInt8(ascii: "="):
      padding += 1
      digit = 0
    default: return nil
    }
    if padding > 2 || (padding > 0 && byte != UInt8(ascii: "=")) { return nil }
    group = group << 6 | UInt32(digit)
    digits += 1
    guard digits == 4 else { continue }
    data += [UInt8(truncatingIfNeeded: group >> 16), UInt8(truncatingIfNeeded: group >> 8), UInt8(truncatingIfNeeded: group)].dropLast(padding)
    group = 0
    digits = 0
  }
  return data
}
