"""A chain of blocks that are bound by memory."""

import numpy as np
import tensorflow as tf

from . import clock, peers_tf
from .enuflow import block
from .row import against_c

COUNT = 16_000_000
STEPS = [("Add", 1), ("Multiply", 0.5), ("Subtract", 0.25), ("Maximum", 0), ("Minimum", 3), ("Square", None)]


def names():
    return ["elementwise"]


def measure(name, context):
    x = context.random.uniform(-8, 8, COUNT).astype(np.float32)
    blocks, last = [], "x"
    for index, (kind, operand) in enumerate(STEPS):
        pins = "" if operand is None else f'<pin name="y">{operand}</pin>'
        blocks += block(f"s{index}", kind, {"x": last}, pins=pins)
        last = f"s{index}"

    def flow(x):
        return tf.square(tf.minimum(tf.maximum((x + 1) * 0.5 - 0.25, 0), 3))

    seconds = clock.rounds(
        {
            "enuflow": context.enuflow.timer(name, blocks, {"x": x}),
            "enuflow, not fused": context.enuflow.timer(name, blocks, {"x": x}, "--plan-off", "fuse"),
            "C": context.loops.timer("six_operations", x, np.empty_like(x), COUNT),
            "TensorFlow": peers_tf.compiled_timer(flow, x),
        },
        context.rounds,
    )
    note = f"{seconds['enuflow, not fused'] / seconds['C']:.2f} × C with `--plan-off fuse`; TensorFlow's is compiled by XLA"
    return against_c(name, "chain of 6 elementwise blocks, 16e6 floats", seconds, 1.2, note)
