"""What a row of the table of special cases says (see rules.py)."""

from collections.abc import Callable
from dataclasses import dataclass

from .bounds import EXACT


@dataclass(frozen=True)
class Rule:
    # The operation in tf.raw_ops; None: the type's own name. Its arguments are the pins in their order.
    op: str | None = None
    # Makes the inputs, and what attrs it wants to say.
    draw: Callable | None = None
    bound: object = EXACT
    # Why the type cannot be compared.
    skip: str | None = None
    # Whether its value must be written in the page.
    is_literal: bool = False
    # dtypes that TensorFlow takes and the entry leaves out, with the reason.
    leaves_out: dict | None = None
    # Another operation for some dtypes; the reason stands beside the row.
    ops: dict | None = None
    # Arguments of the operation that the entry calls otherwise.
    names: dict | None = None
    # Whether `draw` only moves the values of an element by element type.
    is_near: bool = False
    # Whether it draws from a stream that goes on in the next cycle.
    is_random: bool = False
    # The operation's inputs and attrs, where they are not the block's.
    arguments: Callable | None = None

    @property
    def is_elementwise(self):
        return self.draw is None or self.is_near
