"""The levels of a range of 8 bits, as FakeQuant finds them."""

import math

import numpy as np


class Levels:
    def __init__(self, low, high):
        scale = np.float32(np.float32(high) - np.float32(low)) / np.float32(255)
        self.zero = float(min(255, max(0, math.floor(-np.float32(low) / scale + 0.5))))
        self.scale, self.inverse = float(scale), float(1 / scale)
        self.low, self.high = float(np.float32(-self.zero) * scale), float(np.float32(255 - self.zero) * scale)
