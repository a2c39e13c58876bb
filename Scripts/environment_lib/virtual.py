"""Throw-away virtual environments for scripts that need packages. Plain Python only: no package is there yet."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

# TensorFlow has packages for these; the newest first.
PYTHONS = ["python3.13", "python3.12", "python3.11", "python3.10"]
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "PYTHONDONTWRITEBYTECODE": "1"}


@dataclass
class Environment:
    folder: Path
    # What pip installs. A change of these makes the environment anew.
    requirements: list[str]
    # What it is made for, and how much it takes, for who waits.
    purpose: str
    # The variable that says that a command runs in it.
    mark: str
    variables: dict[str, str] = field(default_factory=dict)

    def is_inside(self):
        return os.environ.get(self.mark) == "1"

    def run_inside(self, arguments, python=None):
        """Runs the same command again with the environment's Python; its exit code."""
        interpreter = python or str(self.prepare())
        variables = {**os.environ, **QUIET, **self.variables, self.mark: "1"}
        try:
            return subprocess.run([interpreter] + arguments, env=variables).returncode
        except KeyboardInterrupt:
            return 130

    def prepare(self):
        """The Python of the environment, which is made first when it is not there."""
        python = self.folder / "bin" / "python"
        ready = self.folder / "ready"
        wanted = "\n".join(self.requirements) + "\n"
        if ready.exists() and ready.read_text() == wanted:
            return python
        base = _base_python()
        print(f"making {self.folder} with {self.purpose}", file=sys.stderr)
        shutil.rmtree(self.folder, ignore_errors=True)
        made = subprocess.run([base, "-m", "venv", str(self.folder)])
        if made.returncode != 0:
            shutil.rmtree(self.folder, ignore_errors=True)
            sys.exit("no virtual environment could be made; on Debian: apt-get install python3-venv")
        installed = subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"] + self.requirements)
        if installed.returncode != 0:
            sys.exit("the packages could not be installed; what pip says stands above")
        ready.write_text(wanted)
        return python


def _base_python():
    if (3, 10) <= sys.version_info[:2] <= (3, 13):
        return sys.executable
    found = next((name for name in PYTHONS if shutil.which(name)), None)
    if found is None:
        sys.exit("TensorFlow needs Python 3.10 to 3.13, and none of them is here")
    return found
