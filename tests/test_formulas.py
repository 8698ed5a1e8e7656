"""Every formula of every notebook reads in KaTeX (VS Code, GitHub) as well as in MathJax."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import Any

import nbformat
import pytest
from pages import need_packages

from tools import notebooks, npm, stored


def formulas() -> list[dict[str, Any]]:
    """The formulas of all Markdown cells and Markdown outputs, with where they stand."""
    found = []
    for path in notebooks.notebook_paths():
        notebook = nbformat.read(path, as_version=4)
        for number, cell in enumerate(notebook["cells"], start=1):
            texts = [cell["source"]] if cell["cell_type"] == "markdown" else []
            texts += [o.get("data", {}).get("text/markdown", "") for o in cell.get("outputs", [])]
            for text in texts:
                for display, formula in stored.mathematics(text):
                    place = f"{path.stem} cell {number}"
                    found.append({"id": place, "formula": formula, "display": display})
    return found


def run(name: str, asked: list[dict[str, Any]]) -> list[dict[str, str]]:
    """What the script says of the formulas."""
    need_packages()
    node = shutil.which("node")
    if node is None:
        how = "formulas need node: sudo apt-get install nodejs"
        pytest.fail(how) if os.environ.get("CI") else pytest.skip(how)
    done = subprocess.run(
        [node, name], cwd=npm.FOLDER, input=json.dumps(asked), capture_output=True, text=True,
        encoding="utf-8", check=True, timeout=120,
    )  # fmt: skip
    return json.loads(done.stdout)


def test_formulas_are_found_where_they_are():
    text = "a $x^2$ and \\$5, `$no$`\n\n$$\ny\n$$\n\n```\n$code$\n```\nend $z\n+1$"
    assert stored.mathematics(text) == [(True, "\ny\n"), (False, "x^2"), (False, "z\n+1")]


@pytest.mark.parametrize("script", ["katex.mjs", "mathjax.mjs"])
def test_every_formula_reads_in_both(script):
    asked = formulas()
    assert len(asked) > 1000
    wrong = {"id": "wrong", "formula": "\\frac{1}{", "display": False}
    failures = run(script, [*asked, wrong])
    assert [f["id"] for f in failures[-1:]] == ["wrong"], "the script sees no error at all"
    assert failures[:-1] == []
