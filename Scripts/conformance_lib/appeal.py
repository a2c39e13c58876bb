"""Elements for which TensorFlow has two answers.

Its loops treat the elements that fill vectors and the rest by different instructions, and some of these disagree (the sign of
a zero that is a minimum, a float too large for an integer). Which answer an element gets depends on its place, so either is
TensorFlow's. Only types that work element by element can be asked again.
"""

import numpy as np

from . import rules
from .compare import differs

# More than the widest vector, so that the elements in front are not in the remainder.
REPEATS = 64
# Of one tensor; all edge values are fewer.
MOST = 20_000


class Appeal:
    def __init__(self, asked, block_type):
        self._asked, self._type = asked, block_type

    def is_possible(self, case):
        return rules.rule(self._type).is_elementwise and not case.updated and not any(isinstance(item, list) for item in case.inputs)

    def excused(self, case, pin, ours, bad):
        """Which of the elements `bad` are an answer of TensorFlow's at another place."""
        excused = np.zeros_like(bad)
        places = np.flatnonzero(bad)[:MOST]
        if not self.is_possible(case) or places.size == 0:
            return excused
        inputs = [np.broadcast_to(array, ours.shape).reshape(-1)[places] for array in case.inputs]
        alone = [[array[index : index + 1] for array in inputs] for index in range(places.size)]
        calls = [rules.call(self._type, case, items) for items in alone + [[np.repeat(array, REPEATS) for array in inputs]]]
        self._asked.submit(calls)
        answers = self._asked.results()
        if not all(isinstance(answer, list) for answer in answers):
            return excused
        single = np.concatenate([answer[pin] for answer in answers[:-1]])
        mine = ours.reshape(-1)[places]
        found = ~(differs(mine, single) & differs(mine, answers[-1][pin][::REPEATS]))
        excused.reshape(-1)[places[found]] = True
        return excused
