"""The mechanical part of the chapter contract: rules that any notebook can be held against.

Every rule reads the notebook and yields faults; nothing is executed here. `HOUSE` holds for
every notebook of the course, `CHAPTER` on top of it where the metadata say
`course.kind: chapter`. A fault names the cell (number, first line) and says what is expected.

Conventions that the rules lean on (authors set them as cell tags):

- The first cell carries the one H1 and the tag `section:promise`. Every other section opens with
  a Markdown cell whose first line is its H2. The named ones carry `section:your-turn`,
  `section:exam`, `section:errata`, `section:remember`, in this order; every H2 between the
  promise and `section:your-turn` is a lesson section and needs no tag.
- `imports`: the one cell with import statements, at most ten lines. All others use its names, or
  names of their own section: every section runs after the import cell alone.
- `question`: Markdown cells with questions for the class, each answer in its own `<details>`; a
  lesson section holds at least two of these answers, in one cell or in several.
- `prediction`: a Markdown cell that asks before the run, its answer in `<details>`; a code cell
  follows in the same section. At least two in a chapter.
- `exercise`, `check`, `solution`: three code cells in this order (Markdown may stand between).
  The starter `f` has a `return ...`; the check cell calls `check("chapter.name", f)`; the
  solution defines `f_solution`, calls `check("chapter.name", f_solution)` and is folded (cell
  metadata `jupyter.source_hidden: true`). `hint`: Markdown cells with `<details>`.
- `player`, `explorer`: code cells that make one; the Markdown cell above asks its question ("?").
- `whole`: the one cell per chapter that may have 40 lines.
- `# proves 000A:Perceptron + delta rule` stands directly above an assertion, one line or several.
"""

from __future__ import annotations

import ast
import base64
import builtins
import copy
import csv
import difflib
import io
import math
import re
import symtable
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat
from nbformat.warnings import DuplicateCellId, MissingIDFieldWarning

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tools import notebooks as tool  # noqa: E402  (needs the root on the path)

NOTEBOOKS = ROOT / "notebooks"
COVERAGE = NOTEBOOKS / "coverage.csv"
KILOBYTE = 1000


@dataclass(frozen=True)
class Cell:
    """One cell, numbered from 1 as a reader counts."""

    number: int
    node: Any

    @property
    def source(self) -> str:
        return self.node["source"]

    @property
    def is_code(self) -> bool:
        return self.node["cell_type"] == "code"

    @property
    def is_markdown(self) -> bool:
        return self.node["cell_type"] == "markdown"

    @property
    def tags(self) -> list[str]:
        return list(self.node["metadata"].get("tags", []))

    @property
    def outputs(self) -> list[Any]:
        return self.node.get("outputs", [])

    @property
    def name(self) -> str:
        lines = [line for line in self.source.splitlines() if line.strip()]
        return f"cell {self.number} ({lines[0].strip()[:60] if lines else 'empty'})"

    @property
    def lines(self) -> list[str]:
        return self.source.rstrip().splitlines()

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed code; what is no plain Python is empty here (`plain_python` tells)."""
        try:
            return ast.parse(self.source)
        except SyntaxError:
            return ast.Module(body=[], type_ignores=[])

    @cached_property
    def prose(self) -> str:
        """Markdown without fenced and inline code."""
        text = re.sub(r"(?ms)^( *)(```|~~~).*?^\1\2[^\n]*$", "", self.source)
        return re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", text)

    @property
    def headings(self) -> list[tuple[int, str]]:
        found = re.findall(
            r"(?m)^(#{1,6})\s+(.*?)\s*#*$",
            re.sub(r"(?ms)^( *)(```|~~~).*?^\1\2[^\n]*$", "", self.source),
        )
        return [(len(marks), title) for marks, title in found] if self.is_markdown else []

    @property
    def folds(self) -> int:
        """Number of folded answers."""
        return len(re.findall(r"<details>", self.prose))


@dataclass(frozen=True)
class Section:
    kind: str
    title: str
    cells: list[Cell]

    @property
    def code(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.is_code]

    @property
    def prose(self) -> str:
        return "\n\n".join(cell.prose for cell in self.cells if cell.is_markdown)


class Book:
    """A notebook as its reader meets it: cells, sections, and where it lies."""

    def __init__(self, path: Path, notebook: Any | None = None) -> None:
        self.path = Path(path)
        # v4.reads repairs nothing: nbformat.read would give a doubled cell id a new one.
        self.notebook = notebook or nbformat.v4.reads(self.path.read_text(encoding="utf-8"))
        self.cells = [Cell(n, node) for n, node in enumerate(self.notebook["cells"], start=1)]

    @property
    def course(self) -> dict[str, Any]:
        return dict(self.notebook["metadata"].get("course", {}))

    @property
    def is_chapter(self) -> bool:
        return self.course.get("kind") == "chapter"

    @property
    def code(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.is_code]

    @property
    def markdown(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.is_markdown]

    def tagged(self, *tags: str) -> list[Cell]:
        return [cell for cell in self.cells if set(tags) & set(cell.tags)]

    @cached_property
    def sections(self) -> list[Section]:
        found: list[Section] = []
        for cell in self.cells:
            kinds = [tag[8:] for tag in cell.tags if tag.startswith("section:")]
            titles = [title for level, title in cell.headings if level <= 2]
            if kinds or titles or not found:
                kind = kinds[0] if kinds else "lesson"
                found.append(Section(kind, titles[0] if titles else "", []))
            found[-1].cells.append(cell)
        return found

    def section(self, kind: str) -> Section | None:
        return next((section for section in self.sections if section.kind == kind), None)

    @property
    def lessons(self) -> list[Section]:
        return [section for section in self.sections if section.kind == "lesson"]


Rule = Callable[[Book], Iterator[str]]
HOUSE: dict[str, Rule] = {}
CHAPTER: dict[str, Rule] = {}


def house(rule: Rule) -> Rule:
    HOUSE[rule.__name__] = rule
    return rule


def chapter(rule: Rule) -> Rule:
    CHAPTER[rule.__name__] = rule
    return rule


def books() -> list[Path]:
    """Every notebook of the course on disk, in reading order."""
    return tool.notebook_paths()


def faults(book: Book, rules: Iterable[str] | None = None) -> list[str]:
    """All faults of a notebook, each as `rule: cell: what is expected`."""
    known = HOUSE | CHAPTER if book.is_chapter else HOUSE
    names = list(known) if rules is None else list(rules)
    return [f"{name}: {fault}" for name in names for fault in known[name](book)]


# --- the file ---------------------------------------------------------------------------------


@house
def valid(book: Book) -> Iterator[str]:
    """nbformat 4.5, unique cell ids, the course's metadata, the plain kernel."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            nbformat.validate(copy.deepcopy(book.notebook))
    except nbformat.ValidationError as error:
        yield f"not a valid notebook: {error.message[:200]}"
    except (DuplicateCellId, MissingIDFieldWarning):
        pass  # said below, with the cell
    if (book.notebook["nbformat"], book.notebook["nbformat_minor"]) != (4, 5):
        yield "expected nbformat 4.5 (cells with ids)"
    ids = [cell.node.get("id") for cell in book.cells]
    for cell in book.cells:
        if not cell.node.get("id") or ids.count(cell.node["id"]) > 1:
            yield f"{cell.name}: expected an id of its own"
    metadata = book.notebook["metadata"]
    if "kind" not in book.course:
        yield 'expected metadata["course"]["kind"], such as "chapter"'
    if metadata.get("kernelspec", {}).get("name") != "python3":
        yield "expected the kernelspec python3"
    if extra := set(metadata) - {"course", "kernelspec", "language_info"}:
        yield f"unexpected notebook metadata: {', '.join(sorted(extra))}"


