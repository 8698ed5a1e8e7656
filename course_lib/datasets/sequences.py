"""Sequences for recurrent networks: toy tasks with a known truth, and a real recording."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from course_lib.datasets.dataset import generator

LETTERS = "abcdefghijklmnopqrstuvwxyz"
ELMAN = (
    "many", "years", "ago", "a", "boy", "and", "girl", "lived", "by", "the", "sea", "they",
    "played", "happily",
)  # fmt: skip


def recall(
    count: int, wait: int, *, symbols: int = 4, noise: int = 4, rng: np.random.Generator | int = 0
) -> tuple[Int[np.ndarray, "count wait+2"], Int[np.ndarray, " count"]]:
    """Which symbol came first? It is followed by `wait` random others and a question mark.

    Tokens 0 ... symbols-1 are to be remembered, then come `noise` others, the last asks.
    """
    rng = generator(rng)
    first = rng.integers(symbols, size=count)
    between = rng.integers(symbols, symbols + noise, size=(count, wait))
    ask = np.full((count, 1), symbols + noise)
    return np.concatenate([first[:, None], between, ask], axis=1), first


def letter_stream(
    words: int, rng: np.random.Generator | int = 0
) -> tuple[Int[np.ndarray, " letters"], Int[np.ndarray, " letters"]]:
    """Elman's story words in random order without spaces: letters, and 1 where a word begins."""
    chosen = generator(rng).choice(ELMAN, size=words)
    text = "".join(chosen)
    begins = np.concatenate([[1] + [0] * (len(w) - 1) for w in chosen])
    return np.array([LETTERS.index(c) for c in text]), begins


# --- small texts ---------------------------------------------------------------------------------

PLACES = [f"{a} {b}" for a in ("pump", "valve", "belt", "drum", "mixer", "press", "oven", "feeder")
          for b in ("one", "two", "three", "four", "five")]  # fmt: skip
FAULTS = {
    "leak": ("drips", "leaks", "is wet", "loses oil", "spills coolant", "sweats water"),
    "electric": ("blows a fuse", "sparks", "has no power", "trips the breaker", "smells burnt"),
    "mechanical": ("rattles", "is bent", "has a crack", "jams", "grinds", "wobbles"),
    "software": ("shows an error", "freezes", "restarts", "loses its settings", "hangs"),
}
FILLERS = [
    "since monday", "after lunch", "every morning", "at full speed", "during the night shift",
    "when it is cold", "again", "for an hour", "near the gate", "before the check",
]  # fmt: skip


def reports(
    count: int, rng: np.random.Generator | int = 0, longest: int = 12, vocabulary: int = 423
) -> tuple[Int[np.ndarray, "count longest"], Int[np.ndarray, " count"], list[str]]:
    """Factory reports of four kinds as word numbers padded at the front with 0, kinds, and texts.

    The vocabulary is filled up with part numbers, which say nothing about the kind.
    """
    rng = generator(rng)
    phrases = (*PLACES, *FILLERS, *sum(FAULTS.values(), ()))
    known = sorted({word for phrase in phrases for word in phrase.split()})
    parts = [f"p{k}" for k in range(vocabulary - 2 - len(known))]
    number = {w: k for k, w in enumerate(["", *known, *parts, "the"])}
    kinds, texts = rng.integers(4, size=count), []
    tokens = np.zeros((count, longest), dtype=np.int64)
    for k, kind in enumerate(kinds):
        fault = rng.choice(list(FAULTS.values())[kind])
        text = f"the {rng.choice(PLACES)} {rng.choice(parts)} {fault} {rng.choice(FILLERS)}"
        texts.append(text)
        row = [number[w] for w in text.split()][:longest]
        tokens[k, longest - len(row) :] = row
    return tokens, kinds, texts


GOOD = ("good", "great", "fine", "funny", "clever")
BAD = ("bad", "dull", "poor", "sad", "slow")
REVIEW_WORDS = ("", "the", "film", "plot", "cast", "was", "is", "not", "very", "never", *GOOD, *BAD)


