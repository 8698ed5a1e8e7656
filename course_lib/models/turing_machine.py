"""The neural Turing machine (Graves, Wayne, Danihelka 2014): a network that addresses a memory.

First the operations on one memory, in NumPy, as formulas. Then a machine whose controller is set by
hand so that it copies, then one that is trained. Memory M has one row per slot; a focus w is a
distribution over the slots. Slots count from 0, and a shift by +1 moves the focus to the next slot
(the last one is followed by the first).
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.models.losses import softmax
from course_lib.models.turing_machine_weights import WEIGHTS

Memory = Float[np.ndarray, "slots width"]
Focus = Float[np.ndarray, " slots"]
Word = Float[np.ndarray, " width"]


# --- the operations -------------------------------------------------------------------------------


def content_focus(memory: Memory, key: Word, beta: float) -> Focus:
    """softmax over the slots of beta times the cosine of key and slot. Lecture 001, topic 51.

    A slot (or key) of length 0 has cosine 0. Raises ValueError unless beta >= 0.
    """
    if beta < 0:
        raise ValueError(f"the key strength beta is 0 or more, not {beta}")
    M, k = np.asarray(memory, dtype=float), np.asarray(key, dtype=float)
    norms = np.linalg.norm(M, axis=1) * np.linalg.norm(k)
    cosine = np.divide(M @ k, norms, out=np.zeros(len(M)), where=norms > 0)
    return softmax(beta * cosine)


def interpolate(content: Focus, previous: Focus, gate: float) -> Focus:
    """g w_content + (1 - g) w_previous: 1 jumps to the content, 0 stays where the head was."""
    return gate * np.asarray(content) + (1 - gate) * np.asarray(previous)


def shift(focus: Focus, shares: Float[np.ndarray, " 3"]) -> Focus:
    """Circular convolution with the shares of moving by -1, 0 and +1 slots."""
    back, stay, forward = shares
    w = np.asarray(focus, dtype=float)
    return back * np.roll(w, -1) + stay * w + forward * np.roll(w, 1)


def sharpen(focus: Focus, gamma: float) -> Focus:
    """w^gamma, normalised: gamma >= 1 undoes the blur of soft shifts."""
    if gamma < 1:
        raise ValueError(f"gamma is 1 or more (below 1 it would blur), not {gamma}")
    powers = np.asarray(focus, dtype=float) ** gamma
    return powers / powers.sum()


def read(memory: Memory, focus: Focus) -> Word:
    """r = sum_i w_i M_i."""
    return np.asarray(focus) @ np.asarray(memory)


def write(memory: Memory, focus: Focus, erase: Word, add: Word) -> Memory:
    """M_i <- M_i (1 - w_i e) + w_i a: every slot, to the extent of its focus."""
    w = np.asarray(focus)[:, None]
    return np.asarray(memory) * (1 - w * np.asarray(erase)) + w * np.asarray(add)


@dataclass(frozen=True)
class Addressing:
    """One stage of addressing: its name, the focus after it, what would be read there."""

    stage: str
    focus: Focus
    reads: Word


def address(
    memory: Memory,
    key: Word,
    beta: float,
    previous: Focus,
    gate: float,
    shares: Float[np.ndarray, " 3"],
    gamma: float,
) -> Iterator[Addressing]:
    """The four stages from a key to a focus: content, gate, shift, sharpen."""
    w = content_focus(memory, key, beta)
    yield Addressing("content", w, read(memory, w))
    for stage, move in (
        ("gate", lambda focus: interpolate(focus, previous, gate)),
        ("shift", lambda focus: shift(focus, shares)),
        ("sharpen", lambda focus: sharpen(focus, gamma)),
    ):
        w = move(w)
        yield Addressing(stage, w, read(memory, w))


# --- a machine set by hand ------------------------------------------------------------------------


@dataclass(frozen=True)
class Tick:
    """One step of a machine: what came in and went out, the memory after it, where it looked."""

    step: int
    phase: str
    inputs: Word
    outputs: Word
    memory: Memory
    writes: Focus
    reads: Focus


def copy_by_hand(sequence: Float[np.ndarray, "length width"], slots: int) -> Iterator[Tick]:
    """Copy a sequence with a rule instead of a trained controller, through the soft operations.

    While symbols come in: write each at the focus (erase 1, add the symbol), then shift by +1. At
    the end mark: find the first slot again (the previous focus of an own head, shifted 0), then
    read and shift by +1. Raises ValueError for more symbols than slots.
    """
    symbols = np.asarray(sequence, dtype=float)
    length, width = symbols.shape
    if length > slots:
        raise ValueError(f"{length} symbols do not fit into {slots} slots")
    memory, first = np.zeros((slots, width)), np.eye(slots)[0]
    nothing, forward = np.zeros(width), np.array([0.0, 0.0, 1.0])
    w, blank = first, np.zeros(slots)
    for t, symbol in enumerate(symbols):
        memory = write(memory, w, np.ones(width), symbol)
        yield Tick(t, "write", symbol, nothing, memory, w, blank)
        w = shift(w, forward)
    w = first
    for t in range(length):
        yield Tick(length + t, "read", nothing, read(memory, w), memory, blank, w)
        w = shift(w, forward)


# --- a machine that learns ------------------------------------------------------------------------


class TuringMachine(nn.Module):
    """A small controller with two heads on a memory: one writes, one reads.

    Every tensor has an axis of `nets` in front: machines with different starts, side by side. The
    controller is a plain recurrent layer, too small to remember a sequence by itself. It sees the
    input and what was read last; from its state come, for each head, key, beta, gate, shift and
    gamma, and for the writing head erase and add. Both heads start at slot 0 and look at the memory
    before the write; the read comes after it.
    """

    def __init__(
        self,
        width: int,
        *,
        slots: int = 10,
        cell: int = 6,
        size: int = 24,
        nets: int = 1,
        seed: int = 0,
    ) -> None:
        super().__init__()
        draw = torch.Generator().manual_seed(seed)

        def layer(n: int, m: int) -> tuple[nn.Parameter, nn.Parameter]:
            W = torch.randn(nets, n, m, generator=draw) / n**0.5
            return nn.Parameter(W), nn.Parameter(torch.zeros(nets, 1, m))

        self.slots, self.cell, self.size, self.width = slots, cell, size, width
        self.W, self.b = layer(width + 2 + cell + size, size)
        self.heads, self.heads_b = layer(size, 2 * (cell + 6) + 2 * cell)
        self.out, self.out_b = layer(size + cell, width)
        self.start = nn.Parameter(torch.randn(nets, 1, cell, generator=draw) * 0.1)

    def focus(
        self,
        p: Float[Tensor, "nets batch heads numbers"],
        memory: Float[Tensor, "nets batch slots cell"],
        previous: Float[Tensor, "nets batch heads slots"],
    ) -> Float[Tensor, "nets batch heads slots"]:
        """Content, gate, shift, sharpen as in `address`, for all heads at once."""
        key, beta, gate, shares, gamma = p.split([self.cell, 1, 1, 3, 1], dim=-1)
        key = nn.functional.normalize(torch.tanh(key), dim=-1)
        cosine = key @ nn.functional.normalize(memory, dim=-1).transpose(2, 3)
        content = (nn.functional.softplus(beta + 1) * cosine).softmax(dim=-1)
        w = torch.lerp(previous, content, torch.sigmoid(gate))
        moved = torch.stack([w.roll(-1, -1), w, w.roll(1, -1)], dim=-1)
        w = (moved @ shares.softmax(dim=-1)[..., None])[..., 0]
        w = (w + 1e-8) ** (1 + nn.functional.softplus(gamma + 1))
        return w / w.sum(dim=-1, keepdim=True)

    def forward(
        self, x: Float[Tensor, "nets batch steps inputs"]
    ) -> tuple[Float[Tensor, "nets batch steps width"], list[tuple[Tensor, Tensor, Tensor]]]:
        """(logits, [(memory, write focus, read focus) after each step])."""
        nets, batch, cell = *x.shape[:2], self.cell
        memory = self.start[:, :, None].expand(nets, batch, self.slots, cell)
        h, r = x.new_zeros(nets, batch, self.size), x.new_zeros(nets, batch, cell)
        w = x.new_zeros(nets, batch, 2, self.slots)
        w[..., 0] = 1
        seen, states = [], []
        for symbol in x.unbind(2):
            h = torch.tanh(torch.baddbmm(self.b, torch.cat([symbol, r, h], dim=-1), self.W))
            p = torch.baddbmm(self.heads_b, h, self.heads)
            heads, erase, add = p.split([2 * (cell + 6), cell, cell], dim=-1)
            w = self.focus(heads.view(nets, batch, 2, cell + 6), memory, w)
            share = w[:, :, 0, :, None]
            kept = 1 - share * torch.sigmoid(erase)[:, :, None]
            memory = memory * kept + share * torch.tanh(add)[:, :, None]
            r = (w[:, :, 1:] @ memory)[:, :, 0]
            seen.append(torch.cat([h, r], dim=-1))
            states.append((memory, w[:, :, 0], w[:, :, 1]))
        every = torch.stack(seen, dim=2).flatten(1, 2)
        logits = torch.baddbmm(self.out_b, every, self.out)
        return logits.view(nets, batch, x.shape[2], self.width), states


def copy_task(
    nets: int, batch: int, length: int, width: int, draw: torch.Generator
) -> tuple[Float[Tensor, "nets batch steps inputs"], Float[Tensor, "nets batch length width"]]:
    """(inputs, what must come out): start mark, random bits, end mark, then silence while copying.

    Inputs have two more channels than the bits, for the marks; there are 2 length + 2 steps.
    """
    bits = torch.randint(0, 2, (nets, batch, length, width), generator=draw).float()
    inputs = torch.zeros(nets, batch, 2 * length + 2, width + 2)
    inputs[:, :, 0, width] = 1
    inputs[:, :, 1 : length + 1, :width] = bits
    inputs[:, :, length + 1, width + 1] = 1
    return inputs, bits


class LSTMCopier(nn.Module):
    """The rival without memory slots: LSTMs of the given size, same inputs and outputs."""

    def __init__(self, width: int, size: int = 48, seed: int = 0) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.rnn = nn.LSTM(width + 2, size, batch_first=True)
            self.out = nn.Linear(size, width)

    def forward(self, x: Float[Tensor, "nets batch steps inputs"]) -> tuple[Tensor, list[Tensor]]:
        hidden, _ = self.rnn(x.flatten(0, 1))
        return self.out(hidden).view(*x.shape[:3], -1), []


def train_copy(
    model: TuringMachine | LSTMCopier,
    *,
    updates: int,
    lengths: tuple[int, int] = (1, 4),
    batch: int = 16,
    nets: int = 1,
    learning_rate: float = 1e-2,
    seed: int = 0,
) -> Float[np.ndarray, "updates nets"]:
    """Train on fresh random sequences; returns the loss of each net at every update."""
    draw = torch.Generator().manual_seed(seed)
    width = model.width if isinstance(model, TuringMachine) else model.out.out_features
    optimiser = torch.optim.Adam(model.parameters(), lr=learning_rate)
    rows = []
    for _ in range(updates):
        length = int(torch.randint(lengths[0], lengths[1] + 1, (1,), generator=draw))
        inputs, bits = copy_task(nets, batch, length, width, draw)
        logits = model(inputs)[0][:, :, length + 2 :]
        loss = nn.functional.binary_cross_entropy_with_logits(logits, bits, reduction="none")
        each = loss.mean(dim=(1, 2, 3))
        optimiser.zero_grad()
        each.sum().backward()
        nn.utils.clip_grad_norm_(model.parameters(), 10.0 * nets)
        optimiser.step()
        rows.append(each.detach().numpy())
    return np.array(rows)


def train_shipped() -> TuringMachine:
    """Train the machine whose weights ship with the course: a minute or two, from a seed.

    Three starts side by side on sequences of 1 to 6 symbols; the one that makes the fewest bit
    errors at length 6 stays. `source_of(train_shipped())` is the file that `trained` reads.
    """
    nets = 3
    machines = TuringMachine(3, slots=16, cell=5, nets=nets, seed=0)
    for learning_rate, updates in ((1e-2, 600), (3e-3, 250), (1e-3, 150)):
        train_copy(
            machines, updates=updates, lengths=(1, 6), nets=nets, learning_rate=learning_rate,
            seed=updates,
        )  # fmt: skip
    best = int(bit_errors(machines, 6, nets=nets).argmin())
    one = TuringMachine(3, slots=16, cell=5)
    with torch.no_grad():
        for mine, theirs in zip(one.parameters(), machines.parameters(), strict=True):
            mine.copy_(theirs[best : best + 1])
    return one


def source_of(machine: TuringMachine) -> str:
    """The weights as the source of `turing_machine_weights.py`, five significant digits each."""
    lines = [
        '"""What `turing_machine.train_shipped` learnt; made by `turing_machine.source_of`."""',
        "",
        "WEIGHTS = {",
    ]
    for name, weight in machine.named_parameters():
        numbers = " ".join(f"{value:.5g}" for value in weight.detach().flatten().tolist())
        lines += [f'    "{name}": """', *textwrap.wrap(numbers, 98), '""",']
    return "\n".join([*lines, "}"]) + "\n"


def trained() -> TuringMachine:
    """The machine that `train_shipped` made; its weights ship with the course."""
    machine = TuringMachine(3, slots=16, cell=5)
    with torch.no_grad():
        for name, weight in machine.named_parameters():
            numbers = torch.tensor([float(number) for number in WEIGHTS[name].split()])
            weight.copy_(numbers.view(weight.shape))
    return machine


@torch.no_grad()
def bit_errors(
    model: TuringMachine | LSTMCopier,
    length: int,
    *,
    nets: int = 1,
    batch: int = 100,
    seed: int = 9,
) -> Float[np.ndarray, " nets"]:
    """Share of wrong bits per net on new sequences of the given length; guessing has 0.5."""
    width = model.width if isinstance(model, TuringMachine) else model.out.out_features
    inputs, bits = copy_task(nets, batch, length, width, torch.Generator().manual_seed(seed))
    said = model(inputs)[0][:, :, length + 2 :] > 0
    return (said != bits.bool()).double().mean(dim=(1, 2, 3)).numpy()


@torch.no_grad()
def run(
    model: TuringMachine, bits: Float[np.ndarray, "length width"], net: int = 0
) -> Iterator[Tick]:
    """The steps of a trained machine on one sequence; outputs are probabilities of 1."""
    length, width = bits.shape
    nets = model.W.shape[0]
    inputs, _ = copy_task(nets, 1, length, width, torch.Generator().manual_seed(0))
    inputs[:, :, 1 : length + 1, :width] = torch.tensor(bits, dtype=torch.float32)
    logits, states = model(inputs)
    for t, (memory, wrote, looked) in enumerate(states):
        marked = t == 0 or t == length + 1
        yield Tick(
            t,
            "mark" if marked else "write" if t <= length else "read",
            inputs[net, 0, t, :width].double().numpy(),
            torch.sigmoid(logits[net, 0, t]).double().numpy(),
            memory[net, 0].double().numpy(),
            wrote[net, 0].double().numpy(),
            looked[net, 0].double().numpy(),
        )


__all__ = [
    "Addressing", "LSTMCopier", "Tick", "TuringMachine", "address", "bit_errors", "content_focus",
    "copy_by_hand", "copy_task", "interpolate", "read", "run", "sharpen", "shift", "source_of",
    "train_copy", "train_shipped", "trained", "write",
]  # fmt: skip
