"""Reading answers: every spelling, just inside and just outside each tolerance, and any garbage."""

from __future__ import annotations

import time
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.compare import Tolerance
from course_lib.exam import Unreadable, reading
from course_lib.exam import answers as kinds

HALF = [
    ".5",
    "0.5",
    "5e-1",
    "1/2",
    "0,5",
    ",5",
    "+.5",
    " 0.50 ",
    "50%",
    "50 %",
    "5*10^-1",
    "5·10^-1",
    "5 × 10^(-1)",
    "5E-1",
    "2/4",
    "1 / 2",
    "x = 0.5",
    "net=0,5",
    "≈0.5",
    "sqrt(0.25)",
    "1-1/2",
    "1⁄2",
]
VALUES = [
    0.5,
    Fraction(1, 2),
    np.float32(0.5),
    np.float64(0.5),
    np.array(0.5),
    torch.tensor(0.5),
    torch.tensor(0.5, dtype=torch.float64),
]


@pytest.mark.parametrize("text", HALF)
def test_spellings_of_a_half(text):
    assert kinds.number().read(text) == pytest.approx(0.5, abs=1e-12)


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_of_a_half(value):
    assert kinds.number().read(value) == 0.5


@pytest.mark.parametrize("text", ["−3", "–3", "-3", "- 3", "－3", "-3.0", "-3,0", "-6/2"])
def test_minus_signs(text):
    assert kinds.number().read(text) == -3
    assert kinds.integer().read(text) == -3


@pytest.mark.parametrize(
    "text",
    [
        "abc",
        "1 2",
        "1/0",
        "--",
        "1e999",
        "nan",
        "inf",
        "1..2",
        "[0.5]",
        "0.5 0.5",
        "1,2,3",
        "__import__('os')",
        "9**9**9**9",
        "(" * 300,
        "1;2",
        "1.000,5",
        "x",
        "lambda: 1",
        "=",
        "%",
    ],
)
def test_unreadable_numbers_say_what_is_expected(text):
    with pytest.raises(Unreadable, match="number|write|finite|divides|allowed|characters"):
        kinds.number().read(text)


@pytest.mark.parametrize(
    "value",
    [[0.5], np.array([0.5]), (1, 2), 1j, b"1", np.nan, object()],
    ids=lambda value: type(value).__name__,
)
def test_unreadable_values(value):
    with pytest.raises(Unreadable):
        kinds.number().read(value)


def test_whole_numbers():
    assert [
        kinds.integer().read(t) for t in ("4", "4.0", "4,0", "8/2", np.int64(4), torch.tensor(4))
    ] == [4] * 6
    with pytest.raises(Unreadable, match="whole number"):
        kinds.integer().read("2.5")


