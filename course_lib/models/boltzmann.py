"""Boltzmann machines: stochastic units, Gibbs sampling, and the restricted machine that learns.

Conventions (lecture 004, topic 18). Units are 0 or 1. A machine of n units has symmetric weights
(n, n) with zero diagonal and a bias per unit; its energy is E(s) = -1/2 s.W s - b.s. A restricted
machine has weights (visible, hidden): row i belongs to visible unit i, as in the lecture's w_ij.
The lecture has no biases: leave them at zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from jaxtyping import Float, Int
from scipy.special import expit, logsumexp

LARGEST = 20  # units that can be enumerated: a million states


def all_states(units: int) -> Float[np.ndarray, "states units"]:
    """The 2^n states of n binary units, counting up: 00, 01, 10, 11.

    Raises ValueError for more than 20 units.
    """
    if not 1 <= units <= LARGEST:
        raise ValueError(f"{units} units have 2^{units} states; expected 1 to {LARGEST} units")
    return (np.arange(2**units)[:, None] >> np.arange(units)[::-1] & 1).astype(float)


def names(units: int) -> list[str]:
    """The states of `all_states` as text: "00", "01", ..."""
    return [f"{k:0{units}b}" for k in range(2**units)]


def frequencies(states: Float[np.ndarray, "chains units"]) -> Float[np.ndarray, " states"]:
    """The share of each of the 2^n states among the rows, in the order of `all_states`."""
    units = states.shape[-1]
    place = states.astype(int) @ (1 << np.arange(units)[::-1])
    return np.bincount(place, minlength=2**units) / len(states)


def total_variation(p: Float[np.ndarray, " states"], q: Float[np.ndarray, " states"]) -> float:
    """Half the sum of |p - q|: the largest gap in the probability of any event."""
    return float(np.abs(p - q).sum() / 2)


# --- the machine --------------------------------------------------------------------------------


def symmetric(weights: Float[np.ndarray, "n n"]) -> None:
    """Raise ValueError unless the weights are symmetric with a zero diagonal."""
    if weights.ndim != 2 or weights.shape[0] != weights.shape[1]:
        raise ValueError(f"weights of a machine are square, got shape {weights.shape}")
    if not np.allclose(weights, weights.T) or np.diag(weights).any():
        raise ValueError("weights must be symmetric (w_ij = w_ji) with a zero diagonal")


def energy(
    states: Float[np.ndarray, "... n"], weights: Float[np.ndarray, "n n"], bias: np.ndarray
) -> Float[np.ndarray, " *rows"]:
    """E(s) = -1/2 s.W s - b.s of every state. Hopfield 1982; lecture 004, topics 17, 18."""
    return -((states @ weights) * states).sum(axis=-1) / 2 - states @ bias


def chance(gap: Float[np.ndarray, " *rows"] | float, temperature: float = 1.0) -> np.ndarray:
    """P(s_i = 1) = 1 / (1 + exp(-gap / T)); at T = 0 the step, with 1/2 at gap 0.

    Raises ValueError for a negative temperature.
    """
    if temperature < 0:
        raise ValueError(f"the temperature must not be negative, got {temperature}")
    if temperature == 0:
        return np.heaviside(gap, 0.5)
    return expit(np.asarray(gap) / temperature)


def distribution(
    weights: Float[np.ndarray, "n n"], bias: Float[np.ndarray, " n"], temperature: float = 1.0
) -> Float[np.ndarray, " states"]:
    """p(s) = exp(-E(s) / T) / Z of all 2^n states, in the order of `all_states`."""
    symmetric(weights)
    a = -energy(all_states(len(bias)), weights, bias) / temperature
    return np.exp(a - logsumexp(a))


@dataclass(frozen=True)
class Toss:
    """One unit looked at its neighbours and tossed its coin. `state` is that after the toss."""

    step: int
    unit: int
    gap: float
    chance: float
    state: np.ndarray
    energy: float
    temperature: float
    visits: np.ndarray  # how often each state was seen so far


def gibbs(
    weights: Float[np.ndarray, "n n"],
    bias: Float[np.ndarray, " n"],
    start: Float[np.ndarray, " n"],
    rng: np.random.Generator,
    steps: int,
    temperature: float | Callable[[int], float] = 1.0,
) -> Iterator[Toss]:
    """One unit after the other, in turn, is set anew by P(s_i = 1) given all others.

    Geman and Geman 1984; with a falling `temperature(step)` this is simulated annealing
    (Kirkpatrick, Gelatt and Vecchi 1983). The first state is the start (unit -1).
    """
    symmetric(weights)
    n, s = len(bias), np.array(start, float)
    visits = np.zeros(2**n if n <= LARGEST // 2 else 0, int)
    for step in range(steps + 1):
        T = temperature(step) if callable(temperature) else temperature
        unit, gap, p = (step - 1) % n if step else -1, 0.0, 0.0
        if step:
            gap = float(weights[unit] @ s + bias[unit])
            p = float(chance(gap, T))
            s = s.copy()
            s[unit] = rng.random() < p
            if len(visits):
                visits = visits.copy()
                visits[int(s @ (1 << np.arange(n)[::-1]))] += 1
        yield Toss(step, unit, gap, p, s, float(energy(s, weights, bias)), float(T), visits)


def sweep(
    states: Float[np.ndarray, "chains n"],
    weights: Float[np.ndarray, "n n"],
    bias: Float[np.ndarray, " n"],
    rng: np.random.Generator,
    temperature: float = 1.0,
) -> Float[np.ndarray, "chains n"]:
    """Every unit of every chain once, in turn. Chains know nothing of each other."""
    s = states.copy()
    for i in range(len(bias)):
        s[:, i] = rng.random(len(s)) < chance(s @ weights[i] + bias[i], temperature)
    return s


def settle(
    states: Float[np.ndarray, "chains n"],
    weights: Float[np.ndarray, "n n"],
    bias: Float[np.ndarray, " n"],
    low: float = 0.0,
) -> Float[np.ndarray, "chains n"]:
    """Hopfield's rule, unit by unit, until nothing moves: 1 if gap > 0, `low` if < 0, keep at 0.

    `low` is 0 or, for bipolar units, -1.
    """
    s = states.copy()
    while True:
        before = s.copy()
        for i in range(len(bias)):
            gap = s @ weights[i] + bias[i]
            s[:, i] = np.where(gap > 0, 1.0, np.where(gap < 0, low, s[:, i]))
        if np.array_equal(s, before):
            return s


def annealed(
    states: Float[np.ndarray, "chains n"],
    weights: Float[np.ndarray, "n n"],
    bias: Float[np.ndarray, " n"],
    rng: np.random.Generator,
    temperatures: Float[np.ndarray, " sweeps"],
) -> Float[np.ndarray, "chains n"]:
    """One sweep per temperature, then `settle`."""
    for T in temperatures:
        states = sweep(states, weights, bias, rng, T)
    return settle(states, weights, bias)


# --- learning without hidden units --------------------------------------------------------------


def moments(
    states: Float[np.ndarray, "rows n"], share: Float[np.ndarray, " rows"] | None = None
) -> tuple[Float[np.ndarray, "n n"], Float[np.ndarray, " n"]]:
    """<s_i s_j> (zero diagonal) and <s_i>, each row weighted by its share (default: equally)."""
    p = np.full(len(states), 1 / len(states)) if share is None else share
    pairs = (states * p[:, None]).T @ states
    return pairs - np.diag(np.diag(pairs)), p @ states


@dataclass(frozen=True)
class Learned:
    """A fully visible machine before an update: both phases, and how likely the data are."""

    step: int
    weights: np.ndarray
    bias: np.ndarray
    awake: np.ndarray
    asleep: np.ndarray
    log_likelihood: float
    probabilities: np.ndarray


def learn(
    data: Float[np.ndarray, "rows n"], rate: float = 0.5, steps: int = 200
) -> Iterator[Learned]:
    """Boltzmann learning with exact averages: w_ij += rate (<s_i s_j>_data - <s_i s_j>_model).

    Ackley, Hinton and Sejnowski 1985, without hidden units.
    """
    n = data.shape[1]
    W, b = np.zeros((n, n)), np.zeros(n)
    awake, on = moments(data)
    for step in range(steps + 1):
        p = distribution(W, b)
        asleep, on_asleep = moments(all_states(n), p)
        score = float(frequencies(data)[frequencies(data) > 0] @ np.log(p[frequencies(data) > 0]))
        yield Learned(step, W, b, awake, asleep, score, p)
        W, b = W + rate * (awake - asleep), b + rate * (on - on_asleep)


def hebbian(memories: Float[np.ndarray, "memories n"]) -> Float[np.ndarray, "n n"]:
    """Hopfield's storage of bipolar memories, divided by their number as in lecture 004."""
    W = memories.T @ memories / len(memories)
    return W - np.diag(np.diag(W))


