"""How near a result must be to TensorFlow's, or to the true value."""

import math

import numpy as np

from . import dtypes


def wider(array):
    """The array in a precision with more digits: float as double, double in 80 bits. Subnormal numbers are 0, as they are to both sides."""
    array = dtypes.flushed(array)
    with np.errstate(invalid="ignore"):
        if dtypes.is_complex(array):
            return array.astype(np.complex128 if array.dtype == np.complex64 else np.clongdouble)
        return array.astype(np.float64 if dtypes.is_float(array) and array.dtype.itemsize <= 4 else np.longdouble)


def summed(terms, axes, keepdims=False):
    """What ``Sums`` must know of a sum: its value, the sum of the magnitudes, the same of the finite terms, the number of terms."""
    magnitudes = np.abs(terms)
    finite = np.where(np.isfinite(magnitudes), magnitudes, 0)
    count = int(np.prod([terms.shape[axis] for axis in axes], dtype=np.int64))
    return (*(values.sum(axis=axes, keepdims=keepdims) for values in (terms, magnitudes, finite)), count)


class Bound:
    """`judge` returns which of the differing elements are wrong, and the errors of both sides; None where it has none to tell."""

    text = "same bits"
    # Whether the greatest error over all cases must not exceed TensorFlow's.
    is_no_worse = False
    unit = ""

    def judge(self, case, pin, ours, theirs, differing):
        return differing, None, None

    def tolerance(self, case, pin, expected):
        """For an `<expect>` element."""
        return 0.0


EXACT = Bound()


def normwise(values, truth, dtype, scale=None):
    """How far complex numbers are from the true ones: epsilons of these's magnitudes. 0 for what is not finite on both sides."""
    info = dtypes.limits(dtype)
    with np.errstate(all="ignore"):
        size = np.hypot(truth.real, truth.imag)
        size = size if scale is None else np.maximum(size, scale)
        error = np.hypot(values.real - truth.real, values.imag - truth.imag)
        # Parts that are subnormal may be 0.
        relative = np.where(error <= 3 * info.tiny, 0, error / (np.maximum(size, info.tiny) * info.eps))
        is_over = ~np.isfinite(values) & (~np.isfinite(truth) | (size * 1.001 > info.max))
        return np.where(is_over, 0, np.where(np.isnan(relative), np.inf, relative))


def is_lost(ours, theirs, case):
    """Where TensorFlow's own paths for complex numbers disagree, as the loop over vectors and the one over the rest do."""
    given = [array for array in case.arrays() if dtypes.is_complex(array)]
    lost = ~np.isfinite(ours) & ~np.isfinite(theirs)
    try:
        shape = np.broadcast_shapes(ours.shape, *(array.shape for array in given))
    except ValueError:
        return lost
    if shape == ours.shape:
        for array in given:
            lost = lost | ~np.broadcast_to(np.isfinite(array), shape)
    return lost


class Rounded(Bound):
    """The same bits, but of half and bfloat16 `halves` ULP (None: the same bits), of complex numbers `complex_limit` epsilons of the true value.

    Blocks of several operations round once in our halves, after each operation in TensorFlow's.
    """

    unit = "ULP or eps"

    def __init__(self, truth, halves=1, complex_limit=4, reach=None, scale=None):
        """`reach`: the greatest magnitude on the way to each result; what overflows there is infinite or NaN. `scale`: what errors are part of."""
        self.scale = scale
        self.truth, self.halves, self.complex_limit, self.reach = truth, halves, complex_limit, reach
        self.text = "same bits" + (f"; half, bfloat16: {halves:g} ULP of the true value" if halves else "")
        if complex_limit:
            self.text += f"; complex: {complex_limit:g} eps of the magnitude, where operands are finite"

    def judge(self, case, pin, ours, theirs, differing):
        if dtypes.is_complex(ours) and self.complex_limit:
            return self._judge_complex(case, ours, theirs, differing)
        if self.halves and dtypes.is_float(ours) and ours.dtype.itemsize == 2:
            return Ulps(self.halves, self.truth).judge(case, pin, ours, theirs, differing)
        return differing, None, None

    def _judge_complex(self, case, ours, theirs, differing):
        with np.errstate(all="ignore"):
            truth = np.asarray(self.truth(case))
            lost = is_lost(ours, theirs, case)
            if self.reach:
                lost |= ~(self.reach(case) < dtypes.limits(ours.dtype).max)
            error, reference = (
                np.where(lost, 0, normwise(values, truth, ours.dtype, self.scale and self.scale(case))) for values in (ours, theirs)
            )
        return differing & ~(error <= self.complex_limit), error, np.where(np.isfinite(reference), reference, 0)

    def tolerance(self, case, pin, expected):
        if dtypes.is_complex(expected):
            return complex_tolerance(expected, self.complex_limit)
        if self.halves and dtypes.is_float(expected) and expected.dtype.itemsize == 2:
            return Ulps(self.halves + 1, self.truth).tolerance(case, pin, expected)
        return 0.0


