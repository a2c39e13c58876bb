// How a kernel is called: the one type that every instruction set's build of the kernels shares.
//
// It is C, because a Swift struct would bring metadata and value witnesses into each kernel module, as weak functions
// that the linker shares between modules compiled for different processors.
#ifndef ENUFLOW_KERNEL_ABI_H
#define ENUFLOW_KERNEL_ABI_H

#include <stdint.h>

#include "lgamma_table.h"

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
  // As many bytes as the entry's `scratch` rule asked for, on a 64-byte boundary, for the kernel's own use during the call.
  // Null when it asked for none.
  void *_Nullable scratch;
  // The words that the entry's `state` rule filled, which belong to this block alone and stay from call to call. Null when it
  // has none.
  void *_Nullable state;
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
  // CountUpTo's variable has reached its limit.
  ef_counter_limit = 4,
  // No numbers can be drawn with these parameters.
  ef_bad_distribution = 5,
  // A thousand draws in turn were rejected.
  ef_no_sample = 6,
  // A learning rate that is not positive, or a negative l1 or l2 …
  ef_bad_hyperparameter = 7,
  // A range of quantised numbers whose ends are the wrong way round, or without width.
  ef_bad_range = 8,
  // What CheckNumerics found.
  ef_has_nan = 9,
  ef_has_infinity = 10,
  ef_has_both = 11,
  // An integer to the power of a negative one.
  ef_negative_power = 12,
};

// The words of scratch memory that random kernels draw into, a strip at a time.
enum { EF_RANDOM_STRIP = 1024 };

// The elements of a line of the per-channel FakeQuant kernel: its five kinds of values for a line fit the first-level cache.
enum { EF_FAKE_QUANT_LINE = 1024 };

// About how many elements the softmax kernels work on at a time, so that they stay in the first cache.
enum { EF_SOFTMAX_BLOCK = 2048 };
// The gradient's scratch memory: two floats and four doubles for each element of a line, and two floats for each element of a part
// of four lines.
enum { EF_FAKE_QUANT_PART = 128, EF_FAKE_QUANT_GRADIENT_BYTES = EF_FAKE_QUANT_LINE * (2 * 4 + 4 * 8) + EF_FAKE_QUANT_PART * 4 * 2 * 4 };
// The bytes of a partial result of a reduction: the lanes of its vectors, and where the sum of the elements after them is.
enum { EF_REDUCTION_PARTIAL = 192, EF_REDUCTION_REST = 128 };

// The square root as one instruction. Swift's own is C's `sqrt`, which calls the library for negative numbers (errno).
static inline float ef_sqrtf(float x) { return __builtin_elementwise_sqrt(x); }
static inline double ef_sqrt(double x) { return __builtin_elementwise_sqrt(x); }

// 2/pi in binary, 64 places a word; word 0 stands before the point.
static inline uint64_t ef_two_over_pi(int64_t word) {
  static const uint64_t places[] = {
      0,
      0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561, 0xb7246e3a424dd2e0,
      0x06492eea09d1921c, 0xfe1deb1cb129a73e, 0xe88235f52ebb4484, 0xe99c7026b45f7e41, 0x3991d639835339f4,
      0x9c845f8bbdf9283b, 0x1ff897ffde05980f, 0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7, 0x4f463f669e5fea2d,
      0x7527bac7ebe5f17b, 0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab, 0xf0cfbc209af4361d,
  };
  return places[word];
}

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

