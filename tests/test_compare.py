"""The one rule of comparison: shape and type first, inclusive bounds, NaN never equal."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from course_lib.compare import Tolerance, compare, describe, numeric

SPELLINGS = [
    0.5, np.float32(0.5), np.float64(0.5), Fraction(1, 2), np.array(0.5), torch.tensor(0.5),
    torch.tensor(0.5, requires_grad=True),
]  # fmt: skip


@pytest.mark.parametrize("value", SPELLINGS, ids=lambda v: type(v).__name__)
def test_every_spelling_of_a_number_is_read(value):
    assert compare(value, 0.5)
    assert not compare(value, 0.6)


def test_lists_arrays_and_tensors_are_arrays():
    for value in ([1, 2], np.array([1.0, 2.0]), torch.tensor([1.0, 2.0])):
        assert compare(value, np.array([1.0, 2.0]))


@pytest.mark.parametrize("shape", [(3, 1), (1, 3), ()])
def test_shapes_are_compared_before_values(shape):
    """np.allclose broadcasts these and says they are equal."""
    value = np.zeros(shape)
    assert np.allclose(value, np.zeros(3))
    verdict = compare(value, np.zeros(3))
    assert not verdict
    assert "shape (3,)" in verdict.message


@pytest.mark.parametrize(
    "tolerance",
    [Tolerance(0, 0.2), Tolerance(0.01, 0), Tolerance(0.01, 0.1), Tolerance.significant(3),
     Tolerance.decimals(2)],
    ids=lambda t: t.words(),
)  # fmt: skip
@pytest.mark.parametrize("expected", [45.8, -45.8, 0.00123, 1e6, 9.995])
def test_just_inside_is_accepted_and_just_outside_is_not(tolerance, expected):
    margin = tolerance.margin(expected)
    for sign in (-1, 1):
        assert compare(expected + sign * margin, expected, tolerance), "the bound itself is inside"
        assert compare(expected + sign * 0.99 * margin, expected, tolerance)
        assert not compare(expected + sign * 1.01 * margin, expected, tolerance)


def test_the_bound_is_inside_in_spite_of_floating_point():
    assert abs(46 - 45.8) > 0.2
    assert compare(46, 45.8, Tolerance(0, 0.2))


@pytest.mark.parametrize("value", [float("nan"), None, "0.5", "", ..., [0.5], float("inf"), -0.5])
def test_these_are_never_one_half(value):
    assert not compare(value, 0.5)


def test_nan_is_not_equal_to_itself():
    assert not compare(float("nan"), float("nan"))
    assert not compare(np.array([1, np.nan]), np.array([1, np.nan]))


def test_tuples_are_compared_part_by_part():
    right = (np.array([1.0, 2.0]), 3.0)
    assert compare((np.array([1.0, 2.0]), 3.0), right)
    assert "[1]" in compare((np.array([1.0, 2.0]), 4.0), right).message
    assert not compare((np.array([1.0, 2.0]),), right)
    assert not compare(np.array([1.0, 2.0]), right)


def test_the_rule_is_told_in_words():
    assert Tolerance.significant(3).words(1.234) == (
        "to 3 significant figures: 1.229 to 1.239 accepted"
    )
    assert Tolerance(0, 0.01).words(1.0) == "within 0.01: 0.99 to 1.01 accepted"
    assert Tolerance(0, 1e-6).words() == "within 0.000001"
    assert Tolerance().words() == "within 0.0001 % of the value + 0.000000001"
    assert Tolerance.exact().words(7) == "exactly"


def test_a_message_names_the_first_wrong_entry():
    message = compare([1.0, 2.0, 4.0], np.array([1.0, 2.0, 3.0]), what="w").message
    assert "w at index 2 should be 3" in message


@pytest.mark.parametrize("bad", [-1.0, float("nan"), float("inf")])
def test_a_tolerance_that_means_nothing_is_refused(bad):
    with pytest.raises(ValueError, match="tolerance must be finite"):
        Tolerance(absolute=bad)


def test_text_is_not_a_number_and_none_is_explained():
    assert numeric("1") is None
    assert "forget to return" in describe(None)
