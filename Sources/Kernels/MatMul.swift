import CKernelABI

func visitMatMul(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("matMul") { matMul($0) }
}

/// Parameters: m, n, k, whether a is transposed, whether b is, then m and n of the whole product, of which this may be some rows or
/// some columns; then how many pairs of whole matrices follow one another.
private func matMul(_ call: Call) -> Int32 {
  switch call.dtype(0) {
  case Code.float: Product<Float>.run(call)
  case Code.double: Product<Double>.run(call)
  case Code.int32: Product<Int32>.run(call)
  case Code.int64: Product<Int64>.run(call)
  default: return unsupported
  }
  return ok
}

/// A matrix in memory, either way round: element (i, j) lies at `i * row + j * column`.
struct Matrix<T> {
  var base: UnsafePointer<T>
  var row: Int
  var column: Int

  @inline(__always) func at(_ i: Int, _ j: Int) -> UnsafePointer<T> { base + (i &* row &+ j &* column) }
  @inline(__always) var across: Matrix { Matrix(base: base, row: column, column: row) }
  @inline(__always) func from(_ i: Int, _ j: Int) -> Matrix { Matrix(base: at(i, j), row: row, column: column) }
}

/// Every element of the product has one sum that starts at +0 and takes its k terms in ascending order, each by the same
/// operation, ``Factor/step``. Tiles, blocks and packing only change when that happens (between blocks the sum waits in the
/// output), so the bits depend on the row of a and the column of b alone, whatever the sizes and threads.
enum Product<T: Factor> {
  static func run(_ call: Call) {
    let m = call.parameter(0)
    let n = call.parameter(1)
    let k = call.parameter(2)
    var pair = 0
    while pair < call.parameter(7) {
      run(call, m, n, k, call.buffer(0) + pair &* m &* k, call.buffer(1) + pair &* k &* n, call.output(0) + pair &* m &* n)
      pair &+= 1
    }
  }

  @inline(__always)
  private static func run(
    _ call: Call, _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<T>, _ b: UnsafePointer<T>, _ out: UnsafeMutablePointer<T>
  ) {
    let pitch = call.parameter(6)
    let x = call.parameter(3) == 0 ? Matrix(base: a, row: k, column: 1) : Matrix(base: a, row: 1, column: call.parameter(5))
    let y = call.parameter(4) == 0 ? Matrix(base: b, row: pitch, column: 1) : Matrix(base: b, row: 1, column: k)
    if pitch == 1 {
      // The same as a row: its neighbours fill vectors.
      rectangle(y.across, x.across, out, m, rows: 1, columns: m, terms: k, call.pointee.scratch)
    } else if x.column != 1 && y.column == 1 && n < T.laneCount && n == pitch && m >= 4 &* panelWidth && k > 0 && k <= Int(EF_MATMUL_TERMS) {
      narrow(x, y, out, rows: m, columns: n, terms: k, call.pointee.scratch)
    } else {
      rectangle(x, y, out, pitch, rows: m, columns: n, terms: k, call.pointee.scratch)
    }
  }

