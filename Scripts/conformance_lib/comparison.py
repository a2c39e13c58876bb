"""The run: draws the cases, asks both sides, compares, reports."""

import sys
import tempfile
import time
import warnings
from contextlib import nullcontext
from pathlib import Path

import numpy as np

from . import cases, catalogue, engine, golden, gradients, oracle, report, rules, updates
from .appeal import Appeal
from .compare import Finding, Tally, kinds

CASES_PER_TYPE = 250
CASES_PER_PAGE = 250
# Draws that ask whether TensorFlow takes a dtype that the entry does not have.
FOREIGN = 3
# Families whose blocks have fewer dtypes than TensorFlow's operations.
FEW_DTYPES = {"state", "training", "random", "quantization", "files"}


def run(chosen):
    # Signalling NaNs are drawn too.
    np.seterr(invalid="ignore")
    # Every dtype is tried where numbers are wanted.
    warnings.simplefilter("ignore", np.exceptions.ComplexWarning)
    program = chosen.enuflow or engine.build()
    types = [one for one in catalogue.read(program) if _is_chosen(one.name, chosen.blocks)]
    types = [one for one in types if not chosen.families or one.family in chosen.families.split(",")]
    if not types:
        sys.exit(f"no block type begins with {chosen.blocks}" + (f" in {chosen.families}" if chosen.families else ""))
    if chosen.all:
        results = _run(chosen, types, program)
        chosen.gradients = True
        chosen.report = chosen.report and chosen.report.with_name(chosen.report.name.replace("report", "gradients"))
        return max(results, _run(chosen, types, program))
    return _run(chosen, types, program)


def _run(chosen, types, program):
    reason = gradients.skip if chosen.gradients else _skip
    compared = [one for one in types if reason(one) is None]
    skipped = [(one.name, reason(one)) for one in types if reason(one) is not None]
    if chosen.list:
        for one in compared:
            rule = rules.rule(one)
            print(f"{one.name}: tf.raw_ops.{rule.op or one.name}, {rule.bound.text}")
        for name, reason in skipped:
            print(f"{name}: not compared, it {reason}")
        return 0
    asked = oracle.Oracle()
    try:
        with nullcontext(chosen.keep) if chosen.keep else tempfile.TemporaryDirectory() as folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            driver = engine.Engine(program, folder)
            if chosen.gradients:
                return _compare_gradients(chosen, compared, skipped, asked, driver)
            if chosen.golden:
                golden.write(compared, asked, driver, chosen.seed)
                return 0
            return _compare(chosen, compared, skipped, asked, driver)
    finally:
        asked.stop()


def _skip(block_type):
    if all(block_type.variables().values()):
        return rules.rule(block_type).skip
    return rules.rule(block_type).skip or "has dtypes that numpy does not have"


