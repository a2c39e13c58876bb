"""Inputs of the blocks that sum over axes, and what their results must be near to."""

import numpy as np

from .bounds import summed, wider


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