  /// The product of some rows of a and some columns of b, into a part of the output whose rows are `pitch` apart. Threads share
  /// a product by rectangles, each with scratch memory of its own.
  static func rectangle(
    _ a: Matrix<T>, _ b: Matrix<T>, _ out: UnsafeMutablePointer<T>, _ pitch: Int, rows: Int, columns: Int, terms: Int,
    _ scratch: UnsafeMutableRawPointer?
  ) {
    guard terms > 0, let scratch, rows &* columns &* terms > EF_MATMUL_TINY else {
      plain(a, b, out, pitch, rows, columns, terms)
      return
    }
    let size = MemoryLayout<T>.size
    let packsB = b.column != 1 || rows >= 24 && terms &* columns &* size > 32 << 10
    let isLarge = columns > 4 &* panelWidth && rows &* terms &* size > 64 << 10
    // Rows of a that begin in the same places of the first cache push each other out.
    let step = (a.column == 1 ? a.row : a.column) &* size & 2047
    let packsA = isLarge && (step < 64 || step > 2048 &- 64)
    let rowsPerBlock = isLarge ? Int(ef_matmul_rows(Int64(rows), Int64(size))) : rows
    let columnsPerBlock = packsB ? Int(ef_matmul_columns(Int64(columns), Int64(size))) : columns
    let termsPerBlock = isLarge || packsB || terms &* panelWidth &* size > 64 << 10 ? Int(EF_MATMUL_TERMS) : terms
    let packedB = scratch.assumingMemoryBound(to: T.self)
    let packedA = (scratch + Int(ef_matmul_b_bytes(Int64(columns), Int64(terms), Int64(size)))).assumingMemoryBound(to: T.self)
    var j = 0
    while j < columns {
      let width = min(columnsPerBlock, columns &- j)
      var t = 0
      while t < terms {
        let depth = min(termsPerBlock, terms &- t)
        let blockB = b.from(t, j)
        var i = 0
        while i < rows {
          let height = min(rowsPerBlock, rows &- i)
          let blockA = packsA ? packRows(a.from(i, t), packedA, rows: height, terms: depth) : a.from(i, t)
          let to = out + (i &* pitch &+ j)
          var panel = 0
          while panel < width {
            let rest = width &- panel
            let whole = rest < T.laneCount ? 0 : rest < panelWidth ? T.laneCount : panelWidth
            if packsB {
              let packed = packedB + panel &* depth
              let from = Matrix(base: UnsafePointer(packed), row: rest <= T.laneCount ? T.laneCount : panelWidth, column: 1)
              if i == 0 && b.column == 1 && rest >= panelWidth && height >= tallest {
                self.panel(blockA, from, to + panel, pitch, height, panelWidth, depth, isFirst: t == 0, packing: blockB.from(0, panel), packed)
              } else {
                if i == 0 { packPanels(blockB.from(0, panel), packed, terms: depth, columns: min(rest, panelWidth)) }
                self.panel(blockA, from, to + panel, pitch, height, min(rest, panelWidth), depth, isFirst: t == 0)
              }
              panel &+= panelWidth
            } else if rows == 1 && rest >= 4 &* panelWidth {
              // A single row: as much of each row of b as the registers hold, because b is read only once.
              let from = blockB.at(0, panel)
              sums(
                Row<Two<Two<Two<One<T>>>>>.self, blockA.base, blockA.row, blockA.column, from, b.row, to + panel, pitch, 4 &* panelWidth, depth,
                t == 0)
              panel &+= 4 &* panelWidth
            } else if whole > 0 {
              self.panel(blockA, blockB.from(0, panel), to + panel, pitch, height, whole, depth, isFirst: t == 0)
              panel &+= whole
            } else if EF_MASKS == 1 {
              self.panel(blockA, blockB.from(0, panel), to + panel, pitch, height, rest, depth, isFirst: t == 0)
              panel &+= rest
            } else {
              // Reading the rest of b as a vector would pass the end of its rows.
              packPanels(blockB.from(0, panel), packedB, terms: depth, columns: rest)
              let from = Matrix(base: UnsafePointer(packedB), row: T.laneCount, column: 1)
              self.panel(blockA, from, to + panel, pitch, height, rest, depth, isFirst: t == 0)
              panel &+= rest
            }
          }
          i &+= height
        }
        t &+= depth
      }
      j &+= width
    }
  }

  /// A product with fewer columns than a vector has elements, of a transposed matrix: computed the other way round, so that the rows of the
  /// matrix as it lies in memory fill vectors, and turned a panel at a time.
  private static func narrow(
    _ a: Matrix<T>, _ b: Matrix<T>, _ out: UnsafeMutablePointer<T>, rows: Int, columns: Int, terms: Int, _ scratch: UnsafeMutableRawPointer?
  ) {
    let whole = scratch == nil ? 0 : rows / panelWidth &* panelWidth
    if let panel = scratch?.assumingMemoryBound(to: T.self) {
      var i = 0
      while i < whole {
        tiles(Two<One<T>>.self, b.across, a.across.from(0, i), panel, panelWidth, columns, panelWidth, terms, true)
        turn(UnsafePointer(panel), out + i &* columns, rows: panelWidth, columns: columns)
        i &+= panelWidth
      }
    }
    rectangle(a.from(whole, 0), b, out + whole &* columns, columns, rows: rows &- whole, columns: columns, terms: terms, scratch)
  }

