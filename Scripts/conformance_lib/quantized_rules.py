"""Inputs of the blocks of quantised numbers."""

import numpy as np

from . import dtypes
from .bounds import Bound
from .rule import Rule

_MODES = ("MIN_COMBINED", "MIN_FIRST", "SCALED")


def _range(draw):
    style = draw.integer(0, 5)
    high = draw.random.uniform(0.1, 10)
    if style == 0:
        low = 0.0
    elif style == 1:
        low = -draw.random.uniform(0.1, 10)
    elif style == 2:
        low = -high
    elif style == 3:
        low = draw.random.uniform(-5, 5)
        high = low + draw.random.uniform(1e-4, 2)
    elif style == 4:
        low, high = -(10.0 ** draw.random.uniform(-8, 8)), 10.0 ** draw.random.uniform(-8, 8)
    else:
        low, high = -1.0, float(draw.integer(1, 4))
    return np.float32(low), np.float32(high)


def _ends(draw, dims, may_slice=True):
    """A range, or one for each slice along an axis; `axis` is set."""
    draw.attrs["axis"] = None
    if dims and may_slice and draw.chance(0.25):
        axis = draw.integer(0, len(dims) - 1)
        draw.attrs["axis"] = axis
        made = [_range(draw) for _ in range(dims[axis])]
        low, high = (np.array([one[end] for one in made], np.float32) for end in range(2))
    else:
        low, high = (np.array(end) for end in _range(draw))
    if draw.is_spoiled:
        style = draw.integer(0, 2)
        if style == 0:
            low = np.zeros((2, 2), np.float32)
        elif style == 1:
            draw.attrs["axis"] = len(dims) + 1
        else:
            high = np.zeros((*high.shape, 3), np.float32)
    return low, high


def _floats(draw, dims, low, high):
    """Around a range, on its levels, between them and outside. Of NaN nothing is promised."""
    low, high = np.min(low, initial=-1), np.max(high, initial=1)
    style = draw.integer(0, 3)
    if style == 0:
        made = draw.random.uniform(low, high, dims)
    elif style == 1:
        made = draw.random.uniform(-3, 3, dims) * max(abs(low), abs(high))
    elif style == 2:
        made = draw.random.integers(0, 256, dims) * ((high - low) / 255) + low
    else:
        made = draw.random.choice(np.array([0, -0.0, low, high, (low + high) / 2, 1, -1, 0.5, 1e-40, np.inf, -np.inf]), dims)
    return np.asarray(made)


def quantize(draw):
    dims = draw.shape(rank=3)
    draw.attrs["mode"] = draw.pick(_MODES)
    draw.attrs["round_mode"] = draw.pick(["HALF_TO_EVEN", None]) if draw.attrs["mode"] == "SCALED" else None
    draw.attrs["narrow_range"] = draw.pick([None, False, True])
    draw.attrs["ensure_minimum_range"] = draw.pick([None, np.float32(0.5), np.float32(0)])
    low, high = _ends(draw, dims, draw.attrs["mode"] != "MIN_FIRST")
    return [_floats(draw, dims, low, high).astype(np.float32), low, high]


def dequantize(draw):
    dims = draw.shape(rank=3)
    draw.attrs["mode"] = draw.pick(_MODES)
    draw.attrs["dtype"] = None
    return [draw.tensor(0, dims), *_ends(draw, dims, draw.attrs["mode"] != "MIN_FIRST")]


def round_to_levels(draw):
    dims = draw.shape(rank=3)
    draw.attrs["range_given"] = draw.pick([None, False, True])
    draw.attrs["signed_input"] = draw.pick([None, True, False])
    draw.attrs["num_bits"] = draw.pick([None, 2, 3, 7, 8, 16, 23, 31, 40, 61])
    low, high = _ends(draw, dims, not draw.attrs["range_given"])
    made = _floats(draw, dims, low, high)
    if not draw.attrs["range_given"]:
        made = np.where(np.isinf(made), 1, made)
    if draw.dtype(0) not in dtypes.FLOATS:
        return [draw.tensor(0, dims), draw.tensor(1, np.shape(low)), draw.tensor(2, np.shape(high))]
    kind = dtypes.NUMPY[draw.dtype(0)]
    return [made.astype(kind), low.astype(kind), high.astype(kind)]


def _operand_ranges(draw):
    made = [np.array(end) for _ in range(2) for end in _range(draw)]
    if draw.is_spoiled:
        place = draw.integer(0, 1)
        made[2 * place + 1] = draw.pick([made[2 * place], np.zeros(2, np.float32)])
    return made


def mat_mul(draw):
    rows, columns = draw.integer(0, 12), draw.integer(0, 12)
    # TensorFlow leaves the result of no terms as its memory was.
    inner = draw.integer(1, 40)
    flips = [draw.pick([None, False, True]) for _ in range(2)]
    draw.attrs["transpose_a"], draw.attrs["transpose_b"] = flips
    a = (inner, rows) if flips[0] else (rows, inner)
    b = (columns, inner) if flips[1] else (inner, columns)
    return [draw.tensor(0, a), draw.tensor(1, b), *_operand_ranges(draw)]


def multiply(draw):
    """TensorFlow repeats vectors along the last dimensions, and nothing else."""
    dims = draw.shape(rank=3)
    while 0 in dims:
        dims = draw.shape(rank=3)
    both = [dims, draw.pick([dims, dims[-1:], ()])]
    if draw.chance(0.5):
        both.reverse()
    return [draw.tensor(0, both[0]), draw.tensor(1, both[1]), *_operand_ranges(draw)]


