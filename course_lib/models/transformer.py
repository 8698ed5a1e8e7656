"""The transformer: positions, blocks, encoder, decoder, and both together.

Lectures 000C, topics 34, 37 and 38; 001, topics 54 and 56; 003, topic 59; 004, topics 46 to 50;
Vaswani and others 2017; pre-norm: Xiong and others 2020; rotary positions: Su and others 2021.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from course_lib.models.attention import MultiHeadAttention, causal_mask

NORMS = ("pre", "post")
POSITIONS = ("none", "sinusoidal", "learned", "rotary")

# --- positions ------------------------------------------------------------------------------------


def frequencies(model: int, base: float = 10_000.0) -> Float[Tensor, " half"]:
    """One angular frequency for each pair of columns: base^(-2i / model) for i = 0, 1, ..."""
    if model % 2:
        raise ValueError(f"sines and cosines come in pairs, a width of {model} is odd")
    return base ** (-torch.arange(0, model, 2, dtype=torch.float64) / model)


def sinusoidal(
    tokens: int, model: int, base: float = 10_000.0, first: int = 0
) -> Float[Tensor, "tokens model"]:
    """A row (sin w1 n, cos w1 n, sin w2 n, ...) for each place n = first, first + 1, ..."""
    places = torch.arange(first, first + tokens, dtype=torch.float64)
    angle = places[:, None] * frequencies(model, base)
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(-2)


def shift_matrix(offset: int, model: int, base: float = 10_000.0) -> Float[Tensor, "model model"]:
    """The M with r(n + offset) = M r(n) for every n: a rotation in each pair of columns."""
    angle = offset * frequencies(model, base)
    blocks = [
        torch.tensor([[c, s], [-s, c]]) for s, c in zip(angle.sin(), angle.cos(), strict=True)
    ]
    return torch.block_diag(*blocks)


def rotary(
    x: Float[Tensor, "*batch tokens d"], base: float = 10_000.0, first: int = 0
) -> Float[Tensor, "*batch tokens d"]:
    """Turn each pair of columns of token n by n times its frequency.

    The product of a turned query and a turned key depends on their distance only.
    """
    places = torch.arange(first, first + x.shape[-2], dtype=torch.float64, device=x.device)
    angle = places[:, None] * frequencies(x.shape[-1], base).to(x.device)
    sine, cosine = angle.sin().to(x.dtype), angle.cos().to(x.dtype)
    even, odd = x[..., 0::2], x[..., 1::2]
    turned = (even * cosine - odd * sine, even * sine + odd * cosine)
    return torch.stack(turned, dim=-1).flatten(-2)


class Positions(nn.Module):
    """Adds to each token a vector for its place; "none" and "rotary" add nothing here."""

    def __init__(self, kind: str, model: int, longest: int) -> None:
        super().__init__()
        if kind not in POSITIONS:
            raise ValueError(f"positions are one of {', '.join(POSITIONS)}, not {kind!r}")
        self.kind = kind
        self.table: Any
        if kind == "learned":
            self.table = nn.Parameter(0.3 * torch.randn(longest, model))
        else:
            fixed = sinusoidal(longest, model).float() if kind == "sinusoidal" else None
            self.register_buffer("table", fixed)

    def forward(self, x: Float[Tensor, "*batch tokens model"]) -> Tensor:
        return x if self.table is None else x + self.table[: x.shape[-2]]


# --- blocks ---------------------------------------------------------------------------------------


class FeedForward(nn.Sequential):
    """Two layers with a ReLU between, the same for the token at every place."""

    def __init__(self, model: int, hidden: int) -> None:
        super().__init__(nn.Linear(model, hidden), nn.ReLU(), nn.Linear(hidden, model))


class EncoderBlock(nn.Module):
    """Attention mixes the tokens, a small net works on each; both only add to the stream x."""

    def __init__(
        self,
        model: int,
        heads: int,
        hidden: int,
        norm: str = "pre",
        rotate: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        super().__init__()
        if norm not in NORMS:
            raise ValueError(f"norm is 'pre' or 'post', not {norm!r}")
        self.norm = norm
        self.attention = MultiHeadAttention(model, heads, rotate=rotate)
        self.feed_forward = FeedForward(model, hidden)
        self.norm_1, self.norm_2 = nn.LayerNorm(model), nn.LayerNorm(model)

    def forward(
        self,
        x: Float[Tensor, "batch tokens model"],
        mask: Bool[Tensor, "*batch tokens tokens"] | None = None,
    ) -> Float[Tensor, "batch tokens model"]:
        if self.norm == "pre":
            x = x + self.attention(self.norm_1(x), mask=mask)
            return x + self.feed_forward(self.norm_2(x))
        x = self.norm_1(x + self.attention(x, mask=mask))
        return self.norm_2(x + self.feed_forward(x))

    def copy_from(self, theirs: nn.TransformerEncoderLayer) -> EncoderBlock:
        """Take over the weights of torch's layer."""
        self.attention.copy_from(theirs.self_attn)
        _copy(self.feed_forward, (theirs.linear1, theirs.linear2))
        _copy((self.norm_1, self.norm_2), (theirs.norm1, theirs.norm2))
        return self


