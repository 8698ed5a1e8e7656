"""From text to the integers that a language model reads, and exactly back.

`Vocabulary` numbers tokens that are given: characters, or words. `byte_pairs` is byte-pair encoding
(Gage 1994; Sennrich, Haddow and Birch 2016) as a trace over a few words; `ByteTokeniser` is the
same algorithm over the bytes of any text, so that nothing is ever unknown (GPT-2, 2019).
"""

from __future__ import annotations

import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

Pair = tuple[int, int]
END = "_"  # closes a word in the lectures' notation
UNKNOWN = "<unk>"
# A run of letters, digits or signs takes the blank before it along: detokenising is then joining.
CHUNK = re.compile(r" ?[^\W\d_]+| ?\d+| ?[^\w\s]+| ?_+|\s+(?!\S)|\s+")


class UnknownToken(KeyError):
    """A token that the vocabulary does not hold."""

    def __str__(self) -> str:
        return str(self.args[0])


class Vocabulary:
    """Tokens and their numbers, in the order given. `<unk>`, if it is among them, takes the rest.

    Raises ValueError for a token that is given twice.
    """

    def __init__(self, tokens: Iterable[str]) -> None:
        self.tokens = tuple(tokens)
        self.ids = {token: i for i, token in enumerate(self.tokens)}
        if len(self.ids) < len(self.tokens):
            twice = [t for t, n in Counter(self.tokens).items() if n > 1]
            raise ValueError(f"given twice: {', '.join(map(repr, twice[:5]))}")

    def __len__(self) -> int:
        return len(self.tokens)

    def encode(self, tokens: Iterable[str]) -> list[int]:
        """The numbers of tokens (of characters, if a text is given).

        Raises UnknownToken (a KeyError) for a token that is not there, unless `<unk>` is.
        """
        found = []
        for token in tokens:
            place = self.ids.get(token, self.ids.get(UNKNOWN))
            if place is None:
                close = difflib.get_close_matches(token, self.tokens, n=2)
                raise UnknownToken(
                    f"{token!r} is none of the {len(self)} tokens"
                    + (f"; close: {', '.join(map(repr, close))}" if close else "")
                )
            found.append(place)
        return found

    def decode(self, ids: Iterable[int]) -> list[str]:
        """The tokens of numbers."""
        return [self.tokens[i] for i in ids]


# --- byte-pair encoding, to be watched ----------------------------------------------------------


@dataclass(frozen=True)
class Merge:
    """The words after a merge: which pair, how often it stood there, and what is left to read."""

    step: int
    pair: tuple[str, str] | None
    count: int
    words: tuple[tuple[tuple[str, ...], int], ...]  # the pieces of each word, and its frequency
    vocabulary: tuple[str, ...]

    @property
    def tokens(self) -> int:
        """How many tokens the corpus has now."""
        return sum(len(pieces) * count for pieces, count in self.words)


def merged(pieces: Sequence[Hashable], pair: tuple, joined: Hashable) -> tuple:
    """The pieces with each occurrence of the pair replaced, from left to right."""
    out: list[Hashable] = []
    i = 0
    while i < len(pieces):
        if i + 1 < len(pieces) and (pieces[i], pieces[i + 1]) == pair:
            out.append(joined)
            i += 2
        else:
            out.append(pieces[i])
            i += 1
    return tuple(out)


def pair_counts(words: Iterable[tuple[Sequence, int]]) -> Counter:
    """How often each pair of neighbours stands in the words, each word as often as it occurs."""
    counts: Counter = Counter()
    for pieces, count in words:
        for pair in zip(pieces, pieces[1:], strict=False):
            counts[pair] += count
    return counts


def byte_pairs(words: Mapping[str, int], merges: int) -> Iterator[Merge]:
    """Byte-pair encoding of words with frequencies, one state per merge; ties: the pair seen first.

    Stops early where no pair is left. Lecture 004, topic 48.
    """
    if merges < 0:
        raise ValueError(f"merges must be at least 0, got {merges}")
    state = tuple((tuple(word), count) for word, count in words.items())
    vocabulary = tuple(dict.fromkeys(piece for pieces, _ in state for piece in pieces))
    yield Merge(0, None, 0, state, vocabulary)
    for step in range(1, merges + 1):
        counts = pair_counts(state)
        if not counts:
            return
        pair = max(counts, key=counts.__getitem__)  # the first of the most frequent
        joined = "".join(pair)
        state = tuple((merged(pieces, pair, joined), count) for pieces, count in state)
        vocabulary += (joined,)
        yield Merge(step, pair, counts[pair], state, vocabulary)


