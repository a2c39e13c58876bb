"""Blocks that slice, pad, stack, split and turn round: their inputs, and their rows (see rules.py)."""

import numpy as np

from . import dtypes, shapes
from .rule import Rule


def _small(draw, lowest=0, rank=4):
    """A shape that leaves room for what is put around it."""
    dims = list(draw.shape(lowest, rank))
    while np.prod(dims) > 150:
        dims[int(np.argmax(dims))] //= 2
    return tuple(dims)


def slice_part(draw):
    dims = draw.shape(rank=5)
    # Whole inner axes make a part that lies in one piece.
    whole = draw.integer(0, len(dims)) if draw.chance(0.3) else len(dims)
    begin = [draw.integer(0, dim) if axis < whole else 0 for axis, dim in enumerate(dims)]
    size = [
        -1 if draw.chance(0.2) else dim if axis >= whole else draw.integer(0, dim - first)
        for axis, (dim, first) in enumerate(zip(dims, begin))
    ]
    if draw.is_spoiled:
        style = draw.integer(0, 3)
        at = draw.integer(0, len(dims) - 1) if dims else 0
        if style == 0 or not dims:
            begin.append(0)
        elif style == 1:
            begin[at] = draw.pick([-1, dims[at] + 1, 2**31 - 1])
        elif style == 2:
            size[at] = draw.pick([-2, dims[at] - begin[at] + 1, 2**31 - 1])
        else:
            size.append(1)
    return [draw.tensor(0, dims), draw.numbers(1, begin), draw.numbers(2, size)]


def _range(draw, dims):
    """begin, end, strides and masks for a tensor, and the index that numpy understands."""
    count = draw.integer(0, len(dims))
    entries = list(range(count))
    ellipsis = draw.integer(0, count) if draw.chance(0.25) else None
    if ellipsis is not None:
        entries.insert(ellipsis, "ellipsis")
    while draw.chance(0.2) and len(entries) < 8:
        entries.insert(draw.integer(0, len(entries)), "new")
    begin, end, strides, index = [], [], [], []
    masks = dict.fromkeys(("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"), 0)
    last = len([entry for entry in entries if isinstance(entry, int)])
    named = 0
    seen = False
    for place, entry in enumerate(entries):
        bit = 1 << place
        first, stop, step = draw.integer(-3, 3), draw.integer(-3, 3), draw.pick([1, 1, 2, -1])
        if entry == "ellipsis":
            masks["ellipsis_mask"] |= bit
            index.append(Ellipsis)
            seen = True
        elif entry == "new":
            masks["new_axis_mask"] |= bit
            index.append(None)
        else:
            dim = dims[len(dims) - last + named] if seen else dims[named]
            named += 1
            first, stop = draw.integer(-dim - 2, dim + 2), draw.integer(-dim - 2, dim + 2)
            step = draw.pick([1, 1, 1, 1, 2, 3, -1, -1, -2, 2**31 - 1, -(2**31)])
            if draw.chance(0.1):
                first, stop = draw.pick([2**31 - 1, -(2**31)]), draw.pick([2**31 - 1, -(2**31)])
            if dim > 0 and draw.chance(0.2):
                masks["shrink_axis_mask"] |= bit
                first, step = draw.integer(-dim, dim - 1), draw.pick([1, 1, 2])
                index.append(first)
            else:
                no_begin, no_end = draw.chance(0.25), draw.chance(0.25)
                masks["begin_mask"] |= bit * no_begin
                masks["end_mask"] |= bit * no_end
                index.append(slice(None if no_begin else first, None if no_end else stop, step))
        begin.append(first)
        end.append(stop)
        strides.append(step)
    # Bits beyond the entries mean nothing.
    if draw.chance(0.1):
        masks["begin_mask"] |= 1 << (len(entries) + 1)
    return begin, end, strides, masks, tuple(index)


