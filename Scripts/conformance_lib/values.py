"""Random tensors: ordinary numbers, and the ones that break things."""

import numpy as np

from . import dtypes

STRINGS = [b"", b"a", b"block", b"two words", b' "quoted" \\', b"line\nbreak\ttab", b"<&>'", "größe Ω 数".encode(), b"\xff\xfe\x00raw", b"nan", b"{1}"]


def edges(dtype):
    """The values of a dtype where arithmetic changes its ways."""
    kind = np.dtype(dtypes.NUMPY[dtype])
    if dtype in dtypes.PARTS:
        return complex_edges(dtype)
    if dtype in dtypes.FLOATS:
        info = dtypes.limits(kind)
        tiny, least, one = info.tiny, info.least, np.float64(1)
        exact = 2.0 ** (info.nmant + 1)
        positive = [
            0.0, least, least * 3, tiny, tiny - least, tiny / 2, info.eps, one - info.eps / 2, 1.0, one + info.eps, 0.5, 1.5, 2.5,
            3.5, exact / 2 - 0.5, exact / 2, exact - 1, exact, exact + 2, 2.0**31, 2.0**63, 127.5, 128.0, 255.5, 32768.0, 65535.5, 88.7, 88.8,
            103.9, 709.7, 745.0, info.max / 2, info.max, np.inf, 0.1, np.pi,
        ]
        if dtype == "half":
            positive += [2049.0, 4097.0, 11.09, 17.33, 4.16, 65504.0, 65519.0, 6.1e-5]
        with np.errstate(over="ignore"):
            values = np.array(positive, np.float64).astype(kind)
        return np.concatenate([values, -values, np.array([np.nan], kind)])
    if dtype == "bool":
        return np.array([False, True])
    if dtype == "string":
        return _objects(STRINGS)
    info = np.iinfo(kind)
    near = [info.min, info.min + 1, info.min // 2, -2, -1, 0, 1, 2, 3, 7, 8, info.max // 2, info.max // 2 + 1, info.max - 1, info.max]
    return np.array(sorted({value for value in near if info.min <= value <= info.max}), kind)


def complex_edges(dtype):
    """Every pair of some parts."""
    part = dtypes.NUMPY[dtypes.PARTS[dtype]]
    info = dtypes.limits(part)
    some = np.array([0.0, -0.0, info.tiny, 1.0, -0.75, 1e-3, info.max**0.5, -info.max, np.inf, -np.inf, np.nan], np.float64).astype(part)
    made = np.empty(some.size**2, dtypes.NUMPY[dtype])
    made.real, made.imag = np.repeat(some, some.size), np.tile(some, some.size)
    return made


def draw(random, dtype, count, calm=False):
    """`count` elements. `calm`: finite numbers of moderate size."""
    if dtype == "string":
        return _objects([_string(random) for _ in range(count)])
    if dtype == "bool":
        return random.integers(0, 2, count).astype(np.bool_)
    if dtype in dtypes.QUANTIZED:
        return draw(random, dtype.replace("q", "", 1), count, calm).view(dtypes.QUANTIZED[dtype])
    kind = np.dtype(dtypes.NUMPY[dtype])
    if dtype in dtypes.PARTS:
        part = np.dtype(dtypes.NUMPY[dtypes.PARTS[dtype]])
        values = np.stack([_floats(random, part, count, calm) for _ in range(2)], -1).view(kind).reshape(count)
    else:
        values = _floats(random, kind, count, calm) if dtype in dtypes.FLOATS else _integers(random, kind, count, calm)
    if not calm and random.random() < 0.35:
        at = random.random(count) < random.choice([0.1, 0.5, 1.0])
        values[at] = random.choice(edges(dtype), int(at.sum()))
    return values


@np.errstate(over="ignore")
def _floats(random, kind, count, calm):
    style = random.integers(0, 3 if calm else 6)
    if style == 0:
        return random.uniform(-10, 10, count).astype(kind)
    if style == 1:
        return (random.integers(-64, 65, count) / 2).astype(kind)
    if style == 2:
        return random.standard_normal(count).astype(kind)
    if style == 3:
        return (random.uniform(-1, 1, count) * np.exp2(random.uniform(-60, 60, count))).astype(kind)
    if style == 4:
        return (random.uniform(-1, 1, count) * random.choice([100.0, 1e3, 1e6, 3e9])).astype(kind)
    # Any bits at all; what is NaN becomes the NaN that a page can write.
    bits = random.integers(0, 256, (count, kind.itemsize), np.uint8).view(kind).reshape(count).copy()
    bits[np.isnan(bits)] = np.nan
    return bits


def _integers(random, kind, count, calm):
    info = np.iinfo(kind)
    style = 0 if calm else random.integers(0, 3)
    if style == 0:
        low, high = max(info.min, -12), 12
    elif style == 1:
        low, high = max(info.min, -1000), min(info.max, 1000)
    else:
        low, high = info.min, info.max
    return random.integers(low, high, count, dtype=kind, endpoint=True)


def _string(random):
    if random.random() < 0.4:
        return STRINGS[random.integers(len(STRINGS))]
    # A NUL at the end would be lost: numpy cuts it off.
    return bytes(random.integers(1, 127, random.integers(0, 9)).astype(np.uint8)).replace(b"\r", b"r")


def _objects(items):
    made = np.empty(len(items), np.object_)
    made[:] = items
    return made