def apply_merges(word: str, merges: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """The pieces of a word, perhaps never seen: the merges, in the order they were learnt."""
    pieces = tuple(word)
    for pair in merges:
        pieces = merged(pieces, pair, "".join(pair))
    return pieces


# --- byte-pair encoding, to be used -------------------------------------------------------------


def learn_merges(chunks: Mapping[bytes, int], merges: int) -> list[Pair]:
    """The merges over chunks of bytes; ties go to the smaller numbers.

    Only chunks that hold the merged pair are counted anew: the same result as counting all, faster.
    """
    words = [list(chunk) for chunk in chunks]
    frequency = list(chunks.values())
    counts: Counter[Pair] = Counter()
    where: defaultdict[Pair, set[int]] = defaultdict(set)
    for w, pieces in enumerate(words):
        for pair in zip(pieces, pieces[1:], strict=False):
            counts[pair] += frequency[w]
            where[pair].add(w)
    learnt: list[Pair] = []
    for number in range(256, 256 + merges):
        best = max(
            counts.items(), key=lambda item: (item[1], -item[0][0], -item[0][1]), default=None
        )
        if best is None or best[1] < 2:  # a pair that stands once saves nothing elsewhere
            break
        pair = best[0]
        learnt.append(pair)
        for w in list(where[pair]):
            before = words[w]
            after = list(merged(before, pair, number))
            for old in zip(before, before[1:], strict=False):
                counts[old] -= frequency[w]
            for new in zip(after, after[1:], strict=False):
                counts[new] += frequency[w]
                where[new].add(w)
            words[w] = after
        del counts[pair], where[pair]
    return learnt


class ByteTokeniser:
    """Byte-level byte-pair encoding: the 256 bytes, then one token per merge.

    Every text has numbers, also one in letters never seen, and comes back exactly. No token reaches
    over the border of a chunk (a word with the blank before it, a number, a run of signs).
    """

    def __init__(self, merges: Sequence[Pair]) -> None:
        self.merges: list[Pair] = [(left, right) for left, right in merges]
        self.rank = {pair: 256 + i for i, pair in enumerate(self.merges)}
        self.bytes = [bytes([i]) for i in range(256)]
        for left, right in self.merges:
            self.bytes.append(self.bytes[left] + self.bytes[right])
        self._known: dict[str, tuple[int, ...]] = {}

    def __len__(self) -> int:
        return len(self.bytes)

    @classmethod
    def train(cls, text: str, size: int = 512) -> ByteTokeniser:
        """Learn from a text until the vocabulary has `size` tokens (at least the 256 bytes)."""
        if size < 256:
            raise ValueError(f"the bytes are always there: size must be 256 or more, got {size}")
        chunks = Counter(chunk.encode("utf-8") for chunk in CHUNK.findall(text))
        return cls(learn_merges(chunks, size - 256))

    def first(self, size: int) -> ByteTokeniser:
        """The tokeniser after fewer merges: a vocabulary of `size` tokens."""
        return ByteTokeniser(self.merges[: max(0, size - 256)])

    def encode(self, text: str) -> list[int]:
        """The numbers of a text."""
        return [number for chunk in CHUNK.findall(text) for number in self._chunk(chunk)]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of numbers; half a character at an end is shown as the replacement sign."""
        return b"".join(self.bytes[i] for i in ids).decode("utf-8", errors="replace")

    def pieces(self, text: str) -> list[str]:
        """The tokens of a text as they are read, each decoded for itself."""
        return [self.decode([number]) for number in self.encode(text)]

    def _chunk(self, chunk: str) -> tuple[int, ...]:
        known = self._known.get(chunk)
        if known is None:
            known = tuple(chunk.encode("utf-8"))
            while len(known) > 1:  # the pair that was learnt first goes first
                pairs = zip(known, known[1:], strict=False)
                pair = min(pairs, key=lambda p: self.rank.get(p, len(self)))
                if pair not in self.rank:
                    break
                known = merged(known, pair, self.rank[pair])
            self._known[chunk] = known
        return known


def estimate_words(tokens: float) -> float:
    """The rule of thumb for English: three words are about four tokens (lecture 004, topic 48)."""
    return 0.75 * tokens


__all__ = [
    "CHUNK", "END", "UNKNOWN", "ByteTokeniser", "Merge", "UnknownToken", "Vocabulary",
    "apply_merges", "byte_pairs", "estimate_words", "learn_merges", "merged", "pair_counts",
]  # fmt: skip
