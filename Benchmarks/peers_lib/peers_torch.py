"""PyTorch, on one thread."""

import torch

from . import clock

torch.set_num_threads(1)


def timer(call, *arrays):
    tensors = [torch.from_numpy(array) for array in arrays]

    def run():
        with torch.inference_mode():
            call(*tensors)

    return lambda: clock.measured(run)


def gradient_timer(call, upstream, *arrays):
    """The gradients of a call for all its arguments, without the call."""
    tensors = [torch.from_numpy(array.copy()).requires_grad_() for array in arrays]
    result, above = call(*tensors), torch.from_numpy(upstream)
    return lambda: clock.measured(lambda: torch.autograd.grad(result, tensors, above, retain_graph=True))
