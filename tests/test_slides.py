"""Slide decks: what becomes a slide, and a whole deck in a browser without a network."""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import v4
from pages import View, browser, need_packages, png

from tools import notebooks, npm, slides, stored

PERCEPTRON = notebooks.NOTEBOOKS / "2_networks" / "perceptron.ipynb"
SAYS = 'Three "dots" & a line < the fourth, which lies above them all.'


def picture_cell(source: str, **metadata: Any) -> Any:
    data = {"image/png": base64.b64encode(png(60, 40)).decode("ascii"), "text/plain": SAYS,
            stored.VIEW: {"model_id": "x"}}  # fmt: skip
    caption = {"text/html": f"<p {stored.CAPTION}><em>{SAYS}</em></p>", "text/plain": SAYS}
    outputs = [v4.new_output("display_data", d) for d in (data, caption)]
    return v4.new_code_cell(source, outputs=outputs, metadata=metadata)


SLIDE = {"slideshow": {"slide_type": "slide"}}


def test_a_picture_and_its_caption_are_one_figure_with_alternative_text():
    cell = picture_cell("draw()")
    (output,) = stored.with_figures(cell["outputs"], slides.still)
    text = output["data"]["text/html"]
    assert set(output["data"]) == {"text/html"}  # the widget's view is gone
    alt = 'alt="Three &quot;dots&quot; &amp; a line &lt; the fourth, which lies above them all."'
    assert text.count(alt) == 1 and 'width="60" height="40"' in text
    assert "<figcaption>Three &quot;dots" in text


def test_a_demo_stands_below_its_question_and_long_code_before_its_picture():
    question = v4.new_markdown_cell("Which?", metadata=SLIDE)
    asked = v4.new_markdown_cell("**Ask the class.**", metadata={"tags": ["question"]})
    demo = picture_cell("play()", **SLIDE, tags=["player"])
    long = picture_cell("x = 1\n" * 12, **SLIDE)
    short = picture_cell("x = 1", **SLIDE)
    book = v4.new_notebook(cells=[question, demo, asked, long, short])
    found = [
        (cell["source"][:6], slides.kind(cell), len(cell.get("outputs", [])))
        for cell in slides.prepared(book)["cells"]
    ]
    assert found == [
        ("Which?", "slide", 0), ("", "-", 1), ("play()", "slide", 0), ("**Ask ", "notes", 0),
        ("x = 1\n", "slide", 0), ("", "slide", 1), ("x = 1", "slide", 1),
    ]  # fmt: skip
    assert len(book["cells"]) == 5 and len(demo["outputs"]) == 2, "the notebook was changed"


def test_an_unknown_chapter_is_named_with_its_neighbour():
    with pytest.raises(KeyError, match="perceptron"):
        slides.chosen(["perzeptron"])


def test_without_npm_it_says_what_to_install(tmp_path, monkeypatch):
    for name in ("package.json", "package-lock.json"):
        (tmp_path / name).write_bytes((npm.FOLDER / name).read_bytes())
    monkeypatch.setattr(npm.shutil, "which", lambda name: None)
    with pytest.raises(npm.NpmError, match="apt-get install npm"):
        npm.packages(tmp_path)


