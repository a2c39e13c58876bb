"""One row of the table."""

from dataclasses import dataclass, field

COLUMNS = ["enuflow", "C", "TensorFlow", "PyTorch", "ONNX Runtime", "numpy"]


@dataclass
class Row:
    name: str
    work: str
    # By contender: the figure as text.
    cells: dict[str, str] = field(default_factory=dict)
    goal: str = ""
    is_met: bool | None = None
    note: str = ""
    # By contender: seconds of one run of the work.
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def outcome(self):
        return "" if self.is_met is None else "met" if self.is_met else "not met"


def against_c(name, work, seconds, goal, note=""):
    """A row of times relative to the C loop's."""
    loop = seconds["C"]
    cells = {who: duration(time) if who == "C" else f"{ratio(time / loop)} × C" for who, time in seconds.items() if who in COLUMNS}
    return Row(name, work, cells, f"≤ {goal} × C", seconds["enuflow"] / loop <= goal, note, seconds)


def against_peers(name, work, seconds, goal=1.0, note=""):
    """A row of times beside the faster one of TensorFlow and PyTorch."""
    best = min(time for who, time in seconds.items() if who in ("TensorFlow", "PyTorch"))
    cells = {who: duration(time) for who, time in seconds.items() if who in COLUMNS}
    cells["enuflow"] += f", {ratio(seconds['enuflow'] / best)} × the faster peer"
    return Row(name, work, cells, f"≤ {goal} × the faster peer", seconds["enuflow"] / best <= goal, note, seconds)


def per_item(name, work, seconds, unit, goal, items=1, note=""):
    """A row of times of one item, in a unit of `unit` seconds named by `goal`'s second part."""
    limit, text = goal
    times = {who: time / items for who, time in seconds.items()}
    cells = {who: f"{ratio(time / unit)} {text}" for who, time in times.items() if who in COLUMNS}
    return Row(name, work, cells, f"≤ {limit} {text}", times["enuflow"] / unit <= limit, note, seconds)


def ratio(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def duration(seconds):
    for unit, text in ((1, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= unit:
            return f"{ratio(seconds / unit)} {text}"
    return f"{ratio(seconds / 1e-9)} ns"