def _spoil_range(draw, dims, begin, end, strides, masks):
    style = draw.integer(0, 3)
    if style == 0 or not begin:
        for one in (begin, end, strides):
            one += [1] * (len(dims) + 1)
        masks.update(dict.fromkeys(masks, 0))
    elif style == 1:
        strides.append(1)
    elif style == 2:
        masks["ellipsis_mask"] = 3
        for one in (begin, end, strides):
            one.append(1)
    else:
        masks.update(dict.fromkeys(masks, 0))
        strides[:] = [0] + [1] * (len(strides) - 1)
        if not dims:
            begin.append(0)


def _say(draw, masks):
    for name, value in masks.items():
        draw.attrs[name] = value or None


def strided(draw):
    dims = draw.shape(rank=4)
    begin, end, strides, masks, _ = _range(draw, dims)
    if draw.is_spoiled:
        _spoil_range(draw, dims, begin, end, strides, masks)
    _say(draw, masks)
    return [draw.tensor(0, dims), draw.numbers(1, begin), draw.numbers(2, end), draw.numbers(3, strides)]


def strided_gradient(draw):
    dims = draw.shape(rank=4)
    begin, end, strides, masks, index = _range(draw, dims)
    wanted = np.zeros(dims, np.int8)[index].shape
    if draw.is_spoiled:
        wanted = wanted + (2,)
    _say(draw, masks)
    return [draw.numbers(0, dims), draw.numbers(1, begin), draw.numbers(2, end), draw.numbers(3, strides), draw.tensor(4, wanted)]


def strided_assign(draw):
    dims = draw.shape(rank=4)
    begin, end, strides, masks, index = _range(draw, dims)
    wanted = np.zeros(dims, np.int8)[index].shape
    # TensorFlow does not look where there is nothing to assign.
    if draw.is_spoiled and np.prod(wanted) > 0:
        wanted = wanted + (2,)
    elif draw.is_spoiled:
        _spoil_range(draw, dims, begin, end, strides, masks)
    _say(draw, masks)
    return [draw.tensor(0, dims), draw.numbers(1, begin), draw.numbers(2, end), draw.numbers(3, strides), draw.tensor(4, wanted)]


def _paddings(draw, dims, most=lambda dim: 3):
    made = [[0, 0] for _ in dims]
    for axis, dim in enumerate(dims):
        if draw.chance(0.7):
            made[axis] = [draw.integer(0, max(0, min(3, most(dim)))), draw.integer(0, max(0, min(3, most(dim))))]
    return np.array(made, np.int64).reshape(len(dims), 2)


def _spoil_paddings(draw, made):
    style = draw.integer(0, 2)
    if style == 0 or made.size == 0:
        return np.zeros((made.shape[0] + 1, 2), np.int64)
    if style == 1:
        made[0, draw.integer(0, 1)] = draw.pick([-1, -(2**31)])
        return made
    return made[:, :1]


def pad(draw):
    dims = _small(draw)
    made = _paddings(draw, dims)
    if draw.is_spoiled:
        made = _spoil_paddings(draw, made)
    inputs = [draw.tensor(0, dims), draw.numbers(1, made)]
    return inputs + ([draw.tensor(2, ())] if len(draw.type.inputs) > 2 else [])


def mirror_pad(draw):
    draw.attrs["mode"] = draw.pick(["REFLECT", "SYMMETRIC"])
    edge = draw.attrs["mode"] == "REFLECT"
    dims = _small(draw, rank=4)
    if edge:
        dims = tuple(max(1, dim) for dim in dims)
    made = _paddings(draw, dims, lambda dim: dim - edge)
    if draw.is_spoiled:
        made = _spoil_paddings(draw, made)
        if dims and draw.chance(0.5) and made.shape == (len(dims), 2):
            made[-1] = [dims[-1] + 1, 0]
    return [draw.tensor(0, dims), draw.numbers(1, made)]


def mirror_gradient(draw):
    inputs = mirror_pad(draw)
    made = inputs[1]
    if made.dtype == np.object_ or made.shape != (inputs[0].ndim, 2) or made.size == 0 or made.min() < 0:
        return inputs
    dims = [dim + int(row.sum()) for dim, row in zip(inputs[0].shape, made)]
    # Spoiled paddings may be huge.
    return [draw.tensor(0, dims), made] if max(dims) < 1000 else inputs


