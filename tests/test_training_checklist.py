"""The check list finds every planted fault, and nothing where there is none."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from course_lib.datasets import load
from course_lib.training import checklist


def data(n: int = 300):
    g = torch.Generator().manual_seed(0)
    y = torch.randint(3, (n,), generator=g)
    return torch.randn(n, 4, generator=g) + y[:, None], y


def net(last: nn.Module | None = None, outputs: int = 3) -> nn.Sequential:
    torch.manual_seed(0)
    layers = [nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, outputs)]
    return nn.Sequential(*layers, *([last] if last else []))


def found(train, model, loss=F.cross_entropy, **more) -> dict[str, str]:
    return checklist(train, model, loss=loss, **more).suspicious


def regression(scale: float = 1.0):
    x, y = data()
    return x, scale * (x.sum(1, keepdim=True) / 10)


# proves 000A:Input normalisation (min-max, standard), check list
def test_a_healthy_run_is_not_suspicious() -> None:
    x, y = data()
    assert found((x, y), net(), learning_rate=0.01) == {}
    one_hot = F.one_hot(y, 3).float()
    assert found((x, one_hot), net(), learning_rate=0.01) == {}
    assert found(regression(), net(outputs=1), F.mse_loss, learning_rate=0.01) == {}


def test_real_digits_unscaled_and_standardised() -> None:
    digits = load("digits")
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    assert "inputs are normalised" in found(digits, model)
    assert found(digits.standardised(), model, learning_rate=0.01) == {}


def sorted_batches():
    x, y = data()
    order = y.argsort()
    return DataLoader(TensorDataset(x[order], y[order]), batch_size=30)


def zero_weights() -> nn.Module:
    model = net()
    nn.init.zeros_(model[2].weight)
    return model


def huge_weights() -> nn.Module:
    model = net()
    with torch.no_grad():
        model[0].weight *= 100
    return model


def dead_relus() -> nn.Module:
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
    nn.init.constant_(model[0].bias, -50.0)
    return model


def loud_outputs() -> nn.Module:
    model = net()
    with torch.no_grad():
        model[2].weight *= 100
    return model


def frozen() -> nn.Module:
    model = net()
    model[0].weight.requires_grad_(False)
    return model


class Unused(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.used, self.forgotten = net(), nn.Linear(4, 4)

    def forward(self, x):
        return self.used(x)


x, y = data()
with_nan = x.clone()
with_nan[3, 1] = math.nan
one_wide = x * torch.tensor([1.0, 1.0, 1.0, 0.005])
FAULTS = {
    "nan": ("inputs are numbers", "1 input values are nan", (with_nan, y), net, {}),
    "pixels": ("inputs are normalised", "standardise", (x * 100, y), net, {}),
    "one wide feature": ("inputs are normalised", "one feature", (one_wide, y), net, {}),
    "constant": ("inputs are normalised", "nothing to learn", (torch.ones(90, 4), y[:90]), net, {}),
    "large targets": (
        "targets are normalised",
        "scale them",
        regression(100),
        lambda: net(outputs=1),
        {"loss": F.mse_loss},
    ),
    "sorted": ("classes are mixed in the batches", "shuffle", sorted_batches(), net, {}),
    "float labels": ("labels have the right format", "targets.long", (x, y.float()), net, {}),
    "from 1": ("labels have the right format", "3 scores", (x, y + 1), net, {}),
    "from 1, spare score": (
        "labels have the right format",
        "begin at 1",
        (x, y + 1),
        lambda: net(outputs=4),
        {},
    ),
    "two-hot": (
        "labels have the right format",
        "add up to 1",
        (x, torch.ones(300, 3)),
        net,
        {},
    ),
    "softmax twice": (
        "loss suits the labels",
        "probabilities already",
        (x, y),
        lambda: net(nn.Softmax(1)),
        {},
    ),
    "one score": (
        "loss suits the labels",
        "always 0",
        (x, y * 0),
        lambda: net(outputs=1),
        {},
    ),
    "class numbers, squared error": (
        "loss suits the labels",
        "need cross-entropy",
        (x, y),
        lambda: net(outputs=3),
        {"loss": lambda out, t: ((out - t[:, None]) ** 2).mean()},
    ),
    "(n, 1) and (n,)": (
        "loss suits the labels",
        "compared all with all",
        (x, regression()[1][:, 0]),
        lambda: net(outputs=1),
        {"loss": lambda out, t: ((out - t) ** 2).mean()},
    ),
    "wrong width": ("loss suits the labels", "a batch of 64 gives", (x[:, :3], y), net, {}),
    "all equal": ("weights are sensible", "copies of each other", (x, y), zero_weights, {}),
    "saturated": ("weights are sensible", "saturated", (x, y), huge_weights, {}),
    "dead": ("weights are sensible", "dead", (x, y), dead_relus, {}),
    "loud": ("weights are sensible", "guessing has 1.1", (x, y), loud_outputs, {}),
    "frozen": ("gradient reaches all weights", "requires_grad", (x, y), frozen, {}),
    "unused": ("gradient reaches all weights", "forgotten.weight", (x, y), Unused, {}),
    "too fast": (
        "learning rate is adequate",
        "rises",
        (x, y),
        net,
        {"optimiser": "sgd", "learning_rate": 500.0},
    ),
    "too slow": (
        "learning rate is adequate",
        "hardly moves",
        (x, y),
        net,
        {"optimiser": "sgd", "learning_rate": 1e-6},
    ),
}


@pytest.mark.filterwarnings("ignore:Using a target size")
@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_found(fault: str) -> None:
    question, words, train, model, more = FAULTS[fault]
    answers = found(train, model(), **{"learning_rate": 0.01, **more})
    assert words in answers.get(question, ""), answers


def test_it_changes_nothing() -> None:
    model = net().eval()
    before = {name: t.clone() for name, t in model.state_dict().items()}
    state = torch.get_rng_state()
    checklist(data(), model, loss=F.cross_entropy)
    assert torch.equal(state, torch.get_rng_state()) and not model.training
    assert all(torch.equal(t, before[name]) for name, t in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())


def test_data_alone_and_the_table() -> None:
    answers = checklist((x * 100, y))
    assert list(answers.suspicious) == ["inputs are normalised"]
    table = answers.table()
    assert table.column("verdict").count("look here") == 1 and len(table) == 9
    assert "inputs are normalised" in repr(answers)
