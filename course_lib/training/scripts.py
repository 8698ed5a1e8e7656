"""Scripts that a notebook writes and starts: functions of its cells, in processes of their own.

    with written("import torch", train, "train()") as script:
        launch(script, processes=2)          # or killed_after(script, lines=3)
"""

from __future__ import annotations

import inspect
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def written(*parts: str | Callable[..., Any], name: str = "script.py") -> Iterator[Path]:
    """A script in a folder of its own that is gone afterwards: text, and functions by their source.

    Raises TypeError for a function without Python source.
    """
    texts = []
    for part in parts:
        try:
            texts.append(part if isinstance(part, str) else inspect.getsource(part))
        except OSError as error:
            raise TypeError(f"{part!r} has no source to write down") from error
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text("\n\n".join(texts) + "\n", encoding="utf-8")
        yield path


def killed_after(script: str | Path, *arguments: str, lines: int = 3) -> list[str]:
    """Start a script in a process of its own and kill it hard after it has printed some lines.

    No signal handler, no `finally`, no flush runs in it: on POSIX it is SIGKILL. The script must
    flush what it prints. Returns the lines seen.
    Raises FileNotFoundError for a missing script, RuntimeError if it ends before it is killed.
    """
    path = Path(script)
    if not path.is_file():
        raise FileNotFoundError(f"no script {path}: write one first")
    process = subprocess.Popen(
        [sys.executable, str(path), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    seen: list[str] = []
    with process:
        assert process.stdout is not None and process.stderr is not None
        try:
            for line in process.stdout:
                seen.append(line.rstrip("\n"))
                if len(seen) == lines:
                    break
        finally:
            process.kill()
        words = process.stderr.read()
    if len(seen) < lines:
        raise RuntimeError(f"{path.name} ended after {len(seen)} of {lines} lines:\n{words[-900:]}")
    return seen
