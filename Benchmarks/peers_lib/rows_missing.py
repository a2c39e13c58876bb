"""Rows whose block types are not there yet."""

from .row import Row

ROWS = {
    "xor": ("training page of XOR (46 blocks), cycles per second", "≥ 1 M/s"),
    "softmax": ("softmax regression 784 → 10, batch 100, steps per second", "≥ 24 k/s"),
}


def names():
    return list(ROWS)


def measure(name, context):
    work, goal = ROWS[name]
    return Row(name, work, {"enuflow": "blocks not there yet"}, goal)
