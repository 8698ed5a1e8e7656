"""English text that is already on the machine: Python's manual and libraries' documentation.

Both change with the installed versions. What is learnt from them is therefore stated as a band.
"""

from __future__ import annotations

import ast
import re
import unicodedata
import warnings
from importlib.util import find_spec
from pathlib import Path

from course_lib.datasets.dataset import Text

PLAIN = str.maketrans("‘’“”–—−…×°ß", "''\"\"---.xos")


def python_manual() -> Text:
    """The language part of Python's manual (its `help` topics), about 465 kB of English.

    Topics come in alphabetical order, separated by two empty lines; the text is plain ASCII.
    It differs between Python versions.
    """
    from pydoc_data.topics import topics

    pages = dict.fromkeys(_plain(topics[name]) for name in sorted(topics))
    return Text("python_manual", "\n\n\n".join(pages) + "\n", "Python's manual: the language.")


def docstrings(*, packages: tuple[str, ...] = ("numpy",)) -> Text:
    """The documentation strings of installed packages, in the order of their files and lines.

    Examples (`>>>`) and repeated strings are left out, tests are not read, nothing is imported;
    the text is plain ASCII. It differs between the packages' versions.

    Raises: KeyError for a package that is not installed as Python files.
    """
    found: dict[str, None] = {}  # a set that keeps the order
    for package in packages:
        spec = find_spec(package) if package.isidentifier() else None
        if spec is None or not spec.submodule_search_locations:
            raise KeyError(f"no installed package {package!r} to read documentation from")
        folder = Path(next(iter(spec.submodule_search_locations)))
        for file in sorted(folder.rglob("*.py"), key=lambda path: path.relative_to(folder).parts):
            if not {"tests", "testing", "conftest.py"} & set(file.relative_to(folder).parts):
                found.update(dict.fromkeys(_docstrings(file)))
    description = f"The documentation strings of {', '.join(packages)}."
    return Text("docstrings", "\n\n\n".join(found) + "\n", description)


def _docstrings(file: Path) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # other people's "\\d" is not our concern
        try:
            tree = ast.parse(file.read_bytes())
        except SyntaxError:  # a template, or written for another Python: nothing to read there
            return []
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    statements: list[ast.AST] = [tree]
    for node in statements:  # ast.walk would look into every expression, too
        for block in ("body", "orelse", "finalbody", "handlers", "cases"):
            statements += getattr(node, block, [])
    nodes = [node for node in statements if isinstance(node, documented)]
    nodes.sort(key=lambda node: getattr(node, "lineno", 0))
    cleaned = (_plain(_without_examples(ast.get_docstring(node) or "")) for node in nodes)
    return [text for text in cleaned if len(text) >= 40]


def _without_examples(text: str) -> str:
    """Drop each `>>>` line and what follows it up to the next empty line."""
    return re.sub(r"^[ \t]*>>>.*\n?(?:.*\S.*\n?)*", "", text, flags=re.MULTILINE)


def _plain(text: str) -> str:
    """ASCII only, no blanks at the ends of lines, at most one empty line in a row."""
    text = unicodedata.normalize("NFKD", text.translate(PLAIN))
    text = text.encode("ascii", "ignore").decode("ascii")
    text = re.sub(r"[ \t\f\r]+\n", "\n", text.expandtabs(4))
    return re.sub(r"\n{3,}", "\n\n", text).strip()
