"""Inputs of activations, losses and what chooses the greatest, and what their results must be near to."""

import numpy as np

from . import dtypes, linear, shapes
from .bounds import Bound, summed, wider

# TensorFlow's two constants of Selu.
SCALE, SLOPE = "1.0507009873554804934193349852946", "1.7580993408473768599402175208123"


def same_shapes(draw):
    """Two tensors of one shape."""
    dims = draw.shape()
    other = shapes.spoiled(draw.random, dims) if draw.is_spoiled else dims
    # TensorFlow's gradients of single functions compare the counts only.
    while draw.is_spoiled and np.prod(other) == np.prod(dims):
        other = other + (7,) if np.prod(dims) else (3,)
    return [draw.tensor(0, dims), draw.tensor(1, other)]


def elu(case):
    x = wider(case.inputs[0])
    return np.where(x < 0, np.expm1(x), x)


def selu(case):
    x = wider(case.inputs[0])
    return np.where(x < 0, x.dtype.type(_constant(case, SLOPE)) * np.expm1(x), x.dtype.type(_constant(case, SCALE)) * x)


def _constant(case, text):
    """As the dtype has it."""
    kind = case.inputs[0].dtype
    return np.float32(text) if kind.itemsize == 2 else kind.type(text)


def softplus(case):
    x = wider(case.inputs[0])
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def softplus_gradient(case):
    gradient, x = wider(case.inputs[0]), wider(case.inputs[1])
    return gradient / (np.exp(-x) + 1)


def expm1(case):
    z = wider(case.inputs[0])
    if not dtypes.is_complex(z):
        return np.expm1(z)
    x, y = z.real.astype(np.longdouble), z.imag.astype(np.longdouble)
    return np.expm1(x) - 2 * np.exp(x) * np.sin(y / 2) ** 2 + 1j * np.where(y == 0, 0, np.exp(x) * np.sin(y))


def log1p(case):
    z = wider(case.inputs[0])
    if not dtypes.is_complex(z):
        return np.log1p(z)
    x, y = z.real.astype(np.longdouble), z.imag.astype(np.longdouble)
    near = np.log1p(x * (2 + x) + y * y) / 2
    return np.where(np.maximum(np.abs(x), np.abs(y)) < 1, near, np.log(np.hypot(1 + x, y))) + 1j * np.arctan2(y, 1 + x)


def rsqrt(case):
    x = wider(case.inputs[0])
    # Subnormal numbers and -0 keep their sign under the root.
    return 1 / np.sqrt(x)


def softsign(case):
    x = wider(case.inputs[0])
    return x / (np.abs(x) + 1)


# Gradients, from what flows back and the operand or the result. Some of complex numbers see the result's conjugate.


def _pair(case):
    return tuple(wider(array) for array in case.inputs)


def elu_gradient(case):
    gradient, y = _pair(case)
    return np.where(y < 0, (y + 1) * gradient, gradient)


def selu_gradient(case):
    gradient, y = _pair(case)
    return np.where(y < 0, gradient * (y + float(_constant(case, SLOPE))), gradient * float(_constant(case, SCALE)))


def softsign_gradient(case):
    gradient, x = _pair(case)
    return gradient / (np.abs(x) + 1) ** 2


def sigmoid_gradient(case):
    y, gradient = _pair(case)
    return gradient * y * (1 - y)


def tanh_gradient(case):
    y, gradient = _pair(case)
    return gradient * (1 - y**2)


def gradient_scale(case):
    """Where 1 less y, or less y², cancels."""
    y, gradient = _pair(case)
    return np.abs(gradient) * (1 + np.abs(y)) ** 2


def root_gradient(case):
    y, gradient = _pair(case)
    return np.where(gradient == 0, 0, gradient / 2 / np.conj(y))


def inverse_root_gradient(case):
    y, gradient = _pair(case)
    return np.where(gradient == 0, 0, gradient / -2 * np.conj(y) ** 3)


def reciprocal_gradient(case):
    y, gradient = _pair(case)
    return -gradient * np.conj(y) ** 2


def gradient_reach(case):
    """Products of up to four factors on the way."""
    y, gradient = (np.abs(dtypes.parts(wider(array))).max(-1) for array in case.inputs)
    return np.maximum(1, gradient) * np.maximum(1, y) ** 3 * 8


# Rows


