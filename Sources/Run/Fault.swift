import Blocks
import CKernelABI

/// What a kernel's return code means.
enum Fault {
  /// `message` is what the block itself is to say.
  static func error(_ code: Int32, type: String, message: String? = nil) -> BlockError {
    switch UInt32(bitPattern: code) {
    case ef_division_by_zero.rawValue:
      BlockError(.divisionByZero, "\(type) divides an integer by zero", fix: "make sure that no element of the divisor is 0, or cast to float")
    case ef_index_out_of_range.rawValue where type == "InvertPermutation":
      BlockError(.badValue, "`x` is no permutation", fix: "name each number from 0 to its size - 1 once")
    case ef_index_out_of_range.rawValue:
      type == "ReverseSequence"
        ? BlockError(.indexOutOfRange, "`seq_lengths` has a length below 0 or beyond the axis `seq_dim`", input: 1)
        : BlockError(.indexOutOfRange, "\(type) was given an index outside of its tensor")
    case ef_has_nan.rawValue, ef_has_infinity.rawValue, ef_has_both.rawValue:
      BlockError(
        .notFinite,
        (message.map { $0 + ": " } ?? "") + "the tensor has "
          + (code == Int32(ef_has_nan.rawValue) ? "NaN" : code == Int32(ef_has_infinity.rawValue) ? "infinite" : "infinite and NaN") + " elements",
        input: 0)
    case ef_counter_limit.rawValue:
      BlockError(.counterLimit, "\(type) has counted up to its limit", fix: "run fewer cycles, or raise `limit`")
    case ef_bad_distribution.rawValue:
      BlockError(
        .badValue, type == "RandomUniformInt" ? "`minval` must be below `maxval`" : "no numbers can be drawn with these parameters",
        fix: type == "RandomUniformInt" ? nil : "each deviation must be above 0, each lower bound below the upper one, and one of them finite")
    case ef_no_sample.rawValue:
      BlockError(.badValue, "a thousand numbers in turn were drawn outside of the bounds", fix: "move the bounds or the means")
    case ef_bad_hyperparameter.rawValue:
      BlockError(.badValue, "\(type) needs `lr` above 0, `l1` and `l2` of 0 or more, and `lr_power` of 0 or less")
    case ef_negative_power.rawValue:
      BlockError(.badValue, "\(type) raises an integer to a negative power", fix: "make sure that no element of `y` is below 0, or cast to float")
    case ef_bad_range.rawValue:
      BlockError(.badValue, "\(type) was given a range that it cannot take", fix: rangeRule(type))
    default:
      BlockError(.internalError, "\(type) has no kernel for these dtypes (code \(code))")
    }
  }

  /// What a block of quantised numbers wants of its ranges.
  private static func rangeRule(_ type: String) -> String {
    switch type {
    case "Requantize": "`requested_output_min` must be 0 or less, `requested_output_max` 0 or more"
    case "QuantizeV2", "QuantizeAndDequantizeV2": "the upper end may not be below the lower end"
    default: "each upper end must be above its lower end"
    }
  }
}
