"""Golden pages: TensorFlow's results as expectations, for tests that run without TensorFlow."""

import numpy as np

from . import cases, compare, gradients, oracle, page, rules
from .appeal import Appeal
from .environment import TENSORFLOW
from .paths import GOLDEN

CASES, BAD, HIGHEST = 30, 10, 18
# Most cases have few elements; every eighth may fill vectors.
FEW, MANY = 40, 250
# Pages stay small enough to be read; the first cases have every dtype.
LIMIT = 24_000
# Of gradients.
LOOSEST = 1e-2
NOTE = f"Made by Scripts/conformance --golden. The expectations are what TensorFlow {TENSORFLOW} computes."
BAD_NOTE = f"Made by Scripts/conformance --golden. TensorFlow {TENSORFLOW} refuses every block whose id begins with bad, and no other."


def write(types, asked, driver, seed):
    """Writes a page of results for each type, and a page of mistakes for those that can be misused."""
    total = 0
    for block_type in types:
        random = cases.generator(seed, "golden " + block_type.name)
        text, good = _results(block_type, random, asked, driver)
        total += _put(GOLDEN / f"{block_type.name}.xml", text)
        refused = _mistakes(block_type, random, good, asked, driver)
        if refused:
            total += _put(GOLDEN / "Refused" / f"{block_type.name}.xml", refused)
    print(f"{len(types)} block types, {total / 1e6:.2f} MB in {GOLDEN}")


def count(name):
    """The expectations of a type's page."""
    path = GOLDEN / f"{name}.xml"
    return path.read_text(encoding="utf-8").count("<expect ") if path.exists() else 0


def _results(block_type, random, asked, driver):
    """The page, and two of its cases."""
    rule = rules.rule(block_type)
    count = max(CASES, 2 * max((len(known) for known in block_type.variables().values()), default=0))
    made = cases.edge_cases(block_type, rule, random, most=300)
    made += [_case(random, block_type, rule, number, is_spoiled=False) for number in range(count)]
    asked.submit([rules.call(block_type, case) for case in made])
    taken = [(case, answer) for case, answer in zip(made, asked.results()) if isinstance(answer, list)]
    ours = driver.run([case for case, _ in taken])
    appeal = Appeal(asked, block_type)
    named, expects, size = [], {}, 0
    for (case, answer), mine in zip(taken, ours):
        if size > LIMIT:
            break
        if isinstance(mine, list) and not _can_be_expected(case, answer, mine, rule.bound):
            continue
        answer = [_settled(appeal, case, pin, item, mine) for pin, item in enumerate(answer)]
        name = f"c{len(named)}"
        named.append((name, case))
        expects[name] = _expects(name, case, answer, rule.bound, rule.is_random)
        size += len(page.write("", named[-1:], expects=expects))
    text = page.write(f"{block_type.name} as TensorFlow computes it", named, [NOTE], expects)
    return text, [case for _, case in named if not case.is_late][:2]


def _can_be_expected(case, answer, mine, bound):
    """Whether ours is as near as a tolerance says, or wrong. What a bound allows beyond that (next to infinities, for instance) is left out."""
    for pin, (theirs, ours) in enumerate(zip(answer, mine)):
        for x, y in zip(ours, theirs) if isinstance(ours, list) else [(ours, theirs)]:
            if x.dtype != y.dtype or x.shape != y.shape or x.dtype.kind not in "fcV":
                continue
            bad, _, _ = bound.judge(case, pin, x, y, compare.differs(x, y))
            if np.any(bad):
                return True
            if x.dtype.kind == "V" and x.dtype.names is not None:
                if np.any(compare.differs(x, y)):
                    return False
                continue
            with np.errstate(all="ignore"):
                parts = [(x.real, y.real), (x.imag, y.imag)] if x.dtype.kind == "c" else [(x, y)]
                allowed = bound.tolerance(case, pin, y)
                for a, b in parts:
                    a, b = a.astype(np.float64), b.astype(np.float64)
                    is_met = (a == b) | (np.isnan(a) & np.isnan(b)) | (np.abs(a - b) <= allowed * np.maximum(1, np.abs(b)))
                    if not np.all(is_met):
                        return False
    return True


