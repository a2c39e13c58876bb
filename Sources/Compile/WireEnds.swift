import Blocks
import Page

/// Where a wire goes, as far as its names mean something.
public struct WireEnds: Sendable {
  /// The blocks at its ends; nil where no block has that name.
  public var from: Int?
  public var to: Int?
  /// The pins as their block types name them; as they are written where the type is not known. Nil where none is written and none can be meant.
  public var output: String?
  public var input: String?
}

extension Page {
  /// The ends of all wires, in the order of ``wires``. Nothing is reported: that is what compiling does.
  public func wireEnds(catalogue: Catalogue = .standard) -> [WireEnds] {
    var names = Names(page: self, catalogue: catalogue)
    return wires.map { wire in
      var ends = WireEnds(from: names.block(wire.from, in: wire.scope), to: names.block(wire.to, in: wire.scope))
      ends.output = wire.from.pin.map { symbols[$0] }
      ends.input = wire.to.pin.map { symbols[$0] }
      if let from = ends.from, let index = names.type(blocks[from].type), case let type = catalogue.types[index] {
        if let pin = wire.from.pin {
          if let output = names.output(pin, of: index) { ends.output = type.outputs[output].name }
        } else if type.outputs.count == 1 {
          ends.output = type.outputs.first?.name
        }
      }
      if let to = ends.to, let index = names.type(blocks[to].type), case let type = catalogue.types[index] {
        if let pin = wire.to.pin {
          if case .input(let input) = names.member(pin, of: index) { ends.input = type.inputs[input].name }
        } else if type.inputs.count == 1 {
          ends.input = type.inputs.first?.name
        }
      }
      return ends
    }
  }
}
