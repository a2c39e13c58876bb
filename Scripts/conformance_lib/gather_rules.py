"""Inputs of the blocks that gather, look for equal elements, and rearrange space, batch, depth and diagonals."""

import numpy as np

from . import arrays
from .rule import Rule


def _indices(draw, size, dims):
    """Indices below `size`, one of them spoiled where the case is to be refused."""
    made = draw.random.integers(0, max(1, size), dims)
    if draw.is_spoiled and made.size:
        made.reshape(-1)[draw.integer(0, made.size - 1)] = draw.pick([-1, size, 2**31 - 1])
    return made


def _index_shape(draw, size):
    dims = draw.shape(rank=2)
    while np.prod(dims) > 200:
        dims = draw.shape(rank=1)
    return dims if size else (0, *dims[1:])


def gather(draw):
    dims = draw.shape(lowest=1)
    if draw.is_spoiled and draw.chance(0.2):
        return [draw.tensor(0, ()), draw.numbers(1, 0)]
    if draw.is_spoiled:
        dims = tuple(max(1, dim) for dim in dims)
    return [draw.tensor(0, dims), draw.numbers(1, _indices(draw, dims[0], _index_shape(draw, dims[0])))]


def gather_v2(draw):
    dims = draw.shape(lowest=1)
    if draw.is_spoiled:
        dims = tuple(max(1, dim) for dim in dims)
    axis = draw.integer(0, len(dims) - 1)
    indices = draw.numbers(1, _indices(draw, dims[axis], _index_shape(draw, dims[axis])))
    if draw.chance(0.4):
        axis -= len(dims)
    if draw.is_spoiled and draw.chance(0.4):
        axis = draw.pick([len(dims), -len(dims) - 1, 1000])
    made = draw.numbers(2, axis)
    return [draw.tensor(0, dims), indices, made]


def scatter_add(draw):
    dims = tuple(max(1, dim) for dim in draw.shape(lowest=1, rank=3))
    indices, wanted = arrays._tuples(draw, dims)
    if indices.ndim == 1:
        # It takes no tuple alone.
        indices, wanted = indices[np.newaxis], (1, *wanted)
    return [draw.tensor(0, dims), draw.numbers(1, indices), draw.tensor(2, wanted)]


def permutation(draw):
    made = draw.random.permutation(draw.shape(lowest=1, rank=1)[0])
    if draw.is_spoiled:
        made = np.append(made, draw.pick([-1, made.size + 1, 0, 2**31 - 1])) if made.size else np.zeros((), np.int64)
    return [draw.numbers(0, made)]


def _repetitive(draw, pin, size):
    """A vector in which elements come again."""
    few = draw.tensor(pin, (max(1, draw.integer(1, 40)),))
    return few[draw.random.integers(0, few.size, size)] if draw.chance(0.8) else draw.tensor(pin, (size,))


def _vector(draw, pin):
    size = draw.shape(lowest=1, rank=1)[0] * (draw.pick([1, 1, 20]))
    if draw.is_spoiled:
        return draw.tensor(pin, draw.pick([(), (2, 2), (1, 3)]))
    return _repetitive(draw, pin, size)


def unique(draw):
    return [_vector(draw, 0)]


def set_difference(draw):
    x = _vector(draw, 0)
    if draw.is_spoiled or not x.size or draw.chance(0.2):
        return [x, _vector(draw, 1)]
    y = x[draw.random.integers(0, x.size, draw.integer(0, 30))]
    return [x, np.concatenate([y, draw.tensor(1, (draw.integer(0, 5),))]).astype(x.dtype)]


def where(draw):
    dims = () if draw.is_spoiled else draw.shape(lowest=1, rank=draw.pick([1, 2, 4, 8]))
    made = draw.tensor(0, dims)
    if made.dtype != np.bool_ and made.size and draw.chance(0.7):
        made = np.where(draw.random.random(dims) < draw.pick([0.1, 0.5, 0.9]), np.zeros((), made.dtype), made)
    return [made]


