"""QTI packages: their structure, and their score in an existing player against our own marking.

The player is the npm package @citolab/qti-components at the version in tests/qti_player (a test
dependency only); the first run installs it there with `npm ci`, later runs need no network.
"""

from __future__ import annotations

import base64
import io
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
import zipfile
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from course_lib.exam import qti, qti_package, reading
from course_lib.exam.answers import Formula, choices, formula, integer, number, text, vector
from course_lib.exam.exercise import Exercise, Mistake, Step, all_types
from course_lib.exam.fields import parts
from course_lib.exam.marking import mark

TYPES = list(all_types().values())
PLAYER = Path(__file__).parent / "qti_player"
BUNDLE = PLAYER / "node_modules" / "@citolab" / "qti-components" / "cdn" / "index.global.js"
SEEDS = (1,)
PLAY = """async ([xml, answers]) => {
    document.body.innerHTML = '<qti-item><item-container></item-container></qti-item>';
    const container = document.querySelector('item-container');
    await container.updateComplete;
    const ready = new Promise(done => document.addEventListener(
        'qti-assessment-item-connected', event => done(event.detail), {once: true}));
    container.itemXML = xml;
    const item = await ready;
    for (const math of item.querySelectorAll('math'))
        math.outerHTML = math.outerHTML;  // the player drops namespaces: read formulas as HTML does
    const all = [...item.querySelectorAll('[response-identifier]')];
    await Promise.all(all.map(element => element.updateComplete));
    const scores = [];
    for (const [responses, told] of answers) {
        for (const element of all) {
            const wanted = responses[element.getAttribute('response-identifier')];
            const input = element.shadowRoot.querySelector('input');
            if (input) {
                input.value = wanted;
                input.dispatchEvent(new Event('change', {bubbles: true}));
            } else {
                for (const choice of element.querySelectorAll('qti-simple-choice'))
                    if (choice.checked !== wanted.includes(choice.identifier)) choice.click();
            }
        }
        item.processResponse();
        const shown = [...item.querySelectorAll('qti-feedback-block')]
            .filter(block => block.showStatus === 'on').map(block => block.textContent.trim());
        scores.push([Number(item.getOutcome('SCORE').value), shown]);
    }
    return [scores, all.length, Number(item.getOutcome('MAXSCORE').value)];
}"""


def need(what: str) -> None:
    """Without a tool the test skips with the reason; in continuous integration it fails."""
    pytest.fail(what) if os.environ.get("CI") else pytest.skip(what)


