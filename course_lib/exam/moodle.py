r"""Moodle XML: a question bank with one category per exercise type and its variants as questions.

A quiz then draws one random question from a category. One number, one choice or one word becomes a
numerical, multichoice or shortanswer question; everything else a Cloze question whose fields are
those of `fields.parts`. What differs from our own marking, because Moodle's core cannot do it:

- Follow-through: Moodle cannot look at an earlier field, so the common wrong paths (one known slip
  earlier, the rest right) are wrong answers of the later fields that earn `FOLLOW` of their marks,
  with a note. Only numbers that tell: a 0, 1 or -1 and a choice would be guessed, not followed.
- Every entry of a vector, matrix or table earns its share, also where we want the whole.
- The number of rows of a sequence of states shows; formulae are asked for by their values at two
  points; "find weights that do it" becomes "which of these do it?".
- Weights in Cloze are whole numbers, so a question may be worth a multiple of our marks; the quiz
  scales.

The importer's rules, which tests/moodle_rules.py re-implements: fractions come from a table;
tolerances are absolute; inside Cloze alternatives `} ~ # \ &` are written as numeric entities; an
idnumber per question (in the name too, since importers ignore it for Cloze).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from html import escape
from math import lcm

from course_lib.exam import markup
from course_lib.exam.exercise import Exercise, ExerciseType
from course_lib.exam.fields import Field, Part, Wrong, parts
from course_lib.exam.variants import different

FOLLOW = Fraction(1, 2)
# The fractions that Moodle accepts, spelled as it compares them.
FRACTIONS = {
    Fraction(n, d): f"{100 * n / d:.5f}".rstrip("0").rstrip(".")
    for n, d in [
        (1, 1),
        (9, 10),
        (5, 6),
        (4, 5),
        (3, 4),
        (7, 10),
        (2, 3),
        (3, 5),
        (1, 2),
        (2, 5),
        (1, 3),
        (3, 10),
        (1, 4),
        (1, 5),
        (1, 6),
        (1, 7),
        (1, 8),
        (1, 9),
        (1, 10),
        (1, 20),
        (0, 1),
    ]
}
SPECIAL = re.compile(r"[&<>\"'{}~#\\]|^[=%]")
NUMBERS = "<p><small>Write numbers as decimals, such as -0.5 or 2e-3; no fractions.</small></p>"


def percent(share: Fraction) -> str:
    """The largest fraction of Moodle's table that is not above the share, in percent."""
    return FRACTIONS[max(f for f in FRACTIONS if f <= share)]


def number(value: float) -> str:
    """A number as Moodle's patterns want it: no plus sign before it, no infinity."""
    return repr(value + 0.0).removesuffix(".0")


def tolerance(field: Field, value: float) -> str:
    """The absolute tolerance around a value, with a hair of slack for answers on its bounds."""
    margin = field.tolerance.margin(value)
    return number(float(f"{margin * 1.00001:.6g}")) if margin else "0"


def earned(wrong: Wrong) -> Fraction:
    """The share of a field's marks that a wrong answer earns in Moodle."""
    return wrong.share * FOLLOW if wrong.after else wrong.share


def told(field: Field) -> list[Wrong]:
    """The wrong answers of a field that differ from the right one and from each other."""
    kept: list[Wrong] = []
    seen = [field.right, *field.also]
    for wrong in field.wrongs:
        if wrong.after and (field.form != "number" or wrong.value in (-1, 0, 1)):
            continue
        if field.form == "number":
            near = [abs(wrong.value - s) <= field.tolerance.margin(s) + 1e-9 * abs(s) for s in seen]
        else:
            near = [wrong.value == s for s in seen]
        if not any(near):
            kept.append(wrong)
            seen.append(wrong.value)
    return kept


def _html(text: str) -> str:
    return markup.block(text, markup.tex)


def _line(text: str) -> str:
    return markup.inline(text, markup.tex)


def _text(tag: str, body: str, attributes: str = "") -> str:
    """An element with HTML in it and the files to which the HTML refers."""
    body, found = markup.pictures(body, "@@PLUGINFILE@@/")
    files = "".join(
        f'<file name="{name}" path="/" encoding="base64">{base64.b64encode(data).decode()}</file>'
        for name, data in found.items()
    )
    body = body.replace("]]>", "]]]]><![CDATA[>")
    return f'<{tag}{attributes} format="html"><text><![CDATA[{body}]]></text>{files}</{tag}>\n'


