"""The command line."""

import argparse
from pathlib import Path


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="Benchmarks/peers",
        description="Measures enuflow beside TensorFlow, PyTorch, ONNX Runtime, numpy and plain C loops, all on one thread.",
        epilog="Nothing else should run on the machine meanwhile. Goals that are not met do not change the exit code.",
    )
    parser.add_argument("--rows", metavar="A,B", default="", help="only the rows whose names begin so (see --list)")
    parser.add_argument("--list", action="store_true", help="name the rows, and stop")
    parser.add_argument("--rounds", metavar="N", type=int, default=3, help="how often each contender has its turn (default: 3)")
    parser.add_argument("--json", action="store_true", help="print all figures as JSON")
    parser.add_argument("--markdown", metavar="FILE", type=Path, help="write the table as Markdown too, between the marks of a file that has them")
    parser.add_argument("--enuflow", metavar="FILE", type=Path, help="this program instead of building one")
    parser.add_argument("--python", metavar="FILE", help="an interpreter that has the peers already")
    parser.add_argument("--keep", metavar="DIR", type=Path, help="keep the pages and their feeds there")
    chosen = parser.parse_args(arguments)
    if chosen.rounds < 1:
        parser.error("--rounds must be 1 or more")
    return chosen
