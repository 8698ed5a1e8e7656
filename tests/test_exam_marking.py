"""The engine on small exercises: graph, round first, follow-through, diagnosis, failures,
attempts.
"""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib import exam
from course_lib.exam import Exercise, ExerciseError, Mistake, Step
from course_lib.exam.answers import choice, choices, integer, number, states, vector
from course_lib.exam.template import fill, printed


def chain() -> Exercise:
    """a -> b -> c, and d from b and c: every way in which an error can travel."""
    return Exercise(
        "Given $x = {x:d}$ and $y = {y:.1f}$.",
        givens={"x": 3, "y": 0.5},
        steps=[
            Step(
                "a",
                "$x^2$",
                lambda x: x**2,
                number(),
                hint="Square {x:d}.",
                explain="$3^2$ = {a:}",
                mistakes=[Mistake("doubled", lambda x: 2 * x, "You doubled {x:d}.")],
            ),
            Step("b", "$a y$", lambda a, y: a * y, number(), marks=2),
            Step("c", "$1/b$", lambda b: 1 / b, number(), marks=3),
            Step(
                "d",
                "$b + c$",
                lambda b, c: b + c,
                number(),
                marks=4,
                mistakes=[Mistake("minus", lambda b, c: b - c, "Plus!", marks=1)],
            ),
        ],
    )


RIGHT = {"a": 9, "b": 4.5, "c": 1 / 4.5, "d": 4.5 + 1 / 4.5}


def statuses(report):
    return [r.status for r in report.results]


def test_right_answers():
    report = chain().mark(RIGHT)
    assert report.marks == report.out_of == 10 and statuses(report) == ["right"] * 4
    assert "10 of 10 marks" in str(report) and "read as 4.5" in str(report)
    assert "**10 of 10 marks**" in report._repr_markdown_()


def test_an_error_is_carried_through_the_whole_chain():
    report = chain().mark({"a": 6, "b": 3, "c": "1/3", "d": "10/3"})
    assert statuses(report) == ["wrong", "follow-through", "follow-through", "follow-through"]
    assert report.marks == 9
    assert report["a"].mistake == "doubled" and report["a"].message == "You doubled 3."
    assert "follows from your earlier" in report["b"].message


def test_the_original_answer_counts_after_an_error_too():
    assert statuses(chain().mark({**RIGHT, "a": 6})) == ["wrong", "right", "right", "right"]


def test_a_blank_step_passes_on_what_follows_from_the_steps_before():
    assert statuses(chain().mark({"a": 6, "c": "1/3"})) == [
        "wrong",
        "blank",
        "follow-through",
        "blank",
    ]
    assert statuses(chain().mark({"c": RIGHT["c"]})) == ["blank", "blank", "right", "blank"]
    assert statuses(chain().mark({"c": "1/3"})) == ["blank", "blank", "wrong", "blank"]


def test_only_the_graph_carries():
    # A second error in b: c follows from b, not from a.
    assert statuses(chain().mark({"a": 6, "b": 5, "c": 0.2, "d": 5.2}))[1:] == [
        "wrong",
        "follow-through",
        "follow-through",
    ]


def test_rounded_answers_carry_on_as_right():
    exercise = Exercise(
        "$x = {x:d}$",
        givens={"x": 3},
        steps=[
            Step("third", "$1/x$", lambda x: 1 / x, number(decimals=2)),
            Step("big", "times 1000", lambda third: 1000 * third, number(significant=3)),
        ],
    )
    report = exercise.mark({"third": 0.33, "big": 330})
    assert statuses(report) == ["right", "right"]
    assert "follows from your own earlier answers" in report["big"].message


def test_unreadable_costs_nothing_and_blank_is_blank():
    report = chain().mark({"a": "nine", "b": "", "c": ..., "d": None})
    assert statuses(report) == ["unreadable", "blank", "blank", "blank"]
    assert (
        "write for example 0.5" in report["a"].message and "Nothing was lost" in report["a"].message
    )


def test_our_own_failure_is_ours():
    report = chain().mark({"a": 9, "b": 0, "c": 7, "d": 7})  # 1 / 0 on the way
    assert report["c"].status == "not marked"
    assert "our failure" in report["c"].message and "ZeroDivisionError" in report["c"].message
    assert report.out_of == 10 - 3
    # what is right anyway stays right, and a diagnosis beats the failure
    assert chain().mark({"b": 0, "c": RIGHT["c"]})["c"].status == "right"


def test_a_mistake_may_earn_method_marks():
    result = chain().mark({**RIGHT, "d": 4.5 - 1 / 4.5})["d"]
    assert (result.status, result.marks, result.mistake) == ("partly", 1, "minus")


def test_mistakes_are_found_on_carried_values_too():
    result = chain().mark({"a": 6, "b": 3, "c": "1/3", "d": 3 - 1 / 3})["d"]
    assert result.mistake == "minus"


