"""The command line."""

import argparse
from pathlib import Path


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="Scripts/conformance",
        description="Compares the block types of enuflow with TensorFlow on random and edge inputs.",
        epilog="Exit code 1 when a block differs by more than its bound, refuses what TensorFlow takes, or takes what it refuses.",
    )
    parser.add_argument("--blocks", metavar="A,B", default="", help="only the types whose names begin so")
    parser.add_argument("--families", metavar="A,B", default="", help="only the types of these families")
    parser.add_argument("--cases", metavar="N", type=int, help="cases in all, spread over the types (default: 250 each)")
    parser.add_argument("--seed", metavar="N", type=int, default=1, help="of the random inputs (default: 1)")
    parser.add_argument("--list", action="store_true", help="say what is compared with what, and stop")
    parser.add_argument("--gradients", action="store_true", help="compare the gradients through each type, not its results")
    parser.add_argument("--all", action="store_true", help="compare results, then gradients; an entry without cases is an error")
    parser.add_argument("--golden", action="store_true", help="write Tests/Golden, after a comparison that finds nothing wrong")
    parser.add_argument("--report", metavar="FILE", type=Path, help="write the table as Markdown too")
    parser.add_argument("--findings", metavar="N", type=int, default=3, help="kinds of findings to show for each type (default: 3)")
    parser.add_argument("--enuflow", metavar="FILE", type=Path, help="this program instead of building one")
    parser.add_argument("--python", metavar="FILE", help="an interpreter that has TensorFlow already")
    parser.add_argument("--keep", metavar="DIR", type=Path, help="keep the pages there")
    chosen = parser.parse_args(arguments)
    if chosen.cases is not None and chosen.cases < 1:
        parser.error("--cases must be 1 or more")
    if chosen.all and (chosen.gradients or chosen.golden):
        parser.error("--all goes without --gradients and --golden")
    return chosen
