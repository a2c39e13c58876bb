"""Gradients: AddSymbolicGradients through each block type, beside TensorFlow's tape.

A case of the ordinary comparison becomes a page in which every float result is multiplied by a tensor of its own; these products
are differentiated by all float inputs. What flows back to a result is then its tensor, which the tape gets directly.
"""

from dataclasses import dataclass, replace

import numpy as np

from . import cases, dtypes, quantization, rules, segment_rules, values
from .appeal import MOST
from .bounds import EXACT, Bound, Sums, summed, wider
from .compare import differs


@dataclass
class GradientCase:
    """A case, and what flows back to its float results."""

    inner: object
    # By result, members of lists one by one; None for what is not float.
    upstreams: list
    # Which inputs it is differentiated by: (pin, member).
    wanted: list
    # Whether the only output is a list.
    is_list: bool = False
    outputs: tuple = ("grad_outputs",)

    @property
    def type(self):
        return self.inner.type

    def arrays(self):
        return self.inner.arrays() + [array for array in self.upstreams if array is not None]

    def references(self):
        """The results in the page's words."""
        if self.is_list:
            return [f"{self.inner.outputs[0]}[{index}]" for index in range(len(self.upstreams))]
        return self.inner.outputs

    @property
    def is_late(self):
        return self.inner.is_late

    is_fed = False
    cycles = 1


class Near(Bound):
    """At most `limit` epsilons of a magnitude from TensorFlow's: of the result itself, or what `scale` says of a case."""

    unit = "eps"

    def __init__(self, limit, scale=None, text="the result"):
        self.limit, self.scale = limit, scale
        self.text = f"{limit:g} eps of {text}"

    def judge(self, case, pin, ours, theirs, differing):
        info = dtypes.limits(ours.dtype)
        magnitude = self._magnitude(case, theirs)
        with np.errstate(all="ignore"):
            error = np.abs(wider(ours) - wider(theirs)) / info.eps / np.maximum(magnitude, info.tiny)
        # The order of a sum's terms decides what overflows on the way.
        overflows = (magnitude > info.max) & ~(np.isfinite(ours) & np.isfinite(theirs)) if self.scale else np.zeros_like(differing)
        error = np.where(differing & ~overflows, np.where(np.isnan(error), np.inf, error), 0)
        return differing & ~(error <= self.limit), error, np.zeros_like(error)

    def _magnitude(self, case, theirs):
        return np.abs(wider(theirs)) if self.scale is None else self.scale(case)

    def tolerance(self, case, pin, expected):
        finite = np.abs(expected[np.isfinite(expected)])
        scale = np.asarray(finite if self.scale is None else self.scale(case))
        scale = scale[np.isfinite(scale)]
        return float(self.limit * dtypes.limits(expected.dtype).eps * max(1.0, scale.max(initial=0.0)))


def _upstream(case):
    return np.abs(wider(case.upstreams[0]))


def _total(case):
    """Of sums and rows: all that flows back, times the logits where these come in as factors."""
    arrays = [array for array in case.inner.arrays() if dtypes.is_differentiable(array)]
    reach = max([1.0] + [float(np.abs(array[np.isfinite(array)]).max(initial=0)) for array in arrays])
    return sum(np.abs(wider(array[np.isfinite(array)])).sum() for array in case.upstreams if array is not None) * reach


def _product_terms(case, pin):
    """Of MatMul: the sums of products that are the gradients for `a` and `b`."""
    a, b = (wider(array) for array in case.inner.inputs)
    u = wider(case.upstreams[0])
    a = a.T if case.inner.attrs.get("transpose_a") else a
    b = b.T if case.inner.attrs.get("transpose_b") else b
    left, right = (u, b.T) if pin == 0 else (a.T, u)
    found = summed(left[:, :, np.newaxis] * right[np.newaxis], (1,))
    flipped = case.inner.attrs.get("transpose_a" if pin == 0 else "transpose_b")
    return tuple(array.T if flipped else array for array in found[:3]) + (found[3],)


def _range_terms(case, pin):
    """Of the FakeQuant blocks with min and max: see their gradient blocks."""
    return quantization.gradient_terms(replace(case.inner, inputs=[case.upstreams[0], *case.inner.inputs]), pin)


def _poles(case):
    """About how large the digamma function is: a logarithm, and for negative numbers the inverse of the distance from an integer."""
    x = wider(case.inner.inputs[0])
    with np.errstate(all="ignore"):
        near = np.where(x < 0.5, 4 / np.abs(x - np.rint(x)), 0)
        return 1 + np.abs(np.log(np.maximum(np.abs(x), 1e-300))) + np.where(np.isfinite(near), near, 0)