def test_mistakes_that_coincide_are_dropped():
    def make(x):
        return Exercise(
            "{x:d}",
            givens={"x": x},
            steps=[
                Step(
                    "s",
                    "square",
                    lambda x: x * x,
                    integer(),
                    mistakes=[
                        Mistake("doubled", lambda x: 2 * x, "d"),
                        Mistake("added", lambda x: x + x, "a"),
                        Mistake("undefined", lambda x: 1 // (x - 3), "u"),
                    ],
                )
            ],
        )

    assert make(2).distractors(make(2).steps[0]) == {"undefined": "-1"}
    assert list(make(3).distractors(make(3).steps[0])) == ["doubled"]


def test_answers_that_are_not_unique():
    exercise = Exercise(
        "Two whole numbers with the sum ${total:d}$.",
        givens={"total": 7},
        steps=[
            Step(
                "pair",
                "They are",
                lambda total: [1, total - 1],
                vector("p", "q"),
                marks=2,
                accept=lambda pair, total: sum(pair) == total or f"The sum is {sum(pair):g}.",
            ),
            Step("product", "Their product", lambda pair: pair[0] * pair[1], integer()),
        ],
    )
    assert exercise.mark({"pair": "3 4", "product": 12}).marks == 3
    assert statuses(exercise.mark({"pair": "3 4", "product": 12})) == ["right", "right"]
    bad = exercise.mark({"pair": "3 5", "product": 15})
    assert statuses(bad) == ["wrong", "follow-through"] and bad["pair"].message == "The sum is 8."


def test_states_follow_row_by_row():
    exercise = Exercise(
        "Start at ${x:d}$ and double three times.",
        givens={"x": 1},
        steps=[
            Step(
                "runs",
                "All values",
                lambda x: [[x], [2 * x], [4 * x], [8 * x]],
                states("x"),
                marks=4,
                advance=lambda previous, index: 2 * previous,
            )
        ],
    )
    assert exercise.mark({"runs": "1; 2; 4; 8"}).marks == 4
    report = exercise.mark({"runs": "1; 3; 6; 12"})  # one slip, then right
    assert report.marks == 3 and report["runs"].status == "partly"
    assert exercise.mark({"runs": "1; 2"}).marks == 2
    assert exercise.mark({"runs": "5; 6; 7; 9"}).marks == 0


def test_several_choices_keep_fractions():
    exercise = Exercise(
        "Primes?",
        givens={},
        steps=[Step("p", "which", lambda: ["2", "3", "5"], choices(["2", "3", "4", "5"]), marks=2)],
    )
    assert exercise.mark({"p": "2, 3"}).marks == Fraction(4, 3)
    assert exercise.mark({"p": ["2", "4"]}).marks == 0


def test_round_first_then_compute():
    exercise = Exercise(
        "$x = {x:.1f}$, so $2x$ is",
        givens={"x": 0.26},
        steps=[Step("s", "?", lambda x: 2 * x, number())],
    )
    assert exercise.givens == {"x": 0.3} and exercise.answers["s"] == 0.6


def test_givens_are_read_only():
    exercise = Exercise(
        "{v:}", givens={"v": [1, 2]}, steps=[Step("s", "?", lambda v: v.sum(), number())]
    )
    with pytest.raises(ValueError):
        exercise.givens["v"][0] = 5


def test_formats():
    assert printed([1, -2, 0.5], "")[0] == "(1, -2, 0.5)"
    assert printed([[1, 2], [3, -0.0]], "")[0] == r"\begin{pmatrix} 1 & 2 \\ 3 & 0 \end{pmatrix}"
    assert printed(-2, "(d)")[0] == "(-2)" and printed(2, "(d)")[0] == "2"
    assert printed(-0.001, ".1f") == ("0.0", 0.0)
    assert printed(3, "+d") == ("+3", 3)
    table = printed([[1, 0.25]], ".1f table #, $a$, $b$")[0]
    assert "| # | $a$ | $b$ |" in table and "| 1 | 1.0 | 0.2 |" in table
    assert fill(r"$\frac{a}{b}$ and {a:d}", {"a": 4}) == r"$\frac{a}{b}$ and 4"


def step(function, name="s", **more):
    return Step(name, "?", function, number(), **more)


hidden = 5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Exercise("none", givens={}, steps=[]), "at least one step"),
        (
            lambda: Exercise("{x:d}", givens={"x": 1, "y": 2}, steps=[step(lambda x, y: x)]),
            "does not print",
        ),
        (
            lambda: Exercise("{x:d}", givens={"x": 1, "y": 2}, steps=[step(lambda x: x)]),
            "never printed: y",
        ),
        (
            lambda: Exercise("{x:d}", givens={"x": 1}, steps=[step(lambda xx: xx)]),
            "Did you mean 'x'",
        ),
        (lambda: Exercise("{z:d}", givens={"x": 1}, steps=[step(lambda x: x)]), "is not a given"),
        (
            lambda: Exercise("{x:d}", givens={"x": 1.5}, steps=[step(lambda x: x)]),
            "does not print as 'd'",
        ),
        (
            lambda: Exercise("{x:d} {x:.1f}", givens={"x": 1}, steps=[step(lambda x: 1 / (x - 1))]),
            "no answer",
        ),
        (
            lambda: Exercise("{x:.1f} {x:.2f}", givens={"x": 0.25}, steps=[step(lambda x: x)]),
            "differ",
        ),
        (
            lambda: Exercise(
                "{x:d}", givens={"x": 1}, steps=[step(lambda x: x), step(lambda x: x)]
            ),
            "twice",
        ),
        (lambda: Exercise("{x:d}", givens={"x": 1}, steps=[step(lambda x: x, "x")]), "twice"),
        (
            lambda: Exercise("{x:d}", givens={"x": 1}, steps=[step(lambda x: float("nan"))]),
            "no answer",
        ),
        (
            lambda: Exercise(
                "{x:d}",
                givens={"x": 1},
                steps=[step(lambda later: later, "first"), step(lambda x: x, "later")],
            ),
            "neither a given nor an earlier step",
        ),
        (
            lambda: Exercise(
                "p", givens={}, steps=[Step("s", "?", lambda: "no", choice(["a1", "b1"]))]
            ),
            "choose one of",
        ),
    ],
)
def test_faulty_types_are_told(make, message):
    with pytest.raises(ExerciseError, match=message):
        make()


