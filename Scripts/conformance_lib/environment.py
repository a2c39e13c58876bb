"""A throw-away virtual environment with TensorFlow. Plain Python only: numpy is not there yet."""

import os
import shutil
import subprocess
import sys

from .paths import VENV

TENSORFLOW = "2.21.0"
REQUIREMENTS = [f"tensorflow-cpu=={TENSORFLOW}", "numpy"]
# TensorFlow has packages for these; the newest first.
PYTHONS = ["python3.13", "python3.12", "python3.11", "python3.10"]
MARK = "ENUFLOW_CONFORMANCE_INSIDE"


def is_inside():
    return os.environ.get(MARK) == "1"


def run_inside(arguments, python=None):
    """Runs the same command again with the environment's Python; its exit code."""
    interpreter = python or str(prepare())
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        return subprocess.run([interpreter] + arguments, env={**os.environ, **quiet, MARK: "1"}).returncode
    except KeyboardInterrupt:
        return 130


def prepare():
    """The Python of the environment, which is made first when it is not there."""
    python = VENV / "bin" / "python"
    ready = VENV / f"ready-{TENSORFLOW}"
    if ready.exists():
        return python
    base = _base_python()
    print(f"making {VENV} with TensorFlow {TENSORFLOW} (once, about 1.5 GB)", file=sys.stderr)
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run([base, "-m", "venv", str(VENV)])
    if made.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        sys.exit("no virtual environment could be made; on Debian: apt-get install python3-venv")
    installed = subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"] + REQUIREMENTS)
    if installed.returncode != 0:
        sys.exit("TensorFlow could not be installed; what pip says stands above")
    ready.touch()
    return python


def _base_python():
    if (3, 10) <= sys.version_info[:2] <= (3, 13):
        return sys.executable
    found = next((name for name in PYTHONS if shutil.which(name)), None)
    if found is None:
        sys.exit("TensorFlow needs Python 3.10 to 3.13, and none of them is here")
    return found