def unlearn(
    weights: Float[np.ndarray, "n n"], rng: np.random.Generator, dreams: int, strength: float
) -> Float[np.ndarray, "n n"]:
    """Start anywhere, settle, and take a little of what was found back out of the weights.

    Hopfield, Feinstein and Palmer 1983; Crick and Mitchison 1983; lecture 004, line 1317.
    """
    W, n = weights.copy(), len(weights)
    for _ in range(dreams):
        dream = settle(rng.choice([-1.0, 1.0], size=(1, n)), W, np.zeros(n), low=-1.0)[0]
        W -= strength * (np.outer(dream, dream) - np.eye(n))
    return W


def spurious_share(
    weights: Float[np.ndarray, "n n"],
    memories: Float[np.ndarray, "memories n"],
    starts: Float[np.ndarray, "starts n"],
) -> float:
    """The share of starts that settle in neither a memory nor the negative of one."""
    ends = settle(starts, weights, np.zeros(len(weights)), low=-1.0)
    n = len(weights)
    return float(np.mean(np.abs(ends @ memories.T).max(axis=1) < n))


# --- the restricted machine ---------------------------------------------------------------------


@dataclass(frozen=True)
class RBM:
    """Visible and hidden units with connections between the layers only (Smolensky 1986).

    All arrays may have leading axes: several machines side by side, each with its own data.
    """

    weights: Float[np.ndarray, "*machines visible hidden"]
    visible_bias: Float[np.ndarray, "*machines visible"]
    hidden_bias: Float[np.ndarray, "*machines hidden"]

    def __post_init__(self) -> None:
        *_, n, m = self.weights.shape
        if self.visible_bias.shape[-1] != n or self.hidden_bias.shape[-1] != m:
            raise ValueError(
                f"weights of shape (visible, hidden) = ({n}, {m}) need biases of {n} and {m}; got "
                f"{self.visible_bias.shape[-1]} and {self.hidden_bias.shape[-1]}"
            )

    @classmethod
    def plain(cls, weights: Float[np.ndarray, "visible hidden"]) -> RBM:
        """A machine without biases, as in the lecture."""
        W = np.asarray(weights) * 1.0  # whole numbers become floats, float32 stays
        return cls(W, np.zeros_like(W[..., :, 0]), np.zeros_like(W[..., 0, :]))

    @classmethod
    def random(
        cls,
        visible: int,
        hidden: int,
        rng: np.random.Generator,
        spread: float = 0.01,
        machines: tuple[int, ...] = (),
    ) -> RBM:
        """Small random weights, zero biases."""
        return cls.plain(spread * rng.normal(size=(*machines, visible, hidden)))

    @classmethod
    def for_data(
        cls,
        data: Float[np.ndarray, "rows visible"],
        hidden: int,
        rng: np.random.Generator,
        spread: float = 0.05,
    ) -> RBM:
        """Small random weights, and visible biases that already give each pixel its mean.

        Hinton 2010, section 8. Keeps the precision (float32 or float64) of the data.
        """
        start = cls.random(data.shape[1], hidden, rng, spread)
        W, b, c = (x.astype(data.dtype) for x in parts(start))
        return cls(W, log_odds(data.mean(axis=0)).astype(b.dtype), c)

    def _row(self, bias: np.ndarray) -> np.ndarray:
        return bias if self.weights.ndim == 2 else bias[..., None, :]

    def hidden_gap(self, v: Float[np.ndarray, "... visible"]) -> Float[np.ndarray, "... hidden"]:
        """E(h_j = 0) - E(h_j = 1) for visible v: the net input of each hidden unit."""
        return v @ self.weights + self._row(self.hidden_bias)

    def visible_gap(self, h: Float[np.ndarray, "... hidden"]) -> Float[np.ndarray, "... visible"]:
        """E(v_i = 0) - E(v_i = 1) for hidden h."""
        return h @ np.swapaxes(self.weights, -1, -2) + self._row(self.visible_bias)

    def to_hidden(self, v: Float[np.ndarray, "... visible"]) -> Float[np.ndarray, "... hidden"]:
        """p(h_j = 1 | v) of every hidden unit: independent of each other."""
        return expit(self.hidden_gap(v))

    def to_visible(self, h: Float[np.ndarray, "... hidden"]) -> Float[np.ndarray, "... visible"]:
        """p(v_i = 1 | h) of every visible unit."""
        return expit(self.visible_gap(h))

    def energy(
        self, v: Float[np.ndarray, "... visible"], h: Float[np.ndarray, "... hidden"]
    ) -> Float[np.ndarray, " *rows"]:
        """E(v, h) = -v.W h - b.v - c.h."""
        return -((v @ self.weights) * h).sum(axis=-1) - v @ self.visible_bias - h @ self.hidden_bias

    def free_energy(self, v: Float[np.ndarray, "... visible"]) -> Float[np.ndarray, " *rows"]:
        """F(v) = -b.v - sum_j ln(1 + exp(gap_j)), so that p(v) = exp(-F(v)) / Z."""
        bend = np.logaddexp(0, self.hidden_gap(v)).sum(axis=-1)
        return -(v * self._row(self.visible_bias)).sum(axis=-1) - bend

    def log_partition(self) -> float | np.ndarray:
        """ln Z, exactly, by summing over the smaller of the two layers (at most 20 units)."""
        *_, n, m = self.weights.shape
        if n <= m:
            return logsumexp(-self.free_energy(all_states(n)), axis=-1)
        h = all_states(m)
        bend = np.logaddexp(0, self.visible_gap(h)).sum(axis=-1)
        return logsumexp((h * self._row(self.hidden_bias)).sum(axis=-1) + bend, axis=-1)

    def log_likelihood(self, v: Float[np.ndarray, "... rows visible"]) -> float | np.ndarray:
        """The mean of ln p(v) over the rows, exactly."""
        return -self.free_energy(v).mean(axis=-1) - self.log_partition()

    def visible_distribution(self) -> Float[np.ndarray, " states"]:
        """p(v) of all visible states, in the order of `all_states`."""
        states = all_states(self.weights.shape[-2])
        return np.exp(-self.free_energy(states) - np.asarray(self.log_partition())[..., None])

    def pass_on(
        self, v: Float[np.ndarray, "... rows visible"], rng: np.random.Generator
    ) -> Float[np.ndarray, "... rows visible"]:
        """One step of the chain: sample the hidden units, then the visible ones."""
        h = toss(self.to_hidden(v), rng)
        return toss(self.to_visible(h), rng)