def _compare(chosen, types, skipped, asked, driver):
    start = time.monotonic()
    counts = [CASES_PER_TYPE] * len(types)
    if chosen.cases is not None:
        counts = [chosen.cases * (index + 1) // len(types) - chosen.cases * index // len(types) for index in range(len(types))]
    version = asked.version()
    tallies = []
    for block_type, count in zip(types, counts):
        tally = Tally(block_type.name, rules.rule(block_type).bound, state=_state(block_type))
        tallies.append(tally)
        random = cases.generator(chosen.seed, block_type.name)
        examine(tally, block_type, cases.edge_cases(block_type, rules.rule(block_type), random), asked, driver)
        for first in range(0, count, CASES_PER_PAGE):
            made = [cases.make(random, block_type, rules.rule(block_type), number) for number in range(first, min(count, first + CASES_PER_PAGE))]
            examine(tally, block_type, made, asked, driver)
        if block_type.family == "training":
            examine(tally, block_type, _long_cases(block_type, random), asked, driver)
        _foreign_dtypes(tally, block_type, random, asked)
        if sys.stderr.isatty():
            print(f"\r\033[K{len(tallies)} of {len(types)}: {block_type.name}", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    for tally in tallies:
        tally.golden = golden.count(tally.type)
        if chosen.all and tally.cases == tally.refused:
            tally.findings.append(Finding(None, "no case was compared", "none"))
    _tell(chosen, tallies, skipped, version, start)
    return 0 if all(tally.is_good for tally in tallies) else 1


def _state(block_type):
    """What lasts from cycle to cycle."""
    return "variable" if block_type.updated else "random stream" if rules.rule(block_type).is_random else ""


def _tell(chosen, tallies, skipped, version, start):
    print(report.text(tallies))
    for tally in tallies:
        if any(one.case is None for one in tally.findings):
            print(f"\n{tally.type}: no case was compared")
        for group in kinds([one for one in tally.findings if one.case is not None])[: chosen.findings]:
            print("\n" + report.finding(group[0], len(group)))
    print(f"\n{report.summary(tallies)}\nTensorFlow {version}, seed {chosen.seed}, {time.monotonic() - start:.0f} s.")
    if chosen.report:
        chosen.report.write_text(report.markdown(tallies, _command(chosen), version, skipped), encoding="utf-8")


def _compare_gradients(chosen, types, skipped, asked, driver):
    if chosen.golden:
        golden.write_gradients(types, asked, driver, chosen.seed)
        return 0
    start = time.monotonic()
    count = CASES_PER_TYPE if chosen.cases is None else max(1, chosen.cases // len(types))
    tallies = []
    for block_type in types:
        tally = Tally(block_type.name, gradients.bound(block_type, asked))
        tallies.append(tally)
        random = cases.generator(chosen.seed, "gradients " + block_type.name)
        gradients.compare(tally, block_type, gradients.draw(block_type, random, 0, asked), asked, driver)
        for first in range(0, count, CASES_PER_PAGE):
            made = gradients.draw(block_type, random, min(CASES_PER_PAGE, count - first), asked, edges=0)
            gradients.compare(tally, block_type, made, asked, driver)
    _tell(chosen, tallies, skipped, asked.version(), start)
    return 0 if all(tally.is_good for tally in tallies) else 1


def _long_cases(block_type, random):
    """A case in each dtype that runs for many cycles."""
    rule = rules.rule(block_type)
    made = [cases.make(random, block_type, rule, number, may_be_fed=False, is_spoiled=False) for number in range(2)]
    for case in made:
        case.cycles = updates.MANY_CYCLES
    return made


def examine(tally, block_type, made, asked, driver):
    """Compares cases of one type."""
    rule = rules.rule(block_type)
    asked.submit([rules.call(block_type, case) for case in made])
    answers = asked.results()
    appeal = Appeal(asked, block_type)
    taken = [(case, answer) for case, answer in zip(made, answers) if isinstance(answer, list)]
    for (case, theirs), ours in zip(taken, driver.run([case for case, _ in taken]) if taken else []):
        if isinstance(ours, list):
            tally.add(case, ours, theirs, appeal)
        else:
            tally.fail(case, f"{type(ours).__name__.lower()} ({ours.message}), TensorFlow takes it")
    refused = [(case, answer) for case, answer in zip(made, answers) if isinstance(answer, oracle.Refused)]
    for (case, answer), outcome in zip(refused, refusals([case for case, _ in refused], driver)):
        tally.refuse(case, outcome, answer.message.split("\n")[0][:200])
    ended = [case for case, answer in zip(made, answers) if isinstance(answer, oracle.Crashed)]
    tally.crashed += len(ended)
    # There is nothing to compare with, but we must live.
    for case, ours in zip(ended, driver.run(ended) if ended else []):
        if isinstance(ours, engine.Crashed):
            tally.fail(case, f"crashed ({ours.message}), as TensorFlow does")


def refusals(made, driver):
    """What we do with each of the cases that TensorFlow refuses. What cannot be seen before the run is run by itself."""
    early = driver.refused_early(made) if made else []
    outcomes = []
    for case, message in zip(made, early):
        if message is not None:
            outcomes.append("refused")
            continue
        outcome = driver.run([case])[0]
        outcomes.append({engine.Refused: "refused", engine.Crashed: "crashed"}.get(type(outcome), "it ran"))
    return outcomes


def _foreign_dtypes(tally, block_type, random, asked):
    """TensorFlow must not take dtypes that the entry does not have."""
    rule = rules.rule(block_type)
    if block_type.family in FEW_DTYPES:
        return
    allowed = rule.leaves_out or {}
    for variable, known in block_type.variables().items():
        for dtype in cases.foreign(known):
            if dtype in allowed:
                continue
            widened = cases.with_dtype(block_type, variable, dtype)
            made = [cases.make(random, widened, rule, number) for number in range(FOREIGN)]
            if any(attr.name == variable and attr.is_written for attr in block_type.attrs):
                for case in made:
                    case.attrs[variable] = dtype
            asked.submit([rules.call(block_type, case) for case in made])
            taken = [case for case, answer in zip(made, asked.results()) if isinstance(answer, list)]
            if taken:
                tally.fail(taken[0], f"the entry has no {dtype} for {variable}, TensorFlow takes it")


def _is_chosen(name, blocks):
    return not blocks or any(name.startswith(prefix) for prefix in blocks.split(",") if prefix)


def _command(chosen):
    words = ["Scripts/conformance"]
    if chosen.gradients:
        words.append("--gradients")
    if chosen.cases is not None:
        words.append(f"--cases {chosen.cases}")
    if chosen.families:
        words.append(f"--families {chosen.families}")
    if chosen.blocks:
        words.append(f"--blocks {chosen.blocks}")
    if chosen.seed != 1:
        words.append(f"--seed {chosen.seed}")
    return " ".join(words)
