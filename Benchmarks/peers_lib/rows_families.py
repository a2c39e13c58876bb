"""Blocks of the math and array families at a thousand, a hundred thousand and a million elements, on one thread."""

import numpy as np
import tensorflow as tf
import torch

from . import clock, peers_tf, peers_torch
from .enuflow import block
from .row import Row, duration, ratio

COUNTS = [1_000, 100_000, 1_000_000]


def _unary(kind, tensorflow, pytorch, low=-8.0):
    return lambda x: (block("r", kind, {"x": "x"}), {"x": x}, tensorflow, pytorch), low


def _binary(kind, tensorflow, pytorch):
    def work(x):
        y = np.ascontiguousarray(x[::-1])
        return block("r", kind, {"x": "x", "y": "y"}), {"x": x, "y": y}, tensorflow, pytorch

    return work, -8.0


def _matrix(x):
    rows = int(len(x) ** 0.5)
    return np.ascontiguousarray(x[: rows * rows].reshape(rows, rows))


def _reduction(kind, axis, tensorflow, pytorch):
    pins = f'<pin name="axis" dtype="int32">{axis}</pin>'

    def work(x):
        return block("r", kind, {"input": "x"}, pins=pins), {"x": _matrix(x)}, lambda x: tensorflow(x, axis), lambda x: pytorch(x, axis)

    return work, -8.0


def _transpose(x):
    pins = '<pin name="perm" dtype="int32">{1, 0}</pin>'
    return block("r", "Transpose", {"x": "x"}, pins=pins), {"x": _matrix(x)}, tf.transpose, lambda x: x.t().contiguous()


def _scan(x):
    pins = '<pin name="axis" dtype="int32">1</pin>'
    return block("r", "Cumsum", {"x": "x"}, pins=pins), {"x": _matrix(x)}, lambda x: tf.cumsum(x, 1), lambda x: torch.cumsum(x, 1)


def _product(x):
    # As many terms as the other works have elements, about: a product of n by n has n^3.
    side = round(len(x) ** (1 / 3)) * 4
    a = np.resize(x, (side, side)).astype(np.float32)
    return block("r", "MatMul", {"a": "a", "b": "b"}), {"a": a, "b": np.ascontiguousarray(a.T)}, tf.matmul, torch.matmul


def _segments(x):
    rows = len(x) // 10
    data, ids = x[: rows * 10].reshape(rows, 10), np.arange(rows, dtype=np.int32) // 5
    count = int(ids[-1]) + 1
    long = torch.from_numpy(ids.astype(np.int64))
    return (
        block("r", "SegmentSum", {"data": "x", "segment_ids": "i"}), {"x": data, "i": ids}, tf.math.segment_sum,
        lambda x, i: torch.zeros(count, 10).index_add_(0, long, x),
    )


def _slice(x):
    matrix = _matrix(x)
    rows = matrix.shape[0]
    size = rows // 2
    pins = f'<pin name="begin" dtype="int32">{{{rows // 4}, {rows // 4}}}</pin><pin name="size" dtype="int32">{{{size}, {size}}}</pin>'
    first = rows // 4
    return (
        block("r", "Slice", {"input": "x"}, pins=pins), {"x": matrix}, lambda x: tf.slice(x, [first, first], [size, size]),
        lambda x: x[first : first + size, first : first + size].contiguous(),
    )


WORKS = {
    "add": _binary("Add", tf.add, torch.add),
    "divide": _binary("RealDiv", tf.divide, torch.div),
    "exp": _unary("Exp", tf.exp, torch.exp),
    "log": _unary("Log", tf.math.log, torch.log, 0.1),
    "tanh": _unary("Tanh", tf.tanh, torch.tanh),
    "sin": _unary("Sin", tf.sin, torch.sin),
    "erf": _unary("Erf", tf.math.erf, torch.erf),
    "pow": (lambda x: (
        block("r", "Pow", {"x": "x", "y": "y"}), {"x": x, "y": np.ascontiguousarray(x[::-1])}, tf.pow, torch.pow), 0.1),
    "floor-mod": _binary("FloorMod", tf.math.floormod, torch.remainder),
    "lgamma": _unary("Lgamma", tf.math.lgamma, torch.lgamma, 0.1),
    "sum-columns": _reduction("Sum", 0, tf.reduce_sum, torch.sum),
    "sum-rows": _reduction("Sum", 1, tf.reduce_sum, torch.sum),
    "max-columns": _reduction("Max", 0, tf.reduce_max, torch.amax),
    "max-rows": _reduction("Max", 1, tf.reduce_max, torch.amax),
    "transpose": (_transpose, -8.0),
    "cumsum": (_scan, -8.0),
    "slice": (_slice, -8.0),
    "segment-sum": (_segments, -8.0),
    "matmul-sizes": (_product, -8.0),
}


def names():
    return list(WORKS)


def measure(name, context):
    work, low = WORKS[name]
    times = {"enuflow": [], "TensorFlow": [], "PyTorch": []}
    for count in COUNTS:
        x = context.random.uniform(low, 8, count).astype(np.float32)
        blocks, feeds, tensorflow, pytorch = work(x)
        arrays = list(feeds.values())
        seconds = clock.rounds(
            {
                "enuflow": context.enuflow.timer(f"{name}-{count}", blocks, feeds),
                "TensorFlow": peers_tf.timer(tensorflow, *arrays),
                "PyTorch": peers_torch.timer(pytorch, *arrays),
            },
            context.rounds,
        )
        for who, time in seconds.items():
            times[who].append(time)
    ratios = [ours / min(one, other) for ours, one, other in zip(times["enuflow"], times["TensorFlow"], times["PyTorch"])]
    cells = {who: ", ".join(map(duration, all_)) for who, all_ in times.items()}
    cells["enuflow"] += f" ({', '.join(map(ratio, ratios))} × the faster peer)"
    return Row(name, f"{name}, about 1e3, 1e5, 1e6 float elements", cells, "≤ 1 × the faster peer", max(ratios) <= 1.0, "", {})
