"""Things into numbers: descriptors of proteins, DNA, gene tables, textures and shapes.

Each function is one formula of lecture 000A (topics 7 to 13) or 000B (topic 19).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float, Int

AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"
BASES = "ACGT"


# --- sequences ----------------------------------------------------------------------------------


def places(sequence: str, alphabet: str) -> Int[np.ndarray, " length"]:
    """The place of each letter in the alphabet. Raises: ValueError for a letter that is none."""
    strange = sorted(set(sequence) - set(alphabet))
    if strange:
        raise ValueError(f"{', '.join(strange)}: not in the alphabet {alphabet}")
    if not sequence:
        raise ValueError("an empty sequence has no composition")
    return np.array([alphabet.index(letter) for letter in sequence])


def composition(sequence: str, alphabet: str = AMINO_ACIDS) -> Float[np.ndarray, " letters"]:
    """How often each letter occurs, as a share: AS(i) = h(i) / N (lecture 000A, topic 8)."""
    return np.bincount(places(sequence, alphabet), minlength=len(alphabet)) / len(sequence)


def two_gram(sequence: str, alphabet: str = AMINO_ACIDS) -> Float[np.ndarray, "letters letters"]:
    """How often letter i is followed by letter j: 2G = h(i, j) / N.

    The lecture divides by the length N, not by the N - 1 pairs: the entries sum to (N - 1) / N.
    """
    at = places(sequence, alphabet)
    count = np.zeros((len(alphabet), len(alphabet)))
    np.add.at(count, (at[:-1], at[1:]), 1)
    return count / len(sequence)


def autocovariance(
    sequence: str, scale: Float[np.ndarray, " letters"], lags: int, alphabet: str = AMINO_ACIDS
) -> Float[np.ndarray, " lags"]:
    """How a property of a letter goes with that of the letter 1, 2, ... places on.

    Divided by the property's *variance* over the alphabet, as in lecture 000A (which calls it
    sigma). Raises: ValueError unless 1 <= lags < length.
    """
    if not 1 <= lags < len(sequence):
        raise ValueError(f"lags between 1 and {len(sequence) - 1}, not {lags}")
    p = scale[places(sequence, alphabet)] - scale.mean()
    return np.array([np.mean(p[:-lag] * p[lag:]) for lag in range(1, lags + 1)]) / scale.var()


def difference(
    a: str, b: str, symbols: Sequence[str], table: Float[np.ndarray, "symbols properties"]
) -> float:
    """The mean squared difference of the properties of two symbols (Delta of 000A, topic 9)."""
    return float(np.mean((table[symbols.index(a)] - table[symbols.index(b)]) ** 2))


def correlation_factors(
    dna: str,
    symbols: Sequence[str],
    table: Float[np.ndarray, "symbols properties"],
    most: int | None = None,
) -> Float[np.ndarray, " factors"]:
    """g_1 ... g_w of a DNA sequence: the mean difference of pairs of bases w places apart.

    w goes to `most`, and to L - 2 at most (lecture 000A, topic 9).
    """
    pair = np.array([symbols.index(dna[i : i + 2]) for i in range(len(dna) - 1)])
    most = len(dna) - 2 if most is None else min(most, len(dna) - 2)
    return np.array(
        [
            np.mean((table[pair[:-w]] - table[pair[w:]]) ** 2)  # the mean over j is Delta
            for w in range(1, most + 1)
        ]
    )


def dtw(a: Sequence[float], b: Sequence[float]) -> Float[np.ndarray, "a b"]:
    """The table of dynamic time warping; its last entry is the distance (lecture 000A, topic 7).

    Each entry is |a_i - b_j| plus the least of its three neighbours above, left and diagonal.
    """
    table = np.full((len(a) + 1, len(b) + 1), np.inf)
    table[0, 0] = 0
    for i, left in enumerate(a, 1):
        for j, right in enumerate(b, 1):
            before = min(table[i - 1, j], table[i, j - 1], table[i - 1, j - 1])
            table[i, j] = abs(left - right) + before
    return table[1:, 1:]


def edit_distance(a: str, b: str) -> int:
    """The fewest letters to insert, delete or replace that turn a into b (Levenshtein 1966)."""
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        above, row = row, [i]
        for j, right in enumerate(b, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (left != right)))
    return row[-1]


# --- distances and tables -----------------------------------------------------------------------


def metric_fault(
    distance: Float[np.ndarray, "n n"], tolerance: float = 1e-9
) -> tuple[str, tuple[int, ...]] | None:
    """The first axiom of a metric that a table of distances breaks, and where; None if none.

    "identity" alone (different objects at distance 0) leaves a pseudometric. Its fault is told
    last, so that a table with any other fault is neither.
    """
    n = len(distance)
    if np.shape(distance) != (n, n):
        raise ValueError(f"a table of distances is square, not {np.shape(distance)}")
    for i in range(n):
        if abs(distance[i, i]) > tolerance:
            return "zero to itself", (i, i)
    for i, j in np.argwhere(np.abs(distance - distance.T) > tolerance):
        return "symmetry", (int(i), int(j))
    detour = (distance[:, :, None] + distance[None, :, :]).transpose(0, 2, 1)  # i, k, by j
    for i, k, j in np.argwhere(detour < distance[:, :, None] - tolerance):
        return "triangle", (int(i), int(j), int(k))
    for i, j in np.argwhere(distance + np.eye(n) <= tolerance):
        return "identity", (int(i), int(j))
    return None


def signal_to_noise(
    plus: Float[np.ndarray, "samples genes"], minus: Float[np.ndarray, "others genes"]
) -> Float[np.ndarray, " genes"]:
    """(mu+ - mu-) / (sigma+ + sigma-) of each gene, sample deviations (Golub and others 1999)."""
    gap = plus.mean(axis=0) - minus.mean(axis=0)
    return gap / (plus.std(axis=0, ddof=1) + minus.std(axis=0, ddof=1))


# --- textures -----------------------------------------------------------------------------------

RING = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))  # clockwise
POWERS = 2 ** np.arange(8)


def lbp(picture: Float[np.ndarray, "rows columns"]) -> Int[np.ndarray, "inner_rows inner_columns"]:
    """The local binary pattern of every inner pixel (Ojala, Pietikainen and Harwood 1996).

    Weights 1, 2, 4, ... clockwise from the top left neighbour; a neighbour counts if it is at least
    as bright as the centre. The lecture fixes neither order nor tie.
    """
    rows, columns = picture.shape
    centre = picture[1:-1, 1:-1]
    code = np.zeros(centre.shape, dtype=int)
    for power, (r, c) in zip(POWERS, RING, strict=True):
        neighbour = picture[1 + r : rows - 1 + r, 1 + c : columns - 1 + c]
        code += power * (neighbour >= centre)
    return code


def ring(points: int, radius: float) -> Float[np.ndarray, "points 2"]:
    """Where a circular pattern looks, relative to the centre: (R cos, -R sin), y downwards."""
    angle = 2 * np.pi * np.arange(points) / points
    return radius * np.column_stack([np.cos(angle), -np.sin(angle)])


def bilinear(
    picture: Float[np.ndarray, "rows columns"],
    x: Float[np.ndarray, "*any"],
    y: Float[np.ndarray, "*any"],
) -> Float[np.ndarray, "*any"]:
    """The picture between its pixels: a mean of the four around (x, y), weighted by closeness."""
    left = np.clip(np.floor(x).astype(int), 0, picture.shape[1] - 2)
    top = np.clip(np.floor(y).astype(int), 0, picture.shape[0] - 2)
    u, v = x - left, y - top
    upper = (1 - u) * picture[top, left] + u * picture[top, left + 1]
    lower = (1 - u) * picture[top + 1, left] + u * picture[top + 1, left + 1]
    return (1 - v) * upper + v * lower


def circular_lbp(
    picture: Float[np.ndarray, "rows columns"], points: int = 8, radius: float = 1.0
) -> Int[np.ndarray, "inner_rows inner_columns"]:
    """The pattern on a circle of any size (Ojala 2002); bit p is the p-th place of `ring`."""
    edge = int(np.ceil(radius))
    rows, columns = picture.shape
    y, x = np.mgrid[edge : rows - edge, edge : columns - edge]
    code = np.zeros(x.shape, dtype=int)
    for p, (dx, dy) in enumerate(ring(points, radius).round(9)):
        around = bilinear(picture, x + dx, y + dy)
        code += 2**p * (around >= picture[y, x] - 1e-9)  # interpolating a constant rounds
    return code


def contrast(patch: Float[np.ndarray, "3 3"]) -> float:
    """The mean of the neighbours at least as bright as the centre, minus that of the others."""
    around = np.array([patch[1 + r, 1 + c] for r, c in RING])
    bright = around >= patch[1, 1]
    if bright.all() or not bright.any():
        return 0.0
    return float(around[bright].mean() - around[~bright].mean())


def transitions(code: int, points: int = 8) -> int:
    """How often the bits of a pattern change once around the circle."""
    bits = [(code >> p) & 1 for p in range(points)]
    return sum(bits[p] != bits[p - 1] for p in range(points))


def uniform_labels(points: int = 8) -> Int[np.ndarray, " codes"]:
    """A label for every code: one for each uniform pattern, one more for all the others."""
    uniform = [c for c in range(2**points) if transitions(c, points) <= 2]
    labels = np.full(2**points, len(uniform))
    labels[uniform] = np.arange(len(uniform))
    return labels


def rotation_labels(points: int = 8) -> Int[np.ndarray, " codes"]:
    """A label for every code: codes that are rotations of each other share one."""
    whole = 2**points - 1
    least = [
        min((c >> p | c << (points - p)) & whole for p in range(points)) for c in range(whole + 1)
    ]
    return np.unique(least, return_inverse=True)[1]


def histogram(
    codes: Int[np.ndarray, "*any"], labels: Int[np.ndarray, " codes"]
) -> Float[np.ndarray, " bins"]:
    """The share of each label among the codes of a picture."""
    return np.bincount(labels[codes].ravel(), minlength=labels.max() + 1) / codes.size


def blockwise(
    picture: Float[np.ndarray, "rows columns"],
    describe: Callable[[np.ndarray], np.ndarray],
    rows: int = 2,
    columns: int = 3,
) -> Float[np.ndarray, " numbers"]:
    """The descriptions of rows x columns windows, one after the other: where matters again."""
    return np.concatenate(
        [
            describe(part)
            for strip in np.array_split(picture, rows, axis=0)
            for part in np.array_split(strip, columns, axis=1)
        ]
    )


# --- shapes -------------------------------------------------------------------------------------


def between(
    a: Float[np.ndarray, " 3"], b: Float[np.ndarray, " 3"], p: int
) -> Float[np.ndarray, "p 3"]:
    """p points on the way from a to b: ((p - k + 1) a + k b) / (p + 1), k = 1 ... p."""
    k = np.arange(1, p + 1)[:, None]
    return ((p - k + 1) * a + k * b) / (p + 1)


def upright(backbone: Float[np.ndarray, "atoms 3"]) -> Float[np.ndarray, "atoms 3"]:
    """Centre a backbone and turn it so that its axes of largest spread are x, y and z (PCA)."""
    centred = backbone - backbone.mean(axis=0)
    return centred @ np.linalg.svd(centred, full_matrices=False)[2].T


def voxels(
    backbone: Float[np.ndarray, "atoms 3"],
    size: int = 32,
    *,
    largest: float = 40.0,
    p: int = 5,
    flip: Sequence[int] = (1, 1, 1),
) -> Int[np.ndarray, "size size size"]:
    """A protein's backbone as a cube of zeros and ones (EnzyNet, Amidi and others 2018).

    Interpolate p points, centre, scale by floor(size / 2 - 1) / largest, turn upright, flip the
    axes (training flips at random), shift to the middle of the cube, mark the cells passed.
    """
    way = [backbone[:1]]
    for a, b in zip(backbone[:-1], backbone[1:], strict=True):
        way += [between(a, b, p), b[None]]
    points = upright(np.concatenate(way)) * (np.floor(size / 2 - 1) / largest) * np.asarray(flip)
    cell = np.floor(points + size / 2).astype(int)
    cell = cell[((cell >= 0) & (cell < size)).all(axis=1)]
    cube = np.zeros((size, size, size), dtype=int)
    cube[tuple(cell.T)] = 1
    return cube
