"""Attention: a look-up in which every key answers a little.

Lectures 000C, topics 35, 36 and 38; 001, topics 55 and 56; 003, topics 58 and 59; 004, topics 46
and 49; Vaswani and others 2017, "Attention is all you need". Rows are tokens; a mask is True where
a query may look.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from course_lib.models import losses

Matrix = Float[np.ndarray, "rows columns"]

# --- the operation --------------------------------------------------------------------------------


def attention(
    queries: Float[Tensor, "*batch queries d_k"],
    keys: Float[Tensor, "*batch keys d_k"],
    values: Float[Tensor, "*batch keys d_v"],
    mask: Bool[Tensor, "*#batch queries keys"] | None = None,
    scaled: bool = True,
) -> tuple[Float[Tensor, "*batch queries d_v"], Float[Tensor, "*batch queries keys"]]:
    """softmax(Q K^T / sqrt(d_k)) V, and the weights themselves, which sum to 1 for each query.

    A query that may look nowhere gets NaN, as in torch. Raises ValueError if queries and keys
    differ in width, or keys and values in number.
    """
    if queries.shape[-1] != keys.shape[-1]:
        raise ValueError(
            f"a query has {queries.shape[-1]} numbers, a key {keys.shape[-1]}: both need d_k"
        )
    if keys.shape[-2] != values.shape[-2]:
        raise ValueError(f"{keys.shape[-2]} keys for {values.shape[-2]} values: one each is needed")
    scores = queries @ keys.transpose(-2, -1)
    if scaled:
        scores = scores / math.sqrt(queries.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = torch.softmax(scores, dim=-1)
    return weights @ values, weights


def causal_mask(tokens: int) -> Bool[Tensor, "tokens tokens"]:
    """True on and below the diagonal: a token looks at itself and at what came before."""
    return torch.ones(tokens, tokens, dtype=torch.bool).tril()


def padding_mask(lengths: Int[Tensor, " batch"], tokens: int) -> Bool[Tensor, "batch 1 tokens"]:
    """True for the keys that are words; what lies beyond a sentence's length is padding."""
    return (torch.arange(tokens, device=lengths.device) < lengths[:, None])[:, None, :]


