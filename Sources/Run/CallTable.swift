import Blocks
import CKernelABI
import Compile
import TensorCore

/// The kernel calls of a plan's static steps, bound to memory: flat arrays that the cycle loop walks without looking anything up.
final class CallTable: @unchecked Sendable {
  /// One static step.
  struct Entry {
    var function: ef_kernel
    var call: UnsafePointer<ef_call>
  }

  /// By static step, in plan order.
  let entries: UnsafeMutableBufferPointer<Entry>
  private let calls: UnsafeMutablePointer<ef_call>
  private let buffers: UnsafeMutablePointer<UnsafeMutableRawPointer>
  private let counts: UnsafeMutablePointer<Int64>
  private let dtypes: UnsafeMutablePointer<UInt8>
  private let words: UnsafeMutablePointer<Int64>
  /// One for all steps, as they run one after the other.
  private let scratch: UnsafeMutableRawPointer?

  /// `address` gives each slot's memory, which must stay where it is for the table's life.
  init(_ plan: Plan, address: (Int32) -> UnsafeMutableRawPointer) {
    var steps = 0
    var operands = 0
    var words = 1
    var scratch = 0
    for step in plan.steps {
      guard case .call(let call) = step.action else { continue }
      steps += 1
      operands += step.inputs.count + step.outputs.count
      words += call.layout.count + call.parameters.count
      scratch = max(scratch, call.scratch)
    }
    entries = .allocate(capacity: steps)
    calls = .allocate(capacity: max(1, steps))
    buffers = .allocate(capacity: max(1, operands))
    counts = .allocate(capacity: max(1, operands))
    dtypes = .allocate(capacity: max(1, operands))
    self.words = .allocate(capacity: words)
    self.words[0] = 0
    self.scratch = scratch > 0 ? .allocate(byteCount: scratch, alignment: 64) : nil

    var entry = 0
    var operand = 0
    var word = 1
    for step in plan.steps {
      guard case .call(let call) = step.action else { continue }
      let first = operand
      for index in step.inputs {
        add(plan.operands[Int(index)], at: operand, plan, address)
        operand += 1
      }
      for slot in step.outputs {
        add(slot, at: operand, plan, address)
        operand += 1
      }
      let layout = word
      for value in call.layout + call.parameters {
        self.words[word] = value
        word += 1
      }
      calls[entry] = ef_call(
        buffers: buffers + first, counts: counts + first, dtypes: dtypes + first, layout: self.words + layout,
        parameters: self.words + layout + call.layout.count, scratch: self.scratch, input_count: Int32(step.inputs.count),
        output_count: Int32(step.outputs.count))
      entries[entry] = Entry(function: call.function, call: UnsafePointer(calls + entry))
      entry += 1
    }
  }

  private func add(_ slot: Int32, at index: Int, _ plan: Plan, _ address: (Int32) -> UnsafeMutableRawPointer) {
    buffers[index] = address(slot)
    counts[index] = Int64(plan.slots[Int(slot)].shape.known?.count ?? 0)
    dtypes[index] = plan.slots[Int(slot)].dtype.rawValue
  }

  deinit {
    entries.deallocate()
    calls.deallocate()
    buffers.deallocate()
    counts.deallocate()
    dtypes.deallocate()
    words.deallocate()
    scratch?.deallocate()
  }
}
