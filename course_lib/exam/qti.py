"""QTI 3.0 items: one per variant, scored by response processing that every player knows.

The fields are those of `fields.parts`. The marks are our own: shares for vectors where we give
shares, all or nothing where we do not, and follow-through for the common wrong paths (one known
slip in an earlier part, and this part as it follows from it).

Two limits of the common player (@citolab/qti-components 7.27) shape the XML: it does not know the
tolerance of `qti-equal`, so numbers are compared by lower and upper bound; it rounds computed
numbers to three decimals, so SCORE is one sum of exact strings. Formulas are MathML, as the
standard wants it; that player drops namespaces, so the page around it must read them again (one
line, see tests/test_exam_qti.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from html import escape
from typing import Any

from course_lib.exam import markup
from course_lib.exam.answers import States, Vector
from course_lib.exam.exercise import Exercise
from course_lib.exam.fields import Field, Part, Wrong, parts

ITEM = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
SCHEMA = "http://www.w3.org/2001/XMLSchema-instance"


def _html(text: str) -> str:
    return (
        markup.block(text)
        .replace(' style="text-align:right"', ' class="qti-align-right"')
        .replace(' style="text-align:left"', "")
        .replace(' style="text-align:center"', ' class="qti-align-center"')
    )


def number(value: Fraction | float) -> str:
    return f"{float(value) + 0.0:.12g}"


class Item:
    """One exercise on its way to XML: numbers its responses and collects declarations and rules."""

    def __init__(self, exercise: Exercise) -> None:
        self.exercise, self.parts = exercise, parts(exercise)
        self.declared: list[str] = []
        self.rules: list[str] = []
        self.outcomes: list[str] = []
        self.names: dict[int, str] = {}  # the response of a field, by id()
        body = [f"<div>{_html(exercise.statement)}</div>"]
        for i, part in enumerate(self.parts):
            body.append(self._part(i, part))
        for i, part in enumerate(self.parts):
            if part.fields:
                self._score(i, part)
        self.body = "\n".join(body)

    # What is asked.

    def _part(self, index: int, part: Part) -> str:
        marks = part.step.marks
        unit = "mark" if marks == 1 else "marks"
        note = f"{marks} {unit}; {part.note}" if part.fields else part.note
        asked = [self._interaction(f"R{index}_{i}", f) for i, f in enumerate(part.fields)]
        if part.columns:
            spots = _table(part, asked)
        elif part.fields and part.fields[0].form in ("choice", "choices"):
            spots = "".join(asked)
        else:
            spots = (
                "<p>"
                + " ".join(
                    f"<span>{markup.inline(f.label)}{': ' if f.label else ''}{spot}</span>"
                    for f, spot in zip(part.fields, asked, strict=True)
                )
                + "</p>"
            )
        told = "".join(
            f'<qti-feedback-block outcome-identifier="FEEDBACK{index}" identifier="M{i}" '
            'show-hide="show">'
            f"<qti-content-body>{_html(wrong.feedback)}</qti-content-body></qti-feedback-block>"
            for i, wrong in enumerate(part.wrongs)
            if wrong.feedback
        )
        head = _html(f"**({chr(97 + index % 26)})** {part.prompt} *({note})*")
        return f"<div>{head}{spots if part.fields else ''}{told}</div>"

    def _interaction(self, name: str, field: Field) -> str:
        self.names[id(field)] = name
        if field.form == "number":
            self._response(name, "float", [number(field.right)])
            return (
                f'<qti-text-entry-interaction response-identifier="{name}" expected-length="10"/>'
            )
        if field.form == "text":
            self._response(name, "string", [field.right])
            return (
                f'<qti-text-entry-interaction response-identifier="{name}" expected-length="30"/>'
            )
        several = field.form == "choices"
        right = field.right if several else [field.right]
        keys = [f"C{field.options.index(o)}" for o in right]
        self._response(name, "identifier", keys, several, field)
        choices = "".join(
            f'<qti-simple-choice identifier="C{i}">{markup.inline(o)}</qti-simple-choice>'
            for i, o in enumerate(field.options)
        )
        return (
            f'<qti-choice-interaction response-identifier="{name}" shuffle="false" '
            f'max-choices="{0 if several else 1}">{choices}</qti-choice-interaction>'
        )

    def _response(
        self,
        name: str,
        kind: str,
        right: Sequence[str],
        several: bool = False,
        field: Field | None = None,
    ) -> None:
        values = "".join(f"<qti-value>{escape(v)}</qti-value>" for v in right)
        mapping = ""
        if several and field:  # each right tick its share, each wrong one takes it back
            share = Fraction(1, len(right))
            rows = "".join(
                f'<qti-map-entry map-key="C{i}" '
                f'mapped-value="{self._of(field, share, o in field.right)}"/>'
                for i, o in enumerate(field.options)
            )
            mapping = f'<qti-mapping lower-bound="0" default-value="0">{rows}</qti-mapping>'
        self.declared.append(
            f'<qti-response-declaration identifier="{name}" base-type="{kind}" '
            f'cardinality="{"multiple" if several else "single"}">'
            f"<qti-correct-response>{values}</qti-correct-response>{mapping}</qti-response-declaration>"
        )

    def _of(self, field: Field, share: Fraction, right: bool) -> str:
        part = next(p for p in self.parts if any(f is field for f in p.fields))
        return number(share * part.step.marks * (1 if right else -1))

    # What it earns.

    def _outcome(self, name: str, kind: str = "float") -> str:
        default = "<qti-default-value><qti-value>0</qti-value></qti-default-value>"
        self.declared.append(
            f'<qti-outcome-declaration identifier="{name}" cardinality="single" base-type="{kind}"'
            + (f">{default}</qti-outcome-declaration>" if kind == "float" else "/>")
        )
        return name

    def _score(self, index: int, part: Part) -> None:
        """The step as a whole: right, a wrong path, a misconception; else entry by entry."""
        step, exercise = part.step, self.exercise
        marks = Fraction(step.marks)
        whole = self._outcome(f"MARKS{index}")
        note = self._outcome(f"FEEDBACK{index}", "identifier")
        self.outcomes.append(whole)
        branches = [(self._matches(part, None), [_set(whole, number(marks))])]
        # As in our marking, follow-through comes before the misconceptions.
        for i, wrong in sorted(enumerate(part.wrongs), key=lambda pair: pair[1].after is None):
            test, earned = self._matches(part, wrong), marks
            if wrong.after:
                earlier = next(p for p in self.parts if p.step.name == wrong.after[0])
                slip = next(
                    w for w in earlier.wrongs if (w.name, w.after) == (wrong.after[1], None)
                )
                test = _all(self._matches(earlier, slip), test)
            elif not step.accept:
                values, right = {**exercise.givens, **exercise.answers}, exercise.answers[step.name]
                share = exercise.credit(step, wrong.value, right, values)
                earned = max(share, wrong.share) * marks
            else:
                earned = wrong.share * marks
            if test:
                told = [_set(note, f"M{i}", "identifier")] if wrong.feedback else []
                branches.append((test, [_set(whole, number(earned)), *told]))
        self.rules.append(_set(note, "NONE", "identifier"))  # a second try starts without a note
        self.rules.append(_condition(branches, self._entries(index, part)))

    def _entries(self, index: int, part: Part) -> list[str]:
        """Rules that give each entry, or each row, its share where our own marking does."""
        kind, marks = part.step.answer, Fraction(part.step.marks)
        rules = []
        if part.fields[0].form == "choices":
            name = self._outcome(f"ENTRY{index}")
            self.outcomes.append(name)
            response = f'<qti-map-response identifier="{self.names[id(part.fields[0])]}"/>'
            return [
                f'<qti-set-outcome-value identifier="{name}">{response}</qti-set-outcome-value>'
            ]
        groups: list[Sequence[Field]] = []
        if isinstance(kind, Vector) and kind.partial:
            groups = [[f] for f in part.fields]
        elif isinstance(kind, States):
            width = len(kind.columns)
            groups = [part.fields[i : i + width] for i in range(0, len(part.fields), width)]
        for i, group in enumerate(groups):
            name = self._outcome(f"ENTRY{index}_{i}")
            self.outcomes.append(name)
            tests = [self._near(f, f.right) for f in group]
            rules.append(_condition([(_all(*tests), [_set(name, number(marks / len(groups)))])]))
        return rules

    def _matches(self, part: Part, wrong: Wrong | None) -> str:
        """All fields of a part hold the right answer, or this wrong one; empty if they cannot."""
        tests = []
        for field in part.fields:
            if wrong is None:
                value: Any = field.right
            else:
                found = [w for w in field.wrongs if (w.name, w.after) == (wrong.name, wrong.after)]
                if not found:  # a wrong answer of another shape has no place in these fields
                    return ""
                value = found[0].value
            tests.append(self._near(field, value))
        return _all(*tests)

    def _near(self, field: Field, value: Any) -> str:
        name = self.names[id(field)]
        variable = f'<qti-variable identifier="{name}"/>'
        given = f"<qti-not><qti-is-null>{variable}</qti-is-null></qti-not>"
        if field.form == "number":
            margin = field.tolerance.margin(value) * 1.00001
            low, high = (
                f'<qti-base-value base-type="float">{number(v)}</qti-base-value>'
                for v in (value - margin, value + margin)
            )
            return _all(
                given, f"<qti-gte>{variable}{low}</qti-gte>", f"<qti-lte>{variable}{high}</qti-lte>"
            )
        if field.form == "text":
            texts = dict.fromkeys(
                t
                for text in (value, *(field.also if value == field.right else ()))
                for t in (text, text.replace("-", " "))
            )
            tests = "".join(
                f'<qti-string-match case-sensitive="false">{variable}'
                '<qti-base-value base-type="string">'
                f"{escape(text)}</qti-base-value></qti-string-match>"
                for text in texts
            )
            return f"<qti-or>{tests}</qti-or>" if len(texts) > 1 else tests
        keys = [
            f"C{field.options.index(o)}" for o in (value if field.form == "choices" else [value])
        ]
        values = "".join(
            f'<qti-base-value base-type="identifier">{k}</qti-base-value>' for k in keys
        )
        if field.form == "choices":
            values = f"<qti-multiple>{values}</qti-multiple>"
        return f"<qti-match>{variable}{values}</qti-match>"

    def xml(self) -> str:
        """The whole item."""
        exercise = self.exercise
        marks = sum((Fraction(p.step.marks) for p in self.parts if p.fields), Fraction(0))
        total = "".join(f'<qti-variable identifier="{name}"/>' for name in self.outcomes)
        score = (
            (
                f'<qti-set-outcome-value identifier="SCORE"><qti-sum>{total}</qti-sum>'
                "</qti-set-outcome-value>"
            )
            if total
            else ""
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<qti-assessment-item xmlns="{ITEM}" xmlns:xsi="{SCHEMA}" '
            f'xsi:schemaLocation="{ITEM} https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/'
            f'imsqti_asiv3p0_v1p0.xsd" identifier="{escape(exercise.id)}" '
            f'title="{escape(exercise.title or exercise.name)}" adaptive="false" '
            'time-dependent="false" xml:lang="en">\n'
            + "\n".join(sorted(self.declared, key=lambda d: "outcome" in d[:12]))
            + '\n<qti-outcome-declaration identifier="SCORE" cardinality="single" '
            f'base-type="float" normal-maximum="{number(marks)}">'
            "<qti-default-value><qti-value>0</qti-value>"
            "</qti-default-value></qti-outcome-declaration>\n"
            '<qti-outcome-declaration identifier="MAXSCORE" cardinality="single" base-type="float">'
            f"<qti-default-value><qti-value>{number(marks)}</qti-value></qti-default-value>"
            "</qti-outcome-declaration>\n"
            f"<qti-item-body>\n{self.body}\n</qti-item-body>\n"
            "<qti-response-processing>\n" + "\n".join(self.rules) + f"\n{score}\n"
            "</qti-response-processing>\n</qti-assessment-item>\n"
        )


def _table(part: Part, asked: Sequence[str]) -> str:
    width = len(part.columns)
    head = "".join(f"<th>{markup.inline(c)}</th>" for c in part.columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{a}</td>" for a in asked[i : i + width]) + "</tr>"
        for i in range(0, len(asked), width)
    )
    top = f"<thead><tr>{head}</tr></thead>" if any(part.columns) else ""
    return f"<table>{top}<tbody>{rows}</tbody></table>"


def _set(outcome: str, value: str, kind: str = "float") -> str:
    return (
        f'<qti-set-outcome-value identifier="{outcome}"><qti-base-value base-type="{kind}">{value}'
        "</qti-base-value></qti-set-outcome-value>"
    )


def _all(*tests: str) -> str:
    if not all(tests):
        return ""  # one of them can never hold
    return tests[0] if len(tests) == 1 else f"<qti-and>{''.join(tests)}</qti-and>"


def _condition(branches: Iterable[tuple[str, Sequence[str]]], otherwise: Sequence[str] = ()) -> str:
    text = ""
    for i, (test, rules) in enumerate(branches):
        tag = "qti-response-else-if" if i else "qti-response-if"
        text += f"<{tag}>{test}{''.join(rules)}</{tag}>"
    if otherwise:
        text += f"<qti-response-else>{''.join(otherwise)}</qti-response-else>"
    return f"<qti-response-condition>{text}</qti-response-condition>"


def item(exercise: Exercise) -> str:
    """One exercise as the XML of a QTI 3.0 item."""
    return Item(exercise).xml()


__all__ = ["ITEM", "item"]