def rows(draw):
    """Logits. Infinities of both signs in one row leave nothing to compare, so they are rare."""
    dims = () if draw.is_spoiled else draw.shape(lowest=1)
    return [_logits(draw, 0, dims)]


def _logits(draw, pin, dims):
    made = draw.tensor(pin, dims, calm=draw.chance(0.8))
    if not dtypes.is_float(made):
        return made
    with np.errstate(all="ignore"):
        return (made * draw.pick([1, 1, 30, 1e-3])).astype(made.dtype)


def cross_entropy(draw):
    count, classes = draw.integer(0, 6), draw.integer(0, 24)
    features, labels = (count, classes), (count, classes)
    if draw.chance(0.3):
        features = draw.pick([(1, classes), (count, 1), (classes,), ()])
    elif draw.chance(0.3):
        labels = draw.pick([(1, classes), (count, 1), (classes,), ()])
    if draw.is_spoiled:
        features = draw.pick([(count, classes + 2), (classes,), (1, count, classes)])
        labels = (classes + 1,) if len(features) == 1 else (count, classes + 4)
    probabilities = draw.random.dirichlet(np.ones(max(1, classes)), max(1, count))
    made = draw.tensor(1, labels, calm=True)
    if made.shape == (count, classes) and made.size and draw.chance(0.7) and dtypes.is_float(made):
        made = probabilities.astype(made.dtype)
    return [_logits(draw, 0, features), made]


def sparse_cross_entropy(draw):
    count, classes = draw.integer(0, 6), draw.integer(1, 24)
    labels = draw.random.integers(0, classes, count)
    dims = (count, classes)
    if draw.is_spoiled:
        style = draw.integer(0, 2) if count else 2
        if style == 0:
            labels[0] = draw.pick([-1, classes, 10**6])
        elif style == 1:
            labels = np.append(labels, 0)
        else:
            dims = draw.pick([(classes,), (count, 2, classes), (count, 0)])
    return [_logits(draw, 0, dims), draw.numbers(1, labels)]


class Rows(Bound):
    """Softmax and cross entropy: epsilons of what `scaled` says of each element's conditioning. `scaled` gives the true value and the scale."""

    is_no_worse = True
    unit = "eps of the scale"

    def __init__(self, scaled, limit=1.0):
        self.scaled, self.limit = scaled, limit
        self.text = f"{limit:g} eps of each element's condition, and no worse than TensorFlow"

    def judge(self, case, pin, ours, theirs, differing):
        with np.errstate(all="ignore"):
            truth, scale = self.scaled(case, pin)
            error, reference = (_scaled(values, truth, scale) for values in (ours, theirs))
        return differing & ~(error <= self.limit), error, reference

    def tolerance(self, case, pin, expected):
        with np.errstate(all="ignore"):
            scale = np.asarray(self.scaled(case, pin)[1])
        finite = scale[np.isfinite(scale)]
        return float(2 * dtypes.limits(expected.dtype).eps * finite.max(initial=0)) if expected.size else 0.0


def _scaled(values, truth, scale):
    info = dtypes.limits(values.dtype)
    error = np.abs(values.astype(truth.dtype) - truth)
    # Both sides take subnormal numbers for 0.
    relative = np.where(error <= 2 * info.tiny, 0, error / (scale * info.eps))
    same = (values == truth) | (np.isnan(values) & np.isnan(truth)) | (np.isnan(truth))
    return np.where(same, 0, np.where(np.isnan(relative), np.inf, relative))


def _parts(x):
    """Of the last axis: differences from the greatest, probabilities, the logarithm of the sum, and how far rounding the differences reaches."""
    shifted = x - np.max(x, axis=-1, keepdims=True, initial=-np.inf)
    powers = np.exp(shifted)
    total = powers.sum(axis=-1, keepdims=True)
    probabilities = powers / total
    reach = np.where(probabilities == 0, 0, probabilities * np.abs(shifted)).sum(axis=-1, keepdims=True)
    return shifted, probabilities, np.log(total), (reach + np.log2(max(2, x.shape[-1])) + 24) / 2


def softmax(case, pin):
    x = wider(case.inputs[0])
    if x.size == 0:
        return x, np.ones_like(x)
    shifted, probabilities, _, reach = _parts(x)
    return probabilities, probabilities * (np.where(np.isfinite(shifted), np.abs(shifted), 0) / 2 + reach)