def test_a_failing_npm_says_so(tmp_path, monkeypatch):
    (tmp_path / "package-lock.json").write_text(
        '{"packages": {"": {}, "node_modules/a": {"version": "1"}}}', encoding="utf-8"
    )
    failed = subprocess.CompletedProcess([], 1, b"", b"no network")
    monkeypatch.setattr(npm.shutil, "which", lambda name: "npm")
    monkeypatch.setattr(npm.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(npm.NpmError, match="no network"):
        npm.packages(tmp_path)


# --- in the browser -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def started(chromium: Path) -> Iterator[Any]:
    need_packages()
    with browser(chromium) as one:
        yield one


def walk(started: Any, place: Path, tmp_path: Path) -> list[str]:
    """Open a deck, walk it by arrow keys, and return the slides that must be scrolled."""
    view = View(started)
    page = view.visit(place)
    page.wait_for_selector("body[data-ready]", state="attached")
    total = page.evaluate("Reveal.getTotalSlides()")
    seen = [page.evaluate("Reveal.getSlidePastCount()")]
    scrolls = []
    while not page.evaluate("Reveal.isLastSlide() && !Reveal.availableFragments().next"):
        page.keyboard.press("ArrowRight")
        seen.append(page.evaluate("Reveal.getSlidePastCount()"))
        assert len(seen) <= 2 * total, "the arrows do not get on"
        slide = page.evaluate(
            """() => { const s = Reveal.getCurrentSlide();
                return [s.scrollHeight, s.scrollWidth, s.classList.contains("scrolls"),
                        s.innerText.trim().slice(0, 60)]; }"""
        )
        assert slide[0] <= 900 or slide[2], f"taller than the stage, and cannot scroll: {slide}"
        assert slide[1] <= 1600, f"wider than the stage: {slide}"
        if slide[2]:
            scrolls.append(f"{slide[0]} of 900: {slide[3]!r}")
    assert sorted(set(seen)) == list(range(total)), "the arrows do not walk every slide"
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("Reveal.getSlidePastCount()") == total - 2
    formulas = page.evaluate("document.querySelectorAll('mjx-container > svg').length")
    left = page.evaluate(
        """() => [...document.querySelectorAll("mjx-merror, [data-mml-node=merror]")]
            .map((e) => e.textContent)"""
    )
    assert left == [], "formulas that MathJax cannot read"
    assert formulas == page.evaluate("[...MathJax.startup.document.math].length")
    assert formulas > 0 or place.stem == "mock_exam"
    images = page.evaluate("[...document.images].map((i) => [i.alt, i.naturalWidth])")
    assert all(len(alt) >= 40 and width for alt, width in images)
    assert (view.outside, view.complaints) == ([], [])
    view.page.close()
    return scrolls


def test_a_deck_opens_from_a_file_and_walks_by_keys(started, tmp_path):
    (place,) = slides.make([PERCEPTRON], tmp_path)
    scrolls = walk(started, place, tmp_path)
    assert len(scrolls) <= 2, scrolls
    text = place.read_text(encoding="utf-8")
    assert not re.search(r'(src|href)="(https?:)?//', re.sub(r"<a [^>]*>", "", text))


def test_answers_open_and_long_slides_scroll_by_keys(started, tmp_path):
    fold = "Why?\n\n<details><summary>Answer</summary>\n\nBecause $x>0$.\n\n</details>\n\n"
    long = "\n\n".join(f"Line {n}." for n in range(60))
    book = v4.new_notebook(
        cells=[
            v4.new_markdown_cell("# Folds\n\n" + fold + fold, metadata=SLIDE),
            v4.new_markdown_cell(long, metadata=SLIDE),
            picture_cell("show()", **SLIDE),
        ]
    )
    path = tmp_path / "small.ipynb"
    nbformat.write(book, path)
    slides.npm.copy(slides.ASSETS, tmp_path / "assets")
    for name in ("deck.css", "deck.js"):
        (tmp_path / "assets" / name).write_bytes((slides.WEB / name).read_bytes())
    place = slides.written(path, tmp_path / "small.html", "assets")
    view = View(started)
    page = view.visit(place)
    page.wait_for_selector("body[data-ready]", state="attached")
    count = "document.querySelectorAll('details[open]').length"
    assert page.evaluate(count) == 0
    for expected in (1, 2, 0):
        page.keyboard.press("a")
        assert page.evaluate(count) == expected
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("Reveal.getCurrentSlide().scrollTop") > 0
    assert page.evaluate("Reveal.getSlidePastCount()") == 1
    for _ in range(12):  # at its end, down goes on to the next slide
        page.keyboard.press("ArrowDown")
    assert page.evaluate("Reveal.getSlidePastCount()") == 2
    assert (view.outside, view.complaints) == ([], [])


@pytest.mark.full
def test_every_deck(started, tmp_path):
    for place in slides.make(slides.chosen([]), tmp_path):
        scrolls = walk(started, place, tmp_path)
        assert len(scrolls) <= 6, (place.name, scrolls)
