"""dtypes: names as in pages, numpy's, and how their bits are looked at."""

import numpy as np

NUMPY = {
    "float": np.float32,
    "double": np.float64,
    "int8": np.int8,
    "int16": np.int16,
    "int32": np.int32,
    "int64": np.int64,
    "uint8": np.uint8,
    "uint16": np.uint16,
    "bool": np.bool_,
    "string": np.object_,
}
NAMES = {np.dtype(kind): name for name, kind in NUMPY.items()}
FLOATS = ("float", "double")


def name(array):
    return NAMES[array.dtype]


def is_float(array):
    return array.dtype.kind == "f"


def bits(array):
    """The elements of a float array as signed integers of the same size."""
    # ascontiguousarray makes a vector of a scalar.
    return np.ascontiguousarray(array).view(np.int32 if array.dtype.itemsize == 4 else np.int64).reshape(array.shape)
