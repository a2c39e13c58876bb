/// The stable id of a kind of diagnostic, with its usual severity and a one-line title.
///
/// An id is never given another meaning. E00 files and XML, E01 page structure, E02 blocks, pins and wires,
/// E03 dtypes, shapes and values, E04 run time, E05 expectations, E06 command line; W and N are warnings and notes.
public struct DiagnosticID: Hashable, Sendable, CustomStringConvertible {
  public let code: String
  public let title: String
  public let severity: Severity

  public var description: String { code }

  private init(_ code: String, _ title: String) {
    self.code = code
    self.title = title
    severity = code.hasPrefix("W") ? .warning : code.hasPrefix("N") ? .note : .error
  }

  public static func == (a: DiagnosticID, b: DiagnosticID) -> Bool { a.code == b.code }
  public func hash(into hasher: inout Hasher) { hasher.combine(code) }
}

extension DiagnosticID {
  // Files and XML.
  public static let fileUnreadable = DiagnosticID("E0001", "a file cannot be read")
  public static let emptyFile = DiagnosticID("E0002", "the file is empty")
  public static let encoding = DiagnosticID("E0003", "the bytes are not the text they should be")
  public static let notWellFormed = DiagnosticID("E0004", "the text is not well-formed XML")
  public static let doctype = DiagnosticID("E0005", "a page may not have a DOCTYPE")
  public static let limit = DiagnosticID("E0006", "the page is larger than a limit")
  public static let dataFile = DiagnosticID("E0007", "the .dat file beside the page is missing or too short")
  public static let outputUnwritable = DiagnosticID("E0009", "an output file cannot be written")
  public static let tensorFile = DiagnosticID("E0010", "a checkpoint or file of tensors is damaged, or is none")
  public static let fileNotAllowed = DiagnosticID("E0011", "a file that the page may not touch")

  // Page structure.
  public static let unknownRoot = DiagnosticID("E0101", "the root element is no page")
  public static let unknownElement = DiagnosticID("E0102", "an element that does not belong there")
  public static let unknownXMLAttribute = DiagnosticID("E0103", "an XML attribute that the element does not have")
  public static let missingXMLAttribute = DiagnosticID("E0104", "an XML attribute that the element needs is missing")
  public static let badID = DiagnosticID("E0105", "not a valid id or scope name")
  public static let duplicateID = DiagnosticID("E0106", "the same id twice in one scope")
  public static let badReference = DiagnosticID("E0107", "not a valid reference")
  public static let strayText = DiagnosticID("E0108", "text where none is expected")
  public static let duplicatePin = DiagnosticID("E0109", "the same pin or attr twice in one block")
  public static let badXMLAttribute = DiagnosticID("E0110", "an XML attribute with a value it cannot have")

  // Blocks, pins, attrs and wires.
  public static let unknownType = DiagnosticID("E0201", "unknown block type")
  public static let typeNotYet = DiagnosticID("E0202", "a block type of enuSpace that enuflow does not have yet")
  public static let unknownBlock = DiagnosticID("E0203", "a reference to a block that is not there")
  public static let unknownPin = DiagnosticID("E0204", "the block has no such pin")
  public static let unknownAttr = DiagnosticID("E0205", "the block has no such attr")
  public static let badAttrValue = DiagnosticID("E0206", "an attr with a value it cannot have")
  public static let missingAttr = DiagnosticID("E0207", "an attr without default is not given")
  public static let missingInput = DiagnosticID("E0208", "an input pin has neither wire nor text")
  public static let tooManyWires = DiagnosticID("E0209", "more than one wire into a pin that takes one")
  public static let listLength = DiagnosticID("E0210", "an input list with the wrong number of wires")
  public static let cycle = DiagnosticID("E0211", "the wires form a cycle")
  public static let badIndex = DiagnosticID("E0212", "an index that the output does not have")
  public static let pinNeeded = DiagnosticID("E0213", "the block has several outputs: the pin must be named")
  public static let wrongDirection = DiagnosticID("E0214", "a wire that starts at an input or ends at an output")
  public static let notAVariable = DiagnosticID("E0215", "a pin that needs a variable is wired to something else")

  // Gradients.
  public static let noDependence = DiagnosticID("E0231", "an output that does not depend on what it is to be differentiated by")
  public static let noGradient = DiagnosticID("E0232", "a block that cannot be differentiated lies between outputs and inputs")