@house
def small(book: Book) -> Iterator[str]:
    """At most 500 kB."""
    if book.path.exists() and (size := book.path.stat().st_size) > 500 * KILOBYTE:
        yield f"{size / KILOBYTE:.0f} kB, expected at most 500"


@house
def executed(book: Book) -> Iterator[str]:
    """Every code cell ran, in order, without error or a word on stderr."""
    for count, cell in enumerate((c for c in book.code if c.source.strip()), start=1):
        if cell.node.get("execution_count") != count:
            yield (
                f"{cell.name}: execution count {cell.node.get('execution_count')}, expected "
                f"{count}; run `make notebooks`"
            )
    for cell in book.code:
        if not cell.source.strip():
            yield f"{cell.name}: an empty code cell"
        for output in cell.outputs:
            if output["output_type"] == "error":
                yield f"{cell.name}: holds an error ({output.get('ename')})"
            if output.get("name") == "stderr":
                yield f"{cell.name}: wrote to stderr: {output['text'].strip()[:80]}"


@house
def clean_outputs(book: Book) -> Iterator[str]:
    """No widget state, no timings, no machine paths, no carriage returns."""
    for cell in book.cells:
        if extra := set(cell.node["metadata"]) & set(tool.MOMENTARY):
            yield f"{cell.name}: unexpected cell metadata {', '.join(sorted(extra))}"
        for output in cell.outputs:
            for mime in output.get("data", {}):
                if mime.startswith("application/vnd.jupyter.widget"):
                    yield f"{cell.name}: holds a live widget; only its still is committed"
        text = output_text(cell)
        if "\r" in text:
            yield f"{cell.name}: a carriage return in the output; progress is transient"
        if "\x1b[" in text:
            yield f"{cell.name}: terminal colours in the output"
        if found := MACHINE.search(text) or MACHINE.search(cell.source):
            yield f"{cell.name}: a path of some machine: {found.group(0)}"


MACHINE = re.compile(
    r"(?<![\w.:/])/(?:home|root|Users|tmp|var|mnt|opt|usr)/[\w./-]*"
    r"|\b[A-Z]:\\(?:Users|home)\\\S*|" + re.escape(str(ROOT))
)


def output_text(cell: Cell) -> str:
    parts = []
    for output in cell.outputs:
        parts.append(output.get("text", ""))
        parts += [
            value
            for mime, value in output.get("data", {}).items()
            if mime.startswith("text/") and isinstance(value, str)
        ]
    return "\n".join(parts)


@house
def pictures(book: Book) -> Iterator[str]:
    """Pictures are opaque PNGs that say in words what they show."""
    from PIL import Image

    for cell in book.code:
        for output in cell.outputs:
            data = output.get("data", {})
            if other := {mime for mime in data if mime.startswith("image/")} - {"image/png"}:
                yield f"{cell.name}: {min(other)}, expected image/png"
            if "image/png" not in data:
                continue
            says = " ".join(str(data.get("text/plain", "")).split())
            if len(says) < 40 or says.startswith("<"):
                yield (
                    f"{cell.name}: the picture says {says!r}; expected a sentence of at least "
                    "40 characters (`show(figure, says=...)`)"
                )
            picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
            if picture.format != "PNG":
                yield f"{cell.name}: expected a PNG, found {picture.format}"
            if picture.convert("RGBA").getextrema()[3][0] != 255:
                yield f"{cell.name}: the picture is transparent somewhere; expected opaque"
    for cell in book.markdown:
        for alt, target in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)", cell.prose):
            if len(alt) < 40:
                yield f"{cell.name}: the picture {target} needs an alt text of 40 characters"


# --- Markdown ---------------------------------------------------------------------------------

BANNED = [
    "tag",
    "label",
    "ref",
    "eqref",
    "newcommand",
    "renewcommand",
    "def",
    "require",
    "bm",
    "coloneqq",
    "argmax",
    "argmin",
    "R",
    "color",
    "href",
    "htmlClass",
    "mbox",
]
ENVIRONMENTS = {"aligned", "matrix", "pmatrix", "bmatrix", "vmatrix", "cases", "array"}


def rendered(book: Book) -> Iterator[Cell]:
    """Every piece of Markdown that a reader sees: the cells, and what code cells print as such."""
    for cell in book.cells:
        if cell.is_markdown:
            yield cell
        for output in cell.outputs:
            if text := output.get("data", {}).get("text/markdown"):
                node = {"cell_type": "markdown", "source": text, "metadata": {}}
                yield Cell(cell.number, node)