def test_a_step_reads_nothing_from_outside():
    secret = 5
    with pytest.raises(ExerciseError, match="reads 'secret' from outside"):
        Exercise("p", givens={}, steps=[step(lambda: secret)])
    Exercise("p", givens={}, steps=[step(lambda constant=secret: constant)])


def test_names_and_their_close_matches():
    with pytest.raises(KeyError, match="no step 'bb'.*it has a, b, c, d.*Did you mean 'b'"):
        chain().mark({"bb": 1})
    with pytest.raises(KeyError, match="Did you mean 'perceptron.update'"):
        exam.new("perceptron.updat")
    with pytest.raises(KeyError, match="Did you mean 'perceptron'"):
        exam.catalogue("perceptrn")
    with pytest.raises(KeyError, match="no variant 'lectur'.*Did you mean 'lecture'"):
        exam.new("perceptron.update", variant="lectur")
    with pytest.raises(TypeError, match="whole number"):
        exam.new("perceptron.update", seed=1.5)


def test_a_worse_try_never_lowers_the_mark():
    attempt = chain().attempt()
    attempt.mark({"a": 9, "b": 4.5})
    attempt.mark({"a": 1, "b": "?"})
    assert attempt.marks == 3
    attempt.mark(RIGHT)
    attempt.mark({})
    assert attempt.marks == 10


def test_a_revealed_step_earns_nothing_and_passes_on_the_right_value():
    attempt = chain().attempt()
    attempt.mark({"a": 6})
    assert "Answer: **9**" in attempt.reveal("a")
    report = attempt.mark({"a": 9, "b": 4.5})
    assert statuses(report)[:2] == ["revealed", "right"] and attempt.marks == 2


def test_an_attempt_is_json():
    attempt = exam.new("perceptron.update", seed=3).attempt()
    attempt.mark({"after_1": np.zeros(3)})
    record = json.loads(json.dumps(attempt.to_dict()))
    assert exam.Attempt.from_dict(record).to_dict() == attempt.to_dict()


def test_worked_solution_and_hints():
    exercise = chain()
    assert exercise.hint("a") == "Square 3."
    assert "$3^2$ = 9" in exercise.explanation("a")
    assert exercise.solution().count("Answer: ") == 4
    assert "Given $x = 3$ and $y = 0.5$." in exercise._repr_markdown_()


@settings(max_examples=150, deadline=1000)
@given(
    st.dictionaries(
        st.sampled_from("abcd"), st.floats() | st.text(max_size=8) | st.integers() | st.none()
    )
)
def test_any_answers_are_marked(answers):
    report = chain().mark(answers)
    assert 0 <= report.marks <= report.out_of <= 10
    assert len(report.results) == 4 and str(report)


@settings(max_examples=60, deadline=1000)
@given(st.floats(0.01, 1e4), st.floats(0.01, 1e4))
def test_follow_through_for_any_wrong_value(a, b):
    answers = {"a": a, "b": b, "c": 1 / b, "d": b + 1 / b}
    report = chain().mark(answers)
    assert report["c"].marks == 3 and report["d"].marks == 4


def test_marks_that_are_no_whole_number_print_as_decimals():
    kind = vector(length=5, partial=True)
    five = Exercise(
        "Copy $v = {v:}$.",
        givens={"v": np.arange(5)},
        steps=[Step("copy", "It", lambda v: v, kind, marks=8, hint="Copy.", explain="{copy:}")],
    )
    report = five.mark({"copy": "0, 1, 2, 3, 9"})
    assert report.marks == Fraction(32, 5)
    assert "6.4 of 8 marks" in str(report) and "32/5" not in str(report)
