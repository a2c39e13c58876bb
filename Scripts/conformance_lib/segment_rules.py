"""Inputs of segments, bins and batched products, and what their results must be near to."""

import numpy as np

from . import dtypes, linear
from .bounds import Bound, Sums, summed, wider
from .networks import Products
from .rule import Rule


def _ids(draw, count):
    """Sorted, with gaps; spoiled or not."""
    ids = np.sort(draw.random.integers(0, draw.pick([1, 3, 3, 12]), count))
    if draw.is_spoiled and count:
        style = draw.integer(0, 3)
        if style == 0:
            ids = ids - ids[0] - 1
        elif style == 1:
            ids[0] = ids[-1] + 1 if count > 1 else -1
        elif style == 2:
            ids = np.append(ids, ids[-1])
        else:
            ids = ids.reshape((1, count))
    elif draw.is_spoiled:
        ids = np.zeros(1, np.int64)
    return ids


def _data(draw, pin):
    dims = list(draw.shape(lowest=1))
    if draw.highest >= 70 and draw.chance(0.15):
        dims = [draw.integer(16, 90), *dims[1:2]]
    return draw.tensor(pin, dims, calm=draw.chance(0.6))


def segments(draw):
    data = _data(draw, 0)
    return [data, draw.numbers(1, _ids(draw, len(data)))]


def extremes(draw):
    """In segments of 16 rows or more TensorFlow's vectors decide which of several zeros or NaNs is left."""
    data, ids = segments(draw)
    if dtypes.is_float(data) and len(data) >= 16:
        data = np.where(np.isnan(data) | (np.abs(data) < dtypes.limits(data.dtype).tiny), data.dtype.type(1), data)
    return [data, ids]


def unsorted(draw):
    data = _data(draw, 0)
    segments = draw.integer(1, 9)
    depth = draw.integer(0 if draw.chance(0.1) else 1, data.ndim)
    ids = draw.random.integers(-2 if draw.chance(0.4) else 0, segments, data.shape[:depth])
    made = draw.numbers(2, segments)
    if draw.is_spoiled:
        style = draw.integer(0, 2) if data.size and ids.size else 2
        if style == 0:
            np.asarray(ids).reshape(-1)[draw.integer(0, ids.size - 1)] = segments
            ids = np.full(ids.shape, segments)
        elif style == 1:
            ids = np.zeros((*ids.shape, 2) if ids.ndim == data.ndim else (data.shape[0] + 1,), np.int64)
        else:
            made = draw.numbers(2, draw.pick([-1, -(2**31)]))
    return [data, draw.numbers(1, ids), made]


def unsorted_extremes(draw):
    """Which of several zeros is left depends on the element's place."""
    data, ids, count = unsorted(draw)
    if dtypes.is_float(data):
        data = np.where(np.abs(data) < dtypes.limits(data.dtype).tiny, data.dtype.type(0), data)
    return [data, ids, count]


def sparse(draw):
    data = _data(draw, 0)
    count = (draw.integer(0, 40) if draw.chance(0.4) else draw.integer(1, 9)) if len(data) else 0
    indices = draw.random.integers(0, max(1, len(data)), count)
    ids = _ids(draw, count)
    if draw.is_spoiled and count and draw.chance(0.4):
        ids = np.zeros(count, np.int64)
        indices[draw.integer(0, count - 1)] = draw.pick([-1, len(data), 10**6])
    return [data, draw.numbers(1, ids), draw.numbers(2, indices)]


def sparse_gradient(draw):
    """Without ids TensorFlow leaves the result as its memory was."""
    data = _data(draw, 0)
    if not len(data):
        data = draw.tensor(0, (3, *data.shape[1:]))
    count = draw.integer(1, 20)
    rows = draw.integer(1, 9)
    ids = np.sort(draw.random.integers(0, max(1, len(data)), count))
    indices = draw.random.integers(0, rows, count)
    if draw.is_spoiled:
        style = draw.integer(0, 3) if count else 3
        if style == 0:
            ids[-1] = len(data)
        elif style == 1:
            indices[0] = draw.pick([-1, rows])
        elif style == 2:
            indices = np.append(indices, 0)
        else:
            rows = -1
    return [data, draw.numbers(1, ids), draw.numbers(2, indices), draw.numbers(3, rows)]


def _members(case):
    """For each segment which rows it has."""
    ids = case.inputs[1].astype(np.int64)
    return [np.flatnonzero(ids == number) for number in range(ids[-1] + 1 if ids.size else 0)]


