"""Re-execute the notebooks that changed, prove that cells may be run again, fill coverage.csv.

    python tools/notebooks.py                 what changed since its last execution
    python tools/notebooks.py --all           every notebook
    python tools/notebooks.py PATH ...        these notebooks, changed or not
    python tools/notebooks.py --once          without the second kernel (see below), in a third of
                                              the time: for a change that no cell can see
    python tools/notebooks.py --check         execute nothing; exit 1 if something is out of date

A notebook has changed when its code cells, a file of course_lib that they reach through imports,
or the data that these read differ from the digest in its metadata. It is executed in a fresh
kernel, top to bottom, and its outputs are kept; in a second fresh kernel every cell is executed
twice in a row, which must neither fail nor print anything else the second time (tag `varies`
allows that, for times say). A notebook that fails, writes to stderr or grows too large is left
as it was.
"""

from __future__ import annotations

import argparse
import ast
import base64
import copy
import csv
import difflib
import hashlib
import io
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import nbformat

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import lab  # noqa: E402

NOTEBOOKS = ROOT / "notebooks"
LIBRARY = ROOT / "course_lib"
DATA = ROOT / "data"
LECTURES = ("000A", "000B", "000C", "001", "003", "004")
LIMIT = 500_000  # bytes, of a picture and of a notebook
CELL_SECONDS = 60
MOMENTARY = ("execution", "ExecuteTime", "collapsed", "scrolled", "trusted")  # cell metadata
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


class Refused(Exception):
    """Why a notebook was left as it was."""


def notebook_paths() -> list[Path]:
    """Every notebook of the course, in reading order."""
    found = (p for p in NOTEBOOKS.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)
    return sorted(found, key=lambda p: (len(p.relative_to(NOTEBOOKS).parts) > 1, p.as_posix()))


# --- what a notebook depends on -----------------------------------------------------------------


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def parsed(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError:  # execution will say so in the reader's words
        return ast.Module(body=[], type_ignores=[])


def imported(tree: ast.AST, package: str = "") -> Iterator[str]:
    """Dotted names that a piece of code may import, relative ones resolved against `package`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")
                kept = parents[: len(parents) - node.level + 1]
                base = ".".join([*kept, *([base] if base else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


@cache
def imports_of(source: str, package: str) -> tuple[str, ...]:
    """What a module imports; most modules are reached from every notebook, and read once."""
    return tuple(dict.fromkeys(imported(ast.parse(source), package)))


def files_of(module: str) -> Iterator[Path]:
    """The files that importing a module of course_lib runs: its packages' `__init__` and itself."""
    parts = module.split(".")
    if parts[0] != LIBRARY.name:
        return
    for length in range(1, len(parts) + 1):
        place = LIBRARY.parent.joinpath(*parts[:length])
        yield from (p for p in (place / "__init__.py", place.with_suffix(".py")) if p.is_file())


def library_files(notebook: Any) -> set[Path]:
    """Files of course_lib and data that the notebook's code reaches.

    Packages that find their modules by name at run time (checks, the exam bank) count with the
    modules whose name a text in the notebook begins with: "perceptron.step" means perceptron.py.
    """
    trees = [parsed(cell["source"]) for cell in code_cells(notebook)]
    texts = {
        node.value.split(".")[0]
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    waiting = {path for tree in trees for name in imported(tree) for path in files_of(name)}
    found: set[Path] = set()
    while waiting:
        path = waiting.pop()
        found.add(path)
        source = path.read_text(encoding="utf-8")
        folder = path.parent
        package = ".".join(folder.relative_to(LIBRARY.parent).parts)
        reached = {p for name in imports_of(source, package) for p in files_of(name)}
        if re.search(r"\b(pkgutil|import_module|iter_modules)\b", source):
            reached |= {p for p in folder.rglob("*.py") if p.stem in texts}
        if path.name == "__init__.py":  # style sheets, scripts
            reached_data = {p for p in folder.iterdir() if p.is_file() and p.suffix != ".py"}
            found |= {p for p in reached_data if p.suffix not in {".pyc", ".md"}}
        waiting |= reached - found
    if any(path.is_relative_to(LIBRARY / "datasets") for path in found) and DATA.is_dir():
        found |= {p for p in DATA.rglob("*") if p.is_file() and p.suffix != ".md"}
    return found


def digest(notebook: Any) -> str:
    """What the outputs of a notebook follow from, in sixteen hexadecimal digits."""
    total = hashlib.sha256()
    for cell in code_cells(notebook):
        total.update(cell["source"].encode() + b"\0")
    for path in sorted(library_files(notebook)):
        content = path.read_bytes().replace(b"\r\n", b"\n")
        total.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + content + b"\0")
    return total.hexdigest()[:16]


def is_current(notebook: Any) -> bool:
    course = notebook["metadata"].get("course", {})
    return course.get("digest") == digest(notebook)


# --- execution ----------------------------------------------------------------------------------


def environment() -> dict[str, str]:
    """One thread, the CPU, a quiet course, nothing of this machine's Jupyter."""
    threads = dict.fromkeys(lab.THREADS, "1")
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        **threads,
        "COURSE_DEVICE": "cpu",
        "COURSE_QUIET": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTHONUTF8": "1",
        "JUPYTER_PREFER_ENV_PATH": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join(paths),
    }