class DecoderBlock(nn.Module):
    """Masked self-attention, then a look at the encoder's output (memory), then the small net."""

    def __init__(self, model: int, heads: int, hidden: int, norm: str = "pre") -> None:
        super().__init__()
        if norm not in NORMS:
            raise ValueError(f"norm is 'pre' or 'post', not {norm!r}")
        self.norm = norm
        self.attention = MultiHeadAttention(model, heads)
        self.cross = MultiHeadAttention(model, heads)
        self.feed_forward = FeedForward(model, hidden)
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(model) for _ in range(3))

    def forward(
        self,
        x: Float[Tensor, "batch tokens model"],
        memory: Float[Tensor, "batch source model"],
        mask: Bool[Tensor, "tokens tokens"] | None = None,
    ) -> Float[Tensor, "batch tokens model"]:
        if self.norm == "pre":
            x = x + self.attention(self.norm_1(x), mask=mask)
            x = x + self.cross(self.norm_2(x), memory)
            return x + self.feed_forward(self.norm_3(x))
        x = self.norm_1(x + self.attention(x, mask=mask))
        x = self.norm_2(x + self.cross(x, memory))
        return self.norm_3(x + self.feed_forward(x))

    def copy_from(self, theirs: nn.TransformerDecoderLayer) -> DecoderBlock:
        """Take over the weights of torch's layer."""
        self.attention.copy_from(theirs.self_attn)
        self.cross.copy_from(theirs.multihead_attn)
        _copy(self.feed_forward, (theirs.linear1, theirs.linear2))
        _copy((self.norm_1, self.norm_2, self.norm_3), (theirs.norm1, theirs.norm2, theirs.norm3))
        return self


def _copy(mine: Any, theirs: Sequence[nn.Module]) -> None:
    weighted = [layer for layer in mine if not isinstance(layer, nn.ReLU)]
    for layer, source in zip(weighted, theirs, strict=True):
        layer.load_state_dict(source.state_dict())


def count(module: nn.Module) -> int:
    """The number of trainable parameters."""
    return sum(p.numel() for p in module.parameters())


# --- whole models ---------------------------------------------------------------------------------


