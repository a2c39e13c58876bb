"""What the comparison found, as a table for the terminal and as Markdown."""

from . import dtypes, page
from .bounds import EXACT

HEADINGS = ["block", "dtypes", "cases", "refused", "elements", "differing", "two answers", "max ULP", "max relative", "error (ours, TensorFlow's)", "bound", "state", "golden", "verdict"]
ORDER = list(dtypes.NUMPY)


def row(tally):
    error = f"{tally.our_error:.2g}, {tally.their_error:.2g} {tally.bound.unit}" if tally.bound.unit and tally.differing else ""
    return [
        tally.type,
        " ".join(name for name in ORDER if name in tally.dtypes),
        f"{tally.cases}",
        f"{tally.refused}",
        f"{tally.elements}",
        f"{tally.differing}",
        f"{tally.two_answers}",
        f"{tally.max_ulp}",
        f"{tally.max_relative:.2g}",
        error,
        tally.bound.text,
        tally.state,
        f"{tally.golden}" if tally.golden else "",
        "agrees" if tally.is_good else f"{len(tally.findings)} cases differ" if tally.findings else "worse than TensorFlow",
    ]


def text(tallies):
    rows = [HEADINGS] + [row(tally) for tally in tallies]
    widths = [max(len(line[column]) for line in rows) for column in range(len(HEADINGS))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in rows)


def markdown(tallies, command, version, skipped):
    lines = [
        "# Conformance report" + (" of gradients" if "--gradients" in command else ""),
        "",
        f"Made by `{command}` with TensorFlow {version}. What the columns mean: [conformance](conformance.md).",
        "",
        summary(tallies),
        "",
        "| " + " | ".join(HEADINGS) + " |",
        "|" + "---|" * len(HEADINGS),
    ]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row(tally)) + " |" for tally in tallies]
    if skipped:
        lines += ["", "Not compared: " + ", ".join(f"{name} ({reason})" for name, reason in skipped) + "."]
    return "\n".join(lines) + "\n"


def summary(tallies):
    total = {name: sum(getattr(tally, name) for tally in tallies) for name in ("cases", "elements", "differing", "wrong", "refused", "payloads", "crashed", "two_answers")}
    exact = [tally for tally in tallies if tally.bound is EXACT]
    near = [tally for tally in tallies if tally.bound is not EXACT]
    words = [
        f"{len(tallies)} block types, {total['cases']} cases ({total['refused']} that TensorFlow refuses), {total['elements']} elements.",
        f"Blocks that owe TensorFlow's bits: {sum(tally.differing for tally in exact)} of {sum(tally.elements for tally in exact)} elements differ.",
        f"Blocks with a bound: {sum(tally.differing for tally in near)} differ, "
        f"{sum(tally.wrong for tally in near)} by more than the bound.",
        f"For {total['two_answers']} TensorFlow has two answers, and ours is the other.",
        f"NaN with other sign or payload: {total['payloads']}.",
    ]
    if total["crashed"]:
        words.append(f"Cases that ended TensorFlow's process: {total['crashed']}.")
    return " ".join(words)


def finding(one, count, limit=1200):
    """What is wrong, in how many cases, and a page that repeats it."""
    how = "".join([" (shapes known only in the run)" if one.case.is_late else "", " (inputs fed)" if one.case.is_fed else ""])
    text = page.write(one.case.type, [("block", one.case)])
    others = f", and {count - 1} cases like it" if count > 1 else ""
    return f"{one.case.type}{how}: {one.what}{others}\n{text if len(text) <= limit else text[:limit] + ' …'}"
