"""A net with two inputs in training: data in the plane, the course's four equations, one seed.

The playground (plotting/playground.py) shows it; `pytorch` writes the same as lines of PyTorch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float

from course_lib.datasets import synthetic
from course_lib.models import mlp

REACH = 3.0  # the plane goes from -3 to 3
POINTS = 150  # to train with, and as many to test with
DATA = ("circles", "xor", "moons", "spiral", "clouds", "own points")
FEATURES = {
    "x1, x2": (("x₁", "x₂"), lambda x, y: (x, y)),
    "squares too": (
        ("x₁", "x₂", "x₁²", "x₂²", "x₁x₂"),
        lambda x, y: (x, y, x * x / REACH, y * y / REACH, x * y / REACH),
    ),
    "sines too": (("x₁", "x₂", "sin x₁", "sin x₂"), lambda x, y: (x, y, np.sin(x), np.sin(y))),
}
PENALTIES = ("none", "L2 0.001", "L2 0.01", "L2 0.1", "L1 0.001", "L1 0.01")
OPTIMISERS = ("sgd", "momentum", "adam")
RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
CHANGEABLE = ("learning_rate", "batch", "regularisation")  # while it trains


def plane_data(
    name: str, noise: float, seed: int
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Training and test points (n, 2) in the plane, and their targets (n, 1), -1 or +1.

    Raises KeyError with the names there are.
    """
    rng = np.random.default_rng(seed)
    n = 2 * POINTS
    if name == "own points":
        return (np.empty((0, 2)), np.empty((0, 1))), (np.empty((0, 2)), np.empty((0, 1)))
    makers = {
        "circles": lambda: synthetic.circles(n, noise=0.0, inner=0.4, rng=rng),
        "xor": lambda: synthetic.xor(n, rng=rng),
        "moons": lambda: synthetic.moons(n, noise=0.0, rng=rng),
        "spiral": lambda: synthetic.spiral(n, classes=2, turns=0.9, noise=0.0, rng=rng),
        "clouds": lambda: synthetic.blobs(n, spread=0.25, radius=0.7, rng=rng),
    }
    if name not in makers:
        raise KeyError(f"no data {name!r} (there are {', '.join(DATA)})")
    made = makers[name]()
    inputs = made.inputs - ([0.5, 0.25] if name == "moons" else 0.0)
    reach = {"moons": 1.7, "spiral": 2.6, "xor": 2.6}.get(name, 2.4)
    inputs = reach * (inputs + noise * rng.standard_normal(inputs.shape))
    targets = np.where(made.targets == 1, 1.0, -1.0)[:, None]
    return (inputs[:POINTS], targets[:POINTS]), (inputs[POINTS:], targets[POINTS:])


def features(points: Float[np.ndarray, "points 2"], name: str) -> Float[np.ndarray, "points f"]:
    """What the net sees of points in the plane. Raises KeyError with the names there are."""
    if name not in FEATURES:
        raise KeyError(f"no inputs {name!r} (there are {', '.join(FEATURES)})")
    return np.stack(FEATURES[name][1](points[:, 0], points[:, 1]), axis=1)