def reviews(
    count: int, rng: np.random.Generator | int = 0
) -> tuple[Int[np.ndarray, "count 7"], Int[np.ndarray, " count"], list[str]]:
    """Tiny film reviews and whether they praise: "the plot was not very dull" does."""
    rng = generator(rng)
    tokens, praise = np.zeros((count, 7), dtype=np.int64), np.zeros(count, dtype=np.int64)
    texts = []
    for k in range(count):
        good, turned = int(rng.integers(2)), int(rng.integers(2))
        words = ["the", rng.choice(["film", "plot", "cast"]), rng.choice(["was", "is"])]
        words += [rng.choice(["not", "never"])] * turned + ["very"] * int(rng.integers(2))
        words.append(rng.choice(GOOD if good else BAD))
        row = [REVIEW_WORDS.index(w) for w in words]
        tokens[k, 7 - len(row) :] = row
        praise[k] = good != turned
        texts.append(" ".join(words))
    return tokens, praise, texts


# --- pictures as sequences, series ---------------------------------------------------------------

SCENES = ("beach", "sunset", "foliage", "field", "mountain", "urban")
SKY = {
    "beach": (0.5, 0.75, 1.0), "sunset": (0.95, 0.5, 0.2), "foliage": (0.35, 0.5, 0.3),
    "field": (0.6, 0.8, 0.95), "mountain": (0.7, 0.75, 0.85), "urban": (0.75, 0.75, 0.75),
}  # fmt: skip
GROUND = {
    "beach": (0.9, 0.8, 0.55), "sunset": (0.25, 0.15, 0.2), "foliage": (0.15, 0.4, 0.1),
    "field": (0.4, 0.65, 0.2), "mountain": (0.4, 0.4, 0.45), "urban": (0.5, 0.45, 0.45),
}  # fmt: skip


def scenes(
    count: int, rng: np.random.Generator | int = 0
) -> tuple[Float[np.ndarray, "count 7 42"], Int[np.ndarray, "count 6"]]:
    """Pictures with one or two of six labels, as 7 rows of 7 blocks with 6 features: 294 numbers.

    A stand-in for the Scene data (Boutell and others 2004): painted 28 x 28 pictures, of which the
    mean and the variance of L, u, v are taken in each 4 x 4 block, as there in 7 x 7 blocks.
    """
    from skimage.color import rgb2luv  # type: ignore[attr-defined]

    rng = generator(rng)
    rough = dict(zip(SCENES, (0.03, 0.03, 0.2, 0.08, 0.12, 0.25), strict=True))
    features, labels = np.empty((count, 7, 42)), np.zeros((count, 6), dtype=np.int64)
    for k in range(count):
        chosen = rng.choice(6, size=1 + (rng.random() < 0.25), replace=False)
        labels[k, chosen] = 1
        picture, horizon = np.empty((28, 28, 3)), int(rng.integers(8, 20))
        for part, left in enumerate(range(0, 28, 28 // len(chosen))):
            name = SCENES[chosen[min(part, len(chosen) - 1)]]
            picture[:horizon, left:] = SKY[name]
            picture[horizon:, left:] = GROUND[name]
            size = picture[horizon:, left:].shape[:2]
            picture[horizon:, left:] += rough[name] * rng.normal(size=(*size, 1))
        picture += 0.12 * rng.normal(size=3) + 0.05 * rng.normal(size=picture.shape)
        blocks = rgb2luv(picture.clip(0, 1)).reshape(7, 4, 7, 4, 3)
        features[k] = np.stack([blocks.mean((1, 3)), blocks.std((1, 3))], -1).reshape(7, 42)
    return features, labels


def eeg() -> Float[np.ndarray, "800 4"]:
    """A recording of brain waves at four electrodes, from matplotlib's sample data.

    800 steps; each channel has variance 1. Raises FileNotFoundError if this installation of
    matplotlib comes without its sample data.
    """
    from matplotlib.cbook import get_sample_data

    path = get_sample_data("eeg.dat", asfileobj=False)
    return np.fromfile(path, dtype="<f8").reshape(-1, 4)


def wavy(steps: int, rng: np.random.Generator | int = 0) -> Float[np.ndarray, " steps"]:
    """A made-up series that no straight line predicts: a chaotic map with a little noise.

    x_(t+1) = 1 - 1.4 x_t^2 + 0.3 x_(t-1), the map of Henon 1976, seen with noise 0.02.
    """
    rng = generator(rng)
    x = [0.1, 0.1]
    for _ in range(steps + 48):
        x.append(1 - 1.4 * x[-1] ** 2 + 0.3 * x[-2])
    return np.array(x[-steps:]) + 0.02 * rng.normal(size=steps)
