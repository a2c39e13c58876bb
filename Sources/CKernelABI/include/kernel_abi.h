// How a kernel is called: the one type that every instruction set's build of the kernels shares.
//
// It is C, because a Swift struct would bring metadata and value witnesses into each kernel module, as weak functions
// that the linker shares between modules compiled for different processors.
#ifndef ENUFLOW_KERNEL_ABI_H
#define ENUFLOW_KERNEL_ABI_H

#include <stdint.h>

// One step's arguments. Fixed before the first cycle when all shapes are known.
typedef struct ef_call {
  // Inputs, then outputs. An input or output list stands as its members.
  void *_Nonnull const *_Nonnull buffers;
  // The elements of each buffer.
  const int64_t *_Nonnull counts;
  // The TensorFlow dtype number of each buffer.
  const uint8_t *_Nonnull dtypes;
  // How the loops of a `map` kernel run (see BroadcastLayout); of no meaning to other kernels.
  const int64_t *_Nonnull layout;
  // What the entry's `parameters` rule returned; floats stand as their bits.
  const int64_t *_Nonnull parameters;
  int32_t input_count;
  int32_t output_count;
} ef_call;

// Returns 0 when all went well, otherwise one of ef_fault.
typedef int32_t (*ef_kernel)(const ef_call *_Nonnull call);

enum ef_fault {
  ef_ok = 0,
  ef_division_by_zero = 1,
  ef_index_out_of_range = 2,
  // The kernel has no loop for these dtypes: a defect of the catalogue entry.
  ef_unsupported = 3,
};

// The square root as one instruction. Swift's own is C's `sqrt`, which calls the library for negative numbers (errno).
static inline float ef_sqrtf(float x) { return __builtin_elementwise_sqrt(x); }
static inline double ef_sqrt(double x) { return __builtin_elementwise_sqrt(x); }

// The next integer below a number that is less than 2^22 in magnitude, infinite or NaN, and not -0. One instruction where the
// processor has it, otherwise the same bits without the library call that plain x86-64 would need.
static inline float ef_small_floorf(float x) {
#if defined(__SSE4_1__) || defined(__aarch64__)
  return __builtin_elementwise_floor(x);
#else
  float near = (x + 0x1.8p23f) - 0x1.8p23f;
  return near > x ? near - 1.0f : near;
#endif
}

// Kernels run with denormals flushed to zero, operands and results, because TensorFlow's do: 1e-40f + 0 is 0 there.
// Returns the mode to go back to.
static inline uint64_t ef_enter_kernel_mode(void) {
#if defined(__x86_64__)
  uint32_t mode;
  __asm__ volatile("stmxcsr %0" : "=m"(mode));
  uint32_t flushing = mode | 0x8040;
  __asm__ volatile("ldmxcsr %0" : : "m"(flushing) : "memory");
  return mode;
#elif defined(__aarch64__)
  uint64_t mode;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
  __asm__ volatile("msr fpcr, %0" : : "r"(mode | (1ull << 24)) : "memory");
  return mode;
#else
  return 0;
#endif
}

static inline void ef_leave_kernel_mode(uint64_t mode) {
#if defined(__x86_64__)
  uint32_t before = (uint32_t)mode;
  __asm__ volatile("ldmxcsr %0" : : "m"(before) : "memory");
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" : : "r"(mode) : "memory");
#endif
}

#endif