# Types whose gradients are not TensorFlow's bits.
BOUNDS = {
    # TensorFlow's exp is up to 7 ULP off.
    "Exp": Near(16),
    # 1 - y * y takes digits away.
    "Tanh": Near(16, _upstream, "the upstream gradient"),
    "Sigmoid": Near(16, _upstream, "the upstream gradient"),
    "Sqrt": Near(1),
    "Expm1": Near(16),
    "Softplus": Near(16),
    "SoftplusGrad": Near(64, _total, "all that flows back and the greatest operand"),
    "Elu": Near(16, _upstream, "the upstream gradient"),
    # Sums of all that flows back.
    "Fill": Near(32, _total, "all that flows back and the greatest operand"),
    "Tile": Near(32, _total, "all that flows back and the greatest operand"),
    "BiasAdd": Near(32, _total, "all that flows back and the greatest operand"),
    "Softmax": Near(32, _total, "all that flows back and the greatest operand"),
    "LogSoftmax": Near(32, _total, "all that flows back and the greatest operand"),
    "SoftmaxCrossEntropyWithLogits": Near(32, _total, "all that flows back and the greatest operand"),
    "SparseSoftmaxCrossEntropyWithLogits": Near(32, _total, "all that flows back and the greatest operand"),
    "MatMul": Sums(_product_terms, is_straight=True),
    "SparseMatMul": Sums(_product_terms, is_straight=True),
    "BatchMatMul": Sums(segment_rules.batch_gradient_terms, is_straight=True),
    # Products of 16 rows or more are taken in another order.
    "SegmentProd": Near(64),
    "FakeQuantWithMinMaxVars": Sums(_range_terms, is_no_worse=True),
    "FakeQuantWithMinMaxVarsPerChannel": Sums(_range_terms, is_no_worse=True),
    # The functions themselves are not TensorFlow's bits.
    "Sin": Near(16, _upstream, "the upstream gradient"),
    "Cos": Near(16, _upstream, "the upstream gradient"),
    "Erf": Near(16, _upstream, "the upstream gradient"),
    "Erfc": Near(16, _upstream, "the upstream gradient"),
    "Sinh": Near(16),
    "Cosh": Near(16),
    "Tan": Near(256),
    "Asin": Near(8),
    "Acos": Near(8),
    "Atan": Near(8),
    # Between its poles digamma passes through 0, where TensorFlow loses digits.
    "Lgamma": Near(256, lambda case: _upstream(case) * _poles(case), "the upstream gradient and what the poles add"),
    "Digamma": Near(256, lambda case: _upstream(case) * _poles(case) ** 2, "the upstream gradient and what the poles add"),
}
# Types whose inputs are broadcast and whose terms are not TensorFlow's bits, with how far they may be from these.
TERMS = {"Pow": 64, "Zeta": 1024, "Polygamma": 2**14, "Igamma": 2**17, "Igammac": 2**17, "Betainc": 2**14}
# Types that are differentiated in half and complex dtypes too.
WIDE = {
    "Add", "AddN", "Complex", "ComplexAbs", "Concat", "Conj", "Div", "Exp", "ExpandDims", "Expm1", "Identity", "Imag", "Log", "Log1p", "MatMul", "Mean",
    "Multiply", "Negate", "Prod", "Real", "RealDiv", "Reciprocal", "Reshape", "Rsqrt", "Sigmoid", "Split", "Sqrt", "Square", "SquaredDifference",
    "Subtract", "Sum", "Tanh", "Tile", "Transpose",
}
# Types with a gradient that TensorFlow does not have, or has otherwise.
SKIPPED = {
    "AddSymbolicGradients": "is what makes gradients",
    "PreventGradient": "has a gradient only to refuse it",
    "Placeholder": "has no value of its own",
    "Mod": "has no gradient in TensorFlow",
    "TruncateMod": "has no gradient in TensorFlow",
    "SoftsignGrad": "has no gradient in TensorFlow",
    "Selu": "is 0 near 0 in TensorFlow, where its slope jumps",
}


# Types whose gradients need shapes, axes or a permutation before the run.
EARLY = {"Concat", "ExtractImagePatches", "GatherV2", "Prod", "Tile", "TopK", "Transpose"}


