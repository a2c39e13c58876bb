"""enuflow: builds it, gives it pages with many cases, reads what came out."""

import base64
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import dtypes, page
from .paths import ENUFLOW, PACKAGE


@dataclass
class Refused:
    message: str
    is_early: bool = True


@dataclass
class Crashed:
    message: str


def build():
    made = subprocess.run(["swift", "build", "-c", "release", "--product", "enuflow"], cwd=PACKAGE, stdout=sys.stderr)
    if made.returncode != 0:
        sys.exit("enuflow could not be built")
    return ENUFLOW


class Engine:
    def __init__(self, program, folder):
        self.program, self.folder = Path(program).resolve(), Path(folder)
        self._pages = 0

    def run(self, cases):
        """The outcome of each case: its outputs by pin, Refused or Crashed."""
        outcomes = {}
        rest = dict(enumerate(cases))
        if len({case.cycles for case in cases}) > 1:
            for cycles in {case.cycles for case in cases}:
                part = [index for index, case in rest.items() if case.cycles == cycles]
                outcomes.update(zip(part, self.run([cases[index] for index in part])))
            return [outcomes[index] for index in range(len(cases))]
        while rest:
            found = self._page(rest)
            if found is None:
                # The whole page says nothing: look at the halves.
                if len(rest) == 1:
                    outcomes.update({key: Crashed(self._last_words) for key in rest})
                    break
                keys = list(rest)
                for part in (keys[: len(keys) // 2], keys[len(keys) // 2 :]):
                    outcomes.update(zip(part, self.run([rest[key] for key in part])))
                break
            outcomes.update(found)
            left = {key: case for key, case in rest.items() if key not in found}
            if len(left) == len(rest):
                outcomes.update({key: Crashed("no result and no diagnostic") for key in left})
                break
            rest = left
        return [outcomes[index] for index in range(len(cases))]

    def refused_early(self, cases):
        """For each case whether `enuflow check` finds an error in it."""
        named = [(f"c{index}", case) for index, case in enumerate(cases)]
        path = self._write(named, {})
        done = subprocess.run([str(self.program), "check", "--json", str(path)], capture_output=True, timeout=300)
        try:
            diagnostics = json.loads(done.stdout)["diagnostics"]
        except ValueError:
            return [None] * len(cases)
        errors = _errors(diagnostics)
        return [errors.get(f"c{index}") for index in range(len(cases))]

    def _write(self, named, feeds):
        self._pages += 1
        path = self.folder / f"page{self._pages:04}.xml"
        path.write_text(page.write("conformance", named, feeds=feeds), encoding="utf-8")
        return path

    def _page(self, cases):
        """The outcomes that one run of one page gives; None when it gave nothing that can be read."""
        feeds = {}
        path = self._write([(f"c{key}", case) for key, case in cases.items()], feeds)
        npz = path.with_suffix(".npz")
        command = [str(self.program), "run", str(path), "--keep-going", "--json", "--npz", str(npz)]
        if cycles := {case.cycles for case in cases.values()} - {1}:
            command += ["--cycles", str(max(cycles))]
        for name, array in feeds.items():
            file = path.with_name(f"{path.stem}-{name}.npy")
            np.save(file, array)
            command += ["--feed", f"{name}={file}"]
        try:
            done = subprocess.run(command, capture_output=True, timeout=300)
            report = json.loads(done.stdout)
        except (ValueError, subprocess.TimeoutExpired) as error:
            words = str(error) if isinstance(error, subprocess.TimeoutExpired) else done.stderr.decode(errors="replace")
            code = "" if isinstance(error, subprocess.TimeoutExpired) else f"exit {done.returncode}: "
            self._last_words = (code + words).strip()[-500:]
            return None
        self._last_words = "; ".join(one["message"] for one in report["diagnostics"][:3])
        blocks = report["blocks"]
        tensors = np.load(npz) if report["cycles"] and npz.exists() else None
        errors = _errors(report["diagnostics"])
        found = {}
        for key, case in cases.items():
            name = f"c{key}"
            block = blocks.get(name)
            if block and block["state"] == "ran" and tensors is not None:
                found[key] = [_output(tensors, blocks, name, pin) for pin in case.outputs]
            elif name in errors:
                found[key] = Refused(errors[name], is_early=report["cycles"] == 0 and not any(one["state"] == "failed" for one in blocks.values()))
        return found or None


def _errors(diagnostics):
    """The first error of each case, by the id of its block."""
    errors = {}
    # A left-out block has an error of its own, or depends on one that has.
    for one in [one for one in diagnostics if one["severity"] == "error"] + diagnostics:
        if one.get("block") and (one["severity"] == "error" or "left out" in one["message"]):
            errors.setdefault(one["block"].split("_")[0], one["message"])
    return errors


def _output(tensors, blocks, block, pin):
    if pin.startswith("@"):
        block, pin = f"{block}_{pin[1:]}", "ref"
    return _result(tensors, block, pin, blocks[block]["results"][f"result_{pin}"])


def _result(tensors, block, pin, result):
    if isinstance(result, list):
        return [_tensor(tensors, f"{block}.{pin}[{index}]", member) for index, member in enumerate(result)]
    return _tensor(tensors, f"{block}.{pin}", result)


def _tensor(tensors, name, result):
    if result["dtype"] != "string":
        # numpy knows bfloat16 only as two bytes.
        kind = dtypes.QUANTIZED.get(result["dtype"]) or (dtypes.NUMPY["bfloat16"] if result["dtype"] == "bfloat16" else None)
        return tensors[name].view(kind) if kind else tensors[name]
    made = np.empty(len(result["values"]), np.object_)
    for index, item in enumerate(result["values"]):
        made[index] = item.encode() if isinstance(item, str) else base64.b64decode(item["base64"])
    return made.reshape(result["shape"])
