"""enuflow: builds it, writes pages, asks `enuflow bench` for their times."""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from .paths import ENUFLOW, PACKAGE


def build():
    command = ["swift", "build", "-c", "release", "--static-swift-stdlib", "--product", "enuflow"]
    if subprocess.run(command, cwd=PACKAGE, stdout=sys.stderr).returncode != 0:
        sys.exit("enuflow could not be built")
    return ENUFLOW


class Enuflow:
    def __init__(self, program, folder):
        self.program, self.folder = Path(program).resolve(), folder

    def timer(self, name, blocks, feeds, *options, threads=1):
        """A function that measures a cycle of a page, in seconds. Each of `feeds` becomes a block whose value changes."""
        page = self.folder / f"{name}.xml"
        command = [str(self.program), "bench", str(page), "--json", "--threads", str(threads), *options]
        lines = ["<page>"]
        for feed, array in feeds.items():
            shape = ", ".join(map(str, array.shape))
            dtype = {"float32": "float", "float64": "double"}.get(array.dtype.name, array.dtype.name)
            lines.append(f'<block id="{feed}" type="Placeholder"><attrs dtype="{dtype}" shape="[{shape}]"/></block>')
            file = self.folder / f"{name}-{feed}.npy"
            np.save(file, array)
            command += ["--feed", f"{feed}={file}"]
        page.write_text("\n".join([*lines, *blocks, "</page>"]) + "\n", encoding="utf-8")
        return lambda: _bench(command)

    def check(self, page):
        """A function that measures all of `enuflow check`."""
        return lambda: statistics.median(_process([str(self.program), "check", str(page)]) for _ in range(5))


def block(name, kind, wires, attrs="", pins=""):
    """A block with its wires: a pin's source by the pin."""
    made = [f'<block id="{name}" type="{kind}">{f"<attrs {attrs}/>" if attrs else ""}{pins}</block>']
    return made + [f'<wire from="{source}" to="{name}.{pin}"/>' for pin, source in wires.items()]


def _bench(command):
    done = subprocess.run(command, capture_output=True)
    if done.returncode != 0:
        sys.exit(done.stderr.decode(errors="replace"))
    report = json.loads(done.stdout)
    return report["seconds"] / report["cycles"]


def _process(command):
    start = time.perf_counter()
    if subprocess.run(command, stdout=subprocess.DEVNULL).returncode != 0:
        sys.exit(f"failed: {' '.join(command)}")
    return time.perf_counter() - start
