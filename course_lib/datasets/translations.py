"""Small translation tasks that need no download: numbers in words, and dates.

Numbers are written in English and in German, where the ones come before the tens: 42 is "forty two"
and "zwei und vierzig" (two and forty). Dates come in the ways people write them and leave as
2024-03-03. Both are real, exact and endless, and a grammar of a few lines knows every answer.
"""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from course_lib.datasets.dataset import generator

Words = tuple[str, ...]

SPECIAL = ("<PAD>", "<SOS>", "<EOS>", "<UNK>")
PAD, SOS, EOS, UNK = range(4)

ENGLISH = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
ENGLISH_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
GERMAN = (
    "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn "
    "fünfzehn sechzehn siebzehn achtzehn neunzehn"
).split()
GERMAN_TENS = "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()
LARGEST = 999_999


def english(n: int) -> Words:
    """0 <= n <= 999 999 in English words: 342 is three hundred forty two."""
    _checked(n)
    if n < 20:
        return (ENGLISH[n],)
    if n < 100:
        return (ENGLISH_TENS[n // 10 - 2], *(english(n % 10) if n % 10 else ()))
    size, word = (100, "hundred") if n < 1000 else (1000, "thousand")
    return (*english(n // size), word, *(english(n % size) if n % size else ()))


def german(n: int) -> Words:
    """0 <= n <= 999 999 in the pieces of the German word: drei hundert zwei und vierzig."""
    _checked(n)
    if n < 20:
        return (GERMAN[n],)
    if n < 100:
        tens = GERMAN_TENS[n // 10 - 2]
        return (_stem(n % 10), "und", tens) if n % 10 else (tens,)
    size, word = (100, "hundert") if n < 1000 else (1000, "tausend")
    head = german(n // size)
    head = (*head[:-1], "ein") if head[-1] == "eins" else head
    return (*head, word, *(german(n % size) if n % size else ()))


def _stem(ones: int) -> str:
    """eins loses its s before another piece: ein und zwanzig, ein hundert."""
    return "ein" if ones == 1 else GERMAN[ones]


def _checked(n: int) -> None:
    if not 0 <= n <= LARGEST:
        raise ValueError(f"numbers from 0 to {LARGEST} have words here, not {n}")


@dataclass(frozen=True)
class Pairs:
    """Pairs of token sequences to translate: `sources` to `targets`, one line each."""

    name: str
    sources: tuple[Words, ...]
    targets: tuple[Words, ...]
    description: str

    def __post_init__(self) -> None:
        if len(self.sources) != len(self.targets):
            raise ValueError(f"{len(self.sources)} sources but {len(self.targets)} targets")

    def __len__(self) -> int:
        return len(self.sources)

    def __repr__(self) -> str:
        return f"Pairs({self.name!r}, {len(self)} pairs)"

    def take(self, rows: Iterable[int]) -> Pairs:
        """Return the chosen pairs, in the order of `rows`."""
        chosen = [int(row) for row in rows]
        return Pairs(
            self.name,
            tuple(self.sources[k] for k in chosen),
            tuple(self.targets[k] for k in chosen),
            self.description,
        )

    def split(self, count: int, rng: np.random.Generator | int) -> tuple[Pairs, Pairs]:
        """Shuffle; `count` pairs to train on and the rest to test on.

        Raises: ValueError when either part would be empty.
        """
        if not 0 < count < len(self):
            raise ValueError(f"{count} of {len(self)} pairs leaves one part empty")
        order = generator(rng).permutation(len(self))
        return self.take(order[:count]), self.take(order[count:])


def numbers(largest: int = 999) -> Pairs:
    """German number words and their English translation, for 0, 1, ..., `largest`."""
    every = range(largest + 1)
    return Pairs(
        "numbers",
        tuple(german(n) for n in every),
        tuple(english(n) for n in every),
        "German number words, cut into their pieces, and the English words.",
    )


def dates(n: int = 1000, *, rng: np.random.Generator | int = 0) -> Pairs:
    """`n` days of 1950 to 2049 as people write them, and as ISO 8601 (2024-03-03).

    A source has 4 to 8 tokens (weekday, month and order differ, years are digits), a target 10
    characters.
    """
    random = generator(rng)
    first = datetime.date(1950, 1, 1).toordinal()
    last = datetime.date(2049, 12, 31).toordinal()
    sources, targets = [], []
    for ordinal in random.integers(first, last + 1, size=n).tolist():
        day = datetime.date.fromordinal(ordinal)
        sources.append(_written(day, int(random.integers(len(FORMATS)))))
        targets.append(tuple(day.isoformat()))
    return Pairs(
        "dates", tuple(sources), tuple(targets), "Dates as people write them, and as ISO 8601."
    )


FORMATS = ("Sunday 3 March 2024", "March 3 2024", "3 Mar 2024", "Sun Mar 3 2024")


def _written(day: datetime.date, form: int) -> Words:
    number, year = (str(day.day),), tuple(str(day.year))
    month, weekday = calendar.month_name[day.month], calendar.day_name[day.weekday()]
    return {
        0: (weekday, *number, month, *year),
        1: (month, *number, *year),
        2: (*number, month[:3], *year),
        3: (weekday[:3], month[:3], *number, *year),
    }[form]


def reversals(
    n: int, lengths: tuple[int, int], letters: str = "abcdefgh", *,
    rng: np.random.Generator | int = 0,
) -> Pairs:  # fmt: skip
    """`n` random letter sequences and their reverse; lengths drawn evenly from a range."""
    random = generator(rng)
    drawn = random.integers(lengths[0], lengths[1] + 1, size=n)
    sources = tuple(tuple(random.choice(list(letters), size=k).tolist()) for k in drawn)
    return Pairs(
        "reversals", sources, tuple(s[::-1] for s in sources), "Letters, and the same backwards."
    )


# --- from words to integers ---------------------------------------------------------------------


class Vocabulary:
    """The numbers of words: <PAD> 0, <SOS> 1, <EOS> 2, <UNK> 3, then the words as first met."""

    def __init__(self, sequences: Iterable[Sequence[str]]) -> None:
        seen = dict.fromkeys(word for sequence in sequences for word in sequence)
        self.words: Words = (*SPECIAL, *(word for word in seen if word not in SPECIAL))
        self.number = {word: k for k, word in enumerate(self.words)}

    def __len__(self) -> int:
        return len(self.words)

    def encode(self, sequence: Sequence[str]) -> list[int]:
        """The numbers of the words; one it does not know (out of vocabulary) becomes <UNK>."""
        return [self.number.get(word, UNK) for word in sequence]

    def decode(self, numbers: Iterable[int]) -> Words:
        """The words, up to the first <EOS>, without <PAD> and <SOS>."""
        words = []
        for k in numbers:
            if k == EOS:
                break
            if k not in (PAD, SOS):
                words.append(self.words[int(k)])
        return tuple(words)


@dataclass(frozen=True)
class Batch:
    """What training reads: integers (batch, length), padded with 0, and the true lengths."""

    source: Int[np.ndarray, "batch source"]
    target_in: Int[np.ndarray, "batch target"]
    target_out: Int[np.ndarray, "batch target"]
    source_lengths: Int[np.ndarray, " batch"]
    target_lengths: Int[np.ndarray, " batch"]


def prepare(
    sources: Sequence[Sequence[str]],
    targets: Sequence[Sequence[str]],
    source_words: Vocabulary,
    target_words: Vocabulary,
) -> Batch:
    """Steps 2 to 6 of the lecture's batch preparation: end, start, numbers, unknown, padding.

    <EOS> ends the source, <SOS> starts what the decoder reads, <EOS> ends what it must write;
    what is out of vocabulary becomes <UNK> while encoding. Lecture 001, topic 50.
    """
    source = [[*source_words.encode(s), EOS] for s in sources]
    body = [target_words.encode(t) for t in targets]
    return Batch(
        padded(source),
        padded([[SOS, *t] for t in body]),
        padded([[*t, EOS] for t in body]),
        np.array([len(s) for s in source]),
        np.array([len(t) + 1 for t in body]),
    )


def padded(
    rows: Sequence[Sequence[int]], length: int | None = None
) -> Int[np.ndarray, "batch length"]:
    """One row each, filled up with <PAD> to the longest (or to `length`)."""
    width = max(len(row) for row in rows) if length is None else length
    out = np.full((len(rows), width), PAD, dtype=np.int64)
    for k, row in enumerate(rows):
        out[k, : len(row)] = row
    return out


# --- conversations ------------------------------------------------------------------------------

FAQ = (  # written for this course
    ("when is the exam", "The exam is on the last Friday of the term, at nine."),
    ("where is the exam held", "In the large lecture hall; seats are listed at the door."),
    ("may I bring a calculator to the exam", "Yes, any calculator without a network connection."),
    ("how do I hand in the exercises", "Upload the notebook before Monday noon."),
    ("can I hand in exercises late", "One day late is fine, once per term."),
    ("which library do we use for networks", "PyTorch, and a small library of the course."),
    ("how do I install the course", "Create the environment from the file and start the lab."),
    ("what is a perceptron", "A weighted sum with a threshold: the simplest neural unit."),
    ("what is attention in a network", "A weighted mean of values; a query picks the weights."),
    ("why does training diverge", "Most often the learning rate is too large."),
    ("how large should the learning rate be", "Try a range test and take a third of the best."),
    ("who answers questions about grades", "The examination office, not the lecturers."),
)  # fmt: skip

TALK = (  # (what was said before, question, answer): the same question, and the context decides
    ("do you like tea", "yes or no", "yes tea is fine"),
    ("do you like coffee", "yes or no", "no coffee keeps me awake"),
    ("is it raining", "and tomorrow", "tomorrow the sun will shine"),
    ("is the lab open", "and tomorrow", "tomorrow the lab is closed"),
    ("who are you", "what can you do", "I can talk a little"),
    ("here is my cat", "what can you do", "I can feed the cat"),
)  # fmt: skip

SMALL_TALK = (  # single-turn: question, answer
    ("hello", "hello how are you"),
    ("how are you", "fine and you"),
    ("what is your name", "they call me net"),
    ("where do you live", "in a small notebook"),
    ("are you human", "no I am a network"),
    ("do you dream", "only of gradients"),
    ("what do you eat", "pairs of sentences"),
    ("who made you", "a student like you"),
    ("tell me a joke", "I forgot it at every gate"),
    ("good night", "sleep well"),
)  # fmt: skip

__all__ = [
    "Batch", "EOS", "FAQ", "PAD", "Pairs", "SMALL_TALK", "SOS", "SPECIAL", "TALK", "UNK",
    "Vocabulary", "dates", "english", "german", "numbers", "padded", "prepare", "reversals",
]  # fmt: skip
