"""N-gram language models: counts, six ways to make probabilities of them, perplexity.

A smoother is a function (counts, word, context) -> probability, for instance `add_k` or
`kneser_ney`; bind its options with functools.partial. Contexts may be longer than the model's:
only the last n - 1 words are looked at. Words may be any hashable tokens (words, letters, numbers).
Lecture 001, topic 59.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import pairwise
from math import exp, log

import numpy as np
from jaxtyping import Float

Word = Hashable
Context = tuple[Word, ...]
Smoother = Callable[["NGrams", Word, Context], float]
START, END, UNKNOWN = "<s>", "</s>", "<unk>"
NOTHING: Counter[Word] = Counter()


def sentences_of(text: str, shortest: int = 2) -> list[list[str]]:
    """Cut English text into sentences of lower-case words; numbers and code marks fall away.

    A sentence ends at a full stop, question mark, exclamation mark, colon or empty line.
    """
    pieces = re.split(r"[.!?:;](?:\s|$)|\n\s*\n", text.lower())
    found = (re.findall(r"[a-z]+(?:'[a-z]+)?", piece) for piece in pieces)
    return [words for words in found if len(words) >= shortest]


def known_words(sentences: Iterable[Sequence[Word]], least: int = 2) -> set[Word]:
    """The words that occur at least `least` times."""
    counts = Counter(word for sentence in sentences for word in sentence)
    return {word for word, count in counts.items() if count >= least}


def with_unknown(sentences: Iterable[Sequence[Word]], known: set[Word]) -> list[list[Word]]:
    """Replace every word outside `known` by <unk>, so that no text holds an unseen word."""
    return [[word if word in known else UNKNOWN for word in s] for s in sentences]


class NGrams:
    """How often each word followed each context of 0 to n - 1 words.

    Every sentence is led in by n - 1 start marks and closed by one end mark (`end=None`: none, for
    one long stream of tokens). `vocabulary` are the predictable words, the end mark included.
    Raises ValueError for n below 1 or no words.
    """

    def __init__(
        self,
        sentences: Iterable[Sequence[Word]],
        n: int,
        *,
        end: Word | None = END,
        vocabulary: Iterable[Word] = (),
    ) -> None:
        if n < 1:
            raise ValueError(f"an n-gram has at least one word, got n={n}")
        self.n, self.end = n, end
        self.follow: list[dict[Context, Counter[Word]]] = [{} for _ in range(n)]
        words = dict.fromkeys(vocabulary)
        events: Counter[tuple[Word, Context]] = Counter()
        for sentence in sentences:
            words.update(dict.fromkeys(sentence))
            events.update(self.events(sentence))
        for length, level in enumerate(self.follow):
            for (word, context), times in events.items():
                here = context[n - 1 - length :]
                if (seen := level.get(here)) is None:
                    seen = level[here] = Counter()
                seen[word] += times
        if not words:
            raise ValueError("there is not a single word to count")
        if end is not None:
            words[end] = None
        self.vocabulary: list[Word] = list(words)
        self.total = [{h: sum(c.values()) for h, c in level.items()} for level in self.follow]
        self._continuation: list[dict[Context, Counter[Word]]] | None = None
        self._continuations: list[dict[Context, int]] = []

    def events(self, sentence: Sequence[Word]) -> Iterator[tuple[Word, Context]]:
        """Every word that has to be predicted, with the n - 1 words before it."""
        ending = [] if self.end is None else [self.end]
        padded = [START] * (self.n - 1) + list(sentence) + ending
        for i in range(self.n - 1, len(padded)):
            yield padded[i], tuple(padded[i - self.n + 1 : i])

    def cut(self, context: Sequence[Word]) -> Context:
        """The last n - 1 words of a context, led in by start marks if it is shorter."""
        padded = [START] * (self.n - 1) + list(context)
        return tuple(padded[len(padded) - self.n + 1 :])

    def count(self, word: Word, context: Context) -> int:
        """How often the word followed exactly this context (of at most n - 1 words)."""
        return self.follow[len(context)].get(context, NOTHING)[word]

    def seen(self, context: Context) -> int:
        """How often anything followed this context."""
        return self.total[len(context)].get(context, 0)

    def kinds(self, context: Context) -> int:
        """How many different words followed this context."""
        return len(self.follow[len(context)].get(context, ()))

    def continuation(self, length: int) -> tuple[dict[Context, Counter[Word]], dict[Context, int]]:
        """For contexts of this length: how many different words stood before (context, word)."""
        if self._continuation is None:
            self._continuation = [{} for _ in range(self.n - 1)]
            for shorter, (_, level) in enumerate(pairwise(self.follow)):
                for context, counter in level.items():
                    target = self._continuation[shorter].setdefault(context[1:], Counter())
                    target.update(dict.fromkeys(counter, 1))
            self._continuations = [
                {h: sum(c.values()) for h, c in level.items()} for level in self._continuation
            ]
        return self._continuation[length], self._continuations[length]


# --- from counts to probabilities ---------------------------------------------------------------


def maximum_likelihood(counts: NGrams, word: Word, context: Sequence[Word]) -> float:
    """#(context, word) / #context; 0 for a context that was never seen."""
    h = counts.cut(context)
    return counts.count(word, h) / counts.seen(h) if counts.seen(h) else 0.0