class MultiHeadAttention(nn.Module):
    """Several attentions side by side, each in `model / heads` dimensions, mixed by W^O.

    `queries` (batch, queries, model) ask `keys` (batch, keys, model), which default to the queries
    (self-attention); `values` default to the keys. `mask` is (queries, keys) or
    (batch, queries, keys). `rotate`, if given, turns queries and keys of all heads by their places
    (rotary positions). `weights` holds (batch, heads, queries, keys) of the last call.
    """

    def __init__(
        self,
        model: int,
        heads: int,
        bias: bool = True,
        rotate: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        super().__init__()
        if model % heads:
            raise ValueError(f"{heads} heads do not divide a model of width {model} evenly")
        self.heads, self.rotate = heads, rotate
        self.W_q = nn.Linear(model, model, bias=bias)
        self.W_k = nn.Linear(model, model, bias=bias)
        self.W_v = nn.Linear(model, model, bias=bias)
        self.W_o = nn.Linear(model, model, bias=bias)
        self.weights: Tensor | None = None

    def split(self, x: Float[Tensor, "batch n model"]) -> Float[Tensor, "batch heads n d"]:
        """Deal the columns out: the first d to head 1, the next d to head 2."""
        return x.unflatten(-1, (self.heads, -1)).transpose(-3, -2)

    def merge(self, x: Float[Tensor, "batch heads n d"]) -> Float[Tensor, "batch n model"]:
        """Put the heads' outputs side by side again."""
        return x.transpose(-3, -2).flatten(-2)

    def forward(
        self,
        queries: Float[Tensor, "batch queries model"],
        keys: Float[Tensor, "batch keys model"] | None = None,
        values: Float[Tensor, "batch keys model"] | None = None,
        mask: Bool[Tensor, "*batch queries keys"] | None = None,
    ) -> Float[Tensor, "batch queries model"]:
        keys = queries if keys is None else keys
        values = keys if values is None else values
        Q, K, V = (
            self.split(self.W_q(queries)),
            self.split(self.W_k(keys)),
            self.split(self.W_v(values)),
        )
        if self.rotate is not None:
            Q, K = self.rotate(Q), self.rotate(K)
        if mask is not None and mask.ndim == 3:
            mask = mask[:, None]  # the same for every head
        heads, weights = attention(Q, K, V, mask)
        self.weights = weights.detach()
        return self.W_o(self.merge(heads))

    def copy_from(self, theirs: nn.MultiheadAttention) -> MultiHeadAttention:
        """Take over the weights of torch's module (same width, same heads, batch_first or not)."""
        with torch.no_grad():
            inputs = (self.W_q, self.W_k, self.W_v)
            for mine, weight in zip(inputs, theirs.in_proj_weight.chunk(3), strict=True):
                mine.weight.copy_(weight)
            self.W_o.weight.copy_(theirs.out_proj.weight)
            if theirs.in_proj_bias is not None and self.W_q.bias is not None:
                for mine, bias in zip(inputs, theirs.in_proj_bias.chunk(3), strict=True):
                    mine.bias.copy_(bias)
                self.W_o.bias.copy_(theirs.out_proj.bias)
        return self


# --- a short sentence, for hand and eye -----------------------------------------------------------

WORDS = ("dogs", "chase", "cats")
FEATURES = ("noun", "verb", "barks", "purrs")
SENTENCE = np.array([[1, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 1]])  # one row per word
W_Q = np.array([[1, 0], [0, 1], [0, 0], [0, 1]])
W_K = np.array([[1, 0], [0, 1], [0, 1], [0, 0]])
W_V = np.array([[1, 0], [0, 1], [0, 0], [1, 2]])


@dataclass(frozen=True)
class Attending:
    """One matrix of self-attention as it comes into being.

    `stage` names it (X, Q, K, V, S, scaled, masked, A, Z), `matrix` holds it, `row` is the row
    that was computed last (None: the whole matrix at once), `line` writes its calculation out, and
    `known` holds all matrices so far.
    """

    stage: str
    matrix: np.ndarray
    row: int | None
    line: str
    known: dict[str, np.ndarray]


def attend(
    X: Matrix,
    W_q: Matrix,
    W_k: Matrix,
    W_v: Matrix,
    *,
    causal: bool = False,
    scaled: bool = True,
    words: Sequence[str] = (),
) -> Iterator[Attending]:
    """Self-attention matrix by matrix, the scores, weights and outputs row by row, as on paper."""
    names = list(words) or [f"token {n + 1}" for n in range(len(X))]
    known: dict[str, np.ndarray] = {"X": np.asarray(X, float)}

    def state(stage: str, matrix: np.ndarray, row: int | None, line: str) -> Attending:
        known[stage] = matrix
        return Attending(stage, matrix.copy(), row, line, {k: v.copy() for k, v in known.items()})

    yield state("X", known["X"], None, "one row of features for each word")
    for stage, W, role in (
        ("Q", W_q, "what each word asks for"),
        ("K", W_k, "what each word can be found by"),
        ("V", W_v, "what each word hands over"),
    ):
        yield state(stage, known["X"] @ W, None, f"{stage} = X W_{stage.lower()}: {role}")
    Q, K, V = known["Q"], known["K"], known["V"]
    d_k, n = Q.shape[1], len(X)
    scores = np.full((n, n), np.nan)
    for i in range(n):
        scores[i] = Q[i] @ K.T
        products = ", ".join(f"q·k({names[j]}) = {scores[i, j]:g}" for j in range(n))
        yield state("S", scores, i, f"{names[i]} asks everyone: {products}")
    if scaled:
        scores = scores / math.sqrt(d_k)
        yield state("scaled", scores, None, f"divide by the root of d_k = {d_k}")
    if causal:
        scores = np.where(np.tri(n, dtype=bool), scores, -np.inf)
        yield state("masked", scores, None, "no word may look at a later one: minus infinity")
    weights = np.full((n, n), np.nan)
    for i in range(n):
        weights[i] = losses.softmax(scores[i])
        powers = " + ".join(f"{math.exp(s):.3f}" for s in scores[i])
        yield state("A", weights, i, f"{names[i]}: exponentials divided by their sum {powers}")
    outputs = np.full((n, V.shape[1]), np.nan)
    for i in range(n):
        outputs[i] = weights[i] @ V
        mixture = " + ".join(f"{weights[i, j]:.3f} v({names[j]})" for j in range(n))
        yield state("Z", outputs, i, f"{names[i]} takes {mixture}")


def attend_by_loops(
    Q: Matrix, K: Matrix, V: Matrix
) -> tuple[Float[np.ndarray, "queries d_v"], Float[np.ndarray, "queries keys"]]:
    """Scaled dot-product attention with every index written out: slow, and easy to believe."""
    d_k, d_v = len(Q[0]), len(V[0])
    outputs, all_weights = np.zeros((len(Q), d_v)), np.zeros((len(Q), len(K)))
    for i in range(len(Q)):
        powers = []
        for j in range(len(K)):
            score = sum(Q[i][c] * K[j][c] for c in range(d_k))
            powers.append(math.exp(score / math.sqrt(d_k)))
        for j in range(len(K)):
            all_weights[i, j] = powers[j] / sum(powers)
            for c in range(d_v):
                outputs[i, c] += all_weights[i, j] * V[j][c]
    return outputs, all_weights