def _answer(value: str, fraction: str, feedback: str, *, html: bool = False, more: str = "") -> str:
    text = f"<![CDATA[{value.replace(']]>', ']]]]><![CDATA[>')}]]>" if html else escape(value)
    kind = "html" if html else "moodle_auto_format"
    body = _text("feedback", _line(feedback))
    return (
        f'<answer fraction="{fraction}" format="{kind}"><text>{text}</text>{more}{body}</answer>\n'
    )


def _plain(field: Field) -> tuple[str, str]:
    """A question of its own for a single field: its type and its elements."""
    wrongs = told(field)
    if field.form == "number":
        rows = [(field.right, Fraction(1), "")] + [(w.value, earned(w), w.feedback) for w in wrongs]
        answers = "".join(
            _answer(number(v), percent(f), y, more=f"<tolerance>{tolerance(field, v)}</tolerance>")
            for v, f, y in rows
        )
        return "numerical", (
            f"{answers}<unitgradingtype>0</unitgradingtype><unitpenalty>0.1</unitpenalty>"
            "<showunits>3</showunits>\n"
        )
    if field.form == "text":
        rows = [(t, Fraction(1), "") for t in _spellings(field)]
        rows += [(w.value, earned(w), w.feedback) for w in wrongs]
        answers = "".join(_answer(v.replace("*", r"\*"), percent(f), why) for v, f, why in rows)
        return "shortanswer", f"<usecase>0</usecase>\n{answers}"
    several = field.form == "choices"
    right = field.right if several else [field.right]
    reasons = {w.value: w for w in wrongs}
    answers = ""
    for option in field.options:
        share, why = Fraction(int(option in right), len(right)), ""
        if option in reasons:
            share, why = earned(reasons[option]), reasons[option].feedback
        sign = "-" if several and option not in right else ""
        share = Fraction(1, len(right)) if several else share
        answers += _answer(_line(option), sign + percent(share), why, html=True)
    frame = "".join(
        _text(tag, "")
        for tag in ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback")
    )
    return "multichoice", (
        f"<single>{'false' if several else 'true'}</single><shuffleanswers>true</shuffleanswers>"
        f"<answernumbering>abc</answernumbering><showstandardinstruction>0</showstandardinstruction>\n"
        f"{frame}{answers}"
    )


def _spellings(field: Field) -> list[str]:
    """A text and what counts as the same; Moodle itself overlooks capitals."""
    every = [t for text in (field.right, *field.also) for t in (text, text.replace("-", " "))]
    return list(dict.fromkeys(every))


def cloze_escape(text: str) -> str:
    r"""Text as it stands in a Cloze alternative, where `\}` would lose its backslash."""
    text = text.replace(r"\}", r"\rbrace ").replace(r"\#", r"\text{#}")
    return SPECIAL.sub(lambda match: f"&#{ord(match[0])};", text)


def _cloze(field: Field, weight: int) -> str:
    """A field inside a text: {weight:TYPE:=right~%0%wrong#feedback}."""
    wrongs = told(field)

    def wrong_text(wrong: Wrong, value: str) -> str:
        return f"~%{percent(earned(wrong))}%{value}#{cloze_escape(_line(wrong.feedback))}"

    if field.form == "number":
        body = f"={number(field.right)}:{tolerance(field, field.right)}" + "".join(
            wrong_text(w, f"{number(w.value)}:{tolerance(field, w.value)}") for w in wrongs
        )
        return f"{{{weight}:NUMERICAL:{body}}}"
    if field.form == "text":
        body = "~".join("=" + cloze_escape(t.replace("*", r"\*")) for t in _spellings(field))
        body += "".join(wrong_text(w, cloze_escape(w.value.replace("*", r"\*"))) for w in wrongs)
        return f"{{{weight}:SHORTANSWER:{body}}}"
    right = field.right if field.form == "choices" else [field.right]
    reasons = {w.value: w for w in wrongs}
    rows = []
    for option in field.options:
        text = cloze_escape(_line(option))
        if option in right:
            rows.append(f"={text}")
        elif option in reasons:
            rows.append(wrong_text(reasons[option], text)[1:])
        else:
            rows.append(text)
    flat = all(_line(option) == escape(option, quote=False) for option in field.options)
    drop = "MULTICHOICE" if flat and len(rows) > 5 else "MULTICHOICE_V"  # lists show no formulas
    return f"{{{weight}:{'MULTIRESPONSE' if field.form == 'choices' else drop}:{'~'.join(rows)}}}"


