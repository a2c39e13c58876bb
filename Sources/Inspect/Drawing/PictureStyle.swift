/// The style sheet of drawings: classes, and custom properties for colours so that a page can turn dark.
enum PictureStyle {
  /// Names, then the colours on light and on dark paper.
  private static let colors: [(name: String, light: String, dark: String)] = [
    ("paper", "#f4f5f7", "#15181d"), ("ink", "#1a2230", "#e7eaf0"), ("muted", "#5c6675", "#a2acba"), ("line", "#c3c9d3", "#454d5a"),
    ("card", "#ffffff", "#20252d"), ("well", "#f1f4f8", "#181c22"), ("wire", "#7d899b", "#8391a5"), ("pin", "#ffffff", "#20252d"),
    ("focus", "#1463d8", "#6aa8ff"), ("bad", "#c3271b", "#ff7b6e"), ("bad-card", "#fdeeec", "#3a2123"), ("warn", "#8f5a00", "#f0b64d"),
    ("bars", "#3f7fb3", "#6fb0e0"), ("badge-ink", "#ffffff", "#15181d"), ("core", "#66748c", "#8d9bb3"), ("array", "#2b7f91", "#56b3c6"),
    ("math", "#3468c0", "#78a5f3"), ("network", "#7647b8", "#b08af0"), ("training", "#a8431f", "#e88d68"), ("state", "#8a6a10", "#d9b24a"),
    ("quantization", "#b0307a", "#ee80bc"), ("random", "#43803a", "#83c777"), ("files", "#5a6470", "#9aa6b4"),
  ]

  /// The custom property of a family's colour.
  private static let families: [(family: String, color: String)] = [
    ("core", "core"), ("array", "array"), ("math", "math"), ("nn", "network"), ("training", "training"), ("state", "state"),
    ("quantization", "quantization"), ("random", "random"), ("files", "files"),
  ]

  private static let rules = """
    .enuflow{background:@paper;color:@ink;font-family:"Helvetica Neue",Helvetica,Arial,"Liberation Sans",sans-serif}
    .enuflow .paper{fill:@paper}
    .enuflow text{fill:@ink;white-space:pre}
    .enuflow .pin-name{font-size:11.5px}
    .enuflow .card{fill:@card;stroke:@line;stroke-width:1}
    .enuflow .head{fill:@core;opacity:.16}
    .enuflow .stripe{fill:@core}
    .enuflow .name{font-size:13px;font-weight:700}
    .enuflow .type{font-size:10.5px;fill:@muted}
    .enuflow .symbol .type{font-size:10px;font-weight:700;fill:@ink}
    .enuflow .symbol .label{font-size:8px;fill:@muted}
    .enuflow .detail{font-size:10px;fill:@muted}
    .enuflow .setting{font-size:10.5px;fill:@muted}
    .enuflow .pin{fill:@pin;stroke:@wire;stroke-width:1.5}
    .enuflow .pin.wired{fill:@wire}
    .enuflow .well{fill:@well}
    .enuflow .number{font-family:"DejaVu Sans Mono",Menlo,Consolas,monospace}
    .enuflow .caption{fill:@muted}
    .enuflow .bars{fill:@bars}
    .enuflow .axis{fill:none;stroke:@line;stroke-width:1}
    .enuflow .wire{fill:none;stroke:@wire;stroke-width:1.6;stroke-linecap:round;stroke-linejoin:round}
    .enuflow .wire.dead{stroke-dasharray:3 4;opacity:.6}
    .enuflow .title{font-weight:700}
    .enuflow .muted{fill:@muted}
    .enuflow .status{font-size:10px;font-weight:700;fill:@muted}
    .enuflow .block{outline:none}
    .enuflow .block:focus-visible .card,.enuflow .block.chosen .card{stroke:@focus;stroke-width:3}
    .enuflow .dead .card{stroke-dasharray:5 4;fill:@paper}
    .enuflow .dead .name,.enuflow .dead .label,.enuflow .dead .type{fill:@muted}
    .enuflow .notrun{opacity:.6}
    .enuflow .failed .card{fill:@bad-card;stroke:@bad;stroke-width:2.5}
    .enuflow .failed .status{fill:@bad}
    .enuflow .clipped .card{fill:@bad-card;stroke:@bad;stroke-width:2.5}
    .enuflow .clip{font-size:11px;font-weight:700;fill:@bad}
    .enuflow .symbol .clip{font-size:9px}
    .enuflow .broken .card{stroke:@bad;stroke-width:2}
    .enuflow .badge{fill:@warn}
    .enuflow .broken .badge{fill:@bad}
    .enuflow .badge-text{font-size:11px;font-weight:700;fill:@badge-ink;text-anchor:middle}
    .enuflow .widget{fill:none;stroke:@line;stroke-width:1}
    """

  static let sheet = make(isDark: false)
  /// For a page that is dark whatever the reader prefers.
  static let darkSheet = make(isDark: true)

  /// Every declaration with a custom property follows one with the plain colour, for viewers that know no custom properties.
  private static func make(isDark: Bool) -> String {
    func declarations(_ choose: ((name: String, light: String, dark: String)) -> String) -> String {
      colors.map { "--\($0.name):\(choose($0))" }.joined(separator: ";")
    }
    let (light, dark) = (declarations(\.light), declarations(\.dark))
    var sheet = """
      .enuflow{\(light)}
      @media (prefers-color-scheme:dark){.enuflow:not(.on-light){\(dark)}}
      .enuflow.on-dark{\(dark)}
      [data-theme=light] .enuflow:not(.on-dark){\(light)}
      [data-theme=dark] .enuflow:not(.on-light){\(dark)}

      """
    let families = families.map { ".enuflow .\($0.family) .head,.enuflow .\($0.family) .stripe{fill:@\($0.color)}" }
    for rule in rules.split(separator: "\n").map(String.init) + families {
      guard let open = rule.firstIndex(of: "{"), let close = rule.lastIndex(of: "}") else { continue }
      let body = rule[rule.index(after: open)..<close].split(separator: ";").map { declaration -> String in
        guard let sign = declaration.firstIndex(of: "@") else { return String(declaration) }
        let name = declaration[declaration.index(after: sign)...]
        guard let color = colors.first(where: { $0.name == name }) else { return String(declaration) }
        let start = declaration[..<sign]
        return "\(start)\(isDark ? color.dark : color.light);\(start)var(--\(name))"
      }
      sheet += rule[...open] + body.joined(separator: ";") + "}\n"
    }
    return sheet
  }
}
