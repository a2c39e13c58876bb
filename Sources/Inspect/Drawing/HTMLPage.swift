extension Drawing {
  /// The drawing as one file of HTML that loads nothing.
  public func html() -> [UInt8] {
    var text = SVGText()
    text.raw("<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>")
    text.text(title ?? file)
    text.raw("</title>")
    return text.bytes + svg(standalone: false)
  }
}
