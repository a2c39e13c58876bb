"""Trigonometric and special functions: inputs, the exact values by mpmath, and how near results must be to them."""

import mpmath
import numpy as np

from . import cases, dtypes, networks
from .bounds import Bound, Rounded, wider
from .linear import near
from .rule import Rule

# Elements of a case whose exact value is computed: those farthest from TensorFlow's result, and evenly spread ones.
FARTHEST, SPREAD = 60, 60
NAN, INF = mpmath.mpf("nan"), mpmath.mpf("inf")


class Exactly(Bound):
    """At most `single` ULP of float and `double` of double from the exact value, or from `scale` of the operands where that is larger.

    Elements that are TensorFlow's bits are right too.
    """

    unit = "ULP"

    def __init__(self, truth, single=1, double=1, scale=None, digits=50, of_complex=None, complex_limit=8, complex_scale=None):
        self.truth, self.limits, self.scale, self.digits = truth, (single, double), scale, digits
        self.complex = of_complex and Rounded(lambda case: of_complex(*map(wider, case.inputs)), complex_limit=complex_limit, scale=complex_scale)
        self.text = f"{single:g} ULP of the true value" + (f", doubles {double:g}" if double != single else "")
        if of_complex:
            condition = " times the condition" if complex_scale else ""
            self.text += f"; complex: {complex_limit:g} eps of the magnitude{condition}, where operands are finite"

    def _limit(self, kind):
        return self.limits[kind.itemsize == 8]

    def judge(self, case, pin, ours, theirs, differing):
        if dtypes.is_complex(ours):
            return self.complex.judge(case, pin, ours, theirs, differing)
        if not dtypes.is_float(ours):
            return differing, None, None
        error, reference = np.zeros(ours.shape), np.zeros(ours.shape)
        operands = [np.broadcast_to(array, ours.shape).reshape(-1) for array in case.inputs]
        for at in self._places(ours, theirs, differing):
            place = np.unravel_index(at, ours.shape)
            truth, spacing = self.exact([operand[at] for operand in operands], ours.dtype)
            error[place] = _distance(ours[place], truth, spacing)
            reference[place] = _distance(theirs[place], truth, spacing)
        return differing & ~(error <= self._limit(ours.dtype) + 0.01), error, reference

    def _places(self, ours, theirs, differing):
        """The elements to look at, by their number."""
        found = np.flatnonzero(differing)
        if found.size <= FARTHEST + SPREAD:
            return found
        with np.errstate(all="ignore"):
            a, b = ours.reshape(-1)[found].astype(np.float64), theirs.reshape(-1)[found].astype(np.float64)
            far = np.abs(a - b) / np.maximum(np.abs(b), dtypes.limits(ours.dtype).tiny)
        far = np.where(np.isfinite(far), far, np.inf)
        order = np.argsort(-far, kind="stable")[:FARTHEST]
        return np.union1d(found[order], found[:: max(1, found.size // SPREAD)])

    def exact(self, operands, kind):
        """The exact value, and the unit in which errors are counted."""
        info = dtypes.limits(kind)
        # Subnormal operands are 0 to both sides, but not those of half.
        tiny = float(info.tiny) if kind != np.float16 else 0
        operands = [float(np.copysign(0.0, float(value))) if abs(float(value)) < tiny else float(value) for value in operands]
        values = operands if self.truth in SIGNED else [mpmath.mpf(value) for value in operands]
        with mpmath.workdps(self.digits):
            truth = NAN if any(mpmath.isnan(value) for value in values) and self.truth not in NAN_TAKERS else mpmath.mpf(self.truth(*values))
            size = abs(truth)
            if self.scale and mpmath.isfinite(truth):
                size = max(size, abs(self.scale(*values)))
        if not mpmath.isfinite(size):
            return truth, mpmath.mpf(1)
        return truth, mpmath.mpf(float(dtypes.spacing(np.float64(min(size, info.max)), kind)))

    def tolerance(self, case, pin, expected):
        """What TensorFlow's own results need, and ours."""
        if dtypes.is_complex(expected):
            return self.complex.tolerance(case, pin, expected)
        if not dtypes.is_float(expected):
            return 0.0
        operands = [np.broadcast_to(array, expected.shape).reshape(-1) for array in case.inputs]
        eps = float(dtypes.limits(expected.dtype).eps)
        worst = 0.0
        for at, theirs in enumerate(expected.reshape(-1)):
            if np.isfinite(theirs):
                truth, spacing = self.exact([operand[at] for operand in operands], expected.dtype)
                if mpmath.isfinite(truth):
                    size = max(1.0, abs(float(theirs)))
                    worst = max(worst, (float(abs(mpmath.mpf(float(theirs)) - truth)) + self._limit(expected.dtype) * float(spacing)) / size)
        return min(2 * worst + 4 * eps, 1e-2)


def _distance(value, truth, spacing):
    """In units; NaN and infinities must be what they should be."""
    info = dtypes.limits(value.dtype)
    if mpmath.isnan(truth) or np.isnan(value):
        return 0.0 if mpmath.isnan(truth) and np.isnan(value) else np.inf
    beyond = mpmath.mpf(float(info.max)) + mpmath.mpf(float(dtypes.spacing(info.max, value.dtype)))
    if value == 0 and abs(truth) < float(info.tiny):
        # Both sides may take subnormal numbers for 0.
        return 0.0
    clipped = max(-beyond, min(beyond, truth))
    mine = max(-beyond, min(beyond, mpmath.mpf(float(value))))
    return float(abs(mine - clipped) / spacing)


def _is_integer(x):
    return mpmath.isinf(x) or x == mpmath.floor(x)


# MARK: exact values, with TensorFlow's conventions where mathematics has none


def _finite(function):
    return lambda x: function(x) if mpmath.isfinite(x) else NAN


def _within_one(function):
    return lambda x: function(x) if abs(x) <= 1 else NAN


def _power(x, y):
    if y == 0 or x == 1:
        return 1
    if mpmath.isnan(x) or mpmath.isnan(y):
        return NAN
    with np.errstate(all="ignore"):
        if x == 0 or not mpmath.isfinite(x) or not mpmath.isfinite(y):
            return mpmath.mpf(float(np.power(np.float64(x), np.float64(y))))
    if x < 0 and not _is_integer(y):
        return NAN
    odd = x < 0 and y % 2 == 1
    return (-1 if odd else 1) * _bounded_exponential(y * mpmath.log(abs(x)))


def power_scale(case):
    """exp(y log x) has the magnitude of y log x as its condition."""
    x, y = (wider(operand) for operand in case.inputs)
    return np.abs(np.power(x, y)) * (1 + np.abs(y * np.log(x)))


def _bounded_exponential(x):
    """Beyond any dtype mpmath would take long."""
    return mpmath.exp(max(-2000, min(2000, x)))


# These have a result for some NaN.
NAN_TAKERS = {_power}


def _atan2(y, x):
    if x == 0 or y == 0 or not (np.isfinite(x) and np.isfinite(y)):
        # The zeros have signs. What is a multiple of π / 4 is exact enough, and better as the quarters of π that it is.
        return mpmath.mpf(round(float(np.arctan2(y, x)) / (np.pi / 4))) * mpmath.pi / 4
    return mpmath.atan2(y, x)


# These look at the signs of zeros.
SIGNED = {_atan2}


def _hyperbolic(function):
    return lambda x: function(max(-2000, min(2000, x))) if mpmath.isfinite(x) else (function(mpmath.sign(x)) * INF)


def _erfc(x):
    return mpmath.erfc(x) if abs(x) < 200 else mpmath.mpf(0 if x > 0 else 2)


def _erf(x):
    return mpmath.erf(x) if abs(x) < 200 else mpmath.sign(x)


def _lgamma(x):
    if mpmath.isinf(x) or (x <= 0 and _is_integer(x)):
        return INF
    return mpmath.re(mpmath.loggamma(x))


def _digamma(x):
    if x == INF:
        return INF
    if mpmath.isinf(x) or (x <= 0 and _is_integer(x)):
        return NAN
    return mpmath.digamma(x)


def _reflected(x):
    """What the digamma of a negative number is made of."""
    return mpmath.digamma(1 - x) if x < 0 and mpmath.isfinite(x) else 0


def _zeta(s, q, factor=1):
    if s == 1:
        return INF
    if s < 1:
        return NAN
    if q <= 0 and _is_integer(q):
        return INF if _is_integer(s / 2) else NAN
    if q < 0 and not _is_integer(s):
        return NAN
    if mpmath.isinf(q):
        return mpmath.mpf(0)
    if mpmath.isinf(s):
        return mpmath.mpf(0) if abs(q) > 1 and not (-1 < q + mpmath.ceil(-q) - 1 < 0) and q > 0 else (mpmath.mpf(1) if q == 1 else INF)
    sum_, count = mpmath.mpf(0), 0
    # Terms with a negative base: the first and the last of many.
    while q < 0 and count < 2000:
        sum_ += q**-s
        q, count = q + 1, count + 1
    if q < 0:
        first = q - mpmath.floor(q)
        last = -(q + mpmath.ceil(-q) - 1)
        sum_ += (-1) ** int(s) * (_hurwitz(s, last) - _hurwitz(s, last + mpmath.ceil(-q)))
        q = first
    return factor * (sum_ + _hurwitz(s, q))


def _hurwitz(s, q):
    """Euler's and Maclaurin's formula; mpmath's own has few digits where the result is small."""
    total = mpmath.mpf(0)
    least = s / 2 + 30
    while q < least:
        term = q**-s
        total += term
        if term < total * mpmath.mpf(10) ** -40:
            return total
        q += 1
    total += q ** (1 - s) / (s - 1) + q**-s / 2
    term = s * q ** (-s - 1)
    for k in range(1, 40):
        part = mpmath.bernoulli(2 * k) / mpmath.factorial(2 * k) * term
        total += part
        if abs(part) < abs(total) * mpmath.mpf(10) ** -40:
            break
        term *= (s + 2 * k - 1) * (s + 2 * k) / q**2
    return total


def _zeta_terms(s, q):
    """The largest of the terms, where they have different signs."""
    if q >= 0 or not mpmath.isfinite(q) or not _is_integer(s) or _is_integer(q):
        return 0
    first = q - mpmath.floor(q)
    return mpmath.mpf(min(first, 1 - first)) ** -s


def _polygamma(n, x):
    if n == 0:
        return _digamma(x)
    if n < 0 or not _is_integer(n):
        return NAN
    if mpmath.isinf(n):
        return n if x < INF else NAN
    return (-1) ** (int(n) + 1) * _zeta(n + 1, x, mpmath.gamma(n + 1))


def _polygamma_terms(n, x):
    if n == 0:
        return _reflected(x)
    return mpmath.gamma(n + 1) * _zeta_terms(n + 1, x) if mpmath.isfinite(n) and n > 0 and _is_integer(n) else 0


def _igamma(a, x):
    if x == 0:
        return 0
    if x < 0 or a <= 0:
        return NAN
    if mpmath.isinf(a):
        return 0
    return 1 if mpmath.isinf(x) else mpmath.gammainc(a, 0, x, regularized=True)


def _igammac(a, x):
    if x < 0 or a <= 0:
        return NAN
    if x == 0 or mpmath.isinf(x):
        return 1 if x == 0 else 0
    return 1 if mpmath.isinf(a) else mpmath.gammainc(a, x, mpmath.inf, regularized=True)


def _igamma_slope(a, x):
    if x == 0:
        return 0
    if x < 0 or a <= 0:
        return NAN
    if mpmath.isinf(a) or mpmath.isinf(x):
        return 0
    return mpmath.diff(lambda t: mpmath.gammainc(t, 0, x, regularized=True), a)


def _gamma_factor(a, x):
    if not (0 < a < INF and 0 < x < INF):
        return 0
    # Below a of 1 the logarithm of x is what the slope is made of.
    return 1024 * _bounded_exponential(a * mpmath.log(x) - x - mpmath.loggamma(a + 1)) * max(1, abs(mpmath.log(x)))


def _betainc(a, b, x):
    if not (0 < a < INF and 0 < b < INF and 0 <= x <= 1):
        return NAN
    if x == 0 or x == 1:
        return x
    # The smaller tail converges. For a small b it is near 1, and takes its digits away.
    if x > (a + 1) / (a + b + 2):
        with mpmath.workdps(mpmath.mp.dps + max(0, -int(mpmath.log10(b)))):
            return 1 - mpmath.betainc(b, a, 0, 1 - x, regularized=True)
    return mpmath.betainc(a, b, 0, x, regularized=True)


# MARK: inputs

_ODD = [0.0, -0.0, 1.0, 0.5, 2.0, -1.0, -2.0, -0.5, np.inf, -np.inf, np.nan, 1e-30, 1e-310, 1e-39]


def _positive(low, high, odd=0.08):
    """Positive numbers of all magnitudes between two, and some that are odd."""

    def values(draw, pin, dims):
        array = np.exp(draw.random.uniform(np.log(low), np.log(high), dims))
        return _with_odd(draw, pin, array, odd)

    return values


def _with_odd(draw, pin, array, odd=0.08):
    places = draw.random.random(array.shape) < (odd if draw.chance(0.7) else 0)
    array = np.where(places, draw.random.choice(_ODD, array.shape), array)
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(array).astype(draw.tensor(pin, ()).dtype)


def _foreign(draw):
    """Whether a dtype is tried that the type does not have."""
    return any(draw.dtype(pin) not in ("float", "double") for pin in range(len(draw.type.inputs)))


def _pair(*makers):
    def drawn(draw):
        inputs = cases.elementwise(draw)
        return inputs if _foreign(draw) else [make(draw, pin, array.shape) for pin, (make, array) in enumerate(zip(makers, inputs))]

    return drawn


def _exponent(draw, pin, dims):
    """Mostly integers from 2 on."""
    array = np.where(draw.random.random(dims) < 0.5, draw.random.integers(1, 30, dims), 1 + np.exp(draw.random.uniform(-6, 5, dims)))
    return _with_odd(draw, pin, array.astype(np.float64))


def _order(draw, pin, dims):
    return _with_odd(draw, pin, draw.random.integers(0, draw.pick([4, 30, 150]), dims).astype(np.float64))


def _argument(draw, pin, dims):
    array = np.exp(draw.random.uniform(-6, 6, dims))
    if draw.chance(0.3):
        array = draw.random.uniform(-40, 0, dims)
    return _with_odd(draw, pin, array)


def incomplete_gamma(draw):
    inputs = cases.elementwise(draw)
    if _foreign(draw):
        return inputs
    a = np.exp(draw.random.uniform(-7, draw.pick([1, 4, 7]), inputs[0].shape))
    x = np.exp(draw.random.uniform(-4, 4, inputs[1].shape))
    if inputs[0].shape == inputs[1].shape and draw.chance(0.6):
        x = a * np.exp(draw.random.standard_normal(a.shape) * min(1, 3 / np.sqrt(np.max(a, initial=1))))
    return [_with_odd(draw, 0, a), _with_odd(draw, 1, x)]


def betainc(draw):
    dims = draw.shape()
    shapes = [() if draw.chance(0.25) else dims for _ in range(3)]
    if draw.is_spoiled and dims:
        shapes[draw.integer(0, 2)] = tuple(size + 1 for size in dims)
    if _foreign(draw):
        return [draw.tensor(pin, shape) for pin, shape in enumerate(shapes)]
    high = draw.pick([1, 3, 6])
    a, b = (np.exp(draw.random.uniform(-5, high, shape)) for shape in shapes[:2])
    return [_with_odd(draw, 0, a), _with_odd(draw, 1, b), _with_odd(draw, 2, draw.random.uniform(0, 1, shapes[2]))]


def power(draw):
    inputs = cases.elementwise(draw)
    if inputs[1].dtype.kind == "i":
        if draw.chance(0.8):
            inputs[1] = inputs[1] & draw.pick([7, 127])
    elif dtypes.is_float(inputs[1]) and draw.chance(0.6):
        inputs[0] = np.exp(draw.random.uniform(-8, 8, inputs[0].shape)).astype(inputs[0].dtype)
        reach = draw.pick([3, 80 if inputs[1].dtype != np.float16 else 6])
        inputs[1] = draw.random.uniform(-reach, reach, inputs[1].shape).astype(inputs[1].dtype)
    return inputs


def approximately(draw):
    inputs = networks.same_shapes(draw)
    if dtypes.is_float(inputs[0]) and inputs[0].shape == inputs[1].shape and draw.chance(0.6):
        with np.errstate(over="ignore", invalid="ignore"):
            inputs[1] = (inputs[0] + draw.random.uniform(-1, 1, inputs[0].shape) * draw.pick([2e-5, 2, 1e-6])).astype(inputs[0].dtype)
    return inputs


def lin_space(draw):
    shape = (2,) if draw.is_spoiled and draw.chance(0.5) else ()
    count = draw.pick([0, -1, -5]) if draw.is_spoiled and not shape else draw.integer(1, draw.highest)
    return [draw.tensor(0, shape), draw.tensor(1, ()), draw.numbers(2, count)]


def counted(draw):
    start, limit, delta = (draw.tensor(pin, (), calm=draw.chance(0.9)) for pin in range(3))
    if start.dtype.kind not in "if":
        return [start, limit, delta]
    shape = draw.pick([(), (), (), (1,)])
    steps = draw.integer(0, draw.highest)
    if not draw.is_spoiled and draw.chance(0.9):
        with np.errstate(all="ignore"):
            delta = delta if delta != 0 else start.dtype.type(1)
            limit = (start + delta * start.dtype.type(steps) * (1 if start.dtype.kind == "i" else start.dtype.type(draw.random.uniform(0.8, 1)))).astype(start.dtype)
    elif draw.is_spoiled and draw.chance(0.5):
        delta = np.zeros_like(delta)
    elif draw.is_spoiled:
        limit, delta = start + start.dtype.type(3), start.dtype.type(-1)
    with np.errstate(all="ignore"):
        count = abs((float(limit) - float(start)) / float(delta)) if delta != 0 else 0
    if np.isfinite(count) and 1e6 < count < 2**62:
        # TensorFlow would make it.
        limit = start
    return [np.asarray(item, start.dtype).reshape(shape) for item in (start, limit, delta)]


def _function(truth, single=1, double=1, reach=None, scale=None, digits=50, of_complex=None):
    return Rule(draw=near(*reach) if reach else None, bound=Exactly(truth, single, double, scale, digits, of_complex), is_near=bool(reach))


RULES = {
    # Angles up to 2^1023 need a thousand bits of π.
    "Sin": _function(_finite(mpmath.sin), reach=(100, 1e7), digits=360, of_complex=np.sin),
    "Cos": _function(_finite(mpmath.cos), reach=(100, 1e7), digits=360, of_complex=np.cos),
    "Tan": _function(_finite(mpmath.tan), reach=(100, 1e7), digits=360, of_complex=np.tan),
    "Asin": _function(_within_one(mpmath.asin), reach=(1, 1), of_complex=np.arcsin),
    "Acos": _function(_within_one(mpmath.acos), reach=(1, 1), of_complex=np.arccos),
    "Atan": _function(mpmath.atan, reach=(5, 5), of_complex=np.arctan),
    "Atan2": _function(_atan2, reach=(5, 5)),
    "Sinh": _function(_hyperbolic(mpmath.sinh), reach=(90, 712), of_complex=np.sinh),
    "Cosh": _function(_hyperbolic(mpmath.cosh), reach=(90, 712), of_complex=np.cosh),
    "Erf": _function(_erf, reach=(5, 7)),
    "Erfc": _function(_erfc, double=4, reach=(10, 27)),
    "Lgamma": _function(_lgamma, double=3, reach=(20, 40)),
    "Digamma": _function(_digamma, double=8, reach=(20, 40), scale=_reflected),
    "Zeta": Rule(draw=_pair(_exponent, _argument), bound=Exactly(_zeta, 1, 8, _zeta_terms, digits=130)),
    "Polygamma": Rule(draw=_pair(_order, _argument), bound=Exactly(_polygamma, 1, 16, _polygamma_terms, digits=130)),
    "Igamma": Rule(draw=incomplete_gamma, bound=Exactly(_igamma, 1, 128)),
    "Igammac": Rule(draw=incomplete_gamma, bound=Exactly(_igammac, 1, 128)),
    "IgammaGradA": Rule(draw=incomplete_gamma, bound=Exactly(_igamma_slope, 1, 64, _gamma_factor, digits=60)),
    "Betainc": Rule(draw=betainc, bound=Exactly(_betainc, 1, 512)),
    "Pow": Rule(draw=power, bound=Exactly(_power, of_complex=np.power, complex_limit=4, complex_scale=power_scale), is_near=True),
    # These look at the fractions and signs of floats only: same bits.
    "ApproximateEqual": Rule(draw=approximately),
    "LinSpace": Rule(draw=lin_space),
    "Range": Rule(draw=counted),
}