def skip(block_type):
    return SKIPPED.get(block_type.name) or (None if block_type.gradient else "has no gradient")


def narrowed(block_type):
    """The type with only floats for what is differentiated."""
    wide = {pin.variable for pin in block_type.inputs if pin.name in block_type.gradient and pin.variable}
    wide |= {attr.name for attr in block_type.attrs if attr.kind == "type" and attr.is_written and any(pin.variable == attr.name for pin in block_type.outputs)}

    def floats(names):
        some = ("float", "double", "half", "complex64", "complex128") if block_type.name in WIDE else ("float", "double")
        return tuple(name for name in names if name in some) or names

    return replace(
        block_type,
        inputs=tuple(replace(pin, dtypes=floats(pin.dtypes)) if pin.variable in wide else pin for pin in block_type.inputs),
        attrs=tuple(replace(attr, words=floats(attr.words)) if attr.name in wide else attr for attr in block_type.attrs),
    )


def draw(block_type, random, count, asked, highest=70, edges=None):
    """Cases with their upstream gradients; the shapes of the results are TensorFlow's."""
    narrow = narrowed(block_type)
    rule = rules.rule(block_type)
    made = cases.edge_cases(narrow, rule, random, most=edges) if edges != 0 else []
    made += [cases.make(random, narrow, rule, number, highest, may_be_fed=False, is_spoiled=False) for number in range(count)]
    for case in made:
        case.is_late = case.is_late and block_type.name not in EARLY
    made = [case for case in made if not _is_without_gradient(case)]
    asked.submit([rules.call(block_type, case) for case in made])
    found = []
    for case, answer in zip(made, asked.results()):
        if not isinstance(answer, list):
            continue
        flat = [array for item in answer for array in (item if isinstance(item, list) else [item])]
        upstreams = [_drawn(random, array) if dtypes.is_differentiable(array) else None for array in flat]
        wanted = [
            (pin, member)
            for pin, item in enumerate(case.inputs)
            for member, array in enumerate(item if isinstance(item, list) else [item])
            if array is not None and block_type.inputs[pin].name in block_type.gradient and dtypes.is_differentiable(array)
        ]
        if wanted and any(array is not None for array in upstreams):
            found.append(GradientCase(case, upstreams, wanted, isinstance(answer[0], list)))
    return found


def _is_without_gradient(case):
    """Inputs for which TensorFlow's gradients fail: rows and pixels of nothing, the diagonal of a scalar. Or have no digits: its Polygamma and Zeta of
    negative numbers, which also count from them up to 0, and powers of subnormal numbers."""
    if case.type in ("Digamma", "Polygamma", "Zeta"):
        # The factorial of a great order is infinite in float.
        return bool((case.inputs[-1] < 0).any() or (case.type == "Polygamma" and (case.inputs[0] > 30).any()))
    if case.type in ("Igamma", "Igammac"):
        return any(((array != 0) & (np.abs(array) < dtypes.limits(array.dtype).tiny)).any() for array in case.inputs)
    if case.type == "DiagPart":
        return case.inputs[0].ndim == 0
    return case.type in ("TopK", "ExtractImagePatches") and case.inputs[0].shape[-1] == 0


def _drawn(random, like):
    array = values.draw(random, dtypes.name(like), like.size, calm=random.random() < 0.7).reshape(like.shape)
    # Subnormal numbers are 0 after the product, and need not be before it.
    # The page multiplies by them, and a complex product with an infinite part is NaN.
    if dtypes.is_complex(array):
        array = np.where(np.isfinite(array), array, array.dtype.type(1))
    return dtypes.flushed(array)


# TensorFlow's gradients of these do not know that their inputs were broadcast.
SPREAD = {"SoftmaxCrossEntropyWithLogits"}


def _spread(case):
    """The case with inputs of one shape, where TensorFlow's gradient is right."""
    return list(np.broadcast_arrays(*case.inner.inputs))


def _gathered(case, answer):
    """The gradients for the inputs themselves: what TensorFlow gives for each of their copies, added up."""
    full = np.broadcast_shapes(*(array.shape for array in case.inner.inputs))
    found = []
    for (pin, _), gradient in zip(case.wanted, answer):
        mine = case.inner.inputs[pin]
        axes = _repeated_axes(mine.shape, full)
        with np.errstate(all="ignore"):
            found.append(wider(gradient).sum(axis=axes).reshape(mine.shape).astype(gradient.dtype) if axes else gradient)
    return found


