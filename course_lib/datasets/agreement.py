"""English sentences whose verb must agree with a noun that may stand far away.

A small generated grammar after Linzen, Dupoux and Goldberg 2016 (lecture 004, topic 25): a head
noun, up to some modifiers (prepositional phrases and relative clauses, each with a noun of its
own), then the verb. A modifier's noun of the other number is an *attractor*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from course_lib.datasets.dataset import generator

NOUNS = (
    "key", "cabinet", "door", "dog", "boy", "girl", "car", "book", "house", "tree", "teacher",
    "student", "author", "picture", "river", "friend", "doctor", "window", "garden", "letter",
)  # fmt: skip
VERBS = ("see", "like", "know", "find", "help", "want", "follow", "need")
PREPOSITIONS = ("to", "near", "behind", "with", "under")
WORDS = (
    "", "the", "that", ".", *PREPOSITIONS, *NOUNS, *(f"{n}s" for n in NOUNS),
    *(f"{v}s" for v in VERBS), *VERBS,
)  # fmt: skip
NUMBER_OF = {word: k for k, word in enumerate(WORDS)}
SINGULAR = np.array([NUMBER_OF[f"{v}s"] for v in VERBS])  # "sees": the verb of one
PLURAL = np.array([NUMBER_OF[v] for v in VERBS])


def noun_number(token: int) -> int | None:
    """0 for a singular noun, 1 for a plural one, None for any other word."""
    first = NUMBER_OF[NOUNS[0]]
    return (token - first) // len(NOUNS) if first <= token < first + 2 * len(NOUNS) else None


@dataclass(frozen=True, eq=False)
class Sentences:
    """Sentences as word numbers (0 pads the end) and what a linguist knows of each."""

    tokens: Int[np.ndarray, "sentences longest"]
    verb: Int[np.ndarray, " sentences"]  # the place of the main verb
    number: Int[np.ndarray, " sentences"]  # of the head noun: 0 singular, 1 plural
    attractors: Int[np.ndarray, " sentences"]  # nouns of the other number before the verb
    modifiers: Int[np.ndarray, " sentences"]
    last_noun: Int[np.ndarray, " sentences"]  # the number of the noun nearest to the verb

    def __len__(self) -> int:
        return len(self.tokens)

    def take(self, rows: Int[np.ndarray, " some"] | Bool[np.ndarray, " sentences"]) -> Sentences:
        """The chosen sentences."""
        return Sentences(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    def words(self, row: int) -> list[str]:
        """One sentence as words."""
        return [WORDS[token] for token in self.tokens[row] if token]


def sentences(
    count: int,
    *,
    modifiers: Sequence[int] = (0, 1, 2, 3),
    agree: float = 0.9,
    longest: int | None = None,
    rng: np.random.Generator | int = 0,
) -> Sentences:
    """`count` random sentences; each modifier's noun has the head's number with chance `agree`.

    Half of the modifiers are "near the trees", half "that the dog likes". `longest` pads to that
    many words. Raises ValueError if a sentence is longer.
    """
    rng = generator(rng)
    rows, facts = [], []
    for _ in range(count):
        number = int(rng.integers(2))
        words = ["the", _noun(rng, number)]
        numbers = [number]
        depth = int(rng.choice(modifiers))
        for _ in range(depth):
            own = number if rng.random() < agree else 1 - number
            numbers.append(own)
            if rng.random() < 0.5:
                words += [str(rng.choice(PREPOSITIONS)), "the", _noun(rng, own)]
            else:
                words += ["that", "the", _noun(rng, own), _verb(rng, own)]
        facts.append((len(words), number, sum(n != number for n in numbers), depth, numbers[-1]))
        rows.append([NUMBER_OF[w] for w in (*words, _verb(rng, number), ".")])
    width = longest or max(map(len, rows))
    if max(map(len, rows)) > width:
        raise ValueError(f"a sentence has {max(map(len, rows))} words, longest={width}")
    tokens = np.zeros((count, width), dtype=np.int64)
    for k, row in enumerate(rows):
        tokens[k, : len(row)] = row
    return Sentences(tokens, *np.array(facts, dtype=np.int64).T)


def _noun(rng: np.random.Generator, number: int) -> str:
    return str(rng.choice(NOUNS)) + "s" * number


def _verb(rng: np.random.Generator, number: int) -> str:
    return str(rng.choice(VERBS)) + "s" * (1 - number)


def with_wrong_verb(data: Sentences, wrong: Bool[np.ndarray, " sentences"]) -> Sentences:
    """The same sentences; where `wrong`, the main verb has the other number."""
    tokens, at = data.tokens.copy(), np.arange(len(data))
    verb = tokens[at, data.verb]
    shift = len(VERBS)  # the plural forms stand right behind the singular ones
    turned = np.where(verb >= PLURAL[0], verb - shift, verb + shift)
    tokens[at, data.verb] = np.where(wrong, turned, verb)
    return Sentences(tokens, *(getattr(data, n) for n in list(data.__dataclass_fields__)[1:]))


def count_attractors(words: Sequence[str]) -> tuple[int, int]:
    """(attractors, words between head noun and main verb) of a sentence that ends in verb and dot.

    Raises KeyError for a word that the grammar does not have.
    """
    numbers = [noun_number(NUMBER_OF[word]) for word in words]
    nouns = [(k, n) for k, n in enumerate(numbers) if n is not None]
    verb = len(words) - 2
    return sum(n != nouns[0][1] for _, n in nouns), verb - nouns[0][0] - 1
