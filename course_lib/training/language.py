"""Train a small GPT on a text: the corpora, the sizes, and one function that does it.

`pretrain` remembers what it has trained in this process, so that every section of a notebook can
ask for the same net and only the first one waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from inspect import signature
from math import cos, log, pi
from typing import ParamSpec, TypeVar

import torch
from torch import Tensor

from course_lib.datasets import load
from course_lib.models.gpt import GPT, log_probabilities, next_token_loss, windows
from course_lib.models.ngrams import NGrams
from course_lib.models.tokenisation import ByteTokeniser, Vocabulary
from course_lib.training.fit import fit

P = ParamSpec("P")
R = TypeVar("R")

BLOCK = 20  # paragraphs that stay together
MARKS = 4  # how often the held-out text is read during a training
COMMON = 768  # tokens
READ = 4_000  # characters of it that are read each time


@dataclass(frozen=True)
class Size:
    """How large a net is and how long it learns."""

    context: int
    model: int
    heads: int
    layers: int
    batch: int
    updates: int
    learning_rate: float


SIZES = {
    "width-4": Size(32, 4, 2, 2, 8, 200, 2e-2),  # a narrow net bears larger steps
    "width-8": Size(32, 8, 2, 2, 8, 200, 2e-2),
    "width-16": Size(32, 16, 4, 2, 8, 200, 2e-2),
    "small": Size(32, 32, 4, 2, 8, 200, 1.2e-2),  # seconds on one core
    "medium": Size(128, 128, 4, 4, 32, 3000, 3e-3),  # about an hour on two cores
    "full": Size(256, 384, 6, 6, 64, 5000, 1e-3),  # for a GPU: 11 million weights
}

# (tokens read, bits per character) of one run of 1000 updates of "small" in batches of 16, on 512
# tokens of Python's manual, learning rate 0.01: recorded once (Python 3.11, November 2026).
LONGER = (
    (84_992, 3.026), (169_984, 2.810), (254_976, 2.700), (339_968, 2.617), (424_960, 2.540),
    (509_952, 2.525),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Pretrained:
    """A trained net, how it reads and writes, and what it scored on text that it never saw."""

    net: GPT
    size: Size
    encode: Callable[[str], list[int]]
    decode: Callable[[Sequence[int]], str]
    tokens: int  # in the vocabulary
    train_text: str
    held_out: str
    updates: tuple[int, ...]
    bits: tuple[float, ...]  # per character of the held-out text, at these updates

    @property
    def seen(self) -> int:
        """How many tokens went through the net in training."""
        return self.updates[-1] * self.size.batch * self.size.context


def remembered(function: Callable[P, R]) -> Callable[P, R]:
    """Each result once per process: `f()` and `f(seed=0)` are the same if 0 is the default."""
    kept: dict[tuple[object, ...], R] = {}
    parameters = signature(function)

    @wraps(function)
    def call(*args: P.args, **options: P.kwargs) -> R:
        bound = parameters.bind(*args, **options)
        bound.apply_defaults()
        key = tuple(bound.arguments.values())
        if key not in kept:
            kept[key] = function(*bound.args, **bound.kwargs)
        return kept[key]

    return call


@remembered
def corpus(name: str = "python_manual") -> tuple[str, str]:
    """A text to learn from and one to be judged on: every tenth block of paragraphs is held out.

    A paragraph counts once (but for its blanks): Python's manual prints many of them under several
    headings, and a model that is judged on what it has read would look brilliant.
    """
    paragraphs = {" ".join(part.split()): part for part in load(name).text.split("\n\n")}
    parts = list(paragraphs.values())
    if len(parts) < 10 * BLOCK:  # one long line, such as text8
        text = "\n\n".join(parts)
        cut = len(text) * 9 // 10
        return text[:cut], text[cut:]
    held = [part for i, part in enumerate(parts) if i // BLOCK % 10 == 5]
    kept = [part for i, part in enumerate(parts) if i // BLOCK % 10 != 5]
    return "\n\n".join(kept), "\n\n".join(held)


def bits_per_character(net: GPT, ids: Sequence[int], characters: int) -> float:
    """The held-out surprise in bits, shared out among the characters of the text.

    Read in windows that overlap by half: each token is judged with at least half a context before
    it (but for the first window).
    """
    half = max(1, net.context // 2)
    inputs, targets = (
        part.to(net.tokens.weight.device) for part in windows(ids, net.context, half)
    )
    logs = torch.cat([
        log_probabilities(net, *part)
        for part in zip(inputs.split(64), targets.split(64), strict=True)
    ])  # fmt: skip
    judged = torch.cat([logs[0], logs[1:, -half:].flatten()])
    return float(-judged.mean()) / log(2) * len(ids) / characters


def random_windows(
    ids: Tensor, length: int, batch: int, count: int, generator: torch.Generator
) -> Iterator[tuple[Tensor, Tensor]]:
    """`count` batches of windows that begin anywhere in the text."""
    for _ in range(count):
        starts = torch.randint(len(ids) - length, (batch, 1), generator=generator)
        cut = ids[starts + torch.arange(length + 1)]
        yield cut[:, :-1], cut[:, 1:]


def warm_cosine(peak: float, updates: int) -> Callable[[int], float]:
    """The usual schedule: up in a straight line for a tenth of the way, down along a cosine."""
    warm = max(1, updates // 10)

    def rate(update: int) -> float:
        if update < warm:
            return peak * (update + 1) / warm
        return peak * (0.05 + 0.95 * (1 + cos(pi * (update - warm) / max(1, updates - warm))) / 2)

    return rate


@remembered
def tokeniser(name: str, vocabulary: int) -> ByteTokeniser:
    """The byte-level tokeniser of a corpus, learnt from its training text.

    Merges are learnt one after the other, so that a small vocabulary is the beginning of a large
    one: up to COMMON tokens are learnt once.
    """
    if vocabulary < COMMON:
        return tokeniser(name, COMMON).first(vocabulary)
    return ByteTokeniser.train(corpus(name)[0], vocabulary)


@remembered
def counted(name: str = "python_manual", n: int = 5) -> NGrams:
    """The character n-grams of a corpus's training text; the simple rival of every net here."""
    train_text, held_out = corpus(name)
    letters = sorted(set(train_text) | set(held_out))
    return NGrams([train_text], n, end=None, vocabulary=letters)