def write_gradients(types, asked, driver, seed):
    """Writes a page of gradients for each type."""
    total = 0
    for block_type in types:
        random = cases.generator(seed, "golden gradients " + block_type.name)
        bound = gradients.bound(block_type, asked)
        made = gradients.draw(block_type, random, CASES, asked, HIGHEST, edges=120)
        made = [case for case in made if sum(array.size for array in case.arrays()) <= MANY]
        taken = [(case, answer) for case, answer in zip(made, gradients.ask(block_type, made, asked)) if isinstance(answer, list)]
        appeal = gradients.GradientAppeal(asked, block_type)
        named, expects, size = [], {}, 0
        for (case, answer), mine in zip(taken, driver.run([case for case, _ in taken])):
            if size > LIMIT:
                break
            # With huge terms everything would be near enough.
            if any(bound.tolerance(case, pin, array) > LOOSEST for pin, array in enumerate(answer)):
                continue
            name = f"c{len(named)}"
            named.append((name, case))
            mine = mine[0] if isinstance(mine, list) else mine
            settled = [_settled(appeal, case, pin, item, mine) for pin, item in enumerate(answer)]
            expects[name] = [_expect(f"{name}.grad_outputs[{pin}]", array, bound.tolerance(case, pin, array)) for pin, array in enumerate(settled)]
            size += len(page.write("", named[-1:], expects=expects))
        text = page.write(f"The gradients of {block_type.name} as TensorFlow computes them", named, [NOTE], expects)
        total += _put(GOLDEN / "Gradients" / f"{block_type.name}.xml", text)
    print(f"{len(types)} block types, {total / 1e6:.2f} MB in {GOLDEN / 'Gradients'}")


def _case(random, block_type, rule, number, is_spoiled):
    while True:
        case = cases.make(random, block_type, rule, number, HIGHEST, may_be_fed=False, is_spoiled=is_spoiled)
        if sum(array.size for array in case.arrays()) <= (FEW if number % 8 else MANY):
            return case


def _settled(appeal, case, pin, theirs, ours):
    """TensorFlow's result; where it has two answers, the one that we give."""
    if isinstance(theirs, list) or not isinstance(ours, list) or ours[pin].shape != theirs.shape or ours[pin].dtype != theirs.dtype:
        return theirs
    excused = appeal.excused(case, pin, ours[pin], compare.differs(ours[pin], theirs))
    return np.where(excused, ours[pin], theirs)


def _expects(name, case, answer, bound, is_random):
    lines = []
    for pin, outputs in enumerate(answer):
        members = enumerate(outputs) if isinstance(outputs, list) else [(None, outputs)]
        for index, array in members:
            output = case.outputs[pin]
            reference = f"{name}_{output[1:]}" if output.startswith("@") else f"{name}.{output}" + ("" if index is None else f"[{index}]")
            cycle = case.cycles if case.updated or is_random else None
            lines.append(_expect(reference, array, bound.tolerance(case, pin, array), cycle))
    return lines


def _expect(reference, array, tolerance, cycle=None):
    allowed = (f' cycle="{cycle}"' if cycle else "") + (f' tolerance="{tolerance:.3g}"' if tolerance else "")
    shape = f"[{', '.join(map(str, array.shape))}]" if array.shape else ""
    return f'  <expect of="{reference}"{allowed} shape="{shape}">{page.text(array)}</expect>'


def _mistakes(block_type, random, good, asked, driver):
    """A page of blocks that TensorFlow refuses; None when there is nothing to refuse before the run."""
    rule = rules.rule(block_type)
    made = [_case(random, block_type, rule, number, is_spoiled=True) for number in range(1, BAD * 3)]
    made = [case for case in made if not case.is_late]
    asked.submit([rules.call(block_type, case) for case in made])
    refused = [case for case, answer in zip(made, asked.results()) if isinstance(answer, oracle.Refused)]
    # A mistake in the data (a division by zero) shows only in the run.
    early = driver.refused_early(refused) if refused else []
    bad = [case for case, message in zip(refused, early) if message is not None][:BAD]
    if not bad:
        return None
    named = [(f"good{index}", case) for index, case in enumerate(good)] + [(f"bad{index}", case) for index, case in enumerate(bad)]
    return page.write(f"What {block_type.name} refuses", named, [BAD_NOTE])


def _put(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return len(text.encode())
