"""The multilayer perceptron against torch, finite differences and the lectures' numbers."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.models import mlp
from course_lib.models.torch_mlp import MLP
from course_lib.trace import record

# Lecture 000A, topics 49 and 53: the net 2:3:2:1 without biases; weights as (units, inputs).
W = [
    np.array([[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]]),
    np.array([[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]]),
    np.array([[0.7, 0.8]]),
]
B = [np.zeros(3), np.zeros(2), np.zeros(1)]
X = np.array([[1.0, 0.0]])
SIZES = st.lists(st.integers(1, 5), min_size=2, max_size=5)


def test_the_lectures_forward_pass():
    _, z = mlp.forward(X, W, B)
    np.testing.assert_allclose(z[1], [[0.524979, 0.549834, 0.574443]], atol=5e-7)
    np.testing.assert_allclose(z[2], [[0.623556, 0.661412]], atol=5e-7)
    np.testing.assert_allclose(z[3], [[0.724245]], atol=5e-7)


def test_the_lectures_learning_step():
    states = record(mlp.learning_step([1, 0], [0], W, B))
    assert [s.phase for s in states] == ["forward"] * 4 + ["backward"] * 3 + ["update"] * 3
    last = states[-1]
    # The lecture's delta has the opposite sign.
    np.testing.assert_allclose(-last.deltas[3], [-0.144642], atol=5e-7)
    np.testing.assert_allclose(-last.deltas[2], [-0.023767, -0.025914], atol=5e-7)
    np.testing.assert_allclose(-last.deltas[1], [-0.001885, -0.004330, -0.006706], atol=5e-7)
    assert round(last.cost, 6) == 0.262266
    np.testing.assert_allclose(last.weights[2], [[0.654904, 0.752166]], atol=5e-7)
    np.testing.assert_allclose(
        last.weights[1].T,
        [[0.093761, 0.193198], [0.293466, 0.392876], [0.493174, 0.592557]],
        atol=5e-7,
    )
    np.testing.assert_allclose(
        last.weights[0].T, [[0.099057, 0.197835, 0.296647], [0.4, 0.5, 0.6]], atol=5e-7
    )
    assert states[0].z[1] is None and states[6].deltas[1] is not None
    assert states[6].weights is not last.weights and np.array_equal(states[6].weights[0], W[0])


@settings(max_examples=40, deadline=None)
@given(
    SIZES,
    st.sampled_from(list(mlp.ACTIVATIONS)),
    st.sampled_from(list(mlp.ACTIVATIONS)),
    st.integers(1, 6),
    st.integers(0, 10**6),
)
def test_gradients_agree_with_torch(sizes, hidden, output, patterns, seed):
    rng = np.random.default_rng(seed)
    weights, biases = mlp.initial(sizes, "xavier", rng)
    biases = [b + 0.3 * rng.standard_normal(b.shape) for b in biases]
    x, y = rng.normal(size=(patterns, sizes[0])), rng.normal(size=(patterns, sizes[-1]))
    ours = mlp.backpropagate(x, y, weights, biases, hidden, output)
    net = MLP(sizes, hidden, output).double().load(weights, biases)
    loss = 0.5 * (net(torch.tensor(x)) - torch.tensor(y)).pow(2).sum() / patterns
    loss.backward()
    assert np.isclose(ours.cost, loss.item(), rtol=1e-12)
    for layer, dw, db in zip(net.layers, ours.weights, ours.biases, strict=True):
        np.testing.assert_allclose(dw, layer.weight.grad.numpy(), rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(db, layer.bias.grad.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("hidden", list(mlp.ACTIVATIONS))
def test_gradients_agree_with_finite_differences(hidden):
    rng = np.random.default_rng(3)
    sizes = [2, 5, 3, 4]
    weights, biases = mlp.initial(sizes, "xavier", rng)
    x, y = rng.normal(size=(7, 2)), rng.normal(size=(7, 4))
    ours = mlp.backpropagate(x, y, weights, biases, hidden, "tanh")
    dw, db, passes = mlp.numerical_gradients(x, y, weights, biases, hidden, "tanh")
    assert passes == mlp.parameters(sizes) + 1
    for a, b in zip([*ours.weights, *ours.biases], [*dw, *db], strict=True):
        np.testing.assert_allclose(a, b, atol=2e-6)


@pytest.mark.parametrize("name", list(mlp.ACTIVATIONS))
def test_slopes_agree_with_finite_differences(name):
    f, slope = mlp.activation(name)
    a, h = np.array([-3.0, -0.7, 0.2, 1.0, 5.0]), 1e-6
    np.testing.assert_allclose(slope(a, f(a)), (f(a + h) - f(a - h)) / (2 * h), atol=1e-8)


@pytest.mark.parametrize(
    ("sizes", "bias", "count"),
    [([4, 3, 2], True, 23), ([2, 3, 1], True, 13), ([784, 78, 10], True, 62020),
     ([2, 3, 2, 1], False, 14), ([2, 3, 2, 1], True, 20), ([8, 3, 8], True, 59)],
)  # fmt: skip
def test_parameter_counts_of_the_lectures(sizes, bias, count):
    assert mlp.parameters(sizes, bias=bias) == count
    if bias:
        assert sum(p.numel() for p in MLP(sizes).parameters()) == count


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 7), st.integers(0, 10**6), st.floats(0.05, 0.5))
def test_levels_agree_with_networkx(n, seed, density):
    adjacency = (np.random.default_rng(seed).random((n, n)) < density).astype(int)
    found = mlp.levels(adjacency)
    graph = nx.from_numpy_array(adjacency, create_using=nx.DiGraph)
    assert (found is not None) == nx.is_directed_acyclic_graph(graph)
    if found is not None:
        assert all(found[i] < found[j] for i, j in graph.edges)
        for level, units in enumerate(nx.topological_generations(graph)):
            assert {i for i, own in enumerate(found) if own == level} == set(units)


def test_initial_weights_have_the_promised_spread():
    rng = np.random.default_rng(0)
    sizes = [400, 300, 200]
    expected = {"xavier": (2 / 700) ** 0.5, "he": (2 / 400) ** 0.5, "small": 0.01, "large": 3.0,
                "lecture": 1 / 20 / 3**0.5, "zero": 0.0}  # fmt: skip
    for scheme, spread in expected.items():
        weights, biases = mlp.initial(sizes, scheme, rng)
        assert [w.shape for w in weights] == [(300, 400), (200, 300)]
        assert np.isclose(weights[0].std(), spread, rtol=0.02)
        assert all((b == 0).all() for b in biases)
    lecture, _ = mlp.initial(sizes, "lecture", rng)
    assert 0.049 < np.abs(lecture[0]).max() <= 0.05


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: mlp.activation("sigmiod"), KeyError, "sigmoid"),
        (lambda: MLP([2, 1], hidden="rleu"), KeyError, "relu"),
        (lambda: mlp.initial([2, 1], "xaver", np.random.default_rng(0)), KeyError, "xavier"),
        (lambda: mlp.forward(np.ones((1, 3)), W, B), ValueError, "layer 1"),
        (lambda: mlp.levels(np.ones((2, 3))), ValueError, "square"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