class Zeros(Bound):
    """Of half and bfloat16 the sign of a zero may be the other one: it does not follow from IEEE, and TensorFlow has those of one place only."""

    text = "same bits; half, bfloat16: the sign of a zero may differ"

    def judge(self, case, pin, ours, theirs, differing):
        if not dtypes.is_float(ours) or ours.dtype.itemsize != 2:
            return differing, None, None
        return differing & ~((dtypes.flushed(ours) == 0) & (dtypes.flushed(theirs) == 0)), None, None


def complex_tolerance(expected, limit):
    size = np.abs(expected[np.isfinite(expected)])
    return float(2 * limit * dtypes.limits(expected.dtype).eps * max(1.0, size.max(initial=0.0)))


class Ulps(Bound):
    """At most `limit` units in the last place from the true value, or TensorFlow's bits; complex numbers normwise, `complex_limit` epsilons."""

    unit = "ULP"

    def __init__(self, limit, truth, complex_limit=4):
        self.limit, self.truth, self.complex_limit = limit, truth, complex_limit
        self.text = f"{limit:g} ULP of the true value; complex: {complex_limit:g} eps of the magnitude, where operands are finite"

    def judge(self, case, pin, ours, theirs, differing):
        if dtypes.is_complex(ours):
            return Rounded(self.truth, complex_limit=self.complex_limit).judge(case, pin, ours, theirs, differing)
        with np.errstate(all="ignore"):
            truth = np.asarray(self.truth(case))
            error, reference = _ulps(ours, truth), _ulps(theirs, truth)
        # The true value is itself rounded, far behind the last place.
        return differing & ~(error <= self.limit + 0.01), error, reference

    def tolerance(self, case, pin, expected):
        # TensorFlow's own results are within 4 ULP of the true values where they are numbers.
        if dtypes.is_complex(expected):
            return complex_tolerance(expected, self.complex_limit)
        # Of half and bfloat16 the unit is large.
        extra = 4 if expected.dtype.itemsize > 2 else 1
        return float((self.limit + extra) * dtypes.limits(expected.dtype).eps)


def _ulps(values, truth):
    """The distance in units of the last place of the true value's neighbours; NaN where both are NaN."""
    info = dtypes.limits(values.dtype)
    spacing = dtypes.spacing(np.abs(truth), values.dtype)
    # Infinity stands one step behind the greatest number.
    beyond = truth.dtype.type(info.max) + dtypes.spacing(truth.dtype.type(info.max), values.dtype)
    # Both sides may take subnormal numbers for 0.
    truth = np.where((values == 0) & (np.abs(truth) < info.tiny), 0, truth)
    error = np.abs(np.clip(values.astype(truth.dtype), -beyond, beyond) - np.clip(truth, -beyond, beyond)) / spacing
    return np.where(np.isnan(truth) & np.isnan(values), 0, np.where(np.isnan(truth) | np.isnan(values), np.inf, error))


