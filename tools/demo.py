"""Rehearse a chapter for class: run it in a fresh kernel and say which cells keep people waiting.

    python -m tools.demo perceptron

Imports are run once to warm the disk and once to be measured; the data that the chapter loads are
loaded once, as a lecturer would before class; then every cell runs in order. A cell marked as a
slide may take two seconds, any other ten. The exit status is 1 if a slide takes longer, or if a
cell fails.
"""

from __future__ import annotations

import argparse
import ast
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import lab, notebooks, slides  # noqa: E402

ON_SLIDE, ELSEWHERE = 2.0, 10.0  # seconds that a class waits
LONGEST = 120  # seconds after which a cell counts as stuck
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Timed:
    """One cell of a rehearsal."""

    number: int
    name: str
    on_slide: bool
    seconds: float
    error: str = ""

    @property
    def slow(self) -> bool:
        return self.seconds > (ON_SLIDE if self.on_slide else ELSEWHERE)


@dataclass(frozen=True)
class Rehearsal:
    """How a chapter ran: its cells, and the kernel's memory before and after, bytes."""

    cells: list[Timed] = field(default_factory=list)
    cold: int = 0
    warm: int = 0
    imports: tuple[float, float] = (0.0, 0.0)

    @property
    def passed(self) -> bool:
        """Whether no cell fails and no slide is slow."""
        return not any(c.error or (c.slow and c.on_slide) for c in self.cells)

    def lines(self) -> list[str]:
        """What to tell the lecturer."""
        found = []
        for cell in self.cells:
            if cell.error:
                found.append(f"FAILS  {cell.name}: {cell.error}")
            elif cell.slow:
                place = "SLOW   " if cell.on_slide else "note   "
                limit = ON_SLIDE if cell.on_slide else ELSEWHERE
                found.append(f"{place}{cell.seconds:.1f} s, at most {limit:.0f}: {cell.name}")
        on_slides = [c.seconds for c in self.cells if c.on_slide]
        found.append(
            f"{len(self.cells)} cells in {sum(c.seconds for c in self.cells):.1f} s, "
            f"{len(on_slides)} on slides, the slowest {max(on_slides, default=0):.1f} s; imports "
            f"{self.imports[0]:.1f} s cold, {self.imports[1]:.1f} s warm"
        )
        found.append(
            f"memory of the kernel: {self.cold / MEGABYTE:.0f} MB after the imports, "
            f"{self.warm / MEGABYTE:.0f} MB at the end"
        )
        return found


class Kernel:
    """A kernel in the notebook's folder that runs code and tells seconds and errors."""

    def __init__(self, folder: Path) -> None:
        from jupyter_client.manager import start_new_kernel

        self.manager, self.client = start_new_kernel(
            cwd=str(folder), env=environment(), stderr=subprocess.DEVNULL
        )
        self.pid = int(getattr(self.manager.provisioner, "pid", 0))

    def run(self, source: str) -> tuple[float, str]:
        """Seconds that the code took and its error, if any."""
        start = time.perf_counter()
        try:
            reply = self.client.execute_interactive(
                source, timeout=LONGEST, output_hook=lambda _: None, allow_stdin=False
            )
        except TimeoutError:
            self.manager.interrupt_kernel()
            return time.perf_counter() - start, f"no end after {LONGEST} s"
        content = reply["content"]
        error = f"{content['ename']}: {content['evalue']}" if content["status"] == "error" else ""
        return time.perf_counter() - start, error.splitlines()[0] if error else ""

    @property
    def memory(self) -> int:
        """Resident memory of the kernel, bytes."""
        import psutil

        return int(psutil.Process(self.pid).memory_info().rss)

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def environment() -> dict[str, str]:
    """A class sees no progress bars here, and our kernel is the first to be found."""
    threads = dict.fromkeys(lab.THREADS, "1")  # as `make lab` starts them
    return {**threads, **os.environ, "COURSE_QUIET": "1", "PYTHONPATH": str(ROOT)}


def rehearse(path: Path) -> Rehearsal:
    """Run the notebook in a fresh kernel, the imports once before in a kernel of their own."""
    notebook = nbformat.read(path, as_version=4)
    cells = notebooks.code_cells(notebook)
    first = next((c for c in cells if "imports" in c["metadata"].get("tags", [])), None)
    imports = []
    for last in (False, True):
        kernel = Kernel(path.parent)
        try:
            imports.append(kernel.run(first["source"])[0] if first else 0.0)
            if last:
                cold = kernel.memory
                for name in data_sets(cells):
                    kernel.run(f"import course_lib.datasets; course_lib.datasets.load({name!r})")
                timed = list(all_cells(kernel, notebook))
                return Rehearsal(timed, cold, kernel.memory, (imports[0], imports[1]))
        finally:
            kernel.close()
    raise AssertionError("the loop returns")


def data_sets(cells: list[Any]) -> list[str]:
    """The names that the cells call `load` with."""
    calls = [n for cell in cells for n in ast.walk(notebooks.parsed(cell["source"]))]
    found = [
        call.args[0].value
        for call in calls
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "load"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    ]
    return list(dict.fromkeys(str(name) for name in found))


def all_cells(kernel: Kernel, notebook: Any) -> Iterator[Timed]:
    """Run every code cell; after a failing one the next still runs, as in class."""
    for index, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "code" and cell["source"].strip():
            seconds, error = kernel.run(cell["source"])
            name = notebooks.name_of(notebook, index)
            yield Timed(index + 1, name, slides.kind(cell) != "skip", seconds, error)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("chapter", nargs="?", help="name of a chapter, such as perceptron")
    options = parser.parse_args(arguments)
    if options.chapter is None:
        names = " ".join(path.stem for path in notebooks.notebook_paths())
        print(f"which chapter? make demo CHAPTER=perceptron\n{names}", file=sys.stderr)
        return 2
    try:
        (path,) = slides.chosen([options.chapter])
    except KeyError as error:
        print(error.args[0], file=sys.stderr)
        return 2
    result = rehearse(path)
    print("\n".join([f"{path.stem}: {'ready' if result.passed else 'not ready'}", *result.lines()]))
    return 0 if result.passed else 1


if __name__ == "__main__":
    sys.exit(main())
