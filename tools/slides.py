"""Make the chapters' slide decks: build/slides, which opens from a file and needs no network.

    python -m tools.slides                   every notebook with slides, and an index
    python -m tools.slides perceptron ...    these chapters

A cell of slide type `slide` opens a slide, `fragment` joins the one before, `skip` stays in the
notebook; questions for the class become the speaker's notes. reveal.js and MathJax are copied from
npm packages (tools/npm.py). Where code and its picture do not fit on one slide, the picture gets
the next one.
"""

from __future__ import annotations

import argparse
import copy
import html
import re
import sys
from pathlib import Path
from typing import Any

import nbformat

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import notebooks, npm, stored  # noqa: E402

OUT = ROOT / "build" / "slides"
WEB = ROOT / "tools" / "web"
ASSETS = {
    "reveal.js/dist/reveal.js": "reveal/reveal.js",
    "reveal.js/dist/reveal.css": "reveal/reveal.css",
    "reveal.js/dist/plugin/notes.js": "reveal/plugin/notes.js",
    npm.MATHJAX: "mathjax.js",
}
SHORT = 8  # lines of code that leave room for their picture on the same slide


def chosen(names: list[str]) -> list[Path]:
    """The notebooks of these names, all without any. Raises: KeyError with the close matches."""
    from course_lib.names import unknown

    paths = {path.stem: path for path in notebooks.notebook_paths()}
    for name in names:
        if name not in paths:
            raise KeyError(unknown("chapter", name, paths))
    return [paths[name] for name in names] if names else list(paths.values())


def title(notebook: Any) -> str:
    """The first heading of the notebook."""
    first = re.search(r"(?m)^# +(.*)$", notebook["cells"][0]["source"])
    return first.group(1).strip() if first else "Slides"


def kind(cell: Any) -> str:
    """The cell's slide type."""
    return cell["metadata"].get("slideshow", {}).get("slide_type", "skip")


def prepared(notebook: Any) -> Any:
    """The notebook as a deck wants it: stills with sentences, long code apart from its picture."""
    result = copy.deepcopy(notebook)
    cells: list[Any] = []
    for cell in result["cells"]:
        if "question" in cell["metadata"].get("tags", []) and kind(cell) == "skip" and cells:
            cell["metadata"]["slideshow"] = {"slide_type": "notes"}
        if cell["cell_type"] == "code":
            cell["outputs"] = [
                nbformat.from_dict(o) for o in stored.with_figures(cell["outputs"], still)
            ]
        if kind(cell) in ("slide", "subslide") and (is_tall(cell) or is_demo(cell)):
            cells += apart(cell, cells[-1] if cells else None)
        else:
            cells.append(cell)
    result["cells"] = cells
    return result


def apart(cell: Any, before: Any) -> list[Any]:
    """A code cell and its output on a slide each; a demo stands below the question it answers."""
    picture = copy.deepcopy(cell)
    picture["id"] = f"{cell['id']}-out"
    picture["source"] = ""
    picture["metadata"]["transient"] = {"remove_source": True}
    cell["outputs"] = []
    if (
        is_demo(cell)
        and before is not None
        and before["cell_type"] == "markdown"
        and kind(before) == "slide"
    ):
        picture["metadata"]["slideshow"] = {"slide_type": "-"}
        return [picture, cell]
    return [cell, picture]


def still(png: bytes, says: str) -> str:
    return stored.figure(png, says, stored.embedded(png))


def is_demo(cell: Any) -> bool:
    return bool({"player", "explorer"} & set(cell["metadata"].get("tags", [])))


def is_tall(cell: Any) -> bool:
    """Whether a code cell and what it shows would be too much for one slide."""
    if cell["cell_type"] != "code" or not cell["outputs"]:
        return False
    shown = "".join(o.get("data", {}).get("text/html", "") for o in cell["outputs"])
    text = "".join(o.get("text", "") for o in cell["outputs"])
    rows = shown.count("<img") * 14 + stored.lines(text) + tables(cell)
    return stored.lines(cell["source"]) + rows > (SHORT + 14 if "<img" in shown else 24)


def tables(cell: Any) -> int:
    """Lines of the Markdown that a cell shows."""
    return sum(stored.lines(o.get("data", {}).get("text/markdown", "")) for o in cell["outputs"])


def written(path: Path, place: Path, assets: str) -> Path:
    """Write the deck of one notebook to `place`; `assets` is where reveal.js lies from there."""
    from nbconvert.exporters import SlidesExporter

    notebook = nbformat.read(path, as_version=4)
    exporter = SlidesExporter(
        template_name="deck",
        extra_template_basedirs=[str(WEB)],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    facts = {"title": title(notebook), "assets": assets}
    text, _ = exporter.from_notebook_node(prepared(notebook), {"deck": facts})
    text = re.sub(r'(href="[^":#]+)\.ipynb(?:#[^"]*)?"', r'\1.html"', text)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8", newline="\n")
    return place


def deck(path: Path, out: Path) -> Path:
    """Write the deck of a notebook of the course under `out`, where its links expect it."""
    place = (out / path.relative_to(notebooks.NOTEBOOKS)).with_suffix(".html")
    depth = len(place.relative_to(out).parts) - 1
    return written(path, place, "../" * depth + "assets")


def index(decks: list[Path], out: Path) -> None:
    """Write the page that lists the decks."""
    items = "\n".join(
        f'<li><a href="{d.relative_to(out).as_posix()}">{html.escape(deck_title(d))}</a></li>'
        for d in decks
    )
    (out / "index.html").write_text(INDEX.format(items=items), encoding="utf-8", newline="\n")


def deck_title(place: Path) -> str:
    found = re.search(r"<title>(.*?) · slides</title>", place.read_text(encoding="utf-8"))
    return html.unescape(found.group(1)) if found else place.stem


INDEX = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Slides</title>
<style>body {{ font: 22px/1.6 sans-serif; max-width: 40em; margin: 2em auto; padding: 0 1em; }}
a {{ color: #0060a0; }}</style></head>
<body><main><h1>Slides</h1><ol>
{items}
</ol><p>Right and left walk, up and down scroll a long slide, A opens the answers, S shows the
questions for the class in the speaker's window, F fills the screen, Esc shows all slides.</p>
</main></body></html>
"""


def make(paths: list[Path], out: Path = OUT) -> list[Path]:
    """Write the decks of these notebooks, their assets and the index. Raises: NpmError."""
    out.mkdir(parents=True, exist_ok=True)
    npm.copy(ASSETS, out / "assets")
    for name in ("deck.css", "deck.js"):
        (out / "assets" / name).write_bytes((WEB / name).read_bytes())
    decks = [deck(path, out) for path in paths]
    index(decks, out)
    return decks


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("chapters", nargs="*", help="names of chapters (default: all)")
    options = parser.parse_args(arguments)
    try:
        decks = make(chosen(options.chapters))
    except (KeyError, npm.NpmError) as error:
        print(error.args[0], file=sys.stderr)
        return 1
    print(f"{len(decks)} decks; open {OUT.relative_to(ROOT).as_posix()}/index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