class Near(Bound):
    """At most `limit` units in the last place from TensorFlow's result, or of what `reach` gives where that is larger; doubles as `doubles` says."""

    def __init__(self, limit, doubles=None, reach=None):
        self.limit, self.doubles, self.reach = limit, doubles or limit, reach
        self.text = f"{limit} ULP" + (f", doubles {doubles}" if doubles else "") + (" of result and mean" if reach else "")

    def _limit(self, kind):
        return self.limit if kind.itemsize == 4 else self.doubles

    def judge(self, case, pin, ours, theirs, differing):
        if not dtypes.is_float(ours):
            return differing, None, None
        with np.errstate(all="ignore"):
            size = np.abs(theirs) if self.reach is None else np.maximum(np.abs(theirs), self.reach(case, theirs.shape))
            is_near = np.abs(ours - theirs) <= self._limit(ours.dtype) * np.spacing(size.astype(theirs.dtype))
        return differing & ~is_near, None, None

    def tolerance(self, case, pin, expected):
        if not dtypes.is_float(expected) or expected.size == 0:
            return 0.0
        size = 1.0 if self.reach is None else float(max(1.0, np.max(self.reach(case, expected.shape))))
        return float(self._limit(expected.dtype) * dtypes.limits(expected.dtype).eps * size)


class Sums(Bound):
    """A sum of n terms whose order is not TensorFlow's: half an epsilon of the sum of their magnitudes for each rounding.

    `terms` gives what ``summed`` does; None: same bits.
    """

    unit = "eps of the sum of |terms|"

    def __init__(self, terms, is_straight=False, is_no_worse=False):
        """`is_straight`: the terms are added one after the other."""
        self.terms, self.is_straight, self.is_no_worse = terms, is_straight, is_no_worse
        self.text = f"{'n/2' if is_straight else '(log2 n + 32)/2'} eps of the sum of |terms|"
        if is_no_worse:
            self.text += ", and no worse than TensorFlow"

    def _limit(self, count):
        # The product of two complex numbers is rounded twice more.
        return (count + 3 if self.is_straight else math.log2(max(2, count)) + 32) / 2

    def judge(self, case, pin, ours, theirs, differing):
        if not dtypes.is_differentiable(ours):
            return differing, None, None
        with np.errstate(all="ignore"):
            found = self.terms(case, pin)
            if found is None:
                return differing, None, None
            truth, magnitude, finite, count = found
            info = dtypes.limits(ours.dtype)
            epsilon = info.eps
            # Both sides take subnormal numbers for 0.
            least = info.least if ours.dtype == np.float16 else info.tiny * (count + 1) * (4 if dtypes.is_complex(ours) else 1)
            # Infinite and NaN terms spread in any order, but what overflows on the way depends on it.
            is_special = ~np.isfinite(magnitude)
            is_near_limit = finite * 1.001 > info.max
            is_true = (ours == truth) | (np.isnan(ours) & np.isnan(truth))
            if dtypes.is_complex(ours):
                # Which parts are infinite and which NaN differs between TensorFlow's own paths.
                is_true = ~np.isfinite(ours)
            error, reference = (_relative(values, truth, magnitude, epsilon, least, is_special | is_near_limit) for values in (ours, theirs))
            is_far = ~(_relative(ours, truth, magnitude, epsilon, least, False) <= self._limit(count))
            if ours.dtype.itemsize == 2:
                # What is added as floats and rounded at the end does not overflow on the way.
                is_true |= np.abs(truth) > info.max * (1 - epsilon)
        bad = np.where(is_near_limit, np.isfinite(ours) & is_far, np.where(is_special, ~is_true, is_far))
        return differing & bad, error, reference

    def tolerance(self, case, pin, expected):
        if not dtypes.is_differentiable(expected) or expected.size == 0:
            return 0.0
        with np.errstate(all="ignore"):
            found = self.terms(case, pin)
        if found is None:
            return 0.0
        magnitude = np.asarray(found[1])
        finite = magnitude[np.isfinite(magnitude)]
        # Both sides may be as far away as the bound says; they never are on inputs as small as these.
        allowed = float(8 * dtypes.limits(expected.dtype).eps * finite.max()) if finite.size else 0.0
        # What overflows is the same on both sides.
        return allowed if math.isfinite(allowed) else 0.0


def _relative(values, truth, magnitude, epsilon, least, ignored):
    error = np.abs(values.astype(np.asarray(truth).dtype) - truth)
    error = np.where(error <= least, 0, error / np.maximum(magnitude, least) / epsilon)
    return np.where(ignored, 0, np.where(np.isnan(error), np.inf, error))
