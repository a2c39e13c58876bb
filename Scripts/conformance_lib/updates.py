"""Blocks that update variables: their inputs, and how near they must come."""

import numpy as np

from . import dtypes, shapes
from .bounds import Bound

# How often the update is repeated: in every case, and in one more for each optimiser.
CYCLES, MANY_CYCLES = 5, 100

# Elements that fill TensorFlow's vectors, by the bytes of one.
PACKET = {4: 8, 8: 4}


def same_shape(draw):
    """For Assign and its kin: all inputs have the variable's shape."""
    dims = draw.shape()
    inputs = [draw.tensor(pin, dims) for pin in range(len(draw.type.inputs))]
    if draw.is_spoiled and len(inputs) > 1:
        if draw.type.name == "Assign":
            # With false TensorFlow's variables change their shape; ours never do.
            draw.attrs["validate_shape"] = None
        inputs[-1] = draw.tensor(len(inputs) - 1, shapes.spoiled(draw.random, dims))
    return inputs


def count_up_to(draw):
    limit = draw.integer(0, 20)
    draw.attrs["limit"] = limit
    return [draw.numbers(0, draw.integer(limit - 12, limit - CYCLES - 1 if not draw.is_spoiled else limit))]


def optimizer(draw):
    """Variables, hyperparameters in sensible ranges, and a gradient; with `indices`, one of some rows."""
    names = [pin.name for pin in draw.type.inputs]
    is_sparse = "indices" in names
    dims = draw.shape(lowest=1 if is_sparse else 0, rank=3)
    rows = ()
    if is_sparse:
        # Rows have elements; half of the cases have one in each.
        dims = (max(1, dims[0]),) + (tuple(max(1, dim) for dim in dims[1:]) if draw.chance(0.6) else ())
        rows = (draw.integer(0, 12),)
    is_calm = draw.chance(0.9)
    inputs = []
    for index, pin in enumerate(draw.type.inputs):
        if pin.use == "update":
            inputs.append(_variable(draw, index, pin.name, dims, is_calm))
        elif pin.name in ("grad", "delta"):
            inputs.append(draw.tensor(index, rows + dims[1:] if is_sparse else dims, is_calm))
        elif pin.name == "indices":
            inputs.append(draw.numbers(index, draw.random.integers(0, dims[0], rows)))
        else:
            inputs.append(draw.numbers(index, draw.integer(1, 9)) if pin.variable is None else _scalar(draw, index, pin.name))
    if is_calm and "mg" in names and dtypes.is_float(inputs[names.index("mg")]):
        # A variance.
        inputs[names.index("ms")] += np.square(inputs[names.index("mg")])
    if draw.is_spoiled:
        _spoil(draw, names, inputs, dims)
    return inputs


def _variable(draw, pin, name, dims, is_calm):
    made = draw.tensor(pin, dims, is_calm)
    if not dtypes.is_float(made):
        return made
    if not is_calm:
        # TensorFlow's power of a subnormal number below 0 is NaN, that of 0 is not.
        is_base = name == "accum" and "Ftrl" in draw.type.name
        return np.where(np.abs(made) < np.finfo(made.dtype).tiny, np.zeros_like(made), made) if is_base else made
    is_square = name in ("accum", "accum_update", "ms", "v", "gradient_squared_accumulator") and "Momentum" not in draw.type.name
    return np.abs(made) + made.dtype.type(0.01) if is_square else made


def _scalar(draw, pin, name):
    made = draw.tensor(pin, (), calm=True)
    if not dtypes.is_float(made):
        return made
    if name == "lr_power":
        value = draw.pick([-0.5, -0.5, -0.5, -1.0, 0.0, -0.25, -draw.random.uniform(0, 1.5)])
    elif name in ("l1", "l2"):
        value = draw.pick([0.0, draw.random.uniform(0, 0.5)])
    elif name == "epsilon":
        value = 10.0 ** draw.random.uniform(-8, -1)
    elif name in ("lr", "alpha"):
        value = draw.random.uniform(0.01, 0.5)
    else:
        value = draw.random.uniform(0.1, 0.99)
    return np.array(value, made.dtype)


def _spoil(draw, names, inputs, dims):
    """Only what TensorFlow looks at: it overlooks some shapes of accumulators."""
    gradient = next(index for index, name in enumerate(names) if name in ("grad", "delta"))
    if "indices" not in names:
        scalars = [index for index, pin in enumerate(draw.type.inputs) if pin.use is None and index != gradient]
        if draw.chance(0.5):
            inputs[gradient] = draw.tensor(gradient, shapes.spoiled(draw.random, dims), True)
        else:
            index = draw.pick(scalars)
            inputs[index] = inputs[index].reshape(1)
        return
    indices = names.index("indices")
    style = draw.integer(0, 2)
    if style == 0:
        inputs[gradient] = draw.tensor(gradient, (inputs[indices].size + 1,) + dims[1:], True)
    elif style == 1 or inputs[indices].dtype == np.object_:
        inputs[indices] = inputs[indices].reshape(-1, 1)
    else:
        inputs[indices] = draw.numbers(indices, draw.pick([-1, dims[0]]) * np.ones(3, np.int64))
        inputs[gradient] = draw.tensor(gradient, (3,) + dims[1:], True)


