"""A case: one block with its inputs and attrs. Most are drawn from the block type's entry alone."""

import zlib
from dataclasses import dataclass, field, replace

import numpy as np

from . import dtypes, shapes, updates, values

# How often a case is made to be refused, gets its shapes only while the page runs, or has NaNs with payloads.
SPOILED, LATE, FED = 0.08, 0.15, 0.04


@dataclass
class Case:
    type: str
    # For each input pin an array, or a list of arrays; None when the pin is left out.
    inputs: list
    # Only those that are written.
    attrs: dict
    # For each input pin its name and whether it is a list; the names of the output pins.
    pins: list
    outputs: list
    # The input pins whose variables are updated. An output `@pin` is the variable's value after the last cycle.
    updated: tuple = ()
    # Shapes and values are known to the engine only while the page runs.
    is_late: bool = False
    # The cycle whose results are compared.
    cycles: int = 1
    # Inputs come from .npy files.
    is_fed: bool = False
    # Inputs are blocks of their own.
    is_wired: bool = False

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

    def numbers(self, pin, numbers):
        """The given numbers (an axis, a shape) in the pin's dtype."""
        numbers = np.array(numbers, np.int64)
        # As text only where a dtype is tried that no axis has.
        return tensor(self.random, "string", numbers.shape) if self.dtype(pin) == "string" else numbers.astype(dtypes.NUMPY[self.dtype(pin)])

    def shape(self, lowest=0, rank=4):
        return shapes.shape(self.random, lowest, rank, self.highest)


def generator(seed, name):
    """Random numbers that depend on the type, not on which other types are compared."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def tensor(random, dtype, shape, calm=False):
    return values.draw(random, dtype, int(np.prod(shape, dtype=np.int64)), calm).reshape(shape)


def make(random, block_type, rule, number, highest=70, may_be_fed=True, is_spoiled=None):
    """Case `number` of a type; the dtypes of the widest type variable take turns. `is_spoiled`: whether it is to be refused; None: sometimes."""
    bound = {}
    for variable, allowed in sorted(block_type.variables().items(), key=lambda item: -len(item[1])):
        bound[variable] = allowed[number % len(allowed)] if not bound else allowed[int(random.integers(len(allowed)))]
    draw = Draw(random, block_type, bound, highest, is_spoiled=random.random() < SPOILED if is_spoiled is None else is_spoiled)
    inputs = (rule.draw or (updates.same_shape if block_type.updated else elementwise))(draw)
    for attr in block_type.attrs:
        if attr.is_written and attr.name not in draw.attrs:
            _draw_attr(draw, attr)
    case = _case(block_type, inputs, draw.attrs)
    if rule.is_random:
        case.cycles = draw.integer(1, 2)
    if case.inputs and not rule.is_literal:
        case.is_late = draw.chance(LATE)
        if may_be_fed and not case.is_late and not rule.is_random and draw.chance(FED) and any(dtypes.is_differentiable(array) for array in case.arrays()):
            case.is_fed = True
            _put_payloads(random, case)
    return case


def _case(block_type, inputs, attrs):
    pins = [(pin.name, pin.is_list) for pin in block_type.inputs]
    written = {name: value for name, value in attrs.items() if value is not None}
    outputs = [pin.name for pin in block_type.outputs if not pin.is_operation] + [f"@{pin}" for pin in block_type.updated]
    return Case(block_type.name, inputs, written, pins, outputs, block_type.updated, cycles=updates.CYCLES if block_type.updated else 1)


def edge_cases(block_type, rule, random, most=None):
    """For each dtype of an element by element type, every edge value, or every pair of them; or about `most` of all these."""
    if not rule.is_elementwise or block_type.updated or not 1 <= len(block_type.inputs) <= 2 or any(pin.is_list for pin in block_type.inputs):
        return []
    made = []
    for dtype in block_type.inputs[0].dtypes:
        edges = values.edges(dtype)
        # Integers are divided once by zero among others, and once not.
        for right in [edges, edges[edges != 0]] if len(block_type.inputs) == 2 and edges.dtype.kind in "iu" else [edges]:
            inputs = [edges] if len(block_type.inputs) == 1 else [np.repeat(edges, right.size), np.tile(right, edges.size)]
            made += [_case(block_type, inputs, attrs) for attrs in _attr_choices(block_type)]
    for case in made if most is not None else []:
        size = case.inputs[0].size
        at = random.permutation(size)[: max(6, most // len(made))]
        case.inputs = [array[at] for array in case.inputs]
    return made


def _attr_choices(block_type):
    """Each dtype of a written type attr, or no attrs at all."""
    attr = next((attr for attr in block_type.attrs if attr.kind == "type" and attr.is_written), None)
    return [{attr.name: word} for word in attr.words] if attr else [{}]


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
    draw.attrs[attr.name] = value


def _put_payloads(random, case):
    """NaNs of any sign and payload, also signalling ones."""
    for array in case.arrays():
        if not dtypes.is_differentiable(array) or array.size == 0:
            continue
        flat = array.reshape(-1)
        if dtypes.is_complex(array):
            flat = flat.view(dtypes.NUMPY[dtypes.PARTS[dtypes.name(array)]])
        at = np.isnan(flat) | (random.random(flat.size) < 0.1)
        raw = random.integers(1, 1 << (dtypes.limits(flat.dtype).nmant - 1), flat.size, dtype=np.int64)
        sign = random.integers(0, 2, flat.size)
        infinite = dtypes.bits(np.array(np.inf, flat.dtype)).astype(np.int64)
        made = dtypes.bits(np.zeros(0, flat.dtype)).dtype
        flat.view(made)[at] = np.where(sign, raw | infinite | np.int64(made.type(np.iinfo(made).min)), raw | infinite).astype(made)[at]


def label(case):
    """The dtypes of a case, for the table."""
    return " ".join(dict.fromkeys(dtypes.name(array) for array in case.arrays()))


def foreign(known):
    """The dtypes that are not among `known`."""
    return [dtype for dtype in dtypes.NUMPY if dtype not in known]


def with_dtype(block_type, variable, dtype):
    """The entry with one dtype for a type variable, whether it has it or not."""
    pins = tuple(replace(pin, dtypes=(dtype,)) if pin.variable == variable else pin for pin in block_type.inputs)
    attrs = tuple(replace(attr, words=(dtype,)) if attr.name == variable else attr for attr in block_type.attrs)
    return replace(block_type, inputs=pins, attrs=attrs)