class TokenTransformer(nn.Module):
    """Tokens in, logits for every place out: an encoder, or with `causal` a decoder on its own.

    There are as many logits as symbols in the vocabulary, unless `outputs` says otherwise.
    `classes` adds a head that reads the first token only (the class token).
    """

    def __init__(
        self,
        vocabulary: int,
        model: int = 32,
        heads: int = 4,
        hidden: int = 64,
        layers: int = 1,
        longest: int = 64,
        positions: str = "sinusoidal",
        norm: str = "pre",
        causal: bool = False,
        outputs: int | None = None,
        classes: int = 0,
    ) -> None:
        super().__init__()
        rotate = partial(rotary, base=100.0) if positions == "rotary" else None
        self.causal = causal
        self.embed = nn.Embedding(vocabulary, model)
        self.place = Positions(positions, model, longest)
        self.blocks = nn.ModuleList(
            EncoderBlock(model, heads, hidden, norm, rotate) for _ in range(layers)
        )
        self.norm = nn.LayerNorm(model)
        self.unembed = nn.Linear(model, vocabulary if outputs is None else outputs)
        self.classify = nn.Linear(model, classes) if classes else None

    def stream(
        self, tokens: Int[Tensor, "batch tokens"]
    ) -> list[Float[Tensor, "batch tokens model"]]:
        """The residual stream: after the embedding, and after every block."""
        mask = causal_mask(tokens.shape[-1]).to(tokens.device) if self.causal else None
        states = [self.place(self.embed(tokens))]
        for block in self.blocks:
            states.append(block(states[-1], mask))
        return states

    def forward(self, tokens: Int[Tensor, "batch tokens"]) -> Any:
        state = self.norm(self.stream(tokens)[-1])
        logits = self.unembed(state)
        return logits if self.classify is None else (logits, self.classify(state[..., 0, :]))

    def lens(
        self, tokens: Int[Tensor, "batch tokens"]
    ) -> list[Float[Tensor, "batch tokens vocabulary"]]:
        """What the model would answer if it stopped after the embedding, after block 1, ..."""
        return [self.unembed(self.norm(state)) for state in self.stream(tokens)]


class Transformer(nn.Module):
    """Encoder and decoder over one vocabulary, whose last index is the start token."""

    def __init__(
        self,
        symbols: int,
        model: int = 32,
        heads: int = 4,
        hidden: int = 64,
        layers: int = 1,
        longest: int = 16,
        positions: str = "sinusoidal",
        causal: bool = True,
    ) -> None:
        super().__init__()
        self.start, self.causal = symbols, causal
        self.embed = nn.Embedding(symbols + 1, model)
        self.place = Positions(positions, model, longest)
        self.encoder = nn.ModuleList(EncoderBlock(model, heads, hidden) for _ in range(layers))
        self.decoder = nn.ModuleList(DecoderBlock(model, heads, hidden) for _ in range(layers))
        self.norm_source, self.norm = nn.LayerNorm(model), nn.LayerNorm(model)
        self.unembed = nn.Linear(model, symbols)

    def encode(self, source: Int[Tensor, "batch source"]) -> Float[Tensor, "batch source model"]:
        """The memory that every decoder block looks at: one vector for each source token."""
        x = self.place(self.embed(source))
        for block in self.encoder:
            x = block(x)
        return self.norm_source(x)

    def decode(
        self, target: Int[Tensor, "batch tokens"], memory: Float[Tensor, "batch source model"]
    ) -> Float[Tensor, "batch tokens symbols"]:
        """Logits for the symbol after each of the target's tokens."""
        mask = causal_mask(target.shape[-1]).to(target.device) if self.causal else None
        x = self.place(self.embed(target))
        for block in self.decoder:
            x = block(x, memory, mask)
        return self.unembed(self.norm(x))

    def forward(
        self, source: Int[Tensor, "batch source"], target: Int[Tensor, "batch tokens"]
    ) -> Float[Tensor, "batch tokens symbols"]:
        return self.decode(target, self.encode(source))

    def shifted(self, target: Int[Tensor, "batch tokens"]) -> Int[Tensor, "batch tokens"]:
        """What the decoder reads in training: the start token, then the target without its end."""
        start = torch.full_like(target[..., :1], self.start)
        return torch.cat([start, target[..., :-1]], dim=-1)

    @torch.no_grad()
    def greedy(self, source: Int[Tensor, "batch source"], steps: int) -> Int[Tensor, "batch steps"]:
        """Write the likeliest symbol, read it, write the next: one pass for each symbol."""
        memory = self.encode(source)
        written = torch.full_like(source[:, :1], self.start)
        for _ in range(steps):
            best = self.decode(written, memory)[:, -1].argmax(-1, keepdim=True)
            written = torch.cat([written, best], dim=1)
        return written[:, 1:]


