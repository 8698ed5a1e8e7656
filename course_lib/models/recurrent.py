"""Recurrent networks: cells as their equations, backpropagation through time, many nets at once.

Sources: Elman 1990; Hochreiter and Schmidhuber 1997; Gers, Schmidhuber and Cummins 2000; Cho and
others 2014; lectures 000B topics 29 to 33, 001 topics 43 to 49, 003 topics 56 and 57, 004 topics
22 and 23. Inputs are rows: x has shape (batch, n) and is multiplied from the left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

SQUASHINGS: dict[str, tuple[Callable, Callable]] = {
    # the function of the net input a, and its slope written with the output z
    "tanh": (np.tanh, lambda z: 1 - z**2),
    "sigmoid": (lambda a: 1 / (1 + np.exp(-a)), lambda z: z * (1 - z)),
    "relu": (lambda a: np.maximum(a, 0.0), lambda z: np.where(z > 0, 1.0, 0.0)),
    "linear": (lambda a: a, lambda z: np.ones_like(z)),
}


def squashing(name: str) -> tuple[Callable, Callable]:
    """The named activation and its slope as a function of its output.

    Raises KeyError with the names there are.
    """
    if name not in SQUASHINGS:
        raise KeyError(f"no activation {name!r}; there are {', '.join(SQUASHINGS)}")
    return SQUASHINGS[name]


# --- one unit that feeds itself -----------------------------------------------------------------


@dataclass(frozen=True)
class Unrolled:
    """One moment of backpropagation through time in a single unit.

    `states` holds h_0 up to the newest; `errors` the dE/dh of the steps that the error has reached
    (NaN elsewhere); `by_w` and `by_v` what each copy of the weights asks for (NaN not yet).
    """

    phase: str
    t: int
    states: Float[np.ndarray, " steps"]
    errors: Float[np.ndarray, " steps"]
    by_w: Float[np.ndarray, " steps"]
    by_v: Float[np.ndarray, " steps"]
    loss: float


def unroll(
    x: Sequence[float],
    w: float,
    v: float,
    target: float,
    *,
    start: float = 0.0,
    activation: str = "tanh",
) -> Iterator[Unrolled]:
    """Forward and backward through h_t = f(w x_t + v h_(t-1)), with the loss (h_T - target)^2 / 2.

    Yields a state per step forward, then one per step backward; index 0 is before the first input.
    """
    f, slope = squashing(activation)
    steps = len(x)
    h = np.full(steps + 1, np.nan)
    errors, by_w, by_v = (np.full(steps + 1, np.nan) for _ in range(3))
    h[0], loss = start, np.nan

    def now(phase: str, t: int) -> Unrolled:
        return Unrolled(phase, t, h.copy(), errors.copy(), by_w.copy(), by_v.copy(), loss)

    yield now("forward", 0)
    for t in range(1, steps + 1):
        h[t] = f(w * x[t - 1] + v * h[t - 1])
        yield now("forward", t)
    loss = float((h[-1] - target) ** 2 / 2)
    errors[-1] = h[-1] - target
    for t in range(steps, 0, -1):
        delta = errors[t] * slope(h[t])
        by_w[t], by_v[t] = delta * x[t - 1], delta * h[t - 1]
        errors[t - 1] = delta * v
        yield now("backward", t)


def truncated(
    x: Sequence[float], w: float, v: float, target: float, depth: int, activation: str = "tanh"
) -> float:
    """dE/dv if the error travels back at most `depth` steps (truncated BPTT).

    Raises ValueError for a depth below 1.
    """
    if depth < 1:
        raise ValueError(f"the error must travel at least one step, got depth {depth}")
    *_, last = unroll(x, w, v, target, activation=activation)
    return float(last.by_v[-depth:].sum() if depth < len(x) else np.nansum(last.by_v))


# --- a layer, by hand ---------------------------------------------------------------------------


def run_layer(
    x: Float[np.ndarray, "steps n"],
    U: Float[np.ndarray, "n hidden"],
    W: Float[np.ndarray, "hidden hidden"],
    b: Float[np.ndarray, " hidden"],
    start: Float[np.ndarray, " hidden"],
) -> Float[np.ndarray, "steps+1 hidden"]:
    """The states h_0 ... h_T of h_t = tanh(x_t U + h_(t-1) W + b)."""
    h = [start]
    for x_t in x:
        h.append(np.tanh(x_t @ U + h[-1] @ W + b))
    return np.array(h)


def bptt(
    x: Float[np.ndarray, "steps n"],
    h: Float[np.ndarray, "steps+1 hidden"],
    W: Float[np.ndarray, "hidden hidden"],
    errors: Float[np.ndarray, "steps hidden"],
) -> dict[str, np.ndarray]:
    """Gradients of U, W, b and h_0, given dE_t/dh_t of each step's own loss.

    The error of step t is its own plus what comes back from step t + 1; every copy of the weights
    adds its share.
    """
    by_U, by_W = np.zeros((x.shape[1], W.shape[0])), np.zeros_like(W)
    by_b, back = np.zeros(len(W)), np.zeros(len(W))
    for t in range(len(x), 0, -1):
        delta = (errors[t - 1] + back) * (1 - h[t] ** 2)
        by_U += np.outer(x[t - 1], delta)
        by_W += np.outer(h[t - 1], delta)
        by_b += delta
        back = delta @ W.T
    return {"U": by_U, "W": by_W, "b": by_b, "start": back}


def gradient_by_lag(
    W: Float[np.ndarray, "hidden hidden"],
    steps: int,
    activation: str = "tanh",
    *,
    noise: float = 0.0,
    rng: np.random.Generator | None = None,
) -> Float[np.ndarray, " steps+1"]:
    """The length of d(sum of h_T)/dh_(T-k) for k = 0 ... steps, in h_t = f(h_(t-1) W + noise).

    The start is drawn from `rng` (a fixed one, if none is given).
    """
    f, slope = squashing(activation)
    rng = rng or np.random.default_rng(0)
    h = [rng.normal(size=len(W)) * 0.5]
    if activation == "relu":
        h = [np.abs(h[0])]
    for _ in range(steps):
        h.append(f(h[-1] @ W + noise * rng.normal(size=len(W))))
    error = np.ones(len(W))
    lengths = [np.linalg.norm(error)]
    for t in range(steps, 0, -1):
        error = (error * slope(h[t])) @ W.T
        lengths.append(np.linalg.norm(error))
    return np.array(lengths)


def orthogonal(hidden: int, radius: float, seed: int = 0) -> Float[np.ndarray, "hidden hidden"]:
    """A rotation, times `radius`: all its singular values are `radius`."""
    q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(hidden, hidden)))
    return radius * q


def clip(gradient: np.ndarray, largest: float) -> np.ndarray:
    """The gradient, shortened to the length `largest` if it is longer (lecture 000B, topic 30).

    Raises ValueError if `largest` is not positive.
    """
    if largest <= 0:
        raise ValueError(f"the largest length must be positive, got {largest}")
    length = np.linalg.norm(gradient)
    return gradient if length <= largest else gradient * (largest / length)


# --- gates ---------------------------------------------------------------------------------------


class Gated(NamedTuple):
    """The weights of all gates: on the input, on the state, and the bias; first axis = gate."""

    U: Float[Tensor, "gates n hidden"]
    W: Float[Tensor, "gates hidden hidden"]
    b: Float[Tensor, "gates hidden"]


class LSTMState(NamedTuple):
    """What one LSTM step decides: three gates, the candidate, the cell, the output."""

    f: Tensor
    i: Tensor
    o: Tensor
    candidate: Tensor
    C: Tensor
    h: Tensor


def lstm_step(
    x: Float[Tensor, "batch n"],
    h: Float[Tensor, "batch hidden"],
    C: Float[Tensor, "batch hidden"],
    weights: Gated,
) -> LSTMState:
    """One step of an LSTM; gates in the order forget, input, output, candidate."""
    U, W, b = weights
    f, i, o = (torch.sigmoid(x @ U[k] + h @ W[k] + b[k]) for k in range(3))
    candidate = torch.tanh(x @ U[3] + h @ W[3] + b[3])
    C = f * C + i * candidate
    return LSTMState(f, i, o, candidate, C, o * torch.tanh(C))


class GRUState(NamedTuple):
    """What one GRU step decides: two gates, the candidate, the new state."""

    z: Tensor
    r: Tensor
    candidate: Tensor
    h: Tensor


def gru_step(
    x: Float[Tensor, "batch n"],
    h: Float[Tensor, "batch hidden"],
    weights: Gated,
    *,
    convention: str = "lecture",
) -> GRUState:
    """One step of a GRU; gates in the order update z, reset r, candidate.

    "lecture": z = 1 takes the candidate, r acts before the matrix (000B, Chung and others 2014).
    "torch": z = 1 keeps the old state (as in Cho and others 2014), r acts after the matrix; no
    bias inside r here.
    Raises KeyError for another convention.
    """
    U, W, b = weights
    z, r = (torch.sigmoid(x @ U[k] + h @ W[k] + b[k]) for k in range(2))
    if convention == "lecture":
        candidate = torch.tanh(x @ U[2] + (r * h) @ W[2] + b[2])
        return GRUState(z, r, candidate, (1 - z) * h + z * candidate)
    if convention == "torch":
        candidate = torch.tanh(x @ U[2] + b[2] + r * (h @ W[2]))
        return GRUState(z, r, candidate, (1 - z) * candidate + z * h)
    raise KeyError(f"no convention {convention!r}; there are lecture, torch")


def one_unit(on_input: Sequence[float], on_state: Sequence[float], bias: Sequence[float]) -> Gated:
    """The weights of a net with one input and one unit, a number per gate."""
    u, w, b = (torch.tensor(v, dtype=torch.float64) for v in (on_input, on_state, bias))
    return Gated(u[:, None, None], w[:, None, None], b[:, None])


def number(value: float) -> Float[Tensor, "1 1"]:
    """One input, state or cell of one sequence, as the cells above expect it."""
    return torch.tensor([[value]], dtype=torch.float64)


def drawn(make: Callable[[], Any], seed: int = 0) -> Any:
    """What `make()` builds with weights drawn from this seed; torch's own state stays as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()


