"""The tool behind `make notebooks`: what it executes, keeps, strips, refuses and counts."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import contract
import miniature
import nbformat
import pytest

tool = contract.tool
HEADER = "lecture,row,title,observable,kind,notebook,cell\n"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course of its own: a library of three files, one data file, no notebook yet."""
    files = {
        "course_lib/__init__.py": "",
        "course_lib/adding.py": "def load():\n    from course_lib.deep import number\n",
        "course_lib/deep.py": "number = 1\n",
        "course_lib/other.py": "unused = 1\n",
        "course_lib/datasets/__init__.py": "",
        "course_lib/checks/__init__.py": "import pkgutil\n",
        "course_lib/checks/mini.py": "",
        "course_lib/checks/maxi.py": "",
        "data/small.csv": "1,2\n",
        "notebooks/coverage.csv": HEADER + "001,1,Dropout; DropConnect,x,core,,\n"
        "001,2,Momentum,x,core,,\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    for name, place in {
        "ROOT": ".",
        "NOTEBOOKS": "notebooks",
        "LIBRARY": "course_lib",
        "DATA": "data",
    }.items():
        monkeypatch.setattr(tool, name, tmp_path / place)
    return tmp_path


def book(house: Path, *sources: str, name: str = "one.ipynb") -> Path:
    cells = [nbformat.v4.new_code_cell(source, id=f"cell-{n}") for n, source in enumerate(sources)]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"course": {"kind": "other"}})
    return miniature.write(notebook, house / "notebooks" / name)


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


# --- the digest ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "file", "changes"),
    [
        ("from course_lib.adding import load", "course_lib/adding.py", True),
        ("from course_lib.adding import load", "course_lib/deep.py", True),
        ("from course_lib.adding import load", "course_lib/__init__.py", True),
        ("from course_lib.adding import load", "course_lib/other.py", False),
        ("from course_lib.adding import load", "data/small.csv", False),
        ("import course_lib.datasets", "data/small.csv", True),
        ("from course_lib import checks\n'mini.double'", "course_lib/checks/mini.py", True),
        ("from course_lib import checks\n'mini.double'", "course_lib/checks/maxi.py", False),
        ("print(1)", "course_lib/__init__.py", False),
    ],
)
def test_the_digest_follows_what_the_notebook_uses(
    house: Path, source: str, file: str, changes: bool
) -> None:
    notebook = read(book(house, source))
    before = tool.digest(notebook)
    path = house / file
    path.write_text(path.read_text(encoding="utf-8") + "# more\n", encoding="utf-8")
    assert (tool.digest(notebook) != before) == changes


def test_the_digest_follows_code_and_not_prose(house: Path) -> None:
    notebook = read(book(house, "a = 1", "b = 2"))
    before = tool.digest(notebook)
    notebook["cells"].append(nbformat.v4.new_markdown_cell("words"))
    assert tool.digest(notebook) == before
    notebook["cells"][0]["source"] = "a = 2"
    assert tool.digest(notebook) != before


# --- proves lines -------------------------------------------------------------------------------


def test_claims_are_read_with_the_line_below_them() -> None:
    source = "a = 1\n# proves 001:Dropout; DropConnect; 004:Momentum\n# proves 003:Q\nassert a\n"
    found = [(c.lecture, c.title, c.below) for c in tool.claims(source)]
    assert found == [("001", "Dropout; DropConnect", 4), ("004", "Momentum", 4), ("003", "Q", 4)]


def test_coverage_takes_the_first_cell_in_reading_order(house: Path) -> None:
    book(house, "# proves 001:Momentum\nassert 1", name="2_b/b.ipynb")
    book(house, "x = 1", "# proves 001:Momentum\nassert 1", name="1_a/a.ipynb")
    assert tool.coverage().splitlines()[1:] == [
        "001,1,Dropout; DropConnect,x,core,,",
        "001,2,Momentum,x,core,1_a/a.ipynb,cell-1",
    ]


