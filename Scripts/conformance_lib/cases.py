"""A case: one block with its inputs and attrs. Most are drawn from the block type's entry alone."""

from dataclasses import dataclass, field

import numpy as np

from . import dtypes, shapes, values

# How often a case is made to be refused, gets its shapes only while the page runs, or has NaNs with payloads.
SPOILED, LATE, FED = 0.08, 0.15, 0.04


@dataclass
class Case:
    type: str
    # For each input pin an array, or a list of arrays; None when the pin is left out.
    inputs: list
    # Only those that are written.
    attrs: dict
    # Shapes and values are known to the engine only while the page runs.
    is_late: bool = False
    # Inputs come from .npy files.
    is_fed: bool = False

    def arrays(self):
        return [array for item in self.inputs if item is not None for array in (item if isinstance(item, list) else [item])]


@dataclass
class Draw:
    """What a rule draws from: random numbers, the entry, and the dtypes chosen for its type variables."""

    random: np.random.Generator
    type: object
    bound: dict
    highest: int = 70
    # Whether this case is to be refused.
    is_spoiled: bool = False
    attrs: dict = field(default_factory=dict)

    def chance(self, probability):
        return self.random.random() < probability

    def integer(self, low, high):
        """From `low` to `high`, both included."""
        return int(self.random.integers(low, high, endpoint=True))

    def pick(self, items):
        return items[int(self.random.integers(len(items)))]

    def dtype(self, pin):
        pin = self.type.inputs[pin]
        return self.bound[pin.variable] if pin.variable else self.pick(pin.dtypes)

    def tensor(self, pin, shape, calm=False):
        return tensor(self.random, self.dtype(pin), shape, calm)

    def numbers(self, pin, numbers, shape=None):
        """The given numbers (an axis, a shape) in the pin's dtype."""
        made = np.array(numbers, dtypes.NUMPY[self.dtype(pin)])
        return made if shape is None else made.reshape(shape)

    def shape(self, lowest=0, rank=4):
        return shapes.shape(self.random, lowest, rank, self.highest)


def tensor(random, dtype, shape, calm=False):
    return values.draw(random, dtype, int(np.prod(shape, dtype=np.int64)), calm).reshape(shape)


def make(random, block_type, rule, number, highest=70):
    """Case `number` of a type; the dtypes take turns."""
    bound = {}
    for variable, allowed in block_type.variables().items():
        bound[variable] = allowed[number % len(allowed)] if not bound else allowed[int(random.integers(len(allowed)))]
    draw = Draw(random, block_type, bound, highest, is_spoiled=random.random() < SPOILED)
    inputs = (rule.draw or elementwise)(draw)
    for attr in block_type.attrs:
        if attr.is_written and attr.name not in draw.attrs:
            _draw_attr(draw, attr)
    case = Case(block_type.name, inputs, {name: value for name, value in draw.attrs.items() if value is not None})
    if case.inputs and not rule.is_literal:
        case.is_late = draw.chance(LATE)
        if not case.is_late and draw.chance(FED) and any(dtypes.is_float(array) for array in case.arrays()):
            case.is_fed = True
            _put_payloads(random, case)
    return case


def elementwise(draw):
    """What fits most types: inputs that can be broadcast; lists of one shape."""
    pins = draw.type.inputs
    dims = shapes.broadcastable(draw.random, len(pins), draw.highest)
    if draw.is_spoiled and dims:
        dims[-1] = shapes.spoiled(draw.random, dims[-1])
    return [_members(draw, index, dims[index]) if pin.is_list else draw.tensor(index, dims[index]) for index, pin in enumerate(pins)]


def _members(draw, pin, dims):
    count = draw.integer(1, 20 if draw.chance(0.3) else 5)
    members = [draw.tensor(pin, dims) for _ in range(count)]
    if draw.is_spoiled:
        members.append(draw.tensor(pin, shapes.spoiled(draw.random, dims)))
    return members


def _draw_attr(draw, attr):
    """Half of the attrs that have a default are left out, so that the default is compared too."""
    value = None
    if attr.default is None or draw.chance(0.5):
        if attr.kind == "int":
            low = attr.lowest if attr.lowest is not None else -2
            value = draw.integer(low, attr.highest if attr.highest is not None else low + 8)
            if draw.is_spoiled and attr.lowest is not None and draw.chance(0.5):
                value = draw.pick([low - 1, low - 2] + ([attr.highest + 1] if attr.highest is not None else []))
        elif attr.kind == "bool":
            value = draw.chance(0.5)
        elif attr.kind == "float":
            value = np.float32(draw.random.uniform(-2, 2))
        elif attr.kind == "choice":
            value = draw.pick(attr.words)
        elif attr.kind == "type":
            value = draw.bound[attr.name]
    # What follows from the inputs anyway must agree with them, so it need not be written.
    draw.attrs[attr.name] = value
    if value is None and attr.kind == "type":
        draw.bound.pop(attr.name, None)


def _put_payloads(random, case):
    """NaNs of any sign and payload, also signalling ones."""
    for array in case.arrays():
        if not dtypes.is_float(array) or array.size == 0:
            continue
        flat = array.reshape(-1)
        at = np.isnan(flat) | (random.random(flat.size) < 0.1)
        raw = random.integers(1, 1 << (22 if array.dtype.itemsize == 4 else 51), flat.size, dtype=np.int64)
        sign = random.integers(0, 2, flat.size).astype(bool)
        if array.dtype.itemsize == 4:
            made = (raw | 0x7F800000).astype(np.uint32) | (sign.astype(np.uint32) << np.uint32(31))
        else:
            made = (raw | 0x7FF0000000000000).astype(np.uint64) | (sign.astype(np.uint64) << np.uint64(63))
        flat.view(made.dtype)[at] = made[at]


def label(case):
    """The dtypes of a case, for the table."""
    return " ".join(dict.fromkeys(dtypes.name(array) for array in case.arrays()))
