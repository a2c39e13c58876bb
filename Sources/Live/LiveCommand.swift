/// What a browser asks for: a word, and what follows it. `set q.min=-2`, `until 500`.
enum LiveCommand: Equatable, Sendable {
  case run
  case pause
  case step
  /// Runs until so many cycles have ended.
  case until(Int)
  /// Begins anew at cycle 0.
  case restart
  /// Cycles in a second at most; nil for as many as there can be.
  case speed(Double?)
  /// Puts a text into the place of a pin's wire or text, or of an attr, for this session.
  case set(reference: String, text: String)
  /// Takes such a change back.
  case unset(String)
  /// Writes the changes into the page's file.
  case save
  /// Follows a result from cycle to cycle.
  case watch(String)
  case unwatch(String)
  /// Shows all of a block's results; nil for none.
  case open(String?)

  /// Nil for anything else.
  init?(_ text: String) {
    let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
    let rest = parts.count > 1 ? String(parts[1]) : ""
    switch parts.first {
    case "run" where rest.isEmpty: self = .run
    case "pause" where rest.isEmpty: self = .pause
    case "step" where rest.isEmpty: self = .step
    case "restart" where rest.isEmpty: self = .restart
    case "save" where rest.isEmpty: self = .save
    case "until":
      guard let cycle = Int(rest), cycle > 0 else { return nil }
      self = .until(cycle)
    case "speed":
      if rest == "max" {
        self = .speed(nil)
      } else {
        guard let rate = Double(rest), rate > 0, rate <= 1e9 else { return nil }
        self = .speed(rate)
      }
    case "set":
      guard let equals = rest.firstIndex(of: "="), equals != rest.startIndex else { return nil }
      self = .set(reference: String(rest[..<equals]), text: String(rest[rest.index(after: equals)...]))
    case "unset" where !rest.isEmpty: self = .unset(rest)
    case "watch" where !rest.isEmpty: self = .watch(rest)
    case "unwatch" where !rest.isEmpty: self = .unwatch(rest)
    case "open": self = .open(rest.isEmpty ? nil : rest)
    default: return nil
    }
  }
}