def _table(part: Part, spots: Sequence[str]) -> str:
    width = len(part.columns)
    head = "".join(f"<th>{_line(c)}</th>" for c in part.columns)
    rows = [f"<tr>{head}</tr>"] if any(part.columns) else []
    for start in range(0, len(spots), width):
        rows.append(
            "<tr>" + "".join(f"<td>{s}</td>" for s in spots[start : start + width]) + "</tr>"
        )
    return "<table>" + "".join(rows) + "</table>"


def _parts(exercise: Exercise, asked: Sequence[Part], unit: int) -> str:
    lines = []
    for i, part in enumerate(asked):
        marks = part.step.marks
        note = (
            f"{marks} {'mark' if marks == 1 else 'marks'}; {part.note}"
            if part.fields
            else part.note
        )
        lines.append(_html(f"**({chr(97 + i % 26)})** {part.prompt} *({note})*"))
        spots = [_cloze(f, int(f.share * marks * unit)) for f in part.fields]
        if part.columns:
            lines.append(_table(part, spots))
        elif spots:
            labelled = (
                f"{_line(f.label)}: {s}" if f.label else s
                for f, s in zip(part.fields, spots, strict=True)
            )
            lines.append("<p>" + " &nbsp; ".join(labelled) + "</p>")
    return "\n".join(lines)


def question(exercise: Exercise, tags: Iterable[str] = ()) -> str:
    """One exercise as a `<question>` element."""
    asked = parts(exercise)
    fields = [f for part in asked for f in part.fields]
    statement = _html(exercise.statement)
    if not fields:
        kind, elements = "essay", "<responseformat>editor</responseformat>\n"
        elements += _text("graderinfo", _html(exercise.solution()))
        body = statement + "\n" + _parts(exercise, asked, 1)
    elif len(asked) == len(fields) == 1:
        kind, elements = _plain(fields[0])
        body = f"{statement}\n{_html(f'{asked[0].prompt} *({asked[0].note})*')}"
    else:
        unit = lcm(
            *(
                Fraction(f.share * part.step.marks).denominator
                for part in asked
                for f in part.fields
            )
        )
        kind, elements = "cloze", ""
        body = f"{statement}\n{_parts(exercise, asked, unit)}"
    if any(f.form == "number" for f in fields):
        body += "\n" + NUMBERS
    hints = [
        f"({chr(97 + i % 26)}) {exercise.hint(s.name)}"
        for i, s in enumerate(exercise.steps)
        if s.hint
    ]
    labels = "".join(f"<tag><text>{escape(tag)}</text></tag>" for tag in tags)
    grade = number(float(exercise.marks))
    name = f"{exercise.title or exercise.name} [{exercise.id}]"
    return (
        f'<question type="{kind}">\n'
        f"<name><text>{escape(name)}</text></name>\n"
        + _text("questiontext", body)
        + _text("generalfeedback", _html(exercise.solution()))
        + f"<defaultgrade>{grade}</defaultgrade><penalty>0.3333333</penalty><hidden>0</hidden>"
        f"<idnumber>{escape(exercise.id)}</idnumber>\n"
        + elements
        + (_text("hint", _html("\n\n".join(hints))) if hints else "")
        + f"<tags>{labels}</tags>\n</question>\n"
    )


def bank(
    types: Sequence[ExerciseType], variants: int = 50, seed: int = 1, course: str = "Deep learning"
) -> tuple[str, dict[str, int]]:
    """The question bank as XML, and how many different variants each type gave (some have few)."""
    chunks = ['<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n']
    counts: dict[str, int] = {}
    for kind in types:
        path = "/".join(
            p.replace("/", "//") for p in (course, kind.topic, f"{kind.name} {kind.title}")
        )
        chunks.append(
            '<question type="category"><category><text>'
            f"{escape(f'$course$/top/{path}')}</text></category></question>\n"
        )
        exercises = different(kind, variants, seed)
        chunks += [question(e, (kind.topic, kind.name)) for e in exercises]
        counts[kind.name] = len(exercises)
    chunks.append("</quiz>\n")
    return "".join(chunks), counts


__all__ = ["FOLLOW", "FRACTIONS", "bank", "cloze_escape", "earned", "percent", "question", "told"]
