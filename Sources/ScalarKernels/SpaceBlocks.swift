import CKernelABI

// Space to batch, space to depth, and back: positions of a space are dealt out, by their offset within blocks, to places elsewhere.

func visitSpaceBlocks(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("spaceBlocks") { spaceBlocks($0) }
  visit("imagePatches") { imagePatches($0) }
}

/// Parameters: units (positions before the spatial axes); whether it goes back, from blocks to the space; bytes of a run; bytes from unit to
/// unit of the space and of the blocks; axes; then for each axis: size of a block, of the space, padding before the space, blocks; bytes
/// from place to place of the space, from block to block, from offset to offset within a block.
private func spaceBlocks(_ call: Call) -> Int32 {
  if call.parameter(2) == 0 { return ok }
  var offsets = 1
  var axis = 0
  while axis < call.parameter(5) {
    offsets &*= call.parameter(6 &+ 7 &* axis)
    axis &+= 1
  }
  let isBack = call.parameter(1) != 0
  let ends = (call.buffer(0, UInt8.self), call.output(0, UInt8.self))
  var (space, blocks) = isBack ? (UnsafeMutableRawPointer(ends.1), UnsafeMutableRawPointer(ends.0)) : (.init(ends.0), .init(ends.1))
  var unit = 0
  while unit < call.parameter(0) {
    var offset = 0
    while offset < offsets {
      var rest = offset
      var at = blocks
      axis = call.parameter(5)
      while axis > 0 {
        axis &-= 1
        let word = 6 &+ 7 &* axis
        at += (rest % call.parameter(word)) &* call.parameter(word &+ 6)
        rest /= call.parameter(word)
      }
      dealAxis(call, 0, offset, offsets, space, at, isBack)
      offset &+= 1
    }
    space += call.parameter(3)
    blocks += call.parameter(4)
    unit &+= 1
  }
  return ok
}

/// The places of the space whose offset within their blocks is the one that `offset` counts. `inner` is how many offsets this axis and those
/// after it have together.
private func dealAxis(
  _ call: Call, _ axis: Int, _ offset: Int, _ inner: Int, _ space: UnsafeMutableRawPointer, _ blocks: UnsafeMutableRawPointer, _ isBack: Bool
) {
  let word = 6 &+ 7 &* axis
  let block = call.parameter(word)
  let size = call.parameter(word &+ 1)
  let count = call.parameter(word &+ 3)
  let pitch = call.parameter(word &+ 4)
  let step = call.parameter(word &+ 5)
  let next = inner / block
  // The first block's place, which may lie in the padding.
  let first = (offset / next) % block &- call.parameter(word &+ 2)
  // The blocks whose places lie in the space.
  var low = first < 0 ? (block &- 1 &- first) / block : 0
  if low > count { low = count }
  var high = size > first ? (size &- first &+ block &- 1) / block : 0
  if high > count { high = count }
  if high < low { high = low }
  if !isBack {
    clearRun(blocks, low &* step)
    clearRun(blocks + high &* step, (count &- high) &* step)
  }
  if high == low { return }
  let from = space + (low &* block &+ first) &* pitch
  let to = blocks + low &* step
  if axis &+ 1 == call.parameter(5) {
    let run = call.parameter(2)
    if isBack {
      copyRows(from: to, pitch: step, to: from, pitch: block &* pitch, run, high &- low)
    } else {
      copyRows(from: from, pitch: block &* pitch, to: to, pitch: step, run, high &- low)
    }
    return
  }
  var i = 0
  while i < high &- low {
    dealAxis(call, axis &+ 1, offset % next, next, from + i &* block &* pitch, to + i &* step, isBack)
    i &+= 1
  }
}

/// Parameters: images; bytes of a pixel; then for rows and for columns: size of the image, pixels of a patch, from pixel to pixel of a patch, from
/// patch to patch, patches, padding before.
private func imagePatches(_ call: Call) -> Int32 {
  let pixel = call.parameter(1)
  let (height, tall, rowRate, rowStep, rows, above) = (
    call.parameter(2), call.parameter(3), call.parameter(4), call.parameter(5), call.parameter(6), call.parameter(7)
  )
  let (width, wide, columnRate, columnStep, columns, before) = (
    call.parameter(8), call.parameter(9), call.parameter(10), call.parameter(11), call.parameter(12), call.parameter(13)
  )
  var image = UnsafeRawPointer(call.buffer(0, UInt8.self))
  var out = UnsafeMutableRawPointer(call.output(0, UInt8.self))
  var n = 0
  while n < call.parameter(0) {
    var patch = 0
    while patch < rows &* columns {
      let top = (patch / columns) &* rowStep &- above
      let left = (patch % columns) &* columnStep &- before
      // The pixels of a row of the patch that lie in the image.
      var low = left < 0 ? (columnRate &- 1 &- left) / columnRate : 0
      if low > wide { low = wide }
      var high = width > left ? (width &- left &+ columnRate &- 1) / columnRate : 0
      if high > wide { high = wide }
      if high < low { high = low }
      var i = 0
      while i < tall {
        let y = top &+ i &* rowRate
        if y < 0 || y >= height || high == low {
          clearRun(out, wide &* pixel)
        } else {
          clearRun(out, low &* pixel)
          let from = image + (y &* width &+ left &+ low &* columnRate) &* pixel
          copyRows(from: from, pitch: columnRate &* pixel, to: out + low &* pixel, pitch: pixel, pixel, high &- low)
          clearRun(out + high &* pixel, (wide &- high) &* pixel)
        }
        out += wide &* pixel
        i &+= 1
      }
      patch &+= 1
    }
    image += height &* width &* pixel
    n &+= 1
  }
  return ok
}
