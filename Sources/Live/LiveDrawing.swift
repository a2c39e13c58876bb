import Blocks
import Diagnostics
import Inspect
import TensorCore

/// The picture of a page, with room for what it will show.
struct LiveDrawing {
  let svg: String
  /// By result: the room for its picture.
  private var rooms: [String: (width: Double, height: Double)] = [:]

  init(_ drawing: Drawing) {
    svg = String(decoding: drawing.svg(standalone: false), as: UTF8.self)
    for value in drawing.blocks.lazy.flatMap(\.values) { rooms[value.name] = (value.frame.width, value.frame.height) }
  }

  /// What the drawing shows of a value; nil when it has no room for it.
  func picture(of name: String, _ tensor: Tensor) -> String? {
    rooms[name].map { ValuePicture.svg(tensor: tensor, width: $0.width, height: $0.height) }
  }
}
