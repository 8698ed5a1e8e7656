"""Sequence to sequence: an encoder, a decoder, and attention between them.

Every tensor has one more axis in front, `nets`: several models with different starts and different
data are trained side by side, each as if alone (see many_nets). One model is nets = 1. Recurrent
layers are GRUs in torch's convention; sources are padded on the right with 0, and the state simply
stays as it is where the source has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from course_lib.datasets.translations import EOS, PAD, SOS, Pairs, Vocabulary, padded, prepare
from course_lib.models.losses import softmax

Tokens = Int[Tensor, "nets batch length"]
States = Float[Tensor, "nets batch length size"]
State = Float[Tensor, "nets batch size"]


# --- attention in four lines, for one query ------------------------------------------------------


def multiplicative_scores(
    h: Float[np.ndarray, " n"], sources: Float[np.ndarray, "length m"], W: Float[np.ndarray, "n m"]
) -> Float[np.ndarray, " length"]:
    """score_s = h^T W h_s for every source state (Luong and others 2015). Lecture 001, topic 52."""
    return np.asarray(sources) @ (np.asarray(h) @ np.asarray(W))


def additive_scores(
    h: Float[np.ndarray, " n"],
    sources: Float[np.ndarray, "length m"],
    W1: Float[np.ndarray, "k n"],
    W2: Float[np.ndarray, "k m"],
    v: Float[np.ndarray, " k"],
) -> Float[np.ndarray, " length"]:
    """score_s = v^T tanh(W1 h + W2 h_s) (Bahdanau and others 2015). Lecture 001, topic 52."""
    return np.tanh(np.asarray(W1) @ h + np.asarray(sources) @ np.asarray(W2).T) @ np.asarray(v)


def dot_scores(
    q: Float[np.ndarray, " d"], keys: Float[np.ndarray, "length d"], scaled: bool = True
) -> Float[np.ndarray, " length"]:
    """score_i = q . k_i / sqrt(d), the parameter-free score. Lecture 003, topic 58."""
    scores = np.asarray(keys, dtype=float) @ np.asarray(q, dtype=float)
    return scores / np.sqrt(len(q)) if scaled else scores


def attend(
    scores: Float[np.ndarray, " length"], values: Float[np.ndarray, "length m"]
) -> tuple[Float[np.ndarray, " length"], Float[np.ndarray, " m"]]:
    """(weights, context): the softmax of the scores, and the weighted mean of the values."""
    weights = softmax(scores)
    return weights, weights @ np.asarray(values, dtype=float)


def hierarchical(
    sentences: Sequence[Float[np.ndarray, "words n"]], query: Float[np.ndarray, " n"]
) -> dict[str, Any]:
    """Attention twice: over the words of each sentence, then over the sentences (dot scores).

    Returns word weights (a list), sentence vectors, sentence weights and the document vector.
    Lecture 001, topic 53 (Yang and others 2016, Xing and others 2017).
    """
    attended = [attend(dot_scores(query, words, scaled=False), words) for words in sentences]
    vectors = np.array([vector for _, vector in attended])
    weights, document = attend(dot_scores(query, vectors, scaled=False), vectors)
    return {
        "word_weights": [weights for weights, _ in attended],
        "sentences": vectors,
        "sentence_weights": weights,
        "document": document,
    }


def squeeze_and_excite(
    maps: Float[np.ndarray, "channels height width"],
    W1: Float[np.ndarray, "r channels"],
    W2: Float[np.ndarray, "channels r"],
) -> tuple[Float[np.ndarray, " channels"], Float[np.ndarray, "channels height width"]]:
    """(gates, scaled maps): means of the channels, ReLU layer, sigmoid layer, one gate each.

    Attention over channels instead of places (Hu and others 2018). Lecture 003, topic 58.
    """
    squeezed = np.asarray(maps, dtype=float).mean(axis=(1, 2))
    gates = 1 / (1 + np.exp(-np.asarray(W2) @ np.maximum(0, np.asarray(W1) @ squeezed)))
    return gates, gates[:, None, None] * maps


# --- the layers, each with an axis of nets --------------------------------------------------------


class Table(nn.Module):
    """An embedding per net: row `token` of E[net]."""

    def __init__(self, nets: int, words: int, size: int, draw: torch.Generator) -> None:
        super().__init__()
        self.E = nn.Parameter(torch.randn(nets, words, size, generator=draw) * 0.5)

    def forward(self, tokens: Tokens) -> States:
        nets, words, _ = self.E.shape
        first = torch.arange(nets, device=tokens.device) * words
        return nn.functional.embedding(tokens + first[:, None, None], self.E.flatten(0, 1))


class Linear(nn.Module):
    """x W + b per net."""

    def __init__(self, nets: int, n: int, m: int, draw: torch.Generator) -> None:
        super().__init__()
        self.W = nn.Parameter(torch.randn(nets, n, m, generator=draw) / n**0.5)
        self.b = nn.Parameter(torch.zeros(nets, 1, m))

    def forward(self, x: Float[Tensor, "nets ... n"]) -> Float[Tensor, "nets ... m"]:
        flat = x.flatten(1, -2)
        return torch.baddbmm(self.b, flat, self.W).view(*x.shape[:-1], self.W.shape[2])


class GRU(nn.Module):
    """A gated recurrent unit per net: reset r, update z, candidate n; h = (1 - z) n + z h."""

    def __init__(self, nets: int, n: int, size: int, draw: torch.Generator) -> None:
        super().__init__()
        self.input = Linear(nets, n, 3 * size, draw)
        self.state = Linear(nets, size, 3 * size, draw)

    def step(self, gates: Float[Tensor, "nets batch gates"], h: State) -> State:
        """One step; `gates` is what the input adds to r, z and n."""
        size = h.shape[-1]
        own = torch.baddbmm(self.state.b, h, self.state.W)
        r, z = torch.sigmoid(gates[..., : 2 * size] + own[..., : 2 * size]).split(size, dim=-1)
        n = torch.tanh(torch.addcmul(gates[..., 2 * size :], r, own[..., 2 * size :]))
        return torch.lerp(n, h, z)

    def forward(
        self, x: States, h: State, alive: Bool[Tensor, "nets batch length"] | None = None
    ) -> tuple[States, State]:
        """All steps; where `alive` is False the state is kept (the sequence has ended)."""
        full = [True] * x.shape[2] if alive is None else alive.all(dim=0).all(dim=0).tolist()
        out = []
        for t, gates in enumerate(self.input(x).unbind(2)):
            new = self.step(gates, h)
            h = new if alive is None or full[t] else torch.where(alive[:, :, t, None], new, h)
            out.append(h)
        return torch.stack(out, dim=2), h


class Attention(nn.Module):
    """Weights over the source states for every decoder state: multiplicative or additive score."""

    def __init__(self, nets: int, size: int, kind: str, draw: torch.Generator) -> None:
        super().__init__()
        if kind not in ("multiplicative", "additive"):
            raise ValueError(f"attention is 'multiplicative', 'additive' or None, not {kind!r}")
        self.kind = kind
        self.W = Linear(nets, size, size, draw)
        if kind == "additive":
            self.W2 = Linear(nets, size, size, draw)
            self.v = nn.Parameter(torch.randn(nets, size, generator=draw) / size**0.5)

    def forward(
        self, h: States, sources: States, alive: Bool[Tensor, "nets batch source"]
    ) -> tuple[States, Float[Tensor, "nets batch target source"]]:
        """(contexts, weights) for every state in h; positions that are not alive get weight 0."""
        if self.kind == "multiplicative":
            scores = self.W(h) @ sources.transpose(2, 3)
        else:
            mixed = torch.tanh(self.W(h)[:, :, :, None] + self.W2(sources)[:, :, None])
            scores = torch.einsum("nbtsk,nk->nbts", mixed, self.v)
        weights = scores.masked_fill(~alive[:, :, None], -torch.inf).softmax(dim=-1)
        return weights @ sources, weights


@dataclass
class Encoded:
    """What the decoder may look at: all states of the top layer, which are real, the last ones."""

    states: States
    alive: Bool[Tensor, "nets batch source"]
    last: list[State]


class Seq2Seq(nn.Module):
    """Encoder and decoder, stacked `layers` high, with or without attention.

    Sources and targets are tokens (nets, batch, length), sources ending in <EOS>. With
    `shortcuts` the input of each upper layer is added to its output. `seed` fixes the start.
    Raises ValueError for an attention that it does not know.
    """

    def __init__(
        self,
        source_words: int,
        target_words: int,
        size: int = 32,
        *,
        attention: str | None = None,
        layers: int = 1,
        shortcuts: bool = False,
        nets: int = 1,
        seed: int = 0,
    ) -> None:
        super().__init__()
        draw = torch.Generator().manual_seed(seed)
        self.nets, self.size, self.shortcuts = nets, size, shortcuts
        self.source = Table(nets, source_words, size, draw)
        self.target = Table(nets, target_words, size, draw)
        self.encoder = nn.ModuleList(GRU(nets, size, size, draw) for _ in range(layers))
        self.decoder = nn.ModuleList(GRU(nets, size, size, draw) for _ in range(layers))
        self.attention = Attention(nets, size, attention, draw) if attention else None
        self.combine = Linear(nets, 2 * size, size, draw) if attention else None
        self.out = Linear(nets, size, target_words, draw)

    def encode(self, source: Tokens) -> Encoded:
        alive, x, last = source != PAD, self.source(source), []
        start = x.new_zeros(*source.shape[:2], self.size)
        for k, layer in enumerate(self.encoder):
            out, h = layer(x, start, alive)
            x = out + x if k and self.shortcuts else out
            last.append(h)
        return Encoded(x, alive, last)

    def decode(
        self, tokens: Tokens, code: Encoded, states: list[State]
    ) -> tuple[Float[Tensor, "nets batch length words"], list[State], Tensor | None]:
        """(logits, states, attention weights) for input tokens that are known."""
        x, new, weights = self.target(tokens), [], None
        for k, (layer, h) in enumerate(zip(self.decoder, states, strict=True)):
            out, h = layer(x, h)
            x = out + x if k and self.shortcuts else out
            new.append(h)
        if self.attention is not None and self.combine is not None:
            context, weights = self.attention(x, code.states, code.alive)
            x = torch.tanh(self.combine(torch.cat([context, x], dim=-1)))
        return self.out(x), new, weights

    def forward(
        self, source: Tokens, target_in: Tokens
    ) -> Float[Tensor, "nets batch length words"]:
        """Teacher forcing: the decoder reads the right words, whatever it would have said."""
        code = self.encode(source)
        return self.decode(target_in, code, code.last)[0]

    def roll(
        self,
        source: Tokens,
        target_in: Tokens,
        own: float,
        draw: torch.Generator,
    ) -> Float[Tensor, "nets batch length words"]:
        """Scheduled sampling: each input is, with probability `own`, the decoder's own last word.

        own = 0 is teacher forcing, own = 1 free running (Bengio and others 2015).
        """
        code = self.encode(source)
        states, word, out = code.last, target_in[:, :, :1], []
        for t in range(target_in.shape[2]):
            logits, states, _ = self.decode(word, code, states)
            out.append(logits)
            if t + 1 < target_in.shape[2]:
                coin = torch.rand(target_in.shape[:2], generator=draw) < own
                word = torch.where(
                    coin[:, :, None], logits.argmax(dim=-1), target_in[:, :, t + 1 : t + 2]
                )
        return torch.cat(out, dim=2)

    @torch.no_grad()
    def translate(
        self, source: Tokens, longest: int
    ) -> tuple[Tokens, Float[Tensor, "nets batch longest source"] | None]:
        """Free running, greedily: (words, attention weights), `longest` steps."""
        code = self.encode(source)
        word = torch.full((*source.shape[:2], 1), SOS, dtype=torch.long)
        states, words, maps = code.last, [], []
        for _ in range(longest):
            logits, states, weights = self.decode(word, code, states)
            word = logits.argmax(dim=-1)
            words.append(word)
            maps.append(weights)
        return (
            torch.cat(words, dim=2),
            torch.cat(maps, dim=2) if maps[0] is not None else None,  # type: ignore[arg-type]
        )

    def log_probabilities(
        self, source: Sequence[int], net: int = 0
    ) -> Callable[[tuple[int, ...]], Float[np.ndarray, " words"]]:
        """For beam search: a function prefix -> log-probabilities of the next word, for one source.

        The prefix begins with <SOS>. <PAD> and <SOS> can not be written.
        """
        with torch.no_grad():
            code = self.encode(torch.tensor(source).expand(self.nets, 1, len(source)))

        @torch.no_grad()
        def next_word(prefix: tuple[int, ...]) -> Float[np.ndarray, " words"]:
            read = torch.tensor(prefix).expand(self.nets, 1, len(prefix))
            logits = self.decode(read, code, code.last)[0][net, 0, -1].double()
            logits[[PAD, SOS]] = -torch.inf
            return logits.log_softmax(dim=0).numpy()

        return next_word


def masked_loss(
    logits: Float[Tensor, "nets batch length words"], target_out: Tokens
) -> Float[Tensor, ""]:
    """Cross-entropy per real word (padding does not count), summed over the nets."""
    losses = nn.functional.cross_entropy(
        logits.flatten(0, 2), target_out.flatten(), ignore_index=PAD, reduction="none"
    ).view(target_out.shape)
    real = (target_out != PAD).sum(dim=(1, 2))
    return (losses.sum(dim=(1, 2)) / real).sum()


# --- a task, its training and its scores ----------------------------------------------------------


@dataclass(frozen=True)
class Task:
    """Pairs as integers, split anew for each net: source and target (examples, nets, length)."""

    source: Vocabulary
    target: Vocabulary
    train: tuple[Tensor, Tensor]
    test: tuple[Tensor, Tensor]
    train_pairs: tuple[Pairs, ...]
    test_pairs: tuple[Pairs, ...]


def task(pairs: Pairs, train: int, test: int, nets: int = 1, seed: int = 0) -> Task:
    """Split the pairs for every net into `train` and `test`, and turn words into padded numbers.

    The targets end in <EOS>; `teacher` puts <SOS> in front. With `test` 0 the training pairs are
    tested. Raises ValueError for too few pairs.
    """
    if train + test > len(pairs):
        raise ValueError(f"{train} + {test} pairs asked for, there are {len(pairs)}")
    if not train:
        raise ValueError("no pairs to train on")
    words = Vocabulary(pairs.sources), Vocabulary(pairs.targets)
    widths = max(map(len, pairs.sources)) + 1, max(map(len, pairs.targets)) + 1
    parts: list[list[Pairs]] = [[], []]
    for net in range(nets):
        order = np.random.default_rng([seed, net]).permutation(len(pairs))
        parts[0].append(pairs.take(order[:train]))
        parts[1].append(pairs.take(order[train : train + test] if test else order[:train]))

    def integers(splits: list[Pairs]) -> tuple[Tensor, Tensor]:
        batches = [prepare(p.sources, p.targets, *words) for p in splits]
        sides = ([b.source for b in batches], [b.target_out for b in batches])
        source, target = (
            torch.tensor(np.stack([padded(rows.tolist(), width) for rows in side], axis=1))
            for side, width in zip(sides, widths, strict=True)
        )
        return source, target

    return Task(*words, integers(parts[0]), integers(parts[1]), tuple(parts[0]), tuple(parts[1]))


def tensors(pairs: Pairs, work: Task) -> tuple[Tensor, Tensor]:
    """Other pairs as the integers of a task, the same for each of its nets."""
    batch = prepare(pairs.sources, pairs.targets, work.source, work.target)
    nets = work.train[0].shape[1]
    source, target = (
        torch.tensor(rows)[:, None].expand(-1, nets, -1)
        for rows in (batch.source, batch.target_out)
    )
    return source, target


def pairs_of(texts: Sequence[tuple[str, str]], name: str = "talk") -> Pairs:
    """Pairs of sentences as pairs of words."""
    questions = tuple(tuple(question.split()) for question, _ in texts)
    return Pairs(name, questions, tuple(tuple(answer.split()) for _, answer in texts), "Sentences.")


def shifted(target_out: Tokens) -> Tokens:
    """What the decoder reads: <SOS>, then the target without its last place."""
    start = torch.full_like(target_out[..., :1], SOS)
    return torch.cat([start, target_out[..., :-1]], dim=-1)


def teacher(model: Seq2Seq) -> Callable[[tuple[Tensor, Tensor]], Tensor]:
    """The step that `fit` calls: loss of a batch (batch, nets, length) under teacher forcing."""

    def step(batch: tuple[Tensor, Tensor]) -> Tensor:
        source, target = (part.transpose(0, 1) for part in batch)
        return masked_loss(model(source, shifted(target)), target)

    return step


def sampler(
    model: Seq2Seq, own: Callable[[int], float], seed: int = 0
) -> Callable[[tuple[Tensor, Tensor]], Tensor]:
    """As `teacher`, but with scheduled sampling: `own(update)` is the share of own words."""
    draw, updates = torch.Generator().manual_seed(seed), 0

    def step(batch: tuple[Tensor, Tensor]) -> Tensor:
        nonlocal updates
        source, target = (part.transpose(0, 1) for part in batch)
        logits = model.roll(source, shifted(target), own(updates), draw)
        updates += 1
        return masked_loss(logits, target)

    return step


@torch.no_grad()
def scores(model: Seq2Seq, data: tuple[Tensor, Tensor]) -> dict[str, Float[np.ndarray, " nets"]]:
    """Shares per net: `exact` sequences and right `tokens` free running, `forced` with a teacher.

    Places behind the end of the target do not count.
    """
    source, target = (part.transpose(0, 1) for part in data)
    real = target != PAD
    said, _ = model.translate(source, target.shape[2])
    forced = model(source, shifted(target)).argmax(dim=-1)
    count = real.sum(dim=(1, 2))
    return {
        "exact": ((said == target) | ~real).all(dim=2).double().mean(dim=1).numpy(),
        "tokens": (((said == target) & real).sum(dim=(1, 2)) / count).double().numpy(),
        "forced": (((forced == target) & real).sum(dim=(1, 2)) / count).double().numpy(),
    }


def alignment(
    model: Seq2Seq, words: tuple[Vocabulary, Vocabulary], source: Sequence[str], net: int = 0,
    longest: int = 24,
) -> tuple[list[str], list[str], Float[np.ndarray, "target source"]]:  # fmt: skip
    """(source tokens, written tokens, attention weights) of one translation, <EOS> included.

    Raises: ValueError for a model without attention.
    """
    if model.attention is None:
        raise ValueError("this model has no attention, so it has no alignment to show")
    read = torch.tensor([*words[0].encode(source), EOS]).expand(model.nets, 1, len(source) + 1)
    said, maps = model.translate(read, longest)
    row = said[net, 0].tolist()
    stop = row.index(EOS) + 1 if EOS in row else len(row)
    assert maps is not None
    return (
        [*source, "<EOS>"],
        [words[1].words[k] for k in row[:stop]],
        maps[net, 0, :stop].double().numpy(),
    )


# --- the simple rival: a dictionary learnt by counting --------------------------------------------


def word_dictionary(pairs: Pairs, rounds: int = 8) -> dict[str, str]:
    """IBM model 1 (Brown and others 1993): for every source word its likeliest translation.

    Expectation: each target word shares itself among the source words (and an empty one) by the
    present probabilities. Maximisation: count the shares. A source word whose occurrences are
    better explained by the empty word (weight 0.1) translates to "".
    """
    source, target = Vocabulary(pairs.sources), Vocabulary(pairs.targets)
    t = np.full((len(source), len(target)), 1.0)
    coded = [(source.encode(s), target.encode(w)) for s, w in zip(
        pairs.sources, pairs.targets, strict=True)]  # fmt: skip
    for _ in range(rounds):
        counts = np.zeros_like(t)
        for s, w in coded:
            block = t[np.ix_([PAD, *s], w)] * np.array([0.1, *[1.0] * len(s)])[:, None]
            np.add.at(counts, np.ix_([PAD, *s], w), block / block.sum(axis=0))
        t = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-12)
    often = np.bincount([k for s, _ in coded for k in s], minlength=len(source))
    mass = counts.sum(axis=1) / np.maximum(often, 1)
    return {
        word: target.words[int(t[k].argmax())] if mass[k] > 0.5 else ""
        for k, word in enumerate(source.words)
        if often[k]
    }


def word_for_word(dictionary: dict[str, str], source: Sequence[str]) -> tuple[str, ...]:
    """Translate each word alone, in the order of the source; unknown words are left out."""
    return tuple(word for s in source if (word := dictionary.get(s, "")))


# --- retrieval ------------------------------------------------------------------------------------


def retrieve(question: str, questions: Sequence[str], k: int = 3) -> list[tuple[int, float]]:
    """The k nearest questions by the cosine of TF-IDF vectors: (index, cosine), best first.

    idf = ln(N / n): a word in every question weighs nothing. Words that no question has are
    ignored; a question without a known word has cosine 0 with all. Lecture 001, topic 53.
    """
    documents = [text.lower().split() for text in questions]
    vocabulary = sorted({word for document in documents for word in document})
    seen = np.array([sum(word in document for document in documents) for word in vocabulary])
    idf = np.log(len(documents) / seen)

    def vector(words: list[str]) -> Float[np.ndarray, " words"]:
        return np.array([words.count(word) for word in vocabulary]) * idf

    asked = vector(question.lower().split())
    cosines = [cosine(asked, vector(document)) for document in documents]
    order = np.argsort(-np.array(cosines), kind="stable")[:k]
    return [(int(i), cosines[i]) for i in order]


def cosine(a: Float[np.ndarray, " n"], b: Float[np.ndarray, " n"]) -> float:
    """a . b / (|a| |b|), and 0 where one of them is the zero vector."""
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / norm if norm > 0 else 0.0


def turns(dialogue: Sequence[tuple[str, str]], context: int = 0) -> list[tuple[str, str]]:
    """Training pairs from a dialogue of (question, answer): single-turn with `context` 0.

    With context k the last k exchanges stand before the question, as in
    ([q(i-2); a(i-2); q(i-1); a(i-1); q(i)], a(i)). Lecture 001, topic 53.
    """
    pairs = []
    for i, (question, answer) in enumerate(dialogue):
        before = [text for turn in dialogue[max(0, i - context) : i] for text in turn]
        pairs.append(("; ".join([*before, question]), answer))
    return pairs


__all__ = [
    "Attention", "Encoded", "GRU", "Linear", "Seq2Seq", "Table", "Task", "additive_scores",
    "alignment", "attend", "cosine", "dot_scores", "hierarchical", "masked_loss",
    "multiplicative_scores", "pairs_of", "retrieve", "sampler", "scores", "shifted",
    "squeeze_and_excite", "task", "teacher", "tensors", "turns", "word_dictionary",
    "word_for_word",
]  # fmt: skip
