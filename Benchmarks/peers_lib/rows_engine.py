"""The engine itself: what a block costs that does next to nothing, and what a page costs before it runs."""

import statistics
import subprocess
import sys

import numpy as np

from . import clock, peers_ort, peers_tf
from .enuflow import block
from .paths import LARGE_PAGE
from .row import Row, duration, per_item

CHAIN = 10_000
SIZES = (25_000, 50_000, 100_000)


def names():
    return ["chain", "page"]


def measure(name, context):
    return _chain(context) if name == "chain" else _page(context)


def _chain(context):
    blocks, last = [], "x"
    for index in range(CHAIN):
        blocks += block(f"a{index}", "Add", {"x": last, "y": "one"})
        last = f"a{index}"
    one = np.ones((), np.float32)
    feeds = {"x": np.zeros((), np.float32), "one": one}
    nodes = [("Add", [f"a{index - 1}" if index else "x", "one"], f"a{index}", {}) for index in range(CHAIN)]
    steps = np.empty(CHAIN * context.loops.number("step_size"), np.uint8)
    seconds = clock.rounds(
        {
            "enuflow": context.enuflow.timer("chain", blocks, feeds),
            "C": context.loops.timer("chain", steps, CHAIN, np.zeros(CHAIN + 1, np.float32), one),
            "TensorFlow": peers_tf.chain_timer(CHAIN),
            "ONNX Runtime": peers_ort.timer(nodes, feeds, (last, ()), is_optimised=False),
        },
        context.rounds,
    )
    return per_item("chain", f"chain of {CHAIN} scalar Add blocks, per block", seconds, 1e-9, (8, "ns"), CHAIN)


def _page(context):
    contenders = {}
    for size in SIZES:
        page = context.folder / f"page{size}.xml"
        page.write_bytes(subprocess.run([sys.executable, str(LARGE_PAGE), str(size)], capture_output=True, check=True).stdout)
        contenders[size] = context.enuflow.check(page)
    contenders["TensorFlow"] = peers_tf.import_timer(SIZES[-1])
    times = clock.rounds(contenders, context.rounds)
    ours, first = times[SIZES[-1]], times[SIZES[0]]
    growth = ours / first / (SIZES[-1] / SIZES[0])
    note = f"per block {growth:.2f} × that of a page of {SIZES[0]} blocks, {times[SIZES[1]] / first / 2:.2f} × at {SIZES[1]}"
    cells = {"enuflow": duration(ours), "TensorFlow": duration(times["TensorFlow"]) + " (import of a binary graph)"}
    seconds = {str(key): time for key, time in times.items()}
    work = f"page of {SIZES[-1]} blocks: read, check, compile (the whole process)"
    return Row("page", work, cells, "≤ 0.4 s, linear", ours <= 0.4 and growth <= 1.1, note, seconds)
