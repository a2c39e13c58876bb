"""Random shapes, many of them around the widths of vectors."""

# Sizes where a loop's body ends and its remainder begins.
WIDTHS = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65]


def size(random, highest=70):
    if random.random() < 0.5:
        return min(highest, WIDTHS[random.integers(len(WIDTHS))])
    return int(random.integers(0, highest + 1))


def shape(random, lowest_rank=0, highest_rank=4, highest=70):
    """A shape of at most about four times `highest` elements."""
    rank = int(random.integers(lowest_rank, highest_rank + 1))
    if rank == 1:
        return (size(random, highest),)
    dims = []
    room = highest * 4
    for _ in range(rank):
        dim = min(size(random, highest), max(1, room)) if random.random() < 0.4 else int(random.integers(1, 5))
        dims.append(dim)
        room //= max(1, dim)
    # Empty ones are rare: they have few elements to compare.
    if 0 in dims and random.random() < 0.6:
        dims = [max(1, dim) for dim in dims]
    random.shuffle(dims)
    return tuple(int(dim) for dim in dims)


def broadcastable(random, count, highest=70):
    """`count` shapes that can be broadcast; often the same ones."""
    full = shape(random, highest=highest)
    style = random.random()
    if style < 0.4 or count == 1:
        return [full] * count
    made = [full]
    for _ in range(count - 1):
        made.append(() if style < 0.55 else _part(random, full))
    if style > 0.75:
        # Neither of the two is the result's shape.
        made[0] = _part(random, full)
    random.shuffle(made)
    return [tuple(one) for one in made]


def _part(random, full):
    cut = tuple(1 if random.random() < 0.4 else dim for dim in full)
    return cut[int(random.integers(0, len(cut) + 1)) if random.random() < 0.4 else 0 :]


def spoiled(random, dims):
    """Another shape, which will mostly not fit any more."""
    dims = list(dims)
    style = random.integers(0, 3)
    if style == 0 or not dims:
        dims.insert(int(random.integers(0, len(dims) + 1)), int(random.integers(2, 4)))
    elif style == 1:
        dims[int(random.integers(0, len(dims)))] += int(random.integers(1, 3))
    else:
        dims.pop()
    return tuple(dims)