def joined(outputs: list[Any]) -> list[Any]:
    """Neighbouring pieces of one stream as one: a busy machine sends a print in several.

    nbclient's own way searches a long line in quadratic time.
    """
    whole: list[Any] = []
    for output in outputs:
        last = whole[-1] if whole else {}
        stream = output["output_type"] == "stream" and last.get("output_type") == "stream"
        if stream and last["name"] == output["name"]:
            last["text"] += output["text"]
        else:
            whole.append(output)
    return whole


def execute(notebook: Any, folder: Path, times: int) -> list[float]:
    """Run every code cell `times` times in a row in a fresh kernel; outputs of the first stay.

    Returns: seconds of each code cell's first run.
    Raises: Refused, at a cell that fails, writes to stderr, or says something else when run again.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    seconds: list[float] = []
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
        client = NotebookClient(
            notebook,
            timeout=CELL_SECONDS,
            kernel_name="python3",
            resources={"metadata": {"path": str(folder)}},
            store_widget_state=False,
            record_timing=False,
        )
        with client.setup_kernel(env={**environment(), "IPYTHONDIR": scratch}):
            for index, cell in enumerate(notebook["cells"]):
                if cell["cell_type"] != "code":
                    continue
                first: list[Any] = []
                for run in range(times):
                    who = name_of(notebook, index) + (", run again" if run else "")
                    start = time.perf_counter()
                    try:
                        client.execute_cell(cell, index)
                    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
                        raise Refused(f"{who} failed:\n{str(error).strip()}") from error
                    cell["outputs"] = joined(cell["outputs"])
                    if run == 0:
                        seconds.append(time.perf_counter() - start)
                        first = copy.deepcopy(cell["outputs"])
                    if words := "".join(
                        o["text"] for o in cell["outputs"] if o.get("name") == "stderr"
                    ):
                        raise Refused(f"{who} wrote to stderr:\n{words.strip()}")
                    if run and "varies" not in cell["metadata"].get("tags", []):
                        before, after = spoken(first), spoken(cell["outputs"])
                        if before != after:
                            raise Refused(
                                f"{who} says something else:\n{difference(before, after)}\n"
                                "(state from the first run is left; tag `varies` allows it)"
                            )
                cell["outputs"] = first
    return seconds


def name_of(notebook: Any, index: int) -> str:
    lines = [line for line in notebook["cells"][index]["source"].splitlines() if line.strip()]
    return f"cell {index + 1} ({lines[0].strip()[:60] if lines else 'empty'})"


def spoken(outputs: Iterable[Any]) -> str:
    """The text of outputs, object addresses and widgets' names left out."""
    parts = []
    for output in outputs:
        data = output.get("data", {})
        if WIDGET_VIEW not in data:
            parts.append(data.get("text/plain", ""))
        parts.append(output.get("text", ""))
    return re.sub(r"0x[0-9a-fA-F]{6,}", "0x", "\n".join(parts))


def difference(before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "first", "again", n=0)
    return "\n".join(list(lines)[:12])


# --- what is stored -----------------------------------------------------------------------------


