"""The reading site: pages collected from notebooks, and the built pages in a browser."""

from __future__ import annotations

import base64
import html.parser
import re
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import v4
from pages import View, browser, need_packages, png

from tools import frames, notebooks, npm, website
from tools.website import Page

pytest.importorskip("sphinx_book_theme")
FEW = ["start_here", "perceptron"]
LOOKED_AT = ["index.html", "2_networks/perceptron.html", "about/errata.html"]
AXE = """async () => (await axe.run(document, { preload: false, resultTypes: ["violations"] }))
    .violations.filter((v) => ["serious", "critical"].includes(v.impact))
    .map((v) => `${v.id}: ${v.nodes.length} x ${v.nodes[0].html.slice(0, 160)}`)"""


def page(name: str, *cells: Any, **about: Any) -> Page:
    book = v4.new_notebook(cells=list(cells), metadata={"course": about})
    return Page(Path(f"{name}.ipynb"), name, book)


def text_cell(source: str, *tags: str) -> Any:
    return v4.new_markdown_cell(source, metadata={"tags": list(tags)})


# --- what is collected ----------------------------------------------------------------------------


def test_the_a_to_z_holds_every_entry_of_the_glossaries_in_order():
    first = page("2_nets/a", text_cell("## Remember", "section:remember"),
                 text_cell("**Glossary.** *Weight*: a factor · *bias* $b$: an offset.\n\nEnd: no."),
                 title="Nets")  # fmt: skip
    second = page("1_base/b", text_cell("## Remember\n\n**Glossary.** $k$-NN: a vote",
                                        "section:remember"), title="Base")  # fmt: skip
    text = website.concepts([first, second])
    entries = [line for line in text.splitlines() if line.startswith("- ")]
    assert entries == [
        "- *bias* $b$: an offset ([Nets](../2_nets/a.ipynb))",
        "- $k$-NN: a vote ([Base](../1_base/b.ipynb))",
        "- *Weight*: a factor ([Nets](../2_nets/a.ipynb))",
    ]
    assert re.findall(r"## (.)", text) == ["B", "K", "W"]


def test_errata_move_with_their_links():
    said = text_cell("## Errata\n\n[here](b.ipynb#X) [top](../s.ipynb)", "section:errata")
    after = text_cell("## Remember", "section:remember")
    one = page("2_nets/a", said, text_cell("more"), after, title="Nets")
    text = website.errata([one, page("1_base/none", title="None")])
    assert "[here](../2_nets/b.ipynb#X) [top](../s.ipynb)" in text and "more" in text
    assert "## Errata" not in text and "Remember" not in text and "None" not in text


def test_a_link_goes_to_the_section_of_its_cell():
    cells = [text_cell("# Title"), text_cell("## Why it stops\n\nText"), v4.new_code_cell("1")]
    one = page("2_nets/a", *cells, title="Nets")
    link = website.linked(one, "about", cells[2]["id"])
    assert link == "[Nets: Why it stops](../2_nets/a.ipynb#Why-it-stops)"
    assert website.slug("Why it stops") == "Why-it-stops"


def test_papers_of_the_repository_keep_the_links_that_the_site_has():
    text = website.guide("readme") or ""
    assert "(../start_here.ipynb)" in text and "(presenting.md)" in text
    assert "picture.png" not in text and "(LICENSE)" not in text and "[MIT]" not in text


def test_titles_of_lectures_are_taken_literally():
    assert website.plain("a|b *c* $d$ <e>") == r"a\|b \*c\* \$d\$ \<e\>"


def test_every_core_row_that_is_proved_is_on_the_map():
    found = website.pages([])
    text = website.lectures(found)
    rows = notebooks.coverage_rows().values()
    proved = [r for r in rows if r["notebook"] and r["kind"] == "core"]
    assert text.count("\n| ") - text.count("| system | where |") == len(proved) > 100


def test_every_exercise_type_has_its_sample():
    from course_lib.exam.exercise import all_types

    made = website.exercises()
    assert sum(t.count("<details><summary>") for t in made.values()) >= len(all_types())
    assert all("Worked solution" in text for name, text in made.items() if name != "index")


def test_frames_are_few_and_reach_both_ends():
    assert frames.chosen(3) == [0, 1, 2]
    many = frames.chosen(1000)
    assert len(many) == len(set(many)) == 40 and (many[0], many[-1]) == (0, 999)


def test_frames_of_changed_code_are_dropped(tmp_path):
    one = page("a", v4.new_code_cell("1"))
    for digest, kept in (("another", False), (notebooks.digest(one.notebook), True)):
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "digest").write_text(digest, encoding="utf-8")
        assert website.write_frames([one], tmp_path, run=False) == []
        assert (tmp_path / "a").exists() is kept


