"""The catalogue as `enuflow blocks --json` prints it."""

import json
import re
import subprocess
from dataclasses import dataclass

from . import dtypes


@dataclass(frozen=True)
class Pin:
    name: str
    is_list: bool
    is_optional: bool
    variable: str | None
    dtypes: tuple
    # What is done with the variable that is wired to it: update, end, or nothing.
    use: str | None
    # Whether it stands for an operation, not for a tensor.
    is_operation: bool


@dataclass(frozen=True)
class Attr:
    name: str
    kind: str
    is_written: bool
    default: str | None
    # int: lowest and highest; choice: the words; type: the dtypes.
    lowest: int | None = None
    highest: int | None = None
    words: tuple = ()


@dataclass(frozen=True)
class BlockType:
    name: str
    family: str
    inputs: tuple
    outputs: tuple
    attrs: tuple
    # The input pins that gradients flow back to; None when nobody has written that.
    gradient: tuple | None = None

    @property
    def updated(self):
        """The inputs whose variables it changes."""
        return tuple(pin.name for pin in self.inputs if pin.use == "update")

    def variables(self):
        """The type variables of the inputs with their dtypes, and the dtypes a page must write."""
        found = {}
        for pin in self.inputs:
            if pin.variable:
                found.setdefault(pin.variable, pin.dtypes)
        for attr in self.attrs:
            if attr.kind == "type" and attr.is_written:
                found.setdefault(attr.name, attr.words)
        return found


def read(program):
    printed = subprocess.run([str(program), "blocks", "--json"], capture_output=True, check=True).stdout
    return [_block_type(entry) for entry in json.loads(printed)]


def _block_type(entry):
    return BlockType(
        name=entry["type"],
        family=entry["family"],
        inputs=tuple(map(_pin, entry["inputs"])),
        outputs=tuple(map(_pin, entry["outputs"])),
        attrs=tuple(map(_attr, entry["attrs"])),
        gradient=None if entry["gradient"] is None else tuple(entry["gradient"]),
    )


def _pin(entry):
    known = _compared(entry["dtypes"])
    return Pin(entry["name"], entry["list"], entry["optional"], entry["variable"], known, entry["use"], entry["operation"])


def _attr(entry):
    kind, text = entry["kind"], entry["range"]
    lowest = highest = None
    words = ()
    if kind == "int":
        numbers = [int(number) for number in re.findall(r"-?\d+", text)]
        lowest, highest = (numbers + [None, None])[:2]
    elif kind == "choice":
        words = tuple(text.split(" or "))
    elif kind == "type":
        listed = _compared(re.findall(r"\w+", text.partition(":")[2]))
        words = listed or tuple(dtypes.NUMPY)
    return Attr(entry["name"], kind, entry["written"], entry["default"], lowest, highest, words)


def _compared(names):
    """Quantised dtypes only where there is nothing else: to what moves elements they are integers."""
    return tuple(name for name in names if name in dtypes.NUMPY) or tuple(name for name in names if name in dtypes.QUANTIZED)
