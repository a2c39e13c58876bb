"""Fake quantisation, per channel."""

import numpy as np
import tensorflow as tf
import torch

from . import clock, peers_ort, peers_tf, peers_torch
from .enuflow import block
from .levels import Levels
from .row import against_c

DEPTHS = (3, 64, 1024)
# A row of the C loops is about this long, or longer.
WIDTH = 192


def names():
    return [f"channels-{depth}" for depth in DEPTHS] + [f"channels-gradient-{depth}" for depth in DEPTHS]


def measure(name, context):
    return (_Gradient if "gradient" in name else _Forward)(name, context).row()


class _Case:
    def __init__(self, name, context):
        self.name, self.context = name, context
        self.depth = int(name.rsplit("-", 1)[1])
        # How often the C loops have the ranges side by side.
        self.copies = max(1, WIDTH // self.depth)
        self.rows = 1_000_000 // self.depth // self.copies * self.copies
        random = context.random
        self.x = random.uniform(-8, 8, (self.rows, self.depth)).astype(np.float32)
        self.out = np.empty_like(self.x)
        self.least = random.uniform(-7, -5, self.depth).astype(np.float32)
        self.most = random.uniform(5, 7, self.depth).astype(np.float32)
        levels = [Levels(low, high) for low, high in zip(self.least, self.most)]
        self.scale, self.zero = (np.array([getattr(one, key) for one in levels], np.float32) for key in ("scale", "zero"))
        keys = ("low", "high", "scale", "inverse", "zero")
        self.lanes = [np.tile(np.array([getattr(one, key) for one in levels], np.float32), self.copies) for key in keys]
        self.lines = (self.rows // self.copies, self.depth * self.copies)

    def row(self):
        seconds = clock.rounds(self.contenders(), self.context.rounds)
        return against_c(self.name, f"FakeQuant PerChannel{self.what}, {self.rows} × {self.depth}", seconds, self.goal)


class _Forward(_Case):
    what, goal = "", 1.3

    def contenders(self):
        x = self.x
        feeds = {"x": x, "low": self.least, "high": self.most}
        wires = {"inputs": "x", "min": "low", "max": "high"}

        def flow(x, low, high):
            return tf.raw_ops.FakeQuantWithMinMaxVarsPerChannel(inputs=x, min=low, max=high)

        zero = torch.from_numpy(self.zero.astype(np.int32))
        return {
            "enuflow": self.context.enuflow.timer(self.name, block("q", "FakeQuantWithMinMaxVarsPerChannel", wires), feeds),
            "C": self.context.loops.timer("quantize_channels", x, self.out, *self.lines, *self.lanes),
            "TensorFlow": peers_tf.timer(flow, x, self.least, self.most),
            "PyTorch": peers_torch.timer(lambda x, scale: torch.fake_quantize_per_channel_affine(x, scale, zero, 1, 0, 255), x, self.scale),
            "ONNX Runtime": peers_ort.timer(
                [("QuantizeLinear", ["x", "scale", "zero"], "q", {"axis": 1}), ("DequantizeLinear", ["q", "scale", "zero"], "y", {"axis": 1})],
                {"x": x},
                ("y", x.shape),
                {"scale": self.scale, "zero": self.zero.astype(np.uint8)},
            ),
        }


class _Gradient(_Case):
    what, goal = " gradient", 1.5

    def contenders(self):
        x, g = self.x, self.context.random.normal(size=self.x.shape).astype(np.float32)
        feeds = {"g": g, "x": x, "low": self.least, "high": self.most}
        wires = {"gradients": "g", "inputs": "x", "min": "low", "max": "high"}
        below, above = np.empty(self.lines[1]), np.empty(self.lines[1])

        def flow(g, x, low, high):
            return tf.raw_ops.FakeQuantWithMinMaxVarsPerChannelGradient(gradients=g, inputs=x, min=low, max=high)

        def learnable(x, scale, zero):
            return torch._fake_quantize_learnable_per_channel_affine(x, scale, zero, 1, 0, 255, 1.0)

        return {
            "enuflow": self.context.enuflow.timer(self.name, block("q", "FakeQuantWithMinMaxVarsPerChannelGradient", wires), feeds),
            "C": self.context.loops.timer("gradient_channels", g, x, self.out, *self.lines, *self.lanes[:2], below, above),
            "TensorFlow": peers_tf.timer(flow, g, x, self.least, self.most),
            "PyTorch": peers_torch.gradient_timer(learnable, g, x, self.scale, self.zero),
        }
