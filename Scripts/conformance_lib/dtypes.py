"""dtypes: names as in pages, numpy's, and how their bits are looked at."""

from dataclasses import dataclass

import ml_dtypes
import numpy as np

NUMPY = {
    "float": np.float32,
    "double": np.float64,
    "half": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
    "complex64": np.complex64,
    "complex128": np.complex128,
    "int8": np.int8,
    "int16": np.int16,
    "int32": np.int32,
    "int64": np.int64,
    "uint8": np.uint8,
    "uint16": np.uint16,
    "uint32": np.uint32,
    "uint64": np.uint64,
    "bool": np.bool_,
    "string": np.object_,
}
# Integers that stand for floats. numpy has none: a name around the integer keeps them apart.
QUANTIZED = {
    name: np.dtype([(name, kind)])
    for name, kind in (("qint8", np.int8), ("quint8", np.uint8), ("qint16", np.int16), ("quint16", np.uint16), ("qint32", np.int32))
}
NAMES = {np.dtype(kind): name for name, kind in (NUMPY | QUANTIZED).items()}
FLOATS = ("float", "double", "half", "bfloat16")
# Of which parts complex numbers are made.
PARTS = {"complex64": "float", "complex128": "double"}
# What can be differentiated.
DIFFERENTIABLE = FLOATS + tuple(PARTS)
_INTEGERS = {2: np.int16, 4: np.int32, 8: np.int64}


@dataclass(frozen=True)
class Limits:
    """What np.finfo says, as doubles for every dtype."""

    eps: np.float64
    tiny: np.float64
    least: np.float64
    max: np.float64
    nmant: int
    minexp: int


def _limits(kind):
    info = ml_dtypes.finfo(kind) if kind == ml_dtypes.bfloat16 else np.finfo(kind)
    numbers = (np.float64(number) for number in (info.eps, info.tiny, info.smallest_subnormal, info.max))
    return Limits(*numbers, int(info.nmant), int(info.minexp))


_LIMITS = {np.dtype(NUMPY[name]): _limits(NUMPY[PARTS.get(name, name)]) for name in DIFFERENTIABLE}


def limits(dtype):
    """Of a numpy dtype; of a complex one those of its parts."""
    return _LIMITS[np.dtype(dtype)]


def name(array):
    return NAMES[array.dtype]


def stored(array):
    """The integers of a quantised array; other arrays as they are."""
    return array if array.dtype.names is None else array[array.dtype.names[0]]


def is_float(array):
    """Whether its elements are real numbers with fractions."""
    return NAMES.get(array.dtype) in FLOATS


def is_complex(array):
    return array.dtype.kind == "c"


def is_differentiable(array):
    return is_float(array) or is_complex(array)


def parts(array):
    """The parts of complex numbers, along a last axis more; other arrays as they are."""
    if not is_complex(array):
        return array
    return np.stack([array.real, array.imag], -1)


def flushed(array):
    """Subnormal numbers as 0, for which all take them; but not those of half, which float holds as normal numbers."""
    if is_complex(array):
        return flushed(parts(array)).view(array.dtype).reshape(array.shape)
    if not is_float(array) or array.dtype == np.float16:
        return array
    # The sign stays: it decides on which side of a cut a complex number lies.
    return np.where(np.abs(array) < limits(array.dtype).tiny, np.copysign(np.zeros_like(array), array), array)


def spacing(magnitude, dtype):
    """The distance of the dtype's numbers around each magnitude of a wider dtype."""
    info = limits(dtype)
    exponent = np.frexp(np.clip(magnitude, info.tiny, info.max))[1] - 1
    return np.ldexp(np.ones_like(magnitude), np.maximum(exponent, info.minexp) - info.nmant)


def bits(array):
    """The elements of a float array as signed integers of the same size."""
    # ascontiguousarray makes a vector of a scalar.
    return np.ascontiguousarray(array).view(_INTEGERS[array.dtype.itemsize]).reshape(array.shape)