def test_only_sections_with_players_run_for_their_frames():
    player = v4.new_code_cell("play()", metadata={"tags": ["player"]})
    imports = v4.new_code_cell("import a", metadata={"tags": ["imports"]})
    slow, ready, late = (v4.new_code_cell(s) for s in ("slow()", "x = 1", "late()"))
    cells = [text_cell("# T"), imports, text_cell("## One"), slow, text_cell("## Two")]
    cells += [ready, player, late]
    assert [c["source"] for c in frames.needed(cells)] == ["import a", "x = 1", "play()"]


# --- the built site -------------------------------------------------------------------------------


CODE = """\
def draw(axes):
    line, = axes.plot([0, 1], [0, 0])
    axes.set(ylim=(0, 60))
    def update(state):
        line.set_ydata([0, state])
        return f"it ends at {state}"
    return update

play(range(50), draw, name="line",
     says="A line that ends one higher with every step, from zero up to fifty.")
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two notebooks of the course and one with a player that has frames."""
    need_packages()
    folder = tmp_path_factory.mktemp("site")
    cells = [
        text_cell("# A player\n\n[to the perceptron](2_networks/perceptron.ipynb)"),
        v4.new_code_cell("from course_lib.plotting import play", metadata={"tags": ["imports"]}),
        text_cell(
            f"## Watch\n\nLong `{'name.' * 12}code`, a wide formula:\n\n$$\n"
            + "+".join(["x^2"] * 60)
            + "\n$$"
        ),
        v4.new_code_cell(CODE, metadata={"tags": ["player"]}),
        v4.new_code_cell("secret = 42", metadata={"tags": ["solution"]}),
        text_cell("| a | b |\n|---|---|\n| " + "w" * 90 + " | " + "v" * 90 + " |"),
    ]
    book = v4.new_notebook(cells=cells, metadata={"course": {"title": "A player", "part": 1}})
    path = folder / "player.ipynb"
    nbformat.write(book, path)
    assert frames.main([str(path), str(folder / "frames" / "player")]) == 0
    data = {"image/png": base64.b64encode(png(60, 40)).decode("ascii"), "text/plain": "s" * 40}
    book["cells"][3]["outputs"] = [v4.new_output("display_data", data)]
    found = [*website.pages(FEW), Page(path, "player", book)]
    warnings = website.build(found, folder / "html", folder / "source", folder / "frames")
    assert warnings.strip() == ""
    return folder / "html"


@pytest.fixture(scope="module")
def started(chromium: Path, site: Path) -> Iterator[Any]:
    with browser(chromium) as one:
        yield one


