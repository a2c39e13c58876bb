import TensorCore

extension DType {
  /// What this one is computed as where a kernel has no loops for it: every number of this one is one of that one.
  public var wider: DType {
    switch self {
    case .half, .bfloat16: .float
    case .int8, .int16, .uint8, .uint16: .int32
    case .uint32: .int64
    // What is stored may need widening too.
    default: stored == self ? self : stored.wider
    }
  }

  /// Whether arithmetic of this one is the matter of ScalarKernels.
  public var isRare: Bool { isComplex || self == .uint64 }
}

extension RuleContext {
  /// What a block that computes in wider dtypes is to its kernel: its inputs, and its type variables, as those. Nil for all others.
  ///
  /// Its inputs are converted first and its outputs last, each rounded once, as TensorFlow's own arithmetic of 16-bit floats does.
  public var widened: RuleContext? {
    var wide = attrs
    for (index, attr) in type.attrs.enumerated() {
      if case .type(let dtype)? = attrs[index], attr.widened.contains(dtype) { wide[index] = .type(dtype.wider) }
    }
    guard wide != attrs else { return nil }
    var inputs = inputs
    for (pin, members) in pins.enumerated() {
      guard case .variable(let attr) = type.inputElements[pin], wide[attr] != attrs[attr], case .type(let dtype)? = wide[attr] else { continue }
      for member in members { inputs[member].dtype = dtype }
    }
    var context = RuleContext(type: type, attrs: wide, inputs: inputs, pins: pins, pool: pool)
    context.origin = origin
    context.narrowAttrs = attrs
    return context
  }

  /// The dtype of a type variable as the page has it, also in ``widened``.
  public func narrowDType(_ name: String) -> DType {
    let index = type.attrs.firstIndex { $0.name == name }
    if case .type(let dtype)?? = index.map({ (narrowAttrs ?? attrs)[$0] }) { return dtype }
    return .float
  }

  /// Whether its kernel is one of ScalarKernels when there are two of its name.
  public var isRare: Bool { inputs.contains { $0.dtype.isRare } || (!type.outputs.isEmpty && dtype(ofOutput: 0, member: 0).isRare) }

  /// The dtype of an output, or of the member of its place of an output list.
  public func dtype(ofOutput pin: Int, member: Int) -> DType {
    switch type.outputElements[pin] {
    case .fixed(let dtype): dtype
    case .variable(let index):
      switch attrs[index] {
      case .type(let dtype): dtype
      case .types(let dtypes): dtypes.indices.contains(member) ? dtypes[member] : .float
      default: .float
      }
    case .any: inputs.indices.contains(member) ? inputs[member].dtype : .float
    }
  }
}
