"""Matrix products."""

import numpy as np
import tensorflow as tf
import torch

from . import clock, peers_tf, peers_torch
from .enuflow import block
from .row import Row

# The part of the peak that is asked for.
GOALS = {64: 0.68, 256: 0.9, 1024: 0.9}


def names():
    return [f"matmul-{size}" for size in GOALS] + ["matmul-threads"]


def measure(name, context):
    if name == "matmul-threads":
        return measure_threads(name, context)
    size = int(name.split("-")[1])
    a, b = (context.random.normal(size=(size, size)).astype(np.float32) for _ in range(2))
    out, result = np.empty_like(a), torch.empty(size, size)
    seconds = clock.rounds(
        {
            "enuflow": context.enuflow.timer(name, block("p", "MatMul", {"a": "a", "b": "b"}), {"a": a, "b": b}),
            "C": context.loops.timer("peak", 0.5, 0.25),
            "TensorFlow": peers_tf.timer(lambda a, b: tf.raw_ops.MatMul(a=a, b=b), a, b),
            "PyTorch": peers_torch.timer(lambda a, b: torch.mm(a, b, out=result), a, b),
            "numpy": lambda: clock.measured(lambda: np.matmul(a, b, out=out)),
        },
        context.rounds,
    )
    # One repetition of the peak loop is one turn; the others do a whole product.
    peak = 1e-9 * context.loops.number("peak_operations") / seconds["C"]
    speeds = {who: 2e-9 * size**3 / time for who, time in seconds.items() if who != "C"}
    cells = {who: f"{speed:.0f} GFLOP/s, {speed / peak:.2f} × peak" for who, speed in speeds.items()}
    cells["C"] = f"peak: {peak:.0f} GFLOP/s"
    goal = GOALS[size]
    return Row(name, f"MatMul, float, n = {size}, one thread", cells, f"≥ {goal} × peak", speeds["enuflow"] / peak >= goal, "", seconds)


def measure_threads(name, context, size=1024, goal=1.8):
    """Two threads against one, in turns."""
    feeds = {which: context.random.normal(size=(size, size)).astype(np.float32) for which in ("a", "b")}
    product = block("p", "MatMul", {"a": "a", "b": "b"})
    seconds = clock.rounds(
        {f"{threads}": context.enuflow.timer(f"{name}-{threads}", product, feeds, threads=threads) for threads in (1, 2)}, context.rounds
    )
    gain = seconds["1"] / seconds["2"]
    cells = {"enuflow": f"{2e-9 * size**3 / seconds['2']:.0f} GFLOP/s, {gain:.2f} × one thread"}
    return Row(
        name, f"MatMul, float, n = {size}, two threads", cells, f"≥ {goal} × one thread", gain >= goal, "", {"enuflow": seconds["2"]}
    )