@house
def formulas(book: Book) -> Iterator[str]:
    """Formulas keep to what MathJax and KaTeX both render, in cells and in Markdown outputs."""
    for cell in rendered(book):
        text = cell.prose.replace(r"\$", "")
        for marks in (r"\(", r"\)", r"\[", r"\]"):
            if re.search(r"(?<!\\)" + re.escape(marks), re.sub(r"(?s)\$\$.*?\$\$", "", text)):
                yield f"{cell.name}: {marks} does not open a formula everywhere; expected $ or $$"
        if text.count("$$") % 2:
            yield f"{cell.name}: a $$ without its partner"
            continue
        for match in re.finditer(r"(?s)\$\$(.*?)\$\$", text):
            before, after = text[: match.start()], text[match.end() :]
            if not re.search(r"(\A|\n[ \t]*\n)[ \t]*\Z", before) or not re.match(
                r"[ \t]*(\Z|\n[ \t]*(\n|\Z))", after
            ):
                yield (
                    f"{cell.name}: expected blank lines around $$"
                    f"{' '.join(match.group(1).split())[:40]}$$"
                )
            if re.search(r"\n[ \t]*\n", match.group(1)):
                yield f"{cell.name}: a blank line inside $$"
            yield from formula_faults(cell, match.group(1), display=True)
        inline = re.sub(r"(?s)\$\$.*?\$\$", "", text)
        for paragraph in re.split(r"\n[ \t]*\n", inline):
            if paragraph.count("$") % 2:
                yield f"{cell.name}: a $ without its partner near {paragraph.strip()[:40]!r}"
                continue
            for match in re.finditer(r"(?s)\$(.*?)\$(\d?)", paragraph):
                formula, digit = match.groups()
                if not formula or formula != formula.strip() or digit:
                    yield (
                        f"{cell.name}: ${formula}${digit}: expected no space just inside the "
                        "dollars and no digit after them (VS Code)"
                    )
                yield from formula_faults(cell, formula, display=False)
            for row in (line for line in paragraph.splitlines() if line.lstrip().startswith("|")):
                if any("|" in found for found in re.findall(r"\$([^$]*?)\$", row)):
                    yield f"{cell.name}: | inside a formula of a table; expected \\vert or \\mid"


def formula_faults(cell: Cell, formula: str, display: bool) -> Iterator[str]:
    shown = " ".join(formula.split())[:40]
    for command in re.findall(r"\\([A-Za-z]+)", formula):
        if command in BANNED:
            yield f"{cell.name}: \\{command} in {shown!r} is not rendered everywhere"
    for environment in re.findall(r"\\begin\{([^}]*)\}", formula):
        if environment not in ENVIRONMENTS:
            yield (
                f"{cell.name}: environment {environment} in {shown!r}; expected one of "
                f"{', '.join(sorted(ENVIRONMENTS))}"
            )
        elif environment == "aligned" and not display:
            yield f"{cell.name}: aligned belongs between $$ and $$"
    if sorted(re.findall(r"\\begin\{([^}]*)\}", formula)) != sorted(
        re.findall(r"\\end\{([^}]*)\}", formula)
    ):
        yield f"{cell.name}: \\begin and \\end do not pair in {shown!r}"
    bare = re.sub(r"\\[{}%]", "", formula)
    if bare.count("{") != bare.count("}"):
        yield f"{cell.name}: braces do not pair in {shown!r}"
    if "%" in bare:
        yield f"{cell.name}: a bare % comments out the rest of {shown!r}; expected \\%"
    if re.search(r"</?[a-zA-Z]+[^>]*>", formula):
        yield f"{cell.name}: {shown!r} looks like HTML; put spaces around < and >"


@house
def html(book: Book) -> Iterator[str]:
    """`<details>` with blank lines inside is the one HTML."""
    for cell in rendered(book):
        text = re.sub(r"(?s)\$\$.*?\$\$|\$[^$]*\$", " ", cell.prose.replace(r"\$", ""))
        if "<!--" in text:
            yield f"{cell.name}: an HTML comment"
        for tag in re.findall(r"</?([A-Za-z][A-Za-z0-9]*)\b[^<>]*>", text):
            if tag not in {"details", "summary"} and not tag.startswith(("http", "mailto")):
                yield f"{cell.name}: <{tag}>; details and summary are the one HTML allowed"
        opened = len(re.findall(r"<details\b", text))
        sound = re.findall(
            r"(?ms)^<details>\s*?<summary>[^\n]+</summary>[ \t]*\n[ \t]*\n"
            r"(?:(?!<details).)+?\n[ \t]*\n</details>[ \t]*$",
            text,
        )
        if opened != len(sound) or opened != text.count("</details>"):
            yield (
                f"{cell.name}: expected <details><summary>..</summary>, a blank line, the "
                "folded text, a blank line, </details>, each tag at the start of a line"
            )
        for summary in re.findall(r"<summary>(.*?)</summary>", cell.prose):
            if "$" in summary:
                yield f"{cell.name}: a formula in <summary> is not rendered everywhere"


@house
def headings(book: Book) -> Iterator[str]:
    """One H1, in the first cell; levels never skip."""
    seen = [(cell, level) for cell in book.cells for level, _ in cell.headings]
    tops = [cell for cell, level in seen if level == 1]
    if len(tops) != 1 or tops[0].number != 1:
        yield f"expected exactly one H1, in the first cell; found {len(tops)}"
    previous = 0
    for cell, level in seen:
        if level > previous + 1:
            yield f"{cell.name}: H{level} after H{previous}; levels never skip"
        previous = level


def anchor(title: str) -> str:
    """A heading's anchor as Jupyter makes it."""
    return re.sub(r"[`*$]", "", title).replace(" ", "-")