def _repeated_axes(mine, full):
    lead = len(full) - len(mine)
    return tuple(axis for axis in range(len(full)) if axis < lead or (mine[axis - lead] == 1 and full[axis] != 1))


def call(block_type, case, inputs=None, upstreams=None):
    """For the oracle: operation, inputs, attrs, what flows back, and by which inputs it is differentiated."""
    if block_type.name in SPREAD:
        inputs = _spread(case)
    # Gradients that refuse what the operation takes: negative axes, a tuple alone.
    if block_type.name == "Transpose":
        inputs = [case.inner.inputs[0], case.inner.inputs[1] % max(1, case.inner.inputs[1].size)]
    if block_type.name == "GatherNd" and case.inner.inputs[1].ndim == 1:
        inputs, upstreams = [case.inner.inputs[0], case.inner.inputs[1][np.newaxis]], [case.upstreams[0][np.newaxis]]
    operation, given, attrs, cycles = rules.call(block_type, case.inner, inputs)
    flowing = case.upstreams if upstreams is None else upstreams
    # What flows back from a product with a complex tensor is its conjugate.
    flowing = [np.conj(array) if array is not None and dtypes.is_complex(array) else array for array in flowing]
    return operation, given, attrs, cycles, flowing, case.wanted


def ask(block_type, made, asked):
    """TensorFlow's gradients of some cases, or why it has none."""
    asked.submit([call(block_type, case) for case in made])
    answers = asked.results()
    if block_type.name not in SPREAD:
        return answers
    return [_gathered(case, answer) if isinstance(answer, list) else answer for case, answer in zip(made, answers)]


class Repeated(Bound):
    """Element by element, then summed over the axes along which an input was repeated; None of the terms' bits may differ."""

    unit = "eps of the sum of |terms|"
    text = "same bits; sums over repeated axes (log2 n + 32)/2 eps of the sum of |terms|"

    def __init__(self, block_type, asked):
        self._type, self._asked = block_type, asked
        self._sums = Sums(self._terms)

    def judge(self, case, pin, ours, theirs, differing):
        return self._sums.judge(case, pin, ours, theirs, differing)

    def tolerance(self, case, pin, expected):
        return self._sums.tolerance(case, pin, expected)

    def _terms(self, case, pin):
        full = case.upstreams[0].shape
        at, _ = case.wanted[pin]
        mine = case.inner.inputs[at].shape
        axes = _repeated_axes(mine, full)
        if not axes:
            return None
        self._asked.submit([call(self._type, case, [np.broadcast_to(array, full).copy() for array in case.inner.inputs])])
        answer = self._asked.results()[0]
        if not isinstance(answer, list):
            return None
        found = summed(wider(answer[pin]), axes)
        return tuple(array.reshape(mine) for array in found[:3]) + (found[3],)


class NearTerms(Repeated):
    """As above, but the terms themselves may be `limit` epsilons apart."""

    def __init__(self, block_type, asked, limit):
        super().__init__(block_type, asked)
        self.limit = limit
        self.text = f"{limit:g} eps of the sum of |terms|"

    def judge(self, case, pin, ours, theirs, differing):
        info = dtypes.limits(ours.dtype)
        magnitude = self._magnitude(case, pin, theirs)
        with np.errstate(all="ignore"):
            error = np.abs(wider(ours) - wider(theirs)) / info.eps / np.maximum(magnitude, info.tiny)
        overflows = (magnitude > info.max / 4) & ~(np.isfinite(ours) & np.isfinite(theirs))
        error = np.where(differing & ~overflows, np.where(np.isnan(error), np.inf, error), 0)
        return differing & ~(error <= self.limit), error, np.zeros_like(error)

    def _magnitude(self, case, pin, theirs):
        with np.errstate(all="ignore"):
            found = self._terms(case, pin)
        return np.abs(wider(theirs)) if found is None else np.asarray(found[1])

    def tolerance(self, case, pin, expected):
        finite = np.abs(expected[np.isfinite(expected)])
        return float(self.limit * dtypes.limits(expected.dtype).eps * max(1.0, finite.max(initial=0.0)))


