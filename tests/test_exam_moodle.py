"""The Moodle export: importer's rules, marks and feedback of every type's variants."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ET
from fractions import Fraction

import numpy as np
import pytest

from course_lib.compare import compare
from course_lib.exam import moodle
from course_lib.exam.answers import choice, choices, formula, integer, number, text, vector
from course_lib.exam.exercise import Exercise, Mistake, Step, all_types
from course_lib.exam.fields import parts
from course_lib.exam.markup import inline, tex
from tests.moodle_rules import CLOZE, GRADES, Bank, _decode

TYPES = list(all_types().values())


def load(*exercises: Exercise) -> Bank:
    bank = Bank().load("<quiz>" + "".join(moodle.question(e) for e in exercises) + "</quiz>")
    assert bank.problems == []
    assert len(bank.questions) == len(exercises)
    return bank


def shown(field, value) -> object:
    """A value as Moodle's candidate enters it: decimals, the option's HTML, words."""
    if field.form == "number":
        return repr(float(value))
    if field.form == "choices":
        return [inline(v, tex) for v in value]
    return inline(value, tex) if field.form == "choice" else value


def near(grade: float, share: Fraction) -> bool:
    """The grade is the best of Moodle's list that is not above the share."""
    return abs(grade - max(g for g in GRADES if g <= float(share) + 1e-6)) < 1e-9


def judge(exercise: Exercise) -> int:
    """Right answers earn everything, each misconception its share. Returns the number of these."""
    question = load(exercise).questions[0]
    fields = [(part, f) for part in parts(exercise) for f in part.fields]
    assert len(fields) == len(question.subs)
    right = [shown(f, f.right) for _, f in fields]
    if fields:
        assert question.grade(right) == pytest.approx(1)
        assert question.idnumber == exercise.id and exercise.id in question.name
    seen = 0
    for (part, f), sub in zip(fields, question.subs, strict=True):
        weight = Fraction(f.share) * Fraction(part.step.marks) / exercise.marks
        assert sub.weight / sum(s.weight for s in question.subs) == pytest.approx(
            float(
                weight / sum(Fraction(g.share * p.step.marks) / exercise.marks for p, g in fields)
            )
        )
        if f.form == "number":  # the bounds of the tolerance, as the candidate is told them
            for bound in f.tolerance.interval(f.right):
                assert sub.grade(repr(bound)) == 1
                outside = bound + np.sign(bound - f.right) * max(1e-4 * abs(bound - f.right), 1e-11)
                match = sub.match(repr(float(outside)))
                assert bound == f.right or match is None or match.text != sub.answers[0].text
        if f.form == "choices":
            assert sub.grade([]) == 0 and sub.grade([shown(f, [o])[0] for o in f.options]) <= 1
            continue
        own = [w for w in f.wrongs if w.after is None]
        taken: list[object] = [f.right]
        for wrong in own:
            if any(
                wrong.value == t or f.form == "number" and compare(wrong.value, t, f.tolerance)
                for t in taken
            ):
                continue  # right in spite of the misconception, or told by another
            taken.append(wrong.value)
            match = sub.match(shown(f, wrong.value))
            assert match is not None and near(match.fraction, wrong.share)
            assert match.feedback.strip() == inline(wrong.feedback, tex)
            seen += 1
    return seen


@pytest.mark.parametrize("kind", TYPES, ids=lambda t: t.name)
def test_every_variant_imports_and_marks_as_it_should(kind):
    seen = sum(judge(kind.new(seed)) for seed in range(1, 9))
    seen += sum(judge(kind.new(0, variant)) for variant in kind.variants)
    has_mistakes = any(s.mistakes for s in kind.new(1).steps if not s.accept)
    assert seen > 0 or not has_mistakes


@pytest.mark.full
@pytest.mark.parametrize("kind", TYPES, ids=lambda t: t.name)
def test_three_hundred_variants_import_and_mark_as_they_should(kind):
    for seed in range(1, 301):
        judge(kind.new(seed))