def toss(p: Float[np.ndarray, " *rows"], rng: np.random.Generator) -> Float[np.ndarray, " *rows"]:
    """1 with probability p, else 0, for every entry."""
    return (rng.random(p.shape, dtype=p.dtype.type) < p).astype(p.dtype)


Gradient = tuple[np.ndarray, np.ndarray, np.ndarray]  # by weights, visible bias, hidden bias


def statistics(rbm: RBM, v: Float[np.ndarray, "... rows visible"], share=None) -> Gradient:
    """<v_i h_j>, <v_i>, <h_j> with h given v exactly, rows weighted by their share."""
    p = 1 / v.shape[-2] if share is None else share[..., None]
    h = rbm.to_hidden(v) * p
    return np.swapaxes(v, -1, -2) @ h, (v * p).sum(axis=-2), h.sum(axis=-2)


def exact_gradient(rbm: RBM, data: Float[np.ndarray, "... rows visible"]) -> Gradient:
    """The gradient of the mean log-likelihood, both phases enumerated (at most 20 visible)."""
    states = all_states(data.shape[-1])
    dream = statistics(rbm, states, rbm.visible_distribution())
    return _difference(statistics(rbm, data), dream)


def _difference(first: Gradient, second: Gradient) -> Gradient:
    a, b, c = (x - y for x, y in zip(first, second, strict=True))
    return a, b, c