@remembered
def pretrain(
    text: str = "python_manual",
    size: str = "small",
    seed: int = 0,
    vocabulary: int | None = None,
    progress: bool = False,
) -> Pretrained:
    """Train a GPT on a text from nothing; asked again in the same process, it is at once there.

    `text` names a data set of characters ("tiny_shakespeare" and "text8" are downloads), `size` one
    of SIZES. `vocabulary=None` reads characters; a number reads as many byte-level tokens.
    Raises KeyError for a size that is not there.
    """
    if size not in SIZES:
        raise KeyError(f"no size {size!r}; there are {', '.join(SIZES)}")
    plan, (train_text, held_out) = SIZES[size], corpus(text)
    encode: Callable[[str], list[int]]
    if vocabulary is None:
        letters = Vocabulary(sorted(set(train_text) | set(held_out)))
        encode, tokens = letters.encode, len(letters)

        def decode(ids: Sequence[int]) -> str:
            return "".join(letters.decode(ids))

    else:
        subwords = tokeniser(text, vocabulary)
        encode, tokens = subwords.encode, len(subwords)

        def decode(ids: Sequence[int]) -> str:
            return subwords.decode(ids)

    generator = torch.Generator().manual_seed(seed)
    net = GPT(tokens, plan.context, plan.model, plan.heads, plan.layers, generator)
    ids, judged = torch.tensor(encode(train_text)), encode(held_out[:READ])
    each = max(1, plan.updates // MARKS)
    history = fit(
        net,
        lambda: random_windows(ids, plan.context, plan.batch, each, generator),
        lambda: {"bits": bits_per_character(net, judged, READ)},
        epochs=MARKS,
        loss=next_token_loss,
        optimiser="adam",
        schedule=warm_cosine(plan.learning_rate, each * MARKS),
        clip=1.0,
        progress=progress,
    )
    return Pretrained(
        net, plan, encode, decode, tokens, train_text, held_out,
        tuple(each * (i + 1) for i in range(MARKS)), tuple(history.column("validation bits")),
    )  # fmt: skip


__all__ = [
    "LONGER", "SIZES", "Pretrained", "Size", "bits_per_character", "corpus", "counted",
    "pretrain", "random_windows", "tokeniser", "warm_cosine",
]  # fmt: skip
