import CKernelABI

extension Product {
  /// The columns of b that are computed together: two vectors.
  @inline(__always) static var panelWidth: Int { T.laneCount &* 2 }

  /// Lays columns of b in panels: the columns of a panel side by side, term after term. A last panel of at most one vector is one
  /// vector wide; what fills its columns up is of no meaning.
  @inline(never)
  static func packPanels(_ b: Matrix<T>, _ to: UnsafeMutablePointer<T>, terms: Int, columns: Int) {
    if b.column == 1 {
      packStraight(b, to, terms: terms, columns: columns)
    } else {
      packAcross(b, to, terms: terms, columns: columns)
    }
  }

  /// Row by row through all panels, because rows are what b has in one piece.
  @inline(__always)
  private static func packStraight(_ b: Matrix<T>, _ to: UnsafeMutablePointer<T>, terms: Int, columns: Int) {
    let rest = columns % panelWidth
    let whole = columns &- rest
    let last = rest <= T.laneCount ? T.laneCount : panelWidth
    let end = b.at(terms &- 1, columns)
    var t = 0
    while t < terms {
      let row = b.at(t, 0)
      var j = 0
      while j < whole {
        Two<One<T>>(at: row + j).store(at: to + (j &* terms &+ t &* panelWidth))
        j &+= panelWidth
      }
      if rest > 0 && row + (whole &+ last) <= end {
        // What follows in b does no harm in columns that nobody stores.
        var j = 0
        while j < last {
          One<T>(at: row + (whole &+ j)).store(at: to + (whole &* terms &+ t &* last &+ j))
          j &+= T.laneCount
        }
      } else if rest > T.laneCount {
        Two<One<T>>(at: row + whole, count: rest).store(at: to + (whole &* terms &+ t &* last))
      } else if rest > 0 {
        One<T>(at: row + whole, count: rest).store(at: to + (whole &* terms &+ t &* last))
      }
      t &+= 1
    }
  }

  /// Four columns and four terms at a time.
  @inline(__always)
  private static func packAcross(_ b: Matrix<T>, _ to: UnsafeMutablePointer<T>, terms: Int, columns: Int) {
    var start = 0
    while start < columns {
      let rest = columns &- start
      let width = rest <= T.laneCount ? T.laneCount : panelWidth
      let panel = to + start &* terms
      var j = 0
      while j < width {
        var t = 0
        if j &+ 4 <= rest {
          while t &+ 4 <= terms {
            transpose(b.at(t, start &+ j), b.column, panel + (t &* width &+ j), width)
            t &+= 4
          }
        }
        let next = j &+ 4 < width ? j &+ 4 : width
        while t < terms {
          var column = j
          while column < next {
            panel[t &* width &+ column] = column < rest ? b.at(t, start &+ column).pointee : T.zero
            column &+= 1
          }
          t &+= 1
        }
        j = next
      }
      start &+= panelWidth
    }
  }

  /// Lays a panel's lines of `rows` elements as columns, whose rows follow one another.
  @inline(never)
  static func turn(_ panel: UnsafePointer<T>, _ to: UnsafeMutablePointer<T>, rows: Int, columns: Int) {
    let whole = columns &- columns % 4
    var i = 0
    while i < rows {
      var j = 0
      while j < whole {
        transpose(panel + (j &* rows &+ i), rows, to + (i &* columns &+ j), columns)
        j &+= 4
      }
      while j < columns {
        var line = i
        while line < i &+ 4 {
          to[line &* columns &+ j] = panel[j &* rows &+ line]
          line &+= 1
        }
        j &+= 1
      }
      i &+= 4
    }
  }

  @inline(__always)
  private static func transpose(_ from: UnsafePointer<T>, _ fromPitch: Int, _ to: UnsafeMutablePointer<T>, _ toPitch: Int) {
    let size = MemoryLayout<T>.size
    if size == 4 {
      ef_transpose_words(from, Int64(fromPitch &* size), to, Int64(toPitch &* size))
    } else {
      ef_transpose_doublewords(from, Int64(fromPitch &* size), to, Int64(toPitch &* size))
    }
  }

  /// Lays a block of a row by row, or term by term if a lies that way, with some bytes between the rows.
  @inline(never)
  static func packRows(_ a: Matrix<T>, _ to: UnsafeMutablePointer<T>, rows: Int, terms: Int) -> Matrix<T> {
    let isTransposed = a.column != 1
    let lines = isTransposed ? terms : rows
    let count = isTransposed ? rows : terms
    let pitch = (count &* MemoryLayout<T>.size &+ 127) / 64 &* 64 / MemoryLayout<T>.size
    var i = 0
    while i < lines {
      let x = isTransposed ? a.at(0, i) : a.at(i, 0)
      let y = to + i &* pitch
      var j = 0
      while j &+ T.laneCount <= count {
        One<T>(at: x + j).store(at: y + j)
        j &+= T.laneCount
      }
      while j < count {
        y[j] = x[j]
        j &+= 1
      }
      i &+= 1
    }
    return isTransposed ? Matrix(base: UnsafePointer(to), row: 1, column: pitch) : Matrix(base: UnsafePointer(to), row: pitch, column: 1)
  }
}