class Links(html.parser.HTMLParser):
    """The links of a page, its anchors, and its pictures' alternative texts."""

    def __init__(self, place: Path) -> None:
        super().__init__()
        self.found: list[str] = []
        self.ids: set[str] = set()
        self.alt: list[str | None] = []
        self.feed(place.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.ids |= {v for v in (values.get("id"), values.get("name")) if v}
        if tag == "a" and values.get("href"):
            self.found.append(str(values["href"]))
        if tag in ("img", "script", "link") and (values.get("src") or values.get("href")):
            self.found.append(str(values.get("src") or values.get("href")))
        if tag == "img":
            self.alt.append(values.get("alt"))


def pages_of(site: Path) -> list[Path]:
    """The pages; the theme's own templates lie in _static."""
    return sorted(place for place in site.rglob("*.html") if "_static" not in place.parts)


def broken(site: Path) -> list[str]:
    """Links of the site that lead nowhere, and pictures without words."""
    made = {place.resolve(): Links(place) for place in pages_of(site)}
    found = []
    for place, links in made.items():
        name = place.relative_to(site.resolve()).as_posix()
        found += [f"{name}: a picture without words" for alt in links.alt if not alt]
        for link in links.found:
            parts = urllib.parse.urlsplit(link)
            if parts.scheme in ("http", "https", "mailto", "data"):
                continue
            path = urllib.parse.unquote(parts.path)
            target = (place.parent / path).resolve() if path else place
            anchor = urllib.parse.unquote(parts.fragment)
            if not target.exists():
                found.append(f"{name}: {link}")
            elif anchor and target in made and anchor not in made[target].ids | {""}:
                found.append(f"{name}: no {anchor!r} in {path or 'itself'}")
    return found


def test_links_lead_somewhere_and_pictures_have_words(site):
    assert broken(site) == []
    text = (site / "2_networks" / "perceptron.html").read_text(encoding="utf-8")
    assert text.count('class="course-figure"') > 10
    assert "start_here.html#notation" in text.lower()  # a link across notebooks to a heading
    assert "widget-view" not in text and "jupyter-widgets" not in text


def look(started: Any, place: Path, theme: str = "light", width: int = 1280) -> View:
    """Open a page as a reader would and wait for its formulas."""
    view = View(started, width, 900)
    view.page.emulate_media(color_scheme=theme)
    page = view.visit(place)
    page.evaluate("() => window.MathJax?.startup?.promise?.then(() => 0)")
    return view


def faults(view: View) -> list[str]:
    wide = view.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    errors = view.page.evaluate("document.querySelectorAll('[data-mml-node=merror]').length")
    return [
        *view.complaints, *view.outside, *([f"{wide} pixels too wide"] if wide > 0 else []),
        *([f"{errors} formulas that MathJax cannot read"] if errors else []),
    ]  # fmt: skip


@pytest.mark.parametrize("name", LOOKED_AT)
def test_pages_load_without_a_network_and_are_accessible(started, site, name):
    view = look(started, site / name)
    assert faults(view) == []
    view.page.add_script_tag(path=str(npm.packages() / "axe-core" / "axe.min.js"))
    assert view.page.evaluate(AXE) == []
    view.page.close()


def test_a_chapter_fits_a_phone(started, site):
    view = look(started, site / "2_networks" / "perceptron.html", width=320)
    assert faults(view) == []
    view.page.close()


def test_figure_code_formula_and_table_in_the_dark_on_a_phone(started, site):
    view = look(started, site / "player.html", "dark", 320)
    assert faults(view) == []
    assert view.page.evaluate("document.documentElement.dataset.theme") == "dark"
    view.page.add_script_tag(path=str(npm.packages() / "axe-core" / "axe.min.js"))
    assert view.page.evaluate(AXE) == []
    view.page.close()


def test_a_player_is_scrubbed_without_a_kernel_and_wide_things_scroll_inside(started, site):
    view = look(started, site / "player.html", width=320)
    page = view.page
    player = page.locator(".course-player")
    source = "document.querySelector('.course-player img').src"
    still = page.evaluate(source)
    scrub = player.locator("input")
    scrub.focus()
    page.keyboard.press("End")
    assert player.locator("output").inner_text() == "50 of 50"
    assert player.locator(".sentence").inner_text() == "it ends at 49"
    page.wait_for_function(
        "() => document.querySelector('.course-player img').naturalWidth === 480"
    )
    last = page.evaluate(source)
    page.keyboard.press("Home")
    assert player.locator("output").inner_text() == "1 of 50"
    assert page.evaluate(source) not in (last, still)
    player.get_by_role("button", name="Play").click()
    page.wait_for_function(
        "() => document.querySelector('.course-player .sentence').textContent !== 'it ends at 0'"
    )
    player.get_by_role("button", name="All").click()
    assert page.evaluate(source) == still
    fold = page.locator("details.hide")
    assert fold.count() == 1 and not fold.evaluate("(e) => e.open")
    inside = page.evaluate(
        """() => [...document.querySelectorAll("div.math, .pst-scrollable-table-container")]
            .map((e) => e.scrollWidth > e.clientWidth && e.tabIndex === 0)"""
    )
    assert inside and all(inside), "a formula or table that cannot be scrolled by keyboard"
    assert faults(view) == []
    page.close()


def test_search_finds_a_word_without_a_server(started, site):
    view = View(started)
    view.page.goto((site / "search.html").resolve().as_uri() + "?q=perceptron")
    view.page.wait_for_selector("#search-results li a")
    assert "perceptron" in view.page.locator("#search-results").inner_text().lower()
    assert view.outside == []


@pytest.mark.full
def test_every_page_in_both_themes_and_on_a_phone(chromium, tmp_path):
    """The whole site: every page, its links, accessibility in light and dark, width on a phone."""
    need_packages()
    website.build(website.pages([]), tmp_path / "html", tmp_path / "source")
    assert broken(tmp_path / "html") == []
    with browser(chromium) as one:
        found = {}
        for place in pages_of(tmp_path / "html"):
            for theme, width in (("light", 1280), ("dark", 320)):
                view = look(one, place, theme, width)
                view.page.add_script_tag(path=str(npm.packages() / "axe-core" / "axe.min.js"))
                if said := faults(view) + view.page.evaluate(AXE):
                    found[place.stem, theme] = said
                view.page.close()
    assert found == {}