def log_softmax(case, pin):
    x = wider(case.inputs[0])
    if x.size == 0:
        return x, np.ones_like(x)
    shifted, _, logarithm, reach = _parts(x)
    return shifted - logarithm, 2 * np.abs(shifted) + 2 * np.abs(logarithm) + reach


def cross_entropy_terms(case, pin):
    x, labels = np.broadcast_arrays(*(wider(array) for array in case.inputs))
    return _entropy(x, labels, pin)


def sparse_cross_entropy_terms(case, pin):
    x = wider(case.inputs[0])
    labels = np.zeros_like(x)
    labels[np.arange(len(x)), case.inputs[1].astype(np.int64)] = 1
    return _entropy(x, labels, pin, is_sparse=True)


def _entropy(x, labels, pin, is_sparse=False):
    if x.size == 0:
        return (np.zeros(x.shape[0], x.dtype), np.ones(x.shape[0])) if pin == 0 else (x, np.ones_like(x))
    shifted, probabilities, logarithm, reach = _parts(x)
    if pin == 1:
        return probabilities - labels, probabilities * (np.where(np.isfinite(shifted), np.abs(shifted), 0) / 2 + reach) + np.abs(labels)
    terms = labels * (logarithm - shifted)
    if is_sparse:
        terms = np.where(labels == 0, 0, terms)
    count = (np.log2(max(2, x.shape[-1])) + 32) / 2
    scale = np.abs(labels) * (np.abs(shifted) + np.abs(logarithm) + reach)
    return terms.sum(axis=-1), np.where(labels == 0, 0, scale).sum(axis=-1) * count


# Sums


def loss(draw):
    return [draw.tensor(0, draw.shape(), calm=draw.chance(0.7))]


def l2_terms(case, pin):
    x = wider(case.inputs[0]).reshape(-1)
    # A square that is subnormal is 0.
    terms = x * x / 2
    return summed(terms, (0,))


def _channels_shape(draw):
    dims = draw.shape(lowest=2)
    axis = -1
    if draw.chance(0.5):
        draw.attrs["data_format"] = "NCHW"
        axis = 1
    else:
        draw.attrs["data_format"] = draw.pick([None, "NHWC"])
    return dims, axis


def bias_add(draw):
    dims, axis = _channels_shape(draw)
    bias = (dims[axis],)
    if draw.is_spoiled:
        dims, bias = draw.pick([(dims, (dims[axis] + 1,)), (dims[:1], dims[:1]), (dims, ()), (dims, (1, dims[axis]))])
    return [draw.tensor(0, dims), draw.tensor(1, bias)]


def bias_add_gradient(draw):
    dims, _ = _channels_shape(draw)
    return [draw.tensor(0, draw.pick([(), dims[:1]]) if draw.is_spoiled else dims, calm=draw.chance(0.6))]


def bias_terms(case, pin):
    x = wider(case.inputs[0])
    axis = 1 if case.attrs.get("data_format") == "NCHW" else x.ndim - 1
    return summed(x, tuple(other for other in range(x.ndim) if other != axis))


# The greatest


def _numbers(draw, pin, dims):
    """Without NaN, whose place among numbers depends on the sizes."""
    made = draw.tensor(pin, dims)
    if dtypes.is_float(made):
        made = np.where(np.isnan(made), made.dtype.type(1), made)
    return made


class Ranks(Bound):
    """Fed tensors may have got a NaN; these are not compared."""

    text = "same bits, without NaN"

    def judge(self, case, pin, ours, theirs, differing):
        has_nan = dtypes.is_float(case.inputs[0]) and bool(np.isnan(case.inputs[0]).any())
        return differing & (not has_nan), None, None


def top_k(draw):
    dims = list(draw.shape(lowest=1))
    k = draw.integer(0, dims[-1])
    draw.attrs["sorted"] = draw.pick([None, True])
    if draw.is_spoiled:
        k = draw.pick([dims[-1] + 1, -1])
        if draw.chance(0.2):
            dims = ()
    return [_numbers(draw, 0, tuple(dims)), draw.numbers(1, k)]


def in_top_k(draw):
    count, classes = draw.integer(0, 8), draw.integer(0, 20)
    targets = draw.random.integers(-1, classes + 2, count)
    draw.attrs["k"] = draw.integer(-1, 6)
    predictions = (count, classes)
    if draw.is_spoiled:
        predictions = draw.pick([(count + 1, classes), (classes,), (1, count, classes)])
    return [draw.tensor(0, predictions, calm=draw.chance(0.7)), draw.numbers(1, targets)]