@pytest.fixture(scope="module")
def page(chromium):
    """A page with the player; errors of scripts fail the test that caused them."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if not BUNDLE.is_file():
        npm = shutil.which("npm")
        if npm is None:
            need(
                "the QTI player needs npm: sudo apt-get install npm, and then run "
                "`npm ci` in tests/qti_player"
            )
        done = subprocess.run(
            [npm, "ci"], cwd=PLAYER, capture_output=True, check=False, timeout=300
        )
        if done.returncode or not BUNDLE.is_file():
            said = done.stderr.decode(errors="replace")[-400:]
            need(f"`npm ci` in tests/qti_player failed: {said}")
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(chromium), args=["--no-sandbox"])
        view = browser.new_page()
        view.errors = []
        view.on("pageerror", lambda error: view.errors.append(str(error)))
        view.route("**/*", lambda route: route.abort())  # nothing may be fetched
        view.set_content("<!doctype html><html><body></body></html>")
        view.evaluate("() => { console.debug = () => {}; }")  # it tells every step
        view.add_script_tag(path=str(BUNDLE))
        yield view
        browser.close()


def response(part, value) -> dict[int, object]:
    """An answer as the fields take it, by the place of the field; None leaves everything blank."""
    kind = part.step.answer
    if value is None:
        return {i: [] if f.options else "" for i, f in enumerate(part.fields)}
    if part.fields and part.fields[0].options:
        field = part.fields[0]
        picked = (
            value
            if field.form == "choices"
            else [value if isinstance(value, str) else kind.show(value)]
        )
        known = all(
            o in field.options for o in picked
        )  # an open answer that is not on offer is not
        return {0: [f"C{field.options.index(o)}" for o in picked]} if known else {}
    if isinstance(kind, Formula):
        points = [
            {n.strip(): float(v) for n, v in (pair.split("=") for pair in f.label.split(","))}
            for f in part.fields
        ]
        run = reading.formula(value, kind.variables)
        return {i: repr(float(run(point))) for i, point in enumerate(points)}
    if isinstance(value, str):
        return {0: value}
    flat = np.ravel(np.asarray(value, dtype=float))
    return {i: repr(float(v)) for i, v in enumerate(flat)} if len(flat) == len(part.fields) else {}


def collect(asked, answers) -> dict[str, object] | None:
    """The answers as responses by identifier; None if one has no place in the fields."""
    found: dict[str, object] = {}
    for index, part in enumerate(asked):
        entered = response(part, answers.get(part.step.name))
        if len(entered) != len(part.fields):
            return None
        found |= {f"R{index}_{i}": v for i, v in entered.items()}
    return found


def attempts(exercise: Exercise) -> list[dict[str, object]]:
    """All right; all blank; each misconception alone and followed through; one entry off."""
    right = dict(exercise.answers)
    found: list[dict[str, object]] = [right, {}]
    values = {**exercise.givens, **right}
    for i, step in enumerate(exercise.steps):
        found.append({k: v for k, v in right.items() if k != step.name})
        for wrong in exercise.mistakes(step).values():
            carried = {**values, step.name: wrong}
            found.append({**right, step.name: wrong})
            try:
                for later in exercise.steps[i + 1 :]:
                    if not later.accept:
                        carried[later.name] = later.answer.right(later.call(later.compute, carried))
            except (ArithmeticError, ValueError, LookupError, TypeError):
                continue
            found.append({s.name: carried[s.name] for s in exercise.steps})
        if isinstance(right[step.name], np.ndarray):
            off = np.array(right[step.name], dtype=float)
            off.flat[0] += 1234.5
            found.append({**right, step.name: off})
    return found


def compare(page, exercise: Exercise) -> int:
    """Play an exercise and compare every score with ours. Returns how many answers were played."""
    asked = parts(exercise)
    tries = [(a, collect(asked, a)) for a in attempts(exercise)]
    tries = [(a, c) for a, c in tries if c is not None]
    free = [s.name for s in exercise.steps if s.accept]
    page.errors.clear()
    scores, count, most = page.evaluate(PLAY, [qti.item(exercise), [[c, []] for _, c in tries]])
    assert page.errors == []
    assert count == sum(len(p.fields) for p in asked)
    lost = sum(Fraction(p.step.marks) for p in asked if not p.fields)
    assert most == pytest.approx(float(exercise.marks - lost))
    for (answers, _), (score, told) in zip(tries, scores, strict=True):
        report = mark(
            exercise,
            {k: exercise.step(k).answer.show(v) if k in free else v for k, v in answers.items()},
        )
        ours = sum(
            (
                r.marks
                for r in report.results
                if next(p for p in asked if p.step.name == r.name).fields
            ),
            Fraction(0),
        )
        assert score == pytest.approx(float(ours), abs=0.002), (
            exercise.id,
            answers,
            str(report),
            told,
        )
        if ours == most:
            assert told == [] or all("follows from a slip" in t for t in told)
    return len(tries)


@pytest.mark.parametrize("kind", TYPES, ids=lambda t: t.name)
def test_the_player_gives_the_marks_that_we_give(kind, page):
    assert sum(compare(page, kind.new(seed)) for seed in SEEDS) >= 2 * len(SEEDS)


@pytest.mark.full
@pytest.mark.parametrize("kind", TYPES, ids=lambda t: t.name)
def test_the_player_gives_our_marks_for_more_variants(kind, page):
    for seed in range(2, 7):
        compare(page, kind.new(seed))


def make(*steps: Step, a: float = 3) -> Exercise:
    exercise = Exercise("Let $a = {a:}$.", givens={"a": a}, steps=list(steps))
    exercise.name, exercise.title = "test.made", "Made & <ready>"
    return exercise


def test_words_formulae_ticks_and_open_answers_play(page):
    spoken = make(
        Step(
            "w",
            "The rule of $a$",
            lambda a: "delta-rule",
            text("Widrow rule"),
            marks=2,
            mistakes=[Mistake("hebb", "Hebb", "That one needs no target.", marks=1)],
        )
    )
    source = qti.item(spoken)
    given = ["Delta-Rule", "delta rule", "widrow rule", "", "hebb", "boltzmann"]
    scores, _, most = page.evaluate(PLAY, [source, [[{"R0_0": g}, []] for g in given]])
    assert [s for s, _ in scores] == [2, 2, 2, 0, 1, 0] and most == 2
    assert scores[4][1] == ["That one needs no target."] and scores[0][1] == scores[5][1] == []
    curve = make(
        Step(
            "f",
            "The derivative of $a x^2$",
            lambda a: f"2*{a}*x",
            formula("x"),
            marks=3,
            mistakes=[Mistake("whole", lambda a: f"{a}*x^2", "Not the integral.")],
        )
    )
    assert compare(page, curve) >= 3
    ticks = make(
        Step("s", "Which are odd? $a$", lambda a: ["1", "3"], choices(["1", "2", "3"]), marks=3)
    )
    sets = [["C0", "C2"], ["C0"], ["C0", "C1"], ["C0", "C1", "C2"], [], ["C1"]]
    scores, _, _ = page.evaluate(PLAY, [qti.item(ticks), [[{"R0_0": s}, []] for s in sets]])
    assert [s for s, _ in scores] == [3, 1.5, 0, 1.5, 0, 0]
    free = make(
        Step(
            "p",
            "Two numbers with the sum $a$",
            lambda a: (a, 0),
            vector(length=2),
            marks=2,
            accept=lambda p, a: True if sum(p) == a else f"Their sum is {sum(p):g}.",
        ),
        Step("q", "Their difference", lambda p: p[0] - p[1], number()),
    )
    keys = parts(free)[0].fields[0].options
    scores, _, _ = page.evaluate(
        PLAY, [qti.item(free), [[{"R0_0": [f"C{i}"], "R1_0": "3"}, []] for i in range(len(keys))]]
    )
    assert sorted(s for s, _ in scores) == [1, 1, 1, 3]
    assert sum("Their sum is" in "".join(told) for _, told in scores) == 3


def test_what_is_unreadable_scores_nothing_and_breaks_nothing(page):
    exercise = make(Step("n", "$a$ again", lambda a: a, integer()))
    given = ["3", "3.0", "3,0", "three", "", " ", "1e999", "NaN", "Infinity", "<b>3</b>"]
    scores, _, _ = page.evaluate(PLAY, [qti.item(exercise), [[{"R0_0": g}, []] for g in given]])
    assert [s for s, _ in scores] == [1, 1] + [0] * 8


def test_formulas_and_tables_are_drawn(page):
    wide = """async xml => {
        document.body.innerHTML = '<qti-item><item-container></item-container></qti-item>';
        const container = document.querySelector('item-container');
        await container.updateComplete;
        const ready = new Promise(done => document.addEventListener(
            'qti-assessment-item-connected', event => done(event.detail), {once: true}));
        container.itemXML = xml;
        const item = await ready;
        for (const math of item.querySelectorAll('math')) math.outerHTML = math.outerHTML;
        await new Promise(requestAnimationFrame);
        return [...item.querySelectorAll('math, table')].map(
            e => [e.namespaceURI, e.getBoundingClientRect()]).map(
            ([space, box]) => [space, box.width, box.height]);
    }"""
    merge = next(t for t in TYPES if t.name == "perceptron.merge").new(1)
    boxes = page.evaluate(wide, qti.item(merge))
    assert len(boxes) > 8
    assert {b[0] for b in boxes} == {
        "http://www.w3.org/1998/Math/MathML",
        "http://www.w3.org/1999/xhtml",
    }
    shown = [b for b in boxes if b[1]]  # feedback is hidden until it is earned
    assert (
        len(shown) > 5 and max(b[2] for b in shown if "Math" in b[0]) > 40
    )  # a matrix has three rows


def local(element: ET.Element) -> str:
    return element.tag.rsplit("}", 1)[-1]


@pytest.mark.parametrize("kind", TYPES, ids=lambda t: t.name)
def test_every_item_is_sound(kind):
    for seed in range(1, 6):
        exercise = kind.new(seed)
        root = ET.fromstring(qti.item(exercise))
        assert (
            root.tag == f"{{{qti.ITEM}}}qti-assessment-item"
            and root.get("identifier") == exercise.id
        )
        assert re.fullmatch(r"[A-Za-z_][\w.-]*", exercise.id)
        every = list(root.iter())
        spaces = {e.tag.split("}")[0][1:] for e in every}
        assert spaces <= {qti.ITEM, "http://www.w3.org/1998/Math/MathML"}
        assert not any("style" in e.attrib for e in every)
        declared = [e.get("identifier") for e in every if local(e).endswith("-declaration")]
        assert len(declared) == len(set(declared))
        responses = {e.get("identifier") for e in every if local(e) == "qti-response-declaration"}
        asked = [e.get("response-identifier") for e in every if e.get("response-identifier")]
        assert set(asked) == responses and len(asked) == len(set(asked)) > 0
        used = {
            e.get("identifier")
            for e in every
            if local(e) in ("qti-variable", "qti-set-outcome-value", "qti-map-response")
        }
        used |= {e.get("outcome-identifier") for e in every if e.get("outcome-identifier")}
        assert used <= set(declared)
        order = [local(e) for e in root]
        assert order == sorted(
            order,
            key=[
                "qti-response-declaration",
                "qti-outcome-declaration",
                "qti-item-body",
                "qti-response-processing",
            ].index,
        )


def test_the_package_holds_what_its_manifest_says_and_is_the_same_each_time():
    data, counts = qti_package.package(TYPES[:4], 3)
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None and archive.namelist()[0] == "imsmanifest.xml"
    manifest = ET.fromstring(archive.read("imsmanifest.xml"))
    resources = [e for e in manifest.iter() if local(e) == "resource"]
    assert len(resources) == sum(counts.values()) == 12
    assert {r.get("type") for r in resources} == {"imsqti_item_xmlv3p0"}
    named = {e.get("href") for e in manifest.iter() if local(e) == "file"}
    assert named == set(archive.namelist()) - {"imsmanifest.xml"}
    for one in resources:
        item = ET.fromstring(archive.read(one.get("href")))
        assert item.get("identifier") == one.get("identifier")
    assert (
        data == qti_package.package(TYPES[:4], 3)[0] != qti_package.package(TYPES[:4], 3, seed=9)[0]
    )


def test_pictures_are_files_of_the_package(monkeypatch):
    png = base64.b64encode(b"not really a picture").decode()
    kind = TYPES[0]

    def drawn(self, seed=0, variant=None):
        exercise = Exercise(
            f"Count {{a:}}: ![Dots](data:image/png;base64,{png})",
            givens={"a": seed},
            steps=[Step("n", "How many?", lambda a: a, integer())],
        )
        exercise.name, exercise.title, exercise.seed = "test.picture", "Picture", seed
        return exercise

    monkeypatch.setattr(type(kind), "new", drawn)
    archive = zipfile.ZipFile(io.BytesIO(qti_package.package([kind], 2)[0]))
    images = [n for n in archive.namelist() if n.startswith("images/")]
    assert len(images) == 1 and archive.read(images[0]) == b"not really a picture"
    assert f'src="../{images[0]}"' in archive.read("items/test.picture.v1.1.xml").decode()
    assert archive.read("imsmanifest.xml").decode().count(f'href="{images[0]}"') == 2
