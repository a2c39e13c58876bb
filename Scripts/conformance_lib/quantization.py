"""Inputs of the FakeQuant blocks, and what their sums must be near to."""

import numpy as np

from .bounds import summed

F = np.float32
ODD = [0.0, -0.0, 1e-45, -1e-45, 1e-38, -1e-38, 3e38, -3e38, np.inf, -np.inf, np.nan, 1.0, -1.0, 255.0, 1e-7]


def args(draw):
    """min and max are attrs."""
    low, high = _range(draw)
    draw.attrs["min"], draw.attrs["max"] = low, high
    if draw.chance(0.15):
        draw.attrs["min"] = draw.attrs["max"] = None
        low, high = F(-6), F(6)
    levels = _settings(draw)
    dims = draw.shape(rank=5)
    if draw.chance(0.2):
        dims = (draw.integer(0, draw.highest * 4),)
    return _gradients(draw, dims) + [_inputs(draw, dims, [low], [high], levels)]


def variables(draw):
    """min and max are scalars."""
    low, high = _range(draw)
    levels = _settings(draw)
    dims = draw.shape(rank=5)
    if draw.chance(0.2):
        dims = (draw.integer(0, draw.highest * 4),)
    ends = [np.array(low, F), np.array(high, F)]
    if draw.is_spoiled and draw.chance(0.6):
        ends[draw.integer(0, 1)] = np.full(draw.pick([(1,), (2,), (1, 1), (0,)]), 1, F)
    return _gradients(draw, dims) + [_inputs(draw, dims, [low], [high], levels)] + ends


def per_channel(draw):
    """min and max have an element for each index of the last axis."""
    levels = _settings(draw)
    dims = draw.shape(lowest=1, rank=4)
    ranges = [_range(draw) for _ in range(dims[-1])]
    low = np.array([pair[0] for pair in ranges], F)
    high = np.array([pair[1] for pair in ranges], F)
    ends = [low, high]
    if draw.is_spoiled and draw.chance(0.6):
        ends[draw.integer(0, 1)] = np.full(draw.pick([(), (dims[-1] + 1,), (dims[-1], 1), (dims[-1] + 5,)]), 1, F)
        # Rarely, as it ends TensorFlow's process.
        if draw.chance(0.02):
            dims = ()
    return _gradients(draw, dims) + [_inputs(draw, dims, low, high, levels)] + ends


def _settings(draw):
    """num_bits and narrow_range; the number of steps."""
    bits = draw.pick([None, 8, draw.integer(2, 16), draw.integer(2, 16)])
    if draw.is_spoiled and draw.chance(0.3):
        bits = draw.pick([-1, 0, 1, 17, 32, 64])
    narrow = draw.pick([None, False, True])
    draw.attrs["num_bits"], draw.attrs["narrow_range"] = bits, narrow
    return (1 << min(max(bits or 8, 1), 30)) - 1 - bool(narrow)


def _range(draw):
    style = draw.integer(0, 9)
    if style <= 3:
        low, high = np.sort(draw.random.uniform(-10, 10, 2))
    elif style == 4:
        low, high = 0.0, draw.random.uniform(0, 300)
    elif style == 5:
        low, high = np.sort(draw.random.uniform(1, 9, 2)) * draw.pick([1, -1])
    elif style == 6:
        low, high = draw.random.uniform(-1, 1, 2) * 10.0 ** draw.integer(-44, 38)
    elif style == 7:
        low, high = draw.pick(ODD), draw.pick(ODD)
    elif style == 8:
        low, high = draw.pick([(0.0, 0.0), (-0.0, 0.0), (2.0, 2.0), (5.0, -5.0), (-1.0, 0.0), (0.0, 1.0)])
    else:
        low, high = float(draw.integer(-64, 0)), float(draw.integer(0, 64))
    with np.errstate(over="ignore"):
        return F(low), F(high)


def _gradients(draw, dims):
    if draw.type.inputs[0].name != "gradients":
        return []
    if draw.is_spoiled and draw.chance(0.3):
        dims = dims + (2,)
    return [draw.tensor(0, dims, calm=draw.chance(0.7))]


def _inputs(draw, dims, low, high, levels):
    """Ordinary values, and values on the levels, halfway between them and right beside them."""
    made = draw.tensor(0, dims, calm=draw.chance(0.3))
    style = draw.integer(0, 3)
    if style == 0 or made.size == 0 or not dims and len(low) != 1:
        return made
    with np.errstate(all="ignore"):
        low, high = np.resize(np.asarray(low, F), dims[-1:]), np.resize(np.asarray(high, F), dims[-1:])
        if style == 1:
            part = draw.random.uniform(-0.2, 1.2, dims).astype(F)
            return (low + part * (high - low)).astype(F)
        step = (high - low) / F(levels)
        at = draw.random.integers(-2, levels + 3, dims).astype(F)
        if draw.chance(0.5):
            at += F(0.5)
        made = (np.round(low / step) * step + at * step).astype(F)
        if style == 3:
            made = np.where(draw.random.random(dims) < 0.5, np.nextafter(made, F(np.inf)), np.nextafter(made, F(-np.inf)))
        return made.astype(F)


def gradient_terms(case, pin):
    """The sums for min and max: of the gradients below and above the nudged range. The gradient of the inputs is no sum."""
    if pin == 0:
        return None
    gradients, inputs, low, high = map(_flushed, case.inputs)
    with np.errstate(all="ignore"):
        bottom, top = _nudged(low, high, case.attrs.get("num_bits", 8), case.attrs.get("narrow_range", False))
        outside = inputs < bottom if pin == 1 else inputs > top
        # Two ends that are 0: everything is 0, also where a gradient is infinite.
        outside = outside & ~((low == 0) & (high == 0))
        terms = np.where(outside, gradients.astype(np.float64), 0.0)
        return summed(terms, tuple(range(terms.ndim - low.ndim)))


def _nudged(low, high, bits, narrow):
    """The range moved so that zero is a level, in single precision as TensorFlow does it."""
    first, last = F(1 if narrow else 0), F((1 << bits) - 1)
    scale = _flushed((_flushed(high - low)) / (last - first))
    zero = first - low / scale
    # Rounded halves away from zero; it is clamped, so it is not negative. NaN becomes 0.
    rounded = np.nan_to_num(np.floor(np.asarray(zero, np.float64) + 0.5)).astype(F)
    zero = np.where(zero < first, first, np.where(zero > last, last, rounded)).astype(F)
    return _flushed((first - zero) * scale), _flushed((last - zero) * scale)


def _flushed(values):
    """Subnormal numbers taken for 0, as TensorFlow's kernels do."""
    return np.where(np.abs(values) < np.finfo(F).tiny, F(0), values)
