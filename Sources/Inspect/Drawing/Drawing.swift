import Compile
import Diagnostics
import Page
import Run
import TensorCore

/// A page as a picture: placed blocks, pins, wires and texts, in page coordinates (x to the right, y down, in pixels).
///
///     let drawing = Drawing(page: page, graph: compilation.graph, report: report, diagnostics: compilation.diagnostics)
///     let picture = drawing.svg()
///
/// It is a plain value: the same page and results give the same drawing. ``svg(standalone:)`` and ``html()`` print it.
public struct Drawing: Sendable {
  /// Colours that a page of enuSpace brings along.
  public typealias Color = PictureColor

  public struct Point: Sendable, Equatable {
    public var x: Double
    public var y: Double
  }

  public struct Rect: Sendable, Equatable {
    public var x: Double
    public var y: Double
    public var width: Double
    public var height: Double
    public var right: Double { x + width }
    public var bottom: Double { y + height }
  }

  /// A block where it stands.
  public struct Block: Sendable {
    /// Index into the page's blocks.
    public var index: Int
    /// The id with its scopes.
    public var name: String
    public var type: String
    /// The family of its type: `array`, `quantization` …; empty for an unknown type.
    public var family: String
    public var frame: Rect
    /// How much of the frame the names take.
    public var headerHeight: Double
    public var isSymbol = false
    public var inputs: [Pin]
    public var outputs: [Pin]
    /// Settings, each on a line of its own.
    public var settings: [Line] = []
    public var values: [Value] = []
    /// All settings, also those that have no room on the drawing; and all results.
    public var allSettings: [String] = []
    public var results: [Value] = []
    /// What became of it; nil when the page was not run.
    public var state: BlockState?
    /// Of a FakeQuant block: the part of its inputs that lies outside of the nudged range, when there is any.
    public var clippedShare: Double?
    /// Where that is said.
    public var clippedLine: Point?
    public var diagnostics: [Diagnostic] = []
  }

  /// A short text of a block.
  public struct Line: Sendable {
    public var at: Point
    public var text: String
  }

  public struct Pin: Sendable {
    public var name: String
    public var at: Point
    /// dtype and shape of an output, the text of an input; may be empty.
    public var detail: String
    public var isWired = false
  }

  /// Where a result is shown.
  public struct Value: Sendable {
    /// `ID.pin`, or `ID.pin[i]` of a list.
    public var name: String
    public var caption: String
    public var frame: Rect
    /// Nil when there is none (yet).
    public var tensor: Tensor?
  }

  public struct Wire: Sendable {
    /// `ID.pin` of both ends.
    public var from: String
    public var to: String
    public var path: [Segment]
    /// Index into ``blocks`` of the blocks at its ends; nil where a name means none.
    public var ends: (from: Int?, to: Int?)
    /// dtype and shape, when known.
    public var detail = ""
    public var color: Color?
    public var width = 1.5
    public var isDashed = false
  }

  /// A stretch of a line.
  public enum Segment: Sendable, Equatable {
    case move(Point)
    case line(Point)
    /// Two control points, then the end.
    case curve(Point, Point, Point)
  }

  /// Text that is no part of a block: the title, notes, texts of the page.
  public struct Text: Sendable {
    /// The left end of the first base line.
    public var at: Point
    public var lines: [String]
    public var size: Double
    public var lineHeight: Double
    public var isBold = false
    public var isMuted = false
    public var anchor = "start"
    public var color: Color?
    public var transform: Transform = .identity
  }

  /// A form that is no part of a block.
  public struct Form: Sendable {
    public enum Outline: Sendable {
      case rect(Rect, radius: Double)
      case ellipse(Rect)
      case line([Point], isClosed: Bool)
      /// A display widget of the page: what it is called, and what it shows.
      case widget(Rect, title: String, lines: [String])
    }
    public var outline: Outline
    public var transform: Transform = .identity
    public var fill: Color?
    public var stroke: Color?
    public var strokeWidth = 1.0
    public var dashes: [Double] = []
  }

  public var title: String?
  /// What it was drawn from.
  public var file: String
  public var bounds: Rect
  /// The page's own background; nil for one that may be light or dark.
  public var background: Color?
  public var forms: [Form] = []
  public var wires: [Wire] = []
  public var blocks: [Block] = []
  public var texts: [Text] = []
  /// What stands nowhere on the drawing.
  public var diagnostics: [Diagnostic] = []
  /// Cycles that were run for it; nil when it was drawn without running.
  public var cycles: Int?

  /// The title, or the name of the file.
  var heading: String {
    if let title, !title.isEmpty { return title }
    return file.split(separator: "/").last.map(String.init) ?? file
  }

  /// Draws a page.
  ///
  /// - Parameters:
  ///   - graph: What the compiler knows of it: dtypes, shapes, the values of constants. It may be the graph of a page with errors.
  ///   - report: The results of a run. Without it no result is drawn.
  ///   - diagnostics: What is wrong with the page; each is marked at its block.
  ///   - reservesValues: Whether room is kept for the results of a run to come, as a live view needs.
  public init(page: Page, graph: Graph? = nil, report: RunReport? = nil, diagnostics: [Diagnostic] = [], reservesValues: Bool = false) {
    title = page.title
    file = page.source.name
    bounds = Rect(x: 0, y: 0, width: 0, height: 0)
    cycles = report?.cycles
    let content = PictureContent(page: page, graph: graph, report: report, diagnostics: diagnostics, reservesValues: reservesValues)
    if page.notation == .enuspace {
      EnuspacePicture(content).draw(into: &self)
    } else {
      PagePicture(content).draw(into: &self)
    }
  }
}
