"""Where things lie, seen from this file."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2]
BUILD = PACKAGE / ".build"
VENV = BUILD / "peers-venv"
ENUFLOW = BUILD / "release" / "enuflow"
LOOPS = Path(__file__).resolve().parent / "loops.c"
LARGE_PAGE = PACKAGE / "Scripts" / "large-page"
