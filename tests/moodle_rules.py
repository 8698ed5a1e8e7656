"""Moodle's importer and marker for question banks, re-implemented from its documented rules.

It shares no code with `course_lib.exam.moodle`. What real Moodle refuses or silently drops is
collected in `Bank.problems`; marking follows numerical (first match within the absolute tolerance),
shortanswer (no case, * stands for anything), multichoice and Cloze.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

GRADES = (
    1,
    0.9,
    0.8333333,
    0.8,
    0.75,
    0.7,
    0.6666667,
    0.6,
    0.5,
    0.4,
    0.3333333,
    0.3,
    0.25,
    0.2,
    0.1666667,
    0.1428571,
    0.125,
    0.1111111,
    0.1,
    0.05,
    0,
)
FORMATS = {"html", "moodle_auto_format", "plain_text", "markdown", "wiki_like"}
# Cloze, as the question type reads it.
NUMBER = r"-?(?:(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:[eE][-+]?[0-9]+)?)"
TYPES = {
    "numerical": ("NUMERICAL", "NM"),
    "shortanswer": ("SHORTANSWER", "SA", "MW"),
    "shortanswer_case": ("SHORTANSWER_C", "SAC", "MWC"),
    "multichoice": (
        "MULTICHOICE",
        "MC",
        "MULTICHOICE_V",
        "MCV",
        "MULTICHOICE_H",
        "MCH",
        "MULTICHOICE_S",
        "MCS",
        "MULTICHOICE_VS",
        "MCVS",
        "MULTICHOICE_HS",
        "MCHS",
    ),
    "multiresponse": (
        "MULTIRESPONSE",
        "MR",
        "MULTIRESPONSE_H",
        "MRH",
        "MULTIRESPONSE_S",
        "MRS",
        "MULTIRESPONSE_HS",
        "MRHS",
    ),
}
KIND = {name: kind for kind, names in TYPES.items() for name in names}
ALTERNATIVE = (
    r"(=|%(-?[0-9]+(?:[.,][0-9]*)?)%)?(.+?(?<!\\)(?<!&)(?<!&amp;)(?=[~#}]|\Z))"
    r"(#(.*?(?<!\\)(?=[~}]|\Z)))?"
)
CLOZE = re.compile(
    r"\{([0-9]*):("
    + "|".join(sorted(KIND, key=len, reverse=True))
    + r"):("
    + re.sub(r"\((?!\?)", "(?:", ALTERNATIVE)
    + "(?:~"
    + re.sub(r"\((?!\?)", "(?:", ALTERNATIVE)
    + r")*)\}",
    re.DOTALL,
)
ONE = re.compile("~?" + ALTERNATIVE, re.DOTALL)


@dataclass
class Answer:
    text: str
    fraction: float
    feedback: str = ""
    tolerance: float = 0.0


@dataclass
class Sub:
    """One thing that is marked: a plain question, or a field of a Cloze question."""

    kind: str
    weight: float
    answers: list[Answer]

    def match(self, response: object) -> Answer | None:
        """The first answer that the response matches."""
        for answer in self.answers:
            if self.kind == "numerical":
                text = str(response).strip().replace(",", ".")
                if not re.fullmatch(NUMBER.replace("-?", "[-+]?", 1), text):
                    return None
                if abs(float(text) - float(answer.text)) <= answer.tolerance + 1e-14:
                    return answer
            elif self.kind == "shortanswer":
                parts = re.split(r"(?<!\\)\*", answer.text)
                pattern = ".*".join(re.escape(p.replace(r"\*", "*")) for p in parts)
                if re.fullmatch(pattern, str(response).strip(), re.IGNORECASE):
                    return answer
            elif answer.text == response:
                return answer
        return None

    def grade(self, response: object) -> float:
        """The share of the weight that the response earns; a list for several choices."""
        if self.kind == "multiresponse":
            return min(1.0, max(0.0, sum(a.fraction for a in self.answers if a.text in response)))
        found = self.match(response)
        return found.fraction if found else 0.0


@dataclass
class Question:
    kind: str
    name: str
    category: str
    idnumber: str
    text: str
    mark: float
    subs: list[Sub]

    @property
    def key(self) -> tuple[str, str]:
        """By what a second import is recognised; Cloze questions lose their idnumber."""
        return (self.category, self.name if self.kind == "cloze" else self.idnumber)

    def grade(self, responses: list[object]) -> float:
        """The share of the mark."""
        total = sum(s.weight for s in self.subs)
        pairs = zip(self.subs, responses, strict=True)
        return sum(s.weight * s.grade(r) for s, r in pairs) / total


@dataclass
class Bank:
    questions: list[Question] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    known: int = 0  # questions that were there before

    def load(self, source: str) -> Bank:
        """Import a file. What Moodle would refuse or drop is added to `problems`."""
        category = ""
        root = ET.fromstring(source)
        if root.tag != "quiz":
            self.problems.append(f"the root is {root.tag}, not quiz")
        for element in root:
            if element.get("type") == "category":
                category = element.findtext("category/text") or ""
                if not category.startswith(("$course$/", "$system$/", "top")):
                    self.problems.append(f"category {category!r}")
                continue
            question = self._question(element, category)
            if any(q.key == question.key for q in self.questions):
                self.known += 1
            else:
                self.questions.append(question)
        return self

    def _question(self, element: ET.Element, category: str) -> Question:
        kind, name = element.get("type", ""), (element.findtext("name/text") or "").strip()
        say = lambda what: self.problems.append(f"{name or '?'}: {what}")  # noqa: E731
        idnumber = element.findtext("idnumber") or ""
        if not name or len(name) > 255:
            say("a name of 1 to 255 characters is required")
        if len(idnumber) > 100 or any(
            q.idnumber == idnumber and q.category == category and q.name != name
            for q in self.questions
        ):
            say(f"the idnumber {idnumber!r} would be dropped")
        for part in element.iter():
            if part.get("format") and part.get("format") not in FORMATS:
                say(f"unknown format {part.get('format')!r}")
            _files(part, say)
        text = element.findtext("questiontext/text") or ""
        mark = float(element.findtext("defaultgrade") or 1)
        if kind == "cloze":
            subs = _cloze(text, say)
            mark = sum(s.weight for s in subs)
        elif kind in ("numerical", "multichoice", "shortanswer"):
            subs = [_plain(element, kind, say)]
        elif kind == "essay":
            subs = []
        else:
            subs = []
            say(f"unknown question type {kind!r}")
        return Question(kind, name, category, idnumber, text, mark, subs)


def _files(part: ET.Element, say) -> None:
    text = part.findtext("text") or ""
    names = [f.get("name") for f in part.findall("file")]
    if len(set(names)) < len(names):
        say("two files of one name: the second is dropped")
    wanted = set(re.findall(r"@@PLUGINFILE@@/([^\"'\s)]+)", text))
    if wanted != set(names):
        say(f"files {sorted(map(str, names))} but the text refers to {sorted(wanted)}")
    if re.search(r"<img[^>]+src=[\"'](?!@@PLUGINFILE@@)", text):
        say("a picture outside the file")
    for file in part.findall("file"):
        try:
            base64.b64decode(file.text or "", validate=True)
        except binascii.Error:
            say(f"file {file.get('name')} is not base64")


def _plain(element: ET.Element, kind: str, say) -> Sub:
    answers = []
    for answer in element.findall("answer"):
        fraction = float(answer.get("fraction", "nan")) / 100
        grade = next((g for g in GRADES if abs(abs(fraction) - g) < 1e-5), None)
        if grade is None:
            say(f"fraction {answer.get('fraction')} is not in the list")
            grade = abs(fraction)
        text = answer.findtext("text") or ""
        if not text.strip():
            say("an empty answer")
        if kind == "numerical" and not re.fullmatch(NUMBER, text) and text != "*":
            say(f"{text!r} is no number")
        tolerance = float(answer.findtext("tolerance") or 0)
        answers.append(
            Answer(
                text,
                grade if fraction >= 0 else -grade,
                answer.findtext("feedback/text") or "",
                tolerance,
            )
        )
    single = element.findtext("single") != "false"
    if kind == "multichoice":
        for tag in ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback"):
            if element.find(tag) is None:
                say(f"no {tag}")
        if len(answers) < 2:
            say("fewer than two answers")
    top = max((a.fraction for a in answers), default=0)
    total = sum(a.fraction for a in answers if a.fraction > 0)
    if (top != 1) if single or kind != "multichoice" else (abs(total - 1) > 0.01):
        say(f"no answer of 100 % (best {top}, sum {total})")
    return Sub("multiresponse" if kind == "multichoice" and not single else kind, 1.0, answers)


def _cloze(text: str, say) -> list[Sub]:
    subs = []
    for found in CLOZE.finditer(text):
        kind, rest, answers, given = KIND[found[2]], found[3], [], False
        while rest and (match := ONE.search(rest)):
            _, percent, body, _, feedback = (match[i] for i in range(1, 6))
            fraction = 1.0 if match[1] == "=" else float((percent or "0").replace(",", ".")) / 100
            given = given or bool(percent) and float(percent.replace(",", ".")) != 0
            if all(abs(abs(fraction) - g) > 1e-5 for g in GRADES):
                say(f"Cloze percentage {percent} is not in the list")
            answer = Answer(_decode(body), fraction, _decode(feedback or ""))
            if kind == "numerical":
                number = re.fullmatch(rf"({NUMBER})(?::({NUMBER}))?", body)
                if not number:
                    say(f"{body!r} is no number with tolerance")
                    number = re.fullmatch("(0)(x)?", "0")
                answer.text, answer.tolerance = number[1], float(number[2] or 0)
            answers.append(answer)
            rest = rest.split(match[0], 1)[1]
        if kind == "multiresponse":
            total = sum(a.fraction for a in answers if a.fraction > 0)
            for answer in answers:
                if answer.fraction > 0:
                    answer.fraction /= total
                elif not given:
                    answer.fraction = -1 / total
            if not total:
                say("no right answer among several choices")
        elif not any(a.fraction == 1 for a in answers):
            say("a Cloze field without an answer of 100 %")
        if kind in ("multichoice", "multiresponse") and len(answers) < 2:
            say("a Cloze choice with one alternative")
        subs.append(Sub(kind, float(found[1] or 1), answers))
    left = CLOZE.sub("", text)
    if not subs:
        say("a Cloze question without fields")
    if re.search(r"\{[0-9]*:(?:" + "|".join(KIND) + "):", left):
        say("a Cloze field that does not parse")
    return subs


def _decode(text: str) -> str:
    return html.unescape(text).replace(r"\}", "}").replace(r"\#", "#")