def stack(draw):
    dims = _small(draw, rank=5)
    axis = draw.integer(-len(dims) - 1, len(dims))
    members = [draw.tensor(0, dims) for _ in range(draw.integer(1, 5))]
    if draw.is_spoiled:
        if draw.chance(0.5):
            axis = draw.pick([-len(dims) - 2, len(dims) + 1, 2**31 - 1])
        else:
            members.append(draw.tensor(0, shapes.spoiled(draw.random, dims)))
    draw.attrs["axis"] = axis if axis or draw.chance(0.5) else None
    return [members]


def unstack(draw):
    dims = tuple(min(dim, 9) for dim in draw.shape(lowest=1, rank=5))
    axis = draw.integer(-len(dims), len(dims) - 1)
    draw.attrs["num"] = dims[axis]
    if draw.is_spoiled:
        # Of no slices TensorFlow does not look at the axis.
        if dims[axis] and draw.chance(0.5):
            axis = draw.pick([-len(dims) - 1, len(dims)])
        else:
            draw.attrs["num"] += 1
    draw.attrs["axis"] = axis if axis or draw.chance(0.5) else None
    return [draw.tensor(0, dims)]


def split_v(draw):
    dims = draw.shape(lowest=1)
    axis = draw.integer(0, len(dims) - 1)
    pieces = draw.integer(1, 5)
    cuts = sorted(draw.integer(0, dims[axis]) for _ in range(pieces - 1))
    sizes = [int(size) for size in np.diff([0, *cuts, dims[axis]])]
    # TensorFlow works -1 out only beside other sizes.
    if pieces > 1 and draw.chance(0.4):
        sizes[draw.integer(0, pieces - 1)] = -1
    draw.attrs["num_split"] = pieces
    if draw.chance(0.4):
        axis -= len(dims)
    if draw.is_spoiled:
        style = draw.integer(0, 3)
        if style == 0:
            axis = draw.pick([len(dims), -len(dims) - 1])
        elif style == 1:
            sizes = sizes + [0]
        elif style == 2:
            sizes[0] = max(0, sizes[0]) + dims[axis] + 1
            draw.attrs["num_split"] = len(sizes := [*sizes, 0])
        else:
            draw.attrs["num_split"] = len(sizes := [*sizes, -2])
    return [draw.tensor(0, dims), draw.numbers(1, sizes), draw.numbers(2, axis)]


def parallel_concat(draw):
    dims = (1, *draw.shape(rank=3))
    # TensorFlow joins one tensor, but not by ConcatV2, which stands in for the operation here.
    members = [draw.tensor(0, dims) for _ in range(draw.integer(2, 5))]
    draw.attrs["shape"] = [len(members), *dims[1:]]
    return [members]


def squeeze(draw):
    dims = list(_small(draw, rank=3))
    for _ in range(draw.integer(0, 4)):
        dims.insert(draw.integer(0, len(dims)), 1)
    ones = [axis for axis, dim in enumerate(dims) if dim == 1]
    axes = [axis - (len(dims) if draw.chance(0.4) else 0) for axis in ones if draw.chance(0.6)]
    if draw.is_spoiled:
        others = [axis for axis, dim in enumerate(dims) if dim != 1]
        axes.append(draw.pick(others) if others and draw.chance(0.6) else draw.pick([len(dims), -len(dims) - 1]))
    draw.attrs["squeeze_dims"] = axes if axes or draw.chance(0.5) else None
    return [draw.tensor(0, dims)]


def shape_n(draw):
    return [[draw.tensor(0, draw.shape()) for _ in range(draw.integer(1, 5))]]


def reverse(draw):
    # TensorFlow takes any axis of a scalar.
    dims = _small(draw, rank=6, lowest=1 if draw.is_spoiled else 0)
    axes = [axis - (len(dims) if draw.chance(0.4) else 0) for axis in draw.random.permutation(len(dims)) if draw.chance(0.6)]
    if draw.is_spoiled:
        axes.append(draw.pick([len(dims), -len(dims) - 1]) if not axes or draw.chance(0.5) else axes[0])
    made = draw.numbers(1, axes)
    return [draw.tensor(0, dims), made]