def expected_divergence(rbm: RBM, data: Float[np.ndarray, "rows visible"], k: int = 1) -> Gradient:
    """What CD-k does on average: the chain's distribution after k steps, enumerated, not sampled.

    Hinton 2002; Carreira-Perpinan and Hinton 2005. For few units: a matrix of all visible states.
    """
    n, m = rbm.weights.shape
    v, h = all_states(n), all_states(m)
    a = rbm.hidden_gap(v)
    up = np.exp(a @ h.T - np.logaddexp(0, a).sum(axis=1, keepdims=True))
    a = rbm.visible_gap(h)
    down = np.exp(a @ v.T - np.logaddexp(0, a).sum(axis=1, keepdims=True))
    q = frequencies(data)
    for _ in range(k):
        q = (q @ up) @ down
    return _difference(statistics(rbm, data), statistics(rbm, v, q))


@dataclass(frozen=True)
class Epoch:
    """A restricted machine after an epoch (0: before training)."""

    epoch: int
    rbm: RBM


def train(
    rbm: RBM,
    data: Float[np.ndarray, "rows visible"],
    rng: np.random.Generator,
    *,
    method: str = "CD",
    k: int = 1,
    epochs: int = 10,
    batch_size: int | None = None,
    rate: float | Callable[[int], float] = 0.1,
    momentum: float = 0.0,
    decay: float = 0.0,
    biases: bool = True,
    chains: int = 100,
) -> Iterator[Epoch]:
    """Train by contrastive divergence ("CD"), lasting chains ("PCD"), or the exact gradient.

    Yields the machine before training and after every epoch. Entries of `data` between 0 and 1
    count as probabilities. Machines side by side share the data and the order of the batches.
    "PCD": Tieleman 2008, with `chains` fantasies that go on from update to update. Hinton 2010
    for momentum and weight decay (of the weights only). Raises ValueError for an unknown method.
    """
    if method not in ("CD", "PCD", "exact"):
        raise ValueError(f"method={method!r}; expected CD, PCD or exact")
    machines, n = rbm.weights.shape[:-2], rbm.weights.shape[-2]
    fantasies = toss(np.full((*machines, chains, n), 0.5, rbm.weights.dtype), rng)
    speed: list[np.ndarray] = [np.zeros_like(x) for x in parts(rbm)]
    size = batch_size or len(data)
    yield Epoch(0, rbm)
    for epoch in range(1, epochs + 1):
        eta = rate(epoch) if callable(rate) else rate
        order = rng.permutation(len(data)) if size < len(data) else np.arange(len(data))
        for begin in range(0, len(data), size):
            v = data[order[begin : begin + size]]
            if method == "exact":
                change = exact_gradient(rbm, v)
            else:
                chain = v if method == "CD" else fantasies
                for _ in range(k):
                    chain = rbm.pass_on(chain, rng)
                fantasies = chain if method == "PCD" else fantasies
                change = _difference(statistics(rbm, v), statistics(rbm, chain))
            pull = [change[0] - decay * rbm.weights, *change[1:]]
            speed = [momentum * s + eta * g for s, g in zip(speed, pull, strict=True)]
            moved = [x + s for x, s in zip(parts(rbm), speed, strict=True)]
            rbm = RBM(*moved) if biases else RBM(moved[0], rbm.visible_bias, rbm.hidden_bias)
        yield Epoch(epoch, rbm)


