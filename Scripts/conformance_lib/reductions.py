"""Inputs of the blocks that sum over axes, and what their results must be near to."""

import numpy as np

from . import dtypes
from .bounds import Bound, summed, wider


def draw(draw):
    dims = list(draw.shape())
    if dims and draw.highest >= 70 and draw.chance(0.1):
        # Long sums, where the order of the additions shows.
        dims = [draw.integer(200, 3000)] if draw.chance(0.5) else [draw.integer(1, 5), draw.integer(100, 600)]
    rank = len(dims)
    axes = [int(axis) for axis in draw.random.permutation(rank)[: draw.integer(0, rank)]]
    if draw.chance(0.2):
        axes = list(range(rank))
    if draw.chance(0.3):
        axes = [axis - rank if draw.chance(0.5) else axis for axis in axes]
    if draw.is_spoiled:
        axes = draw.pick([axes + [rank], axes + [-rank - 1], ([0, 0] if rank else [1]), [0, 0 - rank]])
    made = draw.numbers(1, axes)
    if len(axes) == 1 and draw.chance(0.5):
        made = made.reshape(())
    return [draw.tensor(0, dims, calm=draw.chance(0.5)), made]


def scan(draw):
    dims = list(draw.shape(lowest=1))
    if draw.highest >= 70 and draw.chance(0.1):
        dims = [draw.integer(1, 5), draw.integer(100, 600)]
    axis = draw.integer(-len(dims), len(dims) - 1)
    if draw.is_spoiled:
        axis = draw.pick([len(dims), -len(dims) - 1])
    return [draw.tensor(0, dims, calm=draw.chance(0.5)), draw.numbers(1, axis)]


def _axes(case):
    rank = case.inputs[0].ndim
    return tuple(sorted({int(axis) % rank for axis in np.atleast_1d(case.inputs[1])}))


def sum_terms(case, pin):
    return summed(wider(case.inputs[0]), _axes(case), bool(case.attrs.get("keep_dims", False)))


def mean_terms(case, pin):
    total, magnitude, finite, count = sum_terms(case, pin)
    # The sum overflows before it is divided.
    return total / count, magnitude / count, finite, count + 1


def _scanned(case, array, scan, start):
    """A running sum or product along the axis of the case."""
    axis = int(case.inputs[1]) % array.ndim
    is_reverse = bool(case.attrs.get("reverse", False))
    array = np.flip(array, axis) if is_reverse else array
    found = scan(array, axis=axis)
    if case.attrs.get("exclusive", False):
        first = np.full_like(np.take(found, [0], axis), start) if found.shape[axis] else found
        found = np.concatenate([first, np.delete(found, -1, axis)], axis) if found.shape[axis] else found
    return np.flip(found, axis) if is_reverse else found


def running_terms(case, pin):
    """Of Cumsum: halves are rounded once from sums of floats; the others owe TensorFlow's bits."""
    x = case.inputs[0]
    if not dtypes.is_float(x) or x.dtype.itemsize != 2 or x.size == 0:
        return None
    terms = wider(x)
    magnitudes = np.abs(terms)
    finite = np.where(np.isfinite(magnitudes), magnitudes, 0)
    return (*(_scanned(case, values, np.cumsum, 0) for values in (terms, magnitudes, finite)), 2)


class RunningProducts(Bound):
    """Halves are rounded once from products of floats, in TensorFlow after each factor."""

    text = "same bits; half, bfloat16: 2 eps where no product leaves the range; complex: what is not finite is so on both sides"

    def judge(self, case, pin, ours, theirs, differing):
        if dtypes.is_complex(ours):
            return differing & (np.isfinite(ours) | np.isfinite(theirs)), None, None
        if not dtypes.is_float(ours) or ours.dtype.itemsize != 2 or ours.size == 0:
            return differing, None, None
        info = dtypes.limits(ours.dtype)
        with np.errstate(all="ignore"):
            factors = wider(case.inputs[0])
            logs = np.abs(np.log2(np.abs(factors)))
            reach = _scanned(case, np.where(np.isfinite(logs), logs, 10.0 * -info.minexp), np.cumsum, 0)
            truth = _scanned(case, factors, np.cumprod, 1)
            error = np.abs(wider(ours) - truth) / (np.abs(truth) * info.eps)
        return differing & (reach < -info.minexp) & ~(error <= 2), None, None

    def tolerance(self, case, pin, expected):
        if not dtypes.is_float(expected) or expected.dtype.itemsize != 2:
            return 0.0
        finite = np.abs(expected[np.isfinite(expected)].astype(np.float64))
        return float(16 * dtypes.limits(expected.dtype).eps * finite.max(initial=0))
