"""Training side by side: the same as one net alone; splits, padding, and the fourteen tasks."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from course_lib.datasets import load
from course_lib.datasets.fourteen import fourteen
from course_lib.models.learnable_activations import KINDS, Bends
from course_lib.training import side_by_side


@pytest.fixture(scope="module")
def pair() -> side_by_side.Tasks:
    return side_by_side.tasks([load("iris"), load("moons", n=60, noise=0.2, rng=0)], [0, 1])


def test_parts_are_disjoint_and_padded(pair: side_by_side.Tasks) -> None:
    iris = load("iris")
    train, validation, test = side_by_side.splits(iris, 0)
    assert (len(train), len(validation), len(test)) == (75, 30, 45)
    np.testing.assert_allclose(train.inputs.mean(axis=0), 0, atol=1e-12)
    raw = [p.inputs for p in (train, validation, test)]
    assert len(np.unique(np.vstack(raw).round(9), axis=0)) == len(
        np.unique((iris.inputs - train.inputs.mean(0)).round(9), axis=0)
    )
    inputs, targets = pair.parts["train"]
    assert inputs.shape == (4, 75, 4) and pair.counts["train"].tolist() == [75, 75, 30, 30]
    assert not inputs[2:, 30:].any() and not inputs[2:, :, 2:].any()
    assert targets.max() == 2 and pair.classes == 3 and pair.nets == 4
    assert pair.repeat(2).nets == 8
    with pytest.raises(ValueError, match="diabetes"):
        side_by_side.tasks([load("diabetes")], [0])


def test_one_net_learns_as_torchs_adam_would(pair: side_by_side.Tasks) -> None:
    make, gain = KINDS["PReLU"]

    def nets() -> Bends:
        return Bends(4, (4, 6, 3), make, gain, torch.tensor([0, 1, 0, 1]))

    ours, theirs = nets(), nets()
    rates = torch.tensor([0.01, 0.03, 0.01, 0.03])
    side_by_side.train_side_by_side(ours, pair, rates, steps=7, batch_size=8, seed=5)
    draw = torch.Generator().manual_seed(5)
    inputs, targets = pair.parts["train"]
    adam = torch.optim.Adam(theirs.parameters(), 0.03)
    for _ in range(7):
        rows = (torch.rand(8, 4, generator=draw) * pair.counts["train"]).long()
        x, t = inputs[torch.arange(4), rows], targets[torch.arange(4), rows]
        adam.zero_grad()
        y = theirs(x)
        # net 1 alone, the mean over its own batch
        torch.nn.functional.cross_entropy(y[:, 1], t[:, 1]).backward()
        adam.step()
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(p[1], q[1], rtol=1e-3, atol=1e-5)


def test_accuracy_counts_own_rows_only(pair: side_by_side.Tasks) -> None:
    class Zero(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.tensor([1.0, 0, 0]).expand(*x.shape[:2], 3)

    found = side_by_side.accuracies(Zero(), pair, "test")
    np.testing.assert_allclose(found, [1 / 3, 1 / 3, 0.5, 0.5])


def test_fourteen_tasks() -> None:
    tasks = fourteen()
    assert len(tasks) == len({t.name for t in tasks}) == 14
    for data in tasks:
        assert data.inputs.ndim == 2 and np.isfinite(data.inputs).all()
        assert set(np.unique(data.targets)) == set(range(len(data.class_names)))
    assert [t.inputs.shape[1] for t in tasks[:7]] == [4, 13, 30, 16, 25, 10, 7]
    digits = load("digits").inputs[0].reshape(8, 8)
    assert tasks[3].inputs[0, 0] == pytest.approx(digits[:2, :2].mean())