// The vectors that one register of the processor holds, and how many there are.
#if defined(__AVX512F__)
#define EF_VECTOR_BYTES 64
#define EF_VECTOR_REGISTERS 32
#elif defined(__AVX__)
#define EF_VECTOR_BYTES 32
#define EF_VECTOR_REGISTERS 16
#elif defined(__aarch64__)
#define EF_VECTOR_BYTES 16
#define EF_VECTOR_REGISTERS 32
#else
#define EF_VECTOR_BYTES 16
#define EF_VECTOR_REGISTERS 16
#endif
typedef float ef_floats __attribute__((ext_vector_type(EF_VECTOR_BYTES / 4)));
typedef double ef_doubles __attribute__((ext_vector_type(EF_VECTOR_BYTES / 8)));
typedef int32_t ef_int32s __attribute__((ext_vector_type(EF_VECTOR_BYTES / 4)));
typedef long long ef_int64s __attribute__((ext_vector_type(EF_VECTOR_BYTES / 8)));

// Whether sum + a * b is rounded once. Where the processor has no instruction for that, it is rounded twice; the C library's
// function is never called. Swift cannot see what the module is compiled for, C can.
#if defined(__FMA__) || defined(__aarch64__)
#define EF_FUSES 1
#define EF_MULTIPLY_ADD(sum, a, b) return __builtin_elementwise_fma(a, b, sum);
#else
#define EF_FUSES 0
#define EF_MULTIPLY_ADD(sum, a, b) _Pragma("STDC FP_CONTRACT OFF") return sum + a * b;
#endif
static inline float ef_multiply_add_float(float sum, float a, float b) { EF_MULTIPLY_ADD(sum, a, b) }
static inline double ef_multiply_add_double(double sum, double a, double b) { EF_MULTIPLY_ADD(sum, a, b) }
static inline ef_floats ef_multiply_add_floats(ef_floats sum, ef_floats a, ef_floats b) { EF_MULTIPLY_ADD(sum, a, b) }
static inline ef_doubles ef_multiply_add_doubles(ef_doubles sum, ef_doubles a, ef_doubles b) { EF_MULTIPLY_ADD(sum, a, b) }
#undef EF_MULTIPLY_ADD

// Part of a register: `count` elements from its start on, at least one. What is not read is zero; what is not written stays. EF_MASKS says
// whether that costs no more than a whole register.
#if defined(__AVX512F__)
#define EF_MASKS 1
#define EF_PART(suffix, vector, name, lanes, mask)                                                                             \
  static inline vector ef_load_part_##suffix(const void *_Nonnull from, int64_t count) {                                        \
    return (vector)__builtin_ia32_loadu##name##512_mask((const void *)from, (lanes){0}, (mask)((1u << count) - 1));              \
  }                                                                                                                              \
  static inline void ef_store_part_##suffix(vector value, void *_Nonnull to, int64_t count) {                                   \
    __builtin_ia32_storeu##name##512_mask((void *)to, (lanes)value, (mask)((1u << count) - 1));                                  \
  }
#else
#define EF_MASKS 0
// By moves of fixed sizes: less than a register.
static inline void ef_copy_part(void *_Nonnull to, const void *_Nonnull from, int64_t bytes) {
  int64_t done = 0;
#define EF_COPY(size)                                                                                                            \
  if (bytes & size) {                                                                                                            \
    __builtin_memcpy((char *)to + done, (const char *)from + done, size);                                                        \
    done += size;                                                                                                                \
  }
  EF_COPY(16)
  EF_COPY(8)
  EF_COPY(4)
#undef EF_COPY
}
#define EF_PART(suffix, vector, name, lanes, mask)                                                                             \
  static inline vector ef_load_part_##suffix(const void *_Nonnull from, int64_t count) {                                        \
    vector value = {0};                                                                                                          \
    ef_copy_part(&value, from, count * (int64_t)sizeof(value[0]));                                                               \
    return value;                                                                                                                \
  }                                                                                                                              \
  static inline void ef_store_part_##suffix(vector value, void *_Nonnull to, int64_t count) {                                   \
    ef_copy_part(to, &value, count * (int64_t)sizeof(value[0]));                                                                 \
  }