class ComplexToo(Bound):
    """What another bound says of real numbers; complex ones are near in magnitude, where all numbers are finite."""

    unit = "eps"

    def __init__(self, real):
        self.real = real
        self.text = f"{real.text}; half: 8 eps, complex: 64 eps of result and upstream gradient, of all that flows back for sums"
        self.unit = real.unit

    def judge(self, case, pin, ours, theirs, differing):
        is_half = ours.dtype == np.float16
        if not dtypes.is_complex(ours) and not is_half:
            # The page multiplies complex results by what flows back: of a part that is 0, products and sums decide the sign.
            zeros = (ours == 0) & (theirs == 0) if case.type == "Complex" else False
            return self.real.judge(case, pin, ours, theirs, differing & ~np.asarray(zeros))
        info = dtypes.limits(ours.dtype)
        with np.errstate(all="ignore"):
            error = np.abs(wider(ours) - wider(theirs)) / info.eps / np.maximum(self._scale(case, theirs), info.tiny)
        finite = all(np.isfinite(array).all() for array in case.arrays() if dtypes.is_differentiable(array))
        lost = ~np.isfinite(theirs) if finite else np.ones_like(differing)
        error = np.where(differing & ~lost, error, 0)
        return differing & ~(error <= (8 if is_half else 64)), error, np.zeros_like(error)

    def _scale(self, case, theirs):
        arrays = [array for array in case.arrays() if dtypes.is_differentiable(array)]
        if all(array.shape == theirs.shape for array in arrays):
            return np.abs(wider(theirs)) + np.abs(wider(case.upstreams[0]))
        return np.maximum(np.abs(wider(theirs)), _total(case))

    def tolerance(self, case, pin, expected):
        if not dtypes.is_complex(expected) and expected.dtype != np.float16:
            return self.real.tolerance(case, pin, expected)
        with np.errstate(all="ignore"):
            scale = np.max(self._scale(case, expected), initial=0.0)
        return float(64 * dtypes.limits(expected.dtype).eps * scale) if np.isfinite(scale) else np.inf


def bound(block_type, asked):
    found = _bound(block_type, asked)
    return ComplexToo(found) if block_type.name in WIDE else found


def _bound(block_type, asked):
    if block_type.name in BOUNDS:
        return BOUNDS[block_type.name]
    if block_type.name in TERMS:
        return NearTerms(block_type, asked, TERMS[block_type.name])
    if rules.rule(block_type).is_elementwise and len(block_type.inputs) == 2 and not any(pin.is_list for pin in block_type.inputs):
        return Repeated(block_type, asked)
    return EXACT


class GradientAppeal:
    """Elements for which TensorFlow has two answers; see appeal.py. For inputs of one shape."""

    def __init__(self, asked, block_type):
        self._asked, self._type = asked, block_type

    def excused(self, case, pin, ours, bad):
        excused = np.zeros_like(bad)
        places = np.flatnonzero(bad)[:MOST]
        inputs = case.inner.inputs
        same = len(case.upstreams) == 1 and all(isinstance(array, np.ndarray) and array.shape == ours.shape for array in [*inputs, *case.upstreams])
        if not same or not rules.rule(self._type).is_elementwise or places.size == 0:
            return excused
        picked = [array.reshape(-1)[places] for array in [*inputs, *case.upstreams]]

        def asking(items):
            return call(self._type, case, items[:-1], [items[-1]])

        calls = [asking([array[index : index + 1] for array in picked]) for index in range(places.size)]
        self._asked.submit(calls + [asking([np.repeat(array, 64) for array in picked])])
        answers = self._asked.results()
        if not all(isinstance(answer, list) for answer in answers):
            return excused
        mine = ours.reshape(-1)[places]
        found = ~(differs(mine, np.concatenate([answer[pin] for answer in answers[:-1]])) & differs(mine, answers[-1][pin][::64]))
        excused.reshape(-1)[places[found]] = True
        return excused


def compare(tally, block_type, made, asked, driver):
    """Compares the gradients of some cases."""
    answers = ask(block_type, made, asked)
    taken = [(case, answer) for case, answer in zip(made, answers) if isinstance(answer, list)]
    appeal = GradientAppeal(asked, block_type)
    for (case, theirs), ours in zip(taken, driver.run([case for case, _ in taken]) if taken else []):
        if not isinstance(ours, list):
            tally.fail(case, f"{type(ours).__name__.lower()} ({ours.message}), TensorFlow differentiates it")
            continue
        names = [f"gradient for {case.inner.pins[pin][0]}" + (f"[{member}]" if case.inner.pins[pin][1] else "") for pin, member in case.wanted]
        tally.add(replace(case, outputs=names), ours[0], theirs, appeal)
    for case, answer in zip(made, answers):
        if not isinstance(answer, list):
            tally.fail(case, f"TensorFlow has no gradient: {getattr(answer, 'message', 'it crashed')[:200]}")