KINDS = {
    "significant": kinds.number(significant=3),
    "decimals": kinds.number(decimals=2),
    "relative": kinds.number(relative=0.01),
    "absolute": kinds.number(absolute=0.2),
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
@pytest.mark.parametrize("expected", [45.8, 0.731058, -12.25, 1234.5, 0.004321])
def test_just_inside_and_just_outside(kind, expected):
    margin = kind.tolerance.margin(expected)
    for sign in (1, -1):
        for share, right in ((0.0, 1), (0.99, 1), (1.0, 1), (1.01, 0), (3.0, 0)):
            value = expected + sign * share * margin
            for spelling in (value, repr(value), repr(value).replace(".", ","), np.float64(value)):
                assert kind.credit(kind.read(spelling), expected) == right, (spelling, share)
    assert kind.credit(-expected, expected) == 0 or margin > abs(expected)
    low, high = kind.tolerance.interval(expected)
    assert f"{low:.10g} to {high:.10g} accepted" in kind.words(expected)


def test_the_rule_of_significant_figures_is_told():
    assert kinds.number(significant=3).words() == "a number, to 3 significant figures"


VECTORS = [
    "(1, -2.5, 3)",
    "[1,-2.5,3]",
    "1 -2.5 3",
    "1; -2.5; 3",
    "1;-2,5;3",
    "1 -2,5 3",
    "[ 1.  -2.5  3. ]",
    "array([ 1. , -2.5,  3. ])",
    "np.array([1, -2.5, 3])",
    "tensor([ 1.0000, -2.5000,  3.0000])",
    "tensor([1., -2.5, 3.], dtype=torch.float64)",
    "1, −2.5, 3",
    "(1, -5/2, 3)",
    "[[1], [-2.5], [3]]",
    "1, -2,5, 3",
    "1\n-2.5\n3",
    "{1, -2.5, 3}",
    "[np.float64(1.0), np.float64(-2.5), np.float64(3.0)]",
]


@pytest.mark.parametrize("text", VECTORS)
def test_spellings_of_a_vector(text):
    np.testing.assert_allclose(kinds.vector(length=3).read(text), [1, -2.5, 3])


@pytest.mark.parametrize(
    "value", [[1, -2.5, 3], (1, -2.5, 3), torch.tensor([1, -2.5, 3])], ids=repr
)
def test_values_of_a_vector(value):
    np.testing.assert_allclose(kinds.vector(length=3).read(value), [1, -2.5, 3])


def test_commas_in_vectors_of_known_length():
    two, four = kinds.vector(length=2), kinds.vector(length=4)
    assert two.read("1,5 2,5").tolist() == [1.5, 2.5]
    assert four.read("1,5 2,5").tolist() == [1, 5, 2, 5]
    assert two.read("1,5").tolist() == [1, 5]
    assert two.read("0,5; -1").tolist() == [0.5, -1]


@pytest.mark.parametrize(
    "bad", ["1 2", "1 2 3 4", "a b c", "", np.zeros((3, 1)), np.zeros(2), 5], ids=repr
)
def test_unreadable_vectors(bad):
    with pytest.raises(Unreadable, match="3|number"):
        kinds.vector(length=3).read(bad)


MATRICES = [
    "[1 0; 0 2.5]",
    "[[1, 0], [0, 2.5]]",
    "1 0\n0 2.5",
    "[[1.  0. ]\n [0.  2.5]]",
    "1 0; 0 2,5",
    "array([[1. , 0. ],\n       [0. , 2.5]])",
    "tensor([[1.0000, 0.0000],\n        [0.0000, 2.5000]])",
    "((1, 0), (0, 2.5))",
    "1, 0; 0, 2.5",
    "(1,0),(0,5/2)",
]


@pytest.mark.parametrize("text", MATRICES)
def test_spellings_of_a_matrix(text):
    assert kinds.matrix(2, 2).read(text).tolist() == [[1, 0], [0, 2.5]]


def test_unreadable_matrices():
    for bad in ("1 2 3 4", "[1 2; 3]", "hello", "[]", np.zeros(4), [[1, 2], [3]]):
        with pytest.raises(Unreadable):
            kinds.matrix(2, 2).read(bad)


def test_states_earn_by_row():
    kind = kinds.states("b", "w")
    right = kind.read("0 1; 1 1; 2 1")
    assert kind.credit(kind.read("0 1; 1 1; 2 2"), right) == Fraction(2, 3)
    assert kind.credit(kind.read("0 1; 1 1; 2 1; 3 3"), right) == Fraction(3, 4)
    assert kind.credit(kind.read("0 1"), right) == Fraction(1, 3)


def test_choices_by_text_letter_and_value():
    kind = kinds.choice(["positive side", "negative side", "on the line"])
    for given_ in ("b", "B", "(b)", "b)", "Negative  side", "negative side."):
        assert kind.read(given_) == "negative side"
    assert kinds.choice(["0", "1"]).read(1) == "1" == kinds.choice(["0", "1"]).read(np.int64(1))
    with pytest.raises(Unreadable, match="choose one of: \\(a\\) positive side"):
        kind.read("d")
    with pytest.raises(ValueError, match="different options"):
        kinds.choice(["x", "X"])


def test_several_choices():
    kind = kinds.choices(["1", "2", "3", "4"])
    for given_ in ("a, c", "ac", "1, 3", "1; 3", ["1", "3"], {"3", "1"}, [1, 3]):
        assert kind.read(given_) == ("1", "3")
    right = ("1", "3")
    credits = {
        ("1",): Fraction(1, 2),
        ("1", "2"): 0,
        ("1", "3"): 1,
        ("1", "2", "3"): Fraction(1, 2),
    }
    for value, credit in credits.items():
        assert kind.credit(value, right) == credit


@pytest.mark.parametrize(
    "text",
    [
        "x^2 + 2*x*y + y^2",
        "(x+y)^2",
        "x**2+2x y+y**2".replace(" ", "*"),
        "(x + y)*(x + y)",
        "(x+y)(x+y)",
        "f(x) = (x+y)^2",
        "exp(2*ln(x+y))",
        "y^2 + 2 x * y + x·x",
    ],
)
def test_equal_formulae(text):
    kind = kinds.formula("x", "y")
    assert kind.credit(kind.read(text), "x^2 + 2*x*y + y^2") == 1


def test_unequal_formulae():
    kind = kinds.formula("x", "y")
    for text in ("x^2 + y^2", "(x-y)^2", "2*(x+y)", "(x+y)^2 + 1e-3"):
        assert kind.credit(kind.read(text), "(x+y)^2") == 0


@pytest.mark.parametrize(
    "text",
    [
        "z + 1",
        "x.real",
        "x if x else y",
        "[x]",
        "open('f')",
        "().__class__",
        "x := 1",
        "f'{x}'",
        "'a'*9",
        "(lambda: x)()",
        "x(1)",
        "exp(x=1)",
        "x and y",
        "x" * 400,
        "(" * 150 + "x" + ")" * 150,
        "x\0",
        "True",
        "1j",
        "exp()",
        "sin(x, y, x, x)",
    ],
)
def test_formulae_that_are_refused(text):
    with pytest.raises(Unreadable):
        kinds.formula("x", "y").read(text)


def test_a_huge_power_is_quick():
    start = time.perf_counter()
    kind = kinds.formula("x")
    assert kind.credit(kind.read("9^9^9^9^9*x"), "x") == 0
    assert time.perf_counter() - start < 0.5


def test_short_text():
    kind = kinds.text("NOT AND")
    for given_ in ("NAND", "nand.", " Nand ", "not-and", "Not  and"):
        assert kind.credit(kind.read(given_), "NAND") == 1
    assert kind.credit(kind.read("AND"), "NAND") == 0


ALL = [
    kinds.number(),
    kinds.number(decimals=2),
    kinds.integer(),
    kinds.vector("b", "w1", "w2"),
    kinds.matrix(2, 2),
    kinds.states("b", "w"),
    kinds.choice(["yes", "no"]),
    kinds.choices(["1", "2", "3"]),
    kinds.formula("x", "y"),
    kinds.text("also"),
]


@pytest.mark.parametrize("kind", ALL, ids=lambda k: type(k).__name__)
def test_kinds_travel_as_json(kind):
    assert kinds.Kind.from_dict(kind.to_dict()) == kind


@settings(max_examples=150, deadline=1000)
@given(st.text(max_size=60) | st.text("0123456789.,;-+/*^()[] e\nxy", max_size=40))
def test_any_text_is_read_or_unreadable(text):
    for kind in ALL:
        try:
            value = kind.read(text)
        except Unreadable as error:
            assert str(error)
            continue
        assert kind.show(value) is not None
        if isinstance(kind, kinds.Formula):
            assert kind.credit(value, "x + y") in (0, 1)
        elif not kinds.is_blank(value):
            assert kind.credit(value, value) == 1


@settings(max_examples=150, deadline=None)
@given(st.floats(-1e6, 1e6, allow_nan=False).filter(lambda v: abs(v) > 1e-3 or v == 0))
def test_shown_numbers_are_read_back_as_right(value):
    for kind in (kinds.number(), kinds.number(decimals=2), kinds.number(relative=0.01)):
        assert kind.credit(kind.read(kind.show(value)), value) == 1
        assert kind.credit(kind.read(kind.show(value).replace(".", ",")), value) == 1


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(-99, 99), min_size=3, max_size=3),
    st.sampled_from([", ", "; ", " ", ",", ";"]),
)
def test_any_separator(values, separator):
    assert kinds.vector(length=3).read(separator.join(map(str, values))).tolist() == values


def test_long_answers_are_refused_quickly():
    start = time.perf_counter()
    for kind in ALL:
        with pytest.raises(Unreadable):
            kind.read("1 " * 10_000)
    assert time.perf_counter() - start < 0.5
    assert reading.LONGEST < 20_000


def test_one_rule_per_number():
    with pytest.raises(ValueError, match="give one of"):
        kinds.number(significant=3, decimals=2)
    assert kinds.number(absolute=0.1).tolerance == Tolerance(0.0, 0.1)
