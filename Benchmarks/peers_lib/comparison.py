"""The run: measures row after row, and reports."""

import sys
import tempfile
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import enuflow, machine, report, rows_channels, rows_elementwise, rows_engine, rows_families, rows_fakequant, rows_gather, rows_products, rows_training
from .cloops import Loops

FAMILIES = [rows_fakequant, rows_channels, rows_engine, rows_products, rows_elementwise, rows_families, rows_gather, rows_training]


@dataclass
class Context:
    folder: Path
    enuflow: enuflow.Enuflow
    loops: Loops
    rounds: int

    @property
    def random(self):
        """The same numbers for every row, whichever rows are chosen."""
        return np.random.default_rng(1)


def run(chosen):
    wanted = [(family, name) for family in FAMILIES for name in family.names() if name.startswith(tuple(chosen.rows.split(",")))]
    if chosen.list:
        print("\n".join(name for _, name in wanted))
        return 0
    if not wanted:
        sys.exit(f"no row begins with {chosen.rows}")
    program = chosen.enuflow or enuflow.build()
    where, load = machine.model(), machine.load()
    print(f"{where}; load average {load:.2f}", file=sys.stderr)
    rows = []
    with nullcontext(chosen.keep) if chosen.keep else tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        context = Context(folder, enuflow.Enuflow(program, folder), Loops(folder), chosen.rounds)
        for family, name in wanted:
            row = family.measure(name, context)
            rows.append(row)
            if not chosen.json:
                print(report.text([row]), flush=True)
    if chosen.json:
        print(report.as_json(rows, where, load))
    if chosen.markdown:
        report.write_markdown(chosen.markdown, rows, where)
    return 0
