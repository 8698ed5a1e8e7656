"""Printed exams: the key read back from the page, nothing cut, and the command line."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from course_lib.exam import key, markup, paper, printing
from course_lib.exam.__main__ import main
from course_lib.exam.answers import Choice
from course_lib.exam.exercise import Exercise, all_types, new
from course_lib.exam.marking import mark
from course_lib.exam.template import ExerciseError

TYPES = all_types()
TOPICS = list(dict.fromkeys(t.topic for t in TYPES.values()))
SPACE = re.compile(r"[\s*|`$\\:-]+")
NOT_MINUS = re.compile(r"[\s*|`$\\:]+")  # ++- and +-+ are two options


def plain(markup_text: str, dropped: re.Pattern[str] = SPACE) -> str:
    """The text of a page without markup, formulas as their LaTeX, for comparison with Markdown."""
    text = re.sub(r'<math alttext="([^"]*)".*?</math>', r"\1", markup_text, flags=re.DOTALL)
    return dropped.sub("", html.unescape(re.sub(r"<[^>]+>", "", text)))


def from_page(exercise_id: str) -> Exercise:
    name, _, seed = exercise_id.rsplit(".", 2)
    return new(name, int(seed))


@pytest.fixture(scope="module")
def exam() -> paper.Exam:
    return paper.compose(TOPICS, 3, seed=4, minutes=10_000, title="Trial exam")


def test_the_paper_says_what_the_exercises_say_and_the_key_is_right(exam):
    sheet, keys = paper.papers(exam), key.key(exam)
    articles = re.findall(
        r'<article class="exercise" data-id="([^"]+)">(.*?)</article>', sheet, re.DOTALL
    )
    tables = re.findall(r'<table class="key" data-id="([^"]+)">(.*?)</table>', keys, re.DOTALL)
    assert [a for a, _ in articles] == [t for t, _ in tables]
    assert len(articles) == 3 * len(TYPES)
    for (name, article), (_, table) in zip(articles, tables, strict=True):
        exercise = from_page(name)
        assert exercise.id == name
        text = plain(article)
        assert SPACE.sub("", exercise.statement) in text
        answers = {}
        for step in exercise.steps:
            assert SPACE.sub("", exercise.prompts[step.name]) in text
            row = re.search(rf'<tr data-step="{step.name}">(.*?)</tr>', table, re.DOTALL)[1]
            right = re.search(r'<b class="right">(.*?)</b>', row, re.DOTALL)[1]
            answers[step.name] = as_written(step, right)
        report = mark(exercise, answers)
        assert report.marks == report.out_of == exercise.marks, report
        for step in exercise.steps:
            row = re.search(rf'<tr data-step="{step.name}">(.*?)</tr>', table, re.DOTALL)[1]
            listed = re.findall(r'<li data-mistake="([^"]+)"><b>(.*?)</b>', row, re.DOTALL)
            assert len(listed) == len(exercise.mistakes(step))
            for mistake, shown in listed:
                result = mark(exercise, {**answers, step.name: as_written(step, shown)})[step.name]
                assert result.status in ("wrong", "partly") and result.mistake == mistake


def as_written(step, shown: str) -> str:
    """What the key shows, as a candidate would write it (an option by its letter)."""
    if isinstance(step.answer, Choice):
        inlines = [plain(markup.inline(o), NOT_MINUS) for o in step.answer.options]
        text = plain(shown, NOT_MINUS)
        picked = [text] if text in inlines else text.split(";")
        return ";".join(f"({chr(97 + inlines.index(p))})" for p in picked)
    return html.unescape(re.sub(r"<[^>]+>", "", shown))


def test_papers_differ_and_the_same_seed_prints_the_same_bytes(exam):
    bodies = re.findall(r'<section class="paper".*?</section>', paper.papers(exam), re.DOTALL)
    assert len(bodies) == len(set(bodies)) == 3
    ids = [tuple(e.id for e in p.exercises) for p in exam.papers]
    assert all(a != b for one in zip(*ids, strict=True) for a, b in [one[:2]])
    again = paper.compose(TOPICS, 3, seed=4, minutes=10_000, title="Trial exam")
    assert paper.papers(exam) == paper.papers(again) and key.key(exam) == key.key(again)
    other = paper.compose(TOPICS, 3, seed=5, minutes=10_000, title="Trial exam")
    assert paper.papers(exam) != paper.papers(other)


def test_thirty_papers_of_a_class_differ_in_pairs():
    exam = paper.compose(["perceptron"], 30, seed=1)
    texts = [tuple((e.statement, *e.prompts.values()) for e in p.exercises) for p in exam.papers]
    assert len(set(texts)) == 30
    assert exam.minutes <= 90
    for one in zip(*texts, strict=True):
        assert len(set(one)) >= 6  # theory questions are few, numbers are many


def test_the_document_is_well_formed_and_needs_nothing_from_outside(exam):
    for document in (paper.papers(exam), key.key(exam, solutions=True)):
        ET.fromstring(document.removeprefix("<!DOCTYPE html>\n"))
        assert not re.search(r"(?:src|href)=|@import|<script", re.sub(r'src="data:', "", document))
        outside = re.sub(r'xmlns="[^"]*"', "", document)
        assert "http" not in outside
        assert "$" not in re.sub(r'alttext="[^"]*"', "", outside)  # no formula is left as TeX
        assert "\\" not in re.sub(
            r'alttext="[^"]*"|<style>.*?</style>', "", outside, flags=re.DOTALL
        )


@pytest.mark.parametrize("kind", TYPES.values(), ids=lambda t: t.name)
def test_every_formula_of_the_bank_becomes_mathml(kind):
    for seed in range(1, 6):
        exercise = kind.new(seed)
        told = [m.feedback for s in exercise.steps for m in s.mistakes if "{" not in m.feedback]
        text = "\n\n".join(
            [
                exercise.text(),
                exercise.solution(),
                *told,
                *(exercise.hint(s.name) for s in exercise.steps),
            ]
        )
        shown = re.sub(r'alttext="[^"]*"', "", markup.block(text))
        assert "$" not in shown and not re.search(r"\\[A-Za-z]", shown)


def test_an_unknown_command_of_latex_is_refused():
    with pytest.raises(ExerciseError, match=r"\\nonsense"):
        markup.block(r"Look at $\nonsense{x}$.")
    assert "<mi>" in markup.block(r"Look at $x$.") and "5 dollars" in markup.block("5 dollars")


def test_few_papers_of_few_questions_are_said_to_be_few():
    with pytest.raises(ValueError, match="only .* different papers"):
        paper.compose(["perceptron.theory"], 500, seed=1)
    with pytest.raises(ValueError, match="fits into 0.5 minutes"):
        paper.compose(["perceptron"], 2, minutes=0.5)
    with pytest.raises(KeyError, match="perceptron"):
        paper.compose(["percepton"], 2)


def test_nothing_is_wider_than_the_page(exam, chromium, tmp_path):
    sync_api = pytest.importorskip("playwright.sync_api")
    script = """() => [...document.querySelectorAll('math, table, p, li, td, .entry')].filter(e => {
        const box = e.getBoundingClientRect(), body = document.body.getBoundingClientRect();
        return box.right > body.right + 1 || box.left < body.left - 1 ||
          e.scrollWidth > e.clientWidth + 60;
    }).map(e => e.outerHTML.slice(0, 200))"""
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(chromium), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 673, "height": 900})
        page.emulate_media(media="print")
        for name, document in (
            ("paper", paper.papers(exam)),
            ("key", key.key(exam, solutions=True)),
        ):
            target = tmp_path / f"{name}.html"
            target.write_text(document, encoding="utf-8")
            page.goto(target.as_uri())
            assert page.evaluate(script) == []
            widths = "() => [...document.querySelectorAll('math')].map(e => e.offsetWidth ?? 1)"
            assert all(page.evaluate(widths))
        browser.close()


def test_the_pdf_holds_every_exercise_of_every_paper(chromium, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CHROMIUM", str(chromium))
    exam = paper.compose(["perceptron.gate", "perceptron.merge", "perceptron.theory"], 4, seed=2)
    target = tmp_path / "exam.pdf"
    printing.pdf(paper.papers(exam), target)
    assert target.read_bytes().startswith(b"%PDF")
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed, so the PDF's text is not read")
    text = subprocess.run(
        ["pdftotext", "-layout", str(target), "-"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    ).stdout
    pages = text.split("\f")[:-1]
    assert len(pages) >= 8
    for one in exam.papers:
        mine = [p for p in pages if f"Paper {one.number} of 4" in p]
        assert len(mine) >= 2 and f"Answer sheet, paper {one.number}" in "".join(mine)
        for exercise in one.exercises:
            assert exercise.id in "".join(mine)


def test_without_a_browser_the_error_says_how_to_get_one(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("COURSE_CHROMIUM", raising=False)
    monkeypatch.setattr(printing, "BROWSERS", ("no-such-browser",))
    with pytest.raises(printing.NoBrowser, match="COURSE_CHROMIUM"):
        printing.pdf("<p>x</p>", tmp_path / "x.pdf")
    code = main(
        [
            "paper",
            "--topics",
            "perceptron.theory",
            "--variants",
            "2",
            "--out",
            str(tmp_path / "e.html"),
            "--pdf",
        ]
    )
    assert code == 1 and "apt-get install" in capsys.readouterr().err
    assert (tmp_path / "e.html").is_file() and (tmp_path / "e-key.html").is_file()


def test_the_command_line_lists_shows_and_marks(capsys):
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in TYPES)
    assert main(["show", "perceptron.threshold", "--seed", "3", "--solution"]) == 0
    exercise = new("perceptron.threshold", 3)
    out = capsys.readouterr().out
    assert exercise.statement in out and exercise.explanation("patterns") in out
    answers = [f"{s.name}={s.answer.show(exercise.answers[s.name])}" for s in exercise.steps]
    assert main(["mark", "perceptron.threshold", "--seed", "3", *answers]) == 0
    assert "4 of 4 marks" in capsys.readouterr().out
    assert main(["mark", "perceptron.threshold", "--seed", "3", "theta=99"]) == 0
    assert "0 of 4 marks" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "perceptron.gat"], "perceptron.gate"),
        (["mark", "perceptron.gate", "nets"], "step=answer"),
        (["mark", "perceptron.gate", "net=1"], "nets"),
        (["paper", "--topics", "perceptro"], "perceptron"),
        (["show", "perceptron.gate", "--variant", "lectur"], "lecture"),
    ],
)
def test_wrong_use_exits_with_2_and_says_what_is_there(arguments, words, capsys):
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert words in captured.err and captured.err.startswith("error: ") and captured.out == ""


def test_the_command_line_writes_banks_and_speaks_utf8(tmp_path):
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "course_lib.exam",
            "moodle",
            "--topics",
            "perceptron.theory,perceptron.gate",
            "--variants",
            "3",
            "--out",
            "bank.xml",
        ],
        cwd=tmp_path,
        capture_output=True,
        check=True,
        env={"PYTHONPATH": str(Path(__file__).parents[1]), "PYTHONIOENCODING": "ascii", "PATH": ""},
    )
    assert b"2 exercise types, 6 questions" in run.stdout
    assert (tmp_path / "bank.xml").read_text(encoding="utf-8").count("<question ") == 8
    shown = subprocess.run(
        [sys.executable, "-m", "course_lib.exam", "show", "perceptron.gate"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
        env={"PYTHONPATH": str(Path(__file__).parents[1]), "PYTHONIOENCODING": "ascii"},
    )
    assert "·" in shown.stdout.decode("utf-8")
    missing = subprocess.run(
        [sys.executable, "-m", "course_lib.exam"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        env={"PYTHONPATH": str(Path(__file__).parents[1])},
    )
    assert missing.returncode == 2 and b"usage" in missing.stderr