def sum_terms(case, pin):
    """The most rows of a segment count for all."""
    data, members = wider(case.inputs[0]), _members(case)
    made = [summed(data[rows], (0,)) for rows in members]
    empty = np.zeros((0, *data.shape[1:]), data.dtype)
    return (*(np.stack([one[part] for one in made]) if made else empty for part in range(3)), max([1] + [len(rows) for rows in members]))


def mean_terms(case, pin):
    """The sums, divided. A single row is copied."""
    data, members = wider(case.inputs[0]), _members(case)
    made = [summed(data[rows] / max(1, len(rows)), (0,)) for rows in members]
    empty = np.zeros((0, *data.shape[1:]), data.dtype)
    return (*(np.stack([one[part] for one in made]) if made else empty for part in range(3)), max([1] + [len(rows) for rows in members]) + 1)


def unsorted_terms(case, pin):
    data, ids = wider(case.inputs[0]), case.inputs[1].astype(np.int64)
    data = data.reshape(ids.size, *data.shape[ids.ndim :])
    made = [summed(data[ids.reshape(-1) == number], (0,)) for number in range(int(case.inputs[2]))]
    return (*(np.stack([one[part] for one in made]) for part in range(3)), max([1] + [one[3] for one in made]))


def cross_terms(case, pin):
    a, b = wider(case.inputs[0]), wider(case.inputs[1])
    left, right = (np.roll(a, -1, -1) * np.roll(b, -2, -1), np.roll(a, -2, -1) * np.roll(b, -1, -1))
    return summed(np.stack([left, -right]), (0,))


class Apart(Bound):
    """The same bits, but of half, bfloat16 and complex numbers a sum's: TensorFlow rounds halves after each addition, we round once."""

    unit = Sums.unit

    def __init__(self, terms):
        self._sums = Sums(terms, is_straight=True)
        self.text = f"same bits; half, bfloat16, complex: {self._sums.text}"

    def _is_apart(self, array):
        return dtypes.is_complex(array) or (dtypes.is_float(array) and array.dtype.itemsize == 2)

    def judge(self, case, pin, ours, theirs, differing):
        return self._sums.judge(case, pin, ours, theirs, differing) if self._is_apart(ours) else (differing, None, None)

    def tolerance(self, case, pin, expected):
        return self._sums.tolerance(case, pin, expected) if self._is_apart(expected) else 0.0


class SegmentProducts(Products):
    """Products of rows: as far away as those of axes."""

    def judge(self, case, pin, ours, theirs, differing):
        bad = differing.copy()
        for number, rows in enumerate(_members(case)):
            part = _Part(inputs=[case.inputs[0][rows], np.zeros(1, np.int64)], attrs={})
            bad[number] = super().judge(part, pin, ours[number], theirs[number], differing[number])[0]
        return bad, None, None


class _Part:
    def __init__(self, inputs, attrs):
        self.inputs, self.attrs = inputs, attrs


def batches(draw):
    rows, inner, columns = (min(draw.highest, draw.integer(0, 30) if draw.chance(0.3) else draw.integer(1, 9)) for _ in range(3))
    batch = draw.shape(rank=2) if draw.chance(0.5) else (draw.integer(0, 4),) if draw.chance(0.8) else ()
    while np.prod(batch, dtype=np.int64) > 40:
        batch = batch[1:]
    flips = [draw.pick([None, False, True]) for _ in range(2)]
    draw.attrs["adj_x"], draw.attrs["adj_y"] = flips
    x = batch + ((inner, rows) if flips[0] else (rows, inner))
    y = batch + ((columns, inner) if flips[1] else (inner, columns))
    if draw.is_spoiled:
        x = draw.pick([x[:-2] + (x[-2] + 1, x[-1] + 1), x[1:] if len(x) == 2 else x[:1], (2,) + x, ()])
    calm = draw.chance(0.6)
    return [draw.tensor(0, x, calm), draw.tensor(1, y, calm)]


def batch_gradient_terms(case, pin):
    """The sums of products that are the gradients for `x` and `y`."""
    x, y = (np.conj(wider(array)) for array in case.inner.inputs)
    u = wider(case.upstreams[0])
    x = np.conj(np.swapaxes(x, -1, -2)) if case.inner.attrs.get("adj_x") else x
    y = np.conj(np.swapaxes(y, -1, -2)) if case.inner.attrs.get("adj_y") else y
    left, right = (u, np.swapaxes(y, -1, -2)) if pin == 0 else (np.swapaxes(x, -1, -2), u)
    found = summed(left[..., :, :, np.newaxis] * right[..., np.newaxis, :, :], (left.ndim - 1,))
    if not case.inner.attrs.get("adj_x" if pin == 0 else "adj_y"):
        return found
    return (np.conj(np.swapaxes(found[0], -1, -2)), *(np.swapaxes(part, -1, -2) for part in found[1:3]), found[3])


