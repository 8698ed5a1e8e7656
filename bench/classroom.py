"""Measure what a class needs: the memory of every chapter's kernel, and twenty kernels at once.

    python bench/classroom.py                        # both tables, written into bench/README.md
    python bench/classroom.py --dry --chapters perceptron losses
    python bench/classroom.py --dry --students 20 --chapters perceptron

Cold is a kernel after the chapter's import cell, warm after the whole chapter (unique and
proportional shared memory, PSS, where the system tells; twenty kernels share their libraries).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import psutil
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
REPORT = Path(__file__).with_name("README.md")
os.environ.update(
    OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", COURSE_QUIET="1",
    COURSE_DEVICE="cpu", PYDEVD_DISABLE_FILE_VALIDATION="1", JUPYTER_PREFER_ENV_PATH="1",
)  # fmt: skip


def megabytes(process: psutil.Process) -> float:
    """Memory of a process and its children: PSS where the system tells it, else RSS."""
    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            full = one.memory_full_info()
        except psutil.NoSuchProcess:
            continue
        total += getattr(full, "pss", full.rss)
    return total / 1e6


def client_of(path: Path) -> NotebookClient:
    return NotebookClient(
        nbformat.read(path, as_version=4),
        timeout=1200,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        store_widget_state=False,
    )


def one_student(path: Path) -> tuple[float, float, float]:
    """Run a chapter in a kernel of its own; (cold MB, warm MB, seconds)."""
    asyncio.set_event_loop(asyncio.new_event_loop())
    client = client_of(path)
    begin, cold = time.perf_counter(), 0.0
    with tempfile.TemporaryDirectory() as home, client.setup_kernel(
        env={**os.environ, "IPYTHONDIR": home}
    ):
        kernel = psutil.Process(client.km.provisioner.pid)
        for index, cell in enumerate(client.nb["cells"]):
            if cell["cell_type"] == "code":
                client.execute_cell(cell, index)
                if "imports" in cell["metadata"].get("tags", []):
                    cold = megabytes(kernel)
        return cold, megabytes(kernel), time.perf_counter() - begin


def chapters(names: list[str]) -> list[Path]:
    """The notebooks of these names, or every chapter. Raises SystemExit for an unknown name."""
    every = {
        path.stem: path
        for path in sorted((ROOT / "notebooks").rglob("*.ipynb"))
        if nbformat.read(path, as_version=4)["metadata"].get("course", {}).get("kind") == "chapter"
    }
    if unknown := set(names) - set(every):
        raise SystemExit(f"no chapter {', '.join(sorted(unknown))}; there are {', '.join(every)}")
    return [every[name] for name in names or every]


def memory_table(paths: list[Path]) -> list[str]:
    lines = ["| chapter | cold MB | warm MB | seconds, alone |", "|---|---|---|---|"]
    for path in paths:
        cold, warm, seconds = one_student(path)
        lines.append(f"| {path.stem} | {cold:.0f} | {warm:.0f} | {seconds:.0f} |")
        print(lines[-1], flush=True)
    return lines


def class_table(paths: list[Path], students: int) -> list[str]:
    """All students at once, the chapters dealt out in turn: peak memory of all kernels, time."""
    peak, done = 0.0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(1.0):
            peak = max(peak, megabytes(psutil.Process()) - mine)

    mine = megabytes(psutil.Process())
    watcher = threading.Thread(target=watch)
    watcher.start()
    begin = time.perf_counter()
    results: list[Any] = []
    try:
        with ThreadPoolExecutor(students) as pool:
            todo = [paths[k % len(paths)] for k in range(students)]
            results = list(pool.map(one_student, todo))
    finally:
        done.set()
        watcher.join()
    seconds = time.perf_counter() - begin
    slowest = max(result[2] for result in results)
    return [
        "| kernels at once | chapters | peak memory of all GB | a kernel, mean MB | slowest s |",
        "|---|---|---|---|---|",
        f"| {students} | {', '.join(path.stem for path in paths)} | {peak / 1000:.1f} | "
        f"{peak / students:.0f} | {slowest:.0f} of {seconds:.0f} |",
    ]


def write(mark: str, lines: list[str]) -> None:
    begin, end = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    text = REPORT.read_text(encoding="utf-8")
    head, rest = text.split(begin)
    tail = rest.split(end)[1]
    body = "\n".join(lines)
    REPORT.write_text(f"{head}{begin}\n{body}\n{end}{tail}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--chapters", nargs="*", default=[])
    parser.add_argument("--students", type=int, default=0, help="only this many at once")
    parser.add_argument("--dry", action="store_true", help="print, write nothing")
    options = parser.parse_args()
    machine = (
        f"{os.cpu_count()} cores, {psutil.virtual_memory().total / 1e9:.0f} GB, "
        f"{platform.system()}, Python {platform.python_version()}."
    )
    paths = chapters(options.chapters)
    if not options.students:
        memory = [*memory_table(paths), "", machine]
        if not options.dry:
            write("memory", memory)
    few = paths if options.chapters else chapters(["perceptron", "losses"])
    load = [*class_table(few, options.students or 20), "", machine]
    print("\n".join(load))
    if not options.dry:
        write("class", load)


if __name__ == "__main__":
    main()
