import Diagnostics
import TensorCore

/// The most pixels of all patches of an image.
private let maximalGradientPlaces = 1 << 26

let imagePatchTypes: [BlockType] = [
  BlockType(
    "ExtractImagePatches",
    doc: """
      The patches of images, one for each place of a window that moves over them: the pixels of a patch, row by row, lie one behind the other along \
      the depth of the result. With padding `SAME` the window also stands where it reaches over the edge, and zeros are there; with `VALID` it does not.
      """,
    inputs: [Pin("images", "T", doc: "Batch, height, width, depth.")],
    attrs: [
      .ints("ksizes", doc: "The size of the window: {1, height, width, 1}."),
      .ints("strides", doc: "How far it moves from patch to patch: {1, down, right, 1}."),
      .ints("rates", doc: "How far its pixels are from each other in the image: {1, down, right, 1}."),
      .type("T", in: .allNumbers), .choice("padding", of: ["SAME", "VALID"], doc: "What happens at the edges."),
    ],
    outputs: [Pin("patches", "T", doc: "Batch, patches above and beside each other, depth times the pixels of a patch.")],
    shape: { (context) throws(BlockError) in try patchesShape(context) },
    compute: .call("imagePatches", parameters: patchesParameters),
    split: { (context, parameters) throws(BlockError) in
      guard let image = context.shape(0).known?.count, let patches = try patchesShape(context).first?.known?.count else {
        return nil
      }
      let words = parameters.map { Int($0) }
      if words[0] > 1 { return Split(units: words[0], steps: [image / words[0], patches / words[0]], word: 0) }
      // A single image in rows of patches, when none reaches over its edges.
      guard words[0] == 1, words[6] > 1, words[7] == 0, (words[6] - 1) * words[5] + (words[3] - 1) * words[4] < words[2] else { return nil }
      let step = words[5] * (image / words[2])
      return Split(units: words[6], steps: [step, patches / words[6]], word: 6, work: 2 * Double(patches))
    },
    gradient: .by(patchesGradient),
    example: """
      <page title="Windows of two by two">
        <block id="p" type="ExtractImagePatches">
          <pin name="images" shape="[1, 2, 3, 1]">1 2 3 4 5 6</pin>
          <attrs ksizes="{1, 2, 2, 1}" strides="{1, 1, 1, 1}" rates="{1, 1, 1, 1}" padding="VALID"/>
        </block>
        <expect of="p" shape="[1, 1, 2, 4]">1 2 4 5 2 3 5 6</expect>
      </page>
      """)
]

/// How a window moves along an axis of the images.
private struct PatchWindow {
  var size: Int
  var pixels: Int
  var rate: Int
  var stride: Int
  var count: Int
  var before: Int

  var words: [Int] { [size, pixels, rate, stride, count, before] }

  /// The pixel of the image that a pixel of a patch is; nil beside the image.
  func place(_ patch: Int, _ pixel: Int) -> Int? {
    let place = patch * stride - before + pixel * rate
    return (0..<size).contains(place) ? place : nil
  }
}

/// Nil for an axis whose size is not known.
private func imageWindows(_ context: RuleContext) throws(BlockError) -> [PatchWindow?] {
  let names = ["ksizes", "strides", "rates"]
  let settings = names.map { context.ints($0) }
  for (name, setting) in zip(names, settings) where setting.count != 4 || setting[0] != 1 || setting[3] != 1 {
    throw BlockError(
      .badAttrValue, "`\(name)` is \(AttrValue.ints(setting))", attr: name, fix: "give four numbers, the first and the last of them 1: {1, 2, 2, 1}")
  }
  for (name, setting) in zip(names, settings) {
    if let number = setting.first(where: { $0 < 1 || $0 > Int64(Int32.max) }) {
      throw BlockError(.badAttrValue, "`\(name)` has \(number)", attr: name, fix: "give numbers from 1 to \(Int32.max)")
    }
  }
  let isSame = context.attr("padding") == .string("SAME")
  guard let dims = context.shape(0).dims else { return [nil, nil] }
  var found: [PatchWindow?] = []
  for axis in 1...2 {
    let (pixels, stride, rate) = (Int(settings[0][axis]), Int(settings[1][axis]), Int(settings[2][axis]))
    // Below 2^62.
    let reach = pixels + (pixels - 1) * (rate - 1)
    let size = dims[axis]
    if size < 0 {
      found.append(nil)
      continue
    }
    if size >= 1 << 60 { throw BlockError(.tooLarge, "axis \(axis) of `images` has \(size) elements", input: 0) }
    let end = size + stride - 1
    if isSame {
      let count = end / stride
      let missing = max(0, (count - 1) * stride + reach - size)
      found.append(PatchWindow(size: size, pixels: pixels, rate: rate, stride: stride, count: count, before: missing / 2))
    } else {
      let count = (end + 1 - reach) / stride
      if count < 0 {
        throw BlockError(.shapeMismatch, "a window of \(reach) is larger than axis \(axis) of `images`, which has \(size)", input: 0)
      }
      found.append(PatchWindow(size: size, pixels: pixels, rate: rate, stride: stride, count: count, before: 0))
    }
  }
  return found
}