def test_an_unknown_row_gets_the_close_one(house: Path) -> None:
    path = book(house, "# proves 001:Momentun\nassert 1")
    with pytest.raises(tool.Refused, match="did you mean '001:Momentum'"):
        tool.make(path)


# --- execution ----------------------------------------------------------------------------------

PICTURE = f"""from IPython.display import display
display({{"image/png": "{miniature.png()}", "text/plain": "a picture",
         "application/vnd.jupyter.widget-view+json": {{"model_id": "1"}}}}, raw=True)"""
WIDGET = """from IPython.display import display
display({"text/plain": "VBox(children=())",
         "application/vnd.jupyter.widget-view+json": {"model_id": "1"}}, raw=True)"""
PLACE = "import os\nprint(os.environ['COURSE_DEVICE'], os.environ['OMP_NUM_THREADS'])"


def test_a_notebook_is_executed_and_tidied(house: Path) -> None:
    path = book(
        house, "a = 1\nprint(a)", PICTURE, WIDGET, PLACE, "# proves 001:Momentum\nassert a == 1\na"
    )
    notebook = read(path)
    old_picture = notebook["cells"][1]
    # The same pixels in other bytes: the old ones stay.
    from PIL import Image

    buffer = io.BytesIO()
    Image.open(io.BytesIO(base64.b64decode(miniature.png()))).save(buffer, "PNG", compress_level=0)
    kept = base64.b64encode(buffer.getvalue()).decode("ascii")
    assert kept != miniature.png()
    old_picture["outputs"] = [nbformat.v4.new_output("display_data", {"image/png": kept})]
    old_picture["metadata"]["execution"] = {"iopub.execute_input": "2026-01-01"}
    notebook["metadata"]["widgets"] = {"state": {}}
    nbformat.write(notebook, path)

    assert tool.main([]) == 0
    notebook = read(path)
    cells = notebook["cells"]
    assert [cell["id"] for cell in cells] == [f"cell-{n}" for n in range(5)]
    assert [cell["execution_count"] for cell in cells] == [1, 2, 3, 4, 5]
    assert cells[0]["outputs"][0]["text"] == "1\n"
    assert cells[1]["outputs"][0]["data"] == {"image/png": kept, "text/plain": "a picture"}
    assert cells[1]["metadata"] == {}
    assert cells[2]["outputs"] == []
    assert cells[3]["outputs"][0]["text"] == "cpu 1\n"
    assert cells[4]["outputs"][0]["execution_count"] == 5
    assert set(notebook["metadata"]) == {"course", "kernelspec", "language_info"}
    assert tool.stale() == []
    rows = (house / "notebooks/coverage.csv").read_text(encoding="utf-8").splitlines()
    assert rows[2] == "001,2,Momentum,x,core,one.ipynb,cell-4"

    before = path.stat().st_mtime_ns
    assert tool.main([]) == 0, "nothing changed: nothing to do"
    assert path.stat().st_mtime_ns == before
    notebook["cells"][0]["source"] = "a = 1\nprint(a + 1)"
    nbformat.write(notebook, path)
    assert tool.main(["--check"]) == 1


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        (["a = 1", "1 / 0"], "cell 2 (1 / 0) failed"),
        (["import sys\nprint('careful', file=sys.stderr)"], "stderr"),
        (["a = [1]", "b = a.pop()"], "run again failed"),
        (["a = [1]", "a.append(1)\nprint(len(a))"], "says something else"),
        (["print('x' * 600_000)"], "expected at most 500"),
        (["import os\nos._exit(1)"], "failed"),
    ],
    ids=["error", "stderr", "not again", "other", "large", "killed"],
)
def test_what_is_refused_stays_untouched(
    house: Path, sources: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = book(house, *sources)
    before = path.read_bytes()
    assert tool.main([]) == 1
    assert words in capsys.readouterr().err
    assert path.read_bytes() == before
    assert tool.stale()


def test_pictures_are_compared_by_their_pixels() -> None:
    one = miniature.png((10, 20, 30))
    assert tool.same_picture(one, miniature.png((10, 20, 32)))
    assert not tool.same_picture(one, miniature.png((10, 20, 40)))
