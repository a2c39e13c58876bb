"""The table, as text for a terminal, as Markdown and as JSON."""

import json

from .limits import LIMITS
from .row import COLUMNS

HEAD = ["work", *COLUMNS, "goal", "outcome"]
BEGIN, END = "<!-- peers: generated -->\n", "<!-- end of peers -->"


def cells(row):
    return [row.work, *(row.cells.get(column, "–") for column in COLUMNS), row.goal, row.outcome]


def notes(row):
    """What is to be said of a row, and what keeps it from its goal."""
    return [note for note in (row.note, LIMITS.get(row.name) if row.is_met is False else None) if note]


def text(rows):
    """One paragraph for each row, as the table is wide."""
    lines = []
    for row in rows:
        lines.append(f"{row.name}: {row.work}")
        lines += [f"    {column:<13} {row.cells[column]}" for column in COLUMNS if column in row.cells]
        lines.append(f"    {'goal':<13} {row.goal}{': ' if row.outcome else ''}{row.outcome}")
        lines += [f"    {'note':<13} {note}" for note in notes(row)]
    return "\n".join(lines)


def markdown(rows, machine):
    lines = [f"{machine}:", "", "| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    lines += ["| " + " | ".join(cells(row)) + " |" for row in rows]
    said = [f"- {row.work}: {note}." for row in rows for note in notes(row)]
    return "\n".join(lines + ([""] + said if said else [])) + "\n"


def write_markdown(file, rows, machine):
    """Replaces what stands between the marks of a file that has them, otherwise the file."""
    made = markdown(rows, machine)
    if file.exists():
        head, begin, rest = file.read_text(encoding="utf-8").partition(BEGIN)
        _, end, tail = rest.partition(END)
        if begin and end:
            made = head + begin + made + end + tail
    file.write_text(made, encoding="utf-8")


def as_json(rows, machine, load):
    found = [
        {"name": row.name, "work": row.work, "seconds": row.seconds, "cells": row.cells, "goal": row.goal, "met": row.is_met, "notes": notes(row)}
        for row in rows
    ]
    return json.dumps({"machine": machine, "load": load, "rows": found}, indent=2, ensure_ascii=False)
