"""Build the reading site from the notebooks as they are stored: build/site, which needs no network.

    python -m tools.website                     everything
    python -m tools.website --no-frames         nothing is executed: players without frames from an
                                                earlier call stay contact sheets
    python -m tools.website perceptron ...      these chapters only, to look at them

Sphinx, myst-nb and the book theme make the pages from the stored outputs. Beside the notebooks
there are pages that are collected from them: an A to Z of concepts, where each lecture is, the
errata of the lectures, and a sample of every exercise. The cells tagged `player` are run to write
their frames (at most 40 each), which a reader then scrubs through without a kernel.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import posixpath
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import notebooks, npm, slides, stored  # noqa: E402

OUT = ROOT / "build" / "site"
SOURCE = ROOT / "build" / "site-source"
FRAMES = ROOT / "build" / "frames"
WEB = ROOT / "tools" / "web" / "site"
GUIDES = {
    "readme": "README.md",
    "presenting": "docs/presenting.md",
    "instructors": "docs/instructors.md",
    "contributing": "CONTRIBUTING.md",
    "data": "data/README.md",
}
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)\s#]+)(#[^)\s]*)?\)")


def slug(title: str) -> str:
    """The anchor of a heading, as JupyterLab makes it: links in notebooks rely on that."""
    return title.replace(" ", "-")


@dataclass(frozen=True)
class Page:
    """A notebook and its place on the site."""

    path: Path
    name: str
    notebook: Any

    @property
    def about(self) -> dict[str, Any]:
        return dict(self.notebook["metadata"].get("course", {}))

    @property
    def title(self) -> str:
        return str(self.about.get("title") or slides.title(self.notebook))

    @property
    def up(self) -> str:
        """The way from the page to the site's root."""
        return "../" * self.name.count("/")

    def section(self, tag: str) -> list[Any]:
        """The Markdown cells from the one with this section tag to the next section."""
        found: list[Any] = []
        for cell in self.notebook["cells"]:
            tags = cell["metadata"].get("tags", [])
            opens = any(t.startswith("section:") for t in tags)
            if f"section:{tag}" in tags or (found and not opens):
                found.append(cell)
            elif found:
                break
        return [cell for cell in found if cell["cell_type"] == "markdown"]

    def heading(self, cell_id: str) -> str:
        """The section heading above a cell."""
        last = ""
        for cell in self.notebook["cells"]:
            if cell["cell_type"] == "markdown":
                found = re.findall(r"(?m)^##? +(.*\S)", cell["source"])
                last = found[-1] if found else last
            if cell["id"] == cell_id:
                return last
        return ""


def pages(names: list[str]) -> list[Page]:
    """The notebooks in the order in which a course goes."""
    found = []
    for path in slides.chosen(names):
        notebook = nbformat.read(path, as_version=4)
        name = path.relative_to(notebooks.NOTEBOOKS).with_suffix("").as_posix()
        found.append(Page(path, name, notebook))

    def order(page: Page) -> tuple[int, int, str]:
        return page.about.get("part", 0), page.about.get("order", 99), page.name

    return sorted(found, key=order)


# --- notebooks ------------------------------------------------------------------------------------


def picture(page: Page, static: Path) -> Callable[[bytes, str], str]:
    """What writes a picture beside the pages and returns its figure."""

    def write(png: bytes, says: str) -> str:
        name = f"figures/{hashlib.sha256(png).hexdigest()[:16]}.png"
        place = static / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(png)
        return stored.figure(png, says, f"{page.up}_static/{name}")

    return write