@house
def links(book: Book) -> Iterator[str]:
    """Links to files and headings lead somewhere."""
    for cell in book.markdown:
        prose = re.sub(r"(?s)\$\$.*?\$\$|\$[^$]*\$", " ", cell.prose)
        for target in re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", prose):
            if re.match(r"https?://|mailto:", target):
                continue
            name, _, fragment = target.partition("#")
            path = (book.path.parent / name).resolve() if name else book.path
            if name and not path.exists():
                yield f"{cell.name}: link to {target}, which does not exist"
            elif fragment and path.suffix == ".ipynb":
                other = book if not name else Book(path)
                known = {anchor(title) for c in other.cells for _, title in c.headings}
                if fragment not in known:
                    close = difflib.get_close_matches(fragment, known, n=1)
                    yield (
                        f"{cell.name}: no heading #{fragment} in {path.name}"
                        + (f"; did you mean #{close[0]}?" if close else "")
                    )


# --- code -------------------------------------------------------------------------------------

NETWORK = {"requests", "urllib", "http", "socket", "subprocess", "ftplib", "httpx", "aiohttp"}
GLOBAL_CALLS = {
    "os.chdir",
    "os.system",
    "os.popen",
    "os.putenv",
    "random.seed",
    "np.random.seed",
    "numpy.random.seed",
    "torch.manual_seed",
    "torch.set_default_dtype",
    "torch.set_num_threads",
    "torch.set_default_device",
    "torch.set_printoptions",
    "np.set_printoptions",
    "warnings.filterwarnings",
    "warnings.simplefilter",
    "plt.show",
    "plt.figure",
    "plt.subplots",
    "plt.plot",
    "sys.path.append",
    "sys.path.insert",
    "get_ipython",
}