ORDERS = {nn.LSTM: (1, 0, 3, 2), nn.GRU: (1, 0, 2)}  # ours -> torch's: i f g o, and r z n


def gates_of(module: nn.LSTM | nn.GRU) -> Gated:
    """The weights of a one-layer nn.LSTM or nn.GRU in our order; torch's two biases are added.

    Raises TypeError for another module.
    """
    if type(module) not in ORDERS:
        raise TypeError(f"expected nn.LSTM or nn.GRU, got {type(module).__name__}")
    order = list(ORDERS[type(module)])
    own = dict(module.named_parameters())
    U, W = own["weight_ih_l0"], own["weight_hh_l0"]
    n, hidden = U.shape[1], W.shape[1]
    b = own["bias_ih_l0"] + own["bias_hh_l0"] if module.bias else U.new_zeros(len(U))
    return Gated(
        U.reshape(-1, hidden, n)[order].transpose(1, 2),
        W.reshape(-1, hidden, hidden)[order].transpose(1, 2),
        b.reshape(-1, hidden)[order],
    )


def run_lstm(
    x: Float[Tensor, "steps batch n"],
    weights: Gated,
    start: tuple[Tensor, Tensor] | None = None,
) -> list[LSTMState]:
    """The states of an LSTM over a sequence, from zero unless `start` = (h, C) is given."""
    zero = x.new_zeros(x.shape[1], weights.b.shape[1])
    h, C = start or (zero, zero)
    states = []
    for x_t in x:
        states.append(lstm_step(x_t, h, C, weights))
        h, C = states[-1].h, states[-1].C
    return states