  // Dtypes, shapes and values.
  public static let badDType = DiagnosticID("E0301", "unknown dtype")
  public static let dtypeNotAllowed = DiagnosticID("E0302", "a dtype that the pin does not take")
  public static let dtypeMismatch = DiagnosticID("E0303", "two pins that must have the same dtype differ")
  public static let shapeMismatch = DiagnosticID("E0304", "shapes that do not fit")
  public static let badValueText = DiagnosticID("E0305", "a text that cannot be read as values")
  public static let valueCount = DiagnosticID("E0306", "the number of values does not match the shape")
  public static let badShapeText = DiagnosticID("E0307", "a text that is no shape")
  public static let valueRange = DiagnosticID("E0308", "a value outside of its dtype")
  public static let tooLarge = DiagnosticID("E0309", "a tensor larger than the memory")
  public static let badValue = DiagnosticID("E0310", "a value that the block cannot take")

  // Run time.
  public static let divisionByZero = DiagnosticID("E0401", "integer division by zero")
  public static let notFed = DiagnosticID("E0402", "a placeholder without a value")
  public static let feedMismatch = DiagnosticID("E0403", "a fed value that does not fit")
  public static let outOfMemory = DiagnosticID("E0404", "memory ran out")
  public static let indexOutOfRange = DiagnosticID("E0405", "an index outside of its tensor")
  public static let counterLimit = DiagnosticID("E0406", "a counter has reached its limit")
  public static let notFinite = DiagnosticID("E0407", "a value is NaN or infinite")
  public static let checkpointMismatch = DiagnosticID("E0408", "a checkpoint that does not belong to the page")
  public static let tensorNotThere = DiagnosticID("E0409", "a file of tensors does not hold what is asked for")

  // Expectations.
  public static let expectationFailed = DiagnosticID("E0501", "a result is not what the page expects")
  public static let expectationInvalid = DiagnosticID("E0502", "an expectation that cannot be checked")
  public static let noExpectations = DiagnosticID("W0503", "the page has no expectations")
  public static let untilNotMet = DiagnosticID("E0504", "the run ended before its --until was met")

  // The command line.
  public static let badArgument = DiagnosticID("E0601", "an argument that cannot be used")
  public static let interrupted = DiagnosticID("E0602", "the run was interrupted")
  public static let internalError = DiagnosticID("E0603", "a defect of enuflow")

  // Warnings and notes.
  public static let unknownAttrIgnored = DiagnosticID("W0701", "an attr that the original ignores")
  public static let leftOut = DiagnosticID("W0703", "a block that --keep-going left out")
  public static let duplicateAttrIgnored = DiagnosticID("W0704", "only the first of two equal attrs counts")
  public static let textUnused = DiagnosticID("W0705", "the text of a wired pin is not used")
  public static let historyThinned = DiagnosticID("N0802", "a history was thinned to fit the memory")
  public static let nothingToRun = DiagnosticID("N0803", "a resumed run has no cycle left to run")
  public static let notExecuted = DiagnosticID("N0801", "parts of the page that are kept and not executed")

  /// Every id, in the order of their codes.
  public static let all: [DiagnosticID] = [
    fileUnreadable, emptyFile, encoding, notWellFormed, doctype, limit, dataFile, outputUnwritable, tensorFile, fileNotAllowed,
    unknownRoot, unknownElement, unknownXMLAttribute, missingXMLAttribute, badID, duplicateID, badReference, strayText, duplicatePin,
    badXMLAttribute,
    unknownType, typeNotYet, unknownBlock, unknownPin, unknownAttr, badAttrValue, missingAttr, missingInput, tooManyWires, listLength,
    cycle, badIndex, pinNeeded, wrongDirection, notAVariable,
    noDependence, noGradient,
    badDType, dtypeNotAllowed, dtypeMismatch, shapeMismatch, badValueText, valueCount, badShapeText, valueRange, tooLarge, badValue,
    divisionByZero, notFed, feedMismatch, outOfMemory, indexOutOfRange, counterLimit, notFinite,
    checkpointMismatch, tensorNotThere,
    expectationFailed, expectationInvalid, noExpectations, untilNotMet,
    badArgument, interrupted, internalError,
    unknownAttrIgnored, leftOut, duplicateAttrIgnored, textUnused, notExecuted, historyThinned, nothingToRun,
  ]
}
