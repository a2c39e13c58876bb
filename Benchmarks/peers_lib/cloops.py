"""loops.c, compiled by every C compiler that is here: a loop's time is that of the best."""

import ctypes
import shutil
import statistics
import subprocess
import sys
import time

import numpy as np

from . import clock
from .paths import LOOPS

FLAGS = ["-O3", "-march=native", "-fopenmp-simd", "-shared", "-fPIC"]
POINTER, LONG, FLOAT = ctypes.c_void_p, ctypes.c_long, ctypes.c_float


class Loops:
    def __init__(self, folder):
        self.libraries = []
        for compiler in ("gcc", "clang"):
            library = folder / f"loops-{compiler}.so"
            if shutil.which(compiler) and subprocess.run([compiler, *FLAGS, "-o", str(library), str(LOOPS), "-lm"]).returncode == 0:
                self.libraries.append((compiler, ctypes.CDLL(str(library))))
        if not self.libraries:
            sys.exit("the peers need a C compiler: gcc or clang")

    def timer(self, name, *arguments):
        """A function that measures one repetition of the loop, in seconds."""
        given = [_argument(one) for one in arguments]
        functions = [getattr(library, name) for _, library in self.libraries]

        def measure(kept=arguments):
            # `kept`: the loop has only the addresses of its arrays.
            return min(_measured(function, given) for function in functions)

        return measure

    def number(self, name):
        return getattr(self.libraries[0][1], name)()


def _argument(value):
    if isinstance(value, np.ndarray):
        return POINTER(value.ctypes.data)
    return FLOAT(value) if isinstance(value, float) else LONG(value)


def _measured(function, arguments):
    repetitions = 1
    while _window(function, arguments, repetitions) < clock.WINDOW:
        repetitions *= 2
    return statistics.median(_window(function, arguments, repetitions) for _ in range(clock.WINDOWS)) / repetitions


def _window(function, arguments, repetitions):
    start = time.perf_counter()
    function(LONG(repetitions), *arguments)
    return time.perf_counter() - start
