"""A chapter of the least size that keeps the whole contract, to plant faults into."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

from nbformat import v4

SAYS = "A square of one colour, which stands for the picture of a chapter."


def png(colour: tuple[int, ...] = (10, 20, 30)) -> str:
    """A base64 PNG of one colour; with a fourth number it is see-through."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGBA" if len(colour) == 4 else "RGB", (4, 3), colour).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def shown(says: str = SAYS, colour: tuple[int, ...] = (10, 20, 30)) -> Any:
    return v4.new_output("display_data", {"image/png": png(colour), "text/plain": says})


def said(text: str) -> Any:
    return v4.new_output("stream", name="stdout", text=text + "\n")


def markdown(source: str, *tags: str, slide: str = "skip") -> Any:
    metadata = {"slideshow": {"slide_type": slide}, **({"tags": list(tags)} if tags else {})}
    return v4.new_markdown_cell(source, metadata=metadata)


def code(source: str, *tags: str, outputs: tuple[Any, ...] = (), slide: str = "skip") -> Any:
    metadata: dict[str, Any] = {"slideshow": {"slide_type": slide}}
    if tags:
        metadata["tags"] = list(tags)
    if "solution" in tags:
        metadata["jupyter"] = {"source_hidden": True}
    return v4.new_code_cell(source, metadata=metadata, outputs=list(outputs))


FOLD = "<details><summary>Answer</summary>\n\nBecause $a < b$.\n\n</details>"


def lesson(number: int) -> list[Any]:
    return [
        markdown(f"## The sum number {number}", slide="slide"),
        markdown(
            f"How much is it?\n\n$$\n\\begin{{aligned}} s &= {number} + 1 \\end{{aligned}}\n$$"
            "\n\nSo we compute $s$."
        ),
        markdown(f"What do you expect?\n\n{FOLD}", "prediction"),
        code(
            f"total = add({number}, 1)\n"
            "# proves 000A:Perceptron + delta rule\n"
            f"assert total == {number + 1}",
            slide="subslide",
        ),
        markdown("Which numbers can it reach?"),
        code('explore(paint, says="...", a=(0, 9, 1))', "explorer", outputs=(shown(),)),
        markdown(f"Why?\n\n{FOLD}\n\nAnd why not?\n\n{FOLD}", "question", slide="fragment"),
    ]


def exercise(name: str) -> list[Any]:
    return [
        markdown(f"### {name}\n\nWrite it.\n\n{FOLD}", "hint"),
        code(f"def {name}(a, b):\n    return ...", "exercise"),
        code(f'check("mini.{name}", {name})', "check", outputs=(said("not attempted"),)),
        code(
            f"def {name}_solution(a, b):\n    return a + b\n\n"
            f'check("mini.{name}", {name}_solution)',
            "solution",
            outputs=(said("passed"),),
        ),
    ]


def chapter() -> Any:
    """A notebook of kind chapter without a fault, as if executed."""
    cells = [
        markdown(
            "# Adding\n\nYou will be able to\n\n- add,\n- subtract,\n- multiply.\n\n"
            "Mirrors lecture 000A, 60 minutes, 300 MB. First read "
            "[the second section](#The-sum-number-2).",
            "section:promise",
            slide="slide",
        ),
        code(
            "from operator import add\n\nfrom mini import check, explore, new, paint, practice",
            "imports",
        ),
        markdown("What does adding look like?"),
        code("paint(1)", outputs=(shown(),), slide="fragment"),
        *lesson(1),
        *lesson(2),
        markdown("## Your turn to add", "section:your-turn", slide="slide"),
        *exercise("plus"),
        *exercise("minus"),
        *exercise("times"),
        markdown("## Exam corner\n\nTypical slips: none.", "section:exam"),
        code('new("mini.plus", seed=1)\npractice("mini")'),
        markdown(
            "## Errata of the lecture\n\n| where | right |\n|---|---|\n| 3 | $2$ |",
            "section:errata",
        ),
        code("right = add(1, 1)\nassert right == 2"),
        markdown(
            "## Remember this\n\n$s = a + b$\n\n### Glossary\n\n- sum: what adding gives\n\n"
            "The original paper is Euclid's. Used next in a chapter.",
            "section:remember",
        ),
    ]
    count = 0
    for number, cell in enumerate(cells):
        cell["id"] = f"mini-{number}"
        if cell["cell_type"] == "code":
            count += 1
            cell["execution_count"] = count
    course = {"kind": "chapter", "part": 2, "title": "Adding", "minutes": 60, "memory_mb": 300}
    return v4.new_notebook(
        cells=cells,
        metadata={
            "course": course,
            "language_info": {"name": "python"},
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        },
    )


def find(notebook: Any, text: str) -> Any:
    """The first cell whose source holds the text."""
    return next(cell for cell in notebook["cells"] if text in cell["source"])


def write(notebook: Any, path: Path) -> Path:
    import nbformat

    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path