private func patchesShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  try context.requireRank(0, 4)
  let windows = try imageWindows(context)
  let sizes = context.ints("ksizes").map { Int($0) }
  guard let dims = context.shape(0).dims else { return [PartialShape([-1, -1, -1, -1])] }
  var depth = -1
  if dims[3] >= 0 {
    guard let product = checkedProduct([dims[3], sizes[1], sizes[2]]) else {
      throw BlockError(.tooLarge, "a patch would have more elements than can be counted", attr: "ksizes")
    }
    depth = product
  }
  return [try context.checked([dims[0]] + windows.map { $0?.count ?? -1 } + [depth])]
}

private func patchesParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  let windows = try imageWindows(context).compactMap { $0 }
  guard let images = context.shape(0).known, windows.count == 2, try patchesShape(context).first?.known?.count ?? 0 > 0 else {
    return Array(repeating: 0, count: 14)
  }
  return ([images.dims[0], images.dims[3] &* context.dtype(0).byteCount] + windows.flatMap(\.words)).map(Int64.init)
}

/// Each pixel of the images gets the sum of what flows back to it from all patches that it is in.
private func patchesGradient(_ g: GradientContext) -> GradientValue {
  let windows: [PatchWindow]
  do throws(BlockError) { windows = try imageWindows(g.rules).compactMap { $0 } } catch { return g.fail(error) }
  guard let dims = g[0].shape.known?.dims, let out = g.y.shape.known, windows.count == 2, out.count ?? 0 > 0 else {
    if g.y.shape.known?.count == 0 { return g.zeros(like: g[0]) }
    return g.fail(BlockError(.noGradient, "needs the shape of `images` before the run for its gradient", input: 0))
  }
  guard let total = checkedProduct(windows.flatMap { [$0.count, $0.pixels] }), total <= maximalGradientPlaces else {
    return g.fail(BlockError(.noGradient, "has too many patches for its gradient, which notes down each of their pixels", input: 0))
  }
  // By pixel of a patch, in the order of the result: the pixel of the image, and which of the pixels lie in the image at all.
  var (pixels, inside): ([Int], [Int]) = ([], [])
  var number = 0
  let (rows, columns) = (windows[0], windows[1])
  for row in 0..<rows.count {
    for column in 0..<columns.count {
      for i in 0..<rows.pixels {
        for j in 0..<columns.pixels {
          if let y = rows.place(row, i), let x = columns.place(column, j) {
            pixels.append(y * dims[2] + x)
            inside.append(number)
          }
          number += 1
        }
      }
    }
  }
  // The pixels first, so that they can be added up.
  let (batch, depth) = (dims[0], dims[3])
  var flow = g.block("Reshape", g.dy, g.integers([batch, number, depth]))
  if batch > 1 { flow = g.block("Transpose", flow, g.integers([1, 0, 2])) }
  flow = g.block("Reshape", flow, g.integers([number, batch &* depth]))
  if inside.count < number { flow = g.block("Gather", flow, g.integers(inside)) }
  let places = g.block("Reshape", g.integers(pixels), g.integers([pixels.count, 1]))
  var sums = g.block("ScatterNd", places, flow, g.integers([dims[1] &* dims[2], batch &* depth]))
  if batch > 1 {
    sums = g.block("Transpose", g.block("Reshape", sums, g.integers([dims[1] &* dims[2], batch, depth])), g.integers([1, 0, 2]))
  }
  return g.reshaped(sums, like: g[0])
}