def batch_terms(case, pin):
    x, y = wider(case.inputs[0]), wider(case.inputs[1])
    x = np.conj(np.swapaxes(x, -1, -2)) if case.attrs.get("adj_x") else x
    y = np.conj(np.swapaxes(y, -1, -2)) if case.attrs.get("adj_y") else y
    return summed(x[..., :, :, np.newaxis] * y[..., np.newaxis, :, :], (x.ndim - 1,))


def sparse_product(draw):
    """Zeros among them; an infinity times a zero that is left out would differ."""
    a, b = linear.mat_mul(draw)
    if not (dtypes.is_float(a) and dtypes.is_float(b)):
        return [a, b]
    made = []
    for array in (a, b):
        array = np.where(np.isfinite(array), array, array.dtype.type(1))
        array = np.clip(array, -1e15, 1e15)
        made.append(np.where(draw.random.random(array.shape) < draw.pick([0, 0.5, 0.95]), array.dtype.type(0), array))
    return made


def cross(draw):
    dims = (*draw.shape(rank=3), 3)
    other = dims
    if draw.is_spoiled:
        dims, other = draw.pick([((*dims[:-1], 2), (*dims[:-1], 2)), (dims, (2, *dims)), ((), ())])
    return [draw.tensor(0, dims), draw.tensor(1, other)]


def bincount(draw):
    dims = draw.shape()
    size = draw.integer(0, 12)
    numbers = draw.random.integers(0, size + 3, dims) if draw.chance(0.8) else np.abs(draw.tensor(0, dims) // 2)
    weights = draw.tensor(2, dims) if draw.chance(0.6) else draw.tensor(2, (0,))
    if draw.is_spoiled:
        style = draw.integer(0, 2)
        if style == 0 and np.size(numbers):
            numbers = np.full(dims, -1)
        elif style == 1 and np.size(numbers):
            weights = draw.tensor(2, (np.size(numbers) + 1,))
        else:
            size = draw.pick([-1, -(2**31)])
    return [draw.numbers(0, numbers), draw.numbers(1, size), weights]


def bucketize(draw):
    boundaries = np.sort(draw.random.integers(-40, 40, draw.integer(0, 12)) / 4)
    if draw.chance(0.2):
        boundaries = np.sort(np.append(boundaries, draw.pick([np.inf, -np.inf, 3e38, 16777217])))
    if draw.is_spoiled:
        boundaries = np.array([2.0, 1.0])
    return [draw.tensor(0, draw.shape()), boundaries.astype(np.float32)]


def _sparse_arguments(inputs, attrs):
    """The operation takes the indices before the ids."""
    return [inputs[0], inputs[2], inputs[1], *inputs[3:]], attrs


# Every order of additions within a segment ends here.
STRAIGHT = Sums(sum_terms, is_straight=True)

RULES = {
    "SegmentSum": Rule(draw=segments, bound=STRAIGHT),
    "SegmentMean": Rule(draw=segments, bound=Apart(mean_terms)),
    "SegmentProd": Rule(draw=segments, bound=SegmentProducts()),
    "SegmentMin": Rule(draw=extremes),
    "SegmentMax": Rule(draw=extremes),
    "UnsortedSegmentSum": Rule(draw=unsorted, bound=Apart(unsorted_terms)),
    "UnsortedSegmentMax": Rule(draw=unsorted_extremes),
    **{f"SparseSegment{name}": Rule(draw=sparse, arguments=_sparse_arguments) for name in ("Sum", "Mean", "SqrtN")},
    **{f"SparseSegment{name}Grad": Rule(draw=sparse_gradient, arguments=_sparse_arguments) for name in ("Mean", "SqrtN")},
    "BatchMatMul": Rule(draw=batches, bound=Sums(batch_terms, is_straight=True)),
    "SparseMatMul": Rule(draw=sparse_product, bound=Sums(linear.mat_mul_terms, is_straight=True)),
    "Cross": Rule(draw=cross, bound=Apart(cross_terms)),
    "Bincount": Rule(draw=bincount),
    "Bucketize": Rule(draw=bucketize, arguments=lambda inputs, attrs: ([inputs[0]], attrs | {"boundaries": inputs[1].tolist()})),
}