@dataclass
class Training:
    """A net in training; the same settings and the same calls give the same net."""

    data: str = "circles"
    noise: float = 0.1
    inputs: str = "x1, x2"
    hidden: Sequence[int] = (4, 2)
    activation: str = "tanh"
    initial: str = "xavier"
    optimiser: str = "sgd"
    seed: int = 0
    learning_rate: float = 0.03
    batch: int = 10
    regularisation: str = "none"
    given: tuple[np.ndarray, np.ndarray] | None = None
    epoch: int = 0
    history: list[tuple[float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        train, test = plane_data("own points" if self.given else self.data, self.noise, self.seed)
        self.train, self.test = self.given or train, test
        sizes = [len(FEATURES[self.inputs][0]), *self.hidden, 1]
        self.sizes = sizes
        rng = np.random.default_rng(self.seed)
        self.weights, self.biases = mlp.initial(sizes, self.initial, rng)
        self.order = np.random.default_rng(self.seed + 1)
        self._moments = [[np.zeros_like(p) for p in (*self.weights, *self.biases)] for _ in "mv"]
        self._steps = 0
        self.history.append(self.costs())

    def outputs(self, points: Float[np.ndarray, "points 2"]) -> list[np.ndarray]:
        """The outputs of all layers, inputs first, for points of the plane."""
        z = features(points, self.inputs)
        return mlp.forward(z, self.weights, self.biases, self.activation, "tanh")[1]

    def costs(self) -> tuple[float, float]:
        """The cost on training and test points; nan where there are none."""
        return tuple(  # type: ignore[return-value]
            mlp.cost(self.outputs(x)[-1], y) if len(x) else float("nan")
            for x, y in (self.train, self.test)
        )

    def wrong(self) -> tuple[float, float]:
        """The share of training and test points on the wrong side; nan where there are none."""
        return tuple(  # type: ignore[return-value]
            float(np.mean((self.outputs(x)[-1] >= 0) != (y > 0))) if len(x) else float("nan")
            for x, y in (self.train, self.test)
        )

    def gradients(self, rows: Any = slice(None)) -> list[np.ndarray]:
        """The gradient by all weights, then by all biases, on some training points."""
        x, y = self.train
        net = (self.weights, self.biases, self.activation, "tanh")
        found = mlp.backpropagate(features(x[rows], self.inputs), y[rows], *net)
        kind, _, strength = self.regularisation.partition(" ")
        if kind != "none":
            pull = np.sign if kind == "L1" else np.asarray
            slopes = [g + float(strength) * pull(W) for g, W in
                      zip(found.weights, self.weights, strict=True)]  # fmt: skip
            return [*slopes, *found.biases]
        return [*found.weights, *found.biases]

    def run(self, epochs: int = 1) -> Training:
        """Train for some epochs, batch by batch in an order from the seed; returns itself."""
        count = len(self.train[0])
        with np.errstate(over="ignore", invalid="ignore"):
            for _ in range(epochs):
                order = self.order.permutation(count)
                for start in range(0, count, self.batch):
                    self._step(order[start : start + self.batch])
                self.epoch += 1
                self.history.append(self.costs())
        return self

    def _step(self, rows: np.ndarray) -> None:
        self._steps += 1
        m, v = self._moments
        parameters = [*self.weights, *self.biases]
        for i, (p, g) in enumerate(zip(parameters, self.gradients(rows), strict=True)):
            if self.optimiser == "momentum":
                m[i] = g = 0.9 * m[i] + g
            elif self.optimiser == "adam":
                m[i], v[i] = 0.9 * m[i] + 0.1 * g, 0.999 * v[i] + 0.001 * g * g
                g = m[i] / (1 - 0.9**self._steps)
                g = g / (np.sqrt(v[i] / (1 - 0.999**self._steps)) + 1e-8)
            p -= self.learning_rate * g

    def add(self, x: float, y: float, label: int) -> None:
        """One more training point."""
        points, targets = self.train
        self.train = (np.vstack([points, [[x, y]]]), np.vstack([targets, [[float(label)]]]))
        self.history[-1] = self.costs()

    @property
    def lost(self) -> bool:
        """Have the weights run away?"""
        return not all(np.isfinite(W).all() for W in self.weights)


def pytorch(training: Training, log: Sequence[tuple[str, Any]]) -> Iterator[str]:
    """Lines of PyTorch that build the net of a log and train it through the same steps."""
    t = training
    names = {"tanh": "Tanh", "relu": "ReLU", "sigmoid": "Sigmoid", "linear": "Identity"}
    optimisers = {
        "sgd": "SGD(net.parameters(), lr=rate)",
        "momentum": "SGD(net.parameters(), lr=rate, momentum=0.9)",
        "adam": "Adam(net.parameters(), lr=rate)",
    }
    first = log[0][1]
    yield "import numpy as np"
    yield "import torch"
    yield "from torch import nn"
    yield "from course_lib.models import mlp"
    yield "from course_lib.models.plane_net import features, plane_data"
    yield ""
    if t.given is None:
        yield f"(points, targets), test = plane_data({t.data!r}, noise={t.noise:g}, seed={t.seed})"
    else:
        points, targets = t.given
        yield f"points = np.array({points.tolist()}).reshape(-1, 2)"
        yield f"targets = np.array({targets.tolist()}).reshape(-1, 1)"
    yield f"X, y = torch.tensor(features(points, {t.inputs!r})), torch.tensor(targets)"
    yield ""
    yield "net = nn.Sequential("
    for m, n in zip(t.sizes[:-2], t.sizes[1:-1], strict=True):
        yield f"    nn.Linear({m}, {n}), nn.{names[t.activation]}(),"
    yield f"    nn.Linear({t.sizes[-2]}, 1), nn.Tanh(),"
    yield ").double()"
    yield "linear = [layer for layer in net if isinstance(layer, nn.Linear)]"
    yield f"start = mlp.initial({t.sizes}, {t.initial!r}, np.random.default_rng({t.seed}))"
    yield "with torch.no_grad():"
    yield "    for layer, W, b in zip(linear, *start):"
    yield "        layer.weight.copy_(torch.tensor(W))"
    yield "        layer.bias.copy_(torch.tensor(b))"
    yield ""
    yield f"rate = {first['learning_rate']:g}"
    yield f"optimiser = torch.optim.{optimisers[t.optimiser]}"
    yield f"order = np.random.default_rng({t.seed} + 1)"
    yield ""
    yield "def run(epochs, rate, batch, l1=0.0, l2=0.0):"
    yield '    optimiser.param_groups[0]["lr"] = rate'
    yield "    for _ in range(epochs):"
    yield "        for rows in torch.tensor(order.permutation(len(X))).split(batch):"
    yield "            loss = 0.5 * (net(X[rows]) - y[rows]).pow(2).mean()"
    yield "            for layer in linear:"
    yield "                loss = loss + l1 * layer.weight.abs().sum()"
    yield "                loss = loss + 0.5 * l2 * layer.weight.pow(2).sum()"
    yield "            optimiser.zero_grad()"
    yield "            loss.backward()"
    yield "            optimiser.step()"
    yield ""
    now = {key: first[key] for key in CHANGEABLE}
    for kind, what in log:
        if kind == "set":
            now |= {key: value for key, value in what.items() if key in now}
        elif kind == "point":
            px, py, label = what
            yield f"more = features(np.array([[{px}, {py}]]), {t.inputs!r})"
            yield "X = torch.cat([X, torch.tensor(more)])"
            yield f"y = torch.cat([y, torch.tensor([[{float(label)}]]).double()])"
        else:
            name, _, strength = now["regularisation"].partition(" ")
            extra = f", {name.lower()}={strength}" if name != "none" else ""
            yield f"run({what}, rate={now['learning_rate']:g}, batch={now['batch']}{extra})"