def argument(draw):
    dims = list(draw.shape(lowest=1))
    axis = draw.integer(0, len(dims) - 1)
    dims[axis] = max(1, dims[axis])
    made = draw.numbers(1, axis - len(dims) if draw.chance(0.4) else axis)
    if draw.is_spoiled:
        style = draw.integer(0, 2)
        if style == 0:
            made = draw.numbers(1, draw.pick([len(dims), -len(dims) - 1]))
        elif style == 1:
            dims[axis] = 0
        else:
            dims = []
    return [draw.tensor(0, tuple(dims)), made]


def extreme(draw):
    """Which zero is the greatest of 0 and -0 depends on the element's place."""
    from . import reductions

    inputs = reductions.draw(draw)
    if dtypes.is_float(inputs[0]):
        inputs[0] = np.where(inputs[0] == 0, inputs[0].dtype.type(0), inputs[0])
        inputs[0] = dtypes.flushed(inputs[0])
    return inputs


class Products(Bound):
    """Half an epsilon for each factor, unless the order decides what overflows or is flushed on the way."""

    unit = "eps"
    text = "n/2 + 1 eps; the order of the factors decides what overflows on the way"

    def judge(self, case, pin, ours, theirs, differing):
        if not dtypes.is_differentiable(ours):
            return differing, None, None
        factors = wider(case.inputs[0])
        axes = tuple(sorted({int(axis) % factors.ndim for axis in np.atleast_1d(case.inputs[1])})) if factors.ndim else ()
        keeps = bool(case.attrs.get("keep_dims", False))
        with np.errstate(all="ignore"):
            logs = np.log2(np.abs(factors))
            reach = np.where(np.isfinite(logs), np.abs(logs), 0).sum(axis=axes, keepdims=keeps)
            truth = factors.prod(axis=axes, keepdims=keeps)
            info = dtypes.limits(ours.dtype)
            # All partial products, in any order, are normal numbers.
            is_tame = (reach < -info.minexp) & np.isfinite(factors).all(axis=axes, keepdims=keeps)
            count = np.prod([factors.shape[axis] for axis in axes], dtype=np.int64)
            error = np.abs(ours.astype(truth.dtype) - truth) / (np.abs(truth) * info.eps)
        # A complex product is rounded four times.
        roundings = 2 * count + 1 if dtypes.is_complex(ours) else count / 2 + 1
        return differing & is_tame & ~(error <= roundings), None, None

    def tolerance(self, case, pin, expected):
        finite = np.abs(expected[np.isfinite(expected)]) if dtypes.is_differentiable(expected) else np.zeros(0)
        return float(64 * dtypes.limits(expected.dtype).eps * finite.max(initial=0)) if finite.size else 0.0


# Filling and choosing


def fill(draw):
    dims = list(draw.shape())
    value = ()
    if draw.is_spoiled:
        dims, value = draw.pick([(dims + [-1], ()), (dims, (2,))])
    return [draw.numbers(0, dims), draw.tensor(1, value)]


def where3(draw):
    dims = draw.shape()
    condition = draw.pick([dims, (), dims[:1]])
    other = dims
    if draw.is_spoiled:
        if draw.chance(0.5):
            other = shapes.spoiled(draw.random, dims)
        else:
            condition = draw.pick([tuple(dims) + (2,), (dims[0] + 1,) if dims else (2, 2)])
    return [draw.tensor(0, condition), draw.tensor(1, dims), draw.tensor(2, other)]


def expand_dims(draw):
    dims = draw.shape()
    axis = draw.integer(-len(dims) - 1, len(dims))
    if draw.is_spoiled:
        axis = draw.pick([len(dims) + 1, -len(dims) - 2])
    made = draw.numbers(1, axis)
    return [draw.tensor(0, dims), made.reshape((1,)) if draw.chance(0.3) else made]


def tile(draw):
    dims = draw.shape(rank=4)
    multiples = [draw.integer(0 if draw.chance(0.1) else 1, 3) for _ in dims]
    if draw.is_spoiled:
        multiples = draw.pick([multiples + [1], [-1] + multiples[1:]])
    return [draw.tensor(0, dims), draw.numbers(1, multiples)]