def test_what_goes_in_comes_out_and_a_second_import_adds_nothing():
    source, counts = moodle.bank(TYPES, 1)
    bank = Bank().load(source)
    assert bank.problems == []
    assert len(bank.questions) == sum(counts.values()) and bank.known == 0
    per_type = {c: 0 for c in {q.category for q in bank.questions}}
    for q in bank.questions:
        per_type[q.category] += 1
    assert sorted(per_type.values()) == sorted(counts.values()) and len(per_type) == len(TYPES)
    bank.load(source)
    assert bank.known == len(bank.questions) == sum(counts.values())
    some = TYPES[::5]
    assert moodle.bank(some, 3) == moodle.bank(some, 3)  # same seed, same bytes
    assert set(source) & set("\r\u2028") == set()


def test_one_misconception_earlier_earns_half_in_a_later_number():
    exercise = Exercise(
        "Let $a = {a:}$.",
        givens={"a": 7},
        steps=[
            Step(
                "double",
                "Twice $a$",
                lambda a: 2 * a,
                integer(),
                marks=1,
                mistakes=[Mistake("square", lambda a: a * a, "That is the square.")],
            ),
            Step("more", "Ten more", lambda double: double + 10, number(), marks=2),
        ],
    )
    exercise.name, exercise.title = "test.follow", "Follow"
    question = load(exercise).questions[0]
    assert question.mark == 3
    assert question.grade(["14", "24"]) == pytest.approx(1)
    assert question.grade(["49", "59"]) == pytest.approx((0 + 2 * 0.5) / 3)
    assert question.subs[1].match("59").feedback.endswith("That is the square.")
    assert question.grade(["14", "60"]) == pytest.approx(1 / 3)


def make(*steps: Step, statement: str = "Let $a = {a:}$.", a: float = 3) -> Exercise:
    exercise = Exercise(statement, givens={"a": a}, steps=list(steps))
    exercise.name, exercise.title = "test.made", "Made & <ready>"
    return exercise


def test_text_formula_choices_and_open_answers_become_what_moodle_can_mark():
    spoken = make(
        Step(
            "w",
            "The rule of $a$",
            lambda a: "delta-rule",
            text("Widrow rule"),
            mistakes=[Mistake("hebb", "Hebb*", "That one needs no target.")],
        )
    )
    question = load(spoken).questions[0]
    assert question.kind == "shortanswer"
    assert [
        question.subs[0].grade(t)
        for t in ("Delta-Rule", "delta rule", "widrow rule", "delta", "Hebbian")
    ] == [1, 1, 1, 0, 0]
    assert question.subs[0].match("hebb*").feedback == "That one needs no target."
    assert question.subs[0].match("hebbian") is None  # the star is no wild card

    curve = make(
        Step(
            "f",
            "The derivative of $a x^2$",
            lambda a: f"2*{a}*x",
            formula("x"),
            mistakes=[Mistake("whole", lambda a: f"{a}*x^2", "Not the integral.")],
        )
    )
    question = load(curve).questions[0]
    points = [float(f.label.split("=")[1]) for f in parts(curve)[0].fields]
    assert len(points) == len(set(points)) == 2
    assert question.grade([str(round(6 * x, 6)) for x in points]) == 1
    assert question.grade([str(round(3 * x * x, 6)) for x in points]) == 0
    assert {
        s.match(str(round(3 * x * x, 6))).feedback
        for s, x in zip(question.subs, points, strict=True)
    } == {"Not the integral."}

    ticks = make(Step("s", "Which are odd? $a$", lambda a: ["1", "3"], choices(["1", "2", "3"])))
    question = load(ticks).questions[0]
    assert [
        question.subs[0].grade(t) for t in (["1", "3"], ["1"], ["1", "2"], ["1", "2", "3"], [])
    ] == pytest.approx([1, 0.5, 0, 0.5, 0], abs=1e-6)
    several = make(*ticks.steps, Step("n", "How many?", lambda s: len(s), integer()))
    question = load(several).questions[0]
    assert [
        question.subs[0].grade(t) for t in (["1", "3"], ["1"], ["1", "2"], ["1", "2", "3"], [])
    ] == pytest.approx([1, 0.5, 0, 0.5, 0])

    free = make(
        Step(
            "p",
            "Two numbers with the sum $a$",
            lambda a: (a, 0),
            vector(length=2),
            accept=lambda p, a: True if sum(p) == a else f"Their sum is {sum(p):g}.",
        )
    )
    question = load(free).questions[0]
    assert question.kind == "multichoice" and len(question.subs[0].answers) == 4
    assert sorted(a.fraction for a in question.subs[0].answers) == [0, 0, 0, 1]
    assert all(
        a.feedback.startswith("Their sum") for a in question.subs[0].answers if a.fraction == 0
    )

    hopeless = make(Step("p", "Any number", lambda a: a, number(), accept=lambda p: True))
    question = load(hopeless).questions[0]
    assert question.kind == "essay" and "take 3" in question.text