@dataclass(frozen=True)
class Writing:
    """One step of greedy decoding: what was read so far, the chances of the next symbol, and where
    each written symbol's cross-attention (mean over heads) lay."""

    step: int
    read: tuple[int, ...]
    chances: np.ndarray
    chosen: int
    cross: np.ndarray


def write(model: Transformer, source: Sequence[int], steps: int) -> Iterator[Writing]:
    """Greedy decoding of one source, symbol by symbol."""
    with torch.no_grad():
        memory = model.encode(torch.tensor([list(source)]))
        read = [model.start]
        for step in range(steps):
            logits = model.decode(torch.tensor([read]), memory)[0, -1]
            cross: Any = model.decoder[-1].cross
            chosen = int(logits.argmax())
            yield Writing(
                step, tuple(read), torch.softmax(logits, -1).numpy(), chosen,
                cross.weights[0].mean(0).numpy(),
            )  # fmt: skip
            read.append(chosen)


# --- tasks ----------------------------------------------------------------------------------------


def random_tokens(draw: torch.Generator, *shape: int, symbols: int = 10) -> Int[Tensor, "*shape"]:
    """Symbols drawn evenly and independently: nothing to predict but what a task copies."""
    return torch.randint(symbols, shape, generator=draw)


def hide(
    tokens: Int[Tensor, "batch tokens"], share: float, mask_token: int, draw: torch.Generator
) -> tuple[Int[Tensor, "batch tokens"], Bool[Tensor, "batch tokens"]]:
    """Put the mask token over a share of the tokens, never over the first (the class token)."""
    hidden = torch.rand(tokens.shape, generator=draw) < share
    hidden[..., 0] = False
    return tokens.masked_fill(hidden, mask_token), hidden


def token_loss(
    logits: Float[Tensor, "*places symbols"], targets: Int[Tensor, " *places"], nets: int = 1
) -> Float[Tensor, ""]:
    """Mean cross-entropy over all places; times `nets`, each of so many nets gets its own mean."""
    return nets * nn.functional.cross_entropy(logits.flatten(0, -2), targets.flatten())


def seeded(make: Callable[[], Any], seed: int = 0) -> Any:
    """What `make()` returns with torch's random numbers started at `seed`; their state stays."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()


def multiplications(run: Callable[[], Any]) -> int:
    """How many multiplications the matrix products of a call take, as torch counts them."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops() // 2  # torch counts the additions as well


class SideBySide(nn.Module):
    """Copies of one architecture that learn together and know nothing of each other.

    Copy k sees inputs[:, k]. An optimiser that treats every weight for itself (Adam, without
    clipping by norm) cannot tell them from copies trained one by one; one big multiplication is
    cheaper than many small ones. `one(k)` gives copy k as a module of its own.
    """

    def __init__(self, models: Sequence[nn.Module]) -> None:
        super().__init__()
        weights, buffers = torch.func.stack_module_state(list(models))
        self.pattern = [copy.deepcopy(models[0])]  # in a list: its weights are not ours
        self.names = list(weights)
        self.weights = nn.ParameterList(nn.Parameter(w.detach()) for w in weights.values())
        self.buffers_of = buffers

    def forward(self, *inputs: Tensor) -> Any:
        def run(weights: dict[str, Tensor], buffers: dict[str, Tensor], *x: Tensor) -> Any:
            return torch.func.functional_call(self.pattern[0], (weights, buffers), x)

        state = dict(zip(self.names, self.weights, strict=True))
        dims = (0, 0, *(1 for _ in inputs))
        outputs = torch.func.vmap(run, in_dims=dims, out_dims=1)(state, self.buffers_of, *inputs)
        for part in self.pattern[0].modules():
            if isinstance(part, MultiHeadAttention):
                part.weights = None  # what vmap leaves there cannot be read outside of it
        return outputs

    def one(self, k: int) -> Any:
        model = copy.deepcopy(self.pattern[0])
        state = {n: w[k].detach() for n, w in zip(self.names, self.weights, strict=True)}
        model.load_state_dict({**state, **{n: b[k] for n, b in self.buffers_of.items()}})
        return model