def scatter(draw):
    dims = draw.shape(lowest=1, rank=3)
    dims = tuple(max(1, dim) for dim in dims[:1]) + tuple(dims[1:])
    batch = draw.shape(rank=2)
    while np.prod(batch) > 200:
        batch = draw.shape(rank=1)
    indices = draw.random.integers(0, dims[0], batch)
    if draw.is_spoiled and indices.size and np.prod(dims) and draw.chance(0.5):
        indices.reshape(-1)[draw.integer(0, indices.size - 1)] = draw.pick([-1, dims[0], 10**6])
        spoils = False
    else:
        spoils = draw.is_spoiled
    wanted = batch + dims[1:]
    if draw.chance(0.2):
        updates = draw.tensor(2, ())
    else:
        updates = draw.tensor(2, shapes.spoiled(draw.random, wanted) if spoils else wanted)
    return [draw.tensor(0, dims), draw.numbers(1, indices), _divisor(draw, updates)]


def _divisor(draw, updates):
    """TensorFlow ends when an integer is divided by zero."""
    if draw.type.name != "ScatterDiv" or updates.dtype.kind not in "iu":
        return updates
    return np.where((updates == 0) | (updates.astype(np.int64) == -1), 3, updates).astype(updates.dtype)


def scatter_nd(draw):
    dims = tuple(max(1, dim) for dim in draw.shape(lowest=1, rank=3))
    depth = draw.integer(1, len(dims))
    batch = draw.shape(lowest=1, rank=2)
    while np.prod(batch) > 200:
        batch = draw.shape(lowest=1, rank=1)
    indices = np.stack([draw.random.integers(0, dim, batch) for dim in dims[:depth]], -1)
    wanted = batch + dims[depth:]
    if draw.is_spoiled and indices.size and draw.chance(0.5):
        indices.reshape(-1)[draw.integer(0, indices.size - 1)] = draw.pick([-1, max(dims), 10**6])
    elif draw.is_spoiled:
        wanted = shapes.spoiled(draw.random, wanted)
    return [draw.tensor(0, dims), draw.numbers(1, indices), draw.tensor(2, wanted)]


class Steps(Bound):
    """TensorFlow's bits, unless its vectors compute a function that no standard defines to the last bit: then a distance on the scale
    of the greatest element of all variables.
    """

    unit = "of the bound"

    def __init__(self, powers=False):
        """`powers`: a power of `lr_power`; otherwise the inverse of a root, which float vectors estimate."""
        self.powers = powers
        function = "powers other than 0, 1/2 and 1" if powers else "1/√x in float vectors"
        self.text = f"same bits; with {function} 4 eps of the greatest element in a cycle"

    def is_near(self, case):
        inputs = dict(zip((name for name, _ in case.pins), case.inputs))
        first = inputs[case.updated[0]]
        row = int(np.prod(first.shape[1:])) if "indices" in inputs else first.size
        if self.powers:
            # Of single elements TensorFlow computes the power 1/2 too, which is not always the root.
            exact = (-1.0, 0.0) if "indices" in inputs and row == 1 else (-0.5, -1.0, 0.0)
            return dtypes.is_float(first) and float(inputs["lr_power"].reshape(-1)[0]) not in exact
        return first.dtype == np.float32 and row >= PACKET[4]

    def _allowed(self, case, values):
        inputs = dict(zip((name for name, _ in case.pins), case.inputs))
        arrays = [inputs[name] for name in case.updated] + [values]
        finite = [np.abs(array[np.isfinite(array)]).max(initial=0) for array in arrays]
        rate = float(inputs["lr"].reshape(-1)[0]) if self.powers else 1.0
        return 4 * case.cycles * float(np.finfo(values.dtype).eps) * float(max(finite)) / min(1.0, max(rate, 1e-3))

    def judge(self, case, pin, ours, theirs, differing):
        if not differing.any() or not self.is_near(case):
            return differing, None, None
        with np.errstate(all="ignore"):
            distance = np.abs(ours.astype(np.float64) - theirs) / self._allowed(case, theirs)
        # The distance from TensorFlow, not from the truth, as a part of what is allowed.
        return differing & ~(distance <= 1), distance, np.zeros_like(distance)

    def tolerance(self, case, pin, expected):
        return self._allowed(case, expected) if dtypes.is_float(expected) and self.is_near(case) else 0.0
