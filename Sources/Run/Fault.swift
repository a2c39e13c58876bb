import Blocks
import CKernelABI

/// What a kernel's return code means.
enum Fault {
  static func error(_ code: Int32, type: String) -> BlockError {
    switch UInt32(bitPattern: code) {
    case ef_division_by_zero.rawValue:
      BlockError(.divisionByZero, "\(type) divides an integer by zero", fix: "make sure that no element of the divisor is 0, or cast to float")
    case ef_index_out_of_range.rawValue:
      BlockError(.indexOutOfRange, "\(type) was given an index outside of its tensor")
    case ef_counter_limit.rawValue:
      BlockError(.counterLimit, "\(type) has counted up to its limit", fix: "run fewer cycles, or raise `limit`")
    default:
      BlockError(.internalError, "\(type) has no kernel for these dtypes (code \(code))")
    }
  }
}