def tidy(notebook: Any, old: Any) -> None:
    """Strip what belongs to one machine or one moment; keep old pictures that look the same."""
    course = notebook["metadata"].get("course", {})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook["metadata"] = nbformat.from_dict(
        {"course": course, "kernelspec": kernel, "language_info": {"name": "python"}}
    )
    notebook["nbformat"], notebook["nbformat_minor"] = 4, 5
    before = {cell.get("id"): cell.get("outputs", []) for cell in old["cells"]}
    count = 0
    for cell in notebook["cells"]:
        for key in MOMENTARY:
            cell["metadata"].pop(key, None)
        if cell["cell_type"] != "code":
            continue
        count += 1
        cell["execution_count"] = count
        cell["outputs"] = [kept for output in cell["outputs"] if (kept := still(output))]
        pictures = [
            o["data"] for o in before.get(cell["id"], []) if "image/png" in o.get("data", {})
        ]
        for output in cell["outputs"]:
            if output["output_type"] == "execute_result":
                output["execution_count"] = count
            if "image/png" in output.get("data", {}) and pictures:
                was = pictures.pop(0)["image/png"]
                if same_picture(was, output["data"]["image/png"]):
                    output["data"]["image/png"] = was


def still(output: Any) -> Any | None:
    """An output without its live widget; None where nothing else is in it."""
    for text in (output, output.get("data", {})):
        for key, value in text.items():
            if isinstance(value, str) and not key.startswith("image/"):
                text[key] = value.replace(str(ROOT) + os.sep, "").replace(str(ROOT), ".")
    output.get("metadata", {}).pop(WIDGET_VIEW, None)
    data = output.get("data")
    if data is not None and data.pop(WIDGET_VIEW, None) is not None:
        if set(data) <= {"text/plain"} and re.match(r"\w+\(.*\)\s*$", data["text/plain"], re.S):
            return None  # only the widget's own repr is left
        if not data:
            return None
    return output


def same_picture(one: str, other: str) -> bool:
    """Do two base64 PNGs show the same pixels, to 2 of 255?"""
    if one == other:
        return True
    import numpy as np
    from PIL import Image

    pixels = [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(p))).convert("RGBA"), dtype=np.int16)
        for p in (one, other)
    ]
    return pixels[0].shape == pixels[1].shape and bool(abs(pixels[0] - pixels[1]).max() <= 2)


def refuse_large(notebook: Any, text: str) -> None:
    for index, cell in enumerate(notebook["cells"]):
        for output in cell.get("outputs", []):
            for mime, value in output.get("data", {}).items():
                if mime.startswith("image/") and len(value) * 3 // 4 > LIMIT:
                    raise Refused(
                        f"{name_of(notebook, index)}: a picture of {len(value) * 3 // 4000} kB, "
                        "expected at most 500"
                    )
    if (size := len(text.encode())) > LIMIT:
        raise Refused(f"{size // 1000} kB, expected at most 500")


def make(path: Path, *, twice: bool = True) -> list[tuple[float, str]]:
    """Execute one notebook and write it; returns (seconds, cell) of its first, clean run.

    Raises: Refused, with the notebook untouched.
    """
    old = nbformat.read(path, as_version=4)
    for claim in (c for cell in code_cells(old) for c in claims(cell["source"])):
        if (claim.lecture, claim.title) not in (rows := coverage_rows()):
            raise Refused(unknown(claim, rows))
    notebook = nbformat.from_dict(copy.deepcopy(old))
    seconds = execute(notebook, path.parent, times=1)
    if twice:
        execute(nbformat.from_dict(copy.deepcopy(old)), path.parent, times=2)
    tidy(notebook, old)
    notebook["metadata"].setdefault("course", {})["digest"] = digest(notebook)
    nbformat.validate(notebook)
    text = nbformat.writes(notebook)
    text += "" if text.endswith("\n") else "\n"
    refuse_large(notebook, text)
    if text != path.read_text(encoding="utf-8"):
        path.write_text(text, encoding="utf-8", newline="\n")
    indices = [i for i, cell in enumerate(notebook["cells"]) if cell["cell_type"] == "code"]
    return [(s, name_of(notebook, i)) for s, i in zip(seconds, indices, strict=True)]


# --- coverage.csv -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Claim:
    """One `# proves` entry: the row it names and the line below its block of proves lines."""

    lecture: str
    title: str
    below: int


