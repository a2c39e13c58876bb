import CKernelABI

// Diagonals of matrices that lie one behind the other. They know an element's bytes, not its dtype.

func visitDiagonals(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("diagonalPart") { diagonalPart($0) }
  visit("setDiagonal") { setDiagonal($0) }
  visit("bandPart") { bandPart($0) }
}

/// Parameters: matrices, bytes of an element, of a matrix, from one element of a diagonal to the next, elements of a diagonal.
private func diagonalPart(_ call: Call) -> Int32 {
  let size = call.parameter(1)
  let length = call.parameter(4)
  var from = UnsafeRawPointer(call.buffer(0, UInt8.self))
  var to = UnsafeMutableRawPointer(call.output(0, UInt8.self))
  var matrix = 0
  while matrix < call.parameter(0) {
    copyRows(from: from, pitch: call.parameter(3), to: to, pitch: size, size, length)
    from += call.parameter(2)
    to += length &* size
    matrix &+= 1
  }
  return ok
}

/// The last input is the diagonals; the matrices before it are what surrounds them, without them zeros do. The same parameters.
private func setDiagonal(_ call: Call) -> Int32 {
  let size = call.parameter(1)
  let length = call.parameter(4)
  let bytes = call.parameter(2)
  let hasMatrices = call.pointee.input_count > 1
  var around = UnsafeRawPointer(call.buffer(0, UInt8.self))
  var from = UnsafeRawPointer(call.buffer(hasMatrices ? 1 : 0, UInt8.self))
  var to = UnsafeMutableRawPointer(call.output(0, UInt8.self))
  var matrix = 0
  while matrix < call.parameter(0) {
    if hasMatrices {
      to.copyMemory(from: around, byteCount: bytes)
      around += bytes
    } else {
      clearRun(to, bytes)
    }
    copyRows(from: from, pitch: size, to: to, pitch: call.parameter(3), size, length)
    from += length &* size
    to += bytes
    matrix &+= 1
  }
  return ok
}

/// Parameters: matrices, bytes of an element, rows, columns, how many diagonals below the main one stay and how many above it; -1: all.
private func bandPart(_ call: Call) -> Int32 {
  let size = call.parameter(1)
  let rows = call.parameter(2)
  let columns = call.parameter(3)
  let lower = call.parameter(4)
  let upper = call.parameter(5)
  var from = UnsafeRawPointer(call.buffer(0, UInt8.self))
  var to = UnsafeMutableRawPointer(call.output(0, UInt8.self))
  var matrix = 0
  while matrix < call.parameter(0) {
    var row = 0
    while row < rows {
      var low = lower < 0 || row < lower ? 0 : row &- lower
      if low > columns { low = columns }
      var high = upper < 0 || upper >= columns &- row &- 1 ? columns : row &+ upper &+ 1
      if high < low { high = low }
      clearRun(to, low &* size)
      (to + low &* size).copyMemory(from: from + low &* size, byteCount: (high &- low) &* size)
      clearRun(to + high &* size, (columns &- high) &* size)
      from += columns &* size
      to += columns &* size
      row &+= 1
    }
    matrix &+= 1
  }
  return ok
}
