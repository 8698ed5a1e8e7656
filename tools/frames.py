"""Write the frames of a notebook's players: `python -m tools.frames NOTEBOOK FOLDER`.

Each section runs after the import cell alone, so only the sections that hold a cell tagged
`player` are run, up to their last one. For every player a folder named like its cell gets at most
40 pictures and `frames.json` with the sentence of each.
"""

from __future__ import annotations

import ast
import json
import linecache
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

ROOT = Path(__file__).resolve().parent.parent
MOST = 40  # frames of a player
WIDEST = 640  # pixels of a frame


def chosen(count: int, most: int = MOST) -> list[int]:
    """At most `most` of `count` states, evenly spread, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return [round(i * (count - 1) / (most - 1)) for i in range(most)]


def needed(cells: list[Any]) -> Iterator[Any]:
    """The import cell and the cells of each section up to its last player."""
    section: list[Any] = []
    sections = [section]
    for cell in cells:
        if cell["cell_type"] == "markdown" and cell["source"].startswith("## "):
            section = []
            sections.append(section)
        section.append(cell)
    for cell in cells:
        if "imports" in cell["metadata"].get("tags", []):
            yield cell
    for section in sections:
        players = [i for i, cell in enumerate(section) if is_player(cell)]
        for cell in section[: players[-1] + 1] if players else []:
            if cell["cell_type"] == "code" and "imports" not in cell["metadata"].get("tags", []):
                yield cell


def is_player(cell: Any) -> bool:
    return "player" in cell["metadata"].get("tags", [])


def run(cell: Any, names: dict[str, Any]) -> Any:
    """Run a cell as a notebook does and return the value of its last expression, else None."""
    tree = ast.parse(cell["source"])
    place = f"<cell {cell['id']}>"
    lines = cell["source"].splitlines(keepends=True)
    linecache.cache[place] = (len(cell["source"]), None, lines, place)  # for inspect.getsource
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, place, "exec"), names)
    if last is None:
        return None
    names.pop("_", None)
    shown = ast.Module([ast.Assign([ast.Name("_", ast.Store())], last.value)], [])
    exec(compile(ast.fix_missing_locations(shown), place, "exec"), names)
    return names["_"]


def write(player: Any, folder: Path) -> None:
    """Write the frames of one player."""
    import numpy as np
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    live = player._live
    dpi = min(80.0, WIDEST / live.figure.get_size_inches()[0])
    steps = chosen(len(player))
    sentences = []
    for number, step in enumerate(steps):
        sentences.append(live.update(player.states[step]) or "")
        pixels = np.ascontiguousarray(live.still(dpi)[..., :3])
        image = Image.fromarray(pixels)
        image.save(folder / f"{number:02d}.webp", quality=70, method=6)
    facts = {
        "sentences": sentences,
        "steps": [step + 1 for step in steps],
        "total": len(player),
        "interval": max(player.interval, 120),
        "width": image.width,
        "height": image.height,
    }
    (folder / "frames.json").write_text(json.dumps(facts), encoding="utf-8")


def main(arguments: list[str]) -> int:
    notebook, target = Path(arguments[0]).resolve(), Path(arguments[1]).resolve()
    os.environ.setdefault("COURSE_DEVICE", "cpu")
    os.environ.setdefault("COURSE_QUIET", "1")
    os.chdir(notebook.parent)
    sys.path.insert(0, str(ROOT))
    from course_lib.plotting.players import Player

    names: dict[str, Any] = {"__name__": "__main__"}
    count = 0
    for cell in needed(nbformat.read(notebook, as_version=4)["cells"]):
        value = run(cell, names)
        if is_player(cell) and isinstance(value, Player):
            write(value, target / cell["id"])
            count += 1
    print(f"{notebook.stem}: frames of {count} players")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
