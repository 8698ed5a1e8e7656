"""The perceptron and its circuits against the lectures' traces, torch, scikit-learn and brute
force.
"""

from fractions import Fraction
from itertools import permutations, product

import numpy as np
import pytest
import torch
from sklearn.linear_model import Perceptron as Reference

from course_lib.models.circuits import (
    ADDER,
    XOR,
    Unit,
    add_bits,
    add_numbers,
    boolean_functions,
    run_circuit,
    sigmoid,
    truth_inputs,
)  # fmt: skip
from course_lib.models.perceptron import (
    averaged_perceptron,
    convergence_bound,
    delta_rule,
    hebb,
    learn,
    mcculloch_pitts,
    perceptron_criterion,
    predict,
    separating_weights,
    signed_distance,
)  # fmt: skip
from course_lib.trace import record

X = truth_inputs(2)
GATES = {
    "AND": [0, 0, 0, 1], "OR": [0, 1, 1, 1], "NAND": [1, 1, 1, 0], "NOR": [1, 0, 0, 0],
    "XOR": [0, 1, 1, 0],
}  # fmt: skip
# Lecture 000A, topic 46: epochs, weights, bias from zero in the order 00, 01, 10, 11.
TRACES = {
    "AND": (6, (2, 1), -2), "OR": (4, (1, 1), 0), "NAND": (6, (-2, -1), 3), "NOR": (4, (-1, -1), 1),
}  # fmt: skip


@pytest.mark.parametrize("gate", TRACES)
def test_the_lectures_binary_traces(gate):
    last = record(learn(X, GATES[gate]))[-1]
    assert (last.epoch, tuple(last.weights), last.bias) == TRACES[gate]
    assert predict(X, last.weights, last.bias).tolist() == GATES[gate]


@pytest.mark.parametrize("gate", TRACES)
def test_both_target_conventions_are_the_same_algorithm(gate):
    binary = record(learn(X, GATES[gate]))
    bipolar = record(learn(X, 2 * np.array(GATES[gate]) - 1))
    assert np.array_equal(binary.column("weights"), bipolar.column("weights"))


@pytest.mark.parametrize(
    "gate, weights, bias, updates",
    [("AND", (3, 2), -4, 18), ("OR", (2, 2), -1, 9), ("NAND", (-3, -2), 4, 18)],
)
def test_the_bipolar_traces_where_zero_is_an_error(gate, weights, bias, updates):
    run = record(learn(X, 2 * np.array(GATES[gate]) - 1, at_zero="error"))
    assert (tuple(run[-1].weights), run[-1].bias, run[-1].updates) == (weights, bias, updates)


def test_xor_never_stops():
    run = record(learn(X, GATES["XOR"], epochs=1000))
    assert run[-1].epoch == 1000
    always = record(learn(X, [-1, 1, 1, -1], at_zero="error", epochs=100))
    assert always[-1].updates == 400 and not always[-1].weights.any() and always[-1].bias == 0


def test_a_tie_broken_by_rounding_ends_training_early():
    assert record(learn(X, GATES["NAND"], learning_rate=0.1))[-1].epoch == 4
    exact = record(learn(X, GATES["NAND"], learning_rate=0.1, exact=True))
    assert exact[-1].epoch == 6 and exact[-1].bias == Fraction(3, 10)


def test_exercise_e07_of_lecture_004():
    patterns, targets = X[::-1], np.array([1, -1, -1, -1])
    run = record(learn(patterns, targets, learning_rate=0.5, order=[0, 3, 1, 0, 2], epochs=1))
    path = [(s.bias, *s.weights) for s in run]
    assert path == [
        (0.5, 0.5, 0.5), (0, 0.5, 0.5), (-0.5, 0, 0.5), (0, 0.5, 1), (-0.5, 0.5, 0.5),
    ]  # fmt: skip
    assert predict(patterns, run[-1].weights, run[-1].bias, low=-1).tolist() == targets.tolist()
    updates = [
        record(learn(patterns, targets, learning_rate=0.5, order=o))[-1].updates
        for o in permutations(range(4))
    ]
    assert set(updates) <= set(range(10, 13))