def adapted(page: Page, static: Path, frames: Path | None) -> Any:
    """The notebook for the site: figures as files, solutions folded, players with frames."""
    notebook = nbformat.from_dict(json.loads(json.dumps(page.notebook)))
    notebook["metadata"]["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}
    for cell in notebook["cells"]:
        tags = set(cell["metadata"].get("tags", []))
        if cell["cell_type"] == "code":
            outputs = stored.with_figures(cell["outputs"], picture(page, static))
            cell["outputs"] = [nbformat.from_dict(output) for output in outputs]
            if "player" in tags and frames is not None:
                animate(page, cell, static, frames)
        if "solution" in tags:
            cell["metadata"]["tags"] = [*cell["metadata"]["tags"], "hide-cell"]
            cell["metadata"]["mystnb"] = {
                "code_prompt_show": "Show a solution",
                "code_prompt_hide": "Hide the solution",
            }
    return notebook


def animate(page: Page, cell: Any, static: Path, frames: Path) -> None:
    """Put a player's frames behind its still, where they were written."""
    folder = frames / page.name / cell["id"]
    if not (folder / "frames.json").is_file():
        return
    facts = json.loads((folder / "frames.json").read_text(encoding="utf-8"))
    target = f"frames/{page.path.stem}-{cell['id']}"
    shutil.copytree(
        folder, static / target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.json")
    )
    facts["folder"] = f"{page.up}_static/{target}"
    data = json.dumps(facts).replace("<", "\\u003c")
    for output in cell["outputs"]:
        text = output.get("data", {}).get("text/html", "")
        if "course-figure" in text:
            output["data"]["text/html"] = (
                f'<div class="course-player">{text}'
                f'<script type="application/json">{data}</script></div>'
            )
            return


# --- pages that are collected ---------------------------------------------------------------------


def moved(text: str, page: Page, to: str) -> str:
    """Markdown of a page whose relative links still lead there from a page in folder `to`."""

    def link(match: re.Match[str]) -> str:
        place = posixpath.normpath(posixpath.join(posixpath.dirname(page.name), match[1]))
        return f"]({posixpath.relpath(place, to)}{match[2] or ''})"

    return LINK.sub(link, text)


def linked(page: Page, to: str, cell_id: str = "") -> str:
    """A Markdown link from a page in folder `to` to this page, to the section of a cell."""
    place = posixpath.relpath(page.name + ".ipynb", to)
    heading = page.heading(cell_id) if cell_id else ""
    if not heading:
        return f"[{page.title}]({place})"
    anchor = slug(heading) if re.fullmatch(r"[^()$*`\\<>\"]+", heading) else ""
    return f"[{page.title}: {heading}]({place}{'#' + anchor if anchor else ''})"


def concepts(found: list[Page]) -> str:
    """The A to Z: every entry of the chapters' glossaries."""
    entries: list[tuple[str, str, str]] = []
    for page in found:
        for cell in page.section("remember"):
            match = re.search(r"(?s)\*\*Glossary\.\*\*\s*(.*?)(?:\n\n|\Z)", cell["source"])
            for item in match[1].split(" · ") if match else []:
                term, _, meaning = item.partition(":")
                plain = re.sub(r"[*$\\`]", "", term).strip()
                if meaning and plain:
                    text = f"{term.strip()}: {meaning.strip().rstrip('.')}"
                    entries.append((plain.casefold(), text, linked(page, "about")))
    lines = ["# Concepts from A to Z", "", "Every chapter ends with a glossary; here they are one."]
    letter = ""
    for key, text, link in sorted(entries):
        first = key[0].upper() if key[0].isalpha() else "0"
        if first != letter:
            letter = first
            lines += ["", f"## {letter if letter != '0' else 'Signs and numbers'}", ""]
        lines.append(f"- {text} ({link})")
    return "\n".join(lines) + "\n"


def plain(text: str) -> str:
    """Text with every sign that Markdown would read taken literally."""
    return re.sub(r"([\\`*_{}\[\]<>#|$~])", r"\\\1", text)


def lectures(found: list[Page]) -> str:
    """Where each system of the lectures is computed, and what the chapters say they mirror."""
    by_path = {f"{page.name}.ipynb": page for page in found}
    with (notebooks.NOTEBOOKS / "coverage.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "core"]
    lines = ["# From lecture to notebook", "", "## Chapter by chapter", ""]
    for page in found:
        for cell in page.section("promise")[:1]:
            if match := re.search(
                r"\*\*Lectures mirrored\*\*\s*(.*?)\s*\*\*", cell["source"], re.S
            ):
                lines.append(f"- {linked(page, 'about')}: {' '.join(match[1].split())}")
    for lecture in dict.fromkeys(row["lecture"] for row in rows):
        mine = [row for row in rows if row["lecture"] == lecture]
        there = [row for row in mine if row["notebook"] in by_path]
        lines += ["", f"## Lecture {lecture}", ""]
        lines += [f"{len(there)} of {len(mine)} systems are computed and asserted.", ""]
        if there:
            lines += ["| system | where |", "|---|---|"]
        for row in there:
            link = linked(by_path[row["notebook"]], "about", row["cell"])
            lines.append(f"| {plain(row['title'])} | {link.replace('|', chr(92) + '|')} |")
    return "\n".join(lines) + "\n"


def errata(found: list[Page]) -> str:
    """What the lectures print wrong, chapter by chapter."""
    lines = [
        "# Errata of the lectures",
        "",
        "What the chapters found, each shown or computed there.",
    ]
    for page in found:
        cells = page.section("errata")
        if cells:
            text = "\n\n".join(cell["source"] for cell in cells)
            text = re.sub(r"(?m)^## .*\n", "", text)
            lines += ["", f"## {page.title}", "", f"In {linked(page, 'about')}.", ""]
            lines.append(moved(text, page, "about"))
    return "\n".join(lines) + "\n"


def exercises() -> dict[str, str]:
    """A page per topic of the exam with one sample of every type, and an index."""
    from course_lib.exam.exercise import all_types
    from course_lib.exam.samples import samples

    topics = list(dict.fromkeys(kind.topic for kind in all_types().values()))
    found: dict[str, str] = {}
    rows = []
    for topic in topics:
        title = topic.replace("_", " ").capitalize()
        types = [kind for kind in all_types().values() if kind.topic == topic]
        body = samples(topic)._repr_markdown_()
        found[topic] = (
            f"# Exam: {title}\n\nOne variant of each type; try it before you read its solution. "
            f'In a notebook, `practice("{topic}")` draws new ones and marks them.\n\n{body}\n'
        )
        rows.append(
            f"| [{title}]({topic}.md) | {len(types)} | {'; '.join(t.title for t in types)} |"
        )
    found["index"] = "\n".join(
        [
            "# Exam catalogue",
            "",
            f"{len(all_types())} types of hand exercise, each with endless variants.",
            "",
            "| topic | types | titles |",
            "|---|---|---|",
            *rows,
            "",
            "```{toctree}",
            ":hidden:",
            *topics,
            "```",
            "",
        ]
    )
    return found


def guide(name: str) -> str | None:
    """A paper of the repository for the site; links to files that the site lacks become text."""
    path = ROOT / GUIDES[name]
    if not path.is_file():
        return None
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)\n*", "", path.read_text(encoding="utf-8"))
    if name == "readme":  # its heading is that of the first page
        text = re.sub(r"\A# .*", "# About the course", text)
    names = {place: key for key, place in GUIDES.items()}

    def keep(match: re.Match[str]) -> str:
        base = posixpath.dirname(GUIDES[name])
        target = posixpath.normpath(posixpath.join(base, match[2]))
        if target in names:
            return f"[{match[1]}]({names[target]}.md)"
        if target.startswith("notebooks/") and target.endswith(".ipynb"):
            return f"[{match[1]}](../{target.removeprefix('notebooks/')}{match[3] or ''})"
        return match[1]

    return re.sub(r"\[([^\]]*)\]\((?!https?:|#)([^)#]+)(#[^)]*)?\)", keep, text)


INDEX = """\
# Deep learning by doing

Notebooks you can move, hand exercises you can never run out of, and a small library you can read in
an evening. These pages show every notebook as it was last run. To move the sliders, run the course:
`make lab` in its folder.

Begin with [Start here](start_here.ipynb). Look things up in [concepts from A to
Z](about/concepts.md), [from lecture to notebook](about/lectures.md), [errata of the
lectures](about/errata.md) and the [exam catalogue](exam/index.md).

{toctrees}
"""


def toctree(caption: str, names: Iterable[str]) -> str:
    lines = ["```{toctree}", ":maxdepth: 1", f":caption: {caption}", "", *names, "```", ""]
    return "\n".join(lines)


def index(found: list[Page], guides: Iterable[str]) -> str:
    """The first page, with the navigation by part."""
    from course_lib.course import PARTS

    trees = []
    for part in dict.fromkeys(page.about.get("part", 0) for page in found):
        mine = [page for page in found if page.about.get("part", 0) == part]
        names = [page.name for page in mine] + (["exam/index"] if PARTS[part] == "Exam" else [])
        trees.append(toctree(f"{part} {PARTS[part]}" if part else "Start", names))
    if not any("exam/index" in tree for tree in trees):
        trees.append(toctree("Exam", ["exam/index"]))
    trees.append(toctree("Look up", [f"about/{n}" for n in ("concepts", "lectures", "errata")]))
    trees.append(toctree("The course", [f"guides/{name}" for name in guides]))
    text = INDEX.format(toctrees="\n".join(trees))
    return (
        text
        if any(p.name == "start_here" for p in found)
        else text.replace("[Start here](start_here.ipynb)", "*start_here*")
    )


# --- frames ---------------------------------------------------------------------------------------


def write_frames(found: list[Page], frames: Path, run: bool = True) -> list[str]:
    """Drop the frames of notebooks whose code has changed, and write them anew if `run`.

    Returns a line for each notebook that failed: its players stay stills.
    """
    failed = []
    for page in found:
        folder = frames / page.name
        digest = notebooks.digest(page.notebook)
        stamp = folder / "digest"
        if stamp.is_file() and stamp.read_text(encoding="utf-8") == digest:
            continue
        shutil.rmtree(folder, ignore_errors=True)
        if not run:
            continue
        program = [sys.executable, "-m", "tools.frames", str(page.path), str(folder)]
        done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
        if done.returncode:
            failed.append(f"{page.name}: {' '.join(done.stderr.strip().splitlines()[-1:])}")
        else:
            folder.mkdir(parents=True, exist_ok=True)
            stamp.write_text(digest, encoding="utf-8")
    return failed


# --- the whole ------------------------------------------------------------------------------------


def write_source(found: list[Page], source: Path, frames: Path | None) -> None:
    """Write what Sphinx reads."""
    if source.exists():
        shutil.rmtree(source)
    static = source / "_static"
    static.mkdir(parents=True)
    npm.copy({npm.MATHJAX: "mathjax.js"}, static)
    for path in (WEB / "static").iterdir():
        shutil.copyfile(path, static / path.name)
    shutil.copyfile(WEB / "conf.py", source / "conf.py")

    def write(name: str, text: str) -> None:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text, encoding="utf-8", newline="\n")

    known = {page.name for page in found}
    for page in found:
        notebook = adapted(page, static, frames)
        for cell in notebook["cells"]:
            if cell["cell_type"] == "markdown":
                cell["source"] = without_dead_links(cell["source"], page, known)
            for output in cell.get("outputs", []):
                if shown := output.get("data", {}).get("text/markdown"):
                    output["data"]["text/markdown"] = without_dead_links(shown, page, known)
        write(f"{page.name}.ipynb", nbformat.writes(notebook))
    guides = {name: text for name in GUIDES if (text := guide(name))}
    collected = {"concepts": concepts(found), "lectures": lectures(found), "errata": errata(found)}
    at = Page(source, "about/x", None)
    for name, text in collected.items():
        write(f"about/{name}.md", without_dead_links(text, at, known))
    for name, text in guides.items():
        write(f"guides/{name}.md", without_dead_links(text, at, known))
    for name, text in exercises().items():
        write(f"exam/{name}.md", text)
    write("index.md", index(found, guides))


