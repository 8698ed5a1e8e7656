"""A small GPT: a decoder-only transformer over tokens, its key-value cache, a look inside.

The architecture is GPT-2's (Radford et al. 2019): learned places, layer normalisation before each
sublayer, GELU, one more normalisation at the end. One thing differs: GPT-2 uses the embedding a
second time as output weights; ours has its own, which learn much faster in a few hundred updates.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_lib.models.attention import attention

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int


@dataclass
class Cache:
    """What each layer has computed for the tokens so far: their keys and values."""

    keys: list[Tensor] = field(default_factory=list)
    values: list[Tensor] = field(default_factory=list)

    def __len__(self) -> int:
        """How many tokens it knows."""
        return self.keys[0].shape[-2] if self.keys else 0

    def extended(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Put the new tokens' keys and values behind those of the layer, and return all."""
        if layer == len(self.keys):
            self.keys.append(keys)
            self.values.append(values)
        else:
            self.keys[layer] = torch.cat([self.keys[layer], keys], dim=-2)
            self.values[layer] = torch.cat([self.values[layer], values], dim=-2)
        return self.keys[layer], self.values[layer]


class CausalSelfAttention(nn.Module):
    """Several heads of attention in which no token sees a later one; `.weights`: last call."""

    def __init__(self, model: int, heads: int) -> None:
        super().__init__()
        if model % heads:
            raise ValueError(f"model = {model} must be a multiple of heads = {heads}")
        self.heads = heads
        self.project = nn.Linear(model, 3 * model)  # queries, keys and values side by side
        self.outputs = nn.Linear(model, model)
        self.weights: Tensor | None = None

    def forward(
        self,
        x: Float[Tensor, "batch tokens model"],
        cache: Cache | None = None,
        layer: int = 0,
        padding: Bool[Tensor, "batch all_tokens"] | None = None,
    ) -> Float[Tensor, "batch tokens model"]:
        batch, tokens, model = x.shape
        split = self.project(x).view(batch, tokens, 3, self.heads, model // self.heads)
        queries, keys, values = split.permute(2, 0, 3, 1, 4)  # each: batch, heads, tokens, size
        if cache is not None:
            keys, values = cache.extended(layer, keys, values)
        seen = keys.shape[-2] - tokens  # tokens from the cache come before all new ones
        mask = torch.ones(tokens, seen + tokens, dtype=torch.bool, device=x.device).tril(seen)
        if padding is not None:  # a padded place is no key; it may look at itself, lest 0 / 0
            itself = torch.eye(tokens, seen + tokens, dtype=torch.bool, device=x.device)
            mask = mask & ~padding[:, None, None, :] | itself.roll(seen, dims=1)
        mixed, self.weights = attention(queries, keys, values, mask)
        return self.outputs(mixed.transpose(1, 2).reshape(batch, tokens, model))


class Block(nn.Module):
    """Two additions to the residual stream: attention mixes the tokens, the MLP works on each."""

    def __init__(self, model: int, heads: int, mlp: bool = True) -> None:
        super().__init__()
        self.norm_1 = nn.LayerNorm(model)
        self.attention = CausalSelfAttention(model, heads)
        self.norm_2 = nn.LayerNorm(model) if mlp else None
        self.mlp = (
            nn.Sequential(nn.Linear(model, 4 * model), nn.GELU(), nn.Linear(4 * model, model))
            if mlp
            else None
        )

    def forward(
        self,
        x: Float[Tensor, "batch tokens model"],
        cache: Cache | None = None,
        layer: int = 0,
        padding: Bool[Tensor, "batch all_tokens"] | None = None,
    ) -> Float[Tensor, "batch tokens model"]:
        x = x + self.attention(self.norm_1(x), cache, layer, padding)
        if self.mlp is None or self.norm_2 is None:
            return x
        return x + self.mlp(self.norm_2(x))


class GPT(nn.Module):
    """Logits of the next token at every place; place t sees the tokens up to t and no further.

    `mlp=False` leaves attention alone in each block, which is enough to copy.
    Raises ValueError for more tokens than the context holds.
    """

    def __init__(
        self,
        vocabulary: int,
        context: int,
        model: int = 64,
        heads: int = 4,
        layers: int = 2,
        generator: torch.Generator | None = None,
        mlp: bool = True,
    ) -> None:
        super().__init__()
        self.context = context
        self.tokens = nn.Embedding(vocabulary, model)
        self.places = nn.Embedding(context, model)
        self.blocks = nn.ModuleList(Block(model, heads, mlp) for _ in range(layers))
        self.norm = nn.LayerNorm(model)
        self.unembedding = nn.Linear(model, vocabulary, bias=False)
        self._begin(generator)

    def _begin(self, generator: torch.Generator | None) -> None:
        """Embeddings of size 1; maps that keep the size; what is added to the stream, smaller."""
        for name, weights in self.named_parameters():
            if weights.dim() < 2:  # biases begin at 0, normalisations as torch makes them
                if "norm" not in name:
                    nn.init.zeros_(weights)
                continue
            spread = {"tokens.weight": 1.0, "places.weight": 0.1, "unembedding.weight": 0.0}.get(
                name, 1 / math.sqrt(weights.shape[1])
            )
            if name.endswith(("attention.outputs.weight", "mlp.2.weight")):
                spread /= math.sqrt(2 * len(self.blocks))
            nn.init.normal_(weights, std=spread, generator=generator)

    def streams(
        self,
        ids: Int[Tensor, "batch tokens"],
        cache: Cache | None = None,
        padding: Bool[Tensor, "batch all_tokens"] | None = None,
    ) -> list[Float[Tensor, "batch tokens model"]]:
        """The residual stream after the embedding and after each block."""
        start, tokens = len(cache) if cache is not None else 0, ids.shape[-1]
        if start + tokens > self.context:
            raise ValueError(
                f"{start + tokens} tokens, but the context holds {self.context}; crop the text"
            )
        places = torch.arange(start, start + tokens, device=ids.device)
        if padding is not None:  # a text that begins later has its first token at place 0
            late = padding.sum(dim=1, keepdim=True)
            places = (places - late).clamp(min=0)
        found = [self.tokens(ids) + self.places(places)]
        for layer, block in enumerate(self.blocks):
            found.append(block(found[-1], cache, layer, padding))
        return found

    def read(self, stream: Float[Tensor, "... model"]) -> Float[Tensor, "... vocabulary"]:
        """The logits that a place of the residual stream stands for (on inner layers: the lens)."""
        return self.unembedding(self.norm(stream))

    def forward(
        self,
        ids: Int[Tensor, "batch tokens"],
        cache: Cache | None = None,
        padding: Bool[Tensor, "batch all_tokens"] | None = None,
    ) -> Float[Tensor, "batch tokens vocabulary"]:
        return self.read(self.streams(ids, cache, padding)[-1])

    def attention_maps(
        self, ids: Int[Tensor, "batch tokens"]
    ) -> Float[Tensor, "layers batch heads tokens tokens"]:
        """The attention weights of every layer and head."""
        with torch.no_grad():
            self(ids)
        layers = [block for block in self.blocks if isinstance(block, Block)]
        weights = [block.attention.weights for block in layers]
        return torch.stack([found for found in weights if found is not None])


def next_token_loss(
    logits: Float[Tensor, "batch tokens vocabulary"], targets: Int[Tensor, "batch tokens"]
) -> Float[Tensor, ""]:
    """The mean cross-entropy in nats; targets of -100 (prompts, padding) do not count."""
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def windows(
    ids: Sequence[int], length: int, stride: int | None = None
) -> tuple[Int[Tensor, "windows length"], Int[Tensor, "windows length"]]:
    """Cut a text into inputs and targets: the targets are the inputs, one token later.

    Raises ValueError for a text that is not longer than a window.
    """
    if len(ids) <= length:
        raise ValueError(f"a text of {len(ids)} tokens has no window of {length} and a next token")
    numbers = torch.as_tensor(ids)
    cut = numbers.unfold(0, length + 1, stride or length)
    return cut[:, :-1].contiguous(), cut[:, 1:].contiguous()


def log_probabilities(
    net: GPT, inputs: Int[Tensor, "batch tokens"], targets: Int[Tensor, "batch tokens"]
) -> Float[Tensor, "batch tokens"]:
    """The log-probability (nats) of every target, given the inputs up to its place."""
    with torch.no_grad():
        logs = F.log_softmax(net(inputs), dim=-1)
    return logs.gather(-1, targets[..., None])[..., 0]


class Reader:
    """A GPT as a function from the tokens so far to the next token's logits, with a cache.

    It only computes what is new: `passes` counts the tokens that went through the net. Where a text
    outgrows the context, its older half is dropped and the rest is read again. `cached=False` reads
    everything again for every token.
    """

    def __init__(self, net: GPT, cached: bool = True) -> None:
        self.net = net.eval()
        self.cached = cached
        self.passes = 0
        self._read: list[int] = []
        self._cache = Cache()
        self._logits: np.ndarray | None = None

    def __call__(self, tokens: Sequence[int]) -> Float[np.ndarray, " vocabulary"]:
        tokens = list(tokens)
        if not tokens:
            raise ValueError("a GPT needs at least one token to begin with")
        if len(tokens) > self.net.context:  # always the same cut for the same text
            half = max(1, self.net.context // 2)
            tokens = tokens[(len(tokens) - self.net.context + half - 1) // half * half :]
        known = len(self._read)
        if not self.cached or tokens[:known] != self._read or known > len(tokens):
            known, self._cache = 0, Cache()
        if known < len(tokens):
            self.passes += len(tokens) - known
            with torch.no_grad():
                ids = torch.tensor([tokens[known:]], device=self.net.tokens.weight.device)
                logits = self.net(ids, self._cache if self.cached else None)[0, -1]
            self._logits = logits.double().cpu().numpy()
            self._read = tokens
        assert self._logits is not None
        return self._logits


def count_parameters(vocabulary: int, context: int, model: int, layers: int) -> int:
    """The weights of a `GPT`, by formula: embedding and output, places, 12 d^2 + 13 d a block."""
    return (2 * vocabulary + context) * model + layers * (12 * model**2 + 13 * model) + 2 * model


def multiplications(tokens: int, model: int, layers: int, seen: int = 0) -> int:
    """Multiplications of a pass over new tokens after `seen` cached ones, without the output layer.

    Per token 12 d^2 in the linear maps of a block, and 2 d for each token that it looks at.
    """
    looked_at = sum(seen + t + 1 for t in range(tokens))
    return layers * (12 * tokens * model**2 + 2 * model * looked_at)


# --- the circuit behind copying in context --------------------------------------------------------


@dataclass(frozen=True)
class Induction:
    """What the two heads of a hand-made induction circuit see, and what it predicts."""

    previous: Float[np.ndarray, "tokens tokens"]  # layer 1: everybody looks one place back
    match: Float[np.ndarray, "tokens tokens"]  # layer 2: to where my own token was the one before
    prediction: Float[np.ndarray, "tokens vocabulary"]


def induction(
    ids: Int[np.ndarray, " tokens"], vocabulary: int, sharpness: float = 20.0
) -> Induction:
    """Two attention layers without training: find the last time, and repeat what came next.

    The stream has three slots: the token, its place, and (written by head 1) the token before.
    Elhage et al. 2021; Olsson et al. 2022.
    """
    token = torch.eye(vocabulary, dtype=torch.float64)[torch.as_tensor(ids)]
    place = torch.eye(len(token), dtype=torch.float64)
    allowed = torch.ones(len(token), len(token), dtype=torch.bool).tril()
    gain = sharpness * math.sqrt(len(token))  # attention divides by the root of the size
    back = torch.roll(place, -1, dims=1)  # the query of place t is the key of place t - 1
    back[0] = 0
    before, first = attention(gain * back, place, token, allowed)
    before = torch.cat([torch.zeros_like(before[:1]), before[1:]])  # none before the first
    gain = sharpness * math.sqrt(vocabulary)
    copied, second = attention(gain * token, before, token, allowed)
    return Induction(first.numpy(), second.numpy(), copied.numpy())


def repeated_sequences(
    count: int, length: int, vocabulary: int, generator: torch.Generator
) -> Int[Tensor, "count length"]:
    """Random sequences that repeat themselves from a random place on: only copying wins."""
    found = torch.randint(vocabulary, (count, length), generator=generator)
    period = torch.randint(length // 4, length // 2 + 1, (count,), generator=generator)
    source = torch.arange(length)[None] % period[:, None]
    return found.gather(1, source)


__all__ = [
    "GPT", "Block", "Cache", "CausalSelfAttention", "Induction", "Reader", "count_parameters",
    "induction", "log_probabilities", "multiplications", "next_token_loss", "repeated_sequences",
    "windows",
]  # fmt: skip