def test_the_bound_is_51_and_no_order_exceeds_it():
    targets = 2 * np.array(GATES["AND"]) - 1
    bound = convergence_bound(X, targets, np.array([2.0, 2.0]), -3.0)
    assert bound == pytest.approx(51)
    for order in permutations(range(4)):
        assert record(learn(X, targets, order=order))[-1].updates <= bound
    with pytest.raises(ValueError, match="do not separate"):
        convergence_bound(X, targets, np.array([0.5, 0.5]), -0.5)


def test_the_bound_holds_on_random_separable_data():
    rng = np.random.default_rng(0)
    for _ in range(20):
        inputs, star = rng.normal(size=(30, 3)), rng.normal(size=3)
        keep = np.abs(inputs @ star + 0.2) > 0.3
        inputs = inputs[keep]
        targets = np.where(inputs @ star + 0.2 > 0, 1, -1)
        run = record(learn(inputs, targets, epochs=10_000))
        assert run[-1].updates <= convergence_bound(inputs, targets, star, 0.2)


def test_learning_agrees_with_scikit_learn():
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(40, 3))
    targets = (inputs @ [1.0, -2.0, 0.5] > 0.1).astype(int)
    ours = record(learn(inputs, targets, epochs=7, at_zero="error"))[-1]
    theirs = Reference(max_iter=7, tol=None, shuffle=False).fit(inputs, targets)
    assert np.allclose(ours.weights, theirs.coef_[0]) and np.isclose(
        ours.bias, theirs.intercept_[0]
    )


@pytest.mark.parametrize("n, separable", [(1, 4), (2, 14), (3, 104)])
def test_how_many_boolean_functions_one_line_can_do(n, separable):
    verdicts = [separating_weights(truth_inputs(n), t) is not None for t in boolean_functions(n)]
    assert sum(verdicts) == separable and len(verdicts) == 2 ** (2**n)


def test_the_certificate_separates():
    weights, bias = separating_weights(X, np.array(GATES["NAND"]))
    assert predict(X, weights, bias).tolist() == GATES["NAND"]


def test_distances_of_lecture_001():
    points = np.array([[0, 0], [3, 4], [2, 1], [1, 0.5]])
    weights = np.array([3.0, 4.0])
    assert signed_distance(points, weights, -5).tolist() == [-1, 4, 1, 0]
    assert signed_distance(points, 7 * weights, -35) == pytest.approx([-1, 4, 1, 0])
    with pytest.raises(ValueError, match="no boundary"):
        signed_distance(points, np.zeros(2), 1.0)


def test_the_criterion_and_its_gradient():
    inputs = np.array([[2.0, 1], [-1, 0], [0, -2], [1, 1]])
    targets = np.array([1, 1, -1, -1])
    loss, gradient, bias_gradient = perceptron_criterion(
        inputs, targets, np.array([1.0, -1.0]), 0.5
    )
    assert (loss, gradient.tolist(), bias_gradient) == (3.5, [2, -1], 1)
    w = torch.tensor([1.0, -1.0], requires_grad=True)
    b = torch.tensor(0.5, requires_grad=True)
    score = torch.tensor(targets) * (torch.tensor(inputs).float() @ w + b)
    torch.relu(-score).sum().backward()
    assert w.grad.tolist() == gradient.tolist() and b.grad.item() == bias_gradient


def test_the_delta_rule_settles_on_least_squares():
    for gate, weights, bias in (("XOR", (0, 0), 0.5), ("OR", (0.5, 0.5), 0.25)):
        *_, last = delta_rule(X, np.array(GATES[gate]), learning_rate=0.005, epochs=4000)
        least_squares = np.linalg.lstsq(np.column_stack([np.ones(4), X]), GATES[gate], rcond=None)[
            0
        ]
        assert np.allclose(least_squares, [bias, *weights])
        assert np.allclose([last.bias, *last.weights], [bias, *weights], atol=0.01)


def test_hebb_solves_the_bipolar_and_gate_and_fails_on_binary_inputs():
    targets = np.array([-1, -1, -1, 1])
    weights, bias = hebb(2 * X - 1, targets)
    assert (weights.tolist(), bias) == ([2, 2], -2)
    assert predict(2 * X - 1, weights, bias, low=-1).tolist() == targets.tolist()
    weights, bias = hebb(X, targets)
    assert predict(X, weights, bias, low=-1).tolist() != targets.tolist()