@dataclass(frozen=True)
class GateMoment:
    """One step of an LSTM with one cell, for a player: input, gates, cell and output."""

    t: int
    x: float
    f: float
    i: float
    o: float
    candidate: float
    before: float
    C: float
    h: float


def gate_trace(
    x: Sequence[float], gates: Sequence[tuple[float, float, float]], start: float = 0.0
) -> Iterator[GateMoment]:
    """A cell whose gates (forget, input, output) are set by hand; the candidate is the input."""
    C = start
    for t, (x_t, (f, i, o)) in enumerate(zip(x, gates, strict=True), start=1):
        before, C = C, f * C + i * x_t
        yield GateMoment(t, x_t, f, i, o, x_t, before, C, o * float(np.tanh(C)))


# --- many nets at once --------------------------------------------------------------------------

GATES = {"rnn": 1, "relu": 1, "gru": 3, "lstm": 4}


class ManyRecurrent(nn.Module):
    """`nets` recurrent nets side by side, which know nothing of each other: seeds for one price.

    inputs: numbers per step or, with `tokens`, the size of the vocabulary. kind: "rnn" (tanh),
    "relu" (identity start), "gru" (lecture's equations), "lstm". forget_bias: one for all nets, or
    one for each. Raises KeyError for another kind.
    """

    def __init__(
        self,
        nets: int,
        inputs: int,
        hidden: int,
        outputs: int,
        *,
        kind: str = "lstm",
        tokens: bool = False,
        forget_bias: float | Sequence[float] = 1.0,
        learn_start: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if kind not in GATES:
            raise KeyError(f"no kind {kind!r}; there are {', '.join(GATES)}")
        draw, width = torch.Generator().manual_seed(seed), GATES[kind] * hidden
        reach = hidden**-0.5

        def uniform(*shape: int) -> nn.Parameter:
            return nn.Parameter((2 * torch.rand(nets, *shape, generator=draw) - 1) * reach)

        self.kind, self.hidden, self.tokens = kind, hidden, tokens
        self.U, self.W, self.b = uniform(inputs, width), uniform(hidden, width), uniform(1, width)
        self.V, self.c = uniform(hidden, outputs), nn.Parameter(torch.zeros(nets, 1, outputs))
        self.start = nn.Parameter(torch.zeros(nets, 1, hidden), requires_grad=learn_start)
        with torch.no_grad():
            if kind == "relu":
                self.W.copy_(torch.eye(hidden).expand(nets, -1, -1))
                self.b.zero_()
            if kind == "lstm":
                # order: forget, input, output, candidate; one bias for all nets, or one for each
                self.b[..., :hidden] = torch.as_tensor(forget_bias).reshape(-1, 1, 1)

    def from_input(self, x: Tensor) -> Float[Tensor, "steps nets batch width"]:
        """What the input of every step sends to all gates; it needs no memory."""
        nets, batch, steps = x.shape[:3]
        if self.tokens:
            own = x + torch.arange(nets)[:, None, None] * self.U.shape[1]
            sent = nn.functional.embedding(own, self.U.flatten(0, 1))
        else:
            sent = torch.bmm(x.flatten(1, 2), self.U).view(nets, batch, steps, -1)
        return (sent + self.b[:, :, None]).permute(2, 0, 1, 3).contiguous()

    def states(self, x: Tensor, start: Tensor | None = None) -> Float[Tensor, "nets batch steps h"]:
        """h of every step; x: (nets, batch, steps, inputs), or (nets, batch, steps) tokens."""
        h = self.start.expand(-1, x.shape[1], -1) if start is None else start
        C, all_h, n = torch.zeros_like(h), [], self.hidden
        for sent in self.from_input(x):
            if self.kind == "gru":
                gates = torch.sigmoid(torch.baddbmm(sent[..., : 2 * n], h, self.W[..., : 2 * n]))
                z, r = gates.chunk(2, -1)
                new = torch.tanh(torch.baddbmm(sent[..., 2 * n :], r * h, self.W[..., 2 * n :]))
                h = h + z * (new - h)
            elif self.kind == "lstm":
                a = torch.baddbmm(sent, h, self.W)
                f, i, o = torch.sigmoid(a[..., : 3 * n]).chunk(3, -1)
                C = f * C + i * torch.tanh(a[..., 3 * n :])
                h = o * torch.tanh(C)
            else:
                a = torch.baddbmm(sent, h, self.W)
                h = torch.tanh(a) if self.kind == "rnn" else torch.relu(a)
            all_h.append(h)
        return torch.stack(all_h, 2)

    def read(self, states: Float[Tensor, "nets ... h"]) -> Float[Tensor, "nets ... outputs"]:
        """The output layer, on any states."""
        flat = torch.baddbmm(self.c, states.flatten(1, -2), self.V)
        return flat.view(*states.shape[:-1], -1)

    def forward(self, x: Tensor, start: Tensor | None = None) -> Tensor:
        return self.read(self.states(x, start))

    def last(self, x: Tensor) -> Float[Tensor, "nets batch outputs"]:
        """The outputs after the last step only: many-to-one."""
        return self.read(self.states(x)[:, :, -1:])[:, :, 0]


def pieces(
    stream: Tensor, rng: np.random.Generator, nets: int, batch: int, length: int
) -> Float[Tensor, "nets batch length+1 ..."]:
    """Random stretches of a stream, one step longer than `length`: the last steps are targets.

    Raises ValueError if the stream is not longer than a stretch.
    """
    if len(stream) <= length + 1:
        raise ValueError(f"stretches of {length + 1} steps need a longer stream than {len(stream)}")
    at = torch.tensor(rng.integers(len(stream) - length - 1, size=(nets, batch, 1)))
    return stream[at + torch.arange(length + 1)]


def total_cross_entropy(
    logits: Float[Tensor, "nets ... classes"], targets: Int[Tensor, "nets ..."]
) -> Float[Tensor, ""]:
    """The sum over nets of each net's mean cross-entropy; targets of -1 do not count."""
    loss = nn.functional.cross_entropy(
        logits.flatten(0, -2), targets.flatten(), ignore_index=-1, reduction="sum"
    )
    return loss * len(logits) / (targets >= 0).sum()


def clip_each(gradients: Sequence[Tensor], largest: float) -> None:
    """Shorten, in place, the gradient of every net (first axis) to `largest` if it is longer."""
    squares = torch.stack([g.flatten(1).square().sum(1) for g in gradients]).sum(0)
    factor = (largest / squares.sqrt().clamp(min=1e-12)).clamp(max=1.0)
    for g in gradients:
        g.mul_(factor.view(-1, *[1] * (g.dim() - 1)))


def train_many(
    model: nn.Module,
    batches: Callable[[np.random.Generator], Tensor],
    updates: int,
    *,
    learning_rate: float = 0.01,
    largest: float | None = 1.0,
    seed: int = 0,
) -> Float[np.ndarray, " updates"]:
    """Adam on the loss that `batches(rng)` computes afresh for each update; the losses so far.

    Gradients are clipped per net (the first axis of every parameter), so that nets stay
    independent; largest=None leaves them alone.
    """
    rng = np.random.default_rng(seed)
    parameters = [p for p in model.parameters() if p.requires_grad]
    adam = torch.optim.Adam(parameters, lr=learning_rate)
    losses = np.empty(updates)
    for k in range(updates):
        adam.zero_grad()
        loss = batches(rng)
        loss.backward()
        losses[k] = loss.item()
        if largest is not None:
            clip_each([p.grad for p in parameters if p.grad is not None], largest)
        adam.step()
    return losses


# --- both ways ----------------------------------------------------------------------------------

MERGES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "concat": lambda a, b: torch.cat([a, b], -1),
    "sum": lambda a, b: a + b,
    "average": lambda a, b: (a + b) / 2,
    "product": lambda a, b: a * b,
}


def both_ways(
    forward: Callable[[Tensor], Tensor],
    backward: Callable[[Tensor], Tensor],
    x: Tensor,
    merge: str = "concat",
    axis: int = 2,
) -> Tensor:
    """States of two nets, one of which reads the sequence from its end; merged step by step.

    Raises KeyError with the merges there are.
    """
    if merge not in MERGES:
        raise KeyError(f"no merge {merge!r}; there are {', '.join(MERGES)}")
    return MERGES[merge](forward(x), backward(x.flip(axis)).flip(axis))


def parameters(kind: str, n: int, hidden: int, biases: int = 1) -> int:
    """How many weights a recurrent layer has; torch's layers keep two bias vectors per gate.

    Raises KeyError for an unknown kind.
    """
    if kind not in GATES:
        raise KeyError(f"no kind {kind!r}; there are {', '.join(GATES)}")
    return GATES[kind] * ((n + hidden) * hidden + biases * hidden)
