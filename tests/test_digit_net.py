"""The digits in three parts, the small net, and the two walks, against torch and by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from course_lib.models.digit_net import digit_net, digit_parts, digit_sets, find_the_mean, walk


def test_parts_are_disjoint_standardised_and_complete() -> None:
    train, validation, test = digit_sets(seed=3)
    assert [len(part[1]) for part in (train, validation, test)] == [600, 300, 897]
    raw = digit_parts(seed=3)
    pixels = np.concatenate([part.inputs for part in raw])
    assert len(np.unique(pixels, axis=0)) == len(np.unique(pixels.round(6), axis=0)) > 1780
    spread = raw[0].inputs.std(axis=0)
    moved = train[0].numpy()[:, spread > 0.05]
    np.testing.assert_allclose(moved.mean(axis=0), 0, atol=0.05)  # a few are cut at -5 and 5
    assert np.abs(train[0].numpy()).max() == 5
    for part, pair in zip(raw, (train, validation, test), strict=True):
        assert (part.targets == pair[1].numpy()).all()


def test_net_follows_from_its_seed_and_leaves_torch_alone() -> None:
    before = torch.get_rng_state()
    one, same, other = digit_net(5, seed=1), digit_net(5, seed=1), digit_net(5, seed=2)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(one[0].weight, same[0].weight)
    assert not torch.equal(one[0].weight, other[0].weight)
    assert len(digit_net(5, dropout=0.1, batch_norm=True)) == 5
    with pytest.raises(ValueError, match="1 up"):
        digit_net(0)


def test_five_numbers_by_hand() -> None:
    steps = list(find_the_mean([2, 4, 4, 5, 7], batch=2, rate=0.5, epochs=2))
    assert [s.after for s in steps[:3]] == [1.5, 3.0, 5.0]
    assert [s.loss for s in steps[:3]] == [5.0, 4.625, 8.0]
    assert [s.epoch for s in steps] == [1, 1, 1, 2, 2, 2] and steps[3].before == 5.0
    shrinking = list(find_the_mean([2, 4], 2, lambda update: 1 / (update + 1), 2, start=1.0))
    assert [s.rate for s in shrinking] == [1, 0.5] and shrinking[-1].after == 3
    shuffled = list(find_the_mean(range(9), 3, 0.1, 1, rng=np.random.default_rng(0)))
    assert sorted(v for s in shuffled for v in s.batch) == list(range(9))
    assert [v for s in shuffled for v in s.batch] != list(range(9))


def test_walk_is_plain_sgd() -> None:
    train, held_out, _ = digit_sets(seed=0, train=60, validation=30)
    order = torch.arange(60).flip(0)
    ours, theirs = digit_net(4, seed=0), digit_net(4, seed=0)
    looks = list(walk(ours, train, held_out, order, batch=25, rate=0.3))
    optimiser = torch.optim.SGD(theirs.parameters(), lr=0.3)
    losses = []
    for rows in order.split(25):
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(theirs(train[0][rows]), train[1][rows])
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert [len(look.labels) for look in looks] == [25, 25, 10]
    assert [look.loss for look in looks] == pytest.approx(losses)
    for mine, its in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.allclose(mine, its, atol=1e-6)
    assert looks[-1].says.sum() == 30