def test_mcculloch_and_pitts_gates():
    for n in (2, 3, 4):
        rows = truth_inputs(n)
        assert mcculloch_pitts(rows, 1).tolist() == rows.any(axis=1).astype(int).tolist()
        assert mcculloch_pitts(rows, n).tolist() == rows.all(axis=1).astype(int).tolist()
    xor = GATES["XOR"]
    assert all(mcculloch_pitts(X, theta).tolist() != xor for theta in np.arange(-1, 4, 0.5))


def test_averaging_is_steadier_than_the_last_weights():
    rng = np.random.default_rng(3)
    inputs = rng.normal(size=(200, 5))
    targets = np.where(inputs @ [1, -1, 2, 0, 0] + rng.normal(0, 1.0, 200) > 0, 1, -1)
    directions = []
    for seed in range(5):
        w, _ = averaged_perceptron(inputs, targets, epochs=10, rng=np.random.default_rng(seed))
        directions.append(w / np.linalg.norm(w))
    assert min(a @ b for a, b in product(directions, directions)) > 0.99


def test_the_adder_adds_and_names_its_units():
    for a, b in product((0, 1), (0, 1)):
        assert add_bits(a, b) == ((a + b) % 2, (a + b) // 2)
    hidden = {
        (a, b): tuple(int(s.output) for s in run_circuit(ADDER, {"x1": a, "x2": b}))
        for a, b in product((0, 1), (0, 1))
    }
    assert hidden == {
        (0, 0): (1, 1, 1, 0, 0), (0, 1): (1, 1, 0, 1, 0), (1, 0): (1, 0, 1, 1, 0),
        (1, 1): (0, 1, 1, 0, 1),
    }  # fmt: skip
    assert all(add_numbers(a, b, 4) == a + b for a, b in product(range(16), range(16)))
    with pytest.raises(ValueError, match="does not fit"):
        add_numbers(300, 1)


@pytest.mark.parametrize(
    "scale, expected",
    [(1, (0.64123, 0.51893)), (4, (0.98128, 0.02384)), (123456, (1.0, 0.0))],
)
def test_sigmoid_units_approach_the_perceptrons(scale, expected):
    assert add_bits(0, 1, activation=sigmoid, scale=scale) == pytest.approx(expected, abs=6e-6)


def test_scaling_a_perceptron_circuit_changes_nothing():
    for scale in (0.25, 4, 1e6):
        assert all(
            add_bits(a, b, scale=scale) == add_bits(a, b) for a, b in product((0, 1), (0, 1))
        )


def test_a_sigmoid_at_zero_stays_at_one_half():
    unit = (Unit("tie", ("x",), (1.0,), -1.0),)
    for scale in (1, 1e3, 1e6):
        (state,) = run_circuit(unit, {"x": 1.0}, activation=sigmoid, scale=scale)
        assert state.output == 0.5
    assert [s.output for s in run_circuit(unit, {"x": 1.0})] == [0.0]


def test_two_layers_solve_xor():
    outputs = [[*run_circuit(XOR, {"x1": a, "x2": b})][-1].output for a, b in X]
    assert outputs == GATES["XOR"]


def test_bad_input_is_explained():
    with pytest.raises(ValueError, match="targets must be"):
        record(learn(X, [1, 2, 1, 2]))
    with pytest.raises(ValueError, match="expected inputs"):
        record(learn(X, [0, 1]))
    with pytest.raises(ValueError, match="at_zero must be"):
        record(learn(X, [0, 0, 0, 1], at_zero="maybe"))
    with pytest.raises(ValueError, match="need weights of shape"):
        predict(X, np.ones(3), 0)
    with pytest.raises(ValueError, match="reads x2"):
        record(run_circuit(ADDER, {"x1": 1}))
    with pytest.raises(ValueError, match="must be positive"):
        record(run_circuit(ADDER, {"x1": 1, "x2": 1}, scale=-1))