def test_cloze_alternatives_come_back_as_they_were():
    nasty = [r"$\frac{a}{b}$ & ~ # } 100 %", r"= $\{1, 2\} \to \mathbb{R}$ <b>", "%50% off & "]
    nasty += ["a\\", "'\"x"]
    exercise = make(
        Step(
            "c",
            "Which? ($a$)",
            lambda a, right=nasty[0]: right,
            choice(nasty),
            mistakes=[
                Mistake(f"m{i}", option, f"No: {option}") for i, option in enumerate(nasty[1:])
            ],
        ),
        Step("n", "$a$ again", lambda a: a, number(significant=2)),
    )
    question = load(exercise).questions[0]
    expect = [inline(n, tex).replace(r"\}", r"\rbrace ").strip() for n in nasty]
    assert [a.text.strip() for a in question.subs[0].answers] == expect
    assert [a.feedback for a in question.subs[0].answers[1:]] == [
        inline(f"No: {n}", tex).replace(r"\}", r"\rbrace ") for n in nasty[1:]
    ]
    found = CLOZE.search("{1:MC:=\\frac{a&#125;{b&#125;~x}")
    assert found and _decode(found[3].split("~")[0][1:]) == r"\frac{a}{b}"


def test_pictures_travel_as_files_beside_the_text_that_shows_them():
    png = base64.b64encode(b"not really a picture").decode()
    exercise = make(
        Step(
            "n",
            "How many?",
            lambda a: a,
            integer(),
            explain=f"See ![x](data:image/png;base64,{png})",
        ),
        statement=f"Count {{a:}}:\n\n![Three dots](data:image/png;base64,{png})",
    )
    source = moodle.question(exercise)
    assert load(exercise).questions[0].kind == "numerical"
    root = ET.fromstring(source)
    for tag in ("questiontext", "generalfeedback"):
        file = root.find(f"{tag}/file")
        assert file is not None and base64.b64decode(file.text) == b"not really a picture"
        assert f'src="@@PLUGINFILE@@/{file.get("name")}"' in root.findtext(f"{tag}/text")
    assert 'alt="Three dots"' in root.findtext("questiontext/text") and "data:" not in source


def test_the_rules_catch_what_moodle_would_refuse():
    good = moodle.question(TYPES[0].new(1))
    for old, new in [
        ('fraction="100"', 'fraction="33.33"'),
        ("<name><text>", "<name><text></text></name><x>"),
        ('format="html"', 'format="nonsense"'),
    ]:
        if old in good:
            assert (
                Bank()
                .load(f"<quiz>{good.replace(old, new)}</quiz>".replace("<x>", "<name><text>"))
                .problems
            )
    wrap = (
        '<quiz><question type="cloze"><name><text>n</text></name><questiontext format="html"><text>'
        "<![CDATA[{}]]></text></questiontext></question></quiz>"
    )
    assert Bank().load(wrap.format("{1:NUMERICAL:=+3:1}")).problems
    assert Bank().load(wrap.format("{1:NUMERICAL:=nan}")).problems
    assert Bank().load(wrap.format("{1:MC:=only}")).problems
    assert Bank().load(wrap.format("{1:MC:%50%a~b}")).problems
    assert Bank().load(wrap.format("no field")).problems
    assert Bank().load(wrap.format("{1:MC:%33.33%a~=b}")).problems
    assert not Bank().load(wrap.format("{1:NUMERICAL:=3.14:0.01~%33.33333%3:0.1#almost}")).problems


def test_fractions_are_moodles_own():
    assert all(
        any(abs(float(text) / 100 - g) < 1e-5 for g in GRADES) for text in moodle.FRACTIONS.values()
    )
    assert len(moodle.FRACTIONS) == len(GRADES)
    assert moodle.percent(Fraction(1, 3)) == "33.33333" and moodle.percent(Fraction(2, 7)) == "25"