  /// Element by element, for what is too small to be worth vectors.
  @inline(__always)
  private static func plain(
    _ a: Matrix<T>, _ b: Matrix<T>, _ out: UnsafeMutablePointer<T>, _ pitch: Int, _ rows: Int, _ columns: Int, _ terms: Int
  ) {
    if columns == 0 { return }
    var i = 0
    while i < rows {
      let row = a.base + i &* a.row
      let to = out + i &* pitch
      var j = 0
      while j < columns {
        var x = row
        var y = b.base + j &* b.column
        var sum = T.zero
        var left = terms
        while left > 0 {
          sum = T.step(sum, x.pointee, y.pointee)
          x += a.column
          y += b.row
          left &-= 1
        }
        to[j] = sum
        j &+= 1
      }
      i &+= 1
    }
  }

  /// The product of a block of a and a panel of b, tile by tile.
  @inline(__always)
  private static func panel(
    _ a: Matrix<T>, _ b: Matrix<T>, _ out: UnsafeMutablePointer<T>, _ pitch: Int, _ rows: Int, _ columns: Int, _ terms: Int, isFirst: Bool
  ) {
    if columns > T.laneCount {
      tiles(Two<One<T>>.self, a, b, out, pitch, rows, columns, terms, isFirst)
    } else {
      tiles(One<T>.self, a, b, out, pitch, rows, columns, terms, isFirst)
    }
  }

  /// The same for a whole panel that is not packed yet: the first tile packs it in passing.
  @inline(__always)
  private static func panel(
    _ a: Matrix<T>, _ b: Matrix<T>, _ out: UnsafeMutablePointer<T>, _ pitch: Int, _ rows: Int, _ columns: Int, _ terms: Int, isFirst: Bool,
    packing source: Matrix<T>, _ packed: UnsafeMutablePointer<T>
  ) {
    if hasManyRegisters {
      sums(
        Rows12<Two<One<T>>>.self, a.base, a.row, a.column, source.base, source.row, out, pitch, terms, isFirst, packing: packed)
    } else {
      sums(
        Rows6<Two<One<T>>>.self, a.base, a.row, a.column, source.base, source.row, out, pitch, terms, isFirst, packing: packed)
    }
    tiles(Two<One<T>>.self, a.from(tallest, 0), b, out + tallest &* pitch, pitch, rows &- tallest, columns, terms, isFirst)
  }

  /// The rows of the tallest tile.
  @inline(__always) private static var tallest: Int { hasManyRegisters ? 12 : 6 }

  @inline(__always)
  private static func tiles<S: Strip>(
    _: S.Type, _ a: Matrix<T>, _ b: Matrix<T>, _ out: UnsafeMutablePointer<T>, _ pitch: Int, _ rows: Int, _ columns: Int, _ terms: Int,
    _ isFirst: Bool
  ) where S.Element == T {
    var a = a
    var out = out
    var rest = rows
    if hasManyRegisters {
      while rest >= 12 { tile(Rows12<S>.self, &a, b, &out, pitch, &rest, columns, terms, isFirst) }
      if rest >= 8 { tile(Rows8<S>.self, &a, b, &out, pitch, &rest, columns, terms, isFirst) }
    } else {
      while rest >= 6 { tile(Rows6<S>.self, &a, b, &out, pitch, &rest, columns, terms, isFirst) }
    }
    if rest >= 4 { tile(Rows4<S>.self, &a, b, &out, pitch, &rest, columns, terms, isFirst) }
    if rest == 3 { tile(Rows3<S>.self, &a, b, &out, pitch, &rest, columns, terms, isFirst) }
    if rest == 2 { tile(Rows2<S>.self, &a, b, &out, pitch, &rest, columns, terms, isFirst) }
    if rest == 1 { tile(Row<S>.self, &a, b, &out, pitch, &rest, columns, terms, isFirst) }
  }

