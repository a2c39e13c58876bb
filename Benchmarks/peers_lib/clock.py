"""How a time is taken."""

import gc
import statistics
import time

WINDOW = 0.03
WINDOWS = 5


def measured(call, batch=1):
    """Seconds of one run of `call`, which does `batch` of them: the median of several windows, after a warm-up."""
    call()
    runs = 1
    gc.disable()
    try:
        while _window(call, runs) < WINDOW:
            runs *= 2
        return statistics.median(_window(call, runs) for _ in range(WINDOWS)) / runs / batch
    finally:
        gc.enable()


def _window(call, runs):
    start = time.perf_counter()
    for _ in range(runs):
        call()
    return time.perf_counter() - start


def rounds(contenders, count):
    """The median time of each contender by name. They take turns, so that a slow moment hits all of them."""
    times = {name: [] for name in contenders}
    for _ in range(count):
        for name, measure in contenders.items():
            times[name].append(measure())
    return {name: statistics.median(all_times) for name, all_times in times.items()}
