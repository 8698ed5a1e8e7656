"""Sentences from small worlds that we planted: which words are alike is known, not guessed.

The news grammar has four slots of four interchangeable words. In the royal world every noun has a
rank and a gender, and its company is drawn from both. Lecture 001, topics 59 to 63.
"""

from __future__ import annotations

from itertools import product

import numpy as np

NEWS_SLOTS: tuple[tuple[str, ...], ...] = (
    ("obama", "lincoln", "kennedy", "clinton"),
    ("speaks", "talks", "writes", "appeals"),
    ("media", "press", "public", "voters"),
    ("illinois", "chicago", "boston", "texas"),
)
RANKS: dict[str, tuple[str, ...]] = {
    "royal": ("crown", "throne", "palace", "reign"),
    "common": ("street", "work", "market", "bread"),
    "stage": ("theatre", "curtain", "role", "applause"),
    "family": ("sister", "brother", "cousin", "birthday"),
}
GENDERS: dict[str, tuple[str, ...]] = {
    "he": ("he", "him", "his", "beard"),
    "she": ("she", "her", "hers", "dress"),
}
NOUNS: dict[str, tuple[str, str]] = {
    "king": ("royal", "he"),
    "queen": ("royal", "she"),
    "man": ("common", "he"),
    "woman": ("common", "she"),
    "actor": ("stage", "he"),
    "actress": ("stage", "she"),
    "uncle": ("family", "he"),
    "aunt": ("family", "she"),
}
PROFESSIONS: dict[str, float] = {  # our invention: the share of "he" in the sentences of each
    "engineer": 0.9,
    "captain": 0.8,
    "driver": 0.65,
    "teacher": 0.5,
    "cook": 0.35,
    "librarian": 0.2,
    "nurse": 0.1,
}


def news() -> list[list[str]]:
    """All 256 sentences "X speaks to the Y in Z"; eight predictions each, perplexity 2 at best."""
    return [[a, b, "to", "the", c, "in", d] for a, b, c, d in product(*NEWS_SLOTS)]


def slot_of(word: str) -> int | None:
    """The news slot a word belongs to; None for "to", "the" and "in"."""
    return next((k for k, slot in enumerate(NEWS_SLOTS) if word in slot), None)


def royal(count: int, rng: np.random.Generator, noise: float = 0.0) -> list[list[str]]:
    """Sentences of a noun and four companions: two of its rank, two of its gender, shuffled.

    Each companion is replaced with probability `noise` by one drawn from all companions.
    Raises ValueError for a noise outside [0, 1].
    """
    if not 0 <= noise <= 1:
        raise ValueError(f"noise is a probability in [0, 1], got {noise!r}")
    everything = [w for group in (*RANKS.values(), *GENDERS.values()) for w in group]
    sentences = []
    for noun in rng.choice(list(NOUNS), size=count):
        rank, gender = NOUNS[str(noun)]
        company = [*rng.choice(RANKS[rank], 2, replace=False), *rng.choice(GENDERS[gender], 2)]
        company = [str(rng.choice(everything)) if rng.random() < noise else str(w) for w in company]
        rng.shuffle(company)
        middle = len(company) // 2
        sentences.append([*company[:middle], str(noun), *company[middle:]])
    return sentences


def professions(count: int, rng: np.random.Generator) -> list[list[str]]:
    """The royal world and as many sentences on seven professions, each with its share of "he".

    Apart from the gendered words all professions keep the same company.
    """
    shared = ("office", "salary", "training", "colleague")
    sentences = royal(count, rng)
    for job in rng.choice(list(PROFESSIONS), size=count):
        gender = "he" if rng.random() < PROFESSIONS[str(job)] else "she"
        company = [*rng.choice(shared, 2, replace=False), *rng.choice(GENDERS[gender], 2)]
        sentences.append([str(w) for w in (*company[:2], job, *company[2:])])
    return sentences