def without_dead_links(text: str, page: Page, known: set[str]) -> str:
    """Markdown whose links to notebooks that this site leaves out are plain text."""

    def keep(match: re.Match[str]) -> str:
        place = posixpath.normpath(posixpath.join(posixpath.dirname(page.name), match[2]))
        return match[0] if place.removesuffix(".ipynb") in known else match[1]

    return re.sub(r"\[([^\]\n]*)\]\((?!https?:)([^)#\s]+\.ipynb)(?:#[^)]*)?\)", keep, text)


def build(
    found: list[Page], out: Path = OUT, source: Path = SOURCE, frames: Path | None = None
) -> str:
    """Build the site and return Sphinx's warnings. Raises: RuntimeError, if Sphinx fails."""
    write_source(found, source, frames)
    command = [sys.executable, "-m", "sphinx", "-q", "-E", "-b", "html"]
    command += ["-d", str(source.with_name(source.name + "-doctrees")), str(source), str(out)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
    )
    if done.returncode:
        raise RuntimeError(f"Sphinx failed:\n{done.stderr[-3000:]}")
    return done.stderr


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("chapters", nargs="*", help="names of chapters (default: all)")
    parser.add_argument("--no-frames", action="store_true", help="execute nothing")
    options = parser.parse_args(arguments)
    try:
        found = pages(options.chapters)
        failed = write_frames(found, FRAMES, run=not options.no_frames)
        warnings = build(found, frames=FRAMES)
    except (KeyError, npm.NpmError, RuntimeError) as error:
        print(error.args[0], file=sys.stderr)
        return 1
    print(warnings, *failed, sep="\n", end="", file=sys.stderr)
    print(f"{len(found)} notebooks; open {OUT.relative_to(ROOT).as_posix()}/index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