def parts(rbm: RBM) -> Gradient:
    """Weights, visible and hidden biases."""
    return rbm.weights, rbm.visible_bias, rbm.hidden_bias


def reconstruction_error(rbm: RBM, v: Float[np.ndarray, "rows visible"]) -> float:
    """Mean squared difference of v and its way up and down by probabilities."""
    return float(np.mean((rbm.to_visible(rbm.to_hidden(v)) - v) ** 2))


def trained(*args, **options) -> RBM:
    """The machine after the last epoch of `train`."""
    *_, last = train(*args, **options)
    return last.rbm


# --- contrastive divergence by hand -------------------------------------------------------------


@dataclass(frozen=True)
class HandEpoch:
    """One epoch of the lecture's exercise. `weights` are those after it, `before` those before."""

    epoch: int
    v0: np.ndarray
    chance_h0: np.ndarray
    h0: np.ndarray
    chance_v1: np.ndarray
    v1: np.ndarray
    chance_h1: np.ndarray
    h1: np.ndarray
    before: np.ndarray
    change: np.ndarray
    weights: np.ndarray


def by_hand(
    v: Int[np.ndarray, " visible"],
    weights: Float[np.ndarray, "visible hidden"],
    rate: float = 0.1,
    epochs: int = 1,
) -> Iterator[HandEpoch]:
    """CD-1 on one vector where "sampling" means 1 if p >= 1/2 (lecture 004, exercise 2.3.3).

    No biases. Calculates in fractions, so that a gap of exactly 0 is one.
    """
    exact = np.vectorize(lambda x: Fraction(str(x)), otypes=[object])
    W, eta = exact(np.asarray(weights)), Fraction(str(rate))
    v0 = np.asarray(v, int)

    def decide(gap: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return expit(gap.astype(float)), np.array([int(g >= 0) for g in gap])

    for epoch in range(1, epochs + 1):
        p_h0, h0 = decide(v0 @ W)
        p_v1, v1 = decide(W @ h0)
        p_h1, h1 = decide(v1 @ W)
        change = eta * (np.outer(v0, h0) - np.outer(v1, h1))
        before, W = W, W + change
        yield HandEpoch(
            epoch, v0, p_h0, h0, p_v1, v1, p_h1, h1,
            before.astype(float), change.astype(float), W.astype(float),
        )  # fmt: skip


# --- how likely are data under a large machine? --------------------------------------------------


def annealed_log_partition(
    rbm: RBM,
    rng: np.random.Generator,
    base: Float[np.ndarray, " visible"],
    chains: int = 100,
    temperatures: int = 500,
) -> tuple[float, float, float]:
    """An estimate of ln Z, and of ln(Z - 3 standard errors), ln(Z + 3 standard errors).

    Annealed importance sampling (Neal 2001; Salakhutdinov and Murray 2008): walk from independent
    units with visible biases `base` to the machine, and average the weights of the walks.
    """
    m = rbm.weights.shape[-1]
    betas = np.linspace(0, 1, temperatures)

    def score(v: np.ndarray, beta: float) -> np.ndarray:
        bend = np.logaddexp(0, beta * rbm.hidden_gap(v)).sum(axis=-1)
        return v @ ((1 - beta) * base + beta * rbm.visible_bias) + bend

    v = toss(np.broadcast_to(expit(base), (chains, len(base))), rng)
    weight = np.zeros(chains)
    for before, beta in zip(betas, betas[1:], strict=False):
        weight += score(v, beta) - score(v, before)
        h = toss(expit(beta * rbm.hidden_gap(v)), rng)
        gap = (1 - beta) * base + beta * rbm.visible_gap(h)
        v = toss(expit(gap), rng)
    start = np.logaddexp(0, base).sum() + m * np.log(2)
    top = weight.max()
    ratios = np.exp(weight - top)
    mean, error = ratios.mean(), ratios.std(ddof=1) / np.sqrt(chains)
    low = np.log(max(mean - 3 * error, 1e-300))
    return tuple(float(start + top + x) for x in (np.log(mean), low, np.log(mean + 3 * error)))  # type: ignore[return-value]


def log_odds(p: Float[np.ndarray, " *rows"], least: float = 0.005) -> Float[np.ndarray, " *rows"]:
    """ln(p / (1 - p)), with p kept away from 0 and 1."""
    p = np.clip(p, least, 1 - least)
    return np.log(p / (1 - p))


@dataclass(frozen=True)
class Mixture:
    """A mixture of independent binary units: the simple density that machines are held against."""

    shares: Float[np.ndarray, " kinds"]
    chances: Float[np.ndarray, "kinds n"]

    def log_joint(self, v: Float[np.ndarray, "rows n"]) -> Float[np.ndarray, "rows kinds"]:
        """ln of share times probability, for every row and kind."""
        return (
            v @ np.log(self.chances).T + (1 - v) @ np.log(1 - self.chances).T + np.log(self.shares)
        )

    def log_likelihood(self, v: Float[np.ndarray, "rows n"]) -> float:
        """The mean of ln p(v) over the rows."""
        return float(logsumexp(self.log_joint(v), axis=1).mean())


def fit_mixture(
    data: Float[np.ndarray, "rows n"], kinds: int, rng: np.random.Generator, rounds: int = 30
) -> Mixture:
    """Expectation maximisation from random shares. One kind: independent units."""
    resp = rng.dirichlet(np.ones(kinds), size=len(data))
    for _ in range(rounds if kinds > 1 else 1):
        weight = resp.sum(axis=0)
        found = Mixture(weight / len(data), (resp.T @ data + 0.5) / (weight[:, None] + 1.0))
        joint = found.log_joint(data)
        resp = np.exp(joint - logsumexp(joint, axis=1, keepdims=True))
    return found


# --- small worlds to learn ----------------------------------------------------------------------


def bars_and_stripes(side: int = 3) -> Float[np.ndarray, "patterns pixels"]:
    """All pictures of full rows only or full columns only: 2 (2^side) - 2 different ones."""
    rows = all_states(side)[:, :, None].repeat(side, axis=2)
    both = np.concatenate([rows, rows.swapaxes(1, 2)]).reshape(-1, side * side)
    return np.unique(both, axis=0)


def even_parity(units: int = 3) -> Float[np.ndarray, "patterns units"]:
    """All states with an even number of ones: no two units tell anything of each other."""
    states = all_states(units)
    return states[states.sum(axis=1) % 2 == 0]