def _wide(draw):
    """Levels of 32 bits, and their range."""
    made = draw.tensor(0, draw.shape(rank=3))
    levels = dtypes.stored(made)
    # A dtype that is only tried may have none.
    if levels.dtype == np.int32 and draw.chance(0.6):
        made = np.asarray(levels // draw.pick([2, 1000, 100000]), levels.dtype).view(made.dtype)
    scale = np.float32(draw.pick([1, 1e5]))
    low, high = (np.array(end * scale) for end in _range(draw))
    return [made, low, high]


def shrink(draw):
    made, low, high = _wide(draw)
    return [made, np.zeros(2, np.float32) if draw.is_spoiled else low, high]


def requantize(draw):
    low, high = _range(draw)
    low, high = min(low, np.float32(0)), max(high, np.float32(0))
    made = shrink(draw)
    if draw.is_spoiled and draw.chance(0.5):
        made, low = [made[0], np.array(np.float32(0)), made[2]], np.float32(0.5)
    return [*made, np.array(low), np.array(high)]


def reshape(draw):
    sizes = draw.pick([[3, 4], [12, 1], [-1, 2], [2, 2, 3], [12]])
    if draw.is_spoiled:
        sizes = draw.pick([[5], [-1, -1], [-1, 5]])
    low, high = _range(draw)
    return [draw.tensor(0, (2, 6)), np.array(low), np.array(high), draw.numbers(3, sizes)]


def concat(draw):
    dims = [draw.integer(1, 5) for _ in range(draw.integer(1, 3))]
    axis = draw.integer(0, len(dims) - 1)
    members, ranges = [], []
    for _ in range(draw.integer(2, 4)):
        dims[axis] = draw.integer(1, 6)
        members.append(draw.tensor(0, dims))
        ranges.append(_range(draw))
    if draw.chance(0.3):
        ranges = ranges[:1] * len(ranges)
    if draw.is_spoiled:
        axis = draw.pick([-1, len(dims)])
    return [members, draw.numbers(1, axis), *([np.array(one[end]) for one in ranges] for end in range(2))]


def instance_norm(draw):
    low, high = _range(draw)
    ends = sorted(draw.random.uniform(-3, 3, 2).astype(np.float32))
    draw.attrs |= {"given_y_min": ends[0], "given_y_max": ends[1], "variance_epsilon": None, "min_separation": None}
    if draw.is_spoiled:
        low = high
    return [draw.tensor(0, [draw.integer(1, 5) for _ in range(4)]), np.array(low), np.array(high)]


class Levels(Bound):
    """The same levels, but where TensorFlow's conversion of 2^31 overflows, and of NaN, whose level depends on the element's place."""

    text = "same bits, but for NaN and the last levels of qint32"

    def judge(self, case, pin, ours, theirs, differing):
        if case.type == "Requantize" and any(np.isnan(end).any() for end in case.inputs[1:]):
            return np.zeros_like(differing), None, None
        if case.type == "QuantizeV2" and pin == 0 and np.shape(case.inputs[0]) == ours.shape:
            differing = differing & ~np.isnan(case.inputs[0])
        if dtypes.NAMES[ours.dtype] == "qint32":
            differing = differing & ~((dtypes.stored(ours) == 2**31 - 1) & (dtypes.stored(theirs) == -(2**31)))
        if case.type == "Dequantize" and dtypes.name(case.inputs[0]) == "qint32" and case.attrs.get("mode") == "SCALED":
            differing = differing & ~(dtypes.stored(case.inputs[0]) > 2**31 - 128)
        return differing, None, None


class NextLevel(Bound):
    """TensorFlow's inverse root is its own."""

    text = "1 level; ends of the range 16 ULP"

    def judge(self, case, pin, ours, theirs, differing):
        if ours.dtype.names:
            return np.abs(dtypes.stored(ours).astype(int) - dtypes.stored(theirs).astype(int)) > 1, None, None
        return differing & ~(np.abs(ours - theirs) <= 16 * np.spacing(np.abs(theirs))), None, None

    def tolerance(self, case, pin, expected):
        return 1.0 if expected.dtype.names else float(16 * np.spacing(np.abs(expected).max(initial=0)))


def _in_order(*places):
    """The operation's order of inputs."""
    return lambda inputs, attrs: ([inputs[place] for place in places], attrs)


RULES = {
    "QuantizeV2": Rule(draw=quantize, bound=Levels()),
    "Dequantize": Rule(draw=dequantize, bound=Levels()),
    "QuantizeAndDequantizeV2": Rule(draw=round_to_levels),
    "QuantizedMatMul": Rule(draw=mat_mul),
    "QuantizedMul": Rule(draw=multiply),
    "QuantizeDownAndShrinkRange": Rule(draw=shrink),
    # TensorFlow takes the first number of a range that is no scalar.
    "RequantizationRange": Rule(draw=_wide),
    "Requantize": Rule(draw=requantize, bound=Levels()),
    "QuantizedReshape": Rule(draw=reshape, arguments=_in_order(0, 3, 1, 2)),
    "QuantizedConcat": Rule(draw=concat, arguments=_in_order(1, 0, 2, 3)),
    "QuantizedInstanceNorm": Rule(draw=instance_norm, bound=NextLevel()),
}