#endif
typedef float ef_16_floats __attribute__((ext_vector_type(16)));
typedef double ef_8_doubles __attribute__((ext_vector_type(8)));
EF_PART(floats, ef_floats, ps, ef_16_floats, uint16_t)
EF_PART(doubles, ef_doubles, pd, ef_8_doubles, uint8_t)
EF_PART(int32s, ef_int32s, ps, ef_16_floats, uint16_t)
EF_PART(int64s, ef_int64s, pd, ef_8_doubles, uint8_t)
#undef EF_PART

// 16-bit floats. By integers, where the processor has no instructions for them: halves below the normal ones are normal floats, and
// no step on the way is subnormal, so that flushing changes nothing.
static inline float ef_float_of_half(uint16_t half) {
#if defined(__F16C__) || defined(__aarch64__)
  _Float16 value;
  __builtin_memcpy(&value, &half, 2);
  return (float)value;
#else
  uint32_t rest = half & 0x7fff, sign = (uint32_t)(half & 0x8000) << 16;
  uint32_t normal = (rest << 13) + (112u << 23), infinite = normal + (112u << 23), raised = (rest << 13) + 0x38800000u, bits;
  float small;
  __builtin_memcpy(&small, &raised, 4);
  small -= 0x1p-14f;
  __builtin_memcpy(&bits, &small, 4);
  bits = sign | (rest < 0x400 ? bits : rest < 0x7c00 ? normal : infinite);
  __builtin_memcpy(&small, &bits, 4);
  return small;
#endif
}
// The nearest, of two the even one.
static inline uint16_t ef_half_of_float(float value) {
#if defined(__F16C__) || defined(__aarch64__)
  _Float16 half = (_Float16)value;
  uint16_t result;
  __builtin_memcpy(&result, &half, 2);
  return result;
#else
  uint32_t bits, small;
  __builtin_memcpy(&bits, &value, 4);
  uint32_t rest = bits & 0x7fffffff;
  float raised;
  __builtin_memcpy(&raised, &rest, 4);
  raised += 0.5f;
  __builtin_memcpy(&small, &raised, 4);
  uint32_t normal = (rest + 0xc8000fffu + (rest >> 13 & 1)) >> 13;
  uint32_t result = rest > 0x7f800000 ? 0x7e00 : rest >= 0x47800000 ? 0x7c00 : rest < 0x38800000 ? small - 0x3f000000 : normal;
  return (uint16_t)(bits >> 16 & 0x8000) | (uint16_t)result;
#endif
}
static inline uint16_t ef_bfloat16_of_float(float value) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, 4);
  uint32_t near = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  return (uint16_t)((bits & 0x7fffffff) > 0x7f800000 ? bits >> 16 | 0x40 : near);
}

// Memory for `cast`, without the time to clear it: two strips.
enum { EF_CAST_STRIP = 4096 };
static inline int32_t ef_with_strips(
  const ef_call *_Nonnull call, int32_t (*_Nonnull body)(const ef_call *_Nonnull call, void *_Nonnull strips)) {
  _Alignas(64) char strips[2 * EF_CAST_STRIP];
  return body(call, strips);
}

// Asks for a cache line that will be read and written soon. Any address will do.
static inline void ef_prefetch(const void *_Nonnull address) { __builtin_prefetch(address, 1, 3); }
static inline void ef_prefetch_for_reading(const void *_Nonnull address) { __builtin_prefetch(address, 0, 3); }

