"""Addressing against the lecture's numbers, the torch machine against the NumPy operations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from course_lib.models import turing_machine as ntm
from course_lib.models import turing_machine_weights
from course_lib.trace import record

M = np.array([[1, 0, 0], [0, 1, 0], [0.7, 0.7, 0], [0, 0, 1]])
KEY = np.array([1.0, 0.0, 0.0])


@pytest.mark.parametrize(
    ("beta", "focus"),
    [(1, [0.40292, 0.14823, 0.30062, 0.14823]), (5, [0.80342, 0.00541, 0.18575, 0.00541])],
)
def test_content_focus(beta: float, focus: list[float]) -> None:
    np.testing.assert_allclose(ntm.content_focus(M, KEY, beta), focus, atol=6e-6)


def test_the_lectures_pipeline() -> None:
    stages = record(ntm.address(M, KEY, 5, np.eye(4)[3], 0.8, np.array([0, 0, 1]), 2))
    expected = {
        "content": [0.80342, 0.00541, 0.18575, 0.00541],
        "gate": [0.64274, 0.00433, 0.1486, 0.20433],
        "shift": [0.20433, 0.64274, 0.00433, 0.1486],
        "sharpen": [0.08754, 0.86613, 0.00004, 0.0463],
    }
    for state in stages:
        np.testing.assert_allclose(state.focus, expected[state.stage], atol=6e-6)
        np.testing.assert_allclose(state.reads, state.focus @ M)
    np.testing.assert_allclose(stages[0].reads, [0.93345, 0.13544, 0.00541], atol=6e-6)
    after = ntm.write(M, stages[-1].focus, np.ones(3), np.array([0, 0, 2.0]))
    rows = [[0.912, 0, 0.175], [0, 0.134, 1.732], [0.700, 0.700, 0], [0, 0, 1.046]]
    np.testing.assert_allclose(after, rows, atol=6e-4)


def test_shift_is_a_convolution() -> None:
    w, s = np.array([0.1, 0.2, 0.3, 0.4, 0.0]), np.array([0.2, 0.5, 0.3])
    expected = [sum(w[(i - j) % 5] * s[j + 1] for j in (-1, 0, 1)) for i in range(5)]
    np.testing.assert_allclose(ntm.shift(w, s), expected)


def test_a_hand_set_machine_copies() -> None:
    bits = np.random.default_rng(0).integers(0, 2, size=(9, 5)).astype(float)
    ticks = record(ntm.copy_by_hand(bits, slots=12))
    np.testing.assert_array_equal([t.outputs for t in ticks[9:]], bits)
    with pytest.raises(ValueError, match="do not fit"):
        list(ntm.copy_by_hand(bits, slots=8))


def test_torch_focus_equals_the_four_stages() -> None:
    machine = ntm.TuringMachine(3, slots=4, cell=3, nets=2)
    rng = np.random.default_rng(1)
    p = rng.normal(size=(2, 1, 1, 9))
    memory, previous = rng.normal(size=(2, 1, 4, 3)), rng.dirichlet(np.ones(4), size=(2, 1, 1))
    found = machine.focus(*(torch.tensor(a) for a in (p, memory, previous)))
    softplus = lambda a: np.log1p(np.exp(a))  # noqa: E731
    for net in range(2):
        key, beta, gate, shares, gamma = np.split(p[net, 0, 0], [3, 4, 5, 8])
        expected = record(
            ntm.address(
                memory[net, 0],
                np.tanh(key),
                float(softplus(beta + 1)[0]),
                previous[net, 0, 0],
                float(1 / (1 + np.exp(-gate[0]))),
                np.exp(shares) / np.exp(shares).sum(),
                1 + float(softplus(gamma + 1)[0]),
            )
        )[-1].focus
        np.testing.assert_allclose(found[net, 0, 0].numpy(), expected, atol=1e-6)


def test_every_slot_gets_a_gradient() -> None:
    machine = ntm.TuringMachine(2, slots=5, cell=3, size=6, nets=2)
    inputs, bits = ntm.copy_task(2, 3, 2, 2, torch.Generator().manual_seed(0))
    logits, states = machine(inputs)
    assert logits.shape == (2, 3, 6, 2) and bits.shape == (2, 3, 2, 2) and len(states) == 6
    logits[0].sum().backward()
    for name, weight in machine.named_parameters():
        assert weight.grad is not None and weight.grad[0].abs().sum() > 0, name
        assert (weight.grad[1] == 0).all(), name
    memory, wrote, looked = states[-1]
    torch.testing.assert_close(wrote.sum(-1), torch.ones(2, 3))
    assert memory.shape == (2, 3, 5, 3) and (looked > 0).all()


def test_training_lowers_the_loss_and_runs_are_told_step_by_step() -> None:
    machine = ntm.TuringMachine(2, slots=4, cell=4, size=12)
    losses = ntm.train_copy(machine, updates=60, lengths=(1, 1), batch=8)
    assert losses[-10:].mean() < 0.8 * losses[:10].mean()
    assert ntm.bit_errors(machine, 1, batch=20) < 0.4
    ticks = record(ntm.run(machine, np.array([[1.0, 0.0], [0.0, 1.0]])))
    assert [t.phase for t in ticks] == ["mark", "write", "write", "mark", "read", "read"]
    rival = ntm.LSTMCopier(2, 8)
    assert ntm.train_copy(rival, updates=2, lengths=(1, 2)).shape == (2, 1)
    assert ntm.bit_errors(rival, 3, batch=50)[0] == pytest.approx(0.5, abs=0.2)


def test_bad_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="beta"):
        ntm.content_focus(M, KEY, -1)
    with pytest.raises(ValueError, match="gamma"):
        ntm.sharpen(np.ones(3) / 3, 0.5)
    assert ntm.content_focus(np.zeros((2, 3)), KEY, 3).tolist() == [0.5, 0.5]


def test_the_shipped_machine_copies_and_prints_itself() -> None:
    machine = ntm.trained()
    assert ntm.bit_errors(machine, 6, seed=1)[0] == 0
    with torch.no_grad():
        torch.testing.assert_close(machine.W[0, 0, :3], torch.tensor(first_numbers()))
    assert ntm.source_of(machine) == Path(turing_machine_weights.__file__).read_text("utf-8")


def first_numbers() -> list[float]:
    return [float(number) for number in turing_machine_weights.WEIGHTS["W"].split()[:3]]
