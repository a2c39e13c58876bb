"""The machine, and how busy it is."""

import os
import platform
import sys


def model():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith(("model name", "flags"))]
    except OSError:
        return platform.processor() or platform.machine()
    if not names:
        return platform.machine()
    level = next((text for flag, text in (("avx512f", "AVX-512"), ("avx2", "AVX2")) if any(flag in name.split() for name in names)), "baseline")
    return f"{names[0]}, {os.cpu_count()} cores, {level}"


def load():
    """The load average of the last minute, with a warning when something else is running."""
    average = os.getloadavg()[0]
    if average > 0.5:
        print(f"warning: the load average is {average:.2f}; something else is running, and the figures will be off", file=sys.stderr)
    return average
