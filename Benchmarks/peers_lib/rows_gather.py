"""Rows of a tensor that indices name, different elements of a vector, and blocks of images."""

import numpy as np
import tensorflow as tf
import torch

from . import clock, peers_tf, peers_torch
from .enuflow import block
from .row import against_peers

COUNTS = [1_000, 100_000, 1_000_000]
# Floats of a row.
WIDTHS = {"elements": 1, "triples": 3, "rows": 64}


def names():
    return [f"gather-{kind}-{count}" for kind in WIDTHS for count in COUNTS] + [f"{kind}-{count}" for kind in ("unique", "where", "depth") for count in COUNTS]


def measure(name, context):
    kind, size = name.rsplit("-", 1)
    count = int(size)
    if kind == "unique":
        return _unique(name, context, count)
    if kind == "where":
        return _where(name, context, count)
    if kind == "depth":
        return _depth(name, context, count)
    return _gather(name, context, count, kind.split("-")[1])


def _gather(name, context, count, kind):
    width = WIDTHS[kind]
    rows = count // width
    params = context.random.normal(size=(rows, width) if width > 1 else rows).astype(np.float32)
    indices = context.random.integers(0, rows, rows).astype(np.int32)
    seconds = clock.rounds(
        {
            "enuflow": context.enuflow.timer(name, block("g", "Gather", {"params": "x", "indices": "i"}), {"x": params, "i": indices}),
            "TensorFlow": peers_tf.timer(lambda x, i: tf.raw_ops.GatherV2(params=x, indices=i, axis=0), params, indices),
            "PyTorch": peers_torch.timer(lambda x, i: torch.index_select(x, 0, i), params, indices),
            "numpy": lambda: clock.measured(lambda: np.take(params, indices, axis=0)),
        },
        context.rounds,
    )
    return against_peers(name, f"Gather of {rows} {kind} of {width} floats, int32 indices, one thread", seconds)


def _unique(name, context, count):
    x = context.random.integers(0, count, count).astype(np.int32)
    seconds = clock.rounds(
        {
            "enuflow": context.enuflow.timer(name, block("u", "Unique", {"x": "x"}), {"x": x}),
            "TensorFlow": peers_tf.timer(lambda x: tf.raw_ops.Unique(x=x), x),
            "PyTorch": peers_torch.timer(lambda x: torch.unique(x, sorted=False, return_inverse=True), x),
            "numpy": lambda: clock.measured(lambda: np.unique(x, return_inverse=True)),
        },
        context.rounds,
    )
    return against_peers(name, f"Unique of {count} int32, two thirds of them different", seconds)


def _where(name, context, count):
    x = context.random.integers(0, 2, count).astype(np.int32)
    seconds = clock.rounds(
        {
            "enuflow": context.enuflow.timer(name, block("w", "Where", {"condition": "x"}), {"x": x}),
            "TensorFlow": peers_tf.timer(lambda x: tf.raw_ops.Where(condition=x), x),
            "PyTorch": peers_torch.timer(torch.nonzero, x),
            "numpy": lambda: clock.measured(lambda: np.argwhere(x)),
        },
        context.rounds,
    )
    return against_peers(name, f"Where of {count} int32, half of them 0", seconds)


def _depth(name, context, count):
    side = int((count / 16) ** 0.5) // 4 * 4
    x = context.random.normal(size=(1, side, side, 16)).astype(np.float32)
    seconds = clock.rounds(
        {
            "enuflow": context.enuflow.timer(name, block("d", "SpaceToDepth", {"input": "x"}, attrs='block_size="2"'), {"x": x}),
            "TensorFlow": peers_tf.timer(lambda x: tf.raw_ops.SpaceToDepth(input=x, block_size=2), x),
        },
        context.rounds,
    )
    return against_peers(name, f"SpaceToDepth of an image of {side} by {side} by 16 floats, blocks of 2 by 2", seconds)