def edit_distance(draw):
    rank = draw.pick([2, 2, 2, 3])
    dims = [draw.integer(1, 4) for _ in range(rank - 1)]
    alphabet = draw.tensor(1, (draw.integer(1, 4),))

    def sparse(shape):
        """Elements at the beginnings of some rows."""
        places = [
            (*row, column) for row in np.ndindex(*shape[:-1]) if draw.chance(0.7) for column in range(draw.integer(0, shape[-1]))
        ]
        return np.array(places, np.int64).reshape(-1, rank), alphabet[draw.random.integers(0, alphabet.size, len(places))], np.array(shape, np.int64)

    made = [*sparse([*dims, draw.integer(1, 8)]), *sparse([dim if draw.chance(0.8) else dim + 1 for dim in dims] + [draw.integer(1, 8)])]
    if draw.is_spoiled:
        style = draw.integer(0, 4)
        if style == 0:
            made[draw.pick([1, 4])] = alphabet[np.zeros(made[1].size + made[4].size + 1, int)]
        elif style == 1:
            made[2] = np.array([-1] * rank, np.int64)
        elif style == 2:
            made[5] = np.append(made[5], 1)
        elif style == 3:
            made[0] = np.full_like(made[0], draw.pick([-1, 10**12])) if made[0].size else np.zeros((1, rank + 1), np.int64)
        else:
            made[2], made[5] = np.zeros(rank, np.int64), np.zeros(rank, np.int64)
    return made


def _blocks(draw, is_back, axes, blocks):
    """The shape of the input and what is around its axes."""
    batch = draw.integer(1, 3)
    dims, around = [], []
    for block in blocks:
        count = draw.integer(1, 4)
        before = draw.integer(0, min(3, count * block))
        after = draw.integer(0, min(3, count * block - before))
        if draw.chance(0.4):
            before = after = 0
        dims.append(count if is_back else count * block - before - after)
        around.append((before, after))
    rest = [draw.integer(0 if draw.chance(0.1) else 1, 5) for _ in range(axes)]
    return [batch * (int(np.prod(blocks, dtype=np.int64)) if is_back else 1), *dims, *rest], np.array(around, np.int64).reshape(-1, 2)


def _space_batch_nd(is_back):
    def drawn(draw):
        blocks = [draw.integer(1, 4) for _ in range(draw.pick([0, 1, 1, 2, 2, 3]))]
        dims, around = _blocks(draw, is_back, draw.integer(0, 2), blocks)
        if draw.is_spoiled:
            style = draw.integer(0, 4)
            if style == 0 or not blocks:
                dims, blocks = dims[: len(blocks)], blocks or [2]
                around = np.zeros((len(blocks), 2), np.int64)
            elif style == 1:
                blocks[0] = draw.pick([0, -1, 97])
            elif style == 2:
                around[0, draw.integer(0, 1)] = draw.pick([-1, 1000]) if is_back else -1
            elif style == 3:
                around = around[:-1]
            else:
                dims[0 if is_back else 1] += 1
                blocks[0] *= 5
        return [draw.tensor(0, dims), draw.numbers(1, np.array(blocks, np.int64)), draw.numbers(2, around)]

    return drawn


def _space_batch(is_back):
    def drawn(draw):
        size = draw.integer(2, 4)
        dims, around = _blocks(draw, is_back, 1, [size, size])
        if draw.is_spoiled:
            style = draw.integer(0, 3)
            if style == 0:
                dims = dims[:-1]
            elif style == 1:
                size = draw.pick([1, 0, -2])
            elif style == 2:
                around[1, 1] = draw.pick([-1, 1000]) if is_back else -1
            else:
                around = around[:1]
        draw.attrs["block_size"] = size
        return [draw.tensor(0, dims), draw.numbers(1, around)]

    return drawn


def _space_depth(is_back):
    def drawn(draw):
        size = draw.integer(2, 4)
        dims = [draw.integer(0 if draw.chance(0.1) else 1, 4) for _ in range(4)]
        if is_back:
            dims[3] *= size * size
        else:
            dims[1:3] = [dim * size for dim in dims[1:3]]
        if draw.is_spoiled:
            style = draw.integer(0, 2)
            if style == 0:
                dims.append(2)
            elif style == 1:
                size = draw.pick([1, 0, -2])
            else:
                dims[1], dims[3] = 7, 7
        draw.attrs["block_size"] = size
        return [draw.tensor(0, dims)]

    return drawn