def claims(source: str) -> list[Claim]:
    """The rows that a cell says it proves: `# proves 001:One title; 004:Another`."""
    found = []
    lines = source.splitlines()
    for number, line in enumerate(lines, start=1):
        match = re.match(r"\s*#\s*proves\s+(.*\S)", line)
        if not match:
            continue
        below = number + 1
        while below <= len(lines) and re.match(r"\s*#\s*proves\s", lines[below - 1]):
            below += 1
        # Titles hold semicolons themselves: only one before a lecture's name separates.
        for entry in re.split(rf";\s*(?=(?:{'|'.join(LECTURES)}):)", match.group(1)):
            lecture, _, title = entry.partition(":")
            found.append(Claim(lecture.strip(), title.strip(), below))
    return found


def unknown(claim: Claim, rows: Mapping[tuple[str, str], Any]) -> str:
    """Say that no table has this row, and which title comes close."""
    titles = {f"{lecture}:{title}" for lecture, title in rows}
    close = difflib.get_close_matches(f"{claim.lecture}:{claim.title}", titles, n=1, cutoff=0.4)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"coverage.csv has no row {claim.lecture}:{claim.title}{hint}"


def coverage_rows() -> dict[tuple[str, str], dict[str, str]]:
    with (NOTEBOOKS / "coverage.csv").open(encoding="utf-8", newline="") as file:
        return {(row["lecture"], row["title"]): row for row in csv.DictReader(file)}


def coverage() -> str:
    """coverage.csv as the proves lines fill it; the first cell in reading order counts."""
    rows = coverage_rows()
    for row in rows.values():
        row["notebook"] = row["cell"] = ""
    for path in notebook_paths():
        for cell in code_cells(nbformat.read(path, as_version=4)):
            for claim in claims(cell["source"]):
                if (claim.lecture, claim.title) not in rows:
                    raise Refused(f"{path.relative_to(NOTEBOOKS)}: {unknown(claim, rows)}")
                row = rows[claim.lecture, claim.title]
                if not row["cell"]:
                    row["notebook"] = path.relative_to(NOTEBOOKS).as_posix()
                    row["cell"] = cell["id"]
    text = io.StringIO()
    writer = csv.DictWriter(text, next(iter(rows.values())), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows.values())
    return text.getvalue()


# --- the command --------------------------------------------------------------------------------


def stale() -> list[str]:
    """What is out of date, a line each; executes nothing."""
    found = [
        f"{path.relative_to(NOTEBOOKS)}: its code or the library changed since it was executed"
        for path in notebook_paths()
        if not is_current(nbformat.read(path, as_version=4))
    ]
    try:
        text = coverage()
    except Refused as error:
        return [*found, str(error)]
    if text != (NOTEBOOKS / "coverage.csv").read_text(encoding="utf-8"):
        found.append("coverage.csv: the `# proves` lines say otherwise")
    return found


def report(path: Path, cells: list[tuple[float, str]], whole: float) -> None:
    total = sum(s for s, _ in cells)
    over = f"  OVER {60} s" if total > 60 else ""
    print(f"{path.name}: {total:.1f} s in cells, {whole:.1f} s for three runs{over}")
    for seconds, name in sorted(cells, reverse=True)[:3]:
        print(f"    {seconds:5.1f} s  {name}{'  OVER 10 s' if seconds > 10 else ''}")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("paths", nargs="*", type=Path, help="notebooks (default: what changed)")
    parser.add_argument("--all", action="store_true", help="every notebook")
    parser.add_argument("--once", action="store_true", help="do not prove that cells run again")
    parser.add_argument("--check", action="store_true", help="execute nothing, say what is stale")
    options = parser.parse_args(arguments)
    if options.check:
        found = stale()
        print(
            "\n".join([*found, "run `make notebooks`"] if found else ["everything is up to date"])
        )
        return 1 if found else 0
    paths = [path.resolve() for path in options.paths] or [
        path
        for path in notebook_paths()
        if options.all or not is_current(nbformat.read(path, as_version=4))
    ]
    refused: list[str] = []
    for path in paths:
        start = time.perf_counter()
        try:
            report(path, make(path, twice=not options.once), time.perf_counter() - start)
        except Refused as error:
            refused.append(f"{path.name}: left as it was. {error}")
    print(f"{len(paths) - len(refused)} notebooks executed, {len(refused)} refused")
    try:
        (NOTEBOOKS / "coverage.csv").write_text(coverage(), encoding="utf-8", newline="\n")
    except Refused as error:
        refused.append(str(error))
    print("\n".join(refused), file=sys.stderr, end="\n" if refused else "")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
