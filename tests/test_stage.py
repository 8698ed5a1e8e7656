"""On stage: colours that a projector's wall keeps apart, and players without a mouse."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from browser import Lab
from nbformat import v4

from course_lib.plotting import style
from tools import lab as opener

ROOT = Path(__file__).resolve().parent.parent
TEXT = 4.5  # WCAG 2.2, 1.4.3: least contrast of text
GRAPHIC = 3.0  # and 1.4.11: of lines and marks that carry meaning


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb` (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, from 1 to 21 (WCAG 2.2)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_ratio_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # the known near miss
    assert contrast("#ff0000", "#ffffff") == pytest.approx(4.0, abs=0.005)


def test_text_of_figures_stands_out_from_white():
    sheet = style.style_sheet()
    names = [n for n in sheet if re.search(r"(text|label|title)\.?color$", n)]
    assert len(names) >= 5
    colours = {name: sheet[name] for name in names} | {"text": style.COLOURS.text}
    colours["neutral"] = style.COLOURS.neutral  # notes inside figures are written in it
    assert {n: c for n, c in colours.items() if contrast(c, style.COLOURS.paper) < TEXT} == {}


def test_lines_of_figures_stand_out_from_white():
    c = style.COLOURS
    colours = {
        "negative": c.negative, "positive": c.positive, "train": c.train,
        "validation": c.validation, "weight_positive": c.weight_positive,
        "weight_negative": c.weight_negative, "edge": style.style_sheet()["axes.edgecolor"],
    }  # fmt: skip
    assert {n: h for n, h in colours.items() if contrast(h, c.paper) < GRAPHIC} == {}


def test_the_decks_colours_stand_out_from_their_paper():
    text = (ROOT / "tools" / "web" / "deck.css").read_text(encoding="utf-8")
    assert "--paper: #ffffff" in text
    rules = re.findall(r"([^{}]+)\{([^}]*)\}", text)
    found = [
        (selector.strip(), colour)
        for selector, body in rules
        for colour in re.findall(r"(?<![-\w])color: (#[0-9a-f]{6})", body)
        if "progress" not in selector  # a bar
    ] + re.findall(r"--(ink|quiet|blue): (#[0-9a-f]{6})", text)
    assert len(found) >= 8
    paper = {True: "#f6f6f4", False: "#ffffff"}  # of code, of prose
    low = [(s, c) for s, c in found if contrast(c, paper[".highlight" in s]) < TEXT]
    assert low == []


# --- JupyterLab without a mouse -------------------------------------------------------------------


def test_jupyterlab_opens_without_toast_and_with_every_cell_in_the_page():
    notification = opener.OVERRIDES["@jupyterlab/apputils-extension:notification"]
    assert notification["fetchNews"] == "false" and notification["doNotDisturbMode"] is True
    tracker = opener.OVERRIDES["@jupyterlab/notebook-extension:tracker"]
    assert tracker == {"windowingMode": "none"}


CODE = """\
import numpy as np
from course_lib.plotting import play

def draw(axes):
    line, = axes.plot([0, 1], [0, 0])
    axes.set(ylim=(0, 5))
    def update(state):
        line.set_ydata([0, state])
        return f"the line ends at {state}"
    return update

play([0, 1, 2, 3, 4], draw, name="line", interval=150,
     says="A line that ends one higher with every step, from zero up to four.")
"""


def test_a_player_is_found_played_and_stepped_by_keys_alone(chromium, tmp_path):
    """Shift+Enter runs the cell, Tab goes to the player, space and arrows do the rest."""
    book = v4.new_notebook(cells=[v4.new_code_cell(CODE), v4.new_markdown_cell("The end.")])
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book["metadata"]["kernelspec"] = kernel  # without it JupyterLab asks which
    path = tmp_path / "keys.ipynb"
    nbformat.write(book, path)
    (tmp_path / "lab").mkdir()
    with Lab(chromium, tmp_path / "lab") as lab:
        page = lab.open(path)
        keyboard = page.page.keyboard
        page.page.evaluate("() => jupyterapp.shell.currentWidget.content.activate()")
        keyboard.press("Shift+Enter")
        (box,) = page.await_boxes("player", 1)
        box.wait_for("(box) => box.tabIndex === 0", what="a player that Tab can reach")
        inside = "() => !!document.activeElement.closest('.course-player')"
        for _ in range(60):
            keyboard.press("Shift+Tab")
            if page.page.evaluate(inside):
                break
        assert page.page.evaluate(inside), "60 times Shift+Tab, and never in the player"
        page.shoot("focus")
        at = '(box, text) => box.querySelector(".course-sentence").textContent.endsWith(text)'
        for key, state in (("Home", 0), ("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1),
                           ("End", 4), ("Home", 0)):  # fmt: skip
            keyboard.press(key)
            box.wait_for(at, f"at {state}", f"state {state} after {key}")
            if key == "Home":  # the box itself has the focus, not a slider in it
                box.place.evaluate("(box) => box.focus()")
        keyboard.press(" ")
        box.wait_for(at, "at 4", "the end, after the space bar")
        assert page.page.evaluate(inside)
        assert (page.complaints, page.outside) == ([], [])
