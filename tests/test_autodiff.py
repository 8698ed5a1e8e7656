"""The engine against torch's autograd and against finite differences, on random expressions."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.models import autodiff
from course_lib.models.autodiff import Value, flow
from course_lib.models.autodiff_trace import graph, paths, trace
from course_lib.trace import record

TORCH = {
    "exp": torch.exp, "log": torch.log, "sin": torch.sin, "abs": torch.abs, "tanh": torch.tanh,
    "relu": torch.relu, "sigmoid": torch.sigmoid,
}  # fmt: skip
SHAPES = [(), (1,), (3,), (2, 1), (2, 3), (1, 3)]


def double(array) -> torch.Tensor:
    return torch.tensor(np.asarray(array), dtype=torch.float64, requires_grad=True)


def build(program, values, apply):
    """Run a list of instructions; every instruction appends one value."""
    stack = list(values)
    for kind, i, j in program:
        a, b = stack[i % len(stack)], stack[j % len(stack)]
        if kind == "+":
            stack.append(a + b)
        elif kind == "-":
            stack.append(a - 0.5 * b)
        elif kind == "*":
            stack.append(a * b * 0.3)
        elif kind == "/":
            stack.append(a / (b * b + 1.5))
        elif kind == "^":
            stack.append((a * a + 0.7) ** 1.5 * 0.1)
        elif kind == "log":
            stack.append(apply(a * a + 1.2, "log"))
        elif kind == "exp":
            stack.append(apply(apply(a, "tanh"), "exp"))
        else:
            stack.append(apply(a, kind))
    return stack[-1]


KINDS = ["+", "-", "*", "/", "^", "log", "exp", "sin", "abs", "tanh", "relu", "sigmoid"]
PROGRAM = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 30), st.integers(0, 30)), min_size=1,
    max_size=10,
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(PROGRAM, st.lists(st.sampled_from(SHAPES), min_size=2, max_size=3), st.integers(0, 10**6))
def test_random_expressions_agree_with_torch(program, shapes, seed):
    rng = np.random.default_rng(seed)
    starts = [rng.normal(size=shape) for shape in shapes]
    ours, theirs = [Value(s) for s in starts], [double(s) for s in starts]
    result = build(program, ours, lambda v, name: v.apply(name)).sum()
    expected = build(program, theirs, lambda v, name: TORCH[name](v)).sum()
    result.backward()
    if expected.requires_grad:
        expected.backward()
    np.testing.assert_allclose(result.data, expected.item(), rtol=1e-10, atol=1e-12)
    for a, b in zip(ours, theirs, strict=True):
        assert a.grad.shape == a.data.shape
        wanted = np.zeros_like(a.data) if b.grad is None else b.grad.numpy()
        np.testing.assert_allclose(a.grad, wanted, rtol=1e-8, atol=1e-10)


@settings(max_examples=60, deadline=None)
@given(PROGRAM, st.integers(0, 10**6))
def test_random_scalar_expressions_agree_with_finite_differences(program, seed):
    smooth = [(kind if kind not in ("abs", "relu") else "sin", i, j) for kind, i, j in program]
    start = np.random.default_rng(seed).normal(size=2)

    def f(x):
        return float(build(smooth, [Value(v) for v in x], lambda v, name: v.apply(name)).data)

    inputs = [Value(v) for v in start]
    build(smooth, inputs, lambda v, name: v.apply(name)).backward()
    h = 1e-5
    for i, step in enumerate(np.eye(2) * h):
        slope = (f(start + step) - f(start - step)) / (2 * h)
        assert np.isclose(inputs[i].grad, slope, rtol=1e-4, atol=1e-6)


def test_matrix_products_and_broadcast_biases_with_unequal_sizes():
    rng = np.random.default_rng(0)
    X, W, b = rng.normal(size=(5, 3)), rng.normal(size=(4, 3)), rng.normal(size=4)
    ours, theirs = [Value(a) for a in (X, W.T, b)], [double(a) for a in (X, W.T, b)]
    ((ours[0] @ ours[1] + ours[2]).apply("tanh") ** 2).sum().backward()
    (torch.tanh(theirs[0] @ theirs[1] + theirs[2]) ** 2).sum().backward()
    for a, t in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.grad, t.grad.numpy(), rtol=1e-12)


def test_an_array_on_the_left_is_no_trap():
    x = Value([1.0, 2.0])
    (np.array([3.0, 4.0]) * x + np.array(1.0) - x / 2 + 1 / x).sum().backward()
    np.testing.assert_allclose(x.grad, [3 - 0.5 - 1, 4 - 0.5 - 0.25])


def test_the_lectures_graph():
    """Lecture 000B, topic 20: C = y - max(0, w x + b) at y = 5, w = 2, x = 1, b = 1."""
    y, w, x, b = (Value(v) for v in (5.0, 2.0, 1.0, 1.0))
    z = y - (w * x + b).apply("relu")
    z.backward()
    assert [float(v) for v in (z.data, w.grad, x.grad, b.grad, y.grad)] == [2, -1, -2, -1, 1]


@pytest.mark.parametrize("at", [-2.0, -0.5, 0.0, 0.5, 3.0])
def test_softsign_sums_over_two_paths(at):
    x = Value(at)
    y = x / (1 + x.apply("abs"))
    y.backward()
    assert np.isclose(x.grad, 1 / (1 + abs(at)) ** 2)
    assert paths(y, x) == 2


def test_backward_twice_adds_up_and_says_so():
    x = Value(3.0)
    y = x * x + x
    y.backward()
    assert x.grad == 7
    with pytest.warns(UserWarning, match="add up"):
        y.backward()
    assert x.grad == 14, "inner gradients must not be carried twice"
    t = double(3.0)
    for _ in range(2):
        (t * t + t).backward()
    assert x.grad == t.grad.item()


def test_the_first_backward_is_silent():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (Value(2.0) * 3).backward()


def test_a_long_chain_and_a_shared_ladder_stay_cheap():
    x = v = Value(1.0)
    for _ in range(5000):
        v = v + 1e-3 * x
    v.backward()
    assert np.isclose(x.grad, 6)
    y = start = Value(1.0)
    for _ in range(200):
        y = (y + y) * 0.5
    assert sum(1 for _ in flow(y)) == 1 + 200 * 3
    assert paths(y, start) == 2**200


def test_each_value_comes_after_all_that_were_made_from_it():
    a, b = Value(1.0), Value(2.0)
    c = a * b
    d = c + a * c
    place = {value: i for i, (value, _) in enumerate(flow(d))}
    assert all(place[value] < place[v] for value in place for v, _ in value.inputs)


def test_the_trace_ends_with_the_gradients_of_backward():
    w, x, b, y = (Value(v) for v in (2.0, 1.0, 1.0, 5.0))
    z = y - (w * x + b).apply("relu")
    picture, states = graph(z, {"w": w, "x": x, "b": b, "y": y}), record(trace(z))
    z.backward()
    assert len(states) == 2 * len(picture.nodes)
    assert [s.phase for s in states].count("forward") == len(picture.nodes)
    assert states[-1].gradients == {i: float(v.grad) for i, v in enumerate(picture.nodes)}
    assert {"w", "x", "b", "y", "relu"} <= set(picture.labels)
    for i, value in enumerate(picture.nodes):  # a gradient is the sum of what was handed to it
        handed = [g for s in states for to, g in s.handed if to == i]
        assert not handed or np.isclose(sum(handed), float(value.grad))


def test_the_graph_shows_numbers_only():
    with pytest.raises(ValueError, match="arrays"):
        graph((Value([1.0, 2.0]) * 2).sum())


def test_the_engine_keeps_to_eighty_lines():
    text = Path(autodiff.__file__).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 80
    assert not re.search(r"^import torch|^from torch", text, flags=re.M)
