"""Fake quantisation, per tensor."""

import numpy as np
import tensorflow as tf
import torch

from . import clock, peers_ort, peers_tf, peers_torch
from .enuflow import block
from .levels import Levels
from .row import against_c, per_item

LOW, HIGH = -6.0, 6.1
MILLION = 1_000_000


def names():
    return [f"{kind}-{size}" for size in ("1e6", "1e3") for kind in ("args", "vars")] + ["vars-gradient"]


def measure(name, context):
    if name == "vars-gradient":
        return _gradient(context)
    kind, size = name.split("-")
    count = MILLION if size == "1e6" else 1000
    x = context.random.uniform(-8, 8, count).astype(np.float32)
    out = np.empty_like(x)
    levels = Levels(LOW, HIGH)
    zero_point = np.uint8(levels.zero)
    if kind == "args":
        blocks = block("q", "FakeQuantWithMinMaxArgs", {"inputs": "x"}, f'min="{LOW}" max="{HIGH}"')
        feeds, loop = {"x": x}, "quantize_multiplying"
        flow = peers_tf.timer(lambda a: tf.raw_ops.FakeQuantWithMinMaxArgs(inputs=a, min=LOW, max=HIGH), x)
    else:
        feeds, loop = {"x": x, "low": np.float32(LOW), "high": np.float32(HIGH)}, "quantize_dividing"
        blocks = block("q", "FakeQuantWithMinMaxVars", {"inputs": "x", "min": "low", "max": "high"})
        flow = peers_tf.timer(lambda a, low, high: tf.raw_ops.FakeQuantWithMinMaxVars(inputs=a, min=low, max=high), x, feeds["low"], feeds["high"])
    feeds = {key: np.asarray(value) for key, value in feeds.items()}
    seconds = clock.rounds(
        {
            "enuflow": context.enuflow.timer(name, blocks, feeds),
            "C": context.loops.timer(loop, x, out, count, levels.low, levels.high, levels.scale, levels.zero),
            "TensorFlow": flow,
            "PyTorch": peers_torch.timer(lambda a: torch.fake_quantize_per_tensor_affine(a, levels.scale, int(levels.zero), 0, 255), x),
            "ONNX Runtime": peers_ort.timer(
                [("QuantizeLinear", ["x", "scale", "zero"], "q", {}), ("DequantizeLinear", ["q", "scale", "zero"], "y", {})],
                {"x": x},
                ("y", x.shape),
                {"scale": np.array(levels.scale, np.float32), "zero": np.array(zero_point)},
            ),
        },
        context.rounds,
    )
    work = f"FakeQuant {kind.capitalize()}, {size} floats"
    if size == "1e6":
        return against_c(name, work, seconds, 1.1)
    return per_item(name, work + ", per call", seconds, 1e-6, (0.3, "µs"))


def _gradient(context):
    x = context.random.uniform(-8, 8, MILLION).astype(np.float32)
    g = context.random.normal(size=MILLION).astype(np.float32)
    levels = Levels(LOW, HIGH)
    low, high = np.float32(LOW), np.float32(HIGH)
    feeds = {"g": g, "x": x, "low": np.asarray(low), "high": np.asarray(high)}
    wires = {"gradients": "g", "inputs": "x", "min": "low", "max": "high"}
    loop = (g, x, np.empty_like(x), MILLION, levels.low, levels.high, np.empty(2, np.float32))

    def flow(g, x, low, high):
        return tf.raw_ops.FakeQuantWithMinMaxVarsGradient(gradients=g, inputs=x, min=low, max=high)

    scale, zero = np.array([levels.scale], np.float32), np.array([levels.zero], np.float32)
    seconds = clock.rounds(
        {
            "enuflow": context.enuflow.timer("vars-gradient", block("q", "FakeQuantWithMinMaxVarsGradient", wires), feeds),
            "C": context.loops.timer("gradient", *loop),
            "C, sums of floats": context.loops.timer("gradient_of_floats", *loop),
            "TensorFlow": peers_tf.timer(flow, g, x, low, high),
            "PyTorch": peers_torch.gradient_timer(
                lambda x, scale, zero: torch._fake_quantize_learnable_per_tensor_affine(x, scale, zero, 0, 255, 1.0), g, x, scale, zero
            ),
        },
        context.rounds,
    )
    floats = seconds["enuflow"] / seconds["C, sums of floats"]
    note = f"the loop in C adds doubles, in any order; {floats:.2f} × one that adds floats, as TensorFlow does"
    return against_c("vars-gradient", "FakeQuant Vars gradient, 1e6 floats", seconds, 1.2, note)
