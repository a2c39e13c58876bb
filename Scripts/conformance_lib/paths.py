"""Where things lie, seen from this file."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2]
BUILD = PACKAGE / ".build"
VENV = BUILD / "conformance-venv"
ENUFLOW = BUILD / "release" / "enuflow"
GOLDEN = PACKAGE / "Tests" / "Golden"
