"""Our results beside TensorFlow's: what differs, by how much, and whether that is allowed."""

from dataclasses import dataclass, field

import numpy as np

from . import cases, dtypes


@dataclass
class Finding:
    """A case that is wrong, with what is needed to repeat it."""

    case: object
    what: str
    # Findings of one kind and the same dtypes are mostly one mistake.
    kind: str


@dataclass
class Tally:
    """All that is counted for one block type."""

    type: str
    bound: object
    # What lasts from cycle to cycle, and how many results stand in Tests/Golden.
    state: str = ""
    golden: int = 0
    dtypes: set = field(default_factory=set)
    cases: int = 0
    refused: int = 0
    # Cases that ended TensorFlow's process.
    crashed: int = 0
    elements: int = 0
    differing: int = 0
    # Elements for which TensorFlow has two answers, and ours is the other one.
    two_answers: int = 0
    # NaN on both sides with other bits.
    payloads: int = 0
    wrong: int = 0
    max_ulp: int = 0
    max_relative: float = 0.0
    our_error: float = 0.0
    their_error: float = 0.0
    findings: list = field(default_factory=list)

    @property
    def is_worse(self):
        """A bound that says `no worse` allows one epsilon, which luck decides."""
        return self.bound.is_no_worse and self.our_error > max(1.0, self.their_error)

    @property
    def is_good(self):
        return not self.findings and not self.is_worse

    def add(self, case, ours, theirs, appeal):
        """Compares all outputs of a case."""
        self.cases += 1
        for pin, (a, b) in enumerate(zip(ours, theirs)):
            if isinstance(a, list) != isinstance(b, list) or (isinstance(a, list) and len(a) != len(b)):
                self._find(case, f"{case.outputs[pin]}: a list of another length")
                continue
            for index, (x, y) in enumerate(zip(a, b) if isinstance(a, list) else [(a, b)]):
                name = case.outputs[pin] + (f"[{index}]" if isinstance(a, list) else "")
                self._add_tensor(case, pin, name, x, y, appeal)

    def _add_tensor(self, case, pin, name, ours, theirs, appeal):
        if ours.dtype != theirs.dtype or ours.shape != theirs.shape:
            self._find(case, f"{name} is {_kind(ours)}, TensorFlow's is {_kind(theirs)}")
            return
        self.dtypes.add(dtypes.name(ours))
        self.elements += ours.size
        differing = differs(ours, theirs)
        bad, error, reference = self.bound.judge(case, pin, ours, theirs, differing)
        excused = appeal.excused(case, pin, ours, bad)
        self.two_answers += int(excused.sum())
        differing, bad = differing & ~excused, bad & ~excused
        if error is not None and error.size:
            self.our_error = max(self.our_error, float(np.max(np.where(differing & ~bad, error, 0))))
            self.their_error = max(self.their_error, float(np.max(np.where(np.isfinite(reference), reference, 0))))
        if dtypes.is_differentiable(ours):
            self._measure(dtypes.parts(ours), dtypes.parts(theirs), differing[..., np.newaxis] if dtypes.is_complex(ours) else differing)
        self.differing += int(differing.sum())
        if bad.any():
            self.wrong += int(bad.sum())
            at = tuple(int(i[0]) for i in np.nonzero(bad)) if bad.ndim else ()
            self._find(
                case,
                f"{name}{list(at) if at else ''} is {ours[at]!s}, TensorFlow's is {theirs[at]!s}"
                + (f" ({int(bad.sum())} of {bad.size} elements)" if bad.size > 1 else ""),
                f"bits {pin}",
            )

    def _measure(self, ours, theirs, differing):
        """Notes how far the differing elements are from each other."""
        a, b = dtypes.bits(ours), dtypes.bits(theirs)
        is_nan, their_nan = np.isnan(ours), np.isnan(theirs)
        self.payloads += int(((a != b) & is_nan & their_nan).sum())
        both = np.asarray(differing & ~is_nan & ~their_nan)
        if both.any():
            with np.errstate(all="ignore"):
                self.max_ulp = max(self.max_ulp, *(abs(int(p) - int(q)) for p, q in zip(_ordered(a[both]), _ordered(b[both]))))
                p, q = ours[both].astype(np.float64), theirs[both].astype(np.float64)
                relative = np.abs(p - q) / np.maximum(np.abs(q), dtypes.limits(ours.dtype).tiny)
                self.max_relative = max(self.max_relative, float(relative[np.isfinite(relative)].max(initial=0)))

    def refuse(self, case, outcome, message):
        """TensorFlow refuses the case; `outcome` is what we did."""
        self.cases += 1
        self.refused += 1
        if outcome != "refused":
            self._find(case, f"{outcome}, TensorFlow refuses it: {message}", outcome)

    def fail(self, case, message):
        """TensorFlow takes the case and we do not."""
        self.cases += 1
        self._find(case, message)

    def _find(self, case, what, kind=None):
        self.findings.append(Finding(case, what, kind or what))


def differs(ours, theirs):
    """Which elements have other bits; NaN equals NaN."""
    if dtypes.is_complex(ours):
        return np.asarray(differs(dtypes.parts(ours), dtypes.parts(theirs)).any(-1))
    if not dtypes.is_float(ours):
        return np.asarray(ours != theirs)
    return np.asarray((dtypes.bits(ours) != dtypes.bits(theirs)) & ~(np.isnan(ours) & np.isnan(theirs)))


def kinds(findings):
    """The findings by kind and dtypes; in each the case with the fewest elements first."""
    found = {}
    for one in findings:
        found.setdefault((one.kind, cases.label(one.case)), []).append(one)
    return [sorted(group, key=lambda one: sum(array.size for array in one.case.arrays())) for group in found.values()]


def _ordered(bits):
    """Bits as numbers that count the steps between floats; -0 and 0 are one step apart."""
    smallest = np.iinfo(bits.dtype).min
    return np.where(bits < 0, smallest - bits - 1, bits)


def _kind(array):
    return f"{dtypes.name(array)}{list(array.shape)}"