def add_k(counts: NGrams, word: Word, context: Sequence[Word], k: float = 1.0) -> float:
    """(#(context, word) + k) / (#context + k |V|): as if each word had followed k times more.

    k = 1 is the lecture's smoothing (Laplace).
    """
    h = counts.cut(context)
    return (counts.count(word, h) + k) / (counts.seen(h) + k * len(counts.vocabulary))


def interpolated(counts: NGrams, word: Word, context: Sequence[Word], trust: float = 0.6) -> float:
    """trust * (what this context says) + (1 - trust) * (what one word less says).

    Jelinek and Mercer 1980. The shortest context is mixed with the uniform distribution. A context
    that was never seen says nothing: there the shorter one counts alone.
    """
    h = counts.cut(context)
    p = 1 / len(counts.vocabulary)
    for start in range(len(h), -1, -1):
        here = h[start:]
        if total := counts.seen(here):
            p = trust * counts.count(word, here) / total + (1 - trust) * p
    return p


def back_off(counts: NGrams, word: Word, context: Sequence[Word], discount: float = 0.75) -> float:
    """The discounted share if the n-gram was seen, else its part of what the discount saved.

    The saved mass is handed to the unseen words in proportion to the shorter context's opinion.
    Katz 1987 discounts by Good and Turing; here every seen count gives up the same `discount`
    (Ney and others 1994), which is easier by hand and no worse.
    """
    return _back_off(counts, word, counts.cut(context), discount)


def _back_off(counts: NGrams, word: Word, h: Context, discount: float) -> float:
    if not (total := counts.seen(h)):
        return _back_off(counts, word, h[1:], discount) if h else 1 / len(counts.vocabulary)
    unseen = len(counts.vocabulary) - counts.kinds(h)
    if count := counts.count(word, h):
        return (count - discount * (unseen > 0)) / total  # nobody to save for: no discount
    saved = discount * counts.kinds(h) / total
    if not h:
        return saved / unseen
    known = sum(_back_off(counts, w, h[1:], discount) for w in counts.follow[len(h)][h])
    return saved * _back_off(counts, word, h[1:], discount) / (1 - known)


def kneser_ney(
    counts: NGrams, word: Word, context: Sequence[Word], discount: float = 0.75
) -> float:
    """Discounted share plus the saved mass times how *versatile* the word is after one word less.

    The shorter contexts do not count how often a word came, but after how many different words
    ("Francisco" is frequent, but only after "San"). Kneser and Ney 1995, interpolated as by Chen
    and Goodman 1999.
    """
    h = counts.cut(context)
    p = 1 / len(counts.vocabulary)
    for start in range(len(h), -1, -1):
        here = h[start:]
        if start == 0:
            follow, total = counts.follow[len(here)].get(here), counts.seen(here)
        else:
            level, totals = counts.continuation(len(here))
            follow, total = level.get(here), totals.get(here, 0)
        if follow is not None and total:
            p = (max(follow[word] - discount, 0) + discount * len(follow) * p) / total
    return p


# --- judging and using a model ------------------------------------------------------------------


def distribution(
    counts: NGrams, context: Sequence[Word], smoother: Smoother = kneser_ney
) -> Float[np.ndarray, " vocabulary"]:
    """The probability of every word of `counts.vocabulary` after this context."""
    return np.array([smoother(counts, word, tuple(context)) for word in counts.vocabulary])


def probability(
    counts: NGrams, sentence: Sequence[Word], smoother: Smoother = maximum_likelihood
) -> float:
    """The probability of a whole sentence, its end included: the product over its words."""
    return float(np.prod([smoother(counts, w, h) for w, h in counts.events(sentence)]))


def perplexity(
    counts: NGrams, sentences: Iterable[Sequence[Word]], smoother: Smoother = kneser_ney
) -> float:
    """exp of the mean of -ln P(word | context): the number of words it hesitates between.

    Infinite as soon as one word gets probability 0. Raises ValueError without a word.
    """
    surprise, words = 0.0, 0
    for sentence in sentences:
        for word, context in counts.events(sentence):
            p = smoother(counts, word, context)
            if p <= 0:
                return float("inf")
            surprise, words = surprise - log(p), words + 1
    if not words:
        raise ValueError("perplexity needs at least one word")
    return exp(surprise / words)


def impossible(counts: NGrams, sentences: Sequence[Sequence[Word]]) -> float:
    """The share of sentences to which maximum likelihood gives probability 0."""
    return float(np.mean([probability(counts, s) == 0 for s in sentences]))


def sample(
    counts: NGrams,
    rng: np.random.Generator,
    smoother: Smoother = maximum_likelihood,
    longest: int = 30,
    start: Sequence[Word] = (),
) -> list[Word]:
    """Draw a sentence word by word until the end mark or `longest` words."""
    words = list(start)
    while len(words) < longest:
        p = distribution(counts, words, smoother)
        if p.sum() <= 0:
            break
        word = counts.vocabulary[int(rng.choice(len(p), p=p / p.sum()))]
        if word == counts.end:
            break
        words.append(word)
    return words
