import Blocks
import Page

/// What Resolve found: each block's type, attrs, and what stands in each of its input pins.
public struct Links: Sendable {
  /// By block: index into the catalogue's types; -1 when that is not known, or a name in the block or in a wire into it is not.
  public var types: [Int32]
  /// By block: whether something in it or wired to it is broken although all names are known; its other inputs can be judged.
  public var isBroken: [Bool]
  /// By block, by index of ``BlockType/attrs``.
  public var attrs: [[AttrValue?]]
  /// All contents of input pins, sorted by block, then pin, then document order.
  public var sources: [Source]
  /// By block: its sources.
  public var ranges: [Range<Int32>]

  /// What stands in a block's input pins.
  func sources(ofBlock block: Int) -> ArraySlice<Source> {
    sources[Int(ranges[block].lowerBound)..<Int(ranges[block].upperBound)]
  }

  /// One thing that stands in an input pin.
  public struct Source: Sendable {
    public var block: Int32
    /// Index of the input pin.
    public var pin: Int32
    public var content: Content

    public enum Content: Sendable {
      /// A wire from an output of a block; `member` picks from an output list, -1 takes all of it.
      case wire(Int32, from: Int32, output: Int32, member: Int32)
      /// The pin's own text: an index into ``Page/pins``.
      case text(Int32)
      /// A value given from outside for this pin.
      case feed(Int32)
      /// A wire whose start has been reported.
      case broken(Int32)
    }
  }
}
