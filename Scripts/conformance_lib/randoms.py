"""Inputs of the random blocks: seeds, sizes where a group of four or two numbers or a strip of them ends, and parameters."""

import numpy as np

from . import dtypes

SIZES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 31, 32, 33, 99, 100, 101, 255, 256, 257, 1000, 1023, 1025, 2049]


def _seeds(draw):
    """Not both 0: then TensorFlow's are another each time."""
    any_seed = [lambda: draw.integer(-5, 5), lambda: draw.integer(-(2**63), 2**63 - 1), lambda: draw.pick([0, 1, 87654321, 2**31, -1, 2**63 - 1])]
    first, second = draw.pick(any_seed)(), draw.pick(any_seed)()
    draw.attrs["seed"], draw.attrs["seed2"] = first, second if first or second else 1


def _dims(draw, lowest=0):
    """Dimensions of a result."""
    if draw.highest < 70:
        return draw.shape(lowest, rank=2)
    if draw.chance(0.7):
        count = draw.pick(SIZES)
        return draw.pick([(count,), (count, 1), (1, count), (3, count)])
    return draw.shape(lowest)


def _shape(draw, dims):
    """The pin `shape`; one that is refused when the case is to be."""
    if not draw.is_spoiled:
        return draw.numbers(0, dims)
    return draw.pick([draw.numbers(0, (-1,) + dims), draw.numbers(0, 3), draw.numbers(0, [[2, 3]])])


def filled(draw):
    _seeds(draw)
    draw.attrs["dtype"] = draw.bound["dtype"]
    return [_shape(draw, _dims(draw))]


def filled_ex(draw):
    """The shape is an attr."""
    _seeds(draw)
    draw.attrs["dtype"] = draw.bound["dtype"]
    dims = _dims(draw) + ((-1,) if draw.is_spoiled else ())
    draw.attrs["shape"] = f"[{', '.join(map(str, dims))}]"
    return []


def with_shape(inputs, attrs):
    """The operation of the block whose shape is an attr takes it as an input."""
    attrs = dict(attrs)
    text = attrs.pop("shape").strip("[]")
    return [np.array([int(size) for size in text.split(",") if text], np.int32)], attrs


def uniform_int(draw):
    _seeds(draw)
    kind = dtypes.NUMPY[draw.dtype(1)]
    if kind is np.object_ or np.dtype(kind).kind not in "iu":
        low, high = 0, 1
    else:
        info = np.iinfo(kind)
        low, high = draw.pick([(0, 2), (0, 10), (-3, 4), (0, 256), (int(info.min), int(info.max)), (5, 6), (int(info.min), 0)])
    spoiled = draw.is_spoiled and draw.chance(0.5)
    if spoiled:
        low, high = draw.pick([(high, low), (high, high)])
        draw.is_spoiled = False
    dims = (3,) if spoiled else _dims(draw)
    return [_shape(draw, dims), draw.numbers(1, low), draw.numbers(2, high)]


def shuffled(draw):
    _seeds(draw)
    dims = draw.pick(SIZES[:-3]), *draw.shape(rank=2)[:1]
    return [draw.tensor(0, draw.shape() if draw.chance(0.3) or draw.highest < 70 else dims)]


def multinomial(draw):
    _seeds(draw)
    rows, classes, count = draw.integer(0, 4), draw.integer(1, 12), draw.pick(SIZES[:13])
    logits = draw.tensor(0, (rows, classes), calm=draw.chance(0.8))
    if draw.is_spoiled:
        style = draw.integer(0, 3)
        if style == 0:
            logits = draw.tensor(0, draw.pick([(classes,), (), (1, rows, classes)]))
        elif style == 1:
            logits = draw.tensor(0, (rows, 0))
        elif style == 2:
            return [logits, np.int32([count])]
        else:
            count = -1
    return [logits, np.array(count, np.int32)]


def gamma(draw):
    return _sampled(draw, [0.0, 1e-3, 0.1, 0.5, 1.0, 1.5, 4.0, 1e3, 1e8, np.inf, -1.0, np.nan], 0.01, 30)


def poisson(draw):
    # TensorFlow never ends with NaN.
    return _sampled(draw, [0.0, 1e-3, 0.5, 1.0, 9.999, 10.0, 10.5, 1e2, 1e6, 1e8, np.inf, -1.0], 0, 60)


def _sampled(draw, edges, low, high):
    _seeds(draw)
    dims = draw.shape(rank=2)
    if draw.chance(0.5):
        values = draw.random.uniform(low, high, dims)
    else:
        values = draw.random.choice(edges, dims)
    kind = draw.dtype(1)
    made = np.asarray(values).astype(dtypes.NUMPY[kind]) if kind in dtypes.FLOATS else draw.tensor(1, dims, calm=True)
    return [_shape(draw, draw.pick([(), (1,), (3,), (2, 3), (0,), (33,)])), made]


def truncated(draw):
    _seeds(draw)
    dims = _dims(draw, lowest=1)
    kind = draw.dtype(1)
    if kind not in dtypes.FLOATS:
        return [draw.numbers(0, (2,)), *(draw.tensor(pin, (), calm=True) for pin in range(1, 5))]
    spoiled = draw.is_spoiled
    draw.is_spoiled = False
    groups = draw.random.random(4) < draw.pick([0, 0.5, 1])
    count = max(1, dims[0]) if dims else 1

    def parameter(values, is_vector):
        values = np.asarray(values, dtypes.NUMPY[kind])
        return values if is_vector else values.reshape(-1)[0] if draw.chance(0.8) else values[:1]

    means = draw.random.choice([0.0, 1.0, -3.0, 10.0, 1e3], count)
    deviations = draw.random.choice([1.0, 0.1, 2.5, 30.0], count)
    # Bounds in deviations from the mean, in each of the ways they may lie.
    ways = [(-1, 1), (-2, 2), (-0.5, 3), (0.5, 1), (1, 5), (3, 4), (2, np.inf), (-np.inf, -1.5), (-np.inf, 1), (-5, 5), (-1, -0.5), (-0.2, 0.1)]
    if not (groups[0] and groups[1] and groups[2] and groups[3]):
        # The bounds must fit any combination.
        means[:], deviations[:] = means[0], deviations[0]
        ways = [draw.pick(ways)]
    chosen = [ways[index] for index in draw.random.integers(0, len(ways), count)]
    low = means + deviations * np.array([way[0] for way in chosen])
    high = means + deviations * np.array([way[1] for way in chosen])
    inputs = [draw.numbers(0, dims), *(parameter(values, groups[at]) for at, values in enumerate((means, deviations, low, high)))]
    if spoiled:
        style = draw.integer(0, 4)
        if style == 0:
            inputs[2] = -np.abs(inputs[2]) * 0
            inputs[0] = draw.numbers(0, (count, 1))
        elif style == 1:
            inputs[3], inputs[4] = inputs[4], inputs[3]
            inputs[0] = draw.numbers(0, (count, 1))
        elif style == 2:
            inputs[0] = draw.numbers(0, [])
        elif style == 3:
            inputs[draw.integer(1, 4)] = np.ones((1, 2), dtypes.NUMPY[kind])
        else:
            inputs[draw.integer(1, 4)] = np.ones(count + 1 if count > 1 else 3, dtypes.NUMPY[kind])
    return inputs


def means(case, shape):
    """The means of truncated numbers, as the result has them."""
    found = np.abs(np.asarray(case.inputs[1]).reshape(-1))
    return np.broadcast_to(found.reshape((-1,) + (1,) * (len(shape) - 1)), shape)