def dotted(node: ast.AST) -> str:
    """`np.random.seed` from its tree, "" where it is no plain dotted name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (left := dotted(node.value)):
        return f"{left}.{node.attr}"
    return ""


@house
def plain_python(book: Book) -> Iterator[str]:
    """Cells are plain Python: no shell, magics, star imports, network, or changed globals."""
    for cell in book.code:
        for line in cell.lines:
            if re.match(r"\s*(!|%%|%[a-z])", line):
                yield f"{cell.name}: {line.strip()[:40]!r}; no shell and no magics"
        try:
            ast.parse(cell.source)
        except SyntaxError as error:
            yield f"{cell.name}: not plain Python ({error.msg}, line {error.lineno})"
        forked = {
            id(inner)
            for node in ast.walk(cell.tree)
            if isinstance(node, ast.With)
            for item in node.items
            if "fork_rng" in ast.unparse(item.context_expr)
            for inner in ast.walk(node)
        }
        for node in ast.walk(cell.tree):
            if isinstance(node, ast.ImportFrom) and any(a.name == "*" for a in node.names):
                yield f"{cell.name}: from {node.module} import *"
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = (
                    [a.name for a in node.names]
                    if isinstance(node, ast.Import)
                    else [node.module or ""]
                )
                for name in names:
                    if name.split(".")[0] in NETWORK:
                        yield f"{cell.name}: imports {name}; no network and no shell"
                    if name == "matplotlib.pyplot" or "pyplot" in [a.name for a in node.names]:
                        yield f"{cell.name}: pyplot keeps global state; expected new_axes and show"
            if isinstance(node, ast.Global):
                yield f"{cell.name}: a global statement"
            if isinstance(node, ast.Call):
                name = dotted(node.func)
                legacy = re.fullmatch(
                    r"(np|numpy)\.random\.(?!default_rng|Generator|PCG64|"
                    r"SeedSequence)\w+",
                    name,
                )
                if (name in GLOBAL_CALLS or legacy) and id(node) not in forked:
                    yield f"{cell.name}: {name}() changes or uses a global; pass a generator"
                if name in {"eval", "exec"}:
                    yield f"{cell.name}: {name}()"
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    base = target.value if isinstance(target, ast.Subscript) else target
                    if dotted(base).startswith(
                        ("os.environ", "plt.rcParams", "matplotlib.rc", "mpl.rc")
                    ):
                        yield f"{cell.name}: sets {dotted(base)}, a global"
        for node in cell.tree.body:
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if (
                        isinstance(target, ast.Attribute)
                        and isinstance(target.value, ast.Name)
                        and re.match(r"[A-Z][a-z]", target.value.id)
                    ):
                        yield f"{cell.name}: adds {target.attr} to class {target.value.id}"


@house
def assertions(book: Book) -> Iterator[str]:
    """Assertions can fail: no tuples, no constants, nothing compared with itself."""
    for cell in book.code:
        for node in ast.walk(cell.tree):
            if not isinstance(node, ast.Assert):
                continue
            shown = ast.unparse(node)[:60]
            if isinstance(node.test, ast.Tuple):
                yield f"{cell.name}: {shown}: a tuple is always true"
            elif not any(isinstance(n, ast.Name) for n in ast.walk(node.test)):
                yield f"{cell.name}: {shown}: a constant cannot fail"
            elif isinstance(node.test, ast.Compare) and any(
                ast.dump(node.test.left) == ast.dump(c) for c in node.test.comparators
            ):
                yield f"{cell.name}: {shown}: compares a value with itself"


@house
def proves(book: Book) -> Iterator[str]:
    """`# proves` lines stand directly above an assertion and name a core row; four per cell."""
    rows = {(row["lecture"], row["title"]): row for row in coverage()}
    for cell in book.cells:
        claims = tool.claims(cell.source) if cell.is_code else []
        if len(claims) > 4:
            yield f"{cell.name}: proves {len(claims)} rows, expected at most four"
        starts = {node.lineno for node in ast.walk(cell.tree) if is_assertion(node)}
        for claim in claims:
            if (claim.lecture, claim.title) not in rows:
                yield f"{cell.name}: {tool.unknown(claim, rows)}"
            elif rows[claim.lecture, claim.title]["kind"] != "core":
                yield f"{cell.name}: {claim.lecture}:{claim.title} is talk, nothing to prove"
            if claim.below not in starts:
                yield (
                    f"{cell.name}: `# proves {claim.lecture}:{claim.title}` must stand "
                    "directly above an assertion"
                )
        if len({(c.lecture, c.title) for c in claims}) < len(claims):
            yield f"{cell.name}: names the same row twice"
        if not cell.is_code and re.search(r"(?m)^# proves ", cell.source):
            yield f"{cell.name}: a proves line outside code"


def is_assertion(node: ast.AST) -> bool:
    if isinstance(node, ast.Assert):
        return True
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and dotted(node.value.func).split(".")[-1].startswith("assert_")
    )


# --- the chapter ------------------------------------------------------------------------------

NAMED = ["promise", "your-turn", "exam", "errata", "remember"]


@chapter
def sections_in_order(book: Book) -> Iterator[str]:
    """Promise, lesson, your turn, exam corner, errata, remember."""
    kinds = [section.kind for section in book.sections]
    if unknown := set(kinds) - set(NAMED) - {"lesson"}:
        yield f"unknown section tags {sorted(unknown)}; expected section: + {', '.join(NAMED)}"
    if [kind for kind in kinds if kind in NAMED] != NAMED:
        yield f"sections {[k for k in kinds if k in NAMED]}, expected each once, in order {NAMED}"
    elif kinds != ["promise"] + ["lesson"] * (len(kinds) - 5) + NAMED[1:]:
        strays = [s for s in book.sections if s.kind == "lesson"]
        yield (
            "lesson sections belong between the promise and your turn; a stray may be "
            f"{strays[-1].title!r}"
            if strays
            else "unexpected order"
        )
    if len(book.lessons) < 2:
        yield f"expected at least two lesson sections, found {len(book.lessons)}"
    for section in book.sections:
        level = 1 if section.kind == "promise" else 2
        if not section.cells[0].headings or section.cells[0].headings[0][0] != level:
            yield f"{section.cells[0].name}: expected to open its section with an H{level}"
        if not section.cells[0].source.lstrip().startswith("#"):
            yield f"{section.cells[0].name}: expected the heading as its first line"
    for cell in book.cells:
        if sum(level <= 2 for level, _ in cell.headings) > 1:
            yield f"{cell.name}: two sections in one cell"


@chapter
def metadata(book: Book) -> Iterator[str]:
    """Part, title, minutes (a lecture's 60 to 90), memory."""
    course = book.course
    if not isinstance(course.get("part"), int) or not 1 <= course["part"] <= 7:
        yield f"course.part is {course.get('part')!r}, expected 1 to 7"
    if not isinstance(course.get("title"), str) or not course["title"].strip():
        yield "course.title is missing"
    if not isinstance(course.get("minutes"), int) or not 60 <= course["minutes"] <= 90:
        yield f"course.minutes is {course.get('minutes')!r}, expected 60 to 90"
    if not isinstance(course.get("memory_mb"), int) or course["memory_mb"] <= 0:
        yield f"course.memory_mb is {course.get('memory_mb')!r}, expected a positive number"


@chapter
def promise(book: Book) -> Iterator[str]:
    """What, needed first (a link), lectures, minutes, memory; then at once something to see."""
    section = book.section("promise")
    if section is None:
        return
    for pattern, what in [
        (r"(?i)lecture", "the lecture topics it mirrors"),
        (r"(?i)\bminutes\b", "how long it takes (minutes)"),
        (r"\b[MG]B\b", "how much memory it takes (MB)"),
        (r"\]\([^)]+\)", "a link to what is needed first"),
    ]:
        if not re.search(pattern, section.prose):
            yield f"{section.cells[0].name}: expected the promise to say {what}"
    listed = re.findall(r"(?m)^(?:[-*]|\d+\.)\s+\S", section.prose)
    spaced = re.findall(r"(?i)you can\b.*", section.prose)
    if len(listed) < 3 and not any(line.count(" · ") >= 2 for line in spaced):
        yield (
            f"{section.cells[0].name}: expected 3 to 5 things you will be able to do, as a list or "
            "as `you can ... · ... · ...`"
        )
    if not any(
        "image/png" in output.get("data", {}) for cell in section.code for output in cell.outputs
    ):
        yield f"{section.cells[0].name}: expected a picture or player already in the promise"


@chapter
def imports(book: Book) -> Iterator[str]:
    """One import cell of at most ten lines, in the promise; no import elsewhere."""
    cells = book.tagged("imports")
    if len(cells) != 1:
        yield f"expected one cell tagged imports, found {len(cells)}"
        return
    if len(cells[0].lines) > 10:
        yield f"{cells[0].name}: {len(cells[0].lines)} lines, expected at most 10"
    if book.code and cells[0].number != book.code[0].number:
        yield f"{cells[0].name}: expected to be the first code cell"
    for cell in book.code:
        if cell.number != cells[0].number and any(
            isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(cell.tree)
        ):
            yield f"{cell.name}: imports belong into the one import cell"


@chapter
def cell_lengths(book: Book) -> Iterator[str]:
    """Code cells up to 25 lines (one `whole` up to 40), no wall of text over 12 lines."""
    whole = book.tagged("whole")
    if len(whole) > 1:
        yield f"{whole[1].name}: a second cell tagged whole; one per chapter"
    for cell in book.code:
        limit = 40 if "whole" in cell.tags else 25
        if len(cell.lines) > limit:
            yield f"{cell.name}: {len(cell.lines)} lines, expected at most {limit}"
        lines = [line for line in cell.lines if not line.startswith("# proves ")]  # long titles
        if wide := [line for line in lines if len(line) > 100]:
            yield f"{cell.name}: a line of {len(wide[0])} characters, expected at most 100"
    for cell in book.markdown:
        if (count := text_lines(cell)) > 12:
            yield (
                f"{cell.name}: a wall of text, {count} lines of 100 characters; expected at "
                "most 12 (formulas, tables, headings, folded text do not count)"
            )


def text_lines(cell: Cell) -> int:
    """Lines of running text at 100 characters each."""
    text = re.sub(r"(?s)<details>.*?</details>|\$\$.*?\$\$", "", cell.prose)
    return sum(
        math.ceil(len(line.strip()) / 100)
        for line in text.splitlines()
        if line.strip() and not line.lstrip().startswith(("|", "#"))
    )


@chapter
def output_lengths(book: Book) -> Iterator[str]:
    """No output over 30 lines (source shown by `show_source`: 60)."""
    for cell in book.code:
        count, limit = 0, 30
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/png" in data:
                continue
            markdown = data.get("text/markdown", "")
            if re.search(r"(?m)^```", markdown):
                limit = 66  # sixty lines, the fences, a caption
            markdown = re.sub(r"(?s)<details>.*?</details>", "", markdown)
            shown = markdown or data.get("text/plain", "") or output.get("text", "")
            shown = re.sub(r"(?s)<details>.*?</details>\n*", "(a fold)\n", shown)
            rows = data.get("text/html", "").count("<tr")
            count += max(len(shown.rstrip("\n").splitlines()), rows)
        if count > limit:
            yield f"{cell.name}: {count} lines of output, expected at most {limit}"


@chapter
def slides(book: Book) -> Iterator[str]:
    """Every cell has a slide type; some are slides."""
    allowed = ["slide", "subslide", "fragment", "skip", "notes"]
    types = []
    for cell in book.cells:
        kind = cell.node["metadata"].get("slideshow", {}).get("slide_type")
        types.append(kind)
        if kind not in allowed:
            yield f"{cell.name}: slide_type {kind!r}, expected one of {', '.join(allowed)}"
    shown = [kind for kind in types if kind not in ("skip", "notes")]
    if len(shown) < 5 or shown[0] != "slide":
        yield "expected a deck: at least five cells shown, the first of them a slide"


@chapter
def interaction(book: Book) -> Iterator[str]:
    """At least two players or explorers, each with its question above it."""
    found = book.tagged("player", "explorer")
    if len(found) < 2:
        yield f"expected at least two cells tagged player or explorer, found {len(found)}"
    makers = {"player": {"play"}, "explorer": {"explore", "decision_map", "network_playground"}}
    for cell in found:
        calls = {
            dotted(n.func).split(".")[-1] for n in ast.walk(cell.tree) if isinstance(n, ast.Call)
        }
        for tag in set(cell.tags) & set(makers):
            if not calls & makers[tag]:
                yield f"{cell.name}: tagged {tag}, but calls none of {sorted(makers[tag])}"
        if not any("image/png" in output.get("data", {}) for output in cell.outputs):
            yield f"{cell.name}: expected its still among the outputs"
        above = [c for c in book.markdown if c.number < cell.number]
        if not above or "?" not in above[-1].prose:
            yield f"{cell.name}: expected the question that it answers in the text above"
    for cell in book.code:
        calls = {
            dotted(n.func).split(".")[-1] for n in ast.walk(cell.tree) if isinstance(n, ast.Call)
        }
        if calls & set.union(*makers.values()) and not set(makers) & set(cell.tags):
            yield f"{cell.name}: makes a player or explorer; expected the tag for it"


@chapter
def predictions(book: Book) -> Iterator[str]:
    """At least twice a prediction before the run, its answer folded."""
    cells = book.tagged("prediction")
    if len(cells) < 2:
        yield f"expected at least two cells tagged prediction, found {len(cells)}"
    for cell in cells:
        if not cell.is_markdown or not cell.folds or "?" not in cell.prose:
            yield f"{cell.name}: expected a question and its answer in <details>"
        section = next(s for s in book.sections if cell in s.cells)
        if not any(c.number > cell.number for c in section.code):
            yield f"{cell.name}: expected the run below it, in the same section"


@chapter
def class_questions(book: Book) -> Iterator[str]:
    """Two questions to the class per lesson section, answers folded."""
    for section in book.lessons:
        asked = [cell for cell in section.cells if "question" in cell.tags]
        count = sum(cell.folds for cell in asked)
        if count < 2:
            yield (
                f"section {section.title!r}: {count} folded answers in cells tagged question, "
                "expected at least 2"
            )
        for cell in asked:
            if "?" not in cell.prose:
                yield f"{cell.name}: tagged question, but asks nothing"


@chapter
def lessons(book: Book) -> Iterator[str]:
    """Each lesson section shows code and ends in a check; the chapter checks and shows often."""
    for section in book.lessons:
        if not section.code:
            yield f"section {section.title!r}: expected code"
        elif not any(is_assertion(n) for cell in section.code for n in ast.walk(cell.tree)):
            yield f"section {section.title!r}: expected an assertion against a reference"
        if len(section.title.split()) < 2:
            yield f"section {section.title!r}: expected a heading that says something"


# --- exercises --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Exercise:
    """One code exercise of a chapter: what `check` judges, and its three cells."""

    name: str
    function: str
    starter: Cell
    check: Cell
    solution: Cell


def judged(cell: Cell) -> list[tuple[str, str]]:
    """The (name, function) pairs of the `check("name", function)` calls in a cell."""
    return [
        (node.args[0].value, ast.unparse(node.args[1]))
        for node in ast.walk(cell.tree)
        if isinstance(node, ast.Call)
        and dotted(node.func).split(".")[-1] == "check"
        and len(node.args) == 2
        and isinstance(node.args[0], ast.Constant)
    ]


def triples(book: Book) -> list[list[Cell]]:
    """The tagged exercise cells, cut at each `exercise`."""
    found: list[list[Cell]] = []
    for cell in book.tagged("exercise", "check", "solution"):
        if "exercise" in cell.tags or not found:
            found.append([])
        found[-1].append(cell)
    return found


def exercises(book: Book) -> list[Exercise]:
    """The well-formed exercises of a chapter; `exercise_cells` says what is wrong with others."""
    return [
        Exercise(*judged(three[1])[0], *three)
        for three in triples(book)
        if len(three) == 3 and len(judged(three[1])) == 1
    ]


@chapter
def exercise_cells(book: Book) -> Iterator[str]:
    """Three to six exercises, each exercise / check / solution, all under your turn."""
    groups = triples(book)
    if not 3 <= len(groups) <= 6:
        yield f"expected 3 to 6 exercises, found {len(groups)}"
    section = book.section("your-turn")
    for group in groups:
        if [set(c.tags) & {"exercise", "check", "solution"} for c in group] != [
            {"exercise"},
            {"check"},
            {"solution"},
        ] or not all(c.is_code for c in group):
            yield f"{group[0].name}: expected three code cells tagged exercise, check, solution"
            continue
        if section and group[0] not in section.cells:
            yield f"{group[0].name}: expected under your turn"
        starter, check, solution = group
        calls = judged(check)
        if len(calls) != 1:
            yield f'{check.name}: expected one call check("chapter.name", function)'
            continue
        name, function = calls[0]
        if function not in returns_ellipsis(starter):
            yield f"{starter.name}: expected it to define {function} with a `return ...`"
        if f"{function}_solution" not in defined(solution) or function in defined(solution):
            yield f"{solution.name}: expected it to define {function}_solution and not {function}"
        if (name, f"{function}_solution") not in judged(solution):
            yield f'{solution.name}: expected check("{name}", {function}_solution)'
        if not solution.node["metadata"].get("jupyter", {}).get("source_hidden"):
            yield f"{solution.name}: expected to be folded (metadata jupyter.source_hidden)"
        if "not attempted" not in output_text(check).lower():
            yield f"{check.name}: expected the stored output to say not attempted"
        if "passed" not in output_text(solution).lower():
            yield f"{solution.name}: expected the stored output to say passed"
    names = [exercise.name for exercise in exercises(book)]
    if len(set(names)) < len(names):
        yield f"two exercises share a check: {sorted(names)}"
    for cell in book.tagged("hint"):
        if not cell.is_markdown or not cell.folds:
            yield f"{cell.name}: a hint folds (<details>)"


def returns_ellipsis(cell: Cell) -> set[str]:
    """Functions and classes of the cell that somewhere `return ...`."""
    return {
        node.name
        for node in cell.tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and any(
            isinstance(n, ast.Return) and isinstance(n.value, ast.Constant) and n.value.value is ...
            for n in ast.walk(node)
        )
    }


@chapter
def exam_corner(book: Book) -> Iterator[str]:
    """Exercise types with a variant shown, `practice("topic")` ready, slips listed."""
    section = book.section("exam")
    if section is None:
        return
    calls: dict[str, list[str]] = {}
    for cell in section.code:
        for node in ast.walk(cell.tree):
            if isinstance(node, ast.Call):
                texts = [
                    a.value
                    for a in node.args
                    if isinstance(a, ast.Constant) and isinstance(a.value, str)
                ]
                calls.setdefault(dotted(node.func).split(".")[-1], []).extend(texts)
    if not calls.get("practice"):
        yield f'{section.cells[0].name}: expected practice("topic") in the exam corner'
    if "new" not in calls:
        yield f'{section.cells[0].name}: expected a variant shown, exam.new("topic.type", ...)'
    if not re.search(r"(?i)\bslips?\b|\bmistakes?\b", section.prose):
        yield f"{section.cells[0].name}: expected the typical slips"


@chapter
def errata(book: Book) -> Iterator[str]:
    """Each erratum with its right value and the line that computes it."""
    section = book.section("errata")
    if section and not section.code:
        yield f"{section.cells[0].name}: expected the lines that compute the right values"
    if section and not any(is_assertion(n) for c in section.code for n in ast.walk(c.tree)):
        yield f"{section.cells[0].name}: expected an assertion for the right values"


@chapter
def remember(book: Book) -> Iterator[str]:
    """Formula sheet, glossary, original papers, where it is used next."""
    section = book.section("remember")
    if section is None:
        return
    for pattern, what in [
        (r"\$\$?[^$]+\$", "a formula sheet"),
        (r"(?i)glossary", "a glossary"),
        (r"(?i)\bpapers?\b", "the original papers"),
        (r"(?i)\bnext\b", "where it is used next"),
    ]:
        if not re.search(pattern, section.prose):
            yield f"{section.cells[0].name}: expected {what}"


# --- state ------------------------------------------------------------------------------------

GIVEN = set(dir(builtins)) | {"display", "__name__"}


def defined(cell: Cell) -> set[str]:
    """Names that the cell binds at its top level."""
    return {s.get_name() for s in table(cell).get_symbols() if s.is_assigned() or s.is_imported()}


def used(cell: Cell) -> set[str]:
    """Names that the cell, or a function in it, looks up globally."""
    names: set[str] = set()
    waiting = [table(cell)]
    while waiting:
        here = waiting.pop()
        waiting += here.get_children()
        for symbol in here.get_symbols():
            if symbol.is_referenced() and (here.get_type() == "module" or symbol.is_global()):
                names.add(symbol.get_name())
    return names


def table(cell: Cell) -> symtable.SymbolTable:
    try:
        return symtable.symtable(cell.source, "cell", "exec")
    except SyntaxError:
        return symtable.symtable("", "cell", "exec")


@chapter
def sections_stand_alone(book: Book) -> Iterator[str]:
    """Every section uses only names of the import cell and its own."""
    imported = {name for cell in book.tagged("imports") for name in defined(cell)}
    owners = {
        name: section.title or section.kind
        for section in book.sections
        for cell in section.code
        for name in defined(cell)
    }
    for section in book.sections:
        own = {name for cell in section.code for name in defined(cell)}
        for cell in section.code:
            for name in sorted(used(cell) - own - imported - GIVEN):
                where = f"defined in {owners[name]!r}" if name in owners else "defined nowhere"
                yield (
                    f"{cell.name}: uses {name}, {where}; every section runs after the import "
                    "cell alone"
                )


@chapter
def cells_run_again(book: Book) -> Iterator[str]:
    """No cell updates a name of another cell in place."""
    for cell in book.code:
        plain = {
            n.id
            for node in ast.walk(cell.tree)
            if isinstance(node, ast.Assign | ast.AnnAssign | ast.For | ast.With)
            for n in ast.walk(node)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }
        for node in top_level(cell.tree):
            if (
                isinstance(node, ast.AugAssign)
                and isinstance(node.target, ast.Name)
                and node.target.id not in plain
            ):
                yield f"{cell.name}: updates {node.target.id} in place; a second run differs"


@chapter
def pictures_keep_their_data(book: Book) -> Iterator[str]:
    """What a player or explorer computes later reads no name that another cell binds anew."""
    for cell in book.tagged("player", "explorer"):
        section = next(s for s in book.sections if cell in s.cells)
        makers = [c for c in section.code if c is cell or defined(c) & used(cell)]
        late = {name for maker in makers for name in used_in_functions(maker)}
        own = {name for maker in makers for name in defined(maker)}
        for name in sorted(late & own):
            others = [c for c in book.code if c not in makers and name in defined(c)]
            if others:
                yield (
                    f"{cell.name}: its functions read {name} whenever a reader moves it, but "
                    f"{others[0].name} binds {name} anew; give it another name, or a default "
                    f"argument {name}={name}"
                )


def used_in_functions(cell: Cell) -> set[str]:
    """Global names that the cell's functions and lambdas look up when they are called."""
    names: set[str] = set()
    waiting = [(child, True) for child in table(cell).get_children()]
    while waiting:
        here, top = waiting.pop()
        at_once = top and here.get_name() in {"listcomp", "setcomp", "dictcomp", "genexpr"}
        waiting += [(child, at_once) for child in here.get_children()]
        if not at_once:  # a comprehension outside functions is done when the cell is
            found = (s for s in here.get_symbols() if s.is_referenced() and s.is_global())
            names |= {symbol.get_name() for symbol in found}
    return names


def top_level(tree: ast.Module) -> Iterator[ast.stmt]:
    """Statements outside functions and classes, loops and branches included."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        for child in ast.iter_child_nodes(waiting.pop()):
            if isinstance(child, ast.FunctionDef | ast.ClassDef | ast.expr):
                continue
            if isinstance(child, ast.stmt):
                yield child
            waiting.append(child)


@chapter
def nothing_leans_on_exercises(book: Book) -> Iterator[str]:
    """No other cell uses, or takes, the name of a starter or a solution."""
    for group in triples(book):
        names = {n for c in group if set(c.tags) & {"exercise", "solution"} for n in defined(c)}
        for cell in book.code:
            if cell in group:
                continue
            section = next(s for s in book.sections if cell in s.cells)
            own = {name for other in section.code if other not in group for name in defined(other)}
            for name in sorted(names & defined(cell)):
                yield (
                    f"{cell.name}: binds {name}, the name of an exercise; run after it, it would "
                    "overwrite a reader's answer"
                )
            for name in sorted(names & used(cell) - own):
                yield f"{cell.name}: uses {name} of an exercise; nothing may depend on one"


# --- the systems tables -----------------------------------------------------------------------


def coverage() -> list[dict[str, str]]:
    """The rows of coverage.csv."""
    with COVERAGE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def open_rows() -> dict[str, tuple[int, int]]:
    """For each lecture (core rows without a cell, all core rows)."""
    counts: dict[str, tuple[int, int]] = {}
    for row in coverage():
        if row["kind"] == "core":
            without, total = counts.get(row["lecture"], (0, 0))
            counts[row["lecture"]] = without + (not row["cell"]), total + 1
    return counts


def open_words() -> str:
    """The open work in a line, for the end of a test run."""
    counts = open_rows()
    left, total = (sum(numbers) for numbers in zip(*counts.values(), strict=True))
    each = ", ".join(f"{lecture} {without}" for lecture, (without, _) in counts.items())
    return f"systems tables: {total - left} of {total} core rows proved, open: {each}"


# --- the three directions of a code exercise --------------------------------------------------


def exercise_faults(book: Book, exercise: Exercise, check: Any) -> list[str]:
    """Run starter, solution and wrong answers through a check; say what it judges wrongly.

    `check` is a `course_lib.checks.Check`, or has its `judge` and `misconceptions`.
    """
    space: dict[str, Any] = {"__name__": "exercise", "display": lambda *shown: None}
    for cell in [*book.tagged("imports"), exercise.starter, exercise.solution]:
        exec(compile(cell.source, cell.name, "exec"), space)  # noqa: S102 (our own cells)
    starter, solution = space[exercise.function], space[f"{exercise.function}_solution"]
    found: list[str] = []

    def expect(who: str, function: Any, status: str) -> str:
        result = check.judge(function)
        if result.status != status:
            found.append(
                f"{exercise.name}: {who} is judged {result.status!r} "
                f"({result.message}), expected {status!r}"
            )
        return result.message

    expect("the untouched starter", starter, "not attempted")
    expect("the solution", solution, "passed")
    messages = {}
    for slip in check.misconceptions:
        text = messages[slip.name] = expect(
            f"the misconception {slip.name!r}", slip.function, "failed"
        )
        if slip.message not in text:
            found.append(
                f"{exercise.name}: {slip.name!r} is answered {text!r}, expected the "
                f"message of this misconception, {slip.message!r}"
            )
    if len(messages) < 3:
        found.append(f"{exercise.name}: {len(messages)} misconceptions, expected at least three")
    if callable(solution) and not isinstance(solution, type):
        for name, change in [
            ("None", lambda value: None),
            ("zeros", zeros),
            ("a wrong shape", reshaped),
        ]:
            messages[name] = expect(name, changed(solution, change), "failed")
    for name, text in messages.items():
        twins = [other for other in messages if other != name and messages[other] == text]
        if not text.strip() or twins:
            found.append(
                f"{exercise.name}: {name} and {', '.join(twins) or 'nobody'} get the "
                f"same message {text!r}"
            )
    return found


def changed(solution: Callable[..., Any], change: Callable[[Any], Any]) -> Callable[..., Any]:
    import functools

    @functools.wraps(solution)
    def wrong(*args: Any, **kwargs: Any) -> Any:
        return change(solution(*args, **kwargs))

    return wrong


def zeros(value: Any) -> Any:
    """The same shape and type, all zero."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(zeros, value))
    if isinstance(value, tuple | list):
        return type(value)(map(zeros, value))
    if isinstance(value, dict):
        return {key: zeros(inner) for key, inner in value.items()}
    return value * 0 if not isinstance(value, bool | str) else type(value)()


def reshaped(value: Any) -> Any:
    """The same numbers, one axis too many (one entry too many in a tuple)."""
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return (*value, value[-1])
    if hasattr(value, "reshape"):
        return value.reshape((*value.shape, 1))
    return [value, value]
