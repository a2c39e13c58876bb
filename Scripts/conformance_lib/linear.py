"""Matrix products and smooth functions: inputs, and what their results must be near to."""

import numpy as np

from . import dtypes
from .bounds import summed, wider
from .cases import elementwise


def mat_mul(draw):
    rows, inner, columns = (min(draw.highest, draw.integer(0, 40) if draw.chance(0.3) else draw.integer(1, 9)) for _ in range(3))
    if draw.highest >= 70 and draw.chance(0.03):
        inner = draw.integer(200, 600)
    flips = [draw.pick([None, False, True]) for _ in range(2)]
    draw.attrs["transpose_a"], draw.attrs["transpose_b"] = flips
    a = (inner, rows) if flips[0] else (rows, inner)
    b = (columns, inner) if flips[1] else (inner, columns)
    if draw.is_spoiled:
        a = draw.pick([(a[0] + 1, a[1] + 1), a[:1], (1,) + a, ()])
    calm = draw.chance(0.6)
    return [draw.tensor(0, a, calm), draw.tensor(1, b, calm)]


def mat_mul_terms(case, pin):
    a, b = wider(case.inputs[0]), wider(case.inputs[1])
    a = a.T if case.attrs.get("transpose_a") else a
    b = b.T if case.attrs.get("transpose_b") else b
    return summed(a[:, :, np.newaxis] * b[np.newaxis], (1,))


def near(single, double):
    """Draws that stay where a function does something; `single` and `double` say how far that is."""

    def draw_near(draw):
        inputs = elementwise(draw)
        if draw.chance(0.4):
            for index, array in enumerate(inputs):
                reach = min(12, single) if array.dtype == np.float16 else double if array.dtype in (np.float64, np.complex128) else single
                inputs[index] = draw.random.uniform(-reach, reach, array.shape).astype(array.dtype)
                if dtypes.is_complex(array):
                    inputs[index].imag = draw.random.uniform(-9, 9, array.shape)
        return inputs

    return draw_near


def exp(case):
    return np.exp(wider(case.inputs[0]))


def log(case):
    return np.log(wider(case.inputs[0]))


def tanh(case):
    return np.tanh(wider(case.inputs[0]))


def sigmoid(case):
    x = wider(case.inputs[0])
    if dtypes.is_complex(x):
        x = x.astype(np.clongdouble)
        decay = np.exp(np.where(x.real < 0, x, -x))
        return np.where(x.real < 0, decay, 1) / (1 + decay)
    # Two forms, so that neither loses digits.
    decay = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + decay), decay / (1 + decay))


# What elementwise arithmetic is, of wider numbers.


def product(case):
    return wider(case.inputs[0]) * wider(case.inputs[1])


def product_reach(case):
    """The products of the parts."""
    x, y = (np.abs(dtypes.parts(wider(array))).max(-1) for array in case.inputs)
    return x * y


def quotient(case):
    return wider(case.inputs[0]) / wider(case.inputs[1])


def square(case):
    return wider(case.inputs[0]) ** 2


def square_reach(case):
    return np.abs(dtypes.parts(wider(case.inputs[0]))).max(-1) ** 2


def squared_difference(case):
    difference = wider(case.inputs[0]) - wider(case.inputs[1])
    return (difference * np.conj(difference)) if dtypes.is_complex(difference) else difference**2


def difference_reach(case):
    return np.abs(dtypes.parts(wider(case.inputs[0]) - wider(case.inputs[1]))).max(-1) ** 2


def sign(case):
    x = wider(case.inputs[0])
    return np.where(x == 0, 0, x / np.abs(x)) if dtypes.is_complex(x) else np.sign(x)


def magnitude(case):
    x = case.inputs[0].astype(np.clongdouble)
    return np.hypot(x.real, x.imag)


def root(case):
    return np.sqrt(wider(case.inputs[0]))


def added(case, pin):
    """Of AddN: halves are rounded once at the end; the others owe TensorFlow's bits."""
    members = case.inputs[0]
    if members[0].dtype.itemsize != 2 or not dtypes.is_float(members[0]):
        return None
    return summed(np.stack([wider(array) for array in members]), (0,))


def floor_quotient(case):
    return np.floor(wider(case.inputs[0]) / wider(case.inputs[1]))