def diagonal(draw):
    dims = draw.shape(lowest=0 if draw.is_spoiled else 1, rank=0 if draw.is_spoiled else 3)
    while np.prod(dims) > 70:
        dims = draw.shape(lowest=1, rank=2)
    return [draw.tensor(0, dims)]


def diagonal_part(draw):
    dims = draw.shape(rank=3)
    while np.prod(dims) > 70:
        dims = draw.shape(rank=2)
    dims = dims + dims
    if draw.is_spoiled:
        dims = dims + (2,)
    return [draw.tensor(0, dims)]


def vectors(draw):
    dims = draw.shape(lowest=0 if draw.is_spoiled else 1, rank=0 if draw.is_spoiled else 4)
    return [draw.tensor(0, dims)]


def matrices(draw):
    return [draw.tensor(0, draw.shape(lowest=1 if draw.is_spoiled else 2, rank=1 if draw.is_spoiled else 4))]


def set_diagonal(draw):
    dims = draw.shape(lowest=2)
    wanted = (*dims[:-2], min(dims[-2:]))
    if draw.is_spoiled:
        wanted = draw.pick([wanted + (2,), (*wanted[:-1], wanted[-1] + 1), ()])
    return [draw.tensor(0, dims), draw.tensor(1, wanted)]


def band_part(draw):
    dims = draw.shape(lowest=2)
    numbers = [draw.integer(-1, dim) if draw.chance(0.8) else draw.pick([-7, dim]) for dim in dims[-2:]]
    made = [draw.numbers(1, numbers[0]), draw.numbers(2, numbers[1])]
    if draw.is_spoiled:
        style = draw.integer(0, 2)
        if style == 0:
            made[0] = draw.numbers(1, dims[-2] + 1)
        elif style == 1:
            made[1] = draw.numbers(2, [1])
        else:
            dims = dims[-1:]
    return [draw.tensor(0, dims), *made]


def patches(draw):
    dims = [draw.integer(1, 2), draw.integer(1, 9), draw.integer(1, 9), draw.integer(1, 4)]
    draw.attrs["ksizes"] = [1, draw.integer(1, 3), draw.integer(1, 3), 1]
    draw.attrs["strides"] = [1, draw.integer(1, 4), draw.integer(1, 4), 1]
    draw.attrs["rates"] = [1, draw.integer(1, 2), draw.integer(1, 3), 1]
    if draw.chance(0.05):
        dims[draw.integer(0, 3)] = 0
    if draw.is_spoiled:
        name = draw.pick(["ksizes", "strides", "rates"])
        style = draw.integer(0, 3)
        if style == 0:
            dims = dims[:3]
        elif style == 1:
            draw.attrs[name][draw.integer(1, 2)] = draw.pick([0, -1])
        elif style == 2:
            draw.attrs[name][draw.pick([0, 3])] = 2
        else:
            draw.attrs[name].pop()
    return [draw.tensor(0, dims)]


_NARROW = {"int16": "indices are int32 or int64"}
RULES = {
    "Gather": Rule(draw=gather),
    "GatherV2": Rule(draw=gather_v2, leaves_out=_NARROW),
    "ScatterNdNonAliasingAdd": Rule(draw=scatter_add),
    "InvertPermutation": Rule(draw=permutation),
    "Unique": Rule(draw=unique),
    "UniqueWithCounts": Rule(draw=unique),
    "SetDiff1D": Rule("ListDiff", set_difference),
    "Where": Rule(draw=where),
    "EditDistance": Rule(draw=edit_distance),
    "SpaceToBatchND": Rule(draw=_space_batch_nd(False)),
    "BatchToSpaceND": Rule(draw=_space_batch_nd(True)),
    "SpaceToBatch": Rule(draw=_space_batch(False)),
    "BatchToSpace": Rule(draw=_space_batch(True)),
    "SpaceToDepth": Rule(draw=_space_depth(False)),
    "DepthToSpace": Rule(draw=_space_depth(True)),
    "Diag": Rule(draw=diagonal),
    "DiagPart": Rule(draw=diagonal_part),
    "MatrixDiag": Rule(draw=vectors),
    "MatrixDiagPart": Rule(draw=matrices),
    "MatrixSetDiag": Rule(draw=set_diagonal),
    "MatrixBandPart": Rule(draw=band_part),
    "ExtractImagePatches": Rule(draw=patches),
}