// Lays four rows of four elements, `from_pitch` bytes apart, as columns into rows that are `to_pitch` bytes apart.
#define EF_TRANSPOSE(name, element)                                                                                              \
  static inline void name(const void *_Nonnull from, int64_t from_pitch, void *_Nonnull to, int64_t to_pitch) {                 \
    typedef element row __attribute__((ext_vector_type(4), aligned(1)));                                                         \
    const char *x = (const char *)from;                                                                                          \
    char *y = (char *)to;                                                                                                        \
    row a = *(const row *)x, b = *(const row *)(x + from_pitch), c = *(const row *)(x + 2 * from_pitch),                          \
        d = *(const row *)(x + 3 * from_pitch);                                                                                  \
    row ac0 = __builtin_shufflevector(a, c, 0, 4, 1, 5), ac1 = __builtin_shufflevector(a, c, 2, 6, 3, 7);                         \
    row bd0 = __builtin_shufflevector(b, d, 0, 4, 1, 5), bd1 = __builtin_shufflevector(b, d, 2, 6, 3, 7);                         \
    *(row *)y = __builtin_shufflevector(ac0, bd0, 0, 4, 1, 5);                                                                   \
    *(row *)(y + to_pitch) = __builtin_shufflevector(ac0, bd0, 2, 6, 3, 7);                                                      \
    *(row *)(y + 2 * to_pitch) = __builtin_shufflevector(ac1, bd1, 0, 4, 1, 5);                                                  \
    *(row *)(y + 3 * to_pitch) = __builtin_shufflevector(ac1, bd1, 2, 6, 3, 7);                                                  \
  }
EF_TRANSPOSE(ef_transpose_words, uint32_t)
EF_TRANSPOSE(ef_transpose_doublewords, uint64_t)
#undef EF_TRANSPOSE

// How matMul cuts its work: blocks of `a` for the second cache, of `b` for the second or third, and a panel of b's block, two
// vectors wide, for the first.
// Products of at most this many terms in all use no vectors and no scratch memory.
#define EF_MATMUL_TINY 64
#define EF_MATMUL_TERMS 256
#define EF_MATMUL_A_BYTES (240 * 1024)
#define EF_MATMUL_B_BYTES (1024 * 1024)

// The rows of a block of `a`, and the columns of one of `b`: as many as the budget holds, full tiles of them.
static inline int64_t ef_matmul_rows(int64_t m, int64_t element) {
  int64_t most = EF_MATMUL_A_BYTES / (EF_MATMUL_TERMS * element) / 12 * 12;
  return m < most ? m : most;
}
static inline int64_t ef_matmul_columns(int64_t n, int64_t element) {
  int64_t most = EF_MATMUL_B_BYTES / (EF_MATMUL_TERMS * element);
  return n < most ? n : most;
}
// The bytes of the packed block of `b`, whose last panel is filled up, and of both blocks. A row of a's block has 64 bytes more
// than its terms: they keep rows out of each other's cache lines.
static inline int64_t ef_matmul_b_bytes(int64_t n, int64_t k, int64_t element) {
  return (k < EF_MATMUL_TERMS ? k : EF_MATMUL_TERMS) * ((ef_matmul_columns(n, element) * element + 127) / 128 * 128);
}
// Nothing for the products that need none; sizes may be anything that fits the memory.
static inline int64_t ef_matmul_scratch(int64_t m, int64_t n, int64_t k, int64_t element) {
  // A single column is computed as a row.
  if (n == 1) {
    n = m;
    m = 1;
  }
  if (m <= EF_MATMUL_TINY && n <= EF_MATMUL_TINY && k <= EF_MATMUL_TINY && m * n * k <= EF_MATMUL_TINY) return 0;
  int64_t rows = ef_matmul_rows(m, element), terms = k < EF_MATMUL_TERMS ? k : EF_MATMUL_TERMS;
  // The block is laid row by row or, when `a` is transposed, term by term.
  int64_t by_row = rows * (terms * element + 128), by_term = terms * (rows * element + 128);
  return ef_matmul_b_bytes(n, k, element) + (by_row < by_term ? by_term : by_row);
}

// The newest instruction set that this processor has and kernels are compiled for: 0 plain, 1 x86-64-v3 (AVX2), 2 x86-64-v4
// (AVX-512).
static inline int32_t ef_processor_level(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
        __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("f16c")))
    return 0;
  if (!(__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")))
    return 1;
  return 2;
#else
  return 0;
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

// For a thread that looks again and again whether there is work.
static inline void ef_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb" : : : "memory");
#endif
}

// The processors that this process may run on.
int32_t ef_processor_count(void);

#endif