  @inline(__always)
  private static func tile<R: Tile>(
    _: R.Type, _ a: inout Matrix<T>, _ b: Matrix<T>, _ out: inout UnsafeMutablePointer<T>, _ pitch: Int, _ rest: inout Int, _ columns: Int,
    _ terms: Int, _ isFirst: Bool
  ) where R.Columns.Element == T {
    sums(R.self, a.base, a.row, a.column, b.base, b.row, out, pitch, columns, terms, isFirst)
    a.base += R.rows &* a.row
    out += R.rows &* pitch
    rest &-= R.rows
  }

  @inline(never)
  private static func sums<R: Tile>(
    _: R.Type, _ a: UnsafePointer<T>, _ aRow: Int, _ aTerm: Int, _ b: UnsafePointer<T>, _ bTerm: Int, _ out: UnsafeMutablePointer<T>,
    _ pitch: Int, _ columns: Int, _ terms: Int, _ isFirst: Bool
  ) where R.Columns.Element == T {
    let isWhole = columns == R.Columns.width
    var sums = isFirst ? R.none : isWhole ? R(at: UnsafePointer(out), pitch: pitch) : R(at: UnsafePointer(out), pitch: pitch, count: columns)
    // The next tile below waits for its sums if they are far away.
    if !isFirst {
      var i = R.rows
      while i < 2 &* R.rows {
        ef_prefetch(out + i &* pitch)
        ef_prefetch(out + (i &* pitch &+ T.laneCount))
        i &+= 1
      }
    }
    var y = b
    var x = R.places(a, aRow)
    var t = terms
    // Four terms at a time, whose places differ by constants: the processor reads a little over four instructions in a cycle, and with
    // one vector for each row the places of so many rows would be most of them. Two vectors for each row leave no registers for it.
    while aTerm == 1 && R.Columns.width == T.laneCount && t >= 4 {
      sums.add(x, aRow, at: 0, R.Columns(near: y, count: columns))
      sums.add(x, aRow, at: 1, R.Columns(near: y + bTerm, count: columns))
      sums.add(x, aRow, at: 2, R.Columns(near: y + 2 &* bTerm, count: columns))
      sums.add(x, aRow, at: 3, R.Columns(near: y + 3 &* bTerm, count: columns))
      x = R.moved(x, 4)
      y += 4 &* bTerm
      t &-= 4
    }
    while t > 0 {
      sums.add(x, aRow, at: 0, R.Columns(near: y, count: columns))
      x = R.moved(x, aTerm)
      y += bTerm
      t &-= 1
    }
    if isWhole {
      sums.store(at: out, pitch: pitch)
    } else {
      sums.store(at: out, pitch: pitch, count: columns)
    }
  }
}

extension Product {
  /// The sums of a tile whose columns of b are laid into a panel in passing.
  @inline(never)
  private static func sums<R: Tile>(
    _: R.Type, _ a: UnsafePointer<T>, _ aRow: Int, _ aTerm: Int, _ b: UnsafePointer<T>, _ bTerm: Int, _ out: UnsafeMutablePointer<T>,
    _ pitch: Int, _ terms: Int, _ isFirst: Bool, packing packed: UnsafeMutablePointer<T>
  ) where R.Columns.Element == T {
    var sums = isFirst ? R.none : R(at: UnsafePointer(out), pitch: pitch)
    var x = R.places(a, aRow)
    var y = b
    var z = packed
    var t = terms
    repeat {
      ef_prefetch_for_reading(y + bTerm &* 12)
      ef_prefetch_for_reading(y + (bTerm &* 12 &+ T.laneCount))
      let columns = R.Columns(at: y)
      columns.store(at: z)
      sums.add(x, aRow, at: 0, columns)
      x = R.moved(x, aTerm)
      y += bTerm
      z += R.Columns.width
      t &-= 1
    } while t != 0
    sums.store(at: out, pitch: pitch)
  }
}

/// Whether the sums of 12 rows fit the registers, or only those of 6.
@inline(__always) private var hasManyRegisters: Bool { EF_VECTOR_REGISTERS == 32 }
@inline(__always) private func min(_ a: Int, _ b: Int) -> Int { a < b ? a : b }