def reverse_sequence(draw):
    dims = _small(draw, lowest=2, rank=5)
    sequence, batch = (int(axis) for axis in draw.random.permutation(len(dims))[:2])
    lengths = [draw.integer(0, dims[sequence]) for _ in range(dims[batch])]
    if draw.is_spoiled:
        style = draw.integer(0, 3)
        if style == 0:
            lengths.append(0)
        elif style == 1:
            batch = sequence
        elif style == 2 or not lengths:
            sequence = draw.pick([len(dims), -1, -2])
        else:
            lengths[-1] = draw.pick([-1, dims[sequence] + 1])
    draw.attrs["seq_dim"] = sequence
    draw.attrs["batch_dim"] = batch if batch or draw.chance(0.5) else None
    return [draw.tensor(0, dims), draw.numbers(1, lengths)]


def broadcast_shapes(draw):
    a, b = shapes.broadcastable(draw.random, 2)
    if draw.is_spoiled:
        a, b = (*a, 3), (*b, 4)
    return [draw.numbers(0, a), draw.numbers(1, b)]


def placeholder(draw):
    dims = draw.shape()
    draw.attrs["shape"] = [-1 if draw.chance(0.3) else dim for dim in dims] if draw.chance(0.7) else None
    return [draw.tensor(0, dims)]


def _declared(inputs, attrs):
    return inputs, attrs if "shape" in attrs else attrs | {"shape": list(inputs[0].shape)}


def checked(draw):
    draw.attrs["message"] = "here"
    return [draw.tensor(0, draw.shape(), calm=not draw.is_spoiled)]


def bitcast(draw):
    dims = list(draw.shape())
    source, target = (np.dtype(dtypes.NUMPY[name]).itemsize for name in (draw.dtype(0), draw.bound["type"]))
    if source < target:
        dims.append(target // source)
        if draw.is_spoiled:
            dims[-1] += 1
    return [draw.tensor(0, dims)]


NO_INT16 = {"int16": "indices are int32 or int64"}

RULES = {
    "Slice": Rule(draw=slice_part),
    "StridedSlice": Rule(draw=strided, leaves_out=NO_INT16),
    "StridedSliceGrad": Rule(draw=strided_gradient, leaves_out=NO_INT16),
    "StridedSliceAssign": Rule(draw=strided_assign, leaves_out=NO_INT16),
    "ResourceStridedSliceAssign": Rule(draw=strided_assign, leaves_out=NO_INT16),
    "Pad": Rule(draw=pad),
    "PadV2": Rule(draw=pad),
    "MirrorPad": Rule(draw=mirror_pad),
    "MirrorPadGrad": Rule(draw=mirror_gradient),
    "Stack": Rule("Pack", stack),
    "Unstack": Rule("Unpack", unstack),
    "SplitV": Rule(draw=split_v, leaves_out={"int8": "sizes are int32 or int64"}),
    # TensorFlow's operation is rewritten by its graph compiler and cannot be called.
    "ParallelConcat": Rule("ConcatV2", parallel_concat, arguments=lambda inputs, attrs: ([inputs[0], np.int32(0)], {})),
    "Squeeze": Rule(draw=squeeze),
    "ShapeN": Rule(draw=shape_n),
    "Reverse": Rule("ReverseV2", reverse),
    "ReverseSequence": Rule(draw=reverse_sequence),
    "BroadcastDynamicShape": Rule("BroadcastArgs", broadcast_shapes),
    "PlaceholderWithDefault": Rule(draw=placeholder, arguments=_declared),
    "CheckNumerics": Rule(draw=checked),
    "Bitcast": Rule(draw=bitcast),
    "ImmutableConst": Rule(skip="files"),
    "FeedType": Rule(skip="gives a placeholder its value"),
    "Status": Rule(skip="says how the run went"),
}
