"""Inputs of the blocks that make, move and cut tensors."""

import numpy as np

from . import dtypes, shapes
from .bounds import wider
from .cases import tensor


def constant(draw):
    """Half of the constants say their dtype on the pin, the others as an attr."""
    dtype = draw.dtype(0)
    draw.attrs["dtype"] = dtype if draw.chance(0.5) else None
    return [tensor(draw.random, dtype, draw.shape())]


def any_list(draw):
    """Members of any dtype and shape."""
    return [[tensor(draw.random, draw.pick(tuple(dtypes.NUMPY)), draw.shape()) for _ in range(draw.integer(1, 5))]]


def reshape(draw):
    dims = draw.shape()
    count = int(np.prod(dims, dtype=np.int64))
    target = _factors(draw, count) if count else [0] + [draw.integer(0, 3) for _ in range(draw.integer(0, 2))]
    if count and target and draw.chance(0.5):
        target[draw.integer(0, len(target) - 1)] = -1
    if count == 0 and draw.chance(0.3):
        target.append(-1)
    if draw.is_spoiled:
        target = draw.pick([target + [2], target + [-1, -1], target + [-2], [count + 1], target + [0]])
    made = draw.numbers(1, target)
    if draw.is_spoiled and draw.chance(0.2):
        made = made.reshape((1,) + made.shape)
    return [draw.tensor(0, dims), made]


def _factors(draw, count):
    """Sizes whose product is `count`."""
    sizes = []
    while count > 1 and len(sizes) < 4:
        divisors = [size for size in range(1, count + 1) if count % size == 0]
        size = draw.pick(divisors)
        sizes.append(size)
        count //= size
    return sizes + ([count] if count > 1 or draw.chance(0.3) else [])


def transpose(draw):
    dims = draw.shape(rank=6)
    perm = [int(axis) for axis in draw.random.permutation(len(dims))]
    if draw.chance(0.3):
        perm = [axis - len(dims) if draw.chance(0.5) else axis for axis in perm]
    if draw.is_spoiled:
        style = draw.integer(0, 3)
        if style == 0 or not perm:
            perm.append(len(perm))
        elif style == 1:
            perm[0] = draw.pick([len(perm), -len(perm) - 1, 99])
        elif style == 2 and len(perm) > 1:
            perm[0] = perm[1]
        else:
            perm.pop()
    return [draw.tensor(0, dims), draw.numbers(1, perm)]


def concat(draw):
    dims = list(draw.shape(lowest=1))
    axis = draw.integer(0, len(dims) - 1)
    members = []
    for _ in range(draw.integer(2, 5)):
        dims[axis] = shapes.size(draw.random, min(draw.highest, 20))
        members.append(draw.tensor(0, dims))
    if draw.chance(0.4):
        axis -= len(dims)
    made = draw.numbers(1, axis)
    if draw.is_spoiled:
        # An axis of shape [1] is not among them: TensorFlow refuses it in a graph and takes it elsewhere.
        style = draw.integer(0, 2)
        if style == 0:
            made = draw.numbers(1, draw.pick([len(dims), -len(dims) - 1, 1000]))
        elif style == 1:
            members[-1] = draw.tensor(0, shapes.spoiled(draw.random, dims))
        else:
            members[-1] = draw.tensor(0, ())
    return [members, made]


def split(draw):
    dims = list(draw.shape(lowest=1))
    axis = draw.integer(0, len(dims) - 1)
    pieces = draw.integer(1, 6)
    dims[axis] = pieces * min(dims[axis], 12)
    if draw.is_spoiled:
        style = draw.integer(0, 2)
        if style == 0:
            dims[axis] = pieces * 3 + 1
            pieces = max(2, pieces)
        elif style == 1:
            axis = draw.pick([len(dims), -len(dims) - 1])
        else:
            pieces = draw.pick([0, -1])
    elif draw.chance(0.4):
        axis -= len(dims)
    draw.attrs["num_split"] = pieces
    return [draw.numbers(0, axis), draw.tensor(1, dims)]


def one_hot(draw):
    dims = draw.shape(rank=3)
    depth = draw.integer(0, 12)
    rank = len(dims)
    draw.attrs["axis"] = draw.pick([-1, draw.integer(0, rank), None])
    numbers = draw.random.integers(-1, depth + 2, dims) if draw.chance(0.8) else draw.tensor(0, dims)
    indices = np.asarray(numbers).astype(dtypes.NUMPY[draw.dtype(0)]) if draw.dtype(0) != "string" else draw.tensor(0, dims)
    on, off = draw.tensor(2, ()), draw.tensor(3, ())
    if draw.is_spoiled:
        style = draw.integer(0, 2)
        if style == 0:
            draw.attrs["axis"] = draw.pick([rank + 1, -2, 77])
        elif style == 1:
            depth = draw.pick([-1, -(2**31)])
        else:
            on = draw.tensor(2, (2,))
    return [indices, draw.numbers(1, depth), on, off]


def _tuples(draw, dims):
    """Tuples that point into `dims`, spoiled or not, and the shape of what they name."""
    depth = draw.integer(1, len(dims))
    batch = draw.shape(rank=2)
    while np.prod(batch) > 200:
        batch = draw.shape(rank=1)
    indices = np.stack([draw.random.integers(0, dim, batch) for dim in dims[:depth]], -1)
    if draw.is_spoiled and indices.size and draw.chance(0.5):
        indices.reshape(-1)[draw.integer(0, indices.size - 1)] = draw.pick([-1, max(dims), 10**6])
    elif draw.is_spoiled:
        indices = np.zeros((*batch, len(dims) + 1), np.int64)
    return indices, batch + dims[depth:]


def gather_nd(draw):
    dims = tuple(max(1, dim) for dim in draw.shape(lowest=1, rank=3))
    indices, _ = _tuples(draw, dims)
    return [draw.tensor(0, dims), draw.numbers(1, indices)]


def scatter_nd(draw):
    dims = tuple(max(1, dim) for dim in draw.shape(lowest=1, rank=3))
    indices, wanted = _tuples(draw, dims)
    if indices.ndim == 1 and not draw.is_spoiled:
        # It takes no tuple alone.
        indices, wanted = indices[np.newaxis], (1, *wanted)
    return [draw.numbers(0, indices), draw.tensor(1, wanted), draw.numbers(2, dims)]


def scattered_terms(case, pin):
    """Halves are rounded once from sums of floats; the others owe TensorFlow's bits."""
    indices, updates, dims = case.inputs
    if not dtypes.is_float(updates) or updates.dtype.itemsize != 2:
        return None
    sums = []
    magnitudes = np.abs(wider(updates))
    for values in (wider(updates), magnitudes, np.where(np.isfinite(magnitudes), magnitudes, 0)):
        found = np.zeros(tuple(int(dim) for dim in dims), values.dtype)
        np.add.at(found, tuple(np.moveaxis(indices, -1, 0)), values)
        sums.append(found)
    return (*sums, 2)
